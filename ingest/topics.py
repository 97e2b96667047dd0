"""Topic templates: ``{site}/{line}/{machine}`` ↔ MQTT filters, and which template reads a topic. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.errors import SettingsError

__all__ = ["Template", "TopicTable"]

PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
LONGEST = 191
"""Characters; a template names its source in the store."""


@dataclass(frozen=True, slots=True)
class Template:
    """A topic some levels of which are captured: ``levels`` holds (captured name, literal), one of them None."""

    text: str
    levels: tuple[tuple[str | None, str | None], ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a template. Raises `SettingsError` naming the level that is wrong.

        >>> Template.parse("plant/{line}/{machine}").filter
        'plant/+/+'
        """
        if not text or len(text) > LONGEST:
            raise SettingsError(f"topic {text!r}: a template has 1 to {LONGEST} characters; this has {len(text)}")
        if text.startswith("$share/"):
            raise SettingsError(f"topic {text!r}: shared subscriptions lose order; give each gateway its own topics")
        levels = tuple(_level(text, level) for level in text.split("/"))
        names = [name for name, _ in levels if name is not None]
        if twice := {name for name in names if names.count(name) > 1}:
            raise SettingsError(f"topic {text!r}: placeholder {min(twice)!r} stands twice; name each level once")
        return cls(text, levels)

    @property
    def filter(self) -> str:
        """The MQTT subscription that receives every topic of this template."""
        return "/".join("+" if literal is None else literal for _, literal in self.levels)

    @property
    def names(self) -> frozenset[str]:
        """The placeholders."""
        return frozenset(name for name, _ in self.levels if name is not None)

    @property
    def literals(self) -> int:
        """How many levels are spelled out."""
        return sum(literal is not None for _, literal in self.levels)

    def match(self, topic: str) -> dict[str, str] | None:
        """What the placeholders stand for in this topic, or None if it is another topic."""
        parts = topic.split("/")
        if len(parts) != len(self.levels):
            return None
        found: dict[str, str] = {}
        for part, (name, literal) in zip(parts, self.levels, strict=True):
            if name is not None:
                found[name] = part
            elif part != literal:
                return None
        return found

    def overlaps(self, other: "Template") -> bool:
        """Whether some topic belongs to both."""
        return len(self.levels) == len(other.levels) and all(
            mine is None or theirs is None or mine == theirs
            for (_, mine), (_, theirs) in zip(self.levels, other.levels, strict=True)
        )

    def covers(self, other: "Template") -> bool:
        """Whether every topic of the other belongs to this one too."""
        return len(self.levels) == len(other.levels) and all(
            mine is None or mine == theirs for (_, mine), (_, theirs) in zip(self.levels, other.levels, strict=True)
        )


def _level(text: str, level: str) -> tuple[str | None, str | None]:
    if found := PLACEHOLDER.fullmatch(level):
        return found[1], None
    if "+" in level or "#" in level:
        raise SettingsError(f"topic {text!r}: level {level!r} is a wildcard; write a placeholder such as {{machine}}")
    if "{" in level or "}" in level:
        raise SettingsError(f"topic {text!r}: level {level!r}: a placeholder takes a whole level, such as {{machine}}")
    if "\0" in level:
        raise SettingsError(f"topic {text!r}: level {level!r} has a null character; remove it")
    return None, level


class TopicTable:
    """Several templates; the one with more literal levels wins.

    Raises `SettingsError` for two templates that would read the same topic with equal right.
    """

    def __init__(self, templates: Sequence[Template]) -> None:
        for index, one in enumerate(templates):
            for other in templates[index + 1 :]:
                if one.literals == other.literals and one.overlaps(other):
                    raise SettingsError(
                        f"topics {one.text!r} and {other.text!r} read the same messages; spell out a level in one"
                    )
        self._ranked = sorted(enumerate(templates), key=lambda ranked: -ranked[1].literals)

    def match(self, topic: str) -> tuple[int, dict[str, str]] | None:
        """Which template (by position) reads a topic, and its captures; None if none does."""
        for index, template in self._ranked:
            if (captures := template.match(topic)) is not None:
                return index, captures
        return None

    def filters(self) -> tuple[str, ...]:
        """The subscriptions, without those another one covers: brokers may send such messages twice."""
        return tuple(sorted({template.filter for template in self._outermost()}))

    def _outermost(self) -> Iterator[Template]:
        templates = [template for _, template in self._ranked]
        for template in templates:
            if not any(other.covers(template) and other.filter != template.filter for other in templates):
                yield template
