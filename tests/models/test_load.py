"""Tables of any shape: what is read, what becomes a feature, what is refused."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from ingest.errors import StudyError
from models.study import load
from models.study.load import StudyData, TooLittle, load_spec, load_table, prepare
from models.study.spec import StudySpec


def spec(**more: Any) -> StudySpec:
    content: dict[str, Any] = {"name": "s", "task": "classification", "target": "v", "bad": "NG"}
    return StudySpec.parse(content | more)


def table(n: int = 100, **more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    verdict = np.where(np.arange(n) % 5 == 0, "NG", "OK")
    return pd.DataFrame({"v": verdict, "x": rng.normal(size=n)} | more)


def prepared(frame: pd.DataFrame, **more: Any) -> StudyData:
    data = prepare(frame, spec(**more))
    assert isinstance(data, StudyData)
    return data


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_of_every_kind(tmp_path: Path, separator: str, encoding: str):
    path = tmp_path / "t.csv"
    path.write_text(separator.join(["温度 [°C]" if encoding != "cp932" else "温度", '"a,b;c"', "v"]) + "\n"
                    + separator.join(["1.5", "x", "NG"]) + "\n", encoding=encoding)  # fmt: skip
    frame = load_table(str(path))
    assert list(frame.columns)[1:] == ["a,b;c", "v"]
    assert frame.iloc[0, 0] == 1.5


def test_parquet_comes_back_as_written(tmp_path: Path):
    frame = table(when=pd.date_range("2026-01-01", periods=100, tz="UTC"), flag=[True, False] * 50)
    frame.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(load_table(str(tmp_path / "t.parquet")), frame, check_dtype=False)


def test_an_index_and_a_name_given_twice_do_not_spoil_a_parquet_file(tmp_path: Path):
    path = tmp_path / "t.parquet"
    table(when=pd.date_range("2026-01-01", periods=100)).set_index("when").to_parquet(path)
    assert set(load_table(str(path)).columns) == {"when", "v", "x"}
    twice = pa.Table.from_pandas(table()).append_column("x", pa.array(np.zeros(100)))
    parquet.write_table(twice, path)
    assert prepared(load_table(str(path))).features["x"].std() > 0, "the first one counts"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("shifted.csv", b"a,b,v\n1,2,NG,\n3,4,OK,\n", "more fields than the header's 3 names"),
        ("none.csv", None, "no such table"),
        ("empty.csv", b"", "the file is empty"),
        ("header.csv", b"a,b\n", "the table has no rows"),
        ("ragged.csv", b"a,b\n1,2,3,4\n1\n2,3,4,5,6\n", "not a readable CSV"),
        ("binary.csv", b"\0\1\2", "not a text file"),
        ("odd.csv", b"a,b\n\x81\xff\xff,1\n", "neither UTF-8 nor Shift-JIS"),
        ("bad.parquet", b"PAR1 no", "not a readable Parquet file"),
    ],
)
def test_unreadable_tables_get_one_line(tmp_path: Path, name: str, content: bytes | None, said: str):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(StudyError, match=said) as error:
        load_table(str(tmp_path / name))
    assert "\n" not in str(error.value)
    assert name in str(error.value)


class Memory:
    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        with self.engine.begin() as connection:
            connection.execute(text('create table "study_caps" ("v" text, "x y" double, "at" datetime)'))
            connection.execute(text("insert into study_caps values ('NG', 1.5, '2026-01-01 00:00:00.000000')"))


def test_a_table_of_the_database():
    store = Memory()
    try:
        frame = load_table("db:study_caps", lambda: store)
        assert list(frame.columns) == ["v", "x y", "at"]
        assert load_table("db:main.study_caps", lambda: store).equals(frame)
        with pytest.raises(StudyError, match="did you mean 'study_caps'"):
            load_table("db:study_cap", lambda: store)
        with pytest.raises(StudyError, match="no schema 'mian'; did you mean 'main'"):
            load_table("db:mian.study_caps", lambda: store)
    finally:
        store.engine.dispose()
    with pytest.raises(StudyError, match="no database is configured"):
        load_table("db:study_caps")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such study file"), ("a = = 1", "not valid TOML"), ("nam = 1", "unknown key 'nam'")],
)
def test_study_files_that_cannot_be_read(tmp_path: Path, content: str | None, said: str):
    path = tmp_path / "s.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        load_spec(path)


def test_columns_and_classes_that_do_not_exist_name_the_nearest():
    with pytest.raises(StudyError, match="target 'verdict' is not a column of the table; known: v, x"):
        prepare(table(), spec(target="verdict"))
    with pytest.raises(StudyError, match=r"factors\.xx 'xx' is not a column"):
        prepare(table(), spec(factors={"xx": {}}))
    with pytest.raises(StudyError, match="bad 'bad' never occurs in column 'v'; it holds 'NG', 'OK'"):
        prepare(table(), spec(bad="bad"))
    with pytest.raises(StudyError, match="cannot be read as times"):
        prepare(table(at=["yesterday"] * 100), spec(time="at"))
    with pytest.raises(StudyError, match="holds no number"):
        prepare(table(), StudySpec.parse({"name": "s", "task": "regression", "target": "v"}))


@pytest.mark.parametrize(("value", "other"), [("NG", "OK"), (1, 0), (1.0, 0.0), (True, False)])
def test_the_bad_class_is_found_whatever_its_type(value: Any, other: Any):
    frame = table(v=[value if place % 5 == 0 else other for place in range(100)])
    for wanted in (value, str(value)):
        assert prepared(frame, bad=wanted).baseline_loss == pytest.approx(0.2)


@pytest.mark.parametrize("bad", ["NG", 2, "x"])
def test_a_class_that_is_no_truth_value_is_not_taken_for_false(bad: Any):
    with pytest.raises(StudyError, match="never occurs"):
        prepare(table(v=np.arange(100) % 5 == 0), spec(bad=bad))


def test_numbers_too_large_for_a_float_are_missing():
    data = prepared(table(y=["9" * 400, *(str(k % 7) for k in range(99))]))
    assert data.features["y"].isna().sum() == 1


def test_a_time_that_is_never_known_is_no_time():
    data = prepared(table(when=pd.Series([pd.NaT] * 100, dtype="datetime64[us]")), time="when")
    assert data.time is None
    assert [notice.code for notice in data.notices] == ["no_time"]


def test_odd_columns_become_clean_features():
    n = 100
    frame = table(
        n,
        **{
            'spaces "quotes"': np.arange(n) % 7 + 0.5,
            "温度": [Decimal("1.5"), Decimal(2)] * 50,
            '{"json": [1, 2]}': ["a", "b", None, "c"] * 25,
            "X": np.where(np.arange(n) % 10 == 0, np.inf, np.arange(n) % 3),
            "f0": [True, False] * 50,
            "mostly": ["ERR" if place == 3 else str(place % 9) for place in range(n)],
            "constant": 1.0,
            "empty": None,
            "serial": [f"S{place:05d}" for place in range(n)],
            "no": np.arange(n) + 1000,
            "stamped": pd.date_range("2026-01-01", periods=n),
            "written": [f"2026-01-{place % 28 + 1:02d} 0{place % 9}:00" for place in range(n)],
        },
    )
    data = prepared(frame)
    kinds = {column: "number" if data.features[column].dtype == "float64" else "levels" for column in data.features}
    assert kinds == {
        "x": "number", 'spaces "quotes"': "number", "温度": "number", '{"json": [1, 2]}': "levels", "X": "number",
        "f0": "levels", "mostly": "number",
    }  # fmt: skip
    assert not np.isinf(data.features["X"]).any()
    assert {one.column: one.why for one in data.excluded} == {
        "v": "target", "constant": "constant", "empty": "empty", "serial": "identifier", "no": "identifier",
        "stamped": "datetime", "written": "datetime",
    }  # fmt: skip
    assert {notice.values["column"] for notice in data.notices if notice.code == "not_numbers"} == {"X", "mostly"}


def test_rows_without_target_are_dropped_and_counted_and_rows_sorted_by_time():
    frame = table(at=pd.date_range("2026-01-01", periods=100, tz="UTC")[::-1], lot=np.arange(100) // 10)
    frame.loc[:9, "v"] = None
    data = prepared(frame, time="at", group="lot")
    assert (data.n, data.n_rows, data.n_groups) == (90, 100, 9)
    assert data.time is not None
    assert data.time.is_monotonic_increasing
    assert data.notices[0].values == {"count": 10}


@pytest.mark.parametrize(
    "spelling",
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y/%m/%d %H:%M"],
)
def test_times_in_many_spellings(spelling: str):
    at = pd.date_range("2026-01-01", periods=100, freq="9h", tz="UTC")
    data = prepared(table(at=at.strftime(spelling)), time="at")
    assert data.time is not None
    assert list(data.time) == list(at)


def test_seconds_since_1970_are_times():
    at = pd.date_range("2026-01-01", periods=100, freq="h", tz="UTC")
    data = prepared(table(at=at.as_unit("ms").asi8), time="at")
    assert data.time is not None
    assert abs((data.time - pd.Series(at)).dt.total_seconds()).max() < 1e-3


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (table(12), "few_of_a_class"),
        (table(v="OK"), "one_class"),
        (table(v=None), "no_target"),
        (table(lot="L1"), "few_groups"),
        (table(30, v=["NG", "OK"] * 15), "few_units"),
    ],
)
def test_too_little_is_a_value(frame: pd.DataFrame, code: str):
    data = prepare(frame, spec(group="lot" if "lot" in frame else None))
    assert isinstance(data, TooLittle)
    assert data.notice.code == code
    assert data.units_needed is not None
    assert data.units_needed > 0


def test_higher_is_better_turns_the_loss_round():
    frame = table(v=np.arange(100.0))
    data = prepare(frame, StudySpec.parse({"name": "s", "task": "regression", "target": "v", "goal": "higher"}))
    assert isinstance(data, StudyData)
    assert data.baseline_loss == pytest.approx(49.5)
    assert data.loss.mean() == pytest.approx(-49.5)


def test_a_decimal_comma_is_a_number(tmp_path: Path) -> None:
    file = tmp_path / "comma.csv"
    file.write_text("temp;speed;code\n12,5;-3,25;A,1\n7,0;4,5;B,2\n", encoding="utf-8")
    frame = load_table(str(file))
    assert frame["temp"].tolist() == [12.5, 7.0]
    assert frame["speed"].tolist() == [-3.25, 4.5]
    assert frame["code"].tolist() == ["A,1", "B,2"]


def test_a_decimal_point_wins_where_both_signs_stand(tmp_path: Path) -> None:
    file = tmp_path / "both.csv"
    file.write_text("temp;thousands\n12.5;1,200\n7.0;2,400\n", encoding="utf-8")
    assert load_table(str(file))["temp"].tolist() == [12.5, 7.0]


@pytest.mark.parametrize("block", [2**24, 2**12], ids=["one block", "blocks that differ"])
@pytest.mark.parametrize(("separator", "decimal", "encoding"), [(",", ".", "utf-8-sig"), (";", ",", "cp932")])
def test_a_large_csv_is_read_as_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str, decimal: str, encoding: str, block: int
) -> None:
    n = 3000
    file = tmp_path / "large.csv"
    frame = pd.DataFrame(
        {
            "温度": np.arange(n) / 8,
            "count": np.arange(n),
            "some": pd.Series(np.arange(n)).where(np.arange(n) % 3 > 0),
            "mixed": [*["7"] * (n - 1), "ERR"],
            "flag": np.arange(n) % 2 == 0,
            "at": pd.date_range("2026-01-01", periods=n, freq="min").strftime("%Y-%m-%d %H:%M"),
            "day": pd.date_range("2026-01-01", periods=n).strftime("%Y-%m-%d"),
            "shift": "08:30:00",
            "die": [None, "NA", "金型, 1\n2", "x"] * (n // 4),
            "empty": None,
        }
    )
    frame.to_csv(file, index=False, sep=separator, decimal=decimal, encoding=encoding)
    small = load_table(str(file))
    assert str(small["at"].dtype) == "str"
    monkeypatch.setattr(load, "LARGE", 0)
    monkeypatch.setattr(load, "BLOCK", block)
    monkeypatch.setattr(pd, "read_csv", lambda *_, **__: pytest.fail("Arrow gave up"))
    pd.testing.assert_frame_equal(load_table(str(file)), small)


@pytest.mark.parametrize("content", ["a,a\n1,2\n", "a,\n1,2\n", "a,b\n1\n2,3\n"])
def test_what_arrow_would_read_otherwise_is_left_to_pandas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text(content)
    small = load_table(str(file))
    monkeypatch.setattr(load, "LARGE", 0)
    pd.testing.assert_frame_equal(load_table(str(file)), small)


def test_the_words_for_missing_are_those_of_pandas() -> None:
    words = ["x", *load.MISSING, "-", "?"]
    frame = pd.read_csv(StringIO("a,b\n" + "".join(f"{word},1\n" for word in words)))
    assert frame["a"].notna().tolist() == [word not in load.MISSING for word in words]


def test_decimals_of_a_parquet_file_are_numbers(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"money": pa.array([Decimal("1.5"), None])}), tmp_path / "t.parquet")
    assert load_table(str(tmp_path / "t.parquet"))["money"].dtype == "float64"


def test_columns_of_a_parquet_file_can_be_written_to(tmp_path: Path) -> None:
    table().to_parquet(tmp_path / "t.parquet")
    frame = load_table(str(tmp_path / "t.parquet"))
    frame.loc[:9, "x"] = 0.0
    assert frame["x"].iloc[:10].eq(0).all()
