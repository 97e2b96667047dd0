"""Whole models explained: in the user's columns, adding up, with notes."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl.explain import GLOBAL_METHODS, Known, global_, rows, say
from models.automl.explain.path import path_values
from models.automl.explain.trees import tree_view
from models.automl.explain.words import WORDS
from models.automl.matrix import Matrix
from tests.models.automl.explain.small_model import small_model, small_table

COLUMNS = ("speed", "load", "die", "twin", "at")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return small_table()


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("method", ["shap", "permutation_importance"])
@pytest.mark.parametrize("trees", [1.0, 0.7, 0.0])
def test_values_add_up_to_the_prediction(table: pd.DataFrame, task: str, method: str, trees: float):
    model = small_model(table, task, trees)
    found = rows(model, table.head(6), table.tail(30), method=method)
    assert found.columns == COLUMNS
    assert found.outputs == (("low", "high") if task == "classification" else ("kwh",))
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), found.prediction, atol=1e-12)
    expected = model.predict_matrix(model.preparation.transform(table.tail(30))).mean(axis=0)
    np.testing.assert_allclose(found.base, expected, atol=1e-12)
    assert found.exact == (task == "regression" and method == "shap" and trees == 1.0)
    assert [note.code for note in found.notes] == ([] if found.exact else ["approximate"])


def test_both_ways_agree(table: pd.DataFrame):
    model = small_model(table)
    exact = rows(model, table.head(20), table.tail(100), method="shap").values
    drawn = rows(model, table.head(20), table.tail(100), method="permutation_importance").values
    assert np.abs(exact - drawn).max() < 0.1 * np.abs(exact).max()
    assert np.corrcoef(exact.ravel(), drawn.ravel())[0, 1] > 0.99


def test_the_frame_and_what_is_refused(table: pd.DataFrame):
    model = small_model(table, "classification")
    found = rows(model, table.head(3), table)
    assert tuple(found.frame().columns) == COLUMNS
    np.testing.assert_allclose(found.frame("low"), -found.frame("high"), atol=1e-12)
    with pytest.raises(StudyError, match="no output 'hihg' to explain; did you mean 'high'"):
        found.frame("hihg")
    with pytest.raises(StudyError, match="explainer 'sharp' is unknown for rows; did you mean 'shap'"):
        rows(model, table, table, method="sharp")
    with pytest.raises(StudyError, match="the background holds no rows"):
        rows(model, table, table.head(0))
    with pytest.raises(StudyError, match="explainer 'pdp' is unknown; known: ale"):
        global_(model, table, method="pdp")
    with pytest.raises(StudyError, match="does not read column 'sped'; did you mean 'speed'"):
        global_(model, table, method="ale", columns=["sped"])
    with pytest.raises(StudyError, match="needs a score"):
        global_(model, table)
    with pytest.raises(StudyError, match="holds no rows"):
        global_(model, table.head(0), method="shap")


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("method", ["permutation_importance", "shap", "fast_shap"])
def test_importances(table: pd.DataFrame, task: str, method: str):
    model = small_model(table, task)
    truth = table["kwh"].to_numpy()

    def score(places, predicted):
        return float(np.corrcoef(truth[places], predicted[:, -1])[0, 1])

    found = global_(model, table, method=method, score=score, sample=120)
    assert set(found.table["column"]) == set(COLUMNS)
    assert found.table["column"].iloc[0] in ("speed", "twin")
    assert found.table["share"].sum() == pytest.approx(1)
    assert found.table["importance"].is_monotonic_decreasing
    assert found.table["low"].notna().all() == (method == "permutation_importance")
    codes = [note.code for note in found.notes]
    assert ("sampled_rows" in codes, "log_odds" in codes) == (True, method == "fast_shap")
    again = global_(model, table, method=method, score=score, sample=120)
    pd.testing.assert_frame_equal(found.table, again.table)


@pytest.mark.parametrize("method", ["partial_dependence", "ale"])
def test_curves(table: pd.DataFrame, method: str):
    model = small_model(table, "classification")
    found = global_(model, table, method=method, sample=60).table
    assert list(dict.fromkeys(found["column"])) == list(COLUMNS)
    speed = found[(found["column"] == "speed") & (found["output"] == "high")]
    assert speed["effect"].iloc[-1] > speed["effect"].iloc[0] + 0.1
    die = found[found["column"] == "die"]
    assert set(die["cell"]) == {"A", "B", "C"}
    load = found[found["column"] == "load"]
    assert load["cell"].isna().any() == (method == "partial_dependence")
    assert load["share"].sum() / 2 == pytest.approx(1.0 if method == "partial_dependence" else 0.8, abs=0.1)
    assert global_(model, table, method=method, sample=60, columns=["at"]).table["column"].unique().tolist() == ["at"]


def test_path_dependent_values_add_up(table: pd.DataFrame):
    for task in ("regression", "classification"):
        model = small_model(table, task)
        matrix = model.preparation.transform(table.head(10))
        view = tree_view(model.members[0].fitted[0], matrix)
        base, values = path_values(view, matrix)
        assert values.shape == (10, len(COLUMNS), 1)
        np.testing.assert_allclose(base + values.sum(axis=1), view.trees.raw(matrix), atol=1e-10)
        np.testing.assert_allclose(view.forest.raw(matrix.values), view.trees.raw(matrix), atol=1e-12)
        start, exact = view.values(matrix, matrix)
        np.testing.assert_allclose(start + exact.sum(axis=1), view.trees.raw(matrix), atol=1e-12)
    assert tree_view(model.members[1].fitted[0], matrix) is None
    none, empty = path_values(view, matrix.take(slice(0, 0)))
    assert (none.shape, empty.shape) == ((1,), (0, len(COLUMNS), 1))


def test_notes(table: pd.DataFrame):
    model = small_model(table)
    known = Known.learn(model.preparation.transform(table))
    assert Known.from_dict(known.to_dict()) == known
    said = [say(note.code, note.values)["en"] for note in known.overall()]
    assert said[0].startswith("load is missing in ")
    assert said[0].endswith("% of the rows.")
    assert said[1] == "speed and twin are correlated (1.00): their credit is shared between them."
    asked = table.head(3).copy()
    asked.loc[0, "speed"], asked.loc[1, "die"], asked.loc[2, "twin"] = 99.0, "Z", np.nan
    found = rows(model, asked, table, known=known)
    words = [[say(note.code, note.values) for note in notes] for notes in found.row_notes]
    assert words[0][0]["en"].startswith("speed = 99 is outside the training range, ")
    assert words[1][0]["en"] == "die = Z did not occur in training; it counts as missing."
    assert words[2][0]["ja"] == "twinがこの行で欠損しています(学習データでの欠損率は0%)。"
    assert [len(row) for row in words] == [1, 1, 1]


def test_every_word_has_both_languages():
    values = {
        "column": "x", "other": "y", "share": 0.3, "value": 0.97, "low": 0.0, "high": 1.0, "count": 3, "n": 9,
        "draws": 4,
    }  # fmt: skip
    for code in WORDS:
        said = say(code, values)
        assert said["en"]
        assert said["ja"]
        assert "{" not in said["en"] + said["ja"]


def test_columns_may_be_numbered(table: pd.DataFrame):
    numbered = table.rename(columns={"speed": 0, "load": 1})
    model = small_model(numbered)
    known = Known.learn(model.preparation.transform(numbered))
    found = rows(model, numbered.head(2), numbered, known=known)
    assert found.columns[:2] == ("0", "1")
    for method in ("partial_dependence", "ale"):
        assert set(global_(model, numbered, method=method, sample=30, columns=["0"]).table["column"]) == {"0"}


def test_nothing_correlates_with_nothing():
    nothing = Matrix(np.full((4, 2), np.nan), ("a", "b"), ("a", "b"), (0, 1), (0, 0))
    assert Known.learn(nothing).alike == ()
    assert [note.values["share"] for note in Known.learn(nothing).overall()] == [1.0, 1.0]


def test_all_methods_are_named():
    assert GLOBAL_METHODS == ("permutation_importance", "shap", "fast_shap", "partial_dependence", "ale")
