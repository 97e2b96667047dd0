"""Planted anomalies are found, probabilities mean what they say, labels help."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl.matrix import Floats
from models.tasks.anomaly.calibrate import Curve
from models.tasks.anomaly.fitted import DETECTORS
from models.tasks.anomaly.neighbours import nearest_in
from models.tasks.protocol import TaskModel, fit_task
from tests.models.tasks.tables import card_fraud, codes, groups, rng, spots

SPOTS = spots()
FEATURES = SPOTS.drop(columns="odd")


def anomalies(model: TaskModel, table: pd.DataFrame, **options: object) -> Floats:
    return np.array([each["predictions"]["is_anomaly"] for each in model.predict(table, options).results])


@pytest.mark.parametrize("name", list(DETECTORS))
def test_broken_rule_is_found(name: str) -> None:
    model = fit_task("anomaly_detection", FEATURES, None, {"model_list": [name], "contamination": 0.02})
    auc = model.score(SPOTS, "odd", "roc_auc")
    assert auc is not None
    assert auc > 0.97
    assert anomalies(model, FEATURES).sum() == 8  # 2 % of 400
    assert model.card.facts["n_anomalies"] == 8


@pytest.mark.parametrize("name", list(DETECTORS))
def test_card_fraud(name: str) -> None:
    """The figure that HeatWave's notebook reaches on such data is 0.909."""
    table = card_fraud()
    train, test = table[:4000], table[4000:]
    model = fit_task("anomaly_detection", train.drop(columns="Class"), None, {"model_list": [name]})
    auc = model.score(test, "Class", "roc_auc")
    assert auc is not None
    assert auc > 0.91


def test_probabilities_and_threshold() -> None:
    model = fit_task("anomaly_detection", FEATURES, None, {"contamination": 0.05})
    found = [each["probabilities"] for each in model.predict(FEATURES).results]
    assert all(each["normal"] + each["anomaly"] == pytest.approx(1) for each in found)
    threshold = model.card.facts["anomaly_detection_threshold"]
    assert threshold == model.card.facts["training_params"]["anomaly_detection_threshold"]
    marked = np.array([each["anomaly"] for each in found]) > threshold
    assert marked.sum() == 20
    assert (marked == anomalies(model, FEATURES)).all()


def test_threshold_and_topk() -> None:
    model = fit_task("anomaly_detection", FEATURES, None, {"contamination": 0.02, "model_list": ["PCA"]})
    assert anomalies(model, FEATURES, threshold=0.0).all()
    assert not anomalies(model, FEATURES, threshold=1.0).any()
    assert anomalies(model, FEATURES, topk=3).sum() == 3
    with pytest.raises(StudyError, match="exclude each other"):
        model.predict(FEATURES, {"threshold": 0.5, "topk": 3})
    assert model.score(SPOTS, "odd", "precision_k", {"topk": 5}) == 1.0
    with pytest.raises(StudyError, match="needs option 'topk'"):
        model.score(SPOTS, "odd", "precision_k")
    with pytest.raises(StudyError, match="'topk' is for metric 'precision_k'"):
        model.score(SPOTS, "odd", "f1", {"topk": 5})
    with pytest.raises(StudyError, match="leave option 'threshold' out"):
        model.score(SPOTS, "odd", "roc_auc", {"threshold": 0.5})
    assert model.score(SPOTS, "odd", "recall", {"threshold": 0.0}) == 1.0


def test_scoring_needs_labels() -> None:
    model = fit_task("anomaly_detection", FEATURES, None)
    with pytest.raises(StudyError, match="needs a column of labels"):
        model.score(SPOTS, None, "roc_auc")
    with pytest.raises(StudyError, match="label 'A' in column 'line' is not 1"):
        model.score(SPOTS, "line", "roc_auc")
    with pytest.raises(StudyError, match="no row has a label"):
        model.score(SPOTS.assign(odd=None), "odd", "roc_auc")
    assert model.score(SPOTS.assign(odd=0), "odd", "roc_auc") is None


def test_unseen_category_is_odd() -> None:
    model = fit_task("anomaly_detection", FEATURES, None, {"model_list": ["GkNN"]})
    usual = FEATURES[(FEATURES["圧力"].abs() < 1) & (SPOTS["odd"] == 0)].head(20)
    strange = usual.assign(line="Z")
    assert anomalies(model, usual).mean() < 0.1
    assert anomalies(model, strange).all()


def test_no_anomalies_are_said_to_be_none() -> None:
    plain = pd.DataFrame(rng(5).normal(size=(500, 3)), columns=list("abc"))
    planted = plain.copy()
    planted.iloc[:5] *= 9
    for name in DETECTORS:
        model = fit_task("anomaly_detection", plain, None, {"model_list": [name]})
        assert model.card.facts["quality"] == "low"
        assert "no_tail" in codes(model.card)
        assert fit_task("anomaly_detection", planted, None, {"model_list": [name]}).card.facts["quality"] == "high"


