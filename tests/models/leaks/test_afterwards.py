"""Columns written because of the verdict are told from causes by what the others know of them."""

import numpy as np
import pandas as pd
import pytest

from models.leaks.afterwards import written_after
from models.rank.rank import rank
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

N = 6000


def plant(seed: int) -> tuple[pd.DataFrame, StudySpec]:
    """Three settings that act, one of them seen by a probe, and a "setting" that is adjusted after the verdict."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, N))
    bad = rng.uniform(size=N) < 1 / (1 + np.exp(2.2 - a - 0.8 * b - 0.6 * np.maximum(c, 0) * 2))
    frame = pd.DataFrame(
        {
            "at": np.arange(N),
            "lot": np.arange(N) // 50,
            "a": a,
            "b": b,
            "c": c,
            "probe": a + 0.3 * rng.normal(size=N),
            "after": 1.2 * bad + rng.normal(size=N),
            "verdict": np.where(bad, "NG", "OK"),
        }
    )
    content = {
        "name": "p", "task": "classification", "target": "verdict", "bad": "NG", "time": "at", "group": "lot",
        "factors": {name: {"role": "controllable"} for name in ("a", "b", "c", "after")},
    }  # fmt: skip
    return frame, StudySpec.parse(content)


def named(frame: pd.DataFrame, spec: StudySpec) -> set[str]:
    data = prepare(frame, spec)
    assert isinstance(data, StudyData)
    return {one.column for one in written_after(data)}


@pytest.mark.parametrize("seed", range(4))
def test_the_column_written_afterwards_is_named_and_no_cause_is(seed: int):
    frame, spec = plant(seed)
    assert named(frame, spec) == {"after"}
    assert named(frame.drop(columns="after"), spec.model_copy(update={"factors": {}})) == set()


def test_the_ranking_leaves_it_out_and_says_why():
    frame, spec = plant(0)
    document = rank(prepare(frame, spec))
    assert "after" not in {entry["factor"] for entry in document["ranking"]}
    leak = next(leak for leak in document["leaks"] if leak["column"] == "after")
    assert (leak["kind"], leak["action"]) == ("after_the_fact", "excluded")
    assert "after" in leak["evidence"]
