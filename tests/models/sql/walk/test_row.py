"""The two row functions as users call them."""

import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pymysql
import pytest

from models.automl import fit
from models.automl.model import Model
from models.sql.shapes import (
    brief,
    explain_document,
    explanations,
    notes,
    number,
    predict_document,
    predictions,
    results,
)  # fmt: skip
from models.sql.walk import walk_of
from models.sql.walk.distil import walkable
from models.sql.walk.explain import Explainer
from models.sql.walk.explained import typical
from models.sql.walk.rows import TABLES, Unwalkable
from tests.models.sql.walk.conftest import Walked
from tests.models.sql.walk.made import CONFIGS, document, member, records, rows_of, table, with_members

METHODS = ("permutation_importance", "shap")


@cache
def trees(kind: str) -> Model:
    """A boosted model."""
    name = "LGBMRegressor" if kind == "regression" else "LGBMClassifier"
    config = dict(CONFIGS["regression" if kind == "regression" else "classification"])[name]
    return with_members(kind, member(kind, name, config))


@cache
def few_columns(kind: str) -> Model:
    """A model of four columns that interact: its Shapley values are exact."""
    frame = table(kind)[["x 0", "x1", "line", "skew", "y"]]
    return fit(
        frame, "y", task="regression" if kind == "regression" else "classification", trials=2, threads=1, leaks="off",
        model_list=["DecisionTreeRegressor" if kind == "regression" else "DecisionTreeClassifier"],
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["binary", "multi", "regression"])
def test_documents_are_those_of_tables(walked: Walked, kind: str) -> None:
    model, frame = trees(kind), rows_of(kind)
    handle, _, _ = walked.load(model)
    raw = model.predict_raw(frame)
    for row, said, result in zip(records(frame), predictions(model, raw), results(model, raw), strict=True):
        text = walked.run(f"SELECT {walked.name}.ML_PREDICT_ROW(%s, %s, NULL)", (document(row), handle))[0][0]
        assert json.loads(text) == predict_document(json.loads(document(row)), said, result)
        if walked.kind == "mariadb":  # which keeps the text as it was written
            assert text.endswith(f'"ml_results": {result}}}')


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["binary", "multi", "regression"])
def test_explanations_are_those_of_tables(walked: Walked, kind: str, method: Any) -> None:
    model, frame = trees(kind), rows_of(kind, 9).iloc[3:]
    handle, _, walk = walked.load(model)
    found = Explainer(model, method).of(frame)
    assert np.abs(found.values).max() > 0
    assert found.columns == walk.explained
    said = notes(model, frame.reset_index(drop=True), found)
    decided = predictions(model, found.raw)
    options = json.dumps({"prediction_explainer": method})
    for place, (row, result) in enumerate(zip(records(frame), explanations(model, found, said), strict=True)):
        text = walked.run(f"SELECT {walked.name}.ML_EXPLAIN_ROW(%s, %s, %s)", (document(row), handle, options))[0][0]
        values = dict(zip(found.columns, found.values[place].tolist(), strict=True))
        assert json.loads(text) == explain_document(
            json.loads(document(row)), decided[place], said[place], values, result
        )
        if walked.kind == "mariadb":
            assert text.endswith(f'"ml_results": {result}}}')


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_shapley_values_add_up(walked: Walked, kind: str) -> None:
    for model in (few_columns(kind), trees(kind)):
        frame = rows_of(kind, 6)
        handle, _, walk = walked.load(model)
        base = model.predict_matrix(model.preparation.matrix(typical(model)[None, :]))[0]
        found = Explainer(model, "shap").of(frame)
        chosen = found.decided if kind == "binary" else np.zeros(len(frame), dtype=np.int64)
        wanted = found.raw[np.arange(len(frame)), chosen] - base[chosen]
        assert found.values.sum(axis=1) == pytest.approx(wanted, abs=1e-5)
        row = document(records(frame)[0])
        said = walked.value("{name}.ML_EXPLAIN_ROW(%s, %s, %s)", row, handle, '{"prediction_explainer": "shap"}')
        assert sum(said["ml_results"]["attributions"].values()) == pytest.approx(wanted[0], abs=1e-5)
        assert len(walk.explained) == len(found.columns)


