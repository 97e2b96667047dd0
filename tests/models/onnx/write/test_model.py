"""Our models as graphs say what the models themselves say: every kind of member, calibration and rule; every kind of
column, with gaps, levels that training had not, and values far out. The model's own Python is the reference."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl import fit
from models.automl.algorithms.base import Config, Problem, Task, Workbench
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.registry import by_name
from models.automl.columns.dates import PARTS
from models.automl.decide import Decisions
from models.automl.decide.calibrate import Calibration
from models.automl.decide.threshold import Rule
from models.automl.model import Member, Model
from models.onnx.feeds import TENSORS, Feed, Input, feeds_of
from models.onnx.write.model import to_onnx
from tests.models.sql.walk import made

CONFIGS: dict[str, list[tuple[str, Config]]] = {
    "classification": [
        *made.CONFIGS["classification"],
        ("SVC", {"C": 1.0, "gamma": 1.0}),
        ("MLPClassifier", {"hidden": 8, "alpha": 0.1, "learning_rate_init": 0.01, "dropout": 0.0, "epochs": 3}),
        ("XGBClassifier", {"num_boost_round": 5, "learning_rate": 0.3, "max_depth": 4}),
    ],
    "regression": [
        *made.CONFIGS["regression"],
        ("SVR", {"C": 1.0, "gamma": 1.0}),
        ("MLPRegressor", {"hidden": 8, "alpha": 0.1, "learning_rate_init": 0.01, "dropout": 0.0, "epochs": 3}),
        ("XGBRegressor", {"num_boost_round": 5, "learning_rate": 0.3, "max_depth": 4}),
    ],
}


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Without free text, and the weights as numbers."""
    spelt = frame["weight"].astype(str).str.removesuffix(" kg").str.replace(",", ".")
    return frame.drop(columns="comment").assign(weight=pd.to_numeric(spelt, errors="coerce"))


@cache
def small(kind: str) -> tuple[Model, Workbench]:
    frame = plain(made.table(kind))
    task: Task = "regression" if kind == "regression" else "classification"
    naive = "NaiveRegressor" if task == "regression" else "NaiveClassifier"
    model = fit(frame, "y", task=task, model_list=[naive], trials=1, threads=1, leaks="off")
    problem = Problem(task, len(made.CLASSES[kind]), (), 1)
    return model, Workbench(
        model.preparation.transform(frame), model.target.codes(frame["y"]), np.ones(len(frame)), problem
    )


def member(kind: str, name: str, config: Config, weight: float = 1.0, blank: tuple[int, ...] = ()) -> Member:
    _, bench = small(kind)
    if blank:
        bench = Workbench(bench.matrix.blank(blank), bench.target, bench.weight, bench.problem)
    fitted = by_name(name, bench.problem.task).fit(bench, np.arange(bench.matrix.n), config)
    return Member(name, config, weight, (Blanked(fitted, blank) if blank else fitted,))


def asked(content: bytes, frame: pd.DataFrame) -> list[Any]:
    """What the runtime says of a table."""
    session = onnxruntime.InferenceSession(content)
    feeds = [
        Feed(Input(each.name, each.type, (1,), None), (each.name,), TENSORS[each.type]) for each in session.get_inputs()
    ]
    given = {
        name: array.astype(object) if array.dtype.kind == "U" else array
        for name, array in feeds_of(feeds, frame).items()
    }
    found: list[Any] = session.run(None, given)
    return found


def assert_same(model: Model, frame: pd.DataFrame) -> None:
    model = Model.from_text(model.to_text())
    content, _ = to_onnx(model)
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
    said, raw = asked(content, frame), model.predict_raw(frame)
    assert said[-1] == pytest.approx(raw, rel=1e-9, abs=1e-9)
    if model.task == "classification":
        assert said[0].tolist() == model.predict(frame).tolist()


@pytest.mark.parametrize("kind", ["binary", "multi", "regression"])
def test_every_member(kind: str) -> None:
    model, _ = small(kind)
    frame = plain(made.rows_of(kind, 40))
    for place, (name, config) in enumerate(CONFIGS[model.task]):
        if (kind, name) == ("multi", "LGBMRandomForestClassifier"):  # it knows two classes only
            continue
        assert_same(replace(model, members=(member(kind, name, config, blank=((), (0, 3))[place % 2]),)), frame)


