"""Study tables: made, grown, written again, and never from an unchecked name; on every engine."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import StudyError
from ingest.store import study
from ingest.store.engine import Store
from ingest.store.study import Progress, StudyColumn
from tests.study_rows import study_rows

AT = datetime(2026, 1, 5, 8, 0, 0, 1, tzinfo=UTC)
FINISHED = StudyColumn("finished_at", "moment")
TEMP = StudyColumn("temp", "number", "temp")
DIE = StudyColumn("die", "text", "die")
COLUMNS = (FINISHED, TEMP, DIE)


def row(serial: str, temp: float | None = 1.5, die: str | None = "A", at: datetime = AT) -> dict[str, Any]:
    return {"serial": serial, "finished_at": at, "temp": temp, "die": die}


def write(store: Store, *rows: dict[str, Any], reached: Progress | None = None) -> None:
    study.ensure(store, "caps", COLUMNS)
    study.write_rows(store, "caps", COLUMNS, rows, reached or Progress(rows=len(rows)))


def values(store: Store, name: str = "caps") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in study_rows(store, name)]


def test_rows_come_back_with_their_types_in_order_of_time(store: Store) -> None:
    early = AT.replace(hour=7)
    write(store, row("B"), row("A"), row("漢", None, None, early))
    assert list(study_rows(store, "caps")[0]) == ["serial", "finished_at", "temp", "die"]
    assert values(store) == [("漢", early, None, None), ("A", AT, 1.5, "A"), ("B", AT, 1.5, "A")]
    assert study.count_rows(store, "caps", COLUMNS) == 3


def test_a_row_written_again_takes_the_new_values(store: Store) -> None:
    write(store, row("A"), row("B"))
    write(store, row("A", None, "C"))
    assert values(store) == [("A", AT, None, "C"), ("B", AT, 1.5, "A")]


def test_more_rows_than_one_statement_holds(store: Store) -> None:
    write(store, *(row(f"S{number:05}", number) for number in range(2001)))
    assert study.count_rows(store, "caps", COLUMNS) == 2001


def test_progress_is_kept_with_the_rows(store: Store) -> None:
    assert study.progress(store, "caps") == Progress()
    write(store, row("A"), reached=Progress(5, 6, AT, 1))
    assert study.progress(store, "caps") == Progress(5, 6, AT, 1, COLUMNS)


def test_rows_that_are_refused_move_nothing(store: Store) -> None:
    write(store, row("A"), reached=Progress(unit_seq=1, rows=1))
    with pytest.raises(SQLAlchemyError):
        write(store, row("B"), row("C") | {"serial": None}, reached=Progress(unit_seq=3, rows=3))
    assert study.progress(store, "caps").unit_seq == 1
    assert study.count_rows(store, "caps", COLUMNS) == 1


def test_a_table_grows_and_never_shrinks(store: Store) -> None:
    write(store, row("A"))
    wider = (*COLUMNS, StudyColumn("speed", "number", "speed"), StudyColumn("judged_at", "moment"))
    study.ensure(store, "caps", wider)
    study.write_rows(store, "caps", wider, [row("B") | {"speed": 2.0, "judged_at": AT}], Progress(unit_seq=2, rows=2))
    assert values(store) == [("A", AT, 1.5, "A", None, None), ("B", AT, 1.5, "A", 2.0, AT)]
    study.ensure(store, "caps", COLUMNS[:1])
    assert len(inspect(store.engine).get_columns("study_caps")) == 6


def test_making_it_twice_changes_nothing(store: Store) -> None:
    write(store, row("A"), reached=Progress(unit_seq=1, rows=1))
    study.ensure(store, "caps", COLUMNS)
    assert study.progress(store, "caps").unit_seq == 1


def test_a_dropped_table_is_built_from_the_beginning(store: Store) -> None:
    write(store, row("A"), reached=Progress(unit_seq=9, rows=1))
    with store.begin() as connection:
        connection.execute(text("DROP TABLE study_caps"))
    study.ensure(store, "caps", COLUMNS)
    assert study.progress(store, "caps") == Progress()


def test_a_column_does_not_change_its_kind(store: Store) -> None:
    write(store, row("A"))
    with pytest.raises(StudyError, match="column 'temp' holds a number and shall hold a text; rename the signal"):
        study.ensure(store, "caps", (FINISHED, StudyColumn("temp", "text", "temp")))


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "a;DROP TABLE x", "a`b", 'a"b', "圧力", "a" * 49, "a\n"])
def test_a_study_has_a_plain_name(name: str) -> None:
    with pytest.raises(StudyError, match="a name is a letter"):
        study.table_name(name)


def test_the_longest_name_fits(store: Store) -> None:
    study.ensure(store, "a" * 40, (FINISHED, StudyColumn("b" * 40 + "__slope", "number", "b")))
    assert inspect(store.engine).has_table("study_" + "a" * 40)


@pytest.mark.parametrize("name", ["table", "Table"])
def test_a_study_does_not_take_a_table_of_ours(name: str) -> None:
    with pytest.raises(StudyError, match="which is Genba's own; rename the study"):
        study.table_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a`", "a\n", "温度", "x" * 65])
def test_a_column_has_a_plain_name(sqlite_store: Store, name: str) -> None:
    with pytest.raises(StudyError, match="is no plain identifier; rename the signal"):
        study.ensure(sqlite_store, "caps", (StudyColumn(name, "number", name),))


@pytest.mark.parametrize("name", ["order", "select", "rank", "key", "group"])
def test_words_of_sql_are_good_names(store: Store, name: str) -> None:
    columns = (FINISHED, StudyColumn(name, "number", name))
    study.ensure(store, name, (FINISHED,))
    study.ensure(store, name, columns)
    study.write_rows(store, name, columns, [{"serial": "A", "finished_at": AT, name: 2.5}], Progress(rows=1))
    assert values(store, name) == [("A", AT, 2.5)]


def test_a_table_that_was_never_built_is_named(store: Store) -> None:
    with pytest.raises(StudyError, match="study 'caps' has no table yet; run `genba study build caps`"):
        study.built(store, "caps")
