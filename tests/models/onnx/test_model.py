"""Imported models: what their outputs are made of, what is refused and in which words, and that nothing gets out."""

import io
import struct
import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from ingest.errors import StudyError
from models.onnx import apart
from models.onnx.apart import Apart
from models.onnx.audit import audited
from models.onnx.described import Described
from models.onnx.feeds import Input, bound, inputs_of
from models.onnx.frames import receive, send
from models.onnx.judge import attention, curve, effects, importance, score, shares, typical
from models.onnx.model import OnnxModel, decoded
from models.sql.imported import predict_rows
from tests.models.onnx.graphs import linear, many_inputs, tensor_input, wild
from tests.waiting import until

FRAME = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [3.0, 1.0, 0.5]})
SIGMOID = 1 / (1 + np.exp(-(FRAME["a"] - FRAME["b"]).to_numpy()))


@cache
def _apart(graph: bytes) -> Apart:
    """One process for each graph."""
    return Apart(graph)


def opened(graph: bytes, metadata: dict[str, Any]) -> OnnxModel:
    return OnnxModel.of(_apart(graph), metadata)


def outputs(**named: Any) -> dict[str, Any]:
    return {"onnx_outputs_info": named}


@pytest.mark.parametrize(
    ("graph", "named"),
    [
        (tensor_input(), {"predictions_name": "label", "prediction_probabilities_name": "chances"}),
        (tensor_input(zipped=False), {"prediction_probabilities_name": "scores"}),
    ],
    ids=["maps", "tensor"],
)
def test_probabilities_as_maps_and_as_tensors(graph: bytes, named: dict[str, str]) -> None:
    said = opened(graph, outputs(**named)).on(["a", "b"]).say(FRAME)
    assert said.labels == ("no", "yes")
    assert said.codes[:2].tolist() == [0, 1]
    assert said.raw[:2, 1] == pytest.approx(SIGMOID[:2], abs=1e-6)
    assert said.known.tolist() == [True, True, False]


def test_a_label_for_every_output() -> None:
    """The label of a number, from either way of writing the map; a text column; a probability of the second class."""
    frame = pd.DataFrame({"die": ["B", None, "C"], "temp": [1.5, 3.5, 2.0]})
    model = opened(many_inputs(), outputs(predictions_name="said", prediction_probabilities_name="chance"))
    for labels in ({"0": "OK", "1": "NG"}, {"OK": 0, "NG": 1}):
        named = Described.of(
            outputs(predictions_name="said", prediction_probabilities_name="chance", labels_map=labels)
        )
        said = replace(model, described=named).say(frame)
        assert [said.labels[code] for code in said.codes] == ["NG", "NG", "OK"]
        assert said.raw[:, 1] == pytest.approx([1 / (1 + np.exp(-x)) for x in (0.5, 0.5, -1.0)], abs=1e-6)
    alone = replace(model, described=Described.of(outputs(predictions_name="said"))).say(frame)
    assert alone.raw.tolist() == [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]


def test_rows_at_a_time() -> None:
    """A graph that takes two rows at once, and a table of five."""
    frame = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1.0] * 5})
    said = opened(linear([1, 2], 5, rows=2), {"task": "regression"}).on(["a", "b"]).say(frame)
    assert said.raw[:, 0].tolist() == [8.0, 9.0, 10.0, 11.0, 12.0]


