"""One measured piece in a process of its own, so that its peak memory is its own. Prints one line of JSON.

Usage: ``python -m tests.benchmarks.stage PIECE SETTINGS`` with PIECE among the functions of `PIECES`.
"""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from ingest.settings import load_plant, load_settings
from ingest.store import read, results
from ingest.store.engine import Store, connect
from models.jobs import Stage, study_data
from models.study.build import build
from models.study.data import StudyData

STUDY = "leaking_caps"


def _stage(store: Store, settings_file: Path) -> Stage:
    settings = load_settings(settings_file)
    return Stage(settings, load_plant(settings), store, STUDY)


def _silent(_share: float, _what: str) -> None:
    pass


def build_table(store: Store, settings_file: Path) -> dict[str, Any]:
    stage = _stage(store, settings_file)
    done = build(store, stage.plant, STUDY)
    return {"rows": done.rows, "readings": done.readings}


def build_peer(store: Store, settings_file: Path) -> dict[str, Any]:
    """The obvious way: for each unit and machine one query."""
    stage = _stage(store, settings_file)
    line = stage.plant.studies[STUDY].line
    ids = [row.signal_id for row in read.signals(store) if f"/{line}/" in row.address]
    units = read.units_after(store, line, 0)[:500]
    for unit in units:
        for visit in read.visits(store, line, [unit.serial]):
            read.readings(store, ids, visit.entered, visit.left)
    return {"rows": len(units)}


def train(store: Store, settings_file: Path) -> dict[str, Any]:
    counts = _stage(store, settings_file).train(_silent)
    return {"rows": counts["rows"], "forward": counts["forward"], "random": counts["random"]}


def _data(store: Store, settings_file: Path) -> StudyData:
    data = study_data(store, _stage(store, settings_file).plant, STUDY).data
    assert isinstance(data, StudyData)
    return data


def train_peer(store: Store, settings_file: Path) -> dict[str, Any]:
    """LightGBM with its defaults, fitted once, scored on random rows: no honest split, no interval."""
    import lightgbm
    from sklearn.model_selection import cross_val_score

    data = _data(store, settings_file)
    model = lightgbm.LGBMClassifier(n_jobs=1, verbosity=-1)
    scores = cross_val_score(model, data.features, data.loss, cv=3, scoring="roc_auc")
    return {"rows": data.n, "random": float(scores.mean())}


def rank(store: Store, settings_file: Path) -> dict[str, Any]:
    stage = _stage(store, settings_file)
    stage.rank(_silent)
    first = stage.document["ranking"][0]
    return {"rows": stage.document["n_units"], "first": first["factor"], "gain": first["gain"]["estimate"]}


def rank_peer(store: Store, settings_file: Path) -> dict[str, Any]:
    """HeatWave's default, permutation importance over all columns: one number a column, no window, no gain."""
    import lightgbm
    from sklearn.inspection import permutation_importance

    data = _data(store, settings_file)
    model = lightgbm.LGBMClassifier(n_jobs=1, verbosity=-1).fit(data.features, data.loss)
    found = permutation_importance(model, data.features, data.loss, scoring="roc_auc", n_repeats=5, random_state=0)
    return {"rows": data.n, "first": str(data.features.columns[found.importances_mean.argmax()])}


def report(store: Store, settings_file: Path) -> dict[str, Any]:
    stage = _stage(store, settings_file)
    row = results.latest_ranking(store, STUDY)
    assert row is not None
    stage.document, stage.ranking_id = row.document, row.ranking_id
    return {"files": len(stage.report(_silent)["files"])}


PIECES: dict[str, Callable[[Store, Path], dict[str, Any]]] = {
    piece.__name__: piece for piece in (build_table, build_peer, train, train_peer, rank, rank_peer, report)
}


def main() -> None:
    piece, settings_file = PIECES[sys.argv[1]], Path(sys.argv[2])
    store = connect(load_settings(settings_file).database)
    started = time.perf_counter()
    found = piece(store, settings_file)
    found["seconds"] = time.perf_counter() - started
    # Linux counts kilobytes, macOS bytes.
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
    store.close()
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main()
