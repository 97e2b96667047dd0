"""Lines whose energy is known by construction: base load, energy per unit, weather, performance, savings, starts."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from models.study.spec import StudySpec


@dataclass
class Line:
    """kW = base + Σ per_unit · units/h + heating · (15 − T)₊ + cooling · (T − 20)₊ + autocorrelated noise.

    Two shifts on working days (06-22), one product per 4 hours; intervals of 15 minutes, stamped at their end, UTC.
    """

    seed: int = 0
    days: int = 42
    base: float = 40.0
    per_unit: dict[str, float] = field(default_factory=lambda: {"A": 0.6, "B": 1.0})
    rate: float = 120.0
    """Units per hour while running."""
    heating: float = 0.0
    cooling: float = 2.0
    noise: float = 4.0
    from_day: int = 28
    """First day of the changed period."""
    volume: float = 1.0
    """Rate after / before."""
    share_b: tuple[float, float] = (0.4, 0.4)
    warmer: float = 0.0
    saved_kw: float = 0.0
    """Less power while the line runs or stands, after the change."""
    scrap: tuple[float, float] = (0.02, 0.02)
    start_kwh: float = 0.0
    """Extra energy in the first hour of a start."""

    def frame(self) -> pd.DataFrame:
        rng = np.random.default_rng(self.seed)
        n = self.days * 96
        quarter = np.arange(n)
        day, hour = quarter // 96, (quarter % 96) / 4
        after = day >= self.from_day
        weekday = day % 7
        runs = (weekday < 5) & (hour >= 6) & (hour < 22)
        lot = rng.uniform(size=self.days * 6)[quarter // 16]
        product = np.where(lot < np.where(after, self.share_b[1], self.share_b[0]), "B", "A")
        speed = self.rate * (1 + 0.15 * rng.normal(size=self.days * 6)[quarter // 16]) * np.where(after, self.volume, 1)
        made = np.where(runs, rng.poisson(np.maximum(speed, 5) / 4), 0)
        bad = rng.binomial(made, np.where(after, self.scrap[1], self.scrap[0]))
        drift = np.convolve(rng.normal(size=self.days + 6), np.ones(7) / 7 * 4, "valid")[: self.days]
        ambient = 18 + drift[day] + 6 * np.sin((hour - 9) / 24 * 2 * np.pi) + self.warmer * after
        per = np.array([self.per_unit[name] for name in ("A", "B")])[(product == "B").astype(int)]
        kwh = self.base / 4 + made * per
        kwh += (self.heating * np.maximum(15 - ambient, 0) + self.cooling * np.maximum(ambient - 20, 0)) / 4
        wander = np.zeros(n)
        white = rng.normal(size=n) * np.sqrt(1 - 0.9**2)
        for place in range(1, n):
            wander[place] = 0.9 * wander[place - 1] + white[place]
        kwh += self.noise * wander / 4 - self.saved_kw * after / 4
        starts = runs & ~np.concatenate(([False], runs[:-1]))
        for place in np.flatnonzero(starts):
            kwh[place : place + 4] += self.start_kwh * np.array([0.4, 0.3, 0.2, 0.1])
        end = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta((quarter + 1) * 15, unit="min")
        return pd.DataFrame(
            {"end": end, "kwh": kwh, "good": made - bad, "bad": bad, "product": product, "ambient": ambient}
        )

    def spec(self, **more: Any) -> StudySpec:
        return spec(baseline_until=str(pd.Timestamp("2026-01-05") + pd.Timedelta(days=self.from_day))[:10], **more)


def spec(cost: dict[str, Any] | None = None, **energy: Any) -> StudySpec:
    declared = {"production": "good", "scrap": "bad", "mix": ["product"], "weather": ["ambient"], "unit": "kWh"}
    content = {
        "name": "line",
        "task": "regression",
        "target": "kwh",
        "time": "end",
        "energy": declared | energy,
        "cost": cost or {},
    }
    return StudySpec.parse(content)
