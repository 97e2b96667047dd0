"""From the user's columns to numbers and back: what each column is, how its cells are read, what was left out."""

from models.automl.columns.kinds import Column, infer
from models.automl.columns.prepare import LeftOut, Preparation

__all__ = ["Column", "LeftOut", "Preparation", "infer"]
