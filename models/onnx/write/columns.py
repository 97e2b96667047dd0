"""Columns of the table as inputs of a graph, and the features that the preparation makes of them.

A number and a truth (0, 1) are a number, NaN where missing. A category is a text, empty where missing. An instant is a
number: seconds since 1970-01-01 00:00 on the clock that training had. Months and years are reckoned from days as
Howard Hinnant's ``civil_from_days`` does: eras of 400 years that begin on the first of March.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from onnx import TensorProto, numpy_helper

from ingest.errors import StudyError
from models.automl.columns.categories import CategoryRecipe
from models.automl.columns.dates import DateRecipe
from models.automl.columns.numbers import LARGEST, NumberRecipe
from models.automl.columns.prepare import Preparation
from models.onnx.write.graph import Graph

__all__ = ["features"]

DAY = 86_400.0


def features(graph: Graph, preparation: Preparation) -> list[str]:
    """A value (rows, 1) for each feature. Raises `StudyError` for a column that no operator can read."""
    out: list[str] = []
    for recipe in preparation.recipes:
        for kind, make in _KINDS.items():
            if isinstance(recipe, kind):
                out += make(graph, recipe)
                break
        else:
            raise StudyError(
                f"column {recipe.column!r} is free text, whose words no ONNX operator counts; train without it"
            )
    return out


def _number(graph: Graph, recipe: NumberRecipe) -> list[str]:
    unit = f"number in {recipe.unit}" if recipe.unit else "number"
    value = graph.input(recipe.column, TensorProto.DOUBLE, f"{unit}; NaN: missing")
    known = graph("Where", graph("IsInf", value), np.float64(np.nan), value)
    bounded = graph("Max", graph("Min", known, np.float64(LARGEST)), np.float64(-LARGEST))
    return [graph("Where", graph("IsNaN", known), np.float64(np.nan), bounded)]


def _category(graph: Graph, recipe: CategoryRecipe) -> list[str]:
    value = graph.input(recipe.column, TensorProto.STRING, "text; empty: missing")
    other = float(len(recipe.levels)) if recipe.shares else np.nan
    out = []
    if recipe.levels:
        out.append(_encoded(graph, value, {level: float(code) for code, level in enumerate(recipe.levels)}, other))
    if recipe.shares:
        out.append(_encoded(graph, value, recipe.shares, 0.0))
    return out


def _encoded(graph: Graph, value: str, numbers: Mapping[str, float], other: float) -> str:
    words = ["", *numbers]
    return graph(
        "LabelEncoder", value, domain="ai.onnx.ml",
        keys_tensor=numpy_helper.from_array(np.array(words, dtype=object)),
        values_tensor=numpy_helper.from_array(np.array([np.nan, *numbers.values()], dtype=np.float64)),
        default_tensor=numpy_helper.from_array(np.array([other])),
    )  # fmt: skip


def _date(graph: Graph, recipe: DateRecipe) -> list[str]:
    value = graph.input(recipe.column, TensorProto.DOUBLE, "seconds since 1970-01-01 00:00; NaN: missing")
    origin = (pd.Timestamp(recipe.origin) - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    days = graph("Floor", graph("Div", value, np.float64(DAY)))
    out = []
    for part in recipe.parts:
        if part == "days":
            out.append(graph("Div", graph("Sub", value, np.float64(origin)), np.float64(DAY)))
        elif part == "hour":
            seconds = graph("Sub", value, graph("Mul", days, np.float64(DAY)))
            out.append(graph("Div", seconds, np.float64(3600.0)))
        elif part == "day_of_week":
            out.append(_modulo(graph, graph("Add", days, np.float64(3.0)), 7))  # 1970 began on a Thursday
        else:
            out.append(_civil(graph, days)[part])
    return out


def _modulo(graph: Graph, value: str, by: int) -> str:
    whole = graph("Mul", _divided(graph, value, by), np.float64(by))
    return graph("Sub", value, whole)


def _divided(graph: Graph, value: str, by: int) -> str:
    return graph("Floor", graph("Div", value, np.float64(by)))


def _civil(graph: Graph, days: str) -> dict[str, str]:
    """Year and month of a day since 1970."""
    shifted = graph("Add", days, np.float64(719_468))  # from the first of March of the year 0
    day = _modulo(graph, shifted, 146_097)  # of the era
    leap = graph("Add", graph("Sub", day, _divided(graph, day, 1_460)), _divided(graph, day, 36_524))
    year = _divided(graph, graph("Sub", leap, _divided(graph, day, 146_096)), 365)  # of the era
    before = graph("Sub", graph("Add", graph("Mul", year, np.float64(365)), _divided(graph, year, 4)),
                   _divided(graph, year, 100))  # fmt: skip
    of_year = graph("Sub", day, before)
    march = _divided(graph, graph("Add", graph("Mul", of_year, np.float64(5)), np.float64(2)), 153)
    early = graph.double(graph("Not", graph("Less", march, np.float64(10))))  # January and February
    month = graph("Sub", graph("Add", march, np.float64(3)), graph("Mul", early, np.float64(12)))
    era = graph("Mul", _divided(graph, shifted, 146_097), np.float64(400))
    gap = graph("Mul", days, np.float64(0))  # NaN where there is no instant
    return {
        "year": graph("Add", graph("Add", graph("Add", era, year), early), gap),
        "month": graph("Add", month, gap),
    }


_KINDS: Mapping[type, Callable[[Graph, Any], list[str]]] = {
    NumberRecipe: _number, CategoryRecipe: _category, DateRecipe: _date,
}  # fmt: skip
