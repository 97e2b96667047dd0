"""Factors agree with the tables printed in standards and textbooks, to the last digit but one that rounding leaves."""

import math

import numpy as np
import pytest

from models.spc.constants import c4, d2, d3, factors

NAMES = ("A2", "A3", "c4", "B3", "B4", "B5", "B6", "d2", "d3", "D1", "D2", "D3", "D4")
PUBLISHED = {
    2: (1.880, 2.659, 0.7979, 0, 3.267, 0, 2.606, 1.128, 0.853, 0, 3.686, 0, 3.267),
    3: (1.023, 1.954, 0.8862, 0, 2.568, 0, 2.276, 1.693, 0.888, 0, 4.358, 0, 2.575),
    4: (0.729, 1.628, 0.9213, 0, 2.266, 0, 2.088, 2.059, 0.880, 0, 4.698, 0, 2.282),
    5: (0.577, 1.427, 0.9400, 0, 2.089, 0, 1.964, 2.326, 0.864, 0, 4.918, 0, 2.115),
    6: (0.483, 1.287, 0.9515, 0.030, 1.970, 0.029, 1.874, 2.534, 0.848, 0, 5.078, 0, 2.004),
    7: (0.419, 1.182, 0.9594, 0.118, 1.882, 0.113, 1.806, 2.704, 0.833, 0.204, 5.204, 0.076, 1.924),
    8: (0.373, 1.099, 0.9650, 0.185, 1.815, 0.179, 1.751, 2.847, 0.820, 0.388, 5.306, 0.136, 1.864),
    9: (0.337, 1.032, 0.9693, 0.239, 1.761, 0.232, 1.707, 2.970, 0.808, 0.547, 5.393, 0.184, 1.816),
    10: (0.308, 0.975, 0.9727, 0.284, 1.716, 0.276, 1.669, 3.078, 0.797, 0.687, 5.469, 0.223, 1.777),
    11: (0.285, 0.927, 0.9754, 0.321, 1.679, 0.313, 1.637, 3.173, 0.787, 0.811, 5.535, 0.256, 1.744),
    12: (0.266, 0.886, 0.9776, 0.354, 1.646, 0.346, 1.610, 3.258, 0.778, 0.922, 5.594, 0.283, 1.717),
    13: (0.249, 0.850, 0.9794, 0.382, 1.618, 0.374, 1.585, 3.336, 0.770, 1.025, 5.647, 0.307, 1.693),
    14: (0.235, 0.817, 0.9810, 0.406, 1.594, 0.399, 1.563, 3.407, 0.763, 1.118, 5.696, 0.328, 1.672),
    15: (0.223, 0.789, 0.9823, 0.428, 1.572, 0.421, 1.544, 3.472, 0.756, 1.203, 5.741, 0.347, 1.653),
    16: (0.212, 0.763, 0.9835, 0.448, 1.552, 0.440, 1.526, 3.532, 0.750, 1.282, 5.782, 0.363, 1.637),
    17: (0.203, 0.739, 0.9845, 0.466, 1.534, 0.458, 1.511, 3.588, 0.744, 1.356, 5.820, 0.378, 1.622),
    18: (0.194, 0.718, 0.9854, 0.482, 1.518, 0.475, 1.496, 3.640, 0.739, 1.424, 5.856, 0.391, 1.608),
    19: (0.187, 0.698, 0.9862, 0.497, 1.503, 0.490, 1.483, 3.689, 0.734, 1.487, 5.891, 0.403, 1.597),
    20: (0.180, 0.680, 0.9869, 0.510, 1.490, 0.504, 1.470, 3.735, 0.729, 1.549, 5.921, 0.415, 1.585),
    21: (0.173, 0.663, 0.9876, 0.523, 1.477, 0.516, 1.459, 3.778, 0.724, 1.605, 5.951, 0.425, 1.575),
    22: (0.167, 0.647, 0.9882, 0.534, 1.466, 0.528, 1.448, 3.819, 0.720, 1.659, 5.979, 0.434, 1.566),
    23: (0.162, 0.633, 0.9887, 0.545, 1.455, 0.539, 1.438, 3.858, 0.716, 1.710, 6.006, 0.443, 1.557),
    24: (0.157, 0.619, 0.9892, 0.555, 1.445, 0.549, 1.429, 3.895, 0.712, 1.759, 6.031, 0.451, 1.548),
    25: (0.153, 0.606, 0.9896, 0.565, 1.435, 0.559, 1.420, 3.931, 0.708, 1.806, 6.056, 0.459, 1.541),
}
E2 = {2: 2.660, 3: 1.772, 4: 1.457, 5: 1.290, 6: 1.184, 7: 1.109, 8: 1.054, 9: 1.010, 10: 0.975}
ROUNDED_TWICE = {"D1": 0.004, "D2": 0.004, "D3": 0.0015, "D4": 0.0015}
"""Printed tables compute these from a d3 already rounded to three decimals."""


@pytest.mark.parametrize("n", PUBLISHED)
def test_against_the_published_table(n: int) -> None:
    for name, printed in zip(NAMES, PUBLISHED[n], strict=True):
        digit = 0.00006 if name == "c4" else 0.00061
        assert abs(getattr(factors(n), name) - printed) <= ROUNDED_TWICE.get(name, digit), name


@pytest.mark.parametrize("n", E2)
def test_e2_against_the_published_table(n: int) -> None:
    # Printed tables divide by a d2 already rounded to three decimals.
    assert pytest.approx(E2[n], abs=0.0015) == factors(n).E2


def test_known_in_closed_form() -> None:
    """The range of two is the absolute difference; of three, 3 / √π."""
    assert d2(2) == pytest.approx(2 / math.sqrt(math.pi), abs=1e-9)
    assert d2(3) == pytest.approx(3 / math.sqrt(math.pi), abs=1e-9)
    assert d3(2) == pytest.approx(math.sqrt(2 - 4 / math.pi), abs=1e-6)
    assert c4(2) == pytest.approx(math.sqrt(2 / math.pi), abs=1e-12)


def test_large_subgroups_by_simulation() -> None:
    sample = np.random.default_rng(0).normal(size=(20000, 100))
    ranges = np.ptp(sample, axis=1)
    assert ranges.mean() == pytest.approx(d2(100), abs=0.02)
    assert ranges.std() == pytest.approx(d3(100), abs=0.02)


@pytest.mark.parametrize("n", [0, 1, 1001])
def test_sizes_without_factors_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"subgroups of {n}; .* 2 to 1000"):
        factors(n)
