"""A call through the front door, as the least of users makes it."""

import pytest

from tests.models.sql.door import Door


def test_a_user_with_few_rights_trains_on_what_he_may_read(door: Door) -> None:
    door.root.run(f"CREATE TABLE {door.schema}.seen (a DOUBLE, b DOUBLE, y VARCHAR(3))")
    door.root.run(f"CREATE TABLE {door.schema}.hidden LIKE {door.schema}.seen")
    rows = [(i % 17, i % 5, "yes" if i % 17 + 3 * (i % 5) > 13 else "no") for i in range(120)]
    door.root.fill(f"{door.schema}.seen", rows)
    door.root.fill(f"{door.schema}.hidden", rows)
    low = door.low(f"SELECT ON {door.schema}.seen")
    low.run("SET @m = NULL")
    low.run(f"CALL sys.ML_TRAIN('{door.schema}.seen', 'y', NULL, @m)")
    low.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    low.run(f"CALL sys.ML_SCORE('{door.schema}.seen', 'y', @m, 'balanced_accuracy', @score, NULL)")
    assert low.one("SELECT @score") > 0.9
    with pytest.raises(Exception, match="hidden"):
        low.run(f"CALL sys.ML_TRAIN('{door.schema}.hidden', 'y', NULL, @other)")