def test_columns_are_found() -> None:
    described = Described.of({"task": "regression", "target_column_name": "y"})
    wide, one = Input("x", "tensor(float)", (2,), None), Input("x", "tensor(float)", (1,), None)

    def columns(*found: Any) -> list[str]:
        return [name for feed in found[0] or () for name in feed.columns]

    assert bound([wide], described) is None
    assert columns(bound([wide], described, ["a", "y", "b"])) == ["a", "b"]
    assert columns(bound([wide], described, ["id", "a", "b", "y"], ["id"])) == ["a", "b"]
    assert columns(bound([one], described, ["id", "x"])) == ["x"]
    named = Described.of({"task": "regression", "column_names": ["c", "d"]})
    assert columns(bound([wide], named)) == ["c", "d"]
    with pytest.raises(StudyError, match=r"takes 2 columns, the table has 3 beside the target"):
        bound([wide], described, ["a", "b", "c"])
    with pytest.raises(StudyError, match=r"'x' has shape \['n', 'm'\]"):
        inputs_of({"inputs": [["x", "tensor(float)", ["n", "m"]]]})


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"task": "forecasting"}, "task 'forecasting' of model_metadata"),
        ({"column_names": "a"}, "column_names of model_metadata"),
        ({"onnx_outputs_info": ["label"]}, "onnx_outputs_info of model_metadata is no object"),
        (outputs(prediction_name="label"), "has no 'prediction_name'; did you mean 'predictions_name'"),
        (outputs(predictions_name=1), "predictions_name of model_metadata is '1', no name"),
        (outputs(labels_map=["no"]), "labels_map is no map"),
        (outputs(labels_map={"a": "x", "b": "x"}), "labels_map gives one label twice"),
        ({"onnx_inputs_info": {"data_types_map": {"float": "float64"}}}, "data_types_map names 'float'"),
        ({"onnx_inputs_info": {"data_types_map": {"tensor(float)": "complex64"}}}, "no input takes 'complex64'"),
        ({"onnx_inputs_info": {"data_types_map": {"tensor(float)": "str_"}}}, "cannot be read as str_"),
        ({"task": "regression"} | outputs(prediction_probabilities_name="p"), "regression has neither"),
    ],
)  # fmt: skip
def test_metadata_that_is_wrong(metadata: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        Described.of(metadata)


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        pytest.param(b"no model", "the bytes are no ONNX model", id="words"),
        pytest.param(b"", "holds no graph", id="nothing"),
        pytest.param(linear([1], 0)[:-9], "the bytes are no ONNX model", id="cut"),
        pytest.param(wild("custom"), "operator 'evil.Steal' is not of the ONNX standard", id="custom"),
        pytest.param(wild("file"), "tensor 'w' lies in a file beside the model", id="file"),
    ],
)
def test_models_that_are_refused(graph: bytes, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        audited(graph)


def test_outputs_that_are_not_named() -> None:
    with pytest.raises(
        StudyError, match="names neither predictions_name nor prediction_probabilities_name; there are: l"
    ):
        opened(tensor_input(), {})
    with pytest.raises(StudyError, match="'lable' is no output of the ONNX model; did you mean 'label'"):
        opened(tensor_input(), outputs(predictions_name="lable"))


def test_text_that_is_no_base64() -> None:
    assert decoded("b25u\neA==\n") == b"onnx"
    for text in ("", "b25ue", "ö"):
        with pytest.raises(StudyError, match="model_object"):
            decoded(text)


def test_a_model_that_never_ends_and_one_that_eats_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next question is answered, whatever the last one did."""
    monkeypatch.setattr(apart, "SECONDS", 1.0)
    endless = opened(wild("loop"), {"task": "regression"}).on(["a"])
    with pytest.raises(StudyError, match="took longer than 1 s"):
        endless.say(FRAME)
    greedy = opened(wild("memory"), {"task": "regression"}).on(["a"])
    with pytest.raises(StudyError, match=r"fails on these rows|ended its process"):
        greedy.say(FRAME)


def test_frames_that_are_none() -> None:
    pipe = io.BytesIO()
    send(pipe, {"a": 1}, {"x": np.array(["é", "bb"]), "y": np.eye(2)})
    pipe.seek(0)
    said, arrays, _ = receive(pipe)
    assert (said, arrays["x"].tolist(), arrays["y"].tolist()) == ({"a": 1}, ["é", "bb"], [[1.0, 0.0], [0.0, 1.0]])
    pipe.seek(0)
    with pytest.raises(ValueError, match="too large"):
        receive(pipe, 100)
    with pytest.raises(EOFError):
        receive(io.BytesIO(pipe.getvalue()[:-1]))
    head = b'{"arrays": ["x"]}'
    tight, loose = io.BytesIO(), io.BytesIO()
    np.savez_compressed(tight, a0=np.zeros(100_000))
    np.savez(loose, allow_pickle=True, a0=np.array([{"a": "pickle"}], dtype=object))
    for content, wrong in ((tight.getvalue(), "packed"), (loose.getvalue(), "allow_pickle"), (b"no zip", "zip")):
        with pytest.raises(ValueError, match=wrong):
            receive(io.BytesIO(struct.pack("<QQ", len(head), len(content)) + head + content))


def test_what_a_model_could_reach() -> None:
    """In its process no file opens, and nothing of the worker's surroundings is told."""
    script = (
        "import os; from models.onnx.child import confine; confine()\n"
        "for path in ('/etc/hostname', '/dev/null'):\n"
        "    try: open(path); print('opened')\n"
        "    except OSError as error: print(error.strerror)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["Too many open files"] * 2


def test_an_endless_model_ends_with_its_worker() -> None:
    script = (
        "from models.onnx.apart import Apart; from tests.models.onnx.graphs import wild; import numpy as np\n"
        "apart = Apart(wild('loop')); apart.signature(); print(apart._process.pid, flush=True)\n"
        "apart.run({'x': np.zeros((1, 1), np.float32)}, ['y'], None)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    child = psutil.Process(int(worker.stdout.readline()))
    until(lambda: child.cpu_times().user > 0.5, 30, "the model loops")
    worker.kill()
    worker.wait()
    worker.stdout.close()
    until(lambda: not child.is_running(), 10, "its process has ended")


def test_cells_of_the_wrong_kind() -> None:
    model = opened(linear([1, 2], 5), {"task": "regression"}).on(["a", "b"])
    with pytest.raises(StudyError, match="column 'b' holds 'x'; its input takes numbers"):
        model.say(pd.DataFrame({"a": [1.0], "b": ["x"]}))
    assert model.say(pd.DataFrame({"a": [1.0], "b": ["2.5"]})).raw[0, 0] == 11.0
    instants = pd.to_datetime(["1970-01-01 00:01", None, "1970-01-02"], format="ISO8601")
    for cells in (instants, ["1970-01-01 00:01", None, "1970-01-02T00:00:00"]):
        said = model.say(pd.DataFrame({"a": cells, "b": [0.0, 0.0, 1.0]}))
        assert (said.raw[:, 0].tolist(), said.known.tolist()) == ([65.0, 0.0, 86_407.0], [True, False, True])


def test_a_table_without_rows() -> None:
    nothing = pd.DataFrame({"a": pd.Series([], dtype=float), "b": pd.Series([], dtype=float)})
    for graph, metadata in (
        (linear([1, 2], 5), {"task": "regression"}),
        (tensor_input(), outputs(predictions_name="label", prediction_probabilities_name="chances")),
    ):
        model = opened(graph, metadata).on(["a", "b"])
        assert len(predict_rows(model, nothing, {}).columns["Prediction"]) == 0
        other = typical(nothing, model.columns)
        assert other == {"a": None, "b": None}
        for explain in (effects(model, nothing, model.columns, other), shares(model, nothing, other)):
            assert explain[1].shape == (0, 2)


def test_scores_and_what_speaks() -> None:
    """y = a + 2 b + 5, so an effect is the coefficient times the way to the median."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 9, 300), "b": rng.integers(0, 9, 300), "c": "x"})
    frame["y"] = frame["a"] + 2 * frame["b"] + 5
    model = opened(linear([1, 2], 5), {"task": "regression"}).on(["a", "b"])
    assert score(model, frame, "y", "r2") == 1.0
    found = importance(model, frame, "y")
    assert list(found) == ["b", "a"]
    # Shuffled, a column's share of the variance is lost twice: 2 · 4 / 5 and 2 · 1 / 5.
    assert found["b"] == pytest.approx(1.6, abs=0.25)
    other = typical(frame, ("a", "b", "c"))
    assert other == {"a": 4, "b": 4, "c": "x"}
    by_hand = (frame[["a", "b"]] - 4).to_numpy() * [1, 2]
    for explain in (lambda: effects(model, frame, ("a", "b"), other), lambda: shares(model, frame, other)):
        assert explain()[1] == pytest.approx(by_hand)
    # A value is away from the mean of the others by 3 on average: |x - y| of whole numbers below 9 is 80 / 27.
    assert attention(model, frame, 300) == pytest.approx({"b": 2 * 80 / 27, "a": 80 / 27}, rel=0.35)
    assert [value for value, _ in curve(model, frame, "a", None)] == list(range(9))
    assert np.diff([mean for _, mean in curve(model, frame, "a", None)]) == pytest.approx(np.ones(8))


def test_scores_of_classes() -> None:
    model = opened(tensor_input(), outputs(prediction_probabilities_name="chances")).on(["a", "b"])
    frame = pd.DataFrame({"a": [1.0, 2.0, 0.0], "b": [0.0, 1.0, 2.0], "y": ["yes", "no", "no"]})
    assert score(model, frame, "y", "accuracy") == pytest.approx(2 / 3)
    chances = 1 / (1 + np.exp(-np.array([1.0, -1.0, 2.0])))
    assert score(model, frame, "y", "neg_log_loss") == pytest.approx(np.log(chances).mean(), abs=1e-6)
    only = opened(tensor_input(), outputs(predictions_name="label")).on(["a", "b"])
    with pytest.raises(StudyError, match="names no prediction_probabilities_name"):
        score(only, frame, "y", "roc_auc")
    # Two columns that interact: what Shapley values they have is a sum by hand, and it adds up.
    other = {"a": 0.0, "b": 0.0}
    said, values, _ = shares(model, frame, other)
    sides = {cell: 1 / (1 + np.exp(-cell)) for cell in (1.0, 0.0)}
    assert values[0] == pytest.approx([sides[1.0] - sides[0.0], 0.0], abs=1e-6)
    chosen = said.raw[np.arange(3), said.codes]
    assert values.sum(axis=1) == pytest.approx(chosen - 0.5, abs=1e-6)
    rising = [mean for _, mean in curve(model, frame, "a", "yes")]
    assert rising == sorted(rising)
    with pytest.raises(StudyError, match="target_value 'maybe' is no class"):
        curve(model, frame, "a", "maybe")
    with pytest.raises(StudyError, match="none of the model's classes no, yes"):
        score(model, frame.assign(y=1), "y", "accuracy")


def test_without_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"pip install 'genba\[onnx\]'"):
        OnnxModel.of(Apart(linear([1], 0)), {"task": "regression"})
