"""The MQTT edge against a real broker: acknowledgements, generations, reconnects, and refusals in one line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from ingest.errors import BrokerUnavailable, SettingsError
from ingest.mqtt import Delivery, Publisher, Subscriber, probe
from ingest.settings import Broker
from simulators.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.mosquitto

PROTOCOLS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


def broker_of(server: Server, client_id: str, **options: object) -> Broker:
    return Broker.model_validate({"host": server.host, "port": server.port, "client_id": client_id, **options})


@contextmanager
def subscribed(broker: Broker, *filters: str) -> Iterator[tuple[Subscriber, list[Delivery]]]:
    got: list[Delivery] = []
    subscriber = Subscriber(broker, filters, got.append)
    subscriber.start()
    try:
        yield subscriber, got
    finally:
        subscriber.stop()


def payloads(deliveries: list[Delivery]) -> list[bytes]:
    return [delivery.message.payload for delivery in deliveries]


@PROTOCOLS
def test_messages_arrive_in_order_and_as_they_were_sent(mosquitto: Server, protocol: str) -> None:
    broker = broker_of(mosquitto, f"order-{protocol}", protocol=protocol)
    sent = [b"", b"\xff\x00", *(str(n).encode() for n in range(3000)), b"x" * 300_000]
    with subscribed(broker, f"order{protocol}/+") as (subscriber, got), Publisher(broker) as publisher:
        for payload in sent:
            publisher.publish(f"order{protocol}/a", payload)
        acknowledged = 0

        def all_here() -> bool:
            nonlocal acknowledged
            count = len(got)
            acknowledged += subscriber.ack(got[acknowledged:count])
            return count == len(sent)

        until(all_here, 20, "every message")
        assert subscriber.alive
    assert payloads(got) == sent
    assert {d.message.qos for d in got} == {1}
    assert got[0].message.topic == f"order{protocol}/a"


@PROTOCOLS
def test_what_was_not_acknowledged_comes_again(mosquitto: Server, protocol: str) -> None:
    broker = broker_of(mosquitto, f"again-{protocol}", protocol=protocol)
    topic = f"again{protocol}/a"
    with subscribed(broker, topic) as (subscriber, got):
        with Publisher(broker) as publisher:
            for n in range(10):
                publisher.publish(topic, str(n).encode())
        until(lambda: len(got) == 10, 10, "ten messages")
        assert subscriber.ack(got[:4]) == 4
    with subscribed(broker, topic) as (subscriber, got):
        until(lambda: len(got) == 6, 10, "the other six")
        assert payloads(got) == [str(n).encode() for n in range(4, 10)]
        assert subscriber.ack(got) == 6


def test_messages_wait_while_the_subscriber_is_away(mosquitto: Server) -> None:
    broker = broker_of(mosquitto, "away")
    with subscribed(broker, "away/a"):
        pass
    with Publisher(broker) as publisher:
        publisher.publish("away/a", b"1")
    with subscribed(broker, "away/a") as (subscriber, got):
        until(lambda: len(got) == 1, 10, "the message of the night")
        subscriber.ack(got)


@PROTOCOLS
def test_a_late_acknowledgement_never_confirms_another_message(
    private_mosquitto: Callable[..., Server], protocol: str
) -> None:
    """The broker forgets everything and gives the number of the old message to a new one."""
    server = private_mosquitto(persistence=False)
    broker = broker_of(server, "late", protocol=protocol)
    with subscribed(broker, "late/a") as (subscriber, got):
        with Publisher(broker) as publisher:
            publisher.publish("late/a", b"old")
        until(lambda: len(got) == 1, 10, "the old message")
        with structlog.testing.capture_logs() as said:
            server.restart()
            until(lambda: not subscriber.connected, 10, "the loss of the connection")
            until(lambda: subscriber.connected and subscriber.granted, 10, "the reconnect")
        assert any("forgotten our session" in line["event"] for line in said)
        with Publisher(broker) as publisher:
            publisher.publish("late/a", b"new")
        until(lambda: len(got) == 2, 10, "the new message")
        assert got[0].mid == got[1].mid
        assert subscriber.ack(got[:1]) == 0
    with subscribed(broker, "late/a") as (subscriber, got):
        until(lambda: len(got) == 1, 10, "the new message again")
        assert payloads(got) == [b"new"]
        assert subscriber.ack(got) == 1


def test_the_publisher_rides_out_a_restart(private_mosquitto: Callable[..., Server]) -> None:
    server = private_mosquitto()
    broker = broker_of(server, "ride")
    with subscribed(broker, "ride/a") as (_, got):
        with Publisher(broker) as publisher:
            for n in range(600):
                publisher.publish("ride/a", str(n).encode())
                if n == 300:
                    server.restart()
        until(lambda: len(set(payloads(got))) == 600, 20, "every message")


def test_the_window_shrinks_to_what_the_broker_grants(private_mosquitto: Callable[..., Server]) -> None:
    server = private_mosquitto(extra_conf="max_inflight_messages 5\n")
    with Publisher(broker_of(server, "narrow")) as publisher:
        for n in range(200):
            publisher.publish("narrow/a", str(n).encode())


def test_an_exception_in_the_callback_does_not_end_the_thread(mosquitto: Server) -> None:
    broker = broker_of(mosquitto, "raises")
    taken: list[bytes] = []

    def take(delivery: Delivery) -> None:
        if delivery.message.payload == b"bad":
            raise ValueError("boom")
        taken.append(delivery.message.payload)

    subscriber = Subscriber(broker, ["raises/a"], take)
    subscriber.start()
    with structlog.testing.capture_logs() as said, Publisher(broker) as publisher:
        publisher.publish("raises/a", b"bad")
        publisher.publish("raises/a", b"good")
        until(lambda: taken == [b"good"], 10, "the message after the bad one")
    assert subscriber.alive
    subscriber.stop()
    assert any("could not be taken over" in line["event"] for line in said)


def test_the_probe_says_what_is_granted_and_leaves_the_gateway_alone(mosquitto: Server) -> None:
    broker = broker_of(mosquitto, "probed", receive_maximum=50)
    with subscribed(broker, "probed/a") as (subscriber, _):
        facts = probe(broker, ["probed/+", "other/a"])
        assert subscriber.connected
    assert facts.granted == {"probed/+": 1, "other/a": 1}
    assert facts.protocol == "5"


@pytest.mark.parametrize(
    ("broker", "said"),
    [
        (Broker(port=1), "broker 127.0.0.1:1: Connection refused; is it running"),
        (Broker(host="no-such-host.invalid"), "broker no-such-host.invalid:1883: "),
    ],
)
def test_a_missing_broker_is_one_line(broker: Broker, said: str) -> None:
    for call in (lambda: probe(broker), Publisher(broker).connect):
        with pytest.raises(BrokerUnavailable) as caught:
            call()
        assert str(caught.value).startswith(said)
        assert "\n" not in str(caught.value)


def test_a_missing_authority_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ca_file .*nowhere\.crt"):
        Publisher(Broker(tls=True, ca_file=tmp_path / "nowhere.crt"))


def test_a_broker_that_refuses_us_or_our_topic(private_mosquitto: Callable[..., Server], tmp_path: Path) -> None:
    access = tmp_path / "access"
    access.write_text("topic read open/#\ntopic read $SYS/#\n", encoding="utf-8")
    access.chmod(0o644)
    tmp_path.chmod(0o755)
    server = private_mosquitto(extra_conf=f"acl_file {access}\n")
    assert probe(broker_of(server, "allowed"), ["open/+"]).granted == {"open/+": 1}
    users = tmp_path / "users"
    users.write_text("", encoding="utf-8")
    closed = private_mosquitto(extra_conf=f"password_file {users}\nallow_anonymous false\n")
    with pytest.raises(BrokerUnavailable, match=r"check broker\.username"):
        probe(broker_of(closed, "stranger", username="x", password=SecretStr("secret")))


def test_something_that_is_no_broker(mariadb: Server) -> None:
    with pytest.raises(BrokerUnavailable, match=r"try broker\.protocol"):
        probe(broker_of(mariadb, "lost"))
