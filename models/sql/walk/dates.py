"""How a database reads the instants that a model was trained on: a pattern that must fit, and MySQL's format."""

import re

__all__ = ["reading"]

_FORMATS = {
    "%Y": ("%Y", "[0-9]{4}"), "%y": ("%y", "[0-9]{2}"), "%m": ("%m", "[0-9]{1,2}"), "%d": ("%d", "[0-9]{1,2}"),
    "%H": ("%H", "[0-9]{1,2}"), "%I": ("%h", "[0-9]{1,2}"), "%M": ("%i", "[0-9]{1,2}"), "%S": ("%s", "[0-9]{1,2}"),
    "%f": ("%f", "[0-9]{1,6}"), "%p": ("%p", "[AaPp][Mm]"), "%b": ("%b", "[A-Za-z]{3}"), "%B": ("%M", "[A-Za-z]{3,9}"),
}  # fmt: skip


def reading(how: tuple[str, str]) -> tuple[str, str]:
    """MySQL's format and the pattern; ``numbers:…`` for instants written as numbers, empty for ISO 8601.

    >>> reading(("spelling", "%d.%m.%Y %H:%M"))
    ('%d.%m.%Y %H:%i', '^[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4} [0-9]{1,2}:[0-9]{1,2}$')
    """
    key, value = how
    if key == "numbers":
        return f"numbers:{value}", ""
    if key != "spelling" or value == "ISO8601":
        return "", ""
    clock_only = "%Y" not in value and "%y" not in value
    pieces = re.split(r"(%[A-Za-z])", value)
    wanted = "".join(_FORMATS[piece][0] if piece in _FORMATS else piece for piece in pieces)
    pattern = "".join(_FORMATS[piece][1] if piece in _FORMATS else _literal(piece) for piece in pieces)
    # A time of day alone belongs to the first day of 1900, as in Python.
    return ("clock:" if clock_only else "") + wanted, f"^{pattern}$"


def _literal(text: str) -> str:
    return "".join(f"[{sign}]" if sign in ".+*?()|" else sign for sign in text)
