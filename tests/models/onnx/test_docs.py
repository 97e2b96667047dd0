"""docs/sql.md tells what is read of the metadata of an ONNX model, and what its process may do."""

import re
from pathlib import Path

from models.onnx.apart import SECONDS
from models.onnx.child import MEMORY
from models.onnx.described import INPUTS, OUTPUTS, READ

PAGE = (Path(__file__).parents[3] / "docs" / "sql.md").read_text(encoding="utf-8")
SECTION = PAGE.split("### ONNX\n", 1)[1].split("\n## ", 1)[0]


def test_the_fields_that_are_read() -> None:
    rows = {row.split("`")[1]: row for row in SECTION.splitlines() if row.startswith("| `")}
    assert tuple(rows) == READ
    assert all(f"`{name}`" in rows["onnx_inputs_info"] for name in INPUTS)
    assert all(f"`{name}`" in rows["onnx_outputs_info"] for name in OUTPUTS)


def test_the_limits() -> None:
    said = re.search(r"has (\d+) GiB of memory and (\d+) seconds", SECTION.replace("\n", " "))
    assert said is not None
    assert (int(said[1]) * 2**30, float(said[2])) == (MEMORY, SECONDS)
