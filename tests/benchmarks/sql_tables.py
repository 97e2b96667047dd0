"""Rows per second of the table routines on both servers: ``python -m tests.benchmarks.sql_tables --rows 100000``.

ML_PREDICT_TABLE and ML_EXPLAIN_TABLE beside the same server's own ``INSERT … SELECT`` of the identical output table, in
one run, worker and server on the same machine. Thirty DOUBLE columns with a whole-number key, a regression.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pymysql
import typer
from sqlalchemy.engine import make_url

from ingest.settings import Database
from ingest.store.engine import connect
from models.sql.install import install
from simulators import servers

app = typer.Typer(add_completion=False)
NAMES = [f"c{place}" for place in range(30)]
EXPLAINED = 20_000
MODELS = ("LinearRegression", "LGBMRegressor")
"""One that costs next to nothing, and some 200 trees; the last one is explained, too."""


def fill(cursor: "pymysql.cursors.Cursor", rows: int) -> None:
    """``bench.big``: a table whose target depends on four of its columns."""
    cursor.execute("CREATE SCHEMA bench")
    columns = ", ".join(f"{name} DOUBLE" for name in NAMES)
    cursor.execute(f"CREATE TABLE bench.big (id INT PRIMARY KEY AUTO_INCREMENT, {columns}, y DOUBLE)")
    rng, first = np.random.default_rng(0), min(rows, 20_000)
    x = rng.normal(size=(first, 30))
    y = 2 * x[:, 0] + np.sin(3 * x[:, 1]) + x[:, 2] * x[:, 3] + 0.3 * rng.normal(size=first)
    listed = ", ".join([*NAMES, "y"])
    marks = ", ".join(["%s"] * 31)
    cursor.executemany(f"INSERT INTO bench.big ({listed}) VALUES ({marks})", np.column_stack([x, y]).tolist())
    done = first
    while done < rows:
        more = min(done, rows - done)
        cursor.execute(f"INSERT INTO bench.big ({listed}) SELECT {listed} FROM bench.big ORDER BY id LIMIT {more}")
        done += more
    cursor.execute("CREATE TABLE bench.train AS SELECT * FROM bench.big LIMIT 5000")
    cursor.execute(f"CREATE TABLE bench.some (PRIMARY KEY (id)) AS SELECT * FROM bench.big LIMIT {EXPLAINED}")


def timed(cursor: "pymysql.cursors.Cursor", statement: str) -> float:
    """Seconds of one statement."""
    began = time.perf_counter()
    cursor.execute(statement)
    return time.perf_counter() - began


def measure(kind: str, cursor: "pymysql.cursors.Cursor", rows: int) -> None:
    """Print the figures of one server; the median of three runs."""
    fill(cursor, rows)
    for model in MODELS:
        cursor.execute("SET @m = NULL")
        options = f"'task', 'regression', 'model_list', JSON_ARRAY('{model}'), 'exclude_column_list', JSON_ARRAY('id')"
        took = timed(cursor, f"CALL sys.ML_TRAIN('bench.train', 'y', JSON_OBJECT('time_budget', 15, {options}), @m)")
        print(kind, model, f"ML_TRAIN {took:.1f} s")
        cursor.execute("CALL sys.ML_MODEL_LOAD(@m, NULL)")
        predicted, copied = [], []
        for _ in range(3):
            cursor.execute("DROP TABLE IF EXISTS bench.out, bench.again")
            predicted.append(timed(cursor, "CALL sys.ML_PREDICT_TABLE('bench.big', @m, 'bench.out', NULL)"))
            cursor.execute("CREATE TABLE bench.again LIKE bench.out")
            copied.append(timed(cursor, "INSERT INTO bench.again SELECT * FROM bench.out"))
        one, other = float(np.median(predicted)), float(np.median(copied))
        print(kind, model, f"ML_PREDICT_TABLE {rows / one:,.0f} rows/s: {other / one:.2f} of INSERT … SELECT")
        print(kind, f"INSERT … SELECT {rows / other:,.0f} rows/s")
    cursor.execute("DROP TABLE IF EXISTS bench.why")
    took = timed(cursor, "CALL sys.ML_EXPLAIN_TABLE('bench.some', @m, 'bench.why', NULL)")
    print(kind, f"ML_EXPLAIN_TABLE {min(rows, EXPLAINED) / took:,.0f} rows/s")


@app.command()
def main(rows: Annotated[int, typer.Option(min=1000, help="Of the table that is predicted.")] = 100_000) -> None:
    for kind, start in (("mariadb", servers.mariadb), ("mysql", servers.mysql)):
        with tempfile.TemporaryDirectory() as folder, start(Path(folder) / kind) as server:
            store = connect(Database(url=server.url))
            install(store.engine, "sys", "genba_sql")
            store.close()
            command = [sys.executable, "-m", "ingest.command", "sql", "serve", "--url", server.url]
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            url = make_url(server.url)
            client = pymysql.connect(host=url.host, port=url.port or 3306, user=url.username, autocommit=True)
            measure(kind, client.cursor(), rows)
            worker.terminate()
            worker.wait()


if __name__ == "__main__":
    app()
