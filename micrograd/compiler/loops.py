"""Loops: what is done to many numbers alike is written once.

An optimiser does the same to each parameter, four thousand times perhaps, and on symbols each time
is written down. You will learn here how a loop is found in straight-line code again. Let the numbers
stand in *rows*: the data of all parameters is one, what the optimiser remembers of each another. An
instruction then belongs to the column whose numbers it is made from, or to none, if it is made from
numbers that stand in no row. If no instruction is made from two columns, and all columns read the
same, one of them is the body of a loop.
"""

import re
from collections.abc import Sequence
from typing import Any

from ..engine import Value
from .c import C
from .passes import inline
from .symbols import COMPUTE, Instruction
from .writer import Writer

__all__ = ["loop_source", "rolled"]

Spot = tuple[int, int, int]                     # of a number in a row: column, start, stride


def rolled(code: list[Instruction], spots: dict[Value, Spot], results: Sequence[Spot | None],
           columns: int) -> tuple[list[Instruction], list[int]] | None:
    """The program for what stands in no row and for column 0; None if the columns are not alike.

    `spots` has the leaves that stand in rows, `results` where each result belongs. Returns the code
    and which of the results it returns.
    """
    first: dict[Any, Instruction] = {}          # of those that compute the same, in no column
    became: dict[Instruction, Instruction] = {}
    column: dict[Instruction, int] = {}
    known: dict[Instruction, Any] = {}          # what it is, in words that fit all columns
    read: list[list[Any]] = [[] for _ in range(columns)]
    common, body = [], []
    for line in code[:-1]:
        if line.op == "leaf" and line.value in spots:
            column[line], start, stride = spots[line.value]
            known[line] = start, stride, type(line.value.data)
            if column[line] == 0:
                body.append(line)
            continue
        found = {column[x] for x in line.args if x in column}
        if len(found) > 1:
            return None
        value = (type(line.value), repr(line.value)) if line.op == "constant" else line.value
        what = line.op, value, *[known[x] for x in line.args]
        line.args = tuple([became.get(x, x) for x in line.args])
        if not found:
            became[line] = same = first.setdefault(what, line)
            known[line] = same
            if same is line:
                line.part = "before"
                common.append(line)
            continue
        column[line], = found
        known[line] = len(read[column[line]])
        read[column[line]].append(what)
        if column[line] == 0:
            body.append(line)
    if any([other != read[0] for other in read]):
        return None
    rows: dict[Any, Any] = {}
    kept = []
    for i, (line, spot) in enumerate(zip(code[-1].args, results)):
        if column.get(line) not in (None, spot and spot[0]):
            return None
        if spot is None or spot[0] == 0:
            kept.append(i)
        if spot and rows.setdefault(spot[1:], known[line]) != known[line]:
            return None
    end = Instruction("return", *[became.get(x, x) for x in [code[-1].args[i] for i in kept]])
    return [*common, *body, end], kept


def loop_source(code: list[Instruction], leaves: Sequence[Value], spots: dict[Value, Spot],
                targets: Sequence[tuple[int, Spot | None]], columns: int, name: str) -> str:
    """The code that `rolled` returned as a function in C."""
    for line in code:                           # the name of a row, instead of its column's
        if line.op == "leaf" and line.value in spots:
            label, first = line.value.label, spots[line.value][1] == 0
            line.label = "data" if first else "grad" if label.startswith("grad_") else \
                re.sub(r"\.\d+", "", label)
    writer = Writer(code, inline(code), C)
    writer.begin(name, ["sample", "parameters"], [None if leaf in spots else leaf
                                                  for leaf in leaves])
    for line in code:
        if line.op in COMPUTE and line.part == "before":
            writer.statement(4, line)
    for (at, spot), line in zip(targets, code[-1].args):
        if spot is None:
            writer.put(4, (f"results[{at}] = ", writer.texts[line][0], ";"))
    writer.put(4, (f"for (long i = 0; i < {columns}; i++) {{", "", ""))
    rows = [(writer.names[line], spots[line.value][1:]) for line in code
            if line.op == "leaf" and line.value in spots]
    writer.put(8, ("const double ", ", ".join(
        [f"{word} = parameters[{place(*row)}]" for word, row in rows]), ";"))
    for line in code:
        if line.op in COMPUTE and line.part != "before":
            writer.statement(8, line)
    for (_, spot), line in zip(targets, code[-1].args):
        if spot:
            writer.put(8, (f"results[{place(*spot[1:])}] = ", writer.texts[line][0], ";"))
    writer.put(4, ("", "", "}"))
    return "\n".join([*writer.lines, "}"])


def place(start: int, stride: int) -> str:
    """The place of column `i` of a row, without spaces, at which lines might break.

    >>> place(9, 1), place(0, 2)
    ('9+i', '2*i')
    """
    return "+".join([str(start)] * bool(start) + ["i" if stride == 1 else f"{stride}*i"])
