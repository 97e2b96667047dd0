"""The plants of the ranking benchmark tell the truth, and its metrics read documents rightly."""

import math
import tomllib
from typing import Any

import numpy as np
import pytest

from models.study.data import StudyData, prepare
from models.study.spec import StudySpec
from tests.benchmarks.ranking.draft import LOT
from tests.benchmarks.ranking.families import FAMILIES
from tests.benchmarks.ranking.files import frame_of, toml_of
from tests.benchmarks.ranking.goals import Goal
from tests.benchmarks.ranking.line import LOSS, VERDICT, Floats, Line, Windows
from tests.benchmarks.ranking.metrics import score
from tests.benchmarks.ranking.peers import PEERS
from tests.benchmarks.ranking.picture import LINES, draw_picture, points
from tests.benchmarks.ranking.plants import Plant, draw
from tests.benchmarks.ranking.results import MAIN
from tests.benchmarks.ranking.settings import FEEDBACK
from tests.benchmarks.ranking.summary import Share, summarise, wilson
from tests.benchmarks.ranking.truth import MIN_SUPPORT
from tests.benchmarks.ranking.work import METHODS
from tests.layout.tree import ROOT

QUICK = [family for family in FAMILIES if family != "large"]


def loss_of_whole_line(line: Line, windows: Windows) -> Floats:
    """The slow way: every node again, in order, with settings held as they are passed."""
    fresh: dict[str, Floats] = {}
    for name, node in line.nodes.items():
        values = node.rule(fresh, line.noise[name])
        fresh[name] = node.held(values, windows[name]) if name in windows else values
    return fresh[LOSS]


def gain_of_whole_line(plant: Plant, windows: Windows) -> float:
    return float((plant.line.values[LOSS] - loss_of_whole_line(plant.line, windows)).mean())


def some_windows(plant: Plant, rng: np.random.Generator) -> dict[str, list[Any]]:
    """A window for every setting, admissible or not."""
    windows: dict[str, list[Any]] = {}
    for setting in plant.settings:
        if setting.levels:
            windows[setting.name] = [setting.levels[int(rng.integers(len(setting.levels)))]]
        else:
            windows[setting.name] = np.sort(rng.uniform(setting.low, setting.high, size=2)).tolist()
    return windows


