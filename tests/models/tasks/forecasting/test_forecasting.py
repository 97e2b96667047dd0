"""Known series are forecast, the yardsticks are beaten or named, intervals cover what they promise."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.forecasting import past as past_module
from models.tasks.forecasting.choosing import FORECASTERS
from models.tasks.protocol import TaskModel, fit_task, load_task
from tests.models.tasks.tables import codes, power, rng, short_series

QUICK = ["NaiveForecaster", "ThetaForecaster", "SARIMAXForecaster"]
JOINT = ("VARMAXForecaster", "DynFactorForecaster")
SHORT = short_series(120)
SMAPE = "neg_sym_mean_abs_percent_error"


def fit(table: pd.DataFrame, names: list[str] | None = None, target: str | None = "y", **options: Any) -> TaskModel:
    return fit_task("forecasting", table, target, {"datetime_index": "d", "model_list": names or QUICK, **options})


@pytest.fixture(scope="module")
def demand() -> TaskModel:
    options = {"datetime_index": "date", "endogenous_variables": ["mw"]}
    return fit_task("forecasting", power()[:767], None, options)


def test_electricity_demand(demand: TaskModel) -> None:
    """HeatWave's notebook reaches -0.23 on a series made like this one."""
    test = power()[767:]
    score = demand.score(test, None, SMAPE)
    assert score is not None
    assert score > -0.05
    assert demand.card.algorithm == "SARIMAXForecaster"
    yardsticks = demand.card.facts["yardsticks"]["mw"]
    assert demand.card.training_score is not None
    assert demand.card.training_score > max(yardsticks.values())
    assert demand.card.facts["quality"] == "high"
    assert "beats_naive" in codes(demand.card)


def test_intervals_cover(demand: TaskModel) -> None:
    test = power()[767:]
    for level in (0.5, 0.95):
        answers = demand.predict(test, {"prediction_interval": level})
        bounds = [each["predictions"]["prediction_interval_mw"] for each in answers.results]
        inside = [each["lower"] <= y <= each["upper"] for each, y in zip(bounds, test["mw"], strict=True)]
        assert np.mean(inside) == pytest.approx(level, abs=0.16)
    assert answers.predictions is None


@pytest.mark.parametrize("name", [name for name in FORECASTERS if name not in JOINT])
def test_each_algorithm_follows_a_season_and_a_line(name: str) -> None:
    model = fit(SHORT[:100], [name])
    assert model.card.algorithm == name
    score = model.score(SHORT[100:], "y", "neg_mean_absolute_error")
    assert score is not None
    # The season goes 5 up and down, the line 4 up in 20 days (Theta follows half of it); the noise is 0.3.
    assert score > {"NaiveForecaster": -4.0, "ThetaForecaster": -2.0}.get(name, -1.0)


def test_exogenous_columns_help() -> None:
    table = SHORT.assign(load=rng(4).normal(size=120))
    table["y"] += 8 * table["load"]
    alone, helped = fit(table[:100]), fit(table[:100], exogenous_variables=["load"])
    one, two = (model.score(table[100:], "y", "neg_mean_absolute_error") for model in (alone, helped))
    assert one is not None
    assert two is not None
    assert two > -1.0 > one
    assert helped.card.columns == ("d", "load")
    with pytest.raises(StudyError, match="no column 'load'"):
        helped.predict(table[100:][["d"]])


def test_useless_exogenous_columns_are_not_used() -> None:
    table = SHORT.assign(dice=rng(4).normal(size=120))
    model = fit(table[:100], exogenous_variables=["dice"])
    if model.card.columns == ("d",):
        assert "exogenous_unused" in codes(model.card)
    assert model.score(table[100:], "y", "neg_mean_absolute_error") > -1.0  # type: ignore[operator]


