"""Names in figures: wrapped by what they are, never wider than their place."""

import pytest

from reports.charts.theme import width_of, wrap


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("冷却装置温度", ["冷却装置温度"]),
        ("射出成形機12号機シリンダー加熱ゾーン温度設定", ["射出成形機12号機シリ", "ンダー加熱ゾーン温…"]),
        ("Cooling device temperature", ["Cooling device", "temperature"]),
        ("press_speed_setpoint_value", ["press_speed_", "setpoint_value"]),
        ("x" * 60, ["x" * 17, "x" * 15 + "…"]),
        ("", [""]),
    ],
)
def test_wrap(name: str, lines: list[str]) -> None:
    wrapped = wrap(name, 10, 102)
    assert wrapped == lines
    assert all(width_of(line, 10) <= 102 for line in wrapped)
