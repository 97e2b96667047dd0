"""What the board says of a line, by the time stamps of the data."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.store.live import LedgerTotals, SignalNow
from reports.web.board import Board, Rows, compose
from reports.web.days import defects
from tests.reports.web.factory import ENERGY, GOOD, PLANT, TEMP, TORQUE

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def seen(address: str, seconds: float | None, number: int = 1) -> SignalNow:
    moment = None if seconds is None else NOW - timedelta(seconds=seconds)
    return SignalNow(number, address, "", True, moment, None if seconds is None else 1.0, None)


def board(*signals: SignalNow, **rows: object) -> Board:
    return compose(
        PLANT,
        Rows(**({"signals": signals, "ledger": (), "defects": {}, "energy": {}, "fix_first": ()} | rows)),
        NOW,
        None,
        "1",
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("temp", "torque", "state", "signs"),
    [
        (1, 50, "ok", []),
        (1, 50.1, "look", [("stale", 1)]),
        (1, None, "look", [("never", 1)]),
        (60, 99, "silent", [("stale", 2)]),
        (60, None, "silent", [("stale", 1), ("never", 1)]),
        (None, None, "empty", [("never", 2)]),
    ],
)
def test_a_line_is_judged_by_its_signals(
    temp: float | None, torque: float | None, state: str, signs: list[tuple[str, int]]
) -> None:
    line = board(seen(TEMP, temp), seen(TORQUE, torque)).lines[0]
    assert (line.state, [(sign.code, sign.count) for sign in line.signs]) == (state, signs)


def test_a_signal_that_the_database_does_not_know_has_never_sent() -> None:
    assert [tile.state for tile in board().lines[0].tiles] == ["never", "never"]


def test_a_time_stamp_ahead_of_our_clock_has_no_negative_age() -> None:
    tile = board(seen(TEMP, -30)).lines[0].tiles[0]
    assert (tile.age, tile.state) == (0.0, "fresh")


def test_a_worse_defect_rate_is_a_reason_to_look() -> None:
    worse = defects(NOW.date(), [{"OK": 990, "NG": 10}] * 7 + [{"OK": 80, "NG": 20}], ("OK",), ("NG",))
    line = board(seen(TEMP, 1), seen(TORQUE, 1), defects={"fill": worse}).lines[0]
    assert (line.state, [sign.code for sign in line.signs]) == ("look", ["defects_higher"])


def test_names_signals_and_days_are_the_plants() -> None:
    found = board(seen(TEMP, 1), seen("osaka/main/fill/new/one", 3))
    fill, press = found.lines
    assert (fill.name["ja"], fill.tiles[1].name["ja"], fill.judged, fill.metered) == (
        "充填ライン",
        "torque",
        True,
        False,
    )
    assert (press.judged, press.metered) == (False, True)
    assert [signal.address for signal in found.new_signals] == ["osaka/main/fill/new/one"]
    assert found.today == datetime(2026, 11, 24, tzinfo=UTC).date()  # 00:30 in Tokyo
    assert found.data_at == NOW - timedelta(seconds=1)


def test_the_ledger_says_whether_it_adds_up() -> None:
    good, bad = LedgerTotals("a", 10, 7, 2, 1), LedgerTotals("b", 5, 4, 0, 0)
    assert board(ledger=(good,)).ledger.adds_up
    assert not board(ledger=(good, bad)).ledger.adds_up


def test_counters_are_tiles_too() -> None:
    tiles = board(seen(ENERGY, 1), seen(GOOD, 1)).lines[1].tiles
    assert [(tile.signal, tile.state) for tile in tiles] == [("energy", "fresh"), ("good", "fresh")]
