"""Energy and what should explain it, summed over clock hours, and the columns of a linear model of both.

Everything is a sum over the hour, so a half-covered hour needs no special case, and sums over any period are sums of
hours: energy = base load × hours + Σ (energy per unit) × units + Σ (power per degree) × degree-hours. What is made is
split by product; a numeric column of the mix enters as units × (value − its mean in the baseline).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.energy.intervals import Intervals

__all__ = ["Hours", "Kind", "Term", "design", "hours_of", "mix_terms", "unseen"]

Floats = NDArray[np.float64]

Kind = Literal["volume", "mix", "weather"]

RAREST = 0.03
"""A product with a smaller share of what is made counts as one of the others: its own coefficient would be noise."""
TRACE = 1e-9
"""Shares below this are rounding."""
OTHERS = "(others)"


@dataclass(frozen=True)
class Term:
    """One column of the model.

    ``kind`` volume: the base load, ``column`` is empty. mix: units of ``level``, whose share was ``point``; without
    a level, units × (column − ``point``). weather: degree-hours of ``column`` from ``point`` on; ``level`` is linear,
    below or above. ``place``: hours beyond the point, the direction in which an uncertain change-point moves the model;
    its coefficient is 0, its error is not.
    """

    kind: Kind
    column: str = ""
    level: str = ""
    point: float = 0.0
    place: bool = False

    @property
    def name(self) -> str:
        if self.kind == "volume":
            return "base load"
        if self.kind == "weather":
            return self.column if self.level == "linear" else f"{self.column} {self.level} {self.point:g}"
        if not self.column:
            return "units"
        return f"units of {self.column}={self.level}" if self.level else f"units x {self.column}"

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        return cls(**said)


@dataclass(frozen=True)
class Hours:
    """n clock hours (or intervals, where those are longer) with every variable known.

    ``start``: UTC. ``day``: local day. ``length``: hours covered. ``made``: units; hours where none are counted.
    ``levels``: units by (column, level); ``amounts``: units × value by column; ``weather``: means.
    """

    start: pd.DatetimeIndex
    day: NDArray[Any]
    length: Floats
    kwh: Floats
    made: Floats
    good: Floats
    counted: bool
    levels: Mapping[tuple[str, str], Floats]
    amounts: Mapping[str, Floats]
    weather: pd.DataFrame

    @property
    def n(self) -> int:
        return len(self.kwh)

    def where(self, chosen: NDArray[np.bool_]) -> "Hours":
        """Some of the hours."""
        return Hours(
            self.start[chosen],
            self.day[chosen],
            self.length[chosen],
            self.kwh[chosen],
            self.made[chosen],
            self.good[chosen],
            self.counted,
            {key: units[chosen] for key, units in self.levels.items()},
            {key: units[chosen] for key, units in self.amounts.items()},
            self.weather[chosen].reset_index(drop=True),
        )


def hours_of(data: Intervals) -> Hours:
    """Sum intervals to clock hours. Intervals in which a variable is unknown are left out."""
    assert data.start is not None
    counted = data.made is not None
    made = data.made if data.made is not None else np.full(data.n, data.hours)
    good = data.good if data.good is not None else made
    known = np.isfinite(made) & np.isfinite(good) & data.weather.notna().all(axis=1).to_numpy()
    texts = [name for name in data.mix.columns if data.mix[name].dtype == object]
    numbers = [name for name in data.mix.columns if name not in texts]
    known &= data.mix[numbers].notna().all(axis=1).to_numpy() | (made == 0)
    grain = pd.Timedelta(hours=max(1.0, data.hours))
    table: dict[Any, Any] = {"start": data.start.floor("h") if data.hours < 1 else data.start}
    table |= {"length": np.full(data.n, data.hours), "kwh": data.kwh, "made": made, "good": good}
    for name in texts:
        said = data.mix[name].where(data.mix[name].notna(), OTHERS).astype(str)
        table |= {("level", name, level): np.where(said == level, made, 0.0) for level in sorted(set(said))}
    table |= {("amount", name): np.where(made == 0, 0.0, made * data.mix[name].fillna(0.0)) for name in numbers}
    table |= {("weather", name): data.weather[name].to_numpy() for name in data.weather.columns}
    frame = pd.DataFrame({key: np.asarray(value) for key, value in table.items() if key != "start"})
    groups = frame[known].groupby(np.asarray(table["start"].asi8)[known], sort=True)
    sums, means = groups.sum(), groups.mean()
    start = pd.DatetimeIndex(pd.to_datetime(sums.index.to_numpy(), unit=table["start"].unit, utc=True))
    local = (start + grain / 2).tz_convert(data.zone).tz_localize(None)
    weather = pd.DataFrame({name: means[("weather", name)].to_numpy() for name in data.weather.columns})
    return Hours(
        start=start,
        day=local.normalize().to_numpy().astype("datetime64[D]"),
        length=sums["length"].to_numpy(),
        kwh=sums["kwh"].to_numpy(),
        made=sums["made"].to_numpy(),
        good=sums["good"].to_numpy(),
        counted=counted,
        levels={key[1:]: sums[key].to_numpy() for key in table if isinstance(key, tuple) and key[0] == "level"},
        amounts={key[1]: sums[key].to_numpy() for key in table if isinstance(key, tuple) and key[0] == "amount"},
        weather=weather if len(weather.columns) else pd.DataFrame(index=range(len(start))),
    )


def mix_terms(hours: Hours) -> list[Term]:
    """What is made, split as far as these hours can tell: every product of the first column, then differences."""
    total = float(hours.made.sum())
    by_column: dict[str, list[tuple[str, float]]] = {}
    for (column, level), units in hours.levels.items():
        by_column.setdefault(column, []).append((level, float(units.sum()) / total if total > 0 else 0.0))
    terms: list[Term] = []
    for place, (column, levels) in enumerate(by_column.items()):
        frequent = sorted((level for level, share in levels if share >= RAREST and level != OTHERS), key=str)
        if place == 0:
            known = [(level, share) for level, share in levels if level in frequent]
            rest = 1.0 - sum(share for _, share in known)
            terms += [Term("mix", column, level, share) for level, share in sorted(known)]
            terms += [Term("mix", column, OTHERS, rest)] if rest > TRACE else []
        else:
            most = max(levels, key=lambda pair: pair[1])[0]
            terms += [Term("mix", column, level) for level in frequent if level != most]
    if not terms or not by_column:
        terms = [Term("mix")]
    for column, amounts in hours.amounts.items():
        terms.append(Term("mix", column, point=float(amounts.sum()) / total if total > 0 else 0.0))
    return terms


def design(hours: Hours, terms: Sequence[Term]) -> Floats:
    """The model's columns, shape (n, terms)."""
    columns = [_column(hours, term, terms) for term in terms]
    return np.column_stack(columns) if columns else np.empty((hours.n, 0))


