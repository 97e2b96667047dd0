"""docs/sql.md names every routine and every option, and no other."""

import re
from pathlib import Path

from models.sql.install import ROUTINES
from models.sql.options import OPTIONS

PAGE = (Path(__file__).parents[3] / "docs" / "sql.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, list[str]]:
    """First cell to the code words of the last one."""
    rows = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [row.strip("|").split("|") for row in rows]
    return {row[0].strip(" `"): re.findall(r"`([^`]+)`", row[-1]) for row in cells}


def test_every_routine() -> None:
    assert set(table("routine | arguments | what it does")) == set(ROUTINES)


def test_every_option() -> None:
    assert table("routine | options") == {name: list(options) for name, options in OPTIONS.items()}
