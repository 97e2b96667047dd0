"""docs/rank.md names every key of a study and every field of the document, and no other."""

import re
from pathlib import Path

from models.rank.document import Document, Entry
from models.study.spec import Factor, StudyCost, StudyEnergy, StudySpec

PAGE = (Path(__file__).parents[3] / "docs" / "rank.md").read_text(encoding="utf-8")


def first_column(heading: str) -> set[str]:
    rows = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_keys_of_the_study():
    assert first_column("key") == set(StudySpec.model_fields)
    assert first_column("key of `cost`") == set(StudyCost.model_fields)
    assert first_column("key of `energy`") == set(StudyEnergy.model_fields)
    assert first_column("key of a factor") == set(Factor.model_fields)


def test_fields_of_the_document():
    assert first_column("field") == set(Document.__annotations__)
    assert first_column("field of `ranking`") == set(Entry.__annotations__)
