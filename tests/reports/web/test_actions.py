"""The promise ledger's pages: what they show, what they write, and what they refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from ingest.store import action as rows
from ingest.store.engine import Store
from models.promise import ledger
from reports.web.actions import action
from tests.reports.web import factory
from tests.reports.web.factory import PLANT
from tests.reports.web.site import Site, running

OURS = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
GAIN = {"low": 0.0048, "estimate": 0.0101, "high": 0.0152, "level": 0.9, "unit": "bad units per unit"}


@pytest.fixture
def site(sqlite_store: Store, tmp_path: Path) -> Iterator[Site]:
    factory.rank(sqlite_store)
    with running(sqlite_store, PLANT, tmp_path) as site:
        yield site


def send(site: Site, path: str = "/actions", headers: dict[str, str] | None = None, **fields: str) -> Any:
    return site.get(path, "POST", urlencode(fields).encode(), **(OURS if headers is None else headers))


def post(site: Site, said: Any, path: str = "/actions.json") -> Any:
    return site.get(path, "POST", orjson.dumps(said), **JSON)


def measured(**changes: Any) -> dict[str, Any]:
    """An outcome as `models.promise.outcome` writes it."""
    found: dict[str, Any] = {
        "state": "realised", "code": "realised", "values": {},
        "kept": {"before": 0.35, "after": 0.97, "followed": True},
        "n_units": 8123, "n_groups": 24, "expected": 0.041, "observed": 0.031, "realised": GAIN,
        "promised": GAIN | {"estimate": 0.0132, "low": 0.0088, "high": 0.0176},
        "money": {"currency": "JPY", "per": "1000 units", "realised": {"estimate": 1212.0},
                  "promised": {"estimate": 1584.0}},
        "also_moved": ["torque"], "left_out": 12,
    }  # fmt: skip
    return found | changes


def test_an_advice_leads_to_a_form_that_declares_it(site: Site, sqlite_store: Store) -> None:
    home = site.get("/?lang=en").text
    assert 'href="/actions/new?study=leaking_caps&amp;rank=1">We did this</a>' in home
    form = site.get("/actions/new?study=leaking_caps&rank=1&lang=en").text
    assert 'name="low" type="number" step="any" value="4"' in form
    assert '<option value="cooling_temp" selected>Cooling temperature (°C)' in form
    answer = send(site, study="leaking_caps", factor="cooling_temp", low="4", high="6.5", level="", since="",
                  who=" 佐藤 ", note="5.0 °C")  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, f"/actions#action-{first(sqlite_store)}")
    (row,) = rows.actions(sqlite_store)
    assert (row.declared.who, row.declared.note, row.declared.windows) == (
        "佐藤", "5.0 °C", {"cooling_temp": [4.0, 6.5]},
    )  # fmt: skip
    assert row.declared.promise is not None
    shown = site.get("/actions?lang=en").text
    assert "<strong>12.0</strong> fewer bad parts per 1,000" in shown
    assert "too early" in shown


def first(store: Store) -> int:
    return rows.actions(store)[0].action_id


def test_an_advice_on_two_settings_is_declared_whole(site: Site, sqlite_store: Store) -> None:
    form = site.get("/actions/new?study=leaking_caps&rank=2").text
    answer = send(site, study="leaking_caps", rank="2", who="Ito")
    assert answer.status_code == 303
    assert list(rows.actions(sqlite_store)[0].declared.windows) == ["die"]
    assert 'name="who" required' in form


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://test"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://test", "sec-fetch-site": "cross-site"}, 403),
        ({}, 403),
    ],
)
def test_a_form_of_another_site_declares_nothing(
    site: Site, sqlite_store: Store, headers: dict[str, str], status: int
) -> None:
    answer = send(site, headers=headers, study="leaking_caps", rank="1", who="Ito")
    assert answer.status_code == status
    assert len(rows.actions(sqlite_store)) == (status == 303)
    if status == 403:
        assert "他のサイト" in answer.text


def test_machines_send_json_and_nothing_else(site: Site, sqlite_store: Store) -> None:
    answer = post(site, {"study": "leaking_caps", "rank": 1, "who": "MES", "since": "2026-11-23T08:30"})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["since"], said["state"], said["promise"]["rank"]) == (
        "2026-11-22T23:30:00+00:00", "too_early", 1,
    )  # fmt: skip
    twin = site.json("/actions.json?study=leaking_caps")
    assert twin["actions"] == [said]
    assert site.json("/actions.json?study=other")["actions"] == []
    # A form may say text/plain across sites; it is not asked who sent it, so it has to be refused.
    plain = site.get(
        "/actions.json", "POST", b'{"study": "leaking_caps", "who": "x"}', **{"content-type": "text/plain"}
    )
    assert (plain.status_code, plain.json()["error"]["code"]) == (422, "refused")
    assert len(rows.actions(sqlite_store)) == 1


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"study": "leaking_caps", "who": "x", "factor": "coling_temp", "low": 1},
         "factor 'coling_temp' is no signal of the line; did you mean 'cooling_temp'?"),
        ({"study": "leaking_caps", "who": "x", "low": "four"}, "field 'low' is 'four'; write a number"),
        ({"study": "leaking_caps", "who": "x", "low": True}, "field 'low' is True; write a number"),
        ({"study": "leaking_caps", "who": 7}, "field 'who' is 7; write a text"),
        ({"study": "leaking_caps", "who": "x", "rank": 1.5}, "rank 1.5 is no whole number"),
        ({"study": "leaking_caps", "who": "x", "rank": "1e400"}, "rank '1e400' is no whole number"),
        ({"study": "leaking_caps", "who": "x", "when": "now"},
         "field 'when' is unknown; known: factor, high, level, low, note, rank, since, study, who"),
        ([1, 2], 'the body is no JSON object; send {"study": …, "who": …}'),
    ],
)  # fmt: skip
def test_garbage_is_refused_in_a_line(site: Site, said: Any, message: str) -> None:
    answer = post(site, said)
    assert answer.status_code == 422
    assert answer.json() == {"error": {"code": "refused", "message": message}}


def test_too_much_and_no_json(site: Site) -> None:
    assert site.get("/actions.json", "POST", b"{", **JSON).json()["error"]["message"].startswith("the body is no JSON")
    answer = site.get("/actions.json", "POST", b" " * 70_000, **JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_form_with_a_mistake_comes_back_as_it_was(site: Site, sqlite_store: Store) -> None:
    answer = send(site, study="leaking_caps", factor="cooling_temp", low="9", high="6", who="<b>Ito</b>", note="note")
    assert answer.status_code == 422
    assert "is not below high 6" in answer.text
    assert 'value="&lt;b&gt;Ito&lt;/b&gt;"' in answer.text
    assert 'name="low" type="number" step="any" value="9"' in answer.text
    assert rows.actions(sqlite_store) == []
    assert send(site, study="nowhere", who="x").status_code == 404
    assert site.get("/actions/new?study=nowhere").status_code == 404


def test_promised_and_realised_stand_side_by_side(site: Site, sqlite_store: Store) -> None:
    number = post(site, {"study": "leaking_caps", "rank": 1, "who": "Sato"}).json()["action_id"]
    rows.save_outcome(sqlite_store, number, measured())
    page = site.get("/actions?lang=en").text
    for words in ("realised", "<strong>13.2</strong> fewer bad parts", "<strong>10.1</strong> fewer bad parts",
                  "90% interval 4.8–15.2", "¥1,212 per 1,000 units", "¥1,584 per 1,000 units",
                  "Changed at the same time: torque.", "12 units of a kind not made before are left out.",
                  "35% of the units before, 97% since"):  # fmt: skip
        assert words in page, words
    japanese = site.get("/actions?lang=ja").text
    for words in ("効果を確認", "1,000個あたり不良 <strong>10.1</strong> 個減", "同時に変わった設定: torque"):
        assert words in japanese, words


def test_a_loss_is_said_as_one(site: Site, sqlite_store: Store) -> None:
    number = post(site, {"study": "leaking_caps", "rank": 1, "who": "Sato"}).json()["action_id"]
    lost = GAIN | {"estimate": -0.004, "low": -0.007, "high": -0.001}
    rows.save_outcome(sqlite_store, number, measured(state="worse", code="worse", realised=lost))
    page = site.get("/actions?lang=en").text
    assert "<strong>4.0</strong> more bad parts per 1,000" in page
    assert 'class="badge silent"' in page


def test_the_first_page_asks_whether_the_last_fix_worked(sqlite_store: Store, tmp_path: Path) -> None:
    factory.rank(sqlite_store)
    with running(sqlite_store, PLANT, tmp_path) as site:
        assert "No action has been declared yet" in site.get("/?lang=en").text
        number = post(site, {"study": "leaking_caps", "rank": 1, "who": "Sato"}).json()["action_id"]
        rows.save_outcome(sqlite_store, number, measured())
    with running(sqlite_store, PLANT, tmp_path) as site:
        assert "Did the last fix work?" in site.get("/?lang=en").text
        assert site.json("/index.json")["actions"][0]["realised"]["estimate"] == 0.0101
        assert site.json("/index.json")["actions"][0]["title"] == {"en": "Leaking caps", "ja": "キャップ漏れ"}


def test_an_action_is_ended_with_a_name_and_a_reason(site: Site, sqlite_store: Store) -> None:
    number = post(site, {"study": "leaking_caps", "rank": 1, "who": "Sato"}).json()["action_id"]
    end = f"/actions/{number}/end"
    assert 'action="' + end in site.get("/actions").text
    assert send(site, end, kind="closed", reason="", who="Ito").status_code == 422
    assert send(site, end, {"origin": "http://evil.example"}, reason="x", who="Ito").status_code == 403
    assert send(site, end, kind="withdrawn", reason="the wrong line", who="Ito").status_code == 303
    assert "the wrong line" in site.get("/actions").text
    assert 'action="' + end not in site.get("/actions").text
    again = post(site, {"reason": "again", "who": "Ito", "kind": "finished"}, end + ".json")
    assert (again.status_code, again.json()["error"]["message"]) == (
        422, "kind 'finished' is neither 'closed' nor 'withdrawn'",
    )  # fmt: skip
    other = post(site, {"study": "leaking_caps", "factor": "cooling_temp", "low": 5, "high": 6, "who": "Ito",
                        "since": "2026-11-01"}).json()["action_id"]  # fmt: skip
    closed = post(site, {"reason": "done", "who": "Ito"}, f"/actions/{other}/end.json")
    assert (closed.status_code, closed.json()["ending"]["kind"]) == (200, "closed")


def test_an_action_of_a_study_that_left_the_plant_is_still_shown(sqlite_store: Store) -> None:
    declared = rows.Declared("gone", {"speed": [1.0, 2.0]}, datetime.now(UTC) - timedelta(days=1), "Ito")
    rows.add(sqlite_store, declared)
    (entry,) = ledger.listed(sqlite_store)
    found = action(PLANT, entry)
    assert (found.title["en"], found.windows[0].low, found.promised) == ("gone", 1.0, None)
