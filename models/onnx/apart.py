"""A process of its own for each ONNX model: a stranger's program may crash, loop or grow without harm to the worker."""

import importlib.util
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.errors import StudyError
from models.automl.algorithms.threads import cores
from models.onnx.frames import Arrays, receive, send

__all__ = ["Apart", "needed"]

SECONDS = 60.0
"""For a batch of rows: a usual model takes less than one."""
ANSWER = 2**30
"""Bytes of an answer: probabilities of a thousand classes for 100,000 rows, as explainers ask, are 800 MB."""
START = 120.0
"""For starting and opening: a model of a gigabyte takes a while to be made ready."""


def needed() -> None:
    """Raises `StudyError` where the libraries for ONNX are not installed."""
    for name in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(name) is None:
            raise StudyError(f"ONNX models need {name}, which is not installed; run: pip install 'genba[onnx]'")


@dataclass
class Apart:
    """Holds the model's bytes, and the process that runs it; after an end by force the next question starts another."""

    content: bytes
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _told: dict[str, Any] | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def signature(self) -> dict[str, Any]:
        """What `models.onnx.child.Held.signature` says. Raises `StudyError`."""
        with self._lock:
            return self._opened() if self._told is None else self._told

    def run(self, feeds: Arrays, outputs: list[str], step: int | None) -> tuple[Mapping[str, Any], Arrays]:
        """What `models.onnx.child.Held.run` says of rows. Raises `StudyError`."""
        with self._lock:
            if self._process is None:
                self._opened()
            said, arrays = self._ask({"do": "run", "outputs": outputs, "step": step}, SECONDS, feeds)
        return said["labels"], arrays

    def _opened(self) -> dict[str, Any]:
        needed()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "models.onnx.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,
            start_new_session=True,  # Ctrl-C is for the worker, which ends the job in hand
            # Nothing of the worker's surroundings, where passwords may stand.
            env={"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        )
        weakref.finalize(self, _ended, self._process)
        self._told = self._ask({"do": "open", "threads": cores()}, START, content=self.content)[0]
        return self._told

    def _ask(
        self, said: Mapping[str, Any], seconds: float, arrays: Arrays | None = None, content: bytes = b""
    ) -> tuple[dict[str, Any], Arrays]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            send(process.stdin, said, arrays, content)
            answer, found, _ = receive(process.stdout, ANSWER)
        except (OSError, EOFError, ValueError):
            self._process = None
            _ended(process)
            why = (
                f"took longer than {seconds:.0f} s"
                if late.is_set()
                else "ended its process, or answered more than fits"
            )
            raise StudyError(f"the ONNX model {why}; it was stopped") from None
        finally:
            timer.cancel()
        if "error" in answer:
            raise StudyError(str(answer["error"]))
        return answer, found


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was not sent any more
                continue
