"""What a report rests on: the model in words, the data, what was left out, what to do where there is no advice."""

from typing import Literal

from reports.document import Document, Quality, Said
from reports.parts import Cell, Fact, Table, Trust
from reports.standing import alarms, in_use
from reports.voice import ERRORS, SHARES, Voice, clean

__all__ = ["excluded_table", "facts", "footer", "grade", "next_steps", "period", "reason", "trust"]

Grade = Literal["very_good", "good", "moderate", "weak", "unproven", "unknown"]
MOST_CONTEXT = 8
"""Beyond these nothing explains much."""
NOTABLE = 0.02
"""A difference between random and forward test that is worth a sentence, as a share."""


def period(voice: Voice) -> str:
    data = voice.document.data
    if data is None or data.first is None or data.last is None:
        return voice.words("page.no_period")
    return voice.words("page.period", first=voice.formats.day(data.first), last=voice.formats.day(data.last))


def _score(quality: Quality) -> float | None:
    return quality.forward if quality.forward is not None else quality.random


def _skill(quality: Quality, score: float | None) -> float | None:
    """How far a score lies between guessing (0) and perfect (1)."""
    if score is None:
        return None
    if quality.metric == "roc_auc":
        return 2 * score - 1
    if quality.metric == "r2":
        return score
    if quality.metric in ERRORS and quality.baseline:
        return 1 - score / quality.baseline
    return None


def grade(voice: Voice) -> Grade:
    """The reliability of the model in a word."""
    quality = voice.document.quality
    skill = _skill(quality, _score(quality)) if quality else None
    if quality is None or skill is None:
        return "unknown"
    worst = _skill(quality, quality.forward_high if quality.metric in ERRORS else quality.forward_low)
    if worst is not None and worst <= 0:
        return "unproven"
    if skill >= 0.7:
        return "very_good"
    return "good" if skill >= 0.5 else "moderate" if skill >= 0.25 else "weak"


def _interval(voice: Voice, quality: Quality) -> str:
    if quality.forward is None or quality.forward_low is None or quality.forward_high is None:
        return ""
    low, high = (voice.score(quality.metric, end) for end in (quality.forward_low, quality.forward_high))
    if quality.metric in SHARES:
        low = low.removesuffix("%")
    return voice.words("trust.with_interval", interval=voice.formats.span(low, high))


def _model(voice: Voice, quality: Quality) -> tuple[str, ...]:
    words = voice.words
    known = quality.metric if quality.metric in ("roc_auc", "r2") else "mae" if quality.metric in ERRORS else "other"
    values = {
        "score": voice.score(quality.metric, _score(quality)),
        "interval": _interval(voice, quality),
        "loss": voice.loss_name,
        "baseline": voice.score(quality.metric, quality.baseline),
        "metric": clean(quality.metric),
    }
    said = [words(f"trust.{known}", **values)]
    if quality.forward is None:
        return (*said, words("trust.tested_random"))
    if quality.n_test is not None:
        said.append(words("trust.tested_on", n=voice.formats.count(quality.n_test)))
    if quality.random is not None:
        said.append(_optimism(voice, quality, quality.forward, quality.random))
    return tuple(said)


def _optimism(voice: Voice, quality: Quality, forward: float, random: float) -> str:
    """What a test on shuffled data would have pretended."""
    shown = voice.score(quality.metric, random)
    lower_is_better = quality.metric in ERRORS
    flattery = forward - random if lower_is_better else random - forward
    notable = NOTABLE if quality.metric not in ERRORS else NOTABLE * abs(forward)
    low, high = quality.forward_low, quality.forward_high
    within = low is not None and high is not None and low <= random <= high
    if flattery <= notable or within:
        return voice.words("trust.no_optimism", random=shown)
    difference = (
        voice.words("trust.points", n=voice.formats.number(flattery * 100))
        if quality.metric in SHARES
        else voice.score(quality.metric, flattery)
    )
    return voice.words("trust.optimism", random=shown, optimism=difference)


