"""Milliseconds of a row function on both servers: ``python -m tests.benchmarks.sql_row``.

200 trees of 31 leaves over 30 columns (27 numbers with gaps, 3 categories), and Iris; a detector of anomalies that
keeps 1,000 rows of 30 columns, and a recommender of 1,000 users, 500 items and 50,000 ratings. Medians of single calls
on one connection, client included; beside them the milliseconds of the server's own processor time, which a busy
machine disturbs less.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymysql
from sklearn.datasets import load_iris
from sqlalchemy.engine import make_url

from models.automl import fit
from models.automl.algorithms.base import Problem, Workbench
from models.automl.algorithms.boosting import LightGBM
from models.automl.model import Member, Model
from models.sql.install import PARTS
from models.sql.template import Engine, statements
from models.sql.walk import Unwalkable, Walk, walk_of
from models.sql.walk.explain import Explainer
from models.sql.walk.store import store
from models.sql.walk.tasks import walk_of_task
from models.tasks.protocol import TaskModel, fit_task
from simulators import servers

CALLS = 41
SCHEMA = "bench"
CONFIG = {"num_iterations": 200, "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 20, "lambda_l2": 1.0,
          "feature_fraction": 0.8}  # fmt: skip


def wide() -> tuple[Model, pd.DataFrame]:
    """200 trees × 31 leaves, and its table."""
    rng, rows = np.random.default_rng(0), 3_000
    frame = pd.DataFrame(rng.normal(size=(rows, 27)), columns=[f"sensor {place}" for place in range(27)])
    frame = frame.mask(rng.random(frame.shape) < 0.03)
    for place in range(3):
        frame[f"type {place}"] = rng.choice(list("ABCDEFGH"), rows)
    filled = frame.fillna({name: 0.0 for name in frame.columns if name.startswith("sensor")})
    z = filled["sensor 0"] * filled["sensor 1"] + filled["sensor 2"] + (frame["type 0"] == "A")
    z = z + sum(0.3 * np.sin(2 * filled[f"sensor {place}"]) for place in range(3, 20)) + 0.5 * rng.normal(size=rows)
    frame["verdict"] = np.where(z > 0.3, "NG", "OK")
    model = fit(frame, "verdict", model_list=["NaiveClassifier"], trials=1, threads=1, leaks="off")
    matrix, codes = model.preparation.transform(frame), model.target.codes(frame["verdict"])
    bench = Workbench(matrix, codes, np.ones(rows), Problem("classification", 2, (), 1))
    fitted = LightGBM("LGBMClassifier", "classification").fit(bench, np.arange(rows), CONFIG)
    return replace(model, members=(Member("LGBMClassifier", CONFIG, 1.0, (fitted,)),)), frame


def iris() -> tuple[Model, pd.DataFrame]:
    """Iris."""
    frame, kind = load_iris(return_X_y=True, as_frame=True)
    frame.columns = pd.Index(["sepal length", "sepal width", "petal length", "petal width"])
    frame["class"] = np.array(["Iris-setosa", "Iris-versicolor", "Iris-virginica"])[kind]
    return fit(frame, "class", trials=12, threads=1, model_list=["LogisticRegression", "GaussianNB"]), frame


def tasks() -> dict[str, tuple[TaskModel, dict[Any, Any], list[str | None]]]:
    """Models of other tasks, a row for each, and the options it is asked with."""
    rng = np.random.default_rng(0)
    points = pd.DataFrame(rng.normal(size=(1_000, 30)), columns=[f"sensor {place}" for place in range(30)])
    pairs = np.sort(rng.choice(500_000, 50_000, replace=False))
    taste, kind = rng.normal(size=(1_000, 3)), rng.normal(size=(500, 3))
    user, item = pairs // 500, pairs % 500
    stars = np.clip(np.round(3 + (taste[user] * kind[item]).sum(1)), 1, 5)
    ratings = pd.DataFrame({"user": user, "item": item, "stars": stars})
    found: dict[str, tuple[TaskModel, dict[Any, Any], list[str | None]]] = {}
    for name in ("GkNN", "PCA", "GLOF"):
        model = fit_task("anomaly_detection", points, None, {"model_list": [name]})
        found[name] = (model, points.iloc[5].to_dict(), [None])
    asked = [None, '{"recommend": "items"}', '{"recommend": "items_to_items"}']
    options = {"users": "user", "items": "item", "model_list": ["SVD"]}
    found["SVD"] = (fit_task("recommendation", ratings, "stars", options), {"user": 7, "item": 3}, asked)
    return found


def spent(server: servers.Server) -> float:
    """Milliseconds of processor time of a server since it started."""
    tasks = Path(f"/proc/{server.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def measured(server: servers.Server, call: Callable[[], Any]) -> str:
    """Median of the calls, and processor time of one."""
    call()
    before, took = spent(server), []
    for _ in range(CALLS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return f"{1000 * float(np.median(took)):6.2f} ms (processor {(spent(server) - before) / CALLS:.2f} ms)"


def loaded(cursor: "pymysql.cursors.Cursor", handle: str, task: str, walk: Walk) -> float:
    """Store a model; seconds that it took."""
    cursor.execute(
        f"INSERT INTO {SCHEMA}.loaded (owner, model_handle, task, walkable, facts, loaded_at) "
        "VALUES ('genba', %s, %s, 1, '{}', NOW(6))",
        (handle, task),
    )
    number, began = int(cursor.lastrowid or 0), time.perf_counter()
    cursor.execute("BEGIN")
    store(cursor, SCHEMA, number, walk)
    cursor.execute("COMMIT")
    return time.perf_counter() - began


def run(kind: Engine, server: servers.Server, cases: dict[str, tuple[Model, pd.DataFrame]]) -> None:
    """Print the figures of one server."""
    url = make_url(server.url)
    connection = pymysql.connect(host=url.host, port=int(url.port or 0), user="genba", autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA} CHARACTER SET utf8mb4")
        for part in (each for each in PARTS if each not in ("helpers", "public")):
            for statement in statements(part, kind, SCHEMA, SCHEMA):
                cursor.execute(statement)
        for handle, (model, frame) in cases.items():
            walk = walk_of(model)
            row = frame.drop(columns=model.target.name).iloc[5].to_dict()
            explained = (("ML_EXPLAIN_ROW", None), ("ML_EXPLAIN_ROW", '{"prediction_explainer": "shap"}'))
            asked(kind, server, cursor, handle, model.task, walk, row, [("ML_PREDICT_ROW", None), *explained])
        for handle, (other, row, options) in tasks().items():
            listed = [("ML_PREDICT_ROW", each) for each in options]
            asked(kind, server, cursor, handle, other.card.task, walk_of_task(other), row, listed)


def asked(
    kind: Engine, server: servers.Server, cursor: "pymysql.cursors.Cursor", handle: str, task: str,
    walk: Walk | Unwalkable, row: dict[Any, Any], calls: list[tuple[str, str | None]],
) -> None:  # fmt: skip
    """Print the figures of one model."""
    assert isinstance(walk, Walk)
    took = loaded(cursor, handle, task, walk)
    print(f"{kind} {handle}: {walk.size:,} rows stored in {took:.2f} s")
    text = json.dumps({name: None if value != value else value for name, value in row.items()})
    for routine, options in calls:
        query = f"SELECT {SCHEMA}.{routine}(%s, %s, %s)"

        def call(query: str = query, values: tuple[Any, ...] = (text, handle, options)) -> None:
            cursor.execute(query, values)
            cursor.fetchall()

        print(f"  {routine} {options or '':34} {measured(server, call)}")


def main() -> None:
    """Both servers, and the explanations of tables."""
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    cases = {"200 trees": wide(), "iris": iris()}
    model, frame = cases["200 trees"]
    many = pd.concat([frame] * 4, ignore_index=True)
    began = time.perf_counter()
    Explainer(model).of(many)
    print(f"attributions of {len(many):,} rows, 30 columns: {len(many) / (time.perf_counter() - began):,.0f} rows/s")
    with tempfile.TemporaryDirectory() as folder:
        with servers.mariadb(Path(folder) / "mariadb") as mariadb:
            run("mariadb", mariadb, cases)
        with servers.mysql(Path(folder) / "mysql", options=["--performance-schema=OFF"]) as mysql:
            run("mysql", mysql, cases)


if __name__ == "__main__":
    main()
