"""How many threads a table deserves."""

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["cores", "keep_to_one", "openmp", "threads_for"]

SMALL = 1_000_000
"""Cells. Threads that wait for one another spin: where the cores are busy, two of them were measured 15 times slower
than one on 20,000 rows; where they are idle, they save a tenth of a second."""


_here = threading.local()


def cores() -> int:
    """Cores that this process may use; fewer where ``OMP_NUM_THREADS`` says so."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS", "")
    return min(found, int(said)) if said.isdigit() and int(said) > 0 else found


def keep_to_one() -> None:
    """The calling thread is one of several side by side: from now on it uses no others."""
    _here.one = True


def threads_for(cells: int, threads: int = 0) -> int:
    """Threads for a table of so many cells: one for small ones, else ``threads`` (0: all)."""
    return 1 if cells < SMALL or getattr(_here, "one", False) else threads


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="openmp")


def openmp(cells: int, threads: int = 0) -> AbstractContextManager[object]:
    """While it lasts, libraries that take no number of threads use `threads_for` so many cells.

    OpenMP's setting belongs to the calling thread; that of BLAS to the whole process, so it is not for a trial to set.
    """
    wanted = threads_for(cells, threads)
    return _controller().limit(limits=wanted) if wanted else nullcontext()
