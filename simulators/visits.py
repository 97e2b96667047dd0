"""A shopping street's Wi-Fi with a known truth: who the devices belong to, what people like, when they return. Pure.

The world, in a few honest lines:

- Employees come at an hour of their own and stay for a shift; some work half days. Passers-by are seen for minutes,
  once or on every way to work. Customers come when their own interval is over, at any hour, and stay for as long as
  they like.
- What makes it hard: customers who work in a café stay as long as an employee on half days, customers who fetch
  something are gone as fast as a passer-by, and commuters pass as regularly as an employee comes.
- What customers like follows a few tastes that nobody sees; half of their ratings are known, with an error.
- An access point is slower and repeats more the more clients it has. A fault breaks that relation, not a limit: most of
  its numbers are seen elsewhere in the week.
- What people write about it stands in `simulators.comments`.

A seed redraws everybody and every fault.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from simulators.comments import comments
from simulators.process import stream

__all__ = ["CATEGORIES", "Table", "visit_log"]

FIRST_DAY = datetime(2026, 6, 1)  # noqa: DTZ001 - a Monday of the street's own clock, as its log writes it
DAYS = 56
EMPLOYEES, CUSTOMERS, PASSERS = 60, 220, 600
HALF_DAYS, CAFE, FETCHING, COMMUTERS = 20, 15, 25, 60
"""How many of them are the hard ones."""
CATEGORIES = (
    *("books", "bakery", "cafe", "cosmetics", "electronics", "fashion", "games", "groceries", "jewellery", "sports"),
    *("toys", "wine"),
)
TASTES = 3
POINTS = ("east", "north", "west")
FAULTS = ("interference", "uplink", "sleeping cell")


@dataclass(frozen=True)
class Table:
    """A table of the street: columns to their SQL types, and rows."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class _Habit:
    """How a device comes and goes: days on which it is seen, hour, minutes, zones, signal, whether it logs in."""

    device: str
    kind: str
    days: Sequence[int]
    hour: tuple[float, float]
    minutes: tuple[float, float]
    """Median, and spread of its logarithm."""
    zones: float
    signal: float
    logs_in: float
    traffic: float
    """Megabytes a minute while logged in."""


