"""deploy/mosquitto in the real broker: it starts, keeps what it accepted, and each name may do its own work only."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from ingest.settings import Broker
from simulators.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.mosquitto

MOSQUITTO = Path(__file__).parents[2] / "deploy/mosquitto"
MESSAGES = 1500
"""More than the 1,000 after which a mosquitto left to its defaults drops in silence."""


def settings() -> dict[str, str]:
    lines = (MOSQUITTO / "conf.d/genba.conf").read_text().splitlines()
    return {key: value for key, _, value in (line.partition(" ") for line in lines) if key and not key.startswith("#")}


@pytest.fixture
def broker(private_mosquitto: Callable[..., Server], tmp_path: Path) -> Server:
    """Our own file, included as the container's main file does, with the paths and the port of this test."""
    included = tmp_path / "conf.d"
    included.mkdir()
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    passwords.touch(mode=0o600)
    for user in ("genba", "filling", "press3"):
        subprocess.run(["mosquitto_passwd", "-b", passwords, user, f"{user}-secret"], check=True, capture_output=True)
    acl.write_text((MOSQUITTO / "acl.example").read_text())
    text = (MOSQUITTO / "conf.d/genba.conf").read_text()
    for theirs, ours in (
        ("password_file /etc/mosquitto/passwords", f"password_file {passwords}"),
        ("acl_file /etc/mosquitto/acl", f"acl_file {acl}"),
        ("\nlistener 1883\n", "\n"),
    ):
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    (included / "genba.conf").write_text(text)
    return private_mosquitto(extra_conf=f"include_dir {included}")


@contextmanager
def connected(broker: Server, user: str, **options: Any) -> Iterator[tuple[Client, list[MQTTMessage]]]:
    """A client with a session that stays, and what it received."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"{user}-test", clean_session=False, **options)
    client.username_pw_set(user, f"{user}-secret")
    received: list[MQTTMessage] = []
    client.on_message = lambda _client, _data, message: received.append(message)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        until(client.is_connected, 10, f"{user} connected")
        yield client, received
    finally:
        client.disconnect()
        client.loop_stop()


def send(broker: Server, user: str, topic: str, payloads: list[str]) -> None:
    publish.multiple(
        [(topic, payload, 1, False) for payload in payloads],
        hostname=broker.host,
        port=broker.port,
        auth={"username": user, "password": f"{user}-secret"},
    )


def test_what_was_accepted_survives_a_restart_of_the_broker(broker: Server) -> None:
    with connected(broker, "genba") as (client, _):
        subscribed: list[Any] = []
        client.on_subscribe = lambda *arguments: subscribed.append(arguments)
        client.subscribe("kyoto/#", qos=1)
        until(lambda: subscribed, 10, "subscribed")
    sent = [str(number) for number in range(MESSAGES)]
    send(broker, "filling", "kyoto/main/filling/cooler", sent)
    broker.restart()
    with connected(broker, "genba") as (_, received):
        until(lambda: len(received) >= MESSAGES, 30, f"{MESSAGES} messages after the restart")
        assert [message.payload.decode() for message in received] == sent


def test_a_line_writes_below_its_own_topics_only(broker: Server) -> None:
    with connected(broker, "genba") as (client, received):
        client.subscribe("kyoto/#", qos=1)
        send(broker, "press3", "kyoto/main/filling/cooler", ["forged"])
        send(broker, "filling", "kyoto/main/filling/cooler", ["true"])
        until(lambda: received, 10, "the filling line's own message")
        assert [message.payload for message in received] == [b"true"]


def test_nobody_comes_in_without_a_name(broker: Server) -> None:
    answers: list[str] = []
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(str(reason))
    client.connect(broker.host, broker.port)
    client.loop_start()
    until(lambda: answers, 10, "an answer to the nameless")
    client.loop_stop()
    assert "Not authorized" in answers[0]


def test_the_broker_sends_as_much_as_the_gateway_takes() -> None:
    assert int(settings()["max_inflight_messages"]) >= Broker().receive_maximum
