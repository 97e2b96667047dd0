"""The simulators' plant in a schema ``factory``: sensors publish, a gateway stores, study tables are built."""

import shutil
import subprocess
import sys
from pathlib import Path

import orjson

from ingest.settings import load_plant, load_settings
from ingest.store import read
from ingest.store.engine import connect
from ingest.store.migrate import upgrade
from models.study.build import build
from simulators.demo import PLANT
from simulators.servers import Server
from simulators.supervisor import Supervised
from tests.waiting import until

__all__ = ["fill"]

DAYS = 4
"""As many lots as it takes to foretell the later ones from the earlier ones."""


def fill(database: Server, broker: Server, folder: Path) -> None:
    """Make the schema ``factory`` on a server, once for all tests that read it."""
    folder.mkdir()
    shutil.copy(PLANT, folder / "plant.toml")
    url = database.url.rsplit("/", 1)[0] + "/factory"
    settings = folder / "genba.toml"
    settings.write_text(
        f'plant = "plant.toml"\nvar = "."\n[broker]\nport = {broker.port}\nclient_id = "{folder.name}"\n'
        f'[database]\nurl = "{url}"\n[log]\nlevel = "warning"\n'
    )
    command = [sys.executable, "-m", "ingest.command"]
    loaded = load_settings(settings)
    store = connect(loaded.database, create=True)
    try:
        upgrade(store)
        with Supervised("gateway", [*command, "ingest", "--settings", str(settings)], folder / "gateway.log"):
            said = subprocess.run(
                [*command, "simulate", "run", "--days", str(DAYS), "--json", "--settings", str(settings)],
                check=True,
                capture_output=True,
            ).stdout
            published = orjson.loads(said)["outcomes"]
            stored = lambda: sum(row.committed + row.quarantined for row in read.ledger(store))  # noqa: E731
            until(lambda: stored() >= published, 120, f"{published} readings are stored")
        plant = load_plant(loaded)
        for study in plant.studies:
            build(store, plant, study)
    finally:
        store.close()
