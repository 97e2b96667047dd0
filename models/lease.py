"""Working alone: a lease in the database, renewed by a thread for as long as the work lasts.

A process that dies stops renewing, and somebody else may begin once the lease has run out.
"""

import os
import secrets
import socket
import threading
import time
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.store import jobs
from ingest.store.engine import Store, in_words

__all__ = ["Lease"]

log = structlog.get_logger()


class Lease:
    """``with Lease(store, name, seconds) as lease: lease.acquire()``; ``lease.held`` says whether we may work."""

    def __init__(self, store: Store, name: str, seconds: float) -> None:
        self._store = store
        self._name = name
        self._seconds = seconds
        # A process number comes again, in containers at once; the token does not.
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._ended = threading.Event()
        self._renewer: threading.Thread | None = None
        self._valid_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._renewer is None:
            return
        self._ended.set()
        self._renewer.join(self._seconds)
        try:
            jobs.release(self._store, self._name, self._holder)
        except SQLAlchemyError as failure:
            log.warning("a lease was not given back; it runs out by itself", lease=self._name, why=in_words(failure))

    @property
    def held(self) -> bool:
        """Whether the lease is ours, by our own clock: an answer that needs no database."""
        return time.monotonic() < self._valid_until

    def acquire(self) -> bool:
        """Try to take the lease; once taken it is renewed until the block ends."""
        if self._take() and self._renewer is None:
            self._renewer = threading.Thread(target=self._renew, name=f"lease-{self._name}", daemon=True)
            self._renewer.start()
        return self.held

    def leader(self) -> str:
        """Who holds it, for a message."""
        found = jobs.leader(self._store, self._name)
        return "nobody" if found is None else f"{found[0]} until {found[1]:%H:%M:%S} UTC"

    def _take(self) -> bool:
        asked = time.monotonic()
        taken = jobs.acquire(self._store, self._name, self._holder, self._seconds)
        self._valid_until = asked + self._seconds if taken else 0.0
        return taken

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            try:
                if not self._take():
                    return
            except SQLAlchemyError as error:
                # The database may be away for a moment; the lease stands until its time is over.
                log.warning("the lease could not be renewed", lease=self._name, why=in_words(error))
