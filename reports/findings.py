"""Sentences from numbers: the advice of one entry, what it gives, how sure it is."""

from reports.document import Entry, LevelPoint
from reports.formats import setting_decimals
from reports.voice import ENERGY_UNITS, Voice, clean

__all__ = [
    "advice",
    "as_good",
    "caution",
    "direction",
    "edges",
    "effect",
    "energy_month",
    "net",
    "now",
    "reduced",
    "sensitivity",
    "status",
    "support",
    "sure",
    "window",
    "worth",
]

VERY_SURE = 0.9
FAIRLY_SURE = 0.7


def edges(entry: Entry, factor: str) -> tuple[float, float] | None:
    """The limits of a numeric window; none for levels."""
    low, *rest = entry.windows[factor]
    high = rest[0] if len(rest) == 1 else None
    return (low, high) if isinstance(low, float) and isinstance(high, float) else None


def _owner(voice: Voice, factor: str, entry: Entry) -> Entry | None:
    """The entry that knows a factor's unit and present value."""
    if factor == entry.factor:
        return entry
    return next((other for other in voice.document.ranking if other.factor == factor), None)


def _levels(voice: Voice, entry: Entry, factor: str) -> str:
    return voice.words.join([clean(str(level)) for level in entry.windows[factor]], "or")


def _limits(voice: Voice, low: float, high: float) -> tuple[str, str]:
    digits = setting_decimals(low, high)
    return voice.formats.number(low, digits), voice.formats.number(high, digits)


def window(voice: Voice, entry: Entry, factor: str) -> str:
    """The advised setting alone: ``4.0–6.5 °C``, ``A or B``."""
    limits = edges(entry, factor)
    if limits is None:
        return _levels(voice, entry, factor)
    owner = _owner(voice, factor, entry)
    return voice.formats.span(*_limits(voice, *limits), owner.unit if owner else "")


def now(voice: Voice, entry: Entry, factor: str) -> str | None:
    """Where a factor stands today: its median with unit, or its commonest level."""
    owner = _owner(voice, factor, entry)
    if owner is None or owner.now is None:
        return None
    limits = edges(entry, factor)
    if limits is None or isinstance(owner.now, str):
        return clean(str(owner.now))
    return voice.formats.quantity(owner.now, clean(owner.unit), setting_decimals(*limits))


def _part(voice: Voice, entry: Entry, factor: str) -> str:
    """One factor of an advice: ``cooling temperature between 4.0 and 6.5 °C``."""
    words, limits = voice.words, edges(entry, factor)
    if limits is None:
        return words("advice.level", factor=voice.inside(factor), levels=_levels(voice, entry, factor))
    low, high = _limits(voice, *limits)
    owner = _owner(voice, factor, entry)
    between = words("advice.between", low=low, high=high + voice.formats.after(clean(owner.unit) if owner else ""))
    return words("advice.range", factor=voice.inside(factor), window=between)


def advice(voice: Voice, entry: Entry) -> str:
    """What to do, as an instruction without its full stop; of a single factor, also where it stands today."""
    numeric = all(edges(entry, factor) for factor in entry.windows)
    what = voice.words.join([_part(voice, entry, factor) for factor in entry.windows], "and")
    if entry.pair:
        what = voice.words("advice.together", what=what)
    text = voice.words("advice.hold" if numeric else "advice.keep", what=what)
    standing = now(voice, entry, entry.factor) if list(entry.windows) == [entry.factor] else None
    if standing is None:
        return text
    if numeric:
        return text + voice.words("advice.now", now=standing)
    return text + voice.words("advice.now_same" if _already(entry) else "advice.now_level", now=standing)


def _already(entry: Entry) -> bool:
    """Is the advised level the commonest one?"""
    return entry.direction == "level" and entry.now in entry.windows[entry.factor]


def direction(voice: Voice, entry: Entry) -> str:
    """Which way to move it, in two words."""
    limits = edges(entry, entry.factor) if len(entry.windows) == 1 else None
    outside = limits is not None and isinstance(entry.now, float) and not limits[0] <= entry.now <= limits[1]
    if entry.direction == "inside" and outside:
        return voice.words("direction.into")
    return voice.words("direction.level_same" if _already(entry) else f"direction.{entry.direction}")


def as_good(voice: Voice, entry: Entry) -> str | None:
    """Other levels that these data cannot tell from the advised one."""
    advised = [point for point in entry.level_curve if point.level in entry.windows[entry.factor]]
    if not advised or len(entry.windows) > 1:
        return None
    rivals = [
        clean(point.level)
        for point in entry.level_curve
        if point not in advised and all(_overlap(point, one) for one in advised)
    ]
    return voice.words("advice.as_good", levels=voice.words.join(rivals, "and")) if rivals else None


def _overlap(one: LevelPoint, other: LevelPoint) -> bool:
    """Does each estimate lie in the other's interval?"""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low <= other.loss <= one.high and other.low <= one.loss <= other.high


