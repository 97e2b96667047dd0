"""How the libraries write their trees down, read into `Tree`: the arguments of `Forest.of`, one reader per library."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints

__all__ = ["NAN", "NAN_IS_ZERO", "ZERO", "Bools", "Parts", "Tree", "lightgbm", "sklearn", "xgboost"]


Bools = NDArray[np.bool_]

NAN_IS_ZERO, ZERO, NAN = 0, 1, 2


@dataclass(frozen=True)
class Tree:
    """One tree; node 0 is the root. ``feature`` is -1 at leaves; ``left`` and ``right`` are places in the same tree.

    All arrays have one entry per node, ``value`` is (nodes, width), ``codes`` holds the listed codes of each
    categorical node.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing: Ints
    missing_left: Bools
    value: Floats
    codes: Mapping[int, Sequence[int]]
    listed_left: bool | Bools = True


class Parts(TypedDict):
    """The arguments of `Forest.of`."""

    trees: list[Tree]
    output: list[int]
    bias: Floats
    features: int
    single: bool


def _bits(words: NDArray[np.uint32]) -> list[int]:
    """The numbers of the set bits, lowest word first.

    >>> _bits(np.array([5, 1], dtype=np.uint32))
    [0, 2, 32]
    """
    found = np.flatnonzero(np.unpackbits(np.ascontiguousarray(words, dtype="<u4").view(np.uint8), bitorder="little"))
    return [int(code) for code in found]


# LightGBM: the model's text ------------------------------------------------------------------------------------------


def lightgbm(text: str) -> Parts:
    """From the text of a model. Inner node i of a tree stays i, leaf j becomes node (inner nodes + j)."""
    head, *blocks = re.split(r"^Tree=\d+\n", text.split("end of trees", 1)[0], flags=re.MULTILINE)
    about = _pairs(head)
    if not blocks:
        raise StudyError("the LightGBM model holds no tree; train it for at least one round")
    outputs = int(about["num_tree_per_iteration"])
    return {
        "trees": [_lightgbm_tree(_pairs(block)) for block in blocks],
        "output": [place % outputs for place in range(len(blocks))],
        "bias": np.zeros(outputs),
        "features": int(about["max_feature_idx"]) + 1,
        "single": False,
    }


def _pairs(text: str) -> dict[str, str]:
    return {line.partition("=")[0]: line.partition("=")[2] for line in text.splitlines() if line}


def _lightgbm_tree(parts: Mapping[str, str]) -> Tree:
    if parts.get("is_linear", "0") != "0":
        raise StudyError(
            "linear_tree models have no constant leaves and cannot be explained; train without linear_tree"
        )
    inner = int(parts["num_leaves"]) - 1
    leaves = np.array(parts["leaf_value"].split(), dtype=np.float64)

    def each(name: str, dtype: Any) -> Any:
        return np.concatenate([np.array(parts.get(name, "").split(), dtype=dtype)[:inner], np.zeros(inner + 1, dtype)])

    kind = each("decision_type", np.int64)
    categorical = (kind & 1).astype(np.bool_)
    threshold = each("threshold", np.float64)
    children = [
        np.where(side >= 0, side, inner + ~side) for side in (each("left_child", int), each("right_child", int))
    ]
    feature = each("split_feature", np.int64)
    feature[inner:] = -1
    start = [int(word) for word in parts.get("cat_boundaries", "").split()]
    words = np.array(parts.get("cat_threshold", "").split(), dtype=np.uint32)
    sets = {int(node): int(threshold[node]) for node in np.flatnonzero(categorical)}
    return Tree(
        feature=feature,
        threshold=threshold,
        left=children[0],
        right=children[1],
        missing=np.where(categorical, NAN, kind >> 2 & 3),
        missing_left=(kind & 2).astype(np.bool_) & ~categorical,
        value=np.concatenate([np.zeros(inner), leaves])[:, None],
        codes={node: _bits(words[start[place] : start[place + 1]]) for node, place in sets.items()},
    )


# scikit-learn --------------------------------------------------------------------------------------------------------


def sklearn(estimator: Any) -> Parts:
    """From a fitted tree, forest or HistGradientBoosting estimator."""
    if hasattr(estimator, "_predictors"):
        return _histogram(estimator)
    members = estimator.estimators_ if hasattr(estimator, "estimators_") else [estimator]
    if not all(hasattr(member, "tree_") for member in members) or getattr(estimator, "n_outputs_", 1) != 1:
        raise StudyError(f"{type(estimator).__name__} is no additive tree model of one target; explain its predictions")
    trees = [_sklearn_tree(member.tree_, 1 / len(members)) for member in members]
    return {
        "trees": trees,
        "output": [0] * len(trees),
        "bias": np.zeros(trees[0].value.shape[1]),
        "features": int(estimator.n_features_in_),
        "single": True,
    }


