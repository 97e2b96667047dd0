"""The notebook in docs/notebooks: run by a Jupyter kernel on MariaDB; it finds what the simulator hid."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from simulators.scenario import load
from simulators.truth import answer_key
from tests.models.sql.door import Caller, Door

NOTEBOOK = Path(__file__).parents[3] / "docs" / "notebooks" / "sql_to_factors.ipynb"


@pytest.mark.parametrize("door", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # of Jupyter's own
def test_from_a_table_to_what_to_fix_first(door: Door, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"mysql+pymysql://{admin.user}@{door.server.host}:{door.server.port}/"
    monkeypatch.setenv("GENBA_NOTEBOOK_URL", url)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parents[2])}}
    ).execute()
    said = [
        str(output.get("text") or output["data"]["text/plain"])
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    first = answer_key(load("press"), 0).factors[0].factor
    ranked = next(text for text in said if "p_first" in text)
    assert ranked.splitlines()[1].split()[:3] == ["0", "1", first]
    assert f"Start with {first}" in "".join(said)
    assert "had the largest impact towards predicting" in said[-1]
    assert admin.one("SELECT COUNT(*) FROM notebook.press_power") == 1440
    door.root.run("DROP SCHEMA notebook")


def test_what_is_kept_in_the_notebook_is_what_it_gave() -> None:
    """Readers see the outputs without a server; none of them is an error, and no cell was left out."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output.output_type != "error" for cell in cells for output in cell.outputs)
