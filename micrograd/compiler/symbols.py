"""Symbols: numbers that write down what is done to them.

You will learn here that to *transform* a program is to *interpret it differently*. The operations
of `engine.py` never ask what their numbers are made of. On floats they train; on *symbols*, which
compute nothing, they write a program. A loss run on symbols records its forward program, and
`gradients()` of the result records the backward program, by the same rules: no operation has to be
described again. Doing this is called *tracing*.

>>> w = Value(3.0, label="w")
>>> program = trace(lambda x: (w * x) ** 2, (2.0,), [w])
>>> [line.op for line in program.code if line.part == "forward" and line.args]
['*', '**', 'mean']

What a symbol cannot do is tell its number: the program is to serve for every number there. Whoever
asks, such as an `if`, gets a TraceError that names the line and what to write instead.

Read `passes.py` next: it improves such programs.
"""

import inspect
import linecache
import math
import operator
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from numbers import Real
from typing import Any, NoReturn

from ..engine import Constant, Value, gradients, op, topological_order
from ..ground.numbers import power, where
from .samples import places

__all__ = ["COMPARE", "COMPUTE", "Failed", "INFIX", "Instruction", "Program", "Symbol",
           "TraceError", "trace"]

PACKAGE = __package__.partition(".")[0]
LIBRARIES = {PACKAGE, "numpy", *sys.stdlib_module_names}


# ── 1. Instructions ───────────────────────────────────────────────────────────────────────────────

class Instruction:
    """One line of a program: an operation, and the instructions that make its inputs.

    Three operations have no inputs but a `value`: "constant" (a number), "leaf" (the Value whose
    data is read at each call) and "sample" (the place in the sample where the number stands). Two
    use numbers instead of making one: "mean" over the samples, and "return".
    """

    __slots__ = ("op", "args", "value", "label", "gradient_of", "part", "is_float")

    def __init__(self, op: str, *args: "Instruction", value: Any=None, label: str = ""):
        self.op, self.args, self.value, self.label = op, args, value, label
        self.gradient_of: tuple[Instruction, ...] = ()
        self.part = "forward"                   # or "backward", or "before" the loop
        self.is_float = False                   # whether it is one, whatever the samples hold

    def is_number(self, number: int) -> bool:
        return self.op == "constant" and self.value == number


# What an instruction computes: an operator, a function of the module `math`, or a choice.
COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
           "==": operator.eq, "!=": operator.ne}
INFIX = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
         "//": operator.floordiv, "%": operator.mod, "**": power, **COMPARE}
PREFIX = {"neg": operator.neg, "abs": abs} | {
    name: f for name, f in vars(math).items() if callable(f) and not name.startswith("_")}
COMPUTE = {**INFIX, **PREFIX, "where": where}


# ── 2. Symbols ────────────────────────────────────────────────────────────────────────────────────

class TraceError(TypeError):
    """The function must know a number to go on, but a symbol's number is not known yet."""


