"""The dashboard on a real port, and a real browser that may not leave this host."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page

from ingest.plant import Plant
from ingest.settings import Settings, Web
from ingest.store.engine import Store
from reports.web.app import build
from reports.web.command import Server, listen
from reports.web.live import Hub
from tests.waiting import until

CHROMIUM = os.environ.get("GENBA_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def served(store: Store, plant: Plant, var: Path) -> Iterator[tuple[str, Hub]]:
    """The address of a running dashboard that looks twenty times a second, and its hub."""
    app = build(Settings(var=var, web=Web(refresh_seconds=0.05)), plant, store)
    hub: Hub = app.state.hub
    with listen("127.0.0.1", 0) as socket:
        server = Server(uvicorn.Config(app, log_level="error", access_log=False), hub)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        until(lambda: server.started, 10, "the dashboard listens")
        yield f"http://127.0.0.1:{socket.getsockname()[1]}", hub
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the dashboard did not stop"


@contextmanager
def visitor(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """A fresh page; leaving it fails on a request to another host, and on anything the console complains of."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong
