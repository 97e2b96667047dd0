"""The commands that only compute."""

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ingest.errors import ScenarioError
from simulators.cli import app

RUNNER = CliRunner()


def said(*arguments: str) -> str:
    done = RUNNER.invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_list_and_answer() -> None:
    assert [one["name"] for one in json.loads(said("list", "--json"))] == ["filling", "press"]
    key = json.loads(said("answer", "press", "--seed", "4", "--json"))
    assert key["line"] == "press1"
    shown = said("answer", "press", "--seed", "4")
    assert all(one["factor"] in shown for one in key["factors"])
    assert "press1" in said("list")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_come_with_their_study(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"bottles.{suffix}"
    said("table", "filling", "--days", "1", "--out", str(out))
    frame = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    assert len(frame) == 1440
    study = tomllib.loads((tmp_path / "bottles.study.toml").read_text(encoding="utf-8"))
    assert set(study["factors"]) <= set(frame.columns)
    assert set(frame["verdict"]) == {"OK", "NG"}


def test_wrong_words(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"must end in \.csv or \.parquet"):
        said("table", "filling", "--out", str(tmp_path / "x.txt"))
