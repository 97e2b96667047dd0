"""The one import of paho: `Subscriber` acknowledges when told to, `Publisher` publishes fast within bounds.

An acknowledgement is only worth something on the connection its message came by: after a reconnect the broker may
give the same number to another message, and a late acknowledgement would lose that one. Every delivery therefore
carries the *generation* of its connection, and `Subscriber.ack` drops those of earlier ones; the broker sends those
messages again, and the store knows them by their keys.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.errors import BrokerUnavailable, SettingsError
from ingest.records import Message
from ingest.settings import Broker
from ingest.sockets import BufferedClient

__all__ = ["BrokerFacts", "Delivery", "Publisher", "Subscriber", "probe"]

ANSWER_SECONDS = 10.0
"""How long a broker may take to answer at the start."""
RECONNECT_SECONDS = (1, 30)
SETTLE_SECONDS = 2.0
"""How long a broker may take to read our last acknowledgements."""
WINDOW = 1000
"""Messages of a `Publisher` on their way at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, and what its acknowledgement needs."""

    message: Message
    mid: int
    generation: int


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """What a broker granted. ``receive_maximum`` is None where the broker does not say (MQTT 3.1.1).

    ``granted``: QoS by filter, None where the subscription was refused.
    """

    protocol: str
    receive_maximum: int | None
    granted: dict[str, int | None]


def _where(broker: Broker) -> str:
    return f"broker {broker.host}:{broker.port}"


def _new_client(broker: Broker, client_id: str, *, keep_session: bool) -> BufferedClient:
    five = broker.protocol == "5"
    client = BufferedClient(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        # MQTT 5 says it in the connection's properties instead.
        clean_session=None if five else not keep_session,
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        manual_ack=keep_session,
    )
    client.reconnect_delay_set(*RECONNECT_SECONDS)
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password.get_secret_value() if broker.password else None)
    if broker.tls:
        try:
            client.tls_set(ca_certs=str(broker.ca_file) if broker.ca_file else None)
        except OSError as error:
            said = error.strerror or error
            raise SettingsError(f"broker.ca_file {broker.ca_file}: cannot be read ({said}); give a PEM file") from None
    return client


class _Connection:
    """A paho client, opened and closed; subclasses hear of what happens in between. Callbacks run in its thread."""

    def __init__(self, broker: Broker, client_id: str, *, keep_session: bool) -> None:
        self._broker = broker
        self._keep_session = keep_session
        self._client = _new_client(broker, client_id, keep_session=keep_session)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._answered = threading.Event()
        self._refusal: str | None = None
        self._closing = False
        self.connected = False

    def _open(self) -> None:
        """Connect and run the network thread. Raises `BrokerUnavailable` when the first try fails."""
        properties = None
        if self._broker.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            if self._keep_session:
                properties.SessionExpiryInterval = self._broker.session_expiry
                properties.ReceiveMaximum = self._broker.receive_maximum
        options: dict[str, Any] = {"clean_start": not self._keep_session} if self._broker.protocol == "5" else {}
        try:
            self._client.connect(
                self._broker.host, self._broker.port, self._broker.keepalive, properties=properties, **options
            )
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise BrokerUnavailable(
                f"{_where(self._broker)}: {said}; is it running, and are broker.host and broker.port right?"
            ) from None
        self._client.loop_start()
        self._await_answer("the broker does not speak MQTT here, or not this version")

    def _await_answer(self, silence: str) -> None:
        if not self._answered.wait(ANSWER_SECONDS):
            self._refusal = f"no answer within {ANSWER_SECONDS:g} s: {silence}; try broker.protocol and broker.port"
        if self._refusal is not None:
            self._close()
            raise BrokerUnavailable(f"{_where(self._broker)}: {self._refusal}")

    def _close(self) -> None:
        self._closing = True
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def alive(self) -> bool:
        """Whether the network thread runs; without it nothing arrives, and nothing else would say so."""
        return self._client.thread_alive

    def _on_connect(
        self, _client: Any, _data: Any, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refusal = _advice(str(reason))
            if self._answered.is_set():
                log.error("broker refuses the connection", broker=_where(self._broker), reason=self._refusal)
            self._answered.set()
            return
        self._refusal = None
        self.connected = True
        self._up(bool(flags.session_present), properties)

    def _on_disconnect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        was, self.connected = self.connected, False
        if not was and not self._answered.is_set():
            other = "3.1.1" if self._broker.protocol == "5" else "5"
            self._refusal = f"it closed the connection ({reason}); try broker.protocol = {other!r}"
            self._answered.set()
        elif was and not self._closing:
            log.warning("connection to the broker lost; trying again", broker=_where(self._broker), reason=str(reason))
        self._down()

    def _up(self, session_present: bool, properties: Properties | None) -> None:
        self._answered.set()

    def _down(self) -> None:
        """The connection is gone."""


def _advice(reason: str) -> str:
    lowered = reason.lower()
    if "protocol" in lowered:
        return f"it refuses us ({reason}); set broker.protocol to the version it speaks"
    return f"it refuses us ({reason}); check broker.username, broker.password and broker.client_id"


class Subscriber(_Connection):
    """Receives the filters' messages at QoS 1 under a session that outlives this process.

    ``on_delivery`` runs in the network thread and may block to hold the broker back. ``known``: whether this gateway
    has worked before, so that a session the broker has forgotten means lost messages.
    """

    def __init__(
        self,
        broker: Broker,
        filters: Sequence[str],
        on_delivery: Callable[[Delivery], None],
        *,
        client_id: str | None = None,
        known: bool = False,
        keep_session: bool = True,
    ) -> None:
        super().__init__(broker, client_id or broker.client_id, keep_session=keep_session)
        self._filters = tuple(filters)
        self._on_delivery = on_delivery
        self._known = known
        self._generation = 0
        self._lock = threading.Lock()
        self.granted: dict[str, int | None] = {}
        self.receive_maximum: int | None = None
        self._client.on_pre_connect = lambda _client, _data: self._down()
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Connect and subscribe; later losses are ridden out. Raises `BrokerUnavailable` naming host and port."""
        self._open()

    def ack(self, deliveries: Iterable[Delivery]) -> int:
        """Acknowledge in the order given, which must be that of receipt; returns how many still counted."""
        with self._lock:
            mids = [d.mid for d in deliveries if d.message.qos > 0 and d.generation == self._generation]
            if mids and self.connected:
                self._client.ack_all(mids)
        return len(mids)

    def stop(self) -> None:
        """Make sure that the broker has read our acknowledgements, disconnect in order, and end the thread."""
        if self.connected and self._keep_session:
            self._closing = True
            self._client.settle(SETTLE_SECONDS)
        self._close()

    def _up(self, session_present: bool, properties: Properties | None) -> None:
        self._down()
        self.receive_maximum = getattr(properties, "ReceiveMaximum", None)
        if self._keep_session and not session_present:
            if self._known:
                log.error(
                    "the broker has forgotten our session: what was published while we were away is lost",
                    broker=_where(self._broker),
                    client_id=self._broker.client_id,
                    advice="switch on the broker's persistence, and see its session expiry",
                )
            else:
                log.info("the broker opened a new session for us", broker=_where(self._broker))
        self._known = True
        # paho does not subscribe again by itself.
        if self._broker.protocol == "5":
            # Retained messages come once, with the subscription, not again after every reconnect.
            options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            self._client.subscribe([(name, options) for name in self._filters])
        else:
            self._client.subscribe([(name, 1) for name in self._filters])

    def _down(self) -> None:
        with self._lock:
            self._generation += 1

    def _on_subscribe(
        self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        pairs = list(zip(self._filters, reasons, strict=False))
        self.granted = {name: None if reason.is_failure else int(reason.value) for name, reason in pairs}
        refused = [f"{name!r} ({reason})" for name, reason in pairs if reason.is_failure]
        if refused:
            self._refusal = f"it refuses the subscription {', '.join(refused)}; give {self._broker.client_id} the right"
            log.error("subscription refused", filters=refused, broker=_where(self._broker))
        elif self._keep_session:
            log.info("subscribed", filters=list(self._filters), broker=_where(self._broker))
        unprotected = [name for name, qos in self.granted.items() if qos == 0]
        if unprotected:
            log.warning("granted QoS 0 only: these messages may be lost on the way", filters=unprotected)
        self._answered.set()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = repr(message._topic)  # noqa: SLF001 - the only way to the bytes, for quarantine
        arrived = Message(topic, bytes(message.payload), datetime.now(UTC), message.qos, message.retain)
        try:
            self._on_delivery(Delivery(arrived, message.mid, self._generation))
        except Exception:  # an exception here would silently end paho's thread
            log.exception("a message could not be taken over; the broker keeps it", topic=topic)


class Publisher(_Connection):
    """Publishes with at most `WINDOW` messages on their way; a lost connection is ridden out."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, f"{broker.client_id}-publisher-{secrets.token_hex(4)}", keep_session=False)
        # Our own window: paho's is searched from the beginning for each acknowledgement.
        self._client.max_inflight_messages_set(0)
        self._client.on_publish = self._on_publish
        self._window = WINDOW
        self._under_way = 0
        self._changed = threading.Condition()
        self._refused = 0

    def connect(self) -> None:
        """Raises `BrokerUnavailable` naming host, port and the next step."""
        self._open()

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Send; waits while the window is full. Raises `BrokerUnavailable` when nothing moves for a minute."""
        if qos > 0:
            with self._changed:
                self._wait(lambda: self._under_way < self._window)
                self._under_way += 1
        self._client.publish(topic, payload, qos, retain)

    def flush(self, seconds: float = 60.0) -> None:
        """Wait until the broker has everything. Raises `BrokerUnavailable` when nothing moves for that long."""
        with self._changed:
            self._wait(lambda: self._under_way == 0, seconds)

    def close(self) -> None:
        """Disconnect; what has not been flushed may be lost."""
        self._close()

    def __enter__(self) -> "Publisher":
        self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()

    def _wait(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        while not condition():
            before = self._under_way
            if not self._changed.wait(seconds) and self._under_way == before:
                raise BrokerUnavailable(
                    f"{_where(self._broker)}: {before} messages unanswered for {seconds:g} s; is it still there?"
                )

    def _up(self, session_present: bool, properties: Properties | None) -> None:
        self._window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        super()._up(session_present, properties)

    def _on_publish(
        self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            log.error("the broker refuses a message", broker=_where(self._broker), reason=str(reason), mid=mid)
        with self._changed:
            self._under_way = max(0, self._under_way - 1)
            self._changed.notify_all()


def probe(broker: Broker, filters: Sequence[str] = ()) -> BrokerFacts:
    """Connect beside the running gateway, subscribe at QoS 1 for a moment, and leave no trace.

    Raises `BrokerUnavailable` naming host, port and the next step.
    """
    asked = tuple(filters) or ("$SYS/broker/version",)
    subscriber = Subscriber(
        broker,
        asked,
        lambda _delivery: None,
        client_id=f"{broker.client_id}-probe-{secrets.token_hex(4)}",
        keep_session=False,
    )
    subscriber.start()
    subscriber.stop()
    granted = {name: subscriber.granted.get(name) for name in filters}
    return BrokerFacts(broker.protocol, subscriber.receive_maximum, granted)
