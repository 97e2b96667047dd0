"""Whether the bytes of an ONNX model may be run: standard operators alone, nothing outside its own bytes.

A model is a program of a stranger. What it may name: operators of the standards ``ai.onnx`` and ``ai.onnx.ml``; tensors
inside it. What it may not: operators of somebody's library, files beside it, training steps. Subgraphs (of ``If``,
``Loop``, ``Scan``) and functions are looked through as well.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from ingest.errors import StudyError

__all__ = ["audited", "class_labels"]

STANDARD = ("", "ai.onnx", "ai.onnx.ml")
MOST_NODES = 100_000
"""Operators: a thousand times what a pipeline of scikit-learn has."""
LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
"""Attributes that name classes, one of them in each classifier."""
DEEPEST = 8
"""Graphs inside graphs."""


def audited(content: bytes) -> Any:
    """The model, parsed. Raises `StudyError`."""
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError, TypeError):
        raise StudyError("the bytes are no ONNX model; is the Base64 text whole?") from None
    if not model.graph.node:
        raise StudyError("the ONNX model holds no graph; is the Base64 text whole?")
    if model.training_info:
        raise StudyError("the ONNX model holds training steps; export it for inference")
    count = 0
    bodies = [(model.graph, 0), *((function, 0) for function in model.functions)]
    own = {(function.domain, function.name) for function in model.functions}
    while bodies:
        body, depth = bodies.pop()
        if depth > DEEPEST:
            raise StudyError(f"the ONNX model nests graphs more than {DEEPEST} deep; simplify it")
        count += len(body.node)
        if count > MOST_NODES:
            raise StudyError(f"the ONNX model has more than {MOST_NODES:,} operators; simplify it")
        _tensors([*getattr(body, "initializer", ())])
        _tensors([*_parts(getattr(body, "sparse_initializer", ()))])
        for node in body.node:
            if node.domain not in STANDARD and (node.domain, node.op_type) not in own:
                name = f"{node.domain}.{node.op_type}"[:60]
                raise StudyError(f"operator {name!r} is not of the ONNX standard; leave it out")
            for attribute in node.attribute:
                sparse = _parts([*attribute.sparse_tensors, attribute.sparse_tensor])
                _tensors([attribute.t, *attribute.tensors, *sparse])
                graphs = [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]
                bodies += [(graph, depth + 1) for graph in graphs]
    return model


def _parts(sparse: Iterable[Any]) -> Iterator[Any]:
    for tensor in sparse:
        yield tensor.values
        yield tensor.indices


def _tensors(tensors: list[Any]) -> None:
    for tensor in tensors:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise StudyError(f"tensor {tensor.name[:40]!r} lies in a file beside the model; export it as one file")


def class_labels(model: Any) -> list[Any] | None:
    """The labels that the classifier of a graph names, if one alone does."""
    found = list(_named(model.graph.node))
    return found[0] if len(found) == 1 else None


def _named(nodes: Any) -> Iterator[list[Any]]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.name in LABELS and node.op_type != "ZipMap":
                yield [text.decode("utf-8", "replace") for text in attribute.strings] or list(attribute.ints)
