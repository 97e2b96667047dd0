"""The one place where the life of models meets what learns them: train, say what it is, restore, predict."""

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from ingest.errors import StudyError
from ingest.store.model_catalog import ModelEntry, ModelRow
from models.automl.facts import versions
from models.automl.model import Model, Quality
from models.fingerprint import fingerprint
from models.leaks import Leak
from models.learn import Learned, losses
from models.lifecycle.card import card
from models.lifecycle.drift import summary
from models.study.data import StudyData

__all__ = ["Learner", "described", "losses", "metric_input", "restored"]

Floats = NDArray[np.float64]


Learner = Callable[[StudyData, int], Learned]
"""An audited study and a seed → a model of all its units."""


def restored(row: ModelRow, content: str) -> Learned:
    """A model of the catalog, of this version or an earlier one. Raises `StudyError` for any other text."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise StudyError(f"model {row.model_id} of study {row.study!r} is no JSON; train it again") from None
    if not isinstance(said, dict) or "format" not in said:
        raise StudyError(f"model {row.model_id} of study {row.study!r} names no format; train it again")
    try:
        # Release 0.1 tested forward in time and did not say so.
        return Learned(Model.from_text(content), Quality(**{"split": "forward", **row.entry.quality}))
    except (AttributeError, TypeError, StudyError) as error:
        raise StudyError(f"model {row.model_id} of study {row.study!r}: {error}") from None


def described(learned: Learned, data: StudyData, leaks: Sequence[Leak]) -> ModelEntry:
    """What the catalog keeps of a model beside its text. ``data``: what it learnt from, audited."""
    bare = ModelEntry(
        rows=data.n,
        quality=asdict(learned.quality),
        task=data.spec.task,
        algorithms=tuple(dict.fromkeys(member.algorithm for member in learned.model.members)),
        fingerprint=fingerprint(data.features.assign(**{data.spec.target: data.loss}), data.time),
        options=learned.model.facts["options"],
        versions={"python": platform.python_version(), **versions()},
        leaks=[asdict(leak) for leak in leaks],
        reference={**summary(data.features, data.groups), "naive": float(data.loss.mean())},
    )
    return replace(bare, card=card(data.spec.name, data.spec.target, bare))


def metric_input(data: StudyData, predicted: Floats) -> Floats:
    """Predictions (n,) as `models.automl.metrics` wants them: (n, 2) probabilities, or (n,) values."""
    return np.column_stack([1 - predicted, predicted]) if data.spec.task == "classification" else predicted
