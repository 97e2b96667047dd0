"""What a report says, from a ranking document: pure, the same parts for every output."""

from reports.document import Considered, Document, Entry
from reports.energy import energy
from reports.figures import effect_figure, gain_figure, time_figure
from reports.findings import (
    advice,
    as_good,
    caution,
    direction,
    effect,
    energy_month,
    net,
    now,
    reduced,
    sensitivity,
    status,
    support,
    sure,
    window,
    worth,
)
from reports.formats import NBSP, Formats
from reports.grounds import excluded_table, facts, footer, grade, next_steps, period, reason, trust
from reports.parts import Cell, Fact, Finding, KeyFigure, Ranking, Report, Table
from reports.process import process
from reports.standing import gone
from reports.trial import trial
from reports.units import examples, unusual
from reports.voice import Names, Voice, clean
from reports.words import Words

__all__ = ["build"]


def build(document: Document, formats: Formats, names: Names) -> Report:
    """One report in the language of ``formats``; ``names`` maps columns, study and target to names by language."""
    voice = Voice(document, Words(formats.language), formats, names)
    lead_entry = _first(document)
    found = document.verdict == "factors_found" and lead_entry is not None
    needed = document.units_needed if document.verdict == "not_enough_data" else None
    return Report(
        language=formats.language,
        verdict=document.verdict,
        title=voice.words("page.document_title", title=voice.name(document.study)),
        study=voice.name(document.study),
        period=period(voice),
        n=voice.words("page.n", n=formats.count(document.n_used)),
        headline=_headline(voice, lead_entry),
        lead=_lead(voice, lead_entry),
        caution=_caution(voice, lead_entry if found else None),
        key_figures=_key_figures(voice, lead_entry),
        progress=min(1.0, document.n_used / needed) if needed else None,
        progress_text=voice.words(
            "little.bar",
            have=formats.count(document.n_used),
            needed=formats.count(needed),
            units=voice.units,
        )
        if needed
        else "",
        reason=reason(voice),
        next_steps=next_steps(voice),
        ranking=_ranking(voice) if document.ranking else None,
        considered=_considered(voice) if document.considered else None,
        considered_said=_considered_said(voice),
        findings=tuple(_finding(voice, entry) for entry in document.ranking if entry.proven),
        trial=trial(voice),
        energy=energy(voice),
        process=process(voice),
        time=None if document.process is not None and document.process.points else time_figure(voice),
        examples=examples(voice),
        examples_said=voice.words("units.intro" if voice.classification else "units.intro_records"),
        unusual=unusual(voice),
        trust=trust(voice),
        facts=facts(voice),
        excluded=excluded_table(voice),
        footer=footer(voice),
    )


def _first(document: Document) -> Entry | None:
    """The entry to speak of first: the best ranked with a clear effect, else the best ranked."""
    ordered = sorted(document.ranking, key=lambda entry: (not entry.proven, entry.rank))
    return ordered[0] if ordered else None


def _headline(voice: Voice, entry: Entry | None) -> str:
    words, document = voice.words, voice.document
    if document.verdict == "not_enough_data":
        return words("headline.too_little")
    if document.verdict == "no_actionable_factor" or entry is None:
        key = "none_higher" if document.goal == "higher" else "none"
        return words(f"headline.{key}", loss=voice.loss_name)
    if not entry.proven:
        return words("headline.unproven", factor=voice.inside(entry.factor))
    return words("headline.factor", advice=advice(voice, entry))


def _lead(voice: Voice, entry: Entry | None) -> tuple[str, ...]:
    if voice.document.verdict == "not_enough_data":
        return (voice.words("little.lead"),)
    if voice.document.verdict == "no_actionable_factor" or entry is None:
        return (voice.words("none.lead"),)
    if not entry.proven:
        return (effect(voice, entry),)
    return tuple(text for text in (effect(voice, entry), support(voice, entry)) if text)


def _caution(voice: Voice, entry: Entry | None) -> str:
    """What speaks against acting at once: no model, weak evidence, promises that were not kept."""
    past = voice.document.shrinkage
    shrunk = entry is not None and entry.promised_before_shrinkage is not None and past is not None and past.factor < 1
    said = (
        gone(voice),
        caution(voice, entry) if entry else None,
        voice.words("shrunk.opening", share=voice.formats.percent(past.factor)) if shrunk and past else None,
    )
    return voice.words.join([text for text in said if text], "sentences")


