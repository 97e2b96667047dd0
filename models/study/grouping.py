"""Which units were made under one setting: lots, production days, shifts. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.plant import Plant

__all__ = ["group_key", "production_day", "shift_of"]


def shift_of(moment: datetime, shifts: Mapping[str, time], zone: ZoneInfo) -> tuple[date, str]:
    """The shift an instant falls in, and the day on which that shift began.

    >>> from datetime import UTC
    >>> shifts = {"day": time(6), "night": time(18)}
    >>> shift_of(datetime(2026, 1, 5, 1, tzinfo=UTC), shifts, ZoneInfo("UTC"))
    (datetime.date(2026, 1, 4), 'night')
    """
    local = moment.astimezone(zone)
    if not shifts:
        return local.date(), "day"
    order = sorted(shifts.items(), key=lambda shift: shift[1])
    begun = [name for name, start in order if start <= local.time()]
    if begun:
        return local.date(), begun[-1]
    return local.date() - timedelta(days=1), order[-1][0]


def production_day(moment: datetime, plant: Plant) -> date:
    """The day a plant books an instant to: days begin with the first shift, without shifts at midnight."""
    local = moment.astimezone(plant.site.zone)
    begins = min(plant.shifts.values(), default=time(0))
    return local.date() if local.time() >= begins else local.date() - timedelta(days=1)


def group_key(kind: str | None, moment: datetime, lot: str | None, plant: Plant) -> str:
    """The group a unit belongs to; units without a lot are grouped by day, for neighbours are no independent news."""
    if kind == "lot" and lot:
        return lot
    if kind == "shift":
        day, shift = shift_of(moment, plant.shifts, plant.site.zone)
        return f"{day.isoformat()} {shift}"
    return production_day(moment, plant).isoformat()
