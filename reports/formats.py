"""Numbers, money, intervals and instants as people of either language write them. The only place that does.

Both languages share digits, separators and the place of the interval, so that two readers of one report can talk
about the same figure. An absent number is an en dash.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ingest.plant import Language

__all__ = ["ABSENT", "Formats", "decimals", "setting_decimals", "unit_sign"]

ABSENT = "–"
NBSP = "\u00a0"
UTC_ZONE = ZoneInfo("UTC")
UNITS = {
    "degC": "°C",
    "celsius": "°C",
    "degF": "°F",
    "deg": "°",
    "pct": "%",
    "percent": "%",
    "m2": "m²",
    "m3": "m³",
    "m3/h": "m³/h",
    "um": "µm",
    "ohm": "Ω",
}
TIGHT = ("%", "°")
"""Units that follow their number without a space."""
SYMBOLS = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
WHOLE_MONEY = ("JPY", "KRW", "VND", "CLP")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def unit_sign(unit: str) -> str:
    """The unit as printed.

    >>> unit_sign("degC"), unit_sign("kPa")
    ('°C', 'kPa')
    """
    return UNITS.get(unit, unit)


def decimals(*values: float | None, digits: int = 3) -> int:
    """Decimals that show the largest of the values with so many significant digits, at most six.

    >>> decimals(12.0, 8.0, 16.0), decimals(1440.0), decimals(0.012)
    (1, 0, 4)
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0:
        return 1
    return min(6, max(0, digits - 1 - math.floor(math.log10(largest))))


def setting_decimals(low: float, high: float) -> int:
    """Decimals of a setting: all that its limits need, and enough to tell a tenth of the window apart.

    >>> setting_decimals(4.0, 6.5), setting_decimals(400, 650), setting_decimals(0.12, 0.15)
    (1, 0, 3)
    """
    edges = max(len(f"{edge:.4g}".partition(".")[2]) if abs(edge) < 1e4 else 0 for edge in (low, high))
    width = 1 - math.floor(math.log10(high - low)) if high > low else 0
    return min(6, max(0, edges, width))


def parse_moment(text: str) -> datetime | date:
    """An ISO 8601 day or instant as the document writes it."""
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


@dataclass(frozen=True)
class Formats:
    """How one language writes; ``zone`` is the plant's."""

    language: Language
    zone: ZoneInfo = UTC_ZONE

    def number(self, value: float | None, digits: int = 0) -> str:
        """``-1234.5`` → ``−1,234.5``."""
        if value is None:
            return ABSENT
        text = f"{abs(value):,.{digits}f}"
        negative = value < 0 and any(digit in "123456789" for digit in text)
        return f"−{text}" if negative else text

    def count(self, value: int | None) -> str:
        return self.number(value)

    def quantity(self, value: float | None, unit: str, digits: int) -> str:
        """A number with its unit, never parted by a line break."""
        return self.number(value, digits) + self.after(unit)

    def after(self, unit: str) -> str:
        """What follows a number: the unit, with the space it wants."""
        sign = unit_sign(unit)
        return sign if sign in TIGHT or not sign else f"{NBSP}{sign}"

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share of one as per cent; what would round to nothing or to all is said as a bound."""
        if share is None:
            return ABSENT
        step = 10.0**-digits
        value = share * 100
        if 0 < value < step / 2:
            return f"<{self.number(step, digits)}%"
        if 100 - step / 2 < value < 100:
            return f">{self.number(100 - step, digits)}%"
        return f"{self.number(value, digits)}%"

    def chance(self, p: float) -> str:
        """A p-value: ``p = 0.34``, ``p = 0.013``, ``p < 0.001``."""
        if p < 0.001:
            return f"p < {self.number(0.001, 3)}"
        return f"p = {self.number(p, 3 if p < 0.1 else 2)}"

    def money(self, value: float | None, currency: str) -> str:
        """``1440.0, "JPY"`` → ``¥1,440``; currencies without a sign stand in front as their code."""
        if value is None:
            return ABSENT
        digits = 0 if currency in WHOLE_MONEY or abs(value) >= 100 else 2
        amount = self.number(value, digits)
        sign = SYMBOLS.get(currency, f"{currency}{NBSP}" if currency else "")
        return f"−{sign}{amount[1:]}" if amount.startswith("−") else f"{sign}{amount}"

    def span(self, low: str, high: str, unit: str = "") -> str:
        """From … to …, in the language's own way; the unit once, at the end."""
        between = "〜" if self.language == "ja" else " to " if "−" in low + high else "–"
        return f"{low}{between}{high}{self.after(unit)}"

    def day(self, text: str | None) -> str:
        """A day in the plant's zone: ``5 Jan 2026``, ``2026年1月5日``."""
        if text is None:
            return ABSENT
        day = self._local(text)
        return (
            f"{day.year}年{day.month}月{day.day}日"
            if self.language == "ja"
            else f"{day.day}{NBSP}{MONTHS[day.month - 1]} {day.year}"
        )

    def short_day(self, text: str) -> str:
        """``5 Jan``, ``1/5``: for axes, where the year is said elsewhere."""
        day = self._local(text)
        return f"{day.month}/{day.day}" if self.language == "ja" else f"{day.day} {MONTHS[day.month - 1]}"

    def moment(self, text: str | None) -> str:
        """An instant in the plant's zone, to the minute; a bare day stays a day."""
        if text is None:
            return ABSENT
        local = self._local(text)
        return f"{self.day(text)} {local:%H:%M}" if isinstance(local, datetime) else self.day(text)

    def _local(self, text: str) -> datetime | date:
        moment = parse_moment(text)
        if not isinstance(moment, datetime):
            return moment
        return moment if moment.tzinfo is None else moment.astimezone(self.zone)
