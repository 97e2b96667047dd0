"""Segments of consecutive lines, source by source, and which of them is the surroundings of each line.

Segments of ``size`` lines begin every ``stride`` lines of a source; the last one ends with the source. A line belongs
to the segment whose middle is nearest to it.

>>> [segment.tolist() for segment in segments(["a"] * 5, 3, 2)[0]]
[[0, 1, 2], [2, 3, 4]]
"""

from collections.abc import Sequence

import numpy as np

from models.automl.matrix import Ints

__all__ = ["segments"]


def segments(sources: Sequence[str], size: int, stride: int) -> tuple[list[Ints], Ints]:
    """The rows of each segment, and for each row the place of its segment, (n,)."""
    rows_of: dict[str, list[int]] = {}
    for row, source in enumerate(sources):
        rows_of.setdefault(source, []).append(row)
    found: list[Ints] = []
    owner = np.empty(len(sources), dtype=np.int64)
    for rows in rows_of.values():
        starts = list(range(0, max(1, len(rows) - size + 1), stride))
        if starts[-1] + size < len(rows):
            starts.append(len(rows) - size)
        middles = np.array(starts) + (size - 1) / 2
        places = np.searchsorted((middles[1:] + middles[:-1]) / 2, np.arange(len(rows)))
        owner[rows] = len(found) + places
        found += [np.array(rows[start : start + size]) for start in starts]
    return found, owner