def test_one_series_leads_another() -> None:
    """b is a, one hour later: only the joint model can know it."""
    draw, a = rng(0), np.zeros(300)
    for t in range(1, 300):
        a[t] = 0.9 * a[t - 1] + draw.normal()
    table = pd.DataFrame({"d": pd.date_range("2026", periods=299, freq="h"), "a": a[1:] + 20, "b": a[:-1] + 20})
    options = {"endogenous_variables": ["b", "a"]}
    joint = fit(table[:298], ["VARMAXForecaster"], target=None, **options)
    answer = joint.predict(table[298:])
    assert answer.results[0]["predictions"]["b"] == pytest.approx(float(table["a"][297]), abs=0.2)
    assert list(answer.results[0]["predictions"]) == ["b", "prediction_interval_b", "a", "prediction_interval_a"]
    for name in JOINT:
        with pytest.raises(StudyError, match="there is one series"):
            fit(SHORT, [name])


def test_many_series_with_one_cause() -> None:
    """Each hides the common part in noise as large; together they show it, and it is better than the last value."""
    draw, common = rng(1), np.zeros(400)
    for t in range(1, 400):
        common[t] = 0.95 * common[t - 1] + draw.normal(0, 0.3)
    names = list("abcefghi")
    noisy = common[:, None] * draw.uniform(0.5, 2, 8) + draw.normal(size=(400, 8)) + 10
    table = pd.DataFrame(noisy, columns=names).assign(d=pd.date_range("2025", periods=400, freq="h"))
    options = {"endogenous_variables": names}
    model = fit(table[:390], ["DynFactorForecaster"], target=None, **options)
    naive = fit(table[:390], ["NaiveForecaster"], target=None, **options)
    assert {each["factors"] for each in model.card.facts["training_params"].values()} <= {1, 2}
    ahead = table[390:392]
    error = [each.score(ahead, None, "neg_mean_absolute_error") for each in (model, naive)]
    assert error[0] > error[1]  # type: ignore[operator]
    assert load_task(model.to_text()).predict(ahead) == model.predict(ahead)


def test_nothing_beats_the_last_value_of_a_random_walk() -> None:
    walk = pd.DataFrame({"d": pd.date_range("2020", periods=300), "y": 1000 + rng(8).normal(size=300).cumsum()})
    model = fit(walk, ["NaiveForecaster"])
    assert "naive_best" in codes(model.card)
    assert model.card.facts["quality"] == "low"


