"""Rows of anomaly detection: what tables say, on both servers."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pymysql
import pytest

from models.sql.answers import answered
from models.sql.walk.anomaly import walk_of_anomalies
from models.sql.walk.rows import Unwalkable, Walk
from models.tasks.anomaly.model import AnomalyModel
from models.tasks.option_tables import OPTIONS
from models.tasks.protocol import fit_task, load_task
from tests.models.sql.walk.conftest import Walked
from tests.models.sql.walk.made import document, records, rows_of, table

DETECTORS = ("GkNN", "PCA", "GLOF")


def taught(frame: pd.DataFrame, target: str | None = None, **options: Any) -> AnomalyModel:
    """A detector with its drift, written to text and read again."""
    found = load_task(fit_task("anomaly_detection", frame, target, options).to_text())
    assert isinstance(found, AnomalyModel)
    return found


@cache
def mixed(name: str) -> AnomalyModel:
    """Of the table that has everything in it."""
    return taught(table("binary", 150).drop(columns="y"), model_list=[name])


def agrees(walked: Walked, model: AnomalyModel, frame: pd.DataFrame, options: Mapping[str, Any]) -> None:
    """Row after row, byte for byte where the server keeps the text."""
    handle, _, _ = walked.load(model)
    wanted = answered(model, frame, options).columns["ml_results"]
    for row, result in zip(records(frame), wanted, strict=True):
        given = document(row)
        text = walked.run(f"SELECT {walked.name}.ML_PREDICT_ROW(%s, %s, %s)", (given, handle, json.dumps(options)))
        assert json.loads(text[0][0]) == {**json.loads(given), "ml_results": json.loads(result)}
        if walked.kind == "mariadb":
            assert text[0][0].endswith(f'"ml_results": {result}}}')


@pytest.mark.parametrize("name", DETECTORS)
def test_rows_say_what_tables_say(walked: Walked, name: str) -> None:
    agrees(walked, mixed(name), rows_of("binary", 9), {})


@pytest.mark.parametrize("name", ["GkNN", "GLOF"])
def test_equally_near_neighbours_are_the_same_ones(walked: Walked, name: str) -> None:
    """Whole numbers in three columns: nearly every distance occurs many times, and rows many times over."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 4, (90, 3)), columns=list("abc")).assign(d=rng.integers(0, 2, 90))
    agrees(walked, taught(frame, model_list=[name]), frame.iloc[:25], {})


def test_numbers_at_the_ends_of_what_there_is(walked: Walked) -> None:
    """And one of single precision that has more digits than servers print of a FLOAT."""
    model = taught(pd.DataFrame({"x": np.random.default_rng(5).normal(size=50)}), model_list=["GkNN"])
    agrees(walked, model, pd.DataFrame({"x": [1.7976931348623157e308, -1e30, 5e-324, float(np.float32(1 / 3))]}), {})


def test_labels_vote(walked: Walked) -> None:
    """The answer for a row does not hang on the rows that are asked about beside it."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(120, 18)), columns=[f"c{place}" for place in range(18)])
    frame["odd"] = np.where(rng.random(120) < 0.5, (frame["c0"] + frame["c1"] > 1).astype(float), np.nan)
    model = taught(frame, "odd", model_list=["GkNN"])
    assert model.fitted.labelled is not None
    assert model.fitted.weight > 0
    rows = frame.drop(columns="odd").iloc[:8] + 0.25
    alone = [model.predict(rows.iloc[[place]]).results[0] for place in range(8)]
    assert alone == model.predict(rows).results
    agrees(walked, model, rows, {})
    agrees(walked, model, rows, {"supervised_submodel_weight": 0.123})


def test_the_threshold_decides(walked: Walked) -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(2).normal(size=200)})
    model = taught(frame, model_list=["PCA"])
    handle, _, _ = walked.load(model)

    def marked(x: float, options: str | None) -> int:
        said = walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", json.dumps({"x": x}), handle, options)
        assert sum(said["ml_results"]["probabilities"].values()) == pytest.approx(1.0)
        return int(said["ml_results"]["predictions"]["is_anomaly"])

    assert [marked(0.0, None), marked(9.0, None)] == [0, 1]
    assert [marked(0.0, '{"threshold": 0}'), marked(9.0, '{"threshold": "1"}')] == [1, 0]
    known = dict.fromkeys([*OPTIONS["anomaly_detection"]["predict"], "additional_details"])
    assert marked(9.0, json.dumps(known)) == 1


@pytest.mark.parametrize(
    ("call", "options", "told"),
    [
        ("ML_PREDICT_ROW", '{"threshold": 2}', "option 'threshold' is '2'; write a number between 0 and 1"),
        ("ML_PREDICT_ROW", '{"supervised_submodel_weight": 1}', "write a number between 0 and 1, both excluded"),
        ("ML_PREDICT_ROW", '{"supervised_submodel_weight": 0.5}', "needs a model trained with labels"),
        ("ML_PREDICT_ROW", '{"topk": 3}', "ranks the rows of a table; CALL ML_PREDICT_TABLE"),
        ("ML_PREDICT_ROW", '{"recommend": "items"}', "option 'recommend' is unknown here"),
        ("ML_PREDICT_ROW", '{"additional_details": true}', "train it again"),
        ("ML_EXPLAIN_ROW", "{}", "anomaly_detection models are not explained; classification and regression are"),
    ],
)
def test_what_is_refused(walked: Walked, call: str, options: str, told: str) -> None:
    handle, _, _ = walked.load(mixed("PCA"))
    row = document(records(rows_of("binary", 1))[0])
    with pytest.raises(pymysql.Error) as error:
        walked.value(f"{{name}}.{call}(%s, %s, %s)", row, handle, options)
    assert told in error.value.args[1]
    assert len(error.value.args[1]) <= 128
    with pytest.raises(pymysql.Error, match="column 'x 0' is missing"):
        walked.value("{name}.ML_PREDICT_ROW('{}', %s, NULL)", handle)


def test_lots_by_the_hundred(walked: Walked) -> None:
    """A level takes a few rows, not one on the axis of each other level."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"lot": np.repeat([f"L{place}" for place in range(120)], 5), "x": rng.normal(size=600)})
    model = taught(frame, model_list=["PCA"])
    walk = walk_of_anomalies(model)
    assert isinstance(walk, Walk)
    assert len(walk.rows["walk_view"]) < 600
    agrees(walked, model, pd.DataFrame({"lot": ["L7", "never seen", None], "x": [0.5, 0.5, 9.0]}), {})


