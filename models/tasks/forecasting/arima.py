"""ARIMA(p, d, q) of one series without a mean: what STL and regressions leave over.

w = y differenced d times; w(t) = a1 w(t-1) + … + ap w(t-p) + e(t) + b1 e(t-1) + … + bq e(t-q). Orders are chosen by
AICc on the last `RECENT` rows (orders of differing d are never compared by it: d = 1 only where the caller asks).
The parameters come from statsmodels; the recursion of the forecast stands here.

Source: Box, Jenkins, Reinsel and Ljung, Time series analysis, 5th edition 2015.

>>> rng = np.random.default_rng(0)
>>> y = np.zeros(300)
>>> for t in range(1, 300): y[t] = 0.8 * y[t - 1] + rng.normal()
>>> found = fit_arima(y, (1, 0, 0)); round(found.ar[0], 1)
0.8
>>> bool(np.allclose(found.forecast(2), y[-1] * found.ar[0] ** np.array([1, 2])))
True
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.forecasting.past import CannotFit

__all__ = ["Arima", "best_order", "fit_arima"]

RECENT = 1000
"""Rows at the end that parameters are estimated from."""
Order = tuple[int, int, int]


@dataclass(frozen=True)
class Arima:
    """``ar``, ``ma``: parameters; ``d``: 0 or 1; ``tail``: the last values of w; ``shocks``: of e; ``end``: y(n)."""

    ar: tuple[float, ...]
    ma: tuple[float, ...]
    d: int
    tail: tuple[float, ...]
    shocks: tuple[float, ...]
    end: float

    def forecast(self, steps: int) -> Floats:
        """The next values, (steps,)."""
        p, q = len(self.ar), len(self.ma)
        w, e = [*self.tail], [*self.shocks]
        for _ in range(steps):
            value = sum(self.ar[i] * w[-1 - i] for i in range(p)) + sum(self.ma[i] * e[-1 - i] for i in range(q))
            w.append(value)
            e.append(0.0)
        out = np.array(w[len(self.tail) :])
        return self.end + np.cumsum(out) if self.d else out

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        lists = {key: list(getattr(self, key)) for key in ("ar", "ma", "tail", "shocks")}
        return {**lists, "d": self.d, "end": self.end}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        ar, ma, tail, shocks = (tuple(map(float, content[key])) for key in ("ar", "ma", "tail", "shocks"))
        return cls(ar, ma, int(content["d"]), tail, shocks, float(content["end"]))


def _result(y: Floats, order: Order) -> Any:
    from statsmodels.tsa.arima.model import ARIMA

    w = np.diff(y[-RECENT:], order[1]) if order[1] else y[-RECENT:]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return ARIMA(w, order=(order[0], 0, order[2]), trend="n").fit(method_kwargs={"maxiter": 50})
    except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
        raise CannotFit(str(error)) from error


def fit_arima(y: Floats, order: Order) -> Arima:
    """Parameters and last states. Raises `CannotFit`."""
    p, d, q = order
    w = np.diff(y, d) if d else y
    if not (p or q) or np.ptp(w) == 0:
        return Arima((), (), d, (), (), float(y[-1]))
    found = _result(y, order)
    ar, ma = tuple(map(float, found.arparams)), tuple(map(float, found.maparams))
    if not np.isfinite([*ar, *ma]).all():
        raise CannotFit("parameters are not finite")
    return Arima(
        ar, ma, d, tuple(w[-p:].tolist()) if p else (), tuple(found.resid[-q:].tolist()) if q else (), float(y[-1])
    )


def best_order(y: Floats, orders: Sequence[Order]) -> Order:
    """The order with the lowest AICc; they share one d."""
    if np.ptp(np.diff(y)) == 0:
        return orders[0]
    best: tuple[float, Order] | None = None
    for order in orders:
        try:
            value = float(_result(y, order).aicc)
        except CannotFit:
            continue
        if np.isfinite(value) and (best is None or value < best[0]):
            best = (value, order)
    if best is None:
        raise CannotFit("no order of ARIMA fits")
    return best[1]