class Symbol:
    """A number that is not known yet. What is done to it becomes an instruction of its program."""

    __slots__ = ("program", "line")
    __array_ufunc__ = None                      # numpy's numbers leave the arithmetic to us

    def __init__(self, program: "Program", line: Instruction):
        self.program, self.line = program, line

    def __repr__(self) -> str:
        return f"<symbol {self.line.label or self.line.op}>"

    def __format__(self, how: str = "") -> str:
        if _module(sys._getframe(1)) == PACKAGE:    # an error message of ours
            return repr(self)
        self.program.refuse("a number to write down", "Text made of numbers would stay as it is "
                            "when the function is traced: make it after the call.")

    __str__ = __format__

    def __pos__(self) -> Any:
        return self

    def __where__(self, a: Any, b: Any) -> Any:
        if isinstance(a, Value) or isinstance(b, Value):
            return _choose(self, a, b)          # an operation, so that the gradient finds its way
        return self.program.record("where", self, a, b)

    @property                                   # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance(x, float)` asks. Unless a library asks, the answer is the class of the
        number in the sample, and the program serves for numbers of that class alone."""
        if _module(sys._getframe(1)) in LIBRARIES:
            return Symbol
        if self.line.op != "sample":
            self.program.refuse("the class of a number", "Only a number that stands in the sample "
                                "itself has one before the call.")
        self.program.kinds.add(self.line.value)
        return type(self.program.numbers[self.line.value])

    def __index__(self) -> int:
        number: Any = (self.program.numbers.get(self.line.value) if self.line.op == "sample"
                       else None)
        if type(number) is not int:
            self.program.refuse("an index or a key", "Only a whole number that stands in the "
                                "sample itself can be one.")
        self.program.indices[self.line.value] = number
        return number

    def __hash__(self) -> int:
        return hash(self.__index__())


Real.register(Symbol)                           # the engine takes it for a number
_choose = op("where", lambda g, out, c, a, b: (0, where(c, g, 0), where(c, 0, g)))(where)


def _call(op: str) -> Any:
    def method(*numbers: Any) -> Any:           # of which one at least is a symbol
        symbol = next(x for x in numbers if type(x) is Symbol)
        return symbol.program.record(op, *numbers)
    return method


def _binary(op: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        if type(other) is Symbol and other.program is self.program:     # the same, but faster
            return self.program.add(Instruction(op, self.line, other.line))
        if type(other) is Symbol or isinstance(other, Real):
            return self.program.record(op, self, other)
        return NotImplemented
    return method


def _reflected(op: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        if op == "+" and type(other) is int and other == 0:
            self.program.sums = True
            return self                         # sums begin with 0: as of Values, it is left out
        return self.program.record(op, other, self) if isinstance(other, Real) else NotImplemented
    return method


def _refusal(what: str, instead: str) -> Any:
    return lambda self, *_: self.program.refuse(what, instead)


for _op, _function in INFIX.items():
    _name = _function.__name__.replace("power", "pow")
    setattr(Symbol, f"__{_name}__", _binary(_op))
    if _op not in COMPARE:
        setattr(Symbol, f"__r{_name}__", _reflected(_op))
for _name in PREFIX:
    setattr(Symbol, f"__{_name}__" if _name in ("neg", "abs") else _name, _call(_name))
for _name in ("float", "int", "complex", "round", "floor", "ceil", "trunc"):
    setattr(Symbol, f"__{_name}__", _refusal(
        "a plain number", "Compute with operators and with micrograd's own exp, log, tanh, … "
        "instead of those of math, and look at numbers after the call."))
setattr(Symbol, "__bool__", _refusal(
    "a decision", "Choose with where(condition, a, b), maximum(a, b), minimum(a, b) or relu(x), "
    "which are compiled; for `a < x and x < b` write (a < x) * (x < b)."))


# ── 3. Tracing ────────────────────────────────────────────────────────────────────────────────────

class Program:
    """The instructions that symbols have written down so far."""

    def __init__(self, sample: Sequence[Any]):
        self.sample = sample
        self.numbers = dict(places(sample))     # by their places
        self.indices: dict[tuple[Any, ...], int] = {}     # those that served as an index or a key
        self.kinds: set[tuple[Any, ...]] = set()          # those whose class was asked for
        self.code: list[Instruction] = []
        self.result: Any = None                  # what the function returned, in symbols
        self.sums = False                       # whether sum() may have added numbers up
        self.refused: TraceError | None = None

    def add(self, line: Instruction) -> Symbol:
        self.code.append(line)
        return Symbol(self, line)

    def record(self, op: str, *numbers: Any) -> Symbol:
        return self.add(Instruction(op, *[
            x.line if type(x) is Symbol and x.program is self else self.constant(x)
            for x in numbers]))

    def constant(self, number: Any) -> Instruction:
        if type(number) is Symbol or not isinstance(number, Real):
            self.refuse("numbers of this call alone", f"There is a {type(number).__name__} "
                        f"{repr(number)[:60]}.")
        return self.add(Instruction("constant", value=number)).line

    def refuse(self, what: str, instead: str) -> NoReturn:
        """Raise TraceError, and keep it: a function that catches it is not compiled either."""
        self.refused = self.refused or TraceError(
            f"{_place(traceback.walk_stack(None))}\nneeds {what}, but a traced number is not known "
            f"yet: one program serves for all samples. {instead}")
        raise self.refused

    def arguments(self, function: Callable[..., Any], fixed: Any) -> list[Any]:
        """The sample in symbols, all but what stands in fixed places."""
        def symbols(x: Any, label: Any, place: Any) -> Any:
            if type(x) in (list, tuple):
                return type(x)([symbols(y, f"{label}.{i}", (*place, i)) for i, y in enumerate(x)])
            return x if place in fixed else self.add(
                Instruction("sample", value=place, label=label))

        names = argument_names(function, self.sample)
        return [symbols(x, name, (i,)) for i, (x, name) in enumerate(zip(self.sample, names))]

    def attempt(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what is not ours. None if it used a number as an index."""
        try:
            result, error = function(*arguments), None
        except Exception as raised:
            result, error = None, raised
        if self.indices:
            return None
        if self.refused:
            raise self.refused
        if isinstance(error, (Busy, TraceError)):
            raise error
        if error:
            raise Failed(error)
        return result


class Busy(RuntimeError):
    """Symbols stand in the parameters already."""


