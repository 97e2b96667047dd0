"""Private servers answer, survive being killed with their files, and end with whoever started them."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ingest.errors import EnvironmentFailure
from simulators import servers
from simulators.servers import Server
from tests.waiting import until

STARTER = """
import pathlib, sys, time
from simulators.servers import mosquitto
print(mosquitto(pathlib.Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    # In a container nobody may reap the orphan, so that its number stays.
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_killed_and_started_again_on_the_same_port(private_mosquitto: Callable[..., Server]) -> None:
    server = private_mosquitto(extra_conf="max_keepalive 100")
    first = server.pid, server.url
    assert server.url == f"mqtt://127.0.0.1:{server.port}"
    server.kill()
    with pytest.raises(EnvironmentFailure, match=r"mosquitto in .* is not running"):
        _ = server.pid
    server.restart()
    assert server.url == first[1]
    assert server.pid != first[0]
    with server:
        socket.create_connection((server.host, server.port)).close()
    assert not alive(first[0])


def test_wrong_configuration_is_told(private_mosquitto: Callable[..., Server]) -> None:
    with pytest.raises(EnvironmentFailure, match=r"mosquitto on port .* does not start: .*mosquitto\.conf:11"):
        private_mosquitto(extra_conf="nonsense")


@pytest.mark.mosquitto
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_ends_with_the_process_that_started_it(tmp_path: Path, private_mosquitto: Callable[..., Server]) -> None:
    private_mosquitto().stop()  # skips when there is none
    parent = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path / "m")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until(lambda: not alive(pid), 10, "the broker ends with its parent")


@pytest.mark.parametrize("kind", ["mosquitto", "mariadb", "mysql"])
def test_missing_program_is_named(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = {"mosquitto": "GENBA_MOSQUITTO", "mariadb": "GENBA_MARIADBD", "mysql": "GENBA_MYSQLD"}[kind]
    monkeypatch.setenv(variable, str(tmp_path / "nothing"))
    with pytest.raises(EnvironmentFailure, match=f"is not installed; run `tests/servers.sh install`.* {variable}"):
        getattr(servers, kind)(tmp_path)


def test_mariadbs_mysqld_is_no_mysql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mariadbd").touch(mode=0o755)
    (tmp_path / "mysqld").symlink_to("mariadbd")
    monkeypatch.setenv("GENBA_MYSQLD", str(tmp_path / "mysqld"))
    assert servers.find_mysqld() is None
