"""Which shape the weather has: a straight line, or heating below and cooling above a change-point.

The shape with the smallest squared error on days it was not fitted on (five blocks of neighbouring days, each
predicted from the others) is taken; a change-point must lower it by 2 %, for a line has fewer ways to fit noise.
Change-points are sought at the deciles of the hours seen. Source: change-point models of ASHRAE Guideline 14 (2P to
5P), in own words.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.energy.terms import Hours, Term, design

__all__ = ["folds", "held_out", "weather_terms"]

Floats = NDArray[np.float64]

FOLDS = 5
WORTH = 0.02
"""A change-point must lower the squared error by this share."""
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
        best, least = [Term("weather", column, "linear", float(np.average(values, weights=hours.length)))], np.inf
        for place, shape in enumerate([best, *_shapes(column, values)]):
            x = design(hours, [*others, *chosen, *shape])
            error = float(((hours.kwh - held_out(x, hours.kwh, fold)) ** 2).sum())
            # The line comes first, and stays unless something is clearly better.
            if place == 0 or error < least * ((1 - WORTH) if best[0].level == "linear" else 1):
                best, least = shape, error
        chosen += best
    return chosen


def _shapes(column: str, values: Floats) -> Iterator[list[Term]]:
    points = sorted({float(f"{point:.3g}") for point in np.quantile(values, DECILES)})
    for place, point in enumerate(points):
        yield [Term("weather", column, "below", point)]
        yield [Term("weather", column, "above", point)]
        for higher in points[place::2]:
            yield [Term("weather", column, "below", point), Term("weather", column, "above", higher)]
