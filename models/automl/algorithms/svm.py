"""Support vector machines: with a Gaussian kernel, and linear ones. Classes one against the rest.

Probabilities come from a softmax regression on out-of-fold decisions, not from libsvm's own slow way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from models.automl.algorithms.base import Config, Fitted, Task, Workbench
from models.automl.algorithms.linear import softmax_regression
from models.automl.algorithms.plain import Plain, dealt
from models.automl.algorithms.scaled import Scaled, view
from models.automl.algorithms.space import Space, Span
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Svm"]

KIND = "svm"
KERNEL_ROWS = 6_000
"""Times the machines to train: the time of a kernel machine grows faster than the square of the rows."""
LINEAR_CELLS = 3_000_000
FOLDS = 3
CHUNK = 2_000_000
"""Cells of the kernel made at once."""


@dataclass(frozen=True)
class Machine:
    """Decisions (n, outputs). ``gamma`` 0: linear, and then ``vectors`` is the unit matrix, left away."""

    gamma: float
    vectors: Floats
    weights: Floats
    constant: Floats

    def decide(self, table: Floats) -> Floats:
        """(n, outputs)."""
        if not self.gamma:
            return table @ self.weights + self.constant
        out = np.empty((len(table), self.weights.shape[1]))
        step = max(1, CHUNK // max(1, len(self.vectors)))
        own = (self.vectors**2).sum(axis=1)
        for first in range(0, len(table), step):
            part = table[first : first + step]
            apart = (part**2).sum(axis=1)[:, None] + own - 2 * part @ self.vectors.T
            out[first : first + step] = np.exp(-self.gamma * np.maximum(apart, 0.0)) @ self.weights
        return out + self.constant


@dataclass(frozen=True)
class SvmFitted:
    """``link``: (outputs + 1, classes) of the softmax regression on the decisions, or (2, 1) scale and offset."""

    scaled: Scaled
    machine: Machine
    link: Floats
    task: Task
    rounds: int | None = None

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities or (n,) values."""
        raw = self.machine.decide(self.scaled.apply(matrix)) @ self.link[:-1] + self.link[-1]
        return raw[:, 0] if self.task == "regression" else np.asarray(softmax(raw, axis=1), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "kind": KIND,
            "task": self.task,
            "scaled": self.scaled.to_dict(),
            "gamma": self.machine.gamma,
            "vectors": self.machine.vectors.tolist(),
            "weights": self.machine.weights.tolist(),
            "constant": self.machine.constant.tolist(),
            "link": self.link.tolist(),
        }


@dataclass(frozen=True)
class Svm(Plain):
    """`Algorithm`: SVC, SVR, LinearSVC, LinearSVR. ``gamma`` in units of 1 / (columns * variance)."""

    seeded = False

    @property
    def kernel(self) -> bool:
        """With a Gaussian kernel."""
        return not self.name.startswith("Linear")

    @property
    def space(self) -> Space:
        """What `near` varies."""
        return {"C": Span(1e-3, 1e3, log=True), "gamma": Span(0.03, 10.0, log=True)}

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Size."""
        machines = bench.problem.classes if bench.problem.classes > 2 else 1
        if self.kernel and rows * np.sqrt(machines) > KERNEL_ROWS:
            return f"takes too long beyond {KERNEL_ROWS:,} rows (fewer with many classes)"
        if not self.kernel and rows * bench.matrix.p * machines > LINEAR_CELLS:
            return f"is no better than the other linear ones, and slower, beyond {LINEAR_CELLS:,} cells"
        return super().unsuited(bench, rows)

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """Smooth ones."""
        if not self.kernel:
            return [{"C": 0.1}]
        return [{"C": 3.0, "gamma": 0.3}, {"C": 20.0, "gamma": 0.1}, {"C": 3.0, "gamma": 1.0}]

    def fit(
        self,
        bench: Workbench,
        rows: Ints,
        config: Config,
        *,
        valid: Ints | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Fitted:
        """Train on the folds for the probabilities, then on all rows."""
        scaled, whole = view(bench)
        rows = np.sort(rows)
        table, target, weight = whole[rows], bench.target[rows], bench.weight[rows]
        if self.task == "regression":
            middle, spread = float(np.average(target, weights=weight)), float(np.std(target)) or 1.0
            machine = self._machine(table, ((target - middle) / spread)[:, None], weight, config)
            return SvmFitted(scaled, machine, np.array([[spread], [middle]]), self.task)
        classes = bench.problem.classes
        wanted = [1] if classes == 2 else list(range(classes))
        sides = np.where(target[:, None] == wanted, 1.0, -1.0)
        fold = dealt(target, FOLDS, np.random.default_rng(seed))
        decided = np.zeros(sides.shape)
        for number in range(FOLDS):
            if stop is not None and stop():
                break
            rest, left = fold != number, fold == number
            if left.any() and rest.any():
                decided[left] = self._machine(table[rest], sides[rest], weight[rest], config).decide(table[left])
        *_, link = softmax_regression(decided, target, weight, classes, np.array([1.0]))
        return SvmFitted(scaled, self._machine(table, sides, weight, config), link, self.task)

    def _machine(self, table: Floats, sides: Floats, weight: Floats, config: Config) -> Machine:
        """One machine per column of ``sides``; a column that is constant needs none."""
        if not self.kernel:
            found = [self._linear(table, side, weight, float(config["C"])) for side in sides.T]
            slopes = np.stack([slope for slope, _ in found], axis=1)
            return Machine(0.0, np.zeros((0, 0)), slopes, np.array([middle for _, middle in found]))
        gamma = float(config["gamma"]) / max(float(table.var()) * table.shape[1], 1e-12)
        dual = np.zeros(sides.shape)
        constant = np.zeros(sides.shape[1])
        for place, side in enumerate(sides.T):
            if np.ptp(side) == 0:
                constant[place] = side[0]
                continue
            build = SVR if self.task == "regression" else SVC
            made = build(C=float(config["C"]), gamma=gamma, cache_size=100).fit(table, side, sample_weight=weight)
            dual[made.support_, place] = made.dual_coef_.ravel()
            constant[place] = made.intercept_[0]
        used = np.flatnonzero(np.abs(dual).sum(axis=1))
        return Machine(gamma, table[used], dual[used], constant)

    def _linear(self, table: Floats, side: Floats, weight: Floats, strength: float) -> tuple[Floats, float]:
        if np.ptp(side) == 0 or not table.shape[1]:
            return np.zeros(table.shape[1]), float(side[0]) if np.ptp(side) == 0 else 0.0
        # The squared losses: their primal form is quick, and settles.
        if self.task == "regression":
            made = LinearSVR(C=strength, loss="squared_epsilon_insensitive", dual=False, epsilon=0.1, max_iter=5_000)
        else:
            made = LinearSVC(C=strength, dual=False, max_iter=5_000)
        made.fit(table, side, sample_weight=weight)
        return made.coef_.ravel(), float(np.ravel(made.intercept_)[0])

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Shapes and numbers checked."""
        written = Written.of(content, KIND)
        written.text("task", (self.task,))
        scaled = Scaled.load(written.part("scaled", "scaled"))
        gamma = written.number("gamma")
        constant = written.numbers("constant", -1)
        vectors = written.numbers("vectors", -1, scaled.width) if gamma else written.numbers("vectors", 0, 0)
        length = len(vectors) if gamma else scaled.width
        weights = written.numbers("weights", length, len(constant))
        link = written.numbers("link", len(constant) + 1, -1)
        return SvmFitted(scaled, Machine(gamma, vectors, weights, constant), link, self.task)
