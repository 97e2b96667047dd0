"""Instants in words and numbers, and their parts."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl.columns import Preparation, infer
from models.automl.columns.dates import number_spelling, word_spelling
from models.automl.matrix import Matrix

N = 60


def _matrix(values: object, later: object = None) -> Matrix:
    table = pd.DataFrame({"at": values})
    return Preparation.fit(table, infer(table)).transform(table if later is None else pd.DataFrame({"at": later}))


@pytest.mark.parametrize(
    ("words", "spelling"),
    [
        (["2024-01-05", "2024-02-29"], "ISO8601"),
        (["2024-01-05T08:30:00Z", "2024-02-29T23:59:59+09:00"], "ISO8601"),
        (["31/01/2018 00:15", "01/02/2018 00:30"], "%d/%m/%Y %H:%M"),
        (["1/13/2015", "1/2/2015"], "%m/%d/%Y"),
        (["31.12.2024", "1.1.2025"], "%d.%m.%Y"),
        (["2024年1月5日", "2024年12月31日"], "%Y年%m月%d日"),
        (["05-Jan-2024", "31-Dec-2024"], "%d-%b-%Y"),
        (["1/13/2024 8:30 AM", "1/13/2024 12:05 PM"], "%m/%d/%Y %I:%M %p"),
        (["24/01/05 08:30", "24/12/31 17:00"], "%y/%m/%d %H:%M"),
        (["08:30", "17:05"], "%H:%M"),
    ],
)
def test_spellings_of_words(words: list[str], spelling: str) -> None:
    found = word_spelling(words)
    assert found is not None
    assert found[0] == spelling


def test_day_or_month_is_decided_by_the_column() -> None:
    assert word_spelling([f"1/{day}/2015" for day in range(1, 13)]) == ("%m/%d/%Y", True)
    assert word_spelling([f"{day}/1/2015" for day in range(1, 13)]) == ("%d/%m/%Y", True)


@pytest.mark.parametrize("words", [["16:9", "4:3"], ["1.2.3", "1.10.2"], ["192.168.1.1"], ["A-12"], ["3/4", "1/2"]])
def test_no_dates(words: list[str]) -> None:
    assert word_spelling(words) is None


def test_numbers_that_are_dates() -> None:
    assert number_spelling("c01", np.array([19910108.0, 19911231.0])) == "yyyymmdd"
    assert number_spelling("c01", np.array([19910108.0, 19911331.0])) is None
    assert number_spelling("x", np.array([20240105083000.0, 20240105083500.0])) == "yyyymmddhhmmss"
    assert number_spelling("x", np.array([20240105083000.0, 20240105086000.0])) is None
    assert number_spelling("x", np.array([202401050830.0, 202401050835.0])) == "yyyymmddhhmm"
    assert number_spelling("x", np.array([202401.0, 202402.0])) is None
    assert number_spelling("年月", np.array([202401.0, 202402.0])) == "yyyymm"
    assert number_spelling("timestamp", np.array([1.7e9, 1.7e9 + 60])) == "s"
    assert number_spelling("turnover", np.array([1.7e9, 1.7e9 + 60])) is None
    assert number_spelling("x", np.array([1.7e12, 1.7e12 + 60])) == "ms"


def test_only_parts_that_vary() -> None:
    assert _matrix(pd.date_range("2024-01-01", periods=N, freq="D")).names == ("at:month", "at:day_of_week", "at:days")
    assert _matrix(pd.date_range("2024-01-01", periods=N, freq="min")).names == ("at:hour",)
    assert "at:year" in _matrix(pd.date_range("2020-01-01", periods=N, freq="MS")).names
    assert "at:year" not in _matrix(pd.date_range("2023-06-01", periods=12, freq="MS")).names


def test_the_same_instants_in_every_dress() -> None:
    instants = pd.Series(pd.date_range("2024-01-01 06:00", periods=N, freq="37h"))
    wanted = _matrix(instants)
    for dress in (
        instants.dt.strftime("%Y-%m-%d %H:%M:%S"),
        instants.dt.strftime("%d/%m/%Y %H:%M"),
        instants.dt.strftime("%Y%m%d%H%M").astype("int64"),
        instants.dt.strftime("%Y%m%d%H%M%S"),
        instants.astype("int64") // 10 ** (9 if instants.dt.unit == "ns" else 6) * 1000,
        instants.map(pd.Timestamp.to_pydatetime).astype(object),
        instants.astype("timestamp[us][pyarrow]"),
    ):
        np.testing.assert_allclose(_matrix(dress).values, wanted.values)


def test_later_tables_may_come_in_another_dress() -> None:
    instants = pd.Series(pd.date_range("2024-01-01 06:00", periods=N, freq="37h"))
    wanted = _matrix(instants).values
    np.testing.assert_allclose(_matrix(instants, instants.astype(str)).values, wanted)
    np.testing.assert_allclose(_matrix(instants.astype(str), instants).values, wanted)
    assert np.isnan(_matrix(instants, ["?", None]).values).all()


def test_the_clock_on_the_wall() -> None:
    tokyo = pd.date_range("2024-01-01 06:00", periods=N, freq="5h", tz="Asia/Tokyo")
    here, there = _matrix(tokyo), _matrix(tokyo, tokyo.tz_convert("UTC"))
    assert here.values[0, here.names.index("at:hour")] == 6
    np.testing.assert_array_equal(here.values, there.values)


@pytest.mark.parametrize("later", [["yesterday"], [3.5], [[1]]])
def test_refused(later: list[object]) -> None:
    with pytest.raises(StudyError, match=r"'at' holds .* where training had dates"):
        _matrix(pd.date_range("2024-01-01", periods=N), pd.Series(later))
