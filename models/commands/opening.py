"""What every command over the store begins with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.command import settings_of
from ingest.errors import UsageError, nearest
from ingest.plant import Plant
from ingest.settings import Settings, load_plant
from ingest.store import engine
from ingest.store.engine import Store
from ingest.store.migrate import require_schema

__all__ = ["Opened", "chosen", "opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The settings, the plant, and a store with our schema."""

    settings: Settings
    plant: Plant
    store: Store


@contextmanager
def opened(settings_file: Path | None) -> Iterator[Opened]:
    """Read settings and plant, connect, check the schema; closes the store at the end."""
    settings = settings_of(settings_file)
    plant = load_plant(settings)
    with engine.opened(settings.database) as store:
        require_schema(store)
        yield Opened(settings, plant, store)


def chosen(plant: Plant, study: str | None) -> list[str]:
    """The studies a command speaks of: the named one, or all."""
    if study is None:
        if not plant.studies:
            raise UsageError("the plant file has no [studies]; describe one, docs/connect.md shows how")
        return list(plant.studies)
    if study not in plant.studies:
        raise UsageError(f"study {study!r} is not in the plant file; {nearest(study, plant.studies)}")
    return [study]
