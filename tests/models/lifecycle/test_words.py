"""Every code that the life of models writes has words in both languages, and a card reads well."""

import re
from pathlib import Path
from string import Formatter

import models.lifecycle
from ingest.store.model_catalog import ModelEntry
from models.lifecycle.card import WORDS as CARD
from models.lifecycle.card import card
from models.lifecycle.words import WORDS, say

FOLDER = Path(models.lifecycle.__file__).parent
ENTRY = ModelEntry(
    rows=100,
    quality={
        "metric": "roc_auc", "forward": 0.81, "forward_low": 0.7, "forward_high": 0.9, "random": None,
        "optimism": None, "baseline": 0.5, "n_test": 25,
    },
    task="classification",
    algorithms=("LGBMClassifier", "LogisticRegression"),
    fingerprint={"rows": 100, "columns": 3, "first": "2026-01-05", "last": None, "hash": "ab" * 32},
    options={"seed": 7},
    versions={"lightgbm": "4.6.0"},
    leaks=({"column": "rework", "kind": "identity", "action": "excluded", "evidence": "", "value": None},),
    notes="after the new nozzle",
)  # fmt: skip


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_tell_the_same_figures() -> None:
    for words in (WORDS, CARD):
        assert [code for code, (english, japanese) in words.items() if blanks(english) != blanks(japanese)] == []


def test_every_code_has_words() -> None:
    text = "".join((FOLDER / f"{name}.py").read_text(encoding="utf-8") for name in ("challenge", "keeper", "hand"))
    codes = set(re.findall(r'(?:verdict\("\w+", |Reason\()"(\w+)"', text)) | {"first_model", "no_better_than_naive"}
    performance = (FOLDER / "performance.py").read_text(encoding="utf-8")
    codes |= set(re.findall(r'"(\w+)"', re.search(r"Literal\[([^\]]+)\]", performance).group(1)))  # type: ignore[union-attr]
    assert len(codes) >= 12
    assert codes - set(WORDS) == set()


def test_a_missing_figure_is_a_dash_and_an_unknown_code_stands_for_itself() -> None:
    assert say("first_model", {"metric": "r2", "challenger": 0.51234}) == (
        "no champion to beat, and better than the naive model: r2 0.512 against -"
    )
    assert say("by_hand", {"note": "試験のため"}, "ja") == "手動で選択。試験のため"
    assert say("from_the_future", {}) == "from_the_future"


def test_a_card_tells_what_a_reader_must_know() -> None:
    cards = card("caps", "verdict", ENTRY)
    assert sorted(cards) == ["en", "ja"]
    for text in cards.values():
        for told in ("verdict", "LGBMClassifier, LogisticRegression", "0.810", "0.700", "rework", "seed: 7",
                     "lightgbm: 4.6.0", "after the new nozzle", "abababab", "roc_auc"):  # fmt: skip
            assert told in text
    assert cards["en"].startswith("# Model of study caps\n")
    assert "- 疑わしい" not in cards["ja"]
