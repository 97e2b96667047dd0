"""A story is a file of SQL that says what comes back: read statement by statement, run, and compared.

Under a statement stand, as comments, ``gives: a | b`` (its first row), ``names: text`` (a part of its rows),
``rows: n``, and ``at least:`` or ``at most:`` (a bound of its first value).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.models.sql.door import Caller

__all__ = ["STORIES", "Step", "play", "steps"]

STORIES = Path(__file__).parents[3] / "docs" / "stories"
SAID = re.compile(r"-- (gives|names|rows|at least|at most): (.*)")


@dataclass
class Step:
    """A statement and what it is said to give."""

    line: int
    statement: str
    said: list[tuple[str, str]]


def steps(text: str) -> list[Step]:
    """The statements of a story; each ends with a semicolon at the end of a line."""
    found: list[Step] = []
    written: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not written and (said := SAID.fullmatch(line)):
            found[-1].said.append((said[1], said[2]))
        elif written or (line.strip() and not line.startswith("--")):
            first = first if written else number
            written.append(line)
            if line.endswith(";"):
                found.append(Step(first, "\n".join(written)[:-1], []))
                written = []
    assert not written, f"line {first}: the last statement has no end"
    return found


def play(name: str, caller: Caller) -> int:
    """Run a story and compare what is said; the number of comparisons."""
    compared = 0
    for step in steps((STORIES / name).read_text(encoding="utf-8")):
        rows = caller.run(step.statement)
        for kind, wanted in step.said:
            assert _holds(kind, wanted, rows), f"{name}, line {step.line}: {kind} {wanted!r}, but came {_shown(rows)}"
            compared += 1
    return compared


def _holds(kind: str, wanted: str, rows: list[tuple[Any, ...]]) -> bool:
    if kind == "rows":
        return len(rows) == int(wanted)
    if kind == "gives":
        return bool(rows) and " | ".join(map(_cell, rows[0])) == wanted
    if kind == "names":
        return wanted in _shown(rows)
    value = rows[0][0] if rows else None
    if value is None:
        return False
    return float(value) >= float(wanted) if kind == "at least" else float(value) <= float(wanted)


def _shown(rows: list[tuple[Any, ...]]) -> str:
    return "\n".join(" | ".join(map(_cell, row)) for row in rows)


def _cell(value: Any) -> str:
    """As a client shows it; a sum of whole numbers is a whole number."""
    if value is None:
        return "NULL"
    return (
        str(int(value))
        if isinstance(value, Decimal) and value == int(value) and value.as_tuple().exponent == 0
        else str(value)
    )
