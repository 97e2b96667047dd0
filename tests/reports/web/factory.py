"""A small plant, and what its store holds when the tests begin."""

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert

from ingest.plant import Plant
from ingest.records import Entry, Message, Reading
from ingest.store import schema
from ingest.store.engine import Store
from ingest.store.results import save_ranking
from ingest.store.write import Catalogue, write_batch
from tests.reports import documents

PLANT = Plant.parse(
    tomllib.loads("""
[site]
id = "osaka"
name = { en = "Osaka plant", ja = "大阪工場" }
time_zone = "Asia/Tokyo"

[lines.fill]
name = { en = "Filling line", ja = "充填ライン" }
[lines.fill.machines.cooler]
name = { en = "Cooler", ja = "冷却装置" }
[lines.fill.machines.cooler.signals.cooling_temp]
name = { en = "Cooling temperature", ja = "冷却温度" }
unit = "degC"
role = "controllable"
expected_every = 10
[lines.fill.machines.capper.signals.torque]
unit = "N·m"
expected_every = 10

[lines.press]
name = { en = "Press line", ja = "プレスライン" }
meter = "energy"
good_count = "good"
[lines.press.units]
kind = "interval"
seconds = 120
[lines.press.machines.meter.signals.energy]
kind = "counter"
unit = "kWh"
expected_every = 3600
[lines.press.machines.meter.signals.good]
kind = "counter"
expected_every = 3600

[studies.leaking_caps]
title = { en = "Leaking caps", ja = "キャップ漏れ" }
line = "fill"
task = "classification"
target = "verdict"
""")
)
TEMP, TORQUE = "osaka/main/fill/cooler/cooling_temp", "osaka/main/fill/capper/torque"
ENERGY, GOOD = "osaka/main/press/meter/energy", "osaka/main/press/meter/good"


def write(store: Store, *readings: tuple[str, datetime, float | str]) -> None:
    """Readings on the way that the gateway takes."""
    message = Message("t", b"{}", datetime.now(UTC))
    outcomes = tuple(Reading(address, ts, value) for address, ts, value in readings)
    catalogue = Catalogue(store, PLANT)
    catalogue.learn(outcomes)
    write_batch(store, [Entry("cells", message, outcomes)], catalogue)


def put(store: Store, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    with store.begin() as connection:
        connection.execute(insert(table), list(rows))


def judge(store: Store, day: datetime, good: int, bad: int) -> None:
    """Verdicts of parts made within the hour after ``day``."""
    rows = []
    for i in range(good + bad):
        at = day + timedelta(seconds=i % 3600)
        serial = f"{day:%m%d}-{i}"
        rows.append(
            {"line": "fill", "serial": serial, "made_at": at, "judged_at": at, "verdict": "NG" if i < bad else "OK"}
        )
    put(store, schema.verdict, rows)


def quarantine(store: Store, topic: str = "osaka/x", payload: bytes = b'{"a": ') -> None:
    now = datetime.now(UTC)
    told = {"source": "unknown", "reason": "not_json", "detail": "ends early", "first_seen": now, "last_seen": now}
    put(store, schema.quarantine, [{"digest": topic[:64], "topic": topic, "payload": payload, "times": 3, **told}])


def production(store: Store) -> datetime:
    """Nine days of both lines up to now; today is better than the week before on one, much worse on the other."""
    now = datetime.now(UTC)
    midnight = now.astimezone(PLANT.site.zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    energy = good = 0.0
    counted: list[tuple[str, datetime, float]] = []
    for back in range(8, -1, -1):
        start = midnight - timedelta(days=back)
        judge(store, start, *((99, 1) if back == 0 else (180, 20)))
        for minute in (5, 10):
            energy, good = energy + (900.0 if back == 0 else 100.0 + back), good + 500.0
            counted += [
                (ENERGY, start + timedelta(seconds=minute), energy),
                (GOOD, start + timedelta(seconds=minute), good),
            ]
    write(store, (TEMP, now, 7.42), *counted)
    return now


def rank(store: Store) -> int:
    return save_ranking(store, "leaking_caps", None, documents.classification())
