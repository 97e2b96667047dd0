"""Every remark has its sentence, in both languages, with all blanks filled."""

import json
import re
import string

import numpy as np
import pytest

from models.automl.decide import Costs, Decisions
from models.automl.decide.evidence import evidence
from models.automl.decide.intervals import Coverage
from models.automl.decide.threshold import Economy, Money
from models.automl.decide.words import WORDS, say, say_coverage, say_economy
from models.automl.folds import plan


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_blanks():
    for english, japanese in WORDS.values():
        assert _blanks(english) == _blanks(japanese)


def test_every_remark_on_splits_has_words():
    rng = np.random.default_rng(0)
    half = np.arange(300) % 2
    remarks = [
        plan(np.arange(10), "classification", rng),
        plan(np.array([1] * 3 + [0] * 297), "classification", rng),
        plan(half, "classification", rng, groups=np.arange(300) // 50),
        plan(half, "classification", rng, groups=half),
        plan(half, "classification", rng, groups=np.zeros(300, dtype=int)),
        plan(half, "classification", rng, groups=np.arange(300) % 12, time=np.arange(300)),
        plan(half, "classification", rng, groups=half, time=np.arange(300)),
        plan(half, "classification", rng, time=half),
        plan(np.arange(300) // 281, "classification", rng, time=np.arange(300)),
        plan(1 * np.isin(np.arange(300), range(190, 300, 7)), "classification", rng, time=np.arange(300)),
        plan(half, "classification", rng, twins=half),
    ]
    said = [say(why.code, why.values) for found in remarks for why in found.why]
    splits = list(WORDS)[: list(WORDS).index("probabilities_kept")]
    assert {entry["code"] for entry in said} == set(splits)
    assert not any("{" in entry["en"] + entry["ja"] for entry in said)


def _economy(**other) -> Economy:
    money = Money(12_300, 11_000, 13_000)
    given = {
        "with_rule": money,
        "nothing": Money(30_100, 28_000, 33_000),
        "everything": Money(45_000, 44_000, 46_000),
        "saved": Money(17_800, 15_000, 20_000),
        "stopped": 41.0,
        "missed": 3.0,
        "false_stops": 20.0,
        "threshold": 0.23,
        "currency": "JPY",
    }
    return Economy(**(given | other))


def test_a_decision_in_words():
    rule, saving = say_economy(_economy())
    assert rule["en"] == (
        "From a probability of 0.23 on a unit is stopped: of 1,000 units 41 are stopped, 3.0 bad ones are missed; that "
        "costs 12,300 JPY instead of 30,100 JPY."
    )
    assert "30,100 JPYに対して12,300 JPY" in rule["ja"]
    assert saving["en"] == "The saving is 17,800 JPY per 1,000 units (15,000 to 20,000)."


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        ({"threshold": None}, ["stopped", "saving"]),
        ({"stopped": 0.0}, ["never_stopped"]),
        ({"stopped": None, "everything": None}, ["decided_by_matrix", "saving"]),
        ({"saved": Money(10, -5, 20)}, ["stopped_at", "saving_unsure"]),
        ({"saved": Money(10, None, None)}, ["stopped_at", "saving_unknown"]),
    ],
)
def test_other_outcomes(other, codes: list[str]):
    assert [entry["code"] for entry in say_economy(_economy(**other))] == codes


def test_coverage_in_words():
    assert say_coverage(Coverage(0.9, 0.91, 0.88, 0.93, 2.0, 400))["code"] == "covered_between"
    assert say_coverage(Coverage(0.9, 0.91, None, None, 2.0, 400))["code"] == "covered"
    bad = say_coverage(Coverage(0.9, 0.7, 0.66, 0.75, 2.0, 1400))
    assert bad["code"] == "uncovered"
    assert "Of 1,400 rows the models had not seen, only 70.0% lay inside the 90% intervals" in bad["en"]


def test_evidence_is_json_with_sentences():
    rng = np.random.default_rng(0)
    sure = rng.random(1000)
    truth, raw = (rng.random(1000) < sure).astype(float), np.column_stack([1 - sure, sure])
    costs = Costs.parse({"bad": 1, "missed": 90, "false_stop": 10, "currency": "JPY"}, (0, 1))
    made = Decisions.fit("classification", truth, raw, np.arange(1000), "f1", rng, costs=costs)
    found = evidence(made, truth, raw, np.arange(1000), rng, costs)
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(found))
    assert [entry["code"] for entry in found["said"]] == ["probabilities_kept", "reliable", "stopped_at", "saving"]
    assert re.search(r"確率0\.1以上", found["said"][2]["ja"])
    assert evidence(made, truth, raw, np.arange(1000), rng)["economy"] is None

    values = Decisions.fit("regression", rng.normal(size=500), np.zeros(500), np.arange(500), "r2", rng)
    found = evidence(values, rng.normal(size=300), np.zeros(300), np.arange(300), rng)
    assert [entry["code"] for entry in found["said"]] == ["covered_between"]
    assert found["coverage"]["share"] == pytest.approx(0.9, abs=0.05)
    assert evidence(values, np.zeros(0), np.zeros(0), np.arange(0), rng)["said"] == []
    assert evidence(Decisions(), np.zeros(3), np.zeros(3), np.arange(3), rng)["coverage"] is None
