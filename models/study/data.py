"""A table and a study, made ready to learn from: clean columns, the loss, groups, order in time, what was left out."""

import re
import warnings as python_warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.errors import StudyError, nearest
from models.study.spec import StudySpec

__all__ = ["LARGEST", "Excluded", "Notice", "StudyData", "TooLittle", "instants", "prepare", "span", "word"]

Floats = NDArray[np.float64]
LARGEST = 1e75
"""Numbers beyond it have no squares of squares, which losses and their spread are."""
Ints = NDArray[np.int64]

MOST_LEVELS = 50
"""A text column with more levels than this is an identifier, not a category."""
NUMERIC_SHARE = 0.9
"""A text column is numeric when this share of its values are numbers; the others are missing values."""
FEWEST_UNITS = 40
FEWEST_RARE = 10
FEWEST_GROUPS = 4
TRUTHS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
DATE_FORMATS = ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y", "%m/%d/%Y")
"""Spellings beside ISO 8601, tried on the whole column: one row alone cannot tell day from month."""


@dataclass(frozen=True)
class Excluded:
    """A column that is no feature, and why, as a code of `models.rank.words`."""

    column: str
    why: str


@dataclass(frozen=True)
class Notice:
    """A warning as a code of `models.rank.words`, and what stands in its blanks."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyData:
    """Rows are units in order of time (of the file, where no time is declared).

    ``features``: one column per usable feature, float64 (NaN is missing) or categorical with text levels.
    ``loss``: shape (n,), finite: 1.0 for a bad unit, or the target with the sign that makes lower better.
    ``groups``: shape (n,), 0 … n_groups-1: units that are never split and that are resampled together.
    """

    spec: StudySpec
    features: pd.DataFrame
    loss: Floats
    groups: Ints
    n_groups: int
    group: str
    """What a group is: the column's name, ``time_block`` or ``unit``."""
    time: pd.Series | None
    """UTC instants, or numbers, ascending; None where the study names no time."""
    n_rows: int
    """Rows of the table, before those without a target were dropped."""
    excluded: tuple[Excluded, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def n(self) -> int:
        """Units used."""
        return len(self.loss)

    @property
    def sign(self) -> float:
        """``loss * sign`` is the target as measured."""
        return -1.0 if self.spec.goal == "higher" else 1.0

    @property
    def baseline_loss(self) -> float:
        """Mean loss as measured: share of bad units, or mean target."""
        return float(self.loss.mean() * self.sign)

    @property
    def factor_of(self) -> dict[str, str]:
        """The factor of each feature."""
        return {column: self.spec.factor_of(column) for column in self.features.columns}

    @property
    def factors(self) -> list[str]:
        """Factors in the order of the table; a derived column whose factor is absent stands for itself."""
        return list(dict.fromkeys(self.factor_of.values()))

    def controllable(self) -> list[str]:
        """Columns an engineer can set. Derived columns are never set on their own."""
        factors = {column: self.spec.factor(column) for column in self.features.columns}
        return [column for column, factor in factors.items() if factor.role == "controllable" and factor.of is None]


@dataclass(frozen=True)
class TooLittle:
    """The honest answer where nothing can be learnt."""

    spec: StudySpec
    notice: Notice
    n_rows: int
    n_units: int
    n_groups: int
    group: str
    baseline_loss: float | None
    units_needed: int | None
    excluded: tuple[Excluded, ...] = ()
    notices: tuple[Notice, ...] = ()


def _check_columns(frame: pd.DataFrame, spec: StudySpec) -> None:
    columns = [str(column) for column in frame.columns]
    named = [("target", spec.target), ("time", spec.time), ("group", spec.group)]
    for where, column in [*named, *((f"factors.{factor}", factor) for factor in spec.factors)]:
        if column is not None and column not in columns:
            raise StudyError(f"{where} {column!r} is not a column of the table; {nearest(column, columns)}")


def _same(value: Any, wanted: Any) -> bool:
    """Is a cell the class that the study names? ``1``, ``1.0``, ``"1"`` and ``true`` are told from the file."""
    if isinstance(value, (bool, np.bool_)) or isinstance(wanted, bool):
        said = TRUTHS.get(str(value).strip().lower())
        return said is not None and said == TRUTHS.get(str(wanted).strip().lower())
    try:
        return float(value) == float(wanted)
    except (TypeError, ValueError):
        return str(value).strip() == str(wanted).strip()


def _loss(frame: pd.DataFrame, spec: StudySpec) -> pd.Series:
    """Loss of every row, NaN where the target is missing."""
    target = frame[spec.target]
    if spec.task == "regression":
        numbers = _numbers(target.map(_plain))
        if target.notna().any() and numbers.notna().sum() == 0:
            raise StudyError(
                f"target {spec.target!r} holds no number (first: {target.dropna().iloc[0]!r}); "
                "regression needs numbers, else say task = 'classification'"
            )
        numbers = numbers.where(np.isfinite(numbers))
        largest = float(numbers.abs().max())
        if largest > LARGEST:
            raise StudyError(
                f"target {spec.target!r} reaches {largest:g}, too large to square; divide it by a constant"
            )
        return numbers * (-1.0 if spec.goal == "higher" else 1.0)
    values = list(pd.unique(target.dropna()))
    bad = [value for value in values if _same(value, spec.bad)]
    if not bad and len(values) >= 2:
        shown = ", ".join(repr(_plain(value)) for value in values[:6])
        raise StudyError(f"bad {spec.bad!r} never occurs in column {spec.target!r}; it holds {shown}")
    return target.isin(bad).astype("float64").where(target.notna())


def _numbers(column: pd.Series) -> pd.Series:
    """As float64: NaN where a cell is no number, infinite where it is too large for one."""
    try:
        return pd.to_numeric(column, errors="coerce").astype("float64")
    except OverflowError:
        return pd.to_numeric(column.astype("str"), errors="coerce").astype("float64")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def instants(column: pd.Series) -> pd.Series | None:
    """UTC instants out of any one spelling; None if no spelling fits every value."""
    formats = ("ISO8601", *DATE_FORMATS)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", UserWarning)
        fits = []
        for spelling in formats:
            try:
                fits.append(pd.to_datetime(column, format=spelling, utc=True))
            except (ValueError, TypeError, OverflowError):
                continue
    # Where both day-first and month-first fit, the one that runs forward is meant.
    return next((fit for fit in fits if fit.dropna().is_monotonic_increasing), fits[0] if fits else None)


def _time(frame: pd.DataFrame, spec: StudySpec) -> pd.Series | None:
    if spec.time is None:
        return None
    column = frame[spec.time]
    if not column.notna().any():
        return None
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.astype("float64")
        size = float(numbers.abs().median()) if numbers.notna().any() else 0.0
        # Seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size; else just an order.
        for low, seconds in ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (1e8, 1.0)):
            if low <= size < low * 1e2:
                moments = pd.Timestamp("1970-01-01", tz="UTC") + pd.to_timedelta(numbers * seconds, unit="s")
                return moments.ffill().bfill()
        return numbers.ffill().bfill()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        found: pd.Series | None = pd.to_datetime(column, utc=True)
    else:
        found = instants(column.astype("str").where(column.notna(), None))
    if found is None:
        raise StudyError(
            f"time {spec.time!r} cannot be read as times (first: {column.dropna().iloc[0]!r}); "
            "use ISO 8601, for example 2026-01-31 08:30:00"
        )
    return found.ffill().bfill()


