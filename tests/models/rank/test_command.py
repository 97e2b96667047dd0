"""``genba rank`` as a user types it: exit codes, one line of error, files."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from ingest.command import app
from ingest.errors import StudyError
from models.rank.command import register
from models.rank.document import validate

STUDY = """
name = "caps"
task = "classification"
target = "verdict"
bad = "NG"
cost = { per_bad = 100.0 }
[factors."temp [°C]"]
role = "controllable"
unit = "degC"
"""

if not any(command.name == "rank" for command in app.registered_commands):
    register(app)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    temp = rng.normal(20, 3, 600)
    bad = rng.uniform(size=600) < np.where(temp > 21, 0.5, 0.05)
    pd.DataFrame({"temp [°C]": temp, "verdict": np.where(bad, "NG", "OK")}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def genba(place: Path, *arguments: str) -> Result:
    table, study = str(place / "t.csv"), str(place / "s.toml")
    return CliRunner().invoke(app, ["rank", table, "--study", study, *arguments])


def test_json_to_a_file_and_to_the_screen(place: Path):
    assert genba(place, "--json", str(place / "deep/out.json")).exit_code == 0
    document = orjson.loads((place / "deep/out.json").read_bytes())
    assert validate(document) == []
    entry = document["ranking"][0]
    assert (entry["factor"], entry["direction"]) == ("temp [°C]", "lower")
    shown = genba(place, "--json", "-")
    assert shown.exit_code == 0
    assert orjson.loads(shown.stdout) == document


def test_the_report_calls_things_by_the_names_of_the_study(place: Path):
    (place / "s.toml").write_text(
        'title = { en = "Leaking caps", ja = "キャップ漏れ" }\n'
        + STUDY
        + 'name = { en = "Cooling temperature", ja = "冷却温度" }\n',
        encoding="utf-8",
    )
    done = genba(place, "--report", str(place / "out"))
    assert done.exit_code == 0
    english, japanese = ((place / f"out/caps.{language}.html").read_text(encoding="utf-8") for language in ("en", "ja"))
    assert "Leaking caps" in english
    assert "Hold cooling temperature" in english
    assert "キャップ漏れ" in japanese
    assert "冷却温度を" in japanese


def test_the_table_shows_what_to_hold(place: Path):
    shown = genba(place)
    assert shown.exit_code == 0
    assert "Start with temp [°C]" in shown.stdout
    assert "JPY" in shown.stdout


def test_too_little_is_an_answer(place: Path):
    frame = pd.read_csv(place / "t.csv")
    frame[:12].to_csv(place / "t.csv", index=False)
    shown = genba(place)
    assert shown.exit_code == 0
    assert "are needed" in shown.stdout


def test_wrong_input_raises_what_the_entry_point_prints(place: Path):
    (place / "s.toml").write_text(STUDY.replace("verdict", "verdikt"), encoding="utf-8")
    result = genba(place)
    assert isinstance(result.exception, StudyError)
    assert "did you mean 'verdict'?" in str(result.exception)


def test_the_process_says_one_line_and_ends_with_2(place: Path):
    script = "from ingest.command import main; main()"
    arguments = ["rank", str(place / "none.csv"), "--study", str(place / "s.toml")]
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        done.stderr == f"genba: {place / 'none.csv'}: no such table; give a CSV or Parquet file, or db:schema.table\n"
    )
