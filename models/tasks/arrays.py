"""Arrays inside JSON: small ends first, as Base64, so that the same numbers give the same text on every machine."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints

__all__ = ["packed", "significant", "unpacked", "unpacked_ints"]

Width = Literal["<f8", "<f4", "<i4"]


def packed(values: Floats | Ints, width: Width = "<f8") -> dict[str, Any]:
    """An array as JSON. ``width``: how each number is kept; ``<f4`` halves what need not be exact.

    >>> packed(np.array([1.0, 2.0]))
    {'width': '<f8', 'shape': [2], 'base64': 'AAAAAAAA8D8AAAAAAAAAQA=='}
    """
    raw = np.ascontiguousarray(values, dtype=width).tobytes()
    return {"width": width, "shape": list(values.shape), "base64": base64.b64encode(raw).decode("ascii")}


def _read(content: Mapping[str, Any]) -> "np.ndarray[Any, Any]":
    try:
        width = {"<f8": "<f8", "<f4": "<f4", "<i4": "<i4"}[content["width"]]
        raw = base64.b64decode(content["base64"], validate=True)
        return np.frombuffer(raw, dtype=width).reshape([int(each) for each in content["shape"]])
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise StudyError(f"an array of the model cannot be read: {error}; train the model again") from error


def unpacked(content: Mapping[str, Any]) -> Floats:
    """What `packed` wrote, as float64."""
    return _read(content).astype(np.float64)


def unpacked_ints(content: Mapping[str, Any]) -> Ints:
    """What `packed` wrote of whole numbers."""
    return _read(content).astype(np.int64)


def significant(values: Floats, digits: int = 12) -> Floats:
    """To so many significant digits: by default to what SQL and Python agree on.

    >>> significant(np.array([2 / 3, -1234.0, 0.0]), 3).tolist()
    [0.667, -1230.0, 0.0]
    """
    decimals = digits - 1 - np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    scale = 10.0 ** np.clip(np.abs(decimals), 0, 300)
    fine = decimals >= 0
    whole = np.rint(np.where(fine, values * scale, values / scale))
    return np.asarray(np.where(fine, whole / scale, whole * scale) + 0.0)
