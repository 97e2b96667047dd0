"""Options as HeatWave writes them: other spellings, what is accepted without effect, what is not offered."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.tasks.option_tables import ABSENT, ALGORITHMS
from models.tasks.options import algorithms, parse
from models.tasks.protocol import fit_task
from tests.models.tasks.tables import codes, rng


def likes() -> pd.DataFrame:
    draw = rng(0)
    u, i = np.repeat(np.arange(12), 6), np.concatenate([draw.permutation(9)[:6] for _ in range(12)])
    return pd.DataFrame({"u": u.astype(str), "i": i.astype(str), "r": 3.0 + (u % 2 == i % 2) + draw.normal(0, 0.1, 72)})


def test_patterns_are_one_or_several_or_have_names() -> None:
    for written in ("port [0-9]+", ["port [0-9]+"], {"PORT": "port [0-9]+"}):
        found = parse("log_anomaly_detection", "train", {"logad_options": {"additional_masking_regex": written}})
        assert found["logad_options"]["additional_masking_regex"] == ("port [0-9]+",)
    with pytest.raises(StudyError, match="write a list of names"):
        parse("log_anomaly_detection", "train", {"logad_options": {"additional_masking_regex": 3}})


def test_semisupervised_as_a_word() -> None:
    by_word = parse("anomaly_detection", "train", {"experimental": "semisupervised"})
    by_key = parse("anomaly_detection", "train", {"experimental": {"semisupervised": {}}})
    assert by_word.values == by_key.values
    with pytest.raises(StudyError, match="write an object"):
        parse("anomaly_detection", "train", {"experimental": "supervised"})


def test_what_changes_nothing_is_told() -> None:
    options = {"logad_options": {"embedding_model": "x", "window_size": 4}}
    assert parse("log_anomaly_detection", "train", options).unused == ("logad_options.embedding_model",)
    films = {"item_metadata": {"table_name": "shop.films"}}
    plain = {"users": "u", "items": "i", "model_list": ["SVD"]}
    with_films = fit_task("recommendation", likes(), "r", plain | films)
    assert "unused_option" in codes(with_films.card)
    assert with_films.predict(likes()) == fit_task("recommendation", likes(), "r", plain).predict(likes())
    with pytest.raises(StudyError, match="has no key 'table'"):
        parse("recommendation", "predict", {"user_metadata": {"table": "shop.people"}})


@pytest.mark.parametrize("task", ABSENT)
def test_what_is_not_offered_may_be_excluded(task: str) -> None:
    for name in ABSENT[task]:  # type: ignore[index]
        with pytest.raises(StudyError, match=f"'{name}', which is not offered; .* is the nearest"):
            parse(task, "train", {"model_list": [name]})  # type: ignore[arg-type]
        left = algorithms(task, parse(task, "train", {"exclude_model_list": [name]}))  # type: ignore[arg-type]
        assert left == tuple(ALGORITHMS[task])  # type: ignore[index]


def test_what_counts_as_liked() -> None:
    """From 0 on everything is right, from 9 on nothing."""
    model = fit_task("recommendation", likes(), "r", {"users": "u", "items": "i", "model_list": ["SVD"]})
    asked = {"topk": 2, "remove_seen": False}
    score = {least: model.score(likes(), "r", "hit_ratio_at_k", asked | {"threshold": least}) for least in (0, 3.5, 9)}
    assert score[0] == 1.0
    assert score[9] is None
    assert model.score(likes(), "r", "precision_at_k", asked) == model.score(
        likes(), "r", "precision_at_k", asked | {"threshold": likes()["r"].mean()}
    )
    with pytest.raises(StudyError, match="'threshold' is for rankings"):
        model.score(likes(), "r", "r2", {"threshold": 3})
