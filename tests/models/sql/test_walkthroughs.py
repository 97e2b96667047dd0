"""Statements as HeatWave's walk-throughs write them, on tables of our own: they run, and answer in its shapes."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pymysql
import pytest

from tests.models.sql.door import Caller, Door
from tests.models.tasks.tables import rng

KEY = "_4aad19ca6e_pk_id"


def columns(caller: Caller, table: str) -> list[str]:
    return [row[0] for row in caller.run(f"SHOW COLUMNS FROM {table}")]


def told(caller: Caller, table: str, order: str = KEY) -> list[dict[str, Any]]:
    return [json.loads(row[0]) for row in caller.run(f"SELECT ml_results FROM {table} ORDER BY `{order}`")]


def refused(caller: Caller, statement: str, words: str) -> None:
    with pytest.raises(pymysql.err.OperationalError, match=words):
        caller.run(statement)


@pytest.fixture
def caller(door: Door, admin: Caller) -> Caller:
    admin.run(f"USE {door.schema}")
    return admin


def make(caller: Caller, table: str, kinds: str, rows: Sequence[Sequence[Any]]) -> None:
    caller.run(f"CREATE TABLE {table} ({kinds})")
    caller.fill(table, rows)


def test_classes(door: Door, caller: Caller) -> None:
    """Names with hyphens, a row as a text, options that other routines have, the catalog asked."""
    here = door.schema
    people = [(20 + each // 2 * 2, "day" if each % 3 else "night", "yes" if each > 14 else "no") for each in range(30)]
    make(caller, "staff", "age INT, `shift-kind` VARCHAR(9), `leaves` VARCHAR(3)", people)
    caller.run("SET @m = NULL")
    some = "JSON_OBJECT('task', 'classification', 'exclude_model_list', JSON_ARRAY('LGBMClassifier', 'GaussianNB',"
    some += " 'LGBMExtraTreesClassifier', 'XGBClassifier'), 'optimization_metric', 'f1_macro', 'notes', 'mine')"
    caller.run(f"CALL sys.ML_TRAIN('{here}.staff', 'leaves', {some}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    catalog = f"ML_SCHEMA_{caller.user}.MODEL_CATALOG"
    kept = caller.run(f"SELECT model_type, notes, model_object FROM {catalog} WHERE model_handle = @m")[0]
    assert kept[0] in ("LogisticRegression", "DecisionTreeClassifier")
    assert kept[1:] == ("mine", None)
    caller.run('SET @row = \'{"age": "48", "shift-kind": "day", "name": "Aoi"}\'')
    said = json.loads(caller.one("SELECT sys.ML_PREDICT_ROW(@row, @m, NULL)"))
    assert said["Prediction"] == "yes"
    assert set(said) == {"age", "shift-kind", "name", "Prediction", "ml_results"}
    assert set(said["ml_results"]) == {"predictions", "probabilities"}
    each = "JSON_OBJECT('age', staff.age, 'shift-kind', staff.`shift-kind`)"
    assert len(caller.run(f"SELECT JSON_PRETTY(sys.ML_PREDICT_ROW({each}, @m, NULL)) FROM staff LIMIT 4")) == 4
    caller.run("CREATE TABLE few AS SELECT * FROM staff LIMIT 3")
    both = "JSON_OBJECT('prediction_explainer', 'permutation_importance', 'model_explainer', 'shap')"
    caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{here}.few', @m, '{here}.why', {both})")
    names = columns(caller, "why")
    assert names[:4] == [KEY, "age", "shift-kind", "leaves"]
    assert (names[4:6], names[-1]) == (["Prediction", "Notes"], "ml_results")
    assert "age_attribution" in names
    odd = "JSON_OBJECT('model_explainer', 'x')"
    refused(caller, f"CALL sys.ML_EXPLAIN_TABLE('{here}.few', @m, '{here}.n', {odd})", "model_explainer 'x' is unknown")
    caller.run(f"CALL sys.ML_SCORE('{here}.staff', 'leaves', @m, 'balanced_accuracy', @s, JSON_OBJECT('threshold', 0))")
    assert caller.one("SELECT @s") > 0.9
    caller.run("CALL sys.ML_MODEL_ACTIVE('current', @info)")
    assert "total model size(bytes)" in json.loads(caller.one("SELECT @info"))[0]
    assert caller.one(f"SELECT COUNT(*) FROM ML_SCHEMA_{caller.user}.model_object_catalog WHERE model_handle = @m") == 1
    assert caller.run(f"DELETE FROM {catalog} WHERE model_handle = @m") == []
    assert caller.one(f"SELECT COUNT(*) FROM ML_SCHEMA_{caller.user}.MODEL_OBJECT_CATALOG") == 0


def test_transport(door: Door, caller: Caller) -> None:
    """A handle as a literal; a model out of a variable."""
    here = door.schema
    make(caller, "t", "a INT, y INT", [(each % 7, each % 7 * 2) for each in range(30)])
    caller.run("SET @m = 'first'")
    only = "JSON_OBJECT('task', 'regression', 'model_list', JSON_ARRAY('LinearRegression'))"
    caller.run(f"CALL sys.ML_TRAIN('{here}.t', 'y', {only}, @m)")
    caller.run(f"CALL sys.ML_MODEL_EXPORT(@m, '{here}.kept')")
    place = f"JSON_OBJECT('schema', '{here}', 'table', 'kept')"
    caller.run(f"CALL sys.ML_MODEL_IMPORT(NULL, {place}, 'second')")
    caller.run(
        "SET @object = (SELECT model_object FROM kept), @metadata = (SELECT model_metadata FROM kept), @n = 'third'"
    )
    caller.run("CALL sys.ML_MODEL_IMPORT(@object, @metadata, @n)")
    for handle in ("second", "third"):
        caller.run(f"CALL sys.ML_MODEL_LOAD('{handle}', NULL)")
        said = json.loads(caller.one(f"SELECT sys.ML_PREDICT_ROW('{{\"a\": 4}}', '{handle}', NULL)"))
        assert said["Prediction"] == pytest.approx(8, abs=0.01)
    refused(caller, f"CALL sys.ML_MODEL_IMPORT(NULL, {place}, NULL)", "the model handle is NULL")


def test_forecasts(door: Door, caller: Caller) -> None:
    """No column Prediction; dates of training; counts; several series; what is not offered."""
    here, start = door.schema, date(2026, 1, 1)
    days = [(start + timedelta(each), 100.0 + 3 * each, 50.0 - each, each + 1) for each in range(40)]
    kinds = "day DATE PRIMARY KEY, kwh FLOAT NOT NULL, gas FLOAT NOT NULL, n INT"
    make(caller, "power_train", kinds, days[:30])
    make(caller, "power_test", kinds, days[30:])

    def train(series: str, index: str, models: str, key: str = "model_list") -> str:
        options = f"'datetime_index', '{index}', 'endogenous_variables', JSON_ARRAY({series}), '{key}', {models}"
        options = f"JSON_OBJECT('task', 'forecasting', {options})"
        return f"CALL sys.ML_TRAIN('{here}.power_train', NULL, {options}, @m)"

    caller.run("SET @m = NULL")
    caller.run(train("'kwh'", "day", "JSON_ARRAY('NaiveForecaster')"))
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    asked = "JSON_OBJECT('prediction_interval', 0.8)"
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.power_test', @m, '{here}.`ahead`', {asked})")
    assert columns(caller, "ahead") == ["day", "kwh", "gas", "n", "ml_results"]
    first = told(caller, "ahead", "day")[0]
    assert list(first) == ["predictions"]
    assert first["predictions"]["kwh"] == pytest.approx(190, abs=1)
    assert set(first["predictions"]["prediction_interval_kwh"]) == {"lower", "upper"}
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.power_train', @m, '{here}.back', NULL)")
    back = [each["predictions"]["kwh"] for each in told(caller, "back", "day")]
    assert (back[0], len(back)) == (None, 30)
    assert back[-1] == pytest.approx(187, abs=6)
    for target in ("'kwh'", "NULL"):
        call = f"CALL sys.ML_SCORE('{here}.power_test', {target}, @m, 'neg_sym_mean_abs_percent_error', @s, NULL)"
        caller.run(call)
        assert caller.one("SELECT @s") == pytest.approx(0, abs=0.01)
    refused(caller, "SELECT sys.ML_PREDICT_ROW(JSON_OBJECT('day', '2026-03-01'), @m, NULL)", "ML_PREDICT_TABLE")
    caller.run("SET @m = NULL")
    caller.run(train("'kwh', 'gas'", "n", "JSON_ARRAY('DynFactorForecaster')"))
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.power_test', @m, '{here}.many', NULL)")
    many = told(caller, "many", "day")[0]["predictions"]
    assert sorted(many) == ["gas", "kwh", "prediction_interval_gas", "prediction_interval_kwh"]
    assert many["gas"] == pytest.approx(20, abs=2)
    caller.run("SET @m = NULL")
    refused(caller, train("'kwh'", "day", "JSON_ARRAY('OrbitForecaster')"), "ETSForecaster is the nearest")


def test_anomalies(door: Door, caller: Caller) -> None:
    here, draw = door.schema, rng(0)
    rows = [(*draw.normal(size=2).tolist(), 0 if each % 2 else None) for each in range(90)]
    rows += [(9.0 + each, 9.0, 1) for each in range(10)]
    make(caller, "checks", "`V1` FLOAT, `V2` FLOAT, `target` INT", rows)
    plain = "'task', 'anomaly_detection', 'exclude_column_list', JSON_ARRAY('target'), 'contamination', 0.1"
    caller.run("SET @m = NULL")
    caller.run(f"CALL sys.ML_TRAIN('{here}.checks', NULL, JSON_OBJECT({plain}), @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    kept = f"SELECT JSON_EXTRACT(model_metadata, '$.contamination') FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG"
    assert float(caller.one(f"{kept} WHERE model_handle = @m")) == 0.1
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.checks', @m, '{here}.`found-top`', JSON_OBJECT('topk', 10))")
    assert columns(caller, "`found-top`") == [KEY, "V1", "V2", "target", "ml_results"]
    found = told(caller, "`found-top`")
    assert [each["predictions"]["is_anomaly"] for each in found] == [0] * 90 + [1] * 10
    assert set(found[0]["probabilities"]) == {"normal", "anomaly"}
    caller.run(f"CALL sys.ML_SCORE('{here}.checks', 'target', @m, 'precision_k', @s, JSON_OBJECT('topk', 10))")
    assert caller.one("SELECT @s") == 1.0
    caller.run("SET @m = NULL")
    semi = "JSON_OBJECT('task', 'anomaly_detection', 'experimental', 'semisupervised')"
    caller.run(f"CALL sys.ML_TRAIN('{here}.checks', 'target', {semi}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    weight = "JSON_OBJECT('supervised_submodel_weight', 0.7)"
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.checks', @m, '{here}.weighed', {weight})")
    caller.run(f"CALL sys.ML_SCORE('{here}.checks', 'target', @m, 'accuracy', @s, NULL)")
    assert caller.one("SELECT @s") > 0.9


def test_logs_and_topics(door: Door, caller: Caller) -> None:
    here = door.schema
    lines = [(each + 1, f"pump {each} started on port {4000 + each}", "A") for each in range(30)] + [(31, "fire", "A")]
    make(caller, "log", "id INT PRIMARY KEY, line TEXT, host VARCHAR(5)", lines)
    cut = "JSON_OBJECT('window_size', 1, 'window_stride', 1, 'embedding_model', 'all_minilm_l12_v2',"
    cut += " 'additional_masking_regex', JSON_OBJECT('PORT', 'port [0-9]+'))"
    options = "JSON_OBJECT('task', 'log_anomaly_detection', 'exclude_column_list', JSON_ARRAY('id'),"
    options += f" 'log_source_column', 'host', 'logad_options', {cut})"
    caller.run("SET @m = NULL")
    caller.run(f"CALL sys.ML_TRAIN('{here}.log', NULL, {options}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    remarks = f"SELECT JSON_EXTRACT(model_metadata, '$.remarks') FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG"
    assert "logad_options.embedding_model" in caller.one(f"{remarks} WHERE model_handle = @m")
    asked = "JSON_OBJECT('logad_options', JSON_OBJECT('summarize_logs', TRUE, 'summary_threshold', 0.5))"
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.log', @m, '{here}.odd', {asked})")
    assert columns(caller, "odd") == ["id", "line", "host", "ml_results"]
    last = told(caller, "odd", "id")[-1]
    assert set(last) == {"predictions", "probabilities", "parsed_log", "index_map", "summary", "summary_ja"}
    assert (last["predictions"], last["index_map"]) == ({"is_anomaly": 1}, [31, 31])

    plots = ["wizard learns magic", "wizard fights with magic", "detective hunts killer", "killer and detective"] * 3
    make(caller, "films", "plot TEXT", [(each,) for each in plots])
    caller.run("SET @m = NULL")
    options = "JSON_OBJECT('task', 'topic_modeling', 'document_column', 'plot')"
    caller.run(f"CALL sys.ML_TRAIN('{here}.films', NULL, {options}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.films', @m, '{here}.tagged', NULL)")
    assert {"wizard", "magic"} <= set(told(caller, "tagged")[0]["predictions"]["tags"])


def test_recommendations(door: Door, caller: Caller) -> None:
    """The shape of each answer; what describes items; what counts as liked."""
    here, draw = door.schema, rng(0)
    pairs = [(f"u{u}", f"i{i}", float(3 + (u % 2 == i % 2) * 2)) for u in range(10) for i in draw.permutation(8)[:6]]
    make(caller, "`stars-train`", "user_id VARCHAR(10), item_id VARCHAR(10), rating FLOAT", pairs)
    caller.run("CREATE TABLE few AS SELECT * FROM `stars-train` LIMIT 2")
    make(caller, "lamps", "item_id VARCHAR(10), description TEXT", [("i0", "a lamp")])
    about = f"JSON_OBJECT('table_name', '{here}.lamps')"
    asked = "'task', 'recommendation', 'users', 'user_id', 'items', 'item_id'"
    options = f"JSON_OBJECT({asked}, 'model_list', JSON_ARRAY('SVD'), 'item_metadata', {about})"
    caller.run("SET @m = NULL")
    caller.run(f"CALL sys.ML_TRAIN('{here}.`stars-train`', 'rating', {options}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    shapes = {
        "ratings": {"rating"},
        "items": {"item_id", "rating"},
        "users": {"user_id", "rating"},
        "users_to_items": {"item_id", "rating"},
        "items_to_users": {"user_id", "rating"},
        "items_to_items": {"item_id", "similarity"},
        "users_to_users": {"user_id", "similarity"},
    }
    for wanted, keys in shapes.items():
        how = f'JSON_OBJECT("recommend", "{wanted}", "topk", "2", "remove_seen", "false", \'item_metadata\', {about})'
        caller.run(f"CALL sys.ML_PREDICT_TABLE('{here}.few', @m, '{here}.`{wanted}`', {how})")
        assert columns(caller, f"`{wanted}`") == [KEY, "user_id", "item_id", "rating", "ml_results"]
        found = told(caller, f"`{wanted}`")[0]
        assert list(found) == ["predictions"]
        assert set(found["predictions"]) == keys
        if wanted != "ratings":
            assert all(len(each) == 2 for each in found["predictions"].values())
    ranked = "JSON_OBJECT('topk', 2, 'threshold', 4, 'remove_seen', false)"
    caller.run(f"CALL sys.ML_SCORE('{here}.stars-train', 'rating', @m, 'precision_at_k', @s, {ranked})")
    assert caller.one("SELECT @s") > 0.7
    tower = f"JSON_OBJECT({asked}, 'model_list', JSON_ARRAY('TwoTower'))"
    caller.run("SET @m = NULL")
    refused(caller, f"CALL sys.ML_TRAIN('{here}.stars-train', 'rating', {tower}, @m)", "TwoTower.*not offered; SVDpp")
