"""The embedded broker of the demo: amqtt as a process of its own. A plant runs mosquitto.

amqtt speaks MQTT 3.1.1 and keeps everything in memory. Only anonymous login is switched on: packet logging and the
``$SYS`` topics, which its defaults include, cost time and say nothing here.
"""

import asyncio
import contextlib
import gc
import logging
import signal

import orjson
import typer
from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

from ingest.errors import EnvironmentFailure

__all__ = ["serve"]

HOST = "127.0.0.1"
GARBAGE_THRESHOLD = 50_000
"""Every message makes a few tasks; looking for cycles after each 700 new objects, as Python does, is time lost."""
LISTENER = "default"
STOP_SECONDS = 1.0
GATHER_SECONDS = 0.002
"""Saves a third of the broker's processor time, measured with 10,000 messages."""


class _Gathered(StreamWriterAdapter):  # type: ignore[misc]  # amqtt has no types
    """Writes of the next moment go out as one: amqtt writes every small packet by itself, and each is a system call."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._flush)
        self._waiting.append(data)

    def _flush(self) -> None:
        if self._waiting:
            super().write(b"".join(self._waiting))
            self._waiting.clear()

    async def close(self) -> None:
        self._flush()
        await super().close()


async def _serve(port: int) -> None:
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    # The listener is ours, so that port 0 can tell which port it became.
    broker = Broker(BrokerConfig(listeners={LISTENER: ListenerConfig(type=ListenerType.EXTERNAL)}, plugins=plugins))
    await broker.start()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await broker.external_connected(StreamReaderAdapter(reader), _Gathered(writer), LISTENER)

    try:
        server = await asyncio.start_server(connected, HOST, port)
    except OSError as error:
        raise EnvironmentFailure(f"port {port} on {HOST}: {error.strerror}; choose another with --port") from None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    typer.echo(orjson.dumps({"host": HOST, "port": server.sockets[0].getsockname()[1]}))
    await stop.wait()
    server.close()
    # amqtt waits for clients that stay; nothing is kept anyway.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), STOP_SECONDS)


def serve(port: int) -> None:
    """Serve until SIGTERM; prints ``{"host": …, "port": …}`` once connections are taken.

    ``port`` 0 takes a free one. Raises `EnvironmentFailure` if the port is taken.
    """
    gc.set_threshold(GARBAGE_THRESHOLD)
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    asyncio.run(_serve(port))
