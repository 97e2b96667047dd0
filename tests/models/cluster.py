"""A Dask cluster of two workers, each a process of its own, on the loopback alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import LocalCluster


@contextmanager
def two_workers(folder: Path) -> Iterator[LocalCluster]:
    """Ready for work; ended at the end of the block."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=str(folder),
        env={"PYTHONPATH": os.fspath(Path(__file__).parents[2])},
    ) as cluster:
        cluster.wait_for_workers(2, timeout=60)
        yield cluster