def trust(voice: Voice) -> Trust | None:
    """How far the result carries; without a model only the warnings are left, and without those nothing."""
    document, words = voice.document, voice.words
    warnings = tuple(clean(said.ja if words.language == "ja" else said.en) for said in _warnings(document))
    quality = document.quality
    if quality is not None and _score(quality) is None:
        quality = None
    use, alarm = in_use(voice), alarms(voice)
    if quality is None and not warnings and not use and not alarm:
        return None
    found = document.verdict == "factors_found" and document.ranking
    level = voice.formats.percent(document.ranking[0].gain.level) if found else ""
    evidence = (
        words("trust.adjusted", loss=voice.loss_name),
        words("trust.held"),
        words("trust.unmeasured"),
        *((words("trust.gate", level=voice.formats.percent(document.gate.level)),) if document.gate else ()),
        words("trust.interval", level=level),
    )
    shown = grade(voice)
    return Trust(
        grade=words("trust.grade", grade=words(f"trust.{shown}")) if quality else "",
        advice=words(f"trust.advice_{shown}") if quality and found else "",
        model=_model(voice, quality) if quality else (),
        evidence=evidence if found else (),
        in_use=use,
        alarms=alarm,
        warnings=warnings,
        context=_context(voice) if shown != "unproven" else None,
    )


def _warnings(document: Document) -> list[Said]:
    """Without those that a finding and its trial say already."""
    told = [entry.group for entry in document.ranking if entry.evidence == "inseparable"]
    return [
        said
        for said in document.warnings
        if said.code != "inseparable" or not any(all(factor in said.en for factor in group) for group in told)
    ]


def _context(voice: Voice) -> Table | None:
    shown = [item for item in voice.document.context if item.share_of_explanation != 0][:MOST_CONTEXT]
    if not shown:
        return None
    return Table(
        caption=voice.words("trust.context"),
        head=(
            voice.words("trust.context_factor"),
            voice.words("trust.context_kind"),
            voice.words("trust.context_share"),
        ),
        rows=tuple(
            (
                Cell(voice.name(item.factor)),
                Cell(voice.words("trust.context_given" if item.role == "context" else "trust.context_measured")),
                Cell(voice.formats.percent(item.share_of_explanation)),
            )
            for item in shown
        ),
        numeric=(False, False, True),
    )


def facts(voice: Voice) -> tuple[Fact, ...]:
    """The data behind the study, line by line."""
    words, document, formats = voice.words, voice.document, voice.formats
    target = voice.inside(document.target)
    question = (
        words("data.target_rate", target=target, bad=voice.inside(document.bad or ""))
        if voice.classification
        else words(f"data.target_{document.goal}", target=target)
    )
    shown = [Fact(words("data.target"), question), Fact(words("data.period"), period(voice))]
    data = document.data
    used = formats.count(document.n_used)
    if data is None or data.n_rows == data.n_used:
        shown.append(Fact(words("data.studied"), words("data.studied_all", used=used, units=voice.units)))
    else:
        rows = formats.count(data.n_rows)
        shown.append(Fact(words("data.studied"), words("data.studied_some", used=used, rows=rows, units=voice.units)))
    if data is not None and data.group not in (None, "unit") and data.n_groups is not None:
        group = words("data.time_block") if data.group == "time_block" else voice.inside(data.group or "")
        text = words("data.groups_text", n=formats.count(data.n_groups), group=group)
        shown.append(Fact(words("data.groups"), text))
    if document.baseline_loss is not None:
        mean = f"{voice.loss(document.baseline_loss)} ({words('page.n', n=used)})"
        shown.append(Fact(words("data.loss", Loss=voice.Loss_name), mean))
    found = {factor for entry in document.ranking for factor in entry.windows}
    vain = {factor for one in document.considered for factor in one.group or (one.factor,)}
    tried = max(len(found | vain), document.gate.tried if document.gate else 0)
    if tried:
        text = words("data.factors_text", tried=formats.count(tried), found=formats.count(len(found)))
        shown.append(Fact(words("data.factors"), text))
    return tuple(shown)


