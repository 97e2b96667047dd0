"""Numbers written as words."""

import numpy as np
import pytest

from models.automl.columns.numbers import NumberRecipe, Spelling, has_decimal_doubt, read, spelling


def _spelt(*levels: str) -> Spelling | None:
    return spelling(levels, np.ones(len(levels), np.int64))


@pytest.mark.parametrize(
    ("levels", "decimal", "unit", "values"),
    [
        (("12,5 kg", "3,25 kg", "100 kg"), ",", "kg", (12.5, 3.25, 100)),
        (("1.234,5", "2.000,25"), ",", "", (1234.5, 2000.25)),
        (("1,234.5", "12"), ".", "", (1234.5, 12)),
        (("1,234", "2,345,678"), ".", "", (1234, 2_345_678)),
        (("1 234,5", "22\u00a0234,75"), ",", "", (1234.5, 22234.75)),
        (("1'234.5", "4"), ".", "", (1234.5, 4)),
        (("12 °C", "-3.5 ℃"), ".", "°C", (12, -3.5)),
        (("12%", "3.5 %"), ".", "%", (12, 3.5)),
        (("１２", "１３．５"), ".", "", (12, 13.5)),
        (("12㎏", "3 kg"), ".", "kg", (12, 3)),
        (("12 m³/h", "3.5 m3/h"), ".", "m3/h", (12, 3.5)),
        (("¥1,200", "¥500"), ".", "¥", (1200, 500)),
        (("1,200円", "500円"), ".", "円", (1200, 500)),
        (("1e-3", "2E5"), ".", "", (0.001, 200_000)),
        (("−3", "+5", ".5"), ".", "", (-3, 5, 0.5)),
        (("1", "?", "2"), ".", "", (1, np.nan, 2)),
    ],
)
def test_spellings(levels: tuple[str, ...], decimal: str, unit: str, values: tuple[float, ...]) -> None:
    how = _spelt(*levels)
    assert how == Spelling(decimal, unit)
    np.testing.assert_array_equal(read(levels, how), values)


@pytest.mark.parametrize(
    "levels",
    [
        ("M14860", "L47181"), ("00123", "00456"), ("5 kg", "300 g"), ("1/2", "3/4"), ("2020-01-01",), ("12:30",),
        ("3rd", "2nd"), ("85A", "12B"), ("10-20", "20-30"), ("?", "-"), ("nan", "inf"), ("1_000", "2_000"),
    ],
)  # fmt: skip
def test_no_numbers(levels: tuple[str, ...]) -> None:
    assert _spelt(*levels) is None


def test_a_cell_in_another_unit_is_missing() -> None:
    levels = (*(f"{at} kg" for at in range(20)), "300 g")
    how = spelling(levels, np.ones(21, np.int64))
    assert how == Spelling(".", "kg")
    assert np.isnan(read(levels, how)[-1])


def test_doubtful_comma() -> None:
    assert has_decimal_doubt(["1,234", "2,345"])
    assert not has_decimal_doubt(["1,234", "2,345.6"])
    assert not has_decimal_doubt(["1.5"])


def test_recipe_round_trip() -> None:
    recipe = NumberRecipe("x", ",", "kg")
    assert NumberRecipe.from_dict(recipe.to_dict()) == recipe
