"""ONNX graphs of a few operators, whose answers are known by hand."""

from collections.abc import Sequence
from typing import Any

from onnx import TensorProto, helper

__all__ = ["bytes_of", "linear", "many_inputs", "tensor_input", "wild"]

OPSETS = (helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3))
FLOAT, STRING, INT64 = TensorProto.FLOAT, TensorProto.STRING, TensorProto.INT64


def bytes_of(nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], **more: Any) -> bytes:
    """A model of IR 9, which every runtime of these years reads."""
    graph = helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), **more)
    written: bytes = helper.make_model(graph, opset_imports=list(OPSETS), ir_version=9).SerializeToString()
    return written


def value(name: str, kind: int, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, list(shape))


def linear(weights: Sequence[float], constant: float, rows: int | None = None) -> bytes:
    """One tensor of all columns; ``y`` (n, 1) = weights · x + constant."""
    node = helper.make_node(
        "LinearRegressor",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        coefficients=list(map(float, weights)),
        intercepts=[float(constant)],
    )
    return bytes_of([node], [value("x", FLOAT, rows, len(weights))], [value("y", FLOAT, None, 1)])


def tensor_input(*, zipped: bool = True, labels: Sequence[str] = ("no", "yes")) -> bytes:
    """One tensor of two columns; P(last) = sigmoid(a - b), as a map of labels or as a tensor; ``label``."""
    node = helper.make_node(
        "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", coefficients=[-0.5, 0.5, 0.5, -0.5],
        intercepts=[0.0, 0.0], post_transform="SOFTMAX", multi_class=0, classlabels_strings=list(labels),
    )  # fmt: skip
    if not zipped:
        return bytes_of(
            [node], [value("x", FLOAT, None, 2)], [value("label", STRING, None), value("scores", FLOAT, None, 2)]
        )
    zipping = helper.make_node("ZipMap", ["scores"], ["chances"], domain="ai.onnx.ml", classlabels_strings=list(labels))
    kind = helper.make_map_type_proto(STRING, helper.make_tensor_type_proto(FLOAT, None))
    chances = helper.make_value_info("chances", helper.make_sequence_type_proto(kind))
    return bytes_of([node, zipping], [value("x", FLOAT, None, 2)], [value("label", STRING, None), chances])


def many_inputs() -> bytes:
    """A column each: ``temp`` (n, 1) number, ``die`` (n, 1) text; class 1 where temp + 2 (die = "B") > 3, as a number,
    and the probability of it alone."""
    nodes = [
        helper.make_node("LabelEncoder", ["die"], ["code"], domain="ai.onnx.ml", keys_strings=["A", "B"],
                         values_floats=[0.0, 2.0], default_float=0.0),
        helper.make_node("Add", ["temp", "code"], ["sum"]),
        helper.make_node("Constant", [], ["three"], value=helper.make_tensor("", FLOAT, [1], [3.0])),
        helper.make_node("Sub", ["sum", "three"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["chance"]),
        helper.make_node("Greater", ["sum", "three"], ["over"]),
        helper.make_node("Cast", ["over"], ["said"], to=INT64),
    ]  # fmt: skip
    return bytes_of(
        nodes,
        [value("temp", FLOAT, None, 1), value("die", STRING, None, 1)],
        [value("said", INT64, None, 1), value("chance", FLOAT, None, 1)],
    )


def wild(kind: str) -> bytes:
    """Graphs that no worker should suffer: ``loop`` for ever, ``memory`` without end, ``custom`` operator, ``file``."""
    x = value("x", FLOAT, None, 1)
    if kind == "memory":
        nodes = [
            helper.make_node("Constant", [], ["size"], value=helper.make_tensor("", INT64, [1], [40_000_000_000])),
            helper.make_node("ConstantOfShape", ["size"], ["large"]),
            helper.make_node("ReduceSum", ["large"], ["sum"], keepdims=0),
            helper.make_node("Add", ["x", "sum"], ["y"]),
        ]
        return bytes_of(nodes, [x], [value("y", FLOAT, None, 1)])
    if kind == "custom":
        return bytes_of([helper.make_node("Steal", ["x"], ["y"], domain="evil")], [x], [value("y", FLOAT, None, 1)])
    if kind == "file":
        tensor = TensorProto(name="w", data_type=FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "/etc/passwd"
        add = helper.make_node("Add", ["x", "w"], ["y"])
        return bytes_of([add], [x], [value("y", FLOAT, None, 1)], initializer=[tensor])
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["going"]), helper.make_node("Add", ["last", "last"], ["next"])],
        "body",
        [value("turn", INT64), value("go", TensorProto.BOOL), value("last", FLOAT, None, 1)],
        [value("going", TensorProto.BOOL), value("next", FLOAT, None, 1)],
    )
    go = helper.make_node("Constant", [], ["go"], value=helper.make_tensor("", TensorProto.BOOL, [], [True]))
    loop = helper.make_node("Loop", ["", "go", "x"], ["y"], body=body)
    return bytes_of([go, loop], [x], [value("y", FLOAT, None, 1)])
