"""The same data have the same fingerprint, and other data another one."""

import numpy as np
import pandas as pd

from models.fingerprint import fingerprint


def table(n: int = 5000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    die = pd.Series(rng.choice(["A", "金型"], n)).astype("category")
    return pd.DataFrame({"temp": rng.normal(size=n), "die": die, "count": rng.integers(0, 9, n)})


def test_it_names_the_data() -> None:
    time = pd.Series(pd.date_range("2026-01-05", periods=5000, freq="1s", tz="Asia/Tokyo"))
    found = fingerprint(table(), time)
    assert (found["rows"], found["columns"]) == (5000, 3)
    assert (found["first"], found["last"]) == (
        "2026-01-04T15:00:00.000000+00:00",
        "2026-01-04T16:23:19.000000+00:00",
    )
    assert fingerprint(table(), pd.Series(np.arange(5000.0)))["last"] == 4999.0
    # Written down once: another machine and another version must give the same.
    assert found["hash"] == fingerprint(table())["hash"] == HASH


def test_every_change_shows() -> None:
    known = fingerprint(table())["hash"]
    frame = table()
    changes = [
        frame.rename(columns={"temp": "Temp"}),
        frame.iloc[:-1],
        frame.iloc[::-1],
        frame.assign(temp=frame["temp"].where(frame.index != 0)),
        frame.assign(count=frame["count"].astype("str")),
        frame[["die", "temp", "count"]],
    ]
    assert len({known, *(fingerprint(change)["hash"] for change in changes)}) == 7
    # What is no change: the kind of a whole number, and a copy.
    assert fingerprint(frame.assign(count=frame["count"].astype("float64")))["hash"] == known
    assert fingerprint(table().copy())["hash"] == known


def test_tables_of_no_rows_and_one() -> None:
    assert fingerprint(table().iloc[:0])["rows"] == 0
    assert fingerprint(table().iloc[:1])["first"] is None


HASH = "ec9371012282d8f179cde31213303addc1f8fc606ccd624ea05c5ab28a4a28a0"
