"""From a table to series without gaps: rows in order, values on the timeline, exogenous columns as axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.rank.document import Said
from models.tasks.forecasting.past import Past
from models.tasks.forecasting.timeline import Timeline, moments
from models.tasks.options import Chosen
from models.tasks.tables import Space, column, numbers, picked
from models.tasks.words import say

__all__ = ["Read", "read"]

FEWEST = 10
"""Rows below which nothing can be held back to judge a forecast."""


@dataclass(frozen=True)
class Read:
    """``past``: all series; ``names``: of the series; ``space``: of the exogenous columns, or None."""

    past: Past
    names: tuple[str, ...]
    dates: str
    exogenous: tuple[str, ...]
    timeline: Timeline
    space: Space | None
    notes: list[Said]


def _series(chosen: Chosen, target: str | None) -> tuple[str, ...]:
    names = chosen["endogenous_variables"] or ()
    if not names and target is None:
        raise StudyError("forecasting needs option 'endogenous_variables', a list of the columns to forecast")
    if target is not None and names and target not in names:
        raise StudyError(
            f"target {target!r} is not among endogenous_variables {list(names)}; name it there, or no target"
        )
    return tuple(names) or (str(target),)


def _ordered(when: pd.DatetimeIndex, name: str, counted: bool) -> Ints:
    """Rows in order of time. Raises `StudyError` for an instant that occurs twice."""
    order = np.argsort(when.asi8, kind="stable")
    same = np.flatnonzero(np.diff(when.asi8[order]) == 0)
    if len(same):
        first = when[order[same[0]]]
        raise StudyError(
            f"column {name!r} holds {when.asi8[order[same[0]]] if counted else first} "
            f"{'twice' if len(same) == 1 else 'and others repeatedly'}; a "
            "series has one row per instant: take one series, or sum up the rows of an instant"
        )
    return order


def _filled(values: Floats, places: Ints, n: int) -> Floats:
    """(n,) the values at their places, straight lines between them."""
    known = np.isfinite(values)
    return np.asarray(np.interp(np.arange(float(n)), places[known], values[known]))


def read(table: pd.DataFrame, target: str | None, chosen: Chosen) -> Read:
    """Check and arrange. Raises `StudyError` naming the column and what is wrong with it."""
    dates = chosen["datetime_index"]
    if dates is None:
        raise StudyError("forecasting needs option 'datetime_index', the column of dates")
    names = _series(chosen, target)
    exogenous = _exogenous(table, chosen, (dates, *names))
    when, counted = moments(column(table, dates, "which datetime_index names"), dates)
    if len(table) < FEWEST:
        raise StudyError(f"{len(table)} row(s) are too few to forecast from; give at least {FEWEST}")
    order = _ordered(when, dates, counted)
    notes = [] if (np.diff(order) > 0).all() else [say("not_in_order", {"column": dates})]
    when, rows = when[order], table.iloc[order].reset_index(drop=True)
    timeline = Timeline.of(when, counted)
    places = np.arange(len(when)) if timeline.kind == "row" else timeline.places(when)
    if timeline.kind == "row":
        notes.append(say("irregular"))
    elif timeline.n > len(when):
        notes.append(say("gaps", {"count": timeline.n - len(when)}))
    y = np.empty((timeline.n, len(names)))
    for at, name in enumerate(names):
        values = numbers(rows, name, "which is to be forecast")
        missing = int(np.isnan(values).sum())
        if missing > len(values) / 2:
            raise StudyError(f"column {name!r} lacks {missing} of {len(values)} values; more than half must be there")
        if missing:
            notes.append(say("filled", {"count": missing, "column": name}))
        y[:, at] = _filled(values, places, timeline.n)
    space, x = _axes(rows, exogenous, places, timeline.n, chosen, notes)
    return Read(Past(y, x, timeline.seasons()), names, dates, exogenous, timeline, space, notes)


def _exogenous(table: pd.DataFrame, chosen: Chosen, besides: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(chosen["exogenous_variables"] or ())
    for name in wanted:
        column(table, name, "which exogenous_variables names")
        if name in besides:
            raise StudyError(f"column {name!r} is forecast or holds the dates, so it cannot be exogenous; take it off")
    left = picked(table, chosen["include_column_list"], chosen["exclude_column_list"], besides)
    needed = chosen["include_column_list"] or ()
    return tuple(name for name in dict.fromkeys([*wanted, *needed]) if name in left)


def _axes(
    rows: pd.DataFrame, names: Sequence[str], places: Ints, n: int, chosen: Chosen, notes: list[Said]
) -> tuple[Space | None, Floats]:
    if not names:
        return None, np.empty((n, 0))
    space = Space.fit(rows, names, rare=False, kept=names, needed=chosen["include_column_list"] or ())
    notes += space.notes()
    points = space.points(rows)
    return space, np.column_stack([_filled(points[:, at], places, n) for at in range(points.shape[1])])
