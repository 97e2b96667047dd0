"""Drift against truth that is known: rows like those of training, a sensor that moved, a level that is new."""

import json

import numpy as np
import pandas as pd
import pytest

from models.automl.columns.kinds import infer
from models.automl.columns.prepare import Preparation
from models.automl.matrix import Floats
from models.sql.answers import predicted
from models.sql.drift import MOST, Detector, Scale, learn
from models.sql.errors import MlError
from models.sql.shapes import drifts
from tests.models.sql.door import Door
from tests.models.sql.walk.made import CONFIGS, member, rows_of, table, with_members

SENSORS = 12


def plant(rows: int, seed: int, alike: float = 0.0) -> pd.DataFrame:
    """Sensors, correlated by ``alike``; a machine, of which E makes 1 %; lots, most of them small; dates; comments."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(size=(rows, 1)), rng.normal(size=(rows, SENSORS))
    frame = pd.DataFrame(
        np.sqrt(alike) * common + np.sqrt(1 - alike) * own, columns=[f"s{place}" for place in range(SENSORS)]
    )
    frame.loc[rng.random(rows) < 0.02, "s1"] = np.nan
    frame["machine"] = rng.choice(list("ABCDE"), rows, p=[0.5, 0.3, 0.15, 0.04, 0.01])
    frame["lot"] = [f"L{number}" for number in rng.zipf(1.4, rows) % 3000]
    minutes = np.sort(rng.integers(0, 365 * 1440, rows))
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, unit="min")
    frame["comment"] = [" ".join(rng.choice(list("abcdefgh"), 6)) + f" word {row}" for row in range(rows)]
    return frame


def taught(frame: pd.DataFrame) -> tuple[Preparation, Detector, dict[str, float]]:
    preparation = Preparation.fit(frame, infer(frame))
    return preparation, *learn(preparation, preparation.columns, frame)


def metric(found: tuple[Preparation, Detector, dict[str, float]], frame: pd.DataFrame) -> Floats:
    largest: Floats = found[1].surprises(found[0], frame).max(axis=1)
    return largest


@pytest.mark.parametrize("alike", [0.0, 0.7])
@pytest.mark.parametrize(("rows", "most"), [(300, 0.05), (3000, 0.02)])
def test_about_one_row_in_a_hundred_like_those_of_training_is_told(rows: int, most: float, alike: float) -> None:
    found = taught(plant(rows, 0, alike))
    assert "comment" not in [each.column for each in found[1].watched]
    assert 0.002 < (metric(found, plant(4000, 1, alike)) > 1.0).mean() < most
    drift = metric(found, plant(rows, 0, alike))
    assert found[2] == pytest.approx({"mean": drift.mean(), "variance": drift.var()}, abs=1e-6)
    assert found[2]["mean"] < 1.0


def test_what_has_changed_is_told_and_named() -> None:
    found, frame = taught(plant(3000, 0)), plant(1000, 1)
    names = [each.column for each in found[1].watched]
    for changed in (
        frame.assign(s3=frame["s3"] + 6.0),
        frame.assign(s3=frame["s3"] - 6.0),
        frame.assign(s3=np.nan),
        frame.assign(machine="Z"),
        frame.assign(machine=None),
        frame.assign(when=frame["when"] + pd.Timedelta(days=3000)),
    ):
        surprises = found[1].surprises(found[0], changed)
        column = next(name for name in names if not changed[name].equals(frame[name]))
        assert (surprises.max(axis=1) > 1.0).mean() > 0.98
        told = [json.loads(each)["attribution_percent"] for each in drifts(names, surprises)]
        assert np.mean([next(iter(each)) == column for each in told]) > 0.95
        assert max(len(each) for each in told) <= 3


def test_what_is_usual_does_not_cry_wolf() -> None:
    """A new lot where lots are mostly new, a missing value where 2 % are missing, one step beyond sharp ends."""
    found, frame = taught(plant(3000, 0)), plant(2000, 1)
    before = (metric(found, frame) > 1.0).mean()
    later = frame.assign(lot="new", s1=np.nan, when=frame["when"].max() + pd.Timedelta(days=5))
    assert (metric(found, later) > 1.0).mean() < before + 0.02


def test_units_do_not_matter_and_the_largest_number_is_bounded() -> None:
    frame = plant(500, 0)[["s0", "s2"]]
    plain, scaled = taught(frame), taught(frame * 1e-12 + 5e-13)
    new = plant(300, 1)[["s0", "s2"]] * 3
    assert metric(plain, new) == pytest.approx(metric(scaled, new * 1e-12 + 5e-13), rel=1e-3)
    assert metric(plain, pd.DataFrame({"s0": [1e300], "s2": [0.0]})).tolist() == [MOST]


def test_the_smallest_and_the_largest_numbers_are_judged() -> None:
    for unit in (5e-324, 1e-310, 1e38):
        frame = pd.DataFrame({"x": np.round(np.random.default_rng(0).random(400) * 9) * unit / 9.0})
        found = taught(frame)
        assert np.isfinite([each.pieces[1:] for each in found[1].watched if isinstance(each, Scale)]).all()
        assert np.isfinite(metric(found, frame)).all()
        assert 1.0 < metric(found, pd.DataFrame({"x": [-1e38]})).item() <= MOST


def test_rare_values_of_few() -> None:
    """A truth that holds in 0.2 % of the rows, and a number that is nearly always the same."""
    flag, jump = np.zeros(1000), np.full(1000, 7.0)
    flag[:2], jump[-3:] = 1.0, [8.0, 9.0, 10.0]
    found = taught(pd.DataFrame({"flag": flag, "jump": jump}))
    assert metric(found, pd.DataFrame({"flag": [0.0], "jump": [7.0]})).tolist() == [0.0]
    assert (metric(found, pd.DataFrame({"flag": [1.0, 0.0], "jump": [7.0, 12.0]})) > 1.0).all()


def test_the_same_table_gives_the_same_detector_and_json_keeps_it() -> None:
    found, again = taught(plant(400, 0)), taught(plant(400, 0))
    written = json.dumps(found[1].to_dict())
    assert written == json.dumps(again[1].to_dict())
    assert Detector.from_dict(json.loads(written)) == found[1]


def test_tables_get_it_where_it_is_asked_for() -> None:
    model = with_members("binary", member("binary", *CONFIGS["classification"][1]))
    rows = rows_of("binary")
    with pytest.raises(MlError, match=r"no drift detector.*train it again"):
        predicted(model, rows, {"additional_details": True})
    model.facts["drift"] = learn(model.preparation, model.columns, table("binary"))[0].to_dict()
    plain = predicted(model, rows, {"additional_details": "false"}).columns["ml_results"]
    asked = predicted(model, rows, {"additional_details": True}).columns["ml_results"]
    for one, other in zip(map(json.loads, plain), map(json.loads, asked), strict=True):
        drift = other.pop("drift")
        assert one == other
        assert drift["metric"] >= 0.0
        assert sum(drift["attribution_percent"].values()) <= 100.02
    assert list(predicted(model, rows.head(0), {"additional_details": True}).columns["ml_results"]) == []


def test_through_the_front_door(door: Door) -> None:
    """Trained, exported, imported and loaded: rows and tables say the same, and a detector of anomalies does."""
    caller, schema = door.admin, door.schema
    door.root.run(f"CREATE TABLE {schema}.parts (id INT PRIMARY KEY, a DOUBLE, die VARCHAR(3), y VARCHAR(3))")
    rng = np.random.default_rng(0)
    rows = [(i, float(a), "AB"[i % 2], "NG" if a + i % 2 > 0.8 else "OK") for i, a in enumerate(rng.normal(size=300))]
    door.root.fill(f"{schema}.parts", rows)
    options = "JSON_OBJECT('model_list', JSON_ARRAY('LogisticRegression'), 'trials', 3, 'leaks', 'off')"
    caller.run(f"CALL sys.ML_TRAIN('{schema}.parts', 'y', {options}, @m)")
    metadata = caller.one(f"SELECT model_metadata FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG WHERE model_handle = @m")
    learnt = json.loads(metadata)["training_drift_metric"]
    assert 0.0 < learnt["mean"] < 1.0 > learnt["variance"] > 0.0
    caller.run(f"CALL sys.ML_MODEL_EXPORT(@m, '{schema}.kept')")
    caller.run(f"SET @n = 'again_{door.number}'")
    caller.run(f"CALL sys.ML_MODEL_IMPORT(NULL, JSON_OBJECT('schema', '{schema}', 'table', 'kept'), @n)")
    caller.run("CALL sys.ML_MODEL_LOAD(@n, NULL)")
    door.root.run(f"CREATE TABLE {schema}.today LIKE {schema}.parts")
    door.root.fill(f"{schema}.today", [(1, 0.1, "A", "OK"), (2, 9.5, "A", "NG"), (3, 0.1, "Z", "OK")])
    ask = "JSON_OBJECT('additional_details', true)"
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{schema}.today', @n, '{schema}.said', {ask})")
    given = "JSON_OBJECT('a', t.a, 'die', t.die)"
    found = caller.run(f"SELECT t.ml_results, sys.ML_PREDICT_ROW({given}, @n, {ask}) FROM {schema}.said t ORDER BY id")
    drift = [json.loads(table)["drift"] for table, _ in found]
    assert [json.loads(row)["ml_results"]["drift"] for _, row in found] == drift
    assert drift[0]["metric"] < 1.0 < min(drift[1]["metric"], drift[2]["metric"])
    assert [max(each["attribution_percent"], key=each["attribution_percent"].get) for each in drift[1:]] == ["a", "die"]
    caller.run(f"CALL sys.ML_TRAIN('{schema}.parts', NULL, JSON_OBJECT('task', 'anomaly_detection', "
               "'exclude_column_list', JSON_ARRAY('id', 'y')), @o)")  # fmt: skip
    metadata = caller.one(f"SELECT model_metadata FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG WHERE model_handle = @o")
    assert 0.0 < json.loads(metadata)["training_drift_metric"]["mean"] < 1.0
    caller.run("CALL sys.ML_MODEL_LOAD(@o, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{schema}.today', @o, '{schema}.odd', {ask})")
    found = caller.run(f"SELECT t.ml_results, sys.ML_PREDICT_ROW({given}, @o, {ask}) FROM {schema}.odd t ORDER BY id")
    said = [json.loads(table) for table, _ in found]
    assert [json.loads(row)["ml_results"] for _, row in found] == said
    assert [each["predictions"]["is_anomaly"] for each in said] == [0, 1, 1]
    assert [each["drift"] == known for each, known in zip(said, drift, strict=True)] == [True] * 3
