"""What stands beside the ranking in its document: the process over time, odd units, examples, the energy account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.energy.account import account
from models.energy.baseline import Baseline
from models.learn import Learned
from models.rank.document import Document
from models.spc.state import process_state
from models.study.data import Notice, StudyData
from models.unusual import unusual
from models.why import worst

__all__ = ["Known", "beside"]

EXAMPLES = 2
"""Units explained one by one: a page holds no more."""
MOST_ODD = 10
FEWEST_SECONDS = 5.0
"""Of the budget, below which units are not looked at one by one."""


@dataclass(frozen=True)
class Known:
    """What is known beside the study's own columns.

    ``table``: as it was read, for the energy account; ``baseline``: of the energy, frozen by an earlier run;
    ``labels``: (n,) what people call the units.
    """

    table: pd.DataFrame | None = None
    baseline: Baseline | None = None
    labels: Sequence[str] = ()


def beside(
    document: Document, data: StudyData, learned: Learned | None, known: Known, *, seed: int, left: float
) -> list[Notice]:
    """Fill it in. ``left``: seconds of the budget."""
    document["process"] = _plain(process_state(data).to_json())
    if data.spec.energy is not None and known.table is not None:
        document["energy"] = account(known.table, data.spec, baseline=known.baseline, seed=seed).to_json()
    if left < FEWEST_SECONDS:
        return [Notice("budget_units")]
    document["unusual"] = _plain(unusual(data, seed, MOST_ODD).to_json())
    if data.factors:  # else nothing can be to blame
        found = worst(data, learned, EXAMPLES, known.labels, seed, advised=_advised(document))
        document["examples"] = [_plain(one) for one in found]
    return []


def _advised(document: Document) -> dict[str, Any]:
    """Where each setting is advised to be, by the best ranked advice on it: a single unit must not say otherwise."""
    windows: dict[str, Any] = {}
    for entry in document["ranking"]:
        windows = {**entry["windows"], **windows}
    return windows


def _plain(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value
    return found
