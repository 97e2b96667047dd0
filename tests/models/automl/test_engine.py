import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.automl import Model, fit, load
from tests.models.automl.tables import parts, power, three

QUICK: dict[str, Any] = {"trials": 4, "model_list": ["LogisticRegression", "LGBMClassifier"], "leaks": "off"}
QUICK_R: dict[str, Any] = {**QUICK, "task": "regression", "model_list": ["LinearRegression", "LGBMRegressor"]}
TABLES: dict[str, tuple[Callable[[], pd.DataFrame], str, dict[str, Any]]] = {
    "binary": (parts, "verdict", QUICK),
    "three": (three, "grade", QUICK),
    "regression": (power, "kw", QUICK_R),
}


@pytest.fixture(scope="module", params=list(TABLES))
def trained(request: pytest.FixtureRequest) -> tuple[pd.DataFrame, str, Model]:
    make, target, options = TABLES[request.param]
    table = make()
    return table, target, fit(table, target, **options)


def test_predictions_have_the_shape_of_scikit_learn(trained: tuple[pd.DataFrame, str, Model]) -> None:
    table, target, model = trained
    features = table.drop(columns=target)
    said = model.predict(features)
    assert said.shape == (len(table),)
    if model.task == "regression":
        assert np.isfinite(said).all()
        low, high = model.predict_interval(features)
        assert (low <= said).all()
        assert (said <= high).all()
        return
    assert list(model.classes_) == sorted(table[target].unique())
    assert set(said) <= set(model.classes_)
    probabilities = model.predict_proba(features)
    assert probabilities.shape == (len(table), len(model.classes_))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-9)


def test_it_learns(trained: tuple[pd.DataFrame, str, Model]) -> None:
    _, _, model = trained
    quality = model.quality
    assert quality.forward is not None
    assert quality.baseline is not None
    assert quality.forward > quality.baseline + 0.1
    assert quality.forward_low is not None
    assert quality.forward_low <= quality.forward
    assert model.facts["importance"][0]["column"] == "temperature"


def test_order_and_company_of_columns_do_not_matter(trained: tuple[pd.DataFrame, str, Model]) -> None:
    table, target, model = trained
    mixed = table.drop(columns=target).assign(stranger="x")
    mixed = mixed[sorted(mixed.columns, reverse=True)]
    np.testing.assert_array_equal(model.predict_raw(mixed), model.predict_raw(table))
    backwards = model.predict_raw(table.iloc[::-1])[::-1]
    np.testing.assert_allclose(backwards, model.predict_raw(table), atol=1e-12)


def test_a_column_that_is_missing_is_named(trained: tuple[pd.DataFrame, str, Model]) -> None:
    table, _, model = trained
    with pytest.raises(StudyError, match="temperature"):
        model.predict(table.rename(columns={"temperature": "temperatur"}))


def test_text_and_back(trained: tuple[pd.DataFrame, str, Model], tmp_path: Path) -> None:
    table, _, model = trained
    model.save(tmp_path / "model.json")
    again = load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict_raw(table), model.predict_raw(table))
    np.testing.assert_array_equal(again.predict(table), model.predict(table))
    assert again.to_text() == model.to_text()
    assert json.loads(json.dumps(again.describe()))["quality"]["metric"] == model.quality.metric


def test_rows_are_explained_to_the_last_digit(trained: tuple[pd.DataFrame, str, Model]) -> None:
    table, _, model = trained
    for method in ("shap", "permutation_importance"):
        found = model.explain_rows(table.head(3), method=method)  # type: ignore[arg-type]
        np.testing.assert_allclose(found.base + found.values.sum(axis=1), model.predict_raw(table.head(3)), atol=1e-8)
    attention = model.explain(table)
    assert attention.table["column"].iloc[0] == "temperature"
    with pytest.raises(StudyError, match="needs the target"):
        model.explain(table[list(model.columns)])


@pytest.mark.parametrize("name", TABLES)
def test_same_seed_same_bytes(name: str) -> None:
    make, target, options = TABLES[name]
    assert fit(make(), target, **options).to_text() == fit(make(), target, **options).to_text()


