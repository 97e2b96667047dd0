"""The dashboard's own texts, from ``reports/web/texts/*.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ingest.plant import Language

__all__ = ["LANGUAGES", "Words", "age_parts", "catalogue"]

LANGUAGES: dict[Language, str] = {"ja": "日本語", "en": "English"}
"""What each language calls itself."""


@cache
def catalogue(language: Language) -> dict[str, dict[str, str]]:
    """All texts of one language by section and key."""
    return tomllib.loads(files("reports.web").joinpath(f"texts/{language}.toml").read_text(encoding="utf-8"))


def age_parts(seconds: float) -> tuple[str, int]:
    """The unit an age is told in, and how many of it; ``static/genba.js`` does the same.

    >>> age_parts(12.7), age_parts(60), age_parts(3 * 86400)
    (('seconds', 12), ('minutes', 1), ('days', 3))
    """
    for unit, length, below in (("seconds", 1, 60), ("minutes", 60, 3600), ("hours", 3600, 48 * 3600)):
        if seconds < below:
            return unit, int(max(0.0, seconds) // length)
    return "days", int(seconds // 86400)


@dataclass(frozen=True)
class Words:
    """``Words("ja")("tile.stale")``. An unknown key, or a missing value, is a `KeyError`."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        section, _, name = key.partition(".")
        return catalogue(self.language)[section][name].format(**values)

    def count(self, key: str, n: int, **values: object) -> str:
        """A text that has another form for one."""
        return self(f"{key}_one" if n == 1 else key, n=f"{n:,}", **values)

    def age(self, seconds: float) -> str:
        """How long ago, in the largest unit that tells it well."""
        unit, n = age_parts(seconds)
        return self(f"age.{unit}", n=n)

    def section(self, name: str) -> dict[str, str]:
        """A whole section, for the page's script."""
        return catalogue(self.language)[name]
