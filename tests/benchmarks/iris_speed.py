"""From the call to the finished, explained model on Iris, in a warm process (HeatWave's walk-through: 9 to 24 s).

python -m tests.benchmarks.iris_speed
"""

import statistics
import time

from sklearn.datasets import load_iris

from models.automl import fit

TURNS = 5


def measure() -> tuple[float, float | None]:
    """Median seconds of five turns after a first one, and the accuracy on the rows held back."""
    table = load_iris(as_frame=True).frame
    model = fit(table, "target")
    seconds = []
    for seed in range(TURNS):
        started = time.perf_counter()
        model = fit(table, "target", seed=seed)
        model.explain_rows(table.head(1).drop(columns="target"))
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), model.quality.forward


if __name__ == "__main__":
    seconds, accuracy = measure()
    print(f"iris: {seconds:.2f} s from the call to the explained model; accuracy {accuracy}")
