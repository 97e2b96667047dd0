"""The structural model: own noise for every node, interventions that move nothing upstream."""

import numpy as np
import pytest

from ingest.errors import UsageError
from simulators.process import (
    Clock,
    Column,
    Columns,
    Model,
    Node,
    Range,
    evaluate,
    excess,
    held,
    noises,
    per_lot,
    simulate,
    wander,
    white,
)

SETTABLE = Range(-2.0, 2.0, 0.5)


def calendar(n: int, rng: np.random.Generator) -> Clock:
    return Clock(np.arange(n, dtype=np.float64), np.arange(n) // 50)


def chain() -> Model:
    """weather → knob → probe → loss, and die → loss."""
    return Model(
        (
            Node("weather", lambda noise: noise, draw=white, role="context"),
            Node(
                "knob",
                lambda noise, weather: noise + 0.5 * weather,
                ("weather",),
                white,
                "controllable",
                settable=SETTABLE,
            ),
            Node("probe", lambda noise, knob: knob + 0.1 * noise, ("knob",), white, "state"),
            Node(
                "die",
                lambda noise: np.floor(3 * noise),
                draw=lambda rng, clock: rng.uniform(size=len(clock.lot)),
                role="controllable",
                levels=("A", "B", "C"),
            ),
            Node("loss", lambda _, probe, die: (probe - 1.0) ** 2 + die, ("probe", "die"), role="outcome"),
        ),
        loss="loss",
        calendar=calendar,
    )


@pytest.fixture(name="columns")
def simulated() -> Columns:
    return simulate(chain(), 500, seed=7)


def test_the_same_seed_gives_the_same_columns(columns: Columns) -> None:
    again = simulate(chain(), 500, seed=7)
    assert all(np.array_equal(columns[name], again[name]) for name in columns)
    assert not np.array_equal(columns["knob"], simulate(chain(), 500, seed=8)["knob"])


def test_noise_belongs_to_the_name_not_to_the_place() -> None:
    model = chain()
    swapped = Model((model["die"], *(node for node in model.nodes if node.name != "die")), "loss", calendar)
    one, other = noises(model, 100, 3), noises(swapped, 100, 3)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_an_intervention_moves_what_is_downstream_and_nothing_else(columns: Columns) -> None:
    after = simulate(chain(), 500, seed=7, hold={"knob": (0.5, 1.5)})
    inside = (columns["knob"] >= 0.5) & (columns["knob"] <= 1.5)
    assert np.array_equal(after["weather"], columns["weather"])
    assert np.array_equal(after["die"], columns["die"])
    assert np.array_equal(after["knob"], np.clip(columns["knob"], 0.5, 1.5))
    # Common random numbers: what was inside has the same accidents, to the last bit.
    for name in ("probe", "loss"):
        assert np.array_equal(after[name][inside], columns[name][inside])
        assert not np.isclose(after[name][~inside], columns[name][~inside]).any()


def test_levels_go_where_they_are_told(columns: Columns) -> None:
    assert set(simulate(chain(), 500, 7, {"die": ("B",)})["die"]) == {1.0}
    spread = simulate(chain(), 500, 7, {"die": ("A", "C")})["die"]
    assert np.array_equal(spread[columns["die"] != 1.0], columns["die"][columns["die"] != 1.0])
    ratio = np.mean(columns["die"] == 0.0) / np.mean(columns["die"] != 1.0)
    assert np.mean(spread[columns["die"] == 1.0] == 0.0) == pytest.approx(ratio, abs=0.01)


def test_two_factors_can_be_held_at_once() -> None:
    after = simulate(chain(), 500, 7, {"die": ("A",), "knob": (0.5, 1.5)})
    assert set(after["die"]) == {0.0}
    assert after["knob"].min() == 0.5


def test_many_windows_are_one_computation(columns: Columns) -> None:
    model = chain()
    noise = noises(model, 500, 7)
    windows = np.array([[0.5, 1.5], [-1.0, 0.0]])
    both = np.clip(columns["knob"], windows[:, :1], windows[:, 1:])
    together = evaluate(model, noise, {"knob": both}, columns)["loss"]
    for row, window in enumerate(windows):
        assert np.array_equal(together[row], simulate(model, 500, 7, {"knob": tuple(window)})["loss"])


def test_holding_inside_the_whole_range_changes_nothing(columns: Columns) -> None:
    knob = columns["knob"]
    assert np.array_equal(held(knob, chain()["knob"], (float(knob.min()), float(knob.max()))), knob)


def test_a_misspelt_factor_is_named() -> None:
    with pytest.raises(UsageError, match=r"no factor 'knop'; did you mean 'knob'\?"):
        simulate(chain(), 10, 0, {"knop": (0.0, 1.0)})


def test_what_looks_back_cannot_react() -> None:
    def mean(_: Column, knob: Column) -> Column:
        return np.convolve(knob, np.ones(3) / 3, "same")

    model = Model(
        (chain()["weather"], chain()["knob"], Node("mean", mean, ("knob",), looks_back=True)), "mean", calendar
    )
    with pytest.raises(AssertionError, match="mean looks back"):
        simulate(model, 10, 0, {"knob": (0.0, 1.0)})


def test_building_blocks() -> None:
    rng = np.random.default_rng(0)
    clock = calendar(20_000, rng)
    lots = per_lot(rng, clock)
    assert all(len(set(lots[first : first + 50])) == 1 for first in range(0, 200, 50))
    slow = wander(rng, 20_000, 40.0)
    assert slow.std() == pytest.approx(1.0, abs=0.15)
    assert np.corrcoef(slow[:-40], slow[40:])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.1)
    assert excess(np.array([1.0, 2.0, 3.0, 5.0]), 2.0, 3.0, 1.0, 2.0).tolist() == [0.5, 0.0, 0.0, 0.5]
    assert SETTABLE.grid.tolist() == [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]
