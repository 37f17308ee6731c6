"""The writer: a program said in a language.

You will learn here what is left of a compiler once it knows what to compute: to say it, in names
that people gave, with no more brackets than needed, in lines that fit the page. An instruction is
either *inlined*, written into the one expression that uses it, or gets a variable and a line of its
own.

All of that is the same in every language. What differs is a *dialect*, the table at the top: how a
choice, a power, a call, a loop are written. Of people's labels, nothing but letters, digits and
underscores reaches the source.

Read `python.py` next, the first dialect, and then `just_in_time.py`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from numbers import Real
from typing import Any

from ..engine import Value
from .samples import places
from .symbols import COMPUTE, Instruction, TraceError

__all__ = ["ATOM", "Dialect", "Piece", "forward_source", "identifier", "nested", "step_source"]

ATOM = 9                                        # the level of a name, a number or a call
WIDTH = 100
BREAK = re.compile(r"(?<=,) | (?=[-+?:] |if |else )")      # where a line that is too long may break
Piece = tuple[str, str, str]                    # a line: its start, what may be broken, its end


# ── 1. What differs between languages ─────────────────────────────────────────────────────────────

class Dialect:
    """How a language writes what all programs are made of. A language fills in this table.

    `operations` has for each operation its *level* and its text. What binds tighter has a higher
    level. In the text, `{0:3}` is the first input, in brackets if its level is below 3. An
    operation without a text is a call of the function of its name, if it is among `functions`.
    """

    name = "a language"
    operations: dict[str, tuple[int, str]] = {}
    functions: Collection[str] = ()
    reserved: Collection[str] = ()              # what no variable may be called
    letters = re.UNICODE                        # what counts as a letter in a name
    comment = "#"
    variable = ""                               # what stands before the name of a new variable,
    end = ""                                    # after a statement,
    close = ""                                  # and after the statements of a function or loop
    brackets = ("", "")                         # around an expression of several lines

    def form(self, line: Instruction) -> str:
        """Under which name `operations` has this instruction."""
        return line.op

    def number(self, number: Real) -> str:
        """A constant."""
        return repr(float(number))

    def before(self, used: set[str]) -> list[str]:
        """What stands before the function, such as imports; `used` are the forms and the words of
        numbers that it is made of."""
        return []

    def begin(self, name: str, arguments: list[str]) -> list[Piece]:
        """The head of a function."""
        raise NotImplementedError

    def take(self, pattern: Sequence[Any], source: str) -> Piece:
        """Give names to the numbers in `source`. The pattern has the structure of the numbers, with
        a name where each number stands that is needed, and "_" where it is not."""
        raise NotImplementedError

    def zeros(self, names: list[str], exact: bool) -> Piece:
        """Begin sums; `exact` ones may become whole numbers or Fractions."""
        raise NotImplementedError

    def loop(self, pattern: Sequence[Any]) -> list[Piece]:
        """The head of the loop over the samples, which takes the numbers of each."""
        raise NotImplementedError

    def count(self) -> Piece:
        """Call the number of samples `n`."""
        raise NotImplementedError

    def answer(self, results: dict[Any, Any]) -> list[Piece]:
        """Return the results: texts, or lists and tuples of texts, by what they are."""
        raise NotImplementedError


# ── 2. Names ──────────────────────────────────────────────────────────────────────────────────────

def identifier(label: str, reserved: Collection[str] = (), letters: int = re.UNICODE) -> str:
    """A label as a name: its letters and digits; of a dotted path, the last word and the numbers on
    the way.

    >>> identifier("w(1,2)"), identifier("layers.0.neurons.3.w.1"), identifier("if", {"if"})
    ('w12', 'w0_3_1', 'if_')
    """
    text = unicodedata.normalize("NFKC", str(label))
    text = unicodedata.normalize("NFKC", re.sub(r"[^\w.]", "", text, flags=letters))
    parts = [part.strip("_") for part in text.split(".")]
    words = [part for part in parts if not part.isdecimal()] or [""]
    name = words[-1][:40] + "_".join([part for part in parts if part.isdecimal()])[:40]
    name = name if name.isidentifier() else re.sub(r"[^a-zA-Z0-9_]", "", f"v{name}")
    return f"{name}_" if name in reserved else name


def nested(x: Any, texts: Iterator[str]) -> Any:
    """The same lists and tuples with the next text where each number stands.

    >>> nested([0, (0, 0)], iter("abc"))
    ['a', ('b', 'c')]
    """
    if type(x) in (list, tuple):
        return type(x)([nested(part, texts) for part in x])
    return next(texts)


class Operand(tuple[str, str]):
    """A text and its level, a digit. Formatted with a digit, it gets brackets if its own is lower.
    """

    def __format__(self, least: str) -> str:
        text, level = self
        return text if level >= least else f"({text})"


# ── 3. Lines ──────────────────────────────────────────────────────────────────────────────────────

class Writer:
    """Writes a list of instructions as the source of a function, in a dialect."""

    def __init__(self, code: list[Instruction], inlined: Collection[Instruction], dialect: Dialect):
        self.code, self.inlined, self.dialect = code, inlined, dialect
        self.forms = {form: (str(level), text)
                      for form, (level, text) in dialect.operations.items()}
        self.lines: list[str] = []
        self.texts: dict[Instruction, Operand] = {}     # each as an input
        self.names: dict[Instruction, str] = {}
        self.taken = Counter([line.op for line in code])
        self.used: set[str] = set()
        for line in code:
            if line.op == "constant":
                text = dialect.number(line.value)
                self.used |= set(re.findall(r"\b[a-zA-Z]\w*", text))
                self.texts[line] = Operand((text, str(
                    dialect.operations["neg"][0] if text[0] == "-" else ATOM)))
            elif line.label:                    # people's names come first
                self.name(line, self.identifier(line.label))

    def identifier(self, label: str) -> str:
        return identifier(label, self.dialect.reserved, self.dialect.letters)

    def name(self, line: Instruction, base: str) -> str:
        """Give it a variable of its own, by the name `base` or one like it."""
        name = base
        while name in self.taken:
            self.taken[base] += 1
            name = f"{base}_{self.taken[base]}"
        self.taken[name] = 1
        self.names[line], self.texts[line] = name, Operand((name, str(ATOM)))
        return name

    def expression(self, line: Instruction) -> Operand:
        """Its computation as text, and the level of that."""
        form = self.dialect.form(line)
        self.used.add(form)
        inputs = [self.texts[x] for x in line.args]
        if form in self.forms:
            level, text = self.forms[form]
            return Operand((text.format(*inputs), level))
        if form not in self.dialect.functions:
            raise TraceError(f"{self.dialect.name} has no function {form}")
        return Operand((f"{form}({', '.join([text for text, _ in inputs])})", str(ATOM)))

    def put(self, indent: int, piece: Piece, of: Iterable[str] = ()) -> None:
        """Add a line of source, or several where one would be too long."""
        start, text, end = piece
        margin, lines = " " * indent, []
        line = f"{margin}{start}{text}{end}"
        if len(line) > WIDTH:
            opening, closing = self.dialect.brackets
            line = f"{margin}{start}{opening}"
            for word in BREAK.split(text):
                if len(line) + len(word) > WIDTH - 2:
                    lines.append(line.rstrip())
                    line = f"{margin}    "
                line += f"{word} "
            line = f"{line.rstrip()}{closing}{end}"
        if of:
            note = f"{self.dialect.comment} gradient of {', '.join(of)}"
            if lines or max(54, len(line)) + 2 + len(note) > WIDTH:
                lines.insert(0, margin + note)
            else:
                line = f"{line:<54}  {note}"
        self.lines += *lines, line

    def remark(self, indent: int, text: str) -> None:
        self.lines.append(f"{' ' * indent}{self.dialect.comment} {text}")

    def statement(self, indent: int, line: Instruction) -> None:
        """Write an instruction, on a line of its own or for the line that will use it."""
        if line in self.inlined:
            self.texts[line] = self.expression(line)
            return
        named = sorted(line.gradient_of, key=lambda x: not x.label)     # by people, then by us
        of = [self.names[x] for x in named if x in self.names]
        if line.op == "mean":
            text, _ = self.texts[line.args[0]]
            self.put(indent, (f"{self.names[line]} += ", text, self.dialect.end), of)
            return
        text, _ = self.expression(line)
        if line not in self.names:
            self.taken["v"] += not of
            self.name(line, f"d_{of[0]}" if of else f"v{self.taken['v']}")
        self.put(indent, (f"{self.dialect.variable}{self.names[line]} = ", text, self.dialect.end),
                 of)

    def begin(self, name: str, arguments: list[str], leaves: Iterable[Value | None]) -> None:
        """The head of a function, whose last argument has the numbers of the leaves."""
        for i, piece in enumerate(self.dialect.begin(name, arguments)):
            self.put(4 if i else 0, piece)
        names = {line.value: name for line, name in self.names.items() if line.op == "leaf"}
        if names:
            self.put(4, self.dialect.take([names.get(x, "_") for x in leaves], arguments[-1]))

    def pattern(self, sample: Sequence[Any]) -> Any:
        """The structure of a sample, with a name where each number stands that is needed."""
        names = {line.value: name for line, name in self.names.items() if line.op == "sample"}
        return nested(tuple(sample), iter([names.get(place, "_") for place, _ in places(sample)]))

    def finish(self, results: dict[Any, Any]) -> str:
        """Return the results: the whole source."""
        for piece in self.dialect.answer(results):
            self.put(4, piece)
        before = self.dialect.before(self.used)
        close = [self.dialect.close] if self.dialect.close else []
        return "\n".join([*before, *[""] * bool(before), *self.lines, *close])


# ── 4. Functions ──────────────────────────────────────────────────────────────────────────────────

def step_source(code: list[Instruction], inlined: Collection[Instruction], sample: Sequence[Any],
                dialect: Dialect, leaves: Iterable[Value]) -> str:
    """A function of the samples and the leaves' numbers: the mean loss and its gradients."""
    writer = Writer(code, inlined, dialect)
    writer.begin("step", ["samples", "parameters"], leaves)
    means = [line for line in code if line.op == "mean"]
    sums = {line: line.gradient_of for line in means if not line.args[0].is_number(0)}
    for line in code:
        if line.op in COMPUTE and line.part == "before":
            writer.statement(4, line)
    names = [writer.name(line, "total" if not leaf else
                         f"grad_{writer.names.get(leaf[0]) or writer.identifier(leaf[0].label)}")
             for line, leaf in sums.items()]
    exact = not all([line.args[0].is_float for line in sums])
    for i in range(0, len(names), 5):
        writer.put(4, dialect.zeros(names[i:i + 5], exact))
    if sums:
        for i, piece in enumerate(dialect.loop(writer.pattern(sample))):
            writer.put(8 if i else 4, piece)
    part = None
    for line in code:
        if line in sums or line.op in COMPUTE and line.part != "before":
            if part != line.part:
                part = line.part
                writer.remark(8, part)
            writer.statement(8, line)
    if sums:
        if dialect.close:
            writer.put(4, ("", "", dialect.close))
        writer.put(4, dialect.count())
    results = []
    for line in means:
        inside, outside = line.args
        terms = [] if inside.is_number(0) else [f"{writer.names[line]} / n"]
        if not terms or not outside.is_number(0):
            least = dialect.operations["+"][0] + 1 if terms else 0
            terms.append(f"{writer.texts[outside]:{least}}")
        results.append(" + ".join(terms))
    return writer.finish({"mean": results[0], "gradients": results[1:]})


def forward_source(code: list[Instruction], inlined: Collection[Instruction], sample: Sequence[Any],
                   results: dict[Any, Any], dialect: Dialect, leaves: Iterable[Value],
                   name: str = "forward", arguments: Sequence[str] = ("sample", "parameters"),
                   ) -> str:
    """A function of one sample and the leaves' numbers. `results` tells the structure of each."""
    writer = Writer(code, inlined, dialect)
    writer.begin(name, [*arguments], leaves)
    if any([line.op == "sample" for line in code]):
        writer.put(4, dialect.take(writer.pattern(sample), "sample"))
    for line in code:
        if line.op in COMPUTE:
            writer.statement(4, line)
    texts = iter([writer.texts[x][0] for x in code[-1].args])
    return writer.finish({name: nested(result, texts) for name, result in results.items()})
