"""Operators who follow the results, and disturbances that last."""

from typing import Any

import numpy as np
import pandas as pd

from models.rank.history import History
from models.rank.rank import rank
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

N = 4000


def line(seed: int, follow: float, lasting: float = 0.995) -> tuple[pd.DataFrame, StudySpec]:
    """A knob that does nothing but is turned after bad results; another one that acts; a disturbance that lasts."""
    rng = np.random.default_rng(seed)
    acts = rng.normal(size=N)
    shock = rng.normal(size=N) * np.sqrt(1 - lasting**2)
    knob, power, disturbance, seen = np.zeros(N), np.zeros(N), 0.0, 0.0
    for t in range(N):
        disturbance = lasting * disturbance + shock[t]
        knob[t] = follow * seen + rng.normal()
        power[t] = 50 + acts[t] + 2 * disturbance + rng.normal()
        seen = 0.8 * seen + 0.2 * (power[t] - 50)
    frame = pd.DataFrame({"at": np.arange(N), "knob": knob, "acts": acts, "kw": power})
    factors = {name: {"role": "controllable", "min": -3.0, "max": 3.0, "step": 0.2} for name in ("knob", "acts")}
    return frame, StudySpec.parse(
        {"name": "line", "task": "regression", "target": "kw", "time": "at", "factors": factors}
    )


def ready(frame: pd.DataFrame, spec: StudySpec) -> StudyData:
    data = prepare(frame, spec)
    assert isinstance(data, StudyData)
    return data


def proposed(document: dict[str, Any]) -> set[str]:
    return {entry["factor"] for entry in document["ranking"]}


def test_a_knob_turned_after_bad_results_takes_no_blame():
    frame, spec = line(0, follow=0.8)
    assert abs(np.corrcoef(frame["knob"], frame["kw"])[0, 1]) > 0.3
    document = rank(prepare(frame, spec))
    assert proposed(document) == {"acts"}
    (entry,) = document["ranking"]
    moved = frame["acts"].clip(*entry["window"])
    assert entry["gain"]["low"] <= float((frame["acts"] - moved).mean()) <= entry["gain"]["high"]


def test_the_past_foretells_a_lasting_disturbance_and_nothing_else():
    frame, spec = line(1, follow=0.0)
    cells = np.arange(N) // 40
    past = History.of(ready(frame, spec), cells, N // 40).past
    assert past is not None
    rest = frame["kw"] - frame["acts"]
    assert np.corrcoef(past[:, 1], rest)[0, 1] > 0.7
    frame, spec = line(1, follow=0.0, lasting=0.0)
    assert History.of(ready(frame, spec), cells, N // 40).past is None


def test_the_past_of_a_setting_held_for_a_lot_ends_before_the_lot():
    frame, spec = line(2, follow=0.0)
    frame["lot"] = np.arange(N) // 40
    frame["acts"] = np.random.default_rng(0).normal(size=N // 40)[frame["lot"]]
    data = ready(frame, spec.model_copy(update={"group": "lot"}))
    history = History.of(data, data.groups, data.n_groups)
    before = history.before(data.features["acts"], data.groups)
    assert before is not None
    assert (np.ptp(before.reshape(N // 40, 40, -1), axis=1) == 0).all()
    free = history.before(data.features["knob"], data.groups)
    assert free is not None
    assert np.ptp(free.reshape(N // 40, 40, -1), axis=1).max() > 0
