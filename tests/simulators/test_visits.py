"""The Wi-Fi's visit log: drawn anew by the seed, hard in the ways it says, and a file of SQL that holds all of it."""

from pathlib import Path
from statistics import mean, median, pstdev

import pytest
from typer.testing import CliRunner

from simulators.cli import app
from simulators.comments import MOODS
from simulators.visits import Table, visit_log


@pytest.fixture(scope="module")
def log() -> dict[str, Table]:
    return {table.name: table for table in visit_log(3)}


def test_the_seed_alone_decides(log: dict[str, Table]) -> None:
    again = {table.name: table for table in visit_log(3)}
    other = {table.name: table for table in visit_log(4)}
    assert again == log
    assert all(other[name].rows != table.rows for name, table in log.items())


def test_rows_fit_their_columns(log: dict[str, Table]) -> None:
    for table in log.values():
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
        keys = {row[0] for row in table.rows}
        assert "PRIMARY KEY" not in "".join(table.columns.values()) or len(keys) == len(table.rows)


def test_the_hard_ones_are_there(log: dict[str, Table]) -> None:
    """Customers stay as long as employees on half days, others are gone as fast as passers-by."""
    stays: dict[str, list[float]] = {}
    for device, _, minutes, *_ in log["visit"].rows:
        stays.setdefault(device, []).append(minutes)
    kinds = dict(log["truth_kind"].rows)
    usual = {kind: [median(stays[d]) for d in stays if kinds[d] == kind] for kind in set(kinds.values())}
    assert sum(minutes > min(usual["employee"]) for minutes in usual["customer"]) >= 5
    assert sum(minutes < mean(usual["passer_by"]) + 4 for minutes in usual["customer"]) >= 5
    assert set(dict(log["survey"].rows).items()) < set(kinds.items())


def test_customers_return_after_their_own_interval(log: dict[str, Table]) -> None:
    days: dict[str, list[int]] = {}
    for device, arrived, *_ in log["visit"].rows:
        days.setdefault(device, []).append(arrived.toordinal())
    usual = dict(log["truth_interval"].rows)
    seen = {d: (days[d][-1] - days[d][0]) / (len(days[d]) - 1) for d in usual if len(days.get(d, ())) >= 5}
    assert len(seen) > 100
    assert mean(abs(seen[d] / usual[d] - 1) for d in seen) < 0.1


def test_held_back_ratings_are_what_the_given_ones_were_drawn_from(log: dict[str, Table]) -> None:
    given = {row[:2] for row in log["interest"].rows}
    held = {row[:2] for row in log["truth_interest"].rows}
    assert not given & held
    assert len(given | held) == 220 * 12
    assert {row[2] for row in log["interest"].rows} == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert pstdev(row[2] for row in log["truth_interest"].rows) > 0.8


def test_a_fault_is_not_the_most_extreme_number(log: dict[str, Table]) -> None:
    faults = {row[:2] for row in log["truth_fault"].rows}
    rows = log["network"].rows
    most = max(row[4] for row in rows if row[:2] not in faults)
    assert sum(row[4] < most for row in rows if row[:2] in faults) >= len(faults) / 2


def test_moods_in_two_languages(log: dict[str, Table]) -> None:
    truth = dict(log["truth_mood"].rows)
    known = [(number, mood) for number, _, _, mood in log["comment"].rows if mood is not None]
    assert all(truth[number] == mood for number, mood in known)
    assert 0.5 < len(known) / len(truth) < 0.7
    assert {(row[1], truth[row[0]]) for row in log["comment"].rows} == {(one, m) for one in ("ja", "en") for m in MOODS}


def test_the_command_writes_all_of_it(tmp_path: Path, log: dict[str, Table]) -> None:
    out = tmp_path / "visits.sql"
    said = CliRunner().invoke(app, ["visits", "--seed", "3", "--out", str(out), "--schema", "street"])
    assert said.exit_code == 0, said.output
    text = out.read_text(encoding="utf-8")
    rows = sum(len(table.rows) for table in log.values())
    assert text.count("\n(") == rows
    assert f"{rows:,} rows" in said.output.replace("\n", "")
    assert all(f"CREATE TABLE street.{name} (" in text for name in log)
