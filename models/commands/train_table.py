"""``genba train --table``: the engine on any flat table, without a plant."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingest.errors import UsageError
from models.automl import Model, fit
from models.automl.options import OptionWords
from models.study.load import HasEngine, load_table

__all__ = ["as_json", "option_words", "show", "train_table"]

NUMBERS = ("time_budget", "contamination")
WHOLE = ("trials", "seed", "threads")
JSON = ("cost_matrix", "monotone", "class_weight", "roles")
LISTS = ("model_list", "exclude_model_list", "include_column_list", "exclude_column_list")
SHOWN = 10


def option_words(pairs: list[str]) -> dict[str, Any]:
    """``NAME=VALUE`` as the engine wants them: lists by commas, mappings as JSON. Names are checked by the engine.

    >>> option_words(["trials=5", "model_list=LGBMClassifier,SVC", 'monotone={"speed": 1}'])
    {'trials': 5, 'model_list': ['LGBMClassifier', 'SVC'], 'monotone': {'speed': 1}}
    """
    return dict(_option(pair) for pair in pairs)


def _option(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise UsageError(f"--option {pair!r} has no value; write NAME=VALUE")
    try:
        if name in NUMBERS:
            return name, float(value)
        if name in WHOLE:
            return name, int(value)
        if name in LISTS:
            return name, [entry.strip() for entry in value.split(",") if entry.strip()]
        if name in JSON and value[:1] in "{[":
            return name, orjson.loads(value)
    except ValueError:
        raise UsageError(f"--option {name!r}: {value!r} cannot be read; see docs/automl.md") from None
    return name, value


def train_table(
    source: str, target: str, words: OptionWords, store: Callable[[], HasEngine], out: Path | None, resume: Path | None
) -> Model:
    """Read the table, train under a progress bar, write the model where one is asked for."""
    table = load_table(source, store)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[best]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=1.0, best="")

        def told(what: str, share: float, best: float | None) -> None:
            bar.update(task, description=what, completed=share, best="" if best is None else f"best loss {best:.5g}")

        model = fit(table, target, told=told, resume=resume, **words)
    if out is not None:
        try:
            model.save(out)
        except OSError as error:
            raise UsageError(f"--out {str(out)!r}: {error.strerror}; name a file that can be written") from None
    return model


def show(model: Model, language: str) -> None:
    """The model in a few lines: how good, made of what, which columns it attends to, what to beware of."""
    console = Console()
    quality = model.quality
    interval = "" if quality.forward_low is None else f" ({quality.forward_low:.3f} to {quality.forward_high:.3f})"
    score = "-" if quality.forward is None else f"{quality.forward:.3f}{interval}"
    naive = "-" if quality.baseline is None else f"{quality.baseline:.3f}"
    console.print(f"{quality.metric} {score}; naive {naive}; {quality.split}, {quality.n_test} rows")
    console.print(", ".join(f"{member.algorithm} {member.weight:.2f}" for member in model.members))
    table = Table("column", "importance", "share")
    for entry in model.facts["importance"][:SHOWN]:
        table.add_row(str(entry["column"]), f"{entry['importance']:.4f}", f"{entry['share']:.0%}")
    console.print(table)
    for said in [*model.facts["notes"], *model.facts["promises"]["said"]]:
        console.print(f"- {said[language]}", markup=False, highlight=False, soft_wrap=True)


def as_json(model: Model) -> str:
    """`Model.describe` as indented JSON."""
    return orjson.dumps(model.describe(), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
