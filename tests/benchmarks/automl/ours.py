"""The engine on one table, in a process of its own: ``python -m tests.benchmarks.automl.ours BUDGET TABLE_FOLDER OUT``.

Writes what `peers` writes: predictions and figures. Leaks are reported only, so that every system has the same columns.
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.automl import fit

METRIC = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}


def main(budget: float, folder: Path, out: Path) -> None:
    table: dict[str, Any] = json.loads((folder / "table.json").read_text())
    train, test = (pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "test"))
    rows = test.drop(columns=table["target"])
    started = time.perf_counter()
    model = fit(
        train,
        table["target"],
        task="regression" if table["task"] == "regression" else "classification",
        optimization_metric=METRIC[table["task"]],
        time_budget=budget,
        seed=0,
        time_column=table["order"],
        group_column=table["group"],
        leaks="report",
    )
    fitted = time.perf_counter()
    predicted = model.predict(rows) if table["task"] == "regression" else model.predict_proba(rows)
    np.save(out.with_suffix(".npy"), np.asarray(predicted, dtype=float))
    figures = {
        "fit_seconds": fitted - started,
        "predict_seconds": time.perf_counter() - fitted,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    out.with_suffix(".json").write_text(json.dumps(figures))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(float(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
