"""paho's client with fewer system calls: paho reads a packet in three small pieces, looks at one packet per `select`
and writes each acknowledgement alone.

Only the edge `ingest.mqtt` uses it. What it touches of paho is the socket protocol that paho's own WebSocket wrapper
implements, and the packet reader; a test against a real broker covers both.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MessageType, MQTTErrorCode

__all__ = ["BufferedClient"]

CHUNK = 65536
PACKETS = 200
"""Packets read before paho looks after its own writing and keep-alive again."""


class _BufferedSocket:
    """A socket that receives large pieces and hands out small ones. ``pending`` tells paho what `select` cannot see."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._buffer = b""
        self._at = 0

    def recv(self, size: int) -> bytes:
        if self._at >= len(self._buffer):
            if size >= CHUNK:
                return self._inner.recv(size)
            self._buffer, self._at = self._inner.recv(CHUNK), 0
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def pending(self) -> int:
        inner = getattr(self._inner, "pending", None)
        return len(self._buffer) - self._at + (inner() if inner is not None else 0)

    def send(self, data: bytes | bytearray) -> int:
        return self._inner.send(data)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._inner.close()

    def fileno(self) -> int:
        return self._inner.fileno()

    def setblocking(self, flag: bool) -> None:
        self._inner.setblocking(flag)


class BufferedClient(paho.Client):
    """`paho.Client` over a `_BufferedSocket`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._pong = threading.Event()

    def _create_socket(self) -> Any:
        inner: Any = super()._create_socket()
        return _BufferedSocket(inner)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what there is, not one packet at a time."""
        for _ in range(PACKETS):
            if self._sock is None:
                return MQTTErrorCode.MQTT_ERR_NO_CONN
            code = self._packet_read()
            if code == MQTTErrorCode.MQTT_ERR_AGAIN:
                break
            if code > 0:
                return self._loop_rc_handle(code)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    @property
    def thread_alive(self) -> bool:
        """Whether the network thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def settle(self, seconds: float) -> bool:
        """Wait until the broker has read all that was sent so far: it answers a ping only after that.

        A broker may drop what it has not read when it sees the connection close.
        """
        self._pong.clear()
        self._send_pingreq()
        return self._pong.wait(seconds)

    def _handle_pingresp(self) -> MQTTErrorCode:
        code = super()._handle_pingresp()
        self._pong.set()
        return code

    def ack_all(self, mids: Sequence[int]) -> None:
        """Acknowledge QoS 1 messages in this order, in one piece; without manual acknowledgement, nothing."""
        if self._manual_ack:
            packets = b"".join(struct.pack("!BBH", MessageType.PUBACK, 2, mid) for mid in mids)
            self._packet_queue(MessageType.PUBACK, bytearray(packets), mids[-1], 1)
