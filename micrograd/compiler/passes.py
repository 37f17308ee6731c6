"""Passes: each takes a program and gives a better one.

You will learn here what a compiler does with a program once it has it as a plain list of
instructions, in which inputs come before what is made from them. Each pass improves one thing: what
is known is computed, what is computed twice is shared, what nobody needs goes, what is the same for
every sample moves out of the loop. Arithmetic stays what it is in eager mode: nothing is reordered,
and a rounding or an overflow that happens there happens here; `square` says what it changes.

>>> from .symbols import trace
>>> w = Value(3.0, label="w")
>>> program = trace(lambda x: (w * x * 1) ** 2 + w * x, (2.0,), [w])
>>> len(program.code), len(prune(share(fold(program.code))))
(25, 11)

Read `writer.py` next: it says the program in a language.
"""

from collections import Counter
from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

from ..engine import Value
from .symbols import COMPARE, COMPUTE, Instruction

__all__ = ["floats", "fold", "hoist", "inline", "prune", "share", "square"]


def _rewrite(code: list[Instruction], simpler: Callable[..., Any]) -> list[Instruction]:
    """The code with each instruction replaced by the earlier one that `simpler` names, if any."""
    became: dict[Instruction, Instruction] = {}
    kept = []
    for line in code:
        if not became.keys().isdisjoint(line.args + line.gradient_of):
            line.args = tuple([became.get(x, x) for x in line.args])
            line.gradient_of = tuple([became.get(x, x) for x in line.gradient_of])
        other = simpler(line)
        if other is line:
            kept.append(line)
        else:
            became[line] = other
            other.label = other.label or line.label
            if other.part == "backward":
                other.gradient_of += line.gradient_of
    return kept


def fold(code: list[Instruction]) -> list[Instruction]:
    """Compute what is known already: operations on constants, and those that change nothing.

    Which numbers are certain to be floats, `floats` has said before.
    """
    def simpler(line: Any) -> Any:
        op, args = line.op, line.args
        known = [x.value for x in args if x.op == "constant"]
        if known and len(known) == len(args) and op in COMPUTE:
            try:
                line.value = COMPUTE[op](*known)
                line.op, line.args = "constant", ()
            except (ArithmeticError, ValueError):
                pass                            # it will fail when it runs, as in eager mode
        elif op in NEUTRAL and (x := _unchanged(line)):
            return x
        elif op == "**" and args[1].is_number(0) and args[0].is_float:
            line.op, line.args, line.value = "constant", (), 1.0
        elif op == "where" and args[0].op == "constant":
            return args[1] if args[0].value else args[2]
        elif op == "where" and args[1] is args[2]:
            return args[1]
        elif op == "neg" and args[0].op == "neg":
            return args[0].args[0]
        elif op in ("+", "-") and args[1].op == "neg":
            line.op, line.args = "-" if op == "+" else "+", (args[0], args[1].args[0])
        return line
    return _rewrite(code, simpler)


NEUTRAL = {"+": 0, "-": 0, "*": 1, "**": 1}


def _unchanged(line: Instruction) -> Instruction | None:
    """The input that it returns as it is, whatever number that will be: also its kind and sign.

    An integer times 1.0 is a float; True times 1 is 1. And -0.0 + 0 is 0.0: so this is left out on
    the way backward alone, where all is added up from 0 in the end.
    """
    x, y = line.args
    if line.op in ("+", "*") and x.op == "constant":
        x, y = y, x
    neutral = NEUTRAL[line.op]
    numbers = [repr(neutral), repr(float(neutral))][:1 + x.is_float]
    same = y.op == "constant" and repr(y.value) in numbers and x.op not in COMPARE
    return x if same and (line.op != "+" or line.part == "backward") else None


def share(code: list[Instruction]) -> list[Instruction]:
    """Compute once what is computed twice."""
    seen: dict[tuple[Any, ...], Instruction] = {}

    def simpler(line: Any) -> Any:
        if line.op == "constant":               # 0.0 and -0.0 are equal, and so are 1 and 1.0
            number = repr(line.value) if type(line.value) is float else line.value
            return seen.setdefault((type(line.value), number), line)
        if line.op not in COMPUTE:
            return line
        op, args = line.op, line.args
        if (op == "+" or op == "*") and id(args[0]) > id(args[1]):
            args = args[::-1]
        return seen.setdefault((op, args), line)
    return _rewrite(code, simpler)


def prune(code: list[Instruction]) -> list[Instruction]:
    """Leave out what nothing depends on, such as the gradients of constants."""
    needed = {line for line in code if line.op in ("mean", "return")}
    for line in reversed(code):
        if line in needed:
            needed.update(line.args)
    return [line for line in code if line in needed]


def square(code: list[Instruction]) -> list[Instruction]:
    """Multiply, which is faster, instead of raising to the power 2, wherever only sums follow.
    The last bit differs in one of a thousand squares, for C's `pow` is not always rounded right.

    A square too large for a float is an error, a product is infinite. Then the mean is no finite
    number, and the engine, asked again, raises the error.
    """
    summed = {line: True for line in code}
    for line in reversed(code):
        sums = summed[line] and line.op in ("+", "-", "neg") or line.op == "mean"
        for x in line.args:
            summed[x] = summed[x] and sums
    for line in code:
        if line.op == "**" and line.args[1].is_number(2) and summed[line]:
            line.op, line.args = "*", (line.args[0],) * 2
    return code


