"""Who rated what how: users and items as codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from models.automl.columns.cells import as_words, cells, refused
from models.automl.matrix import Floats, Ints
from models.tasks.arrays import packed, unpacked, unpacked_ints

__all__ = ["Ratings", "codes_of", "words_of"]


def words_of(values: pd.Series) -> list[str | None]:
    """Cells as words: 7, 7.0 and "7" are one; missing ones are None. Raises `StudyError` for cells that are none."""
    content = cells(values)
    if content.form == "strange":
        raise refused(str(values.name), content, "names or numbers")
    if content.form == "instant":
        missing = content.instants.isna()
        return [None if gone else str(instant) for instant, gone in zip(content.instants, missing, strict=True)]
    found = as_words(content)
    levels = [*found.levels, None]
    return [levels[code] for code in found.codes.tolist()]


def codes_of(words: Sequence[str | None], known: Sequence[str]) -> Ints:
    """The place of each word among the known, (n,); -1 for others."""
    place = {word: code for code, word in enumerate(known)}
    return np.array([place.get(word, -1) if word is not None else -1 for word in words], dtype=np.int64)


@dataclass(frozen=True)
class Ratings:
    """``u``, ``i``: (n,) codes; ``r``: (n,) ratings, no pair twice; ``users``, ``items``: their words, sorted."""

    users: tuple[str, ...]
    items: tuple[str, ...]
    u: Ints
    i: Ints
    r: Floats

    def take(self, rows: Ints) -> "Ratings":
        """Some of the ratings, of the same users and items."""
        return Ratings(self.users, self.items, self.u[rows], self.i[rows], self.r[rows])

    @property
    def shape(self) -> tuple[int, int]:
        """Users, items."""
        return len(self.users), len(self.items)

    def spread(self, values: Floats) -> Any:
        """Values of the ratings as a sparse matrix, users by items."""
        return csr_array((values, (self.u, self.i)), shape=self.shape)

    @cached_property
    def mask(self) -> Any:
        """1 where there is a rating."""
        return self.spread(np.ones(len(self.r)))

    @cached_property
    def per_user(self) -> Ints:
        """Ratings of each user."""
        return np.bincount(self.u, minlength=len(self.users)).astype(np.int64)

    @cached_property
    def per_item(self) -> Ints:
        """Ratings of each item."""
        return np.bincount(self.i, minlength=len(self.items)).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "users": list(self.users),
            "items": list(self.items),
            "u": packed(self.u, "<i4"),
            "i": packed(self.i, "<i4"),
            "r": packed(self.r),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        codes = unpacked_ints(content["u"]), unpacked_ints(content["i"])
        return cls(tuple(content["users"]), tuple(content["items"]), *codes, unpacked(content["r"]))
