"""Where a setting's advice for power and its advice for quality meet: conflicts, and settings that help both.

Two ranking documents (docs/rank.md) of one line, one on power, one on defects. What holding a setting inside a window
gives in a document is read off its curve: Σ share(x) · (loss(x) − loss(x moved to the nearer edge)); negative is
worse. Its interval takes the curve's errors as moving together, the cautious case. Money of both sides is brought to
a day by how many units each study had per day. Where both are priced, the window that is best in money overall is
sought among all windows between two points of the curves that hold `min_support` of the units of both. Limits: curves
hold at the other settings' usual values, and a setting's effects in the two documents may rest on different hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from models.energy.document import Estimate, plain
from models.energy.words import say
from models.rank.document import Said
from models.study.data import Notice

__all__ = ["Conflict", "conflicts"]

Floats = NDArray[np.float64]
Window = list[float] | list[str]

LEAST = 0.01
"""Changes below this share of the loss are nothing to argue about."""
MIN_SUPPORT = 0.10
"""Default of a study's ``min_support``: documents do not tell it."""
Z = 1.645


class Side(TypedDict):
    change: Estimate
    """Of the mean loss if the setting were held inside the window: positive is better."""
    unit: str
    money_per_day: float | None


class Offer(TypedDict):
    window: Window
    advised_for: Literal["power", "quality", "both"]
    power: Side
    quality: Side
    money_per_day: float | None
    """Of both together, where both are priced."""


Kind = Literal["conflict", "possible_conflict", "helps_both", "no_conflict"]
KINDS: tuple[Kind, ...] = ("conflict", "possible_conflict", "helps_both", "no_conflict")
"""What is said first, where several are true."""


class Conflict(TypedDict):
    factor: str
    kind: Kind
    offers: list[Offer]
    """The windows advised for power and for quality, where there are any, and the best of both in money."""
    best: Offer | None
    currency: str | None
    said: Said


@dataclass(frozen=True)
class _View:
    """One document's view of one setting. ``at``: numbers or level names of the curve."""

    entry: Mapping[str, Any]
    at: Sequence[Any]
    loss: Floats
    error: Floats
    share: Floats
    price_per_day: float | None
    baseline: float
    rate: bool
    """The loss is a chance of a bad unit."""

    @property
    def numeric(self) -> bool:
        return bool(self.entry.get("curve"))

    @property
    def advised(self) -> Window | None:
        """The window of this document's own advice; a setting that was only considered has none."""
        window: Window | None = self.entry.get("window")
        return window

    def change(self, window: Window) -> Estimate:
        """Gain of holding the setting inside the window."""
        held, held_error = self._held(window)
        gain = float((self.share * (self.loss - held)).sum())
        half = Z * float((self.share * np.where(held == self.loss, 0.0, np.hypot(self.error, held_error))).sum())
        return {"estimate": gain, "low": gain - half, "high": gain + half}

    def _held(self, window: Window) -> tuple[Floats, Floats]:
        if not self.numeric:
            inside = np.isin(self.at, window)
            best = int(np.argmin(np.where(inside, self.loss, np.inf))) if inside.any() else 0
            return np.where(inside, self.loss, self.loss[best]), np.where(inside, self.error, self.error[best])
        moved = np.clip(np.asarray(self.at), float(window[0]), float(window[1]))
        return np.interp(moved, self.at, self.loss), np.interp(moved, self.at, self.error)

    def support(self, window: Window) -> float:
        inside = (
            (np.asarray(self.at) >= float(window[0])) & (np.asarray(self.at) <= float(window[1]))
            if self.numeric
            else np.isin(self.at, window)
        )
        return float(self.share[inside].sum())

    def side(self, window: Window) -> Side:
        change = self.change(window)
        money = None if self.price_per_day is None else change["estimate"] * self.price_per_day
        return {"change": change, "unit": str(self.entry["gain"]["unit"]), "money_per_day": money}


def conflicts(power: Mapping[str, Any], quality: Mapping[str, Any]) -> list[Conflict]:
    """What each setting's advice in one document does in the other; settings of one document only are not named."""
    mine, theirs = _views(power), _views(quality)
    shared = [
        factor
        for factor, view in mine.items()
        if factor in theirs
        and view.numeric == theirs[factor].numeric
        and (view.advised is not None or theirs[factor].advised is not None)
    ]
    currency = _currency(power) if _currency(power) == _currency(quality) else None
    return [plain(_compare(factor, mine[factor], theirs[factor], currency)) for factor in shared]


def _views(document: Mapping[str, Any]) -> dict[str, _View]:
    price = _price_per_day(document)
    # Where a higher target is the better one, a curve shows the target as measured.
    sign = -1.0 if document.get("goal") == "higher" else 1.0
    found = {}
    # A setting at its best already is not ranked, but moving it for the other side's sake still costs.
    for entry in (*document.get("ranking", []), *document.get("considered", [])):
        points = entry.get("curve") or entry.get("level_curve") or []
        share = np.array([float(point["share"]) for point in points])
        if len(points) < 2 or share.sum() <= 0:
            continue
        found[entry["factor"]] = _View(
            entry,
            [point["x"] if entry.get("curve") else point["level"] for point in points],
            sign * np.array([float(point["loss"]) for point in points]),
            np.array([(float(point["high"]) - float(point["low"])) / (2 * Z) for point in points]),
            share / share.sum(),
            price,
            abs(float(document.get("baseline_loss") or 0.0)),
            document.get("task") == "classification",
        )
    return found


