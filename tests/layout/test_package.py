"""What is shipped, and what it stands on."""

import re
import tomllib
import zipfile

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.layout.tree import PACKAGES, ROOT, tracked


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names inside the wheel."""
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_four_packages_and_nothing_else(shipped: set[str]) -> None:
    assert {name.split("/")[0] for name in shipped if ".dist-info/" not in name} == set(PACKAGES)


def test_the_wheel_holds_every_file_of_the_packages(shipped: set[str]) -> None:
    wanted = {name for name in tracked() if name.split("/")[0] in PACKAGES}
    assert not wanted - shipped
    assert {f"{package}/py.typed" for package in PACKAGES} <= shipped
    assert any(name.startswith("simulators/scenarios/") for name in shipped)
    assert any(name.startswith("ingest/store/migrations/versions/") for name in shipped)


def normal(requirement: str) -> str:
    """The bare name: ``pandas`` of ``Pandas[x]>=3; python_version > '3'``."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]).lower()


def locked(file: str) -> set[str]:
    return {
        normal(line) for line in (ROOT / file).read_text().splitlines() if "==" in line and not line.startswith(" ")
    }


def test_every_dependency_is_locked() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = content["project"], content["dependency-groups"]
    wanted = [*project["dependencies"], *groups["build"]]
    extras = project["optional-dependencies"]
    everyday = re.findall(r"\w+", extras["all"][0].split("[")[1])
    for name in everyday:
        wanted += extras[name]
    assert {normal(each) for each in wanted} <= locked("requirements.lock"), "run `make lock`"
    # Extras beyond `genba[all]` are tested, so they are locked among the tools.
    rare = [each for name, extra in extras.items() if name not in (*everyday, "all") for each in extra]
    tools = {normal(each) for each in [*groups["dev"], *rare] if isinstance(each, str)}
    assert tools <= locked("requirements-dev.lock"), "run `make lock`"


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_every_lock_has_hashes(file: str) -> None:
    text = (ROOT / file).read_text()
    assert text.count("--hash=sha256:") >= len(locked(file))


def test_both_locks_agree() -> None:
    def pins(file: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / file).read_text(), re.MULTILINE):
            found.setdefault(name, set()).add(version)
        return found

    runs, develops = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {
        name: (runs[name], develops[name]) for name in runs.keys() & develops.keys() if runs[name] != develops[name]
    } == {}


def test_versions_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"image: genba:{version}" in (ROOT / "deploy/compose.yaml").read_text()
