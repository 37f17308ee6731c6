"""Programs as Python source.

You will learn here what is left of a compiler once it knows what to compute: to say it, in names
that people gave, with no more brackets than needed, in lines that fit the page. An instruction is
either *inlined*, written into the one expression that uses it, or gets a variable and a line of its
own. Of people's labels, nothing but letters, digits and underscores reaches the source.
"""

import builtins
import keyword
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from .symbols import COMPARE, COMPUTE, INFIX, Instruction, places

__all__ = ["forward_source", "identifier", "nested", "step_source"]

# What binds tighter has a higher level; all that is not here is a name or a call.
LEVELS = {"where": 0, **dict.fromkeys(COMPARE, 1), "+": 2, "-": 2, "*": 3, "/": 3, "//": 3, "%": 3,
          "neg": 4, "**": 5}
ATOM = 6
WIDTH = 100
BREAK = re.compile(r"(?<=,) | (?=[-+] |if |else )")        # where a line that is too long may break
OURS = {*dir(builtins), "inf", "nan", "power", "samples", "sample", "parameters", "n"}


def identifier(label: str) -> str:
    """A label as a Python name: its letters and digits; of a dotted path, the last word and the
    numbers on the way.

    >>> identifier("w(1,2)"), identifier("layers.0.neurons.3.w.1"), identifier("lambda")
    ('w12', 'w0_3_1', 'lambda_')
    """
    text = unicodedata.normalize("NFKC", str(label))
    text = unicodedata.normalize("NFKC", re.sub(r"[^\w.]", "", text))
    parts = [part.strip("_") for part in text.split(".")]
    words = [part for part in parts if not part.isdecimal()] or [""]
    name = words[-1][:40] + "_".join([part for part in parts if part.isdecimal()])[:40]
    name = name if name.isidentifier() else re.sub(r"[^a-zA-Z0-9_]", "", f"v{name}")
    return f"{name}_" if keyword.iskeyword(name) or name in OURS else name


def nested(x, texts: Iterator[str]) -> str:
    """Lists and tuples as source, with the next text where each number stands.

    >>> nested([0, (0, 0)], iter("abc"))
    '[a, (b, c)]'
    """
    if type(x) is list:
        return f"[{', '.join([nested(part, texts) for part in x])}]"
    if type(x) is tuple:
        return f"({', '.join([nested(part, texts) for part in x])}{',' * (len(x) == 1)})"
    return next(texts)