def _key_figures(voice: Voice, entry: Entry | None) -> tuple[KeyFigure, ...]:
    if voice.document.verdict == "factors_found" and entry is not None and entry.proven:
        return (_gain_figure(voice, entry), *_worth_figure(voice, entry), *_sure_figure(voice, entry))
    words, document = voice.words, voice.document
    loss_key = "figures.loss_now_rate" if voice.classification else "figures.loss_now_value"
    shown = [KeyFigure(voice.loss(document.baseline_loss), words(loss_key, loss=voice.loss_name))]
    if document.baseline_loss is None:
        shown = []
    shown.append(KeyFigure(_amount(voice, document.n_used), words("figures.studied"), period(voice)))
    if document.verdict == "not_enough_data":
        if document.units_needed is not None:
            shown.append(KeyFigure(_amount(voice, document.units_needed), words("figures.needed")))
    elif document.quality is not None:
        shown.append(KeyFigure(words(f"trust.{grade(voice)}"), words("figures.model")))
    return tuple(shown)


def _amount(voice: Voice, count: int) -> str:
    """How many, in large letters: the line may break before the unit."""
    return voice.how_many(count).replace(NBSP, " ")


def _gain_figure(voice: Voice, entry: Entry) -> KeyFigure:
    words, gain = voice.words, entry.gain
    key = "rate" if voice.classification else voice.document.goal
    interval = words(
        "figures.interval",
        level=voice.formats.percent(gain.level),
        interval=voice.gain_span(gain.low, gain.high) + voice.formats.after(voice.gain_unit),
    )
    energy = energy_month(voice, gain.estimate)
    note = interval if energy is None else words("figures.with_energy", interval=interval, energy=energy)
    return KeyFigure(voice.gain(gain.estimate), words(f"figures.gain_{key}", loss=voice.loss_name), note)


def _worth_figure(voice: Voice, entry: Entry) -> tuple[KeyFigure, ...]:
    """Money a month, else money per 1,000; nothing where no cost is declared."""
    words, money, pace = voice.words, entry.money, voice.units_per_month()
    if money is None or money.estimate is None:
        return ()
    per = voice.formats.money(money.estimate, money.currency)
    if pace is None:
        low = voice.formats.money(money.low, money.currency)
        return (KeyFigure(per, words("figures.money_per", per=voice.per), words("figures.money_low", low=low)),)
    low = voice.formats.money(None if money.low is None else money.low * pace / 1000, money.currency)
    note = words("figures.money_month_note", low=low, money=per, per=voice.per)
    month = voice.formats.money(money.estimate * pace / 1000, money.currency)
    return (KeyFigure(month, words("figures.money_month"), note),)


def _sure_figure(voice: Voice, entry: Entry) -> tuple[KeyFigure, ...]:
    words, word = voice.words, sure(voice, entry)
    if entry.p_first is None:
        return ()
    value = voice.formats.percent(entry.p_first)
    if entry.rank_interval is None or entry.rank_interval[0] == entry.rank_interval[1]:
        return (KeyFigure(value, words("figures.sure"), word),)
    best, worst = entry.rank_interval
    note = words("figures.sure_note", word=word, best=best, worst=worst)
    return (KeyFigure(value, words("figures.sure"), note),)


def _finding(voice: Voice, entry: Entry) -> Finding:
    sentences = (
        voice.words("headline.factor", advice=advice(voice, entry)),
        effect(voice, entry),
        voice.words("pair.why") if entry.pair else None,
        as_good(voice, entry),
        support(voice, entry),
        reduced(voice, entry),
        worth(voice, entry),
        net(voice, entry),
        sensitivity(voice, entry),
    )
    return Finding(
        rank=entry.rank,
        title=" + ".join(voice.opening(factor) for factor in entry.windows),
        status=status(voice, entry),
        sentences=tuple(text for text in sentences if text),
        caution=caution(voice, entry) or "",
        figure=effect_figure(voice, entry),
        details=_details(voice, entry),
    )


def _details(voice: Voice, entry: Entry) -> tuple[Fact, ...]:
    """The figures of a test, for those who read them."""
    words, facts = voice.words, []
    unit = voice.formats.after(voice.gain_unit)
    if entry.p_value is not None:
        p = voice.formats.chance(entry.p_value)
        facts.append(Fact(words("details.p_value"), words("details.p_value_text", p=p)))
    if entry.noise_floor is not None and entry.noise_floor > 0:
        floor = voice.gain(entry.noise_floor)
        facts.append(Fact(words("details.noise_floor"), words("details.noise_floor_text", floor=floor)))
    if (before := entry.promised_before_shrinkage) is not None:
        span = voice.gain_span(before.low, before.high) + unit
        facts.append(Fact(words("details.before"), f"{voice.gain(before.estimate)} ({span})"))
    if entry.adjusted_for:
        names = words.join([voice.name(column) for column in entry.adjusted_for], "list")
        facts.append(Fact(words("details.adjusted_for"), names))
    return tuple(facts)


