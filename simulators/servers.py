"""Private servers for the demo, the tests and the benchmark: real mosquitto, MariaDB and MySQL on free loopback ports.

Each server keeps its files in the folder it is given, and ends with the process that started it. A program that is
not installed is named in an `EnvironmentFailure`.
"""

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pymysql

from ingest.errors import EnvironmentFailure

__all__ = ["SCHEMA", "Server", "find_mariadbd", "find_mosquitto", "find_mysqld", "mariadb", "mosquitto", "mysql"]

SCHEMA: Final = "genba"
"""The schema, and the user, that a private database offers; the user has every right and no password."""

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
HOST: Final = "127.0.0.1"

_running: "weakref.WeakSet[Server]" = weakref.WeakSet()


class Server:
    """A server process of our own. ``url`` is an SQLAlchemy URL of an empty schema, or ``mqtt://host:port``."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, port: int, url: str, answers: Callable[[int], bool]
    ) -> None:
        self.name, self.folder, self.host, self.port, self.url = name, folder, HOST, port, url
        self._command = tuple(command)
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id; raises `EnvironmentFailure` when the server does not run."""
        if self._process is None:
            raise EnvironmentFailure(f"{self.name} in {self.folder} is not running; call start()")
        return self._process.pid

    def start(self) -> Self:
        """Start, and return once the server answers. Raises `EnvironmentFailure` with the log's last line."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_end_with_parent
            )
        _running.add(self)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise EnvironmentFailure(f"{self.name} on port {self.port} does not start: {_last_line(self.folder)}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """Ask the server to end, and kill it if it does not. Stopping twice does nothing."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, as a power cut would; the files stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        _running.discard(self)

    def restart(self) -> Self:
        """Start again on the same port with the same files, after a stop or a kill."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.stop()


def _end_with_parent() -> None:
    """Runs in the child before its program: Linux then ends it when the thread that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        os.setsid()  # Ctrl-C in the terminal goes to the parent, which stops us in order


def _last_line(folder: Path) -> str:
    lines = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "no word in its log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _serves_sql(port: int) -> bool:
    try:
        pymysql.connect(host=HOST, port=port, user=SCHEMA, database=SCHEMA, connect_timeout=2).close()
    except pymysql.err.OperationalError:
        return False
    return True


def _find(variable: str, names: Sequence[str], places: Sequence[Path] = ()) -> str | None:
    """The program an environment variable names, else the first of ``names`` in ``places``, PATH or /usr/sbin."""
    if named := os.environ.get(variable):
        return shutil.which(named)
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def find_mosquitto() -> str | None:
    """Path of mosquitto, or None."""
    return _find("GENBA_MOSQUITTO", ["mosquitto"])


def find_mariadbd() -> str | None:
    """Path of the MariaDB server, or None."""
    return _find("GENBA_MARIADBD", ["mariadbd"])


def find_mysqld() -> str | None:
    """Path of the MySQL server, or None. MariaDB's own ``mysqld`` does not count."""
    home = Path(os.environ.get("GENBA_MYSQL_HOME") or Path.home() / ".cache/genba-mysql")
    found = _find("GENBA_MYSQLD", ["mysqld"], [home])
    return None if found is None or Path(found).resolve().name == "mariadbd" else found


def _required(found: str | None, what: str, variable: str) -> str:
    if found is None:
        raise EnvironmentFailure(f"{what} is not installed; run `tests/servers.sh install`, or name it in {variable}")
    return found


