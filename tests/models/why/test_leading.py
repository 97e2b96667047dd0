"""Credit goes to the columns that did it: on plants with known mechanisms, and on AI4I's documented failures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.learn import contributions, glance
from models.why import explain_batch, read
from models.why.leading import credit_of, shapley
from tests.models.why.plants import studied, two_mechanisms

AI4I = Path(__file__).parents[4] / "shared" / "data" / "ai4i2020" / "ai4i2020.csv"
MODES = {
    "HDF": {"Air temperature [K]", "Process temperature [K]", "Rotational speed [rpm]"},
    "PWF": {"Torque [Nm]", "Rotational speed [rpm]"},
    "OSF": {"Tool wear [min]", "Torque [Nm]", "Type"},
}


def share(leading: Sequence[Sequence[str]], causes: Sequence[set[str]]) -> float:
    return float(np.mean([set(found[:2]) <= wanted for found, wanted in zip(leading, causes, strict=True)]))


def test_shapley_values_of_a_game_solved_by_hand():
    """The glove game: one left glove (0), two right ones; a pair is worth 1. Known values: 2/3, 1/6, 1/6."""
    worth = np.array([0, 0, 0, 1, 0, 1, 0, 1], dtype=float)[:, None]
    assert shapley(worth)[:, 0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_two_mechanisms_in_different_regions_each_get_their_own_columns():
    frame, causes = two_mechanisms(0)
    data = studied(frame)
    units = [row for row in range(len(frame)) if frame["bad"][row] and causes[row]]
    wanted = [causes[row] for row in units]
    model = glance(data)
    assert model is not None
    parts = contributions(model.model, data.features.iloc[units])
    plain = [list(parts.columns[order]) for order in np.argsort(-parts.to_numpy(), axis=1)]
    ours = share(explain_batch(read(data), units), wanted)
    assert ours >= 0.93
    assert ours >= share(plain, wanted)


def test_the_waterfall_adds_up():
    frame, _ = two_mechanisms(1, 1500)
    reading = read(studied(frame))
    for credit in credit_of(reading, np.flatnonzero(frame["bad"])[:5]):
        assert credit.base + credit.rest + credit.values.sum() == pytest.approx(credit.start)


def test_same_seed_same_credit_and_rows_do_not_depend_on_their_neighbours():
    frame, _ = two_mechanisms(2, 1200)
    data = studied(frame)
    units = np.flatnonzero(frame["bad"])[:6]
    one, two = (credit_of(read(data), some) for some in (units, units[3:4]))
    assert one[3].players == two[0].players
    assert one[3].values == pytest.approx(two[0].values)


@pytest.mark.shared
@pytest.mark.skipif(not AI4I.exists(), reason=f"{AI4I} is not here")
def test_nine_in_ten_documented_failures_are_put_down_to_their_documented_causes():
    table = pd.read_csv(AI4I)
    flags = ["TWF", "HDF", "PWF", "OSF", "RNF"]
    frame = table.drop(columns=["UDI", "Product ID", "Machine failure", *flags]).assign(bad=table["Machine failure"])
    data = studied(frame)
    documented = table[list(MODES)].any(axis=1) & ~table[["TWF", "RNF"]].any(axis=1) & (table["Machine failure"] == 1)
    units = np.flatnonzero(documented)
    wanted = [set().union(*(MODES[mode] for mode in MODES if table[mode][row])) for row in units]
    leading = explain_batch(read(data), [int(row) for row in units])
    assert len(units) == 284
    assert share(leading, wanted) >= 0.90
    for mode in MODES:
        alone = [at for at, row in enumerate(units) if table[mode][row] and table.loc[row, list(MODES)].sum() == 1]
        assert share([leading[at] for at in alone], [wanted[at] for at in alone]) >= 0.85, mode
