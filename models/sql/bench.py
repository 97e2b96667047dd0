"""What a job works with: its arguments, its tables, its user's models, and a way to say how far it is."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ingest.errors import nearest
from models.automl.facts import versions
from models.automl.model import Model
from models.onnx.apart import Apart
from models.onnx.model import OnnxModel, decoded
from models.sql.catalog import Catalog, Entry
from models.sql.errors import MlError
from models.sql.names import Name
from models.sql.options import TABULAR
from models.sql.queue import Job, Queue
from models.study.database import read_table
from models.tasks.protocol import TaskModel, load_task

__all__ = ["AnyModel", "Bench", "Cancelled", "Shelf", "is_onnx", "model_of", "needs", "task_of_model", "under_its_name"]

AnyModel = Model | TaskModel | OnnxModel


def needs(model: AnyModel) -> tuple[str, ...]:
    """Columns that a table must have for the model."""
    return model.columns if isinstance(model, (Model, OnnxModel)) else model.card.columns


def model_of(task: str, written: str) -> AnyModel:
    """A model out of its text. Raises `StudyError` for any other text."""
    return Model.from_text(written) if task in TABULAR else load_task(written)


def is_onnx(metadata: Mapping[str, Any]) -> bool:
    """Does ``model_metadata`` say that a model is an ONNX graph?"""
    return str(metadata.get("format")).startswith("ONNX")


def task_of_model(model: AnyModel) -> str:
    """What it foretells."""
    return model.task if isinstance(model, (Model, OnnxModel)) else model.card.task


KEPT = 8
"""Models that a worker keeps unpacked."""
DENIED = {1142, 1143, 1356, 1370}
"""The servers' errors for what the caller may not read; 1356 where a view no longer finds its columns."""


class Cancelled(Exception):  # noqa: N818 - not an error: the caller has gone
    """Nobody waits for this job any more."""


def under_its_name(frame: pd.DataFrame, model: Model, target: str) -> pd.DataFrame:
    """A table whose answers stand in column ``target``, with them where the model looks for them."""
    if target == model.target.name:
        return frame
    return frame.drop(columns=[model.target.name], errors="ignore").rename(columns={target: model.target.name})


@dataclass
class Shelf:
    """Unpacked models, the most recently used ones."""

    models: "OrderedDict[tuple[str, str, int], AnyModel]" = field(default_factory=OrderedDict)

    def get(self, key: tuple[str, str, int], make: Callable[[], AnyModel]) -> AnyModel:
        if key not in self.models:
            self.put(key, make())
        self.models.move_to_end(key)
        return self.models[key]

    def put(self, key: tuple[str, str, int], model: AnyModel) -> None:
        """In place of what was kept under its key: after a new installation numbers begin again."""
        self.models.pop(key, None)
        self.models[key] = model
        while len(self.models) > KEPT:
            self.models.popitem(last=False)


