"""Rows per second out of MariaDB: ours, bare connectorx, pandas over PyMySQL, in turns on one private server.

Usage: ``python -m tests.benchmarks.read_speed [--rows 500000] [--json FILE]``. Exit code 1 below 0.8 × connectorx.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import connectorx
import numpy as np
import orjson
import pandas as pd
from rich.console import Console
from rich.progress import track
from sqlalchemy import Connection, Engine, text

from ingest.settings import Database
from ingest.store.engine import opened
from models.study.database import read_table
from simulators import servers

GOAL = 0.8
TURNS = 5
SLOW_ROWS = 50_000
"""Rows for the slow way: its rate does not depend on how many."""
TABLE = """CREATE TABLE study_big (serial VARCHAR(120) PRIMARY KEY, {numbers}, die VARCHAR(191), made INT,
finished_at DATETIME(6)) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"""
NUMBERS = tuple(f"x{place}" for place in range(6))


def fill(connection: Connection, rows: int) -> None:
    """A study table as `genba study build` makes it: keys, numbers, a level, an instant."""
    connection.execute(text(TABLE.format(numbers=", ".join(f"{name} DOUBLE" for name in NUMBERS))))
    rng = np.random.default_rng(0)
    marks = ", ".join(["%s"] * (len(NUMBERS) + 4))
    for start in track(range(0, rows, 10_000), "Writing rows", console=Console(stderr=True), transient=True):
        count = min(10_000, rows - start)
        numbers = rng.normal(size=(count, len(NUMBERS))).tolist()
        made = rng.integers(0, 1000, count).tolist()
        at = (pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(start, start + count) * 7, unit="s")).strftime(
            "%Y-%m-%d %H:%M:%S.%f"
        )
        batch = [
            (f"S{start + place:09}", *numbers[place], f"die {made[place] % 7}", made[place], at[place])
            for place in range(count)
        ]
        connection.exec_driver_sql(f"INSERT INTO study_big VALUES ({marks})", batch)


def ways(engine: Engine) -> dict[str, Callable[[], pd.DataFrame]]:
    """Each gives the whole table as a frame; the last one some of it."""
    url = engine.url
    address = f"mysql://{url.username}@{url.host}:{url.port}/{url.database}"
    query = "SELECT * FROM study_big"
    return {
        "genba": lambda: read_table(engine, "study_big"),
        "connectorx": lambda: connectorx.read_sql(address, query),
        "pandas over PyMySQL": lambda: pd.read_sql_query(text(f"{query} LIMIT {SLOW_ROWS}"), engine),
    }


def measure(rows: int) -> dict[str, float]:
    """Rows per second of each way: the best of several turns, so that what else the machine does counts for none."""
    best: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory(prefix="genba-bench-") as folder,
        servers.mariadb(Path(folder) / "db", options=["--innodb-flush-log-at-trx-commit=2"]) as server,
        opened(Database(url=server.url)) as store,
    ):
        with store.begin() as connection:
            fill(connection, rows)
        for _ in range(TURNS):
            for name, read in ways(store.engine).items():
                started = time.perf_counter()
                count = len(read())
                best[name] = max(best.get(name, 0.0), count / (time.perf_counter() - started))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    rates = measure(said.rows)
    share = rates["genba"] / rates["connectorx"]
    figures: dict[str, Any] = {"rows": said.rows, "rows_per_second": rates, "share_of_connectorx": share}
    for name, rate in rates.items():
        sys.stdout.write(f"{name:22} {rate:12,.0f} rows/s\n")
    sys.stdout.write(f"{share:.2f} of connectorx; the goal is {GOAL}\n")
    if said.json:
        said.json.write_bytes(orjson.dumps(figures))
    sys.exit(share < GOAL)


if __name__ == "__main__":
    main()
