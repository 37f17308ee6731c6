"""Nests: a long program is written as loops within loops.

A network does the same to many numbers, and a trace has each time on a line of its own. In C that
would be more than a compiler can improve, or a processor keep at hand. You will learn here how to
find the loops again:

1. Instructions that read the same, but for the numbers in them, are a *group*. The order of those
   that do not need each other is free, so each waits until its whole group can be computed. None is
   changed itself, and so no number is rounded otherwise.
2. The results of a group lie side by side in memory, and an instruction becomes a row of places
   there. Rows whose places grow by the same steps are a loop; loops that do the same, and whose
   places grow by the same steps, are a loop of loops.

>>> folded([(0, 5), (1, 5), (2, 5), (10, 6), (11, 6), (12, 6)])
[((0, 5), ((2, (10, 1)), (3, (1, 0))))]

Read `native.py` next, which calls the compiler.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import repeat
from operator import sub
from typing import Any

from ..engine import Value
from .c import C
from .samples import places
from .symbols import COMPUTE, Instruction
from .writer import ATOM, Operand, Writer, nested

__all__ = ["nests_source"]

Row = tuple[int, ...]                           # the place of a result, and of all that it reads
Loops = tuple[tuple[int, Row], ...]             # how often, and by which steps the places grow
LETTERS = "jklmabcdefgh"                        # that count, in loops from outside to inside
HERE = {array: Operand((f"{array}[@]", str(ATOM))) for array in ("v", "parameters", "samples")}
BEFORE, EACH, AFTER = range(3)                  # when: EACH is for each sample
LENGTH = 100                                    # lines of a function, of which twice as many take
                                                # more than twice as long to optimise


# ── 1. Groups ─────────────────────────────────────────────────────────────────────────────────────

class Statements:
    """A program as statements, each a text and the instructions whose numbers are in it: that which
    it computes, and then those that it reads.

    In a text, `v[@]` is one of the numbers that the program computes; `parameters[@]`, `samples[@]`
    and `results[@]` are others. `times` has the statements before the samples, for each, and after.
    """

    def __init__(self, code: list[Instruction], inlined: Collection[Instruction],
                 sample: Sequence[Any], leaves: Iterable[Value]):
        self.writer = Writer([line for line in code if line.op == "constant"], inlined, C)
        self.texts, self.known = self.writer.texts, dict[Any, Operand]()
        self.reads: dict[Instruction, list[Instruction]] = {}
        self.place: dict[Instruction, int] = {}         # in its array
        self.times: tuple[list[Any], ...] = [], [], []
        self.results = 0
        number = {leaf: i for i, leaf in enumerate(leaves)}
        number |= {place: i for i, (place, _) in enumerate(places(tuple(sample)))}
        for line in code:
            if line.op in ("leaf", "sample"):
                self.place[line] = number[line.value]
                self.read(line, "parameters" if line.op == "leaf" else "samples")
            elif line in inlined:
                self.texts[line] = self.expression(line)
                self.reads[line] = self.reading(line.args)
            elif line.op in COMPUTE:
                text, _ = self.expression(line)
                self.put(BEFORE if line.part == "before" else EACH, f"v[@] = {text}", line,
                         self.reading(line.args))
                self.read(line, "v")
            elif line.op == "mean":
                self.mean(line)
            elif line.op == "return":
                for x in line.args:
                    self.result(Instruction("result"), [self.texts[x][0]], self.reading([x]))

    def expression(self, line: Instruction) -> Operand:
        """Its text. There are few, for the numbers in it are not told apart."""
        key = C.form(line), *map(self.texts.__getitem__, line.args)
        if key not in self.known:
            self.known[key] = self.writer.expression(line)
        return self.known[key]

    def read(self, line: Instruction, array: str) -> None:
        """From now on it is read from its place in an array."""
        self.texts[line], self.reads[line] = HERE[array], [line]

    def reading(self, inputs: Iterable[Instruction]) -> list[Instruction]:
        return [read for x in inputs if x.op != "constant" for read in self.reads[x]]

    def put(self, time: int, text: str, line: Instruction, reads: list[Instruction]) -> None:
        self.times[time].append((text, [line, *reads]))

    def mean(self, line: Instruction) -> None:
        inside, outside = line.args
        terms, reads = [], []
        if not inside.is_number(0):
            self.put(EACH, f"results[@] += {self.texts[inside][0]}", line, self.reading([inside]))
            terms, reads = ["results[@] / n"], [line]
        if not terms or not outside.is_number(0):
            least = C.operations["+"][0] + 1 if terms else 0
            terms.append(f"{self.texts[outside]:{least}}")
            reads += self.reading([outside])
        self.result(line, terms, reads)

    def result(self, line: Instruction, terms: list[str], reads: list[Instruction]) -> None:
        self.place[line], self.results = self.results, self.results + 1
        self.put(AFTER, f"results[@] = {' + '.join(terms)}", line, reads)


def grouped(statements: list[Any]) -> Iterator[tuple[str, list[list[Instruction]]]]:
    """The statements in groups of one text, each group after those that it needs."""
    order = {line: i for i, (_, (line, *_)) in enumerate(statements)}
    missing: dict[int, int] = {}                # how many a statement still needs,
    waiting: dict[str, int] = defaultdict(int)  # and how many of a text cannot be computed yet
    needed_by = defaultdict(list)
    ready: dict[str, list[int]] = defaultdict(list)
    complete: list[str] = []

    def done(i: int) -> None:
        """Statement `i` needs no more."""
        text, _ = statements[i]
        ready[text].append(i)
        waiting[text] -= 1
        if not waiting[text]:
            complete.append(text)

    for i, (text, (line, *reads)) in enumerate(statements):
        needs = {order[x] for x in reads if x in order} - {i}
        missing[i] = len(needs)
        waiting[text] += 1
        for j in needs:
            needed_by[j].append(i)
    for i in [i for i in missing if not missing[i]]:
        done(i)
    while ready:                                # if no group is complete, the one that lacks least
        text = complete.pop() if complete else min(ready, key=waiting.__getitem__)
        group = sorted(ready.pop(text))
        yield text, [statements[i][1] for i in group]
        for i in group:
            for j in needed_by[i]:
                missing[j] -= 1
                if not missing[j]:
                    done(j)


# ── 2. Loops ──────────────────────────────────────────────────────────────────────────────────────

def folded(rows: Iterable[Row]) -> list[tuple[Row, Loops]]:
    """Rows as nests: the first row of each, and its loops."""
    nests: list[tuple[Row, Loops]] = [(row, ()) for row in rows]
    for _ in LETTERS:
        found: list[list[Any]] = []             # first row, loops inside, how often, step, last row
        for row, loops in nests:
            if found and found[-1][1] == loops:
                _, _, count, step, last = found[-1]
                by = tuple(map(sub, row, last))
                if step is None or step == by:
                    found[-1][2:] = count + 1, by, row
                    continue
            found.append([row, loops, 1, None, row])
        if len(found) == len(nests):
            break
        nests = [(row, ((count, step), *loops) if step else loops)
                 for row, loops, count, step, _ in found]
    return nests


def address(start: int, *steps: int) -> str:
    """A place in loops.

    >>> address(9, 16, 1), address(0, 0, -2), address(0)
    ('9+16*j+k', '-2*k', '0')
    """
    terms = [f"{start}"] * bool(start) + [letter if step == 1 else f"{step}*{letter}"
                                          for letter, step in zip(LETTERS, steps) if step]
    return "+".join(terms).replace("+-", "-") or "0"


def nest(writer: Writer, text: str, row: Row, loops: Loops) -> list[str]:
    """The lines of a nest, whose statement has this text."""
    writer.lines = []
    for i, (letter, (count, _)) in enumerate(zip(LETTERS, loops)):
        writer.put(4 + 4 * i, (f"for (long {letter} = 0; {letter} < {count}; {letter}++)", "", ""))
    columns = iter(zip(row, *[step for _, step in loops]))
    text = re.sub("@", lambda _: address(*next(columns)), text)
    writer.put(4 + 4 * len(loops), ("", text, ";"))
    return writer.lines


# ── 3. Functions ──────────────────────────────────────────────────────────────────────────────────

def nests_source(code: list[Instruction], inlined: Collection[Instruction], sample: Sequence[Any],
                 leaves: Iterable[Value], name: str) -> str:
    """What `step_source` or `forward_source` would write in C, as loops in many functions, which
    one function of this name calls."""
    found, size = Statements(code, inlined, sample, leaves), 0
    functions: list[list[str]] = []
    calls: list[list[str]] = []                 # for each time
    for statements in found.times:
        first = len(functions)
        for text, group in grouped(statements):
            if text.startswith("v"):
                for line, *_ in group:
                    found.place[line], size = size, size + 1
            for row, loops in folded([tuple([found.place[x] for x in reads]) for reads in group]):
                if len(functions) == first or len(functions[-1]) > LENGTH:
                    functions.append([])
                functions[-1] += nest(found.writer, text, row, loops)
        calls.append([f"{name}{i}(samples, parameters, results, n);"
                      for i in range(first, len(functions))])
    before, each, after = calls
    put = found.writer.put
    found.writer.lines = []
    put(0, *C.begin(name, ["samples"]))
    put(4, C.count())
    if any([line.op == "mean" for line in code]):
        put(4, (f"for (long i = 0; i < {found.results}; i++) results[i] = 0.0;", "", ""))
        (loop, _, _), = C.loop(nested(tuple(sample), repeat("_")))
        each = [loop, *[f"    {call}" for call in each], "}"]
    for call in [*before, *each, *after]:
        put(4, (call, "", ""))
    parts = [f"static void {name}{i}(const double *samples, const double *parameters,\n"
             f"    double *results, double n) {{\n" + "\n".join(lines) + "\n}\n"
             for i, lines in enumerate(functions)]
    return "\n".join([f"static double v[{max(1, size)}];\n", *parts, *found.writer.lines, "}"])
