"""Trees of other libraries in LightGBM's text: one form to keep, to audit, to predict with and to explain."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from models.automl.forest import Forest
from models.automl.matrix import Ints

__all__ = ["tree_text"]

NUMBER, MISSING_LEFT, NAN_IS_MISSING = 0, 2, 8


def tree_text(forest: Forest, outputs: Iterable[int], count: Ints) -> str:
    """A text whose raw score is the forest's for these of its outputs, without its bias.

    Numbers only: the trees must not have categorical tests, and ``missing`` must be NAN throughout. ``count``: per
    node the rows of training that came through, (nodes,).
    """
    chosen = list(outputs)
    inner = forest.feature >= 0
    end = np.append(forest.root[1:], len(forest.feature))
    width = forest.value.shape[1]
    rounds: dict[int, list[list[int]]] = {output: [] for output in chosen}
    for tree, first in enumerate(forest.output):
        for place in range(width):
            if int(first) + place in rounds:
                rounds[int(first) + place].append([tree, place])
    blocks: list[str] = []
    most = max(map(len, rounds.values()))
    for number in range(most):
        for output in chosen:
            tree, place = rounds[output][number]
            span = slice(int(forest.root[tree]), int(end[tree]))
            blocks.append(_block(len(blocks), forest, span, place, inner[span], count[span]))
    head = [
        "tree", "version=v4", f"num_class={len(chosen)}", f"num_tree_per_iteration={len(chosen)}", "label_index=0",
        f"max_feature_idx={forest.features - 1}",
        "feature_names=" + " ".join(f"f{place}" for place in range(forest.features)),
        "feature_infos=" + " ".join(["[0:1]"] * forest.features),
        "tree_sizes=" + " ".join(str(len(block)) for block in blocks),
    ]  # fmt: skip
    return "\n".join(head) + "\n\n" + "".join(blocks) + "end of trees\n"


def _block(number: int, forest: Forest, span: slice, place: int, inner: Any, count: Ints) -> str:
    first = span.start
    # Splits and leaves are numbered apart; a leaf is named by the complement of its number.
    name = np.where(inner, np.cumsum(inner) - 1, -np.cumsum(~inner))
    value = forest.value[span, place]
    lines: list[tuple[str, Any]] = [("num_leaves", [int((~inner).sum())]), ("num_cat", [0])]
    if inner.any():
        kind = NUMBER + NAN_IS_MISSING + MISSING_LEFT * forest.missing_left[span][inner]
        splits = int(inner.sum())
        lines += [
            ("split_feature", forest.feature[span][inner]),
            ("split_gain", np.zeros(splits, dtype=np.int64)),
            ("threshold", forest.threshold[span][inner]),
            ("decision_type", kind),
            ("left_child", name[forest.left[span][inner] - first]),
            ("right_child", name[forest.right[span][inner] - first]),
        ]
    lines += [("leaf_value", value[~inner])]
    if inner.any():
        lines += [
            ("leaf_weight", count[~inner]),
            ("leaf_count", count[~inner]),
            ("internal_value", np.zeros(splits, dtype=np.int64)),
            ("internal_weight", count[inner]),
            ("internal_count", count[inner]),
        ]
    lines += [("is_linear", [0]), ("shrinkage", [1])]
    text = "\n".join(f"{key}={' '.join(map(repr, np.asarray(found).tolist()))}" for key, found in lines)
    return f"Tree={number}\n{text}\n\n\n"
