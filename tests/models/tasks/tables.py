"""Tables with a known truth, one for each task."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from models.tasks.base import Card
from models.tasks.protocol import TaskModel, fit_task

Case = tuple[str, pd.DataFrame, str | None, dict[str, Any]]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def spots(rows: int = 400, odd: int = 8, seed: int = 0) -> pd.DataFrame:
    """Two numbers that go together and a line's name; ``odd`` rows break the rule, column ``odd`` says which."""
    draw = rng(seed)
    x = draw.normal(size=rows)
    y = 2 * x + 0.1 * draw.normal(size=rows)
    odds = np.zeros(rows, dtype=int)
    odds[draw.choice(rows, odd, replace=False)] = 1
    y += odds * draw.choice([-5.0, 5.0], rows)
    return pd.DataFrame({"圧力": x, "温度": y, "line": draw.choice(["A", "B", "C"], rows), "odd": odds})


def card_fraud(rows: int = 6000, frauds: int = 20, seed: int = 0) -> pd.DataFrame:
    """As credit-card data are: components of falling spread with heavy tails; frauds are shifted in some of them."""
    draw = rng(seed)
    x = draw.standard_t(4, size=(rows, 28)) * np.linspace(1.9, 0.33, 28)
    fraud = np.zeros(rows, dtype=int)
    fraud[draw.choice(rows, frauds, replace=False)] = 1
    shift = np.zeros(28)
    shift[[2, 3, 6, 8, 9, 10, 11, 13, 15, 16]] = [-7, 4.5, -5.6, -2.6, -5.7, 3.8, -6.3, -7, -4.1, -6.7]
    x[fraud == 1] += shift * draw.gamma(2, 0.5, size=(frauds, 1))
    table = pd.DataFrame(x, columns=[f"V{k}" for k in range(1, 29)])
    return table.assign(Amount=draw.lognormal(3, 1.5, rows).round(2), Class=fraud)


def power(days: int = 1096, seed: int = 42) -> pd.DataFrame:
    """Daily demand in MW: growth, a year with two waves, weekends, holidays, noise, and a few hot or cold days."""
    draw, when, t = rng(seed), pd.date_range("2024-01-01", periods=days), np.arange(days)
    weekend = when.day_of_week >= 5
    holiday = (when.month * 100 + when.day).isin([101, 704, 1225])
    year = 1 + 0.3 * np.sin(2 * np.pi * t / 365.25) + 0.15 * np.cos(4 * np.pi * t / 365.25)
    mw = 500 * year * np.where(weekend, 0.85, 1.0) * (1 + 0.025 * t / 365) * (1 + draw.uniform(-0.05, 0.05, days))
    mw *= np.where(draw.random(days) < 0.02, 1.3, 1.0) * np.where(holiday, 0.7, 1.0)
    return pd.DataFrame({"date": when, "mw": mw.round(1), "is_weekend": weekend, "is_holiday": holiday})


def short_series(n: int = 80, seed: int = 1) -> pd.DataFrame:
    """A week's rhythm on a rising line."""
    t = np.arange(n)
    y = 50 + 0.2 * t + 5 * np.sin(2 * np.pi * t / 7) + 0.3 * rng(seed).normal(size=n)
    return pd.DataFrame({"d": pd.date_range("2025-03-03", periods=n), "y": y})


def gateway_log(lines: int = 1500, share: float = 0.01, seed: int = 3) -> pd.DataFrame:
    """Lines of three gateways; ``label`` 1: of three odd kinds."""
    draw, out, labels = rng(seed), [], []
    for k in range(lines):
        at, client = f"2026-01-0{1 + k % 9} 12:{k % 60:02}:{k % 59:02}", f"10.0.{k % 255}.{k % 7}"
        usual = [
            f"{at} INFO client {client} connected to ap{k % 20}",
            f"{at} INFO client {client} left after {k % 900} s",
            f"{at} DEBUG beacon {k} sent",
            f"{at} INFO 温度{20 + k % 9}度 正常です",
        ]
        odd = [
            f"{at} FATAL disk /dev/sda{k % 4} unreadable sector {k}",
            f"{at} kernel panic at 0x{k:08x}",
            f"{at} センサ{k % 9}の通信が途絶しました",
        ]
        labels.append(int(draw.random() < share))
        out.append(str(draw.choice(odd)) if labels[-1] else usual[draw.choice(4, p=[0.3, 0.3, 0.3, 0.1])])
    return pd.DataFrame({"log": out, "source": [f"gw{k % 3}" for k in range(lines)], "label": labels})


