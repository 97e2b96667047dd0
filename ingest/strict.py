"""One readable line out of a pydantic validation error: the key, the value, and the nearest key that exists."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ingest.errors import nearest

__all__ = ["explain"]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose keys stand at ``path``; dictionary keys and list positions are walked over."""
    here: type[BaseModel] | None = model
    for key in path:
        if here is None:
            return None
        if isinstance(key, str) and key in here.model_fields:
            here = next(_models_in(here.model_fields[key].annotation), None)
    return here


def explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """The first problem as ``file: key: what is wrong``, and how many more there are."""
    problems = error.errors(include_url=False)
    # A misspelt key also makes the right one missing: the misspelling is the better news.
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    path = first["loc"]
    key = ".".join(str(part) for part in path)
    if first["type"] == "extra_forbidden":
        owner = _model_at(model, path[:-1])
        known = owner.model_fields if owner is not None else ()
        text = f"{where}: unknown key {key!r}; {nearest(str(path[-1]), known)}"
    elif first["type"] == "missing":
        text = f"{where}: {key} is missing; write it"
    else:
        said = first["msg"].removeprefix("Value error, ")
        value = first.get("input")
        shown = f" (got {value!r})" if isinstance(value, str | int | float | bool) else ""
        text = f"{where}: {key}: {said}{shown}" if key else f"{where}: {said}"
    return text if len(problems) == 1 else f"{text} (and {len(problems) - 1} more)"
