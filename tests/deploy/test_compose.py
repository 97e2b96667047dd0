"""compose.yaml and the image: pinned, shut in, and every file, setting, secret and command it names exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.settings import Ingest, load_settings
from tests.docs.reference import commands

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy/compose.yaml"
CONTAINERFILE = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
PUT_BESIDE = {"genba.toml", "plant.toml", "secrets"}
"""What docs/deploy.md tells the plant to put beside the compose file."""


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = content["services"]
    return found


def seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60}[duration[-1]]


def test_every_image_has_a_version(services: dict[str, dict[str, Any]]) -> None:
    images = [service["image"] for service in services.values()] + re.findall(
        r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE
    )
    loose = [image for image in images if not re.fullmatch(r"[a-z-]+:\d+\.\d+[\w.-]*", image)]
    assert not loose


def test_every_service_has_a_limit_and_the_lasting_ones_come_back(services: dict[str, dict[str, Any]]) -> None:
    assert all("mem_limit" in service for service in services.values())
    lasting = {name for name, service in services.items() if service["restart"] == "unless-stopped"}
    assert lasting == {"broker", "database", "gateway", "scheduler", "dashboard"}
    assert {name for name in lasting if "healthcheck" not in services[name]} == {"scheduler"}  # it opens no port


def test_ours_run_shut_in(services: dict[str, dict[str, Any]]) -> None:
    ours = [service for service in services.values() if service["image"].startswith("genba:")]
    assert len(ours) == 4
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in ours)
    assert CONTAINERFILE.index("USER genba") < CONTAINERFILE.index("ENTRYPOINT")


def test_every_command_exists(services: dict[str, dict[str, Any]]) -> None:
    known = {command.path for command in commands()}
    ours = [service for service in services.values() if service["image"].startswith("genba:")]
    assert {tuple(service["command"]) for service in ours} <= known


def test_every_file_it_mounts_exists(content: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    mounted = {str(volume).split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    files = {name.removeprefix("./") for name in mounted if name.startswith("./")}
    files |= {secret["file"].removeprefix("./") for secret in content["secrets"].values()}
    missing = {name for name in files if name.split("/")[0] not in PUT_BESIDE and not (COMPOSE.parent / name).exists()}
    assert not missing
    assert {name for name in mounted if not name.startswith("./")} == set(content["volumes"])


def test_every_secret_is_declared_and_no_password_stands_in_the_file(
    content: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    used = {secret for service in services.values() for secret in service.get("secrets", [])}
    assert used == set(content["secrets"])
    spoken = {key for service in services.values() for key in service.get("environment", {}) if "PASSWORD" in key}
    assert all(key.endswith("_FILE") for key in spoken)


@pytest.mark.parametrize("name", ["migrate", "gateway", "scheduler", "dashboard"])
def test_the_program_understands_its_environment(
    name: str, services: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in services[name]["environment"].items():
        shown = value.replace("/run/secrets", str(tmp_path))
        if key.endswith("_FILE"):
            Path(shown).write_text("secret\n")
        monkeypatch.setenv(key, shown)
    settings_file = tmp_path / "genba.toml"
    settings_file.write_text((ROOT / "deploy/genba.example.toml").read_text(encoding="utf-8"), encoding="utf-8")
    settings = load_settings(settings_file)
    assert "secret@database/genba" in settings.database.url


def test_the_gateway_is_stopped_after_its_last_batches(services: dict[str, dict[str, Any]]) -> None:
    assert seconds(services["gateway"]["stop_grace_period"]) > Ingest().drain_seconds


def test_the_image_copies_what_exists_and_is_let_in() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE)
        for source in shlex.split(line)[:-1]
    }
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in copied} == {line for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
    assert "pip install --require-hashes -r requirements.lock" in CONTAINERFILE
