"""docs/actions.md names every state and every field of an entry and of its outcome, and no other."""

import re
from datetime import UTC, datetime
from pathlib import Path

from ingest.store.action import ActionRow, Declared
from models.promise import ledger
from models.promise.frozen import freeze
from models.promise.outcome import outcome
from models.promise.states import STATES
from tests.models.promise.acted import acted
from tests.models.promise.test_declare import entry

PAGE = (Path(__file__).parents[3] / "docs" / "actions.md").read_text(encoding="utf-8")


def first_column(heading: str) -> set[str]:
    rows = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_states() -> None:
    assert first_column("state") == set(STATES)


def test_fields_of_an_entry() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    row = ActionRow(1, now, Declared("caps", {"temp": [1.0, 2.0]}, now, "Ito"), None, None, None)
    assert first_column("field of an entry") == set(ledger.entry(row, now))


def test_fields_of_an_outcome() -> None:
    one = acted("press", 1, 14, 7, seconds=720)
    before, after = one.split()
    found = outcome(freeze(before, one.windows), after, one.windows, entry(1, one.windows, 20.0))
    assert first_column("field of `outcome`") == set(found)
    assert set(PAGE.split("before a measurement.")[0].rsplit("Only ", 1)[1].split("`")[1::2]) == {
        "state", "code", "values", "kept", "realised", "promised",
    }  # fmt: skip
