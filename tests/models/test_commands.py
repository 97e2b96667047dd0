"""The commands of models: what they print, for people and machines, and their exit codes."""

import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import onnxruntime
import orjson
import pytest
import structlog
import typer
from sqlalchemy import select

from ingest import command
from ingest.settings import Database
from ingest.store import jobs, model_catalog
from ingest.store.model_catalog import DriftRow
from ingest.store.schema import score
from models.commands import model, schedule, study, train
from tests.models.small_plant import BROKEN, TOML, UNITS, Home, bottles, presses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, new_database: Callable[[str], Database]) -> Home:
    """A plant whose data are in."""
    found = Home(tmp_path, new_database("sqlite"), lease_seconds=30)
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
    power = {row["job"]: row["counts"] for row in said["studies"]["power"]["runs"]}
    assert power["rank"]["verdict"] == "not_enough_data"
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
    assert [row["status"] for row in others] == ["done"] * len(jobs.STAGES)
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


def scored_by(home: Home) -> set[int]:
    with home.store() as store, store.connect() as connection:
        return {row.model_id for row in connection.execute(select(score))}


def test_models_are_listed_shown_promoted_and_rolled_back(home: Home, run: Run) -> None:
    assert run("model", "show", "caps")[::2] == (2, "genba: study 'caps' has no model yet; run `genba train caps`\n")
    assert run("model", "rollback", "caps")[0] == 2
    run("train", "caps")
    with home.store() as store:
        row = model_catalog.champion(store, "caps")
        assert row is not None
        first, text = row.model_id, model_catalog.text_of(store, row)
        second = model_catalog.add(store, "caps", row.entry, text)
        broken = model_catalog.add(store, "caps", row.entry, "poison")
    code, out, _ = run("model", "list")
    assert code == 0
    assert [line.count("●") for line in out.splitlines() if "roc_auc" in line] == [0, 0, 1]
    said = f"caps: model {second} is the champion; {UNITS} units scored\n"
    assert run("model", "promote", "caps", str(second), "--reason", "a trial")[:2] == (0, said)
    assert scored_by(home) == {second}
    said = f"caps: model {first} is the champion; {UNITS} units scored\n"
    assert run("model", "rollback", "caps", "--reason", "no good")[:2] == (0, said)
    assert scored_by(home) == {first}
    code, _, err = run("model", "rollback", "caps")
    assert (code, err[:50]) == (2, "genba: study 'caps' has no older champion to go ba")
    code, _, err = run("model", "promote", "caps", str(broken))
    assert (code, err) == (2, f"genba: model {broken} of study 'caps' is no JSON; train it again\n")
    assert scored_by(home) == {first}
    assert run("model", "promote", "caps", "99")[::2] == (
        2,
        "genba: study 'caps' has no model 99; `genba model list caps` shows them\n",
    )
    shown = orjson.loads(run("model", "show", "caps")[1])
    assert (shown["model_id"], shown["state"], shown["rows"]) == (first, "champion", UNITS)
    assert [event["event"] for event in shown["events"]] == ["rolled_back", "promoted", "trained"]
    assert shown["events"][0]["details"] == {"note": "no good"}
    assert shown["events"][0]["actor"]
    assert run("model", "show", "caps", str(second), "--card", "ja")[1].startswith("# スタディ caps のモデル")
    code, out, _ = run("model", "events", "caps")
    assert code == 0
    assert "back to the champion before; no good" in out
    assert orjson.loads(run("model", "events", "caps", "--json")[1])[0]["ja"] == "以前の現行モデルに戻した。no good"
    assert "no look at newer units yet" in run("model", "drift", "caps")[1]
    graph = home.plant_file.with_name("caps.onnx")
    code, out, _ = run("model", "export", "caps", "--onnx", str(graph))
    head, _, metadata = out.partition("\n")
    assert (code, head) == (
        0,
        f"caps: model {first} as {graph}, {graph.stat().st_size:,} bytes; for ML_MODEL_IMPORT:",
    )
    inputs = [each.name for each in onnxruntime.InferenceSession(graph).get_inputs()]
    assert inputs == orjson.loads(metadata)["column_names"]
    code, _, err = run("model", "export", "caps", "--onnx", str(graph / "x"))
    assert (code, err) == (2, f"genba: {graph / 'x'} cannot be written: Not a directory; name another file\n")


def test_the_last_look_is_shown(home: Home, run: Run) -> None:
    run("train", "caps")
    at = datetime(2026, 2, 1, tzinfo=UTC)
    details = {"metric": "roc_auc", "units": 75, "value": 0.61, "high": 0.66, "promised_low": 0.72}
    with home.store() as store:
        moved = DriftRow(1, at, "column", "temp", 1.25, 1.0, 0.001, True, "moved", 80, {"before": 4.0, "now": 7.0})
        score = DriftRow(1, at, "performance", "", 0.61, None, None, True, "below_promise", 75, details)
        model_catalog.save_drift(store, "caps", [moved, score])
    code, out, _ = run("model", "drift", "caps")
    assert code == 0
    assert "caps: model 1 scores less on 75 new units than was promised: roc_auc 0.61 (at most 0.66)" in out
    assert "▲ moved" in out
    assert [row["alarm"] for row in orjson.loads(run("model", "drift", "caps", "--json")[1])] == [True, True]


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


@pytest.mark.usefixtures("home")
def test_a_new_baseline_is_asked_for_by_study(run: Run) -> None:
    code, _, err = run("schedule", "once", "--new-baseline")
    assert code == 2
    assert err.startswith("genba: --new-baseline needs --study NAME")


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
