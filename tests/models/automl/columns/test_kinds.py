"""What each column is."""

import datetime as clock
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl.columns import Column, infer

SHARED = Path(__file__).parents[5] / "shared" / "data"
N = 60
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)


def _only(values: Any, name: str = "x") -> Column:
    return infer(pd.DataFrame({name: pd.Series(values)}))[0]


def _codes(column: Column) -> list[str]:
    return [note.code for note in column.notes]


@pytest.mark.parametrize(
    ("values", "kind", "codes"),
    [
        (X, "number", []),
        (X.astype("float32"), "number", []),
        (pd.array(np.where(X > 1, np.nan, X), dtype="Float64"), "number", []),
        (pd.array(RNG.integers(0, 99, N), dtype="int32[pyarrow]"), "number", []),
        ([Decimal("1.5"), Decimal(2), None] * 20, "number", []),
        (pd.to_timedelta(RNG.integers(0, 99, N), unit="s"), "number", ["durations"]),
        (np.where(X > 1, np.inf, X), "number", ["infinite"]),
        ([10**400, 5, 7] * 20, "number", ["infinite"]),
        (X * 1e300, "number", ["huge"]),
        ([f"{value:.1f} kg".replace(".", ",") for value in X], "number", ["words_as_numbers", "unit", "decimal_comma"]),
        (["1,234", "2,345"] * 30, "number", ["words_as_numbers", "comma_as_thousands"]),
        ([*map(str, X), "off"], "number", ["words_as_numbers", "not_numbers"]),
        (X > 0, "boolean", []),
        (pd.array([True, None] * 30, dtype="boolean"), "boolean", []),
        (["True", "false", "?"] * 20, "boolean", []),
        (["a", "b", None] * 20, "category", []),
        (pd.Categorical(RNG.integers(0, 9, N)), "category", []),
        ([f"c{at}" for at in range(100)] * 5, "category", ["many_levels"]),
        ([1, "a", 2.5, None, True] * 12, "category", []),
        (pd.cut(X, 4), "category", []),
        (pd.date_range("2024-01-01", periods=N, tz="UTC"), "date", []),
        (pd.period_range("2024-01", periods=N, freq="M"), "date", []),
        ([clock.date(2024, 1, 1) + clock.timedelta(days=at) for at in range(N)], "date", []),
        ([f"2024-01-{at % 28 + 1:02d}" for at in range(N)], "date", ["words_as_dates"]),
        ([20240100 + at % 28 + 1 for at in range(N)], "date", ["dates_as_numbers"]),
        ([5] * N, "constant", ["constant"]),
        (["k"] * N, "constant", ["constant"]),
        ([5, None] * 30, "number", []),
        ([None] * N, "empty", ["empty"]),
        (np.full(N, np.inf), "empty", ["empty", "infinite"]),
        (["", " "] * 30, "empty", ["empty"]),
        ([[1]] * N, "unreadable", ["unreadable"]),
        ([{"a": 1}] * N, "unreadable", ["unreadable"]),
        (X + 1j, "unreadable", ["unreadable"]),
        ([object()] * N, "unreadable", ["unreadable"]),
    ],
)
def test_kinds(values: Any, kind: str, codes: list[str]) -> None:
    column = _only(values)
    assert (column.kind, _codes(column)) == (kind, codes)


def test_counts_are_told() -> None:
    column = _only(["1.5", "2", "off", "?"] + ["3"] * 40)
    assert column.notes[1].values == {"count": 2, "first": "?"}


@pytest.mark.parametrize(
    ("values", "name", "code"),
    [
        (np.arange(N), "UDI", "identifier_counts"),
        (RNG.permutation(N) + 7, "x", "identifier_counts"),
        (np.sort(RNG.choice(80, N, replace=False)), "x", "identifier_counts"),
        (RNG.integers(20_000, 90_000, N), "job number", "identifier_called"),
        (list(range(100)) * 5, "Unnamed: 0", "identifier_counts"),
        ([f"M{at}" for at in RNG.integers(10_000, 90_000, N)], "Product ID", "identifier_codes"),
        ([f"{at:032x}" for at in RNG.integers(0, 2**62, N)], "x", "identifier_codes"),
    ],
)
def test_identifiers(values: Any, name: str, code: str) -> None:
    column = _only(values, name)
    assert (column.kind, _codes(column)) == ("identifier", [code])
    table = pd.DataFrame({name: values})
    assert infer(table, roles={name: "controllable"})[0].kind != "identifier"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (X, "id"),
        (RNG.integers(0, 10**6, N), "x"),
        (RNG.integers(0, 10**6, N), "number of workers"),
        (RNG.integers(0, 10**6, N), "no_of_style_change"),
        (np.arange(10), "x"),
        (np.linspace(0, 1, N), "x"),
        (RNG.integers(1, 12, N), "unit number"),
    ],
)
def test_honest_numbers(values: Any, name: str) -> None:
    assert _only(values, name).kind == "number"


