"""Every remark has its sentence, in both languages, with all blanks filled."""

import json
import string
from dataclasses import asdict

import numpy as np
import pytest

from models.automl.decide import Costs
from models.automl.decide.calibrate import Calibration
from models.automl.decide.intervals import Coverage
from models.automl.decide.reliability import report
from models.automl.decide.threshold import Economy, Money, choose, economy
from models.automl.decide.words import WORDS, say, say_coverage, say_economy, say_reliability
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


def test_probabilities_in_words():
    rng = np.random.default_rng(0)
    sure = rng.random(1000)
    truth, raw = (rng.random(1000) < sure).astype(int), np.column_stack([1 - sure, sure])
    honest = say_reliability(Calibration(), report(truth, raw, np.arange(1000), rng))
    assert [entry["code"] for entry in honest] == ["probabilities_kept", "reliable"]
    bent = report(truth, np.column_stack([1 - sure**3, sure**3]), np.arange(1000), rng)
    said = say_reliability(Calibration("platt", (1.0, 0.0)), bent)
    assert [entry["code"] for entry in said] == ["probabilities_corrected", "unreliable"]
    assert "(platt)" in said[0]["en"]
    assert say_reliability(Calibration(), None) == [say("probabilities_kept")]


def test_what_was_measured_is_json():
    rng = np.random.default_rng(0)
    sure = rng.random(1000)
    truth, raw = (rng.random(1000) < sure).astype(int), np.column_stack([1 - sure, sure])
    costs = Costs.parse({"bad": 1, "missed": 90, "false_stop": 10, "currency": "JPY"}, (0, 1))
    rule = choose(raw, truth, costs, "f1")
    found = economy(raw, truth, rule, costs, np.arange(1000), rng)
    assert [entry["code"] for entry in say_economy(found)] == ["stopped_at", "saving"]
    assert "確率0.1以上" in say_economy(found)[0]["ja"]
    for measured in (found, report(truth, raw, np.arange(1000), rng)):
        json.dumps(asdict(measured), allow_nan=False)
