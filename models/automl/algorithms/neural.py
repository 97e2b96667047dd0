"""A few small neural networks side by side on the dense view: smooth where trees have steps, so blends gain by it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from models.automl.algorithms.base import Config, Fitted, Task, Workbench
from models.automl.algorithms.plain import Plain
from models.automl.algorithms.scaled import Scaled, view
from models.automl.algorithms.space import Space, Span
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Neural"]

KIND = "neural"
Single = NDArray[np.float32]
MEMBERS = 4
ROWS = 50_000
PATIENCE = 8
MOMENTUM, MEAN_SQUARE, TINY = 0.9, 0.99, 1e-7
DECAY = 0.97
"""Of the step, per epoch: so an epoch means the same whether or not somebody watches."""


@dataclass(frozen=True)
class NeuralFitted:
    """``layers``: weights (members, in + 1, out), the constants last. Regression: ``offset + scale *`` the mean."""

    scaled: Scaled
    layers: tuple[Floats, ...]
    task: Task
    rounds: int | None
    offset: float = 0.0
    scale: float = 1.0

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities or (n,) values: the mean of the members."""
        raw = _out(self.layers, self.scaled.apply(matrix))
        if self.task == "regression":
            return np.asarray(self.offset + self.scale * raw.mean(axis=0)[:, 0], dtype=np.float64)
        return np.asarray(softmax(raw, axis=2).mean(axis=0), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "kind": KIND,
            "task": self.task,
            "rounds": self.rounds,
            "scaled": self.scaled.to_dict(),
            "layers": [layer.tolist() for layer in self.layers],
            "offset": self.offset,
            "scale": self.scale,
        }


@dataclass(frozen=True)
class Neural(Plain):
    """`Algorithm`. ``hidden``: units in each of two layers; ``alpha``: weight decay."""

    seeded = True

    @property
    def space(self) -> Space:
        """What `near` varies."""
        return {
            "hidden": (32, 64, 128),
            "learning_rate_init": Span(1e-3, 2e-2, log=True),
            "alpha": Span(1e-3, 1.0, log=True),
            "dropout": Span(0.0, 0.5),
        }

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Size."""
        if rows > ROWS:
            return f"takes too long beyond {ROWS:,} rows"
        return super().unsuited(bench, rows)

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """A quick one and a wider, slower one."""
        return [
            {"epochs": 100, "hidden": 64, "learning_rate_init": 0.005, "alpha": 0.1, "dropout": 0.3},
            {"epochs": 100, "hidden": 128, "learning_rate_init": 0.002, "alpha": 0.1, "dropout": 0.2},
        ]

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
        """Adam with decoupled weight decay; the epoch that suits ``valid`` best."""
        scaled, whole = view(bench)
        rows = np.sort(rows)
        target, weight, classes = bench.target, bench.weight, bench.problem.classes
        offset, scale = 0.0, 1.0
        if self.task == "regression":
            offset = float(np.average(target[rows], weights=weight[rows]))
            scale = float(np.std(target[rows])) or 1.0
            wanted = ((target - offset) / scale)[:, None]
        else:
            wanted = np.asarray(target[:, None] == np.arange(classes), dtype=np.float64)
        data = whole[rows].astype(np.float32), wanted[rows].astype(np.float32), weight[rows].astype(np.float32)
        best, least, kept = None, np.inf, 0
        for done, layers in enumerate(_epochs(data, config, self.task, np.random.default_rng(seed)), start=1):
            if valid is None:
                best, kept = layers, done
            else:
                loss = _loss(_out(layers, whole[valid].astype(np.float32)), wanted[valid], weight[valid], self.task)
                if loss < least or best is None:
                    best, least, kept = [layer.copy() for layer in layers], loss, done
                elif done - kept >= PATIENCE:
                    break
            if stop is not None and stop():
                break
        assert best is not None
        return NeuralFitted(scaled, tuple(layer.astype(np.float64) for layer in best), self.task, kept, offset, scale)

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """As many epochs as the folds needed on average."""
        return {**config, "epochs": max(1, round(np.mean(rounds)))} if rounds else config

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Shapes and numbers checked."""
        written = Written.of(content, KIND)
        task: Task = "classification" if self.task == "classification" else "regression"
        written.text("task", (task,))
        scaled = Scaled.load(written.part("scaled", "scaled"))
        tables = content.get("layers")
        if not isinstance(tables, list) or not tables:
            raise written.wrong("layers", "is not a list")
        layers: list[Floats] = []
        members, width = -1, scaled.width
        for table in tables:
            layer = Written({"layers": table}, KIND).numbers("layers", members, width + 1, -1)
            members, width = len(layer), layer.shape[2]
            layers.append(layer)
        if self.task == "regression" and width != 1:
            raise written.wrong("layers", "ends in more than one value")
        offset, scale = written.number("offset"), written.number("scale")
        return NeuralFitted(scaled, tuple(layers), task, written.count("rounds"), offset, scale)


