"""AutoML that tells the truth: `fit` takes any flat table and a target and returns the best honest model."""

from models.automl.fit import fit
from models.automl.model import Model, load

__all__ = ["Model", "fit", "load"]
