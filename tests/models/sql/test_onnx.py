"""ONNX models of other makers through the routines, imported as HeatWave documents it, used and exported."""

import base64
import datetime as dt
import json
from typing import Any

import pymysql
import pytest

from tests.models.onnx.graphs import linear, many_inputs, tensor_input, wild
from tests.models.sql.conftest import DOORS
from tests.models.sql.door import Caller, Door

CLASSES = {"predictions_name": "label", "prediction_probabilities_name": "chances"}
ROWS = [(1, 1.0, 3.0, "yes"), (2, 2.0, 1.0, "yes"), (3, 0.5, 2.0, "no"), (4, 3.0, 1.0, "yes")]

ON_MARIADB, ON_MYSQL = (pytest.mark.parametrize("door", [each], indirect=True) for each in DOORS)
"""Where the servers do not differ, one of them is enough."""


def table(door: Door) -> str:
    written = f"{door.schema}.t"
    door.root.run(f"CREATE TABLE {written} (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, y VARCHAR(3))")
    door.root.fill(written, ROWS)
    return written


def brought(caller: Caller, handle: str, graph: bytes, **metadata: Any) -> None:
    """Import a small model as a Base64 text, and load it."""
    caller.run("SET @m = %s", (handle,))
    caller.run("CALL sys.ML_MODEL_IMPORT(%s, %s, @m)", (base64.b64encode(graph).decode(), json.dumps(metadata)))
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")


def test_a_classifier_of_one_tensor(door: Door) -> None:
    """P(yes) = sigmoid(a - b): ((1, 3) → 0.119203, no), ((2, 1) → 0.731059, yes), …"""
    caller, written = door.admin, table(door)
    brought(caller, "zip", tensor_input(), target_column_name="y", onnx_outputs_info=CLASSES)
    metadata = json.loads(caller.one(f"SELECT model_metadata FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG"))
    assert (metadata["format"], metadata["task"], metadata["status"]) == ("ONNXv2.0", "classification", "Ready")

    caller.run(f"CALL sys.ML_PREDICT_TABLE('{written}', @m, '{door.schema}.p', NULL)")
    said = caller.run(f"SELECT Prediction, ml_results FROM {door.schema}.p ORDER BY id")
    assert [row[0] for row in said] == ["no", "yes", "no", "yes"]
    assert json.loads(said[0][1]) == {"predictions": {"y": "no"}, "probabilities": {"no": 0.880797, "yes": 0.119203}}

    caller.run(f"CALL sys.ML_SCORE('{written}', 'y', @m, 'accuracy', @score, NULL)")
    assert caller.one("SELECT @score") == 0.75

    caller.run(f"CALL sys.ML_EXPLAIN('{written}', 'y', @m, NULL)")
    explained = json.loads(caller.one(f"SELECT model_explanation FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG"))
    assert set(explained["permutation_importance"]) == {"a", "b"}

    caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{written}', @m, '{door.schema}.e', NULL)")
    row = caller.run(f"SELECT a_attribution, b_attribution, Notes, ml_results FROM {door.schema}.e WHERE id = 4")[0]
    # The typical row is (1, 1): P(yes | 3, 1) - P(yes | 1, 1), and b is typical already.
    assert row[:2] == (pytest.approx(0.880797 - 0.5, abs=1e-6), 0.0)
    assert row[2] == "a (3) had the largest impact towards predicting yes"
    assert json.loads(row[3])["attributions"]["a"] == row[0]

    caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{written}', @m, '{door.schema}.s', "
               "JSON_OBJECT('prediction_explainer', 'shap'))")  # fmt: skip
    assert caller.one(f"SELECT a_attribution FROM {door.schema}.s WHERE id = 4") == row[0]
    caller.run(f"CALL sys.ML_EXPLAIN('{written}', 'y', @m, JSON_OBJECT('model_explainer', 'partial_dependence', "
               "'columns_to_explain', JSON_ARRAY('a'), 'target_value', 'yes'))")  # fmt: skip
    caller.run(f"CALL sys.ML_EXPLAIN('{written}', 'y', @m, JSON_OBJECT('model_explainer', 'shap'))")
    explained = json.loads(caller.one(f"SELECT model_explanation FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG"))
    assert set(explained) == {"permutation_importance", "partial_dependence", "shap"}
    assert [each["value"] for each in explained["partial_dependence"]["a"]] == [0.5, 1.0, 2.0, 3.0]

    with pytest.raises(pymysql.Error, match=r"ML_PREDICT_TABLE.*ONNX"):
        caller.one("SELECT sys.ML_PREDICT_ROW(JSON_OBJECT('a', 1, 'b', 2), @m, NULL)")
    caller.run("CALL sys.ML_MODEL_ACTIVE(NULL, @active)")
    assert "ONNXv2.0" in caller.one("SELECT CONVERT(@active USING utf8mb4)")


