"""What an entry says of its gain."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.rank.entries import gain_of

DRAWS = np.linspace(0.03, 0.07, 201)


def _gain(task: str, baseline: float) -> Any:
    one = SimpleNamespace(search=SimpleNamespace(estimate=0.05, draws=DRAWS))
    data = SimpleNamespace(spec=SimpleNamespace(task=task, target="kw", factor=lambda name: SimpleNamespace(unit="kW")))
    data.baseline_loss = baseline
    return gain_of(cast("Any", one), cast("Any", data))


def test_no_more_bad_units_can_be_avoided_than_there_are() -> None:
    gain = _gain("classification", 0.041)
    assert (gain["estimate"], gain["high"]) == (0.041, 0.041)
    assert gain["low"] == pytest.approx(0.032)


def test_what_is_measured_may_fall_below_zero() -> None:
    gain = _gain("regression", 0.041)
    assert gain["estimate"] == pytest.approx(0.05)
    assert gain["high"] == pytest.approx(0.068)
