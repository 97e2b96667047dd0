"""``genba doctor``: everything that can be reached is looked at, and each finding says what to do.

A check is a value. One that needs another one's success is left out when that one failed: its cause has been named.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import EnvironmentFailure, GenbaError, SettingsError
from ingest.mqtt import probe
from ingest.payload import Decoder
from ingest.plant import Plant
from ingest.settings import Settings, load_plant, load_settings
from ingest.store import checks, migrate
from ingest.store.engine import Store, connect
from ingest.store.partitions import partition_status

__all__ = ["Check", "examine", "exit_code"]

Status = Literal["ok", "warn", "fail"]

PACKAGES = ("ingest", "models", "reports", "simulators")
FREE_BYTES = 1_000_000_000
PARTITIONS_AHEAD = timedelta(days=3)
CLOCK_SECONDS = 5.0
FLOORS = {"mysql": (8, 4), "mariadb": (10, 11), "sqlite": (3, 35)}
FOUR_BYTES = "現場 🏭"
DOUBLE = 0.1 + 0.2


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``kind``: whose it is to mend, the settings' or the surroundings'."""

    name: str
    status: Status
    found: str
    advice: str = ""
    kind: Literal["settings", "environment"] = "environment"


def exit_code(found: list[Check]) -> int:
    """0 when nothing failed, 2 when a settings check did, else 1."""
    failed = {check.kind for check in found if check.status == "fail"}
    return 2 if "settings" in failed else 1 if failed else 0


def examine(path: Path | None = None) -> list[Check]:
    """Look at everything, in the order in which things depend on each other."""
    found = [_packages()]
    try:
        settings = load_settings(path)
    except SettingsError as error:
        return [*found, _failed("settings", error)]
    found.append(Check("settings", "ok", f"var {settings.var}, plant {settings.plant}"))
    found.append(_var(settings.var))
    decoder = None
    try:
        plant = load_plant(settings)
        found.append(_plant(plant))
        decoder = Decoder(plant, settings.ingest)
        found.append(_topics(decoder))
    except SettingsError as error:
        found.append(_failed("plant", error))
    found.extend(_broker(settings, decoder))
    found.extend(_database(settings))
    return found


def _failed(name: str, error: GenbaError) -> Check:
    kind: Literal["settings", "environment"] = "environment" if isinstance(error, EnvironmentFailure) else "settings"
    found, _, advice = str(error).partition("; ")
    return Check(name, "fail", found, advice, kind)


def _packages() -> Check:
    owners = packages_distributions()
    strangers = {name: sorted(set(owners.get(name, [])) - {"genba"}) for name in PACKAGES}
    foreign = [f"{name} ({', '.join(found)})" for name, found in strangers.items() if found]
    if foreign:
        return Check(
            "packages",
            "fail",
            f"another distribution owns {', '.join(foreign)}",
            "install genba into an environment of its own",
        )
    return Check("packages", "ok", f"{', '.join(PACKAGES)} are ours; Python {sys.version.split()[0]}")


def _var(folder: Path) -> Check:
    probe_file = folder / ".genba-doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe_file.write_bytes(b"genba")
        probe_file.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check(
            "directory", "fail", f"{folder} cannot be written ({error.strerror})", "mend its rights or set var"
        )
    found = f"{folder} is writable, {free / 1e9:.1f} GB free"
    if free < FREE_BYTES:
        return Check("directory", "warn", found, "make room: the database and reports stop when the disk is full")
    return Check("directory", "ok", found)


def _plant(plant: Plant) -> Check:
    found = f"{plant.site.id}: {len(plant.lines)} lines, {len(plant.declared())} signals, {len(plant.studies)} studies"
    if not plant.sources:
        return Check("plant", "warn", f"{found}, no sources", "add [[sources]], or nothing is received", "settings")
    return Check("plant", "ok", f"{found}, {len(plant.sources)} sources")


def _topics(decoder: Decoder) -> Check:
    return Check("topics", "ok", f"no two sources read the same topic; {', '.join(decoder.filters()) or 'none'}")