def opinions(users: int = 80, items: int = 40, seed: int = 0) -> pd.DataFrame:
    """Ratings of two kinds of users of two kinds of items: each likes its own."""
    draw = rng(seed)
    u, i = np.nonzero(draw.random((users, items)) < 0.5)
    rating = 3.0 + 1.5 * np.where(u % 2 == i % 2, 1, -1) + 0.3 * draw.normal(size=len(u))
    order = draw.permutation(len(u))
    names = {"客": [f"客{k:03}" for k in u[order]], "item": [f"i{k:03}" for k in i[order]]}
    return pd.DataFrame({**names, "rating": rating[order].round(2)})


POOLS = {
    "wifi": "wifi signal router antenna channel bandwidth roaming password",
    "coffee": "coffee lemon roast aroma beans espresso milk flavour",
    "film": "film actor director scene drama comedy script camera",
    "ベルト": "ベルト 摩耗 交換 異音 張力 プーリー 停止 点検",
}


def letters(texts: int = 300, seed: int = 0) -> pd.DataFrame:
    """Texts about one of four things, with common words among them."""
    draw, pools = rng(seed), [words.split() for words in POOLS.values()]
    out = []
    for k in range(texts):
        words = [*draw.choice(pools[k % 4], 8), *draw.choice(["people", "today", "place", "really"], 3), "and"]
        out.append(" ".join(draw.permutation(words)))
    return pd.DataFrame({"text": out, "about": [k % 4 for k in range(texts)]})


def groups(sizes: tuple[int, ...] = (120, 90, 60, 30), seed: int = 0) -> pd.DataFrame:
    """Clouds far apart in three numbers."""
    draw = rng(seed)
    centres = np.array([[0, 0, 0], [9, 0, 3], [0, 9, -3], [9, 9, 6]])[: len(sizes)]
    truth = np.repeat(np.arange(len(sizes)), sizes)
    points = centres[truth] + draw.normal(size=(len(truth), 3))
    return pd.DataFrame(points, columns=["a", "b", "c"]).assign(truth=truth)


CASES: list[Case] = [
    (
        "forecasting",
        short_series(),
        "y",
        {"datetime_index": "d", "model_list": ["NaiveForecaster", "SARIMAXForecaster"]},
    ),
    ("anomaly_detection", spots().drop(columns="odd"), None, {"contamination": 0.02}),
    ("log_anomaly_detection", gateway_log(400)[["log", "source"]], None, {"log_source_column": "source"}),
    ("recommendation", opinions(), "rating", {"users": "客", "items": "item", "model_list": ["SVD", "Baseline"]}),
    ("topic_modeling", letters()[["text"]], None, {"document_column": "text"}),
    ("clustering", groups().drop(columns="truth"), None, {}),
]


def asked(case: Case) -> pd.DataFrame:
    """Rows that a model of the case can be asked about."""
    if case[0] != "forecasting":
        return case[1].head(20)
    return pd.DataFrame({"d": pd.date_range(case[1]["d"].iloc[-1], periods=21)[1:], "y": np.nan})


@cache
def _fitted(place: int) -> TaskModel:
    task, table, target, options = CASES[place]
    return fit_task(task, table, target, options)


def fitted(case: Case) -> TaskModel:
    """The model of one of the `CASES`, fitted once."""
    return _fitted([each[0] for each in CASES].index(case[0]))


def codes(card: Card) -> set[str]:
    """The codes of what is noted."""
    return {note["code"] for note in card.facts["notes"]}
