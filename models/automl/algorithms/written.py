"""Reading a model back: every value is checked before anything is built from it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints

__all__ = ["Written"]


@dataclass(frozen=True)
class Written:
    """The content of one model file, or of a part of it; ``what`` names it in messages."""

    content: Mapping[str, Any]
    what: str

    @classmethod
    def of(cls, content: Any, what: str) -> "Written":
        """Content whose ``kind`` is ``what``. Raises `StudyError` for anything else."""
        if not isinstance(content, Mapping) or content.get("kind") != what:
            kind = content.get("kind") if isinstance(content, Mapping) else type(content).__name__
            raise StudyError(f"model file: kind {str(kind)[:40]!r} is not {what!r}; train it again")
        return cls(content, what)

    def wrong(self, key: str, why: str) -> StudyError:
        """The error that refuses a value."""
        return StudyError(f"model file of {self.what}: {key} {why}; train it again")

    def part(self, key: str, what: str) -> "Written":
        """A model inside this one."""
        return Written.of(self.content.get(key), what)

    def text(self, key: str, known: Sequence[str] = ()) -> str:
        """A string, one of ``known`` if that is given."""
        value = self.content.get(key)
        if not isinstance(value, str) or (known and value not in known):
            raise self.wrong(key, f"is not {' or '.join(known) if known else 'text'}")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.content.get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "is not true or false")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self.content.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"is not a whole number from {low} to {high}")
        return value

    def count(self, key: str) -> int | None:
        """A count, or None."""
        return None if self.content.get(key) is None else self.whole(key, 0, 2**31)

    def number(self, key: str) -> float:
        """A finite number."""
        value = self.content.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.wrong(key, "is not a finite number")
        return float(value)

    def numbers(self, key: str, *shape: int) -> Floats:
        """Finite numbers of this shape; -1: any length."""
        try:
            value = np.array(self.content.get(key), dtype=np.float64)
        except (TypeError, ValueError):
            raise self.wrong(key, "is not an array of numbers") from None
        empty = [max(length, 0) for length in shape]
        if value.size == 0 and 0 in empty:
            value = value.reshape(empty)
        fits = len(value.shape) == len(shape) and all(
            want in (-1, have) for want, have in zip(shape, value.shape, strict=True)
        )
        if not fits or not np.isfinite(value).all():
            raise self.wrong(key, f"is not an array of finite numbers of shape {shape}")
        return value

    def wholes(self, key: str, low: int, high: int, *shape: int) -> Ints:
        """Whole numbers in [low, high] of this shape; -1: any length."""
        value = self.numbers(key, *shape)
        if value.size and (value.min() < low or value.max() > high or (value != np.floor(value)).any()):
            raise self.wrong(key, f"is not an array of whole numbers from {low} to {high}")
        return value.astype(np.int64)
