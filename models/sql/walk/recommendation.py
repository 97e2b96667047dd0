"""A recommender as rows: users and items with their words and factors, who rated what, and what pairs of items say.

Part 0 is the users, part 1 the items; ratings stand there from both sides. What is computed of them:
`models.tasks.recommendation.engine`.
"""

import json
from collections.abc import Sequence

import numpy as np

from models.automl.matrix import Floats
from models.sql.walk.rows import MOST_ROWS, Rows, Unwalkable, Walk
from models.sql.walk.said import LONGEST, quoted
from models.sql.walk.views import spellings, word_key
from models.tasks.recommendation.engine import Recommender
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.model import RecommendationModel
from models.tasks.recommendation.normal import NormalPredictor
from models.tasks.recommendation.slope_one import SlopeOne

__all__ = ["KNOWN", "walk_of_recommender"]

KNOWN = 2
"""The level of the first user or item; below are those that are missing and those that training had not."""
_UNBOUNDED = 1e300
"""Scores of implicit feedback are no ratings, and have no bounds."""


def walk_of_recommender(model: RecommendationModel) -> Walk | Unwalkable:
    """All rows of a model, or why SQL cannot evaluate it."""
    found, ratings = model.recommender, model.recommender.ratings
    if isinstance(found.scorer, NormalPredictor):
        return Unwalkable("NormalPredictor draws at random; SQL does not")
    names = (model.users, model.items, model.values, *ratings.users, *ratings.items)
    if max(len(quoted(name)) for name in names) > LONGEST:
        return Unwalkable(f"a name is longer than {LONGEST:,} characters")
    rows = Rows()
    paired = isinstance(found.scorer, SlopeOne)
    parts = found.scorer.parts() if isinstance(found.scorer, Factored) else _baseline(found.scorer)
    low, high = (-_UNBOUNDED, _UNBOUNDED) if found.implicit else (float(ratings.r.min()), float(ratings.r.max()))
    for side, name in enumerate((model.users, model.items)):
        if not _column(rows, side, name, (ratings.users, ratings.items)[side]):
            return Unwalkable(f"two names in column {name!r} begin with the same 250 characters")
    said = (quoted(model.users), quoted(model.items), quoted(model.values))
    rows.add("walk_recommender", *said, *ratings.shape, parts.base, low, high, int(paired))
    of_items = found.other_way().opinions()
    of_users = found.opinions()
    _parties(rows, found, parts, (of_items, of_users))
    for part, (mine, other) in enumerate(((ratings.u, ratings.i), (ratings.i, ratings.u))):
        listed = (mine, other, ratings.r, of_users, of_items)
        rows.tables["walk_rating"] += [(part, *each) for each in zip(*(one.tolist() for one in listed), strict=True)]
    if isinstance(found.scorer, SlopeOne):
        common, above = found.scorer.pairs(ratings)
        one, two = np.nonzero(common)
        pairs = (one, two, above[one, two], common[one, two])
        rows.tables["walk_pair"] += list(zip(*(each.tolist() for each in pairs), strict=True))
    walk = rows.walk((model.users, model.items))
    if walk.size > MOST_ROWS:
        return Unwalkable(f"its ratings take {walk.size:,} rows, more than {MOST_ROWS:,}")
    return walk


def _baseline(scorer: object) -> Parts:
    """What SlopeOne says where no rating helps."""
    assert isinstance(scorer, SlopeOne)
    none = np.zeros((len(scorer.users), 0)), np.zeros((len(scorer.items), 0))
    return Parts(float(scorer.mean[0]), scorer.users, scorer.items, *none)


def _column(rows: Rows, side: int, name: str, words: Sequence[str]) -> bool:
    """Write a column and the levels of its words; False where two words are one to the tables."""
    path = "$." + json.dumps(name, ensure_ascii=False)
    rows.add("walk_column", side + 1, name, path, "category", "", "", ".", "", None, None)
    keys: dict[bytes, int] = {}
    known = set(words)
    for code, word in enumerate(words):
        if keys.setdefault(word_key(word), code) != code:
            return False
        for spelt in spellings(word):
            if spelt not in known:
                keys.setdefault(word_key(spelt), code)
    for key, code in keys.items():
        rows.add("walk_level", side + 1, key, code + KNOWN)
    return True


def _parties(rows: Rows, found: Recommender, parts: Parts, opinions: tuple[Floats, Floats]) -> None:
    """Users and items, the last of each somebody unknown; ``opinions``: by which users, and items, are alike."""
    ratings = found.ratings
    for side, (words, bias, factors) in enumerate(
        ((ratings.users, parts.users, parts.p), (ratings.items, parts.items, parts.q))
    ):
        mine = (ratings.u, ratings.i)[side]
        # What everybody likes is asked about the other side.
        order, worth = (found if side else found.other_way()).popular()
        liked = np.empty(len(order))
        liked[order] = worth
        size = np.sqrt(np.bincount(mine, np.square(opinions[side]), len(words)))
        told = zip((*words, ""), bias.tolist(), (*liked.tolist(), 0.0), (*size.tolist(), 0.0), strict=True)
        for place, (word, *numbers) in enumerate(told):
            rows.add("walk_party", side, place, quoted(word), *numbers)
        rows.vectors(side, factors)
