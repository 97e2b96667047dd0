"""Which states a setting reacts to, and which only show what it does, where no stage says so.

A state that operators react to is a common cause and has to be adjusted for; a state that carries or shows the effect
must not be. Both go along with the setting. For each state *s* tied to a setting *x* (both with context and time taken
out) three things are asked:

- *What does the past say?* If *x* drives *s*, the last *x* says nothing of *s* once *x* is known, while the last *s*
  still says something of *x* (if *x* has a memory); if *x* reacts to *s*, it is the other way round.
- *How close is the tie?* A state that follows a setting closely is taken for its consequence: a sensor of it, or what
  it is there to change. Operators who react follow loosely, for they react to other things as well.
- *Does it pass through the result?* A tie that is gone among units of the same result belongs to something written
  afterwards.

Two settings of different stages that go along with each other may have been changed together (by a recipe, a habit) or
the later one because of what the earlier one had done; the states between them tell (`Order.together`).

What is loosely tied, and not for one of these reasons downstream, is adjusted for. Assumption, said in a warning: a
setting does not act mainly through a state that it hardly moves.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.study.numbers import numbers_of

__all__ = ["Order"]

Floats = NDArray[np.float64]

TIED = 3.5
"""Standard errors from which two columns are tied at all."""
CLOSE = 0.35
"""Share of variance from which a state follows a setting."""
CLEAR, OVER = 4.0, 2.0
"""Standard errors of what the past says, and how much more it must say one way than the other."""
CHANGED_TOGETHER = 0.5
"""Share of variance from which two settings that do not show alone are asked together."""
THROUGH = 0.5
"""Share of a tie that must remain among units of the same result."""


@dataclass(frozen=True)
class Order:
    """Columns of a study with context and time taken out, standardised. ``loss``: the same of the loss."""

    columns: dict[str, Floats]
    loss: Floats

    @classmethod
    def of(cls, features: pd.DataFrame, loss: Floats, context: list[str]) -> "Order":
        """``features``: rows in order of time."""
        n = len(features)
        known, place = numbers_of(features, context), np.linspace(-1.0, 1.0, n)
        spread = known.std(axis=0)
        known = (known - known.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        given = np.column_stack([np.ones(n), known, known**2, *(place**k for k in range(1, 6))])
        left = [column for column in features.columns if column not in context]
        numeric = [column for column in left if features[column].dtype == "float64"]
        stacked = np.column_stack([numbers_of(features, numeric), loss])
        clean = stacked - given @ np.linalg.lstsq(given, stacked, rcond=1e-9)[0]
        clean = clean / np.maximum(clean.std(axis=0), 1e-12)
        return cls({column: clean[:, k] for k, column in enumerate(numeric)}, clean[:, -1])

    def reacts(self, setting: str, state: str) -> bool:
        """Does the setting react to the state, as far as these units tell?"""
        if setting not in self.columns or state not in self.columns:
            return False
        x, s = self.columns[setting], self.columns[state]
        n = len(x)
        tie = float(x @ s) / n
        if abs(tie) * np.sqrt(n) < TIED:
            return False
        forward, backward = _past(s, x), _past(x, s)
        if forward > CLEAR and forward > OVER * backward:
            return True
        if tie**2 > CLOSE or (backward > CLEAR and backward > OVER * forward):
            return False
        through = float(x @ self.loss) * float(s @ self.loss) / n**2
        rest = (tie - through) / max(1.0 - float(x @ self.loss) ** 2 / n**2, 1e-9)
        return abs(rest) > THROUGH * abs(tie)

    def looks_downstream(self, setting: str, state: str) -> bool:
        """Does a state go along with a setting as a consequence of it would?"""
        if setting not in self.columns or state not in self.columns:
            return False
        x, s = self.columns[setting], self.columns[state]
        forward, backward = _past(s, x), _past(x, s)
        return float(x @ s) ** 2 > CLOSE * len(x) ** 2 and not (forward > CLEAR and forward > OVER * backward)

    def close(self, one: str, other: str) -> bool:
        """Were two settings mostly changed together?"""
        if one not in self.columns or other not in self.columns:
            return False
        x, y = self.columns[one], self.columns[other]
        return float(x @ y) ** 2 > CHANGED_TOGETHER * len(x) ** 2

    def together(self, setting: str, later: str, between: list[str]) -> bool:
        """Was a later setting changed together with this one, and not because of what this one had done?

        A reaction goes through what is seen of the first setting: given the states ``between`` the two, nothing is left
        of the tie. A recipe or a habit that moves both leaves it.
        """
        if setting not in self.columns or later not in self.columns:
            return False
        x, y = self.columns[setting], self.columns[later]
        n = len(x)
        if abs(float(x @ y)) / np.sqrt(n) < TIED:
            return False
        seen = np.column_stack([np.zeros((n, 0)), *(self.columns[state] for state in between if state in self.columns)])
        both = np.column_stack([x, y])
        if seen.shape[1]:
            both = both - seen @ np.linalg.lstsq(seen, both, rcond=1e-9)[0]
        size = np.sqrt((both**2).sum(axis=0))
        return bool(size.min() > 0 and abs(float(both[:, 0] @ both[:, 1])) / size.prod() * np.sqrt(n) >= TIED)


def _past(one: Floats, other: Floats) -> float:
    """Standard errors of the last ``other`` in foretelling ``one`` when ``other`` itself is known."""
    now, before, told = other[1:], other[:-1], one[1:]
    slope = float(now @ before) / max(float(now @ now), 1e-12)
    fresh = before - slope * now
    rest = told - now * (float(now @ told) / max(float(now @ now), 1e-12))
    size = float(fresh @ fresh)
    if size < 1e-9 * len(fresh):
        return 0.0
    beta = float(fresh @ rest) / size
    left = rest - beta * fresh
    return abs(beta) / max(float(np.sqrt(fresh**2 @ left**2)) / size, 1e-12)