def _groups(frame: pd.DataFrame, spec: StudySpec, timed: bool) -> tuple[Ints, int, str]:
    n = len(frame)
    if spec.group is not None:
        codes, levels = pd.factorize(frame[spec.group].map(_plain), use_na_sentinel=False)
        return codes.astype(np.int64), len(levels), spec.group
    if timed:
        blocks = max(1, min(100, n // 10))
        return (np.arange(n) * blocks // max(n, 1)).astype(np.int64), blocks, "time_block"
    return np.arange(n, dtype=np.int64), n, "unit"


def _feature(column: pd.Series, levels: Sequence[Any]) -> tuple[pd.Series | None, str]:
    """A clean feature, or None and why it is none."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.is_timedelta64_dtype(column.dtype):
        return None, "datetime"
    if column.notna().sum() == 0:
        return None, "empty"
    clean: pd.Series
    if levels or pd.api.types.is_bool_dtype(column.dtype):
        clean = _category(column)
    elif pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.astype("float64")
        clean = numbers.where(np.isfinite(numbers))
    else:
        plain = column.map(_plain)
        numbers = _numbers(plain.where(~plain.map(lambda value: isinstance(value, bool))))
        numbers = numbers.where(lambda values: np.isfinite(values))
        if numbers.notna().sum() >= NUMERIC_SHARE * column.notna().sum():
            clean = numbers
        else:
            clean = _category(plain)
            if len(clean.cat.categories) > MOST_LEVELS:
                return None, "datetime" if _is_date(column) else "identifier"
    filled = clean.dropna()
    if len(filled) == 0:
        return None, "empty"
    if filled.nunique() == 1 and filled.shape[0] == clean.shape[0]:
        return None, "constant"
    if clean.dtype == "float64" and filled.nunique() == 1:
        return None, "constant"
    return clean, ""


def _is_date(column: pd.Series) -> bool:
    head = column.dropna().astype("str").head(50)
    return bool(head.str.contains(r"\d{1,4}[-/:.]\d{1,2}", regex=True).all()) and instants(head) is not None


def word(value: Any) -> str:
    """The text of a level: ``1.0`` and ``1`` are the same level, as are ``True`` and ``true``."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _category(column: pd.Series) -> pd.Series:
    words = column.map(word, na_action="ignore").astype("object")
    return words.where(column.notna(), None).astype(pd.CategoricalDtype(sorted(set(words[column.notna()]))))


def _is_identifier(name: str, column: pd.Series) -> bool:
    """Whole numbers that only count up, or are all different and called an id."""
    if column.dtype != "float64" or column.isna().any() or column.nunique() < len(column):
        return False
    whole = bool((column == column.round()).all())
    steps = np.diff(column.to_numpy())
    counting = bool((steps == steps[0]).all()) if len(steps) else False
    return whole and (counting or re.search(r"(^|[\W_])(id|uid|udi|uuid|serial|no)([\W_]|$)", name.lower()) is not None)


def _features(frame: pd.DataFrame, spec: StudySpec) -> tuple[pd.DataFrame, list[Excluded], list[Notice]]:
    kept: dict[str, pd.Series] = {}
    excluded: list[Excluded] = []
    notices: list[Notice] = []
    special = {spec.target: "target", spec.time: "time", spec.group: "group"}
    for name in frame.columns:
        factor = spec.factor(name)
        if name in special:
            excluded.append(Excluded(name, special[name]))
            continue
        if factor.role == "outcome":
            excluded.append(Excluded(name, "role_outcome"))
            continue
        clean, why = _feature(frame[name], factor.levels)
        if clean is not None and factor.role != "controllable" and _is_identifier(name, clean):
            clean, why = None, "identifier"
        if clean is None:
            excluded.append(Excluded(name, why))
            if factor.role == "controllable":
                notices.append(Notice("controllable_left_out", {"column": name, "why": why}))
            continue
        lost = int(frame[name].notna().sum() - clean.notna().sum())
        if lost:
            notices.append(Notice("not_numbers", {"column": name, "count": lost}))
        kept[name] = clean
    return pd.DataFrame(kept, index=frame.index), excluded, notices


def _too_little(loss: Floats, n_groups: int, spec: StudySpec) -> tuple[Notice, int] | None:
    """What is missing, and about how many units it would take."""
    n = len(loss)
    if n == 0:
        return Notice("no_target", {"target": spec.target}), FEWEST_UNITS
    if spec.task == "classification":
        bad = int(loss.sum())
        rare = min(bad, n - bad)
        if rare < FEWEST_RARE:
            needed = max(FEWEST_UNITS, int(np.ceil(n * FEWEST_RARE / (rare + 0.5))), n + 1)
            code = "one_class" if rare == 0 else "few_of_a_class"
            return Notice(code, {"n": n, "rare": rare, "needed": needed}), needed
    elif float(loss.std()) <= 1e-12 * max(1.0, abs(float(loss.mean()))):
        return Notice("constant_target", {"n": n}), max(FEWEST_UNITS, n + 1)
    if n < FEWEST_UNITS:
        return Notice("few_units", {"n": n, "needed": FEWEST_UNITS}), FEWEST_UNITS
    if n_groups < FEWEST_GROUPS:
        needed = int(np.ceil(n / n_groups * 2 * FEWEST_GROUPS))
        return Notice("few_groups", {"groups": n_groups, "group": spec.group or "", "needed": needed}), needed
    return None


def prepare(frame: pd.DataFrame, spec: StudySpec) -> StudyData | TooLittle:
    """Clean a table for a study.

    ``frame``: one row per unit, any dtypes. Rows without a target are dropped and counted. Raises `StudyError` where
    the study names a column or a class that the table does not have.
    """
    frame = frame.rename(columns=str)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    _check_columns(frame, spec)
    if len(frame) == 0:
        raise StudyError("the table has no rows; a study needs one row per unit")
    loss = _loss(frame, spec)
    known = loss.notna()
    notices = [] if known.all() else [Notice("rows_without_target", {"count": int((~known).sum())})]
    used, loss = frame[known].reset_index(drop=True), loss[known].reset_index(drop=True)
    time = _time(used, spec) if len(used) else None
    if time is not None:
        order = time.argsort(kind="stable")
        used, loss = used.iloc[order].reset_index(drop=True), loss.iloc[order].reset_index(drop=True)
        time = time.iloc[order].reset_index(drop=True)
    elif len(used):
        notices.append(Notice("no_time"))
    groups, n_groups, group = _groups(used, spec, time is not None)
    values = loss.to_numpy(dtype=np.float64)
    excluded: list[Excluded] = []
    missing = _too_little(values, n_groups, spec)
    if missing is not None:
        baseline = float(values.mean() * (-1 if spec.goal == "higher" else 1)) if len(values) else None
        return TooLittle(
            spec, missing[0], len(frame), len(values), n_groups, group, baseline, missing[1], (), tuple(notices)
        )
    features, excluded, more = _features(used, spec)
    return StudyData(
        spec, features, values, groups, n_groups, group, time, len(frame), tuple(excluded), (*notices, *more)
    )


def span(data: StudyData) -> tuple[str | None, str | None]:
    """First and last instant as ISO 8601, where the study has instants."""
    if data.time is None or not pd.api.types.is_datetime64_any_dtype(data.time.dtype):
        return None, None
    first, last = (_iso(data.time.iloc[place].to_pydatetime()) for place in (0, -1))
    return first, last


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