def _whole(value: Any) -> Any:
    """An option; MariaDB knows no JSON type, so an object out of a session variable arrives as its text inside ours."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


@dataclass
class Bench:
    """One job in the hands of a worker."""

    engine: Engine
    queue: Queue
    job: Job
    shelf: Shelf
    gone: threading.Event
    """Set when nobody waits any more."""

    @property
    def args(self) -> dict[str, Any]:
        return self.job.args

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.engine, self.job.owner)

    @property
    def japanese(self) -> bool:
        """Is the connection's language Japanese?"""
        return self.job.language.lower().startswith("ja")

    @property
    def options(self) -> dict[str, Any]:
        """The options of the call; MariaDB hands JSON on as text."""
        given = self.args.get("options")
        if isinstance(given, str):
            try:
                given = orjson.loads(given)
            except orjson.JSONDecodeError:
                raise MlError("options are no JSON; write JSON_OBJECT(...) or NULL") from None
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise MlError(f"options are {str(given)[:60]!r}, not an object; write JSON_OBJECT(...) or NULL")
        return {key: value if key == "notes" else _whole(value) for key, value in given.items() if value is not None}

    @property
    def handle(self) -> str:
        """The model handle of the call."""
        handle = self.args.get("handle")
        if not handle:
            raise MlError("the model handle is NULL; give the one that ML_TRAIN wrote into your session variable")
        return str(handle)

    @property
    def table(self) -> Name:
        """The table of the call, as it was written."""
        return Name.parse(str(self.args["table"]))

    def tell(self, stage: str, share: float) -> None:
        """Say how far the job is. Raises `Cancelled` where nobody waits."""
        if self.gone.is_set():
            raise Cancelled
        self.queue.tell(self.job, stage, 100.0 * share)

    def read(self, place: int = 0, only: Collection[str] | None = None) -> pd.DataFrame:
        """A table of the call, with the caller's rights. Raises `MlError` where these do not suffice."""
        try:
            return read_table(self.engine, self.queue.view(self.job, place), self.queue.tables, only)
        except DBAPIError as error:
            denied = self.denied(error)
            if denied:
                raise MlError(denied) from None
            raise

    def denied(self, error: DBAPIError) -> str | None:
        """What to say where a table of the call cannot be read, or no longer."""
        number = error.orig.args[0] if error.orig is not None and error.orig.args else 0
        if number not in DENIED:
            return None
        return (
            f"table {self.args.get('table')!r} cannot be read with your rights, or went while the call ran; a role's "
            "rights do not count: GRANT SELECT to the user"
        )

    def has_column(self, column: str, columns: Collection[str]) -> None:
        """Raises `MlError` where the table of the call has no such column."""
        if column not in columns:
            raise MlError(f"table {self.args['table']!r} has no column {column!r}; {nearest(column, columns)}")

    def found(self) -> tuple[int, dict[str, Any]] | None:
        """Number and facts of the model of the call, if it is loaded."""
        with self.engine.connect() as connection:
            row = connection.execute(
                text(
                    f"SELECT model_no, facts FROM {self.queue.schema}.loaded "  # noqa: S608
                    "WHERE owner = :owner AND model_handle = :handle"
                ),
                {"owner": self.job.owner, "handle": self.handle},
            ).first()
        return None if row is None else (int(row[0]), orjson.loads(row[1]))

    def loaded(self) -> tuple[int, str]:
        """Number of the loaded model of the call, and the owner of its catalog. Raises `MlError` where none is loaded,
        or another one than stands in the catalog."""
        found = self.found()
        if found is None:
            self.catalog.entry(self.handle)
            raise MlError(f"model {self.handle!r} is not loaded; CALL sys.ML_MODEL_LOAD('{self.handle}', NULL) first")
        number, facts = found
        owner = str(facts["owner"])
        if facts["mark"] != self.mark(owner):
            # Rows are answered by the model that was loaded, and a table must not say something else.
            raise MlError(f"model {self.handle!r} has changed since it was loaded; CALL sys.ML_MODEL_LOAD again")
        return number, owner

    def mark(self, owner: str) -> str:
        """Tells the model of a catalog from another one, and what one release loaded from what the next one loads."""
        try:
            pieces = self.pieces(f"{Catalog(self.engine, owner).home}.MODEL_OBJECT_CATALOG")
        except DBAPIError:
            pieces = []  # it is its owner's, who may have dropped it
        return " ".join([versions().get("genba", "?"), owner, *pieces])

    def pieces(self, table: str) -> list[str]:
        """What the pieces of the model of the call are recognised by. ``table``: where they are, quoted."""
        with self.engine.connect() as connection:
            pieces = connection.execute(
                text(f"SELECT SHA2(model_object, 256) FROM {table} WHERE model_handle = :handle ORDER BY chunk_id"),  # noqa: S608
                {"handle": self.handle},
            ).scalars()
            return [str(piece) for piece in pieces]

    def model(self) -> AnyModel:
        """The loaded model of the call."""
        number, owner = self.loaded()
        key = (owner, self.handle, number)
        return self.shelf.get(key, lambda: self.unpack(owner, self.handle))

    def loaded_entry(self) -> Entry:
        """What the catalog of its owner says of the loaded model of the call."""
        return Catalog(self.engine, self.loaded()[1]).entry(self.handle)

    def explainable(self) -> Model | OnnxModel:
        """The loaded model of the call, if its task is one that is explained. Raises `MlError`."""
        model = self.model()
        if not isinstance(model, (Model, OnnxModel)):
            raise MlError(f"{task_of_model(model)} models are not explained; classification and regression are")
        return model

    def unpack(self, owner: str, handle: str) -> AnyModel:
        """A model out of a catalog."""
        catalog = Catalog(self.engine, owner)
        entry = catalog.entry(handle)
        if entry.status != "Ready":
            raise MlError(f"model {handle!r} is {entry.status}, not Ready; see model_metadata in MODEL_CATALOG")
        written = catalog.object(handle)
        if is_onnx(entry.metadata):
            return OnnxModel.of(Apart(decoded(written)), entry.metadata)
        return model_of(entry.task, written)