def _out(layers: Sequence[Any], table: Any) -> Any:
    """(members, n, outputs)."""
    now = table
    for layer in layers[:-1]:
        now = np.maximum(now @ layer[:, :-1] + layer[:, -1:], 0)
    return now @ layers[-1][:, :-1] + layers[-1][:, -1:]


def _loss(raw: Any, wanted: Floats, weight: Floats, task: Task) -> float:
    if task == "regression":
        return float(np.average((raw.mean(axis=0) - wanted)[:, 0] ** 2, weights=weight))
    said = (softmax(raw.astype(np.float64), axis=2).mean(axis=0) * wanted).sum(axis=1)
    return float(-np.average(np.log(np.maximum(said, 1e-12)), weights=weight))


def _epochs(
    data: tuple[Single, Single, Single], config: Config, task: Task, rng: np.random.Generator
) -> Iterator[list[Single]]:
    """The layers after each epoch; the same arrays, changed in place."""
    table, wanted, weight = data
    rows, hidden, dropout = len(table), int(config["hidden"]), float(config["dropout"])
    widths = [table.shape[1], hidden, hidden, wanted.shape[1]]
    layers = []
    for before, after in pairwise(widths):
        layer = rng.normal(0.0, np.sqrt(2.0 / max(before, 1)), (MEMBERS, before + 1, after)).astype(np.float32)
        layer[:, -1] = 0.0
        layers.append(layer)
    layers[-1] *= 0.1
    first, second = [np.zeros_like(layer) for layer in layers], [np.zeros_like(layer) for layer in layers]
    batch = int(np.clip(rows // 16, 16, 256))
    rate, steps = float(config["learning_rate_init"]), 0
    for _ in range(int(config["epochs"])):
        order = np.stack([rng.permutation(rows) for _ in range(MEMBERS)])
        for start in range(0, rows, batch):
            chosen = order[:, start : start + batch]
            slopes = _slopes(layers, table[chosen], wanted[chosen], weight[chosen], task, dropout, rng)
            steps += 1
            fade = np.sqrt(1 - MEAN_SQUARE**steps) / (1 - MOMENTUM**steps)
            for layer, slope, mean, square in zip(layers, slopes, first, second, strict=True):
                mean += (1 - MOMENTUM) * (slope - mean)
                square += (1 - MEAN_SQUARE) * (slope * slope - square)
                layer[:, :-1] *= 1 - rate * float(config["alpha"])
                layer -= np.float32(rate * fade) * mean / (np.sqrt(square) + np.float32(TINY))
        rate *= DECAY
        yield layers


def _slopes(
    layers: Sequence[Single],
    table: Single,
    wanted: Single,
    weight: Single,
    task: Task,
    dropout: float,
    rng: np.random.Generator,
) -> list[Single]:
    """The gradient of the mean loss of a batch (members, rows, …), layer by layer."""
    seen, masks = [table], []
    for layer in layers[:-1]:
        now = np.maximum(seen[-1] @ layer[:, :-1] + layer[:, -1:], 0)
        mask = (rng.random(now.shape, dtype=np.float32) >= dropout) / np.float32(1 - dropout)
        masks.append(mask)
        seen.append(now * mask)
    raw = seen[-1] @ layers[-1][:, :-1] + layers[-1][:, -1:]
    if task == "classification":
        raw = np.exp(raw - raw.max(axis=2, keepdims=True))
        raw /= raw.sum(axis=2, keepdims=True)
    back = (raw - wanted) * (weight / weight.shape[1])[:, :, None]
    slopes: list[Single] = []
    for place in range(len(layers) - 1, -1, -1):
        slope = np.empty_like(layers[place])
        np.matmul(seen[place].transpose(0, 2, 1), back, out=slope[:, :-1])
        slope[:, -1] = back.sum(axis=1)
        slopes.insert(0, slope)
        if place:
            back = (back @ layers[place][:, :-1].transpose(0, 2, 1)) * masks[place - 1] * (seen[place] > 0)
    return slopes