def test_metrics() -> None:
    model = fit(SHORT[:100])
    test = SHORT[100:]
    forecast = np.array([each["predictions"]["y"] for each in model.predict(test).results])
    error = np.abs(test["y"].to_numpy() - forecast)
    assert model.score(test, "y", "neg_mean_absolute_error") == pytest.approx(-error.mean())
    assert model.score(test, "y", "neg_max_absolute_error") == pytest.approx(-error.max())
    assert model.score(test, "y", "neg_root_mean_squared_error") == pytest.approx(-np.sqrt(np.mean(error**2)))
    size = np.abs(test["y"]) + np.abs(forecast)
    assert model.score(test, "y", SMAPE) == pytest.approx(-np.mean(2 * error / size))
    assert (
        model.score(test.assign(y=np.nan).astype({"y": object}).assign(y=[None] * 19 + [1.0]), "y", SMAPE) is not None
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"d": pd.Timestamp("2025-03-03")}, "one row per instant"),
        ({"d": None}, "lacks a date|holds no dates"),
        ({"d": "soon"}, "holds no dates but 'soon'"),
        ({"y": None}, "holds no value in any row"),
        ({"y": "many"}, "holds no numbers"),
        ({"d": 1500}, "holds 1500 and others repeatedly"),
        ({"d": 1500.5}, "holds no dates but 'number'"),
    ],
)
def test_bad_columns(change: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        fit(SHORT.assign(**change))


def test_bad_calls() -> None:
    with pytest.raises(StudyError, match="needs option 'datetime_index'"):
        fit_task("forecasting", SHORT, "y", {})
    with pytest.raises(StudyError, match="needs option 'endogenous_variables'"):
        fit_task("forecasting", SHORT, None, {"datetime_index": "d"})
    with pytest.raises(StudyError, match="no column 'when', which datetime_index names"):
        fit_task("forecasting", SHORT, "y", {"datetime_index": "when"})
    with pytest.raises(StudyError, match="too few to forecast from"):
        fit(SHORT.head(6))
    with pytest.raises(StudyError, match="cannot be exogenous"):
        fit(SHORT, exogenous_variables=["y"])
    with pytest.raises(StudyError, match="not among endogenous_variables"):
        fit(SHORT.assign(z=1.0), endogenous_variables=["z"])
    with pytest.raises(StudyError, match="exclude each other"):
        fit(SHORT, exclude_model_list=["NaiveForecaster"])
    model = fit(SHORT)
    with pytest.raises(StudyError, match="d 2024-01-01 00:00:00 is before 2025-03-03"):
        model.predict(SHORT.assign(d=pd.Timestamp("2024-01-01")))
    with pytest.raises(StudyError, match="steps ahead"):
        fit(SHORT.assign(d=pd.date_range("2025", periods=120, freq="min")), ["NaiveForecaster"]).predict(
            pd.DataFrame({"d": ["2031-01-01"]})
        )
    with pytest.raises(StudyError, match="'d', which is to be scored, holds no numbers"):
        model.score(SHORT, "d", SMAPE)
    joint = fit(SHORT.assign(z=1.0), ["NaiveForecaster"], None, endogenous_variables=["y", "z"])
    with pytest.raises(StudyError, match="'d' is not a series of the model; it forecasts y, z"):
        joint.score(SHORT, "d", SMAPE)
    assert model.score(SHORT.rename(columns={"y": "truth"}), "truth", SMAPE) == model.score(SHORT, "y", SMAPE)


def test_rows_out_of_order_gaps_and_holes() -> None:
    """The same series, shuffled, with dates left out and values missing."""
    table = SHORT[:100].drop(index=[20, 21, 50]).sample(frac=1, random_state=0)
    table.loc[table.index[:3], "y"] = np.nan
    model = fit(table)
    assert {"not_in_order", "gaps", "filled"} <= codes(model.card)
    score = model.score(SHORT[100:], "y", "neg_mean_absolute_error")
    assert score is not None
    assert score > -1.0


def test_statsmodels_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"pip install 'genba\[forecast\]'"):
        fit(SHORT)


def test_constant_series() -> None:
    model = fit(SHORT.assign(y=5.0), list(FORECASTERS))
    found = model.predict(pd.DataFrame({"d": ["2025-07-03"]}))
    assert found.results[0]["predictions"]["y"] == pytest.approx(5.0)


def test_dates_of_training_get_what_would_have_been_forecast() -> None:
    """Each fifth from the rows before it: as good as a forecast, and not as good as the rows themselves."""
    model = fit(SHORT[:100], ["SARIMAXForecaster"])
    found = load_task(model.to_text()).predict(SHORT)
    values = np.array([each["predictions"]["y"] for each in found.results], float)
    assert np.isnan(values[:20]).all()
    assert np.isfinite(values[40:]).all()
    error = np.abs(values - SHORT["y"].to_numpy())
    assert 0.05 < error[40:100].mean() < 1.5
    assert found.results[0]["predictions"]["prediction_interval_y"] == {"lower": None, "upper": None}
    last = [found.results[row]["predictions"]["prediction_interval_y"] for row in range(80, 100)]
    covered = [each["lower"] <= y <= each["upper"] for each, y in zip(last, SHORT["y"][80:100], strict=True)]
    assert np.mean(covered) >= 0.8
    assert model.score(SHORT[:100], "y", "neg_mean_absolute_error") == pytest.approx(-np.nanmean(error[:100]))


def test_rows_that_are_counted() -> None:
    table = SHORT.assign(d=np.arange(1, 121))
    model = fit(table[:100])
    assert model.card.facts["forecast_from"] == "100"
    assert model.score(table[100:], "y", "neg_mean_absolute_error") is not None
