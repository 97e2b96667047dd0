"""What each address answers: a page and, at the same address with ``.json``, the same numbers."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from ingest.errors import DatabaseUnavailable
from ingest.plant import Language, Plant
from ingest.settings import Settings
from ingest.store import live
from ingest.store.engine import Store
from ingest.store.read import QuarantineRow
from ingest.store.results import latest_reports
from reports.web.board import Board, Trouble, to_json
from reports.web.live import Hub
from reports.web.names import names
from reports.web.view import View
from reports.words import LANGUAGES, Words

__all__ = ["Pages", "answer", "choose_language", "error_answer"]

COOKIE = "genba_lang"
COOKIE_SECONDS = 365 * 86400
CODES = {403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
"""Refusals that the texts have words for."""
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox allow-popups"
"""A report carries its style within itself; it needs no script and no network."""


def choose_language(request: Request, offered: tuple[Language, ...]) -> Language:
    """``?lang=``, else the cookie, else what the browser prefers, else the site's first language."""
    preferred = [
        (-float(quality or 1), place, tag.strip().lower()[:2])
        for place, part in enumerate(request.headers.get("accept-language", "").split(","))
        for tag, _, quality in [part.partition(";q=")]
        if quality.replace(".", "", 1).isdigit() or not quality
    ]
    wished = [request.query_params.get("lang"), request.cookies.get(COOKIE), *(tag for *_, tag in sorted(preferred))]
    return next((tag for tag in wished if tag in LANGUAGES), offered[0])


