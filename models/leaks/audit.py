"""The audit of a table before anything is learnt from it."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.columns import kinds
from models.leaks.after import later_instants, running
from models.leaks.combination import combinations
from models.leaks.compared import compared
from models.leaks.duplicates import duplicates
from models.leaks.electrical import electrical
from models.leaks.exclusive import exclusive_flags
from models.leaks.groups import group_twins
from models.leaks.identity import identities
from models.leaks.order import blocks, order_suspects
from models.leaks.report import LeakReport, Suspect
from models.leaks.states import states
from models.leaks.too_good import too_good
from models.leaks.twins import exact_twins, near_twins, twin_suspects
from models.leaks.view import Column, Ints, Task, View, read, rows_with_target, view

__all__ = ["audit_table"]

MOST_ROWS = 100_000
"""Columns of larger tables are looked at on so many rows, drawn at random."""
STRETCH = 20_000
"""Adjacent rows looked at for what neighbours tell."""
RUNNING_CELLS, FEWEST_RUNNING = 1_000_000, 4000
"""Of which so many cells are asked for running sums, of wide tables at least so many rows."""
FEWEST = 20


def audit_table(
    table: pd.DataFrame,
    target: str,
    task: Task,
    *,
    roles: Mapping[str, str] | None = None,
    time_column: str | None = None,
    group_column: str | None = None,
    seed: int = 0,
) -> LeakReport:
    """Everything in a table that gives the target away or makes a split dishonest.

    ``roles``: column → controllable | state | context | outcome. What an engineer can set is never excluded, only
    named: a setting may really decide the outcome. Clear leaks are excluded, doubtful ones kept and named. Of a
    combination those members go that by themselves tell something about the target. Raises `StudyError` for a column
    that the table does not have or has twice, and for a time that is text.
    """
    inferred = kinds.infer(table, target=target, time_column=time_column, group_column=group_column, roles=roles)
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    known = rows_with_target(table, target, task)
    if len(known) < FEWEST:
        return LeakReport((), len(table), len(known))
    rows = known
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    sample = table.iloc[rows]
    looked_at = [one for one in inferred if one.used or one.kind in ("identifier", "duplicate")]
    whole = view(sample, target, task, looked_at)
    group = _column(sample, group_column)
    time = _column(sample, time_column)
    if time is not None and time.values is None:
        raise StudyError(f"time_column {time_column!r} holds words; name a column of instants or numbers")
    settings = {name for name, role in (roles or {}).items() if role == "controllable"}
    identifiers = list(_identifiers(inferred))
    named = [name for suspect in identifiers for name in suspect.columns]
    data = whole.without(named)
    found = [*identifiers, *_outcomes(inferred)]
    found += duplicates(data, settings)
    copies = [name for suspect in found for name in suspect.columns]
    found += _of_columns(whole, data.without(copies), group, time, seed)
    stretch = _stretch(table, known, target, task, data, time_column, inferred)
    taken = {name for suspect in found for name in suspect.columns}
    few = stretch.take(np.arange(min(stretch.n, max(FEWEST_RUNNING, RUNNING_CELLS // max(1, len(data.columns))))))
    found += running(few.without(list(taken)))
    found += order_suspects(stretch, timed=time is not None)
    twins, more = _twins(data, found, seed)
    groups = None if twins is None else _whole_table(len(table), rows, twins)
    spared = tuple(_spared(suspect, settings) for suspect in [*found, *more])
    return LeakReport(spared, len(table), len(rows), twin_groups=groups)


def _whole_table(n: int, rows: Ints, twins: Ints) -> Ints:
    """Codes of all ``n`` rows; those that were not looked at are nobody's twin."""
    groups = np.arange(n, dtype=np.int64)
    firsts = rows[np.unique(twins, return_index=True)[1]]
    groups[rows] = firsts[twins]
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _spared(suspect: Suspect, settings: set[str]) -> Suspect:
    """Settings stay in the table whatever they tell."""
    drop = tuple(name for name in suspect.drop if name not in settings)
    if drop == suspect.drop:
        return suspect
    return suspect.kept() if not drop else Suspect(**{**vars(suspect), "drop": drop})


