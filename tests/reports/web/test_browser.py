"""What only a browser can show."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ingest.store.engine import Store
from reports.web.live import Hub
from tests.reports.web import factory
from tests.reports.web.factory import PLANT, TEMP, TORQUE
from tests.reports.web.serving import CHROMIUM, QUIET, served, visitor
from tests.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it, or name it in GENBA_TEST_CHROMIUM"),
]

TILE = "#tile-fill-cooler-cooling_temp"
expect.set_options(timeout=10_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def dashboard(sqlite_store: Store, tmp_path: Path) -> Iterator[tuple[str, Hub]]:
    factory.production(sqlite_store)
    factory.quarantine(sqlite_store)
    factory.rank(sqlite_store)
    with served(sqlite_store, PLANT, tmp_path) as found:
        yield found


def overflow(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


def test_a_new_reading_reaches_the_tile_without_a_reload(
    dashboard: tuple[str, Hub], browser: Browser, sqlite_store: Store
) -> None:
    address, _ = dashboard
    with visitor(browser, address) as page:
        page.goto(f"{address}/?lang=en")
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        page.evaluate("document.body.dataset.untouched = 'yes'")
        now = datetime.now(UTC)
        factory.write(sqlite_store, (TEMP, now, 8.05), (TORQUE, now, 1.9))
        expect(page.locator(TILE)).to_contain_text("8.05 °C")
        expect(page.locator("#line-fill")).to_contain_text("All right")
        expect(page.locator("body")).to_have_attribute("data-untouched", "yes")


def test_ages_tick_and_a_value_turns_stale_by_the_time_of_the_data(
    dashboard: tuple[str, Hub], browser: Browser, sqlite_store: Store
) -> None:
    address, _ = dashboard
    with visitor(browser, address) as page:
        page.goto(f"{address}/?lang=en")
        stale = page.locator(TILE).get_by_text("stale")
        expect(stale).to_be_hidden()
        expect(page.locator(TILE)).to_contain_text("s ago")
        # The clock of this browser runs on; nobody waits.
        page.clock.install()
        page.clock.fast_forward(90_000)
        expect(stale).to_be_visible()
        expect(page.locator(TILE)).to_contain_text("1 min ago")


def test_old_data_are_stale_from_the_first_look(sqlite_store: Store, tmp_path: Path, browser: Browser) -> None:
    factory.write(sqlite_store, (TEMP, datetime.now(UTC) - timedelta(hours=5), 7.0))
    with served(sqlite_store, PLANT, tmp_path) as (address, _), visitor(browser, address) as page:
        page.goto(f"{address}/?lang=ja")
        expect(page.locator(TILE).get_by_text("途絶")).to_be_visible()
        expect(page.locator(TILE)).to_contain_text("5 時間前")
        expect(page.locator("#line-fill")).to_contain_text("信号なし")


def test_an_open_table_stays_open_when_its_numbers_change(
    dashboard: tuple[str, Hub], browser: Browser, sqlite_store: Store
) -> None:
    address, _ = dashboard
    with visitor(browser, address) as page:
        page.goto(f"{address}/?lang=en")
        figure = page.locator("#defects-fill")
        figure.locator("summary").click()
        expect(figure.get_by_role("row")).to_have_count(9)
        factory.judge(sqlite_store, datetime.now(UTC), 0, 7)
        expect(figure).to_contain_text("8 of 107 parts judged bad")
        expect(figure.get_by_role("table")).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_fits_phone_tablet_and_wall(dashboard: tuple[str, Hub], browser: Browser, language: str) -> None:
    address, _ = dashboard
    with visitor(browser, address) as page:
        for path in ("/?", "/quarantine?", "/actions?", "/actions/new?study=leaking_caps&rank=1&"):
            page.goto(f"{address}{path}lang={language}")
            expect(page.locator("html")).to_have_attribute("lang", language)
            for width in (360, 1024, 1920):
                page.set_viewport_size({"width": width, "height": 768})
                assert overflow(page) == 0, (path, width)


def test_without_javascript_everything_is_there(dashboard: tuple[str, Hub], browser: Browser) -> None:
    address, hub = dashboard
    with visitor(browser, address, java_script_enabled=False) as page:
        page.goto(f"{address}/?lang=en")
        expect(page.locator(TILE)).to_contain_text("7.42 °C")
        expect(page.locator(TILE)).to_contain_text("ago")
        expect(page.get_by_text("updated every 30 seconds")).to_be_visible()
        expect(page.locator('meta[http-equiv="refresh"]')).to_have_count(1)
        page.get_by_role("link", name="Quarantine").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")
    assert hub.listeners == 0


def test_leaving_the_page_ends_its_stream(dashboard: tuple[str, Hub], browser: Browser) -> None:
    address, hub = dashboard
    with visitor(browser, address) as page:
        page.goto(f"{address}/")
        until(lambda: hub.listeners == 1, 10, "the page listens")
    until(lambda: hub.listeners == 0, 10, "the listener has left")


def test_a_lost_server_is_said(sqlite_store: Store, tmp_path: Path, browser: Browser) -> None:
    with served(sqlite_store, PLANT, tmp_path) as (address, _):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/?lang=en")
        expect(page.locator("#link")).to_have_attribute("data-state", "linked")
    expect(page.get_by_text("no connection")).to_be_visible()
    context.close()


def test_the_keyboard_reaches_every_link_and_shows_where_it_is(dashboard: tuple[str, Hub], browser: Browser) -> None:
    address, _ = dashboard
    with visitor(browser, address) as page:
        page.goto(f"{address}/?lang=en")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the lines")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        focused = page.get_by_role("link", name="日本語")
        expect(focused).to_be_focused()
        assert focused.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"


def test_an_action_is_declared_and_ended_without_javascript(dashboard: tuple[str, Hub], browser: Browser) -> None:
    """The browser itself says where a form comes from."""
    address, _ = dashboard
    with visitor(browser, address, java_script_enabled=False) as page:
        page.goto(f"{address}/?lang=en")
        page.get_by_role("link", name="We did this").first.click()
        page.get_by_label("Who").fill("佐藤")
        page.get_by_role("button", name="Declare").click()
        expect(page).to_have_url(re.compile(r"/actions#action-\d+$"))
        listed = page.locator(".action")
        expect(listed).to_contain_text("Cooling temperature 4.0–6.5 °C")
        expect(listed).to_contain_text("佐藤")
        expect(listed).to_contain_text("12.0 fewer bad parts per 1,000")
        listed.locator("summary").click()
        listed.get_by_label("How it ends").select_option("withdrawn")
        listed.get_by_label("Why").fill("the wrong line")
        listed.get_by_label("Who").fill("佐藤")
        listed.get_by_role("button", name="End").click()
        expect(page.locator(".action")).to_contain_text("Withdrawn: the wrong line")
