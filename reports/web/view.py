"""A board in one language: every part of the page that can change, as HTML by element id."""

import math
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ingest.plant import Language
from reports.formats import ABSENT, Formats, decimals, setting_decimals, unit_sign
from reports.voice import SHARES
from reports.web.actions import Action
from reports.web.bars import HEIGHT, WIDTH, Bars, Whisker, day_bars, whisker
from reports.web.board import Board, LineBoard, NewSignal, Tile
from reports.web.days import Defects, Energy
from reports.web.fixes import Fix, FixList, Gain, Window
from reports.web.health import ModelHealth
from reports.words import LANGUAGES, Words

__all__ = ["View", "age_parts", "view_in"]

MOST_FIXES = 5
MOST_NEW = 12
SIGNIFICANT = 4
ACTION_ICONS = {
    "realised": "ok",
    "less_than_promised": "look",
    "no_effect_shown": "look",
    "not_followed": "look",
    "worse": "silent",
}
MOST_DECIMALS = 2


def age_parts(seconds: float) -> tuple[str, int]:
    """The unit an age is told in, and how many of it; ``static/genba.js`` does the same.

    >>> age_parts(12.7), age_parts(60), age_parts(3 * 86400)
    (('seconds', 12), ('minutes', 1), ('days', 3))
    """
    for unit, length, below in (("seconds", 1, 60), ("minutes", 60, 3600), ("hours", 3600, 48 * 3600)):
        if seconds < below:
            return unit, int(max(0.0, seconds) // length)
    return "days", int(seconds // 86400)


class View:
    """Renders in one language. ``parts`` are the pieces of the first page that the live stream replaces."""

    def __init__(self, language: Language, zone: ZoneInfo, currency: str) -> None:
        self.language = language
        self.words = Words(language, "dashboard")
        self.formats = Formats(language, zone)
        self.currency = currency
        self._zone = zone
        self._jinja = Environment(
            loader=PackageLoader("reports.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals.update(
            w=self.words, f=self.formats, view=self, language=language, languages=LANGUAGES, chart=(WIDTH, HEIGHT)
        )

    def page(self, template: str, **context: Any) -> str:
        """A whole page."""
        return self._jinja.get_template(template).render(**context)

    def parts(self, board: Board, *, ticking: bool) -> dict[str, str]:
        """HTML by element id. ``ticking``: leave ages to the page's script, so that equal states give equal parts."""
        macros: Any = self._jinja.get_template("parts.html").module
        parts = {
            "trouble": macros.trouble(board.trouble),
            "new": macros.new_signals(board, ticking),
            "ledger": macros.ledger(board.ledger),
            "quarantined": self.formats.count(board.ledger.quarantined),
            "freshness": macros.freshness(board, ticking),
            "actions": macros.action_list(board.actions, False),
        }
        for line in board.lines:
            parts[f"line-{line.line}"] = macros.line_state(line)
            if line.judged:
                parts[f"defects-{line.line}"] = macros.defects(line.defects, board.today)
            if line.metered:
                parts[f"energy-{line.line}"] = macros.energy(line.energy, board.today)
            parts |= {self.tile_id(line, tile): macros.tile(tile, ticking) for tile in line.tiles}
        parts |= {f"fix-{fixes.study}": macros.fix_list(fixes) for fixes in board.fix_first}
        return {name: str(html).strip() for name, html in parts.items()}

    # -- what templates ask for

    @staticmethod
    def tile_id(line: LineBoard, tile: Tile) -> str:
        return f"tile-{line.line}-{tile.machine}-{tile.signal}"

    def age(self, seconds: float) -> str:
        """How long ago, in the largest unit that tells it well."""
        unit, n = age_parts(seconds)
        return self.words(f"age.{unit}", n=n)

    def age_words(self) -> str:
        """The words of ages, for the script."""
        return orjson.dumps(self.words.section("age")).decode()

    def moment(self, moment: datetime) -> str:
        return self.formats.moment(moment.isoformat())

    def clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%H:%M:%S}"

    def day(self, day: date) -> str:
        return self.formats.day(day.isoformat())

    def short_day(self, day: date) -> str:
        return self.formats.short_day(day.isoformat())

    def which_day(self, day: date, today: date) -> str:
        """``today`` only where it is."""
        return self.words("day.today") if day == today else self.words("day.on", day=self.day(day))

    def value(self, tile: Tile | NewSignal) -> str:
        """A last value without its unit: a level, or as many digits as the setting has, else four."""
        if tile.level is not None:
            return tile.level
        if tile.value is None:
            return ABSENT
        step = tile.step if isinstance(tile, Tile) else None
        if step is not None:
            return self.formats.number(tile.value, setting_decimals(0.0, step))
        most = MOST_DECIMALS if abs(tile.value) >= 1 else SIGNIFICANT
        return self.formats.number(tile.value, min(most, decimals(tile.value, digits=SIGNIFICANT)))

    def unit(self, unit: str) -> str:
        return unit_sign(unit)

    def signs(self, line: LineBoard) -> str:
        """Why to look at a line, as one sentence."""
        said = [
            self.words.count(f"sign.{sign.code}", sign.count, all=len(line.tiles))
            if sign.count
            else self.words(f"sign.{sign.code}")
            for sign in line.signs
        ]
        text = self.words.join(said, "signs")
        return text[:1].upper() + text[1:] + self.words("sign.end")

    def defect_bars(self, defects: Defects) -> Bars:
        return day_bars(
            [day.rate for day in defects.days], [(day.low, day.high) for day in defects.days], defects.before_rate
        )

    def energy_bars(self, energy: Energy) -> Bars:
        return day_bars([day.per_good for day in energy.days], [(None, None)] * len(energy.days), energy.before)

    def points(self, difference: float) -> str:
        """The distance of two rates in percentage points."""
        distance = abs(difference) * 100
        return self.formats.number(distance, 1 if distance >= 0.05 else 2)

    def rate_span(self, low: float, high: float) -> str:
        return self.formats.span(self.formats.number(low * 100, 1), self.formats.number(high * 100, 1), "%")

    def intensity(self, value: float | None) -> str:
        """Energy per good unit with three significant digits."""
        return self.formats.number(value, decimals(value))

    def hold(self, window: Window) -> str:
        """The setting advised for one factor, without its name."""
        if window.low is None or window.high is None:
            return self.words.join(window.levels, "or")
        digits = setting_decimals(window.low, window.high)
        low, high = (self.formats.number(edge, digits) for edge in (window.low, window.high))
        return self.formats.span(low, high, window.unit)

    def now(self, fix: Fix) -> str:
        """What the factor is today; nothing for advice on several factors."""
        if fix.now is None or len(fix.windows) != 1:
            return ""
        window = fix.windows[0]
        if isinstance(fix.now, str) or window.low is None or window.high is None:
            return str(fix.now)
        return self.formats.quantity(fix.now, window.unit, setting_decimals(window.low, window.high))

    def gain(self, fixes: FixList, value: float) -> str:
        """A gain in the reader's unit: bad parts per 1,000, or the target's; decimals as in the report."""
        rate = fixes.task == "classification"
        scale = 1000.0 if rate else 1.0
        largest = [fix.gain.estimate * scale for fix in fixes.fixes]
        digits = max(1, decimals(*largest, digits=2)) if rate else decimals(*largest, digits=3)
        return self.formats.number(value * scale, digits)

    def gain_said(self, fixes: FixList, fix: Fix) -> Markup:
        """The expected gain as a phrase with the number in bold."""
        rate = fixes.task == "classification"
        amount = self.gain(fixes, fix.gain.estimate) + ("" if rate else self.formats.after(fixes.target_unit))
        phrase = self.words(f"fix.gain_{'rate' if rate else fixes.goal}", n="{n}")
        return Markup(phrase).format(n=Markup("<strong>{}</strong>").format(amount))  # noqa: S704 - our own text

    def gain_span(self, fixes: FixList, fix: Fix) -> str:
        unit = "" if fixes.task == "classification" else fixes.target_unit
        return self.formats.span(self.gain(fixes, fix.gain.low), self.gain(fixes, fix.gain.high), unit)

    def gain_whisker(self, fixes: FixList, fix: Fix) -> Whisker:
        shown = fixes.fixes[:MOST_FIXES]
        ends = [edge for one in shown for edge in (one.gain.low, one.gain.high) if math.isfinite(edge)]
        return whisker(fix.gain.estimate, fix.gain.low, fix.gain.high, min(ends), max(ends))

    def money(self, value: float, currency: str) -> str:
        return self.formats.money(value, currency or self.currency)

    def shown_fixes(self, fixes: FixList) -> tuple[Fix, ...]:
        return fixes.fixes[:MOST_FIXES]

    def shown_new(self, board: Board) -> tuple[NewSignal, ...]:
        return board.new_signals[:MOST_NEW]

    def report(self, fixes: FixList) -> tuple[str, Language] | None:
        """Address and language of the report: this language if it was written, else another."""
        for language in (self.language, *LANGUAGES):
            if language in fixes.reports:
                return f"/reports/{fixes.study}.{language}.html", language
        return None

    def health(self, model: ModelHealth) -> str:
        """What is the matter with a model, in a sentence."""
        share = model.metric in SHARES
        value, promised = (
            self.formats.percent(score) if share else self.formats.number(score, 3)
            for score in (model.value, model.promised)
        )
        return self.words(
            f"model.{model.code}_said",
            id=model.model_id,
            day=self.formats.day(model.since),
            n=self.formats.count(model.units),
            value=value,
            promised=promised,
        )

    def moved(self, model: ModelHealth) -> str:
        """The factors that moved, each with its share of all that changed."""
        shown = [f"{one.name[self.language]} ({self.formats.percent(one.share)})" for one in model.moved[:MOST_FIXES]]
        return self.words("model.which", factors=self.words.join(shown, "signs"))

    # -- actions

    def action_gain(self, action: Action, value: float) -> str:
        """A gain in the reader's unit: bad parts per 1,000, or the target's."""
        scale = 1000.0 if action.task == "classification" else 1.0
        known = [gain.estimate * scale for gain in (action.promised, action.realised) if gain is not None]
        return self.formats.number(value * scale, max(1, decimals(*known, digits=2)))

    def action_said(self, action: Action, gain: Gain) -> Markup:
        """A gain, or what was lost instead, as a phrase with the number in bold."""
        rate = action.task == "classification"
        amount = self.action_gain(action, abs(gain.estimate)) + ("" if rate else self.formats.after(action.unit))
        kind = "rate" if rate else action.goal
        phrase = self.words(f"fix.gain_{kind}" if gain.estimate >= 0 else f"action.lost_{kind}", n="{n}")
        return Markup(phrase).format(n=Markup("<strong>{}</strong>").format(amount))  # noqa: S704 - our own text

    def action_span(self, action: Action, gain: Gain) -> str:
        return self.formats.span(self.action_gain(action, gain.low), self.action_gain(action, gain.high), action.unit)

    def action_whisker(self, action: Action, gain: Gain) -> Whisker:
        """Promised and realised share one scale, so that they can be compared."""
        known = [one for one in (action.promised, action.realised) if one is not None]
        ends = [edge for one in known for edge in (one.low, one.high)]
        return whisker(gain.estimate, gain.low, gain.high, min(ends), max(ends))

    @staticmethod
    def plain(value: float) -> str:
        """A limit as the plant file has it."""
        return f"{value:g}"

    @staticmethod
    def action_icon(action: Action) -> str:
        """The shape and colour of a state; `icon` of the templates draws it."""
        return ACTION_ICONS.get(action.state, "empty")

    def payload(self, payload: bytes) -> str:
        """The beginning of a payload as text; what is no text is shown as replacement signs."""
        text = payload.decode("utf-8", errors="replace")
        return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)

    def reason(self, code: str) -> str:
        """A reason of quarantine in words; one that is newer than the texts stands for itself."""
        return self.words(f"reason.{code}") if f"reason.{code}" in self.words else code


@cache
def view_in(language: Language, zone: ZoneInfo, currency: str) -> View:
    """The one view of a language in a plant: its templates are compiled once."""
    return View(language, zone, currency)
