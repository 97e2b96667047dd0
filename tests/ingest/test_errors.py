"""The error tree: exit codes, and the half sentence after a misspelt name."""

import pytest

from ingest import errors
from ingest.errors import EnvironmentFailure, GenbaError, UsageError, nearest


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "nearest"])
def test_every_error_ends_with_the_code_of_its_branch(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, GenbaError)
    if issubclass(kind, UsageError):
        assert kind.exit_code == 2
    else:
        assert kind.exit_code == 1
    assert kind is GenbaError or issubclass(kind, UsageError) != issubclass(kind, EnvironmentFailure)


def test_the_nearest_name_is_offered() -> None:
    assert nearest("broke", ["broker", "database"]) == "did you mean 'broker'?"
    assert nearest("xyz", ["broker", "database"]) == "known: broker, database"
    assert nearest("xyz", []) == "none is known"
    assert nearest("xyz", [f"n{number:02}" for number in range(20)]).endswith("n11, …")
