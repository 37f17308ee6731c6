"""The rooms of the package: who imports whom, and what `import micrograd` brings along."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd
from micrograd import functions

PACKAGE = Path(micrograd.__file__).parent

# An arrow may only point down: each file, and the files it may import.
ROOMS = {
    "functions": set(),
    "engine": {"functions"},
    "nn": {"engine", "functions"},
    "losses": {"engine", "functions"},
    "optim": set(),
    "calculus": {"engine", "functions"},
    "symbols": {"engine", "functions"},
    "source": {"symbols"},
    "compiler": {"engine", "source", "symbols"},
    "parts": {"engine"},
    "scene": {"engine", "parts"},
    "draw": {"engine", "parts", "scene"},
    "formulas": {"engine", "functions"},
    "player": {"draw", "engine", "formulas", "scene"},
}
ROOMS["__init__"] = set(ROOMS)
README = (Path(__file__).parents[1] / "README.md").read_text("utf-8").partition("## Read the")[2]

PUBLIC = {
    "functions": functions.__all__,
    "engine": ["Value", "op"],
    "nn": ["nn"],
    "losses": ["losses"],
    "optim": ["optim"],
    "calculus": ["grad", "check_gradients"],
    "compiler": ["jit"],
    "draw": ["draw_dot"],
    "player": ["play"],
}

files = pytest.mark.parametrize("file", sorted(PACKAGE.glob("*.py")), ids=lambda file: file.name)


def imports(tree):
    """The modules that a piece of source imports, our own with a leading dot: `math`, `.engine`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = ([f".{alias.name}" for alias in node.names] if module in (".", "micrograd")
                     else [module])
        else:
            continue
        for name in names:
            yield name.removeprefix("micrograd") if name.startswith("micrograd") else name


def at_import_time(tree):
    """The statements of a module that run when it is imported: all but the bodies of functions."""
    class Bodiless(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            node.body = [ast.Pass()]
            return node
        visit_AsyncFunctionDef = visit_FunctionDef
    return Bodiless().visit(tree)


def test_imports_are_found():
    source = ("import math, micrograd.nn\nfrom . import losses\nfrom .optim import SGD\n"
              "from micrograd import draw\nfrom micrograd.engine import op\nfrom os import path\n"
              "def f():\n    import graphviz")
    assert sorted(imports(ast.parse(source))) == [
        ".draw", ".engine", ".losses", ".nn", ".optim", "graphviz", "math", "os"]
    assert "graphviz" not in imports(at_import_time(ast.parse(source)))


@files
def test_every_file_has_a_room(file):
    assert file.stem in ROOMS


@pytest.mark.parametrize("order", [micrograd.__doc__, README], ids=["docstring", "README"])
def test_the_order_of_reading_names_every_file_after_what_it_imports(order):
    named = re.findall(r"`(\w+)\.py`", order)
    assert sorted(named) == sorted(set(ROOMS) - {"__init__"})
    assert all(named.index(other) < named.index(name) for name in named for other in ROOMS[name])


@files
def test_a_file_imports_only_from_the_floors_below(file):
    ours = {name[1:] for name in imports(ast.parse(file.read_text())) if name.startswith(".")}
    assert ours <= ROOMS[file.stem]


@files
def test_a_file_imports_only_the_standard_library(file):
    tree = ast.parse(file.read_text())
    names = imports(at_import_time(tree) if file.stem == "draw" else tree)
    others = {name.split(".")[0] for name in names if not name.startswith(".")}
    assert others <= sys.stdlib_module_names
    assert not others & {"pickle", "marshal", "shelve"}


@pytest.mark.parametrize("options", [["-I", "-S"], ["-I"]], ids=["bare Python", "site-packages"])
def test_import_brings_nothing_and_changes_nothing(options):
    program = """if True:
        import gc, random, sys
        before, seed = set(sys.modules), random.seed(1)
        state = lambda: (sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold(),
                         random.getstate(), sys.path[:])
        sys.path.insert(0, sys.argv[1])
        then = state()
        import micrograd
        assert state() == then
        print(micrograd.__file__)
        print(*{name.split(".")[0] for name in set(sys.modules) - before})
    """
    done = subprocess.run([sys.executable, *options, "-c", program, str(PACKAGE.parent)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    where, brought = done.stdout.splitlines()
    assert Path(where).parent == PACKAGE
    assert set(brought.split()) - sys.stdlib_module_names == {"micrograd"}


@pytest.mark.parametrize("name", [name for room, names in PUBLIC.items() for name in names
                                  if (PACKAGE / f"{room}.py").exists()])
def test_public_name(name):
    assert hasattr(micrograd, name) and name in micrograd.__all__