@pytest.mark.parametrize("family", ["small", "feedback", "lotwise", "decoys", "power", "categorical"])
def test_gains_are_those_of_running_the_whole_line_again(family: str) -> None:
    plant = draw(family, 3)
    windows = some_windows(plant, np.random.default_rng(0))
    for name, window in windows.items():
        assert plant.truth.gain({name: window}) == pytest.approx(gain_of_whole_line(plant, {name: window}), abs=1e-12)
    assert plant.truth.gain(windows) == pytest.approx(gain_of_whole_line(plant, windows), abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_best_window_is_the_best_of_all_admissible_ones(seed: int) -> None:
    plant = draw("small", seed)
    for setting in plant.settings:
        if setting.levels or not plant.truth.acts(setting.name):
            continue
        best, found = plant.truth.best[setting.name], 0.0
        for low, lower in enumerate(setting.grid):
            for upper in setting.grid[low + 2 :]:
                window = {setting.name: (lower, upper)}
                if plant.truth.inside(window).mean() >= MIN_SUPPORT:
                    found = max(found, plant.truth.gain(window))
        assert best.gain == pytest.approx(found, abs=1e-12)
        if found > 0:
            assert plant.truth.gain({setting.name: best.window}) == pytest.approx(found, abs=1e-12)


def test_windows_off_the_grid_or_too_narrow_are_not_admissible() -> None:
    plant = draw("small", 1)
    setting = next(one for one in plant.settings if not one.levels)
    low, high, step = setting.low, setting.high, setting.step
    judged = [
        plant.truth.admissible(setting.name, window)
        for window in ([low, high], [low + step / 2, high], [low - step, high], [low, low + step], [high, low])
    ]
    assert judged == [True, False, False, False, False]


def test_a_dead_setting_gives_exactly_nothing() -> None:
    plant = draw("moderate", 5)
    dead = [setting.name for setting in plant.settings if not plant.truth.acts(setting.name)]
    windows = some_windows(plant, np.random.default_rng(1))
    assert dead
    for name in dead:
        assert plant.truth.best[name].gain == 0.0
        assert plant.truth.gain({name: windows[name]}) == 0.0
        assert np.array_equal(loss_of_whole_line(plant.line, {name: windows[name]}), plant.line.values[LOSS])


@pytest.mark.parametrize("seed", range(2))
def test_a_mediator_carries_all_of_the_gain(seed: int) -> None:
    plant = draw("mediators", seed)
    leading = plant.truth.leading
    assert leading is not None
    assert leading not in plant.line.nodes[LOSS].parents
    best = plant.truth.best[leading]
    assert best.gain > 0
    # Every measured state as it was: then nothing the setting does reaches the loss, but through other settings.
    states = [name for name, node in plant.line.nodes.items() if node.role == "state"]
    frozen = {name: plant.line.values[name] for name in states}
    fresh: dict[str, Floats] = {}
    for name, node in plant.line.nodes.items():
        fresh[name] = frozen.get(name, node.rule(fresh, plant.line.noise[name]))
        if name == leading:
            fresh[name] = node.held(fresh[name], best.window)
    assert np.array_equal(fresh[LOSS], plant.line.values[LOSS])


@pytest.mark.parametrize("family", ["small", "feedback"])
def test_a_seed_is_a_plant(family: str) -> None:
    plant, again = draw(family, 11), draw(family, 11)
    assert frame_of(plant).equals(frame_of(again))
    assert plant.study == again.study


@pytest.mark.parametrize("family", QUICK)
def test_the_study_of_a_plant_is_one(family: str) -> None:
    plant = draw(family, 11)
    assert tomllib.loads(toml_of(plant.study)) == plant.study
    data = prepare(frame_of(plant), StudySpec.parse(plant.study))
    assert isinstance(data, StudyData)
    assert set(data.controllable()) == {setting.name for setting in plant.settings}
    # Chance of a bad one against what was recorded: six standard deviations.
    loss, verdict = plant.line.values[LOSS], plant.line.values[VERDICT]
    if plant.config.task == "classification":
        assert abs(verdict.mean() - loss.mean()) < 6 * math.sqrt(loss.mean() / plant.config.units)


def test_another_seed_is_another_plant() -> None:
    assert draw("small", 1).columns != draw("small", 2).columns


def test_where_no_setting_acts_context_still_does() -> None:
    for seed in range(2):
        plant = draw("null", seed)
        assert plant.truth.best_gain == 0.0
        assert plant.truth.leading is None
        assert "context" in {plant.line.nodes[name].role for name in plant.line.causes if name in plant.line.nodes}


def explained(plant: Plant, column: str) -> float:
    """Share of a numeric column that product, ambient and shift decide, by least squares."""
    parts = [np.ones(plant.config.units)]
    for name, node in plant.line.nodes.items():
        if node.role == "context" or node.stage == 0.0:
            values = plant.line.values[name]
            parts += [(values == k).astype(float) for k in range(len(node.levels))] if node.levels else [values]
    design, y = np.column_stack(parts), plant.line.values[column]
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(1.0 - residual.var() / y.var())


def test_confounding_is_how_far_context_decides_the_settings() -> None:
    def mean(confounding: float) -> float:
        plants = [draw("small", seed, confounding) for seed in (0, 1)]
        return float(np.mean([explained(p, s.name) for p in plants for s in p.settings if not s.levels]))

    none, some, much = mean(0.0), mean(0.5), mean(1.0)
    assert none < 0.2
    assert none + 0.1 < some < much
    assert much > 0.6


def test_settings_are_held_for_whole_lots() -> None:
    plant = draw("lotwise", 2)
    lot = plant.line.values[LOT].astype(int)
    for setting in plant.settings:
        values = plant.line.values[setting.name]
        assert all(len(np.unique(values[lot == k])) == 1 for k in range(0, lot.max() + 1, 7))


def test_operators_turn_a_setting_after_bad_results() -> None:
    plant = draw("feedback", 4)
    turned = plant.line.noise[FEEDBACK]
    assert turned[0] == 0.0
    assert turned.std() > 0.05
    smooth = np.convolve(plant.line.values[VERDICT], np.ones(40) / 40, mode="valid")
    assert abs(np.corrcoef(smooth[:-1], turned[40:])[0, 1]) > 0.3


def entry(factor: str, windows: dict[str, Any], estimate: float, low: float, high: float) -> dict[str, Any]:
    gain = {"estimate": estimate, "low": low, "high": high}
    return {"factor": factor, "group": list(windows), "windows": windows, "gain": gain, "evidence": "adjusted"}


def test_metrics_of_a_document_made_by_hand() -> None:
    plant = draw("small", 1)
    truth, leading = plant.truth, plant.truth.leading
    assert leading is not None
    best = truth.best[leading]
    dead = next(s for s in plant.settings if not s.levels and not truth.acts(s.name))
    right = entry(leading, {leading: list(best.window)}, best.gain * 1.25, best.gain * 0.5, best.gain * 1.5)
    wrong = entry(dead.name, {dead.name: [dead.low, dead.high]}, 0.01, 0.005, 0.02)
    row = score({"verdict": "factors_found", "ranking": [right, wrong]}, truth)
    assert row["hit"] is True
    assert row["regret"] == pytest.approx(0.0)
    assert row["overlap"] == 1.0
    assert [one["admissible"] for one in row["entries"]] == [True, True]
    assert row["false_first"] is False
    turned = score({"verdict": "factors_found", "ranking": [wrong, right]}, truth)
    assert (turned["hit"], turned["regret"], turned["false_first"]) == (False, 1.0, True)
    silent = score({"verdict": "no_actionable_factor", "ranking": []}, truth)
    assert (silent["hit"], silent["regret"]) == (False, 1.0)
    rows = [each | {"seconds": 1.0, "rss_mb": 10} for each in (row, turned, silent)]
    figures = summarise([*rows, {"error": "ended with 1"}])
    assert figures["best first"] == Share(1, 3)
    assert figures["regret"] == pytest.approx(2 / 3)
    assert figures["cover"] == Share(1, 2)
    assert figures["all"] == Share(2, 4)
    assert figures["false any"] == Share(2, 3)
    assert figures["found"] == Share(2, 3)
    assert figures["failed"] == 1


def test_a_window_of_what_cannot_be_set_gives_nothing() -> None:
    plant = draw("small", 1)
    state = next(name for name, node in plant.line.nodes.items() if node.role == "state" and plant.truth.acts(name))
    row = score({"verdict": "factors_found", "ranking": [entry(state, {state: [0.0, 1.0]}, 1, 0, 2)]}, plant.truth)
    assert (row["hit"], row["regret"], row["false_first"]) == (False, 1.0, True)


@pytest.mark.parametrize(("hits", "of"), [(0, 20), (9, 10), (50, 200), (20, 20)])
def test_wilson_edges_are_where_the_normal_test_turns(hits: int, of: int) -> None:
    for edge in wilson(hits, of):
        if 0 < edge < 1:
            assert abs(hits / of - edge) == pytest.approx(1.6449 * math.sqrt(edge * (1 - edge) / of))


def test_every_family_and_figure_is_documented() -> None:
    page = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    named = [*FAMILIES, *MAIN, *METHODS, *PEERS]
    assert not [name for name in named if f"`{name}`" not in page]


def test_the_picture_names_every_method_it_draws() -> None:
    rows = [
        {"method": method, "confounding": strength, "verdict": "factors_found", "hit": strength < 1, "regret": strength}
        for method in ("genba", "shap", "shap_set")
        for strength in (0.0, 1.0)
    ]
    found = points(rows)
    assert [(one.confounding, one.hit, one.realised) for one in found[:2]] == [(0.0, 1.0, 1.0), (1.0, 0.0, 0.0)]
    picture = draw_picture(rows)
    assert [picture.count(f">{LINES[name].said}<") for name in ("genba", "shap", "shap_set", "pareto_set")] == [
        2,
        2,
        2,
        0,
    ]


def test_goals_are_judged_only_where_there_are_plants_enough() -> None:
    goal = Goal(("moderate",), "best first", low=0.95)
    assert goal.reached(Share(39, 40)) is True
    assert goal.reached(Share(20, 40)) is False
    assert goal.reached(Share(9, 10)) is None
    assert goal.reached(Share(0, 0)) is None