def _column(hours: Hours, term: Term, terms: Sequence[Term]) -> Floats:
    if term.kind == "volume":
        return hours.length
    if term.kind == "weather":
        return hours.length * hinge(hours.weather[term.column].to_numpy(), term)
    if not term.column:
        return hours.made
    if not term.level:
        return hours.amounts[term.column] - term.point * hours.made
    own = hours.levels.get((term.column, term.level), np.zeros(hours.n))
    if term.point == 0.0:
        return own
    levels = [other.level for other in terms if other.column == term.column]
    new = hours.made - _units(hours, term.column, [level for level in levels if level != OTHERS])
    if term.level == OTHERS:
        return new
    # A product that the baseline never saw counts as the baseline's usual mix.
    return own if OTHERS in levels else own + term.point * new


def _units(hours: Hours, column: str, levels: Sequence[str]) -> Floats:
    """Units of some levels together."""
    total = np.zeros(hours.n)
    for level in levels:
        total += hours.levels.get((column, level), 0.0)
    return total


def unseen(hours: Hours, terms: Sequence[Term]) -> tuple[list[str], float]:
    """Products that the model has no coefficient for, and their share of the units."""
    first = next((term.column for term in terms if term.kind == "mix" and term.level and term.point > 0), None)
    known = {term.level for term in terms if term.column == first} | {OTHERS}
    new = [level for column, level in hours.levels if column == first and level not in known]
    total = float(hours.made.sum())
    made = [level for level in new if hours.levels[(str(first), level)].sum() > 0]
    return made, float(_units(hours, str(first), made).sum()) / total if total > 0 else 0.0


def hinge(value: Floats, term: Term) -> Floats:
    """Degrees below or above the change-point, or away from the baseline's mean."""
    if term.place:
        beyond = value < term.point if term.level == "below" else value > term.point
        return beyond.astype(np.float64)
    if term.level == "below":
        return np.maximum(term.point - value, 0.0)
    return np.maximum(value - term.point, 0.0) if term.level == "above" else value - term.point