def _currency(document: Mapping[str, Any]) -> str | None:
    found = [entry["money"]["currency"] for entry in document.get("ranking", []) if entry.get("money")]
    return str(found[0]) if found else None


def _price_per_day(document: Mapping[str, Any]) -> float | None:
    """Money per unit of loss, times units per day of the study."""
    data = document.get("data") or {}
    first, last, n = data.get("first"), data.get("last"), data.get("n_used") or document.get("n_units")
    if not first or not last or not n:
        return None
    days = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() / 86_400
    for entry in document.get("ranking", []):
        if entry.get("money") and abs(entry["gain"]["estimate"]) > 0 and days > 0:
            per_loss = entry["money"]["estimate"] / (entry["gain"]["estimate"] * 1000)
            return float(per_loss * n / days)
    return None


def _compare(factor: str, power: _View, quality: _View, currency: str | None) -> Conflict:
    offers = []
    if power.advised is not None:
        offers.append(_offer(power.advised, "power", power, quality, currency))
    if quality.advised is not None:
        offers.append(_offer(quality.advised, "quality", power, quality, currency))
    kind = _kind(offers, {"power": power, "quality": quality})
    best = _best(power, quality, currency)
    offers += [best] if best is not None else []
    said = _say(kind, factor, (power, quality), offers, currency)
    return {"factor": factor, "kind": kind, "offers": offers, "best": best, "currency": currency, "said": said}


def _kind(offers: Sequence[Offer], views: Mapping[str, _View]) -> Kind:
    """The worst that proven advice does to the other side."""
    kinds: list[Kind] = ["no_conflict"]
    for offer in offers:
        if not views[offer["advised_for"]].entry.get("proven", True):
            continue
        other: Literal["power", "quality"] = "quality" if offer["advised_for"] == "power" else "power"
        change = offer[other]["change"]
        if abs(change["estimate"]) < LEAST * views[other].baseline:
            continue
        if change["estimate"] < 0:
            kinds.append("conflict" if change["high"] < 0 else "possible_conflict")
        elif change["low"] > 0:
            kinds.append("helps_both")
    return min(kinds, key=KINDS.index)


def _offer(
    window: Window, advised: Literal["power", "quality", "both"], power: _View, quality: _View, currency: str | None
) -> Offer:
    sides = power.side(window), quality.side(window)
    money = [side["money_per_day"] for side in sides]
    both = sum(part for part in money if part is not None) if currency is not None and None not in money else None
    return {"window": window, "advised_for": advised, "power": sides[0], "quality": sides[1], "money_per_day": both}


def _best(power: _View, quality: _View, currency: str | None) -> Offer | None:
    """The window of most money over both; None where it cannot be told or nothing is better than now."""
    candidates: list[Window]
    if currency is None:
        return None
    if power.numeric:
        low, high = max(power.at[0], quality.at[0]), min(power.at[-1], quality.at[-1])
        edges = sorted({float(x) for x in (*power.at, *quality.at) if low <= x <= high})
        candidates = [[a, b] for place, a in enumerate(edges) for b in edges[place + 1 :]]
    else:
        candidates = [[level] for level in power.at if level in quality.at]
    allowed = [
        window for window in candidates if min(power.support(window), quality.support(window)) >= MIN_SUPPORT - 1e-9
    ]
    offers = [_offer(window, "both", power, quality, currency) for window in allowed]
    worth = [(offer["money_per_day"], offer) for offer in offers if offer["money_per_day"] is not None]
    # Of windows worth the same, the one that most units lie in already.
    most = max(worth, key=lambda pair: (round(pair[0] or 0.0, 6), power.support(pair[1]["window"])), default=None)
    return most[1] if most is not None and (most[0] or 0.0) > 0 else None


def _say(kind: Kind, factor: str, views: tuple[_View, _View], offers: list[Offer], currency: str | None) -> Said:
    """The kind, what each advised window does to both, and the best in money."""
    notices = [Notice(kind, {"factor": factor})]
    for offer in offers:
        blanks = {
            "window": _window(offer["window"]),
            "power": _signed(views[0], offer["power"]),
            "quality": _signed(views[1], offer["quality"]),
            "money": offer["money_per_day"],
            "currency": currency,
        }
        notices.append(Notice(f"offer_{offer['advised_for']}", blanks))
    said = [say(notice) for notice in notices]
    return {"code": kind, "en": " ".join(one["en"] for one in said), "ja": "".join(one["ja"] for one in said)}


def _signed(view: _View, side: Side) -> str:
    """The change of the loss itself: minus is less of it."""
    change = -side["change"]["estimate"]
    return f"{change * 1000:+.3g} / 1000" if view.rate else f"{change:+.3g} {side['unit']}"


def _window(window: Window) -> str:
    return " - ".join(value if isinstance(value, str) else f"{value:g}" for value in window)
