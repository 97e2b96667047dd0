"""``genba serve``: the dashboard."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
import uvicorn

from ingest.command import SettingsOption, settings_of
from ingest.errors import EnvironmentFailure
from ingest.settings import load_plant
from ingest.store.engine import connect
from reports.web.app import build
from reports.web.live import Hub

__all__ = ["Server", "listen", "register"]

GRACE_SECONDS = 5


class Server(uvicorn.Server):
    """Ends the live streams first, so that stopping does not wait for browsers to go away."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal means stop, not die: the command then closes the store and returns 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `EnvironmentFailure` when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise EnvironmentFailure(
            f"web.host {host!r}, web.port {port}: {error.strerror}; stop what listens there or choose another port"
        ) from None


def register(app: typer.Typer) -> None:
    """Add ``serve`` to the root command."""

    @app.command(epilog="Example: `genba serve --host 0.0.0.0 --port 8420 --language ja`")
    def serve(
        settings: SettingsOption = None,
        host: Annotated[str | None, typer.Option(help="Address to listen on; default: web.host.")] = None,
        port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one; default: web.port.")] = None,
        language: Annotated[
            Literal["en", "ja"] | None,
            typer.Option(help="Language for browsers that ask for neither; default: the site's first."),
        ] = None,
    ) -> None:
        """Show the dashboard: is the line all right, and what costs most."""
        chosen = settings_of(settings)
        plant = load_plant(chosen)
        if language is not None:
            site = plant.site.model_copy(update={"languages": (language,)})
            plant = plant.model_copy(update={"site": site})
        address = host or chosen.web.host
        with listen(address, chosen.web.port if port is None else port) as socket_:
            store = connect(chosen.database)
            try:
                application = build(chosen, plant, store)
                shown = f"[{address}]" if ":" in address else address
                typer.echo(f"Dashboard: http://{shown}:{socket_.getsockname()[1]}/ (stop with Ctrl+C)")
                config = uvicorn.Config(
                    application,
                    log_level="warning",
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=GRACE_SECONDS,
                )
                asyncio.run(Server(config, application.state.hub).serve(sockets=[socket_]))
            finally:
                store.close()