def test_a_space_too_wide_is_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    model = mixed("GkNN")
    whole = walk_of_anomalies(model)
    assert isinstance(whole, Walk)
    size = len(whole.rows["walk_vector"])
    monkeypatch.setattr("models.sql.walk.anomaly.MOST_ROWS", size)
    assert isinstance(walk_of_anomalies(model), Walk)
    monkeypatch.setattr("models.sql.walk.anomaly.MOST_ROWS", size - 1)
    found = walk_of_anomalies(model)
    assert isinstance(found, Unwalkable)
    assert f"its vectors take {size:,} rows, more than {size - 1:,}" in found.why


def test_rows_go_with_the_model(walked: Walked) -> None:
    _, number, walk = walked.load(mixed("GLOF"))
    filled = [name for name, rows in walk.rows.items() if rows]
    assert {"walk_axis", "walk_detector", "walk_neighbour", "walk_vector"} < set(filled)
    walked.run(f"DELETE FROM {walked.name}.loaded WHERE model_no = %s", (number,))
    for name in filled:
        assert walked.value(f"COUNT(*) FROM {{name}}.{name} WHERE model_no = %s", number) == 0


def test_in_a_trigger_a_view_and_a_query_with_a_limit(walked: Walked) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"kw": np.round(rng.normal(50, 5, 300), 1), "line": rng.choice(["A", "B"], 300)})
    model = taught(frame, model_list=["GkNN"])
    handle, _, _ = walked.load(model)
    call = f"{walked.name}.ML_PREDICT_ROW(JSON_OBJECT('kw', {{row}}.kw, 'line', {{row}}.line), '{handle}', NULL)"
    for statement in (
        "DROP TABLE IF EXISTS {name}.power",
        "CREATE TABLE {name}.power (kw FLOAT, line VARCHAR(3), said JSON)",
        "CREATE TRIGGER {name}.watched BEFORE INSERT ON {name}.power FOR EACH ROW SET NEW.said = " + call.replace(
            "{row}", "NEW"),
        "INSERT INTO {name}.power (kw, line) VALUES (50.3, 'A'), (95.7, 'B'), (NULL, 'Z')",
        "CREATE OR REPLACE VIEW {name}.power_seen AS SELECT p.kw, " + call.replace("{row}", "p") + " AS said "
        "FROM {name}.power p",
    ):  # fmt: skip
        walked.run(statement.replace("{name}", walked.name))
    rows = pd.DataFrame({"kw": np.array([50.3, 95.7, np.nan], np.float32), "line": ["A", "B", "Z"]})
    wanted = [json.loads(each) for each in answered(model, rows, {}).columns["ml_results"]]
    assert [each["predictions"]["is_anomaly"] for each in wanted] == [0, 1, 1]
    for query in (
        f"SELECT said FROM {walked.name}.power",
        f"SELECT said FROM {walked.name}.power_seen",
        f"SELECT {call.replace('{row}', 'p')} FROM {walked.name}.power p LIMIT 3",
    ):
        assert [json.loads(each[0])["ml_results"] for each in walked.run(query)] == wanted
