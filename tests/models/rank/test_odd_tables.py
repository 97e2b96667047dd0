"""Random ugly tables with random studies: never a crash or a warning, always a document that keeps its promises."""

from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from models.rank.document import validate
from models.rank.rank import rank
from models.study.data import prepare
from models.study.spec import StudySpec

NAMES = ["a", "A", "温度", "x y", '"q"', '{"j":[1]}', "__index__", "rank", "f0", "index", "level_0", "y"]
ROLES = ["controllable", "controllable", "state", "context", "outcome"]


def column(rng: np.random.Generator, n: int) -> pd.Series:
    kinds = [
        rng.normal(size=n),
        rng.integers(0, 2, n),
        rng.choice(["u", "v", "w"], n),
        np.full(n, 3.0),
        rng.uniform(size=n) < 0.5,
        pd.date_range("2026-01-01", periods=n, freq="h"),
        np.where(rng.uniform(size=n) < 0.1, np.inf, rng.lognormal(3, 2, n)),
        [f"s{place}" for place in range(n)],
        np.where(rng.uniform(size=n) < 0.4, None, rng.choice(["1", "2", "x"], n)),
        rng.normal(size=n) * 1e-9 + 5,
    ]
    values = pd.Series(kinds[rng.integers(len(kinds))])
    return values.where(rng.uniform(size=n) > 0.2) if values.dtype != bool and rng.uniform() < 0.4 else values


def factor(rng: np.random.Generator) -> dict[str, Any]:
    words: dict[str, Any] = {"role": str(rng.choice(ROLES)), "cost_of_change": float(rng.choice([0, 500]))}
    if rng.uniform() < 0.5:
        words["stage"] = int(rng.integers(0, 3))
    if rng.uniform() < 0.3:
        words["step"] = float(rng.choice([0.5, 1e-6, 100]))
    return words


@pytest.mark.parametrize("seed", range(24))
def test_any_table_gets_an_answer(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.choice([12, 50, 120, 400]))
    frame = pd.DataFrame({name: column(rng, n) for name in NAMES[: rng.integers(1, 12)]})
    factors = {name: factor(rng) for name in frame if rng.uniform() < 0.8}
    noise = rng.normal(size=n)
    content: dict[str, Any] = {"name": "z", "target": "t", "factors": factors, "task": "regression"}
    frame["t"] = noise * rng.choice([1e-6, 1, 1e6])
    if rng.uniform() < 0.5:
        content |= {"task": "classification", "bad": "NG", "cost": {"per_bad": 3.0}}
        frame["t"] = np.where(noise > np.quantile(noise, rng.choice([0.5, 0.9])), "NG", "OK")
    if rng.uniform() < 0.4:
        frame["lot"] = np.arange(n) // max(1, n // int(rng.choice([2, 8, 30])))
        content["group"] = "lot"
    if rng.uniform() < 0.4:
        frame["at"] = pd.date_range("2026-01-01", periods=n, freq="37min")
        content["time"] = "at"
    document = rank(prepare(frame, StudySpec.parse(content)), seed=seed)
    assert validate(document) == []
    assert orjson.loads(orjson.dumps(document)) == document


@pytest.mark.parametrize("state", ["none", "levels"])
def test_a_lone_category_needs_no_penalty(state: str):
    rng = np.random.default_rng(0)
    die = rng.choice(["A", "B"], 200)
    frame = pd.DataFrame({"die": die, "t": (die == "A") + 0.1 * rng.normal(size=200)})
    content = {"name": "z", "task": "regression", "target": "t", "factors": {"die": {"role": "controllable"}}}
    if state == "levels":
        frame["shift"] = rng.choice(["early", "late"], 200)
    document = rank(prepare(frame, StudySpec.parse(content)))
    assert validate(document) == []
    assert document["ranking"][0]["window"] == ["B"]
