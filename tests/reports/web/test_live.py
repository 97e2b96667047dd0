"""One poller, many listeners: differences, beats, slow and leaving listeners."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ingest.plant import Language
from reports.web.board import Board, Rows, Trouble, compose
from reports.web.live import Hub
from tests.reports.web.factory import PLANT

EMPTY = compose(PLANT, Rows((), (), {}, {}, ()), datetime.now(UTC), None, "0")


class Looks:
    """A state that the test sets; a version that starts with x changes nothing that is shown."""

    def __init__(self) -> None:
        self.state: Board | Trouble = EMPTY

    def look(self) -> Board | Trouble:
        return self.state

    def show(self, version: str) -> None:
        self.state = replace(EMPTY, version=version)


def render(board: Board, language: Language) -> dict[str, str]:
    return {"same": language, "number": board.version}


def run(test: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser test may hold a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, test).result(10)


def hub_of(looks: Looks, beat: float = 10.0) -> Hub:
    return Hub(looks.look, render, every=3600, beat=beat)


async def parts(stream: AsyncIterator[bytes]) -> dict[str, str]:
    """The parts of the next event that has some."""
    async for frame in stream:
        if frame.startswith(b"event: parts"):
            found: dict[str, str] = orjson.loads(frame.split(b"data: ", 1)[1])["parts"]
            return found
    raise AssertionError("the stream ended")


def test_everything_first_then_what_changes() -> None:
    async def test() -> None:
        looks = Looks()
        hub = hub_of(looks)
        await hub.start()
        stream = hub.stream("ja")
        assert await parts(stream) == {"same": "ja", "number": "0"}
        looks.show("1")
        await hub._step()
        assert await parts(stream) == {"number": "1"}
        await hub.stop()

    run(test())


def test_a_slow_listener_holds_nobody_up_and_skips_to_the_newest() -> None:
    async def test() -> None:
        looks = Looks()
        hub = hub_of(looks)
        await hub.start()
        slow, quick = hub.stream("en"), hub.stream("en")
        assert (await parts(slow))["number"] == (await parts(quick))["number"] == "0"
        for version in ("1", "2", "3"):
            looks.show(version)
            await hub._step()
            assert await parts(quick) == {"number": version}
        assert await parts(slow) == {"number": "3"}
        await hub.stop()

    run(test())


def test_one_who_knows_nothing_new_only_hears_a_beat() -> None:
    async def test() -> None:
        hub = hub_of(Looks(), beat=0.01)
        await hub.start()
        stream = hub.stream("en")
        await parts(stream)
        await hub._step()
        beat = await anext(stream)
        assert beat.startswith(b": beat\nevent: beat\ndata: ")
        await hub.stop()

    run(test())


def test_listeners_are_counted_and_forgotten() -> None:
    async def test() -> None:
        hub = hub_of(Looks())
        await hub.start()
        streams = [hub.stream("en") for _ in range(3)]
        for stream in streams:
            await parts(stream)
        assert hub.listeners == 3
        await streams[0].aclose()  # type: ignore[attr-defined]
        waiting = asyncio.create_task(anext(streams[1]))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert hub.listeners == 1
        hub.close()
        assert [frame async for frame in streams[2]] == []
        assert hub.listeners == 0
        await hub.stop()

    run(test())


def test_a_fault_in_the_poller_ends_the_streams_instead_of_looking_calm() -> None:
    async def test() -> None:
        looks = Looks()
        hub = Hub(looks.look, render, every=0, beat=10)
        await hub.start()
        stream = hub.stream("en")
        await parts(stream)

        def fault() -> Board:
            raise ZeroDivisionError

        hub._look = fault
        assert [frame async for frame in stream if frame.startswith(b"event: parts")] == []
        assert not hub.alive
        with pytest.raises(ZeroDivisionError):
            await hub.stop()

    run(test())


def test_without_a_board_there_is_nothing_to_send_yet() -> None:
    async def test() -> None:
        looks = Looks()
        looks.state = Trouble("database_unavailable", "gone", datetime.now(UTC))
        hub = hub_of(looks)
        await hub.start()
        stream = hub.stream("en")
        assert await anext(stream) == b"retry: 2000\n\n"
        looks.show("1")
        await hub._step()
        assert (await parts(stream))["number"] == "1"
        await hub.stop()

    run(test())
