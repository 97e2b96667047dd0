"""Every algorithm by its name."""

from collections.abc import Sequence

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Algorithm, Task, Workbench
from models.automl.algorithms.bayes import Bayes
from models.automl.algorithms.boosting import LightGBM
from models.automl.algorithms.histogram import Histogram
from models.automl.algorithms.linear import Linear
from models.automl.algorithms.naive import Naive
from models.automl.algorithms.neural import Neural
from models.automl.algorithms.svm import Svm
from models.automl.algorithms.trees import Forests
from models.automl.algorithms.xgb import Xgb

__all__ = ["algorithms", "by_name", "known"]


def known(task: Task) -> tuple[Algorithm, ...]:
    """All algorithms of the task: the naive one first, then by what they cost and what a blend loses without them."""
    end = "Classifier" if task == "classification" else "Regressor"
    short = "SVC" if task == "classification" else "SVR"
    bayes = (Bayes("GaussianNB", task),) if task == "classification" else ()
    return (
        Naive(f"Naive{end}", task),
        Linear("LogisticRegression" if task == "classification" else "LinearRegression", task),
        *bayes,
        LightGBM(f"LGBM{end}", task),
        LightGBM(f"LGBMExtraTrees{end}", task, (("extra_trees", True),)),
        Forests(f"ExtraTrees{end}", task),
        Neural(f"MLP{end}", task),
        Svm(short, task),
        Xgb(f"XGB{end}", task),
        Histogram(f"HistGradientBoosting{end}", task),
        Forests(f"RandomForest{end}", task),
        LightGBM(f"LGBMRandomForest{end}", task, (("boosting", "rf"),)),
        Svm(f"Linear{short}", task),
        Forests(f"DecisionTree{end}", task),
    )


def by_name(name: str, task: Task) -> Algorithm:
    """The algorithm. Raises `StudyError` with the nearest name."""
    for algorithm in known(task):
        if algorithm.name == name:
            return algorithm
    raise StudyError(f"algorithm {name!r} is unknown; {nearest(name, [each.name for each in known(task)])}")


def algorithms(
    task: Task, bench: Workbench, chosen: Sequence[str] = (), excluded: Sequence[str] = ()
) -> tuple[Algorithm, ...]:
    """The naive one, then those that are chosen (none named: all), not excluded, and suit the table.

    Raises `StudyError` for an unknown name, and when nothing is left beside the naive one.
    """
    for name in (*chosen, *excluded):
        by_name(name, task)
    naive, *others = known(task)
    wanted = [each for each in others if (not chosen or each.name in chosen) and each.name not in excluded]
    reasons = {each.name: each.unsuited(bench, bench.matrix.n) for each in wanted}
    left = [each for each in wanted if reasons[each.name] is None]
    if chosen and not left and tuple(chosen) != (naive.name,):
        told = "; ".join(f"{name} {why}" for name, why in reasons.items()) or "all are excluded"
        raise StudyError(f"model_list: no algorithm is left: {told}")
    return (naive, *left)
