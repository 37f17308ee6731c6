"""Mutation testing: make the package wrong in one place after another, and see that a test fails.

    python tests/mutate.py micrograd/optim.py micrograd/losses.py

Each *mutant* is the file with one small mistake: another operator, a number one larger, a condition
turned round, a statement left out, the arguments of `where` swapped. One that no test notices is a
*survivor*: a test is missing, or the mistake is none, because the program does the same. Those that
were looked at and found to be none stand in `tests/data/equivalent_mutants.txt` with the reason.
The exit status is 1 if there is any other.

Each mutant costs some seconds: those of the seven lessons take hours, in `--jobs` processes. An
`--every 10` tries each tenth; `--lines 120-180` those of a few lines.
"""

import argparse
import ast
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = ROOT / "tests" / "data" / "equivalent_mutants.txt"
COPIED = ["micrograd", "tests", "demos", "README.md", "setup.cfg", "pyproject.toml"]
TIMEOUT = 120                                   # seconds: a mutant that runs longer is noticed too

# The tests of the lessons, those of the file itself first, and then the most severe.
TESTS = ["functions", "engine", "calculus", "nn", "losses", "optim", "pytorch", "random_graphs",
         "modules", "parts", "copies", "threads", "compiler", "jit_state", "train"]
# Where the file's own tests have another name.
OWN = {"checking": "calculus", "errors": "engine", "marks": "parts", "nested": "modules",
       "node": "engine", "numbers": "functions", "passes": "compiler", "python": "compiler",
       "samples": "compiler", "symbols": "compiler", "training": "train", "writer": "compiler"}

OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*",
             ast.FloorDiv: "*", ast.Mod: "*", ast.BitAnd: "|", ast.BitOr: "&"}
COMPARISONS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=",
               ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is", ast.In: "not in",
               ast.NotIn: "in"}


# ── The mistakes ──────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True)
class Mutant:
    line: int
    old: str                                    # the first line of what is changed, whole
    new: str                                    # what this line becomes
    source: str                                 # of the whole file

    def __str__(self):
        return f"{self.old}  →  {self.new}"


def mistakes(node: ast.AST) -> Iterator[str]:
    """What could stand instead of a node, as source."""
    text = ast.unparse
    match node:
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            yield f"(({text(left)}) {OPERATORS[type(op)]} ({text(right)}))"
        case ast.Compare(left, [op], [right]):
            yield f"(({text(left)}) {COMPARISONS[type(op)]} ({text(right)}))"
        case ast.Compare(left, [op, *ops], [right, *rights]):
            yield text(ast.Compare(right, ops, rights))                     # only the second half
        case ast.BoolOp(op, values):
            word = " or " if isinstance(op, ast.And) else " and "
            yield "(" + word.join(f"({text(value)})" for value in values) + ")"
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield f"({text(operand)})"
        case ast.Constant(bool() | int() | float() as number):
            yield repr(not number if isinstance(number, bool) else number + 1)
        case ast.IfExp(test, body, orelse):
            yield text(ast.IfExp(test, orelse, body))
        case ast.Call(ast.Name("where"), [condition, a, b]):
            yield text(ast.Call(node.func, [condition, b, a], []))
        case ast.Return(ast.expr()):
            yield "return None"
        case ast.Assign([ast.Name("__all__")]):
            return
        case ast.Assign() | ast.AugAssign() | ast.Raise() | ast.Expr(ast.Call()) | ast.Continue():
            yield "pass"


def mutants(source: str) -> list[Mutant]:
    """One for each mistake, from the top of the file to the bottom."""
    lines = source.encode().splitlines(keepends=True)       # columns of syntax trees count bytes
    starts = [0, *itertools.accumulate(map(len, lines))]
    made = []
    for node in nodes(ast.parse(source)):
        for mistake in mistakes(node):
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            new = (b"".join(lines)[:begin] + mistake.encode() + b"".join(lines)[end:]).decode()
            line = node.lineno
            made.append(Mutant(line, source.splitlines()[line - 1].strip(),
                               new.splitlines()[line - 1].strip(), new))
    return sorted(made, key=lambda mutant: mutant.line)


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but annotations, texts, and what error messages are made of."""
    for name, part in ast.iter_fields(tree):
        if name in ("annotation", "returns"):
            continue
        for node in part if isinstance(part, list) else [part]:
            if isinstance(node, ast.AST) and not isinstance(node, ast.JoinedStr):
                yield node
                if not isinstance(node, ast.Raise):
                    yield from nodes(node)


# ── Trying them ───────────────────────────────────────────────────────────────────────────────────

def copy(folder: Path) -> Path:
    """What the tests need, to be made wrong there."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def noticed(folder: Path, file: Path, source: str) -> str:
    """The name of the first test that fails with this source of the file, "" if none does."""
    place = folder / file.relative_to(ROOT)
    right = place.read_text("utf-8")
    place.write_text(source, "utf-8")
    try:
        names = dict.fromkeys([OWN.get(file.stem, file.stem), *TESTS])
        own, *others = [f"tests/test_{name}.py" for name in names]
        # Most mutants fail here already, for a third of the time.
        return (pytest(folder, str(file.relative_to(ROOT)), own)
                or pytest(folder, *others))
    finally:
        place.write_text(right, "utf-8")


def pytest(folder: Path, *files: str) -> str:
    """The name of the first test that fails, or whatever else did; "" if all is well."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:randomly",
               "-p", "no:cacheprovider", "-W", "error", "-m", "not slow", "--graphs=60",
               *[file for file in files if (folder / file).exists()]]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return "the clock"
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0] if failed else "the import"


def equivalents() -> dict[tuple[str, str], str]:
    """The reasons, by file and mutant. The list has a file, then mutants, each above its reason."""
    reasons, file, mutant = {}, "", ""
    for line in EQUIVALENT.read_text("utf-8").splitlines() if EQUIVALENT.exists() else []:
        if line.startswith("# "):
            file = line[2:]
        elif line.startswith("    "):
            reasons[file, mutant] = line.strip()
        else:
            mutant = line.strip()
    return reasons


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each N-th mutant alone")
    parser.add_argument("--lines", default="1-1000000", help="those of these lines, as in 120-180")
    options = parser.parse_args()
    first, last = map(int, options.lines.split("-"))
    reasons, local, count, survivors = equivalents(), threading.local(), 0, 0

    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(options.jobs) as pool:
        def attempt(file, source):
            if not hasattr(local, "folder"):
                local.folder = copy(Path(tempfile.mkdtemp(dir=work)))
            return noticed(local.folder, file, source)

        for file in [file.resolve() for file in options.files]:
            name, source = str(file.relative_to(ROOT)), file.read_text("utf-8")
            if test := attempt(file, source):
                sys.exit(f"without any mistake in {name}, {test} fails")
            made = [mutant for mutant in mutants(source) if first <= mutant.line <= last]
            tried = [mutant for mutant in made[::options.every]
                     if (name, str(mutant)) not in reasons]
            for mutant, test in zip(tried, pool.map(lambda m: attempt(file, m.source), tried)):
                count += 1
                if not test:
                    survivors += 1
                    print(f"{name}:{mutant.line}\n{mutant}\n", flush=True)
    print(f"{count} mutants tried, {survivors} survived.")
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()
