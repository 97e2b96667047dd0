"""A LightGBM model's text is judged before LightGBM reads it: its reader trusts what it is given, and would crash."""

from collections.abc import Mapping

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints

__all__ = ["audited"]

HEADER = {
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective", "average_output",
    "feature_names", "monotone_constraints", "feature_infos", "tree_sizes",
}  # fmt: skip
PER_SPLIT = {"split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child",
             "internal_value", "internal_weight", "internal_count"}  # fmt: skip
PER_LEAF = {"leaf_value", "leaf_weight", "leaf_count"}
TREE = PER_SPLIT | PER_LEAF | {"num_leaves", "num_cat", "cat_boundaries", "cat_threshold", "is_linear", "shrinkage"}
END = "end of trees\n"


def audited(text: str, features: int, outputs: int) -> str:
    """The text if it describes trees over ``features`` features with ``outputs`` values per round.

    Raises `StudyError` for other numbers of features or outputs, wrong lengths, children that lead back, thresholds or
    leaves that are not finite, unknown keys, and anything after the trees.
    """
    head, *blocks = text.split("Tree=")
    if not text.startswith("tree\n") or not text.endswith(END) or not blocks:
        raise _refused("it is not a list of trees")
    header = _pairs(head.removeprefix("tree\n").splitlines(), HEADER)
    if header.get("version") != "v4" or header.get("max_feature_idx") != str(features - 1):
        raise _refused("version or number of features is not ours")
    if header.get("num_class") != str(outputs) or header.get("num_tree_per_iteration") != str(outputs):
        raise _refused("number of outputs is not ours")
    if len(header.get("feature_names", "").split(" ")) != features:
        raise _refused("number of names is not that of the features")
    trees = [*blocks[:-1], blocks[-1].removesuffix(END)]
    if header.get("tree_sizes", "").split(" ") != [str(len("Tree=") + len(tree.encode())) for tree in trees]:
        raise _refused("tree_sizes is not the length of the trees")
    if len(trees) % outputs:
        raise _refused("a round is not complete")
    for place, tree in enumerate(trees):
        number, *lines = tree.splitlines()
        if number != str(place):
            raise _refused(f"tree {place} is missing")
        _tree(_pairs(lines, TREE), features)
    return text


def _refused(why: str) -> StudyError:
    return StudyError(f"model file of lightgbm: {why}; train it again")


def _pairs(lines: list[str], known: set[str]) -> dict[str, str]:
    found = {}
    for line in filter(None, lines):
        key, _, value = line.partition("=")
        if key not in known or key in found:
            raise _refused(f"{key[:40]!r} is unknown or twice")
        found[key] = value
    return found


def _numbers(tree: Mapping[str, str], key: str, length: int) -> Floats:
    try:
        values = np.array(tree[key].split(), dtype=np.float64)
    except (KeyError, ValueError):
        raise _refused(f"{key} is not numbers") from None
    # A split between what is missing and all the rest has an infinite threshold.
    sound = np.isfinite(values) | (values == np.inf if key == "threshold" else False)
    if len(values) != length or not sound.all():
        raise _refused(f"{key} is not {length} finite numbers")
    return values


def _wholes(tree: Mapping[str, str], key: str, length: int, low: int, high: int) -> Ints:
    values = _numbers(tree, key, length)
    if length and (values.min() < low or values.max() > high or (values != np.floor(values)).any()):
        raise _refused(f"{key} is not whole numbers from {low} to {high}")
    return values.astype(np.int64)


def _tree(tree: Mapping[str, str], features: int) -> None:
    leaves = int(_wholes(tree, "num_leaves", 1, 1, 2**20)[0])
    categories = int(_wholes(tree, "num_cat", 1, 0, 2**20)[0])
    _wholes(tree, "is_linear", 1, 0, 0)
    _numbers(tree, "shrinkage", 1)
    for key in sorted(PER_LEAF & tree.keys() | {"leaf_value"}):
        if leaves > 1 or key == "leaf_value":
            _numbers(tree, key, leaves)
    if leaves == 1:
        return
    splits = leaves - 1
    for key in sorted(PER_SPLIT):
        _numbers(tree, key, splits)
    _wholes(tree, "split_feature", splits, 0, features - 1)
    kinds = _wholes(tree, "decision_type", splits, 0, 15)
    for side in ("left_child", "right_child"):
        child = _wholes(tree, side, splits, -leaves, splits - 1)
        # LightGBM numbers a split after the one above it: no way leads back up.
        if ((child >= 0) & (child <= np.arange(splits))).any():
            raise _refused(f"{side} leads back")
    if categories:
        bounds = _wholes(tree, "cat_boundaries", categories + 1, 0, 2**24)
        words = _wholes(tree, "cat_threshold", int(bounds[-1]), 0, 2**32 - 1)
        if bounds[0] != 0 or (np.diff(bounds) < 1).any() or len(words) != bounds[-1]:
            raise _refused("cat_boundaries does not rise")
    chosen = _numbers(tree, "threshold", splits)[(kinds & 1) == 1]
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= categories or (chosen != np.floor(chosen)).any()):
        raise _refused("threshold of a category is not in cat_boundaries")
