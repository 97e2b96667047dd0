"""The shipped plant file and the scenarios say the same; scenario files are checked."""

import tomllib
from pathlib import Path

import pytest

from ingest.errors import ScenarioError
from ingest.plant import Plant
from models.study.spec import StudySpec
from simulators import tables
from simulators.scenario import HERE, PressScenario, load, names
from tests.simulators.lines import KINDS, production, scenario

PLANT = Plant.parse(tomllib.loads((HERE / "plant.toml").read_text(encoding="utf-8")))


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = (HERE / "press.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", KINDS)
def test_ranges_agree(kind: str) -> None:
    numbers = scenario(kind)
    line = PLANT.lines[numbers.line]
    assert line.area == numbers.area
    settable = {name: signal for _, name, signal in line.signals() if signal.role == "controllable"}
    for name, lever in numbers.settings.items():
        signal = settable.pop(name)
        assert (signal.min, signal.max, signal.step) == (lever.min, lever.max, lever.step)
        assert (signal.unit, signal.cost_of_change) == (lever.unit, lever.cost_of_change)
        assert name in line.machines[lever.machine].signals
        assert (signal.stage or line.machines[lever.machine].stage) == lever.stage
    if isinstance(numbers, PressScenario):
        assert settable.pop("die").levels == numbers.die.levels
    assert not settable


@pytest.mark.parametrize("kind", KINDS)
def test_roles_agree_with_the_model(kind: str) -> None:
    made = production(kind)
    for machine, name, signal in PLANT.lines[made.scenario.line].signals():
        if name not in ("energy", "good_count"):
            node = made.model[name]
            assert node.role == signal.role, name
            assert node.machine in (machine, ""), name
            assert node.unit == signal.unit, name


def test_everything_has_a_name_in_both_languages() -> None:
    for line in PLANT.lines.values():
        named = [line.name, *(machine.name for machine in line.machines.values())]
        named += [signal.name for _, _, signal in line.signals()]
        assert all(text is not None and text.ja != text.en for text in named)
    assert all(study.title is not None for study in PLANT.studies.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_written_study_fits_its_table(kind: str) -> None:
    made = production(kind)
    spec = StudySpec.parse(tomllib.loads(tables.study_toml(made)))
    table = tables.table(made)
    assert {spec.target, spec.time, spec.group, *spec.factors} == set(table)
    assert {len(column) for column in table.values()} == {len(made.serial)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("clear_first ", "clear_frist ", r"unknown key 'clear_frist'; did you mean 'clear_first'\?"),
        ("centre  = 200.0", "centre  = 300.0", r"settings.press_pressure: centre 300.0 is not between"),
        ("[settings.press_speed]", "[settings.speed]", "settings.press_speed is missing"),
        ('kind         = "press"', 'kind = "pres"', r"kind 'pres' is no factory; did you mean 'press'\?"),
        ("days         = 14", "days = 0", "days: Input should be greater than 0"),
        ("days         = 14", "days = ", "not valid TOML"),
    ],
)
def test_a_wrong_scenario_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        load(edited(tmp_path, old, new))


def test_a_changed_copy_is_taken(tmp_path: Path) -> None:
    assert load(edited(tmp_path, "days         = 14", "days = 3")).n_units == 2160
    with pytest.raises(ScenarioError, match=r"presss: no such scenario; did you mean 'press'\?"):
        load("presss")
    assert names() == ("filling", "press")
