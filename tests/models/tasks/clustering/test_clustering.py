"""Planted clusters are found, their number too; where there are none, that is said."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.option_tables import ALGORITHMS
from models.tasks.protocol import fit_task
from tests.models.tasks.tables import codes, groups, rng

GROUPS = groups()


@pytest.mark.parametrize("name", list(ALGORITHMS["clustering"]))
def test_planted_clusters(name: str) -> None:
    model = fit_task("clustering", GROUPS, "truth", {"model_list": [name]})
    assert model.card.algorithm == name
    assert model.card.facts["training_params"] == {"n_clusters": 4}
    assert model.score(GROUPS, "truth", "adjusted_rand") > 0.98  # type: ignore[operator]
    assert model.card.facts["sizes"] == pytest.approx([120, 90, 60, 30], abs=2)
    assert model.card.facts["quality"] == "high"
    answers = model.predict(GROUPS)
    assert answers.predictions == [each["predictions"]["cluster"] for each in answers.results]
    assert sum(answers.results[0]["probabilities"].values()) == pytest.approx(1)


def test_a_shape_of_its_own() -> None:
    """Two crossing needles: only clouds with shapes can tell them apart."""
    draw = rng(0)
    long, thin = 5 * draw.normal(size=200), 0.1 * draw.normal(size=200)
    table = pd.DataFrame({"x": np.r_[long, thin], "y": np.r_[thin, long], "g": np.repeat([0, 1], 200)})
    model = fit_task("clustering", table, "g", {"model_list": ["GaussianMixture"], "n_clusters": 2})
    assert model.score(table, "g", "normalized_mutual_info") > 0.7  # type: ignore[operator]


def test_words_form_clusters_too() -> None:
    table = pd.DataFrame(
        {"colour": ["red", "blue"] * 50, "shape": ["round", "square"] * 50, "noise": rng(0).random(100)}
    )
    model = fit_task("clustering", table, None, {"n_clusters": 2})
    labels = model.predict(table).predictions
    assert labels is not None
    assert len(set(labels[::2])) == len(set(labels[1::2])) == 1


def test_no_structure() -> None:
    model = fit_task("clustering", pd.DataFrame(rng(0).normal(size=(300, 6)), columns=list("abcdef")), None)
    assert model.card.facts["quality"] == "low"
    assert "no_structure" in codes(model.card)


def test_metrics() -> None:
    model = fit_task("clustering", GROUPS, "truth", {"optimization_metric": "calinski_harabasz"})
    assert model.score(GROUPS, None, "silhouette") > 0.6  # type: ignore[operator]
    assert model.score(GROUPS, None, "neg_davies_bouldin") > -0.5  # type: ignore[operator]
    assert model.score(GROUPS.head(1), None, "silhouette") is None
    with pytest.raises(StudyError, match="name their column as the target"):
        model.score(GROUPS, None, "adjusted_rand")


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (GROUPS.head(4), {}, "too few"),
        (pd.DataFrame({"a": [1.0, 2.0] * 20}), {"n_clusters": 3}, "2 different row"),
        (GROUPS, {"n_clusters": 1}, "between 2 and 1000"),
        (GROUPS.assign(a=None, b=None, c=None)[["a", "b", "c"]], {}, "no column can be learnt from"),
    ],
)
def test_bad_calls(table: pd.DataFrame, options: dict[str, object], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        fit_task("clustering", table, None, options)
