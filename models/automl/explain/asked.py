"""What an explainer needs of a model: a part of `models.automl.model.Model`, so that tests can bring theirs."""

from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd

from models.automl.algorithms.base import Fitted, Task
from models.automl.matrix import Floats, Matrix

__all__ = ["Explainable", "Part", "outputs_of"]


class Preparing(Protocol):
    """How tables become matrices."""

    def transform(self, table: pd.DataFrame) -> Matrix:
        """Column by column, so that cells can be moved between rows after it."""
        ...


class Part(Protocol):
    """One algorithm of the blend."""

    @property
    def weight(self) -> float:
        """Its share; the shares sum to 1."""
        ...

    @property
    def fitted(self) -> tuple[Fitted, ...]:
        """Refits under different seeds, averaged."""
        ...


class Named(Protocol):
    """What is foretold."""

    @property
    def name(self) -> str:
        """The target's column."""
        ...

    @property
    def classes(self) -> tuple[Any, ...]:
        """Labels; empty for regression."""
        ...


class Explainable(Protocol):
    """A trained model."""

    @property
    def task(self) -> Task:
        """Classification or regression."""
        ...

    @property
    def target(self) -> Named:
        """What it foretells."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The user's columns that it reads."""
        ...

    @property
    def preparation(self) -> Preparing:
        """From a table to the matrix."""
        ...

    @property
    def members(self) -> Sequence[Part]:
        """The blend."""
        ...

    def predict_matrix(self, matrix: Matrix) -> Floats:
        """(n, outputs): probabilities, or values (n, 1): the space that is explained."""
        ...


def outputs_of(model: Explainable) -> tuple[str, ...]:
    """A name for each number of a prediction: the classes, or the target."""
    return tuple(str(label) for label in model.target.classes) or (model.target.name,)
