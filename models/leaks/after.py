"""Columns written after the outcome: later time stamps, running counts of the target, a look ahead.

``y`` and a column *x* in the order of time (or of the table). If  y_t  is a straight line in  (x_t, x_{t-1}),  then *x*
is a running sum, a running mean or an exponentially weighted one that holds the outcome of its own row. A moving mean
over *k* rows adds  y_{t-k}.  If  x_t = y_{t+1},  it looks ahead. Columns that hold only earlier outcomes are honest.
"""

from collections.abc import Iterator

import numpy as np

from models.leaks.fits import trimmed
from models.leaks.report import Suspect
from models.leaks.view import Column, Floats, View

__all__ = ["later_instants", "running"]

LATER = 0.95
EXACT = 0.9995
FEWEST = 30
WINDOWS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 20, 24, 30, 50)
FEWEST_MISSING = 0.01


def later_instants(data: View, time: Column) -> Iterator[Suspect]:
    """Instants after the row's own time, and what is known exactly where they are."""
    assert time.values is not None
    for column in data.columns.values():
        if not column.instant or column.values is None:
            continue
        delay = column.values - time.values
        delay = delay[np.isfinite(delay)]
        if len(delay) < FEWEST or (delay > 0).mean() < LATER:
            continue
        hours = float(np.median(delay)) / 3600
        blanks = {"column": column.name, "other": time.name, "n": len(delay), "hours": hours,
                  "share": float((delay > 0).mean())}  # fmt: skip
        yield Suspect((column.name,), "after_the_fact", True, "later", blanks, "excluded", (column.name,))
        known = column.known
        if not FEWEST_MISSING <= known.mean() <= 1 - FEWEST_MISSING:
            continue
        for other in data.columns.values():
            if not other.instant and np.array_equal(other.known, known):
                blanks = {"column": other.name, "other": column.name, "n": len(delay)}
                yield Suspect((other.name,), "after_the_fact", True, "written_with", blanks, "excluded", (other.name,))


def running(data: View, starts: "np.ndarray[tuple[int], np.dtype[np.bool_]] | None" = None) -> Iterator[Suspect]:
    """``data``: rows in order of time. ``starts``: (n,) rows whose predecessor is of another group."""
    if data.n < FEWEST:
        return
    targets = [data.y] if data.task == "regression" else [
        (data.labels_of == label).astype(np.float64) for label in range(1 if data.classes == 2 else 0, data.classes)
    ]  # fmt: skip
    for column in data.numeric():
        if not column.known.all():
            continue
        for y in targets:
            found = _told(column, y, data, starts)
            if found is not None:
                yield found
                break


def _told(column: Column, y: Floats, data: View, starts: "np.ndarray[tuple[int], np.dtype[np.bool_]] | None") -> (
    Suspect | None
):  # fmt: skip
    assert column.values is not None
    x = column.values
    if np.ptp(y) == 0 or np.ptp(x) == 0:
        return None
    now, before = x[1:], x[:-1]
    inside = np.ones(len(now), dtype=np.bool_) if starts is None else ~starts[1:]
    if _line(before[:, None][inside], y[1:][inside]):
        return _suspect(column, data, "ahead")
    if column.n_levels == 2:
        return None
    if _line(np.column_stack([now, before])[inside], y[1:][inside]):
        return _suspect(column, data, "running")
    place = np.arange(1, len(y), dtype=np.float64)
    if starts is None and _line((now * (place + 1) - before * place)[:, None], y[1:]):
        return _suspect(column, data, "running")
    step = now - before
    for k in WINDOWS:
        if starts is not None or 4 * k > len(y):
            break
        for ahead in dict.fromkeys([0, k // 2]):
            change = y[k:] - y[:-k]
            moved = step[k - 1 - ahead : len(step) - ahead]
            if np.ptp(moved) > 0 and abs(np.corrcoef(moved, change)[0, 1]) > np.sqrt(EXACT):
                return _suspect(column, data, "moving", k=k)
    return None


def _line(x: Floats, y: Floats) -> bool:
    """Nearly exact, seen first on a few rows."""
    if len(y) < FEWEST or np.ptp(y) == 0:
        return False
    some = slice(0, None, max(1, len(y) // 1000))
    if np.ptp(y[some]) > 0 and _plain_r2(x[some], y[some]) < 0.5:
        return False
    # A rare class may be all of what trimming takes away.
    return max(_plain_r2(x, y), trimmed(x, y).r2) >= EXACT


def _plain_r2(x: Floats, y: Floats) -> float:
    design = np.column_stack([x - x.mean(axis=0), np.ones(len(y))])
    solved = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(1 - ((y - design @ solved) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def _suspect(column: Column, data: View, evidence: str, **values: object) -> Suspect:
    blanks = {"column": column.name, "other": data.target, "n": data.n, **values}
    return Suspect((column.name,), "after_the_fact", True, evidence, blanks, "excluded", (column.name,))