class Writer:
    """Writes a list of instructions as the source of a function."""

    def __init__(self, code: list[Instruction], inlined: Collection[Instruction]):
        self.code, self.inlined = code, inlined
        self.lines: list[str] = []
        self.texts: dict[Instruction, tuple[str, int]] = {}     # each as an input, and its level
        self.names: dict[Instruction, str] = {}
        self.taken = Counter([line.op for line in code])
        self.imports: set[str] = set()
        for line in code:
            if line.op == "constant":           # Python is faster at floats than at mixtures
                text = repr(float(line.value))
                self.texts[line] = text, LEVELS["neg"] if text[0] == "-" else ATOM
                self.imports |= {text.strip("-")} & {"inf", "nan"}
            elif line.label:                    # people's names come first
                self.name(line, identifier(line.label))

    def name(self, line: Instruction, base: str) -> str:
        """Give it a variable of its own, by the name `base` or one like it."""
        name = base
        while name in self.taken:
            self.taken[base] += 1
            name = f"{base}_{self.taken[base]}"
        self.taken[name] = 1
        self.names[line], self.texts[line] = name, (name, ATOM)
        return name

    def operand(self, line: Instruction, least: int = 0) -> str:
        """Its text, in brackets if its level is below the least that does without."""
        text, level = self.texts[line]
        return text if level >= least else f"({text})"

    def expression(self, line: Instruction) -> tuple[str, int]:
        """Its computation as text, and the level of that."""
        op, args, level = line.op, line.args, LEVELS.get(line.op, ATOM)
        if op == "where":
            condition, a, b = args
            return (f"{self.operand(a, 1)} if {self.operand(condition, 1)} "
                    f"else {self.operand(b)}"), level
        if op == "neg":
            return f"-{self.operand(args[0], level)}", level
        if op == "**":
            if args[1].op == "constant" and args[1].value % 1 == 0:
                return f"{self.operand(args[0], ATOM)} ** {int(args[1].value)}", level
            op = "power"                        # an error where `**` makes a complex number
        if op in INFIX:                         # operators group from the left, comparisons do not
            left = self.operand(args[0], level + (op in COMPARE))
            return f"{left} {op} {self.operand(args[1], level + 1)}", level
        self.imports.add(op)
        return f"{op}({', '.join([self.operand(x) for x in args])})", ATOM

    def put(self, indent: int, start: str, text: str, end: str = "", of: Iterable = ()) -> None:
        """Add a line of source, or several where one would be too long."""
        margin, lines = " " * indent, []
        line = f"{margin}{start}{text}{end}"
        if len(line) > WIDTH:                   # brackets allow an expression several lines
            line = f"{margin}{start}("
            for piece in BREAK.split(text):
                if len(line) + len(piece) > WIDTH - 2:
                    lines.append(line.rstrip())
                    line = f"{margin}    "
                line += f"{piece} "
            line = f"{line.rstrip()}){end}"
        if of:
            note = f"# gradient of {', '.join(of)}"
            if lines or max(54, len(line)) + 2 + len(note) > WIDTH:
                lines.insert(0, margin + note)
            else:
                line = f"{line:<54}  {note}"
        self.lines += *lines, line

    def statement(self, indent: int, line: Instruction) -> None:
        """Write an instruction, on a line of its own or for the line that will use it."""
        if line in self.inlined:
            self.texts[line] = self.expression(line)
            return
        named = sorted(line.gradient_of, key=lambda x: not x.label)     # by people, then by us
        of = [self.names[x] for x in named if x in self.names]
        if line.op == "mean":
            self.put(indent, f"{self.names[line]} += ", self.operand(line.args[0]), of=of)
            return
        text, _ = self.expression(line)
        if line not in self.names:
            self.taken["v"] += not of
            self.name(line, f"d_{of[0]}" if of else f"v{self.taken['v']}")
        self.put(indent, f"{self.names[line]} = ", text, of=of)

    def begin(self, name: str, argument: str) -> None:
        self.lines.append(f"def {name}({argument}, parameters):")
        if leaves := [self.names[line] for line in self.code if line.op == "leaf"]:
            self.put(4, "", ", ".join(leaves) + "," * (len(leaves) == 1), " = parameters")

    def pattern(self, sample: Sequence) -> str:
        """The structure of a sample, with a name where each number stands that is needed."""
        names = {line.value: name for line, name in self.names.items() if line.op == "sample"}
        text = nested(tuple(sample), iter([names.get(place, "_") for place, _ in places(sample)]))
        return text[1:-1] if len(sample) > 1 else text

    def finish(self) -> str:
        lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in [
            ("math", self.imports & {*vars(math)}),
            ("micrograd.ground.numbers", self.imports & {"power"})] if names]
        return "\n".join([*lines, *[""] * bool(lines), *self.lines])


def step_source(code: list[Instruction], inlined: Collection[Instruction], sample: Sequence) -> str:
    """A function of the samples and the parameters' data: the mean loss and its gradients."""
    writer = Writer(code, inlined)
    writer.begin("step", "samples")
    means = [line for line in code if line.op == "mean"]
    sums = {line: line.gradient_of for line in means if not line.args[0].is_number(0)}
    for line in code:
        if line.op in COMPUTE and line.part == "before":
            writer.statement(4, line)
    names = [writer.name(line, "total" if not leaf else
                         f"grad_{writer.names.get(leaf[0]) or identifier(leaf[0].label)}")
             for line, leaf in sums.items()]
    for i in range(0, len(names), 5):
        writer.lines.append(f"    {' = '.join(names[i:i + 5])} = 0.0")
    if sums:
        writer.put(4, "for ", writer.pattern(sample), " in samples:")
    part = None
    for line in code:
        if line in sums or line.op in COMPUTE and line.part != "before":
            if part != line.part:
                part = line.part
                writer.lines.append(f"        # {part}")
            writer.statement(8, line)
    if sums:
        writer.lines.append("    n = float(len(samples))")
    results = []
    for line in means:
        inside, outside = line.args
        terms = [] if inside.is_number(0) else [f"{writer.names[line]} / n"]
        if not terms or not outside.is_number(0):
            terms.append(writer.operand(outside, LEVELS["*"] if terms else 0))
        results.append(" + ".join(terms))
    writer.put(4, "return ", f"{results[0]}, [{', '.join(results[1:])}]")
    return writer.finish()


def forward_source(code: list[Instruction], inlined: Collection[Instruction], sample: Sequence,
                   result) -> str:
    """A function of one sample and the parameters' data, with a result of this structure."""
    writer = Writer(code, inlined)
    writer.begin("forward", "sample")
    if any([line.op == "sample" for line in code]):
        writer.put(4, "", writer.pattern(sample), " = sample")
    for line in code:
        if line.op in COMPUTE:
            writer.statement(4, line)
    writer.put(4, "return ", nested(result, iter([writer.operand(x) for x in code[-1].args])))
    return writer.finish()
