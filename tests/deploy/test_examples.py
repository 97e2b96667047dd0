"""The example plant and settings are read by the program itself, and leave no setting unsaid."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from ingest.plant import Plant
from ingest.settings import Settings, load_plant, load_settings
from ingest.topics import Template, TopicTable

DEPLOY = Path(__file__).parents[2] / "deploy"
GENBA, PLANT = DEPLOY / "genba.example.toml", DEPLOY / "plant.example.toml"


@pytest.fixture
def written() -> dict[str, set[str]]:
    """Section -> keys that the example shows, commented out or not; the top level is ``""``."""
    found: dict[str, set[str]] = {"": set()}
    section = ""
    for line in GENBA.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[([\w.]+)\].*", line):
            section = heading[1]
            found[section] = set()
        elif key := re.match(r"(?:# )?(\w+) *= ", line):
            found[section].add(key[1])
    return found


def test_the_example_shows_every_setting(written: dict[str, set[str]]) -> None:
    silent = []
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            shown = written.get(name, set()) | {part.split(".")[1] for part in written if part.startswith(f"{name}.")}
            silent += [f"{name}.{key}" for key in field.annotation.model_fields if key not in shown]
        elif name not in written[""]:
            silent.append(name)
    assert not silent


def test_what_the_example_does_not_explain_is_the_default() -> None:
    content, changed = tomllib.loads(GENBA.read_text(encoding="utf-8")), set()
    default = Settings().model_dump(mode="json")
    for section, values in content.items():
        if isinstance(values, dict):
            changed |= {f"{section}.{key}" for key, value in values.items() if default[section][key] != value}
        elif default[section] != values:
            changed.add(section)
    assert changed == {"broker.username", "database.url", "ingest.metrics_port", "schedule.studies"}


def test_the_settings_find_the_plant(tmp_path: Path) -> None:
    (tmp_path / "genba.toml").write_text(GENBA.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "plant.toml").write_text(PLANT.read_text(encoding="utf-8"), encoding="utf-8")
    plant = load_plant(load_settings(tmp_path / "genba.toml"))
    assert set(load_settings(tmp_path / "genba.toml").schedule.studies) <= set(plant.studies)


def test_the_sources_of_the_plant_do_not_compete() -> None:
    plant = Plant.parse(tomllib.loads(PLANT.read_text(encoding="utf-8")))
    table = TopicTable([Template.parse(source.topic) for source in plant.sources])
    shapes = {
        topic: plant.sources[found[0]].shape
        for topic in (
            "kyoto/bottling/filling/cooler",
            "kyoto/bottling/filling/unit",
            "kyoto/bottling/filling/verdict",
            "energy/press3/main_meter",
        )
        if (found := table.match(topic))
    }
    assert list(shapes.values()) == ["wide", "unit", "verdict", "scalar"]


def test_the_meter_of_the_plant_is_the_one_its_source_names() -> None:
    plant = Plant.parse(tomllib.loads(PLANT.read_text(encoding="utf-8")))
    source = next(source for source in plant.sources if source.shape == "scalar")
    assert source.address.format(line="press3", meter="main_meter") in plant.declared()
