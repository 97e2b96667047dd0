"""What SQL users see when something is wrong: HeatWave's codes where they are known, and one line of text."""

from ingest.errors import StudyError

__all__ = ["MlError", "coded"]

CODES = {
    "task": "ML001016",
    "few_rows_of_class": "ML001031",
    "empty_row": "ML001051",
    "target_null": "ML001053",
}
"""Codes of HeatWave's manual; everything else has a text alone."""


class MlError(StudyError):
    """A call that the caller can mend. The text is what SIGNAL shows."""


def coded(what: str, text: str) -> MlError:
    """An error under HeatWave's code.

    >>> str(coded("target_null", "target 'x' holds NULL"))
    "ML001053: target 'x' holds NULL"
    """
    return MlError(f"{CODES[what]}: {text}")
