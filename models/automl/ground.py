"""Before the search: which rows and columns may be learnt from, in which order, and what was noticed on the way."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Problem, Workbench
from models.automl.algorithms.threads import cores
from models.automl.columns.kinds import infer
from models.automl.columns.prepare import Preparation
from models.automl.decide.weights import class_weights, row_weights
from models.automl.matrix import Floats, Ints
from models.automl.options import Options
from models.automl.target import Target, encode
from models.leaks.audit import audit_table
from models.leaks.report import LeakReport
from models.study.data import Notice, instants

__all__ = ["MOST_CELLS", "Ground", "lay"]

MOST_CELLS = 50_000_000
"""Cells that are learnt from; of a larger table a sample of whole rows is taken, and that is said."""
CELLS_A_SECOND = 60_000
"""And under a time budget so many per second and core: what some trials on several folds can get through."""
ALWAYS_ROWS = 50_000
"""A table of so many rows is always learnt from whole."""
FEWEST_ROWS = 10


@dataclass(frozen=True)
class Ground:
    """Rows with a target, in order of time where there is one."""

    options: Options
    target: Target
    table: pd.DataFrame
    """The columns that may be features, the rows that are used."""
    codes: Floats
    order: Floats | None
    """(n,) ascending; None without a time column."""
    groups: Ints | None
    """(n,) 0 …; None without a group column."""
    twins: Ints | None
    """(n,) rows with one number must not be on both sides of a split; None if there are no such rows."""
    leaks: LeakReport
    preparation: Preparation
    notes: tuple[Notice, ...]
    n_rows: int
    """Rows of the table as it was given."""
    weight: Floats
    """(n,) mean 1."""
    class_weights: Floats | None
    """(classes,) in the same scale; None where classes are not weighed."""

    @property
    def timed(self) -> tuple[int, ...]:
        """Places of the features made from the time column: calendar parts and age."""
        time = self.options.time_column or self.options.datetime_index
        if time not in self.preparation.columns:
            return ()
        owner = self.preparation.columns.index(time)
        return tuple(place for place, source in enumerate(self.preparation.source) if source == owner)

    def untimed(self, bench: Workbench) -> Workbench:
        """The same table without them. What time foretold in the past, it may not foretell in the future."""
        return Workbench(bench.matrix.blank(self.timed), bench.target, bench.weight, bench.problem)

    def bench(self, threads: int = 1, preparation: Preparation | None = None) -> Workbench:
        """The workbench over the features of a preparation (default: the chosen one)."""
        chosen = preparation or self.preparation
        matrix = chosen.transform(self.table)
        monotone = tuple(
            0 if matrix.levels[place] else int(self.options.monotone.get(matrix.columns[source], 0))
            for place, source in enumerate(matrix.source)
        )
        problem = Problem(
            self.target.task, len(self.target.classes), monotone if any(monotone) else (), max(1, threads)
        )
        return Workbench(matrix, self.codes, self.weight, problem)


def lay(table: object, name: str, options: Options) -> Ground:
    """Check, clean and audit. Raises `StudyError` where the table or an option makes learning impossible."""
    frame = _checked(table, name, options)
    n_rows = len(frame)
    target, codes = encode(frame, name, options.task)
    time = options.time_column or options.datetime_index
    order = _order(frame, time)
    keep, notes = _rows(frame, codes, order, options)
    used = frame if len(keep) == n_rows and (np.diff(keep) == 1).all() else frame.iloc[keep]
    used, codes = used.reset_index(drop=True), codes[keep]
    groups = _groups(used, options.group_column)
    features = _features(used, options, {name, options.group_column})
    roles = {column: role for column, role in options.roles.items() if column in features}
    columns = infer(used[features], roles=roles)
    counts = [
        column.name
        for column in columns
        if column.name != time and any(note.code == "identifier_counts" for note in column.notes)
    ]
    if counts and not any(column.used for column in columns):
        # Numbers that count are all there is: whoever asks for a model of them means them.
        options = replace(options, roles={**options.roles, **dict.fromkeys(counts, "controllable")})
        columns = infer(used[features], roles={**roles, **dict.fromkeys(counts, "controllable")})
    leaks = _leaks(used, name, options, time)
    gone = set(leaks.excluded_columns) if options.leaks == "exclude" else set()
    preparation = Preparation.fit(used, [column for column in columns if column.name not in gone])
    if not preparation.columns:
        raise StudyError(_why_none(preparation, gone))
    return Ground(
        options,
        target,
        used[features],
        codes,
        None if order is None else order[keep],
        groups,
        leaks.twin_groups,
        leaks,
        preparation,
        tuple(notes),
        n_rows,
        row_weights(codes, target.classes, options.class_weight),
        class_weights(codes, target.classes, options.class_weight) if options.class_weight is not None else None,
    )


def _rows(frame: pd.DataFrame, codes: Floats, order: Floats | None, options: Options) -> tuple[Ints, list[Notice]]:
    """Places of the rows that are used, in order of time where there is one, and what was left out."""
    n_rows = len(frame)
    notes: list[Notice] = []
    keep = np.flatnonzero(np.isfinite(codes))
    if len(keep) < n_rows:
        notes.append(Notice("rows_without_target", {"count": n_rows - len(keep)}))
    if order is not None:
        lost = keep[~np.isfinite(order[keep])]
        if len(lost):
            notes.append(
                Notice(
                    "rows_without_time", {"count": len(lost), "column": options.time_column or options.datetime_index}
                )
            )
            keep = keep[np.isfinite(order[keep])]
        keep = keep[np.argsort(order[keep], kind="stable")]
    cells = MOST_CELLS
    if options.trials is None:
        cells = min(cells, int(CELLS_A_SECOND * options.time_budget * (options.threads or cores())))
    most = max(ALWAYS_ROWS, cells // max(frame.shape[1], 1))
    if len(keep) > most:
        notes.append(Notice("sampled", {"rows": len(keep), "used": most}))
        rng = np.random.default_rng(options.seed)
        keep = keep[np.sort(rng.choice(len(keep), most, replace=False))]
    if len(keep) < FEWEST_ROWS:
        raise StudyError(
            f"the table has {len(keep)} rows with a target; {FEWEST_ROWS} or more are needed to learn anything"
        )
    return keep, notes


def _checked(table: object, name: str, options: Options) -> pd.DataFrame:
    """The table with text names; every column that an option names is there."""
    if not isinstance(table, pd.DataFrame):
        raise StudyError(
            f"the table is a {type(table).__name__}, not a pandas DataFrame; pandas.DataFrame(…) makes one"
        )
    frame = table.rename(columns=str) if any(not isinstance(column, str) for column in table.columns) else table
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise StudyError(f"column {twice[0]!r} is there twice; rename one of them")
    named = [("target", name), ("time_column", options.time_column), ("datetime_index", options.datetime_index)]
    named += [("group_column", options.group_column)]
    named += [("include_column_list", column) for column in options.include_column_list]
    named += [("exclude_column_list", column) for column in options.exclude_column_list]
    named += [("monotone", column) for column in options.monotone]
    named += [("roles", column) for column in options.roles]
    for where, column in named:
        if column is not None and column not in frame.columns:
            raise StudyError(f"{where} {column!r} is not a column of the table; {nearest(column, frame.columns)}")
    if name in (options.time_column, options.datetime_index, options.group_column):
        raise StudyError(f"column {name!r} is the target; time and group must be other columns")
    if not len(frame):
        raise StudyError("the table has no rows; a model needs one row per case")
    return frame


def _order(frame: pd.DataFrame, time: str | None) -> Floats | None:
    """(n,) seconds or numbers by which rows are ordered; NaN where unknown. None without a time column."""
    if time is None:
        return None
    column = frame[time]
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    found: pd.Series | None
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        found = pd.to_datetime(column, utc=True)
    else:
        found = instants(column.astype("str").where(column.notna(), None)) if column.notna().any() else None
    if found is None:
        first = repr(column.dropna().iloc[0]) if column.notna().any() else "no value"
        raise StudyError(
            f"time_column {time!r} cannot be read as times (first: {first}); use ISO 8601, 2026-01-31 08:30:00"
        )
    seconds = (found - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds()
    return np.asarray(seconds.to_numpy(dtype=np.float64, na_value=np.nan))


def _groups(used: pd.DataFrame, column: str | None) -> Ints | None:
    """(n,) 0 …; rows without a group are one group."""
    if column is None:
        return None
    codes, _ = pd.factorize(used[column].astype("object"), use_na_sentinel=False)
    return codes.astype(np.int64)


def _leaks(used: pd.DataFrame, name: str, options: Options, time: str | None) -> LeakReport:
    if options.leaks == "off":
        return LeakReport(())
    left = set(options.exclude_column_list) | {
        column for column, role in options.roles.items() if role == "outcome" and column != name
    }
    seen = used.drop(columns=[column for column in left if column not in (name, time, options.group_column)])
    if options.include_column_list:
        wanted = {*options.include_column_list, name, time, options.group_column}
        seen = seen[[column for column in seen.columns if column in wanted]]
    roles = {column: role for column, role in options.roles.items() if column in seen.columns}
    return audit_table(
        seen, name, options.task, roles=roles, time_column=time, group_column=options.group_column, seed=options.seed
    )


def _features(used: pd.DataFrame, options: Options, special: set[str | None]) -> list[str]:
    """Columns that may become features, in the order of the table."""
    wanted = set(options.include_column_list) or set(used.columns)
    return [
        column
        for column in used.columns
        if column in wanted
        and column not in special
        and column not in options.exclude_column_list
        and options.roles.get(column) != "outcome"
    ]


def _why_none(preparation: Preparation, gone: set[str]) -> str:
    shown = [f"{entry.column!r} is left out ({entry.why})" for entry in preparation.left_out][:5]
    shown += [f"{column!r} gives the target away" for column in sorted(gone)][:5]
    return "no column is left to learn from: " + ("; ".join(shown) or "there is none beside the target")
