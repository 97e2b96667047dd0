"""ML_RANK and ML_AUDIT: what to fix first, and which columns know the answer; rows for a result set."""

from typing import Any

from ingest.errors import nearest
from models.leaks import audit_table
from models.rank.rank import rank as rank_study
from models.rank.words import say
from models.sql.bench import Bench
from models.sql.errors import MlError
from models.sql.options import checked, names_of, task_of, whole
from models.study.data import prepare
from models.study.spec import StudySpec

__all__ = ["audit", "rank"]

SPEC = ("task", "bad", "goal", "factors", "time", "group", "cost", "min_support", "name")
"""Options that are words of a STUDY.toml."""


def rank(bench: Bench) -> dict[str, Any]:
    """The ranking of contract 5.2, one row per advice; without advice one row that says why. The whole document is in
    the answer, too."""
    options = checked("ML_RANK", bench.options)
    words = {key: value for key, value in options.items() if key in SPEC}
    words = {"name": bench.table.table} | words | {"target": bench.args.get("target")}
    if words["target"] is None:
        raise MlError("the target is NULL; ML_RANK needs the column that says good or bad, or that is to fall")
    words.setdefault("task", "classification" if "bad" in words else "regression")
    spec = StudySpec.parse(words, "options")
    frame = bench.read()
    document = rank_study(
        prepare(frame, spec),
        seed=whole(options, "seed", 0),
        budget=float(whole(options, "budget", 0)) or None,
        progress=lambda share, what: bench.tell(what, share),
    )
    language = "ja" if bench.japanese else "en"
    reason = document["reason"][language]
    rows = [
        {
            "rank": entry["rank"],
            "factor": entry["factor"],
            "direction": entry["direction"],
            "window": _windows(entry["windows"]),
            "gain": entry["gain"]["estimate"],
            "gain_low": entry["gain"]["low"],
            "gain_high": entry["gain"]["high"],
            "gain_unit": entry["gain"]["unit"],
            "money": None if entry["money"] is None else entry["money"]["estimate"],
            "currency": None if entry["money"] is None else entry["money"]["currency"],
            "p_first": entry["p_first"],
            "evidence": entry["evidence"],
            "support": entry["support"],
            "verdict": document["verdict"],
            "reason": reason,
        }
        for entry in document["ranking"]
    ]
    return {"rows": rows or [{"verdict": document["verdict"], "reason": reason}], "document": document}


def _windows(windows: dict[str, list[Any]]) -> str:
    """``cooling_temp 4 … 6.5; die A``."""
    return "; ".join(
        f"{name} {window[0]:.6g} … {window[-1]:.6g}"
        if all(isinstance(edge, (int, float)) for edge in window) and len(window) == 2
        else f"{name} {', '.join(map(str, window))}"
        for name, window in windows.items()
    )


def audit(bench: Bench) -> dict[str, Any]:
    """One row per suspicion, the certain ones first."""
    options = checked("ML_AUDIT", bench.options)
    frame, target = bench.read(), bench.args.get("target")
    if target is None or target not in frame.columns:
        raise MlError(f"target {target!r} is no column; {nearest(str(target), frame.columns)}")
    frame = frame.drop(columns=[name for name in names_of(options, "exclude_column_list") if name in frame.columns])
    report = audit_table(
        frame,
        target,
        task=task_of(options),  # type: ignore[arg-type]
        time_column=options.get("time_column"),
        group_column=options.get("group_column"),
        seed=whole(options, "seed", 0),
    )
    rows = [
        {
            "suspect": ", ".join(suspect.columns) or None,
            "kind": suspect.kind,
            "certain": int(suspect.clear),
            "action": suspect.action,
            "evidence": said["ja"] if bench.japanese else said["en"],
        }
        for suspect in sorted(report.suspects, key=lambda one: not one.clear)
        for said in [say(suspect.evidence, dict(suspect.values))]
    ]
    return {"rows": rows}