def _names(n: int) -> list[str]:
    letters = np.array(list("aeioulmnrstk"))
    first = ["".join(RNG.choice(letters, 5)).title() for _ in range(40)]
    last = ["".join(RNG.choice(letters, 7)).title() for _ in range(n)]
    return [f"{last[at]}, {('Mr', 'Miss')[at % 2]}. {first[at % 40]}" for at in range(n)]


def _comments(n: int) -> list[str]:
    part, cause, end = ["ベルト", "モータ", "金型", "センサ"], ["摩耗", "異常", "過熱"], ["停止", "調整した", "再起動"]
    draw = RNG.integers(0, 1000, (n, 3))
    return [f"{part[a % 4]}{cause[b % 3]}のため{end[c % 3]}({c}分)" for a, b, c in draw]


def test_names_are_identifiers_and_comments_are_text() -> None:
    names, comments = _only(_names(300)), _only(_comments(300))
    assert (names.kind, _codes(names)) == ("identifier", ["identifier_names"])
    assert comments.kind == "text"


def test_a_job_is_recognised_by_what_it_decides() -> None:
    job = np.repeat(RNG.choice(np.arange(20_000, 90_000), 50, replace=False), 2)
    attributes = {f"a{at}": np.repeat(RNG.choice(list("abcd"), 50), 2) for at in range(4)}
    assert infer(pd.DataFrame({"c04": job, **attributes}))[0].notes[0].code == "identifier_key"
    others = {name: RNG.permutation(values) for name, values in attributes.items()}
    assert infer(pd.DataFrame({"c04": job, **others}))[0].kind == "number"


def test_special_columns_and_duplicates() -> None:
    table = pd.DataFrame({"x": X, "copy": X.copy(), "y": X > 0, "t": np.arange(N), "g": [1, 2] * 30, "o": X + 1})
    found = infer(table, target="y", time_column="t", group_column="g", roles={"o": "outcome"})
    assert [column.kind for column in found] == ["number", "duplicate", "target", "time", "group", "outcome"]
    assert found[1].notes[0].values == {"of": "x"}


def test_names_of_columns() -> None:
    assert [column.name for column in infer(pd.DataFrame({1: X, ("a", 2): X * 2}))] == ["1", "('a', 2)"]
    with pytest.raises(StudyError, match="column '1' occurs 2 times"):
        infer(pd.DataFrame({1: X, "1": X}))
    with pytest.raises(StudyError, match="target 'speeed' is not a column; did you mean 'speed'"):
        infer(pd.DataFrame({"speed": X}), target="speeed")
    with pytest.raises(StudyError, match="no rows"):
        infer(pd.DataFrame({"y1": X}).iloc[:0])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_real_tables() -> None:
    """Every identifier of the leak table, and no honest column."""
    bands = pd.read_csv(SHARED / "cylinder_bands" / "bands.data", header=None, na_values="?")
    mill = pd.read_csv(SHARED / "cnc_mill_tool_wear" / "experiment_01.csv.gz")
    tables = [
        (pd.read_csv(SHARED / "ai4i2020" / "ai4i2020.csv"), {"UDI", "Product ID"}),
        (pd.read_csv(SHARED / "steel_plates_faults" / "faults.csv"), set()),
        (pd.read_csv(SHARED / "injection_moulding_lens" / "data.csv", sep=";"), set()),
        (pd.read_csv(SHARED / "garment_productivity" / "garments_worker_productivity.csv"), set()),
        (bands, {"1", "3"}),
        (bands.rename(columns={1: "cylinder number", 3: "job number"}), {"cylinder number", "job number"}),
        (mill, {"Unnamed: 0"}),
    ]
    for table, wanted in tables:
        for rows in (table, table.sample(frac=0.7, random_state=0)):
            assert {column.name for column in infer(rows) if column.kind == "identifier"} == wanted
    assert infer(bands)[0].reading == {"numbers": "yyyymmdd"}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_titanic() -> None:
    pytest.importorskip("xlrd")
    table = pd.read_excel(SHARED / "titanic" / "titanic3.xls")
    assert {column.name for column in infer(table) if column.kind == "identifier"} == {"name", "ticket"}
