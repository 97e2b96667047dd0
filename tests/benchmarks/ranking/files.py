"""Plants as frames, and as the files that `genba rank` takes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.ranking.draft import DAY, LOT
from tests.benchmarks.ranking.line import VERDICT
from tests.benchmarks.ranking.plants import Plant

__all__ = ["frame_of", "toml_of", "write"]

START = pd.Timestamp("2026-04-01 06:00:00")


def frame_of(plant: Plant) -> pd.DataFrame:
    """The table as a plant would have it: text for levels, lots and verdicts."""
    values = plant.line.values
    columns: dict[str, Any] = {}
    for name in plant.columns:
        if name == "finished_at":
            columns[name] = pd.Series(START + pd.to_timedelta(values[DAY], unit="D")).dt.floor("ms")
        elif name == "lot":
            columns[name] = pd.Series([f"L{int(lot):04d}" for lot in values[LOT]])
        elif name == plant.study["target"]:
            verdict = values[VERDICT]
            text = pd.Series(np.where(verdict > 0.5, "NG", "OK"))
            columns[name] = text if plant.config.task == "classification" else pd.Series(np.round(verdict, 4))
        elif levels := plant.line.nodes[name].levels:
            columns[name] = pd.Series(np.asarray(levels, dtype=object)[values[name].astype(np.int64)], dtype="str")
        else:
            columns[name] = pd.Series(values[name])
    return _with_gaps(plant, pd.DataFrame(columns))


def _with_gaps(plant: Plant, frame: pd.DataFrame) -> pd.DataFrame:
    """Cells missing at random in up to three states: sensors drop out."""
    rng = np.random.default_rng([plant.seed, plant.config.units])
    states = [name for name in plant.columns if name in plant.line.nodes and plant.line.nodes[name].role == "state"]
    if plant.config.missing:
        for place in rng.permutation(len(states))[:3]:
            frame.loc[rng.random(len(frame)) < plant.config.missing, states[place]] = np.nan
    return frame


def toml_of(content: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """TOML of a nested dict of text, numbers and lists; strings are the same in JSON."""
    plain = {key: value for key, value in content.items() if not isinstance(value, dict)}
    lines = [f"[{'.'.join(json.dumps(part, ensure_ascii=False) for part in path)}]"] if path and plain else []
    lines += [
        f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in plain.items()
    ]
    tables = [toml_of(value, (*path, key)) for key, value in content.items() if isinstance(value, dict)]
    return "\n".join([*lines, "", *tables])


def write(plant: Plant, folder: Path) -> tuple[Path, Path]:
    """``table.csv`` and ``study.toml``."""
    table, study = folder / "table.csv", folder / "study.toml"
    frame_of(plant).to_csv(table, index=False)
    study.write_text(toml_of(plant.study), encoding="utf-8")
    return table, study
