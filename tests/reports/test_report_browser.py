"""The page in a real browser: nothing asked for, nothing refused, no sideways scrolling on a phone, tables printed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.render.html import write
from tests.reports import documents

CHROMIUM = os.environ.get("GENBA_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield launched
        launched.close()


@pytest.mark.parametrize("name", ["classification", "hostile", "not_enough_data", "twelve"])
def test_phone(browser: Browser, tmp_path: Path, name: str) -> None:
    [path] = write(documents.ALL[name]() | {"study": name}, tmp_path, ("ja",), documents.NAMES | documents.LONG_NAMES)
    page = browser.new_page(viewport={"width": 360, "height": 800})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert said == []
    assert asked == [path.as_uri()]
    page.close()


def test_paper_shows_the_numbers(browser: Browser, tmp_path: Path) -> None:
    [path] = write(documents.classification(), tmp_path, ("en",), documents.NAMES)
    page = browser.new_page(viewport={"width": 680, "height": 900})
    page.goto(path.as_uri())
    cell = page.locator(".time table.numbers tbody td").first
    assert not cell.is_visible()
    page.emulate_media(media="print")
    assert cell.is_visible()
    page.close()
