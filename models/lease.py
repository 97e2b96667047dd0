"""Working alone: a lease in the database, renewed by a thread for as long as the work lasts.

A process that dies stops renewing, and somebody else may begin after `SECONDS`.
"""

import os
import socket
import threading
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.store import jobs
from ingest.store.engine import Store

__all__ = ["SECONDS", "Lease"]

SECONDS = 30.0

log = structlog.get_logger()


class Lease:
    """``with Lease(store, name) as lease: …``; ``lease.held`` says whether we may work."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._ended = threading.Event()
        self._renewer: threading.Thread | None = None
        self.held = False
        self.lost = threading.Event()
        """Set when the lease could not be renewed in time; the work should stop."""

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._renewer is not None:
            self._renewer.join()
        if self.held and not self.lost.is_set():
            jobs.release(self._store, self._name, self._holder)

    def acquire(self) -> bool:
        """Try to take the lease; once taken it is renewed until the block ends."""
        self.held = jobs.acquire(self._store, self._name, self._holder, SECONDS)
        if self.held:
            self._renewer = threading.Thread(target=self._renew, name=f"lease-{self._name}", daemon=True)
            self._renewer.start()
        return self.held

    def leader(self) -> str:
        """Who holds it, for a message."""
        found = jobs.leader(self._store, self._name)
        return "nobody" if found is None else f"{found[0]} until {found[1]:%H:%M:%S} UTC"

    def _renew(self) -> None:
        failures = 0
        while not self._ended.wait(SECONDS / 3):
            try:
                renewed = jobs.acquire(self._store, self._name, self._holder, SECONDS)
                failures = 0
            except SQLAlchemyError as error:
                # The database may be away for a moment; the lease still stands for two thirds of its time.
                failures += 1
                renewed = failures < 3
                log.warning("the lease could not be renewed", lease=self._name, error=str(error).splitlines()[0])
            if not renewed:
                self.lost.set()
                return
