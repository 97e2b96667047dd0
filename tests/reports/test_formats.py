"""Numbers, money, intervals and instants in both languages."""

from zoneinfo import ZoneInfo

import pytest

from ingest.plant import Language
from reports.formats import Formats, decimals, setting_decimals, unit_sign

EN, JA = Formats("en"), Formats("ja")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.5, 1, "1,234.5"),
        (-1234.56, 1, "−1,234.6"),
        (-0.004, 2, "0.00"),
        (0, 0, "0"),
        (None, 2, "–"),
        (1_000_000, 0, "1,000,000"),
    ],
)
def test_number(value: float | None, digits: int, text: str) -> None:
    assert EN.number(value, digits) == JA.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (7.4, "degC", 1, "7.4\u00a0°C"),
        (41.2, "kW", 1, "41.2\u00a0kW"),
        (5, "%", 0, "5%"),
        (5, "", 0, "5"),
        (3, "m3/h", 0, "3\u00a0m³/h"),
    ],
)
def test_quantity(value: float, unit: str, digits: int, text: str) -> None:
    assert EN.quantity(value, unit, digits) == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.041, 1, "4.1%"),
        (0.35, 0, "35%"),
        (0.0004, 0, "<1%"),
        (0.9999, 0, ">99%"),
        (1.0, 0, "100%"),
        (0.0, 0, "0%"),
        (None, 0, "–"),
        (0.0004, 1, "<0.1%"),
    ],
)
def test_percent(share: float | None, digits: int, text: str) -> None:
    assert EN.percent(share, digits) == JA.percent(share, digits) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1440.0, "JPY", "¥1,440"),
        (14.4, "JPY", "¥14"),
        (34.56, "USD", "$34.56"),
        (1234.5, "EUR", "€1,234"),
        (-132.0, "JPY", "−¥132"),
        (12.5, "CHF", "CHF\u00a012.50"),
        (None, "JPY", "–"),
    ],
)
def test_money(value: float | None, currency: str, text: str) -> None:
    assert EN.money(value, currency) == JA.money(value, currency) == text


def test_span() -> None:
    assert EN.span("4.0", "6.5", "degC") == "4.0–6.5\u00a0°C"
    assert JA.span("4.0", "6.5", "degC") == "4.0〜6.5\u00a0°C"
    assert EN.span("−1.1", "2.6") == "−1.1 to 2.6"
    assert JA.span("−1.1", "2.6") == "−1.1〜2.6"


@pytest.mark.parametrize(
    ("language", "text", "day", "short", "moment"),
    [
        ("en", "2026-01-05", "5\u00a0Jan 2026", "5 Jan", "5\u00a0Jan 2026"),
        ("ja", "2026-01-05", "2026年1月5日", "1/5", "2026年1月5日"),
        ("en", "2026-01-04T22:10:00Z", "5\u00a0Jan 2026", "5 Jan", "5\u00a0Jan 2026 07:10"),
        ("ja", "2026-01-04T22:10:00Z", "2026年1月5日", "1/5", "2026年1月5日 07:10"),
        ("en", "2026-01-04T22:10:00", "4\u00a0Jan 2026", "4 Jan", "4\u00a0Jan 2026 22:10"),
    ],
)
def test_days_are_the_plants(language: Language, text: str, day: str, short: str, moment: str) -> None:
    tokyo = Formats(language, ZoneInfo("Asia/Tokyo"))
    assert (tokyo.day(text), tokyo.short_day(text), tokyo.moment(text)) == (day, short, moment)


def test_absent_day() -> None:
    assert (EN.day(None), EN.moment(None)) == ("–", "–")


@pytest.mark.parametrize(
    ("values", "shown"),
    [((12.0, 8.0, 16.0), 1), ((1440.0,), 0), ((0.012,), 4), ((0.0,), 1), ((None,), 1), ((1e-9,), 6)],
)
def test_decimals(values: tuple[float | None, ...], shown: int) -> None:
    assert decimals(*values) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(4.0, 6.5, 1), (400, 650, 0), (0.12, 0.15, 3), (2.1, 2.4, 2), (5.0, 5.0, 0), (12000.0, 12500.0, 0)],
)
def test_setting_decimals(low: float, high: float, shown: int) -> None:
    assert setting_decimals(low, high) == shown


def test_unit_signs() -> None:
    assert [unit_sign(unit) for unit in ("degC", "um", "kPa", "")] == ["°C", "µm", "kPa", ""]
