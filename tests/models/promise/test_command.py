"""``genba action``: what it prints for people and machines, and its exit codes."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import typer

from ingest import command
from ingest.settings import Database
from ingest.store import results
from models.commands import action
from models.jobs import Stage, run_chain
from models.study.build import build
from tests.models.promise.test_declare import entry
from tests.models.small_plant import START, Home, presses

Run = Callable[..., tuple[int, str, str]]
BEGINS = (START + timedelta(days=10)).isoformat()


@pytest.fixture
def home(tmp_path: Path, new_database: Callable[[str], Database]) -> Home:
    """A press whose study is built, with one advice."""
    found = Home(tmp_path, new_database("sqlite"))
    found.fill(presses(900))
    with found.store() as store:
        build(store, found.plant, "power")
        advice = entry(1, {"speed": [5.0, 10.0]}, 8.0)
        advice["gain"] |= {"low": 6.0, "high": 10.0, "unit": "kW"}
        results.save_ranking(store, "power", None, {"ranking": [advice], "baseline_loss": 55.0, "n_units": 480})
    return found


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("add", …)`` → exit code, standard output, standard error."""
    app = typer.Typer(pretty_exceptions_enable=False)
    action.register(app)
    monkeypatch.setattr(command, "app", app)
    monkeypatch.setattr(command, "_register", lambda wanted: None)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["genba", "action", *arguments, "--settings", str(home.file)])
        with pytest.raises(SystemExit) as done:
            command.main()
        out, err = capsys.readouterr()
        return int(done.value.code or 0), out, err

    return call


def test_add_list_and_end(home: Home, run: Run) -> None:
    assert run("list")[1] == "no action has been declared yet; `genba action add` declares one\n"
    code, out, _ = run("add", "--study", "power", "--who", "佐藤", "--from", BEGINS, "--note", "速度を下げた")
    assert (code, out) == (0, "action 1: speed 5 … 10 since 2026-01-15 09:00; promised 8 (6 … 10) kW\n")
    with home.store() as store:
        stage = Stage(home.settings, home.plant, store, "power")
        ended = run_chain(stage, START, lambda _job, _share, _what: None, ("build", "measure"))
    assert [(one.job, one.error) for one in ended] == [("build", None), ("measure", None)]
    assert ended[1].counts == {"actions": 1, "not_followed": 1}
    code, out, _ = run("list", "--study", "power")
    assert code == 0
    # Nobody turned the press down: about every fourth stroke is inside the window, before and after.
    assert "not followed" in out
    assert "no gain is claimed" in out
    (said,) = orjson.loads(run("list", "--json")[1])
    assert (said["state"], said["note"], said["outcome"]["realised"]) == ("not_followed", "速度を下げた", None)
    assert said["reason"]["ja"].startswith("設定範囲内の個体は開始後")
    code, out, _ = run("end", "1", "--who", "Ito", "--reason", "never done", "--withdrawn")
    assert (code, out.partition(" at ")[0]) == (0, "action 1: withdrawn")
    assert "Withdrawn: never done" in run("list")[1]


def test_a_plan_is_shown_as_one(run: Run) -> None:
    code, _, _ = run("add", "--study", "power", "--factor", "speed", "--high", "9", "--who", "Ito")
    assert code == 0
    (said,) = orjson.loads(run("list", "--json")[1])
    assert (said["windows"], said["promise"]) == ({"speed": [5.0, 9.0]}, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "--study", "powr", "--who", "I"), "study 'powr' is not in the plant file; did you mean 'power'?"),
        (("add", "--study", "power", "--who", "I", "--factor", "sped"),
         "factor 'sped' is no signal of the line; did you mean 'speed'?"),
        (("add", "--study", "power", "--who", "I", "--factor", "speed", "--low", "4"),
         "low 4 of 'speed' lies outside what can be set, 5 to 25"),
        (("add", "--study", "caps", "--who", "I"),
         "study 'caps' has no advice yet; give the factor and its window, or rank it first"),
        (("list", "--study", "cap"), "study 'cap' is not in the plant file; did you mean 'caps'?"),
        (("end", "7", "--who", "I", "--reason", "x"), "there is no action 7; `genba action list` shows them"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_and_exit_code_2(run: Run, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out, err) == (2, "", f"genba: {message}\n")


def test_the_same_again_names_the_action(run: Run) -> None:
    run("add", "--study", "power", "--who", "Ito")
    code, _, err = run("add", "--study", "power", "--who", "Ito")
    assert code == 2
    assert err == (
        "genba: action 1 of study 'power' says the same and is open; end it first with `genba action end 1`\n"
    )
    code, _, err = run("end", "1", "--who", "Ito", "--reason", " ")
    assert (code, err) == (2, "genba: reason is empty; an action ends with a name and a line that says why\n")
