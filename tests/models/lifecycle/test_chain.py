"""The life of models in the chain of a study, in a real database: who takes over, who stays, who has to go, and why."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from ingest.records import Outcome, Reading, VerdictRecord
from ingest.settings import Database
from ingest.store import model_catalog
from ingest.store.jobs import STAGES
from ingest.store.model_catalog import EventRow, ModelRow
from ingest.store.schema import model_text, score
from models.jobs import Stage, StageOutcome, run_chain
from models.learn import Learned
from models.lifecycle.standing import standing
from models.lifecycle.training import Learner
from models.study.data import StudyData
from tests.models.small_plant import START, TOML, Home, bottles, quick
from tests.models.test_jobs import DUE

TRAINING = ("build", "train", "score")
FIRST, ALL = 200, 560


@pytest.fixture
def home(tmp_path: Path, new_database: Callable[[str], Database]) -> Home:
    """A plant with the first of its bottles; more come by `Home.fill`."""
    found = Home(tmp_path, new_database("sqlite"), TOML)
    found.fill(bottles(FIRST))
    return found


def run(home: Home, stages: Sequence[str] = TRAINING, learner: Learner = quick) -> list[StageOutcome]:
    with home.store() as store:
        stage = Stage(home.settings, home.plant, store, "caps", learner=learner)
        outcomes = run_chain(stage, DUE, lambda *_: None, stages)
        assert [outcome.error for outcome in outcomes] == [None] * len(stages)
        return outcomes


def decided(home: Home) -> str:
    outcome: str = run(home)[1].counts["decision"]
    return outcome


def catalog(home: Home) -> tuple[list[ModelRow], list[EventRow]]:
    with home.store() as store:
        return model_catalog.models(store, "caps"), model_catalog.events(store, "caps")


def later(change: Callable[[Outcome], Outcome]) -> list[Outcome]:
    """The bottles after the first ones, made differently."""
    begin = START + timedelta(minutes=30 * FIRST)

    def made(outcome: Outcome) -> bool:
        if isinstance(outcome, Reading):
            return outcome.ts >= begin
        return int(outcome.serial[1:]) >= FIRST  # type: ignore[union-attr]

    return [change(outcome) for outcome in bottles(ALL) if made(outcome)]


def test_the_first_model_takes_over_and_the_next_chain_leaves_it_alone(home: Home) -> None:
    assert decided(home) == "first_model"
    assert decided(home) == "too_few_units"
    rows, events = catalog(home)
    assert [(row.state, row.entry.rows, row.entry.task) for row in rows] == [("champion", FIRST, "classification")]
    assert [(event.event, event.reason.code) for event in reversed(events)] == [
        ("trained", "trained"), ("promoted", "first_model"),
    ]  # fmt: skip
    entry = rows[0].entry
    assert entry.fingerprint["rows"] == FIRST
    assert entry.fingerprint["first"].startswith("2026-01-05T00:05")
    assert entry.versions["lightgbm"]
    assert entry.options["seed"] == 0
    assert "Model of study caps" in entry.card["en"]
    assert "スタディ caps のモデル" in entry.card["ja"]


def test_enough_newer_units_let_a_challenger_take_over(home: Home) -> None:
    run(home)
    # From now on bottles leak above another temperature, and always.
    temps = {outcome.ts: outcome.value for outcome in bottles(ALL) if isinstance(outcome, Reading)}

    def sharper(one: Outcome) -> Outcome:
        if not isinstance(one, VerdictRecord):
            return one
        return replace(one, verdict="NG" if temps[START + timedelta(minutes=30 * int(one.serial[1:]))] > 5 else "OK")

    home.fill(later(sharper))
    assert decided(home) == "clearly_better"
    rows, events = catalog(home)
    assert [(row.state, row.entry.rows) for row in rows] == [("champion", ALL), ("retired", FIRST)]
    why = events[0].reason.details
    assert events[0].event == "promoted"
    assert why["low"] <= why["difference"] <= why["high"]
    assert why["units"] >= 30
    with home.store() as store, store.connect() as connection:
        assert {row.model_id for row in connection.execute(select(score))} == {rows[0].model_id}


def turned_around() -> list[Outcome]:
    swap = {"OK": "NG", "NG": "OK"}
    return later(lambda one: replace(one, verdict=swap[one.verdict]) if isinstance(one, VerdictRecord) else one)


def no_better(data: StudyData, seed: int) -> Learned:
    learned = quick(data, seed)
    return replace(learned, quality=replace(learned.quality, forward=0.4))


def test_a_model_worse_than_naive_is_withdrawn_and_its_scores_go(home: Home) -> None:
    run(home)
    home.fill(turned_around())
    outcomes = run(home, STAGES, no_better)
    assert outcomes[1].counts["performance"] == "worse_than_naive"
    assert (outcomes[1].counts["decision"], outcomes[2].counts["scores"]) == ("no_better_than_naive", 0)
    rows, events = catalog(home)
    assert [row.state for row in rows] == ["challenger", "withdrawn"]
    withdrawn = next(event for event in events if event.event == "withdrawn")
    assert withdrawn.model_id == rows[1].model_id
    assert withdrawn.reason.details["high"] < withdrawn.reason.details["promised_low"]
    with home.store() as store:
        now = standing(store, "caps")
        with store.connect() as connection:
            assert connection.execute(select(score)).all() == []
    assert (now["state"], now["why"]["code"], now["performance"]["alarm"]) == ("withdrawn", "worse_than_naive", True)
    japanese, english = (Path(file).read_text(encoding="utf-8") for file in outcomes[-1].counts["files"])
    assert "Model withdrawn: on " in english
    assert "モデルの使用を中止しました" in japanese
    # What was learnt before the turn contradicts what is true now: the successor learns from the newer units alone.
    assert decided(home) == "first_model"
    rows, _ = catalog(home)
    assert [row.state for row in rows] == ["champion", "challenger", "withdrawn"]
    assert ALL - FIRST - 48 <= rows[0].entry.rows <= ALL - FIRST


def test_without_a_champion_the_naive_model_is_the_one_to_beat(home: Home) -> None:
    outcomes = run(home, TRAINING, no_better)
    assert (outcomes[1].counts["decision"], outcomes[2].counts["scores"]) == ("no_better_than_naive", 0)
    with home.store() as store:
        assert standing(store, "caps")["state"] == "none"


def test_a_column_that_moves_is_an_alarm_with_its_share(home: Home) -> None:
    home.fill(bottles(ALL))
    run(home)
    begin = START + timedelta(minutes=30 * ALL)
    draw = random.Random(5)
    home.fill([outcome if not isinstance(outcome, Reading) or outcome.ts < begin
               else replace(outcome, value=draw.uniform(12, 20)) for outcome in bottles(ALL + 72)])  # fmt: skip
    assert run(home)[1].counts["drift"] == ["temp"]
    with home.store() as store:
        (found,) = standing(store, "caps")["drift"]
    assert (found["column"], found["share"]) == ("temp", 1.0)
    assert found["now"] > 12 > found["before"]


@pytest.mark.parametrize(
    "poison",
    [
        "no JSON at all",
        "gASVKAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjA1lY2hvIHBvaXNvbmVklIWUUpQu",
        "\x80\x04cposix\nsystem\n(S'echo poisoned'\ntR.",
        '{"format": "genba-model-99"}',
        '{"format": "genba-model-1", "task": "classification", "columns": ["temp"], "levels": [], "booster": "t"}',
        '["genba-model-1"]',
        "[" * 100_000,
    ],
)
def test_a_poisoned_champion_is_refused_and_the_chain_goes_on(home: Home, poison: str) -> None:
    run(home)
    with home.store() as store, store.begin() as connection:
        connection.execute(model_text.update().values(content=poison))
        connection.execute(text("UPDATE model SET digest = ''"))
    assert decided(home) == "first_model"
    rows, events = catalog(home)
    assert [row.state for row in rows] == ["champion", "withdrawn"]
    refused = next(event for event in events if event.event == "refused")
    assert (refused.model_id, refused.reason.code) == (rows[1].model_id, "unreadable")
    assert "train it again" in refused.reason.details["error"]


def test_a_text_changed_behind_our_back_is_refused(home: Home) -> None:
    run(home)
    with home.store() as store, store.begin() as connection:
        connection.execute(text("UPDATE model_text SET content = REPLACE(content, 'leaf_value=', 'leaf_value=9')"))
    assert decided(home) == "first_model"
    assert "is not as it was written" in next(
        event.reason.details["error"] for event in catalog(home)[1] if event.event == "refused"
    )
