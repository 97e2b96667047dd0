"""Who takes over, and whether a promise is kept: decisions on predictions that are known to be good or bad."""

import numpy as np
import pytest

from models.automl.matrix import Floats
from models.lifecycle.challenge import Verdict, challenge, first
from models.lifecycle.performance import Performance, judge, naive

N = 1200
GROUPS = np.arange(N) // 20


def world(seed: int = 0) -> tuple[Floats, Floats]:
    """What makes a unit bad, and whether it was."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=N)
    return cause, (rng.random(N) < 1 / (1 + np.exp(-1.5 * cause))).astype(np.float64)


def sees(cause: Floats, noise: float, seed: int = 1) -> Floats:
    """(n, 2) probabilities of a model that sees the cause through noise."""
    seen = cause + noise * np.random.default_rng(seed).normal(size=N)
    bad = 1 / (1 + np.exp(-1.5 * seen / (1 + noise**2)))
    return np.column_stack([1 - bad, bad])


def judged(champion: Floats, challenger: Floats, truth: Floats, metric: str = "roc_auc") -> Verdict:
    rng = np.random.default_rng(0)
    return challenge(metric, truth, champion, challenger, naive(0.5, N, "classification"), GROUPS, rng)


@pytest.mark.parametrize("metric", ["roc_auc", "neg_log_loss"])
def test_the_better_one_wins_and_the_interval_says_by_how_much(metric: str) -> None:
    cause, truth = world()
    good, poor = sees(cause, 0.2), sees(cause, 2.0)
    found = judged(poor, good, truth, metric)
    assert (found.decision, found.code, found.units, found.groups) == ("promote", "clearly_better", N, 60)
    assert found.low is not None
    assert 0 < found.low < found.difference < found.high  # type: ignore[operator]
    other = judged(good, poor, truth, metric)
    assert (other.decision, other.code) == ("keep", "clearly_worse")
    assert other.difference == pytest.approx(-found.difference)  # type: ignore[operator]


def test_one_that_is_as_good_and_newer_takes_over() -> None:
    cause, truth = world()
    found = judged(sees(cause, 0.5), sees(cause, 0.5), truth)
    assert (found.decision, found.code, found.difference) == ("promote", "as_good_and_newer", 0.0)


def test_one_not_shown_to_be_as_good_stays_outside() -> None:
    cause, truth = world()
    few = slice(0, 60)
    rng = np.random.default_rng(0)
    found = challenge(
        "roc_auc", truth[few], sees(cause, 1.0, 1)[few], sees(cause, 1.0, 2)[few],
        naive(0.5, 60, "classification"), np.arange(60) // 6, rng,
    )  # fmt: skip
    assert (found.decision, found.code) == ("keep", "not_shown_as_good")


def test_one_that_only_guesses_never_takes_over() -> None:
    cause, truth = world()
    upside_down = sees(-cause, 0.1)
    assert judged(sees(-cause, 0.2), upside_down, truth).code == "no_better_than_naive"


def test_one_class_cannot_be_judged() -> None:
    cause, _ = world()
    found = judged(sees(cause, 1.0), sees(cause, 0.1), np.zeros(N))
    assert (found.decision, found.code) == ("keep", "not_comparable")


@pytest.mark.parametrize(
    ("forward", "random", "baseline", "code"),
    [
        (0.61, 0.7, 0.5, "first_model"),
        (0.5, 0.9, 0.5, "no_better_than_naive"),
        (None, 0.7, 0.5, "first_model"),
        (None, None, 0.5, "no_better_than_naive"),
        (-0.61, None, -0.66, "first_model"),
        (0.6, None, None, "no_better_than_naive"),
    ],
)
def test_the_first_model_has_to_beat_the_naive_one(
    forward: float | None, random: float | None, baseline: float | None, code: str
) -> None:
    assert first("roc_auc", forward, random, baseline, 100).code == code


def kept(predicted: Floats, truth: Floats, promise: tuple[float | None, float | None, float | None]) -> Performance:
    rng = np.random.default_rng(0)
    return judge("roc_auc", truth, predicted, naive(0.5, N, "classification"), GROUPS, promise, rng)


def test_a_promise_is_kept_broken_or_turned_around() -> None:
    cause, truth = world()
    good = kept(sees(cause, 0.2), truth, (0.8, 0.77, 0.83))
    assert (good.code, good.alarm, good.units) == ("as_promised", False, N)
    assert good.low < good.value < good.high  # type: ignore[operator]
    poor = kept(sees(cause, 3.0), truth, (0.8, 0.77, 0.83))
    assert (poor.code, poor.alarm) == ("below_promise", True)
    assert kept(sees(cause, 3.0), truth, (None, None, None)).code == "as_promised"
    assert kept(sees(-cause, 0.2), truth, (0.8, 0.77, 0.83)).code == "worse_than_naive"
    assert kept(sees(cause, 0.2), np.ones(N), (0.8, 0.77, 0.83)).code == "not_comparable"


def test_a_regressor_is_judged_by_the_same_rules() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(40.0, 5.0, N)
    constant = naive(40.0, N, "regression")
    close, drifted = truth + rng.normal(0, 2, N), truth + 12.0
    promise = (0.85, 0.8, 0.9)
    assert judge("r2", truth, close, constant, GROUPS, promise, rng).code == "as_promised"
    assert judge("r2", truth, drifted, constant, GROUPS, promise, rng).code == "worse_than_naive"
    found = challenge("r2", truth, drifted, close, constant, GROUPS, rng)
    assert found.code == "clearly_better"
