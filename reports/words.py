"""Every text for people, by key and language, from ``reports/texts/*/*.toml``: a book for each way of reading them."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ingest.plant import Language

__all__ = ["LANGUAGES", "Book", "Words", "catalogue"]

Book = Literal["report", "dashboard"]

LANGUAGES: dict[Language, str] = {"ja": "日本語", "en": "English"}
"""What each language calls itself."""


def _flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


@cache
def catalogue(language: Language, book: Book = "report") -> dict[str, str]:
    """All texts of one language by dotted key."""
    source = files("reports").joinpath(f"texts/{book}/{language}.toml").read_text(encoding="utf-8")
    return _flatten(tomllib.loads(source))


@dataclass(frozen=True)
class Words:
    """``Words("ja")("advice.hold", what=…)``. An unknown key, or a missing value, is a `KeyError`."""

    language: Language
    book: Book = "report"

    def __call__(self, key: str, **values: object) -> str:
        return catalogue(self.language, self.book)[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in catalogue(self.language, self.book)

    def count(self, key: str, n: int, **values: object) -> str:
        """A text that has another form for one."""
        return self(f"{key}_one" if n == 1 else key, n=f"{n:,}", **values)

    def join(self, parts: Sequence[str], by: str) -> str:
        """Several words as one: ``by`` is a key under ``join``. English: a, b and c."""
        if self.language == "en" and by in ("and", "or") and len(parts) > 2:
            return self(f"join.{by}").join([self("join.list").join(parts[:-1]), parts[-1]])
        return self(f"join.{by}").join(parts)

    def section(self, name: str) -> dict[str, str]:
        """The texts of a section as they stand, placeholders and all."""
        texts = catalogue(self.language, self.book)
        return {key.removeprefix(f"{name}."): text for key, text in texts.items() if key.startswith(f"{name}.")}
