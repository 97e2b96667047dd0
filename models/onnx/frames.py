"""How a process speaks with the one that runs a stranger's graph: a line of JSON and arrays, never a pickle."""

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
import orjson

__all__ = ["Arrays", "receive", "send"]

Arrays = Mapping[str, np.ndarray[Any, Any]]
LARGEST = 2**31
"""Bytes of one frame: rows of a batch, or a whole model; protobuf holds no more."""
_HEAD = struct.Struct("<QQ")


def send(pipe: IO[bytes], said: Mapping[str, Any], arrays: Arrays | None = None, content: bytes = b"") -> None:
    """One frame: an object, and either arrays or bytes."""
    if arrays:
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **{f"a{place}": array for place, array in enumerate(arrays.values())})
        content, said = packed.getvalue(), {**said, "arrays": list(arrays)}
    head = orjson.dumps(said)
    pipe.write(_HEAD.pack(len(head), len(content)) + head)
    pipe.write(content)
    pipe.flush()


def receive(pipe: IO[bytes], largest: int = LARGEST) -> tuple[dict[str, Any], dict[str, "np.ndarray[Any, Any]"], bytes]:
    """What `send` sent. Raises `EOFError` where the other side has gone, `ValueError` for anything else."""
    head, size = _HEAD.unpack(_whole(pipe, _HEAD.size))
    if head > largest or size > largest:
        raise ValueError("a frame is too large")
    said = orjson.loads(_whole(pipe, head))
    content = _whole(pipe, size)
    if not isinstance(said, dict):
        raise ValueError("a frame holds no object")  # noqa: TRY004 - it is what was sent
    names = said.pop("arrays", None)
    if names is None:
        return said, {}, content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as listed:
            if sum(entry.file_size for entry in listed.infolist()) > size:
                raise ValueError("arrays are packed tighter than `send` does")
        with np.load(io.BytesIO(content), allow_pickle=False) as packed:
            return said, {str(name): packed[f"a{place}"] for place, name in enumerate(names)}, b""
    except (zipfile.BadZipFile, KeyError, TypeError) as error:
        raise ValueError(f"a frame's arrays: {error}") from None


def _whole(pipe: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = pipe.read(min(size, 2**24))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
