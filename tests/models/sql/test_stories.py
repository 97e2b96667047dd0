"""The stories in docs/stories: each statement runs, and gives what the story says.

Iris runs on both servers, the long ones on one of them each: what differs between the two is tested elsewhere.
"""

from collections.abc import Callable

import pytest

from simulators.sql_file import sql_of
from simulators.visits import visit_log
from tests.models.sql.door import Caller, Door
from tests.models.sql.story import STORIES, play, steps


def test_iris_the_ten_steps(door: Door, admin: Caller) -> None:
    assert play("iris.sql", admin) >= 12
    door.root.run("DROP SCHEMA ml_data")


@pytest.mark.mosquitto
@pytest.mark.parametrize("door", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
@pytest.mark.parametrize("story", ["defects.sql", "power.sql"])
def test_what_to_fix_first(story: str, door: Door, admin: Caller, factories: Callable[[Door], None]) -> None:
    factories(door)
    assert play(story, admin) >= 6


@pytest.mark.parametrize("door", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
def test_a_street_and_its_wifi(door: Door, admin: Caller) -> None:
    for step in steps("".join(sql_of("wifi", visit_log(0)))):
        door.root.run(step.statement)
    assert play("wifi.sql", admin) >= 13
    door.root.run("DROP SCHEMA wifi")


def test_every_story_and_dashboard_is_documented() -> None:
    root = STORIES.parents[1]
    page = (root / "docs" / "sql_doors.md").read_text(encoding="utf-8")
    told = {"iris.sql", "defects.sql", "power.sql", "wifi.sql"}
    assert {path.name for path in STORIES.iterdir()} == told
    assert all(f"docs/stories/{name}" in page for name in told)
    assert all(f"`{path.name}`" in page for path in (root / "deploy" / "grafana").iterdir())
    assert all(f"docs/notebooks/{path.name}" in page for path in (root / "docs" / "notebooks").glob("*.ipynb"))
