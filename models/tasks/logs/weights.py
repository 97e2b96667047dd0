"""Lines as points: what a line is, and what stands around it, as TF-IDF weights of templates and words.

A group of lines (a line, or its segment) has for each term ln(1 + count) (ln((1 + n) / (1 + df)) + 1), divided by the
length of the vector, n and df counted over segments. Terms are the most frequent templates, the most frequent words of
the lines, and one for whatever training had not seen, which weighs most. A point is the vector of the line beside half
that of its segment: an odd line is far from all others, a normal one in odd surroundings half as far.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.logs.templates import Templates

__all__ = ["Weights"]

MOST_TEMPLATES, MOST_WORDS = 200, 200
"""Terms of each kind; the others count as not seen, which they nearly were."""
AROUND = 0.5
"""Weight of what stands around a line, against the line itself."""


@dataclass(frozen=True)
class Weights:
    """``templates``: places of those that are terms; ``words``; ``idf``: of all terms and, last, of what is new."""

    templates: tuple[int, ...]
    words: tuple[str, ...]
    idf: tuple[float, ...]

    @classmethod
    def of(cls, miner: Templates, places: Ints, words: Sequence[Sequence[str]], groups: Iterable[Ints]) -> Self:
        """``places``, ``words``: of each line; ``groups``: the lines of each segment."""
        template_df: Counter[int] = Counter()
        word_df: Counter[str] = Counter()
        n = 0
        for rows in groups:
            n += 1
            template_df.update({int(places[row]) for row in rows})
            word_df.update({word for row in rows for word in words[row]})
        templates = sorted(template_df, key=lambda place: (-miner.counts[place], place))[:MOST_TEMPLATES]
        terms = sorted(word_df, key=lambda word: (-word_df[word], word))[:MOST_WORDS]
        counts = [*(template_df[each] for each in templates), *(word_df[each] for each in terms), 0]
        idf = tuple(math.log((1 + n) / (1 + count)) + 1 for count in counts)
        return cls(tuple(templates), tuple(terms), idf)

    @cached_property
    def _template_axis(self) -> dict[int, int]:
        return {place: axis for axis, place in enumerate(self.templates)}

    @cached_property
    def _word_axis(self) -> dict[str, int]:
        return {word: len(self.templates) + axis for axis, word in enumerate(self.words)}

    def _axes(self, place: int, words: Sequence[str]) -> list[int]:
        new = len(self.idf) - 1
        return [self._template_axis.get(place, new), *(self._word_axis.get(word, new) for word in words)]

    def points(self, places: Ints, words: Sequence[Sequence[str]], groups: Sequence[Ints], owner: Ints) -> Floats:
        """(n, 2 terms) for each line, its segment given by ``owner``."""
        kinds: dict[tuple[int, tuple[str, ...]], int] = {}
        kind = np.array(
            [kinds.setdefault((int(place), tuple(said)), len(kinds)) for place, said in zip(places, words, strict=True)]
        )
        counts = np.zeros((len(kinds), len(self.idf)))
        for (place, said), at in kinds.items():
            np.add.at(counts[at], self._axes(place, said), 1.0)
        used = np.unique(owner)
        around = np.stack([counts[kind[groups[segment]]].sum(0) for segment in used])
        alone, beside = self._weighed(counts), self._weighed(around)
        return np.hstack([alone[kind], AROUND * beside[np.searchsorted(used, owner)]])

    def _weighed(self, counts: Floats) -> Floats:
        found = np.log1p(counts) * np.array(self.idf)
        return np.asarray(found / np.maximum(np.sqrt(np.square(found).sum(1, keepdims=True)), 1e-300))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"templates": list(self.templates), "words": list(self.words), "idf": list(self.idf)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(
            tuple(map(int, content["templates"])), tuple(map(str, content["words"])), tuple(map(float, content["idf"]))
        )
