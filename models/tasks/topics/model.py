"""Topics of texts: `fit`, and the model it gives.

Both algorithms write the texts (n, terms) as shares of topics (n, k) times words of topics (k, terms), none of them
negative: NMF of TF-IDF weights in the least squares, LDA of counts as a probability model. The share of a new text is
found with the words of the topics held: by the same multiplicative steps as in NMF for both, which for LDA is the most
likely share without its prior.

The number of topics, where it is not given, is that of `TRIED` which foretells weights that were held back best
(`number.py`).

Source: Lee and Seung, Learning the parts of objects by non-negative matrix factorization, Nature 1999; Blei, Ng and
Jordan, Latent Dirichlet allocation, JMLR 2003. Both from scikit-learn.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.matrix import Floats
from models.tasks.arrays import packed, unpacked
from models.tasks.base import Answers, Card, Told, dumped
from models.tasks.option_tables import Task
from models.tasks.options import Chosen, known_metric, parse
from models.tasks.tables import column
from models.tasks.topics.number import best_number, solved
from models.tasks.topics.vocabulary import Vocabulary, coherence
from models.tasks.words import say

__all__ = ["TopicModel", "fit", "restore"]

TASK: Task = "topic_modeling"
TRIED = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
FEWEST = 5
"""Texts with words below which nothing is shared."""
LEARNT = 20_000
"""Texts, drawn at random, that topics are learnt from."""
JUDGED = 1500
"""Texts by which the number of topics is judged."""
WHOLE = 2000
"""Texts up to which LDA looks at all of them in every step."""
COHERENT = 0.0
"""Coherence from which on words meet more often than by chance."""
WORDS_TOLD = 10


@dataclass(frozen=True)
class TopicModel:
    """See `models.tasks.protocol.TaskModel`. ``topics``: (k, terms); ``counted``: are counts shared out, or weights."""

    card: Card
    document: str
    vocabulary: Vocabulary
    topics: Floats
    counted: bool

    def shares(self, texts: Sequence[str]) -> Floats:
        """(texts, k) shares of the topics, each row with sum 1; zeros for a text without a known word."""
        matrix = self.vocabulary.counts(texts) if self.counted else self.vocabulary.weights(texts)
        return _shares(matrix, self.topics)

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """Per text its topic, the words that made it so (``tags``), and the share of each topic.

        A text without a known word has topic null and no tags. Prediction is the list of tags, as text.
        """
        chosen = parse(TASK, "predict", options)
        texts = _texts(column(table, self.document, "which holds the texts"))
        shares, present = self.shares(texts), self.vocabulary.weights(texts)
        results: list[dict[str, Any]] = []
        for row in range(len(texts)):
            topic = int(shares[row].argmax()) if shares[row].any() else None
            tags = [] if topic is None else self._tags(topic, present[[row]], chosen["topk"])
            found = {str(at): round(float(each), 6) for at, each in enumerate(shares[row])}
            results.append({"predictions": {"tags": tags, "topic": topic}, "probabilities": found})
        return Answers(results, [", ".join(result["predictions"]["tags"]) for result in results])

    def _tags(self, topic: int, weights: Any, most: int) -> list[str]:
        """First the text's own words by what they weigh in the text and the topic, then other words of the topic."""
        own = weights.toarray().ravel() * self.topics[topic]
        order = [*np.flatnonzero(own > 0)[np.argsort(-own[own > 0], kind="stable")].tolist()]
        others = [at for at in np.argsort(-self.topics[topic], kind="stable")[:most].tolist() if at not in order]
        return [self.vocabulary.terms[at] for at in [*order, *others][:most]]

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """Topics have no score: always a `StudyError`."""
        known_metric(TASK, metric)
        return None

    def to_text(self) -> str:
        """JSON."""
        state = {
            "document": self.document,
            "vocabulary": self.vocabulary.to_dict(),
            "topics": packed(self.topics, "<f4"),
            "counted": self.counted,
        }
        return dumped(self.card, state)


def restore(card: Card, state: Mapping[str, Any]) -> TopicModel:
    """From the parts of a text."""
    vocabulary = Vocabulary.from_dict(state["vocabulary"])
    return TopicModel(card, str(state["document"]), vocabulary, unpacked(state["topics"]), bool(state["counted"]))


def _texts(values: pd.Series) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(values.tolist(), values.isna(), strict=True)]


def _shares(matrix: Any, topics: Floats) -> Floats:
    """(texts, k), each row with sum 1, or 0 where there is nothing to share."""
    found = solved(matrix, topics)
    total = found.sum(1, keepdims=True)
    return np.asarray(np.where(total > 1e-9, found / np.maximum(total, 1e-9), 0.0))


