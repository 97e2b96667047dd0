"""Any table: a right answer, or a clear refusal."""

import contextlib
import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import StudyError
from models.automl.columns import Preparation, infer

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.decimals(allow_nan=False),
    st.datetimes(),
    st.dates(),
    st.timedeltas(),
    st.complex_numbers(),
    st.lists(st.integers(), max_size=1),
    st.sampled_from(["1", "2.5", "3,5 kg", "2024-01-05", "20240105", "yes", "true", "?", "M123", "００12"]),
)
COLUMN = st.one_of(
    st.lists(CELLS, min_size=25, max_size=25),
    st.lists(st.floats(), min_size=25, max_size=25),
    st.lists(st.integers(), min_size=25, max_size=25),
    st.lists(st.text(max_size=12), min_size=25, max_size=25),
    st.lists(st.sampled_from(["a", "b", "1", None]), min_size=25, max_size=25),
    st.lists(st.datetimes(), min_size=25, max_size=25),
)


def _table(columns: list[list[object]]) -> pd.DataFrame:
    return pd.DataFrame({f"c{at}": pd.Series(values, dtype=object) for at, values in enumerate(columns)})


@settings(max_examples=40, deadline=None)
@given(st.lists(COLUMN, min_size=1, max_size=3), st.lists(CELLS, min_size=3, max_size=3))
def test_any_table(columns: list[list[object]], later: list[object]) -> None:
    table = _table(columns)
    fitted = Preparation.fit(table, infer(table))
    matrix = fitted.transform(table)
    assert not np.isinf(matrix.values).any()
    assert len(fitted.columns) + len(fitted.left_out) == len(table.columns)
    again = Preparation.from_dict(json.loads(json.dumps(fitted.to_dict(), allow_nan=False)))
    np.testing.assert_array_equal(again.transform(table).values, matrix.values)
    backwards = Preparation.fit(table.iloc[::-1], infer(table.iloc[::-1]))
    assert backwards.to_dict() == fitted.to_dict()
    for place, levels in enumerate(matrix.levels):
        codes = matrix.values[:, place][~np.isnan(matrix.values[:, place])]
        assert not levels or set(codes) <= set(range(levels))
    with contextlib.suppress(StudyError):
        unseen = fitted.transform(pd.DataFrame({name: pd.Series(later, dtype=object) for name in table.columns}))
        assert not np.isinf(unseen.values).any()
