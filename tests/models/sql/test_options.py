"""Options as SQL users write them: known ones are taken, unknown ones are refused with the nearest known name."""

from typing import Any

import pytest

from models.sql.errors import MlError
from models.sql.options import OPTIONS, TASKS, checked, flag, task_of, train_options, whole

COLUMNS = ["a", "b", "y"]


@pytest.mark.parametrize("routine", sorted(OPTIONS))
def test_an_unknown_option_is_named_with_its_routine(routine: str) -> None:
    with pytest.raises(MlError, match=rf"'tsak' is unknown to {routine}"):
        checked(routine, {"tsak": 1})


@pytest.mark.parametrize("task", TASKS)
def test_tasks_in_large_and_small_letters(task: str) -> None:
    assert task_of({"task": task.title()}) == task


def test_without_a_task_it_is_classification() -> None:
    assert task_of({}) == task_of({"task": None}) == "classification"


def test_a_task_that_is_none_has_its_code_and_its_neighbour() -> None:
    with pytest.raises(MlError, match=r"ML001016: task 'regresion' is not supported; did you mean 'regression'\?"):
        task_of({"task": "regresion"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"exclude_column_list": ["c"]}, "names 'c', no column"),
        ({"include_column_list": ["y"]}, "is the target"),
        ({"include_column_list": ["a"], "exclude_column_list": ["a"]}, "both included and excluded"),
        ({"model_list": ["GaussianNB"], "exclude_model_list": ["SVC"]}, "cannot be combined"),
        ({"optimization_metric": "r2"}, "optimization_metric 'r2'"),
        ({"monotone": 3}, "'monotone' is '3'; write JSON_OBJECT"),
        ({"roles": ["a"]}, "write JSON_OBJECT"),
        ({"cost_matrix": 5}, "write JSON_OBJECT"),
        ({"seed": 1.5}, "write a whole number"),
        ({"exclude_column_list": "a"}, "must be a list of names"),
        ({"contamination": 0.1}, "'contamination' is unknown"),
    ],
)
def test_wrong_training_options(options: dict[str, Any], said: str) -> None:
    with pytest.raises(MlError, match=said):
        train_options(options, COLUMNS, "y", "classification")


def test_columns_that_must_stay_are_not_the_only_ones() -> None:
    assert "include_column_list" not in train_options({"include_column_list": ["a"]}, COLUMNS, "y", "classification")


@pytest.mark.parametrize(("value", "truth"), [(True, True), ("false", False), ("TRUE", True), (0, False)])
def test_truths(value: Any, truth: bool) -> None:
    assert flag({"remove_seen": value}, "remove_seen", True) is truth


def test_a_truth_that_is_none() -> None:
    with pytest.raises(MlError, match="write true or false"):
        flag({"remove_seen": "maybe"}, "remove_seen", True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"group_column": 3}, "'group_column' is '3'; write the name of one column"),
        ({"time_column": ["a"]}, "write the name of one column"),
    ],
)
def test_options_that_name_one_column(options: dict[str, Any], said: str) -> None:
    with pytest.raises(MlError, match=said):
        checked("ML_AUDIT", options)


@pytest.mark.parametrize("value", ["x", -1, 1.5, True, [1]])
def test_a_number_that_is_none(value: Any) -> None:
    with pytest.raises(MlError, match=r"option 'seed' is .*; write a whole number"):
        whole({"seed": value}, "seed", 0)


def test_pages_of_no_rows() -> None:
    with pytest.raises(MlError, match="'batch_size' is 0"):
        checked("ML_EXPLAIN_TABLE", {"batch_size": 0})


def test_a_column_that_must_stay_is_no_name_of_the_row() -> None:
    options = {"include_column_list": ["a"], "roles": {"b": "context"}}
    words = train_options(options, ["a", "b", "y"], "y", "regression")
    assert words["roles"] == {"a": "controllable", "b": "context"}
    assert "include_column_list" not in words
