"""The adjusted effect of one setting: a model of the loss given the setting and everything it should be adjusted for.

g-computation: ``gain(window) = mean f(x, z) - mean f(clip(x, window), z)`` with ``f`` the fitted mean loss. ``z`` is
context, everything upstream and the other settings of the same stage; never anything downstream (a mediator would
take the credit), never a column derived from the setting. Valid where ``z`` holds every common cause of setting and
loss, and where other units ran inside the window under comparable ``z``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.basis import Curve, Levels, Term, term
from models.rank.gate import effective_scores, shapes
from models.rank.glm import Fit, fit, solve

__all__ = ["Effect", "Setting", "fit_effect"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KNOTS = 12
CURVE_ORDER = 2
FREE_LEVELS = 8
MOST_COLUMNS = 150
FEWEST_KNOTS, MOST_KNOTS = 5, 7
"""Smooth columns for everything adjusted for, shared out. Never a straight line alone: a cliff of a setting that was
changed together with this one would be taken for this one's effect."""


@dataclass(frozen=True)
class Setting:
    """A setting's own columns: ``main`` (penalised), ``free`` (not), ``mixed`` (what interactions are built from)."""

    curve: Curve | None
    levels: Levels | None

    @classmethod
    def of(cls, values: pd.Series, knots: int) -> "Setting":
        if values.dtype == "float64":
            return cls(Curve.of(values.to_numpy(dtype=np.float64), knots, CURVE_ORDER), None)
        return cls(None, Levels.of(values))

    def columns(self, values: pd.Series | Floats) -> tuple[Floats, Floats, Floats]:
        """(free, main, mixed), each (n, ·)."""
        if self.levels is not None:
            columns = self.levels.columns(pd.Series(values))
            nothing = np.zeros((len(columns), 0))
            # A few levels are estimated freely: shrinking one away would claim to know that it does nothing.
            free = len(self.levels.levels) <= FREE_LEVELS
            return (columns, nothing, columns) if free else (nothing, columns, columns)
        assert self.curve is not None
        numbers = np.asarray(values, dtype=np.float64)
        line = self.curve.line(numbers)[:, None]
        bend = np.clip(line, -2.5, 2.5) ** 2 - 1.0
        return line, self.curve.rough(numbers), np.hstack([line, bend])


@dataclass(frozen=True)
class Effect:
    """A fitted model of one setting, laid out so that the setting can be moved cheaply.

    ``phi``: (n, p) design, its columns ordered [z | free | main | mixed x simple].
    """

    model: Fit
    setting: Setting
    phi: Floats
    simple: Floats
    n_z: int
    scale: float
    """Standard deviation the loss was divided by (1 for classification)."""
    shift: float
    scores: Floats
    """(cells, d) what the gate tests, given everything that is adjusted for."""
    owners: tuple[str, ...]
    """(p,) the column that is adjusted for behind each column of the design; empty for the setting's own."""
    error: float
    """Standard error of what one standard deviation of the setting does to the loss, without any shrinkage."""

    def now(self, beta: Floats, rows: Ints | slice = slice(None)) -> Floats:
        """Expected loss as the units ran. (rows,)"""
        return self._mean(self.phi[rows] @ beta)

    def at(self, beta: Floats, values: pd.Series | Floats, rows: Ints | slice = slice(None)) -> Floats:
        """Expected loss of each row if the setting stood at each of ``values``. (rows, values)"""
        free, main, mixed = self.setting.columns(values)
        base = self.phi[rows, : self.n_z] @ beta[: self.n_z]
        own = beta[self.n_z :]
        f, m, c = free.shape[1], main.shape[1], mixed.shape[1]
        level = free @ own[:f] + main @ own[f : f + m]
        slopes = self.simple[rows] @ own[f + m :].reshape(c, -1).T
        return self._mean(base[:, None] + level[None, :] + slopes @ mixed.T)

    def saved(self, betas: Floats, value: pd.Series | Floats, rows: Ints) -> Floats:
        """Expected loss as the units ran minus that at one value, for many refits. (rows, refits)"""
        free, main, mixed = self.setting.columns(value)
        phi = self.phi[rows]
        now = self._mean(phi @ betas.T)
        z = phi[:, : self.n_z]
        own = np.hstack([free, main])[0]
        moved = z @ betas[:, : self.n_z].T + betas[:, self.n_z : self.n_z + len(own)] @ own
        slopes = betas[:, self.n_z + len(own) :].reshape(len(betas), mixed.shape[1], -1)
        moved += self.simple[rows] @ np.einsum("bcm,c->mb", slopes, mixed[0])
        return now - self._mean(moved)

    def products(self) -> dict[str, float]:
        """Wald statistic of the setting's product with each column that is adjusted for."""
        place = np.arange(len(self.owners))
        out = {}
        for name in dict.fromkeys(owner for owner in self.owners if owner):
            own = np.array([owner == name for owner in self.owners]) & (place >= self.n_z)
            beta = self.model.beta[own]
            out[name] = float(beta @ np.linalg.solve(self.model.cover[np.ix_(own, own)], beta)) if own.any() else 0.0
        return out

    def _mean(self, eta: Floats) -> Floats:
        return self.model.mean(eta) * self.scale + self.shift


