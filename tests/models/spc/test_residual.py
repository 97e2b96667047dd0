"""What context explains is taken out, what happened is not."""

import numpy as np
import pandas as pd
import pytest

from models.spc.residual import cross_fitted

N = 400


def made(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    volume, product = rng.normal(100, 10, N), rng.choice(["A", "B"], N)
    volume_seen = np.where(rng.random(N) < 0.1, np.nan, volume)
    context = pd.DataFrame({"volume": volume_seen, "product": pd.Categorical(product)})
    base = 20 + 0.5 * volume + 8 * (product == "B")
    return context, base, rng.normal(size=N)


def test_context_is_taken_out_and_the_mean_stays() -> None:
    context, base, noise = made()
    told = cross_fitted(base + noise, context, np.arange(N) // 20 % 5)
    assert told.r2 > 0.8
    assert told.residual.mean() == pytest.approx((base + noise).mean(), abs=0.1)
    assert abs(np.corrcoef(told.residual, np.nan_to_num(context["volume"], nan=100.0))[0, 1]) < 0.1


def test_an_event_stays_in_the_residual() -> None:
    context, base, noise = made()
    event = np.where((np.arange(N) >= 200) & (np.arange(N) < 240), 6.0, 0.0)
    told = cross_fitted(base + noise + event, context, np.arange(N) // 20 % 5)
    assert told.residual[200:240].mean() - np.delete(told.residual, np.s_[200:240]).mean() == pytest.approx(6, abs=1)


def test_context_that_says_nothing_explains_nothing() -> None:
    rng = np.random.default_rng(1)
    told = cross_fitted(rng.normal(size=N), pd.DataFrame({"x": rng.normal(size=N)}), np.arange(N) % 5)
    assert -0.1 < told.r2 < 0.05


def test_a_number_far_outside_the_baseline_does_not_run_away() -> None:
    context, base, noise = made()
    context.loc[N - 1, "volume"] = 1e6
    told = cross_fitted(base + noise, context, np.arange(N) // 20 % 5)
    assert np.abs(told.residual - told.residual.mean()).max() < 40
