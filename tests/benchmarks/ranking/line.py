"""A production line as structural equations: every column is a rule over its parents and noise of its own.

Noise is drawn once and kept, so that "what if this setting had been held here" is answered for the very same units
(common random numbers): only what lies downstream of the setting is computed again. NumPy only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOSS", "VERDICT", "Floats", "Line", "Node", "Rule", "Windows"]

Floats = NDArray[np.float64]
Rule = Callable[[Mapping[str, Floats], Floats], Floats]
"""Values of the parents and the node's noise, for some rows, to the values of the node for these rows."""
Windows = Mapping[str, Sequence[Any]]
"""As in a ranking: ``{column: [low, high]}``, or ``{column: [level]}`` for a categorical setting."""

LOSS = "_loss"
"""Probability of a recorded bad unit, or the target with the sign that makes lower better."""
VERDICT = "_verdict"


@dataclass(frozen=True)
class Node:
    """One column, or something behind the columns (its name then starts with ``_`` and it is not in the table)."""

    name: str
    parents: tuple[str, ...]
    rule: Rule
    role: str = "hidden"
    stage: float | None = None
    levels: tuple[str, ...] = ()
    """Names of the levels; values are then their places."""

    def held(self, values: Floats, window: Sequence[Any]) -> Floats:
        """The values moved to the nearer edge of a window, or all to one level."""
        if self.levels:
            return np.full(len(values), float(self.levels.index(str(window[0]))))
        return np.clip(values, float(window[0]), float(window[-1]))


@dataclass
class Line:
    """Nodes in causal order, their noise, and what happened."""

    n: int
    nodes: dict[str, Node] = field(default_factory=dict)
    noise: dict[str, Floats] = field(default_factory=dict)
    values: dict[str, Floats] = field(default_factory=dict)

    def add(self, node: Node, noise: Floats | None = None) -> Floats:
        """Append a node whose parents are there already; its values."""
        self.nodes[node.name] = node
        self.noise[node.name] = np.zeros(self.n) if noise is None else noise
        self.values[node.name] = node.rule(self.values, self.noise[node.name])
        return self.values[node.name]

    def root(self, name: str, noise: Floats) -> Floats:
        """A hidden node that is nothing but its noise."""
        return self.add(Node(name, (), lambda _values, own: own), noise)

    def rerun(self, rows: slice) -> None:
        """Compute some rows of every node again, after noise was changed."""
        fresh: dict[str, Floats] = {}
        for name, node in self.nodes.items():
            fresh[name] = node.rule(fresh, self.noise[name][rows])
            self.values[name][rows] = fresh[name]

    @cached_property
    def causes(self) -> frozenset[str]:
        """Every node that the loss depends on, itself included. Asked for only when the line is complete."""
        found, waiting = {LOSS}, [LOSS]
        while waiting:
            for parent in self.nodes[waiting.pop()].parents:
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return frozenset(found)

    def loss_if(self, windows: Windows) -> Floats:
        """Loss of every unit if settings were held in windows: downstream reacts, upstream stays as it was."""
        changed: dict[str, Floats] = {}
        for name, node in self.nodes.items():
            moved = any(parent in changed for parent in node.parents)
            if name not in self.causes or not (moved or name in windows):
                continue
            seen = {parent: changed.get(parent, self.values[parent]) for parent in node.parents}
            values = node.rule(seen, self.noise[name]) if moved else self.values[name]
            changed[name] = node.held(values, windows[name]) if name in windows else values
        return changed.get(LOSS, self.values[LOSS])
