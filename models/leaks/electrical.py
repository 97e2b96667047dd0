"""Electrical power is voltage times current: columns that measure them at the same place determine the target.

The one rule that needs names, because meters blur the arithmetic: the target is called a power or an energy, and
columns with the same first word are called currents and voltages (``S1_OutputPower``: ``S1_OutputCurrent``,
``S1_OutputVoltage``), at least one of each. Each must also go along with the target in the data.
"""

import re
from collections.abc import Iterator

from models.leaks.combination import rank_correlation
from models.leaks.report import Suspect
from models.leaks.view import View

__all__ = ["electrical"]

TOGETHER = 0.3
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z]+")
_POWER = {"power", "energy", "watt", "watts", "kw", "kwh", "wh"}
_CURRENT = {"current", "currents", "amps", "ampere", "amperes", "amperage"}
_VOLTAGE = {"voltage", "voltages", "volt", "volts"}


def _words(name: str) -> tuple[str, set[str]]:
    """The first word as it stands, and all words in lower case."""
    first = re.split(r"[\W_]", name, maxsplit=1)[0]
    return first, {word.lower() for word in _WORD.findall(name)}


def electrical(data: View) -> Iterator[Suspect]:
    """One suspicion for all currents and voltages of the target's place."""
    place, words = _words(data.target)
    if data.task != "regression" or not words & _POWER or "factor" in words or place.lower() in _POWER:
        return
    found = {}
    for column in data.numeric():
        first, own = _words(column.name)
        kind = "voltage" if own & _VOLTAGE else "current" if own & _CURRENT and not own & _POWER else None
        if first == place and kind is not None:
            value = abs(rank_correlation(column, data.y))
            if value >= TOGETHER:
                found[column.name] = kind
    if set(found.values()) == {"voltage", "current"}:
        blanks = {"columns": ", ".join(found), "other": data.target, "n": data.n}
        yield Suspect(tuple(found), "combination", True, "electrical", blanks, "excluded", tuple(found))
