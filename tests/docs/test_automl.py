"""docs/automl.md names every option, metric and algorithm, and none that is not there."""

import re
from dataclasses import fields
from pathlib import Path

from models.automl.algorithms.registry import known
from models.automl.explain.overall import GLOBAL_METHODS
from models.automl.explain.rows import ROW_METHODS
from models.automl.options import METRICS, Options

PAGE = (Path(__file__).parents[2] / "docs" / "automl.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_option() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("Options"), re.MULTILINE)
    assert rows == [entry.name for entry in fields(Options)]


def test_every_metric() -> None:
    said = section("Options").split("**Metrics.**")[1]
    assert set(re.findall(r"`([a-z_0-9]+)`", said)) == {name for names in METRICS.values() for name in names}


def test_every_algorithm() -> None:
    rows = "".join(re.findall(r"^\| (`.*?`) \| ", section("Algorithms"), re.MULTILINE))
    names = {each.name for task in ("classification", "regression") for each in known(task)}
    assert set(re.findall(r"`(\w+)`", rows)) == names


def test_every_explainer() -> None:
    said = section("Explanations")
    assert all(f"`{name}`" in said for name in (*GLOBAL_METHODS, *ROW_METHODS))
