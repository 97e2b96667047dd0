"""What `options` checks against, as tables: docs/tasks.md holds the same, and a test compares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["ABSENT", "ALGORITHMS", "METRICS", "OPTIONS", "TASKS", "Option", "Phase", "Task"]

Task = Literal[
    "forecasting", "anomaly_detection", "log_anomaly_detection", "recommendation", "topic_modeling", "clustering"
]  # fmt: skip
Phase = Literal["train", "predict", "score"]
Kind = Literal["text", "names", "patterns", "number", "whole", "flag", "object"]
TASKS: tuple[Task, ...] = get_args(Task)

ALGORITHMS: Mapping[Task, Mapping[str, str]] = {
    "forecasting": {
        "NaiveForecaster": "the last value, the last season, or a straight line through both ends; the yardstick",
        "ThetaForecaster": "half a straight line, half exponential smoothing, after removing the season",
        "ExpSmoothForecaster": "exponential smoothing with additive errors (Holt-Winters)",
        "ETSForecaster": "exponential smoothing as a state-space model, its form chosen by AICc",
        "STLwESForecaster": "seasons removed by STL (several: MSTL), the rest by exponential smoothing",
        "STLwARIMAForecaster": "seasons removed by STL (several: MSTL), the rest by ARIMA",
        "SARIMAXForecaster": "regression on trend, seasonal waves and exogenous columns, its errors by ARIMA",
        "VARMAXForecaster": "vector autoregression of several series, on seasonal waves and exogenous columns",
        "DynFactorForecaster": "what several series have in common, one or two factors, by autoregression",
    },
    "anomaly_detection": {
        "GkNN": "mean distance to the k nearest rows of a sample; the default",
        "PCA": "distance from the centre along all principal components, each in its own spread",
        "GLOF": "how much thinner the surroundings of a row are than those of its neighbours",
    },
    "log_anomaly_detection": {
        "GkNN": "the same, over segments of lines as TF-IDF of templates and words; the default",
        "PCA": "the same, over segments of lines",
        "GLOF": "the same, over segments of lines",
    },
    "recommendation": {
        "Baseline": "mean rating plus what the user and the item deviate from it; the yardstick",
        "SVD": "baseline plus latent factors of users and items, by alternating least squares",
        "SVDpp": "SVD with the items that a user rated, whatever the rating, in the user's factors",
        "NMF": "non-negative latent factors",
        "SlopeOne": "mean difference between items, over the items that the user rated",
        "CoClustering": "means of clusters of users and items",
        "NormalPredictor": "a random rating from the spread of all; what no knowledge gives",
        "BPR": "latent factors that rank what a user touched above what he did not; for implicit feedback",
    },
    "topic_modeling": {
        "NMF": "non-negative matrix factors of TF-IDF weights; the default",
        "LDA": "latent Dirichlet allocation of word counts",
    },
    "clustering": {
        "KMeans": "k means; the default",
        "GaussianMixture": "k Gaussian clouds, each with a shape of its own",
        "AgglomerativeClustering": "Ward's tree of merges, cut at k; on at most 2,000 rows",
    },
}  # fmt: skip
"""What is tried, in this order, and what it is."""

ABSENT: Mapping[Task, Mapping[str, str]] = {
    "forecasting": {"OrbitForecaster": "ETSForecaster"},
    "recommendation": {"TwoTower": "SVDpp, or BPR for implicit feedback,"},
}
"""Algorithms of HeatWave that are not offered, and what is nearest to them."""

_DECIDED = ("accuracy", "balanced_accuracy", "f1", "neg_log_loss", "precision", "recall")
_ERRORS = (
    "neg_sym_mean_abs_percent_error", "neg_root_mean_squared_percent_error", "neg_mean_abs_scaled_error",
    "neg_root_mean_squared_error", "neg_mean_squared_error", "neg_max_absolute_error", "neg_mean_absolute_error",
)  # fmt: skip
METRICS: Mapping[Task, tuple[str, ...]] = {
    "forecasting": _ERRORS,
    "anomaly_detection": ("roc_auc", "precision_k", *_DECIDED),
    "log_anomaly_detection": ("roc_auc", "precision_k", *_DECIDED),
    "recommendation": (
        "neg_mean_squared_error", "neg_mean_absolute_error", "neg_root_mean_squared_error", "r2",
        "precision_at_k", "recall_at_k", "hit_ratio_at_k", "ndcg_at_k",
    ),
    "topic_modeling": (),
    "clustering": (
        "silhouette", "neg_davies_bouldin", "calinski_harabasz", "adjusted_rand", "normalized_mutual_info",
    ),
}  # fmt: skip
"""Higher is better; the first is the default."""


@dataclass(frozen=True)
class Option:
    """What one option may be."""

    kind: Kind
    meaning: str
    default: Any = None
    low: float = 0.0
    high: float = 1e9
    open: bool = False
    """Are ``low`` and ``high`` themselves refused?"""
    allowed: tuple[str, ...] = ()
    inner: Mapping[str, "Option"] = field(default_factory=dict)
    """The keys of an object."""
    word: str = ""
    """A key of an object that may stand alone, as a text."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Names that are known and not offered, and what is nearest."""
    unused: bool = False
    """Accepted because HeatWave's statements write it; it changes nothing, and a note says so."""


