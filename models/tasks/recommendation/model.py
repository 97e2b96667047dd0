"""Recommendation: `fit`, and the model it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.rank.document import Said
from models.tasks.arrays import significant
from models.tasks.base import Answers, Card, Told, dumped
from models.tasks.option_tables import ALGORITHMS, Task
from models.tasks.options import Chosen, algorithms, known_metric, parse
from models.tasks.recommendation.baseline import Baseline
from models.tasks.recommendation.bpr import BPR
from models.tasks.recommendation.engine import RANKINGS, RECOMMENDERS, Recommender
from models.tasks.recommendation.ratings import Ratings, codes_of, words_of
from models.tasks.recommendation.scorer import CannotFit
from models.tasks.tables import column, numbers
from models.tasks.words import say

__all__ = ["RecommendationModel", "fit", "restore"]

TASK: Task = "recommendation"
FEWEST = 10
"""Ratings below which nothing can be held back."""
HELD = 0.2
"""Share of the ratings that judge."""
TOP = 3
"""Recommendations by which rankings are judged, as asked for by default."""


@dataclass(frozen=True)
class RecommendationModel:
    """See `models.tasks.protocol.TaskModel`. ``users``, ``items``, ``values``: the columns."""

    card: Card
    users: str
    items: str
    values: str
    recommender: Recommender

    def _known(self, table: pd.DataFrame, name: str, words: Sequence[str]) -> Ints:
        return codes_of(words_of(column(table, name, "which the model needs")), words)

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """Ratings of pairs, the best for each, or those alike; HeatWave has no column Prediction here."""
        chosen = parse(TASK, "predict", options)
        wanted, ratings = chosen["recommend"], self.recommender.ratings
        if wanted == "ratings":
            u, i = self._known(table, self.users, ratings.users), self._known(table, self.items, ratings.items)
            found = significant(self.recommender.values(u, i)).tolist()
            return Answers([{"predictions": {self.values: value}} for value in found])
        if wanted in ("items", "users_to_items"):
            u = self._known(table, self.users, ratings.users)
            best = self.recommender.best(u, chosen["topk"], chosen["remove_seen"])
            return _listed(best, self.items, ratings.items, self.values)
        if wanted in ("users", "items_to_users"):
            i = self._known(table, self.items, ratings.items)
            best = self.recommender.other_way().best(i, chosen["topk"], chosen["remove_seen"])
            return _listed(best, self.users, ratings.users, self.values)
        users = wanted == "users_to_users"
        name, words = (self.users, ratings.users) if users else (self.items, ratings.items)
        asked = words_of(column(table, name, "which the model needs"))
        codes = codes_of(asked, words)
        if (codes < 0).any():
            first = asked[int((codes < 0).argmax())]
            said = "NULL" if first is None else repr(first)
            raise StudyError(f"{said} in column {name!r} is unknown to the model, so nothing is known to be like it")
        way = self.recommender.other_way() if users else self.recommender
        return _listed(way.alike(codes, chosen["topk"]), name, words, "similarity")

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """Against other ratings; rows without a value are left out."""
        chosen = parse(TASK, "score", options)
        known_metric(TASK, metric)
        ratings, implicit = self.recommender.ratings, self.recommender.implicit
        if implicit and metric not in RANKINGS:
            raise StudyError(f"metric {metric!r} compares ratings, but feedback is implicit; use {', '.join(RANKINGS)}")
        u, i = self._known(table, self.users, ratings.users), self._known(table, self.items, ratings.items)
        if target is None and not implicit:
            raise StudyError("scoring ratings needs their column; name it as the target")
        r = np.ones(len(table)) if target is None else numbers(table, target, "which holds the ratings")
        kept, liked = np.isfinite(r), chosen["threshold"]
        if liked is not None and metric not in RANKINGS:
            raise StudyError(f"option 'threshold' is for rankings, not for {metric}; leave it out")
        if implicit and target is not None:
            kept &= r >= (self.card.facts["training_params"]["feedback_threshold"] if liked is None else liked)
        return self.recommender.judged(metric, u[kept], i[kept], r[kept], chosen["topk"], chosen["remove_seen"], liked)

    def to_text(self) -> str:
        """JSON."""
        columns = {"users": self.users, "items": self.items, "values": self.values}
        return dumped(self.card, {**columns, **self.recommender.to_dict()})


def restore(card: Card, state: Mapping[str, Any]) -> RecommendationModel:
    """From the parts of a text."""
    scorer = RECOMMENDERS[card.algorithm].from_dict(state["scorer"])
    recommender = Recommender(Ratings.from_dict(state["ratings"]), scorer, bool(state["implicit"]))
    return RecommendationModel(card, str(state["users"]), str(state["items"]), str(state["values"]), recommender)


def _listed(found: list[tuple[Ints, Floats]], name: str, words: Sequence[str], value: str) -> Answers:
    return Answers([
        {"predictions": {name: [words[code] for code in codes.tolist()], value: significant(values).tolist()}}
        for codes, values in found
    ])  # fmt: skip


def _checked(target: str | None, chosen: Chosen, implicit: bool) -> None:
    """Are the columns named? Raises `StudyError`."""
    for option in ("users", "items"):
        if chosen[option] is None:
            raise StudyError(f"recommendation needs option {option!r}, the column of the {option}")
    if chosen["users"] == chosen["items"]:
        raise StudyError(f"options 'users' and 'items' both name {chosen['users']!r}; name two columns")
    if target is None and not implicit:
        raise StudyError("explicit feedback needs a column of ratings; name it as the target, or feedback = implicit")


def _read(table: pd.DataFrame, target: str | None, chosen: Chosen, implicit: bool) -> tuple[Ratings, list[Said]]:
    """Complete ratings, each pair once. Raises `StudyError` where too little is left."""
    _checked(target, chosen, implicit)
    users = words_of(column(table, chosen["users"], "which option users names"))
    items = words_of(column(table, chosen["items"], "which option items names"))
    r = np.ones(len(table)) if target is None else numbers(table, target, "which holds the ratings")
    whole = np.array([user is not None and item is not None for user, item in zip(users, items, strict=True)])
    kept = whole & np.isfinite(r)
    notes = []
    if not kept.all():
        said = f"{chosen['users']}, {chosen['items']}" + (f", {target}" if target else "")
        notes.append(say("rows_left_out", {"count": int((~kept).sum()), "column": said}))
    if implicit:
        kept &= r >= chosen["feedback_threshold"]
    frame = pd.DataFrame({"u": users, "i": items, "r": r})[kept]
    last = frame.drop_duplicates(["u", "i"], keep="last")
    if len(last) < len(frame):
        notes.append(say("repeated", {"count": len(frame) - len(last)}))
    names = tuple(sorted(set(last["u"]))), tuple(sorted(set(last["i"])))
    for option, found in zip(("users", "items"), names, strict=True):
        if len(found) < 2:
            raise StudyError(f"column {chosen[option]!r} holds {len(found)} of the {option}; at least 2 are needed")
    if len(last) < FEWEST:
        raise StudyError(f"{len(last)} rating(s) are too few to learn from; give at least {FEWEST}")
    values = np.ones(len(last)) if implicit else last["r"].to_numpy(np.float64)
    u, i = codes_of(last["u"].tolist(), names[0]), codes_of(last["i"].tolist(), names[1])
    return Ratings(*names, u, i, values), notes


def _metric(chosen: Chosen, implicit: bool) -> str:
    metric = str(chosen["optimization_metric"] or ("precision_at_k" if implicit else "neg_mean_squared_error"))
    if implicit != (metric in RANKINGS):
        raise StudyError(f"optimization_metric {metric!r} is not for {chosen['feedback']} feedback; leave it out")
    return metric


def _names(chosen: Chosen, implicit: bool) -> list[str]:
    """The algorithms that suit the feedback."""
    suits = {"BPR"} if implicit else set(ALGORITHMS[TASK]) - {"BPR"}
    named = algorithms(TASK, chosen)
    found = [name for name in named if name in suits]
    wrong = [name for name in named if name not in suits]
    if not found or ("model_list" in chosen.given and wrong):
        raise StudyError(f"{', '.join(wrong)}: not for {chosen['feedback']} feedback; allow {', '.join(sorted(suits))}")
    return found


def fit(
    table: pd.DataFrame, target: str | None, options: Mapping[str, Any] | None, *, seed: int, told: Told
) -> RecommendationModel:
    """Learn who likes what. ``target``: the ratings; None for implicit feedback without a value."""
    chosen = parse(TASK, "train", options)
    implicit = chosen["feedback"] == "implicit"
    names, metric = _names(chosen, implicit), _metric(chosen, implicit)
    ratings, notes = _read(table, target, chosen, implicit)
    known, rest = _held_back(ratings, seed)
    notes = [*chosen.notes(), *notes]
    score, name, config, failed = _best(known, rest, names, metric, seed, told)
    scorer = RECOMMENDERS[name].fit(ratings, config, seed)
    yardsticks = _yardsticks(known, rest, metric, seed, implicit)
    better = score > max(yardsticks.values())
    if not better:
        notes.append(say("popular_best") if implicit else say("baseline_best", {"yardstick": "Baseline"}))
    facts = {
        "training_params": {**config, **{key: chosen[key] for key in ("feedback", "feedback_threshold")}},
        "n_rows": len(table),
        "n_columns": len(table.columns),
        "n_selected_rows": len(ratings.r),
        "n_selected_columns": 2 + (target is not None),
        "n_users": ratings.shape[0],
        "n_items": ratings.shape[1],
        "quality": "high" if better or (name == "Baseline" and score > yardsticks["mean"]) else "low",
        "yardsticks": yardsticks,
        "failed": failed,
        "notes": notes,
    }
    told(name, 1.0)
    card = Card(TASK, name, (chosen["users"], chosen["items"]), metric, score, facts)
    values = target if target is not None else "rating"
    return RecommendationModel(card, chosen["users"], chosen["items"], values, Recommender(ratings, scorer, implicit))


def _held_back(ratings: Ratings, seed: int) -> tuple[Ratings, Ratings]:
    """What is learnt from, and what judges."""
    order = np.random.default_rng(seed).permutation(len(ratings.r))
    held = max(1, round(HELD * len(order)))
    return ratings.take(np.sort(order[held:])), ratings.take(np.sort(order[:held]))


def _best(
    known: Ratings, rest: Ratings, names: Sequence[str], metric: str, seed: int, told: Told
) -> tuple[float, str, Mapping[str, Any], dict[str, str]]:
    """Score, algorithm, setting, and which algorithms do not suit, and why."""
    best: tuple[float, str, Mapping[str, Any]] | None = None
    failed: dict[str, str] = {}
    for at, name in enumerate(names):
        told(name, at / (len(names) + 1))
        for config in RECOMMENDERS[name].configs:
            try:
                scorer = RECOMMENDERS[name].fit(known, config, seed)
            except CannotFit as error:
                failed[name] = str(error)
                continue
            value = _value(Recommender(known, scorer, name == "BPR"), rest, metric)
            if best is None or value > best[0] + 1e-12:
                best = (value, name, config)
    if best is None:
        why = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        raise StudyError(f"no algorithm of model_list suits these ratings ({why}); allow more of them")
    return *best, failed


def _value(found: Recommender, rest: Ratings, metric: str) -> float:
    value = found.judged(metric, rest.u, rest.i, rest.r, TOP, True)
    if value is None:
        raise StudyError(f"{metric} is undefined on the ratings held back; give more ratings, or another metric")
    return value


def _yardsticks(known: Ratings, rest: Ratings, metric: str, seed: int, implicit: bool) -> dict[str, float]:
    """What the means of users and items give, and the mean of all; or the most popular items for everybody."""
    users, items = known.shape
    if implicit:
        counts = np.append(np.bincount(known.i, minlength=items), 0).astype(np.float64)
        popular = BPR(np.zeros((users + 1, 1)), np.zeros((items + 1, 1)), counts)
        return {"popular": _value(Recommender(known, popular, True), rest, metric)}
    flat = Baseline(np.array([known.r.mean()]), np.zeros(users + 1), np.zeros(items + 1))
    found = {"Baseline": Baseline.fit(known, {}, seed), "mean": flat}
    return {name: _value(Recommender(known, each, False), rest, metric) for name, each in found.items()}
