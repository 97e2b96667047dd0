"""docs/spc.md names every field, chart, subgroup and rule set, and no other."""

import re
from pathlib import Path

import pytest

from models.spc.document import ChartPoint, Moment, Process, SignalSaid
from models.spc.rules import RULE_SETS
from models.spc.subgroups import CALENDAR

PAGE = (Path(__file__).parents[3] / "docs" / "spc.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [row.split("|")[1:-1] for row in table]


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ("field", Process),
        ("field of `points`", ChartPoint),
        ("field of `signals`", SignalSaid),
        ("field of `moments`", Moment),
    ],
)
def test_fields(heading: str, shape: type) -> None:
    assert {name for row in rows(heading) for name in re.findall(r"`([^`]+)`", row[0])} == set(shape.__annotations__)


def test_rule_sets() -> None:
    assert {re.findall(r"`([^`]+)`", row[0])[0] for row in rows("name")} == set(RULE_SETS)


def test_subgroups_and_charts() -> None:
    told = {row[0].strip().strip("`"): row[1] for row in rows("field")}
    assert set(re.findall(r"`([^`]+)`", told["subgroup"])) == {name for name, _ in CALENDAR} | {"units"}
    assert set(re.findall(r"`([^`]+)`", told["chart"])) == {"p", "laney_p", "individuals", "residual"}
    assert set(re.findall(r"`([^`]+)`", told["state"])) == {"special_cause", "common_cause", "too_short"}