def test_an_interrupted_search_returns_its_best_and_goes_on_later(tmp_path: Path) -> None:
    seen: list[str] = []

    def impatient(what: str, share: float, best: float | None) -> None:
        seen.append(what)
        if what == "LGBMClassifier":
            raise KeyboardInterrupt

    journal = tmp_path / "trials"
    stopped = fit(parts(), "verdict", told=impatient, resume=journal, **QUICK)
    assert stopped.facts["ended"] == "interrupted"
    assert len(stopped.members) == 1
    assert len(stopped.predict(parts())) == 400
    kept = journal.read_text().splitlines()
    assert len(kept) == 1 + len(stopped.facts["trials"])
    resumed = fit(parts(), "verdict", resume=journal, **QUICK)
    assert resumed.to_text() == fit(parts(), "verdict", **QUICK).to_text()


def test_a_journal_of_another_table_is_begun_anew_and_a_torn_line_is_dropped(tmp_path: Path) -> None:
    journal = tmp_path / "trials"
    fit(parts(), "verdict", resume=journal, **QUICK)
    whole = journal.read_text()
    journal.write_text(whole[:-40])
    fit(parts(), "verdict", resume=journal, **QUICK)
    first = journal.read_text().splitlines()[0]
    fit(parts(seed=1), "verdict", resume=journal, **QUICK)
    assert journal.read_text().splitlines()[0] != first


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tusk": "regression"}, "did you mean 'task'"),
        ({"task": "regresion"}, "did you mean 'regression'"),
        ({"model_list": ["LGBMClasifier"]}, "did you mean 'LGBMClassifier'"),
        ({"model_list": "LGBMClassifier"}, "must be a list"),
        ({"optimization_metric": "roc"}, "roc_auc"),
        ({"exclude_column_list": ["temprature"]}, "did you mean 'temperature'"),
        ({"time_column": "verdict"}, "is the target"),
        ({"monotone": {"temperature": 2}}, "is not -1, 0 or 1"),
        ({"cost_matrix": {"bad": "NG", "mised": 3, "false_stop": 1}}, "missed"),
        ({"class_weight": {"BAD": 2.0}}, "BAD"),
        ({"time_budget": -1}, "time_budget"),
        ({"leaks": "ignore"}, "leaks"),
        ({"roles": {"noise": "controlable"}}, "controllable"),
    ],
)
def test_unknown_words_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        fit(parts(60), "verdict", **{**QUICK, **options})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.iloc[:0], "no rows"),
        (lambda table: table.iloc[:5], "5 rows"),
        (lambda table: table.assign(verdict="OK"), "'OK' only"),
        (lambda table: table.assign(verdict=[f"c{place}" for place in range(len(table))]), "classes in"),
        (lambda table: table[["verdict"]], "no column is left"),
        (lambda table: pd.concat([table, table[["noise"]]], axis=1), "noise"),
        (lambda table: table.to_numpy(), "not a pandas DataFrame"),
    ],
)
def test_what_cannot_be_learnt_is_refused_in_words(change: Callable[[pd.DataFrame], Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        fit(change(parts(60)), "verdict", **QUICK)


def test_strange_cells_do_not_disturb() -> None:
    table = parts()
    table["empty"] = np.nan
    table["same"] = 1
    table["wild"] = np.where(np.arange(len(table)) % 7 == 0, np.inf, table["noise"])
    table["many"] = [f"level {place % 1000}" for place in range(len(table))]
    table["when"] = pd.date_range("2026-01-01", periods=len(table), freq="h")
    table["comment"] = np.where(table["verdict"] == "NG", "ベルト摩耗のため停止", "異常なし")
    table.loc[0, "verdict"] = None
    model = fit(table, "verdict", **QUICK)
    said = {note["code"] for note in model.facts["notes"]}
    assert "rows_without_target" in said
    assert "left_out" in said
    assert "empty" not in model.columns
    strange = table.head(5).assign(machine="M9", temperature=1e9, comment="?", many="new")
    assert np.isfinite(model.predict_proba(strange)).all()


def test_groups_and_time_choose_the_split() -> None:
    table = parts().assign(lot=np.arange(400) // 20, when=pd.date_range("2026-01-01", periods=400, freq="h"))
    grouped = fit(table.drop(columns="when"), "verdict", group_column="lot", **QUICK)
    assert grouped.quality.split == "grouped"
    assert "lot" not in grouped.columns
    timed = fit(table.sample(frac=1.0, random_state=0), "verdict", time_column="when", **QUICK)
    assert timed.quality.split == "forward"
    assert timed.quality.optimism is not None
    again = Model.from_text(timed.to_text())
    np.testing.assert_array_equal(again.predict_raw(table), timed.predict_raw(table))


def test_a_declared_direction_is_kept() -> None:
    table = power()
    model = fit(table, "kw", monotone={"temperature": 1, "noise": -1}, **QUICK_R)
    assert {member.algorithm for member in model.members} <= {"LGBMRegressor", "NaiveRegressor"}
    row = pd.concat([table.head(1)] * 50, ignore_index=True)
    for column, sign in (("temperature", 1), ("noise", -1)):
        said = model.predict(row.assign(**{column: np.linspace(table[column].min(), table[column].max(), 50)}))
        assert (sign * np.diff(said) >= -1e-9).all()


def test_costs_choose_the_threshold() -> None:
    table = parts()
    cheap = fit(table, "verdict", cost_matrix={"bad": "NG", "missed": 100, "false_stop": 1}, **QUICK)
    dear = fit(table, "verdict", cost_matrix={"bad": "NG", "missed": 1, "false_stop": 100}, **QUICK)
    assert (cheap.predict(table) == "NG").sum() > (dear.predict(table) == "NG").sum()
    assert cheap.facts["promises"]["economy"]["saved"]["estimate"] >= 0


def test_outcomes_are_never_features() -> None:
    table = parts().assign(rework=lambda rows: (rows["verdict"] == "NG") * 5.0)
    model = fit(table, "verdict", roles={"rework": "outcome"}, **QUICK)
    assert "rework" not in model.columns


def test_a_clear_leak_is_excluded_unless_only_reported() -> None:
    table = parts().assign(copy=lambda rows: (rows["verdict"] == "NG") * 1)
    options = {**QUICK, "leaks": "exclude"}
    model = fit(table, "verdict", **options)
    assert "copy" not in model.columns
    assert model.leaks.score_with is not None
    assert model.leaks.score_without is not None
    assert model.leaks.score_with > model.leaks.score_without
    reported = fit(table, "verdict", **{**options, "leaks": "report"})
    assert "copy" in reported.columns
    assert "copy" in reported.leaks.suspected_columns
    assert reported.leaks.excluded_columns == ()
    assert reported.leaks.score_without is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "\x80\x04\x95",
        '{"format": "genba-model-9"}',
        '{"format": "genba-model-2"}',
        '{"format": "genba-model-1", "task": "classification", "columns": ["a"], "levels": {}, "booster": "tree"}',
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(StudyError):
        Model.from_text(text)


def test_a_poisoned_model_is_refused() -> None:
    content = json.loads(fit(parts(), "verdict", **QUICK).to_text())
    for change in (
        lambda broken: broken["members"][0].update(algorithm="os.system"),
        lambda broken: broken["members"][0]["fitted"][0].update(kind="pickle"),
        lambda broken: broken["decisions"].update(calibration={"kind": "eval", "numbers": []}),
        lambda broken: broken.update(background=[["__import__"]]),
    ):
        broken = json.loads(json.dumps(content))
        change(broken)
        with pytest.raises(StudyError):
            Model.from_text(json.dumps(broken))


def test_no_warning_reaches_the_user() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(three(), "grade", trials=12, leaks="off")


def test_numbers_that_count_are_learnt_from_where_there_is_nothing_else() -> None:
    count = np.arange(1, 61)
    table = pd.DataFrame({"month": count, "y": 2.0 * count + np.sin(count)})
    assert fit(table, "y", task="regression", trials=3).columns == ("month",)
    beside = table.assign(z=np.cos(7.0 * count))
    assert fit(beside, "y", task="regression", trials=3).columns == ("z",)