class Failed(Exception):
    """The function failed on symbols. On numbers it may say why, otherwise `explained` does."""

    def __init__(self, error: Exception):
        frames = list(traceback.walk_tb(error.__traceback__))[::-1]
        self.__cause__ = error
        self.explained = TraceError(
            f"{_place(frames)}\n{error}. While a function is traced, symbols stand for its "
            "numbers: they take arithmetic, comparisons and micrograd's own functions.")


def trace(function: Callable[..., Any], sample: Sequence[Any], parameters: Iterable[Value],
          fixed: Collection[Any] = (), backward: bool = True) -> Program:
    """The program of the function, found by running it on symbols.

    It ends with the mean loss and the means of its gradients by the parameters; without `backward`,
    with the function's result. `fixed` are the places in the sample that keep their numbers. If
    another number served as an index, the program has `indices` and is not complete. Raises
    TraceError, and Failed where the function or a rule raises an error of its own.
    """
    parameters = dict.fromkeys(parameters)
    others: list[Value] = []
    while True:                                 # once more if it met leaves that nobody had named
        program = Program(sample)
        leaves: dict[Any, Any] = dict.fromkeys([*parameters, *others])
        before = [(leaf, leaf.data, leaf.grad) for leaf in leaves]
        if any([type(data) is Symbol for _, data, _ in before]):
            raise Busy("the parameters are being traced already, in another thread or by a "
                       "function that calls a compiled one")
        try:
            try:
                for leaf in leaves:
                    leaves[leaf] = leaf.data = program.add(
                        Instruction("leaf", value=leaf, label=leaf.label or "p"))
                program.result = program.attempt(function, *program.arguments(function, fixed))
                for leaf, _, grad in before:
                    if leaf.data is not leaves[leaf] or leaf.grad is not grad:
                        raise TraceError(
                            f"{function} changes data or grad of {leaf.label!r}. A program only "
                            "computes a result: change them before or after the call.")
                found = [] if program.indices else _finish(program, parameters, others, backward)
            finally:
                _restore(before)
        finally:                                # Ctrl-C may have interrupted that
            _restore(before)
        if len(found) <= len(others):           # no more than before; some are made at each call
            return program
        others = found


def _restore(before: list[tuple[Any, ...]]) -> None:
    for leaf, data, grad in before:
        leaf.data, leaf.grad = data, grad


def _finish(program: Program, parameters: Iterable[Value], others: list[Value],
            backward: bool) -> list[Value]:
    """Record what comes after the result; returns the leaves in it that are no parameters."""
    result = program.result
    if backward and not isinstance(result, Value):
        raise TypeError(f"a loss is one Value, not {type(result).__name__} {repr(result)[:60]}")
    results = [x for _, x in places(result)]
    values: list[Any] = [value for x in results if isinstance(x, Value)
                         for value in topological_order(x)]
    for value in values:
        if value.label and type(value.data) is Symbol and value.data.line.args:
            value.data.line.label = value.label
    if backward:
        _record_means(program, parameters)
    else:
        program.record("return", *[x.data if isinstance(x, Value) else x for x in results])
    if program.refused:
        raise program.refused
    return [value for value in dict.fromkeys(values)
            if not value._prev and not isinstance(value, Constant)
            and (value in others or type(value.data) is not Symbol)]


def _record_means(program: Program, parameters: Iterable[Any]) -> None:
    loss = program.result
    program.record("mean", loss.data)
    start = len(program.code)
    found = program.attempt(gradients, loss)
    for value in reversed(found):
        if type(value.data) is type(found[value]) is Symbol:
            found[value].line.gradient_of += (value.data.line,)
    for p in parameters:
        mean = program.record("mean", found.get(p, 0))
        mean.line.gradient_of = (p.data.line,)
    for line in program.code[start:]:
        line.part = "backward"


def argument_names(function: Callable[..., Any], sample: Sequence[Any]) -> list[str]:
    try:
        signature = inspect.signature(function)
        signature.bind(*sample)
    except ValueError:                          # a function that does not tell its signature
        return ["x"] * len(sample)
    except TypeError as error:
        raise TypeError(f"a sample is a tuple of the arguments of {function}: {error}") from None
    names = list(signature.parameters) or ["x"]
    return names + names[-1:] * (len(sample) - len(names))


def _place(frames: Any) -> str:
    """The innermost line of code that is not a library's."""
    for frame, number in frames:
        code = frame.f_code
        if _module(frame) not in LIBRARIES:
            text = linecache.getline(code.co_filename, number, frame.f_globals).strip()
            return f'File "{code.co_filename}", line {number}, in {code.co_name}: {text}'
    return "The function"


def _module(frame: Any) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]
