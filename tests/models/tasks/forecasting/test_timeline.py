"""Dates of every step become places, and the calendar's seasons are known."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.forecasting.timeline import Timeline, moments


@pytest.mark.parametrize(
    ("freq", "kind", "seasons"),
    [
        ("D", "span", (7.0, 365.25)),
        ("h", "span", (24.0, 168.0, 8766.0)),
        ("15min", "span", (96.0, 672.0, 35064.0)),
        ("min", "span", (60.0, 1440.0, 10080.0, 525960.0)),
        ("7D", "span", (365.25 / 7,)),
        ("MS", "month", (12.0,)),
        ("ME", "month", (12.0,)),
        ("QS", "month", (4.0,)),
        ("YS", "month", ()),
        ("B", "workday", (5.0, 260.9)),
    ],
)
def test_steps(freq: str, kind: str, seasons: tuple[float, ...]) -> None:
    when = pd.date_range("2024-01-31" if freq == "ME" else "2024-01-01", periods=48, freq=freq).as_unit("us")
    line = Timeline.of(when[:40])
    assert line.kind == kind
    assert line.seasons() == pytest.approx(seasons)
    assert line.places(when[:40]).tolist() == list(range(40))
    assert line.ahead(when[40:], "d").tolist() == list(range(1, 9))
    assert Timeline.from_dict(line.to_dict()) == line


def test_gaps_keep_their_place() -> None:
    when = pd.date_range("2024-01-01", periods=30).as_unit("us").delete([5, 6, 7])
    assert Timeline.of(when).places(when)[5] == 8


def test_no_regular_step() -> None:
    gaps = np.cumsum(np.random.default_rng(0).uniform(1, 50, 40))
    when = pd.DatetimeIndex(pd.Timestamp("2024-01-01") + pd.to_timedelta(gaps, unit="h")).as_unit("us")
    line = Timeline.of(when)
    assert line.kind == "row"
    later = pd.DatetimeIndex(["2025-01-03", "2025-01-01", "2025-01-02"]).as_unit("us")
    assert line.ahead(later, "d").tolist() == [3, 1, 2]


@pytest.mark.parametrize("spelt", ["2024-03-0{}", "2024/03/0{} 12:00", "2024030{}"])
def test_spellings(spelt: str) -> None:
    found, _ = moments(pd.Series([spelt.format(day) for day in range(1, 8)]), "d")
    assert found[0].date().isoformat() == "2024-03-01"


def test_years_and_zones() -> None:
    assert moments(pd.Series([1999, 2000]), "d")[0][0] == pd.Timestamp("1999-01-01")
    tokyo = pd.Series(pd.date_range("2024-01-01 09:00", periods=3, tz="Asia/Tokyo"))
    assert moments(tokyo, "d")[0][0] == pd.Timestamp("2024-01-01 00:00")
    with pytest.raises(StudyError, match="1678 to 2261"):
        moments(pd.Series(pd.to_datetime(["1500-01-01"]).as_unit("s")), "d")


def test_counts_and_times_of_day() -> None:
    """An AUTO_INCREMENT, and a TIME; at prediction a count stays one, whatever it looks like by itself."""
    when, counted = moments(pd.Series([7, 9, 11, 15]), "n")
    line = Timeline.of(when, counted)
    assert (line.kind, line.step, line.n, line.seasons()) == ("span", 2, 5, ())
    later, _ = moments(pd.Series([1999, 2001]), "n", counted)
    assert line.ahead(later, "n").tolist() == [992, 993]
    with pytest.raises(StudyError, match="n 3 is before 7, the beginning"):
        line.ahead(moments(pd.Series([3]), "n", True)[0], "n")
    shifts = pd.Series(pd.to_timedelta([0, 600, 1200], unit="s"))
    assert Timeline.of(*moments(shifts, "t")).step == 600
    assert Timeline.from_dict(line.to_dict()) == line
    with pytest.raises(StudyError, match="no counts but 'soon'"):
        moments(pd.Series(["soon"]), "n", True)
    with pytest.raises(StudyError, match="INT column"):
        moments(pd.Series([0.5, 1.5]), "n")
