"""Lines of a log as templates: what stays the same, with blanks where it varies. A small Drain.

What varies by its form is masked first: dates, times, addresses, identifiers, numbers. Lines with the same number of
words and the same first word are compared word by word; a line joins the template with the largest share of equal
words, if that is at least half, and where they differ the template gets a blank; else it becomes a template of its own.
Words are cut at blanks, Japanese also where the script changes.

Limits: the order of lines decides a little; messages of variable length are several templates.
Source: He, Zhu, Zheng and Lyu, Drain: an online log parsing approach with fixed depth tree, ICWS 2017.

>>> miner = Templates.of(["pump 3 started in 12 ms", "pump 4 started in 9 ms", "pump 7 failed"])
>>> miner.texts
('pump <NUM> started in <NUM> ms', 'pump <NUM> failed')
>>> miner.place("pump 9 started in 3 ms"), miner.place("door open")
(0, -1)
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ingest.errors import StudyError
from models.automl.columns.identifiers import split_words

__all__ = ["Templates", "masking"]

ALIKE = 0.5
"""Share of equal words from which on two lines are one template (Drain's own default is 0.4 to 0.5)."""
BLANK = "<*>"
MOST_WORDS = 100
"""Words of one line that are read."""
_MASKS = (
    (r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", "<DATE>"),
    (r"\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b", "<TIME>"),
    (r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b", "<MAC>"),
    (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<IP>"),
    (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<ID>"),
    (r"\b0[xX][0-9a-fA-F]+\b", "<HEX>"),
    (r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b", "<HEX>"),
    (r"[-+]?\d+(?:[.,]\d+)*", "<NUM>"),
)
_MARK = re.compile(r"<[A-Z*]+>")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")


def masking(patterns: Sequence[str]) -> tuple["re.Pattern[str]", ...]:
    """The user's own masks. Raises `StudyError` for what is no regular expression."""
    out = []
    for pattern in patterns:
        try:
            out.append(re.compile(pattern))
        except re.error as error:
            raise StudyError(
                f"additional_masking_regex {pattern!r} is no regular expression: {error}; mend it"
            ) from error
    return tuple(out)


_BUILT_IN = tuple((re.compile(pattern), mark) for pattern, mark in _MASKS)


def _words(line: str, own: Iterable["re.Pattern[str]"]) -> tuple[str, ...]:
    for pattern in own:
        line = pattern.sub("<OWN>", line)
    for pattern, mark in _BUILT_IN:
        line = pattern.sub(mark, line)
    words: list[str] = []
    for word in line.split()[:MOST_WORDS]:
        if not _CJK.search(word):
            words.append(word)
            continue
        at = 0
        for blank in _MARK.finditer(word):
            words += [*split_words(word[at : blank.start()]), blank.group()]
            at = blank.end()
        words += split_words(word[at:])
    return tuple(words[:MOST_WORDS])


def _shared(template: Sequence[str], words: Sequence[str]) -> float:
    return sum(one == other for one, other in zip(template, words, strict=True)) / max(1, len(words))


@dataclass
class Templates:
    """``known``: the words of each template; ``counts``: lines of training of each."""

    masks: tuple[str, ...] = ()
    known: list[list[str]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._own = masking(self.masks)
        self._leaves: dict[tuple[int, str], list[int]] = {}
        self._seen: dict[str, int] = {}
        for place, words in enumerate(self.known):
            self._leaves.setdefault(self._leaf(words), []).append(place)

    @classmethod
    def of(cls, lines: Iterable[str], masks: Sequence[str] = ()) -> Self:
        """From the lines of training, in order."""
        found = cls(tuple(masks))
        for line in lines:
            found._add(line)
        found._seen.clear()
        return found

    @property
    def texts(self) -> tuple[str, ...]:
        """The templates as people read them."""
        return tuple(" ".join(words) for words in self.known)

    @staticmethod
    def _leaf(words: Sequence[str]) -> tuple[int, str]:
        return len(words), words[0] if words else ""

    def _nearest(self, words: Sequence[str]) -> int:
        """The template that shares most words, or -1."""
        best, share = -1, 0.0
        for place in self._leaves.get(self._leaf(words), ()):
            found = _shared(self.known[place], words)
            if found >= ALIKE and found > share:
                best, share = place, found
        return best if words else next(iter(self._leaves.get((0, ""), ())), -1)

    def _add(self, line: str) -> None:
        # The same line again needs no comparison.
        place = self._seen.get(line)
        if place is None:
            words = _words(line, self._own)
            place = self._nearest(words)
            if place < 0:
                place = len(self.known)
                self.known.append(list(words))
                self.counts.append(0)
                self._leaves.setdefault(self._leaf(words), []).append(place)
            template = self.known[place]
            for at in range(1, len(words)):
                if template[at] != words[at]:
                    template[at] = BLANK
            self._seen[line] = place
        self.counts[place] += 1

    def place(self, line: str) -> int:
        """Which template a line is; -1 for none of them."""
        return self._nearest(_words(line, self._own))

    def words(self, line: str) -> tuple[str, ...]:
        """The words of a line, masked; marks themselves left out."""
        return tuple(word.lower() for word in _words(line, self._own) if not _MARK.fullmatch(word))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"masks": list(self.masks), "known": self.known, "counts": self.counts}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        known = [[str(word) for word in words] for words in content["known"]]
        return cls(tuple(content["masks"]), known, [int(each) for each in content["counts"]])
