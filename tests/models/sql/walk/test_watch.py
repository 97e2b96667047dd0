"""Drift as the row function tells it: what tables tell, on both servers."""

import json
from functools import cache

import pandas as pd
import pymysql
import pytest

from models.automl.model import Model
from models.sql.answers import drifts_of
from models.sql.drift import learn
from models.sql.shapes import predict_document, predictions, results
from tests.models.sql.walk.conftest import Walked
from tests.models.sql.walk.made import CONFIGS, document, member, records, rows_of, table, with_members

ASK = '{"additional_details": true}'


@cache
def taught(kind: str) -> Model:
    """A model that knows its training; of all of its columns."""
    name = "LGBMRegressor" if kind == "regression" else "LGBMClassifier"
    config = dict(CONFIGS["regression" if kind == "regression" else "classification"])[name]
    plain = with_members(kind, member(kind, name, config))
    detector, _ = learn(plain.preparation, plain.columns, table(kind))
    return with_members(kind, *plain.members, facts={**plain.facts, "drift": detector.to_dict()})


def strange(kind: str) -> pd.DataFrame:
    """Rows of every kind: usual ones, and cells far out, missing, never seen, at the very ends of training."""
    frame, known = rows_of(kind, 24), table(kind)
    frame.loc[12, "x 0"], frame.loc[13, "x 0"] = known["x 0"].max(), known["x 0"].min()
    frame.loc[14, "x1"], frame.loc[15, "code"] = 5.5, 9
    frame.loc[16, "when"], frame.loc[17, "when"] = pd.Timestamp("2031-05-06 07:08"), known["when"].max()
    frame.loc[18, "many"], frame.loc[19, "line"] = None, None
    frame.loc[20, "skew"], frame.loc[21, "weight"] = -3.25, "80,5 kg"
    return frame


@pytest.mark.parametrize("kind", ["binary", "multi", "regression"])
def test_rows_tell_what_tables_tell(walked: Walked, kind: str) -> None:
    model, frame = taught(kind), strange(kind)
    handle, _, _ = walked.load(model)
    raw = model.predict_raw(frame)
    told = results(model, raw, drift=drifts_of(model, frame))
    metrics = [json.loads(each)["drift"]["metric"] for each in told]
    assert min(metrics) < 1.0 < max(metrics)
    for row, said, result in zip(records(frame), predictions(model, raw), told, strict=True):
        text = walked.run(f"SELECT {walked.name}.ML_PREDICT_ROW(%s, %s, %s)", (document(row), handle, ASK))[0][0]
        assert json.loads(text) == predict_document(json.loads(document(row)), said, result)
        if walked.kind == "mariadb":  # which keeps the text as it was written
            assert text.endswith(f'"ml_results": {result}}}')


@pytest.mark.parametrize("options", ['{"additional_details": false}', '{"additional_details": null}', "{}"])
def test_nothing_is_told_unasked(walked: Walked, options: str) -> None:
    model, row = taught("binary"), document(records(rows_of("binary", 1))[0])
    handle, _, _ = walked.load(model)
    plain = walked.value("{name}.ML_PREDICT_ROW(%s, %s, NULL)", row, handle)
    assert walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", row, handle, options) == plain
    assert "drift" not in plain["ml_results"]


def test_truths_are_written_in_several_ways(walked: Walked) -> None:
    row = document(records(rows_of("binary", 1))[0])
    handle, _, _ = walked.load(taught("binary"))
    for given in ('\'{"additional_details": "TRUE"}\'', "JSON_OBJECT('additional_details', 1)", f"'{ASK}'"):
        assert "drift" in walked.value(f"{{name}}.ML_PREDICT_ROW(%s, %s, {given})", row, handle)["ml_results"]
    with pytest.raises(pymysql.Error, match="'additional_details' is 'perhaps'; write true or false"):
        walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", row, handle, '{"additional_details": "perhaps"}')


def test_nothing_watched_is_no_drift_and_an_older_model_says_so(walked: Walked) -> None:
    model = taught("binary")
    row = document(records(rows_of("binary", 1))[0])
    blind = with_members("binary", *model.members, facts={**model.facts, "drift": {"watched": []}})
    handle, _, _ = walked.load(blind)
    found = walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", row, handle, ASK)
    assert found["ml_results"]["drift"] == json.loads(drifts_of(blind, rows_of("binary", 1))[0])
    facts = {name: value for name, value in model.facts.items() if name != "drift"}
    handle, _, _ = walked.load(with_members("binary", *model.members, facts=facts))
    with pytest.raises(pymysql.Error, match=r"no drift detector.*train it again"):
        walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", row, handle, ASK)