_THRESHOLD = Option("number", "probability above which a row is an anomaly; default: from training", high=1.0)
_MARKED = Option("whole", "mark so many rows, the most anomalous ones, instead of using a threshold", low=1)
_TOPK = Option("whole", "how many are recommended", 3, low=1)
_SEEN = Option("flag", "leave out what the user already has", True)
_NOTES = Option("text", "free text, kept with the model")
_INCLUDE = Option("names", "columns that must be learnt from")
_EXCLUDE = Option("names", "columns that are not learnt from")


def _listed(task: Task) -> Option:
    meaning = "algorithms to try, by name; default: all that suit"
    return Option("names", meaning, allowed=tuple(ALGORITHMS[task]), absent=ABSENT.get(task, {}))


def _unlisted(task: Task) -> Option:
    return Option("names", "algorithms not to try", allowed=(*ALGORITHMS[task], *ABSENT.get(task, {})))


def _training(task: Task) -> dict[str, Option]:
    task_option = Option("text", "the task itself; ignored", allowed=(task,))
    return {"task": task_option, "notes": _NOTES, "model_list": _listed(task)}


_SUBMODEL = Option("object", "the part that learns from labels", inner={
    "n_neighbors": Option("whole", "labelled neighbours that vote", 5, low=1, high=1000),
    "min_labels": Option("whole", "with fewer labels only the unlabelled part is used", 20, low=1),
})  # fmt: skip
_ENSEMBLE = Option("text", "metric by which both parts are weighted, and the threshold is chosen", "f1", allowed=(
    "accuracy", "balanced_accuracy", "f1", "neg_log_loss", "precision", "recall", "roc_auc",
))  # fmt: skip
_SEMISUPERVISED = {"supervised_submodel_options": _SUBMODEL, "ensemble_score": _ENSEMBLE}


def _anomaly(task: Task) -> dict[str, Option]:
    return {
        **_training(task),
        "contamination": Option("number", "expected share of anomalies", 0.01, high=0.5, open=True),
        "include_column_list": _INCLUDE,
        "exclude_column_list": _EXCLUDE,
        "experimental": Option(
            "object", "where HeatWave puts the semi-supervised options, or `'semisupervised'`", word="semisupervised",
            inner={"semisupervised": Option("object", "as below", inner=_SEMISUPERVISED)},
        ),
        **_SEMISUPERVISED,
    }  # fmt: skip


