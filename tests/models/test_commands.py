"""The commands of models: what they print, for people and machines, and their exit codes."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
import structlog
import typer

from ingest import command
from ingest.settings import Database
from ingest.store import jobs, results
from models.commands import model, schedule, study, train
from tests.models.small_plant import BROKEN, TOML, UNITS, Home, bottles, presses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, new_database: Callable[[str], Database]) -> Home:
    """A plant whose data are in."""
    found = Home(tmp_path, new_database("sqlite"))
    found.fill(bottles(), presses(12))
    return found


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """``run("schedule", "once")`` → exit code, standard output, standard error."""
    app = typer.Typer(pretty_exceptions_enable=False)
    for room in (model, schedule, study, train):
        room.register(app)
    monkeypatch.setattr(command, "app", app)
    monkeypatch.setattr(command, "_register", lambda _wanted: None)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("GENBA_SETTINGS", str(tmp_path / "genba.toml"))
    before = signal.getsignal(signal.SIGTERM)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["genba", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield call
    signal.signal(signal.SIGTERM, before)
    structlog.reset_defaults()


@pytest.mark.usefixtures("home")
def test_once_runs_every_study_and_status_tells(run: Run) -> None:
    code, out, err = run("schedule", "once", "--json", "--due", "2026-01-10T05:00:00+09:00")
    rows = orjson.loads(out)
    assert code == 0
    assert [(row["study"], row["job"], row["status"], row["error"]) for row in rows] == [
        (name, job, "done", None) for name in ("caps", "power") for job in jobs.STAGES
    ]
    assert "Traceback" not in err
    code, out, _ = run("schedule", "status", "--json")
    said = orjson.loads(out)
    assert code == 0
    assert said["leader"] is None
    assert said["studies"]["caps"]["next"].endswith("-01-01T05:00:00+09:00")
    last = said["studies"]["caps"]["runs"]
    assert [row["job"] for row in last] == list(jobs.STAGES[::-1])
    assert {row["due_at"] for row in last} == {"2026-01-09T20:00:00+00:00"}
    assert said["studies"]["power"]["runs"][1]["counts"]["verdict"] == "not_enough_data"
    code, out, _ = run("schedule", "status")
    assert code == 0
    assert all(word in out for word in ("caps", "power", "report", "done", "leader: -"))


def test_once_says_in_a_line_what_failed_and_does_the_rest(home: Home, run: Run) -> None:
    home.plant_file.write_text(TOML + BROKEN, encoding="utf-8")
    code, out, err = run("schedule", "once", "--json")
    assert code == 2
    failed, *others = orjson.loads(out)
    assert failed["error"] == "line 'fill': signal 'Lot' would be column 'Lot', which is taken; rename it"
    assert err.splitlines()[-1] == f"genba: caps: build: {failed['error']}"
    assert [row["status"] for row in others] == ["done"] * 5
    assert failed["error"][:40] in run("schedule", "status")[1]


@pytest.mark.usefixtures("home")
def test_train_prints_its_figures(run: Run) -> None:
    code, out, _ = run("train", "--json", "--seed", "3")
    caps, power = orjson.loads(out)
    assert code == 0
    assert (caps["study"], caps["error"], caps["rows"], caps["scores"]) == ("caps", None, UNITS, UNITS)
    assert 0.5 < caps["forward"] < 1
    assert (power["verdict"], power["scores"]) == ("not_enough_data", 0)
    code, out, _ = run("train", "caps")
    assert code == 0
    assert out.startswith("study=caps  ")


def test_train_of_a_broken_study_is_the_callers_to_mend(home: Home, run: Run) -> None:
    home.plant_file.write_text(TOML + BROKEN, encoding="utf-8")
    code, _, err = run("train", "caps")
    assert (code, err.splitlines()[-1][:34]) == (2, "genba: caps: build: line 'fill': s")


@pytest.mark.usefixtures("home")
def test_study_build_and_show(run: Run) -> None:
    assert run("study", "show", "caps")[1] == "caps: never built; run `genba study build caps`\n"
    code, out, _ = run("study", "build")
    assert code == 0
    assert out.splitlines()[0] == f"caps: {UNITS} rows written from {UNITS} readings, {UNITS} in all"
    code, out, _ = run("study", "show")
    assert code == 0
    assert f"caps: {UNITS} rows in study_caps, until 2026-01-0" in out
    assert ["speed", "number", "speed"] in [[word for word in line.split() if word != "│"] for line in out.splitlines()]


def test_models_are_listed_shown_promoted_and_rolled_back(home: Home, run: Run) -> None:
    assert run("model", "show", "caps")[::2] == (2, "genba: study 'caps' has no model yet; run `genba train caps`\n")
    assert run("model", "rollback", "caps")[::2] == (2, "genba: study 'caps' has no older model to go back to\n")
    with home.store() as store:
        quality = {"metric": "roc_auc", "forward": None, "random": 0.8125}
        first, second, third = (results.save_model(store, "caps", 1234, quality, "m") for _ in range(3))
    code, out, _ = run("model", "list")
    assert code == 0
    assert "1,234" in out
    assert "0.812" in out
    assert [line.count("●") for line in out.splitlines() if "roc_auc" in line] == [1, 0, 0]
    assert run("model", "rollback", "caps")[:2] == (0, f"caps: model {second} is the champion\n")
    assert run("model", "rollback", "caps")[:2] == (0, f"caps: model {first} is the champion\n")
    assert run("model", "rollback", "caps")[0] == 2
    assert run("model", "promote", "caps", str(third))[:2] == (0, f"caps: model {third} is the champion\n")
    shown = orjson.loads(run("model", "show", "caps")[1])
    assert (shown["model_id"], shown["rows"], shown["quality"]) == (third, 1234, quality)
    assert run("model", "promote", "caps", "99")[::2] == (
        2,
        "genba: study 'caps' has no model 99; `genba model list caps` shows them\n",
    )


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "arguments",
    ["schedule once --study cap", "train cap", "study build cap", "study show cap", "model list cap", "model show cap"],
)
def test_an_unknown_study_is_named_with_the_nearest(run: Run, arguments: str) -> None:
    assert run(*arguments.split()) == (2, "", "genba: study 'cap' is not in the plant file; did you mean 'caps'?\n")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("due", "words"),
    [
        ("yesterday", "--due 'yesterday' is not an ISO 8601 instant"),
        ("2026-01-05T05:00", "--due '2026-01-05T05:00' has no offset"),
    ],
)
def test_a_due_time_that_is_none(run: Run, due: str, words: str) -> None:
    code, _, err = run("schedule", "once", "--due", due)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


COMMANDS = ["schedule run", "schedule once", "schedule status", "train", "study build", "model list"]


@pytest.mark.parametrize("arguments", COMMANDS)
def test_without_a_schema_the_next_step_is_said(
    tmp_path: Path, new_database: Callable[[str], Database], run: Run, arguments: str
) -> None:
    Home(tmp_path, new_database("sqlite"))
    code, out, err = run(*arguments.split())
    assert (code, out) == (1, "")
    assert err.startswith("genba: the database has no schema yet")
    assert err.endswith("run `genba db upgrade`\n")


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_database_that_does_not_answer(tmp_path: Path, run: Run, arguments: str) -> None:
    Home(tmp_path, Database(url="mysql+pymysql://genba@127.0.0.1:1/genba"))
    code, out, err = run(*arguments.split())
    assert (code, out) == (1, "")
    assert err.startswith("genba: database 127.0.0.1:1: ")
    assert err.count("\n") == 1


@pytest.mark.usefixtures("home")
def test_a_bad_schedule_is_the_callers_to_mend(home: Home, run: Run) -> None:
    home.file.write_text(home.file.read_text().replace("0 5 1 1 *", "every day"), encoding="utf-8")
    for word in ("run", "status"):
        code, _, err = run("schedule", word)
        assert code == 2
        assert "'every day' is not five cron fields" in err
