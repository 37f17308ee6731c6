"""Run the notebooks in this folder and store what they show, so that a diff can be read.

A notebook keeps its outputs, for sites that show them. What differs from run to run without meaning
anything (counters, times, the version of Python) is left out. The seeds are in the notebooks.
"""

import pathlib
import sys

import command_line
from command_line import Failed

HERE = pathlib.Path(__file__).parent


def executed(path: pathlib.Path) -> str:
    """The notebook, run from its first cell to its last, as the text of its file."""
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError:
        raise Failed("to run notebooks, pip install '.[test]'") from None
    notebook = nbformat.read(path, as_version=4)
    try:
        NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True,
                       resources={"metadata": {"path": str(path.parent)}}).execute()
    except CellExecutionError as error:
        raise Failed(f"{path.name}: {error}") from None
    notebook.metadata = {"language_info": {"name": "python"}, "kernelspec": {
        "name": "python3", "display_name": "Python 3", "language": "python"}}
    for i, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{i}", {}
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = None
    return nbformat.writes(notebook, indent=1) + "\n"


def tell(args) -> None:
    for path in sorted(HERE.glob("*.ipynb")):
        command_line.write(args.out / path.name, executed(path))
        print(f"{path.name} has run, and is in {args.out}.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
