"""What somebody types becomes an action, or one line that says what to mend."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.errors import UsageError
from ingest.plant import Plant
from ingest.store.results import RankingRow
from models.promise.declare import Wish, declared, promise_of

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
PLANT = Plant.parse(
    {
        "site": {"id": "osaka", "name": "Osaka", "time_zone": "Asia/Tokyo"},
        "lines": {
            "fill": {
                "machines": {
                    "m": {
                        "signals": {
                            "cooling_temp": {"unit": "degC", "role": "controllable", "min": 2, "max": 12, "step": 0.5},
                            "die": {"kind": "category", "role": "controllable", "levels": ["A", "B", "C"]},
                            "torque": {"role": "controllable"},
                            "product_temp": {"role": "state"},
                        }
                    }
                }
            }
        },
        "studies": {"caps": {"line": "fill", "task": "classification", "target": "verdict"}},
    }
)


def entry(rank: int, windows: dict[str, Any], estimate: float = 0.012) -> dict[str, Any]:
    gain = {"estimate": estimate, "low": 0.008, "high": 0.016, "level": 0.9, "unit": "bad units per unit"}
    return {"rank": rank, "windows": windows, "gain": gain, "money": None, "evidence": "adjusted"}


RANKING = RankingRow(
    4,
    "caps",
    NOW - timedelta(days=1),
    {
        "baseline_loss": 0.041,
        "n_units": 8000,
        "ranking": [
            entry(1, {"cooling_temp": [4.0, 6.5]}),
            entry(2, {"die": ["B"], "torque": [1.4, 1.6]}, 0.006) | {"promised_before_shrinkage": {"estimate": 0.008}},
        ],
    },
)
SATO = Wish("caps", "Sato")


def said(wish: Wish, ranking: RankingRow | None = RANKING) -> Any:
    return declared(wish, PLANT, ranking, NOW)


def test_without_a_factor_it_is_the_first_advice_with_its_promise() -> None:
    found = said(SATO)
    assert found.windows == {"cooling_temp": [4.0, 6.5]}
    assert (found.since, found.who, found.ranking_id) == (NOW, "Sato", 4)
    assert found.promise["gain"]["estimate"] == 0.012
    assert found.promise["baseline_loss"] == 0.041


def test_an_advice_on_two_settings_by_its_rank_keeps_what_was_promised_first() -> None:
    found = said(replace(SATO, rank=2))
    assert found.windows == {"die": ["B"], "torque": [1.4, 1.6]}
    assert found.promise["before_shrinkage"] == {"estimate": 0.008}


def test_a_factor_alone_takes_the_advised_window() -> None:
    assert said(replace(SATO, factor="cooling_temp")).promise is not None


def test_another_window_has_no_promise() -> None:
    found = said(replace(SATO, factor="cooling_temp", low=4.0, high=7.0))
    assert (found.windows, found.promise, found.ranking_id) == ({"cooling_temp": [4.0, 7.0]}, None, None)
    assert promise_of({"cooling_temp": [4.0, 6.5]}, None) is None


def test_a_missing_edge_is_the_limit() -> None:
    assert said(replace(SATO, factor="cooling_temp", high=6.0)).windows == {"cooling_temp": [2.0, 6.0]}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", "2026-11-22T15:00:00+00:00"),
        (" 2026-11-23T08:30 ", "2026-11-22T23:30:00+00:00"),
        ("2026-11-23T08:30:00Z", "2026-11-23T08:30:00+00:00"),
        ("2027-01-05", "2027-01-04T15:00:00+00:00"),
        ("", NOW.isoformat()),
    ],
)
def test_since_when_by_the_plants_clock(text: str, moment: str) -> None:
    assert said(replace(SATO, since=text)).since.isoformat() == moment


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"study": "cap"}, "study 'cap' is not in the plant file; did you mean 'caps'?"),
        ({"who": "  "}, "who is empty; say who did it, so that others can ask"),
        ({"factor": "coling_temp"}, "factor 'coling_temp' is no signal of the line; did you mean 'cooling_temp'?"),
        ({"factor": "product_temp"}, "factor 'product_temp' is state, no setting; known: cooling_temp, die, torque"),
        ({"factor": "cooling_temp", "low": 1.0, "high": 5.0},
         "low 1 of 'cooling_temp' lies outside what can be set, 2 to 12 degC"),
        ({"factor": "cooling_temp", "low": 5.0, "high": 5.0},
         "low 5 of 'cooling_temp' is not below high 5; a window has a width"),
        ({"factor": "cooling_temp", "low": float("nan"), "high": 5.0},
         "low nan of 'cooling_temp' is no number that can be set"),
        ({"factor": "cooling_temp", "level": "A"}, "factor 'cooling_temp' is a number; give low and high, not a level"),
        ({"factor": "torque", "low": 1.0},
         "high of 'torque' is missing, and the plant file knows no limit; give both edges"),
        ({"factor": "die", "level": "D"}, "level 'D' of 'die' is unknown; known: A, B, C"),
        ({"factor": "die", "low": 1.0}, "factor 'die' is a category; give its level"),
        ({"low": 4.0}, "low, high and level need a factor; name it, or leave them out to take the first advice"),
        ({"rank": 3}, "study 'caps' has 2 advices, and none of rank 3"),
        ({"rank": 1, "factor": "die"}, "give a factor or a rank, not both"),
        ({"since": "last Monday"},
         "from 'last Monday' is no time; write 2026-11-23 or 2026-11-23T08:30, by the plant's clock"),
        ({"since": "2026"}, "from '2026' is no time; write 2026-11-23 or 2026-11-23T08:30, by the plant's clock"),
        ({"since": "2062-11-23"}, "from '2062-11-23' is more than a year ahead; check the year"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        said(replace(SATO, **changes))
    assert str(error.value) == message


def test_without_a_ranking_the_window_has_to_be_told() -> None:
    with pytest.raises(UsageError, match="has no advice yet; give the factor and its window"):
        said(SATO, None)
    with pytest.raises(UsageError, match="no ranking advises 'torque'; give its window"):
        said(replace(SATO, factor="torque"), None)
