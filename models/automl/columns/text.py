"""Free text of any language as the weights of its frequent words and pieces of words (TF-IDF), and its length.

Every term is a piece of the *spaced* text: words in lower case, a blank on both sides of each. So a word is its letters
between two blanks, a piece of a word (2 to 4 letters, which is what Japanese needs) is its letters alone, and counting
either is a search for a substring.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.automl.columns.cells import Cells, as_words, refused
from models.automl.columns.identifiers import split_words
from models.automl.matrix import Floats

__all__ = ["TextRecipe"]

MOST_TERMS = 1500
MOST_CELLS = 20_000_000
"""Rows × terms of one column; longer tables get fewer terms."""
FEWEST_ROWS = 5
"""A term stands in at least so many texts …"""
ROWS_PER_TERM = 2
"""… and there are at least so many texts for each term."""
MOST_READ = 5000
"""Different texts from which the terms are chosen."""
MOST_WORDS = 500
"""Words of one text that are read for it."""
PIECES = (2, 3, 4)


@dataclass(frozen=True)
class TextRecipe:
    """``terms``: pieces of the spaced text; ``idf``: the weight of each, ln((1 + n) / (1 + df)) + 1."""

    column: str
    terms: tuple[str, ...]
    idf: tuple[float, ...]

    kind = "text"

    @classmethod
    def fit(cls, column: str, content: Cells) -> Self:
        """Choose terms from different texts, evenly drawn from all in sorted order; the order of rows plays no part."""
        words = as_words(content)
        texts = words.levels[:: max(1, -(-len(words.levels) // MOST_READ))]
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(_terms(text))
        most = min(MOST_TERMS, len(texts) // ROWS_PER_TERM, max(10, MOST_CELLS // max(1, len(words.codes))))
        terms = tuple(sorted(_chosen(seen, len(texts), most)))
        return cls(column, terms, tuple(math.log((1 + len(texts)) / (1 + seen[term])) + 1 for term in terms))

    @property
    def features(self) -> tuple[tuple[str, int], ...]:
        """Name and levels of each feature."""
        words = tuple(
            (f"{self.column}:{term.strip()!r}" if _is_word(term) else f"{self.column}:…{term}…", 0)
            for term in self.terms
        )
        return ((f"{self.column}:length", 0), *words)

    def fill(self, content: Cells, out: Floats) -> None:
        """Write (n, 1 + terms); the length of a missing text is NaN, the rest 0. Raises `StudyError` for instants."""
        if content.form in ("instant", "strange"):
            raise refused(self.column, content, "texts")
        words = as_words(content)
        spaced = pa.array([_spaced(text) for text in words.levels], pa.string())
        out[:, 0] = np.array([*(float(len(text)) for text in words.levels), np.nan])[words.codes]
        for place, (term, weight) in enumerate(zip(self.terms, self.idf, strict=True), 1):
            counts = pc.count_substring(spaced, term).to_numpy(zero_copy_only=False)
            out[:, place] = np.append(weight * np.log1p(counts), 0.0)[words.codes]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"kind": self.kind, "column": self.column, "terms": list(self.terms), "idf": list(self.idf)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        terms, idf = tuple(str(term) for term in content["terms"]), tuple(float(each) for each in content["idf"])
        if len(terms) != len(idf) or not all(terms):
            raise ValueError("terms and idf differ in length")
        return cls(str(content["column"]), terms, idf)


def _is_word(term: str) -> bool:
    return term.startswith(" ")


def _spaced(text: str) -> str:
    return "".join(f" {word} " for word in split_words(text.lower()))


def _terms(text: str) -> set[str]:
    """Words between blanks, and pieces of words."""
    words = set(split_words(text.lower())[:MOST_WORDS])
    pieces = {word[at : at + size] for word in words for size in PIECES for at in range(len(word) - size + 1)}
    return {f" {word} " for word in words} | pieces


def _chosen(seen: Mapping[str, int], texts: int, most: int) -> Sequence[str]:
    """The terms that tell most texts apart, half with and half without. Of terms that say the same, the longest."""
    told = {term: count * (texts - count) for term, count in seen.items() if FEWEST_ROWS <= count < texts}
    chosen: list[str] = []
    by_count: dict[int, list[str]] = {}
    for term in sorted(told, key=lambda term: (-told[term], -len(term), term)):
        if len(chosen) >= most:
            break
        same = by_count.setdefault(seen[term], [])
        if not any(term.strip() in other for other in same):
            same.append(term)
            chosen.append(term)
    return chosen
