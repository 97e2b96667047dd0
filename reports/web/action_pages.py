"""The pages of the promise ledger: list, declare, end; for people as forms, for machines as JSON.

A form of another site cannot declare anything here: a browser says where a form comes from, and machines have to send
``application/json``, which no form can.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ingest.errors import DatabaseUnavailable, UsageError
from ingest.plant import Plant
from ingest.store.engine import Store
from ingest.store.results import latest_ranking
from models.promise import ledger
from models.promise.declare import Wish
from reports.web.actions import action, settings_of
from reports.web.board import to_json
from reports.web.fixes import Fix, fix_list
from reports.web.pages import Pages, answer, error_answer

__all__ = ["ActionPages", "from_here"]

MOST_BYTES = 65_536
"""Of a form or a JSON body; a note is a line, not a file."""
WORDS = ("study", "who", "factor", "level", "since", "note")
NUMBERS = ("low", "high")


def from_here(request: Request) -> bool:
    """Whether a form was sent by a page of ours, as the browser says.

    Browsers send ``Sec-Fetch-Site``, older ones ``Origin`` alone; a form without either is refused.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return origin != "" and origin == request.headers.get("host")


class ActionPages:
    """The handlers, bound to one plant and store."""

    def __init__(self, pages: Pages, plant: Plant, store: Store) -> None:
        self._pages, self._plant, self._store = pages, plant, store

    # -- looking

    async def index(self, request: Request) -> Response:
        """Every action, the newest first."""
        entries = await run_in_threadpool(self._read, request.query_params.get("study"))
        shown = [action(self._plant, entry) for entry in entries]
        return self._pages.html(request, "actions.html", actions=shown, studies=self._studies(request))

    def _studies(self, request: Request) -> dict[str, str]:
        return {study: self._pages.title(request, study) for study in self._plant.studies}

    async def index_json(self, request: Request) -> Response:
        """The same, with everything that was measured."""
        entries = await run_in_threadpool(self._read, request.query_params.get("study"))
        return answer(to_json({"schema": 1, "actions": entries}))

    def _read(self, study: str | None) -> list[dict[str, Any]]:
        try:
            return ledger.listed(self._store, study)
        except SQLAlchemyError:
            raise DatabaseUnavailable("the database does not answer; is its server running?") from None

    async def new(self, request: Request) -> Response:
        """The form "we did this", filled with an advice where one was chosen."""
        return await self._form(request, dict(request.query_params))

    async def _form(self, request: Request, said: Mapping[str, str], wrong: str = "", status: int = 200) -> Response:
        study = said.get("study", "")
        if study not in self._plant.studies:
            raise HTTPException(404)
        advice = await run_in_threadpool(self._advice, study)
        chosen = next((fix for fix in advice if str(fix.rank) == said.get("rank")), None)
        now = datetime.now(self._plant.site.zone).strftime("%Y-%m-%dT%H:%M")
        return self._pages.html(
            request,
            "action_new.html",
            status=status,
            study=study,
            title=self._pages.title(request, study),
            fix=chosen,
            settings=settings_of(self._plant, study),
            said={"since": now, **_filled(chosen), **said},
            wrong=wrong,
        )

    def _advice(self, study: str) -> tuple[Fix, ...]:
        try:
            return fix_list(self._plant, study, latest_ranking(self._store, study), ()).fixes
        except SQLAlchemyError:
            raise DatabaseUnavailable("the database does not answer; is its server running?") from None

    # -- writing

    async def declare(self, request: Request) -> Response:
        """A form was sent: write it down and show the list, or say what is wrong with it."""
        said = await _form_body(request)
        try:
            row = await run_in_threadpool(self._declare, said)
        except UsageError as error:
            return await self._form(request, said, str(error), 422)
        return RedirectResponse(f"/actions#action-{row['action_id']}", 303)

    async def declare_json(self, request: Request) -> Response:
        """The same for machines: 201 and the action, or 422 and the reason."""
        try:
            said = await _json_body(request)
            return answer(to_json(await run_in_threadpool(self._declare, said)), 201)
        except UsageError as error:
            return error_answer(422, "refused", str(error))

    def _declare(self, said: Mapping[str, Any]) -> dict[str, Any]:
        try:
            row = ledger.declare(self._store, self._plant, wish(said))
        except SQLAlchemyError:
            raise DatabaseUnavailable("the database does not answer; is its server running?") from None
        return ledger.entry(row, datetime.now(UTC))

    async def end(self, request: Request) -> Response:
        """A form ends an action."""
        said = await _form_body(request)
        try:
            await run_in_threadpool(self._end, request.path_params["action_id"], said)
        except UsageError as error:
            words = self._pages.words(request)
            return self._pages.problem(request, 422, "refused", words("action.not_ended"), str(error))
        return RedirectResponse(f"/actions#action-{request.path_params['action_id']}", 303)

    async def end_json(self, request: Request) -> Response:
        """The same for machines."""
        try:
            said = await _json_body(request)
            return answer(to_json(await run_in_threadpool(self._end, request.path_params["action_id"], said)))
        except UsageError as error:
            return error_answer(422, "refused", str(error))

    def _end(self, action_id: int, said: Mapping[str, Any]) -> dict[str, Any]:
        kind = said.get("kind", "closed")
        if kind not in ("closed", "withdrawn"):
            raise UsageError(f"kind {kind!r} is neither 'closed' nor 'withdrawn'")
        reason, who = (_text(said, key) or "" for key in ("reason", "who"))
        try:
            row = ledger.end(self._store, self._plant, action_id, kind, reason, who, _text(said, "until"))
        except SQLAlchemyError:
            raise DatabaseUnavailable("the database does not answer; is its server running?") from None
        return ledger.entry(row, datetime.now(UTC))


