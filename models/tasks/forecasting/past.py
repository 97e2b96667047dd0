"""What a forecaster learns from and gives, and what every forecaster can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, Protocol, Self

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints

__all__ = ["CannotFit", "Forecaster", "Past", "logged", "needs_statsmodels", "scaled", "unscaled"]

LONGEST_SEASON = 24
"""Steps of a season that exponential smoothing keeps a state for each of."""


class CannotFit(Exception):  # noqa: N818 - an outcome: the caller goes on with other algorithms
    """This algorithm has nothing to say about this series."""


def needs_statsmodels() -> None:
    """Raises `StudyError` where the library of the forecasts is not installed."""
    if find_spec("statsmodels") is None:
        raise StudyError("forecasting needs statsmodels, which is not installed; run: pip install 'genba[forecast]'")


@dataclass(frozen=True)
class Past:
    """``y``: (n, v), one column per series, without gaps. ``x``: (n, k) exogenous axes, or (n, 0).

    ``seasons``: steps of each season, the shortest first; not always whole. ``at``: the series meant, for forecasters
    of one series.
    """

    y: Floats
    x: Floats
    seasons: tuple[float, ...]
    at: int = 0

    @property
    def one(self) -> Floats:
        """The series meant, (n,)."""
        return np.asarray(self.y[:, self.at])

    def until(self, end: int) -> "Past":
        """What was known after ``end`` rows."""
        return replace(self, y=self.y[:end], x=self.x[:end])

    def whole_seasons(self, cycles: float, longest: float = np.inf) -> tuple[int, ...]:
        """Seasons as whole steps of which ``cycles`` fit into the past, no longer than ``longest``."""
        rounded = [round(each) for each in self.seasons]
        return tuple(each for each in rounded if each >= 2 and each * cycles <= len(self.y) and each <= longest)

    @property
    def short(self) -> int:
        """The season that smoothing can follow, or 1."""
        found = self.whole_seasons(2.0, LONGEST_SEASON)
        return found[-1] if found else 1


HIGHEST = 700.0
"""About the logarithm of the largest number."""


def logged(past: Past) -> tuple[bool, ...]:
    """Whether to try logarithms: only of values above 0."""
    return (False, True) if (past.one > 0).all() else (False,)


def scaled(past: Past, log: bool) -> Floats:
    """The series meant, or its logarithms. Raises `CannotFit` for logarithms of what is not above 0."""
    if log and not (past.one > 0).all():
        raise CannotFit("values of 0 or less have no logarithm")
    return np.log(past.one) if log else past.one


def unscaled(values: Floats, log: bool) -> Floats:
    """Back from logarithms."""
    return np.asarray(np.exp(np.minimum(values, HIGHEST)) if log else values)


class Forecaster(Protocol):
    """One way to forecast. What it keeps is enough to forecast: no library is needed for that."""

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """Settings worth trying on such a past, JSON-able; none where it does not suit."""
        ...

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Learn; raises `CannotFit`."""
        ...

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """(m,) values ``ahead`` steps after the end, with the exogenous axes (m, k) then."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        ...

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        ...
