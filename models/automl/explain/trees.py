"""A trained member seen as trees, where it is one."""

from dataclasses import dataclass, replace
from functools import cached_property

from models.automl.algorithms.base import Fitted
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.boosted import Boosted
from models.automl.algorithms.trees import Grown
from models.automl.explain.background import background_values
from models.automl.forest import Forest
from models.automl.matrix import Floats, Matrix

__all__ = ["TreeView", "tree_view"]


@dataclass(frozen=True)
class TreeView:
    """``owner``: (inputs,) the user's column, by place, of each number that the trees read."""

    trees: Boosted
    owner: tuple[int, ...]

    @property
    def in_its_unit(self) -> bool:
        """Is the raw score, which is additive, the prediction itself?"""
        return self.trees.link == "identity" and not self.trees.classes

    @cached_property
    def forest(self) -> Forest:
        """The trees with the member's scale and offset: its ``raw`` is that of the member."""
        plain = Forest.from_lightgbm(self.trees.booster)
        bias = self.trees.offset + self.trees.scale * plain.bias
        return replace(plain, value=plain.value * self.trees.scale, bias=bias)

    def values(self, matrix: Matrix, background: Matrix, threads: int = 1) -> tuple[Floats, Floats]:
        """The base (outputs,) and the exact values (n, columns of the user, outputs) of the raw score."""
        against = self.trees.inputs(background)
        # Every column of the user is a player, also one that no tree reads.
        owner = [*self.owner, len(matrix.columns) - 1]
        rows = self.trees.inputs(matrix)
        values = background_values(self.forest, rows, against, player=owner, threads=threads)
        return self.forest.raw(against).mean(axis=0), values


def tree_view(fitted: Fitted, matrix: Matrix) -> TreeView | None:
    """The trees of a member; None for every other kind. ``matrix``: any with the columns of training."""
    # Trees never split on a feature that was missing throughout their training.
    inside = fitted.fitted if isinstance(fitted, Blanked) else fitted
    trees = inside.boosted if isinstance(inside, Grown) else inside
    if not isinstance(trees, Boosted):
        return None
    encoded = () if trees.encoding is None else trees.encoding.places
    width = 0 if trees.encoding is None else len(trees.encoding.prior)
    more = tuple(matrix.source[place] for place in encoded for _ in range(width))
    return TreeView(trees, (*matrix.source, *more))
