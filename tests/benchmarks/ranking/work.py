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
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import orjson

from models.rank.rank import rank
from models.study.data import prepare
from models.study.spec import StudySpec
from tests.benchmarks.ranking.adjusted import adjusted
from tests.benchmarks.ranking.files import frame_of, write
from tests.benchmarks.ranking.metrics import score
from tests.benchmarks.ranking.peers import peers
from tests.benchmarks.ranking.plants import VERSION, Plant, draw

__all__ = ["METHODS", "Method", "Task", "judge", "run_all"]

Documents = dict[str, dict[str, Any]]
"""By the name of the method."""
Method = Callable[[Plant, float | None], Documents]
"""A plant and a budget for our ranking to the documents of one method or several."""


def _genba(plant: Plant, budget: float | None) -> Documents:
    """Our ranking, in this process."""
    data = prepare(frame_of(plant), StudySpec.parse(plant.study))
    return {"genba": rank(data, seed=plant.seed, budget=budget)}


def _command(plant: Plant, budget: float | None) -> Documents:
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
        return {"command": orjson.loads(out.read_bytes())}


METHODS: dict[str, Method] = {
    "genba": _genba,
    "command": _command,
    "peers": lambda plant, _budget: peers(plant),
    "adjusted": lambda plant, _budget: {"adjusted": adjusted(plant)},
}
"""What a task can run."""


@dataclass(frozen=True)
class Task:
    """One plant, and what is to be run on it."""

    family: str
    seed: int
    runs: str
    """A key of `METHODS`."""
    confounding: float | None = None

    @property
    def key(self) -> tuple[str, int, str, float | None, int]:
        return (self.family, self.seed, self.runs, self.confounding, VERSION)

    def row(self, method: str, result: dict[str, Any]) -> dict[str, Any]:
        """One line of the results."""
        named = {"family": self.family, "seed": self.seed, "runs": self.runs, "method": method}
        return {**named, "confounding": self.confounding, "version": VERSION, **result}


def judge(task: Task, budget: float | None = None) -> list[dict[str, Any]]:
    """Draw the plant, run, and score every document."""
    plant = draw(task.family, task.seed, task.confounding)
    start = time.perf_counter()
    documents = METHODS[task.runs](plant, budget)
    seconds = time.perf_counter() - start
    who = resource.RUSAGE_CHILDREN if task.runs == "command" else resource.RUSAGE_SELF
    cost = {"seconds": round(seconds, 3), "rss_mb": resource.getrusage(who).ru_maxrss // 1024}
    drawn = {"units": plant.config.units, "columns": len(plant.columns), "drawn": plant.config.confounding}
    return [task.row(name, {**score(made, plant.truth), **cost, **drawn}) for name, made in documents.items()]


def _child(task: Task, budget: float | None, answer: Connection) -> None:
    answer.send_bytes(orjson.dumps(judge(task, budget), option=orjson.OPT_SERIALIZE_NUMPY))


def run_all(
    tasks: Sequence[Task], jobs: int, budget: float | None, patience: float
) -> Iterator[tuple[Task, list[dict[str, Any]]]]:
    """Rows as they come. A plant that fails, or takes longer than ``patience`` seconds, gives a row with ``error``."""
    fork = multiprocessing.get_context("fork")
    waiting = list(tasks)
    running: dict[Connection, tuple[Task, BaseProcess, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            task = waiting.pop(0)
            ours, theirs = fork.Pipe(duplex=False)
            process: BaseProcess = fork.Process(target=_child, args=(task, budget, theirs))
            process.start()
            theirs.close()
            running[ours] = (task, process, time.monotonic() + patience)
        wait(list(running), timeout=1.0)
        for answer, (task, process, end) in list(running.items()):
            if not answer.poll() and time.monotonic() < end:
                continue
            del running[answer]
            yield task, _collect(task, process, answer)


def _collect(task: Task, process: BaseProcess, answer: Connection) -> list[dict[str, Any]]:
    """The rows of a process that has answered, ended, or is late."""
    if not answer.poll():
        process.kill()
        process.join()
        return [task.row(task.runs, {"error": "took too long"})]
    try:
        rows: list[dict[str, Any]] = orjson.loads(answer.recv_bytes())
    except EOFError:
        process.join()
        return [task.row(task.runs, {"error": f"ended with {process.exitcode}"})]
    process.join()
    return rows
