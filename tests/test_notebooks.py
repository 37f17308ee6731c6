"""The notebooks: they run, and show what is stored in them."""

import json
from pathlib import Path

import pytest

DEMOS = Path(__file__).resolve().parents[1] / "demos"
NOTEBOOKS = sorted(DEMOS.glob("*.ipynb"))
pytestmark = pytest.mark.slow


def shown(notebook):
    """What every cell shows in words: what it prints and returns, but for pictures."""
    return [[output.get("text") or output.get("data", {}).get("text/plain")
             for output in cell.get("outputs", ())
             if "image/svg+xml" not in output.get("data", {})] for cell in notebook["cells"]]


def pictures(notebook):
    return [output["data"]["image/svg+xml"] for cell in notebook["cells"]
            for output in cell.get("outputs", ()) if "image/svg+xml" in output.get("data", {})]


def test_there_are_two():
    assert [path.name for path in NOTEBOOKS] == ["first_steps.ipynb", "pictures.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_is_stored(demo, path, tmp_path):
    pytest.importorskip("nbclient", reason="notebooks are run by nbclient")
    pytest.importorskip("ipykernel", reason="notebooks are run by ipykernel")
    (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    run = json.loads(demo.module("notebooks").executed(tmp_path / path.name))
    stored = json.loads(path.read_text("utf-8"))
    assert shown(run) == shown(stored)
    assert len(pictures(run)) == len(pictures(stored)) > 0


def test_what_is_printed_in_portions_is_stored_as_one(demo, tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="notebooks are run by nbclient")
    cell = nbformat.v4.new_code_cell("import time\nfor i in range(2):\n    print(i, flush=True)\n"
                                     "    time.sleep(0.5)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "portions.ipynb")
    run = json.loads(demo.module("notebooks").executed(tmp_path / "portions.ipynb"))
    assert shown(run) == [[["0\n", "1\n"]]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_in_it_differs_from_run_to_run(path):
    notebook = json.loads(path.read_text("utf-8"))
    for i, cell in enumerate(notebook["cells"]):
        assert cell["id"] == f"cell-{i}" and cell["metadata"] == {}
        assert cell.get("execution_count") is None
    assert len(path.read_bytes()) < 400_000
