"""What a power study's advice does to the defects of its line, shown with both studies."""

from typing import Any

from reports.web.clashes import clashes
from tests.reports import documents
from tests.reports.web.factory import PLANT


def rankings(**changes: Any) -> dict[str, dict[str, Any]]:
    """Both studies rank cooling: power wants it high, quality low."""
    quality = documents.classification()
    power = documents.regression() | changes
    warm = documents.entry(
        1, "cooling_temp", gain=[2.3, 1.7, 2.9], window=[9.0, 12.0], money=None,
        curve=documents.curve(2.0, 12.0, 11.0, 38.2, 9.0),
    )  # fmt: skip
    return {"leaking_caps": quality, "filler_power": power | {"ranking": [warm]}}


def plant() -> Any:
    """The plant with a power study on the line of the caps."""
    study = PLANT.studies["leaking_caps"]
    return PLANT.model_copy(update={"studies": {**PLANT.studies, "filler_power": study}})


def test_both_studies_of_a_line_say_what_they_do_to_each_other() -> None:
    found = clashes(plant(), rankings())
    assert set(found) == {"leaking_caps", "filler_power"}
    [said] = found["leaking_caps"]
    assert said["en"].startswith("Cooling temperature: advice for one side makes the other worse.")
    assert found["filler_power"] == found["leaking_caps"]


def test_a_target_that_is_no_power_is_none_of_it() -> None:
    assert clashes(plant(), rankings(target_unit="mm")) == {}


def test_a_document_that_cannot_be_read_is_passed_over() -> None:
    assert clashes(plant(), rankings() | {"leaking_caps": {"schema": 9}}) == {}