def _broker(settings: Settings, decoder: Decoder | None) -> Iterator[Check]:
    try:
        facts = probe(settings.broker, decoder.filters() if decoder is not None else ())
    except GenbaError as error:
        yield _failed("broker", error)
        return
    where = f"{settings.broker.host}:{settings.broker.port}"
    yield Check("broker", "ok", f"{where} accepts MQTT {facts.protocol}{' over TLS' if settings.broker.tls else ''}")
    weak = [name for name, qos in facts.granted.items() if qos != 1]
    if weak:
        yield Check(
            "subscriptions", "fail", f"not granted at QoS 1: {', '.join(weak)}", "give our user the right to read"
        )
    elif facts.granted:
        yield Check("subscriptions", "ok", f"{len(facts.granted)} granted at QoS 1")
    if settings.broker.protocol != "5":
        yield Check(
            "window",
            "warn",
            "MQTT 3.1.1: the broker's own limit of unacknowledged messages counts, often 20",
            "set max_inflight_messages 2000 in the broker, or broker.protocol = '5'",
        )
    else:
        yield Check("window", "ok", f"up to {settings.broker.receive_maximum} unacknowledged messages are asked for")


def _database(settings: Settings) -> Iterator[Check]:
    try:
        store = connect(settings.database)
    except GenbaError as error:
        yield _failed("database", error)
        return
    try:
        looks: list[Callable[[Store], Check]] = [_version, _schema, _clock]
        if store.dialect != "sqlite":
            looks += [_session, _durable, _partitions]
        for look in looks:
            yield look(store)
        if migrate.status(store).ready:
            yield _round_trip(store)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        yield Check("statements", "fail", said, "see the server's log")
    finally:
        store.close()


def _version(store: Store) -> Check:
    version, floor = checks.version(store), FLOORS[store.dialect]
    found = f"{store.dialect} {'.'.join(map(str, version))}"
    if version < floor:
        needed = ".".join(map(str, floor))
        return Check("database", "fail", found, f"install {store.dialect} {needed} or newer")
    return Check("database", "ok", found)


def _schema(store: Store) -> Check:
    try:
        migrate.require_schema(store)
    except EnvironmentFailure as error:
        return _failed("schema", error)
    return Check("schema", "ok", f"revision {migrate.status(store).current}")


def _clock(store: Store) -> Check:
    if store.dialect == "sqlite":
        return Check("clock", "ok", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z, the database runs in this process")
    apart = abs((datetime.now(UTC) - checks.clock(store)).total_seconds())
    found = f"{apart:.1f} s between the database's clock and ours"
    if apart > CLOCK_SECONDS:
        return Check("clock", "warn", found, "synchronise both with NTP: time stamps are judged by our clock")
    return Check("clock", "ok", found)


def _session(store: Store) -> Check:
    session = checks.session(store)
    wrong = [
        name
        for name, right in (
            ("sql_mode is not strict", "STRICT_" in session.sql_mode),
            (f"time_zone is {session.time_zone}", session.time_zone == "+00:00"),
            (f"character set is {session.character_set}", session.character_set == "utf8mb4"),
        )
        if not right
    ]
    if wrong:
        return Check("session", "fail", "; ".join(wrong), "let nothing between us and the server change the session")
    return Check("session", "ok", "strict, UTC, utf8mb4")


def _durable(store: Store) -> Check:
    flushing = checks.flushing(store)
    if flushing != "1":
        return Check(
            "durability",
            "warn",
            f"innodb_flush_log_at_trx_commit = {flushing}: a crash may lose what was already acknowledged",
            "set it to 1 in the server's configuration",
        )
    return Check("durability", "ok", "every commit reaches the disk")


def _partitions(store: Store) -> Check:
    found = partition_status(store)
    if not found:
        return Check("partitions", "warn", "readings are not partitioned", "run `genba db upgrade`")
    last = max((part.until for part in found if part.until is not None), default=None)
    said = f"{len(found)} partitions, made up to {last}"
    if last is None or last < (datetime.now(UTC) + PARTITIONS_AHEAD).date():
        return Check("partitions", "warn", said, "run `genba db upgrade`; a running gateway makes them too")
    return Check("partitions", "ok", said)


def _round_trip(store: Store) -> Check:
    """Text beyond the basic plane and a double that needs all its digits."""
    unit, value = checks.round_trip(store, FOUR_BYTES, DOUBLE)
    if (unit, value) != (FOUR_BYTES, DOUBLE):
        return Check(
            "round trip",
            "fail",
            f"wrote {FOUR_BYTES!r} and {DOUBLE!r}, read {unit!r} and {value!r}",
            "the schema needs utf8mb4 and DOUBLE; create it anew with `genba db upgrade`",
        )
    return Check("round trip", "ok", "four-byte text and doubles come back as written")
