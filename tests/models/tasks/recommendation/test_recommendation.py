"""Planted tastes are found, lists leave out what is known, strangers get what everybody likes."""

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.protocol import TaskModel, fit_task
from models.tasks.recommendation.engine import RECOMMENDERS, Recommender
from models.tasks.recommendation.ranking import ranked
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.slope_one import SlopeOne
from tests.models.tasks.tables import codes, opinions, rng

TABLE = opinions()
TRAIN, TEST = TABLE[:1200], TABLE[1200:]
COLUMNS = {"users": "客", "items": "item"}
MSE = "neg_mean_squared_error"


def fit(table: pd.DataFrame = TRAIN, target: str | None = "rating", **options: Any) -> TaskModel:
    return fit_task("recommendation", table, target, {**COLUMNS, **options})


@pytest.fixture(scope="module")
def model() -> TaskModel:
    return fit()


@pytest.mark.parametrize("name", ["SVD", "SVDpp", "NMF", "SlopeOne", "CoClustering", "Baseline", "NormalPredictor"])
def test_each_algorithm(name: str) -> None:
    """Ratings spread by 1.5 around means that say nothing, with noise of 0.3; means alone cannot know the taste."""
    found = fit(model_list=[name]).score(TEST, "rating", MSE)
    assert found is not None
    worst = {"Baseline": -2.6, "SlopeOne": -2.8, "NormalPredictor": -6.0}.get(name, -0.5)
    assert found > worst
    if name in ("Baseline", "NormalPredictor"):
        assert found < -2.0


def test_the_best_is_chosen(model: TaskModel) -> None:
    assert model.card.algorithm in ("SVD", "SVDpp", "CoClustering", "NMF")
    assert model.card.facts["quality"] == "high"
    assert model.card.training_score is not None
    assert model.card.training_score > model.card.facts["yardsticks"]["Baseline"]
    assert model.score(TEST, "rating", "r2") > 0.85  # type: ignore[operator]


def test_items_for_users(model: TaskModel) -> None:
    asked = pd.DataFrame({"客": ["客000", "客001", "客000"]})
    answers = model.predict(asked, {"recommend": "users_to_items", "topk": 5})
    assert answers.predictions is None
    seen = set(TRAIN[TRAIN["客"] == "客000"]["item"])
    first = answers.results[0]["predictions"]
    assert set(first) == {"item", "rating"}
    assert len(first["item"]) == 5
    assert not set(first["item"]) & seen
    assert all(int(item[1:]) % 2 == 0 for item in first["item"])
    assert first["rating"] == sorted(first["rating"], reverse=True)
    assert answers.results[2] == answers.results[0]
    assert answers.results == model.predict(asked, {"recommend": "items", "topk": 5}).results
    again = model.predict(asked, {"recommend": "items", "topk": 40, "remove_seen": "false"}).results[0]["predictions"]
    assert seen <= set(again["item"])
    assert len(model.predict(asked, {"recommend": "items"}).results[0]["predictions"]["item"]) == 3


def test_users_for_items(model: TaskModel) -> None:
    found = model.predict(pd.DataFrame({"item": ["i001"]}), {"recommend": "items_to_users"}).results[0]["predictions"]
    assert all(int(user[1:]) % 2 == 1 for user in found["客"])
    assert not set(found["客"]) & set(TRAIN[TRAIN["item"] == "i001"]["客"])


def test_alike(model: TaskModel) -> None:
    items = model.predict(pd.DataFrame({"item": ["i004"]}), {"recommend": "items_to_items"}).results[0]["predictions"]
    assert all(int(item[1:]) % 2 == 0 for item in items["item"])
    assert "i004" not in items["item"]
    assert all(0 <= value <= 1 for value in items["similarity"])
    users = model.predict(pd.DataFrame({"客": ["客003"]}), {"recommend": "users_to_users"}).results[0]["predictions"]
    assert all(int(user[1:]) % 2 == 1 for user in users["客"])
    with pytest.raises(StudyError, match="'i999' in column 'item' is unknown"):
        model.predict(pd.DataFrame({"item": ["i999"]}), {"recommend": "items_to_items"})


def test_strangers(model: TaskModel) -> None:
    stranger = pd.DataFrame({"客": ["new", None], "item": ["i001", "new"]})
    assert all(np.isfinite(each["predictions"]["rating"]) for each in model.predict(stranger).results)
    found = model.predict(stranger, {"recommend": "items"}).results[0]["predictions"]
    means = TRAIN.groupby("item")["rating"].mean()
    assert means[found["item"]].mean() > means.quantile(0.8)


