"""docs/deploy.md names files and commands that exist, and its backup can be restored."""

import re
from pathlib import Path

from tests.docs.reference import commands

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")


def test_every_file_it_names_exists() -> None:
    named = set(re.findall(r"(?<![\w/])deploy/[\w./*-]*[\w*]", GUIDE))
    assert len(named) > 5
    assert not [name for name in named if not list(ROOT.glob(name))]


def test_every_command_it_names_exists() -> None:
    known = {" ".join(command.path) for command in commands()}
    named = set(re.findall(r"(?:`genba|^ +(?:/opt/genba/venv/bin/)?genba) ([a-z]+(?: [a-z]+)?)", GUIDE, re.MULTILINE))
    assert len(named) > 3
    assert not named - known


def test_it_names_every_service() -> None:
    services = [path.stem for path in (ROOT / "deploy/systemd").glob("*.service")]
    assert f"enable --now {' '.join(sorted(services, key=GUIDE.index))}" in GUIDE
