"""The energy baseline (EnB) and its indicator (EnPI) in the words of ISO 50006:2023: a frozen model of consumption.

kWh of an hour = base load · hours + Σ_m b_m · units_m + Σ_k c_k · degree-hours_k, fitted by least squares on the
hours of a baseline period, then kept as plain numbers. It is *frozen*: `account` uses a baseline it is given and
never fits it again, for a model that learns every night learns the waste too.

Checks: signs as physics has them; production varies; p < 0.05 for what is made, by standard errors that survive
autocorrelation (`models.energy.ols`); R² ≥ 0.75; CV(RMSE) = sqrt(SSE/(n − p)) / mean ≤ 30 % for hours, 15 % for
longer intervals; |NMBE| = |Σ(y − ŷ)| / Σy ≤ 10 % in the worst block of days predicted from the others; at least 10
days. The limits are those commonly quoted from ISO 50006 practice and ASHRAE Guideline 14.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ingest.errors import StudyError
from models.energy.document import LEVEL, BaselineEntry, CheckEntry, TermEntry
from models.energy.ols import independent, inflation, least_squares, rule_of_thumb
from models.energy.terms import Hours, Term, design, mix_terms
from models.energy.weather import folds, held_out, weather_terms
from models.energy.words import say
from models.study.data import Notice

__all__ = ["Baseline", "baseline_entry", "baseline_from_json", "checks_of", "fit_baseline", "kept_baseline"]

Floats = NDArray[np.float64]

VERSION = 1
AGAIN = "`genba schedule once --study NAME --new-baseline` fits a new one"
FEWEST_HOURS = 24
"""Fewer hours than a day and a night say nothing of either."""
FEWEST_DAYS = 10
P_LIMIT = 0.05
R2_LIMIT = 0.75
CV_LIMIT_HOURS, CV_LIMIT_LONGER = 0.30, 0.15
NMBE_LIMIT = 0.10
COVERED_LIMIT = 0.90
"""Share of the later hours whose drivers must lie in the range of the baseline."""
SHARES = ("cv_rmse", "nmbe", "coverage")
"""Checks whose figures are read in percent."""
MARGIN = 0.10
"""Of the range, to either side, that a straight line may be extended."""


@dataclass(frozen=True)
class Baseline:
    """The frozen model. ``low``, ``high``: range of each term per hour; ``sums``: of the design over the period."""

    terms: tuple[Term, ...]
    coef: Floats
    cov: Floats
    p: Floats
    sigma: float
    """Standard deviation of an hour's residual, kWh."""
    inflation: float
    """n / n_effective of the residuals."""
    drift: float
    """Share of the energy by which days held back are missed beyond chance; 0 where chance suffices."""
    low: Floats
    high: Floats
    sums: Floats
    hours: float
    kwh: float
    made: float
    good: float
    counted: bool
    n: int
    days: int
    first: str
    last: str
    grain_hours: float
    r2: float
    cv_rmse: float
    nmbe: float | None

    def expected(self, hours: Hours) -> Floats:
        """kWh that the baseline expects in each hour."""
        return np.asarray(design(hours, self.terms) @ self.coef)

    @property
    def half_widths(self) -> Floats:
        """Of the coefficients' 90 % intervals: Student's t over days."""
        times = float(stats.t.ppf((1 + LEVEL) / 2, max(self.days - 1, 1)))
        return np.asarray(times * np.sqrt(np.maximum(np.diag(self.cov), 0.0)))

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; `baseline_from_json` is the way back."""
        said: dict[str, Any] = {"version": VERSION, "terms": [term.plain() for term in self.terms]}
        for key in Baseline.__dataclass_fields__:
            value = getattr(self, key)
            if key != "terms":
                said[key] = value.tolist() if isinstance(value, np.ndarray) else value
        return said

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        arrays: dict[str, Any] = {
            key: np.asarray(said[key], dtype=np.float64) for key in ("coef", "cov", "p", "low", "high", "sums")
        }
        rest: dict[str, Any] = {
            key: said[key] for key in cls.__dataclass_fields__ if key not in arrays and key != "terms"
        }
        return cls(terms=tuple(Term.of(term) for term in said["terms"]), **arrays, **rest)


def baseline_from_json(said: Mapping[str, Any]) -> Baseline:
    """A frozen baseline as it was stored. Raises `StudyError` where it is none."""
    if said.get("version") != VERSION:
        raise StudyError(f"energy baseline has version {said.get('version')!r}, not {VERSION}; {AGAIN}")
    try:
        found = Baseline.of(said)
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(f"energy baseline cannot be read ({error}); {AGAIN}") from None
    p = len(found.terms)
    if found.cov.shape != (p, p) or any(len(part) != p for part in (found.coef, found.low, found.high, found.sums)):
        raise StudyError(f"energy baseline has {p} terms and coefficients of another number; {AGAIN}")
    return found


def kept_baseline(account: Mapping[str, Any], until: date | None) -> Baseline | None:
    """The baseline that an account's document froze, or None where it is not settled yet and has to be fitted again.

    ``until``: the declared end of its period. Settled is a declared period that is over, else one of enough days:
    frozen on a plant's second day, it would be of one day for ever. Raises `StudyError` where it cannot be read.
    """
    entry = account["baseline"]
    if entry["days"] < FEWEST_DAYS if until is None else account["savings"] is None:
        return None
    return baseline_from_json(entry["frozen"])


def fit_baseline(hours: Hours) -> Baseline | Notice:
    """Fit the baseline on these hours, or say why not."""
    n = hours.n
    if n < FEWEST_HOURS:
        return Notice("baseline_short", {"n": n, "needed": FEWEST_HOURS})
    if float(np.std(hours.kwh)) <= 1e-12 * max(1.0, abs(float(hours.kwh.mean()))):
        return Notice("baseline_constant", {})
    terms = _terms(hours)
    x = design(hours, terms)
    held = sum(term.place for term in terms)
    days = len(np.unique(hours.day))
    per_day = max(1, round(24 / float(np.median(hours.length))))
    fit = least_squares(x, hours.kwh, min(max(rule_of_thumb(n), per_day), n // 4), held)
    # Days, not hours, are the independent facts: the usual n / (n - p) is that of days.
    fit = replace(fit, cov=fit.cov * days / max(days - len(terms), 1))
    rate = x / hours.length[:, None]
    spill = inflation(fit.residual, 7 * per_day)
    total, square = float(hours.kwh.sum()), float(fit.residual @ fit.residual)
    spread = float(((hours.kwh - hours.kwh.mean()) ** 2).sum())
    rmse = math.sqrt(square / max(n - len(terms), 1))
    return Baseline(
        terms=tuple(terms),
        coef=fit.coef,
        cov=fit.cov,
        p=fit.p_values(days - 1),
        sigma=rmse,
        inflation=spill,
        drift=_drift(hours, x, fit.cov, rmse**2 * spill),
        low=rate.min(axis=0),
        high=rate.max(axis=0),
        sums=x.sum(axis=0),
        hours=float(hours.length.sum()),
        kwh=total,
        made=float(hours.made.sum()),
        good=float(hours.good.sum()),
        counted=hours.counted,
        n=n,
        days=days,
        first=str(hours.day[0]),
        last=str(hours.day[-1]),
        grain_hours=float(np.median(hours.length)),
        r2=1 - square / spread,
        cv_rmse=rmse / abs(total / n) if total else math.inf,
        nmbe=_bias(hours, x[:, : len(terms) - held]),
    )


def _terms(hours: Hours) -> list[Term]:
    """What these hours can tell apart: products, base load, weather, and the places of its change-points."""
    others = [*mix_terms(hours), *([Term("volume")] if hours.counted else [])]
    terms = [*others, *weather_terms(hours, others)]
    terms = [terms[place] for place in independent(design(hours, terms))]
    terms += [replace(term, place=True) for term in terms if term.level in ("below", "above")]
    return [terms[place] for place in independent(design(hours, terms))]


def _bias(hours: Hours, x: Floats) -> float | None:
    """The worst share by which a block of days is missed that was predicted from the others."""
    fold = folds(hours)
    missed = np.bincount(fold, hours.kwh - held_out(x, hours.kwh, fold))
    energy = np.bincount(fold, hours.kwh)
    shares = missed[energy > 0] / energy[energy > 0]
    return float(max(shares, key=abs)) if len(shares) else None


def _drift(hours: Hours, x: Floats, cov: Floats, variance: float) -> float:
    """What a straight model does not know and chance does not explain, as a share of the energy.

    Misses of blocks held back, M_b, have the variance v_b = n_b σ² g + x_b'V x_b if the model is right. Where
    Σ M_b² / v_b lies beyond the 95 % point of χ², the excess of M² over v counts as an error of the model itself.
    """
    fold = folds(hours)
    missed, energy = np.bincount(fold, hours.kwh - held_out(x, hours.kwh, fold)), np.bincount(fold, hours.kwh)
    drivers = np.vstack([np.bincount(fold, part) for part in x.T])
    usual = np.bincount(fold) * variance + np.einsum("pb,pq,qb->b", drivers, cov, drivers)
    if variance <= 0 or (missed**2 / usual).sum() <= stats.chi2.ppf(0.95, len(usual)):
        return 0.0
    return float(np.sqrt(max(float((missed**2 - usual).mean()), 0.0) / float((energy**2).mean())))


def checks_of(baseline: Baseline, later: Hours | None) -> list[CheckEntry]:
    """Is the baseline fit for use? ``later``: the hours it is to be used on."""
    drivers = [place for place, term in enumerate(baseline.terms) if term.kind == "mix"]
    wrong = [
        term.name
        for term, value in zip(baseline.terms, baseline.coef, strict=True)
        if value < 0 and _is_positive_by_nature(term)
    ]
    weak = [baseline.terms[place].name for place in drivers if baseline.p[place] >= P_LIMIT]
    limit = CV_LIMIT_HOURS if baseline.grain_hours <= 1 else CV_LIMIT_LONGER
    worst = max((float(baseline.p[place]) for place in drivers), default=None)
    found = [
        _check("sign", not wrong, float(len(wrong)), 0.0, terms=", ".join(wrong)),
        _check("driver", baseline.counted and baseline.made > 0, None, None),
        _check("p_value", not weak, worst, P_LIMIT, terms=", ".join(weak)),
        _check("r2", baseline.r2 >= R2_LIMIT, baseline.r2, R2_LIMIT),
        _check("cv_rmse", baseline.cv_rmse <= limit, baseline.cv_rmse, limit),
        _check("days", baseline.days >= FEWEST_DAYS, float(baseline.days), float(FEWEST_DAYS)),
    ]
    if baseline.nmbe is not None:
        found.append(_check("nmbe", abs(baseline.nmbe) <= NMBE_LIMIT, baseline.nmbe, NMBE_LIMIT))
    if later is not None and later.n:
        covered = _covered(baseline, later)
        found.append(_check("coverage", covered >= COVERED_LIMIT, covered, COVERED_LIMIT))
    return found


def _is_positive_by_nature(term: Term) -> bool:
    """A base load, units of a product, heating below and cooling above a point cannot give energy back."""
    units = term.kind == "mix" and (not term.column or (term.level != "" and term.point > 0))
    return term.kind == "volume" or term.level in ("below", "above") or units


def _covered(baseline: Baseline, later: Hours) -> float:
    rate = design(later, baseline.terms) / later.length[:, None]
    room = MARGIN * (baseline.high - baseline.low) + 1e-9
    return float(((rate >= baseline.low - room) & (rate <= baseline.high + room)).all(axis=1).mean())


def _check(name: str, passed: bool, value: float | None, limit: float | None, **blanks: Any) -> CheckEntry:
    code = f"check_{name}_{'passed' if passed else 'failed'}"
    shown = [f"{part:.1%}" if name in SHARES and part is not None else part for part in (value, limit)]
    words = say(Notice(code, {"value": shown[0], "limit": shown[1], **blanks}))
    return {"check": name, "passed": passed, "value": value, "limit": limit, "en": words["en"], "ja": words["ja"]}


def baseline_entry(baseline: Baseline, later: Hours | None) -> BaselineEntry:
    """The baseline for people: coefficients with intervals, and its checks."""
    terms: list[TermEntry] = [
        {
            "term": term.name if baseline.counted else term.name.replace("units", "hours"),
            "kind": term.kind,
            "coefficient": float(value),
            "unit": _unit(term, baseline.counted),
            "low": float(value - half),
            "high": float(value + half),
            "p": float(p),
        }
        for term, value, half, p in zip(baseline.terms, baseline.coef, baseline.half_widths, baseline.p, strict=True)
        if not term.place
    ]
    checks = checks_of(baseline, later)
    return {
        "valid": all(check["passed"] for check in checks),
        "terms": terms,
        "checks": checks,
        "r2": baseline.r2,
        "cv_rmse": baseline.cv_rmse,
        "nmbe": baseline.nmbe,
        "n": baseline.n,
        "days": baseline.days,
        "grain_hours": baseline.grain_hours,
        "frozen": baseline.to_json(),
    }


def _unit(term: Term, counted: bool) -> str:
    if term.kind == "volume" or (term.kind == "mix" and not counted):
        return "kW"
    return "kWh per unit" if term.kind == "mix" else "kW per degree"
