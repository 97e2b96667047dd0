"""A trained tree model of any library: LightGBM predicts it, whoever grew it, and its text is what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from ingest.errors import StudyError
from models.automl.algorithms.audit import audited
from models.automl.algorithms.base import Task
from models.automl.algorithms.encoding import Encoding
from models.automl.algorithms.gaps import filled
from models.automl.algorithms.threads import threads_for
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Matrix

__all__ = ["DOUBT", "Boosted", "Link", "load_boosted", "narrow", "outputs_of", "trees_of"]

KIND = "trees"
DOUBT = 0.005
"""Share of the overall mean mixed in: no forest of some hundred trees may call anything impossible."""
Link = Literal["identity", "logit"]


def outputs_of(classes: int) -> int:
    """Numbers per row: two classes need one, that of the last class."""
    return classes if classes > 2 else 1


@dataclass(frozen=True)
class Boosted:
    """``offset + scale * raw`` is a value, or after ``link`` the probability: of the last of two classes, of each of
    more. ``single``: the trees compare numbers of 24 bits, as scikit-learn's and XGBoost's do.
    """

    booster: lightgbm.Booster
    classes: int
    features: int
    link: Link
    rounds: int | None = None
    offset: Floats = field(default_factory=lambda: np.zeros(1))
    scale: float = 1.0
    single: bool = False
    fill: Mapping[int, float] = field(default_factory=dict)
    """What a missing value becomes in columns that had none in training: LightGBM would take it for a nought."""
    encoding: Encoding | None = None

    def inputs(self, matrix: Matrix) -> Floats:
        """(n, features): what the booster reads: the matrix, and behind it what was encoded by the target."""
        values = filled(matrix.values, self.fill)
        if self.encoding is not None:
            values = np.concatenate([values, self.encoding.columns(matrix)], axis=1)
        return narrow(values).astype(np.float64) if self.single else values

    def raw(self, matrix: Matrix) -> Floats:
        """(n, outputs): ``offset + scale *`` the sum of the trees; additive over the features."""
        inputs = self.inputs(matrix)
        said = self.booster.predict(inputs, raw_score=True, num_threads=threads_for(inputs.size))
        return self.offset + self.scale * np.asarray(said, dtype=np.float64).reshape(len(inputs), len(self.offset))

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities or (n,) values."""
        raw = self.raw(matrix)
        if not self.classes:
            return raw[:, 0]
        if self.classes > 2:
            # The shares of a forest add up to 1 but for rounding.
            shares = softmax(raw, axis=1) if self.link == "logit" else raw / raw.sum(axis=1, keepdims=True)
            return np.asarray(shares, dtype=np.float64)
        last = expit(raw[:, 0]) if self.link == "logit" else np.clip(raw[:, 0], 0.0, 1.0)
        return np.stack([1 - last, last], axis=1)

    def to_dict(self) -> dict[str, Any]:
        """LightGBM's text inside JSON."""
        text = str(self.booster.model_to_string())
        return {
            "kind": KIND,
            "classes": self.classes,
            "features": self.features,
            "link": self.link,
            "rounds": self.rounds,
            "offset": self.offset.tolist(),
            "scale": self.scale,
            "single": self.single,
            "fill": [[place, value] for place, value in self.fill.items()],
            "encoding": None if self.encoding is None else self.encoding.to_dict(),
            "booster": trees_of(text),
        }


def narrow(values: Floats) -> NDArray[np.float32]:
    """What libraries of 24 bits compare; far enough from the largest such number that they can add them up."""
    return np.clip(values, -1e30, 1e30).astype(np.float32)


def trees_of(text: str) -> str:
    """A model's text up to the last tree: the parameters behind it would make its bytes depend on the threads used."""
    end = "end of trees\n"
    return text[: text.index(end) + len(end)]


def load_boosted(content: Mapping[str, Any], task: Task) -> Boosted:
    """What `Boosted.to_dict` wrote, audited before LightGBM sees it. Raises `StudyError`."""
    written = Written.of(content, KIND)
    classes = written.whole("classes", 2, 2**20) if task == "classification" else written.whole("classes", 0, 0)
    features = written.whole("features", 1, 2**24)
    outputs = outputs_of(classes)
    text = audited(written.text("booster"), features, outputs)
    encoding = None
    if content.get("encoding") is not None:
        encoding = Encoding.load(written.part("encoding", "target-encoding"), features)
    pairs = written.numbers("fill", -1, 2)
    if len(pairs) and (pairs[:, 0].min() < 0 or pairs[:, 0].max() >= features):
        raise written.wrong("fill", "names a feature that is not there")
    try:
        booster = lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise StudyError(f"model file of {KIND}: {str(error)[:80]!r}; train it again") from None
    return Boosted(
        booster,
        classes,
        features,
        "logit" if written.text("link", ("identity", "logit")) == "logit" else "identity",
        written.count("rounds"),
        written.numbers("offset", outputs),
        written.number("scale"),
        written.flag("single"),
        {int(place): float(value) for place, value in pairs},
        encoding,
    )