def _sklearn_tree(tree: Any, share: float) -> Tree:
    return Tree(
        feature=np.where(tree.children_left < 0, -1, tree.feature),
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing=np.full(tree.node_count, NAN),
        missing_left=tree.missing_go_to_left.astype(np.bool_),
        value=tree.value[:, 0, :] * share,
        codes={},
    )


def _histogram(estimator: Any) -> Parts:
    place, categories = _remapped(estimator)
    rounds = estimator._predictors  # noqa: SLF001 - the only place where the trees are
    trees = [_histogram_tree(tree, place, categories) for made in rounds for tree in made]
    return {
        "trees": trees,
        "output": [output for made in rounds for output in range(len(made))],
        "bias": np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(-1),  # noqa: SLF001
        "features": int(estimator.n_features_in_),
        "single": False,
    }


def _remapped(estimator: Any) -> tuple[Ints, dict[int, Ints]]:
    """The estimator puts its categorical columns first and numbers their values anew: the way back for both."""
    chosen = estimator.is_categorical_
    if chosen is None:
        return np.arange(estimator.n_features_in_), {}
    place = np.concatenate([np.flatnonzero(chosen), np.flatnonzero(~chosen)])
    encoder = estimator._preprocessor.named_transformers_["encoder"]  # noqa: SLF001
    known = [np.asarray(found, dtype=np.float64) for found in encoder.categories_]
    return place, {at: found[~np.isnan(found)].astype(np.int64) for at, found in enumerate(known)}


def _histogram_tree(tree: Any, place: Ints, categories: Mapping[int, Ints]) -> Tree:
    nodes = tree.nodes
    leaf = nodes["is_leaf"].astype(np.bool_)
    away = nodes["missing_go_to_left"].astype(np.bool_)
    feature = nodes["feature_idx"].astype(np.int64)
    codes: dict[int, list[int]] = {}
    for node in np.flatnonzero(nodes["is_categorical"].astype(np.bool_) & ~leaf):
        known = categories[int(feature[node])]
        left = np.isin(np.arange(len(known)), _bits(tree.raw_left_cat_bitsets[nodes["bitset_idx"][node]]))
        # What training had not seen goes the way of the missing: listed are the codes that do not.
        codes[int(node)] = [int(code) for code in known[left != away[node]]]
    return Tree(
        feature=np.where(leaf, -1, place[np.where(leaf, 0, feature)]),
        threshold=nodes["num_threshold"],
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        missing=np.full(len(nodes), NAN),
        missing_left=away,
        value=nodes["value"][:, None],
        codes=codes,
        listed_left=~away,
    )


# XGBoost: the model's JSON -------------------------------------------------------------------------------------------

_LOGIT = {"binary:logistic", "reg:logistic"}
_LOG = {"count:poisson", "reg:gamma", "reg:tweedie"}


def xgboost(booster: Any) -> Parts:
    """From a booster of trees with one number in each leaf."""
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    grown, objective = learner["gradient_booster"], learner["objective"]["name"]
    if grown["name"] == "gblinear":
        raise StudyError("an XGBoost model of kind gblinear holds no trees; explain its predictions")
    model = grown["model"] if "model" in grown else grown["gbtree"]["model"]
    weights = grown.get("weight_drop", [1.0] * len(model["trees"]))
    about = learner["learner_model_param"]
    outputs = max(1, int(about["num_class"]), int(about.get("num_target", 1)))
    score = np.array(re.findall(r"[^\[\],\s]+", about["base_score"]), dtype=np.float64)
    if objective in _LOGIT:
        score = np.log(score / (1 - score))
    elif objective in _LOG:
        score = np.log(score)
    return {
        "trees": [_xgboost_tree(tree, weight) for tree, weight in zip(model["trees"], weights, strict=True)],
        "output": [int(output) for output in model["tree_info"]],
        "bias": np.broadcast_to(score, outputs).copy(),
        "features": int(about["num_feature"]),
        "single": True,
    }


def _xgboost_tree(tree: Mapping[str, Any], weight: float) -> Tree:
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise StudyError(
            "XGBoost trees with a vector in each leaf are not supported; use multi_strategy one_output_per_tree"
        )
    left = np.array(tree["left_children"], dtype=np.int64)
    condition = np.array(tree["split_conditions"], dtype=np.float32)
    parts = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    leaf = left < 0
    return Tree(
        feature=np.where(leaf, -1, np.array(tree["split_indices"], dtype=np.int64)),
        threshold=np.nextafter(condition, np.float32(-np.inf)).astype(np.float64),  # XGBoost asks x < condition
        left=left,
        right=np.array(tree["right_children"], dtype=np.int64),
        missing=np.full(len(left), NAN),
        missing_left=np.array(tree["default_left"], dtype=np.bool_),
        value=np.where(leaf, condition.astype(np.float64) * weight, 0.0)[:, None],
        codes={int(node): tree["categories"][start : start + size] for node, start, size in parts},
        listed_left=False,
    )
