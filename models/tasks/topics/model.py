"""Topics of texts: `fit`, and the model it gives.

Both algorithms write the texts (n, terms) as shares of topics (n, k) times words of topics (k, terms), none of them
negative: NMF of TF-IDF weights in the least squares, LDA of counts as a probability model. The share of a new text is
found with the words of the topics held: by the same multiplicative steps as in NMF for both, which for LDA is the most
likely share without its prior.

The number of topics, where it is not given, is that of 2, 3, 4, 5, 7, 10, 14, 20 with the most coherent words, less a
penalty for topics that nearly no text is about.

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
from models.tasks.topics.vocabulary import Vocabulary, coherence
from models.tasks.words import say

__all__ = ["TopicModel", "fit", "restore"]

TASK: Task = "topic_modeling"
TRIED = (2, 3, 4, 5, 7, 10, 14, 20)
FEWEST = 5
"""Texts with words below which nothing is shared."""
LEARNT = 20_000
"""Texts, drawn at random, that topics are learnt from."""
JUDGED = {"NMF": 3000, "LDA": 800}
"""Texts by which the number of topics is judged; LDA is slow."""
BETTER = 0.02
"""More coherent by so much, or fewer topics are kept."""
STEPS = 60
"""Multiplicative steps towards the shares of a new text."""
SMALL = 0.02
"""A topic with a smaller share of the texts says little; each costs …"""
COST = 0.05
"""… so much coherence."""
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
    """Non-negative least squares by multiplicative steps from equal shares."""
    pull, gram = matrix @ topics.T, topics @ topics.T
    found = np.full((matrix.shape[0], len(topics)), 1.0 / len(topics))
    for _ in range(STEPS):
        found = found * pull / (found @ gram + 1e-12)
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
            model = LatentDirichletAllocation(
                k, random_state=seed, learning_method="online", max_iter=10, batch_size=256
            )
        found = model.fit(matrix).components_
    rows = found / np.maximum(found.sum(1, keepdims=True), 1e-12)
    return np.asarray(rows.astype(np.float32).astype(np.float64))


def _worth(topics: Floats, matrix: Any, present: Any) -> float:
    shares = _shares(matrix, topics)
    about = np.bincount(shares[shares.any(1)].argmax(1), minlength=len(topics))
    return coherence(topics, present) - COST * int((about < SMALL * about.sum()).sum())


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
    k, topics, worth = _best(matrix, chosen["n_topics"], algorithm, seed, told)
    facts = _facts(table, len(rows), worth, _described(vocabulary, topics, _shares(matrix, topics)))
    facts["training_params"] = {"n_topics": k, "n_terms": len(vocabulary.terms)}
    if len(filled) < len(texts):
        facts["notes"].append(say("empty_documents", {"count": len(texts) - len(filled)}))
    told(algorithm, 1.0)
    return TopicModel(Card(TASK, algorithm, (document,), None, None, facts), document, vocabulary, topics, counted)


def _best(matrix: Any, wanted: int | None, algorithm: str, seed: int, told: Told) -> tuple[int, Floats, float]:
    """The number of topics, their words, and how coherent they are."""
    limit = min(matrix.shape) - 1 or 1
    if wanted is not None and wanted > limit:
        raise StudyError(f"n_topics {wanted} is more than these texts allow; write at most {limit}")
    tried = [wanted] if wanted is not None else [k for k in TRIED if k <= limit] or [1]
    part = matrix[: JUDGED[algorithm]]
    present = part.copy()
    present.data = np.ones_like(present.data)
    best: tuple[int, Floats, float] | None = None
    for at, k in enumerate(tried):
        told(algorithm, 0.1 + 0.8 * at / len(tried))
        topics = _topics(part if len(tried) > 1 else matrix, k, algorithm, seed)
        worth = _worth(topics, part, present)
        if best is None or worth > best[2] + BETTER:
            best = (k, topics, worth)
    assert best is not None
    if len(tried) > 1 and part.shape[0] < matrix.shape[0]:
        return best[0], _topics(matrix, best[0], algorithm, seed), best[2]
    return best


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
