"""A tree model's text that would crash LightGBM, or run for ever in it, never reaches it."""

import re
from collections.abc import Callable

import lightgbm
import numpy as np
import pytest

from ingest.errors import StudyError
from models.automl.algorithms.audit import audited
from models.automl.algorithms.boosted import trees_of


@pytest.fixture(scope="module")
def text() -> str:
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(size=300), rng.integers(0, 6, 300)])
    values[::7, 0] = np.nan
    target = np.nan_to_num(values[:, 0]) + 9 * np.isin(values[:, 1], [0, 2, 5]) + np.isnan(values[:, 0])
    data = lightgbm.Dataset(values, target, categorical_feature=[1], feature_name=["f0", "f1"])
    parameters = {"verbosity": -1, "num_leaves": 5, "num_threads": 1, "min_data_per_group": 5}
    return trees_of(lightgbm.train(parameters, data, 3).model_to_string())


def resized(text: str) -> str:
    """With ``tree_sizes`` mended, as somebody who knows the format would."""
    blocks = re.split(r"(?=Tree=)", text.removesuffix("end of trees\n"))[1:]
    sizes = " ".join(str(len(block.encode())) for block in blocks)
    return re.sub(r"tree_sizes=.*", f"tree_sizes={sizes}", text)


def first(key: str, change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    """Change the numbers of the first line of this key."""

    def changed(text: str) -> str:
        found = re.search(rf"^{key}=(.*)$", text, re.MULTILINE)
        assert found is not None
        return text[: found.start(1)] + " ".join(change(found[1].split())) + text[found.end(1) :]

    return changed


def swap(at: int, value: str) -> Callable[[list[str]], list[str]]:
    return lambda numbers: [*numbers[:at], value, *numbers[at:][1:]]


def test_a_sound_text_passes_as_it_is(text: str) -> None:
    assert audited(text, 2, 1) == text
    assert "cat_threshold" in text
    assert resized(text) == text


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("leads back", first("left_child", swap(1, "0"))),
        ("leads back", first("right_child", swap(0, "0"))),
        ("left_child", first("left_child", swap(0, "4"))),
        ("right_child", first("right_child", swap(0, "-6"))),
        ("split_feature", first("split_feature", swap(0, "2"))),
        ("split_feature", first("split_feature", swap(0, "-1"))),
        ("threshold", first("threshold", swap(0, "nan"))),
        ("threshold", first("threshold", lambda numbers: numbers[:-1])),
        ("leaf_value", first("leaf_value", swap(0, "inf"))),
        ("leaf_value", first("leaf_value", lambda numbers: [*numbers, "1"])),
        ("decision_type", first("decision_type", swap(0, "99"))),
        ("num_leaves", first("num_leaves", swap(0, "999999999"))),
        ("cat_threshold", first("cat_boundaries", swap(1, "7000"))),
        ("cat_threshold", first("cat_threshold", swap(0, "-1"))),
        ("is_linear", first("is_linear", swap(0, "1"))),
        ("unknown", lambda text: text.replace("shrinkage", "leaf_const", 1)),
        ("unknown", lambda text: text.replace("label_index=0", "label_index=0\nparser=x")),
        ("version", lambda text: text.replace("version=v4", "version=v5")),
        ("features", lambda text: text.replace("max_feature_idx=1", "max_feature_idx=9")),
        ("names", lambda text: text.replace("feature_names=f0 f1", "feature_names=f0")),
        ("missing", lambda text: text.replace("Tree=1", "Tree=2")),
        ("list of trees", lambda text: text + "parameters:\n"),
        ("list of trees", lambda text: ""),
    ],
)
def test_a_poisoned_text_is_refused(text: str, why: str, change: Callable[[str], str]) -> None:
    poisoned = change(text)
    assert poisoned != text
    with pytest.raises(StudyError, match=why):
        audited(resized(poisoned) if poisoned.count("Tree=") else poisoned, 2, 1)


def test_sizes_and_outputs_are_counted(text: str) -> None:
    with pytest.raises(StudyError, match="tree_sizes"):
        audited(re.sub(r"tree_sizes=\d+", "tree_sizes=1", text), 2, 1)
    with pytest.raises(StudyError, match="outputs"):
        audited(text, 2, 3)
