"""Logistic and linear regression on the dense view, along a path of penalties from strong to weak.

The place on the path is to these what the round is to boosting: `fit` walks on while ``valid`` gets better.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from models.automl.algorithms.base import Config, Fitted, Problem, Task, Workbench
from models.automl.algorithms.basis import Basis, expanded
from models.automl.algorithms.plain import Plain
from models.automl.algorithms.space import Span, near
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Linear", "LinearFitted", "softmax_regression"]

KIND = "linear"
STEP = 3.0
"""From one penalty of the path to the next."""
ITERATIONS = 100
SPACE = {"C": Span(1e-5, 1e3, log=True)}


@dataclass(frozen=True)
class LinearFitted:
    """``weights``: (width + 1, outputs), the constants last; one output per class, or one for a value."""

    basis: Basis
    weights: Floats
    problem: Problem
    rounds: int | None

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities or (n,) values."""
        raw = self.basis.apply(matrix) @ self.weights[:-1] + self.weights[-1]
        return raw[:, 0] if self.problem.task == "regression" else np.asarray(softmax(raw, axis=1), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "kind": KIND,
            "task": self.problem.task,
            "classes": self.problem.classes,
            "rounds": self.rounds,
            "weights": self.weights.tolist(),
            "basis": self.basis.to_dict(),
        }


@dataclass(frozen=True)
class Linear(Plain):
    """`Algorithm`: ridge-penalised. ``C``: the weakest inverse penalty of a path of ``path`` steps."""

    seeded = False

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """Straight lines, then curves and products where there are few columns."""
        return [{"C": 100.0, "path": 12, "basis": basis} for basis in ("linear", *Basis.richer(bench, rows))]

    def near(self, config: Config, rng: np.random.Generator) -> Config:
        """The path covers the neighbourhood."""
        return config if config["path"] != 1 else near(config, SPACE, rng)

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
        """Walk the path."""
        basis, table = expanded(bench, str(config["basis"]))
        rows = np.sort(rows)
        penalties = 1 / (float(config["C"]) * STEP ** -np.arange(int(config["path"]))[::-1])
        solve = _ridge if self.task == "regression" else softmax_regression
        classes = max(bench.problem.classes, 1)
        best, least, kept = None, np.inf, 0
        walk = solve(table[rows], bench.target[rows], bench.weight[rows], classes, penalties)
        for done, weights in enumerate(walk, start=1):
            if valid is None:
                best, kept = weights, done
            else:
                raw = table[valid] @ weights[:-1] + weights[-1]
                loss = _loss(raw, bench.target[valid], bench.weight[valid], self.task)
                if loss < least or best is None:
                    best, least, kept = weights, loss, done
                elif done - kept >= 2:
                    break
            if stop is not None and stop():
                break
        assert best is not None
        return LinearFitted(basis, best, Problem(self.task, bench.problem.classes), kept)

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """The penalty at which the folds stopped on average."""
        back = int(config["path"]) - float(np.mean(rounds)) if rounds else 0.0
        return {**config, "C": float(f"{float(config['C']) * STEP**-back:.4g}"), "path": 1}

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Shapes and numbers checked."""
        written = Written.of(content, KIND)
        written.text("task", (self.task,))
        classes = written.whole("classes", 0, 2**20)
        basis = Basis.load(written.part("basis", "basis"))
        weights = written.numbers("weights", basis.width + 1, max(classes, 1))
        return LinearFitted(basis, weights, Problem(self.task, classes), written.count("rounds"))


def _loss(raw: Floats, target: Floats, weight: Floats, task: Task) -> float:
    if task == "regression":
        return float(np.average((raw[:, 0] - target) ** 2, weights=weight))
    said = raw[np.arange(len(raw)), target.astype(np.int64)]
    return float(np.average(logsumexp(raw, axis=1) - said, weights=weight))


def _ridge(table: Floats, target: Floats, weight: Floats, _: int, penalties: Floats) -> Iterator[Floats]:
    """Least squares with each penalty; the target in units of its own spread, so that C means the same everywhere."""
    share = weight / weight.sum()
    centre, middle = share @ table, float(share @ target)
    centred = table - centre
    gram = (centred * share[:, None]).T @ centred
    slope = (centred * share[:, None]).T @ (target - middle)
    for penalty in penalties:
        system = gram + np.eye(len(gram)) * max(penalty / len(table), 1e-10)
        found = cho_solve(cho_factor(system), slope) if len(gram) else slope
        yield np.append(found, middle - centre @ found)[:, None]


def softmax_regression(
    table: Floats, target: Floats, weight: Floats, classes: int, penalties: Floats
) -> Iterator[Floats]:
    """Softmax regression, each penalty started from the last one's answer; the constants go unpunished.

    The slopes are sought in coordinates in which a bound of the curvature is round (Böhning 1992: never more than half
    the Gram matrix), so that a few steps do where columns hang together.
    """
    rows, width = table.shape
    share = weight / weight.sum()
    truth = (target[:, None] == np.arange(classes)).astype(np.float64)
    centre = share @ table
    centred = table - centre
    transposed = np.ascontiguousarray(centred.T)
    gram = (transposed * share) @ centred / 4
    # Start at the class shares, a row's worth short of certainty.
    slopes = np.zeros((width, classes))
    constants = np.log((share @ truth * rows + 1) / (rows + classes))

    for penalty in penalties / rows:
        root = cholesky(gram + np.eye(width) * penalty, lower=True)

        def loss(flat: Floats, penalty: float = penalty, root: Floats = root) -> tuple[float, Floats]:
            round_ = flat.reshape(width + 1, classes)
            now = solve_triangular(root, round_[:-1], lower=True, trans="T", check_finite=False)
            raw = centred @ now + round_[-1]
            # By hand: asked some thousand times on small tables, where scipy's care costs more than the numbers.
            top = raw.max(axis=1, keepdims=True)
            sizes = np.exp(raw - top)
            sums = sizes.sum(axis=1, keepdims=True)
            wrong = (sizes / sums - truth) * share[:, None]
            total = (np.log(sums) + top)[:, 0]
            value = share @ (total - (raw * truth).sum(axis=1)) + penalty / 2 * (now**2).sum()
            slope = solve_triangular(root, transposed @ wrong + penalty * now, lower=True, check_finite=False)
            return float(value), np.concatenate([slope, wrong.sum(axis=0)[None]]).ravel()

        start = np.concatenate([root.T @ slopes, constants[None]]).ravel()
        options = {"maxiter": ITERATIONS, "gtol": 1e-5, "ftol": 1e-8}
        found = minimize(loss, start, (), "L-BFGS-B", jac=True, options=options).x.reshape(width + 1, classes)
        slopes = solve_triangular(root, found[:-1], lower=True, trans="T", check_finite=False)
        constants = found[-1]
        yield np.concatenate([slopes, (constants - centre @ slopes)[None]])
