"""Which shape the weather has: a straight line, or heating below and cooling above a change-point.

The shape with the smallest squared error on days it was not fitted on (five blocks of neighbouring days, each
predicted from the others) is taken; a change-point must lower it by 2 %, and a second one by 2 % more, for a line has
fewer ways to fit noise. Heating or cooling that would give energy back is no shape. Change-points are sought at the
deciles of the hours seen, then between them. Source: change-point models of ASHRAE Guideline 14 (2P to 5P), in own
words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.energy.terms import Hours, Term, design

__all__ = ["folds", "held_out", "weather_terms"]

Floats = NDArray[np.float64]

FOLDS = 5
WORTH = 0.02
"""A change-point must lower the squared error by this share."""
FINE = 15
"""Places tried between two deciles."""
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def folds(hours: Hours) -> NDArray[np.int64]:
    """A block of neighbouring days for every hour, 0 … FOLDS-1; of neighbouring hours, if there are fewer days."""
    days, codes = np.unique(hours.day, return_inverse=True)
    if len(days) < FOLDS:
        return np.arange(hours.n) * FOLDS // max(hours.n, 1)
    return np.asarray(codes * FOLDS // len(days))


def held_out(x: Floats, y: Floats, fold: NDArray[np.int64]) -> Floats:
    """Predictions for each block of days from the others, shape (n,)."""
    predicted = np.full(len(y), y.mean())
    for block in range(FOLDS):
        test = fold == block
        if test.any() and not test.all():
            coef = np.linalg.lstsq(x[~test], y[~test], rcond=None)[0]
            predicted[test] = x[test] @ coef
    return predicted


def weather_terms(hours: Hours, others: Sequence[Term]) -> list[Term]:
    """Terms for every weather column, chosen one column after the other."""
    fold = folds(hours)
    chosen: list[Term] = []
    for column in hours.weather.columns:
        values = hours.weather[column].to_numpy()
        if float(np.std(values)) == 0.0:
            continue
        points = sorted({float(f"{point:.3g}") for point in np.quantile(values, DECILES)})
        mean = float(np.average(values, weights=hours.length))
        best, least = [Term("weather", column, "linear", mean)], np.inf
        for shapes in ([best], list(_single(column, points)), list(_double(column, points))):
            errors = [_error(hours, [*others, *chosen], shape, fold) for shape in shapes]
            place = int(np.argmin(errors)) if errors else 0
            if errors and (len(shapes) == 1 or errors[place] < least * (1 - WORTH)):
                best, least = shapes[place], errors[place]
        chosen += _refined(hours, [*others, *chosen], best, points)
    return chosen


def _refined(hours: Hours, others: Sequence[Term], shape: list[Term], points: Sequence[float]) -> list[Term]:
    """Each change-point moved to the best place between its neighbours, by the squared error of the fit."""
    for place, term in enumerate(shape):
        if term.level == "linear":
            continue
        at = points.index(term.point)
        low, high = points[max(at - 1, 0)], points[min(at + 1, len(points) - 1)]
        tried = [[*shape[:place], replace(term, point=point), *shape[place + 1 :]] for point in _between(low, high)]
        shape = min([shape, *tried], key=lambda one: _misfit(hours, [*others, *one]))
    return shape


def _between(low: float, high: float) -> list[float]:
    return [float(f"{point:.3g}") for point in np.linspace(low, high, FINE + 2)[1:-1]]


def _misfit(hours: Hours, terms: Sequence[Term]) -> float:
    x = design(hours, terms)
    return float(((hours.kwh - x @ np.linalg.lstsq(x, hours.kwh, rcond=None)[0]) ** 2).sum())


def _error(hours: Hours, others: Sequence[Term], shape: Sequence[Term], fold: NDArray[np.int64]) -> float:
    """Squared error on days held back; infinite where heating or cooling would give energy back."""
    x = design(hours, [*others, *shape])
    if shape[0].level != "linear":
        coef = np.linalg.lstsq(x, hours.kwh, rcond=None)[0]
        if (coef[-len(shape) :] <= 0).any():
            return np.inf
    return float(((hours.kwh - held_out(x, hours.kwh, fold)) ** 2).sum())


def _single(column: str, points: Sequence[float]) -> Iterator[list[Term]]:
    for point in points:
        yield [Term("weather", column, "below", point)]
        yield [Term("weather", column, "above", point)]


def _double(column: str, points: Sequence[float]) -> Iterator[list[Term]]:
    for place, point in enumerate(points):
        for higher in points[place::2]:
            yield [Term("weather", column, "below", point), Term("weather", column, "above", higher)]
