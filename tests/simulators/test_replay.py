"""Any table as messages, and the plant file that describes them."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.errors import UsageError
from ingest.payload import Decoder
from ingest.plant import Plant
from ingest.records import Message, Reading, UnitRecord, VerdictRecord
from ingest.settings import Ingest
from simulators.described import Roles, parse_controllable, plant_toml
from simulators.replay import Recipe, Table, messages, read_table, safe_names, stamps
from simulators.wire import payload

SHARED = Path(__file__).parents[3] / "shared" / "data"
NOW = datetime(2026, 11, 23, tzinfo=UTC)

PARTS = "Id;Type;Process temperature [K];Torque [Nm];Failed\nP1;L;308.6;42.8;0\nP2;M;;46.3;1\nP3;L;308.5;49.4;0\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    return file


def decoded(table: Table, recipe: Recipe, roles: Roles) -> tuple[Plant, list[object]]:
    plant = Plant.parse(tomllib.loads(plant_toml(table, recipe, roles)))
    decoder = Decoder(plant, Ingest())
    stream = messages(table, recipe)
    return plant, [
        outcome
        for message in stream
        for outcome in decoder.decode(Message(message.topic, payload(message), NOW)).outcomes
    ]


def test_parts_with_verdicts(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, PARTS))
    recipe = Recipe("mill", serial="Id", verdict=("Failed", "1"))
    roles = Roles(context=("Type",), controllable=parse_controllable("Torque [Nm]:4:76:2"))
    plant, said = decoded(table, recipe, roles)
    units = [one for one in said if isinstance(one, UnitRecord)]
    assert [one.serial for one in units] == ["P1", "P2", "P3"]
    assert [one.verdict for one in said if isinstance(one, VerdictRecord)] == ["OK", "NG", "OK"]
    readings = [one for one in said if isinstance(one, Reading)]
    assert len(readings) == 8
    assert {one.address for one in readings} == set(plant.declared())
    # Each reading lies inside the visit of its own part only.
    torque = [one.ts for one in readings if one.address.endswith("/torque_nm")]
    assert [[unit.visits[0].entered <= ts <= unit.visits[0].left for unit in units] for ts in torque] == [
        [row == column for column in range(3)] for row in range(3)
    ]
    signals = plant.lines["mill"].machines["machine1"].signals
    assert signals["type"].kind == "category"
    assert signals["type"].role == "context"
    settable = signals["torque_nm"]
    assert (settable.role, settable.unit, settable.min, settable.max, settable.step) == ("controllable", "Nm", 4, 76, 2)
    study = plant.studies["mill_study"]
    assert (study.task, study.target, study.bad) == ("classification", "verdict", "NG")


def test_intervals_that_are_stamped_at_their_end(tmp_path: Path) -> None:
    text = "date,use,co2\n31/12/2017 23:45,1,0\n31/12/2017 00:00,2,0\n01/01/2018 00:15,3,0\n"
    table = read_table(written(tmp_path, text))
    seoul = datetime(2018, 1, 1, tzinfo=ZoneInfo("Asia/Seoul"))
    recipe = Recipe("steel", every=900, start=seoul, time="date", time_format="%d/%m/%Y %H:%M", midnight_is_end=True)
    ends = [moment + timedelta(seconds=450) for moment in stamps(table, recipe)]
    midnight = datetime(2017, 12, 31, 15, tzinfo=UTC)
    assert ends == [midnight - timedelta(minutes=15), midnight, midnight + timedelta(minutes=15)]
    assert [message.body["use"] for message in messages(table, recipe)] == [1.0, 2.0, 3.0]
    plant, said = decoded(table, recipe, Roles(outcome=("co2",), target="use"))
    assert len(said) == 6
    assert plant.lines["steel"].units.seconds == 900
    assert plant.studies["steel_study"].target == "use"
    assert plant.studies["steel_study"].exclude == ()


def test_names_are_safe_and_different() -> None:
    names = safe_names(["A b", "a_b", "serial", "", "x" * 60, "CO2(tCO2)", "温度"])
    assert list(names.values()) == ["a_b", "a_b_2", "serial_column", "column", "x" * 40, "co2_tco2", "column_2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows under a header"),
        ("a,b\n", "no rows under a header"),
        ("a,b\n1,2\n3\n", "row 3 has 1 fields, the header has 2"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_table(written(tmp_path, text))


def test_a_wrong_word_is_refused(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, PARTS))
    with pytest.raises(UsageError, match=r"no column 'Idd'; did you mean 'Id'\?"):
        messages(table, Recipe("mill", serial="Idd"))
    with pytest.raises(UsageError, match="row 2: Type 'L' is not ISO 8601; see --time-format"):
        stamps(table, Recipe("mill", time="Type"))
    with pytest.raises(UsageError, match=r"only \{site\}, \{area\}, \{line\} and \{machine\} are known"):
        messages(table, Recipe("mill", topic="{cell}/x"))
    with pytest.raises(UsageError, match="write COLUMN:min:max:step"):
        parse_controllable("Torque [Nm]:4:76")
    with pytest.raises(UsageError, match="'Id' is the time, the serial number or the verdict"):
        plant_toml(table, Recipe("mill", serial="Id"), Roles(context=("Id",)))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the real data sets are not beside the checkout")
def test_the_real_sets_can_be_replayed() -> None:
    steel = read_table(SHARED / "steel_industry_energy" / "Steel_industry_data.csv")
    recipe = Recipe("steel", every=900, time="date", time_format="%d/%m/%Y %H:%M", midnight_is_end=True)
    moments = stamps(steel, recipe)
    assert len(set(moments)) == 35_040
    assert moments == sorted(moments)
    mill = read_table(SHARED / "ai4i2020" / "ai4i2020.csv")
    stream = messages(mill, Recipe("mill", serial="Product ID", verdict=("Machine failure", "1")))
    verdicts = [one["verdict"] for message in stream if message.topic.endswith("/verdict") for one in message.body]
    assert len(verdicts) == 10_000
    assert verdicts.count("NG") == 339