def test_shapley_values_share_an_interaction() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(400, 10)), columns=[f"c{place}" for place in range(10)])
    frame["y"] = 3 * frame["c0"] * frame["c9"] + frame["c1"]
    model = fit(frame, "y", task="regression", model_list=["LinearRegression"], trials=4, threads=1, leaks="off")
    rows, base = frame.iloc[:50], dict(zip(model.columns, typical(model).tolist(), strict=True))
    found = Explainer(model, "shap").of(rows)
    assert len(found.columns) == 10
    first = found.values[:, found.columns.index("c0")]
    half = 1.5 * (rows["c0"] - base["c0"]) * (rows["c9"] + base["c9"])
    assert np.corrcoef(first, half)[0, 1] > 0.99


@pytest.mark.parametrize(
    ("expression", "values", "told"),
    [
        ("ML_PREDICT_ROW('{}', %s, NULL)", 1, "column 'x 0' is missing"),
        ("ML_PREDICT_ROW('{}', 'no such', NULL)", 0, "'no such' is not loaded; CALL ML_MODEL_LOAD"),
        ("ML_PREDICT_ROW('{}', NULL, NULL)", 0, "NULL is not loaded"),
        ("ML_PREDICT_ROW('[1]', %s, NULL)", 1, "input_data is no JSON object"),
        ("ML_PREDICT_ROW(NULL, %s, NULL)", 1, "input_data is no JSON object"),
        ("ML_PREDICT_ROW('{}', %s, '{\"treshold\": 1}')", 1, "'treshold' is unknown"),
        ("ML_PREDICT_ROW('{}', %s, '[]')", 1, "options is no JSON object"),
        ("ML_EXPLAIN_ROW('{}', %s, '{\"prediction_explainer\": \"lime\"}')", 1, "'lime' is unknown"),
        ("ML_EXPLAIN_ROW('{}', %s, '{\"additional_details\": true}')", 1, "'additional_details' is unknown"),
    ],
)
def test_errors_name_the_thing(walked: Walked, expression: str, values: int, told: str) -> None:
    handle, _, _ = walked.load(trees("binary"))
    with pytest.raises(pymysql.Error) as error:
        walked.value("{name}." + expression, *[handle] * values)
    assert told in error.value.args[1]
    assert len(error.value.args[1]) <= 128


def test_a_model_that_cannot_be_walked_names_the_other_routine(walked: Walked) -> None:
    walked.run(f"INSERT INTO {walked.name}.loaded (owner, model_handle, task, walkable, facts, loaded_at) VALUES "
               "('genba', 'onnx', 'classification', 0, '{\"why\": \"it is an ONNX graph\"}', NOW(6)) "
               "ON DUPLICATE KEY UPDATE walkable = 0")  # fmt: skip
    with pytest.raises(pymysql.Error, match=r"ML_PREDICT_TABLE instead.*ONNX"):
        walked.value("{name}.ML_PREDICT_ROW('{}', 'onnx', NULL)")


def test_each_user_has_models_of_his_own(walked: Walked) -> None:
    handle, _, _ = walked.load(trees("binary"), owner="somebody else")
    with pytest.raises(pymysql.Error, match="not loaded"):
        walked.value("{name}.ML_PREDICT_ROW('{}', %s, NULL)", handle)


def test_in_queries_views_and_triggers(walked: Walked) -> None:
    """Iris-like columns as FLOAT, which MySQL widens: the number that is meant is read and printed."""
    rng = np.random.default_rng(1)
    x = np.round(rng.normal(4, 1.5, (200, 2)), 1)
    frame = pd.DataFrame({"petal length": x[:, 0], "petal width": x[:, 1]})
    frame["class"] = np.where(x[:, 0] + 0.3 * x[:, 1] > 5, "big", "small")
    model = fit(frame, "class", model_list=["LogisticRegression"], trials=2, threads=1, leaks="off")
    handle, _, _ = walked.load(model)
    for statement in (
        "DROP TABLE IF EXISTS {name}.flower",
        "CREATE TABLE {name}.flower (`petal length` FLOAT, `petal width` FLOAT, said JSON)",
        "CREATE TRIGGER {name}.told BEFORE INSERT ON {name}.flower FOR EACH ROW SET NEW.said = {name}.ML_PREDICT_ROW("
        "JSON_OBJECT('petal length', NEW.`petal length`, 'petal width', NEW.`petal width`), '{handle}', NULL)",
        "INSERT INTO {name}.flower (`petal length`, `petal width`) VALUES (4.2, 1.3), (6.3, 1.8), (NULL, 0.4)",
        "CREATE OR REPLACE VIEW {name}.seen AS SELECT {name}.ML_EXPLAIN_ROW(JSON_OBJECT('petal length', "
        "f.`petal length`, 'petal width', f.`petal width`), '{handle}', NULL) AS said FROM {name}.flower f",
    ):
        walked.run(statement.replace("{name}", walked.name).replace("{handle}", handle))
    rows = pd.DataFrame({"petal length": [4.2, 6.3, np.nan], "petal width": [1.3, 1.8, 0.4]})
    wanted = [json.loads(each) for each in results(model, model.predict_raw(rows))]
    written = walked.run(f"SELECT said FROM {walked.name}.flower")
    assert [json.loads(each[0])["ml_results"] for each in written] == wanted
    asked = walked.run(
        f"SELECT {walked.name}.ML_PREDICT_ROW(JSON_OBJECT('petal length', f.`petal length`, 'petal width', "
        f"f.`petal width`), %s, NULL) FROM {walked.name}.flower f LIMIT 2",
        (handle,),
    )
    assert [json.loads(each[0])["ml_results"] for each in asked] == wanted[:2]
    seen = [json.loads(each[0]) for each in walked.run(f"SELECT said FROM {walked.name}.seen")]
    assert "(4.2)" in seen[0]["Notes"]
    assert [each["Notes"] for each in seen] == notes(model, rows, Explainer(model).of(rows))


