"""In-control processes are called special in at most 5 %, whatever they are like; events are found."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from models.spc.autocorrelation import autocorrelation, clear
from models.spc.chance import LEVEL, judged
from models.spc.counts import Counts
from models.spc.in_control import alike, settled
from models.spc.individuals import individuals
from models.spc.p_chart import p_chart
from tests.models.spc.studies import swings

Floats = NDArray[np.float64]
POINTS, TRIES = 40, 20


def special(values: Floats, counts: Counts | None = None) -> bool:
    return any(chance <= LEVEL for _, chance in judged(values, "jis", counts))


PROCESSES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "independent": lambda rng: rng.normal(size=POINTS),
    "swinging": lambda rng: swings(rng, POINTS, 0.6),
    "skewed": lambda rng: rng.gamma(4.0, size=POINTS),
}


@pytest.mark.parametrize("kind", PROCESSES)
def test_steady_processes_are_seldom_special(kind: str) -> None:
    """At 5 % more than 3 of 20 happen in one of 60 such tests; the seed is fixed."""
    rng = np.random.default_rng(11)
    assert sum(special(PROCESSES[kind](rng)) for _ in range(TRIES)) <= 3


def test_lots_that_always_differ_are_seldom_special() -> None:
    rng = np.random.default_rng(12)
    counts = Counts(np.full(POINTS, 300))
    rates = np.minimum(0.04 * rng.gamma(3.0, 1 / 3, size=(TRIES, POINTS)), 1)
    assert sum(special(rng.binomial(300, rate).astype(np.float64), counts) for rate in rates) <= 3


@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_a_shift_and_an_outlier_are_found(phi: float) -> None:
    rng = np.random.default_rng(13)
    shift, outlier = np.where(np.arange(60) >= 30, 4.0, 0.0), np.where(np.arange(60) == 20, 8.0, 0.0)
    for event in (shift, outlier):
        assert sum(special(swings(rng, 60, phi) + event) for _ in range(5)) >= 4


def test_a_burst_of_rare_defects_is_found() -> None:
    rng = np.random.default_rng(14)
    bad = rng.binomial(1000, 0.003, size=POINTS).astype(np.float64)
    bad[17] = 18
    signal, chance = judged(bad, "jis", Counts(np.full(POINTS, 1000)))[0]
    assert (signal.first, signal.side) == (17, 1)
    assert chance <= 0.02


def test_a_lot_far_beyond_lots_that_always_differ_is_found() -> None:
    """Lots differ by 60 %, so that one three times as bad is usual; one ten times as bad is not."""
    rng = np.random.default_rng(21)
    bad = rng.binomial(300, 0.045 * np.exp(rng.normal(-0.18, 0.6, size=60))).astype(np.float64)
    bad[20] = 135
    signal, chance = judged(bad, "jis", Counts(np.full(60, 300)))[0]
    assert (signal.first, signal.side, chance <= LEVEL) == (20, 1, True)


def test_chances_are_ordered_and_the_same_every_time() -> None:
    values = np.random.default_rng(15).normal(size=60) * np.linspace(1, 3, 60)
    found = judged(values, "nelson")
    assert found == judged(values, "nelson")
    assert [chance for _, chance in found] == sorted(chance for _, chance in found)


def test_points_are_judged_on_the_chart_that_is_drawn() -> None:
    rng = np.random.default_rng(16)
    values = swings(rng, 60, 0.7)
    phi = float(clear(autocorrelation(values), 60))
    assert phi > 0
    assert settled(values) == pytest.approx(individuals(values, revised=True, phi=phi).z)
    size = rng.integers(200, 400, 60)
    for spread in (0.0, 0.02):
        bad = rng.binomial(size, np.clip(rng.normal(0.05, spread, 60), 0.005, 1)).astype(np.float64)
        counts = Counts(size)
        phi = float(clear(autocorrelation(counts.z(bad)), 60))
        chart = p_chart(bad, size, revised=True, phi=phi)
        assert settled(bad, counts) == pytest.approx(chart.z)


def test_draws_look_like_the_chart() -> None:
    rng = np.random.default_rng(17)
    slow, quick = (autocorrelation(alike(swings(rng, 60, phi))).mean() for phi in (0.8, 0.0))
    assert slow > quick + 0.4
    bad = rng.binomial(500, 0.02, size=60).astype(np.float64)
    drawn = alike(bad, Counts(np.full(60, 500)))
    assert drawn.mean() == pytest.approx(bad.mean(), rel=0.05)
    assert drawn.std(axis=1).mean() == pytest.approx(bad.std(), rel=0.25)


@pytest.mark.parametrize(("phi", "low", "high"), [(0.0, 0.0, 0.15), (0.6, 0.45, 0.75), (0.9, 0.75, 0.95)])
def test_autocorrelation_of_known_processes(phi: float, low: float, high: float) -> None:
    rng = np.random.default_rng(18)
    told = [autocorrelation(swings(rng, 80, phi)) for _ in range(60)]
    assert low <= np.mean(told) <= high


def test_a_shift_is_hardly_taken_for_autocorrelation() -> None:
    rng = np.random.default_rng(19)
    shifted = rng.normal(size=(200, 60)) + np.where(np.arange(60) >= 30, 2.0, 0.0)
    usual = np.mean([np.corrcoef(row[1:], row[:-1])[0, 1] for row in shifted])
    assert usual > 0.4
    assert autocorrelation(shifted).mean() < 0.2


def test_limits_stay_the_textbooks_without_clear_autocorrelation() -> None:
    z = np.random.default_rng(20).normal(size=(1000, 60))
    assert np.mean(clear(autocorrelation(z), 60) == 0) > 0.9
