"""The services are understood by systemd, shut in, and start commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.reference import commands

UNITS = sorted((Path(__file__).parents[2] / "deploy/systemd").glob("*.service"))
EXPOSURE = 30
"""Tenths of a point on systemd's scale from 0 (shut in) to 10 (may do anything)."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: install the package systemd"
)


@pytest.fixture
def installed(tmp_path: Path) -> list[Path]:
    """The services, on a box where the command exists: systemd looks for it."""
    for unit in UNITS:
        (tmp_path / unit.name).write_text(
            unit.read_text().replace("/opt/genba/venv/bin/genba", shutil.which("true") or "")
        )
    return sorted(tmp_path.glob("*.service"))


@needs_systemd
def test_systemd_has_nothing_to_say(installed: list[Path]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *installed], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
@pytest.mark.parametrize("unit", [unit.name for unit in UNITS])
def test_a_service_is_shut_in(unit: str, installed: list[Path]) -> None:
    file = next(path for path in installed if path.name == unit)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_starts_a_command_that_exists(unit: Path) -> None:
    found = re.search(r"^ExecStart=/opt/genba/venv/bin/genba (.+)$", unit.read_text(), re.MULTILINE)
    assert found is not None
    assert found[1] in {" ".join(command.path) for command in commands()}


def test_the_gateway_is_stopped_after_its_last_batches() -> None:
    from ingest.settings import Ingest

    text = (UNITS[0].parent / "genba-gateway.service").read_text()
    found = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert found is not None
    assert int(found[1]) > Ingest().drain_seconds
