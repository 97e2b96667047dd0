"""Models of earlier releases: their text becomes a model of today, so that a catalog is read for years."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.automl.algorithms.boosted import load_boosted, trees_of
from models.automl.columns.categories import CategoryRecipe
from models.automl.columns.kinds import Column
from models.automl.columns.numbers import NumberRecipe
from models.automl.columns.prepare import Preparation, Recipe
from models.automl.decide import Decisions
from models.automl.explain.notes import Known
from models.automl.model import Member, Model, Quality
from models.automl.target import Target
from models.leaks.report import LeakReport

__all__ = ["RELEASE_1", "from_release_1"]

RELEASE_1 = "genba-model-1"
"""One LightGBM booster over numbers and levels, release 0.1."""


def from_release_1(content: Mapping[str, Any]) -> Model:
    """``content``: task, columns, levels, booster. Raises what a malformed mapping raises; the caller words it."""
    task = content["task"]
    binary = task == "classification"
    levels: Mapping[str, list[str]] = content["levels"]
    names = [str(column) for column in content["columns"]]
    recipes: list[Recipe] = [
        CategoryRecipe(name, tuple(levels[name]), {}) if name in levels else NumberRecipe(name) for name in names
    ]
    kinds = tuple(Column(name, "category" if name in levels else "number") for name in names)
    preparation = Preparation(kinds, tuple(recipes))
    trees = {
        "kind": "trees",
        "classes": 2 if binary else 0,
        "features": max(len(names), 1),
        "link": "logit" if binary else "identity",
        "rounds": None,
        "offset": [0.0],
        "scale": 1.0,
        "single": False,
        "fill": [],
        "encoding": None,
        "booster": trees_of(content["booster"]),
    }
    name = "LGBMClassifier" if binary else "LGBMRegressor"
    member = Member(name, {}, 1.0, (load_boosted(trees, task),))
    none = preparation.matrix(np.full((1, len(names)), np.nan))
    return Model(
        Target("loss", task, (0, 1) if binary else ()),
        preparation,
        (member,),
        Decisions(),
        Quality("roc_auc" if binary else "r2", None, None, None, None, None, None, 0, "folds"),
        LeakReport(()),
        Known.learn(none),
        none,
        {"format": RELEASE_1},
    )
