"""When a chain is due, and that missed runs are caught up once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from ingest.errors import SettingsError
from ingest.plant import Plant
from ingest.settings import Schedule, Settings
from models.scheduler import due_times, missed_run, triggers

DAILY = CronTrigger.from_crontab("0 5 * * *", timezone=ZoneInfo("Asia/Tokyo"))
PLANT = Plant.parse(
    {
        "site": {"id": "osaka", "name": "Osaka", "time_zone": "Asia/Tokyo"},
        "lines": {"a": {}, "b": {}},
        "studies": {
            "caps": {"line": "a", "task": "classification", "target": "verdict"},
            "power": {"line": "b", "task": "regression", "target": "power"},
        },
    }
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_nothing_is_missed_before_the_first_run() -> None:
    assert missed_run(DAILY, None, at(10, 0), 7) is None


def test_nothing_is_missed_within_a_day() -> None:
    # 05:00 in Tokyo is 20:00 UTC of the day before.
    assert missed_run(DAILY, at(9, 20), at(10, 19, 59), 7) is None


def test_many_missed_runs_are_caught_up_once_by_the_newest() -> None:
    assert missed_run(DAILY, at(5, 20), at(9, 21), 7) == at(9, 20)


def test_a_run_missed_too_long_ago_stays_missed() -> None:
    weekly = CronTrigger.from_crontab("0 5 * * mon", timezone=ZoneInfo("UTC"))
    assert missed_run(weekly, at(2, 5), at(19, 0), 2) is None
    assert missed_run(weekly, at(2, 5), at(19, 0), 7) == at(16, 5)


def test_the_schedule_is_in_the_plants_zone() -> None:
    settings = Settings(schedule=Schedule(default="30 6 * * *", studies={"power": "0 5 * * *"}))
    due = due_times(settings, PLANT, at(10, 0))
    assert due["power"] == at(10, 20)
    assert due["caps"] == at(10, 21, 30)


def test_an_unknown_study_is_named_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"schedule\.studies\.powr: no such study; did you mean 'power'\?"):
        triggers(Settings(schedule=Schedule(studies={"powr": "0 5 * * *"})), PLANT)


def test_bad_cron_fields_are_named() -> None:
    with pytest.raises(SettingsError, match=r"schedule for caps: '61 \* \* \* \*' is not five cron fields"):
        triggers(Settings(schedule=Schedule(default="61 * * * *")), PLANT)


def test_catching_up_ends_before_now() -> None:
    found = missed_run(DAILY, at(9, 20), at(11, 0), 7)
    assert found is not None
    assert found <= at(11, 0) < found + timedelta(days=1)
