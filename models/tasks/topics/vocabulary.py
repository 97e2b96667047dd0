"""Texts of any language as counts of terms: words, and of Japanese what stands between changes of script.

Words are taken in lower case; a term stands in at least two texts (in two of a thousand, where there are many) and
in at most half of them, is longer than one letter, and is no number. Japanese text has no blanks: it is cut where the
script changes (`split_words`), and runs of hiragana, which are grammar, are left out.

>>> texts = ["ベルト摩耗のため停止", "ベルト交換", "モーター過熱", "モーターの過熱で停止", "sensor fault", "sensor"]
>>> Vocabulary.of(texts).terms
('sensor', 'ベルト', 'モーター', '停止', '過熱')
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array

from models.automl.columns.identifiers import split_words
from models.automl.matrix import Floats

__all__ = ["Vocabulary", "coherence", "words_of"]

MOST_TERMS = 2000
MOST_SHARE = 0.5
"""A term in more texts than this says what all of them say."""
RARE_SHARE = 0.002
"""A term in fewer texts than this cannot tell topics apart."""
_NO_TERM = re.compile(r"[\d\W_]+|[\u3040-\u309f]+")
STOP_WORDS = frozenset([
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "but",
    "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "me", "more", "most", "my", "no", "not", "of", "on", "one", "or",
    "other", "our", "out", "over", "she", "so", "some", "such", "than", "that", "the", "their", "them", "then",
    "there", "these", "they", "this", "to", "too", "up", "us", "very", "was", "we", "were", "what", "when", "where",
    "which", "who", "will", "with", "would", "you", "your",
])  # fmt: skip
"""English grammar; of other languages `MOST_SHARE` and the script tell."""


def words_of(text: str) -> list[str]:
    """The words of a text that can be terms, with repetitions."""
    found = split_words(text.lower())
    return [word for word in found if len(word) > 1 and word not in STOP_WORDS and not _NO_TERM.fullmatch(word)]


@dataclass(frozen=True)
class Vocabulary:
    """``terms``: sorted; ``idf``: ln((1 + n) / (1 + df)) + 1 of each."""

    terms: tuple[str, ...]
    idf: tuple[float, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """The terms of the texts of training; empty where no word is shared."""
        lists = [frozenset(words_of(text)) for text in texts]
        df = Counter(word for words in lists for word in words)
        n = sum(1 for words in lists if words)
        least = max(2, int(np.ceil(RARE_SHARE * n)))
        kept = [word for word, count in df.items() if least <= count <= max(2, MOST_SHARE * n)]
        terms = sorted(sorted(kept, key=lambda word: (-df[word], word))[:MOST_TERMS])
        return cls(tuple(terms), tuple(float(np.log((1 + n) / (1 + df[term])) + 1) for term in terms))

    @cached_property
    def _axis(self) -> dict[str, int]:
        return {term: axis for axis, term in enumerate(self.terms)}

    def counts(self, texts: Sequence[str]) -> Any:
        """(texts, terms) sparse counts."""
        rows, columns = [], []
        for row, text in enumerate(texts):
            found = [self._axis[word] for word in words_of(text) if word in self._axis]
            rows += [row] * len(found)
            columns += found
        values = np.ones(len(rows))
        return csr_array((values, (np.array(rows, int), np.array(columns, int))), shape=(len(texts), len(self.terms)))

    def weights(self, texts: Sequence[str]) -> Any:
        """(texts, terms) TF-IDF, each row of length 1 (or 0)."""
        found = self.counts(texts)
        found.data = np.log1p(found.data)
        found = found.multiply(np.array(self.idf)[None, :]).tocsr()
        norms = np.sqrt(np.asarray(found.multiply(found).sum(1)).ravel())
        return found.multiply((1 / np.maximum(norms, 1e-12))[:, None]).tocsr()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"terms": list(self.terms), "idf": list(self.idf)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(tuple(map(str, content["terms"])), tuple(map(float, content["idf"])))


def coherence(topics: Floats, present: Any, words: int = 8) -> float:
    """Do the first words of each topic stand in the same texts? Mean normalised pointwise mutual information.

    ``topics``: (k, terms) weights; ``present``: (texts, terms) 0 or 1. Of two words with shares p, q and joint share j:
    ln(j / (p q)) / -ln(j), -1 where they never meet, 1 where always. Source: Bouma, Normalized (pointwise) mutual
    information in collocation extraction, GSCL 2009.
    """
    n = present.shape[0]
    values: list[float] = []
    for weights in topics:
        top = np.argsort(-weights, kind="stable")[:words]
        top = top[weights[top] > 0]
        part = present[:, top].toarray()
        share, joint = part.mean(0), part.T @ part / n
        pairs = combinations(range(len(top)), 2)
        values += [_likeness(joint[one, other], share[one], share[other]) for one, other in pairs]
    return float(np.mean(values)) if values else -1.0


def _likeness(joint: float, one: float, other: float) -> float:
    """Normalised pointwise mutual information of two words."""
    if joint in (0, 1):
        return 2.0 * joint - 1.0
    return float(np.log(joint / (one * other)) / -np.log(joint))
