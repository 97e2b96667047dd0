"""deploy/mysql and deploy/mariadb on running servers: the settings hold, and each user can do its work and no more."""

import configparser
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from ingest.plant import Plant
from ingest.records import Entry, Message, Outcome, Reading, Reason, Rejected, UnitRecord, VerdictRecord, Visit
from ingest.settings import Database
from ingest.store import study
from ingest.store.engine import Store, connect
from ingest.store.migrate import upgrade
from ingest.store.partitions import ensure_partitions
from ingest.store.schema import metadata
from ingest.store.write import Catalogue, write_batch
from simulators import servers
from simulators.servers import Server

DEPLOY = Path(__file__).parents[2] / "deploy"
USERS = ("gateway", "learner", "reader", "sql")
ENGINES = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def configured(engine: str) -> Mapping[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((DEPLOY / engine / "genba.cnf").read_text())
    return {key: value.strip("\"'") for key, value in parser["mysqld"].items()}


def normal(value: str) -> str | frozenset[str]:
    """A size in bytes, a list in any order, a switch as a number."""
    if value[-1:] in UNITS and value[:-1].isdigit():
        return str(int(value[:-1]) * UNITS[value[-1]])
    if "," in value and " " not in value:
        return frozenset(value.split(","))
    return {"ON": "1", "OFF": "0"}.get(value, value)


@pytest.fixture(scope="module")
def plants(server_folder: Path) -> Iterator[Callable[[str], "PlantDatabase"]]:
    """``plants("mysql")``: a server with our settings, its tables made by the owner, then the users."""
    made: dict[str, PlantDatabase] = {}

    def get(engine: str) -> PlantDatabase:
        if engine not in made:
            made[engine] = PlantDatabase(engine, server_folder)
        return made[engine]

    yield get
    for plant in made.values():
        plant.close()


@pytest.fixture(params=ENGINES)
def plant(request: pytest.FixtureRequest, plants: Callable[[str], "PlantDatabase"]) -> "PlantDatabase":
    return plants(request.param)


class PlantDatabase:
    """A database as a plant has it."""

    def __init__(self, engine: str, folder: Path) -> None:
        find, start = {
            "mariadb": (servers.find_mariadbd, servers.mariadb),
            "mysql": (servers.find_mysqld, servers.mysql),
        }[engine]
        if find() is None:
            pytest.skip(f"no {engine} server here: run `tests/servers.sh install`, or name one in the environment")
        options = [f"--{key}={value}" for key, value in configured(engine).items()]
        if engine == "mysql":
            options.append("--auto-generate-certs=ON")  # as a MySQL of its own does; passwords then go over TLS
        self.engine = engine
        self.server = start(folder / f"plant-{engine}", options=options)
        self._stores = {"owner": connect(Database(url=self.server.url))}
        upgrade(self._stores["owner"])
        secrets = folder / f"plant-{engine}" / "secrets"
        secrets.mkdir()
        for user in USERS:
            (secrets / f"{user}-password").write_text(f"{user}0123456789\n")
        for _ in range(2):  # a second run changes nothing
            make_users(self.server, secrets)

    def store(self, user: str) -> Store:
        """Opened as ``owner``, ``gateway``, ``learner`` or ``reader``."""
        if user not in self._stores:
            url = make_url(self.server.url).set(username=f"genba_{user}", password=f"{user}0123456789")
            self._stores[user] = connect(Database(url=url.render_as_string(hide_password=False)))
        return self._stores[user]

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
        self.server.kill()


def make_users(server: Server, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        DEPLOY / "mysql/users.sh",
        folder,
        "--no-defaults",
        "-h",
        "127.0.0.1",
        "-P",
        str(server.port),
        "-u",
        "genba",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def execute(store: Store, statement: str) -> None:
    with store.begin() as connection:
        connection.execute(text(statement))


def test_every_setting_of_the_file_holds(plant: PlantDatabase) -> None:
    with plant.store("owner").connect() as connection:
        actual = dict(connection.execute(text("SHOW GLOBAL VARIABLES")).all())
    actual["default_time_zone"] = actual["time_zone"]
    wrong = {
        key: (value, actual.get(key))
        for key, value in configured(plant.engine).items()
        if normal(actual.get(key, "no such variable")) != normal(value)
    }
    assert not wrong, f"{plant.engine}: written and found: {wrong}"


def test_the_users_file_names_only_tables_that_exist() -> None:
    named = set(re.findall(r"ON genba\.`?(\w+)", (DEPLOY / "mysql/users.sql").read_text()))
    assert named <= set(metadata.tables), named - set(metadata.tables)


def test_the_gateway_stores_everything_it_can_meet(plant: PlantDatabase) -> None:
    gateway, now = plant.store("gateway"), datetime(2026, 11, 2, 6, tzinfo=UTC)
    words = Plant.parse(tomllib.loads((DEPLOY / "plant.example.toml").read_text(encoding="utf-8")))
    cell = "kyoto/bottling/filling/filler"
    outcomes: tuple[Outcome, ...] = (
        Reading(f"{cell}/gas_pressure", now, 3.1),
        Reading(f"{cell}/nozzle", now, "wide"),
        Reading(f"{cell}/never_seen", now, 1.0),
        UnitRecord("filling", "1", now, now, visits=(Visit("filler", now, now),)),
        VerdictRecord("filling", "1", now, "OK"),
        Rejected(Reason.NOT_JSON, "no JSON"),
    )
    entry = Entry("source", Message("topic", b"payload", now), outcomes)
    for expected in ("committed", "duplicate"):
        counts = write_batch(gateway, [entry], Catalogue(gateway, words))
        assert (getattr(counts, expected), counts.quarantined) == (5, 1)


def test_the_gateway_never_deletes(plant: PlantDatabase) -> None:
    for refused in ("DELETE FROM reading", "DELETE FROM verdict", "UPDATE ranking SET study = ''", "DROP TABLE unit"):
        with pytest.raises(DBAPIError, match="denied"):
            execute(plant.store("gateway"), refused)


def test_the_gateway_makes_next_weeks_partition(plant: PlantDatabase) -> None:
    now = datetime.now(UTC)
    assert ensure_partitions(plant.store("gateway"), now, now + timedelta(weeks=60)) > 0


def test_the_learner_makes_and_grows_study_tables(plant: PlantDatabase) -> None:
    learner = plant.store("learner")
    columns = [study.StudyColumn("cooling_temp", "number", "cooling_temp")]
    study.ensure(learner, "caps", columns)
    study.ensure(learner, "caps", [*columns, study.StudyColumn("gas", "number", "gas")])
    study.write_rows(learner, "caps", columns, [{"serial": "1", "cooling_temp": 4.5}], study.Progress(1))
    assert study.progress(plant.store("reader"), "caps").unit_seq == 1


def test_the_reader_reads_and_is_stopped_after_a_while(plant: PlantDatabase) -> None:
    limit, wanted = {"mariadb": ("max_statement_time", 30), "mysql": ("max_execution_time", 30_000)}[plant.engine]
    found = {}
    for user in ("gateway", "learner", "reader"):
        with plant.store(user).connect() as connection:
            found[user] = int(connection.scalar(text(f"SELECT @@SESSION.{limit}")))
    assert found == {"gateway": 0, "learner": 0, "reader": wanted}
    with pytest.raises(DBAPIError, match="denied"):
        execute(plant.store("reader"), "DELETE FROM reading")


def test_a_missing_password_is_named(tmp_path: Path) -> None:
    done = subprocess.run([DEPLOY / "mysql/users.sh", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "gateway-password is missing or empty; make it with: openssl rand" in done.stderr


def test_a_password_that_could_end_the_statement_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gateway-password").write_text("a'b")
    done = subprocess.run([DEPLOY / "mysql/users.sh", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "letters and digits only" in done.stderr
