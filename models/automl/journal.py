"""Finished trials on disk, one line each, so that an interrupted search goes on where it stood.

The first line is the fingerprint of the table, the options and the versions; a file with another one is begun anew. A
line that was cut off by a crash ends the reading: the trials before it stand.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import EnvironmentFailure
from models.automl.matrix import Floats
from models.automl.options import Options
from models.automl.search import Trial

__all__ = ["FileJournal", "fingerprint"]

LIMITS = ("time_budget", "trials", "notes", "threads")
"""Options that say how long to search, not for what: with more time the same trials go on."""


def fingerprint(table: pd.DataFrame, target: str, options: Options, versions: Mapping[str, str]) -> str:
    """One line that changes with the rows, the question, or the libraries."""
    digest = hashlib.sha256()
    asked = {key: value for key, value in asdict(options).items() if key not in LIMITS}
    digest.update(json.dumps([target, asked, dict(versions), list(map(str, table.columns))], default=str).encode())
    for place in range(table.shape[1]):
        column = table.iloc[:, place]
        try:
            digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
        except TypeError:  # lists and dictionaries in cells have no hash of their own
            digest.update("\n".join(map(repr, column)).encode())
    return digest.hexdigest()


class FileJournal:
    """`models.automl.search.Journal` in a text file."""

    def __init__(self, path: Path | str, mark: str) -> None:
        self.path = Path(path)
        self.known: dict[str, Trial] = {}
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
            if not lines or lines[0] != mark:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.write_text(mark + "\n", encoding="utf-8")
                lines = [mark]
        except OSError as error:
            raise EnvironmentFailure(
                f"journal {str(path)!r}: {error.strerror}; name a file that can be written"
            ) from None
        for line in lines[1:]:
            try:
                content = json.loads(line)
                self.known[content["key"]] = _trial(content)
            except (ValueError, KeyError, TypeError):
                break

    def get(self, key: str) -> Trial | None:
        """The trial of an earlier run, if it was finished."""
        return self.known.get(key)

    def put(self, key: str, trial: Trial) -> None:
        """Append a finished trial."""
        content = {**asdict(trial), "key": key, "config": dict(trial.config)}
        content |= {name: _packed(getattr(trial, name)) for name in ("predicted", "ahead")}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")


def _packed(values: Floats) -> dict[str, Any]:
    return {"shape": list(values.shape), "data": base64.b64encode(values.astype("<f8").tobytes()).decode()}


def _unpacked(content: Mapping[str, Any]) -> Floats:
    flat = np.frombuffer(base64.b64decode(content["data"]), dtype="<f8")
    return flat.reshape(content["shape"]).astype(np.float64)


def _trial(content: dict[str, Any]) -> Trial:
    values: dict[str, Any] = {key: value for key, value in content.items() if key != "key"}
    values |= {name: _unpacked(content[name]) for name in ("predicted", "ahead")}
    return Trial(**{**values, "rounds": tuple(content["rounds"])})
