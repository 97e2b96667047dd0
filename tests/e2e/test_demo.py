"""``genba demo`` as a newcomer runs it: embedded broker and SQLite, then reports and the answer key."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from models.rank.document import validate


@pytest.mark.timeout(400)
def test_the_demo_finds_what_the_simulators_hid(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ingest.command", "demo", "--seed", "4", "--folder", str(tmp_path / "demo"), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("GENBA__")},
    )
    assert done.returncode == 0, done.stderr
    outcome = orjson.loads(done.stdout)
    counts = outcome["readings"]
    assert counts["stored"] == counts["published"] > 200_000
    assert counts["quarantined"] == 0
    assert set(outcome["studies"]) == {"leaking_caps", "press_power"}
    for study in outcome["studies"].values():
        assert validate(study["ranking"]) == []
        assert study["ranking"]["ranking"][0]["factor"] == study["answer"]["factors"][0]["factor"]
        for path in study["reports"].values():
            assert Path(path).stat().st_size > 20_000
