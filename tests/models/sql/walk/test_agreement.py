"""SQL says what the model says: every kind of member, calibration and decision, on both servers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.automl import fit
from models.automl.algorithms.base import Config
from models.automl.decide import Decisions
from models.automl.decide.calibrate import Calibration
from models.automl.decide.threshold import Rule
from models.automl.matrix import Floats
from models.automl.model import Model
from tests.models.sql.walk.conftest import Walked
from tests.models.sql.walk.made import CONFIGS, document, member, records, rows_of, with_members

EXACT = 1e-12
KINDS = [
    (kind, name, config)
    for kind, task in (("binary", "classification"), ("multi", "classification"), ("regression", "regression"))
    for name, config in CONFIGS[task]
    if (kind, name) != ("multi", "LGBMRandomForestClassifier")  # it knows two classes only
]


def said(walked: Walked, number: int, frame: pd.DataFrame, outputs: int) -> Floats:
    """What SQL says of rows, as `Model.predict_raw`."""
    out = np.full((len(frame), outputs), np.nan)
    for place, row in enumerate(records(frame)):
        for _, output, value in walked.value("{name}.walk_raw(%s, %s, NULL, NULL)", document(row), number):
            out[place, output] = value
    return out


def agree(walked: Walked, model: Model, frame: pd.DataFrame) -> None:
    """Both say the same, to rounding."""
    wanted = model.predict_raw(frame)
    _, number, _ = walked.load(model)
    found = said(walked, number, frame, wanted.shape[1])
    assert np.abs(found - wanted).max() < EXACT * max(1.0, np.abs(wanted).max())
    assert np.ptp(wanted, axis=0).max() > 0 or model.members[0].algorithm.startswith("Naive")


@pytest.mark.parametrize(
    ("kind", "name", "config"), KINDS, ids=[f"{each[0]}-{each[1]}-{at}" for at, each in enumerate(KINDS)]
)
def test_every_algorithm(walked: Walked, kind: str, name: str, config: Config) -> None:
    agree(walked, with_members(kind, member(kind, name, config)), rows_of(kind))


@pytest.mark.parametrize("kind", ["binary", "multi", "regression"])
def test_a_blend_of_all_of_them_is_a_weighted_sum(walked: Walked, kind: str) -> None:
    configs = [(name, config) for each, name, config in KINDS if each == kind]
    members = [member(kind, name, config, 1 / len(configs)) for name, config in configs]
    agree(walked, with_members(kind, *members), rows_of(kind))


@pytest.mark.parametrize("kind", ["binary", "multi", "regression"])
def test_members_that_never_see_some_features(walked: Walked, kind: str) -> None:
    configs = CONFIGS["regression" if kind == "regression" else "classification"]
    chosen = [configs[1], configs[5], configs[6]]
    members = [member(kind, name, config, 1 / 3, blank=(0, 3, 4, 7)) for name, config in chosen]
    agree(walked, with_members(kind, *members), rows_of(kind))


CALIBRATIONS = [
    ("binary", Calibration("platt", (1.7, -0.4))),
    ("binary", Calibration("beta", (1.3, 0.6, 0.2))),
    ("binary", Calibration("isotonic", (0.1, 0.35, 0.6, 0.9, 0.05, 0.3, 0.65, 0.97))),
    ("multi", Calibration("temperature", (1.4,))),
    ("multi", Calibration("vector", (0.8, 0.3, -0.5, 0.1))),
]


@pytest.mark.parametrize(("kind", "calibration"), CALIBRATIONS, ids=[each.kind for _, each in CALIBRATIONS])
def test_calibrations_and_class_weights(walked: Walked, kind: str, calibration: Calibration) -> None:
    weights = (1.7, 0.4, 0.9)[: 2 if kind == "binary" else 3]
    one = member(kind, "LogisticRegression", CONFIGS["classification"][1][1])
    agree(walked, with_members(kind, one, decisions=Decisions(weights, calibration)), rows_of(kind))


RULES = [
    ("binary", Rule(((0.0, 300.0), (40.0, 20.0)), 0, 5.0)),
    ("multi", Rule(((0.0, 1.0, 9.0), (1.0, 0.0, 1.0), (0.5, 1.0, 0.0)))),
]


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=["threshold", "costs"])
def test_decisions_are_those_of_the_model(walked: Walked, kind: str, rule: Rule) -> None:
    plain = with_members(kind, member(kind, "LGBMClassifier", CONFIGS["classification"][5][1]))
    model, frame = replace(plain, decisions=Decisions(rule=rule)), rows_of(kind, 20)
    assert (plain.predict(frame) != model.predict(frame)).any()
    handle, _, _ = walked.load(model)
    found = [walked.value("{name}.ML_PREDICT_ROW(%s, %s, NULL)", document(row), handle) for row in records(frame)]
    assert [each["Prediction"] for each in found] == model.predict(frame).tolist()


DATES = ["%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y年%m月%d日 %H:%M", "%H:%M", "%Y-%m-%dT%H:%M:%S+09:00", "%Y%m%d", "%s"]


@pytest.mark.parametrize("spelling", DATES)
def test_dates_in_many_spellings(walked: Walked, spelling: str) -> None:
    rng = np.random.default_rng(3)
    when = pd.Timestamp("2023-11-20") + pd.to_timedelta(rng.integers(0, 700 * 24 * 60, 250), unit="min")
    if spelling == "%s":
        spelt: Any = (when - pd.Timestamp("1970-01-01")) // pd.Timedelta(seconds=1)
    else:
        spelt = when.strftime(spelling)
        spelt = spelt.astype("int64") if spelling == "%Y%m%d" else spelt
    frame = pd.DataFrame({"at": spelt, "other": rng.normal(size=250)})
    frame["y"] = when.hour + 3 * (when.day_of_week > 4) + frame["other"] + 0.01 * (when - when.min()).days
    model = fit(frame, "y", task="regression", model_list=["LinearRegression"], trials=1, threads=1, leaks="off")
    assert model.preparation.recipes[0].to_dict()["kind"] == "date"
    agree(walked, model, frame.drop(columns="y").iloc[:8].reset_index(drop=True))
