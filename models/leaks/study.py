"""The audit of a study: the same checks on its features, in the words and kinds of the ranking document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from models.leaks.afterwards import written_after
from models.leaks.audit import audit_table
from models.leaks.report import Action, Kind, Suspect
from models.study.data import Excluded, StudyData, word

__all__ = ["Leak", "audit"]

StudyKind = Literal["identity", "combination", "after_the_fact", "duplicate", "too_good"]
KINDS: Mapping[Kind, StudyKind] = {
    "identity": "identity",
    "combination": "combination",
    "after_the_fact": "after_the_fact",
    "constant_within_class": "after_the_fact",
    "duplicate": "duplicate",
    "too_good": "too_good",
}
"""What the rows betray is no matter of a column: a study is always split forward in time, by whole groups."""
EXACT = 1 - 1e-6
"""R² of a straight line below which a state may be a second measurement, not the target's copy: named, and kept."""


@dataclass(frozen=True)
class Leak:
    """A suspicious column. ``evidence`` is a code of `models.rank.words`; ``values`` fills its blanks."""

    column: str
    kind: StudyKind
    evidence: str
    action: Action
    values: Mapping[str, Any] = field(default_factory=dict)


def audit(data: StudyData) -> tuple[StudyData, list[Leak]]:
    """The study without the columns that must not be used, and every suspicion."""
    target = data.spec.target
    roles = {column: data.spec.factor(column).role for column in data.features.columns}
    # Of two equal columns the later is the copy: settings come first, then declared columns.
    order = sorted(roles, key=lambda column: (roles[column] != "controllable", column not in data.spec.factors))
    table = data.features[order].assign(**{target: _target(data)})
    report = audit_table(table, target, data.spec.task, roles=roles)
    leaks = [leak for suspect in report.suspects for leak in _leaks(suspect, roles)]
    data = _without(data, leaks)
    late = [
        Leak(one.column, "after_the_fact", "follows_verdict", "excluded", {"column": one.column, "target": target})
        for one in written_after(data)
    ]
    return _without(data, late), [*leaks, *late]


def _without(data: StudyData, leaks: Sequence[Leak]) -> StudyData:
    dropped = {leak.column: leak for leak in leaks if leak.action == "excluded"}
    if not dropped:
        return data
    excluded = (*data.excluded, *(Excluded(column, f"leak_{leak.kind}") for column, leak in dropped.items()))
    return replace(data, features=data.features.drop(columns=list(dropped)), excluded=excluded)


def _target(data: StudyData) -> Any:
    """As measured, or the class as the study names it."""
    if data.spec.task == "regression":
        return data.loss * data.sign
    bad = word(data.spec.bad)
    return np.where(data.loss == 1, bad, f"≠ {bad}")


def _leaks(suspect: Suspect, roles: Mapping[str, str]) -> Iterator[Leak]:
    """One for each column. Of settings only the target itself is named: that they decide it is what is looked for."""
    if suspect.kind not in KINDS:
        return
    kind, drop, evidence, values = KINDS[suspect.kind], suspect.drop, suspect.evidence, dict(suspect.values)
    if evidence == "identity_line" and values["r2"] < EXACT:
        kind, drop, evidence = "too_good", (), "too_good_numbers"
        values["value"] = values["r2"]
    for column in suspect.columns:
        if roles[column] == "controllable" and kind not in ("identity", "combination"):
            continue
        yield Leak(column, kind, evidence, "excluded" if column in drop and kind != "too_good" else "kept", values)
