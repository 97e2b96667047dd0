"""The shape of unusual units as JSON (`docs/explain.md`)."""

from typing import Literal, TypedDict

from models.rank.document import Said

__all__ = ["OddColumn", "UnusualDocument", "UnusualEntry"]


class OddColumn(TypedDict):
    """``low`` to ``high``: where 90 % of units with these other values lie. ``p``: how seldom so far out."""

    column: str
    factor: str
    unit: str
    value: float
    expected: float
    low: float
    high: float
    p: float


class UnusualEntry(TypedDict):
    unit: str
    position: int
    at: str | None
    verdict: Literal["bad", "good"] | None
    p: float
    columns: list[OddColumn]
    said: Said


class UnusualDocument(TypedDict):
    """``found``: unusual units in all; ``units``: those listed. ``level``: the false-discovery rate aimed at."""

    level: float
    n_units: int
    n_columns: int
    found: int
    found_good: int
    units: list[UnusualEntry]
    said: list[Said]