class Pages:
    """The handlers, bound to one plant and store."""

    def __init__(
        self, settings: Settings, plant: Plant, store: Store, hub: Hub, views: Mapping[Language, View]
    ) -> None:
        self._settings, self._plant, self._store, self._hub, self._views = settings, plant, store, hub, views

    # -- pages

    async def home(self, request: Request) -> Response:
        """The first page, out of the state that the poller has."""
        state = self._hub.state
        if not isinstance(state, Board):
            return self._troubled(request, state)
        view = self._view(request)
        return self.html(request, "home.html", board=state, parts=view.parts(state, ticking=False))

    async def home_json(self, request: Request) -> Response:
        """The first page's numbers."""
        state = self._hub.state
        return answer(to_json(state)) if isinstance(state, Board) else self._troubled(request, state)

    async def quarantine(self, request: Request) -> Response:
        """What could not be read."""
        reasons, newest, ledger = await run_in_threadpool(self._read_quarantine)
        return self.html(request, "quarantine.html", reasons=reasons, newest=newest, ledger=ledger)

    async def quarantine_json(self, request: Request) -> Response:
        """What could not be read; payloads as text."""
        reasons, newest, ledger = await run_in_threadpool(self._read_quarantine)
        view = self._view(request)
        shown = [asdict(row) | {"payload": view.payload(row.payload)} for row in newest]
        return answer(to_json({"schema": 1, "reasons": reasons, "newest": shown, "ledger": ledger}))

    def _read_quarantine(
        self,
    ) -> tuple[list[live.ReasonRow], list[QuarantineRow], list[live.LedgerTotals]]:
        try:
            return (
                live.quarantine_reasons(self._store),
                live.quarantine_newest(self._store),
                live.ledger_totals(self._store),
            )
        except SQLAlchemyError:
            raise DatabaseUnavailable("the database does not answer; is its server running?") from None

    async def report(self, request: Request) -> Response:
        """The newest report file of a study, if it lies inside the run-time directory."""
        path = await run_in_threadpool(self._report_path, request.path_params["study"], request.path_params["language"])
        if path is None:
            raise HTTPException(404)
        return FileResponse(
            path,
            media_type="text/html",
            headers={"content-security-policy": REPORT_POLICY, "cache-control": "no-cache"},
        )

    def _report_path(self, study: str, language: str) -> Path | None:
        try:
            row = latest_reports(self._store, study).get(language)
        except SQLAlchemyError:
            raise DatabaseUnavailable("the database does not answer; is its server running?") from None
        if row is None:
            return None
        root = self._settings.var.resolve()
        path = (root / row.path).resolve()
        return path if path.is_relative_to(root) and path.suffix == ".html" and path.is_file() else None

    # -- machines

    async def events(self, request: Request) -> Response:
        """The live stream."""
        return StreamingResponse(
            self._hub.stream(self._language(request)),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def health(self, request: Request) -> Response:
        """200 while the database answers and the poller looks, else 503."""
        state, looked_at = self._hub.state, self._hub.looked_at
        patience = timedelta(seconds=10 + 3 * self._settings.web.refresh_seconds)
        if not self._hub.alive or looked_at is None or datetime.now(UTC) - looked_at > patience:
            return error_answer(503, "poller_stopped", "the dashboard does not look at the database any more")
        trouble = state.trouble if isinstance(state, Board) else state
        if trouble is not None:
            return error_answer(503, trouble.code, trouble.message)
        return answer(to_json({"status": "ok", "looked_at": looked_at, "listeners": self._hub.listeners}))

    # -- when it goes wrong

    async def refused(self, request: Request, error: Exception) -> Response:
        """No such page, or not asked that way."""
        assert isinstance(error, HTTPException)
        code = CODES.get(error.status_code, "refused")
        words = self._view(request).words
        said = words(f"error.{code}") if code != "refused" else error.detail
        return self.problem(request, error.status_code, code, words("error.title"), said)

    async def unavailable(self, request: Request, error: Exception) -> Response:
        """The surroundings failed while a page was read."""
        return self._troubled(request, Trouble("database_unavailable", str(error), datetime.now(UTC)))

    async def broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours; the log has the rest."""
        words = self._view(request).words
        return self.problem(request, 500, "internal", words("error.title_internal"), words("error.internal"))

    def _troubled(self, request: Request, trouble: Trouble | None) -> Response:
        assert trouble is not None
        words = self._view(request).words
        said = words("trouble.schema_said" if trouble.code == "schema_outdated" else "trouble.database_503")
        return self.problem(
            request, 503, trouble.code, words(f"trouble.{trouble.code}"), said, trouble.message, retry=True
        )

    def problem(
        self,
        request: Request,
        status: int,
        code: str,
        heading: str,
        said: str,
        detail: str = "",
        *,
        retry: bool = False,
    ) -> Response:
        if request.url.path.endswith((".json", "/events", "/health")):
            return error_answer(status, code, detail or said)
        return self.html(request, "error.html", status=status, heading=heading, said=said, detail=detail, retry=retry)

    # -- common to all

    def _language(self, request: Request) -> Language:
        return choose_language(request, self._plant.site.languages)

    def _view(self, request: Request) -> View:
        return self._views[self._language(request)]

    def words(self, request: Request) -> Words:
        """The dashboard's texts in the language of this visitor."""
        return self._view(request).words

    def title(self, request: Request, study: str) -> str:
        """What people call a study of the plant."""
        return names(self._plant.studies[study].title, study)[self._language(request)]

    def html(self, request: Request, template: str, status: int = 200, **context: object) -> Response:
        """A page in the language of this visitor."""
        view = self._view(request)
        response = HTMLResponse(
            view.page(template, site=self._plant.site.name[view.language], **context),
            status_code=status,
            headers={
                "content-language": view.language,
                "vary": "accept-language, cookie",
                "cache-control": "no-store",
            },
        )
        if request.query_params.get("lang") == view.language:
            response.set_cookie(COOKIE, view.language, max_age=COOKIE_SECONDS, samesite="lax", httponly=True)
        return response


def answer(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json", headers={"cache-control": "no-store"})


def error_answer(status: int, code: str, message: str) -> Response:
    return answer(to_json({"error": {"code": code, "message": message}}), status)
