"""What stands on the wire gives back what the model says the units met."""

import tomllib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.payload import Decoder
from ingest.plant import Plant
from ingest.records import Message, Reading, UnitRecord, VerdictRecord
from ingest.settings import Ingest
from models.study.features import Series, Windows, column_plans, compute, windows_of
from simulators import tables, wire
from simulators.scenario import HERE
from tests.simulators.lines import KINDS, production

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(name="plant", scope="module")
def read_plant() -> Plant:
    return Plant.parse(tomllib.loads((HERE / "plant.toml").read_text(encoding="utf-8")))


@pytest.fixture(name="said", scope="module")
def everything_said(plant: Plant) -> list[object]:
    """Both lines, through the gateway's own decoder."""
    decoder = Decoder(plant, Ingest())
    stream = wire.messages(*(production(kind) for kind in KINDS))
    return [
        outcome
        for message in stream
        for outcome in decoder.decode(Message(message.topic, wire.payload(message), NOW)).outcomes
    ]


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def series_of(said: list[object]) -> dict[str, list[tuple[int, float | str]]]:
    found: dict[str, list[tuple[int, float | str]]] = {}
    for one in said:
        if isinstance(one, Reading):
            found.setdefault(one.address, []).append((micros(one.ts), one.value))
    return {address: sorted(pairs) for address, pairs in found.items()}


def test_everything_is_understood_and_declared(said: list[object], plant: Plant) -> None:
    assert {type(one) for one in said} == {Reading, UnitRecord, VerdictRecord}
    assert {one.address for one in said if isinstance(one, Reading)} == set(plant.declared())


def test_the_stream_is_ordered_and_counted(said: list[object]) -> None:
    stream = wire.messages(*(production(kind) for kind in KINDS))
    when = [message.when for message in stream]
    assert when == sorted(when)
    assert sum(wire.outcomes(message) for message in stream) == len(said)
    published = {reading[:2] for message in stream for reading in wire.readings(message)}
    assert len(published) == sum(isinstance(one, Reading) for one in said)
    # Two weeks of both lines are what the demo sends.
    assert len(stream) * 7 <= 65_000


def test_bottles_meet_what_the_table_says(said: list[object], plant: Plant) -> None:
    made = production("filling")
    table = tables.table(made)
    units = {one.serial: one for one in said if isinstance(one, UnitRecord)}
    assert list(units) == table["serial"].tolist()
    visits = {
        (serial, visit.machine): (micros(visit.entered), micros(visit.left))
        for serial, unit in units.items()
        for visit in unit.visits
    }
    starts = np.array([micros(unit.started) for unit in units.values()])
    ends = np.array([micros(unit.finished) for unit in units.values()])
    readings = series_of(said)
    for plan in column_plans(plant, "filling1"):
        ts, values = (np.array(part) for part in zip(*readings[plan.address], strict=True))
        windows = windows_of(plan.machine, list(units), (starts, ends), visits, ends + 10**12)
        found = compute(Series(ts.astype(np.int64), values.astype(np.float64)), windows, plan.statistic, plan.carry)
        np.testing.assert_allclose(found, table[plan.column].astype(np.float64), atol=6e-5, err_msg=plan.column)
    assert [unit.product for unit in units.values()] == table["product"].tolist()
    assert [unit.lot for unit in units.values()] == table["lot"].tolist()


def test_intervals_meet_what_the_table_says(said: list[object], plant: Plant) -> None:
    made = production("press")
    table = tables.table(made)
    first = micros(made.start) + (made.started * 1e6).astype(np.int64)
    windows = Windows(first, first + 120_000_000, closed=False)
    readings = series_of(said)
    for plan in column_plans(plant, "press1", exclude=("good_count",)):
        ts, raw = (np.array(part) for part in zip(*readings[plan.address], strict=True))
        levels = sorted(set(raw.tolist()))
        values = np.array([levels.index(one) for one in raw.tolist()]) if plan.category else raw.astype(np.float64)
        found = compute(Series(ts.astype(np.int64), values.astype(np.float64)), windows, plan.statistic, plan.carry)
        if plan.column == "energy":  # kWh per hour are kW
            np.testing.assert_allclose(found[1:], table["power"][1:], atol=0.05)
        elif plan.category:
            assert [levels[int(code)] for code in found] == table[plan.column].tolist()
        else:
            np.testing.assert_allclose(found, table[plan.column].astype(np.float64), atol=6e-5, err_msg=plan.column)


def test_verdicts_come_hours_later(said: list[object]) -> None:
    made = production("filling")
    finished = {one.serial: one.finished for one in said if isinstance(one, UnitRecord)}
    verdicts = {one.serial: one for one in said if isinstance(one, VerdictRecord)}
    assert [verdicts[serial].verdict for serial in made.serial] == tables.table(made)["verdict"].tolist()
    waits = [(one.judged_at - finished[serial]).total_seconds() / 3600 for serial, one in verdicts.items()]
    assert min(waits) >= 4.0
    assert max(waits) < 6.5


def test_serials_of_other_days_are_others() -> None:
    made = production("filling")
    later = tables.make(made.scenario, made.seed, made.start + timedelta(days=2), 2)
    assert not set(made.serial) & set(later.serial)
    assert np.array_equal(made.columns["verdict"], later.columns["verdict"])


def test_both_spellings_of_time_occur() -> None:
    bodies = [message.body for message in wire.messages(production("press"))]
    kinds = {type(part["ts"]) for body in bodies for part in (body if isinstance(body, list) else [body])}
    assert kinds == {int, str}
