"""Wire faults: off by default, as frequent as asked for, each with accidents of its own."""

from collections import Counter

import pytest

from ingest.errors import UsageError
from simulators import wire
from simulators.faults import apply, parse_faults
from simulators.scenario import Faults
from simulators.wire import Outgoing, payload
from tests.simulators.lines import KINDS, production


@pytest.fixture(name="stream", scope="module")
def clean() -> list[Outgoing]:
    return wire.messages(*(production(kind) for kind in KINDS))


def values(stream: list[Outgoing]) -> dict[tuple[str, object], float | str]:
    return {(address, ts): value for message in stream for address, ts, value in wire.readings(message)}


def test_all_off_changes_nothing(stream: list[Outgoing]) -> None:
    assert apply(stream, Faults(), 1) == stream


def test_the_same_seed_makes_the_same_faults(stream: list[Outgoing]) -> None:
    faults = Faults(duplicates=0.1, late=0.1, nan=0.1)
    assert apply(stream, faults, 1) == apply(stream, faults, 1)
    assert apply(stream, faults, 1) != apply(stream, faults, 2)


def test_duplicates(stream: list[Outgoing]) -> None:
    faulty = apply(stream, Faults(duplicates=0.1), 1)
    assert len(faulty) / len(stream) == pytest.approx(1.1, abs=0.02)
    assert values(faulty) == values(stream)
    assert max(Counter((message.topic, payload(message)) for message in faulty).values()) == 2


@pytest.mark.parametrize(("name", "low", "high"), [("late", 600.0, 21_600.0), ("out_of_order", 60.0, 240.0)])
def test_delays_reorder_and_lose_nothing(stream: list[Outgoing], name: str, low: float, high: float) -> None:
    faulty = apply(stream, Faults(**{name: 0.1}), 1)
    assert [message.when for message in faulty] == sorted(message.when for message in faulty)
    before = {(message.topic, payload(message)): message.when for message in stream}
    delays = [message.when - before[message.topic, payload(message)] for message in faulty]
    moved = [delay for delay in delays if delay > 0]
    assert len(moved) / len(stream) == pytest.approx(0.1, abs=0.02)
    assert low <= min(moved)
    assert max(moved) <= high
    assert values(faulty) == values(stream)


def test_missing_and_nan_take_readings_away(stream: list[Outgoing]) -> None:
    whole = values(stream)
    for name in ("missing", "nan"):
        left = values(apply(stream, Faults(**{name: 0.05}), 1))
        assert left.items() <= whole.items()
        assert len(left) / len(whole) == pytest.approx(0.95, abs=0.01)
    spelt = b"".join(payload(message) for message in apply(stream, Faults(nan=0.05), 1))
    assert b":null" in spelt
    assert b':"NaN"' in spelt


def test_stuck_sensors_repeat_themselves(stream: list[Outgoing]) -> None:
    whole, faulty = values(stream), values(apply(stream, Faults(stuck=0.2), 1))
    assert whole.keys() == faulty.keys()
    power = [key for key in whole if key[0].endswith("/power")]
    changed = sum(whole[key] != faulty[key] for key in whole) / len(whole)
    assert 0.1 < changed < 0.25
    series = [faulty[key] for key in power]
    assert any(len(set(series[first : first + 30])) == 1 for first in range(len(series) - 30))


def test_a_clock_drifts_further_every_day(stream: list[Outgoing]) -> None:
    faulty = apply(stream, Faults(clock_drift=4.0), 1)
    for topic, drifts in (("osaka/stamping/press1/press", True), ("osaka/bottling/filling1/cooler", False)):
        pairs = [
            (wire.instant(new.body["ts"]) - wire.instant(old.body["ts"])).total_seconds()
            for new, old in zip(faulty, stream, strict=True)
            if old.topic == topic
        ]
        assert pairs[-1] == pytest.approx(8.0 if drifts else 0.0, abs=0.05)


def test_malformed_payloads_replace_messages(stream: list[Outgoing]) -> None:
    faulty = apply(stream, Faults(malformed=0.02), 1)
    spoilt = [message for message in faulty if isinstance(message.body, bytes)]
    assert len(faulty) == len(stream)
    assert len(spoilt) / len(stream) == pytest.approx(0.02, abs=0.006)
    assert all(wire.outcomes(message) == 1 and not list(wire.readings(message)) for message in spoilt)


def test_faults_on_the_command_line() -> None:
    assert parse_faults(["late=0.1", "clock_drift=-3"], Faults(nan=0.2)) == Faults(late=0.1, clock_drift=-3.0, nan=0.2)
    with pytest.raises(
        UsageError, match=r"--fault duplicate=1: unknown fault 'duplicate'; did you mean 'duplicates'\?"
    ):
        parse_faults(["duplicate=1"], Faults())
    for word in ("late=2", "late=", "late"):
        with pytest.raises(UsageError, match="--fault: late: "):
            parse_faults([word], Faults())
