"""What moved a prediction, and what a model attends to: by row and over all, in the user's columns."""

from models.automl.explain.notes import Known
from models.automl.explain.overall import GLOBAL_METHODS, Attention, global_
from models.automl.explain.rows import ROW_METHODS, Explanation, rows
from models.automl.explain.words import say

__all__ = ["GLOBAL_METHODS", "ROW_METHODS", "Attention", "Explanation", "Known", "global_", "rows", "say"]
