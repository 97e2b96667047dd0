"""Clusters of alike rows: `fit`, and the model it gives.

Rows are points (`tables.Space`: numbers in standard deviations, words as one axis per level). KMeans minimises the
squared distances to k centres; GaussianMixture gives each cluster a shape; AgglomerativeClustering merges what is
nearest in Ward's sense on at most 2,000 rows, and a row belongs to the nearest centre of what came out. The algorithm
and the number of clusters, where it is not given (2 to 10), are those with the best metric on at most 2,000 rows, by
default the silhouette: the mean of (b - a) / max(a, b), a the mean distance of a row to its own cluster, b that to the
nearest other. Clusters are numbered by size, the largest is 0.

Source: Rousseeuw, Silhouettes, JCAM 1987; Davies and Bouldin 1979; Caliński and Harabasz 1974; all from scikit-learn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.tasks.base import Answers, Card, Told, dumped
from models.tasks.clustering.clouds import Clouds
from models.tasks.option_tables import Task
from models.tasks.options import algorithms, known_metric, parse
from models.tasks.recommendation.ratings import words_of
from models.tasks.tables import Space, column, picked
from models.tasks.words import say

__all__ = ["ClusterModel", "fit", "restore"]

TASK: Task = "clustering"
TRIED = range(2, 11)
FEWEST = 10
"""Rows below which groups mean nothing."""
JUDGED = 2000
"""Rows by which numbers of clusters are compared: a silhouette needs all distances."""
STRUCTURE = 0.25
"""Silhouette below which no substantial structure was found (Kaufman and Rousseeuw 1990)."""


@dataclass(frozen=True)
class ClusterModel:
    """See `models.tasks.protocol.TaskModel`."""

    card: Card
    space: Space
    clouds: Clouds

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """Per row its cluster, and how surely it belongs to each."""
        parse(TASK, "predict", options)
        chances = self.clouds.chances(self.space.points(table))
        labels = chances.argmax(1).tolist()
        results = [
            {
                "predictions": {"cluster": label},
                "probabilities": {str(at): round(each, 6) for at, each in enumerate(row)},
            }
            for label, row in zip(labels, chances.tolist(), strict=True)
        ]
        return Answers(results, labels)

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """How well separated the clusters are, or how well they match a column of known groups."""
        from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

        parse(TASK, "score", options)
        known_metric(TASK, metric)
        points = self.space.points(table)
        labels = self.clouds.labels(points)
        if metric not in ("adjusted_rand", "normalized_mutual_info"):
            return _separated(metric, points, labels)
        if target is None:
            raise StudyError(f"metric {metric!r} compares clusters with known groups; name their column as the target")
        groups = words_of(column(table, target, "which holds the known groups"))
        known = [row for row, group in enumerate(groups) if group is not None]
        truth, found = [groups[row] for row in known], labels[known]
        if not known:
            return None
        compare = adjusted_rand_score if metric == "adjusted_rand" else normalized_mutual_info_score
        return float(compare(truth, found))

    def to_text(self) -> str:
        """JSON."""
        return dumped(self.card, {"space": self.space.to_dict(), "clouds": self.clouds.to_dict()})


def restore(card: Card, state: Mapping[str, Any]) -> ClusterModel:
    """From the parts of a text."""
    return ClusterModel(card, Space.from_dict(state["space"]), Clouds.from_dict(state["clouds"]))


def _separated(metric: str, points: Floats, labels: Ints) -> float | None:
    """None where fewer than two clusters, or only rows alone, are there."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

    if len(points) > JUDGED:
        rows = np.sort(np.random.default_rng(0).choice(len(points), JUDGED, replace=False))
        points, labels = points[rows], labels[rows]
    if not 2 <= len(np.unique(labels)) < len(points):
        return None
    if metric == "silhouette":
        return float(silhouette_score(points, labels))
    if metric == "neg_davies_bouldin":
        return -float(davies_bouldin_score(points, labels))
    return float(calinski_harabasz_score(points, labels))


def fit(
    table: pd.DataFrame, target: str | None, options: Mapping[str, Any] | None, *, seed: int, told: Told
) -> ClusterModel:
    """Find groups. A target, such as known groups, is not looked at."""
    chosen = parse(TASK, "train", options)
    names = algorithms(TASK, chosen) if {"model_list", "exclude_model_list"} & chosen.given else ("KMeans",)
    if len(table) < FEWEST:
        raise StudyError(f"{len(table)} row(s) are too few to form groups; give at least {FEWEST}")
    told("columns", 0.0)
    left = picked(table, chosen["include_column_list"], chosen["exclude_column_list"], (target,))
    space = Space.fit(table, left, rare=False, needed=chosen["include_column_list"] or ())
    points = space.points(table)
    different = len(np.unique(points, axis=0))
    wanted = chosen["n_clusters"]
    if different < (wanted or 2):
        raise StudyError(f"{different} different row(s) cannot form {wanted or 2} clusters; ask for fewer")
    tried = [wanted] if wanted else [k for k in TRIED if k < min(different, len(table) // 2)] or [2]
    metric = chosen["optimization_metric"]
    name, k, score = _best(points, names, tried, metric, seed, told)
    clouds = Clouds.fit(name, points, k, seed)
    labels = clouds.labels(points)
    shape = _separated("silhouette", points, labels)
    clear = shape is not None and shape >= STRUCTURE
    notes = [*space.notes()] if clear else [say("no_structure", {"score": shape or 0.0}), *space.notes()]
    facts = {
        "training_params": {"n_clusters": k},
        "n_rows": len(table),
        "n_columns": len(table.columns),
        "n_selected_rows": len(table),
        "n_selected_columns": len(space.columns),
        "sizes": np.bincount(labels, minlength=k).tolist(),
        "silhouette": shape,
        "quality": "high" if clear else "low",
        "yardsticks": {"no_structure": STRUCTURE},
        "notes": notes,
    }
    told(name, 1.0)
    return ClusterModel(Card(TASK, name, space.columns, metric, score, facts), space, clouds)


def _best(
    points: Floats, names: Sequence[str], tried: Sequence[int], metric: str, seed: int, told: Told
) -> tuple[str, int, float | None]:
    """Algorithm, number of clusters, and the metric's value."""
    rows = np.arange(len(points))
    if len(rows) > JUDGED:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), JUDGED, replace=False))
    part = points[rows]
    best: tuple[str, int, float | None] = (names[0], tried[0], None)
    for at, name in enumerate(names):
        for k in tried:
            told(name, 0.1 + 0.8 * at / len(names))
            value = _separated(metric, part, Clouds.fit(name, part, k, seed).labels(part))
            if value is not None and (best[2] is None or value > best[2]):
                best = (name, k, value)
    return best
