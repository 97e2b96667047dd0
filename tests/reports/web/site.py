"""The dashboard in-process: the application runs in a thread of its own, a test calls it like a function."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette

from ingest.plant import Plant
from ingest.settings import Settings, Web
from ingest.store.engine import Store
from reports.web.app import build
from reports.web.live import Hub

NEVER = 3600.0
"""Seconds between looks where a test says itself when to look."""


class Site:
    """One running application."""

    def __init__(self, app: Starlette, portal: BlockingPortal) -> None:
        self.app, self._portal = app, portal
        self.hub: Hub = app.state.hub

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            # The handler of unforeseen faults answers and then passes the exception on to the server's log.
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers=headers, content=body)

        return self._portal.call(ask)

    def look(self) -> None:
        """What the poller does every few seconds."""
        self._portal.call(self.hub._step)

    def json(self, path: str) -> Any:
        return self.get(path).json()


@contextmanager
def running(store: Store, plant: Plant, var: Path) -> Iterator[Site]:
    app = build(Settings(var=var, web=Web(refresh_seconds=NEVER)), plant, store)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        yield Site(app, portal)
