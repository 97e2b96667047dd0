"""A small structural model: nodes in causal order, each a function of its parents and of its own noise.

Every node draws its noise from a random stream of its own (seed and node name), and noise never depends on values. An
intervention therefore meets the same accidents as the undisturbed run (*common random numbers*): what lies upstream
stays bit for bit as it was, what lies downstream reacts.

Columns are float64 arrays of shape ``(n,)``; categories are codes into the node's ``levels``. A held column may have
shape ``(windows, n)``: everything downstream is computed for all windows at once.

>>> import numpy as np
>>> knob = Node("knob", lambda noise: noise, draw=lambda rng, clock: rng.uniform(0, 10, len(clock.lot)))
>>> power = Node("power", lambda noise, knob: 3 * knob, parents=("knob",))
>>> model = Model((knob, power), loss="power", calendar=lambda n, rng: Clock(np.arange(n), np.zeros(n, dtype=np.int64)))
>>> float(simulate(model, 100, seed=1, hold={"knob": (2.0, 4.0)})["power"].max())
12.0
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ingest.errors import UsageError, nearest
from ingest.plant import Role

__all__ = [
    "Clock",
    "Column",
    "Columns",
    "Held",
    "Model",
    "Node",
    "Range",
    "evaluate",
    "excess",
    "held",
    "labelled",
    "noises",
    "per_lot",
    "rounded",
    "simulate",
    "stream",
    "wander",
    "white",
]

Column = NDArray[np.float64]
Columns = dict[str, Column]
Held = tuple[float, float] | Sequence[str]
"""A window of a number, or levels of a category."""


@dataclass(frozen=True)
class Clock:
    """When each unit was made: minutes since the start, and the number of its lot; both of shape ``(n,)``."""

    minutes: Column
    lot: NDArray[np.int64]


@dataclass(frozen=True)
class Range:
    """What an engineer may set."""

    min: float
    max: float
    step: float

    @property
    def grid(self) -> Column:
        """Every value that can be set."""
        return np.round(np.arange(self.min, self.max + self.step / 2, self.step), 9)


def _silent(rng: np.random.Generator, clock: Clock) -> Column:
    return np.zeros(len(clock.lot))


@dataclass(frozen=True)
class Node:
    """One quantity. ``value(noise, *parents)`` works element by element unless ``looks_back``."""

    name: str
    value: Callable[..., Column]
    parents: tuple[str, ...] = ()
    draw: Callable[[np.random.Generator, Clock], Column] = _silent
    role: Role | Literal["hidden"] = "hidden"
    machine: str = ""
    stage: float | None = None
    unit: str = ""
    settable: Range | None = None
    levels: tuple[str, ...] = ()
    looks_back: bool = False
    """The value of a row depends on its neighbours (a mean over time); nothing upstream of it can be held."""


@dataclass(frozen=True)
class Model:
    """Nodes in causal order. ``loss`` names the column whose mean is the loss."""

    nodes: tuple[Node, ...]
    loss: str
    calendar: Callable[[int, np.random.Generator], Clock]

    def __post_init__(self) -> None:
        known: set[str] = set()
        for node in self.nodes:
            unknown = set(node.parents) - known
            assert not unknown, f"{node.name} stands before its parents {sorted(unknown)}"
            assert node.name not in known, f"two nodes are named {node.name}"
            known.add(node.name)
        assert self.loss in known, f"the loss {self.loss} is no node"

    def __getitem__(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        raise UsageError(f"no factor {name!r}; {nearest(name, [node.name for node in self.nodes])}")

    def controllable(self) -> tuple[Node, ...]:
        """What an engineer can set, along the process."""
        return tuple(node for node in self.nodes if node.role == "controllable")


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one name under one seed (>= 0)."""
    return np.random.default_rng(np.random.SeedSequence([seed, crc32(name.encode())]))


def noises(model: Model, n: int, seed: int) -> Columns:
    """Every node's noise for ``n`` units."""
    clock = model.calendar(n, stream(seed, "calendar"))
    return {node.name: node.draw(stream(seed, node.name), clock) for node in model.nodes}