def hoist(code: list[Instruction]) -> list[Instruction]:
    """Move what is the same for every sample before the loop.

    A mean gets two inputs: a number that varies, and one that is the same in every sample.
    """
    varying: set[Instruction] = set()
    for line in code:
        if line.op == "sample" or not varying.isdisjoint(line.args):
            varying.add(line)
    uses = Counter([x for line in code for x in line.args])
    before = [line for line in code if line not in varying and line.op != "mean"]
    zero = Instruction("constant", value=0)
    for mean in [line for line in code if line.op == "mean"]:
        inside, outside = mean.args[0], zero
        while inside is not zero:
            same = [x for x in inside.args if x not in varying]
            if inside not in varying:
                term, inside = inside, zero
            elif inside.op == "+" and same and uses[inside] == 1:
                term, = same
                inside = inside.args[inside.args[0] is term]
            else:
                break
            if outside is not zero:
                before.append(term := Instruction("+", outside, term))
            outside = term
        mean.args = inside, outside
    for line in before:
        line.part = "before"
    return [zero, *before, *[line for line in code if line in varying or line.op == "mean"]]


ROUNDING = {"exp", "log", "sqrt", "sin", "cos", "tanh"}     # of any number they make a float
MIXING = {"+", "-", "*", "/", "//", "%", "**"}              # and these if one of their inputs is
SAFE = {*COMPARE, "+", "-", "*", "neg", "abs", "where"}     # no float makes these fail


def floats(code: list[Instruction], leaves: Collection[Value]) -> list[Instruction]:
    """Make the exact numbers that meet floats floats, which is what happens to them there anyway.

    A comparison of floats with a Fraction is exact, and a choice leaves what it chooses as it is;
    but of whole numbers no comparison can tell, nor of 0 a choice.

    Whole numbers and Fractions are exact as long as they are among themselves; so they stay where
    no input is certain to be a float, such as beside the numbers of a sample. `leaves` are the ones
    that hold floats. Arithmetic on floats alone is faster than on mixtures.
    """
    certain: set[Instruction] = set()
    made: dict[Instruction, Instruction] = {}
    for line in code:
        op, args = line.op, line.args
        mixed = args[1:] if op == "where" else args
        some = not certain.isdisjoint(mixed)
        if some and (op in MIXING or op in COMPARE or op == "where"):
            kinds = (int, Fraction) if op in MIXING else (int,)
            limit = 1 if op == "where" else 2 ** 53
            exact = [x for x in (args[:1] if op == "**" else mixed)         # x ** 3 stays readable
                     if x.op == "constant" and type(x.value) in kinds and abs(x.value) < limit]
            for x in exact:
                if x not in made:
                    made[x] = Instruction("constant", value=float(x.value))
                    made[x].is_float, made[x].part = True, x.part
                    certain.add(made[x])
            line.args = args = tuple([made[x] if x in exact else x for x in args])
        if (op == "leaf" and line.value in leaves or op in ROUNDING or op in MIXING and some
                or op == "constant" and type(line.value) is float
                or op in ("neg", "abs") and some
                or op == "where" and certain.issuperset(args[1:])):
            line.is_float = True
            certain.add(line)
    return [*made.values(), *code]


def inline(code: list[Instruction], longest: int = 40) -> set[Instruction]:
    """Which instructions are written where they are used, instead of on a line of their own.

    They are those used once and named by nobody. A line gets at most so many operations, for
    readers and for Python's parser, whose stack is as finite as theirs.
    """
    user: dict[Instruction, Instruction | None] = {}        # None if it is used more than once
    for line in code:
        for x in line.args:
            user[x] = None if x in user else line
    inlined: set[Instruction] = set()
    size: dict[Instruction, int] = {}           # of those that are inlined
    unsafe: set[Instruction] = set()
    for line in code:
        length, safe = 1, line.op in SAFE
        if not inlined.isdisjoint(line.args):
            inside = [x for x in line.args if x in inlined]
            while (length := 1 + sum([size[x] for x in inside])) > longest:
                inside.remove(x := max(inside, key=size.__getitem__))
                inlined.remove(x)
            safe = safe and unsafe.isdisjoint(inside)
        # A language computes one branch of a choice, eager mode both: only what cannot fail waits.
        if not safe:
            unsafe.add(line)
        by = user.get(line)
        if by and line.op in COMPUTE and not _is_labelled(line):
            again = line.part == "before" != by.part and not (
                by.op == "mean" and by.args[1] is line)
            if not again and (safe or by.op != "where" or by.args[0] is line):
                inlined.add(line)
                size[line] = length
    return inlined


def _is_labelled(line: Instruction) -> bool:
    """Whether a person has named it, or what it is the gradient of."""
    return bool(line.label) or bool(line.gradient_of) and any(
        [x.label and x.op in COMPUTE for x in line.gradient_of])