def test_notes_are_in_the_language_of_the_session(walked: Walked) -> None:
    model, frame = trees("multi"), rows_of("multi", 5)
    handle, _, _ = walked.load(model)
    wanted = notes(model, frame, Explainer(model).of(frame), japanese=True)
    walked.run("SET lc_messages = 'ja_JP'")
    try:
        said = [walked.value("{name}.ML_EXPLAIN_ROW(%s, %s, NULL)", document(row), handle) for row in records(frame)]
    finally:
        walked.run("SET lc_messages = 'en_US'")
    assert [each["Notes"] for each in said] == wanted
    assert "最も寄与した" in wanted[0]


def test_a_session_that_allows_only_short_lists_gets_the_same(walked: Walked) -> None:
    """MariaDB cuts what an aggregate writes at ``group_concat_max_len``; the session keeps its own."""
    handle, _, _ = walked.load(trees("multi"))
    row = document(records(rows_of("multi", 1))[0])
    ask = f"SELECT {walked.name}.ML_PREDICT_ROW(%s, %s, NULL), {walked.name}.ML_EXPLAIN_ROW(%s, %s, NULL)"
    wanted = walked.run(ask, (row, handle) * 2)
    walked.run("SET group_concat_max_len = 16")
    try:
        assert walked.run(ask, (row, handle) * 2) == wanted
        with pytest.raises(pymysql.Error, match="is missing"):
            walked.value("{name}.ML_PREDICT_ROW('{}', %s, NULL)", handle)
        assert walked.value("@@group_concat_max_len") == 16
    finally:
        walked.run("SET group_concat_max_len = DEFAULT")


def test_rows_go_with_the_model(walked: Walked) -> None:
    _, kept, _ = walked.load(trees("binary"))
    _, gone, _ = walked.load(trees("multi"))
    walked.run(f"DELETE FROM {walked.name}.loaded WHERE model_no = %s", (gone,))
    left = {
        table: {row[0] for row in walked.run(f"SELECT DISTINCT model_no FROM {walked.name}.{table}")}
        for table in TABLES
    }
    assert kept in left["walk_split"]
    assert not any(gone in numbers for numbers in left.values())


@pytest.mark.parametrize(("kind", "name"), [("binary", "SVC"), ("regression", "SVR")])
def test_other_models_are_distilled(kind: str, name: str) -> None:
    frame = table(kind)
    model = fit(frame, "y", task="regression" if kind == "regression" else "classification", model_list=[name],
                trials=3, threads=1, leaks="off")  # fmt: skip
    assert isinstance(walk_of(model), Unwalkable)
    other, told = walkable(model, frame)
    assert not isinstance(walk_of(other), Unwalkable)
    assert told["distilled"]["agreement"] > 0.9
    assert abs(told["distilled"]["score_lost"]) < 0.1
    assert walkable(other, frame) == (other, {})


def test_numbers_are_written_as_the_servers_do(walked: Walked) -> None:
    rng = np.random.default_rng(0)
    some = [*(rng.normal(size=60) * 10.0 ** rng.integers(-18, 20, 60)).tolist(), 0.0, 5.0, -2.0, 1e15, 1e-15, 1e22]
    for x in brief(np.array(some)).tolist():
        if walked.kind == "mariadb":
            assert walked.run(f"SELECT {walked.name}.walk_json(%s)", (x,))[0][0] == number(x)
        assert float(number(x)) == x
        assert walked.value("{name}.walk_brief(%s, 12)", x) == x