def _topics(matrix: Any, k: int, algorithm: str, seed: int) -> Floats:
    """(k, terms), each row with sum 1."""
    from sklearn.decomposition import NMF, LatentDirichletAllocation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if algorithm == "NMF":
            model = NMF(k, init="nndsvda", random_state=seed, max_iter=300, l1_ratio=0.0)
        else:
            online = matrix.shape[0] > WHOLE
            model = LatentDirichletAllocation(
                k, random_state=seed, learning_method="online" if online else "batch", max_iter=10 if online else 30
            )
        found = model.fit(matrix).components_
    rows = found / np.maximum(found.sum(1, keepdims=True), 1e-12)
    return np.asarray(rows.astype(np.float32).astype(np.float64))


def _asked(table: pd.DataFrame, target: str | None, chosen: Chosen) -> tuple[str, str]:
    """The column of texts, and the algorithm."""
    if target is not None:
        raise StudyError(f"topics are learnt without a target, but {target!r} is given; pass NULL")
    document = chosen["document_column"]
    if document is None:
        raise StudyError("topic modelling needs option 'document_column', the column of the texts")
    named = chosen["model_list"] or ("NMF",)
    if len(named) > 1:
        raise StudyError(f"model_list names {', '.join(named)}; topics of two algorithms cannot be compared: name one")
    column(table, document, "which document_column names")
    return str(document), str(named[0])


def fit(
    table: pd.DataFrame, target: str | None, options: Mapping[str, Any] | None, *, seed: int, told: Told
) -> TopicModel:
    """Learn what texts speak of. There is no target."""
    chosen = parse(TASK, "train", options)
    document, algorithm = _asked(table, target, chosen)
    texts = _texts(column(table, document, "which document_column names"))
    told("words", 0.0)
    vocabulary = Vocabulary.of(texts)
    weights = vocabulary.weights(texts)
    filled = np.flatnonzero(np.asarray(weights.sum(1)).ravel() > 0)
    if len(filled) < FEWEST or len(vocabulary.terms) < 2:
        raise StudyError(
            f"column {document!r} holds {len(filled)} text(s) that share words with others; give at least {FEWEST}"
        )
    rng = np.random.default_rng(seed)
    rows = filled if len(filled) <= LEARNT else np.sort(rng.choice(filled, LEARNT, replace=False))
    counted = algorithm == "LDA"
    matrix = (vocabulary.counts(texts) if counted else weights)[rows]
    k = _number(weights[rows], chosen["n_topics"], seed, told)
    told(algorithm, 0.7)
    topics = _topics(matrix, k, algorithm, seed)
    present = matrix.copy()
    present.data = np.ones_like(present.data)
    worth = coherence(topics, present) if k > 1 or chosen["n_topics"] else -1.0
    facts = _facts(table, len(rows), worth, _described(vocabulary, topics, _shares(matrix, topics)))
    facts["training_params"] = {"n_topics": k, "n_terms": len(vocabulary.terms)}
    if len(filled) < len(texts):
        facts["notes"].append(say("empty_documents", {"count": len(texts) - len(filled)}))
    told(algorithm, 1.0)
    return TopicModel(Card(TASK, algorithm, (document,), None, None, facts), document, vocabulary, topics, counted)


def _number(weights: Any, wanted: int | None, seed: int, told: Told) -> int:
    """How many topics: as asked for, or as many as foretell held-back weights best."""
    limit = max(1, min(weights.shape) - 1)
    if wanted is not None:
        if wanted > limit:
            raise StudyError(f"n_topics {wanted} is more than these texts allow; write at most {limit}")
        return wanted
    tried = [k for k in TRIED if k <= limit // 2] or [1]
    return best_number(weights[:JUDGED], tried, seed, lambda share: told("number", 0.1 + 0.6 * share))


def _described(vocabulary: Vocabulary, topics: Floats, shares: Floats) -> list[dict[str, Any]]:
    about = np.bincount(shares[shares.any(1)].argmax(1), minlength=len(topics))
    out = []
    for topic, weights in enumerate(topics):
        order = np.argsort(-weights, kind="stable")[:WORDS_TOLD]
        words = [vocabulary.terms[at] for at in order.tolist() if weights[at] > 0]
        out.append({"topic": topic, "words": words, "documents": int(about[topic])})
    return out


def _facts(table: pd.DataFrame, learnt: int, worth: float, topics: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "n_rows": len(table),
        "n_columns": len(table.columns),
        "n_selected_rows": learnt,
        "n_selected_columns": 1,
        "coherence": worth,
        "topics": topics,
        "quality": "high" if worth > COHERENT else "low",
        "yardsticks": {"coherence_by_chance": 0.0},
        "notes": [] if worth > COHERENT else [say("incoherent")],
    }