def _filled(fix: Fix | None) -> dict[str, str]:
    """What an advice on one setting puts into the form."""
    if fix is None or len(fix.windows) != 1:
        return {}
    window = fix.windows[0]
    if window.low is None or window.high is None:
        return {"factor": window.factor, "level": window.levels[0]}
    return {"factor": window.factor, "low": f"{window.low:g}", "high": f"{window.high:g}"}


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"more than {MOST_BYTES} bytes")
    return body


async def _form_body(request: Request) -> dict[str, str]:
    """The fields of a form of ours."""
    if not from_here(request):
        raise HTTPException(403, "a form of another site")
    text = (await _body(request)).decode("utf-8", errors="replace")
    return {key: value.strip() for key, value in parse_qsl(text, keep_blank_values=True, max_num_fields=50)}


async def _json_body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UsageError("content-type is not application/json; send the action as a JSON object")
    try:
        said = orjson.loads(await _body(request))
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the body is no JSON ({error}); send the action as a JSON object") from None
    if not isinstance(said, dict):
        raise UsageError('the body is no JSON object; send {"study": …, "who": …}')
    return said


def wish(said: Mapping[str, Any]) -> Wish:
    """What a form or a machine says, as a wish. Raises `UsageError` naming the field."""
    known = (*WORDS, *NUMBERS, "rank")
    for key in said:
        if key not in known:
            raise UsageError(f"field {key!r} is unknown; known: {', '.join(sorted(known))}")
    texts = {key: _text(said, key) for key in WORDS}
    edges = {key: _number(said, key) for key in NUMBERS}
    rank = _number(said, "rank")
    if rank is not None and not rank.is_integer():
        raise UsageError(f"rank {said['rank']!r} is no whole number")
    return Wish(
        study=texts["study"] or "",
        who=texts["who"] or "",
        factor=texts["factor"],
        low=edges["low"],
        high=edges["high"],
        level=texts["level"],
        rank=None if rank is None else int(rank),
        since=texts["since"],
        note=texts["note"] or "",
    )


def _text(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise UsageError(f"field {key!r} is {value!r}; write a text")
    return value


def _number(said: Mapping[str, Any], key: str) -> float | None:
    value = said.get(key)
    if value is None or value == "":
        return None
    try:
        return float("" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        raise UsageError(f"field {key!r} is {value!r}; write a number") from None
