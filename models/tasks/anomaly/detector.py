"""What every detector of anomalies can do."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from models.automl.matrix import Floats

__all__ = ["Detector"]


class Detector(Protocol):
    """Scores points: the higher, the less like the others; 0 or more, without a meaning of their own."""

    @classmethod
    def fit(cls, points: Floats, seed: int) -> tuple[Self, Floats]:
        """The detector, and the scores of the points (n,) it was fitted on, none of them its own witness."""
        ...

    def score(self, points: Floats) -> Floats:
        """(n, p) → (n,)."""
        ...

    def params(self) -> dict[str, Any]:
        """What a reader of the catalog wants to know."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        ...

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        ...
