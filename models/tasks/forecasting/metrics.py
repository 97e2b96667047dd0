"""How wrong forecasts are, under HeatWave's names: larger is better.

With truth y, forecast f, and means over the rows:

- neg_sym_mean_abs_percent_error: -mean(2 |y-f| / (|y|+|f|)), between -2 and 0; 0 where both are 0
- neg_root_mean_squared_percent_error: -sqrt(mean(((y-f)/y)^2)) over the rows with y other than 0
- neg_mean_abs_scaled_error: -mean(|y-f|) / s, s the mean error of the (seasonal) naive forecast inside training
- neg_root_mean_squared_error, neg_mean_squared_error, neg_mean_absolute_error, neg_max_absolute_error

Source: Hyndman and Koehler, Another look at measures of forecast accuracy, IJF 2006.

>>> round(measured("neg_sym_mean_abs_percent_error", np.array([100.0]), np.array([50.0]), 1.0), 3)
-0.667
"""

import numpy as np

from models.automl.matrix import Floats

__all__ = ["measured", "naive_scale"]


def naive_scale(past: Floats, season: int) -> float:
    """Mean absolute change over a season (or a step), the scale of the scaled error; 1 where nothing ever changes."""
    lag = season if 1 <= season < len(past) else 1
    scale = float(np.abs(past[lag:] - past[:-lag]).mean()) if len(past) > lag else 0.0
    return scale if scale > 0 else 1.0


def measured(metric: str, truth: Floats, forecast: Floats, scale: float) -> float | None:
    """The value over rows that have both; None where there are none, or the metric is undefined."""
    known = np.isfinite(truth) & np.isfinite(forecast)
    y, f = truth[known], forecast[known]
    if not len(y):
        return None
    error = np.abs(y - f)
    if metric == "neg_sym_mean_abs_percent_error":
        size = np.abs(y) + np.abs(f)
        return -float(np.mean(2 * error / np.where(size > 0, size, 1.0)))
    if metric == "neg_root_mean_squared_percent_error":
        return -float(np.sqrt(np.mean(np.square(error[y != 0] / y[y != 0])))) if (y != 0).any() else None
    values = {
        "neg_mean_abs_scaled_error": error.mean() / scale,
        "neg_root_mean_squared_error": np.sqrt(np.square(error).mean()),
        "neg_mean_squared_error": np.square(error).mean(),
        "neg_max_absolute_error": error.max(),
        "neg_mean_absolute_error": error.mean(),
    }
    return -float(values[metric])
