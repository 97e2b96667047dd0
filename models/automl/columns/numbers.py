"""Numbers written as words: units, decimal commas, thousands, full-width digits. One spelling for a whole column."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.columns.cells import MISSING_WORDS, Cells, refused
from models.automl.matrix import Floats, Ints

__all__ = ["LARGEST", "NUMERIC_SHARE", "NumberRecipe", "Spelling", "has_decimal_doubt", "read", "spelling"]

NUMERIC_SHARE = 0.9
"""A column of words is numeric when this share of its cells are numbers; the others are missing values."""
LARGEST = 1e38
"""Larger values are this one: some libraries work in single precision, where they would be infinite."""
TRUTHS = {"true": 1.0, "false": 0.0}

_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<before>[¥$€£₩₹]?)\s*"
    r"(?P<digits>\d{1,3}(?:[\s']\d{3})+(?:[.,]\d*)?|\d[\d.,]*|[.,]\d+)"
    r"(?P<power>[eE][+-]?\d{1,3}(?![\w.,]))?"
    r"\s*(?P<unit>(?:[^\W\d_]|[%‰°¥$€£₩₹Ωμ])[^\s]{0,11}|)"
)
_CODE = re.compile(r"[+-]?0\d+")
_THREE = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True)
class Spelling:
    """How a column writes numbers. A cell in another unit is no number of this column: it would be off by a factor."""

    decimal: str = "."
    unit: str = ""


def _normal(level: str) -> str:
    return unicodedata.normalize("NFKC", level).strip().replace("−", "-").replace("’", "'")


def _evidence(digits: str) -> str:
    """The decimal sign that these digits give away; empty where both would do."""
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    if point < 0 and comma < 0:
        return ""
    sign = "." if point >= 0 else ","
    if digits.count(sign) > 1:
        return "," if sign == "." else "."
    return "" if _THREE.fullmatch(digits) else sign


def _plain(level: str) -> float | None:
    """What Python itself reads, apart from codes with leading zeros and words such as ``nan``."""
    if not level.isascii() or "_" in level or level[-1:].isalpha() or _CODE.fullmatch(level):
        return None
    try:
        return float(level)
    except ValueError:
        return None


def spelling(levels: Sequence[str], counts: Ints) -> Spelling | None:
    """The spelling in which at least `NUMERIC_SHARE` of the cells are numbers, or None.

    ``levels``: distinct words; ``counts``: how often each occurs. Codes with leading zeros (``00123``) are no numbers.
    """
    if not _probably(levels):
        return None
    shown = [(level, int(count)) for level, count in zip(levels, counts, strict=True) if not _missing(level)]
    total = sum(count for _, count in shown)
    signs: Counter[str] = Counter()
    units: Counter[str] = Counter()
    numeric = 0
    for level, count in shown:
        found = _NUMBER.fullmatch(_normal(level))
        if found is None or _CODE.fullmatch(found["digits"]):
            continue
        numeric += count
        signs[_evidence(found["digits"])] += count
        units[found["before"] or found["unit"]] += count
    if not total or numeric < NUMERIC_SHARE * total:
        return None
    named = [unit for unit, _ in sorted(units.items(), key=lambda item: (-item[1], item[0])) if unit]
    # Without any evidence "1.234" is a decimal, as everywhere in data, and so "1,234" is a thousand.
    chosen = Spelling("," if signs[","] > signs["."] else ".", named[0] if named else "")
    fits = sum(count for level, count in shown if not math.isnan(_read(level, chosen)))
    return chosen if fits >= NUMERIC_SHARE * total else None


def _probably(levels: Sequence[str]) -> bool:
    """A quick no for most columns of words."""
    probe = levels[:: max(1, len(levels) // 200)]
    return sum(_missing(level) or _NUMBER.fullmatch(_normal(level)) is not None for level in probe) >= 0.5 * len(probe)


def has_decimal_doubt(levels: Sequence[str]) -> bool:
    """Is a comma read as thousands only because nothing says otherwise?"""
    matches = [_NUMBER.fullmatch(_normal(level)) for level in levels]
    digits = [found["digits"] for found in matches if found is not None]
    return any("," in each for each in digits) and not any(_evidence(each) for each in digits)


def _missing(level: str) -> bool:
    return level.lower() in MISSING_WORDS


def _read(level: str, how: Spelling) -> float:
    """NaN for what is no number in this spelling."""
    if how.decimal == ".":
        plain = _plain(level)
        if plain is not None:
            return plain
    found = _NUMBER.fullmatch(_normal(level))
    if found is None or (found["before"] or found["unit"]) not in ("", how.unit):
        return math.nan
    thousands = "," if how.decimal == "." else "."
    digits = re.sub(r"[\s']", "", found["digits"])
    whole, mark, rest = digits.partition(how.decimal)
    if thousands in rest or how.decimal in rest:
        return math.nan
    groups = whole.split(thousands)
    if any(len(group) != 3 for group in groups[1:]):
        return math.nan
    return float(f"{found['sign']}{''.join(groups) or '0'}{'.' if mark else ''}{rest or '0' if mark else ''}"
                 f"{found['power'] or ''}")  # fmt: skip


def read(levels: Sequence[str], how: Spelling) -> Floats:
    """(levels,) values; NaN for what is no number."""
    return np.array([_read(level, how) for level in levels], np.float64)


@dataclass(frozen=True)
class NumberRecipe:
    """A number, a truth (0 and 1) or a duration (seconds) as it is; infinite is missing."""

    column: str
    decimal: str = "."
    unit: str = ""

    kind = "number"

    @property
    def features(self) -> tuple[tuple[str, int], ...]:
        """Name and levels of each feature."""
        return ((self.column, 0),)

    def fill(self, content: Cells, out: Floats) -> None:
        """Write (n, 1). Raises `StudyError` for instants, and for words none of which is a number."""
        values = self._values(content)
        if max(np.fmax.reduce(values, initial=0.0), -np.fmin.reduce(values, initial=0.0)) > LARGEST:
            values = np.clip(np.where(np.isinf(values), np.nan, values), -LARGEST, LARGEST)
        out[:, 0] = values

    def _values(self, content: Cells) -> Floats:
        if content.form in ("number", "boolean"):
            return content.numbers
        if content.form != "words":
            raise refused(self.column, content, "numbers")
        levels = read(content.levels, Spelling(self.decimal, self.unit))
        for at, level in enumerate(content.levels):
            levels[at] = TRUTHS.get(level.lower(), levels[at])
        if np.isnan(levels).all() and not all(_missing(level) for level in content.levels):
            raise refused(self.column, content, "numbers")
        values: Floats = np.append(levels, np.nan)[content.codes]
        return values

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"kind": self.kind, "column": self.column, "decimal": self.decimal, "unit": self.unit}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(str(content["column"]), str(content["decimal"]), str(content["unit"]))