def visit_log(seed: int) -> list[Table]:
    """Every table of the street; those named ``truth_…`` hold what an operator would not know."""
    rng = stream(seed, "devices")
    # A name says nothing of its owner.
    names = [f"d{number:04d}" for number in rng.permutation(EMPLOYEES + CUSTOMERS + PASSERS)]
    customers = names[EMPLOYEES : EMPLOYEES + CUSTOMERS]
    intervals = _intervals(rng)
    habits = [
        *_employees(rng, names[:EMPLOYEES]),
        *_customers(rng, customers, intervals),
        *_passers(rng, names[EMPLOYEES + CUSTOMERS :]),
    ]
    known = rng.permutation(len(habits))[: len(habits) // 2]
    seen = [habit for habit in habits if habit.days]
    return [
        Table(
            "visit",
            {"device": "VARCHAR(12) NOT NULL", "arrived": "DATETIME NOT NULL", "minutes": "DOUBLE", "zones": "INT",
             "signal_dbm": "DOUBLE", "logged_in": "TINYINT", "megabytes": "DOUBLE"},
            sorted((row for habit in seen for row in _visits(rng, habit)), key=lambda row: (row[1], row[0])),
        ),
        Table("survey", {"device": "VARCHAR(12) PRIMARY KEY", "kind": "VARCHAR(12)"},
              [(habits[i].device, habits[i].kind) for i in sorted(known) if habits[i].days]),
        Table("truth_kind", {"device": "VARCHAR(12) PRIMARY KEY", "kind": "VARCHAR(12)"},
              [(habit.device, habit.kind) for habit in seen]),
        Table("truth_interval", {"device": "VARCHAR(12) PRIMARY KEY", "days": "DOUBLE"},
              [(device, round(days, 2)) for device, days in zip(customers, intervals, strict=True)]),
        *_interests(stream(seed, "interests"), customers),
        *_network(stream(seed, "network")),
        *(Table(name, columns, rows) for name, columns, rows in comments(stream(seed, "comments"))),
    ]  # fmt: skip


def _intervals(rng: np.random.Generator) -> list[float]:
    """Days after which a customer comes again; those who work in a café come every other day."""
    usual = rng.choice([3.5, 7.0, 14.0], CUSTOMERS, p=[0.3, 0.45, 0.25]) * np.exp(0.1 * rng.standard_normal(CUSTOMERS))
    return [2.0 if i < CAFE else float(days) for i, days in enumerate(usual)]


def _employees(rng: np.random.Generator, names: Sequence[str]) -> Iterator[_Habit]:
    for i, name in enumerate(names):
        half = i < HALF_DAYS
        week = rng.choice(7, 3 if half else 5, replace=False)
        days = [day for day in range(DAYS) if day % 7 in week and rng.uniform() > 0.05]
        hour = float(rng.choice([9.0, 13.0, 16.0] if half else [8.5, 9.0, 10.5]))
        yield _Habit(name, "employee", days, (hour, 0.2), (240 if half else 520, 0.1), 2.0, -56, 0.8, 0.2)


def _customers(rng: np.random.Generator, names: Sequence[str], intervals: Sequence[float]) -> Iterator[_Habit]:
    for i, (name, usual) in enumerate(zip(names, intervals, strict=True)):
        days, day = [], float(rng.uniform(0, usual))
        while day < DAYS:
            days.append(int(day))
            day += max(1.0, usual * float(np.exp(0.15 * rng.standard_normal())))
        minutes, zones, traffic = (35.0, 0.6), 3.0, 0.6
        if i < CAFE:
            minutes, zones, traffic = (230.0, 0.25), 1.5, 1.5
        elif i < CAFE + FETCHING:
            minutes, zones = (5.0, 0.4), 1.2
        yield _Habit(name, "customer", days, (15.0, 2.8), minutes, zones, -62, 0.6, traffic)


def _passers(rng: np.random.Generator, names: Sequence[str]) -> Iterator[_Habit]:
    for i, name in enumerate(names):
        if i < COMMUTERS:
            days = [day for day in range(DAYS) if day % 7 < 5 and rng.uniform() < 0.8]
            hour = (float(rng.choice([8.0, 18.5])), 0.3)
        else:
            days = sorted({int(day) for day in rng.integers(0, DAYS, 1 + int(rng.poisson(0.5)))})
            hour = (14.0, 3.5)
        yield _Habit(name, "passer_by", days, hour, (2.0, 0.7), 1.1, -68, 0.05, 0.1)


def _visits(rng: np.random.Generator, habit: _Habit) -> Iterator[tuple[Any, ...]]:
    n = len(habit.days)
    hours = np.clip(habit.hour[0] + habit.hour[1] * rng.standard_normal(n), 6.0, 22.0)
    minutes = habit.minutes[0] * np.exp(habit.minutes[1] * rng.standard_normal(n))
    signal = habit.signal + 4.0 * rng.standard_normal() + 5.0 * rng.standard_normal(n)
    zones = 1 + rng.poisson(habit.zones - 1.0, n)
    logged_in = rng.uniform(size=n) < habit.logs_in
    traffic = np.where(logged_in, habit.traffic * minutes * np.exp(0.5 * rng.standard_normal(n)), 0.0)
    for i, day in enumerate(habit.days):
        arrived = FIRST_DAY + timedelta(days=day, seconds=int(3600 * hours[i]))
        yield (
            *(habit.device, arrived, round(float(minutes[i]), 1), int(zones[i]), round(float(signal[i]), 1)),
            *(int(logged_in[i]), round(float(traffic[i]), 1)),
        )


def _interests(rng: np.random.Generator, names: Sequence[str]) -> Iterator[Table]:
    """Ratings from 1 to 5 that were given, and what the same people would say of the rest."""
    people = rng.standard_normal((CUSTOMERS, TASTES))
    goods = rng.standard_normal((len(CATEGORIES), TASTES)) / np.sqrt(TASTES)
    liked = np.clip(3.2 + 0.3 * rng.standard_normal((CUSTOMERS, 1)) + 1.1 * people @ goods.T, 1.0, 5.0)
    told = np.clip(np.round(liked + 0.3 * rng.standard_normal(liked.shape)), 1, 5)
    given = rng.uniform(size=liked.shape) < 0.5
    columns = {"device": "VARCHAR(12) NOT NULL", "category": "VARCHAR(20) NOT NULL", "rating": "DOUBLE"}
    pairs = [(i, j) for i in range(CUSTOMERS) for j in range(len(CATEGORIES))]
    yield Table("interest", columns, [(names[i], CATEGORIES[j], float(told[i, j])) for i, j in pairs if given[i, j]])
    yield Table(
        "truth_interest",
        columns,
        [(names[i], CATEGORIES[j], round(float(liked[i, j]), 2)) for i, j in pairs if not given[i, j]],
    )


def _network(rng: np.random.Generator) -> Iterator[Table]:
    """One row per access point and hour, and the hours in which something was broken."""
    rows, faults = [], []
    for point in POINTS:
        broken = set(rng.choice(np.arange(24, DAYS * 24), 8, replace=False).tolist())
        for hour in range(DAYS * 24):
            moment = FIRST_DAY + timedelta(hours=hour)
            busy = np.exp(-(((moment.hour - 15) / 5.0) ** 2)) * (1.3 if moment.weekday() >= 5 else 1.0)
            clients = int(rng.poisson(3 + 45 * busy))
            megabits = 2.0 * clients * np.exp(0.12 * rng.standard_normal())
            retries = 3.0 + 0.12 * clients + 0.7 * rng.standard_normal()
            latency = (8.0 + 0.25 * clients) * np.exp(0.1 * rng.standard_normal())
            if hour in broken:
                kind = FAULTS[int(rng.integers(len(FAULTS)))]
                faults.append((point, moment, kind))
                if kind == "interference":
                    retries, megabits = retries + 9.0, 0.5 * megabits
                elif kind == "uplink":
                    latency, megabits = 2.5 * latency + 10.0, 0.3 * megabits
                else:
                    megabits, retries = 0.02 * megabits, retries + 6.0
            rows.append((point, moment, clients, *(round(float(x), 2) for x in (megabits, max(retries, 0.0), latency))))
    keys = {"point": "VARCHAR(8) NOT NULL", "moment": "DATETIME NOT NULL"}
    yield Table(
        "network", keys | {"clients": "INT", "megabits": "DOUBLE", "retries": "DOUBLE", "latency": "DOUBLE"}, rows
    )
    yield Table("truth_fault", keys | {"fault": "VARCHAR(20)"}, faults)