@ON_MARIADB
def test_columns_by_name_large_models_and_back(door: Door) -> None:
    """Several inputs with text among them, out of a table in pieces; a gap; exported and imported again."""
    caller = door.admin
    rows = f"{door.schema}.parts"
    caller.run(f"CREATE TABLE {rows} (die VARCHAR(3), note TEXT, temp FLOAT)")
    caller.fill(rows, [("B", "x", 1.5), ("A", "x", 2.5), (None, "x", 3.5), ("B", "x", None)])
    caller.run(f"CREATE TABLE {door.schema}.model (chunk_id INT AUTO_INCREMENT PRIMARY KEY, model_object LONGTEXT "
               "NOT NULL, model_metadata JSON DEFAULT NULL)")  # fmt: skip
    text = base64.b64encode(many_inputs()).decode()
    outputs = {"prediction_probabilities_name": "chance", "labels_map": {"0": "OK", "1": "NG"}}
    metadata = json.dumps({"task": "classification", "target_column_name": "state", "onnx_outputs_info": outputs})
    caller.fill(f"{door.schema}.model", [(1, text[:300], metadata), (2, text[300:], None)])
    caller.run("SET @m = 'many'")
    caller.run(f"CALL sys.ML_MODEL_IMPORT(NULL, JSON_OBJECT('schema', '{door.schema}', 'table', 'model'), @m)")
    caller.run(f"CALL sys.ML_MODEL_EXPORT(@m, '{door.schema}.out')")
    caller.run("SET @m = 'again'")
    caller.run(f"CALL sys.ML_MODEL_IMPORT(NULL, JSON_OBJECT('schema', '{door.schema}', 'table', 'out'), @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{rows}', @m, '{door.schema}.p', NULL)")
    said = caller.run(f"SELECT Prediction, ml_results FROM {door.schema}.p ORDER BY Prediction IS NULL, temp")
    assert [row[0] for row in said] == ["NG", "OK", "NG", None]
    assert json.loads(said[1][1])["probabilities"] == {"OK": 0.622459, "NG": 0.377541}
    assert json.loads(said[3][1]) == {"predictions": {"state": None}}


