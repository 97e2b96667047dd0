"""A model as tables that SQL evaluates: what `ML_PREDICT_ROW` and `ML_EXPLAIN_ROW` read."""

from models.sql.walk.rows import Unwalkable, Walk
from models.sql.walk.walk import walk_of

__all__ = ["Unwalkable", "Walk", "walk_of"]
