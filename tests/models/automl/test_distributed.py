"""One study on two workers that are processes of their own: as good as here, and each has read its own parts."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest
from distributed import Client
from sklearn.metrics import log_loss, roc_auc_score

from ingest.errors import StudyError
from models.automl import fit
from models.automl.algorithms.boosted import Boosted, load_boosted
from models.automl.distributed import USUAL, fit_distributed, grow
from models.automl.matrix import Floats, Matrix
from models.automl.target import Target
from tests.models.cluster import two_workers

ROWS = 3000
LEVELS = ("A", "B", "C")
CONFIG = {**USUAL, "num_iterations": 20, "num_leaves": 15, "learning_rate": 0.2}


@dataclass(frozen=True)
class Numbers:
    """A preparation in its simplest form."""

    columns: tuple[str, ...] = ("x", "gap", "die")

    def transform(self, table: pd.DataFrame) -> Matrix:
        die = pd.Categorical(table["die"], LEVELS).codes.astype(np.float64)
        values = np.column_stack([table["x"], table["gap"], np.where(die < 0, np.nan, die)])
        return Matrix(values, self.columns, self.columns, (0, 1, 2), (0, 0, len(LEVELS)))


@dataclass(frozen=True)
class Signed(Numbers):
    """Leaves behind how many parts each process has read."""

    folder: str = ""

    def transform(self, table: pd.DataFrame) -> Matrix:
        mine = Path(self.folder) / f"{os.getpid()}.pid"
        mine.write_text(str(int(mine.read_text()) + 1 if mine.exists() else 1))
        return super().transform(table)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with two_workers(tmp_path_factory.mktemp("cluster")) as cluster, Client(cluster, set_as_default=False) as found:
        yield found


def table(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=ROWS), "gap": rng.normal(size=ROWS), "die": rng.choice(LEVELS, ROWS)})
    signal = 2 * frame["x"] * (frame["die"] == "A") - frame["gap"]
    frame["bad"] = np.where(rng.random(ROWS) < 1 / (1 + np.exp(-signal)), "NG", "OK")
    frame["power"] = 1e6 + signal + rng.normal(size=ROWS) / 10
    frame["grade"] = np.where(frame["bad"] == "NG", "c", np.where(frame["x"] > 0, "a", "b"))
    frame.loc[rng.random(ROWS) < 0.1, "gap"] = np.nan
    return frame


@pytest.fixture
def parts(tmp_path: Path) -> Callable[[pd.DataFrame], list[str]]:
    """A table as three files."""

    def write(frame: pd.DataFrame) -> list[str]:
        names = [str(tmp_path / f"part-{place}.parquet") for place in range(3)]
        for name, rows in zip(names, np.array_split(np.arange(len(frame)), 3), strict=True):
            frame.iloc[rows].to_parquet(name)
        return names

    return write


def here(frame: pd.DataFrame, codes: Floats, objective: str, **more: int) -> lightgbm.Booster:
    parameters = {**CONFIG, "objective": objective, "verbosity": -1, "seed": 0, "num_threads": 1, **more}
    rounds = int(parameters.pop("num_iterations"))
    dataset = lightgbm.Dataset(Numbers().transform(frame).values, codes, categorical_feature=[2])
    return lightgbm.train(parameters, dataset, rounds)


def test_two_workers_tell_good_from_bad_as_one_does(client: Client, parts: Callable[..., list[str]]) -> None:
    frame, unseen = table(), table(1)
    frame.loc[:9, "bad"] = None
    target = Target("bad", "classification", ("NG", "OK"))
    model = grow(client, parts(frame), target, Numbers(), CONFIG)
    assert isinstance(model, Boosted)
    known, matrix = frame.iloc[10:], Numbers().transform(unseen)
    truth, found = target.codes(unseen["bad"]), model.predict(matrix)
    alone = here(known, target.codes(known["bad"]), "binary").predict(matrix.values)
    assert roc_auc_score(truth, found[:, 1]) == pytest.approx(roc_auc_score(truth, alone), abs=0.02)
    assert log_loss(truth, found) == pytest.approx(log_loss(truth, alone), abs=0.02)
    kept = load_boosted(model.to_dict(), "classification")
    np.testing.assert_array_equal(kept.predict(matrix), found)


def test_a_whole_model_of_parts(client: Client, parts: Callable[..., list[str]]) -> None:
    frame, unseen = table().drop(columns=["power", "grade"]), table(1)
    model = fit_distributed(client, parts(frame), "bad", trials=2, leaks="off")
    alone = fit(frame, "bad", trials=2, leaks="off", model_list=["LGBMClassifier"])
    assert [member.algorithm for member in model.members] == ["LGBMClassifier"]
    assert (model.facts["rows"], model.facts["parts"]) == (ROWS, 3)
    truth = unseen["bad"] == "OK"
    found, expected = (each.predict_proba(unseen)[:, 1] for each in (model, alone))
    assert roc_auc_score(truth, found) == pytest.approx(roc_auc_score(truth, expected), abs=0.02)
    again = type(model).from_text(model.to_text())
    np.testing.assert_array_equal(again.predict_proba(unseen)[:, 1], found)


def test_what_a_cluster_cannot_do_is_refused(client: Client) -> None:
    with pytest.raises(StudyError, match="option 'class_weight' is not known to training on a cluster"):
        fit_distributed(client, ["a.parquet"], "bad", class_weight="balanced")


def test_each_worker_reads_its_own_parts(client: Client, parts: Callable[..., list[str]], tmp_path: Path) -> None:
    target = Target("power", "regression", ())
    grow(client, parts(table()), target, Signed(folder=str(tmp_path)), {**CONFIG, "num_iterations": 1})
    signed = {path.name: path.read_text() for path in tmp_path.glob("*.pid")}
    assert sorted(int(count) for count in signed.values()) == [1, 2]
    assert str(os.getpid()) not in {name.split(".")[0] for name in signed}


def test_numbers_on_a_large_base(client: Client, parts: Callable[..., list[str]]) -> None:
    frame, unseen = table(), table(1)
    model = grow(client, parts(frame), Target("power", "regression", ()), Numbers(), CONFIG)
    matrix = Numbers().transform(unseen)
    power = unseen["power"].to_numpy()
    alone = here(frame, frame["power"].to_numpy() - 1e6, "regression").predict(matrix.values)
    error = np.sqrt(np.mean((model.predict(matrix) - power) ** 2))
    assert error == pytest.approx(np.sqrt(np.mean((alone + 1e6 - power) ** 2)), rel=0.05)
    assert set(model.fill) == {0, 2}


def test_a_class_that_one_worker_never_saw(client: Client, parts: Callable[..., list[str]]) -> None:
    frame = table().sort_values("grade", ignore_index=True)
    target = Target("grade", "classification", ("a", "b", "c"))
    model = grow(client, parts(frame), target, Numbers(), CONFIG)
    unseen = table(1)
    found = model.predict(Numbers().transform(unseen))
    assert found.shape == (ROWS, 3)
    assert np.allclose(found.sum(axis=1), 1)
    truth = target.codes(unseen["grade"])
    alone = here(frame, target.codes(frame["grade"]), "multiclass", num_class=3)
    expected = np.mean(alone.predict(Numbers().transform(unseen).values).argmax(axis=1) == truth)
    assert np.mean(found.argmax(axis=1) == truth) == pytest.approx(expected, abs=0.02)


def test_what_cannot_be_learnt_is_said(client: Client, parts: Callable[..., list[str]]) -> None:
    frame = table()
    with pytest.raises(StudyError, match="no column 'bud'; every part needs the target"):
        grow(client, parts(frame), Target("bud", "regression", ()), Numbers(), CONFIG)
    with pytest.raises(StudyError, match="no part of the table has a row with target 'bad'"):
        grow(client, parts(frame), Target("bad", "classification", ("x", "y")), Numbers(), CONFIG)
