"""The chain of a study, on real data in a real database: what it leaves, and how it fails."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from ingest.settings import Database
from ingest.store import jobs, model_catalog, results
from ingest.store.engine import Store
from ingest.store.jobs import STAGES
from ingest.store.schema import score
from models.jobs import Stage, StageOutcome, run_chain
from models.lease import Lease
from tests.models.small_plant import BROKEN, TOML, UNITS, Home, bottles, presses, quick

DUE = datetime(2026, 11, 9, 20, tzinfo=UTC)
Make = Callable[..., Home]


@pytest.fixture
def make(tmp_path: Path, new_database: Callable[[str], Database]) -> Make:
    """``make("mariadb", TOML)``: a plant whose data are in."""

    def home(engine: str = "sqlite", toml: str = TOML, units: int = UNITS) -> Home:
        found = Home(tmp_path, new_database(engine), toml, lease_seconds=30)
        found.fill(bottles(units), presses(units))
        return found

    return home


def chain(home: Home, store: Store, study: str, stages: tuple[str, ...] = STAGES) -> list[StageOutcome]:
    told: list[tuple[str, float]] = []
    stage = Stage(home.settings, home.plant, store, study, learner=quick)
    outcomes = run_chain(stage, DUE, lambda job, share, _: told.append((job, share)), stages)
    assert list(dict(told)) == [outcome.job for outcome in outcomes if outcome.seconds > 0 or told]
    assert all(0 <= share <= 1 for _, share in told)
    return outcomes


def run(home: Home, study: str, stages: tuple[str, ...] = STAGES) -> list[StageOutcome]:
    with home.store() as store:
        return chain(home, store, study, stages)


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def test_the_chain_leaves_rows_model_scores_ranking_and_reports(engine: str, make: Make) -> None:
    home = make(engine)
    for study in ("caps", "power"):
        assert [outcome.error for outcome in run(home, study)] == [None] * len(STAGES)
        rows = home.runs(study)
        assert [row.job for row in rows] == list(STAGES)
        for row in rows:
            assert (row.status, row.due_at, row.error) == ("done", DUE, None)
            assert row.finished_at is not None
            assert row.finished_at >= row.started_at
        counts = {row.job: row.counts for row in rows}
        assert counts["build"]["rows"] == counts["train"]["rows"] == counts["score"]["scores"] == UNITS
        assert counts["rank"]["verdict"] == "factors_found"
        with home.store() as store:
            model = model_catalog.champion(store, study)
            ranking = results.latest_ranking(store, study)
            reports = results.latest_reports(store, study)
            assert jobs.leader(store, study) is None
        assert model is not None
        assert model.entry.quality["forward"] == counts["train"]["forward"]
        assert ranking is not None
        assert [entry["factor"] for entry in ranking.document["ranking"]] == [{"caps": "temp", "power": "speed"}[study]]
        assert sorted(reports) == ["en", "ja"]
        assert [str(reports[language].path) for language in ("ja", "en")] == counts["report"]["files"]
        for report in reports.values():
            assert Path(report.path).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_an_energy_baseline_is_kept_until_a_new_one_is_asked_for(make: Make) -> None:
    home = make(toml=TOML.replace("[shifts]", 'energy = { baseline_until = "2026-01-07" }\n[shifts]'))

    def ranked(**more: Any) -> set[str]:
        stage = Stage(home.settings, home.plant, store, "power", learner=quick, **more)
        assert [outcome.error for outcome in run_chain(stage, DUE, lambda *_: None, ("build", "rank"))] == [None, None]
        assert stage.document["energy"]["savings"] is not None
        return {note["code"] for note in stage.document["energy"]["notes"]}

    with home.store() as store:
        assert "baseline_given" not in ranked()
        assert "baseline_given" in ranked()
        # A night without an account changes nothing.
        last = results.latest_ranking(store, "power")
        assert last is not None
        results.save_ranking(store, "power", None, last.document | {"energy": None})
        assert "baseline_given" in ranked()
        assert "baseline_given" not in ranked(new_baseline=True)
        assert "baseline_given" in ranked()


def test_scores_belong_to_the_units_that_were_scored(make: Make) -> None:
    home = make()
    # A verdict nobody knows: the unit stays out of learning, and the others keep their own scores.
    with home.store() as store, store.begin() as connection:
        connection.execute(text("UPDATE verdict SET verdict = '?' WHERE serial = 'B0003'"))
    run(home, "caps")
    with home.store() as store, store.connect() as connection:
        found = {row.serial: row.score for row in connection.execute(select(score))}
        temps = {row.serial: row.temp for row in connection.execute(text("SELECT serial, temp FROM study_caps"))}
    assert set(found) == set(temps) - {"B0003"}
    warm = [found[serial] for serial in found if temps[serial] > 8]
    cold = [found[serial] for serial in found if temps[serial] <= 8]
    assert sum(warm) / len(warm) > 2 * sum(cold) / len(cold)


@pytest.mark.parametrize(("units", "reason"), [(0, "no_target"), (12, "few_of_a_class")])
def test_too_little_is_no_failure(make: Make, units: int, reason: str) -> None:
    home = make(units=units)
    for study in ("caps", "power"):
        assert [outcome.error for outcome in run(home, study)] == [None] * len(STAGES)
    with home.store() as store:
        ranking = results.latest_ranking(store, "caps")
        reports = results.latest_reports(store, "caps")
        assert model_catalog.champion(store, "caps") is None
    assert ranking is not None
    assert (ranking.document["verdict"], ranking.document["reason"]["code"]) == ("not_enough_data", reason)
    assert all(Path(report.path).exists() for report in reports.values())


def test_a_target_that_never_came_is_too_little(make: Make) -> None:
    home = make(toml=TOML.replace('signals.power]\nunit = "kW"', "signals.power]\n[lines.press.machines.p.signals.kw]"))
    with home.store() as store, store.begin() as connection:
        connection.execute(text("DELETE FROM reading WHERE signal_id IN "
                                "(SELECT signal_id FROM `signal` WHERE address LIKE '%/power')"))  # fmt: skip
    run(home, "power")
    assert home.runs("power")[3].counts["verdict"] == "not_enough_data"


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (TOML + BROKEN, "line 'fill': signal 'Lot' would be column 'Lot', which is taken; rename it"),
        (
            TOML.replace("signals.temp]", "signals.temp]\nstatistics = ['last', 'std']")
            + "[lines.fill.machines.cooler.signals.temp__std]\n",
            "signal 'temp__std' would be column 'temp__std', which is taken",
        ),
    ],
)
def test_a_broken_study_fails_in_words_and_the_other_completes(make: Make, toml: str, words: str) -> None:
    home = make(toml=toml)
    (failed,) = run(home, "caps")
    assert failed.error is not None
    assert words in failed.error
    assert failed.exit_code == 2
    (row,) = home.runs("caps")
    assert (row.job, row.status, row.error) == ("build", "failed", failed.error)
    assert row.finished_at is not None
    assert [outcome.error for outcome in run(home, "power")] == [None] * len(STAGES)


def test_a_signal_of_intervals_may_not_take_a_column_either(make: Make) -> None:
    home = make(toml=TOML + '[lines.press.machines.p.signals.Group_Key]\nrole = "state"\n')
    assert "would be column 'Group_Key', which is taken" in str(run(home, "power")[0].error)


def test_a_target_that_is_no_signal_is_named_with_the_nearest(make: Make) -> None:
    home = make(toml=TOML.replace('target = "power"', 'target = "powr"'))
    assert run(home, "power")[0].error == (
        "study 'power': target 'powr' is no column of line 'press'; did you mean 'power'?"
    )


def test_a_report_that_cannot_be_written_fails_in_words(make: Make) -> None:
    home = make()
    (home.settings.var).mkdir(exist_ok=True)
    (home.settings.var / "reports").write_text("in the way", encoding="utf-8")
    outcomes = run(home, "caps")
    assert [outcome.job for outcome in outcomes] == list(STAGES)
    assert outcomes[-1].error == f"{home.settings.var}/reports: File exists; mend it and try again"
    assert home.runs("caps")[-1].error == outcomes[-1].error
    with home.store() as store:
        assert results.latest_ranking(store, "caps") is not None


@pytest.mark.mariadb
def test_a_table_that_is_gone_fails_in_one_line_and_the_other_study_completes(make: Make) -> None:
    home = make("mariadb")
    run(home, "caps", ("build",))
    with home.store() as store, store.begin() as connection:
        connection.execute(text("DROP TABLE unit_visit"))
    failed = run(home, "caps")[-1]
    assert (failed.job, failed.exit_code) == ("build", 1)
    assert failed.error is not None
    assert failed.error.startswith("the database failed: (1146, ")
    assert failed.error.endswith("; run `genba doctor`")
    assert "\n" not in failed.error
    assert [outcome.error for outcome in run(home, "power")] == [None] * len(STAGES)


def test_a_study_table_that_was_dropped_is_built_again(make: Make) -> None:
    home = make()
    run(home, "caps", ("build",))
    with home.store() as store, store.begin() as connection:
        connection.execute(text("DROP TABLE study_caps"))
    assert run(home, "caps", ("build",))[0].counts["rows"] == UNITS


def test_a_study_somebody_works_on_is_refused_in_a_row_of_its_own(make: Make) -> None:
    home = make()
    with home.store() as store, Lease(store, "caps", 30) as theirs:
        assert theirs.acquire()
        running = jobs.start(store, "caps", "train", DUE)
        (refused,) = chain(home, store, "caps")
        assert refused.error is not None
        assert "study 'caps' is being worked on by " in refused.error
        assert refused.exit_code == 1
        found = {row.run_id: (row.status, row.error) for row in jobs.recent(store, "caps")}
    assert found.pop(running) == ("running", None)
    assert list(found.values()) == [("failed", refused.error)]


def test_a_row_that_a_dead_process_left_is_closed_with_words(make: Make) -> None:
    home = make()
    with home.store() as store:
        jobs.start(store, "caps", "train", DUE)
    run(home, "caps", ("build",))
    dead, built = home.runs("caps")
    assert (dead.job, dead.status, dead.error) == ("train", "failed", "the process ended without a word")
    assert built.status == "done"


def test_a_locked_database_is_waited_for(make: Make) -> None:
    home = make()
    done: list[StageOutcome] = []
    with home.store() as store, store.begin():
        thread = threading.Thread(target=lambda: done.extend(run(home, "caps", ("build",))))
        thread.start()
        thread.join(0.5)
        assert not done
    thread.join(20)
    assert [outcome.error for outcome in done] == [None]


@pytest.mark.mariadb
def test_a_study_with_the_longest_name_finds_room_everywhere(make: Make) -> None:
    name = "s" * 40
    home = make("mariadb", TOML.replace("studies.caps", f"studies.{name}"))
    assert [outcome.error for outcome in run(home, name, ("build", "train", "score"))] == [None] * 3
