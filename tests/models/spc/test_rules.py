"""Each rule on hand-made series: one that just signals, one that just does not, and what happens at the edges."""

import numpy as np
import pytest

from models.spc.rules import RULE_SETS, Rule, marks, signals

NAN = float("nan")


def found(series: list[float], rule_set: str, number: str) -> list[tuple[int, int, int, int]]:
    return [
        (signal.start, signal.first, signal.last, signal.side)
        for signal in signals(np.array(series, dtype=float), rule_set)
        if signal.rule.number == number
    ]


def zigzag(points: int, up: float = 0.2, down: float = -0.2) -> list[float]:
    return [up if place % 2 else down for place in range(points)]


BEYOND = [0.0, 3.01, 0.0]
CASES = [
    # set, rule, series that just signals, (start, first, last, side), series that just does not
    ("nelson", "1", BEYOND, (1, 1, 1, 1), [0.0, 3.0, 0.0]),
    ("nelson", "1", [0.0, -3.01], (1, 1, 1, -1), [0.0, -3.0]),
    ("nelson", "2", [-0.1] + [0.1] * 9, (1, 9, 9, 1), [-0.1] + [0.1] * 8 + [-0.1]),
    ("nelson", "2", [-0.1] * 10, (0, 8, 9, -1), [-0.1] * 8),
    ("nelson", "3", [0.5, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5], (1, 6, 6, 1), [0.5, 0.0, 0.1, 0.2, 0.3, 0.4]),
    ("nelson", "3", [0.5, 0.4, 0.3, 0.2, 0.1, 0.0], (0, 5, 5, -1), [0.5, 0.4, 0.3, 0.3, 0.2, 0.1, 0.0]),
    ("nelson", "4", zigzag(14), (0, 13, 13, 0), zigzag(13)),
    ("nelson", "5", [2.1, 0.0, 2.1], (0, 2, 2, 1), [2.1, 0.0, 0.0, 2.1]),
    ("nelson", "5", [0.0, -2.1, -2.1], (0, 2, 2, -1), [0.0, -2.1, 2.1]),
    ("nelson", "6", [1.1, 1.1, 0.0, 1.1, 1.1], (0, 4, 4, 1), [1.1, 1.1, 0.0, 1.1, -1.1]),
    ("nelson", "6", [0.0, -1.1, -1.1, -1.1, -1.1], (0, 4, 4, -1), [-1.1, -1.1, 0.0, 0.0, -1.1, -1.1]),
    ("nelson", "7", zigzag(15, 0.9, -0.9), (0, 14, 14, 0), [*zigzag(14, 0.9, -0.9), 1.0]),
    ("nelson", "8", zigzag(8, 1.1, -1.1), (0, 7, 7, 0), [*zigzag(7, 1.1, -1.1), 1.0]),
    ("western_electric", "1", BEYOND, (1, 1, 1, 1), [3.0]),
    ("western_electric", "2", [2.1, 0.0, 2.1], (0, 2, 2, 1), [2.1, 0.0, 2.0]),
    ("western_electric", "3", [1.1, 1.1, 0.0, 1.1, 1.1], (0, 4, 4, 1), [1.1, 1.1, 0.0, 1.1, 1.0]),
    ("western_electric", "4", [0.1] * 8, (0, 7, 7, 1), [0.1] * 7),
    ("jis", "1", BEYOND, (1, 1, 1, 1), [3.0]),
    ("jis", "2", [0.1] * 7, (0, 6, 6, 1), [0.1] * 6 + [-0.1] + [0.1] * 6),
    ("jis", "3", [-0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4], (0, 6, 6, 1), [-0.3, -0.2, -0.1, 0.1, 0.2, 0.3]),
]


@pytest.mark.parametrize(("rule_set", "number", "signals_just", "where", "just_not"), CASES)
def test_just_and_just_not(
    rule_set: str, number: str, signals_just: list[float], where: tuple[int, ...], just_not: list[float]
) -> None:
    assert found(signals_just, rule_set, number) == [where]
    assert found(just_not, rule_set, number) == []


def test_every_rule_of_every_set_has_a_case() -> None:
    covered = {(case[0], case[1]) for case in CASES}
    for name, rules in RULE_SETS.items():
        if name != "jis_1998":
            assert {(name, rule.number) for rule in rules} <= covered
    assert RULE_SETS["jis_1998"] == RULE_SETS["nelson"]


def test_a_point_on_the_centre_line_ends_a_run() -> None:
    assert found([0.1] * 4 + [0.0] + [0.1] * 4, "jis", "2") == []


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_a_missing_point_ends_everything(number: str) -> None:
    rising = [0.1, 0.2, 0.3, NAN, 0.4, 0.5, 0.6]
    assert found(rising, "jis", number) == []


def test_two_of_three_marks_the_point_that_completes_it_only() -> None:
    """The quiet point after two far ones is in a window of two of three, but it is not far itself."""
    assert found([2.5, 2.5, 0.0], "nelson", "5") == [(0, 1, 1, 1)]


def test_a_change_of_sides_is_two_signals() -> None:
    assert found([3.5, -3.5], "jis", "1") == [(0, 0, 0, 1), (1, 1, 1, -1)]
    assert found([0.1] * 8 + [-0.1] * 7, "jis", "2") == [(0, 6, 7, 1), (8, 14, 14, -1)]


def test_many_series_at_once_are_each_judged_alone() -> None:
    z = np.random.default_rng(0).normal(size=(50, 40)) * 1.3
    for rule in (*RULE_SETS["nelson"], *RULE_SETS["jis"], *RULE_SETS["western_electric"]):
        assert (marks(z, rule) == np.stack([marks(row, rule) for row in z])).all()


def test_series_shorter_than_a_pattern() -> None:
    for name in RULE_SETS:
        assert signals(np.array([]), name) == []
        assert signals(np.array([0.5]), name) == []


def slow_run(z: np.ndarray, rule: Rule) -> list[int]:
    """Rule "so many on one side", point by point."""
    marked = []
    for place in range(len(z)):
        window = z[max(0, place - rule.points + 1) : place + 1]
        full = len(window) == rule.points
        marked.append(int(full and bool((window > 0).all())) - int(full and bool((window < 0).all())))
    return marked


def slow_most(z: np.ndarray, rule: Rule) -> list[int]:
    """Rule "so many of so many", point by point."""
    marked = []
    for place in range(len(z)):
        window = z[max(0, place - rule.of + 1) : place + 1]
        above = z[place] > rule.sigmas and (window > rule.sigmas).sum() >= rule.points
        below = z[place] < -rule.sigmas and (window < -rule.sigmas).sum() >= rule.points
        marked.append(int(above) - int(below))
    return marked


def test_against_a_slow_reading_of_the_rules() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        z = np.cumsum(rng.normal(size=30)) * 0.5
        for rule in RULE_SETS["nelson"]:
            if rule.shape == "one_side":
                assert marks(z, rule).tolist() == slow_run(z, rule)
            if rule.shape == "most_beyond":
                assert marks(z, rule).tolist() == slow_most(z, rule)


def test_false_alarms_of_rule_one_are_those_of_the_normal_law() -> None:
    z = np.random.default_rng(2).normal(size=(2000, 100))
    assert np.mean(marks(z, RULE_SETS["jis"][0]) != 0) == pytest.approx(0.0027, rel=0.1)
    # A run of seven: a fair coin gives one at a given point with 2 · 2⁻⁷ (the first of a run).
    assert np.mean(marks(z, RULE_SETS["jis"][1])[:, 6] != 0) == pytest.approx(2 / 128, rel=0.35)
