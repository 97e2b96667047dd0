"""Study tables grow by what is new, from readings, units and verdicts that arrive in any order, on every engine."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import StudyError
from ingest.plant import Plant
from ingest.records import Entry, Message, Outcome, Reading, UnitRecord, VerdictRecord, Visit
from ingest.store.catalogue import Catalogue
from ingest.store.engine import Store
from ingest.store.write import write_batch
from models.study.build import build
from models.study.from_plant import study_frame, study_spec
from tests.study_rows import study_rows

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
PLANT = Plant.parse(
    {
        "site": {"id": "o", "name": "Osaka", "time_zone": "Asia/Tokyo"},
        "shifts": {"day": "08:00", "night": "20:00"},
        "tariffs": {"two": {"price": 20.0, "periods": [{"start": "22:00", "end": "08:00", "price": 10.0}]}},
        "lines": {
            "fill": {
                "area": "a",
                "units": {"lateness": 600, "bad": ["NG", "LEAK"]},
                "machines": {
                    "cooler": {
                        "stage": 1,
                        "signals": {
                            "temp": {
                                "role": "controllable",
                                "min": 2,
                                "max": 12,
                                "step": 0.5,
                                "statistics": ["mean", "std"],
                            }
                        },
                    },
                    "filler": {"stage": 2, "signals": {"pressure": {"unit": "bar"}, "recipe": {"kind": "category"}}},
                    "hall": {"stage": 0, "signals": {"ambient": {"role": "context", "expected_every": 600}}},
                },
            },
            "press": {
                "area": "s",
                "units": {"kind": "interval", "seconds": 120, "lateness": 120},
                "machines": {
                    "p": {
                        "signals": {
                            "speed": {"role": "controllable"},
                            "power": {"unit": "kW"},
                            "energy": {"kind": "counter", "unit": "kWh"},
                        }
                    }
                },
            },
        },
        "studies": {
            "caps": {"line": "fill", "task": "classification", "target": "verdict", "cost": {"per_bad": 120}},
            "power": {
                "line": "press",
                "task": "regression",
                "target": "power",
                "group": "shift",
                "cost": {"tariff": "two"},
            },
        },
    }
)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def write(store: Store, outcomes: Sequence[Outcome]) -> None:
    message = Message("t", b"{}", START)
    counts = write_batch(store, [Entry("test", message, tuple(outcomes))], Catalogue(store, PLANT))
    assert counts.quarantined == 0


def bottle(number: int, verdict: str | None = "OK", judged: float = 120) -> list[Outcome]:
    """Cooled from minute n to n + 4 at 6.0, 6.1 … degC, filled at n + 6."""
    serial = f"B{number:03}"
    visits = (Visit("cooler", at(number), at(number + 4)), Visit("filler", at(number + 6), at(number + 7)))
    made: list[Outcome] = [UnitRecord("fill", serial, at(number), at(number + 8), "A", "L1", visits)]
    if verdict:
        made.append(VerdictRecord("fill", serial, at(number + judged), verdict))
    return made


def sensors(first: int, last: int) -> list[Outcome]:
    found: list[Outcome] = []
    for minute in range(first, last):
        found.append(Reading("o/a/fill/cooler/temp", at(minute), 6.0 + minute / 10))
        found.append(Reading("o/a/fill/filler/pressure", at(minute), 2.0 + minute / 100))
    return found


def test_a_part_gets_window_statistics_of_its_own_visits(store: Store) -> None:
    write(store, sensors(0, 30) + bottle(3))
    done = build(store, PLANT, "caps")
    assert (done.written, done.rows) == (1, 1)
    (row,) = study_rows(store, "caps")
    assert row["serial"] == "B003"
    # In the cooler from minute 3 to 7, both ends its own: 6.3, 6.4, 6.5, 6.6, 6.7.
    assert row["temp"] == pytest.approx(6.5)
    assert row["temp__std"] == pytest.approx(0.158113883)
    # In the filler from 9 to 10: the last value, at 10.
    assert row["pressure"] == pytest.approx(2.10)
    assert row["ambient"] is None
    assert (row["product"], row["lot"], row["group_key"], row["verdict"]) == ("A", "L1", "L1", "OK")
    assert row["finished_at"] == at(11)


def test_a_slow_sensor_and_a_category_are_carried_forward(store: Store) -> None:
    ambient: list[Outcome] = [Reading("o/a/fill/hall/ambient", at(-10), 24.5)]
    recipe: list[Outcome] = [
        Reading("o/a/fill/filler/recipe", at(5), "long"),
        Reading("o/a/fill/filler/recipe", at(6), "short"),
    ]
    write(store, sensors(0, 30) + ambient + recipe + bottle(3))
    build(store, PLANT, "caps")
    (row,) = study_rows(store, "caps")
    assert row["ambient"] == pytest.approx(24.5)
    assert row["recipe"] == "short"


def test_only_what_was_known_before_the_verdict(store: Store) -> None:
    # Judged at minute 5, while still in the cooler: 6.3 … 6.5 were known, the pressure of minute 9 was not.
    write(store, sensors(0, 30) + bottle(3, "NG", judged=2))
    build(store, PLANT, "caps")
    (row,) = study_rows(store, "caps")
    assert row["temp"] == pytest.approx(6.4)
    assert row["pressure"] == pytest.approx(2.05)


def test_a_verdict_that_arrives_hours_later_makes_the_row_then(store: Store) -> None:
    write(store, sensors(0, 30) + bottle(3, verdict=None))
    assert build(store, PLANT, "caps").rows == 0
    write(store, [VerdictRecord("fill", "B003", at(400), "NG")])
    assert build(store, PLANT, "caps").rows == 1
    assert study_rows(store, "caps")[0]["verdict"] == "NG"


def test_a_verdict_without_serial_is_joined_by_time_in_either_order(store: Store) -> None:
    write(store, sensors(0, 60) + bottle(3, verdict=None))
    write(store, [VerdictRecord("fill", "", at(300), "NG", made_at=at(10))])
    write(store, [VerdictRecord("fill", "", at(300), "OK", made_at=at(30))])
    build(store, PLANT, "caps")
    assert [(row["serial"], row["verdict"]) for row in study_rows(store, "caps")] == [("B003", "NG")]
    write(store, bottle(25, verdict=None))
    build(store, PLANT, "caps")
    assert [(row["serial"], row["verdict"]) for row in study_rows(store, "caps")] == [("B003", "NG"), ("B025", "OK")]


def test_the_newest_verdict_counts(store: Store) -> None:
    write(store, sensors(0, 30) + bottle(3, "NG", judged=60))
    build(store, PLANT, "caps")
    write(store, [VerdictRecord("fill", "B003", at(500), "OK")])
    build(store, PLANT, "caps")
    assert [row["verdict"] for row in study_rows(store, "caps")] == ["OK"]


def test_a_second_build_reads_only_what_is_new(store: Store) -> None:
    write(store, sensors(0, 400) + [outcome for number in range(0, 380, 2) for outcome in bottle(number)])
    first = build(store, PLANT, "caps")
    assert first.written == 190
    write(store, sensors(400, 420) + bottle(405))
    second = build(store, PLANT, "caps")
    # The new bottle, and those of the last ten minutes (lateness) once more; readings likewise.
    assert second.rows == 191
    assert second.written <= 8
    assert second.readings < first.readings / 4
    assert build(store, PLANT, "caps").written <= 8


def test_a_late_reading_is_not_lost(store: Store) -> None:
    write(store, [reading for reading in sensors(0, 30) if "pressure" not in str(reading)] + bottle(3))
    build(store, PLANT, "caps")
    assert study_rows(store, "caps")[0]["pressure"] is None
    write(store, sensors(0, 30))
    build(store, PLANT, "caps")
    assert study_rows(store, "caps")[0]["pressure"] == pytest.approx(2.10)


def test_intervals_are_means_and_rates_and_own_only_their_start(store: Store) -> None:
    found: list[Outcome] = []
    for minute in range(11):
        found.append(Reading("o/s/press/p/speed", at(minute), 10.0 + minute))
        found.append(Reading("o/s/press/p/power", at(minute), 50.0 + minute))
        found.append(Reading("o/s/press/p/energy", at(minute), 100.0 + minute))
    write(store, found)
    # Five intervals and the one that minute 10 begins: it ended long ago by the clock.
    assert build(store, PLANT, "power").rows == 6
    first = study_rows(store, "power")[0]
    assert (first["serial"], first["speed"], first["power"]) == ("20260105T000000Z", 10.5, 50.5)
    assert first["energy"] == pytest.approx(60.0)
    # 00:00 UTC is 09:00 in Osaka: the day shift.
    assert first["group_key"] == "2026-01-05 day"


def test_an_interval_that_may_still_get_readings_waits(store: Store) -> None:
    now = datetime.now(UTC)
    write(store, [Reading("o/s/press/p/power", now - timedelta(seconds=second), 50.0) for second in range(0, 600, 30)])
    build(store, PLANT, "power")
    built = study_rows(store, "power")
    assert 3 <= len(built) <= 5
    assert max(row["finished_at"] for row in built) <= now


def test_an_interval_without_the_target_has_no_row(store: Store) -> None:
    write(store, [Reading("o/s/press/p/speed", at(minute), 10.0) for minute in range(7)])
    write(store, [Reading("o/s/press/p/power", at(minute), 10.0) for minute in (0, 1, 4, 5)])
    build(store, PLANT, "power")
    assert [row["serial"][9:13] for row in study_rows(store, "power")] == ["0000", "0004"]


def test_a_signal_that_is_declared_later_becomes_a_column(store: Store) -> None:
    write(store, sensors(0, 30) + bottle(3))
    without = PLANT.model_copy(
        update={"studies": {"caps": PLANT.studies["caps"].model_copy(update={"exclude": ("pressure",)})}}
    )
    build(store, without, "caps")
    write(store, bottle(12))
    build(store, PLANT, "caps")
    assert study_rows(store, "caps")[-1]["pressure"] == pytest.approx(2.19)


def test_the_frame_speaks_of_bad_and_good_and_the_spec_of_roles(store: Store) -> None:
    write(store, sensors(0, 40) + bottle(3, "LEAK") + bottle(10, "OK") + bottle(15, "?"))
    build(store, PLANT, "caps")
    frame, columns = study_frame(store, PLANT, "caps")
    assert frame["verdict"].tolist()[:2] == ["bad", "good"]
    assert frame["verdict"].isna().tolist() == [False, False, True]
    assert "judged_at" not in frame
    assert "lot" not in frame
    spec = study_spec(PLANT, "caps", columns)
    assert spec.factors["temp"].role == "controllable"
    assert spec.factors["temp__std"].of == "temp"
    assert (spec.time, spec.group, spec.bad, spec.cost.per_bad) == ("finished_at", "group_key", "bad", 120)


def test_a_tariff_is_priced_by_the_units_own_times() -> None:
    # 09:00 and 23:00 in Osaka: 20 and 10 per kWh; an interval of 120 s is 1/30 h.
    spec = study_spec(PLANT, "power", [], [at(0), at(14 * 60)])
    assert spec.cost.per_unit == pytest.approx(15 / 30)


def test_an_unknown_study_is_named(store: Store) -> None:
    with pytest.raises(StudyError, match="study 'cap' is not in the plant file; did you mean 'caps'"):
        build(store, PLANT, "cap")


def test_a_study_that_was_never_built_says_what_to_do(store: Store) -> None:
    with pytest.raises(StudyError, match="study 'caps' has no table yet; run `genba study build caps`"):
        study_frame(store, PLANT, "caps")
