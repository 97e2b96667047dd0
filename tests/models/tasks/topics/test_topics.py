"""Planted topics are found, in Japanese too; texts without words have none."""

import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.protocol import fit_task
from models.tasks.topics.vocabulary import words_of
from tests.models.tasks.tables import POOLS, codes, letters

LETTERS = letters()
OPTIONS = {"document_column": "text"}


@pytest.mark.parametrize(("name", "texts"), [("NMF", 300), ("LDA", 120)])
def test_planted_topics(name: str, texts: int) -> None:
    options = {**OPTIONS, "model_list": [name], **({"n_topics": 4} if name == "LDA" else {})}
    model = fit_task("topic_modeling", LETTERS[["text"]].head(texts), None, options)
    assert model.card.facts["training_params"]["n_topics"] == 4
    for topic in model.card.facts["topics"]:
        assert any(set(topic["words"][:5]) <= set(pool.split()) for pool in POOLS.values())
    found = [each["predictions"]["topic"] for each in model.predict(LETTERS).results]
    pairs = {(topic, truth) for topic, truth in zip(found, LETTERS["about"], strict=True)}
    assert len(pairs) <= (4 if name == "NMF" else 6)
    assert model.card.facts["quality"] == "high"


def test_tags_come_from_the_text() -> None:
    model = fit_task("topic_modeling", LETTERS[["text"]], None, OPTIONS)
    answers = model.predict(pd.DataFrame({"text": ["the espresso and its aroma", "ベルトの異音"]}), {"topk": 2})
    assert set(answers.results[0]["predictions"]["tags"]) == {"espresso", "aroma"}
    assert set(answers.results[1]["predictions"]["tags"]) == {"ベルト", "異音"}
    assert answers.predictions is not None
    assert set(answers.predictions[1].split(", ")) == {"ベルト", "異音"}


def test_texts_without_words() -> None:
    table = pd.DataFrame({"text": [*LETTERS["text"], "", None, "12345", "!!"]})
    model = fit_task("topic_modeling", table, None, OPTIONS)
    assert "empty_documents" in codes(model.card)
    for each in model.predict(table.tail(4)).results:
        assert each["predictions"] == {"tags": [], "topic": None}


def test_words_of_any_language() -> None:
    assert words_of("The Router 7 failed.") == ["router", "failed"]
    assert words_of("モーターの過熱で停止した") == ["モーター", "過熱", "停止"]


@pytest.mark.parametrize(
    ("table", "target", "options", "words"),
    [
        (LETTERS, "about", OPTIONS, "learnt without a target"),
        (LETTERS, None, {}, "needs option 'document_column'"),
        (LETTERS, None, {"document_column": "txt"}, "no column 'txt'"),
        (LETTERS.head(3), None, OPTIONS, "give at least 5"),
        (LETTERS.assign(text=None), None, OPTIONS, "holds 0 text"),
        (LETTERS, None, {**OPTIONS, "n_topics": 150}, "more than these texts allow"),
        (LETTERS, None, {**OPTIONS, "model_list": ["NMF", "LDA"]}, "name one"),
        (LETTERS, None, {**OPTIONS, "optimization_metric": "x"}, "not an option of training"),
    ],
)
def test_bad_calls(table: pd.DataFrame, target: str | None, options: dict[str, object], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        fit_task("topic_modeling", table, target, options)


def test_no_score() -> None:
    model = fit_task("topic_modeling", LETTERS, None, {**OPTIONS, "n_topics": 4})
    with pytest.raises(StudyError, match="has no score"):
        model.score(LETTERS, None, "coherence")
