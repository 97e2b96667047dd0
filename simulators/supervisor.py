"""Keeps one daemon of the demo running, as systemd does in a plant: waits for READY=1, restarts it if it dies."""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.errors import EnvironmentFailure

__all__ = ["Supervised", "terminate"]

READY_SECONDS = 60.0
RESTARTS = 100


def terminate(process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Ask a process to end, and kill it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Supervised:
    """``with Supervised(arguments, log) as daemon: …``; inside the block the daemon is ready, or is being restarted."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self._name = name
        self._arguments = list(arguments)
        self._log = log
        self._folder = tempfile.TemporaryDirectory(prefix="genba-")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._path = Path(self._folder.name) / "notify"
        self._socket.bind(str(self._path))
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name=f"supervise-{name}", daemon=True)
        self.deaths: list[int] = []
        """Return codes of the daemons that ended by themselves; -9 is a kill."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()
        self._close()

    @property
    def pid(self) -> int | None:
        """The daemon's process id."""
        return self._process.pid if self._process is not None else None

    def failed(self) -> bool:
        """Whether the watcher gave up."""
        return not self._watcher.is_alive()

    def _close(self) -> None:
        if self._process is not None:
            terminate(self._process)
        self._socket.close()
        self._folder.cleanup()

    def _start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._arguments, stdout=output, stderr=output, env=os.environ | {"NOTIFY_SOCKET": str(self._path)}
            )
        deadline = time.monotonic() + READY_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in self._socket.recv(4096):
                    return
        raise EnvironmentFailure(f"{self._name} was not ready within {READY_SECONDS:g} s: {self._last_words()}")

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"{lines[-1] if lines else 'it said nothing'} (log: {self._log})"

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            with contextlib.suppress(TimeoutError):
                self._socket.recv(4096)  # WATCHDOG=1 and the like; unread they would fill the socket
            assert self._process is not None
            if self._process.poll() is None:
                continue
            self.deaths.append(self._process.returncode)
            if len(self.deaths) > RESTARTS:
                return
            # One that cannot start, because the database is away, is tried again like one that died.
            with contextlib.suppress(EnvironmentFailure):
                self._start()
