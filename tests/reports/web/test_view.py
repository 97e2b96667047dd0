"""Ages are told as the page's script tells them."""

from zoneinfo import ZoneInfo

import pytest

from reports.web.view import view_in


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (0, "0 s ago", "0 秒前"),
        (59.9, "59 s ago", "59 秒前"),
        (60, "1 min ago", "1 分前"),
        (3599, "59 min ago", "59 分前"),
        (3600, "1 h ago", "1 時間前"),
        (48 * 3600 - 1, "47 h ago", "47 時間前"),
        (48 * 3600, "2 days ago", "2 日前"),
    ],
)
def test_ages(seconds: float, english: str, japanese: str) -> None:
    views = [view_in(language, ZoneInfo("UTC"), "JPY") for language in ("en", "ja")]
    assert [view.age(seconds) for view in views] == [english, japanese]
