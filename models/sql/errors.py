"""What SQL users see when something is wrong: HeatWave's codes where they are known, and one line of text."""

import re

from ingest.errors import StudyError

__all__ = ["MlError", "brief", "coded"]

CODES = {
    "task": "ML001016",
    "few_rows_of_class": "ML001031",
    "empty_row": "ML001051",
    "target_null": "ML001053",
}
"""Codes of HeatWave's manual; everything else has a text alone."""


LONGEST = 1_500
"""Characters of a text: what is longer quotes a value that nobody reads to its end."""
TAIL = 300
"""Of these at the end, where the next step stands."""
WORD = re.compile(r"[^\s'\"]{81,}")
"""Longer than a name may be, so it is a value."""


class MlError(StudyError):
    """A call that the caller can mend. The text is what SIGNAL shows."""


def coded(what: str, text: str) -> MlError:
    """An error under HeatWave's code.

    >>> str(coded("target_null", "target 'x' holds NULL"))
    "ML001053: target 'x' holds NULL"
    """
    return MlError(f"{CODES[what]}: {text}")


def brief(text: str) -> str:
    """The same text, its long values cut: it must fit into a row, and into what a client shows.

    >>> brief("seed '" + "9" * 100_000 + "' is none; write a number")
    "seed '9999999999999999999999999999999999999999…' is none; write a number"
    """
    text = WORD.sub(lambda found: found[0][:40] + "…", text.replace("\0", ""))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - TAIL]} … {text[-TAIL:]}"
