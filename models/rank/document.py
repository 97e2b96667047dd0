"""The ranking document (contract 5.2, `docs/rank.md`): its shape, and a check that a document keeps its promises."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, TypedDict

__all__ = ["SCHEMA", "Document", "Entry", "validate"]

SCHEMA = 1

Verdict = Literal["factors_found", "no_actionable_factor", "not_enough_data"]
Direction = Literal["lower", "higher", "inside", "level"]
Evidence = Literal["adjusted", "correlated_only", "inseparable"]
Window = list[float] | list[str]


class Said(TypedDict):
    code: str
    en: str
    ja: str


class Gain(TypedDict):
    estimate: float
    low: float
    high: float
    level: float
    unit: str


class Money(TypedDict):
    estimate: float
    low: float
    currency: str
    per: str


class Net(TypedDict):
    estimate: float
    low: float
    horizon_units: int


class PointLoss(TypedDict):
    loss: float
    low: float
    high: float
    share: float


class CurvePoint(PointLoss):
    x: float


class LevelPoint(PointLoss):
    level: str


class Sensitivity(TypedDict):
    """What is left if something unrecorded matters as much as ``benchmark``, the strongest column adjusted for."""

    benchmark: str
    shift: float
    low: float
    high: float
    robust: bool


class Entry(TypedDict):
    rank: int
    factor: str
    group: list[str]
    direction: Direction
    window: Window
    windows: dict[str, Window]
    gain: Gain
    money: Money | None
    net: Net | None
    rank_interval: list[int]
    p_first: float
    p_value: float
    noise_floor: float
    promised_before_shrinkage: dict[str, float] | None
    evidence: Evidence
    sensitivity: Sensitivity | None
    adjusted_for: list[str]
    share_of_explanation: float
    support: float
    unit: str
    role: str
    stage: float | None
    now: float | str
    proven: bool
    curve: list[CurvePoint]
    level_curve: list[LevelPoint]


class ConsideredEntry(TypedDict):
    """A setting that was looked at and is not proposed."""

    factor: str
    group: list[str]
    gain: Gain
    p_value: float
    why: str
    en: str
    ja: str
    unit: str
    now: float | str
    curve: list[CurvePoint]
    level_curve: list[LevelPoint]


class Gate(TypedDict):
    p_value: float
    level: float
    tried: int


class Trial(TypedDict):
    code: str
    factors: list[str]
    runs: list[dict[str, Any]]
    units_per_run: int
    lots_per_run: int
    units: int
    days: float | None
    en: str
    ja: str


class ContextEntry(TypedDict):
    factor: str
    share_of_explanation: float
    role: str


class LeakEntry(TypedDict):
    column: str
    kind: str
    evidence: str
    evidence_ja: str
    action: str


class QualityEntry(TypedDict):
    metric: str
    forward: float | None
    forward_low: float | None
    forward_high: float | None
    random: float | None
    optimism: float | None
    baseline: float | None
    n_test: int
    more: dict[str, float]


class DataEntry(TypedDict):
    n_rows: int
    n_used: int
    first: str | None
    last: str | None
    n_groups: int
    group: str


class TimelinePoint(TypedDict):
    at: str
    loss: float
    low: float
    high: float
    n: int


class ExcludedEntry(TypedDict):
    column: str
    why: str
    en: str
    ja: str


class Document(TypedDict):
    schema: int
    study: str
    task: str
    goal: str
    target: str
    target_unit: str
    bad: str | int | float | bool | None
    seed: int
    n_units: int
    baseline_loss: float | None
    verdict: Verdict
    reason: Said
    units_needed: int | None
    trial: Trial | None
    gate: Gate | None
    quality: QualityEntry
    leaks: list[LeakEntry]
    ranking: list[Entry]
    considered: list[ConsideredEntry]
    context: list[ContextEntry]
    data: DataEntry
    excluded: list[ExcludedEntry]
    timeline: list[TimelinePoint]
    process: dict[str, Any] | None
    unusual: dict[str, Any] | None
    examples: list[dict[str, Any]]
    energy: dict[str, Any] | None
    shrinkage: dict[str, Any] | None
    warnings: list[Said]


def validate(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document, in words; empty for a good one."""
    wrong = [f"missing key {key!r}" for key in Document.__annotations__ if key not in document]
    if wrong:
        return wrong
    wrong += [f"{path} is not finite" for path, value in _numbers(document, "") if not math.isfinite(value)]
    if document["schema"] != SCHEMA:
        wrong.append(f"schema is {document['schema']}, not {SCHEMA}")
    if document["verdict"] not in ("factors_found", "no_actionable_factor", "not_enough_data"):
        wrong.append(f"verdict {document['verdict']!r} is unknown")
    if (document["verdict"] == "factors_found") != bool(document["ranking"]):
        wrong.append(f"verdict {document['verdict']} with {len(document['ranking'])} ranked factors")
    wrong += [f"reason has no {key}" for key in ("code", "en", "ja") if not document["reason"].get(key)]
    wrong += [f"leak {leak['column']!r} has kind {leak['kind']!r}" for leak in document["leaks"] if not _leak(leak)]
    for place, entry in enumerate(document["ranking"], start=1):
        wrong += [f"rank {place}: {said}" for said in _entry(entry, place, len(document["ranking"]))]
    return wrong + _order(document["ranking"])


def _numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _numbers(inner, f"{path}[{place}]")


def _leak(leak: Mapping[str, Any]) -> bool:
    kinds = ("identity", "combination", "after_the_fact", "duplicate", "too_good")
    return leak["kind"] in kinds and leak["action"] in ("excluded", "kept")


def _entry(entry: Mapping[str, Any], place: int, count: int) -> Iterator[str]:
    missing = [key for key in Entry.__annotations__ if key not in entry]
    if missing:
        yield f"missing {missing}"
        return
    gain, (first, last) = entry["gain"], entry["rank_interval"]
    promises = {
        f"says it is rank {entry['rank']}": entry["rank"] == place,
        f"{entry['factor']!r} is {entry['role']}": entry["role"] == "controllable",
        "factor, group and windows disagree": entry["factor"] in entry["group"]
        and set(entry["windows"]) == set(entry["group"]),
        f"gain {gain} is not in order": gain["low"] <= gain["estimate"] <= gain["high"],
        "proven is not gain.low > 0": entry["proven"] == (gain["low"] > 0),
        f"direction {entry['direction']!r} is unknown": entry["direction"] in ("lower", "higher", "inside", "level"),
        f"evidence {entry['evidence']!r} is unknown": entry["evidence"]
        in ("adjusted", "correlated_only", "inseparable"),
        f"window {entry['window']} is not in order": entry["direction"] == "level"
        or entry["window"][0] < entry["window"][1],
        f"rank_interval {entry['rank_interval']} is not in order": 1 <= first <= last <= count,
        "p_first or support is no share": 0 <= entry["p_first"] <= 1 and 0 <= entry["support"] <= 1,
        "exactly one of curve and level_curve should be filled": bool(entry["curve"]) != bool(entry["level_curve"]),
    }
    yield from (said for said, kept in promises.items() if not kept)


def _order(ranking: Sequence[Mapping[str, Any]]) -> list[str]:
    if not ranking or any("net" not in entry or "gain" not in entry for entry in ranking):
        return []
    lows = [entry["net"]["low"] if entry["net"] is not None else entry["gain"]["low"] for entry in ranking]
    in_order = all(before >= after - 1e-12 for before, after in pairwise(lows))
    return [] if in_order else ["not sorted by the lower bound"]