def test_a_blend_of_refits() -> None:
    model, _ = small("multi")
    trees = member("multi", "LGBMClassifier", CONFIGS["classification"][5][1], weight=0.3)
    one, two = (member("multi", "LogisticRegression", CONFIGS["classification"][place][1]) for place in (1, 2))
    both = replace(one, weight=0.7, fitted=(*one.fitted, *two.fitted))
    assert_same(replace(model, members=(both, trees)), plain(made.rows_of("multi", 40)))


@pytest.mark.parametrize(
    ("kind", "decisions"),
    [
        ("binary", Decisions((0.4, 2.5), Calibration("platt", (1.3, -0.2)), Rule(((0.0, 7.0), (1.0, 0.0)), 0, 0.1))),
        ("binary", Decisions((), Calibration("beta", (1.3, 0.7, 0.4)))),
        ("binary", Decisions((), Calibration("isotonic", (0.1, 0.2, 0.6, 0.9, 0.02, 0.3, 0.35, 0.99)))),
        ("multi", Decisions((0.5, 1.0, 2.0), Calibration("temperature", (1.7,)),
                            Rule(((0.0, 1.0, 5.0), (1.0, 0.0, 1.0), (9.0, 2.0, 0.0))))),
        ("multi", Decisions((), Calibration("vector", (0.8, 0.1, -0.3, 0.2)))),
    ],
)  # fmt: skip
def test_calibrated_and_decided(kind: str, decisions: Decisions) -> None:
    model, _ = small(kind)
    chosen = member(kind, "LogisticRegression", {"C": 10.0, "path": 1, "basis": "linear"})
    assert_same(replace(model, members=(chosen,), decisions=decisions), plain(made.rows_of(kind, 60)))


def test_dates_of_many_years() -> None:
    """Leap years, centuries, days before 1970: every part of an instant, read by a tree each."""
    rng = np.random.default_rng(3)
    when = pd.Timestamp("1960-01-01") + pd.to_timedelta(rng.integers(0, 150 * 365 * 24 * 60, 4000), unit="min")
    parts = when.year + 10 * when.month + 3 * when.day_of_week + when.hour
    frame = pd.DataFrame({"when": when, "y": np.asarray(parts, dtype=np.float64)})
    model = fit(frame, "y", task="regression", model_list=["DecisionTreeRegressor"], trials=1, threads=1, leaks="off")
    assert model.preparation.recipes[0].features == tuple((f"when:{part}", 0) for part in PARTS)
    problem, matrix = Problem("regression", 0, (), 1), model.preparation.transform(frame)
    bench = Workbench(matrix, frame["y"].to_numpy(), np.ones(len(frame)), problem)
    config: Config = {"n_estimators": 2, "min_samples_leaf": 1, "max_features": 1.0}
    deep = by_name("ExtraTreesRegressor", "regression").fit(bench, np.arange(len(frame)), config)
    days = [
        "1900-03-01",
        "1970-01-01",
        "2000-02-29 23:59",
        "2024-02-29",
        "2100-02-28",
        "2100-03-01",
        "1969-12-31 23:00",
    ]
    asked_about = pd.DataFrame({"when": [*pd.to_datetime(days, format="ISO8601"), pd.NaT, *when[:200]]})
    assert_same(replace(model, members=(Member("ExtraTreesRegressor", {}, 1.0, (deep,)),)), asked_about)


def test_labels_that_are_numbers_and_columns_with_names_of_ours() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"label": rng.normal(size=200), "v1": rng.normal(size=200)})
    frame["y"] = np.where(frame["label"] > 0, 7, 3)
    model = fit(frame, "y", model_list=["LogisticRegression"], trials=1, threads=1, leaks="off")
    content, metadata = to_onnx(model)
    assert metadata["onnx_outputs_info"] == {
        "predictions_name": "label_", "prediction_probabilities_name": "probabilities", "labels_map": {"0": 3, "1": 7}
    }  # fmt: skip
    assert asked(content, frame)[0].tolist() == model.predict(frame).tolist()


def test_free_text_is_refused_by_name() -> None:
    with pytest.raises(StudyError, match="column 'comment' is free text"):
        to_onnx(made.small("binary"))