def mosquitto(folder: Path, *, persistence: bool = True, extra_conf: str = "") -> Server:
    """Start a broker that keeps what it has accepted: a long queue, and a session that outlives it."""
    program = _required(find_mosquitto(), "mosquitto", "GENBA_MOSQUITTO")
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    lines = [
        f"listener {port} {HOST}",
        "allow_anonymous true",
        f"persistence {str(persistence).lower()}",
        f"persistence_location {folder}/",
        "autosave_interval 60",
        # The default of 1,000 silently drops what a slow subscriber has not fetched yet.
        "max_queued_messages 1000000",
        "max_inflight_messages 2000",
        "log_type error",
        "log_type warning",
        *(["user root"] if os.geteuid() == 0 else []),
        extra_conf,
    ]
    conf = folder / "mosquitto.conf"
    conf.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Server("mosquitto", [program, "-c", str(conf)], folder, port, f"mqtt://{HOST}:{port}", _accepts).start()


def mariadb(folder: Path, *, options: Sequence[str] = ()) -> Server:
    """Start a MariaDB with an empty schema; ``options`` are added to the server's command line."""
    program = _required(find_mariadbd(), "MariaDB (mariadbd)", "GENBA_MARIADBD")
    installer = shutil.which("mariadb-install-db") or str(Path(program).with_name("mariadb-install-db"))
    fixed = ["--no-defaults", *_user(), "--innodb-log-file-size=64M"]
    # Nothing in an empty data folder is worth waiting for the disk.
    once = ["--skip-test-db", "--auth-root-authentication-method=normal", "--debug-no-sync"]
    _initialise([installer, *fixed, *once, f"--datadir={folder}/data"], folder)
    return _database("MariaDB", [program, *fixed, "--skip-log-bin"], folder, options)


def mysql(folder: Path, *, options: Sequence[str] = ()) -> Server:
    """Start a MySQL with an empty schema; ``options`` are added to the server's command line."""
    program = _required(find_mysqld(), "MySQL 8.4 or newer (mysqld)", "GENBA_MYSQLD")
    # The wrapper of tests/servers.sh says --no-defaults itself, and mysqld wants that word first.
    first = [] if Path(program).read_bytes()[:2] == b"#!" else ["--no-defaults"]
    # Without certificates the server offers no TLS, which loopback does not need.
    fixed = [*first, *_user(), "--auto-generate-certs=OFF", "--innodb-redo-log-capacity=64M", "--skip-log-bin"]
    once = ["--initialize-insecure", "--innodb-flush-method=nosync"]
    _initialise([program, *fixed, *once, f"--datadir={folder}/data"], folder)
    return _database("MySQL", [program, *fixed, "--mysqlx=OFF"], folder, options)


def _user() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _initialise(command: Sequence[str], folder: Path) -> None:
    if (folder / "data").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("ab") as log:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)  # noqa: S603
    if done.returncode:
        raise EnvironmentFailure(f"{command[0]} cannot make a data folder in {folder}: {_last_line(folder)}")


def _database(name: str, command: Sequence[str], folder: Path, options: Sequence[str]) -> Server:
    port = _free_port()
    first = folder / "first.sql"
    first.write_text(
        f"CREATE DATABASE IF NOT EXISTS {SCHEMA};\n"
        f"CREATE USER IF NOT EXISTS {SCHEMA}@'%';\n"
        f"GRANT ALL ON *.* TO {SCHEMA}@'%' WITH GRANT OPTION;\n",
        encoding="utf-8",
    )
    arguments = [
        *command,
        f"--datadir={folder}/data",
        f"--port={port}",
        f"--bind-address={HOST}",
        f"--socket={_socket_of(folder, port)}",
        f"--pid-file={folder}/pid",
        f"--init-file={first}",
        "--innodb-buffer-pool-size=256M",
        "--skip-name-resolve",
        *options,
    ]
    return Server(
        name, arguments, folder, port, f"mysql+pymysql://{SCHEMA}@{HOST}:{port}/{SCHEMA}", _serves_sql
    ).start()


def _socket_of(folder: Path, port: int) -> str:
    """A Unix socket's path holds about 100 characters; a test's temporary folder may be longer than that."""
    wanted = str(folder / "sock")
    return wanted if len(wanted) < 100 else f"/tmp/genba-{port}.sock"  # noqa: S108 - a fallback for long paths