def test_implicit() -> None:
    draw = rng(2)
    groups, kinds = np.arange(120) % 4, np.arange(60) % 4
    u, i = np.nonzero(draw.random((120, 60)) < np.where(groups[:, None] == kinds, 0.6, 0.03))
    table = pd.DataFrame({"客": u, "item": i}).sample(frac=1, random_state=0)
    train, test = table[:1000], table[1000:]
    found = fit(train, None, feedback="implicit")
    assert found.card.algorithm == "BPR"
    assert found.card.metric == "precision_at_k"
    values = [found.score(test, None, metric) for metric in ("precision_at_k", "ndcg_at_k", "hit_ratio_at_k")]
    assert all(value is not None and value > 0.2 for value in values)
    assert found.card.facts["yardsticks"]["popular"] < found.card.training_score  # type: ignore[operator]
    best = found.predict(pd.DataFrame({"客": [0]}), {"recommend": "items"}).results[0]["predictions"]
    assert all(int(item) % 4 == 0 for item in best["item"])
    with pytest.raises(StudyError, match="feedback is implicit"):
        found.score(test, None, MSE)
    counted = fit(TRAIN, "rating", feedback="implicit", feedback_threshold=4)
    assert counted.card.facts["n_selected_rows"] == int((TRAIN["rating"] >= 4).sum())


def test_no_taste_at_all() -> None:
    noise = TRAIN.assign(rating=rng(3).normal(size=len(TRAIN)))
    found = fit(noise)
    assert found.card.facts["quality"] == "low" or found.card.algorithm == "Baseline"
    assert fit(noise, model_list=["NormalPredictor"]).card.facts["quality"] == "low"
    assert "baseline_best" in codes(fit(noise, model_list=["NormalPredictor"]).card)


def test_negative_ratings_repeats_and_holes() -> None:
    table = pd.concat([TRAIN.assign(rating=TRAIN["rating"] - 10), TRAIN.head(5)], ignore_index=True)
    table.loc[7, "rating"] = np.nan
    table.loc[8, "客"] = None
    found = fit(table, model_list=["NMF", "SVD"])
    assert {"repeated", "rows_left_out"} <= codes(found.card)


@pytest.mark.parametrize(
    ("table", "target", "options", "words"),
    [
        (TRAIN, None, {}, "needs a column of ratings"),
        (TRAIN.assign(客="one"), "rating", {}, "holds 1 of the users"),
        (TRAIN.head(4), "rating", {}, "too few|at least"),
        (TRAIN, "rating", {"users": None}, "needs option 'users'"),
        (TRAIN, "rating", {"users": "客a"}, "no column '客a'"),
        (TRAIN, "rating", {"feedback": "implicit", "model_list": ["SVD"]}, "not for implicit feedback"),
        (TRAIN, "rating", {"model_list": ["BPR"]}, "not for explicit feedback"),
        (TRAIN, "rating", {"optimization_metric": "ndcg_at_k"}, "not for explicit feedback"),
        (TRAIN, "item", {}, "holds no numbers"),
        (TRAIN, "rating", {"model_list": ["TwoTower"]}, "not offered; SVDpp"),
    ],
)
def test_bad_calls(table: pd.DataFrame, target: str | None, options: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        fit(table, target, **options)


def test_ranking_metrics() -> None:
    right = np.array([[True, False, True], [False, False, False], [True, True, True]])
    wanted = np.array([2, 1, 0])
    assert ranked("precision_at_k", right, wanted) == pytest.approx((2 / 3 + 0) / 2)
    assert ranked("recall_at_k", right, wanted) == pytest.approx((1 + 0) / 2)
    assert ranked("hit_ratio_at_k", right, wanted) == pytest.approx(0.5)
    best = 1 + 1 / np.log2(3)
    assert ranked("ndcg_at_k", right, wanted) == pytest.approx((1 + 1 / np.log2(4)) / best / 2)
    assert ranked("ndcg_at_k", right, np.zeros(3, dtype=np.int64)) is None


def test_every_recommender_is_offered() -> None:
    from models.tasks.option_tables import ALGORITHMS

    assert set(RECOMMENDERS) == set(ALGORITHMS["recommendation"])


def test_slope_one_ranks_equals_by_name() -> None:
    """Against fractions, which know no rounding: ratings of tenths give many equal means."""
    u, i = np.nonzero(rng(2).random((4, 60)) < 0.9)
    tenths = rng(3).integers(0, 10, len(u))
    names = tuple(f"{code:02}" for code in range(60))
    ratings = Ratings(names[:4], names, u, i, tenths / 10)
    found = Recommender(ratings, SlopeOne.fit(ratings, {}, 0), implicit=False)
    given = {(a, b): Fraction(int(each), 10) for a, b, each in zip(u.tolist(), i.tolist(), tenths, strict=True)}
    exact = []
    for item in range(60):
        apart = [
            given[a, item] - given[a, other] + given[0, other]
            for a in range(4) for other in range(60)
            if other != item and (0, other) in given and (a, item) in given and (a, other) in given
        ]  # fmt: skip
        exact.append(min(max(sum(apart, Fraction(0)) / len(apart), Fraction(0)), Fraction(9, 10)))
    order, values = found.best(np.array([0]), 60, unseen=False)[0]
    assert order.tolist() == sorted(range(60), key=lambda item: (-exact[item], item))
    assert values == pytest.approx([float(exact[item]) for item in order.tolist()], abs=1e-12)
