"""Is a column a name of the row, from which nothing can be learnt that holds for the next row?

Whole numbers: all different and close together (they count, in whatever order the rows stand), or called an identifier
and different in at least a third of the rows; or keys of a job (see `is_key`). Numbers with decimals never are.

Words: different in at least two thirds of the rows that have one, and at least half of the rows have one. Codes and
single words then are identifiers. Of several words, names are told from free text by their vocabulary: texts share
their words, names of things and people do not. Long texts always are text; where it is doubtful, text it is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from models.automl.columns.cells import MISSING_WORDS, Cells
from models.automl.matrix import Floats, Ints

__all__ = ["called_identifier", "could_be_key", "is_key", "number_is_identifier", "split_words", "word_kind"]

FEWEST = 20
"""With fewer rows, all-different whole numbers are a measurement as likely as a count."""
FEWEST_COUNTED = 50
"""Rows from which unnamed numbers that count are taken for names: years of service may run from 1 to 30."""
DENSE = 0.5
"""All-different whole numbers that fill this share of their range count the rows."""
NAMED_SHARE = 1 / 3
KEY_KAPPA = 0.4
FEWEST_ATTRIBUTES = 3
WORD_SHARE = 2 / 3
NAMES_SHARE = 0.9
"""Codes may be shared by a few rows, names hardly are."""
LONG = 6.0
"""More words than this in the mean: a text."""
RARE = 0.2
RARE_LOWER = 0.5
"""A column of names has more than this share of words that no other row has; without capitals more is asked."""
MOST_READ = 5000
"""So many texts are enough to know the vocabulary by."""

_CALLED = re.compile(
    r"(^|[\W_])(id|ids|uid|udi|uuid|guid|serial|serialno|no|nr|number|num|ticket|barcode|index|idx|sn)([\W_]*)$"
    r"|(^|[\W_])(id|uid|udi|uuid|guid|serial)([\W_])|[a-z](ID|Id|No|Nr)$|^unnamed: ?\d+$|番号|識別|連番|シリアル"
)
_ROW = re.compile(r"^(unnamed: ?\d+|index|idx|row|row[\W_]?(no|nr|id|number|index)|行番号|連番)\W*$")
_SPLIT = re.compile(r"[ァ-ヶー]+|[一-龠々]+|[ぁ-ん]+|[^\W\d_ぁ-んァ-ヶー一-龠々]+|\d+")


def called_identifier(name: str) -> bool:
    """Does the name say so? "Job number" does, "number of workers" and "no_of_style_change" do not."""
    return _CALLED.search(name) is not None or _CALLED.search(name.lower()) is not None


def number_is_identifier(name: str, values: Floats) -> str | None:
    """Why these numbers are an identifier, as a code of `words`; None if they are not.

    ``values``: (n,), NaN is missing. Independent of the order of the rows.
    """
    n = len(values)
    filled = values[np.isfinite(values)]
    if not len(filled) or not np.all(filled == np.floor(filled)):
        return None
    width = float(filled.max() - filled.min()) + 1
    if len(filled) == n >= FEWEST_COUNTED and n <= width <= n / DENSE and np.all(np.diff(np.sort(filled)) > 0):
        return "counts"
    if n >= FEWEST and len(filled) >= 0.5 * n and called_identifier(name):
        different = np.unique(filled)
        if len(different) >= max(NAMED_SHARE * len(filled), FEWEST / 2):
            return "called"
        # The row's number within each of several files.
        if _ROW.search(name.lower()) and filled.min() <= 1 and len(different) >= max(DENSE * width, FEWEST):
            return "counts"
    return None


def could_be_key(values: Floats) -> bool:
    """Whole numbers of one length (4 digits or more), different in a third of the rows, and shared by a third?"""
    if len(values) < 2 * FEWEST or not np.all(values == np.floor(values)):
        return False
    low, high = float(values.min()), float(values.max())
    if low < 1000 or int(np.log10(low)) != int(np.log10(high)):
        return False
    counts = np.unique(values, return_counts=True)[1]
    shared = int(counts[counts > 1].sum())
    return min(len(counts), shared) >= NAMED_SHARE * len(values)


def is_key(values: Floats, attributes: Sequence[Ints]) -> bool:
    """Do numbers that `could_be_key` only name a job or a lot, whatever the column is called?

    A measured number that two rows share says little about their other columns; a job number decides them: rows that
    share one agree in their attributes with a mean kappa of at least 0.4 (0: as two rows drawn at random, 1: always).

    ``values``: (n,). ``attributes``: codes (n,), -1 missing, of columns with few levels; fewer than three say nothing.
    """
    if len(attributes) < FEWEST_ATTRIBUTES:
        return False
    _, keys, counts = np.unique(values, return_inverse=True, return_counts=True)
    kappas = []
    for codes in attributes:
        together = np.unique(keys * (codes.max() + 2) + codes + 1, return_counts=True)[1]
        expected = float(np.sum((np.bincount(codes + 1) / len(codes)) ** 2))
        agreed = float(np.sum(together * (together - 1)) / np.sum(counts * (counts - 1)))
        kappas.append((agreed - expected) / (1 - expected))
    return float(np.mean(kappas)) >= KEY_KAPPA


def split_words(text: str) -> list[str]:
    """Words of any language; Japanese is cut where the script changes, which needs no dictionary.

    >>> split_words("ベルト摩耗のため停止, line 3")
    ['ベルト', '摩耗', 'のため', '停止', 'line', '3']
    """
    return _SPLIT.findall(text)


def word_kind(name: str, found: Cells, most_levels: int) -> tuple[str, str]:
    """``category``, ``text`` or ``identifier`` for a column of words, and why, as a code of `words` (or empty)."""
    counts = found.counts()
    shown = [at for at, level in enumerate(found.levels) if level.lower() not in MISSING_WORDS]
    filled, different = int(counts[shown].sum()), len(shown)
    if found.declared and different < WORD_SHARE * filled:
        return "category", ""
    words, rare, proper = _vocabulary([found.levels[at] for at in shown])
    several = words >= 2 and not _codes([found.levels[at] for at in shown])
    if filled >= FEWEST and different >= WORD_SHARE * filled and filled >= 0.5 * len(found.codes):
        if not several:
            return "identifier", "codes"
        if words <= LONG and different >= NAMES_SHARE * filled and rare > (RARE if proper else RARE_LOWER):
            return "identifier", "names"
        return "text", "text"
    if called_identifier(name) and filled >= FEWEST and different >= max(most_levels, NAMED_SHARE * filled):
        return "identifier", "called"
    if different > most_levels and several and words >= 3:
        return "text", "text"
    return "category", "many_levels" if different > most_levels else ""


def _sample(levels: Sequence[str]) -> Iterator[str]:
    return iter(levels[:: max(1, len(levels) // MOST_READ)])


def _codes(levels: Sequence[str]) -> bool:
    """Mostly one piece, in a script that puts blanks between words."""
    pieces = [len(level.split()) for level in _sample(levels) if level.isascii()]
    return len(pieces) > 0.5 * min(len(levels), MOST_READ) and float(np.mean(pieces)) < 1.5


def _vocabulary(levels: Sequence[str]) -> tuple[float, float, bool]:
    """Mean number of words; the share of words that only one text has; do nearly all words have a capital?"""
    seen: Counter[str] = Counter()
    total = capitals = cased = texts = 0
    for level in _sample(levels):
        words = split_words(level)
        texts += 1
        total += len(words)
        cased += sum(word[0].isalpha() for word in words)
        capitals += sum(word[0].isupper() for word in words)
        seen.update({word.lower() for word in words})
    single = sum(1 for count in seen.values() if count == 1)
    return total / max(1, texts), single / max(1, seen.total()), capitals >= 0.8 * cased > 0