def fit_effect(
    values: pd.Series, adjust: pd.DataFrame, loss: Floats, cells: Ints, n_cells: int, *, logistic: bool
) -> Effect:
    """Fit the loss on a setting and what it is adjusted for.

    ``values``: (n,) the setting, without missing values. ``adjust``: (n, k). ``loss``: (n,). ``cells``: (n,) resampling
    unit of each row.
    """
    n = len(loss)
    knots = int(np.clip(MOST_COLUMNS // max(adjust.shape[1], 1), FEWEST_KNOTS, MOST_KNOTS))
    terms = [term(adjust[column], knots) for column in adjust.columns]
    setting = Setting.of(values, int(np.clip(n_cells // 3, 4, KNOTS)))
    free, main, mixed = setting.columns(values)
    simple = np.hstack([np.zeros((n, 0)), *(part.simple for part in terms)])
    z = [np.ones((n, 1)), *(part.free for part in terms), *(part.shrunk for part in terms)]
    products = [mixed[:, [c]] * simple for c in range(mixed.shape[1])]
    blocks, owners = _labels(terms, list(adjust.columns), free.shape[1], main.shape[1], mixed.shape[1])
    n_z = sum(part.shape[1] for part in z)
    phi = np.hstack([*z, free, main, *products])
    scale, shift = (1.0, 0.0) if logistic else (float(loss.std()), float(loss.mean()))
    y = (loss - shift) / scale
    model = fit(phi, y, blocks, cells, n_cells, logistic=logistic)
    near = (model.beta[:n_z], model.lam[: int(blocks[:n_z].max()) + 1])
    null = solve(phi[:, :n_z], y, blocks[:n_z], cells, n_cells, logistic=logistic, start=near)
    tested = free if setting.levels is not None else shapes(values.to_numpy(dtype=np.float64), n_cells)
    scores, error = effective_scores(null, phi[:, :n_z], y, tested, cells, n_cells, logistic=logistic)
    return Effect(model, setting, phi, simple, n_z, scale, shift, scores, tuple(owners), error * scale)


def _labels(terms: Sequence[Term], names: Sequence[str], free: int, main: int, mixed: int) -> tuple[Ints, list[str]]:
    """Which penalty each column of the design shares, and which column of the table it speaks of."""
    unbound = 1 + sum(part.free.shape[1] for part in terms)
    blocks = [np.full(unbound, -1)]
    owners = [""] + [name for part, name in zip(terms, names, strict=True) for _ in range(part.free.shape[1])]
    count = 0
    for part, name in zip(terms, names, strict=True):
        if part.shrunk.shape[1]:
            blocks.append(np.full(part.shrunk.shape[1], count))
            owners += [name] * part.shrunk.shape[1]
            count += 1
    blocks += [np.full(free, -1), np.full(main, count)]
    owners += [""] * (free + main)
    own = [place for place, part in enumerate(terms) for _ in range(part.simple.shape[1])]
    blocks += [count + 1 + np.array(own, dtype=np.int64)] * mixed
    owners += [names[place] for place in own] * mixed
    return np.concatenate(blocks), owners
