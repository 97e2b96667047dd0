"""What a leak audit found, as values: suspects with their evidence, and rows to keep on one side of a split."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Action", "Kind", "LeakReport", "Suspect"]

Ints = NDArray[np.int64]

Kind = Literal[
    "identity", "combination", "after_the_fact", "duplicate", "too_good", "identifier", "constant_within_class",
    "twin_rows", "group_twins", "neighbours", "row_order",
]  # fmt: skip
Action = Literal["excluded", "kept"]


@dataclass(frozen=True)
class Suspect:
    """One suspicion.

    ``columns``: the columns it speaks of: one, the set that together gives the target away, or none where the rows
    themselves are the matter. ``drop``: those of them that must not be learnt from; empty where ``action`` is kept.
    ``clear``: beyond doubt. ``evidence`` is a code of `models.rank.words`, ``values`` fills its blanks; they hold text,
    numbers and truths only.
    """

    columns: tuple[str, ...]
    kind: Kind
    clear: bool
    evidence: str
    values: Mapping[str, Any] = field(default_factory=dict)
    action: Action = "kept"
    drop: tuple[str, ...] = ()

    def kept(self) -> "Suspect":
        """The same suspicion, named only."""
        return replace(self, action="kept", drop=())


@dataclass(frozen=True)
class LeakReport:
    """What `models.leaks.audit_table` found in a table of ``n_rows`` rows.

    ``twin_groups``: (n_rows,) a code per row, 0 …; rows of one code are twins and belong on one side of every split.
    None where no two rows are. ``score_without`` and ``score_with``: the engine's score without and with the excluded
    columns, where it measured them.
    """

    suspects: tuple[Suspect, ...] = ()
    n_rows: int = 0
    n_looked_at: int = 0
    twin_groups: Ints | None = field(default=None, compare=False, repr=False)
    metric: str | None = None
    score_without: float | None = None
    score_with: float | None = None

    @property
    def excluded_columns(self) -> tuple[str, ...]:
        """Columns not to be learnt from, in the order of the suspects, each once."""
        return tuple(dict.fromkeys(column for suspect in self.suspects for column in suspect.drop))

    @property
    def suspected_columns(self) -> tuple[str, ...]:
        """Every column that some suspicion names, each once."""
        return tuple(dict.fromkeys(column for suspect in self.suspects for column in suspect.columns))

    def scored(self, metric: str, without: float, with_them: float) -> "LeakReport":
        """The same report with the scores that the engine measured."""
        return replace(self, metric=metric, score_without=without, score_with=with_them)

    def kept(self) -> "LeakReport":
        """The same report where every suspicion is named only; a name of a unit is never learnt from."""
        return replace(self, suspects=tuple(one if one.kind == "identifier" else one.kept() for one in self.suspects))

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it. The groups of rows stay behind: they speak of one table and are as long as it."""
        plain = {key: value for key, value in vars(self).items() if key not in ("suspects", "twin_groups")}
        return plain | {"suspects": [asdict(suspect) for suspect in self.suspects]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The way back from `to_dict`, also after JSON made lists of its tuples."""
        suspects = tuple(
            Suspect(**{**one, "columns": tuple(one["columns"]), "drop": tuple(one["drop"])})
            for one in plain["suspects"]
        )
        return cls(**{**plain, "suspects": suspects})