def test_labels_teach_what_distance_cannot() -> None:
    """Anomalies that lie inside a dense cluster: without labels nothing tells them apart."""
    table = groups((200, 200, 200, 40)).rename(columns={"truth": "kind"})
    truth = (table["kind"] == 3).astype(int)
    label = truth.where(rng(1).random(len(table)) < 0.3)
    train = table.drop(columns="kind").assign(label=label)
    alone = fit_task("anomaly_detection", train.drop(columns="label"), None, {"contamination": 0.06})
    taught = fit_task("anomaly_detection", train, "label", {"experimental": {"semisupervised": {}}})
    judged = table.drop(columns="kind").assign(label=truth)
    before, after = (model.score(judged, "label", "f1") for model in (alone, taught))
    assert before is not None
    assert after is not None
    assert after > 0.9 > 0.5 > before
    assert taught.card.metric == "f1"
    assert "semisupervised" in codes(taught.card)


def test_ensemble_score_and_contamination() -> None:
    label = SPOTS["odd"].where(rng(2).random(len(SPOTS)) < 0.5)
    options = {"experimental": {"semisupervised": {"ensemble_score": "roc_auc"}}, "contamination": 0.1}
    model = fit_task("anomaly_detection", FEATURES.assign(odd=label), "odd", options)
    assert model.card.metric == "roc_auc"
    assert anomalies(model, FEATURES).sum() == pytest.approx(40, abs=6)


def test_few_labels_are_not_learnt_from() -> None:
    label = SPOTS["odd"].where(np.arange(len(SPOTS)) < 10)
    model = fit_task("anomaly_detection", FEATURES.assign(odd=label), "odd")
    assert "few_labels" in codes(model.card)
    with pytest.raises(StudyError, match="name it as the target"):
        fit_task("anomaly_detection", FEATURES, None, {"experimental": {"semisupervised": {}}})


def test_too_little() -> None:
    with pytest.raises(StudyError, match="too few"):
        fit_task("anomaly_detection", FEATURES.head(5), None)
    with pytest.raises(StudyError, match="no column can be learnt from"):
        fit_task("anomaly_detection", pd.DataFrame({"a": [1.0] * 30, "b": [None] * 30}), None)
    with pytest.raises(StudyError, match="'a' must be learnt from, but every row holds 1"):
        fit_task("anomaly_detection", FEATURES.assign(a=1.0), None, {"include_column_list": ["a"]})


def test_twins_by_the_dozen() -> None:
    """Most rows are equal: their distance is 0."""
    table = pd.DataFrame({"a": [0.0] * 300 + [5.0, 6.0, 7.0], "b": [1.0] * 300 + [3.0, -2.0, 9.0]})
    for name in DETECTORS:
        model = fit_task("anomaly_detection", table, None, {"model_list": [name], "contamination": 0.01})
        assert anomalies(model, table).tolist() == [0] * 300 + [1, 1, 1]


def test_nearest_against_the_slow_way() -> None:
    sample, points = rng(0).normal(size=(50, 3)), rng(1).normal(size=(20, 3))
    slow = np.sort(np.linalg.norm(points[:, None] - sample[None], axis=2), axis=1)[:, :4]
    assert np.allclose(nearest_in(sample, points, 4).distances, slow)
    inner = nearest_in(sample, sample, 4, np.arange(50))
    assert (inner.places != np.arange(50)[:, None]).all()


def test_of_equally_near_ones_the_first() -> None:
    sample, points = rng(0).integers(0, 3, (300, 4)).astype(float), rng(1).integers(0, 3, (40, 4)).astype(float)
    found = nearest_in(sample, points, 7)
    distances = np.square(points[:, None] - sample[None]).sum(axis=2)
    assert found.places.tolist() == np.argsort(distances, axis=1, kind="stable")[:, :7].tolist()


def test_a_vote_does_not_hang_on_the_other_rows_and_its_weight_may_be_given() -> None:
    label = SPOTS["odd"].where(rng(2).random(len(SPOTS)) < 0.5)
    model = fit_task("anomaly_detection", FEATURES.assign(odd=label), "odd")
    together = model.predict(FEATURES.head(9)).results
    assert [model.predict(FEATURES.iloc[[row]]).results[0] for row in range(9)] == together

    def probability(weight: float) -> float:
        asked = {"supervised_submodel_weight": weight}
        return float(model.predict(FEATURES.tail(1), asked).results[0]["probabilities"]["anomaly"])

    ends, middle = (probability(0.1), probability(0.9)), probability(0.5)
    assert middle == pytest.approx(sum(ends) / 2, abs=1e-8)
    assert ends[0] != ends[1]
    assert model.score(SPOTS, "odd", "roc_auc", {"supervised_submodel_weight": 0.9}) is not None
    with pytest.raises(StudyError, match="both excluded"):
        model.predict(FEATURES, {"supervised_submodel_weight": 1})
    with pytest.raises(StudyError, match="needs a model trained with labels"):
        fit_task("anomaly_detection", FEATURES, None).predict(FEATURES, {"supervised_submodel_weight": 0.5})


def test_curve_keeps_the_order() -> None:
    scores = rng(0).lognormal(size=1000)
    found = Curve.through(scores, 0.03).probability(scores)
    assert (np.diff(found[np.argsort(scores)]) >= 0).all()
    assert (found > 0.5).sum() == 30
