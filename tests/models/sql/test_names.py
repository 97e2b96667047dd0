"""Names in Python and in SQL: the two readers agree, whatever is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import StudyError
from models.sql.names import Name, quote


@pytest.mark.parametrize(
    ("written", "schema", "table"),
    [
        ("plant.parts", "plant", "parts"),
        ("plant.a.b", "plant", "a.b"),
        ("`my.db`.`t``1`", "my.db", "t`1"),
        ("`a b`.温度℃", "a b", "温度℃"),
        ("x.a`b", "x", "a`b"),
    ],
)
def test_the_parts_of_a_name(written: str, schema: str, table: str) -> None:
    assert Name.parse(written) == Name(schema, table)


@pytest.mark.parametrize("written", ["parts", "", ".", "a.", ".b", "`a.b", "`a`b", "`a`.`b`c"])
def test_what_is_no_name_is_refused_by_name(written: str) -> None:
    with pytest.raises(StudyError, match=r"write .*schema"):
        Name.parse(written)


@given(st.text(min_size=1, max_size=64).filter(lambda s: "\0" not in s and not s.endswith(" ")))
def test_a_quoted_name_is_one_name(name: str) -> None:
    quoted = quote(name)
    assert quoted[0] == quoted[-1] == "`"
    assert "`" not in quoted[1:-1].replace("``", "")
    assert Name.parse(f"{quoted}.{quoted}") == Name(name, name)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\0b", "a "])
def test_no_server_takes_these(name: str) -> None:
    with pytest.raises(StudyError, match="no name"):
        quote(name)
