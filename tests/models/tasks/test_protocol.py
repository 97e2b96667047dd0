"""What holds for every task."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.option_tables import ALGORITHMS, METRICS, TASKS
from models.tasks.protocol import fit_task, load_task
from tests.models.tasks.tables import CASES, Case, asked, fitted

NAMES = [case[0] for case in CASES]


def test_every_task_is_here() -> None:
    assert tuple(sorted(NAMES)) == tuple(sorted(TASKS))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
class TestEveryTask:
    def test_text_and_back(self, case: Case) -> None:
        model = fitted(case)
        text = model.to_text()
        again = load_task(text)
        assert again.to_text() == text == fit_task(*case).to_text()
        table = asked(case)
        assert again.predict(table).results == model.predict(table).results

    def test_card(self, case: Case) -> None:
        task, table, _, _ = case
        card = fitted(case).card
        assert card.task == task
        assert all(name in ALGORITHMS[card.task] for name in card.algorithm.split(", "))
        assert card.metric is None or card.metric in METRICS[card.task]
        assert set(card.columns) <= set(table.columns)
        assert card.facts["n_rows"] == len(table)
        assert card.facts["quality"] in ("low", "high")
        assert all(note["en"] and note["ja"] for note in card.facts["notes"])
        assert {"training_params", "n_columns", "n_selected_rows", "n_selected_columns", "yardsticks"} <= set(
            card.facts
        )

    def test_answers(self, case: Case) -> None:
        """One per row, plain JSON; further columns, another order and another index change nothing."""
        model, table = fitted(case), asked(case)
        answers = model.predict(table)
        assert len(answers.results) == len(table)
        assert json.loads(json.dumps(answers.results, allow_nan=False)) == answers.results
        assert answers.predictions is None or len(answers.predictions) == len(table)
        odd = table.assign(**{"another `column`": "x"}).iloc[:, ::-1].set_axis(range(100, 100 + len(table)))
        assert model.predict(odd).results == answers.results

    def test_no_rows(self, case: Case) -> None:
        assert fitted(case).predict(asked(case).head(0)).results == []
        with pytest.raises(StudyError, match="no rows"):
            fit_task(case[0], case[1].head(0), case[2], case[3])

    def test_missing_column(self, case: Case) -> None:
        model = fitted(case)
        first = model.card.columns[0]
        with pytest.raises(StudyError, match=f"no column {first!r}"):
            model.predict(asked(case).drop(columns=first))

    def test_wrong_option(self, case: Case) -> None:
        task, table, target, options = case
        with pytest.raises(StudyError, match="'modellist' is not an option of training"):
            fit_task(task, table, target, {**options, "modellist": ["x"]})
        with pytest.raises(StudyError, match="is not an option of prediction"):
            fitted(case).predict(asked(case), {"thresold": 1})
        with pytest.raises(StudyError, match="did you mean"):
            fit_task(task, table, target, {**options, "model_list": [next(iter(ALGORITHMS[task])) + "s"]})  # type: ignore[index]

    def test_wrong_metric(self, case: Case) -> None:
        with pytest.raises(StudyError, match=r"is not one of|has no score"):
            fitted(case).score(asked(case), case[2], "roc")

    def test_progress(self, case: Case) -> None:
        heard: list[float] = []
        task, table, target, options = case
        fit_task(task, table, target, options, told=lambda stage, share: heard.append(share))
        assert heard[0] == 0.0
        assert heard[-1] == 1.0
        assert all(0 <= share <= 1 for share in heard)

    def test_cancelled(self, case: Case) -> None:
        """What the listener raises ends the training."""

        def stop(stage: str, share: float) -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            fit_task(case[0], case[1], case[2], case[3], told=stop)


def test_unknown_task() -> None:
    with pytest.raises(StudyError, match="did you mean 'anomaly_detection'"):
        fit_task("anomaly_detecton", pd.DataFrame({"a": [1]}), None)


def test_unknown_target() -> None:
    with pytest.raises(StudyError, match="target column 'labl' is not in the table; did you mean 'label'"):
        fit_task("anomaly_detection", pd.DataFrame({"label": [1, 2]}), "labl")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 9, "card": {}, "state": {}}', "null"])
def test_no_model(text: str) -> None:
    with pytest.raises(StudyError, match="train"):
        load_task(text)


def test_spoilt_model() -> None:
    content = json.loads(fitted(CASES[1]).to_text())
    content["state"]["fitted"]["detector"]["sample"]["base64"] = "!"
    with pytest.raises(StudyError, match="cannot be read"):
        load_task(json.dumps(content))
    del content["state"]["fitted"]
    with pytest.raises(StudyError, match="cannot be read"):
        load_task(json.dumps(content))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"contamination": 0}, "number between 0 and 0.5, both excluded"),
        ({"contamination": 0.5}, "both excluded"),
        ({"contamination": True}, "write a number"),
        ({"contamination": "much"}, "write a number"),
        ({"model_list": "GkNN"}, "write a list of names"),
        ({"exclude_model_list": ["PCA"]}, "it is for forecasting"),
        ({"optimization_metric": "roc_auc"}, "it is for forecasting"),
        ({"experimental": {"semi": {}}}, "has no key 'semi'"),
        ({"supervised_submodel_options": {"n_neighbors": 2.5}}, "whole number"),
        ({"notes": 5}, "write it as a text"),
        ({"model_list": ["GkNN", "PCA"]}, "name one"),
        ({"exclude_column_list": ["nowhere"]}, "not in the table"),
        ({"include_column_list": ["line"], "exclude_column_list": ["line"]}, "both included and excluded"),
        ({"exclude_column_list": ["圧力", "温度", "line"]}, "exclude fewer columns"),
    ],
)
def test_wrong_values(options: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        fit_task("anomaly_detection", CASES[1][1], None, options)


def test_null_is_the_default_and_words_are_numbers() -> None:
    table = CASES[1][1]
    plain = fit_task("anomaly_detection", table, None, {"contamination": 0.02})
    wordy = fit_task("anomaly_detection", table, None, {"contamination": "0.02", "model_list": None})
    assert plain.to_text() == wordy.to_text()


def test_cells_as_a_database_gives_them() -> None:
    """Decimals, dates, booleans and missing ones as objects."""
    from decimal import Decimal

    table = CASES[1][1]
    objects = table.assign(圧力=[Decimal(repr(value)) for value in table["圧力"]]).astype(object)
    objects.loc[3, "温度"] = None
    model = fit_task("anomaly_detection", objects, None, {"contamination": 0.02})
    found = model.predict(objects).results
    assert np.isfinite([each["probabilities"]["anomaly"] for each in found]).all()
