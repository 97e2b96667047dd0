"""From tables to the matrix."""

import json
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl.columns import Preparation, infer
from models.automl.columns.words import WORDS, say

N = 120
RNG = np.random.default_rng(1)
PARTS = ["bearing noise", "motor hot", "nozzle clogged", "belt worn"]
TABLE = pd.DataFrame(
    {
        "speed": RNG.normal(size=N),
        "weight": [f"{value:.2f} kg".replace(".", ",") for value in RNG.normal(50, 9, N)],
        "on": RNG.integers(0, 2, N) == 1,
        "machine": RNG.choice(["A", "B", "C"], N),
        "mode": RNG.integers(1, 4, N).astype(object),
        "lot": [f"L{value}" for value in RNG.integers(0, 75, N)],
        "at": pd.date_range("2024-01-01", periods=N, freq="7h"),
        "said": [f"{PARTS[a % 4]} at station {b} after {c} cycles" for a, b, c in RNG.integers(0, 99, (N, 3))],
        "id": np.arange(N),
        "flat": 1,
        "none": None,
    }
)
FITTED = Preparation.fit(TABLE, infer(TABLE))


def _later(**changed: Any) -> np.ndarray[Any, Any]:
    rows = len(next(iter(changed.values())))
    return FITTED.transform(TABLE.head(rows).assign(**changed)).values


def _place(name: str) -> int:
    return FITTED.transform(TABLE.head(1)).names.index(name)


def test_the_matrix_says_where_its_features_come_from() -> None:
    matrix = FITTED.transform(TABLE)
    assert matrix.columns == ("speed", "weight", "on", "machine", "mode", "lot", "at", "said")
    assert [matrix.columns[place] for place in matrix.source] == [name.split(":")[0] for name in matrix.names]
    assert len(set(matrix.names)) == matrix.p == len(matrix.levels)
    assert matrix.values.shape == (N, matrix.p)
    assert {matrix.names[place] for place in matrix.categorical()} == {"machine", "lot"}


def test_what_is_left_out_is_said() -> None:
    assert {entry.column: entry.why for entry in FITTED.left_out} == {
        "id": "identifier_counts",
        "flat": "constant",
        "none": "empty",
    }
    told = {entry["column"]: entry for entry in FITTED.describe()}
    assert list(told) == list(TABLE.columns)
    assert not told["id"]["used"]
    assert "identifier" in told["id"]["notes"][0]["en"]
    assert "識別子" in told["id"]["notes"][0]["ja"]
    assert "kg" in told["weight"]["notes"][1]["en"]
    assert told["at"]["features"] == ["at:month", "at:day_of_week", "at:hour", "at:days"]


def test_round_trip_through_json() -> None:
    text = json.dumps(FITTED.to_dict(), allow_nan=False)
    again = Preparation.from_dict(json.loads(text))
    assert again == FITTED
    assert json.dumps(again.to_dict()) == text
    assert again.transform(TABLE).names == FITTED.transform(TABLE).names
    np.testing.assert_array_equal(again.transform(TABLE).values, FITTED.transform(TABLE).values)


def test_order_and_other_columns_play_no_part() -> None:
    wanted = FITTED.transform(TABLE).values
    mixed = TABLE[TABLE.columns[::-1]].assign(target=1, **{"0": [[1]] * N}).iloc[::-1]
    np.testing.assert_array_equal(FITTED.transform(mixed).values[::-1], wanted)
    refitted = Preparation.fit(TABLE.iloc[::-1], infer(TABLE.iloc[::-1]))
    assert refitted.to_dict() == FITTED.to_dict()


def test_an_absent_column_is_named_with_the_nearest() -> None:
    with pytest.raises(StudyError, match="no column 'speed', which the model needs; did you mean 'sped'"):
        FITTED.transform(TABLE.rename(columns={"speed": "sped"}))
    with pytest.raises(StudyError, match="'speed' occurs twice"):
        FITTED.transform(pd.concat([TABLE, TABLE[["speed"]]], axis=1))
    assert FITTED.transform(TABLE.drop(columns=["id", "flat", "none"])).n == N


@pytest.mark.parametrize("codes", [[1, 2, 3], [1.0, 2.0, 3.0], ["1", "2", "3"], ["1 ", "2.0"[:1], "3"], [True, 2, 3]])
def test_numbers_in_every_dress(codes: list[Any]) -> None:
    np.testing.assert_array_equal(_later(mode=pd.Series(codes, dtype=object))[:, _place("mode")], [1, 2, 3])
    np.testing.assert_array_equal(_later(on=["true", "0", None])[:, _place("on")], [1, 0, np.nan])


