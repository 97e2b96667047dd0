"""A model that was trained without some features, and does not look at them when it predicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.errors import StudyError
from models.automl.algorithms.base import Algorithm, Fitted
from models.automl.matrix import Floats, Matrix

__all__ = ["KIND", "Blanked", "load_fitted"]

KIND = "blanked"


@dataclass(frozen=True)
class Blanked:
    """``places``: features that were missing in training, and are made so before predicting."""

    fitted: Fitted
    places: tuple[int, ...]

    @property
    def rounds(self) -> int | None:
        """Those of the model inside."""
        return self.fitted.rounds

    def predict(self, matrix: Matrix) -> Floats:
        """As the model inside."""
        return self.fitted.predict(matrix.blank(self.places))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"kind": KIND, "places": list(self.places), "fitted": self.fitted.to_dict()}


def load_fitted(algorithm: Algorithm, content: Mapping[str, Any]) -> Fitted:
    """What an algorithm wrote, blanked or not. Raises `StudyError` for anything else."""
    if content.get("kind") != KIND:
        return algorithm.load(content)
    places, inside = content.get("places"), content.get("fitted")
    if not isinstance(places, list) or not all(type(place) is int and place >= 0 for place in places):
        raise StudyError(f"model file: places {places!r} are not features; train it again")
    if not isinstance(inside, Mapping):
        raise StudyError("model file: a blanked model holds no other; train it again")
    return Blanked(algorithm.load(inside), tuple(places))