def excluded_table(voice: Voice) -> Table | None:
    """Columns left out, or kept in spite of doubt, each with its reason."""
    words, document = voice.words, voice.document
    rows = []
    left_out = {leak.column for leak in document.leaks if leak.action == "excluded"}
    for leak in document.leaks:
        if leak.action == "kept" and leak.column in left_out:
            continue
        known = f"leak.{leak.kind}" in words
        why = words(f"leak.{leak.kind}") if known else words("leak.other", kind=clean(leak.kind))
        text = words("leak.kept", why=why) if leak.action == "kept" else why
        evidence = leak.evidence_ja if words.language == "ja" and leak.evidence_ja else leak.evidence
        rows.append((Cell(voice.name(leak.column), clean(leak.column)), Cell(text, clean(evidence))))
    named = {leak.column for leak in document.leaks}
    for item in document.excluded:
        if item.column not in named:
            why = (item.ja if words.language == "ja" else item.en) or item.why
            rows.append((Cell(voice.name(item.column), clean(item.column)), Cell(clean(why))))
    if not rows:
        return None
    return Table(
        caption=words("data.excluded"),
        head=(words("data.column"), words("data.why")),
        rows=tuple((Cell(name.text, name.small if name.small != name.text else ""), why) for name, why in rows),
        numeric=(False, False),
    )


def reason(voice: Voice) -> str:
    """Why there is no advice, in the words of whoever decided."""
    said = voice.document.reason
    if said is None or voice.document.verdict == "factors_found":
        return ""
    return clean(said.ja if voice.words.language == "ja" else said.en)


def next_steps(voice: Voice) -> tuple[str, ...]:
    """What to do where there is no advice."""
    words, document = voice.words, voice.document
    if document.verdict == "factors_found":
        return ()
    if document.verdict == "no_actionable_factor":
        trial = document.trial
        said = "" if trial is None or trial.runs else {"en": trial.en, "ja": trial.ja}[words.language]
        suggested = (f"{words('none.trial')}: {clean(said)}",) if said else ()
        context = (words("none.next_context"),) if document.context and grade(voice) != "unproven" else ()
        return (*suggested, words("none.next_range"), words("none.next_sensor"), *context)
    return (_wait(voice), *(words(f"little.{key}", units=voice.units) for key in _check(voice)))


def _wait(voice: Voice) -> str:
    """How many more, and how long that takes."""
    words, document, days = voice.words, voice.document, voice.days()
    missing = None if document.units_needed is None else document.units_needed - document.n_used
    if missing is None or missing <= 0:
        return words("little.next_wait_unknown", units=voice.units)
    said = words("little.next_wait", missing=voice.formats.count(_two_figures(missing)), units=voice.units)
    if not days or days < 1 or not document.n_used:
        return said
    pace = words("trial.days", days=voice.formats.count(max(1, _two_figures(missing * days / document.n_used))))
    return words.join([said, pace], "sentences")


def _two_figures(value: float) -> int:
    """Rounded as coarsely as it is known.

    >>> _two_figures(136421), _two_figures(7.4)
    (140000, 7)
    """
    return int(float(f"{value:.1e}")) if value >= 10 else round(value)


def _check(voice: Voice) -> tuple[str, ...]:
    """What else would help."""
    code = voice.document.reason.code if voice.document.reason else ""
    if code in ("weak_data", "window_unsure"):
        return ("next_vary",)
    return ("next_verdicts",) if voice.classification else ("next_values",)


def footer(voice: Voice) -> tuple[str, ...]:
    """Where the numbers come from, so that they can be made again."""
    words, document = voice.words, voice.document
    made = [words("page.printed_from", study=clean(document.study))]
    if document.seed is not None:
        made.append(words("page.reproduce", seed=document.seed))
    return (*made, words("page.times_in", zone=str(voice.formats.zone)), words("page.offline"))
