"""Rare classes: rows weigh more, and the probabilities are put right again. Rows are never invented.

A model trained with weight w_c for class c learns p_w(c) ∝ w_c·p(c); so p(c) ∝ p_w(c) / w_c gives the probabilities of
the true mix back (exactly for a proper loss such as log-loss; `calibrate` takes care of the rest). What to do with a
rare class is decided by costs and threshold, not by pretending that it is common.

>>> of_class = class_weights(np.array([0, 1, 1, 1]), ("NG", "OK"), "balanced")
>>> of_class.round(3)
array([2.   , 0.667])
>>> true_mix(np.array([[0.5, 0.5]]), of_class)
array([[0.25, 0.75]])
"""

from collections.abc import Hashable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ingest.errors import StudyError, nearest
from models.automl.matrix import Floats, Ints

__all__ = ["class_place", "class_weights", "row_weights", "true_mix"]


def class_place(name: Any, classes: Sequence[Hashable], what: str) -> int:
    """The code of a class, also if it is spelt as text. Raises `StudyError` naming the nearest class."""
    for place, known in enumerate(classes):
        # True == 1 in Python, but they are different names of classes.
        if known == name and isinstance(known, bool | np.bool_) == isinstance(name, bool | np.bool_):
            return place
    spelt = [str(known) for known in classes]
    if str(name) in spelt:
        return spelt.index(str(name))
    raise StudyError(f"{what}: {name!r} is not a class of the target; {nearest(str(name), spelt)}")


def class_weights(
    truth: Floats | Ints, classes: Sequence[Hashable], option: str | Mapping[Any, float] | None
) -> Floats:
    """Weights of the classes (k,) from the option ``class_weight``; the mean over the rows ``truth`` (n,) is 1.

    ``"balanced"``: every class weighs the same in sum. A mapping: class → weight, 1 for those not named.
    Raises `StudyError` for unknown words and classes and for weights that are not positive.
    """
    counts = np.bincount(truth.astype(np.int64), minlength=len(classes)).astype(np.float64)
    weight = np.ones(len(classes))
    if isinstance(option, str):
        if option != "balanced":
            raise StudyError(f"class_weight {option!r} is unknown; write 'balanced' or {{class: weight}}")
        weight = 1 / np.maximum(counts, 1)
    elif option is not None:
        if not isinstance(option, Mapping):
            raise StudyError(f"class_weight {option!r} is unknown; write 'balanced' or {{class: weight}}")
        for name, value in option.items():
            if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value < np.inf:
                raise StudyError(f"class_weight of {name!r} is {value!r}; a weight is a number above 0")
            weight[class_place(name, classes, "class_weight")] = value
    return np.asarray(weight * counts.sum() / float(counts @ weight))


def row_weights(truth: Floats | Ints, classes: Sequence[Hashable], option: str | Mapping[Any, float] | None) -> Floats:
    """The weight of each row (n,), mean 1; all 1 for a regression (no ``classes``). Raises as `class_weights`."""
    if not classes:
        if option is not None:
            raise StudyError(f"class_weight {option!r} is for classification; leave it out")
        return np.ones(len(truth))
    return np.asarray(class_weights(truth, classes, option)[truth.astype(np.int64)])


def true_mix(predicted: Floats, class_weights: Floats) -> Floats:
    """Probabilities (n, k) of a model trained with weights, as they would be without."""
    out = predicted / class_weights
    return np.asarray(out / out.sum(1, keepdims=True))
