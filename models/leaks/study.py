"""Columns that know the answer: the target under another name, copies of columns, features too good to be true."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.study.data import Excluded, StudyData

__all__ = ["Leak", "audit"]

Floats = NDArray[np.float64]

BINS = 50
TOO_GOOD = {"classification": 0.99, "regression": 0.98}
"""ROC-AUC or R² of one column alone, judged on units it was not binned on."""


@dataclass(frozen=True)
class Leak:
    """A suspicious column. ``evidence`` is a code of `models.rank.words`; ``value`` and ``other`` fill its blanks."""

    column: str
    kind: Literal["identity", "combination", "after_the_fact", "duplicate", "too_good"]
    evidence: str
    action: Literal["excluded", "kept"]
    value: float | None = None
    other: str | None = None


def audit(data: StudyData) -> tuple[StudyData, list[Leak]]:
    """The study without the columns that must not be used, and every suspicion."""
    leaks = _duplicates(data)
    gone = {leak.column for leak in leaks if leak.action == "excluded"}
    for column in data.features.columns:
        if column in gone:
            continue
        values, is_setting = data.features[column], data.spec.factor(column).role == "controllable"
        if _is_identity(values, data):
            # A setting may really decide the outcome: it stays, and is named.
            action: Literal["excluded", "kept"] = "kept" if is_setting else "excluded"
            leaks.append(Leak(column, "identity", "identity", action, other=data.spec.target))
            continue
        if is_setting:
            continue
        alone = _alone(values, data)
        if alone is not None and alone >= TOO_GOOD[data.spec.task]:
            leaks.append(Leak(column, "too_good", "too_good", "kept", value=alone))
    dropped = [leak for leak in leaks if leak.action == "excluded"]
    if not dropped:
        return data, leaks
    excluded = (*data.excluded, *(Excluded(leak.column, f"leak_{leak.kind}") for leak in dropped))
    features = data.features.drop(columns=[leak.column for leak in dropped])
    return replace(data, features=features, excluded=excluded), leaks


def _is_identity(values: pd.Series, data: StudyData) -> bool:
    """Does each value stand for one value of the target, and the other way round?"""
    known = values.notna().to_numpy()
    if known.sum() < 0.5 * len(known) or known.sum() < 20:
        return False
    own, loss = values[known], data.loss[known]
    if data.spec.task == "regression" and own.dtype == "float64":
        numbers = own.to_numpy(dtype=np.float64)
        if numbers.std() == 0 or loss.std() == 0:
            return False
        return bool(abs(np.corrcoef(numbers, loss)[0, 1]) > 1 - 1e-9)
    # Each value of the column belongs to one class only, and there are few values: it is the verdict in other words.
    if data.spec.task == "regression" or own.nunique() > 10 or np.ptp(loss) == 0:
        return False
    spread = pd.Series(loss).groupby(own.astype("object").to_numpy()).agg(["min", "max"])
    return bool((spread["min"] == spread["max"]).all())


def _duplicates(data: StudyData) -> list[Leak]:
    """Later copies of a column. Of two settings neither is dropped: the ranking says that they cannot be told apart."""
    found: list[Leak] = []
    seen: dict[int, list[str]] = {}
    roles = {column: data.spec.factor(column).role for column in data.features.columns}
    # Settings first, then declared columns: the copy that goes is the one nobody named.
    order = sorted(
        data.features.columns, key=lambda column: (roles[column] != "controllable", column not in data.spec.factors)
    )
    for column in order:
        values = data.features[column]
        key = hash((values.to_numpy() if values.dtype == "float64" else values.cat.codes.to_numpy()).tobytes())
        for other in seen.get(key, []):
            if values.dtype == data.features[other].dtype and values.equals(data.features[other]):
                if roles[column] != "controllable":
                    found.append(Leak(column, "duplicate", "duplicate", "excluded", other=other))
                break
        seen.setdefault(key, []).append(column)
    return found


def _alone(values: pd.Series, data: StudyData) -> float | None:
    """What one column alone achieves: means of its bins on every second unit, judged on the others."""
    if values.dtype == "float64":
        edges = np.unique(np.nanquantile(values.to_numpy(), np.linspace(0, 1, BINS + 1)[1:-1]))
        codes = np.where(values.isna(), len(edges) + 1, np.searchsorted(edges, values.to_numpy(), side="right"))
    else:
        codes = values.cat.codes.to_numpy() + 1
    half = np.arange(data.n) % 2 == 0
    total = np.bincount(codes[half], data.loss[half], minlength=int(codes.max()) + 1)
    count = np.bincount(codes[half], minlength=int(codes.max()) + 1)
    overall = float(data.loss[half].mean())
    predicted = ((total + overall) / (count + 1))[codes[~half]]
    truth = data.loss[~half]
    if np.ptp(truth) == 0:
        return None
    if data.spec.task == "classification":
        return float(roc_auc_score(truth, predicted))
    straight = float(values.corr(pd.Series(data.loss))) ** 2 if values.dtype == "float64" else 0.0
    return max(straight, float(1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()))
