"""Every address, in-process: page and JSON twin, both languages, and what happens when things are missing."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.plant import Plant
from ingest.settings import Database
from ingest.store.engine import Store, connect
from ingest.store.migrate import upgrade
from ingest.store.results import save_report
from tests.reports.web import factory
from tests.reports.web.factory import PLANT
from tests.reports.web.site import Site, running

BARE = Plant.parse({"site": {"id": "bare", "name": "Bare"}})


@pytest.fixture
def site(sqlite_store: Store, tmp_path: Path) -> Iterator[Site]:
    """Both lines in production, one ranking, one message in quarantine."""
    factory.production(sqlite_store)
    factory.quarantine(sqlite_store)
    factory.rank(sqlite_store)
    with running(sqlite_store, PLANT, tmp_path) as site:
        yield site


@pytest.fixture
def own_store(new_database: Callable[[str], Database]) -> Iterator[Store]:
    """A database file that a test may break."""
    store = connect(new_database("sqlite"))
    yield store
    store.close()


def test_the_page_and_its_json_say_the_same(site: Site) -> None:
    page, twin = site.get("/", **{"accept-language": "en"}).text, site.json("/index.json")
    fill, press = twin["lines"]
    defects, energy = fill["defects"], press["energy"]
    assert (defects["day"], defects["change"], defects["n"]) == (twin["today"], "lower", 100)
    assert "1.0%" in page
    assert "9.0 points lower than in the 7 days before (10.0%, n = 1,400)" in page
    assert "95% interval 0.2–5.4%" in page
    assert energy["change"] == "higher"
    assert energy["per_good"] == pytest.approx(1.8)
    assert "▲" in page
    assert "1.80" in page
    assert fill["tiles"][0]["value"] == 7.42
    assert "7.42" in page
    assert twin["fix_first"][0]["fixes"][0]["windows"][0]["name"] == {"en": "Cooling temperature", "ja": "冷却温度"}
    assert twin["ledger"]["adds_up"] is True
    assert "adds up" in page


def test_a_day_of_a_few_parts_gives_way_to_the_day_before(sqlite_store: Store, tmp_path: Path) -> None:
    noon = datetime.now(UTC).replace(hour=3, minute=0) - timedelta(days=3)  # 12:00 in Tokyo
    for back in range(9):
        factory.judge(sqlite_store, noon - timedelta(days=back), 95, 5)
    factory.judge(sqlite_store, noon + timedelta(days=1), 4, 0)
    with running(sqlite_store, PLANT, tmp_path) as site:
        found = site.json("/index.json")["lines"][0]["defects"]
        page = site.get("/?lang=en").text
    assert (found["day"], found["n"], found["before_n"]) == (noon.date().isoformat(), 100, 700)
    assert 'Defect rate <span class="day">on ' in page


def test_lines_answer_is_the_line_all_right(site: Site) -> None:
    fill, press = site.json("/index.json")["lines"]
    assert (fill["state"], [sign["code"] for sign in fill["signs"]]) == ("look", ["never"])
    assert "energy_higher" in [sign["code"] for sign in press["signs"]]
    assert "1 of 2 signals has never sent anything." in site.get("/?lang=en").text


@pytest.mark.parametrize(
    ("path", "headers", "language"),
    [
        ("/", {}, "ja"),
        ("/", {"accept-language": "en-GB,ja;q=0.5"}, "en"),
        ("/", {"accept-language": "fr, ja;q=0.2, en;q=0.9"}, "en"),
        ("/", {"accept-language": ";q=x,,"}, "ja"),
        ("/?lang=en", {"accept-language": "ja"}, "en"),
        ("/?lang=klingon", {"accept-language": "en"}, "en"),
        ("/", {"accept-language": "ja", "cookie": "genba_lang=en"}, "en"),
    ],
)
def test_language(site: Site, path: str, headers: dict[str, str], language: str) -> None:
    answer = site.get(path, **headers)
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language
    assert ("充填ライン" in answer.text) == (language == "ja")


def test_a_chosen_language_is_remembered(site: Site) -> None:
    assert "genba_lang=en" in site.get("/?lang=en").headers["set-cookie"]
    assert "set-cookie" not in site.get("/").headers


def test_pages_keep_to_this_host_and_run_nothing_inline(site: Site) -> None:
    for path in ("/", "/quarantine", "/nowhere", "/index.json", "/static/genba.css"):
        answer = site.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        for forbidden in ("style=", "<style", "onclick", "<script>", "http://", "https://"):
            assert forbidden not in answer.text, (path, forbidden)


def test_quarantine(site: Site) -> None:
    page, twin = site.get("/quarantine?lang=en"), site.json("/quarantine.json")
    assert "not JSON" in page.text
    assert "osaka/x" in page.text
    assert (twin["reasons"][0]["reason"], twin["reasons"][0]["times"]) == ("not_json", 3)
    assert twin["newest"][0]["payload"] == '{"a": '
    assert twin["ledger"][0]["source"] == "cells"


def test_what_came_over_the_wire_is_text(sqlite_store: Store, tmp_path: Path) -> None:
    factory.quarantine(sqlite_store, topic="<script>alert(1)</script>", payload=b"<img src=x>\x00\xff")
    with running(sqlite_store, PLANT, tmp_path) as site:
        page = site.get("/quarantine").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "\x00" not in page


@pytest.mark.parametrize("path", ["/nowhere", "/reports/leaking_caps.en.html", "/static/none.js"])
def test_no_such_page(site: Site, path: str) -> None:
    answer = site.get(path, **{"accept-language": "en"})
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_errors_of_machines_have_one_body(site: Site) -> None:
    answer = site.get("/nowhere.json?lang=en")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": {"code": "not_found", "message": "There is no such page."}},
    )
    assert site.get("/index.json", method="POST").json()["error"]["code"] == "method_not_allowed"


def test_health(site: Site) -> None:
    answer = site.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_reports_are_served_only_from_the_run_time_directory(sqlite_store: Store, tmp_path: Path) -> None:
    inside, outside = tmp_path / "var" / "reports" / "a.html", tmp_path / "secret.html"
    for file in (inside, outside):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<p>{file.stem}", encoding="utf-8")
    (tmp_path / "var" / "link.html").symlink_to(outside)
    number = factory.rank(sqlite_store)
    for study, path in (
        ("absolute", inside),
        ("relative", "reports/a.html"),
        ("outside", outside),
        ("upwards", "../secret.html"),
        ("link", "link.html"),
        ("gone", "reports/none.html"),
        ("folder", "reports"),
    ):
        save_report(sqlite_store, study, "en", number, str(path))
    with running(sqlite_store, PLANT, tmp_path / "var") as site:
        for study in ("absolute", "relative"):
            answer = site.get(f"/reports/{study}.en.html")
            assert (answer.status_code, answer.text) == (200, "<p>a")
            assert "script" not in answer.headers["content-security-policy"]
        for study in ("outside", "upwards", "link", "gone", "folder", "..%2f..%2fsecret", "nobody"):
            assert site.get(f"/reports/{study}.en.html").status_code == 404, study
        assert site.get("/reports/absolute.fr.html").status_code == 404


def test_an_empty_database_is_a_designed_state(sqlite_store: Store, tmp_path: Path) -> None:
    with running(sqlite_store, PLANT, tmp_path) as site:
        page, twin = site.get("/?lang=en").text, site.json("/index.json")
        assert "Quarantine is empty" in site.get("/quarantine?lang=en").text
    assert [line["state"] for line in twin["lines"]] == ["empty", "empty"]
    for said in (
        "No data yet",
        "No part of this line has a verdict yet",
        "The meter has not sent anything yet",
        "no reading yet",
    ):
        assert said in page
    assert "Nothing has been ranked yet" in page


def test_a_plant_without_lines_and_studies_says_what_to_add(sqlite_store: Store, tmp_path: Path) -> None:
    with running(sqlite_store, BARE, tmp_path) as site:
        page = site.get("/?lang=en").text
    assert "The plant file has no lines yet" in page
    assert "The plant file asks no questions yet" in page


def test_signals_that_the_plant_does_not_name_are_listed(sqlite_store: Store, tmp_path: Path) -> None:
    now = factory.production(sqlite_store)
    factory.write(sqlite_store, ("osaka/main/fill/cooler/humidity", now, 44.0))
    with running(sqlite_store, PLANT, tmp_path) as site:
        page = site.get("/?lang=en").text
    assert "1 signal arrives that plant.toml does not name" in page
    assert "osaka/main/fill/cooler/humidity" in page


def test_a_database_without_our_schema_is_said_and_mended(own_store: Store, tmp_path: Path) -> None:
    with running(own_store, PLANT, tmp_path) as site:
        answer = site.get("/?lang=en")
        assert answer.status_code == 503
        assert "run genba db upgrade" in answer.text
        assert 'http-equiv="refresh"' in answer.text
        for path in ("/index.json", "/health"):
            assert (site.get(path).status_code, site.json(path)["error"]["code"]) == (503, "schema_outdated")
        upgrade(own_store)
        site.look()
        assert site.get("/").status_code == 200
        assert site.get("/health").status_code == 200


def test_a_database_that_goes_away_is_said_and_comes_back(own_store: Store, tmp_path: Path) -> None:
    upgrade(own_store)
    factory.write(own_store, (factory.TEMP, factory.production(own_store), 7.0))
    file = Path(own_store.engine.url.database or "")
    with running(own_store, PLANT, tmp_path) as site:
        own_store.close()
        shutil.move(file, file.with_suffix(".away"))
        file.mkdir()
        site.look()
        page = site.get("/?lang=en")
        assert page.status_code == 200
        assert "The database does not answer" in page.text
        assert "7.42" in page.text  # the last numbers stay
        assert site.json("/index.json")["trouble"]["code"] == "database_unavailable"
        assert site.get("/health").status_code == 503
        assert site.get("/quarantine").status_code == 503
        assert site.json("/quarantine.json")["error"]["code"] == "database_unavailable"
        file.rmdir()
        shutil.move(file.with_suffix(".away"), file)
        site.look()
        assert site.json("/index.json")["trouble"] is None
        assert site.get("/health").status_code == 200


def test_every_address_and_error_code_is_documented(site: Site) -> None:
    text = (Path(__file__).parents[3] / "docs" / "dashboard.md").read_text(encoding="utf-8")
    assert not [route.path for route in site.app.routes if f"`{route.path}`" not in text]
    codes = {"not_found", "method_not_allowed", "database_unavailable", "schema_outdated", "poller_stopped", "internal"}
    assert not [code for code in codes if f"`{code}`" not in text]
