"""The files of the exercises: what a learner begins with, and what is kept when it is replaced.

An exercise is written once, as its solution. What the learner gets is the solution with its holes
emptied, so the two cannot drift apart:

    # >>> your code
    #: return ...                               what the hole holds in the beginning
    # The bias is added once.                   the explanation
    return sum(...) + b                         the solution
    # <<<
"""

import ast
import functools
import itertools
import os
import pathlib
import re
import sys
import tempfile
import zipfile

# In a folder that was handed out, this file and the solutions are in an archive beside the
# exercises.
PROGRAM = pathlib.Path(__file__).resolve().parent
HANDED_OUT = PROGRAM.suffix == ".zip"
HERE = PROGRAM.parent if HANDED_OUT else PROGRAM
SOLUTIONS = zipfile.Path(PROGRAM, "solutions/") if HANDED_OUT else PROGRAM / "solutions"
DATA = zipfile.Path(PROGRAM, "data/") if HANDED_OUT else PROGRAM.parent / "data"

HOLE = re.compile(r"^[ ]*# >>> your code\n(.*?)^[ ]*# <<<$", re.M | re.S)


# ── Which exercises there are ─────────────────────────────────────────────────────────────────────

@functools.cache
def exercises() -> list[str]:
    """The names of all exercises, in order: 01_slope and so on."""
    return sorted(path.name[:-3] for path in SOLUTIONS.iterdir()
                  if re.fullmatch(r"\d\d_\w+\.py", path.name))


@functools.cache
def solution(exercise: str) -> str:
    return (SOLUTIONS / f"{exercise}.py").read_text("utf-8")


@functools.cache
def original(exercise: str) -> str:
    """What the learner begins with."""
    def emptied(hole):
        begun = [line.replace("#: ", "", 1) for line in hole[1].splitlines(keepends=True)
                 if line.lstrip().startswith("#: ")]
        return hole[0].replace(hole[1], "".join(begun))
    return HOLE.sub(emptied, solution(exercise))


def shown_solution(exercise: str) -> str:
    """The holes of the solution, each under the line of what it is part of."""
    source, parts = solution(exercise), []
    for hole in HOLE.finditer(source):
        lines = [line for line in hole[1].splitlines() if not line.lstrip().startswith("#: ")]
        indent = len(lines[0]) - len(lines[0].lstrip())
        outer = [line for line in source[:hole.start()].splitlines()
                 if line.strip() and len(line) - len(line.lstrip()) < indent]
        functions = [line for line in outer if line.lstrip().startswith("def ")]
        closing = re.findall(r"\A\n( *[)\]}]+)$", source[hole.end():], re.M)
        parts.append("\n".join([*(functions or outer)[-1:], *lines, *closing]))
    return "\n\n".join(parts)


def lesson(exercise: str) -> str:
    return ast.get_docstring(ast.parse(solution(exercise)))


def title(exercise: str) -> str:
    return lesson(exercise).splitlines()[0]


@functools.cache
def home(name: str) -> str | None:
    """The exercise that defines this name."""
    defines = re.compile(rf"^(def|class) {name}\b|^{name} =", re.M)
    return next((exercise for exercise in exercises() if defines.search(solution(exercise))), None)


@functools.cache
def needs(exercise: str) -> list[str]:
    """The earlier exercises that this one builds on: whose names it imports, and what those need."""
    imports = [node for node in ast.walk(ast.parse(solution(exercise)))
               if isinstance(node, ast.ImportFrom) and node.module == "yours"]
    direct = {home(name.name) for node in imports for name in node.names}
    return sorted(direct.union(*map(needs, direct)))


# ── Places in a file ──────────────────────────────────────────────────────────────────────────────

def hole_lines(source: str) -> list[range]:
    """The numbers of the lines in each hole."""
    return [range(source.count("\n", 0, hole.start(1)) + 1, source.count("\n", 0, hole.end(1)) + 1)
            for hole in HOLE.finditer(source)]


def look_at(source: str, what: str) -> int:
    """The line at which the hole begins that belongs to `what`, which names a function."""
    names = "|".join(map(re.escape, re.findall(r"\w+", what))) or "-"
    after_lesson = source.find('"""', 3)            # in which there may be examples
    begins = re.compile(rf"^\s*(def|class) ({names})\b", re.M).search(source, max(after_lesson, 0))
    holes = list(re.finditer(r"^[ ]*# >>> your code$", source, re.M)) or [re.match("", source)]
    after = [hole for hole in HOLE.finditer(source) if begins and hole.end() > begins.start()]
    place = (after or holes)[0].start()
    return source.count("\n", 0, place) + (2 if holes[0][0] else 1)


# ── What one types ────────────────────────────────────────────────────────────────────────────────

def from_here(path: pathlib.Path) -> str:
    """A path as one would type it here, in quotes if there are spaces in it."""
    return typed(path.relative_to(here) if path.is_relative_to(here := pathlib.Path.cwd()) else path)


def typed(path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


def this_command(folder: pathlib.Path = HERE) -> str:
    """What the learner typed: of a Python in this folder, such as .venv/bin/python, its path."""
    python = pathlib.Path(sys.executable)
    python = from_here(python) if python.is_relative_to(pathlib.Path.cwd()) else "python"
    chosen = "" if folder.resolve() == HERE else f" --folder {from_here(folder.resolve())}"
    return f"{python} {from_here(HERE)}{chosen}"


# ── Files, written ────────────────────────────────────────────────────────────────────────────────

def write(path: pathlib.Path, text: str) -> None:
    """The whole text or nothing: no half-written file."""
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with open(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.chmod(beside, 0o644)
    os.replace(beside, path)


def reset(folder: pathlib.Path, exercise: str) -> pathlib.Path | None:
    """Put the original back. Where the copy of what was there is, if anything was."""
    path, copy = folder / f"{exercise}.py", None
    if path.exists() and path.read_bytes() != original(exercise).encode():
        for i in itertools.count(1):
            copy = folder / f"{exercise}.saved-{i}.py"
            try:
                with open(copy, "xb") as file:      # never over an earlier copy
                    file.write(path.read_bytes())
                break
            except FileExistsError:
                continue
    write(path, original(exercise))
    return copy