def held(column: Column, node: Node, window: Held) -> Column:
    """The column with values outside the window moved to the nearer edge.

    Levels: units outside go to the given levels, spread evenly in the proportions these levels have now.
    """
    if not node.levels:
        low, high = (float(edge) for edge in window)
        return np.clip(column, low, high)
    codes = np.array([node.levels.index(str(level)) for level in window], dtype=np.float64)
    inside = np.isin(column, codes)
    weights = np.array([np.count_nonzero(column == code) for code in codes], dtype=np.float64)
    edges = np.cumsum(weights if weights.any() else np.ones(len(codes)))
    outside = np.flatnonzero(~inside)
    places = (np.arange(len(outside)) + 0.5) / max(len(outside), 1) * edges[-1]
    moved = column.copy()
    moved[outside] = codes[np.searchsorted(edges, places)]
    return moved


def evaluate(
    model: Model, noise: Mapping[str, Column], hold: Mapping[str, Column] | None = None, base: Columns | None = None
) -> Columns:
    """Every column, in causal order. ``hold`` replaces whole columns; ``base``: undisturbed columns, used upstream.

    ``noise`` and ``base`` may be a selection of rows, the same one.
    """
    replaced = dict(hold or {})
    columns: Columns = {}
    touched: set[str] = set()
    for node in model.nodes:
        moved = not touched.isdisjoint(node.parents)
        assert not (moved and node.looks_back), f"{node.name} looks back, so nothing upstream of it can be held"
        if node.name in replaced:
            columns[node.name] = replaced[node.name]
        elif base is not None and not moved:
            columns[node.name] = base[node.name]
        else:
            columns[node.name] = node.value(noise[node.name], *(columns[parent] for parent in node.parents))
        if moved or node.name in replaced:
            touched.add(node.name)
    return columns


def simulate(model: Model, n: int, seed: int, hold: Mapping[str, Held] | None = None) -> Columns:
    """``n`` units of the model, with the named factors held inside their windows.

    Several factors are held one after the other along the process, so that a later one is held as it reacted.
    """
    noise = noises(model, n, seed)
    columns = evaluate(model, noise)
    wanted = {model[name].name: window for name, window in (hold or {}).items()}
    replaced: Columns = {}
    for node in model.nodes:
        if node.name in wanted:
            replaced[node.name] = held(columns[node.name], node, wanted[node.name])
            columns = evaluate(model, noise, replaced, columns)
    return columns


def labelled(node: Node, column: Column) -> NDArray[np.object_] | Column:
    """Codes as the names of their levels; numbers as they are."""
    return np.array(node.levels, dtype=object)[column.astype(np.int64)] if node.levels else column


# Building blocks of the factories.


def per_lot(rng: np.random.Generator, clock: Clock) -> Column:
    """Standard normal noise that changes with the lot."""
    return rng.standard_normal(int(clock.lot[-1]) + 1)[clock.lot]


def wander(rng: np.random.Generator, n: int, rows: float) -> Column:
    """Standard normal noise that forgets itself over about ``rows`` rows (an autoregressive process)."""
    keep = float(np.exp(-1.0 / rows))
    first, *steps = rng.standard_normal(n)
    spread = float(np.sqrt(1.0 - keep * keep))
    return np.fromiter(accumulate(steps, lambda now, step: keep * now + spread * step, initial=first), np.float64, n)


def white(rng: np.random.Generator, clock: Clock) -> Column:
    """Standard normal noise of its own for every unit."""
    return rng.standard_normal(len(clock.lot))


def rounded(column: Column, decimals: int) -> Column:
    """What a sensor of this resolution shows."""
    return np.asarray(np.round(column, decimals), dtype=np.float64)


def excess(value: Column, low: Column | float, high: Column | float, below: float, above: float) -> Column:
    """How far a value lies outside [low, high]: quadratic at first, linear further out.

    ``below`` and ``above`` are the distances (in the value's unit) that count as one.
    """
    z = np.maximum(low - value, 0.0) / below + np.maximum(value - high, 0.0) / above
    return np.asarray(z * z / (1.0 + z), dtype=np.float64)
