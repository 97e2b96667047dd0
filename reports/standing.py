"""Where the study's model stands, in sentences: which one is in use and why, and what speaks against it now."""

from reports.document import Moved, Performance, Why
from reports.formats import decimals
from reports.voice import Voice, clean

__all__ = ["alarms", "gone", "in_use", "moved_kind"]

MOST = 5
"""Beyond these, columns that moved are only counted."""
CLEAR = 0.05
"""A share of units that is worth a sentence of its own."""


def in_use(voice: Voice) -> tuple[str, ...]:
    """Which model scores the units, since when, why, and how well it does on new ones."""
    model, words = voice.document.model, voice.words
    if model is None or model.state != "champion" or model.trained_at is None:
        return ()
    said = [
        words(
            "model.champion",
            id=model.model_id,
            day=voice.formats.day(model.trained_at),
            n=voice.formats.count(model.rows),
            units=voice.units,
            why=_why(voice, model.why),
        ).strip()
    ]
    if model.performance is not None and model.performance.code == "as_promised":
        said.append(_performance(voice, model.performance))
    return tuple(said)


def _why(voice: Voice, why: Why | None) -> str:
    """A reason that is newer than the texts is left out."""
    if why is None or f"model.{why.code}" not in voice.words:
        return ""
    units = why.details.get("units")
    n = voice.formats.count(units if isinstance(units, int) else None)
    return voice.words(f"model.{why.code}", n=n, units=voice.units, day=voice.formats.day(why.at), id="")


def gone(voice: Voice) -> str:
    """Why nothing is predicted, where that is so; else nothing."""
    model, words = voice.document.model, voice.words
    if model is None or model.state == "champion":
        return ""
    if model.why is None:
        return ""  # too young to have one
    if model.state == "none":
        return words("model.none")
    code = "worse_than_naive" if model.why.code == "worse_than_naive" else "unreadable"
    units = model.why.details.get("units")
    return words(
        f"model.{code}",
        id=model.model_id,
        n=voice.formats.count(units if isinstance(units, int) else None),
        units=voice.units,
        day=voice.formats.day(model.why.at),
    )


def alarms(voice: Voice) -> tuple[str, ...]:
    """What speaks against the model: withdrawn, worse than promised, columns that moved; the gravest first."""
    model = voice.document.model
    if model is None:
        return ()
    said = [gone(voice)] if gone(voice) else []
    if model.performance is not None and model.performance.code == "below_promise":
        said.append(_performance(voice, model.performance))
    said += [_moved(voice, one) for one in model.drift[:MOST]]
    if len(model.drift) > MOST:
        said.append(voice.words("model.moved_more", n=len(model.drift) - MOST))
    return tuple(said)


def _performance(voice: Voice, one: Performance) -> str:
    values = {"value": voice.score(one.metric, one.value), "promised": voice.score(one.metric, one.promised_low)}
    return voice.words(f"model.{one.code}", n=voice.formats.count(one.units), units=voice.units, **values)


def moved_kind(one: Moved) -> str:
    """How a column has moved: ``missing``, ``unseen``, ``level``, ``number`` or ``spread``."""
    if abs((one.missing_now or 0.0) - (one.missing_before or 0.0)) >= CLEAR:
        return "missing"
    if (one.unseen or 0.0) >= CLEAR:
        return "unseen"
    if one.level is not None:
        return "level"
    return "spread" if one.before is None or one.now is None or one.before == one.now else "number"


def _moved(voice: Voice, one: Moved) -> str:
    formats, kind = voice.formats, moved_kind(one)
    digits = decimals(one.before, one.now)
    before, now = (formats.number(value, digits) for value in (one.before, one.now))
    if kind == "level":
        before, now = formats.percent(one.before), formats.percent(one.now)
    if kind in ("missing", "unseen"):
        before = formats.percent(one.missing_before)
        now = formats.percent(one.missing_now if kind == "missing" else one.unseen)
    return voice.words(
        f"model.moved_{kind}",
        name=voice.inside(one.column),
        level=clean(one.level or ""),
        before=before,
        now=now,
        share=formats.percent(one.share),
    )
