"""The tables of the comparison: what is predicted, and which rows are learnt from and which are judged.

Run as a file in the peers' environment, which has the packages with the tables: ``python tables.py OUT TABLE SPLIT``
writes ``train.parquet``, ``test.parquet`` and ``table.json`` into ``OUT``.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

MAX_TRAIN_ROWS = 60_000
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Table:
    """One table: ``loader`` is ``module:function`` beside this file; ``test`` the share of rows that is judged.

    Split 0 of a table with ``order`` judges its newest rows, each further split a window half its length earlier.
    ``order`` makes the split go forward in time; ``group`` keeps groups whole; else rows are drawn within each class.
    """

    name: str
    loader: str
    target: str
    task: Task
    test: float = 0.25
    order: str | None = None
    group: str | None = None


def _known(name: str, target: str, task: Task, loader: str, test: float = 0.25, **how: str) -> Table:
    return Table(name, f"known:{loader}", target, task, test, **how)


def _unseen(name: str, target: str, task: Task, test: float = 0.25, **how: str) -> Table:
    return Table(name, f"unseen:{name}", target, task, test, **how)


KNOWN = (
    _known("ai4i", "Machine failure", "binary", "ai4i"),
    _known("steel_usage", "Usage_kWh", "regression", "steel_usage", 0.2, order="date"),
    _known("steel_load", "Load_Type", "multiclass", "steel_load"),
    _known("plates", "fault", "multiclass", "plates"),
    _known("lens", "quality", "multiclass", "lens"),
    _known("garment", "actual_productivity", "regression", "garment", 0.2, order="date"),
    _known("turbine_nox", "NOX", "regression", "turbine_nox", 0.4, order="datetime"),
    _known("turbine_co", "CO", "regression", "turbine_co", 0.4, order="datetime"),
    _known("turbine_power", "TEY", "regression", "turbine_power", 0.4, order="datetime"),
    _known("mill_wear", "tool_condition", "binary", "mill_wear", 0.34, group="experiment"),
    _known("mill_power", "S1_OutputPower", "regression", "mill_power", 0.34, group="experiment"),
    _known("titanic", "survived", "binary", "titanic"),
    _known("bands", "band", "binary", "bands", 0.33),
    _known("bands_forward", "band", "binary", "bands", 0.3, order="c01"),
    _known("transformer", "OT", "regression", "transformer", 0.2, order="date"),
)
UNSEEN = (
    _unseen("hitters", "Salary", "regression", 0.34),
    _unseen("alzheimer", "Class", "binary", 0.34),
    _unseen("caravan", "Purchase", "binary", 0.34),
    _unseen("grants", "class", "binary"),
    _unseen("tweets", "source", "binary"),
    _unseen("fine_foods", "score", "binary"),
    _unseen("hotel_rates", "avg_price_per_room", "regression", order="arrival_date"),
    _unseen("flights", "late", "binary", 0.2, order="time_hour"),
    _unseen("diamonds", "price", "regression"),
    _unseen("leaves", "species", "multiclass"),
    _unseen("lending", "Class", "binary"),
    _unseen("lectures", "y", "regression", 0.2),
    _unseen("crashes", "dead", "binary", group="caseid"),
    _unseen("rain", "rain", "regression", order="day"),
    _unseen("reddit", "pan_financial_impact", "multiclass"),
)
# Kept apart while the engine is built, so that at least these are judged without having been looked at.
RESERVE = (
    _unseen("speech", "class", "binary", 0.4),
    _unseen("churn", "churn", "binary"),
    _unseen("deliveries", "time_to_delivery", "regression"),
    _unseen("houses", "Sale_Price", "regression"),
    _unseen("cells", "class", "binary"),
    _unseen("juice", "Purchase", "binary"),
)
TABLES = {table.name: table for table in (*KNOWN, *UNSEEN, *RESERVE)}


def load(table: Table) -> pd.DataFrame:
    """The whole table, target included, in time order where it has one; the loaders are found beside this file."""
    module, function = table.loader.split(":")
    loader: Callable[[], pd.DataFrame] = getattr(import_module(module), function)
    return loader().reset_index(drop=True)


def divide(frame: pd.DataFrame, table: Table, split: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to learn from and rows to be judged on, without one row in both."""
    rng = np.random.default_rng(split)
    judged = np.zeros(len(frame), dtype=bool)
    if table.order:
        count = round(table.test * len(frame))
        end = len(frame) - split * count // 2
        judged[end - count : end] = True
        frame, judged = frame.iloc[:end], judged[:end]
    elif table.group:
        groups = rng.permutation(frame[table.group].unique())
        judged = frame[table.group].isin(groups[: round(table.test * len(groups))]).to_numpy()
    else:
        classes = frame[table.target] if table.task != "regression" else pd.Series(0, index=frame.index)
        for rows in classes.groupby(classes).indices.values():
            judged[rng.permutation(rows)[: round(table.test * len(rows))]] = True
    train, test = frame[~judged], frame[judged]
    if len(train) > MAX_TRAIN_ROWS:
        train = train.iloc[np.sort(rng.choice(len(train), MAX_TRAIN_ROWS, replace=False))]
    return train.reset_index(drop=True), test.reset_index(drop=True)


def write(folder: Path, table: Table, split: int) -> None:
    """Both parts and the description, for programs in any environment."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in zip(("train", "test"), divide(load(table), table, split), strict=True):
        part.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "table.json").write_text(json.dumps(asdict(table)))


if __name__ == "__main__":
    write(Path(sys.argv[1]), TABLES[sys.argv[2]], int(sys.argv[3]))
