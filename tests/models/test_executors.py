"""Many studies at once: here, in processes, on a cluster; and what happens to those that end badly."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import EnvironmentFailure, SettingsError
from ingest.settings import Database, load_settings
from ingest.store import jobs
from models.commands import train
from models.executors import call, executor
from models.jobs import StageOutcome
from tests.models.cluster import two_workers
from tests.models.small_plant import BROKEN, TOML, UNITS, Home, bottles, presses

SECOND = """
[studies.again]
line = "fill"
task = "classification"
target = "verdict"
"""


def plant(tmp_path: Path, database: Database, toml: str = TOML + SECOND) -> Home:
    # A busy machine may not find the time to renew a lease of one second.
    found = Home(tmp_path, database, toml, lease_seconds=60)
    found.fill(bottles(), presses())
    return found


def trained(home: Home, setting: str) -> dict[str, list[StageOutcome]]:
    with executor(setting, 2) as pool:
        futures = {
            study: pool.submit(call, "models.commands.train:train_study", str(home.file), study, 0)
            for study in ("caps", "power", "again")
        }
        return {study: future.result(250) for study, future in futures.items()}


def test_the_rest_waits_for_its_turn_in_this_process() -> None:
    with executor("serial") as pool:
        assert [pool.submit(os.getpid).result() for _ in range(2)] == [os.getpid()] * 2


def test_processes_share_the_cores() -> None:
    before = os.getenv("OMP_NUM_THREADS")
    with executor("local", 2, tasks=5) as pool:
        assert pool.submit(os.getpid).result(60) != os.getpid()
        threads = pool.submit(os.getenv, "OMP_NUM_THREADS").result(60)
    assert threads == str(max(1, len(os.sched_getaffinity(0)) // 2))
    assert os.getenv("OMP_NUM_THREADS") == before


@pytest.mark.mariadb
def test_three_studies_in_two_processes(tmp_path: Path, new_database: Callable[[str], Database]) -> None:
    home = plant(tmp_path, new_database("mariadb"), TOML + SECOND + BROKEN)
    done = trained(home, "local")
    assert [outcome.error for outcome in done["power"]] == [None] * 3
    for study in ("caps", "again"):
        (failed,) = done[study]
        assert failed.error is not None
        assert "would be column 'Lot', which is taken" in failed.error
        assert failed.exit_code == 2
        assert [row.status for row in home.runs(study)] == ["failed"]


@pytest.mark.mariadb
def test_three_studies_on_a_cluster_of_two_workers(tmp_path: Path, new_database: Callable[[str], Database]) -> None:
    home = plant(tmp_path, new_database("mariadb"))
    with two_workers(tmp_path / "cluster") as cluster:
        setting = cluster.scheduler_address.replace("tcp://", "dask://")
        with executor(setting) as pool:
            missing = pool.submit(call, "models.nowhere:nothing").exception(60)
            elsewhere = pool.submit(call, "os:getpid").result(60)
        done = trained(home, setting)
    assert isinstance(missing, ModuleNotFoundError)
    assert elsewhere != os.getpid()
    for study, outcomes in done.items():
        assert [outcome.error for outcome in outcomes] == [None] * 3
        assert outcomes[0].counts["rows"] == UNITS
        assert [(row.job, row.status) for row in home.runs(study)] == [
            (job, "done") for job in ("build", "train", "score")
        ]
        with home.store() as store:
            assert jobs.leader(store, study) is None


def test_a_process_that_ends_without_a_word_is_an_outcome() -> None:
    with executor("local", 1) as pool:
        future = pool.submit(call, "os:_exit", 1)
        (outcome,) = train._outcomes("caps", future)
    assert (outcome.study, outcome.exit_code) == ("caps", 1)
    assert outcome.error is not None
    assert outcome.error.startswith("its process ended without an answer (BrokenProcessPool: ")
    assert "\n" not in outcome.error


def test_settings_that_fail_on_the_worker_are_an_outcome(tmp_path: Path) -> None:
    (tmp_path / "genba.toml").write_text('[database]\nurl = "sqlite:///new.db"\n')
    (outcome,) = train.train_study(str(tmp_path / "genba.toml"), "caps", 0)
    assert outcome.exit_code == 2
    assert outcome.error is not None
    assert "plant.toml: no such file" in outcome.error


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.executors.PATIENCE_SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(EnvironmentFailure, match="no Dask scheduler answers there"):
        executor("dask://127.0.0.1:9").__enter__()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("setting", ["dask", "dask://host", "tcp://host:1", "processes"])
def test_an_executor_nobody_knows_is_refused(tmp_path: Path, setting: str) -> None:
    (tmp_path / "genba.toml").write_text(f'[training]\nexecutor = "{setting}"\n')
    with pytest.raises(SettingsError, match="executor"):
        load_settings(tmp_path / "genba.toml")