def test_categories_keep_their_codes() -> None:
    table = pd.DataFrame({"mode": pd.Categorical([1, 2, 3] * 20)})
    fitted = Preparation.fit(table, infer(table))
    for dress in ([2, 3], [2.0, 3.0], ["2", "3"], pd.Categorical([2, 3]), pd.array([2, 3], dtype="Int64")):
        np.testing.assert_array_equal(fitted.transform(pd.DataFrame({"mode": dress})).values[:, 0], [1, 2])
    unseen = fitted.transform(pd.DataFrame({"mode": [9, None, 1]})).values[:, 0]
    np.testing.assert_array_equal(unseen, [np.nan, np.nan, 0])


def test_many_levels() -> None:
    words = ["rare"] * 2 + ["often"] * 200 + [f"c{at}" for at in range(60) for _ in range(10)]
    table = pd.DataFrame({"x": words})
    fitted = Preparation.fit(table, infer(table))
    matrix = fitted.transform(pd.DataFrame({"x": ["often", "rare", "new", None]}))
    assert matrix.names == ("x", "x:share")
    assert matrix.levels == (62, 0)
    assert matrix.values[1, 0] == matrix.values[2, 0] == 61
    np.testing.assert_allclose(matrix.values[:, 1], [200 / 802, 2 / 802, 0, np.nan])
    assert np.isnan(matrix.values[3, 0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"speed": ["fast"]}, "'speed' holds words such as 'fast' where training had numbers"),
        ({"speed": pd.to_datetime(["2024-01-01"])}, "'speed' holds instant cells where training had numbers"),
        ({"speed": [[1]]}, "'speed' holds list cells"),
        ({"machine": pd.to_datetime(["2024-01-01"])}, "where training had categories"),
        ({"at": ["soon"]}, "where training had dates"),
        ({"said": [{"a": 1}]}, "where training had texts"),
    ],
)
def test_cells_of_another_kind_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        _later(**changed)


def test_infinite_is_missing_and_huge_is_kept_finite() -> None:
    np.testing.assert_array_equal(
        _later(speed=[np.inf, -np.inf, 1e300, 10**400, 2])[:, 0], [np.nan] * 2 + [1e38, np.nan, 2]
    )
    np.testing.assert_array_equal(_later(weight=["3,5 kg", "3,5 g", "?", None])[:, 1], [3.5, np.nan, np.nan, np.nan])


def test_no_rows_and_no_cells() -> None:
    assert FITTED.transform(TABLE.iloc[:0]).values.shape == (0, FITTED.transform(TABLE).p)
    blank = FITTED.transform(pd.DataFrame({name: [None, None] for name in TABLE.columns}))
    assert np.isnan(blank.values[:, : _place("said:length") + 1]).all()


def test_names_of_features_never_collide() -> None:
    table = pd.DataFrame({"at": pd.date_range("2024-01-01", periods=60, freq="7h"), "at:hour": RNG.normal(size=60)})
    matrix = Preparation.fit(table, infer(table)).transform(table)
    assert len(set(matrix.names)) == matrix.p
    assert "at:hour" in matrix.names
    assert matrix.columns[matrix.source[matrix.names.index("at:hour")]] == "at:hour"


@pytest.mark.parametrize(
    "poison",
    [
        {"schema": 0},
        {"known": None},
        {"recipes": [{"kind": "pickle"}]},
        {"recipes": [{"kind": "number", "column": "nowhere", "decimal": ".", "unit": ""}]},
        {"recipes": [{"kind": "category", "column": "machine", "levels": ["b", "a"], "shares": {}}]},
        {"recipes": [{"kind": "text", "column": "said", "terms": ["a"], "idf": []}]},
        {"recipes": [{"kind": "date", "column": "at", "how": ["zone", ""], "origin": "x", "parts": []}]},
        {
            "recipes": [
                {"kind": "date", "column": "at", "how": ["zone", ""], "origin": "2024-01-01", "parts": ["__class__"]}
            ]
        },
    ],
)
def test_a_poisoned_file_is_refused(poison: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="train the model again"):
        Preparation.from_dict({**FITTED.to_dict(), **poison})


def test_every_code_has_words() -> None:
    blanks = dict.fromkeys(["value", "of", "type", "count", "unit", "first", "spelling", "largest"], "x")
    assert all(say(code, blanks)["ja"] for code in WORDS)


def test_a_wide_table_is_quick() -> None:
    table = pd.DataFrame(RNG.normal(size=(100_000, 50)))
    fitted = Preparation.fit(table, infer(table))
    start = time.process_time()
    matrix = fitted.transform(table)
    assert time.process_time() - start < 1
    np.testing.assert_array_equal(matrix.values, table.to_numpy())
