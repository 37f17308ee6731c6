"""What the language models learn from: the names in Python's own standard library, or in a file.

There are some thousands of such names on every machine that runs Python, and nobody has to download
anything: `OrderedDict`, `is_file`, `partial`. They are found by reading the source of the library.
"""

import ast
import builtins
import pathlib
import re
import sys
import sysconfig
from collections.abc import Iterator

from command_line import BadInput

# What some systems ship apart from Python, and what nobody would look for among its names.
LEFT_OUT = {"antigravity", "distutils", "encodings", "ensurepip", "idlelib", "lib2to3",
            "pydoc_data", "test", "this", "tkinter", "turtle", "turtledemo", "venv"}


def names_of_python(context: int) -> list[str]:
    """The public names of the standard library, in one spelling: `OrderedDict` is `ordered_dict`.

    Modules, and the classes, functions and methods that their source defines. The source is only
    read, because to import a module is to run it. What is written in C has no source here; of that,
    the built-in names and their methods are taken.
    """
    shortest = 3
    if context <= shortest:
        raise BadInput(f"the names of Python have {shortest} letters or more, and an end: expected "
                       f"a --context of at least {shortest + 1}, got {context}")
    folder = pathlib.Path(sysconfig.get_path("stdlib"))
    modules = sorted(name for name in sys.stdlib_module_names - LEFT_OUT if name[0] != "_")
    names = {*modules, *dir(builtins)}
    for thing in vars(builtins).values():
        names.update(dir(thing) if isinstance(thing, type) else [])
    for module in modules:
        for file in [folder / f"{module}.py", *(folder / module).rglob("*.py")]:
            if file.is_file() and not {"test", "tests"} & set(file.relative_to(folder).parts):
                names.update(defined(ast.parse(file.read_bytes())))
    names = {re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
             for name in names if name[0] != "_"}
    names = sorted(name for name in names if re.fullmatch(f"[a-z_]{{{shortest},}}", name))
    if len(names) < 1000:
        raise BadInput(f"the source of the standard library is not in {folder}, so there are only "
                       f"{len(names)} names to learn: give a list of your own by --corpus")
    return [name for name in names if len(name) < context]


def words_of_python(context: int) -> list[str]:
    """The words that these names are made of, of three letters or more."""
    words = {word for name in names_of_python(context) for word in name.split("_")}
    return sorted([word for word in words if len(word) > 2])


def defined(tree: ast.Module) -> Iterator[str]:
    """The public classes and functions of a module, and those within its public classes."""
    todo = [tree]
    while todo:
        for node in ast.iter_child_nodes(todo.pop()):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                if node.name[0] == "_":
                    continue
                yield node.name
            if isinstance(node, (ast.ClassDef, ast.If, ast.Try, ast.ExceptHandler)):
                todo.append(node)


def names_of_file(path: pathlib.Path, context: int) -> list[str]:
    """The names in a text file, one a line; those given twice, once."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[:error.start].count(b"\n") + 1
        raise BadInput(f"{path}, line {line}: not text in UTF-8") from None
    names = {}
    for number, line in enumerate(lines, 1):
        name = line.strip()
        if not name.isprintable():
            odd = next(letter for letter in name if not letter.isprintable())
            raise BadInput(f"{path}, line {number}: expected a name of printable characters, "
                           f"got {odd!r} in it")
        if len(name) >= context:
            raise BadInput(f"{path}, line {number}: {name[:40]!r} has {len(name)} characters, one "
                           f"too many or more for a context of {context} positions, its end "
                           f"included (try --context {len(name) + 1})")
        if name:
            names[name] = number
    if len(names) < 20:
        raise BadInput(f"{path}: expected at least 20 different names, one a line, to learn from "
                       f"and be examined with, got {len(names)}")
    return list(names)
