"""Cells as SQL reads them, beside cells as the engine reads them."""

import numpy as np
import pandas as pd
import pytest

from models.automl.columns.dates import read_words
from models.automl.columns.identifiers import split_words
from models.automl.columns.numbers import Spelling, read
from models.sql.walk.dates import reading
from tests.models.sql.walk.conftest import Walked

NUMBERS = [
    "1", "-2.5", "+3", "1e3", "1.5E-4", ".5", "5.", "1,234", "1,234.5", "1,234,567", "1.234,5", "12,5", "00123", "0123",
    "0", "0.5", "abc", "", "n/a", "-", "12 kg", "12kg", "3.5 kg", "7 km", "１２.５", "−4", "1 234", "1'234.5", "1.2.3",
    "12,34,567", "inf", "nan", "¥1,200", "99%", "99 %", "1e400", "1_000", "12 34",
]  # fmt: skip


@pytest.mark.parametrize(("decimal", "unit"), [(".", ""), (",", ""), (".", "kg"), (".", "%"), (".", "¥")])
def test_numbers_written_as_words(walked: Walked, decimal: str, unit: str) -> None:
    wanted = read(NUMBERS, Spelling(decimal, unit))
    for word, value in zip(NUMBERS, wanted.tolist(), strict=True):
        found = walked.value("{name}.walk_number(%s, %s, %s)", word, decimal, unit)
        # What is infinite counts as missing.
        same = found is None if not np.isfinite(value) else found == value
        assert same, (word, found, value)


INSTANTS = {
    "": ["2024-01-31", "2024-02-30", "2024-01-31 06:30", "2024-01-31T06:30:15", "2024-01-31 06:30:15.25", "2024-01",
         "2024-01-31T06:30:15Z", "2024-01-31T06:30:15+09:00", "2024-01-31 23:30:00-0330", "31.01.2024", "soon", ""],
    "%d.%m.%Y": ["31.01.2024", "1.2.2024", "31.02.2024", "31.01.24", "31.01.2024 x"],
    "%m/%d/%Y %H:%M": ["01/31/2024 06:30", "13/01/2024 06:30", "01/31/2024"],
    "%d %b %Y": ["31 Jan 2024", "1 Feb 2024", "31 Foo 2024"],
    "%Y年%m月%d日 %H:%M": ["2024年1月31日 06:30", "2024年13月31日 06:30"],
    "%Y/%m/%d %I:%M %p": ["2024/01/31 06:30 PM", "2024/01/31 12:30 AM"],
}  # fmt: skip


@pytest.mark.parametrize("spelling", list(INSTANTS))
def test_instants_in_a_spelling(walked: Walked, spelling: str) -> None:
    how, pattern = reading(("spelling", spelling) if spelling else ("zone", ""))
    wanted = read_words(INSTANTS[spelling], spelling or "ISO8601")
    for word, value in zip(INSTANTS[spelling], wanted.astype(object).tolist(), strict=True):
        found = walked.value("{name}.walk_instant(%s, 0, %s, %s)", word, how, pattern)
        assert found == (None if pd.isna(value) else value), (word, found, value)


@pytest.mark.parametrize(
    ("how", "number", "wanted"),
    [
        ("yyyymmdd", "20240131", "2024-01-31"),
        ("yyyymmdd", "20240231", None),
        ("yyyymm", "202402", "2024-02-01"),
        ("yyyymmddhhmm", "202401310630", "2024-01-31 06:30"),
        ("yyyymmddhhmmss", "20240131063015", "2024-01-31 06:30:15"),
        ("s", "1706682615", "2024-01-31 06:30:15"),
        ("ms", "1706682615250", "2024-01-31 06:30:15.25"),
        ("s", "noon", None),
    ],
)
def test_instants_as_numbers(walked: Walked, how: str, number: str, wanted: str | None) -> None:
    found = walked.value("{name}.walk_instant(%s, 1, %s, '')", number, f"numbers:{how}")
    assert found == (None if wanted is None else pd.Timestamp(wanted).to_pydatetime())


@pytest.mark.parametrize(
    "text",
    [
        "ベルト摩耗のため停止, line 3",
        "Oil-leak at M3/B; 2nd time",
        "½ 油漏れ々 ー",
        "…",
        "a_b  c",
        "Ünïcode Ωmega",
        "x²+y²",
    ],
)
def test_words_of_a_text(walked: Walked, text: str) -> None:
    assert walked.value("{name}.walk_spaced(%s)", text) == "".join(f" {word} " for word in split_words(text.lower()))


@pytest.mark.parametrize(
    ("cell", "form", "word"),
    [("1.50", "DECIMAL", "1.5"), ("2.0", "DOUBLE", "2"), ("-0.0", "DOUBLE", "0"), ("1e22", "DOUBLE", str(10**22)),
     ("  a b ", "STRING", "a b"), ("\tx\n", "STRING", "x"), ("0.1", "DOUBLE", "0.1"),
     ("1.7976931348623157e308", "DOUBLE", "1.7976931348623157e308"),
     ("0.12345678359270096", "DOUBLE", "0.12345678359270096")],
)  # fmt: skip
def test_words_that_stand_for_cells(walked: Walked, cell: str, form: str, word: str) -> None:
    assert walked.value("{name}.walk_word(%s, %s)", cell, form) == word
