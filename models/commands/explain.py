"""``genba explain``: one unit, what made it bad, and the smallest change that would have made it good."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ingest.command import SettingsOption, settings_of
from ingest.errors import StudyError, UsageError, nearest
from models.commands.opening import Opened, chosen, opened

if TYPE_CHECKING:
    from models.study.load import HasEngine
    from models.why.document import ExplanationEntry, Usual

__all__ = ["register"]

Language = Literal["en", "ja"]

OFFSET = re.compile(r":\d\d.*(?:z|[+-]\d\d(?::?\d\d)?)\s*$", re.IGNORECASE)
"""A time that says its offset."""
BAR = 12
"""Characters of the longest bar."""


def register(root: typer.Typer) -> None:
    """Add ``genba explain``."""
    root.command("explain")(explain_command)


def explain_command(
    unit: Annotated[str, typer.Argument(help="A serial, a time, or with --table also a row number from 1.")],
    study: Annotated[
        str | None, typer.Option("--study", help="A study of the plant file; with --table, STUDY.toml (docs/rank.md).")
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="Instead of the plant: a CSV or Parquet file, or db:schema.table.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    language: Annotated[Language, typer.Option("--language", help="Of the sentences.")] = "en",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same answer.")] = 0,
    settings: SettingsOption = None,
) -> None:
    """Explain one unit: which factors made it bad, and the smallest change of settings that would have made it good.

    Example: `genba explain P00017 --table parts.csv --study leaking_caps.toml`
    Example: `genba explain 2026-01-05T08:30:00Z --study power --language ja`
    """
    if table is not None:
        if study is None:
            raise UsageError("--table needs --study STUDY.toml; docs/rank.md shows one")
        found = _of_table(unit, table, Path(study), seed, settings)
    else:
        with opened(settings) as here:
            names = chosen(here.plant, study)
            if len(names) > 1:
                raise UsageError(f"the plant has {len(names)} studies; add --study, one of {', '.join(names)}")
            found = _of_plant(unit, here, names[0], seed)
    if as_json:
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    _print(found, language)


def _of_table(unit: str, source: str, study: Path, seed: int, settings: Path | None) -> "ExplanationEntry":
    # Learning takes seconds to load; a wrong word on the command line is told before.
    from models.leaks import audit
    from models.learn import glance
    from models.study.load import load_spec, load_table
    from models.why import explain
    from models.why.find import find_unit, prepared

    spec = load_spec(study)

    def store() -> "HasEngine":
        from ingest.store.engine import connect  # only where a database is asked for

        return connect(settings_of(settings).database)

    frame = load_table(source, store).rename(columns=str)
    if spec.target not in frame.columns:
        raise StudyError(f"target {spec.target!r} is not a column of the table; {nearest(spec.target, frame.columns)}")
    which = find_unit(frame, spec, unit)
    data, position = prepared(frame, spec, which)
    data = _enough(data)
    data = audit(data)[0]
    taken = {"column": f"{which.column} {unit}", "time": unit, "row": f"row {which.row + 1}"}[which.by]
    return explain(data, glance(data, seed), position, label=taken, seed=seed).to_json()


def _of_plant(unit: str, here: Opened, study: str, seed: int) -> "ExplanationEntry":
    from ingest.store import model_catalog
    from models.jobs import study_data
    from models.leaks import audit
    from models.lifecycle.training import restored
    from models.why import explain

    studied = study_data(here.store, here.plant, study)
    data = _enough(studied.data)
    position = _position(unit, studied.serials, data, here.plant.site.zone)
    row = model_catalog.current(here.store, study)
    learned = (
        restored(row, model_catalog.text_of(here.store, row)) if row is not None and row.state == "champion" else None
    )
    return explain(audit(data)[0], learned, position, label=unit, seed=seed).to_json()


def _enough(data: Any) -> Any:
    """The study's data, or in words that there is too little."""
    from models.rank.words import say
    from models.study.data import TooLittle

    if isinstance(data, TooLittle):
        raise StudyError(f"not enough data to explain a unit: {say(data.notice.code, data.notice.values)['en']}")
    return data


def _position(unit: str, serials: list[str], data: Any, zone: ZoneInfo) -> int:
    """By serial, else by the time at which it was finished: by the plant's clock, unless it says an offset."""
    from models.study.data import instants

    if unit in serials:
        return serials.index(unit)
    import pandas as pd

    asked = instants(pd.Series([unit]))
    if asked is not None and data.time is not None:
        if not OFFSET.search(unit):
            asked = asked.dt.tz_localize(None).dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        same = (data.time == asked.iloc[0]).to_numpy().nonzero()[0]
        if len(same) == 1:
            return int(same[0])
        if len(same):
            raise UsageError(f"unit {unit!r}: {len(same)} units were finished then; name one: {serials[same[0]]}, …")
    raise UsageError(
        f"unit {unit!r} is no serial of the study, nor a time at which one was finished; {nearest(unit, serials)}"
    )


def _print(found: "ExplanationEntry", language: Language) -> None:
    console = Console()
    first, *rest = found["said"]
    console.print(first[language], style="bold", markup=False, highlight=False, soft_wrap=True)
    if found["predicted"] is not None:
        own = "The study's own model" if language == "en" else "スタディ本来のモデルの予測"
        console.print(f"{own}: {_loss(found, found['predicted'])}", markup=False, highlight=False)
    console.print(_table(found, language))
    for said in rest:
        console.print(f"- {said[language]}", markup=False, highlight=False, soft_wrap=True)


HEADS = {
    "en": ("factor", "now", "where good ran", "contribution (90 %)", ""),
    "ja": ("要因", "現在値", "良好時の範囲", "寄与(90%区間)", ""),
}
ENDS = {"en": ("good production", "everything else", "this unit"), "ja": ("良好な生産", "その他", "この個体")}


def _table(found: "ExplanationEntry", language: str) -> Table:
    """The waterfall: from good production, factor by factor, to this unit."""
    out = Table(*HEADS[language])
    out.columns[0].overflow = "fold"
    start, other, end = ENDS[language]
    largest = max([abs(one["contribution"]) for one in found["factors"]] + [abs(found["rest"]), 1e-12])
    out.add_row(start, "", "", _loss(found, found["base"]), "")
    for one in found["factors"]:
        value = _cell(one["value"], one["unit"])
        width = f"{_loss(found, one['contribution'], '+')} ({_loss(found, one['low'])} … {_loss(found, one['high'])})"
        cells = (one["column"], value, _usual(one["usual"], one["unit"]), width, _bar(one["contribution"], largest))
        out.add_row(*(cell.replace("[", "\\[") for cell in cells))
    out.add_row(other, "", "", _loss(found, found["rest"], "+"), _bar(found["rest"], largest))
    out.add_row(end, "", "", _loss(found, found["expected"]), "")
    return out


def _bar(value: float, largest: float) -> str:
    size = round(abs(value) / largest * BAR)
    return ("█" if value >= 0 else "░") * size


def _loss(found: "ExplanationEntry", value: float, sign: str = "") -> str:
    return f"{value:{sign}.1%}" if found["task"] == "classification" else f"{value:{sign}.4g}"


def _cell(value: float | str | None, unit: str = "") -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.5g} {unit}".strip()


def _usual(usual: "Usual", unit: str) -> str:
    if usual["level"] is not None:
        return usual["level"]
    return "-" if usual["low"] is None else f"{_cell(usual['low'])} … {_cell(usual['high'], unit)}"
