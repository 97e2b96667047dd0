"""The game that every explainer of predictions plays: from which row each column of the user takes its cell.

A *position* is a row of a table; an array of positions (N, columns) describes N made-up rows, each column's cell taken
from the row named there. So cells are only ever moved, never invented, and one game suits numbers, words and dates.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Game", "frame_game", "matrix_game", "whole"]

Game = Callable[[Ints], Floats]
"""Positions (N, columns) → predictions (N, outputs) in the space that is explained."""


def frame_game(predict: Callable[[pd.DataFrame], Floats], table: pd.DataFrame) -> Game:
    """The game of a function of tables; its columns are those of ``table``.

    >>> table = pd.DataFrame({"a": [1.0, 2.0], "b": [10.0, 20.0]})
    >>> game = frame_game(lambda rows: rows.sum(axis=1).to_numpy()[:, None], table)
    >>> game(np.array([[0, 0], [0, 1]]))
    array([[11.],
           [21.]])
    """
    columns = [table.iloc[:, place] for place in range(table.shape[1])]

    def play(positions: Ints) -> Floats:
        taken = {place: column.array.take(positions[:, place]) for place, column in enumerate(columns)}
        made = pd.DataFrame(taken)
        made.columns = table.columns
        return predict(made)

    return play


def matrix_game(predict: Callable[[Matrix], Floats], matrix: Matrix) -> Game:
    """The game of a function of matrices; all features made from one column of the user move together."""
    places = [np.flatnonzero(np.array(matrix.source) == column) for column in range(len(matrix.columns))]

    def play(positions: Ints) -> Floats:
        values = np.empty((len(positions), matrix.p))
        for column, features in enumerate(places):
            values[:, features] = matrix.values[np.ix_(positions[:, column], features)]
        return predict(replace(matrix, values=values))

    return play


def whole(rows: Ints, columns: int) -> Ints:
    """(n, columns): the rows as they are."""
    return np.repeat(rows[:, None], columns, axis=1)
