"""One poller, many listeners: what changed on the first page, as server-sent events.

A listener keeps no queue. It remembers which state it has sent, waits until there is a newer one, and sends the
difference; one that is slow simply skips the states in between. So nobody waits for anybody, and memory stays flat.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeAlias

import orjson
import structlog

from ingest.plant import Language
from reports.web.board import Board, Trouble

__all__ = ["BEAT_SECONDS", "Hub", "Parts"]

BEAT_SECONDS = 15.0
Parts: TypeAlias = Mapping[str, str]
"""HTML by element id."""

log = structlog.get_logger(__name__)


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


class Hub:
    """The newest state, and who waits for it.

    ``look`` blocks and runs in a thread; ``render`` gives the changing parts of a board in one language; ``every``:
    seconds between two looks; ``beat``: seconds of silence after which a listener hears that we are alive.
    """

    def __init__(
        self,
        look: Callable[[], Board | Trouble],
        render: Callable[[Board, Language], Parts],
        every: float,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self._look, self._render, self._every, self._beat = look, render, every, beat
        self._changed = asyncio.Event()
        self._parts: dict[Language, Parts] = {}
        self._frames: dict[tuple[Language, int], bytes] = {}
        self._version = 0
        self._closed = False
        self._poller: asyncio.Task[None] | None = None
        self.state: Board | Trouble | None = None
        self.looked_at: datetime | None = None
        self.listeners = 0

    async def start(self) -> None:
        """Look once, then go on looking in the background."""
        await self._step()
        self._poller = asyncio.create_task(self._run(), name="genba-dashboard-poller")

    async def stop(self) -> None:
        """End the poller and every stream."""
        self.close()
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller

    def close(self) -> None:
        """Let every stream end, so that a server can stop without cutting them off."""
        self._closed = True
        self._changed.set()

    @property
    def alive(self) -> bool:
        """Whether the poller still runs."""
        return self._poller is not None and not self._poller.done()

    async def _run(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._every)
                await self._step()
        finally:
            # A fault of ours must not look like a quiet line: browsers then say that the connection is lost.
            if not self._closed:
                log.error("dashboard poller stopped", exc_info=True)
                self.close()

    async def _step(self) -> None:
        self.state = await asyncio.to_thread(self._look)
        self.looked_at = datetime.now(UTC)
        self._version += 1
        self._parts.clear()
        self._frames.clear()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _current(self, language: Language) -> Parts:
        if language not in self._parts:
            self._parts[language] = self._render(self.state, language) if isinstance(self.state, Board) else {}
        return self._parts[language]

    def _frame(self, language: Language, version: int, sent: Parts) -> bytes:
        """The event that leads from an earlier state to this one, made once for all; may be empty."""
        key = language, version
        if key not in self._frames:
            parts = self._current(language)
            fresh = {name: html for name, html in parts.items() if sent.get(name) != html}
            body = orjson.dumps({"now": _now(), "parts": fresh})
            self._frames[key] = b"event: parts\ndata: %b\n\n" % body if fresh else b""
        return self._frames[key]

    async def stream(self, language: Language) -> AsyncIterator[bytes]:
        """Server-sent events for one listener: everything first, then what changes, and a beat in between."""
        sent: Parts = {}
        version = 0
        self.listeners += 1
        try:
            yield b"retry: 2000\n\n"
            while not self._closed:
                changed = self._changed
                frame = self._frame(language, version, sent)
                sent, version = self._current(language), self._version
                if frame:
                    yield frame
                if changed is self._changed and not await self._news(changed):
                    yield b": beat\nevent: beat\ndata: %d\n\n" % _now()
        finally:
            self.listeners -= 1

    async def _news(self, changed: asyncio.Event) -> bool:
        """Wait for the next state; false when it takes longer than a beat."""
        try:
            await asyncio.wait_for(changed.wait(), self._beat)
        except TimeoutError:
            return False
        return True
