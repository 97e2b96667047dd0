"""Names in both languages, as plain values for page and JSON. Pure."""

from ingest.plant import Language, Line, Signal, Text

__all__ = ["Names", "find_signal", "names"]

Names = dict[Language, str]


def names(text: Text | None, identifier: str) -> Names:
    """What the plant calls it; an identifier without a name stands for itself, readably.

    >>> names(None, "cooling_temp")["ja"]
    'cooling temp'
    """
    if text is not None:
        return {"en": text.en, "ja": text.ja}
    words = identifier.replace("_", " ")
    return {"en": words, "ja": words}


def find_signal(line: Line | None, factor: str) -> Signal | None:
    """The signal of a line that a factor is made of; a factor's name is the signal's, perhaps with a statistic."""
    if line is None:
        return None
    signals = {name: signal for _, name, signal in line.signals()}
    return signals.get(factor) or signals.get(factor.rpartition("_")[0])
