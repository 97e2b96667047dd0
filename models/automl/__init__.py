"""AutoML that tells the truth: `fit` takes any flat table and a target and returns the best honest model.

The names are loaded when they are asked for: whoever wants a metric need not load every algorithm.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.automl.engine import fit as fit
    from models.automl.model import Model as Model
    from models.automl.model import load as load

__all__ = ["Model", "fit", "load"]


def __getattr__(name: str) -> Any:
    if name == "fit":
        from models.automl.engine import fit

        return fit
    if name in ("Model", "load"):
        from models.automl import model

        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
