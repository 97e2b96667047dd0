"""The baseline: published figures, errors of another library, planted coefficients, change-points."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.energy.baseline import baseline_entry, baseline_from_json, checks_of, fit_baseline, kept_baseline
from models.energy.intervals import intervals
from models.energy.ols import independent, inflation, least_squares
from models.energy.terms import Hours, hours_of
from tests.models.energy.lines import Line

# The first of Anscombe's four sets (1973): intercept 3.00, slope 0.500, R² 0.667.
X = np.array([10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5])
Y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])


def anscombe() -> Hours:
    n = len(X)
    return Hours(
        start=pd.date_range("2026-01-05", periods=n, freq="D", tz="UTC"),
        day=np.arange("2026-01-05", "2026-01-16", dtype="datetime64[D]"),
        length=np.ones(n),
        kwh=Y,
        made=X,
        good=X,
        counted=True,
        levels={},
        amounts={},
        weather=pd.DataFrame(index=range(n)),
    )


@pytest.mark.parametrize(
    ("lags", "errors"),
    [
        # statsmodels 0.15, OLS(...).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}).bse
        (0, [0.8950243375592851, 0.10325348797917067]),
        (1, [0.9479450497515866, 0.11216912042571267]),
        (3, [0.9450559831150559, 0.11009998138462466]),
    ],
)
def test_errors_are_those_of_statsmodels(lags, errors):
    fit = least_squares(np.column_stack([np.ones(len(X)), X]), Y, lags)
    assert fit.coef == pytest.approx([3.00009091, 0.50009091])
    assert np.sqrt(np.diag(fit.cov)) == pytest.approx(errors)


def test_quality_is_that_of_the_published_regression(monkeypatch):
    monkeypatch.setattr("models.energy.baseline.FEWEST_HOURS", 10)
    found = fit_baseline(anscombe())
    by_name = dict(zip([term.name for term in found.terms], found.coef, strict=True))
    assert by_name == pytest.approx({"units": 0.50009091, "base load": 3.00009091})
    assert found.r2 == pytest.approx(0.66654246)
    # SSE 13.7627, n - p = 9, mean 7.5009
    assert found.cv_rmse == pytest.approx(np.sqrt(13.76269 / 9) / 7.500909, rel=1e-6)
    passed = {check["check"]: check["passed"] for check in checks_of(found, None)}
    assert passed["cv_rmse"]
    assert passed["sign"]
    assert not passed["r2"]


def test_repeating_columns_are_found():
    one, two = np.arange(5.0), np.array([1.0, 0, 2, 5, 1])
    assert independent(np.column_stack([one, two, one * 2 - two, np.zeros(5), two**2])) == [0, 1, 4]


def test_autocorrelation_shrinks_what_is_known():
    rng = np.random.default_rng(0)
    white = rng.normal(size=4_000)
    wander = np.zeros(4_000)
    for place in range(1, 4_000):
        wander[place] = 0.8 * wander[place - 1] + white[place]
    assert inflation(white, 200) == pytest.approx(1.0, abs=0.1)
    assert inflation(wander, 200) == pytest.approx((1 + 0.8) / (1 - 0.8), rel=0.25)


@pytest.fixture(scope="module")
def winter() -> tuple[Hours, Hours]:
    """A line that heats below 15 and cools above 20 degrees; second, its later half."""
    line = Line(seed=4, days=84, heating=3.0, cooling=2.0, noise=2.0, from_day=56)
    hours = hours_of(intervals(line.frame(), line.spec()))
    before = hours.day < np.datetime64("2026-03-02")
    return hours.where(before), hours.where(~before)


def test_planted_coefficients_are_recovered(winter):
    before, later = winter
    entry = baseline_entry(fit_baseline(before), later)
    found = {term["term"]: term for term in entry["terms"]}
    assert found["units of product=A"]["coefficient"] == pytest.approx(0.6, rel=0.03)
    assert found["units of product=B"]["coefficient"] == pytest.approx(1.0, rel=0.03)
    assert found["base load"]["coefficient"] == pytest.approx(40.0, rel=0.05)
    below, above = (next(term for name, term in found.items() if f" {word} " in name) for word in ("below", "above"))
    assert below["coefficient"] == pytest.approx(3.0, rel=0.25)
    assert above["coefficient"] == pytest.approx(2.0, rel=0.25)
    assert float(below["term"].split()[-1]) == pytest.approx(15.0, abs=2.0)
    assert float(above["term"].split()[-1]) == pytest.approx(20.0, abs=2.0)
    assert entry["valid"]


def test_a_straight_line_stays_one():
    line = Line(seed=5, cooling=0.0)
    frame = line.frame()
    frame["kwh"] += 0.5 * frame["ambient"] / 4
    entry = baseline_entry(fit_baseline(hours_of(intervals(frame, line.spec()))), None)
    assert next(term for term in entry["terms"] if term["kind"] == "weather")["term"] == "ambient"


def test_json_there_and_back_is_the_same_model(winter):
    found = fit_baseline(winter[0])
    again = baseline_from_json(json.loads(json.dumps(found.to_json())))
    assert again.terms == found.terms
    assert np.array_equal(again.expected(winter[1]), found.expected(winter[1]))
    assert again.to_json() == found.to_json()


@pytest.mark.parametrize("wrong", [{"version": 9}, {"coef": [1.0]}, {"coef": "x"}, {"terms": [{"kin": "mix"}]}])
def test_what_is_no_baseline_is_refused(winter, wrong):
    with pytest.raises(StudyError, match=r"energy baseline .*--new-baseline` fits a new one"):
        baseline_from_json(fit_baseline(winter[0]).to_json() | wrong)


@pytest.mark.parametrize(
    ("days", "until", "savings", "kept"),
    [(10, None, {}, True), (9, None, {}, False), (3, date(2026, 4, 1), {}, True), (90, date(2026, 4, 1), None, False)],
)
def test_a_baseline_is_kept_once_it_is_settled(winter, days, until, savings, kept):
    frozen = fit_baseline(winter[0])
    account = {"baseline": {"days": days, "frozen": frozen.to_json()}, "savings": savings}
    found = kept_baseline(account, until)
    assert (found is not None) == kept
    assert found is None or found.to_json() == frozen.to_json()


def test_a_wrong_sign_and_a_range_left_behind_are_said():
    line = Line(seed=6)
    frame = line.frame()
    frame["kwh"] = 100.0 - 0.2 * frame["good"] + np.random.default_rng(0).normal(size=len(frame))
    hours = hours_of(intervals(frame, line.spec()))
    far = hours_of(intervals(frame.assign(ambient=frame["ambient"] + 40.0), line.spec()))
    failed = {check["check"]: check for check in checks_of(fit_baseline(hours), far) if not check["passed"]}
    assert {"sign", "coverage"} <= set(failed)
    assert "units of product=A" in failed["sign"]["en"]
