"""Linear models, naive Bayes, support vector machines and networks: products of matrices on the dense view."""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from models.automl.algorithms.basis import Basis
from models.automl.algorithms.bayes import MOST, BayesFitted
from models.automl.algorithms.linear import LinearFitted
from models.automl.algorithms.naive import NaiveFitted
from models.automl.algorithms.neural import NeuralFitted
from models.automl.algorithms.scaled import Scaled
from models.automl.algorithms.svm import SvmFitted
from models.onnx.write.graph import Graph

__all__ = ["bayes", "linear", "naive", "neural", "svm"]


def _axes(*axes: int) -> "np.ndarray[Any, Any]":
    return np.array(axes, dtype=np.int64)


def _view(graph: Graph, scaled: Scaled, features: Sequence[str]) -> tuple[list[str], list[str]]:
    """The numbers, a value each, and all else of `Scaled.apply`."""
    numbers, told, lit = [], [], []
    for number in scaled.numbers:
        value = features[number.place]
        line = graph.interpolated(value, number.line[:, 0], number.line[:, 1])
        numbers.append(graph.filled(line, number.gap))
        if number.told:
            told.append(graph.double(graph("IsNaN", value)))
    for category in scaled.categories:
        table = np.zeros((len(category.column), category.width))
        rows = np.flatnonzero(category.column >= 0)
        table[rows, category.column[rows]] = 1.0
        lit.append(graph.looked_up(features[category.place], table))
    return numbers, told + lit


def _product(graph: Graph, table: str, weights: Any) -> str:
    """(rows, width) with a matrix whose last row is the constant."""
    return graph("Add", graph("MatMul", table, weights[:-1]), weights[-1:])


def _constant(graph: Graph, features: Sequence[str], row: Any) -> str:
    """The same in every row."""
    nought = graph("Mul", graph.filled(features[0], 0.0), np.float64(0.0))
    return graph("Add", nought, np.asarray(row, dtype=np.float64)[None, :])


def _table(graph: Graph, basis: Basis, features: Sequence[str]) -> str | None:
    """(rows, width) of `Basis.apply`; None where nothing varied in training."""
    numbers, others = _view(graph, basis.scaled, features)
    parts = [*numbers, *others]
    if basis.shape == "curves":
        parts += [
            graph("Relu", graph("Sub", each, bends[None, :])) for each, bends in zip(numbers, basis.bends, strict=True)
        ]
    elif basis.shape == "squares" and numbers:
        block = graph.joined(numbers)
        pairs = np.array(list(combinations_with_replacement(range(len(numbers)), 2)), dtype=np.int64)
        parts.append(graph("Mul", *(graph("Gather", block, places, axis=1) for places in pairs.T)))
    return graph.joined(parts) if parts else None


def linear(graph: Graph, fitted: LinearFitted, features: Sequence[str]) -> str:
    """(rows, classes) probabilities, or (rows, 1) values."""
    table = _table(graph, fitted.basis, features)
    raw = _constant(graph, features, fitted.weights[-1]) if table is None else _product(graph, table, fitted.weights)
    return raw if fitted.problem.task == "regression" else graph.softmax(raw)


def svm(graph: Graph, fitted: SvmFitted, features: Sequence[str]) -> str:
    """(rows, classes) probabilities, or (rows, 1) values. exp(-gamma |x - v|²), the square written out."""
    machine = fitted.machine
    table = _table(graph, Basis("linear", fitted.scaled, np.zeros((0, 0))), features)
    if table is None:
        said = _constant(graph, features, machine.constant)
    elif machine.gamma:
        own = (machine.vectors**2).sum(axis=1)
        square = graph("ReduceSum", graph("Mul", table, table), _axes(1), keepdims=1)
        apart = graph("Sub", graph("Add", square, own[None, :]), graph("MatMul", table, 2 * machine.vectors.T))
        kernel = graph("Exp", graph("Mul", graph("Max", apart, np.float64(0.0)), np.float64(-machine.gamma)))
        said = _product(graph, kernel, np.concatenate([machine.weights, machine.constant[None, :]]))
    else:
        said = _product(graph, table, np.concatenate([machine.weights, machine.constant[None, :]]))
    raw = _product(graph, said, fitted.link)
    return raw if fitted.task == "regression" else graph.softmax(raw)


def bayes(graph: Graph, fitted: BayesFitted, features: Sequence[str]) -> str:
    """(rows, classes)."""
    raw = _constant(graph, features, fitted.prior)
    numbers, _ = _view(graph, fitted.scaled, features)
    if numbers:
        missing = graph.joined([graph("IsNaN", features[each.place]) for each in fitted.scaled.numbers])
        spread = fitted.variance[None, :, :]
        away = graph("Sub", graph("Unsqueeze", graph.joined(numbers), _axes(1)), fitted.mean[None, :, :])
        density = graph("Sub", -0.5 * np.log(spread), graph("Mul", graph("Mul", away, away), 0.5 / spread))
        kept = graph("Where", graph("Unsqueeze", missing, _axes(1)), np.float64(0.0), density)
        raw = graph("Add", raw, graph("ReduceSum", kept, _axes(2), keepdims=0))
    for category, shares in zip(fitted.scaled.categories, fitted.shares, strict=True):
        known = np.concatenate([shares, np.zeros((1, shares.shape[1]))])
        raw = graph("Add", raw, graph.looked_up(features[category.place], known))
    centred = graph("Sub", raw, graph("ReduceMean", raw, _axes(1), keepdims=1))
    bounded = graph("Max", graph("Min", centred, np.float64(MOST)), np.float64(-MOST))
    return graph.softmax(_product(graph, bounded, fitted.link))


def neural(graph: Graph, fitted: NeuralFitted, features: Sequence[str]) -> str:
    """(rows, classes) probabilities, or (rows, 1) values: the mean of the members, each a layer of matrices."""
    numbers, others = _view(graph, fitted.scaled, features)
    now = graph("Unsqueeze", graph.joined([*numbers, *others]), _axes(0))
    layers = [np.asarray(layer, dtype=np.float64) for layer in fitted.layers]
    for place, layer in enumerate(layers):
        now = graph("Add", graph("MatMul", now, layer[:, :-1]), layer[:, -1:])
        if place < len(layers) - 1:
            now = graph("Relu", now)
    if fitted.task == "regression":
        mean = graph("ReduceMean", now, _axes(0), keepdims=0)
        return graph("Add", graph("Mul", mean, np.float64(fitted.scale)), np.float64(fitted.offset))
    return graph("ReduceMean", graph.softmax(now, axis=2), _axes(0), keepdims=0)


def naive(graph: Graph, fitted: NaiveFitted, features: Sequence[str]) -> str:
    """(rows, classes) shares, or (rows, 1) the mean."""
    return _constant(graph, features, fitted.said)
