"""What guests write about a shopping street's Wi-Fi, in Japanese and English, with the mood that they meant. Pure.

A comment is what somebody talks about, what he says of it, and perhaps something that says nothing. Words of praise and
of complaint overlap: "遅い" appears in praise ("遅いかと思ったら") and "not bad" is no complaint.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["MOODS", "comments"]

MOODS = ("negative", "neutral", "positive")
COMMENTS = 900
KNOWN = 0.6
"""Share of the comments whose mood somebody has written down."""
ABOUT = {
    "ja": (
        "Wi-Fiは",
        "2階のWi-Fiは",
        "カフェの電波は",
        "駅側の無線は",
        "ログイン画面は",
        "フードコートの回線は",
        "今日の通信は",
    ),
    "en": (
        "The Wi-Fi",
        "Wi-Fi on the second floor",
        "The signal at the café",
        "The login page",
        "The connection today",
        "Internet in the food court",
        "The network near the station",
    ),
}
SAID: Mapping[str, Mapping[str, Sequence[str]]] = {
    "ja": {
        "positive": (
            *(
                "とても速くて快適です",
                "安定していて助かりました",
                "遅いかと思ったら意外と速かったです",
                "動画も止まらず最高です",
            ),
            *(
                "すぐにつながって便利でした",
                "切れることもなく満足です",
                "使いやすくて気に入っています",
                "悪くないどころか快適です",
            ),
        ),
        "negative": (
            *(
                "遅くて使い物になりません",
                "何度も切れてイライラします",
                "つながらなくて困りました",
                "動画が止まって不快です",
            ),
            *(
                "速いと聞いたのに全然だめです",
                "不安定でがっかりしました",
                "すぐ切れるので不便です",
                "二度と使いたくないほど遅いです",
            ),
        ),
        "neutral": (
            *(
                "1時間で切れる設定のようです",
                "メールアドレスの登録が要ります",
                "5GHzと2.4GHzがあります",
                "9時から21時まで使えます",
            ),
            *(
                "入口でパスワードをもらえます",
                "去年と同じ名前でした",
                "機種によって表示が違います",
                "会員証の番号で入る形です",
            ),
        ),
    },
    "en": {
        "positive": (
            "is fast and comfortable",
            "was stable all day, a great help",
            "is not bad at all, I like it",
            "played videos without a break",
            "connected at once, very handy",
            "was better than I feared",
            "never dropped, I am happy",
            "is easy to use, thank you",
        ),
        "negative": (
            "is far too slow to use",
            "dropped again and again, annoying",
            "is not good at all, I gave up",
            "stopped my videos all the time",
            "never connected, a real trouble",
            "was worse than I feared",
            "keeps breaking, I am disappointed",
            "is a pain to use, no thanks",
        ),
        "neutral": (
            *(
                "ends after one hour",
                "asks for an e-mail address",
                "comes in 5 GHz and 2.4 GHz",
                "is on from nine to nine",
            ),
            "needs the code from the entrance",
            "has the same name as last year",
            "looks different on my tablet",
            "wants the number of the member card",
        ),
    },
}
BESIDE = {
    "ja": (
        "",
        "",
        "",
        "友人と来ました。",
        "土曜の午後です。",
        "スマホで試しました。",
        "買い物の途中でした。",
    ),
    "en": (
        "",
        "",
        "",
        "I came with a friend. ",
        "It was Saturday afternoon. ",
        "I tried it on my phone. ",
        "I was shopping. ",
    ),
}


def comments(rng: np.random.Generator) -> Iterator[tuple[str, Mapping[str, str], list[tuple[Any, ...]]]]:
    """Tables ``comment`` (mood NULL where nobody wrote it down) and ``truth_mood``."""
    rows, truth = [], []
    for number in range(1, COMMENTS + 1):
        language = "ja" if rng.uniform() < 0.6 else "en"
        mood = str(rng.choice(MOODS, p=(0.4, 0.25, 0.35)))
        said = str(rng.choice(SAID[language][mood]))
        body = str(rng.choice(BESIDE[language])) + str(rng.choice(ABOUT[language]))
        body += f"{said}。" if language == "ja" else f" {said}."
        rows.append((number, language, body, mood if rng.uniform() < KNOWN else None))
        truth.append((number, mood))
    key = {"comment_id": "INT PRIMARY KEY"}
    yield "comment", key | {"language": "CHAR(2)", "body": "TEXT", "mood": "VARCHAR(10)"}, rows
    yield "truth_mood", key | {"mood": "VARCHAR(10)"}, truth
