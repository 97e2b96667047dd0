"""docs/tasks.md has every option, algorithm and metric of every task, and no other; examples in docstrings are true."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import models.tasks
from models.tasks.option_tables import ALGORITHMS, METRICS, OPTIONS, TASKS, Option, Task

PAGE = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text(encoding="utf-8")
MODULES = [each.name for each in pkgutil.walk_packages(models.tasks.__path__, "models.tasks.")]


def section(task: Task) -> str:
    return PAGE.split(f"## {task}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str, heading: str) -> dict[str, list[str]]:
    """The table whose first column is called so: its other cells, by what stands first."""
    table = text.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in table]
    return {row[0].strip("`"): row[1:] for row in cells}


def shown(option: Option) -> str:
    """The default as the page writes it."""
    if option.default is None:
        return "-"
    return f"`{str(option.default).lower() if isinstance(option.default, bool) else option.default}`"


def flat(options: dict[str, Option], prefix: str = "") -> dict[str, Option]:
    """Options, and the keys of objects as ``option.key``."""
    out = {}
    for name, option in options.items():
        out[prefix + name] = option
        out |= flat(dict(option.inner), f"{prefix}{name}.")
    return out


@pytest.mark.parametrize("task", TASKS)
def test_options(task: Task) -> None:
    for phase, options in OPTIONS[task].items():
        text = section(task)
        if not options:
            assert f"| {phase} option |" not in text
            continue
        told = rows(text, f"{phase} option")
        known = flat(dict(options))
        assert set(told) == set(known)
        for name, option in known.items():
            assert told[name] == [option.meaning, shown(option)], name


@pytest.mark.parametrize("task", TASKS)
def test_algorithms(task: Task) -> None:
    assert {name: cells[0] for name, cells in rows(section(task), "algorithm").items()} == dict(ALGORITHMS[task])


@pytest.mark.parametrize("task", TASKS)
def test_metrics(task: Task) -> None:
    told = re.search(r"\*\*Metrics\*\*[^:]*: (.*?)\n\n", section(task), re.DOTALL)
    assert told
    assert tuple(re.findall(r"`([^`]+)`", told.group(1))) == METRICS[task]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert not result.failed
