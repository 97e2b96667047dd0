"""From raw probabilities to calibrated ones, and to the class that is decided for, as `models.automl.decide` does."""

import numpy as np

from models.automl.decide import Decisions
from models.automl.decide.calibrate import EPS, MIXED, Calibration
from models.automl.decide.threshold import Rule
from models.onnx.write.graph import Graph

__all__ = ["decided", "probabilities"]

_ONE = np.array([1], dtype=np.int64)


def probabilities(graph: Graph, decisions: Decisions, raw: str) -> str:
    """(rows, classes)."""
    if decisions.class_weights:
        raw = graph("Div", raw, np.array(decisions.class_weights)[None, :])
        raw = graph("Div", raw, graph("ReduceSum", raw, _ONE, keepdims=1))
    return _calibrated(graph, decisions.calibration, raw)


def _calibrated(graph: Graph, calibration: Calibration, raw: str) -> str:
    kind, numbers = calibration.kind, np.array(calibration.numbers)
    if kind == "identity":
        return raw
    safe = graph("Min", graph("Max", raw, np.float64(EPS)), np.float64(1.0))
    if kind in ("temperature", "vector"):
        shifts = numbers[1:] if len(numbers) > 1 else np.zeros(1)
        return graph.softmax(graph("Add", graph("Mul", graph("Log", safe), numbers[0]), shifts[None, :]))
    share = graph("Div", graph("Gather", safe, _ONE, axis=1), graph("ReduceSum", safe, _ONE, keepdims=1))
    last = graph("Min", graph("Max", share, np.float64(EPS)), np.float64(1 - EPS))
    if kind == "isotonic":
        half = len(numbers) // 2
        line = graph.interpolated(last, numbers[:half], numbers[half:])
        mixed = graph("Mul", last, np.float64(MIXED))
        return graph.pair(graph("Add", graph("Mul", line, np.float64(1 - MIXED)), mixed))
    rest = graph("Log", graph("Sub", np.float64(1.0), last))
    rising = graph("Mul", graph("Log", last), numbers[0])
    # Platt's is the same slope for both logarithms.
    falling = graph("Mul", rest, numbers[0] if kind == "platt" else numbers[1])
    return graph.pair(graph("Sigmoid", graph("Add", graph("Sub", rising, falling), numbers[-1])))


def decided(graph: Graph, rule: Rule | None, chances: str) -> str:
    """(rows,) codes of classes."""
    if rule is None:
        return graph("ArgMax", chances, axis=1, keepdims=0)
    matrix = np.array(rule.matrix)
    if rule.bad is not None:
        matrix[:, rule.bad] += rule.surcharge
    cost = graph("MatMul", chances, matrix)
    least = graph("ReduceMin", cost, _ONE, keepdims=1)
    slack = graph("Mul", graph("Max", graph("Abs", least), np.float64(1e-300)), np.float64(1e-12))
    close = graph("Not", graph("Less", graph("Add", least, slack), cost))
    return graph("ArgMax", graph("Where", close, chances, np.float64(-1.0)), axis=1, keepdims=0)
