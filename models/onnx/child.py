"""The process that holds one ONNX model and runs it: ``python -m models.onnx.child``, spoken to by `frames`.

It knows no password and no database, may open no file once it has started, writes none, and may take `MEMORY` bytes;
`models.onnx.apart` ends it when it takes too long, and it ends by itself when the worker has gone.
"""

import io
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from ingest.errors import StudyError
from models.onnx.audit import audited, class_labels
from models.onnx.frames import receive, send

__all__ = ["Held", "confine"]

MEMORY = 4 * 2**30
"""Bytes of address space: HeatWave's advice for the largest model, and a batch of rows beside a usual one."""


def confine() -> None:
    """From here on no file is opened or written, and memory is bounded; on systems that know such bounds."""
    try:
        import resource
    except ImportError:
        return
    send(io.BytesIO(), {}, {"": np.array(["what is loaded late"])})
    packed = io.BytesIO()
    send(packed, {}, {"": np.zeros(1)})
    packed.seek(0)
    receive(packed)
    for kind, most in (("RLIMIT_NOFILE", 3), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0), ("RLIMIT_AS", MEMORY)):
        which = getattr(resource, kind)
        allowed = resource.getrlimit(which)[1]
        least = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(which, (least, least))


_OWN = [kind for kind in vars(onnxruntime_pybind11_state).values() if isinstance(kind, type)]
RUNTIME: tuple[type[Exception], ...] = (
    *(kind for kind in _OWN if issubclass(kind, Exception)), RuntimeError, ValueError, TypeError, IndexError,
)  # fmt: skip
"""What the library raises: its own errors have no parent in common."""
_NOISE = re.compile(r"^\[\w+\] : \d+ : |(/\S*onnxruntime/\S+ )")


class Held:
    """A model of which a session is open. Raises `StudyError` for what may not or cannot be run."""

    def __init__(self, content: bytes, threads: int) -> None:
        model = audited(content)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads
        try:
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except RUNTIME as error:
            raise StudyError(f"the ONNX model cannot be opened: {_first(error)}") from None
        self.labels = class_labels(model)

    def signature(self) -> dict[str, Any]:
        """Names, types and shapes, as the session tells them."""
        return {
            "inputs": [[each.name, each.type, list(each.shape)] for each in self.session.get_inputs()],
            "outputs": [[each.name, each.type] for each in self.session.get_outputs()],
            "labels": self.labels,
        }

    def run(
        self, feeds: dict[str, Any], wanted: Sequence[str], step: int | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Labels of maps, and an array for each wanted output. ``step``: rows at a time, where the graph fixes them."""
        rows = len(next(iter(feeds.values())))
        step = step or rows
        found: list[list[Any]] = []
        for first in range(0, rows, step):
            # The last rows are repeated where the graph takes no fewer.
            places = np.minimum(np.arange(first, first + step), rows - 1)
            part = {name: array[places] for name, array in feeds.items()}
            part = {name: array.astype(object) if array.dtype.kind == "U" else array for name, array in part.items()}
            try:
                found.append(self.session.run(list(wanted), part))
            except RUNTIME as error:
                raise StudyError(f"the ONNX model fails on these rows: {_first(error)}") from None
        labels: dict[str, Any] = {}
        arrays = {}
        for place, name in enumerate(wanted):
            array, keys = _array([part[place] for part in found])
            arrays[name] = array[:rows] if len(array) == step * len(found) else array
            if keys is not None:
                labels[name] = keys
        return labels, arrays


def _array(parts: list[Any]) -> tuple[np.ndarray[Any, Any], list[Any] | None]:
    """One output of all parts; of maps their values, and their keys."""
    if isinstance(parts[0], list):
        rows = [row for part in parts for row in part]
        if rows and isinstance(rows[0], dict):
            keys = list(rows[0])
            return np.array([[row[key] for key in keys] for row in rows], dtype=np.float64), keys
        parts = [np.array(rows)]
    if not all(isinstance(part, np.ndarray) for part in parts):
        raise StudyError(f"an output is a {type(parts[0]).__name__}; arrays, lists and maps are read")
    array = np.concatenate([np.atleast_1d(part) for part in parts])
    return (array.astype(str) if array.dtype.kind == "O" else array), None


def _first(error: Exception) -> str:
    """The library's own words, without its codes and names of files."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in _NOISE.sub("", text)[:160])


def _leave_with(parent: int) -> None:
    """Ends this process when the one that started it has gone, even in the middle of a graph that never ends."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def main() -> None:
    """Until the other side has gone."""
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    pipes = sys.stdin.buffer, sys.stdout.buffer
    confine()
    held: Held | None = None
    while True:
        try:
            said, arrays, content = receive(pipes[0])
        except EOFError:
            return
        try:
            if said["do"] == "open":
                held = Held(content, int(said["threads"]))
                send(pipes[1], held.signature())
            else:
                assert held is not None
                labels, found = held.run(arrays, said["outputs"], said["step"])
                send(pipes[1], {"labels": labels}, found)
        except (StudyError, MemoryError, KeyError, ValueError, TypeError) as error:
            send(pipes[1], {"error": str(error) or type(error).__name__})


if __name__ == "__main__":
    main()
