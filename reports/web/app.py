"""The dashboard as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import as_file, files

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.errors import EnvironmentFailure
from ingest.plant import Plant
from ingest.settings import Settings
from ingest.store.engine import Store
from reports.web.action_pages import ActionPages
from reports.web.live import Hub
from reports.web.look import Lookout
from reports.web.pages import Pages
from reports.web.view import view_in
from reports.words import LANGUAGES

__all__ = ["build"]

HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


class _Guard:
    """Adds the headers that keep a page to this host, unless an answer brings its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)


def build(settings: Settings, plant: Plant, store: Store) -> Starlette:
    """The dashboard of one plant on one store. ``app.state.hub`` is the live part; its poller runs with the app.

    The store stays the caller's to close.
    """
    views = {language: view_in(language, plant.site.zone, plant.site.currency) for language in LANGUAGES}
    lookout = Lookout(plant, store, settle=min(10.0, 5 * settings.web.refresh_seconds))
    hub = Hub(
        lookout.look,
        lambda board, language: views[language].parts(board, ticking=True),
        settings.web.refresh_seconds,
    )
    pages = Pages(settings, plant, store, hub, views)
    actions = ActionPages(pages, plant, store)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()

    with as_file(files("reports.web").joinpath("static")) as static:
        app = Starlette(
            routes=[
                Route("/", pages.home),
                Route("/index.json", pages.home_json),
                Route("/quarantine", pages.quarantine),
                Route("/quarantine.json", pages.quarantine_json),
                Route("/actions", actions.index, methods=["GET"]),
                Route("/actions", actions.declare, methods=["POST"]),
                Route("/actions.json", actions.index_json, methods=["GET"]),
                Route("/actions.json", actions.declare_json, methods=["POST"]),
                Route("/actions/new", actions.new),
                Route("/actions/{action_id:int}/end", actions.end, methods=["POST"]),
                Route("/actions/{action_id:int}/end.json", actions.end_json, methods=["POST"]),
                Route("/reports/{study}.{language}.html", pages.report),
                Route("/events", pages.events),
                Route("/health", pages.health),
                Mount("/static", StaticFiles(directory=static)),
            ],
            middleware=[Middleware(_Guard)],
            exception_handlers={
                HTTPException: pages.refused,
                EnvironmentFailure: pages.unavailable,
                Exception: pages.broken,
            },
            lifespan=lifespan,
        )
    app.state.hub = hub
    return app
