"""Rows of recommendation: what tables say, on both servers."""

import json
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pymysql
import pytest

from ingest.errors import StudyError
from models.sql.answers import answered
from models.sql.walk.recommendation import walk_of_recommender
from models.sql.walk.rows import Unwalkable
from models.tasks.option_tables import OPTIONS
from models.tasks.protocol import fit_task, load_task
from models.tasks.recommendation.model import RecommendationModel
from tests.models.sql.walk.conftest import Walked
from tests.models.sql.walk.made import document

ALGORITHMS = ("Baseline", "SVD", "SVDpp", "NMF", "SlopeOne", "CoClustering", "BPR")
PAIRS: list[dict[str, Any]] = [
    {"user \"1\"": "u00", "item": 0}, {"user \"1\"": " u03 ", "item": 7.0}, {"user \"1\"": "nobody", "item": "3"},
    {"user \"1\"": "u10", "item": 999}, {"user \"1\"": "u24", "item": 14}, {"user \"1\"": None, "item": 5},
]  # fmt: skip
"""Known and unknown ones, blanks around a word, a number as a word, and nobody."""
RANKINGS = [
    *({"recommend": what, "topk": k, "remove_seen": seen} for what, (k, seen) in product(
        ("items", "users", "users_to_items", "items_to_users"), ((3, True), (100, "false")))),
    {"recommend": "items_to_items", "topk": 7}, {"recommend": "users_to_users", "topk": "70"},
]  # fmt: skip


def table(implicit: bool = False) -> pd.DataFrame:
    """25 users and 15 items with tastes; many ratings are the largest one, and so ties."""
    rng = np.random.default_rng(int(implicit))
    taste, kind = rng.normal(size=(25, 2)), rng.normal(size=(15, 2))
    u, i = np.nonzero(rng.random((25, 15)) < 0.45)
    stars = np.clip(np.round(2 * (3.5 + (taste[u] * kind[i]).sum(1))) / 2, 1, 5)
    return pd.DataFrame({'user "1"': [f"u{each:02}" for each in u], "item": i, "stars": stars})


@cache
def taught(name: str) -> RecommendationModel:
    """A recommender, written to text and read again."""
    implicit = name == "BPR"
    options = {"users": 'user "1"', "items": "item", "model_list": [name]}
    if implicit:
        options["feedback"] = "implicit"
    model = fit_task("recommendation", table(implicit), None if implicit else "stars", options)
    found = load_task(model.to_text())
    assert isinstance(found, RecommendationModel)
    return found


@pytest.mark.parametrize("name", ALGORITHMS)
def test_rows_say_what_tables_say(walked: Walked, name: str) -> None:
    model = taught(name)
    handle, _, _ = walked.load(model)
    query = f"SELECT {walked.name}.ML_PREDICT_ROW(%s, %s, %s)"
    compared = 0
    for row, options in product(PAIRS, [None, *RANKINGS]):
        if (row["item"], options) == (999, RANKINGS[-2]) or (row['user "1"'], options) in (
            ("nobody", RANKINGS[-1]),
            (None, RANKINGS[-1]),
        ):
            continue
        given = document(row)
        result = answered(model, pd.DataFrame([row]), options or {}).columns["ml_results"][0]
        text = walked.run(query, (given, handle, json.dumps(options) if options else None))[0][0]
        assert json.loads(text) == {**json.loads(given), "ml_results": json.loads(result)}
        if walked.kind == "mariadb":
            assert text.endswith(f'"ml_results": {result}}}')
        compared += 1
    assert compared == 63


@pytest.mark.parametrize(
    ("row", "options"), [(PAIRS[3], RANKINGS[-2]), (PAIRS[2], RANKINGS[-1]), (PAIRS[5], RANKINGS[-1])]
)
def test_nothing_is_like_somebody_unknown(walked: Walked, row: dict[str, Any], options: dict[str, Any]) -> None:
    handle, _, _ = walked.load(taught("SVD"))
    with pytest.raises(StudyError, match="so nothing is known to be like it") as wanted:
        answered(taught("SVD"), pd.DataFrame([row]), options)
    with pytest.raises(pymysql.Error) as said:
        walked.run(f"SELECT {walked.name}.ML_PREDICT_ROW(%s, %s, %s)", (document(row), handle, json.dumps(options)))
    assert said.value.args[1] == str(wanted.value)


@pytest.mark.parametrize(
    ("row", "options", "told"),
    [
        ("{}", None, "column 'user \"1\"' is missing in input_data"),
        ('{"user \\"1\\"": 1}', None, "column 'item' is missing in input_data"),
        ("{}", '{"recommend": "items_to_users"}', "column 'item' is missing"),
        ("{}", '{"recommend": "itms"}', "recommend 'itms' is unknown"),
        ("{}", '{"topk": 0}', "option 'topk' is '0'; write a whole number between 1 and"),
        ("{}", '{"topk": 1.5}', "option 'topk' is '1.5'"),
        ("{}", '{"topk": true}', "option 'topk' is 'true'"),
        ("{}", '{"remove_seen": "no"}', "option 'remove_seen' is 'no'; write true or false"),
        ("{}", '{"additional_details": true}', "recommendation has no drift to tell"),
        ("{}", '{"threshold": 1}', "option 'threshold' is unknown here"),
    ],
)
def test_what_is_refused(walked: Walked, row: str, options: str | None, told: str) -> None:
    handle, _, _ = walked.load(taught("SVD"))
    with pytest.raises(pymysql.Error) as error:
        walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", row, handle, options)
    assert told in error.value.args[1]
    assert len(error.value.args[1]) <= 128


def test_the_options_of_tables_are_known(walked: Walked) -> None:
    handle, _, _ = walked.load(taught("SVD"))
    options = json.dumps(dict.fromkeys([*OPTIONS["recommendation"]["predict"], "additional_details"]))
    row = document(PAIRS[0])
    asked = walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", row, handle, options)
    assert asked == walked.value("{name}.ML_PREDICT_ROW(%s, %s, NULL)", row, handle)


def test_only_the_column_asked_about_is_needed(walked: Walked) -> None:
    handle, _, _ = walked.load(taught("SVD"))
    said = walked.value("{name}.ML_PREDICT_ROW(%s, %s, %s)", '{"item": 3}', handle, '{"recommend": "users"}')
    assert len(said["ml_results"]["predictions"]['user "1"']) == 3


def test_rows_go_with_the_model(walked: Walked) -> None:
    _, number, walk = walked.load(taught("SlopeOne"))
    filled = [name for name, rows in walk.rows.items() if rows]
    assert {"walk_party", "walk_pair", "walk_rating", "walk_recommender", "walk_vector"} < set(filled)
    walked.run(f"DELETE FROM {walked.name}.loaded WHERE model_no = %s", (number,))
    for name in filled:
        assert walked.value(f"COUNT(*) FROM {{name}}.{name} WHERE model_no = %s", number) == 0


def test_what_sql_cannot_evaluate_is_told() -> None:
    assert isinstance(walk_of_recommender(taught("NormalPredictor")), Unwalkable)
    frame = table()
    frame['user "1"'] = "x" * 250 + frame['user "1"']
    options = {"users": 'user "1"', "items": "item", "model_list": ["Baseline"]}
    model = fit_task("recommendation", frame, "stars", options)
    assert isinstance(model, RecommendationModel)
    found = walk_of_recommender(model)
    assert isinstance(found, Unwalkable)
    assert "begin with the same 250 characters" in found.why
