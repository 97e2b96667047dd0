"""Small plants whose mechanisms are known."""

import numpy as np
import pandas as pd

from models.study.data import StudyData, TooLittle, prepare
from models.study.spec import StudySpec


def studied(frame: pd.DataFrame, **content: object) -> StudyData:
    """A table as a study of the column ``bad``."""
    spec = StudySpec.parse({"name": "s", "task": "classification", "target": "bad", "bad": 1, **content})
    data = prepare(frame, spec)
    assert not isinstance(data, TooLittle)
    return data


def two_mechanisms(seed: int, n: int = 3000) -> tuple[pd.DataFrame, list[set[str]]]:
    """Power over its limit (speed x torque), or worn and at low pressure; a probe repeats speed, the rest is noise.

    Returns the table and, for each unit, the columns that made it bad.
    """
    rng = np.random.default_rng(seed)
    speed = rng.normal(60, 8, n)
    torque = 100 - 0.8 * speed + rng.normal(0, 5, n)
    wear, pressure = rng.uniform(0, 200, n), rng.normal(3, 0.3, n)
    frame = pd.DataFrame({"speed": speed, "torque": torque, "wear": wear, "pressure": pressure})
    frame["probe"] = speed + rng.normal(0, 4, n)
    for place in range(4):
        frame[f"noise{place}"] = rng.normal(0, 1, n)
    power = speed * torque
    first, second = power > np.quantile(power, 0.97), (wear > 120) & (pressure < np.quantile(pressure, 0.08))
    frame["bad"] = ((first | second) & (rng.random(n) < 0.95)).astype(int)
    causes = [
        ({"speed", "torque"} if one else set()) | ({"wear", "pressure"} if other else set())
        for one, other in zip(first, second, strict=True)
    ]
    return frame, causes


def cooled(n: int = 2000, seed: int = 1) -> tuple[pd.DataFrame, dict[str, object]]:
    """The bottle's temperature follows the cooler (slope 1.2) and the day; warm bottles leak, nothing else matters."""
    rng = np.random.default_rng(seed)
    day = rng.normal(20, 4, n)
    cooler = np.round(7 - 0.1 * (day - 20) + rng.normal(0, 1.5, n), 1)
    temp = 20 + 1.2 * cooler + 0.3 * (day - 20) + rng.normal(0, 0.4, n)
    speed = np.round(rng.normal(60, 5, n))
    frame = pd.DataFrame({"day": day, "cooler": cooler, "temp": temp, "speed": speed})
    frame["bad"] = (temp > 31.5).astype(int)
    factors = {
        "day": {"role": "context"},
        "cooler": {"role": "controllable", "min": 2, "max": 12, "step": 0.5, "stage": 1},
        "speed": {"role": "controllable", "min": 40, "max": 80, "step": 1, "stage": 1},
        "temp": {"role": "state", "stage": 2, "unit": "degC"},
    }
    return frame, {"factors": factors}
