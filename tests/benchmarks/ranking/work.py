"""One plant, judged, in a process of its own: seconds and peak memory are the ranking's, and a crash ends one plant."""

import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import orjson

from models.rank.rank import rank
from models.study.data import prepare
from models.study.spec import StudySpec
from tests.benchmarks.ranking.files import frame_of, write
from tests.benchmarks.ranking.metrics import score
from tests.benchmarks.ranking.plants import VERSION, Plant, draw

__all__ = ["Method", "Task", "methods", "run_all"]

Method = Callable[[Plant, float | None], dict[str, Any]]
"""A plant and a budget to a document."""


def genba(plant: Plant, budget: float | None) -> dict[str, Any]:
    """Our ranking, in this process."""
    data = prepare(frame_of(plant), StudySpec.parse(plant.study))
    return rank(data, seed=plant.seed, budget=budget)


def command(plant: Plant, budget: float | None) -> dict[str, Any]:
    """Our ranking through files and the command, as a user has it."""
    with tempfile.TemporaryDirectory() as folder:
        table, study = write(plant, Path(folder))
        out = Path(folder) / "out.json"
        words = [str(Path(sys.executable).with_name("genba")), "rank", str(table), "--study", str(study)]
        words += ["--json", str(out), "--seed", str(plant.seed)]
        words += [] if budget is None else ["--budget", str(budget)]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"genba rank ended with {done.returncode}: {done.stderr[-2000:]}")
        document: dict[str, Any] = orjson.loads(out.read_bytes())
        return document


def methods() -> dict[str, Method]:
    """By name."""
    return {"genba": genba, "command": command}


@dataclass(frozen=True)
class Task:
    """One plant and one method."""

    family: str
    seed: int
    method: str
    confounding: float | None = None

    @property
    def key(self) -> tuple[str, int, str, float | None, int]:
        return (self.family, self.seed, self.method, self.confounding, VERSION)


def _judge(task: Task, budget: float | None) -> dict[str, Any]:
    plant = draw(task.family, task.seed, task.confounding)
    start = time.perf_counter()
    document = methods()[task.method](plant, budget)
    seconds = time.perf_counter() - start
    who = resource.RUSAGE_CHILDREN if task.method == "command" else resource.RUSAGE_SELF
    config = plant.config
    return {
        **score(document, plant.truth),
        "seconds": round(seconds, 3),
        "rss_mb": resource.getrusage(who).ru_maxrss // 1024,
        "units": config.units,
        "columns": len(plant.columns),
        "bad_rate": config.bad_rate,
        "confounding_drawn": config.confounding,
    }


def _row(task: Task, result: dict[str, Any]) -> dict[str, Any]:
    named = {"family": task.family, "seed": task.seed, "method": task.method, "confounding": task.confounding}
    return {**named, "version": VERSION, **result}


def _child(task: Task, budget: float | None, answer: Connection) -> None:
    answer.send_bytes(orjson.dumps(_judge(task, budget), option=orjson.OPT_SERIALIZE_NUMPY))


def run_all(tasks: Sequence[Task], jobs: int, budget: float | None, patience: float) -> Iterator[dict[str, Any]]:
    """Rows as they come. A plant that fails, or takes longer than ``patience`` seconds, gives a row with ``error``."""
    fork = multiprocessing.get_context("fork")
    waiting, running = list(tasks), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            task = waiting.pop(0)
            ours, theirs = fork.Pipe(duplex=False)
            process = fork.Process(target=_child, args=(task, budget, theirs))
            process.start()
            theirs.close()
            running[ours] = (task, process, time.monotonic() + patience)
        for ready in wait(list(running), timeout=1.0):
            task, process, _ = running.pop(ready)  # type: ignore[call-overload]
            try:
                yield _row(task, orjson.loads(ready.recv_bytes()))  # type: ignore[union-attr]
            except EOFError:
                process.join()
                yield _row(task, {"error": f"ended with {process.exitcode}"})
            process.join()
        for late in [one for one, (_, _, end) in running.items() if time.monotonic() > end]:
            task, process, _ = running.pop(late)
            process.kill()
            process.join()
            yield _row(task, {"error": f"took more than {patience:g} s"})