@ON_MYSQL
def test_a_regression_and_hostile_models(door: Door) -> None:
    """y = a + 2 b + 5, columns in the order of the table without key and target. Others do not harm the worker."""
    caller, written = door.admin, table(door)
    caller.run(f"CREATE TABLE {door.schema}.v AS SELECT id, a, b, a + 2 * b + 5 AS goal FROM {written}")
    caller.run(f"ALTER TABLE {door.schema}.v ADD PRIMARY KEY (id)")
    brought(caller, "line", linear([1, 2], 5, rows=1), task="regression", target_column_name="goal")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{door.schema}.v', @m, '{door.schema}.p', NULL)")
    assert caller.run(f"SELECT SUM(ABS(Prediction - goal)) < 1e-6 FROM {door.schema}.p") == [(1,)]
    caller.run(f"CALL sys.ML_SCORE('{door.schema}.v', 'goal', @m, 'r2', @score, NULL)")
    assert caller.one("SELECT @score") == 1.0
    caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{door.schema}.v', @m, '{door.schema}.e', NULL)")
    assert caller.one(f"SELECT b_attribution FROM {door.schema}.e WHERE id = 1") == 4.0  # 2 · (3 - 1)

    with pytest.raises(pymysql.Error, match="no Base64 text"):
        caller.run("CALL sys.ML_MODEL_IMPORT('no base64 at all!', NULL, 'wrong')")
    with pytest.raises(pymysql.Error, match=r"operator 'evil.Steal' is not of the ONNX standard"):
        brought(caller, "refused", wild("custom"), task="regression")
    assert caller.run(f"SELECT model_handle FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG") == [("line",)]
    brought(caller, "greedy", wild("memory"), task="regression", column_names=["a"])
    with pytest.raises(pymysql.Error, match=r"the ONNX model (fails on these rows|ended its process)"):
        caller.run(f"CALL sys.ML_PREDICT_TABLE('{written}', @m, '{door.schema}.g', NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{door.schema}.v', 'line', '{door.schema}.again', NULL)")


@ON_MYSQL
def test_a_model_of_ours_goes_out_and_comes_back(door: Door) -> None:
    """Trained here, written as a graph, imported like a stranger's: the same predictions, gaps and new levels too."""
    caller, rows = door.admin, f"{door.schema}.press"
    caller.run(f"CREATE TABLE {rows} (id INT PRIMARY KEY, temp FLOAT, die VARCHAR(5), made DATETIME, y VARCHAR(3))")
    first = dt.datetime(2026, 1, 30, 5, tzinfo=dt.UTC)
    caller.fill(rows, [(i, (i * 37 % 100) / 8, "ABC"[i % 3], first + dt.timedelta(hours=7 * i),
                        "NG" if i * 37 % 100 + 30 * (i % 3) > 90 else "OK") for i in range(240)])  # fmt: skip
    options = "JSON_OBJECT('model_list', JSON_ARRAY('LGBMClassifier', 'GaussianNB'), 'trials', 2)"
    caller.run(f"CALL sys.ML_TRAIN('{rows}', 'y', {options}, @ours)")
    caller.run("CALL sys.ML_MODEL_LOAD(@ours, NULL)")
    caller.run(f"CALL sys.ML_MODEL_EXPORT_ONNX(@ours, '{door.schema}.graph')")
    caller.run("SET @graph = 'graph'")
    caller.run(f"CALL sys.ML_MODEL_IMPORT(NULL, JSON_OBJECT('schema', '{door.schema}', 'table', 'graph'), @graph)")
    caller.run("CALL sys.ML_MODEL_LOAD(@graph, NULL)")
    caller.run(f"UPDATE {rows} SET temp = NULL, die = 'new' WHERE id < 5")
    caller.run(f"UPDATE {rows} SET die = NULL, made = NULL WHERE id BETWEEN 3 AND 9")
    for handle, output in (("@ours", "a"), ("@graph", "b")):
        caller.run(f"CALL sys.ML_PREDICT_TABLE('{rows}', {handle}, '{door.schema}.{output}', NULL)")
    both = caller.run(f"SELECT a.Prediction = b.Prediction, a.ml_results, b.ml_results FROM {door.schema}.a "
                      f"JOIN {door.schema}.b USING (id)")  # fmt: skip
    assert len(both) == 240
    assert all(same for same, _, _ in both)
    caller.run(f"CALL sys.ML_EXPLAIN('{rows}', 'y', @graph, NULL)")
    caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{rows}', @graph, '{door.schema}.e', NULL)")
    assert caller.one(f"SELECT SUM(ABS(temp_attribution)) > 1 FROM {door.schema}.e") == 1
    for _, ours, other in both:
        assert json.loads(other)["probabilities"] == pytest.approx(json.loads(ours)["probabilities"], abs=1.1e-6)
