"""What every recommender can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.arrays import packed, unpacked
from models.tasks.recommendation.ratings import Ratings

__all__ = ["CannotFit", "Scorer", "single"]


class CannotFit(Exception):  # noqa: N818 - an outcome: the caller goes on with other algorithms
    """This algorithm does not suit these ratings."""


def single(values: Floats) -> Floats:
    """Rounded to single precision, as they are kept: the fitted recommender is the restored one."""
    return values.astype(np.float32).astype(np.float64)


@dataclass(frozen=True)
class Scorer:
    """Every field of a subclass is an array."""

    configs: ClassVar[Sequence[Mapping[str, Any]]] = ({},)
    """Settings worth trying."""

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """Learn. Raises `CannotFit`."""
        raise NotImplementedError

    def score(self, ratings: Ratings, u: Ints, i: Ints) -> Floats:
        """(m,) expected ratings of pairs; -1 is a user or an item that training had not."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {field.name: packed(getattr(self, field.name), "<f4") for field in fields(self)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(**{field.name: unpacked(content[field.name]) for field in fields(cls)})
