"""The Grafana dashboard in deploy/grafana: every panel's query runs as Grafana's own user, its macros filled in."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.models.sql.door import Caller, Door
from tests.models.sql.story import steps

GRAFANA = Path(__file__).parents[3] / "deploy" / "grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "genba-sql.json").read_text(encoding="utf-8"))
TRAIN = """CALL sys.ML_TRAIN('factory.study_leaking_caps', 'verdict', JSON_OBJECT('time_budget', 2,
  'optimization_metric', 'roc_auc', 'group_column', 'lot', 'exclude_column_list',
  JSON_ARRAY('serial', 'started_at', 'finished_at', 'judged_at', 'group_key', 'product_volume')), @m)"""


def query(panel: dict[str, Any], torque: str = "1.5") -> str:
    """A panel's statement as Grafana sends it: its time filter, and text variables as quoted strings."""
    (target,) = panel["targets"]
    assert panel["datasource"] == target["datasource"] == {"type": "mysql", "uid": "genba"}
    filled = re.sub(
        r"\$__timeFilter\(([^)]+)\)", r"\1 BETWEEN FROM_UNIXTIME(0) AND FROM_UNIXTIME(2000000000)", target["rawSql"]
    )
    filled = filled.replace("${capping_torque:sqlstring}", f"'{torque}'")
    assert "$_" not in filled
    assert "${" not in filled
    return filled


@pytest.fixture
def grafana(door: Door, admin: Caller, factories: Callable[[Door], None]) -> Caller:
    """Grafana's user as deploy/grafana/user.sql makes it, with a model that another user trained."""
    factories(door)
    admin.run("SET @m = 'leaking_caps'")
    admin.run(TRAIN)
    user = door.user("grafana")
    for step in steps((GRAFANA / "user.sql").read_text(encoding="utf-8")):
        door.root.run(step.statement)
    user.run("CALL sys.ML_MODEL_LOAD('leaking_caps', 'admin')")
    return user


@pytest.mark.mosquitto
@pytest.mark.parametrize("door", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
def test_every_panel_draws(door: Door, grafana: Caller) -> None:
    panels = {panel["title"]: panel for panel in DASHBOARD["panels"]}
    rows = {title: grafana.run(query(panel)) for title, panel in panels.items()}
    points = rows["Chance that a bottle leaks"]
    assert len(points) == 100
    assert points == sorted(points)
    assert all(0 < chance < 1 for _, chance in points)
    assert rows["The last bottle"] == [(points[-1][1],)]
    tight = grafana.one(query(panels["With the torque above"], "2.4"))
    assert tight > rows["With the torque above"][0][0]
    assert "had the largest impact towards predicting" in rows["Why"][0][0]
    assert ("ML_MODEL_LOAD", "done") in [row[1:3] for row in rows["Calls of the ML routines"]]


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    assert DASHBOARD["uid"]
    assert DASHBOARD["schemaVersion"] >= 36
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"capping_torque"}
    for panel in DASHBOARD["panels"]:
        assert {"x", "y", "w", "h"} == panel["gridPos"].keys()
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel["targets"][0]["rawQuery"]
