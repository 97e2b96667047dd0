"""Where no stage is declared: who reacts to whom, told from these units alone."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from models.rank.order import Order

N = 6000


def lasting(rng: np.random.Generator, keep: float) -> np.ndarray:
    return np.asarray(lfilter([np.sqrt(1 - keep**2)], [1, -keep], rng.normal(size=N)))


def order(**columns: np.ndarray) -> Order:
    frame = pd.DataFrame(columns)
    return Order.of(frame.drop(columns="loss"), frame["loss"].to_numpy(), [])


@pytest.mark.parametrize("keep", [0.0, 0.9])
def test_a_property_of_the_material_that_operators_react_to_is_upstream(keep: float):
    rng = np.random.default_rng(0)
    material = lasting(rng, keep)
    setting = 0.5 * material + rng.normal(size=N)
    assert order(x=setting, s=material, loss=material + setting + rng.normal(size=N)).reacts("x", "s")


@pytest.mark.parametrize("keep", [0.0, 0.9])
def test_what_follows_a_setting_closely_is_downstream(keep: float):
    rng = np.random.default_rng(1)
    setting = lasting(rng, keep)
    state = setting + 0.5 * rng.normal(size=N)
    assert not order(x=setting, s=state, loss=state + rng.normal(size=N)).reacts("x", "s")


def test_the_past_settles_a_close_tie_and_a_loose_one():
    rng = np.random.default_rng(2)
    material = lasting(rng, 0.95)
    close = material + 0.4 * rng.normal(size=N)
    assert order(x=close, s=material, loss=rng.normal(size=N)).reacts("x", "s")
    setting = lasting(rng, 0.95)
    loose = 0.5 * setting + rng.normal(size=N)
    assert not order(x=setting, s=loose, loss=rng.normal(size=N)).reacts("x", "s")


def test_what_was_written_after_the_result_and_what_is_unrelated():
    rng = np.random.default_rng(3)
    setting = rng.normal(size=N)
    loss = setting + rng.normal(size=N)
    columns = {"x": setting, "after": loss + rng.normal(size=N), "noise": rng.normal(size=N), "loss": loss}
    assert not order(**columns).reacts("x", "after")
    assert not order(**columns).reacts("x", "noise")


def test_a_recipe_that_moves_two_settings_is_told_from_a_reaction():
    rng = np.random.default_rng(4)
    recipe = rng.normal(size=N)
    first = recipe + rng.normal(size=N)
    seen = first + 0.3 * rng.normal(size=N)
    moved, reacts = recipe + rng.normal(size=N), seen + rng.normal(size=N)
    columns = {"x": first, "seen": seen, "moved": moved, "reacts": reacts, "apart": rng.normal(size=N), "loss": moved}
    asked = order(**columns)
    assert asked.together("x", "moved", ["seen"])
    assert not asked.together("x", "reacts", ["seen"])
    assert not asked.together("x", "apart", ["seen"])
