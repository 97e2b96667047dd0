"""How one document speaks one language: names of factors, the loss and the gain in the reader's units."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reports.document import Document
from reports.formats import NBSP, Formats, decimals, parse_moment, unit_sign
from reports.words import Words

__all__ = ["ENERGY_UNITS", "ERRORS", "SHARES", "Names", "Voice", "clean"]

Names = Mapping[str, Mapping[str, str]]
ENERGY_UNITS = ("Wh", "kWh", "MWh", "J", "kJ", "MJ", "GJ")
"""Units whose sum over a month means something."""
SHARES = ("roc_auc", "r2")
"""Metrics that read as a percentage."""
ERRORS = ("mae", "rmse")
"""Metrics in the unit of the target."""
DAYS_PER_MONTH = 30
LEAST_DAYS = 7
"""A shorter period says nothing about a month."""


def clean(text: str) -> str:
    """The text with what a page cannot show (control, surrogate and direction characters) replaced.

    >>> clean("a\\x00b")
    'a\ufffdb'
    """
    return "".join(sign if sign.isprintable() or sign == "\u3000" else "\ufffd" for sign in text)


@dataclass(frozen=True)
class Voice:
    """``names`` maps columns, the study and the target to their names by language."""

    document: Document
    words: Words
    formats: Formats
    names: Names = field(default_factory=dict)

    # -- names

    def name(self, column: str) -> str:
        """What people call a column; without a name, the column itself."""
        known = self.names.get(column, {}).get(self.words.language)
        return clean(known or column)

    def inside(self, column: str) -> str:
        """The name in the middle of a sentence: an English capital goes, abbreviations stay."""
        name = self.name(column)
        plain = self.words.language == "en" and name != column and re.match(r"[A-Z][a-z]+\b", name)
        return name[0].lower() + name[1:] if plain else name

    def opening(self, column: str) -> str:
        """The name at the head of a title."""
        name = self.name(column)
        return name[0].upper() + name[1:] if self.words.language == "en" and name != clean(column) else name

    def cell(self, value: float | str | None, unit: str = "") -> str:
        """A value of the table to four figures, with its unit; a level as it is called.

        What is absent is a dash.
        """
        if value is None or isinstance(value, str):
            return self.formats.number(None) if value is None else clean(value)
        figures = f"{value:.4g}"
        digits = 0 if "e" in figures and abs(value) >= 1 else min(6, len(figures.partition("e")[0].partition(".")[2]))
        return self.formats.quantity(value, clean(unit), digits if "e-" not in figures else 6)

    # -- the loss

    @property
    def classification(self) -> bool:
        return self.document.task == "classification"

    @property
    def sign(self) -> int:
        """The document tells losses as measured; a gain makes them smaller, or larger where more is better."""
        return -1 if self.document.goal == "higher" else 1

    @property
    def scale(self) -> float:
        """Loss of the document → display value: per cent, or the target in its unit."""
        return 100.0 if self.classification else 1.0

    def after(self, gain: float) -> float | None:
        """The loss to expect after a gain."""
        before = self.document.baseline_loss
        if before is None:
            return None
        after = before - self.sign * gain
        return min(1.0, max(0.0, after)) if self.classification else after

    @property
    def unit(self) -> str:
        return "%" if self.classification else unit_sign(clean(self.document.target_unit))

    @property
    def loss_name(self) -> str:
        return self.words("noun.defect_rate") if self.classification else self.inside(self.document.target)

    @property
    def Loss_name(self) -> str:  # noqa: N802 - the same with a capital
        return self.words("noun.Defect_rate") if self.classification else self.opening(self.document.target)

    @property
    def subject(self) -> str:
        """The loss at the head of a sentence: the bare name of a column takes no article."""
        if self.words.language != "en" or (not self.classification and self.loss_name == clean(self.document.target)):
            return self.loss_name
        return f"The {self.loss_name}"

    def loss_digits(self) -> int:
        """One number of decimals for every loss of the document."""
        baseline = self.document.baseline_loss
        shown = decimals(
            None if baseline is None else baseline * self.scale, digits=3 if not self.classification else 2
        )
        return max(1, shown) if self.classification else shown

    def loss(self, value: float | None) -> str:
        """A loss as text: ``4.1%``, ``41.2 kW``."""
        shown = None if value is None else value * self.scale
        return self.formats.quantity(shown, self.unit, self.loss_digits())

    def bare_loss(self, value: float | None) -> str:
        """The same without its unit, for columns whose head carries it."""
        return self.formats.number(None if value is None else value * self.scale, self.loss_digits())

    def loss_span(self, low: float | None, high: float | None) -> str:
        """An interval of losses, in display order, without unit."""
        if low is None or high is None:
            return self.formats.number(None)
        ends = self.ends(low, high)
        return self.formats.span(*(self.formats.number(end, self.loss_digits()) for end in ends))

    def ends(self, low: float, high: float) -> tuple[float, float]:
        """An interval in display units, in order; a rate lies between nothing and all."""
        first, second = sorted((low * self.scale, high * self.scale))
        return (max(0.0, first), min(100.0, second)) if self.classification else (first, second)

    @property
    def loss_title(self) -> str:
        """The loss with its unit, as an axis says it."""
        return f"{self.Loss_name}{self.unit_note(self.unit, self.Loss_name)}"

    def unit_note(self, unit: str, name: str = "") -> str:
        """The unit in brackets, unless the name says it already."""
        return "" if not unit or unit in re.split(r"[\s\[\]()_]+", name) else f"{NBSP}[{unit}]"

    def score(self, metric: str, value: float | None) -> str:
        """A model's score in the way of its metric: per cent, the target's unit, or a bare number."""
        if metric in SHARES:
            return self.formats.percent(value)
        if metric in ERRORS:
            return self.formats.quantity(value, self.unit, self.loss_digits())
        return self.formats.number(value, 3)

    # -- the gain

    @property
    def gain_scale(self) -> float:
        return 1000.0 if self.classification else 1.0

    @property
    def gain_unit(self) -> str:
        """A change of a percentage is told in points."""
        if self.classification:
            return ""
        return self.words("noun.points") if self.unit == "%" else self.unit

    def gain_digits(self) -> int:
        """One number of decimals for every gain of the document, set by the largest."""
        told = self.document.ranking or self.document.considered
        gains = [entry.gain.estimate * self.gain_scale for entry in told]
        return max(1, decimals(*gains, digits=2)) if self.classification else decimals(*gains, digits=3)

    def gain(self, value: float) -> str:
        return self.formats.quantity(value * self.gain_scale, self.gain_unit, self.gain_digits())

    def gain_span(self, low: float, high: float) -> str:
        """An interval of gains, without unit."""
        digits = self.gain_digits()
        return self.formats.span(
            self.formats.number(low * self.gain_scale, digits), self.formats.number(high * self.gain_scale, digits)
        )

    # -- how much

    @property
    def units(self) -> str:
        return self.words("noun.units" if self.classification else "noun.records")

    @property
    def per(self) -> str:
        return self.words("noun.per_units" if self.classification else "noun.per_records")

    def how_many(self, count: int) -> str:
        joint = "" if self.words.language == "ja" else NBSP
        return f"{self.formats.count(count)}{joint}{self.units}"

    def units_per_month(self) -> float | None:
        """Pace of the period studied; none where it is shorter than a week or has no times."""
        data, days = self.document.data, self.days()
        return data.n_rows / days * DAYS_PER_MONTH if data is not None and days and days >= LEAST_DAYS else None

    def days(self) -> float | None:
        """Length of the period studied; none without times."""
        data = self.document.data
        if data is None or data.first is None or data.last is None:
            return None
        first, last = parse_moment(data.first), parse_moment(data.last)
        if not isinstance(first, datetime) or not isinstance(last, datetime):
            return float((last - first).days)
        return (last - first).total_seconds() / 86400
