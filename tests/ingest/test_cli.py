"""The commands of ingest: what they print, for people and machines, and their exit codes."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
import typer

from ingest import cli, command
from ingest.plant import Plant
from ingest.records import Entry, Message, Reading, Reason, Rejected
from ingest.settings import Database
from ingest.store.engine import connect
from ingest.store.migrate import upgrade
from ingest.store.write import Catalogue, write_batch
from simulators.servers import Server

NOW = datetime.now(UTC)
PLANT = """
[site]
id = "kyoto"
name = "Kyoto"
[lines.l1.machines.m1.signals.temp]
unit = "degC"
[[sources]]
topic = "w/{line}/{machine}"
shape = "wide"
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plant and settings, where commands are run."""
    (tmp_path / "plant.toml").write_text(PLANT, encoding="utf-8")
    (tmp_path / "genba.toml").write_text('[broker]\nport = 1\n[database]\nurl = "sqlite:///g.db"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GENBA_SETTINGS", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """``run("db", "status")`` → exit code, standard output, standard error."""
    app = typer.Typer(pretty_exceptions_enable=False)
    cli.register(app)
    monkeypatch.setattr(command, "app", app)
    monkeypatch.setattr(command, "_register", lambda _wanted: None)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["genba", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield call
    structlog.reset_defaults()  # `genba ingest` writes its log to the standard error of this test


@pytest.fixture
def filled(folder: Path) -> None:
    """A database with a declared and a discovered signal, a category, and something in quarantine."""
    store = connect(Database(url=f"sqlite:///{folder}/g.db"))
    upgrade(store)
    message = Message("w/l1/m1", b"\xff{", NOW)
    outcomes = (
        Reading("kyoto/main/l1/m1/temp", NOW, 4.5),
        Reading("kyoto/main/l1/m1/other", NOW, 1.0),
        Reading("kyoto/main/l1/m1/die", NOW, "A"),
        Rejected(Reason.NOT_JSON, "expected [JSON]"),
    )
    entries = [Entry("w/{line}/{machine}", message, outcomes)]
    write_batch(store, entries, Catalogue(store, Plant.parse({"site": {"id": "kyoto", "name": "K"}})))
    write_batch(store, entries[:1], Catalogue(store, Plant.parse({"site": {"id": "kyoto", "name": "K"}})))
    store.close()


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_upgrade_and_status(run: Run) -> None:
    code, out, _ = run("db", "status")
    assert (code, "run `genba db upgrade`" in out) == (0, True)
    assert run("db", "upgrade")[1].startswith("Schema 0")
    assert "up to date" in run("db", "upgrade")[1]
    assert "up to date" in run("db", "status")[1]
    status = orjson.loads(run("db", "status", "--json")[1])
    assert status["schema"]["ready"] is True
    assert status["rows"]["reading"] == 0


@pytest.mark.usefixtures("filled")
def test_signals(run: Run) -> None:
    rows = orjson.loads(run("signals", "--json")[1])
    assert {(row["address"].split("/")[-1], row["state"]) for row in rows} == {
        ("temp", "new"), ("other", "new"), ("die", "new"),
    }  # fmt: skip
    out = run("signals")[1]
    assert ["kyoto/main/l1/m1/die", "category", "new", "A"] in [row[:4] for row in table(out)]
    assert "4.5" in out


@pytest.mark.usefixtures("filled")
def test_quarantine(run: Run) -> None:
    (row,) = orjson.loads(run("quarantine", "--json")[1])
    assert (row["payload"], row["times"], row["reason"]) == ("\\xff{", 2, "not_json")
    assert "expected [JSON]" in run("quarantine", "--limit", "1")[1]


@pytest.mark.usefixtures("filled")
def test_ledger(run: Run) -> None:
    (row,) = orjson.loads(run("ledger", "--json")[1])
    assert row == {
        "source": "w/{line}/{machine}", "received": 8, "committed": 3, "duplicate": 3, "quarantined": 2,
        "balanced": True,
    }  # fmt: skip
    assert "✔ holds" in run("ledger")[1]


def test_nothing_yet(run: Run) -> None:
    run("db", "upgrade")
    for name in ("signals", "quarantine", "ledger"):
        assert run(name) == (0, "Nothing yet.\n", "")


@pytest.mark.parametrize("name", ["signals", "quarantine", "ledger", "ingest"])
def test_without_a_schema_one_line_says_what_to_do(run: Run, name: str) -> None:
    code, out, err = run(name)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "run `genba db upgrade`" in err


def test_without_a_broker_one_line_and_1(run: Run) -> None:
    run("db", "upgrade")
    code, _, err = run("ingest")
    assert code == 1
    assert err == (
        "genba: broker 127.0.0.1:1: Connection refused; is it running, and are broker.host and broker.port right?\n"
    )


def test_without_a_database_one_line_and_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENBA__DATABASE__URL", "mysql+pymysql://genba:topsecret@127.0.0.1:1/genba")
    for arguments in (("ingest",), ("db", "status"), ("signals",)):
        code, _, err = run(*arguments)
        assert (code, err.count("\n")) == (1, 1)
        assert "database 127.0.0.1:1" in err
        assert "topsecret" not in err


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("genba.toml", "[brokr]\n", "did you mean 'broker'?"),
        ("genba.toml", "[broker\n", "not valid TOML"),
        ("plant.toml", "[site]\nid='k'\nname='k'\n[[sources]]\ntopic='a/#'\nshape='wide'\n", "is a wildcard"),
        ("plant.toml", "[site]\nid='k'\nname='k'\n", "no [[sources]]"),
    ],
)
def test_wrong_settings_are_one_line_and_2(run: Run, folder: Path, file: str, content: str, said: str) -> None:
    (folder / file).write_text(content, encoding="utf-8")
    code, _, err = run("ingest")
    assert (code, err.count("\n")) == (2, 1)
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("db", "frob"), "No such command 'frob'; see `genba db --help`"),
        (("ingest", "--frob"), "No such option: --frob; see `genba ingest --help`"),
        (("ingest", "--until-idle", "x"), "see `genba ingest --help`"),
    ],
)
def test_wrong_words_are_one_line_and_2(run: Run, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run(*arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert said in err


@pytest.mark.parametrize("tail", ["/genba:topsecret@127.0.0.1/genba", "//genba:topsecret@127.0.0.1:port/genba"])
def test_an_address_that_cannot_be_read_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch, tail: str) -> None:
    monkeypatch.setenv("GENBA__DATABASE__URL", f"mysql+pymysql:{tail}")
    code, _, err = run("db", "status")
    assert (code, err.count("\n")) == (2, 1)
    assert "topsecret" not in err


@pytest.mark.mosquitto
def test_ingest_until_idle(run: Run, folder: Path, mosquitto: Server) -> None:
    text = f'[broker]\nport = {mosquitto.port}\nclient_id = "cli"\n[database]\nurl = "sqlite:///g.db"\n'
    (folder / "genba.toml").write_text(text, encoding="utf-8")
    run("db", "upgrade")
    code, _, err = run("ingest", "--until-idle", "0.1")
    assert code == 0
    assert "stopped" in err


def test_doctor_speaks_to_people_and_machines(run: Run) -> None:
    code, out, _ = run("doctor")
    assert code == 1
    assert "✔ ok" in out
    assert "✘ fail" in out
    assert "→ is it running" in out
    checks: list[dict[str, Any]] = orjson.loads(run("doctor", "--json")[1])
    assert {check["name"]: check["status"] for check in checks}["broker"] == "fail"
