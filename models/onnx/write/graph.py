"""A graph in the making: operators and constants under names of their own, and the few shapes that recur."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

__all__ = ["OPSETS", "Graph"]

OPSETS = {"": 21, "ai.onnx.ml": 5}
"""ONNX 1.16 (2024); the fifth set of ai.onnx.ml is the first whose trees reckon in 53 bits."""
IR = 10
ROWS = "rows"
"""The name of the first dimension, the rows."""


class Graph:
    """Every value is a name. Numbers are of 53 bits throughout."""

    def __init__(self, taken: Sequence[str]) -> None:
        """``taken``: names that inputs have."""
        self._taken = set(taken)
        self._nodes: list[Any] = []
        self._tensors: dict[tuple[str, tuple[int, ...], bytes], Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._count = 0

    def input(self, name: str, kind: int, note: str = "") -> str:
        """A column of the table: (rows, 1)."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, [ROWS, 1], note))
        return name

    def output(self, value: str, name: str, kind: int, width: int | None) -> str:
        """A result: (rows,) or (rows, width). Its name, another one where a column is called so."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, [ROWS] if width is None else [ROWS, width]))
        return name

    def const(self, value: Any) -> str:
        """An array; the same one is kept once. Numbers of Python become float64."""
        array = np.asarray(value)
        if array.dtype.kind == "U":
            array = array.astype(object)
        key = (
            str(array.dtype),
            array.shape,
            repr(array.tolist()).encode() if array.dtype == object else array.tobytes(),
        )
        if key not in self._tensors:
            self._tensors[key] = numpy_helper.from_array(array, self._name())
        name: str = self._tensors[key].name
        return name

    def __call__(self, kind: str, *inputs: Any, domain: str = "", **attributes: Any) -> str:
        """An operator; inputs that are no names are constants. The name of its one output."""
        names = [each if isinstance(each, str) else self.const(each) for each in inputs]
        out = self._name()
        self._nodes.append(helper.make_node(kind, names, [out], domain=domain, **attributes))
        return out

    def joined(self, parts: Sequence[str]) -> str:
        """(rows, …) side by side."""
        return parts[0] if len(parts) == 1 else self("Concat", *parts, axis=1)

    def whole(self, value: str) -> str:
        """Whole numbers of 64 bits."""
        return self("Cast", value, to=TensorProto.INT64)

    def double(self, value: str) -> str:
        """Numbers of 53 bits."""
        return self("Cast", value, to=TensorProto.DOUBLE)

    def filled(self, value: str, instead: float) -> str:
        """With a number where none is."""
        return self("Where", self("IsNaN", value), np.float64(instead), value)

    def looked_up(self, codes: str, table: Any) -> str:
        """(rows, 1) codes, NaN or beyond the table: its last row → (rows, width) of a (codes + 1, width) table."""
        last = np.float64(len(table) - 1)
        at = self("Min", self.filled(codes, float(last)), last)
        return self("Gather", np.asarray(table, dtype=np.float64), self.flat(self.whole(at)), axis=0)

    def flat(self, value: str) -> str:
        """(rows, 1) → (rows,)."""
        return self("Reshape", value, np.array([-1], dtype=np.int64))

    def interpolated(self, value: str, x: Any, y: Any) -> str:
        """(rows, 1) through a broken line, flat beyond its ends, as ``numpy.interp``; NaN stays NaN."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if len(x) == 1:
            return self("Add", self("Mul", value, np.float64(0.0)), y[0])
        slope = np.diff(y) / np.diff(x)
        inside = self("Max", self("Min", value, x[-1]), x[0])
        if len(x) == 2:
            return self("Add", self("Mul", self("Sub", inside, x[0]), slope[0]), y[0])
        beyond = self("Not", self("Less", inside, x[None, 1:-1]))
        at = self("ReduceSum", self.whole(beyond), np.array([1], dtype=np.int64), keepdims=1)
        parts = [self("Gather", part, at, axis=0) for part in (x[:-1], slope, y[:-1])]
        line = self("Add", self("Mul", self("Sub", inside, parts[0]), parts[1]), parts[2])
        return self("Where", self("IsNaN", value), np.float64(np.nan), line)

    def softmax(self, value: str, axis: int = 1) -> str:
        """Probabilities of scores."""
        return self("Softmax", value, axis=axis)

    def pair(self, last: str) -> str:
        """(rows, 1) probability of the last of two classes → (rows, 2)."""
        return self.joined([self("Sub", np.float64(1.0), last), last])

    def finished(self, name: str, notes: dict[str, str]) -> bytes:
        """The model's bytes."""
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, [*self._tensors.values()])
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR, producer_name="genba")
        helper.set_model_props(model, notes)
        written: bytes = model.SerializeToString()
        return written

    def _name(self) -> str:
        self._count += 1
        while (name := f"v{self._count}") in self._taken:
            self._count += 1
        return name
