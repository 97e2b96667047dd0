"""Every command that a message or a page advises exists."""

import re
from pathlib import Path

from tests.docs import reference

ROOT = Path(__file__).parents[2]
PLACES = ("ingest", "models", "reports", "simulators", "docs", "deploy")
PAGES = [ROOT / name for name in ("README.md", "README.ja.md", "CONTRIBUTING.md", "CHANGELOG.md")]
ADVICE = re.compile(r"`genba ((?:[a-z]+ ?)+)")


def test_advised_commands_exist() -> None:
    paths = [command.path for command in reference.commands()]
    known = {path[:length] for path in paths for length in range(1, len(path) + 1)}
    files = [file for place in PLACES for file in (ROOT / place).rglob("*") if file.suffix in {".py", ".md", ".toml"}]
    unknown = []
    for file in [*files, *PAGES]:
        for found in ADVICE.finditer(file.read_text(encoding="utf-8")):
            words = tuple(found.group(1).split())
            if words[:1] not in known or (len(words) > 1 and (words[0],) not in paths and words[:2] not in known):
                unknown.append(f"{file.relative_to(ROOT)}: genba {' '.join(words)}")
    assert not unknown
