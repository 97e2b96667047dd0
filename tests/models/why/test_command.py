"""``genba explain`` as a user types it: over a table and over a plant, right words and wrong ones."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from ingest.command import app
from ingest.errors import GenbaError, StudyError, UsageError
from ingest.settings import Database
from models.commands.explain import register
from models.jobs import Stage
from models.study.spec import StudySpec
from models.why.document import ExplanationEntry
from models.why.find import Unit, find_unit, prepared
from tests.models.small_plant import Home, bottles, presses, quick
from tests.models.why.plants import cooled

STUDY = """
name = "caps"
task = "classification"
target = "bad"
bad = 1
time = "at"
[factors.day]
role = "context"
[factors.cooler]
role = "controllable"
min = 2
max = 12
step = 0.5
stage = 1
[factors.temp]
role = "state"
stage = 2
"""

if not any(command.name == "explain" for command in app.registered_commands):
    register(app)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain")
    frame, _ = cooled(600)
    frame.insert(0, "serial", [f"B{row:05d}" for row in range(len(frame))])
    frame["at"] = pd.date_range("2026-01-05", periods=len(frame), freq="min").astype("str")
    frame.sample(frac=1, random_state=0).to_csv(folder / "t.csv", index=False)
    (folder / "s.toml").write_text(STUDY, encoding="utf-8")
    return folder


def genba(place: Path, unit: str, *more: str) -> Result:
    arguments = ["explain", unit, "--table", str(place / "t.csv"), "--study", str(place / "s.toml"), *more]
    return CliRunner().invoke(app, arguments)


def test_a_serial_is_explained_in_words_and_a_time_as_json(place: Path):
    frame = pd.read_csv(place / "t.csv")
    row = frame.loc[frame["temp"].idxmax()]
    shown = genba(place, row["serial"])
    assert shown.exit_code == 0
    assert f"serial {row['serial']} was bad" in shown.stdout
    assert "cooler" in shown.stdout
    found = orjson.loads(genba(place, row["at"], "--json", "--language", "ja").stdout)
    assert set(found) == set(ExplanationEntry.__annotations__)
    # The table was shuffled, and the study is in order of time.
    assert found["position"] == int(row["serial"][1:])
    assert {one["factor"]: one["value"] for one in found["factors"]}["temp"] == pytest.approx(row["temp"])


def test_a_word_that_is_no_unit_is_answered_with_the_nearest(place: Path):
    error = genba(place, "B0007x").exception
    assert isinstance(error, StudyError)
    assert "column 'serial'" in str(error)
    assert "did you mean 'B" in str(error)


def test_units_are_found_by_column_then_time_then_number():
    spec = StudySpec.parse({"name": "s", "task": "regression", "target": "y", "time": "at"})
    frame = pd.DataFrame({"lot": ["7", "8"], "at": ["2026-01-01 08:00", "2026-01-01 09:00"], "y": [1.0, 2.0]})
    assert find_unit(frame, spec, "8") == Unit(1, "column", "lot")
    assert find_unit(frame, spec, "2026-01-01T09:00:00") == Unit(1, "time", "at")
    assert find_unit(frame, spec, "2") == Unit(1, "row", None)
    for wrong in ("0", "3", "-1", ""):
        with pytest.raises(StudyError, match="no row number from 1 to 2"):
            find_unit(frame, spec, wrong)
    with pytest.raises(StudyError, match="2 rows have this 'at'"):
        find_unit(frame.assign(at="2026-01-01 08:00"), spec, "2026-01-01 08:00")


def test_a_unit_without_a_verdict_is_said_to_have_none():
    spec = StudySpec.parse({"name": "s", "task": "regression", "target": "y"})
    frame = pd.DataFrame({"x": np.arange(60.0) ** 2, "y": [np.nan, *range(59)]})
    with pytest.raises(StudyError, match="row 1 has no 'y' yet"):
        prepared(frame, spec, Unit(0, "row", None))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "1", "--table", "t.csv"], "--table needs --study"),
        (["explain", "1", "--table", "t.csv", "--study", "nowhere.toml"], "no such study file"),
    ],
)
def test_what_is_missing_is_said(arguments: list[str], words: str):
    error = CliRunner().invoke(app, arguments).exception
    assert isinstance(error, GenbaError)
    assert words in str(error)


def test_too_small_a_table_is_no_riddle(tmp_path: Path):
    pd.DataFrame({"x": range(12), "bad": [0, 1] * 6}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.toml").write_text('name="s"\ntask="classification"\ntarget="bad"\nbad=1\n', encoding="utf-8")
    error = genba(tmp_path, "3").exception
    assert isinstance(error, StudyError)
    assert "not enough data" in str(error)


@pytest.fixture
def home(tmp_path: Path, new_database: Callable[[str], Database]) -> Home:
    found = Home(tmp_path, new_database("sqlite"))
    found.fill(bottles(), presses(60))
    return found


def test_a_plant_is_explained_from_its_database(home: Home):
    def asked(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["explain", *arguments, "--settings", str(home.file)])

    with home.store() as store:
        stage = Stage(home.settings, home.plant, store, "caps", learner=quick)
        stage.build(lambda share, what: None)
        alone = orjson.loads(asked("B0003", "--study", "caps", "--json").stdout)
        stage.train(lambda share, what: None)
        assert stage.studied is not None
        serial = stage.studied.serials[5]
    assert alone["predicted"] is None
    found = orjson.loads(asked(serial, "--study", "caps", "--json").stdout)
    assert (found["unit"], found["position"]) == (serial, 5)
    assert 0 < found["predicted"] < 1
    assert orjson.loads(asked(found["at"], "--study", "caps", "--json").stdout)["position"] == 5
    # A time without an offset is read by the plant's clock.
    local = datetime.fromisoformat(found["at"]).astimezone(home.plant.site.zone).replace(tzinfo=None).isoformat()
    assert orjson.loads(asked(local, "--study", "caps", "--json").stdout)["position"] == 5
    wrong = asked("B99", "--study", "caps").exception
    assert isinstance(wrong, UsageError)
    assert "is no serial of the study" in str(wrong)
    many = asked("B0003").exception
    assert isinstance(many, UsageError)
    assert "add --study, one of caps, power" in str(many)
