"""A detector of anomalies as rows: axes made of the views of cells, and the vectors that a point is compared with.

Part 0 of the vectors is the sample of GkNN and GLOF, or the components of PCA; part 1 the labelled points that vote.
`models.tasks.tables.Space` says what an axis is, `models.tasks.anomaly` what the detectors make of a point.
"""

import numpy as np

from models.automl.matrix import Floats
from models.sql.walk.rows import MOST_ROWS, Rows, Unwalkable, Walk
from models.sql.walk.said import too_long
from models.sql.walk.views import Levels, Plain, Views
from models.sql.walk.watch import watch
from models.tasks.anomaly.gknn import GkNN
from models.tasks.anomaly.glof import GLOF
from models.tasks.anomaly.model import AnomalyModel
from models.tasks.anomaly.neighbours import WIDE
from models.tasks.anomaly.pca import PCA
from models.tasks.tables import Space

__all__ = ["walk_of_anomalies"]

_AS_IT_IS = (0.0, 1.0, 1.0)
"""Centre, spread and weight of an axis whose views have all of them in them."""


def walk_of_anomalies(model: AnomalyModel) -> Walk | Unwalkable:
    """All rows of a model, or why SQL cannot evaluate it. Points agree with `Space.points` to the last digit."""
    space, fitted = model.space, model.fitted
    why, size = too_long(space.preparation), _size(model)
    if why is not None:
        return why
    if size > MOST_ROWS:
        return Unwalkable(f"its vectors take {size:,} rows, more than {MOST_ROWS:,}; a row in SQL would take too long")
    rows = Rows()
    blank = np.full(sum(len(recipe.features) for recipe in space.preparation.recipes), np.nan)
    views = Views(rows, space.preparation, blank)
    _axes(space, rows, views)
    k = _detector(fitted.detector, rows)
    taught = fitted.labelled
    if taught is not None:
        rows.vectors(1, taught.points)
        for place, label in enumerate(taught.labels.tolist()):
            rows.add("walk_neighbour", 1, place, 0.0, float(label))
    votes = (0, 0.0, 0.0, 1.0) if taught is None else (taught.k, fitted.weight, taught.prior, taught.blur)
    curve = fitted.curve
    rows.add("walk_detector", fitted.algorithm, k, curve.shift, curve.a, curve.b, fitted.threshold, *votes)
    views.describe(space.preparation, {})
    watch(model.card.facts, space.preparation, rows, views)
    return rows.walk(space.columns)


def _size(model: AnomalyModel) -> int:
    """Rows of the vectors, nearly all there are."""
    detector, taught, axes = model.fitted.detector, model.fitted.labelled, len(model.space.sources)
    own = len(detector.sample) if isinstance(detector, (GkNN, GLOF)) else axes
    return (own + (0 if taught is None else len(taught.points))) * -(-axes // WIDE)


def _axes(space: Space, rows: Rows, views: Views) -> None:
    """A number is scaled by the database; what a word is worth on an axis is looked up by its level, if it is not what
    most levels are worth there."""
    placed: dict[int, Floats] = {}
    for axis, feature in enumerate(space.sources):
        source = views.features[feature].source
        if isinstance(source, Plain):
            centre, spread, weight = (float(each[axis]) for each in (space.centre, space.spread, space.weights))
            rows.add("walk_axis", views.view(source, centre), axis, centre, spread, weight, None)
        elif isinstance(source, Levels):
            if feature not in placed:
                levels = np.full((len(source.values), len(views.features)), np.nan)
                levels[:, feature] = source.values
                placed[feature] = space.placed(levels)
            worth = placed[feature][:, axis]
            different, counts = np.unique(worth, return_counts=True)
            most = float(different[counts.argmax()])
            view = views.at_levels(source.column, np.where(worth == most, np.nan, worth))
            rows.add("walk_axis", view, axis, *_AS_IT_IS, most)


def _detector(detector: object, rows: Rows) -> int:
    """Write what part 0 is; k."""
    if isinstance(detector, PCA):
        rows.vectors(0, detector.axes.T)
        for place, offset in enumerate((detector.centre @ detector.axes).tolist()):
            rows.add("walk_neighbour", 0, place, offset, 0.0)
        return 0
    assert isinstance(detector, (GkNN, GLOF))
    sample: Floats = detector.sample
    rows.vectors(0, sample)
    if isinstance(detector, GLOF):
        for place, (reach, density) in enumerate(zip(detector.reach.tolist(), detector.density.tolist(), strict=True)):
            rows.add("walk_neighbour", 0, place, reach, density)
    return detector.k
