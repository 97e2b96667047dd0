"""Arrays inside JSON: small ends first, as Base64, so that the same numbers give the same text on every machine."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints

__all__ = ["packed", "unpacked", "unpacked_ints"]

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
