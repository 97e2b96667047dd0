"""What a model remembers of its own making: sizes, options, trials, versions. Never the time of day or the clock."""

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from models.automl.blend import Part
from models.automl.folds import Plan
from models.automl.ground import Ground
from models.automl.search import Outcome

__all__ = ["facts_of", "versions"]

LIBRARIES = ("genba", "lightgbm", "numpy", "pandas", "scikit-learn", "scipy", "xgboost-cpu")


def versions() -> dict[str, str]:
    """Of everything that may change a prediction."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def facts_of(ground: Ground, outcome: Outcome, split: Plan, parts: list[Part]) -> dict[str, Any]:
    """JSON-able facts."""
    options = {key: value for key, value in asdict(ground.options).items() if value not in (None, "", (), {})}
    return {
        "options": _plain(options),
        "rows": ground.n_rows,
        "rows_used": len(ground.codes),
        "rows_held_back": len(split.held_back),
        "split": split.kind,
        "folds": len(split.folds),
        "split_notes": [asdict(why) for why in split.why],
        "notes": [asdict(note) for note in ground.notes],
        "ended": outcome.ended,
        "trials": [
            {
                "algorithm": trial.algorithm,
                "config": dict(trial.config),
                "loss": trial.loss,
                "rounds": list(trial.rounds),
                "complete": trial.complete,
            }
            for trial in outcome.trials
        ],
        "naive_loss": outcome.trials[0].loss,
        "versions": versions(),
    }


def _plain(value: Any) -> Any:
    """Tuples become lists and keys become text, as JSON would have them."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in value]
    return value