def _considered_said(voice: Voice) -> tuple[str, ...]:
    gate = voice.document.gate
    level = (voice.words("considered.level", level=f"{gate.level:g}"),) if gate else ()
    return (voice.words("considered.intro"), *level)


def _considered(voice: Voice) -> Table:
    """Settings looked at in vain, each with the reason."""
    words = voice.words
    gain = "considered.gain_rate" if voice.classification else "considered.gain_value"
    head = (
        words("considered.factor"),
        words(gain, unit=voice.unit_note(voice.gain_unit)),
        words("considered.why"),
    )
    rows = tuple(_considered_row(voice, one) for one in voice.document.considered)
    return Table(words("considered.title"), head, rows, (False, True, False))


def _considered_row(voice: Voice, one: Considered) -> tuple[Cell, ...]:
    known = f"considered.{one.why}" in voice.words
    why = voice.words(f"considered.{one.why}") if known else {"en": one.en, "ja": one.ja}[voice.words.language]
    factors = one.group or (one.factor,)
    return (
        Cell(" +\n".join(voice.name(factor) for factor in factors)),
        Cell(
            voice.formats.number(one.gain.estimate * voice.gain_scale, voice.gain_digits()),
            voice.gain_span(one.gain.low, one.gain.high),
        ),
        Cell(clean(why), "" if one.p_value is None else voice.formats.chance(one.p_value)),
    )


def _ranking(voice: Voice) -> Ranking:
    words, entries = voice.words, voice.document.ranking
    priced = any(entry.money is not None and entry.money.estimate is not None for entry in entries)
    kinds = [("proven", True), ("unproven", False)]
    return Ranking(
        intro=words("ranking.intro", money=words("ranking.by_money") if priced else ""),
        figure=gain_figure(voice),
        legend=tuple(
            ("proven" if clear else "unproven", words(f"ranking.legend_{kind}"))
            for kind, clear in kinds
            if any(entry.proven is clear for entry in entries)
        ),
        table=_ranking_table(voice, priced),
    )


def _ranking_table(voice: Voice, priced: bool) -> Table:
    words, entries = voice.words, voice.document.ranking
    level = voice.formats.percent(entries[0].gain.level)
    unit = voice.unit_note(voice.gain_unit)
    gain_head = words("ranking.gain_rate") if voice.classification else words("ranking.gain_value", unit=unit)
    head = [
        words("ranking.rank"),
        words("ranking.factor"),
        words("ranking.advice"),
        words("ranking.now"),
        f"{gain_head} ({words('ranking.interval', level=level)})",
        *([words("ranking.money", per=voice.per)] if priced else []),
        words("ranking.ranks"),
        words("ranking.status"),
    ]
    return Table(
        caption=words("ranking.table"),
        head=tuple(head),
        rows=tuple(_ranking_row(voice, entry, priced) for entry in entries),
        numeric=(True, False, False, True, True, *([True] if priced else []), True, False),
        quiet=tuple(not entry.proven for entry in entries),
    )


def _ranks(voice: Voice, entry: Entry) -> str:
    if entry.rank_interval is None:
        return voice.formats.number(None)
    best, worst = entry.rank_interval
    return str(best) if best == worst else voice.formats.span(str(best), str(worst))


def _ranking_row(voice: Voice, entry: Entry, priced: bool) -> tuple[Cell, ...]:
    formats, factors = voice.formats, list(entry.windows)
    named = [factor for factor in factors if voice.name(factor) != clean(factor)]
    money = entry.money
    cells = [
        Cell(str(entry.rank)),
        Cell(" +\n".join(voice.name(factor) for factor in factors), ", ".join(clean(factor) for factor in named)),
        Cell(
            "\n".join(window(voice, entry, factor) for factor in factors),
            direction(voice, entry),
            whole=entry.direction != "level",
        ),
        Cell(
            "\n".join(now(voice, entry, factor) or formats.number(None) for factor in factors),
            whole=entry.direction != "level",
        ),
        Cell(
            formats.number(entry.gain.estimate * voice.gain_scale, voice.gain_digits()),
            voice.gain_span(entry.gain.low, entry.gain.high),
        ),
    ]
    if priced:
        low = formats.money(money.low if money else None, money.currency if money else "")
        cells.append(
            Cell(
                formats.money(money.estimate if money else None, money.currency if money else ""),
                f"{voice.words('ranking.lower_end')} {low}" if money else "",
            )
        )
    return (*cells, Cell(_ranks(voice, entry)), Cell(status(voice, entry)))