def _identifiers(inferred: Sequence[kinds.Column]) -> Iterator[Suspect]:
    for one in inferred:
        if one.kind == "identifier" or one.reading.get("numbers") == "yyyymmdd":
            evidence = "identifier" if one.kind == "identifier" else "identifier_day"
            yield Suspect((one.name,), "identifier", True, evidence, {"column": one.name}, "excluded", (one.name,))


def _outcomes(inferred: Sequence[kinds.Column]) -> Iterator[Suspect]:
    for one in inferred:
        if one.kind == "outcome":
            blanks = {"column": one.name}
            yield Suspect((one.name,), "after_the_fact", True, "role_outcome", blanks, "excluded", (one.name,))


def _of_columns(whole: View, data: View, group: Column | None, time: Column | None, seed: int) -> list[Suspect]:
    """Check after check; a column that one has named is not asked again."""
    found: list[Suspect] = []

    def left() -> View:
        taken = [name for suspect in found for name in suspect.columns]
        return data.without(taken)

    if group is not None:
        found += group_twins(data, group)
    else:
        named = list(group_twins(whole))
        found += named[:1]
    found += exclusive_flags(left())
    if time is not None:
        found += later_instants(left(), time)
    found += identities(left())
    found += electrical(data)
    together = blocks(data, None if group is None else group.codes)
    if group is None and found and found[0].kind == "group_twins":
        together = whole.columns[found[0].columns[0]].codes
    found += states(left(), together)
    found += combinations(left())
    found += compared(left())
    found += too_good(left(), seed)
    return found


def _column(sample: pd.DataFrame, name: str | None) -> Column | None:
    """A column that plays a part, read as what it is by itself."""
    if name is None:
        return None
    return read(kinds.infer(sample[[name]])[0], sample[name])


def _stretch(
    table: pd.DataFrame,
    known: Ints,
    target: str,
    task: Task,
    data: View,
    time_column: str | None,
    inferred: Sequence[kinds.Column],
) -> View:
    """Adjacent rows in the order of time, or of the table."""
    middle = max(0, (len(known) - STRETCH) // 2)
    if len(known) <= MOST_ROWS:
        found = data
        time = table[time_column].iloc[known] if time_column else None
    else:
        rows = known[middle : middle + STRETCH]
        looked_at = [one for one in inferred if one.name in data.columns]
        found = view(table.iloc[rows], target, task, looked_at)
        time = table[time_column].iloc[rows] if time_column else None
    if time is not None:
        when = read(kinds.infer(time.to_frame())[0], time)
        found = found.take(np.argsort(when.codes, kind="stable"))
    if found.n > STRETCH:
        found = found.take(np.arange(middle, middle + STRETCH))
    return found


def _twins(data: View, found: Sequence[Suspect], seed: int) -> tuple[Ints | None, list[Suspect]]:
    """Rows that belong together, and what to say of them."""
    dropped = [name for suspect in found for name in suspect.drop]
    features = data.without(dropped)
    exact, near = exact_twins(features, seed), near_twins(features, seed)
    suspects: list[Suspect] = []
    if exact is not None:
        suspects += twin_suspects(data, exact, "twin_rows")
    if near is not None:
        suspects += twin_suspects(data, near, "near_twins")
    group = next((suspect for suspect in found if suspect.kind == "group_twins" and suspect.drop), None)
    if group is not None and group.columns[0] in data.columns:
        return data.columns[group.columns[0]].codes, suspects
    if exact is None or near is None:
        return exact if near is None else near, suspects
    # Near twins already hold the exact ones that lie nearest; the others join them.
    joined = np.unique(np.column_stack([near, exact]), axis=0, return_inverse=True)[1]
    return joined.ravel().astype(np.int64) if len(suspects) < 2 else near, suspects
