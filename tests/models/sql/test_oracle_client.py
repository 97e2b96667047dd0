"""Oracle's own Python client (``mysql.ai.ml`` of MySQL Connector/Python), unchanged, against our routines.

It works with autocommit off, loads the model before every call, and decodes ``ml_results`` itself.
"""

from collections.abc import Iterator
from typing import Any

import mysql.connector
import numpy as np
import pandas as pd
import pytest
from mysql.ai.ml import ML_TASK, MyAnomalyDetector, MyClassifier, MyGenericTransformer, MyModel, MyRegressor
from sklearn.datasets import load_iris

from tests.models.sql.door import Door

pytestmark = pytest.mark.filterwarnings("ignore:The default formatting of datetime")  # the client's own use of pandas


def on(kind: str) -> pytest.MarkDecorator:
    """The test runs on this server only."""
    return pytest.mark.parametrize("door", [pytest.param(kind, marks=getattr(pytest.mark, kind))], indirect=True)


@pytest.fixture
def client(door: Door) -> Iterator[Any]:
    """A connection of Oracle's driver, as it comes: autocommit is off."""
    connection = mysql.connector.connect(
        host=door.server.host, port=door.server.port, user=door.admin.user, database=door.schema
    )
    yield connection
    connection.close()


def flowers() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Features and species of 75 flowers to learn from, and of 75 others."""
    iris = load_iris(as_frame=True)
    x = iris.data.set_axis(["sepal_length", "sepal_width", "petal_length", "petal_width"], axis=1)
    y = pd.DataFrame({"species": [str(iris.target_names[code]) for code in iris.target]})
    return x[::2], y[::2], x[1::2], y[1::2]


@on("mysql")
def test_classifier(door: Door, client: Any) -> None:
    x, y, new, truth = flowers()
    model = MyClassifier(client, model_name="flowers")
    assert not client.autocommit
    model.fit(x, y)
    predicted = model.predict(new)
    assert np.mean(predicted == truth["species"].to_numpy()) >= 0.92
    probabilities = model.predict_proba(new)
    assert probabilities.shape == (75, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1.0, abs=3e-6)
    assert (np.array(["setosa", "versicolor", "virginica"])[probabilities.argmax(axis=1)] == predicted).mean() > 0.95
    assert model.score(new, truth) == pytest.approx(np.mean(predicted == truth["species"].to_numpy()))
    info = model.get_model_info()
    assert (info["model_handle"], info["model_metadata"]["status"]) == ("flowers", "Ready")
    importance = model._model.explain_model()["permutation_importance"]
    assert max(importance, key=importance.get).startswith("petal")
    assert model._delete_model()
    assert model.get_model_info() is None
    assert door.root.run(f"SHOW TABLES FROM {door.schema}") == []


@on("mysql")
def test_classifier_explains(client: Any) -> None:
    x, y, new, _ = flowers()
    model = MyClassifier(client).fit(x, y)
    assert model.explain_predictions(new[:5]) is None  # the client drops what it read; its inner model hands it out
    explained = model._model.explain_predictions(new[:5])
    assert len(explained) == 5
    assert {"Prediction", "Notes", "petal_length_attribution", "ml_results"} <= set(explained.columns)


@on("mysql")
def test_regressor(client: Any) -> None:
    x, _, new, _ = flowers()
    widths = x[["petal_width"]], new[["petal_width"]]
    x, new = x.drop(columns="petal_width"), new.drop(columns="petal_width")
    model = MyRegressor(client, fit_extra_options={"optimization_metric": "neg_mean_absolute_error"})
    model.fit(x, widths[0])
    assert model.predict(new).dtype.kind == "f"
    assert model.score(new, widths[1]) > 0.85
    explained = model._model.explain_predictions(new[:3])
    assert {"Prediction", "petal_length_attribution"} <= set(explained.columns)


@on("mysql")
def test_anomaly_detector(client: Any) -> None:
    rng = np.random.default_rng(0)
    usual = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b", "c"])
    usual.iloc[:6] += 9.0
    model = MyAnomalyDetector(client, fit_extra_options={"contamination": 0.02}).fit(usual)
    assert (model.predict(usual) == np.where(np.arange(300) < 6, -1, 1)).mean() >= 0.99
    decided = model.decision_function(usual)
    assert decided[:6].max() < 0 < np.median(decided)
    samples = model.score_samples(usual)
    assert samples - decided == pytest.approx(samples[0] - decided[0])


@on("mysql")
def test_transformer(client: Any) -> None:
    x, y, new, truth = flowers()
    model = MyGenericTransformer(client, task="classification", score_metric="balanced_accuracy").fit(x, y)
    transformed = model.transform(new)
    assert [*new.columns] == [name for name in transformed.columns if name in new.columns]
    document = transformed["ml_results"].iloc[0]
    assert document["predictions"]["species"] == transformed["Prediction"].iloc[0]
    assert model.score(new, truth) > 0.92


@on("mysql")
def test_other_tasks(client: Any) -> None:
    """`MyModel` knows all tasks of HeatWave; it gives the truth to be scored a name of its own."""
    days = pd.DataFrame({"day": pd.date_range("2026", periods=40)})
    made = pd.DataFrame({"made": np.arange(40.0)})
    asked = {"datetime_index": "day", "endogenous_variables": ["made"], "model_list": ["NaiveForecaster"]}
    model = MyModel(client, task=ML_TASK.FORECASTING)
    model.fit(days[:30], made[:30], asked)
    said = model.predict(days[30:], {"prediction_interval": 0.9})
    assert "Prediction" not in said
    assert {"made", "prediction_interval_made"} == set(said["ml_results"].iloc[0]["predictions"])
    assert model.score(days[30:], made[30:], "neg_max_absolute_error") == pytest.approx(0.0, abs=1e-6)
    likes = pd.DataFrame({"who": list("aabbccddee") * 2, "what": list("xyyzzxxyyz") + list("zwwxxwwzzw")})
    model = MyModel(client, task="recommendation")
    model.fit(likes, pd.DataFrame({"stars": [4.0] * 20}), {"users": "who", "items": "what", "model_list": ["Baseline"]})
    said = model.predict(likes[:2], {"recommend": "items", "topk": 1})
    assert set(said["ml_results"].iloc[0]["predictions"]) == {"what", "stars"}
    lines = pd.DataFrame({"line": [f"user {each} logged in" for each in range(20)] + ["kernel panic"]})
    model = MyModel(client, task="log_anomaly_detection")
    model.fit(lines, None, {"logad_options": {"window_size": 1, "window_stride": 1}})
    assert model.predict(lines)["ml_results"].iloc[20]["predictions"] == {"is_anomaly": 1}
    texts = pd.DataFrame({"text": ["red apple pie", "apple pie", "fast race car", "race car"] * 2})
    model = MyModel(client, task="topic_modeling")
    model.fit(texts, None, {"document_column": "text"})
    assert "apple" in model.predict(texts[:1])["ml_results"].iloc[0]["predictions"]["tags"]


@on("mariadb")
def test_what_mariadb_makes_of_it(client: Any) -> None:
    """``CAST(… AS JSON)``, which the client writes for every option, is a syntax error there: no routine is called."""
    x, y, _, _ = flowers()
    with pytest.raises(mysql.connector.ProgrammingError, match=r"1064.*JSON"):
        MyClassifier(client).fit(x, y)
