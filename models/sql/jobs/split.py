"""TRAIN_TEST_SPLIT: a table into ``<table>_train`` and ``<table>_test``, four rows to one.

Classes are spread evenly, and at least five rows of each go to training; with ``time_column`` (or, for forecasting,
``datetime_index``) the last fifth is the test; with ``group_column`` whole groups are on one side. HeatWave splits
regression at random only.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.sql.bench import Bench
from models.sql.bulk import Writer
from models.sql.errors import MlError
from models.sql.names import Name, quote
from models.sql.options import checked, task_of, whole
from models.sql.pages import pages
from models.sql.tables import BATCH, shape_of, source_of

__all__ = ["sides", "split"]

TEST = 0.2
FEWEST = 5
"""Rows of a class that training gets before the test gets any."""


def split(bench: Bench) -> dict[str, Any]:
    """Answers with the statements that make the two tables."""
    options = checked("TRAIN_TEST_SPLIT", bench.options)
    task, target = task_of(options), bench.args.get("target")
    shape = shape_of(bench)
    order = options.get("time_column") or (options.get("datetime_index") if task == "forecasting" else None)
    if task == "log_anomaly_detection":
        order = order or (shape.key[0] if shape.key else None)
    group = options.get("group_column")
    for name in (target, order, group):
        if name is not None:
            bench.has_column(name, shape.columns)
    if task == "classification" and target is None:
        raise MlError("the target is NULL; classification needs it to spread the classes evenly")
    if task == "forecasting" and order is None:
        raise MlError("forecasting needs datetime_index to know what comes last; give the column of the time")
    source = source_of(bench, shape)
    wanted = tuple(dict.fromkeys(name for name in (target, order, group) if name is not None))
    keys, frames = [], []
    for key, frame in pages(bench.engine, source, wanted, BATCH):
        keys.append(key)
        frames.append(frame)
    if not keys:
        raise MlError(f"table {bench.args['table']!r} holds no rows; there is nothing to split")
    numbers, frame = pd.concat(keys, ignore_index=True), pd.concat(frames, ignore_index=True)
    evenly = target if task == "classification" or (task == "anomaly_detection" and target is not None) else None
    test = sides(frame, evenly, order, group, whole(options, "seed", 0))
    writer = Writer(bench.engine, *bench.queue.staging(bench.job), {"test": "TINYINT NOT NULL"})
    writer.write(numbers, {"test": test.astype(np.int64)})
    writer.finish()
    statements = []
    keyed = f"(PRIMARY KEY ({', '.join(map(quote, shape.key))})) " if shape.key else ""
    for number, suffix in enumerate(("train", "test")):
        output = Name(bench.table.schema, f"{bench.table.table}_{suffix}")
        listed = ", ".join(f"i.{quote(column)}" for column in shape.columns)
        table = source.table if source.copied else bench.table
        statements.append(
            f"CREATE TABLE {output.quoted} {keyed}AS SELECT {listed} FROM {table.quoted} AS i "  # noqa: S608
            f"JOIN {writer.name.quoted} AS r ON r.{quote(writer.key)} = i.{quote(source.key)} WHERE r.test = {number} "
            f"ORDER BY i.{quote(source.key)}"
        )
    statements.append(f"DROP TABLE {writer.name.quoted}")
    if source.copied:
        statements.append(f"DROP TABLE {source.table.quoted}")
    return {"statements": statements}


def sides(
    frame: pd.DataFrame, evenly: str | None, order: str | None, group: str | None, seed: int
) -> NDArray[np.bool_]:
    """Which rows are tested. (n,)"""
    n, rng = len(frame), np.random.default_rng(seed)
    test = np.zeros(n, dtype=np.bool_)
    if order is not None:
        places = np.argsort(frame[order].to_numpy(), kind="stable")
        test[places[n - int(n * TEST) :]] = True
    elif group is not None:
        codes, names = pd.factorize(frame[group], use_na_sentinel=False)
        sizes, chosen = np.bincount(codes, minlength=len(names)), rng.permutation(len(names))
        test = np.isin(codes, chosen[np.cumsum(sizes[chosen]) <= n * TEST + 1e-9])
    elif evenly is not None:
        codes, names = pd.factorize(frame[evenly], use_na_sentinel=False)
        for code in range(len(names)):
            rows = rng.permutation(np.flatnonzero(codes == code))
            test[rows[: min(round(len(rows) * TEST), max(len(rows) - FEWEST, 0))]] = True
    else:
        test[rng.permutation(n)[: int(n * TEST)]] = True
    return test