def effect(voice: Voice, entry: Entry) -> str:
    """What the change gives, with its interval; ``associated with`` where evidence is not adjusted."""
    before, after = voice.document.baseline_loss, voice.after(entry.gain.estimate)
    nothing_left = voice.classification and after == 0
    kind = "rate" if voice.classification else "value"
    key = f"{voice.document.goal}_{kind}" if entry.proven else "unproven"
    suffix = "" if entry.evidence == "adjusted" or not entry.proven else "_associated"
    values = {
        "loss": voice.loss_name,
        "subject": voice.subject,
        "before": voice.loss(before),
        "after": voice.words("noun.nearly_none") if nothing_left else voice.loss(after),
        "gain": voice.gain(entry.gain.estimate),
        "level": voice.formats.percent(entry.gain.level),
        "interval": voice.gain_span(entry.gain.low, entry.gain.high) + voice.formats.after(voice.gain_unit),
    }
    if kind == "value":
        values["percent"] = voice.formats.percent(abs(entry.gain.estimate / before) if before else None, 1)
    return voice.words(f"effect.{key}{suffix}", **values)


def support(voice: Voice, entry: Entry) -> str | None:
    """How much of production already runs as advised, with its n."""
    if entry.support is None:
        return None
    n = voice.formats.count(round(entry.support * voice.document.n_used))
    key = "effect.support_rate" if voice.classification else "effect.support_value"
    if not all(edges(entry, factor) for factor in entry.windows):
        key = "effect.support_level"
    return voice.words(key, share=voice.formats.percent(entry.support), n=n)


def energy_month(voice: Voice, gain: float) -> str | None:
    """Energy saved a month at the pace of the period; none where the unit does not add up."""
    pace = voice.units_per_month()
    if pace is None or voice.classification or voice.unit not in ENERGY_UNITS:
        return None
    return voice.formats.quantity(gain * pace, voice.unit, 0)


def worth(voice: Voice, entry: Entry) -> str | None:
    """The gain in money; none where no cost is declared."""
    money = entry.money
    if money is None or money.estimate is None:
        return None
    values = {
        "money": voice.formats.money(money.estimate, money.currency),
        "low": voice.formats.money(money.low, money.currency),
        "per": voice.per,
    }
    pace = voice.units_per_month()
    if pace is None:
        return voice.words("effect.money", **values)
    month = voice.formats.money(money.estimate * pace / 1000, money.currency)
    return voice.words("effect.money_month", month=month, **values)


def net(voice: Voice, entry: Entry) -> str | None:
    """What is left of the money after the cost of the change; none where the change costs nothing."""
    money, left = entry.money, entry.net
    if money is None or left is None or left.estimate is None or left.horizon_units is None:
        return None
    if left.estimate == money.estimate:
        return None
    return voice.words(
        "effect.net",
        horizon=voice.how_many(round(left.horizon_units)),
        per=voice.per,
        net=voice.formats.money(left.estimate, money.currency),
        low=voice.formats.money(left.low, money.currency),
    )


def sensitivity(voice: Voice, entry: Entry) -> str | None:
    """What would be left if something unrecorded mattered as much as the strongest column that was recorded."""
    found = entry.sensitivity
    if found is None:
        return None
    key = "fragile" if not found.robust else "robust_rate" if voice.classification else "robust_value"
    return voice.words(f"sensitivity.{key}", benchmark=voice.inside(found.benchmark), low=voice.gain(found.low))


def reduced(voice: Voice, entry: Entry) -> str | None:
    """That the promise was reduced because earlier ones were not kept."""
    before, past = entry.promised_before_shrinkage, voice.document.shrinkage
    if before is None or past is None or past.factor >= 1:
        return None
    share, n = voice.formats.percent(past.factor), voice.formats.count(past.n_actions)
    return voice.words("shrunk.finding", share=share, n=n, before=voice.gain(before.estimate))


def _other_way(voice: Voice, entry: Entry) -> str | None:
    """An advice that ranks higher and wants the same setting elsewhere."""
    for other in voice.document.ranking:
        shared = [factor for factor in entry.windows if factor in other.windows]
        if other.rank < entry.rank and shared and (other.pair or entry.pair):
            factor = next((one for one in shared if entry.windows[one] != other.windows[one]), None)
            if factor is not None:
                return voice.words("pair.alternative", rank=other.rank, factor=voice.inside(factor))
    return None


def caution(voice: Voice, entry: Entry) -> str | None:
    """What must be said beside evidence that is not adjusted, or beside advice that excludes other advice."""
    said = [text for text in (_unsure(voice, entry), _other_way(voice, entry)) if text]
    return voice.words.join(said, "sentences") or None


def _unsure(voice: Voice, entry: Entry) -> str | None:
    if entry.evidence == "adjusted":
        return None
    if entry.evidence == "inseparable":
        group = [voice.name(factor) for factor in entry.group]
        if len(group) < 2:
            return voice.words("caution.inseparable_alone")
        return voice.words("caution.inseparable", factors=voice.words.join(group, "and"))
    return voice.words("caution.correlated_only")


def status(voice: Voice, entry: Entry) -> str:
    """How sure, in two words."""
    if not entry.proven:
        return voice.words("ranking.unproven")
    kinds = {"correlated_only": "correlated", "inseparable": "inseparable"}
    return voice.words(f"ranking.{kinds.get(entry.evidence, 'proven')}")


def sure(voice: Voice, entry: Entry) -> str:
    """How sure it is that this entry comes first."""
    share = entry.p_first or 0.0
    grade = "high" if share >= VERY_SURE else "medium" if share >= FAIRLY_SURE else "low"
    return voice.words(f"figures.{grade}")
