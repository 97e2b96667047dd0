"""The doctor: a healthy installation, and each illness with its advice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import doctor
from ingest.doctor import Check, examine, exit_code
from ingest.settings import Database
from ingest.store.engine import connect
from ingest.store.migrate import upgrade
from simulators.servers import Server

PLANT = '[site]\nid = "k"\nname = "K"\n[[sources]]\ntopic = "doctor/{line}/{machine}"\nshape = "wide"\n'


def settings(folder: Path, port: int, url: str, broker: str = "", plant: str = PLANT) -> Path:
    (folder / "plant.toml").write_text(plant, encoding="utf-8")
    file = folder / "genba.toml"
    file.write_text(f'[broker]\nport = {port}\n{broker}\n[database]\nurl = "{url}"\n', encoding="utf-8")
    return file


def by_name(checks: list[Check]) -> dict[str, Check]:
    found = {check.name: check for check in checks}
    assert len(found) == len(checks)
    return found


def upgraded(database: Database) -> str:
    store = connect(database, create=True)
    upgrade(store)
    store.close()
    return database.url


@pytest.mark.mosquitto
@pytest.mark.parametrize(
    "engine",
    [
        "sqlite",
        pytest.param("mariadb", marks=pytest.mark.mariadb),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ],
)
def test_a_healthy_installation(
    tmp_path: Path, mosquitto: Server, new_database: Callable[[str], Database], engine: str
) -> None:
    file = settings(tmp_path, mosquitto.port, upgraded(new_database(engine)))
    checks = by_name(examine(file))
    # The test servers trade the last second for speed; the doctor sees it.
    expected = {"durability"} if engine != "sqlite" else set()
    assert {name for name, check in checks.items() if check.status != "ok"} == expected, checks
    assert exit_code(list(checks.values())) == 0
    wanted = {"packages", "settings", "directory", "plant", "topics", "broker", "subscriptions", "window", "database"}
    wanted |= {"schema", "clock", "round trip"}
    if engine != "sqlite":
        wanted |= {"session", "durability", "partitions"}
        assert "innodb_flush_log_at_trx_commit = 2" in checks["durability"].found
    assert set(checks) == wanted
    assert checks["database"].found.startswith(engine)
    assert all(check.advice for check in checks.values() if check.status != "ok")


def test_nothing_is_there(tmp_path: Path) -> None:
    checks = examine(settings(tmp_path, 1, "mysql+pymysql://u:secret@127.0.0.1:1/g"))
    found = by_name(checks)
    assert {name for name, check in found.items() if check.status == "fail"} == {"broker", "database"}
    assert "Connection refused" in found["broker"].found
    assert not any("secret" in check.found + check.advice for check in checks)
    assert exit_code(checks) == 1


@pytest.mark.mosquitto
def test_an_empty_database_and_an_old_protocol(tmp_path: Path, mosquitto: Server) -> None:
    file = settings(tmp_path, mosquitto.port, f"sqlite:///{tmp_path}/g.db", 'protocol = "3.1.1"')
    found = by_name(examine(file))
    assert (found["schema"].status, found["schema"].advice) == ("fail", "run `genba db upgrade`")
    assert found["window"].status == "warn"
    assert "max_inflight_messages" in found["window"].advice
    assert "round trip" not in found


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (PLANT + 'colour = "red"\n', "unknown key 'sources.0.colour'"),
        (PLANT + PLANT[PLANT.index("[[") :], "read the same messages"),
    ],
)
def test_a_wrong_plant_is_the_users_to_mend(tmp_path: Path, plant: str, said: str) -> None:
    checks = examine(settings(tmp_path, 1, f"sqlite:///{tmp_path}/g.db", plant=plant))
    (plant_check,) = [check for check in checks if check.status == "fail" and check.name == "plant"]
    assert said in plant_check.found
    assert exit_code(checks) == 2


def test_a_plant_without_sources(tmp_path: Path) -> None:
    found = by_name(examine(settings(tmp_path, 1, f"sqlite:///{tmp_path}/g.db", plant='[site]\nid="k"\nname="k"\n')))
    assert found["plant"].status == "warn"


def test_wrong_settings_end_the_examination(tmp_path: Path) -> None:
    file = tmp_path / "genba.toml"
    file.write_text("[databse]\n", encoding="utf-8")
    checks = examine(file)
    assert [check.name for check in checks] == ["packages", "settings"]
    assert exit_code(checks) == 2


def test_a_foreign_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "packages_distributions", lambda: {"models": ["genba", "other-thing"]})
    found = by_name(examine(settings(tmp_path, 1, f"sqlite:///{tmp_path}/g.db")))
    assert found["packages"].status == "fail"
    assert "models (other-thing)" in found["packages"].found


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    file = settings(tmp_path, 1, f"sqlite:///{tmp_path}/g.db")
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    found = by_name(examine(file))
    assert found["directory"].status == "fail"


@pytest.mark.mosquitto
def test_a_topic_we_may_not_read(tmp_path: Path, private_mosquitto: Callable[..., Server]) -> None:
    broker = private_mosquitto(extra_conf="max_packet_size 100000\nmax_qos 0\n")
    found = by_name(examine(settings(tmp_path, broker.port, f"sqlite:///{tmp_path}/g.db")))
    assert found["subscriptions"].status == "fail"
    assert "doctor/+/+" in found["subscriptions"].found