_LOGS = Option("object", "how logs are cut and cleaned", inner={
    "window_size": Option("whole", "lines of one segment", 10, low=1, high=1000),
    "window_stride": Option("whole", "lines from one segment to the next", 3, low=1, high=1000),
    "additional_masking_regex": Option("patterns", "regular expressions of what varies in a line"),
    "log_source_column": Option("text", "as the option of that name"),
    "embedding_model": Option("text", "accepted; no language model is asked", unused=True),
    "keyword_model": Option("text", "accepted; no language model is asked", unused=True),
})  # fmt: skip
_SUMMARIES = Option("object", "summaries", inner={
    "summarize_logs": Option("flag", "say what a segment holds, rarest first", False),
    "summary_threshold": Option("number", "summarise segments above this probability; default: anomalies", high=1.0),
})  # fmt: skip
_RECOMMEND = Option("text", "what is asked for", "ratings", allowed=(
    "ratings", "items", "users", "users_to_items", "items_to_users", "items_to_items", "users_to_users",
))  # fmt: skip
_WEIGHT = Option(
    "number", "with labels: weight of the labelled neighbours' vote; default: from training", high=1.0, open=True
)
_LIKED = Option("number", "for rankings: values from here on count as liked; default: the mean", low=-1e9)


def _described(whom: str) -> Option:
    return Option("object", f"accepted; what describes {whom} is not learnt from", unused=True, inner={
        "table_name": Option("text", "`'schema.table'`, which the caller may read"),
    })  # fmt: skip


_DESCRIBED = {"item_metadata": _described("items"), "user_metadata": _described("users")}
_MARKING = {"threshold": _THRESHOLD, "topk": _MARKED, "supervised_submodel_weight": _WEIGHT}

OPTIONS: Mapping[Task, Mapping[Phase, Mapping[str, Option]]] = {
    "forecasting": {
        "train": {
            **_training("forecasting"),
            "exclude_model_list": _unlisted("forecasting"),
            "optimization_metric": Option("text", "what decides", _ERRORS[0], allowed=_ERRORS),
            "datetime_index": Option("text", "column of dates; required"),
            "endogenous_variables": Option("names", "columns to forecast; default: the target"),
            "exogenous_variables": Option("names", "columns that are known in advance"),
            "include_column_list": Option("names", "exogenous columns that must be used"),
            "exclude_column_list": _EXCLUDE,
        },
        "predict": {
            "prediction_interval": Option("number", "coverage of the interval", 0.95, high=1.0, open=True),
        },
        "score": {},
    },
    "anomaly_detection": {
        "train": _anomaly("anomaly_detection"), "predict": _MARKING, "score": _MARKING,
    },
    "log_anomaly_detection": {
        "train": {
            **_anomaly("log_anomaly_detection"),
            "log_source_column": Option("text", "column that says where a line comes from"),
            "logad_options": _LOGS,
        },
        "predict": {**_MARKING, "logad_options": _SUMMARIES},
        "score": _MARKING,
    },
    "recommendation": {
        "train": {
            **_training("recommendation"),
            "exclude_model_list": _unlisted("recommendation"),
            "optimization_metric": Option("text", "what decides", allowed=METRICS["recommendation"]),
            "users": Option("text", "column of users; required"),
            "items": Option("text", "column of items; required"),
            "feedback": Option("text", "opinions or traces", "explicit", allowed=("explicit", "implicit")),
            "feedback_threshold": Option("number", "implicit: values from here on count as liked", 1.0, low=-1e9),
            **_DESCRIBED,
        },
        "predict": {"recommend": _RECOMMEND, "topk": _TOPK, "remove_seen": _SEEN, **_DESCRIBED},
        "score": {"topk": _TOPK, "remove_seen": _SEEN, "threshold": _LIKED, **_DESCRIBED},
    },
    "topic_modeling": {
        "train": {
            **_training("topic_modeling"),
            "document_column": Option("text", "column of texts; required"),
            "n_topics": Option("whole", "how many topics; default: chosen by coherence", low=1, high=200),
        },
        "predict": {"topk": Option("whole", "tags of one document", 5, low=1, high=100)},
        "score": {},
    },
    "clustering": {
        "train": {
            **_training("clustering"),
            "exclude_model_list": _unlisted("clustering"),
            "optimization_metric": Option("text", "what decides", "silhouette", allowed=METRICS["clustering"][:3]),
            "include_column_list": _INCLUDE,
            "exclude_column_list": _EXCLUDE,
            "n_clusters": Option("whole", "how many clusters; default: chosen by the metric", low=2, high=1000),
        },
        "predict": {},
        "score": {},
    },
}  # fmt: skip
"""Per task and call what may be written; every other word is refused."""
