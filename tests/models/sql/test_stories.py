"""The stories in docs/stories: each statement runs on MariaDB and on MySQL, and gives what the story says."""

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
@pytest.mark.parametrize("story", ["defects.sql", "power.sql"])
def test_what_to_fix_first(story: str, door: Door, admin: Caller, factories: Callable[[Door], None]) -> None:
    factories(door)
    assert play(story, admin) >= 6


def test_a_street_and_its_wifi(door: Door, admin: Caller) -> None:
    for step in steps("".join(sql_of("wifi", visit_log(0)))):
        door.root.run(step.statement)
    assert play("wifi.sql", admin) >= 13
    door.root.run("DROP SCHEMA wifi")


def test_every_story_is_told_here() -> None:
    told = {"iris.sql", "defects.sql", "power.sql", "wifi.sql"}
    assert {path.name for path in STORIES.glob("*.sql")} == told
    for name in told:
        assert all(step.statement.strip() for step in steps((STORIES / name).read_text(encoding="utf-8")))
