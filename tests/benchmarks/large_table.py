"""Memory and time of a table that is large for the machine: 10 million rows of 50 columns, read and learnt from.

Usage: ``python -m tests.benchmarks.large_table [--rows 10000000] [--budget 60] [--read-only] [--json FILE]``.

The table is written as Parquet (numbers of both widths, some categories) into a temporary folder; a process of its own
reads it and calls `models.automl.fit`. Its peak memory above the bare interpreter, over the size of the table as a
frame, is to stay below 4. Exit code 1 where it does not.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from pyarrow import parquet
from rich.console import Console
from rich.progress import track

GOAL = 4.0
SINGLES, DOUBLES, CATEGORIES = 24, 20, 5
GROUP = 500_000
"""Rows of one row group."""


def write(path: Path, rows: int) -> None:
    """49 features and a class that depends on five of them."""
    rng = np.random.default_rng(0)
    levels = pa.array([f"die {place}" for place in range(12)])
    writer: parquet.ParquetWriter | None = None
    for start in track(range(0, rows, GROUP), "Writing rows", console=Console(stderr=True), transient=True):
        count = min(GROUP, rows - start)
        singles = rng.normal(size=(SINGLES, count)).astype(np.float32)
        doubles = rng.normal(size=(DOUBLES, count))
        codes = rng.integers(0, len(levels), (CATEGORIES, count), dtype=np.int8)
        signal = singles[0] + doubles[0] * (codes[0] < 4) + np.abs(doubles[1]) - 0.5 * singles[1] * (codes[1] > 6)
        columns = {f"s{place}": pa.array(values) for place, values in enumerate(singles)}
        columns |= {f"d{place}": pa.array(values) for place, values in enumerate(doubles)}
        columns |= {
            f"c{place}": pa.DictionaryArray.from_arrays(pa.array(code), levels) for place, code in enumerate(codes)
        }
        columns["bad"] = pa.array((rng.random(count) < 1 / (1 + np.exp(-signal))).astype(np.int8))
        batch = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, batch.schema)
        writer.write_table(batch)
    assert writer is not None
    writer.close()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def learn(path: Path, budget: float | None) -> dict[str, Any]:
    """In a process of its own: bytes and seconds of reading, and of learning unless ``budget`` is None."""
    from models.study.load import load_table

    if budget is not None:
        from models.automl import fit
    bare, started = _peak(), time.monotonic()
    table = load_table(str(path))
    size = int(table.memory_usage(deep=True).sum())
    found: dict[str, Any] = {"rows": len(table), "columns": table.shape[1], "table_bytes": size}
    found |= {"read_seconds": time.monotonic() - started, "read_peak": (_peak() - bare) / size}
    if budget is not None:
        started = time.monotonic()
        model = fit(table, "bad", task="classification", time_budget=budget, seed=0)
        found |= {"fit_seconds": time.monotonic() - started, "fit_peak": (_peak() - bare) / size}
        quality, notes = model.quality, model.facts.get("notes")
        found |= {"metric": quality.metric, "forward": quality.forward, "baseline": quality.baseline, "notes": notes}
    return found


def measure(rows: int, budget: float | None) -> dict[str, Any]:
    """Write the table, and learn from it in a fresh process."""
    with tempfile.TemporaryDirectory(prefix="genba-bench-") as folder:
        path = Path(folder) / "large.parquet"
        fresh = multiprocessing.get_context("spawn")
        # Written elsewhere, too: what writing took must not stand in the way of what is measured.
        writing = fresh.Process(target=write, args=(path, rows))
        writing.start()
        writing.join()
        with fresh.Pool(1) as pool:
            return pool.apply(learn, (path, budget))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    figures = measure(said.rows, None if said.read_only else said.budget)
    for name, value in figures.items():
        sys.stdout.write(f"{name:14} {value:,.2f}\n" if isinstance(value, float) else f"{name:14} {value}\n")
    if said.json:
        said.json.write_bytes(orjson.dumps(figures, default=str))
    sys.exit(figures.get("fit_peak", figures["read_peak"]) > GOAL)


if __name__ == "__main__":
    main()
