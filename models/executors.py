"""Where many studies are learnt: in processes of this machine, on a Dask cluster, or here in a row."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Any, ParamSpec, TypeVar

from ingest.errors import EnvironmentFailure, UsageError

__all__ = ["call", "executor"]

PATIENCE_SECONDS = 10
"""For how long a cluster's scheduler is waited for."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@contextmanager
def executor(setting: str, processes: int = 0, tasks: int | None = None) -> Iterator[Executor]:
    """The executor that a setting names; what still waits when the block ends by an exception is not begun.

    ``setting``: ``local``, ``serial`` or ``dask://host:port``, as in ``training.executor``. ``processes``: of
    ``local``, 0 for one per core; never more than ``tasks``. The cores are shared among them by ``OMP_NUM_THREADS``.
    What is submitted runs elsewhere: `call`, the name of a function, and plain arguments. Raises `UsageError` where
    Dask is not installed, `EnvironmentFailure` where no cluster answers or its workers have another Genba than we.
    """
    if setting == "serial":
        yield _Serial()
    elif setting.startswith("dask://"):
        with _cluster(setting) as found:
            yield found
    else:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        count = max(1, min(processes or cores, tasks or cores))
        # Started afresh: a copy of a process that runs threads may stand still for ever.
        fresh = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(count, fresh, _share_cores, (max(1, cores // count),))
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def call(function: str, *arguments: Any) -> Any:
    """Call ``module:function``, imported only here, where it runs: what cannot be imported is then an exception that
    the future holds. Dask's workers would end at the door, and the future never."""
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)(*arguments)


def _share_cores(threads: int) -> None:
    """In the new process, before it loads what counts its threads."""
    os.environ["OMP_NUM_THREADS"] = str(threads)


@contextmanager
def _cluster(setting: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ModuleNotFoundError as missing:
        raise UsageError(f"executor {setting} needs {missing.name}; pip install 'genba[cluster]'") from None
    try:
        client = Client(setting.replace("dask://", "tcp://"), timeout=PATIENCE_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except OSError:  # a time-out is one
        raise EnvironmentFailure(
            f"executor {setting}: no Dask scheduler answers there; start one with `dask scheduler`, and its workers"
        ) from None
    with client:
        _check_versions(setting, client)
        # A study that ended with its worker is not tried on the next one: it would be ended, too.
        yield client.get_executor(pure=False, retries=0)  # type: ignore[no-untyped-call]


def _check_versions(setting: str, client: Any) -> None:
    ours = metadata.version("genba")
    try:
        theirs: dict[str, str] = client.run(metadata.version, "genba")
    except metadata.PackageNotFoundError:
        raise EnvironmentFailure(f"executor {setting}: a worker has no Genba; install {ours} there, too") from None
    if not theirs:
        raise EnvironmentFailure(f"executor {setting}: the cluster has no worker; start one with `dask worker`")
    for worker, version in theirs.items():
        if version != ours:
            raise EnvironmentFailure(f"executor {setting}: worker {worker} has Genba {version}, here it is {ours}")


class _Serial(Executor):
    """Everything at once, in the caller's own thread; what is raised reaches the caller of `submit`."""

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        done: Future[Result] = Future()
        done.set_result(fn(*args, **kwargs))
        return done
