"""Every text of the reports, by key and language, from ``reports/texts/*.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ingest.plant import Language

__all__ = ["Words", "catalogue"]


def _flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All texts of one language by dotted key."""
    source = files("reports").joinpath(f"texts/{language}.toml").read_text(encoding="utf-8")
    return _flatten(tomllib.loads(source))


@dataclass(frozen=True)
class Words:
    """``Words("ja")("advice.hold", what=…)``. An unknown key, or a missing value, is a `KeyError`."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        return catalogue(self.language)[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in catalogue(self.language)

    def join(self, parts: list[str], by: str) -> str:
        """Several words as one: ``by`` is a key under ``join``."""
        return catalogue(self.language)[f"join.{by}"].join(parts)
