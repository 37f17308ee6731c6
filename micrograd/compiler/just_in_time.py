"""`jit`: the training step as a plain Python program.

You will learn here what a compiler does with a program, once `symbols.py` has traced it into one
simple list of instructions, the forward part and the backward part alike:

1. *passes* improve the list, each in one respect: what is known is computed, what is computed twice
   is shared, what nobody needs goes, what is the same for every sample moves out of the loop;
2. the list is written as Python source, which `source.py` does, and Python compiles that;
3. the program is kept, for all samples of the same structure.

What remains is the program that a person would have written by hand, who knew backpropagation and
had patience:

>>> w, b = Value(2.0, label="w"), Value(0.5, label="b")
>>> step = jit(lambda x, y: (w * x + b - y) ** 2, [w, b])
>>> step([(1.0, 3.0), (2.0, 4.0)])              # the mean loss; w.grad and b.grad have grown
0.25
>>> print(step.source)
def step(samples, parameters):
    w, b = parameters
    total = grad_w = grad_b = 0.0
    for x, y in samples:
        # forward
        v1 = w * x + b - y
        total += v1 * v1
        # backward
        d_b = 2.0 * v1                                  # gradient of b, v1
        grad_w += d_b * x                               # gradient of w
        grad_b += d_b                                   # gradient of b
    n = float(len(samples))
    return total / n, [grad_w / n, grad_b / n]
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction

from ..engine import Value, gradients
from .source import forward_source, nested, step_source
from .symbols import COMPARE, COMPUTE, Instruction, Program, TraceError, places, trace

__all__ = ["TraceError", "jit"]


# ── 1. Passes ─────────────────────────────────────────────────────────────────────────────────────
# Each takes a list of instructions, in which inputs come before what is made from them, and gives a
# better one. Arithmetic stays what it is in eager mode: nothing is reordered, and a rounding or an
# overflow that happens there happens here.

def _rewrite(code: list[Instruction], simpler: Callable) -> list[Instruction]:
    """The code with each instruction replaced by the earlier one that `simpler` names, if any."""
    became, kept = {}, []
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
    """Compute what is known already: operations on constants, and those that change nothing."""
    def simpler(line):
        op, args = line.op, line.args
        known = [x.value for x in args if x.op == "constant"]
        if known and len(known) == len(args) and op in COMPUTE:
            try:
                line.value = COMPUTE[op](*known)
                line.op, line.args = "constant", ()
            except (ArithmeticError, ValueError):
                pass                            # it will fail when it runs, as in eager mode
        elif op == "+" and 0 in known or op == "*" and 1 in known:
            return args[args[0].op == "constant"]
        elif op == "-" and args[1].is_number(0) or op == "**" and args[1].is_number(1):
            return args[0]
        elif op == "**" and args[1].is_number(0):
            line.op, line.args, line.value = "constant", (), 1
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


def share(code: list[Instruction]) -> list[Instruction]:
    """Compute once what is computed twice."""
    seen = {}

    def simpler(line):
        if line.op == "constant":
            return seen.setdefault((type(line.value), repr(line.value)), line)
        if line.op not in COMPUTE:
            return line
        args = sorted(line.args, key=id) if line.op in ("+", "*") else line.args
        return seen.setdefault((line.op, *args), line)
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
    varying = set()
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


SAFE = {*COMPARE, "+", "-", "*", "neg", "abs", "where"}         # no float makes these fail


def inline(code: list[Instruction], longest: int = 40) -> set[Instruction]:
    """Which instructions are written where they are used, instead of on a line of their own.

    They are those used once and named by nobody. A line gets at most so many operations, for
    readers and for Python's parser, whose stack is as finite as theirs.
    """
    user = {}                                   # and which of its inputs; None if there are several
    for line in code:
        for i, x in enumerate(line.args):
            user[x] = None if x in user else (line, i)
    inlined, size, safe = set(), {}, {}
    for line in code:
        inside = [x for x in line.args if x in inlined]
        while (length := 1 + sum([size[x] for x in inside])) > longest:
            inside.remove(x := max(inside, key=size.get))
            inlined.remove(x)
        size[line] = length
        # Python computes one branch of a choice, eager mode both: only what cannot fail may wait.
        safe[line] = line.op in SAFE and all([safe[x] for x in inside])
        if user.get(line) and line.op in COMPUTE and not _is_labelled(line):
            by, i = user[line]
            again = line.part == "before" != by.part and not (by.op == "mean" and i == 1)
            if not again and (safe[line] or by.op != "where" or i == 0):
                inlined.add(line)
    return inlined


def _is_labelled(line: Instruction) -> bool:
    """Whether a person has named it, or what it is the gradient of."""
    return bool(line.label) or any([x.label and x.op in COMPUTE for x in line.gradient_of])


# ── 2. Samples ────────────────────────────────────────────────────────────────────────────────────

NUMBERS = (float, int, Fraction)
FAILURES = (ArithmeticError, LookupError, TypeError, ValueError)


def plain(x):
    """A sample as Python's own numbers in lists and tuples; numpy answers to `tolist()`."""
    if type(x) in NUMBERS or isinstance(x, (str, bool, type(None))):
        return x
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    if isinstance(x, (list, tuple)):
        return (list if isinstance(x, list) else tuple)([plain(part) for part in x])
    raise TypeError("a sample is made of numbers, strings, lists and tuples, "
                    f"not of {type(x).__name__} {repr(x)[:60]}")


def structure(x) -> str:
    """The structure of a plain sample as a text.

    >>> structure(([1.0, 2.0], 3, "a"))
    '([number, number], number, other)'
    """
    return nested(x, iter(["number" if type(y) in NUMBERS else "other" for _, y in places(x)]))


class Plan:
    """What is known of samples of one structure, and the programs made for them.

    The `fixed` places in the sample are those that hold no number, and those whose number serves as
    an index. There is a program for each choice of what stands there.
    """

    def __init__(self, sample):
        self.fixed = {place: x for place, x in places(sample) if type(x) not in NUMBERS}
        self.programs: dict[tuple, Compiled] = {}

    def key(self, sample) -> tuple:
        """What stands in the fixed places, each with its type, for 1 == 1.0 == True."""
        found = []
        for place in self.fixed:
            x = sample
            for i in place:
                x = x[i]
            found += type(x), x
        return tuple(found)

    def prepare(self, samples: list, function: Callable, parameters: list[Value], backward: bool):
        """Make the programs that these samples need."""
        for sample in samples:
            while self.key(sample) not in self.programs:
                program = trace(function, sample, parameters, self.fixed, backward)
                if program.indices:             # so far each program was for any number there
                    self.fixed |= program.indices
                    self.programs.clear()
                else:
                    self.programs[self.key(sample)] = Compiled(program, sample, backward)
        if any([self.key(sample) not in self.programs for sample in samples]):
            self.prepare(samples, function, parameters, backward)


class Compiled:
    """A traced program, improved, written as source, and compiled."""

    def __init__(self, program: Program, sample, backward: bool):
        code = prune(share(fold(program.code)))
        if backward:
            code = prune(hoist(square(code)))
            self.source = step_source(code, inline(code), sample)
        else:
            self.source = forward_source(code, inline(code), sample, program.result)
        self.leaves = [line.value for line in code if line.op == "leaf"]
        names = {"__name__": __name__}          # it is code of ours
        exec(compile(self.source, "<compiled by micrograd>", "exec"), names)
        self.function = names["step" if backward else "forward"]

    def run(self, samples):
        return self.function(samples, [leaf.data for leaf in self.leaves])


# ── 3. Just in time ───────────────────────────────────────────────────────────────────────────────

class jit:
    """Compile a loss, or a model, to plain Python.

    `function` takes one sample, as its arguments, and answers with its loss, one Value.
    `jit(function, parameters)` then is a training step: called with a sequence of samples, each the
    tuple of the function's arguments, it returns the mean loss as a number and adds the gradient of
    the mean to `grad` of each parameter, as building the mean and calling `backward()` would.
    Arguments are numbers, or lists and tuples of them, nested at will. `forward`, called as the
    function is, computes its result alone.

    The function is run on symbols at the first call, and again for samples of another structure.
    Strings, bools, None and whole numbers that serve as an index count as structure. The data of
    the Values that the result is computed from are read at each call; all else that the function
    refers to or decides by stays as it was when traced. While the function is traced, symbols stand
    in the parameters: no other thread may use them. To `isinstance`, a symbol is a `numbers.Real`.

    Raises TraceError where the function must know a number to go on; ValueError for no samples or
    samples of different structure; and where the mathematics has no answer, what the function
    raises. All gradients then are as they were.

    >>> from micrograd.nn import MLP
    >>> model = MLP(2, [8, 1])
    >>> step = jit(lambda x, y: (model(x) - y) ** 2, model.parameters())
    >>> mean = step([([0.0, 1.0], 1.0), ([1.0, 1.0], 0.0)])
    >>> predict = jit(model, model.parameters()).forward
    >>> abs(predict([0.5, 0.5]) - model([0.5, 0.5]).data) < 1e-12
    True
    """

    def __init__(self, function: Callable, parameters: Iterable[Value]):
        if not callable(function):
            raise TypeError(f"jit takes a function, not {type(function).__name__}")
        self.function = function
        self.parameters = list(dict.fromkeys(parameters))
        for p in self.parameters:
            if not isinstance(p, Value) or p._prev:
                raise TypeError(f"jit takes parameters that are leaf Values, not {repr(p)[:60]}")
        self._plans: dict[tuple, Plan] = {}
        self._latest: dict[bool, Plan] = {}     # by whether it goes backward
        self._program: Compiled | None = None   # the one that ran last

    @property
    def source(self) -> str:
        """The program that ran last. Raises RuntimeError before the first call."""
        if self._program is None:
            raise RuntimeError("there is no source before the first call")
        return self._program.source

    def __call__(self, samples: Iterable):
        samples = samples if type(samples) is list else list(samples)
        if not samples:
            raise ValueError("a step takes at least one sample")
        # At first as if they were like those of the latest call, then with a closer look.
        mean, found = (self._step(samples) or self._step(self._prepared(samples, backward=True))
                       or self._eager_step(samples))
        for p, gradient in zip(self.parameters, found):
            p.grad += gradient
        return mean

    def forward(self, *arguments):
        """The function's result, as plain numbers: no gradients, no graph."""
        sample = plain(arguments)
        answer = self._forward(sample) or self._forward(*self._prepared([sample], backward=False))
        return answer[0] if answer else _numbers(self.function(*arguments))

    def _step(self, samples: list):
        """The mean and its gradients; None if the programs do not fit or have no answer."""
        try:
            plan = self._latest[True]
            if not plan.fixed:
                self._program = plan.programs[()]
                mean, found = self._program.run(samples)
            else:
                mean, found = self._step_of_groups(plan, samples)
            check = sum(found, mean + 0.0)      # is no float if a number is of another kind
            return (mean, found) if type(check) is float and math.isfinite(check) else None
        except FAILURES:
            return None

    def _step_of_groups(self, plan: Plan, samples: list):
        """The same where different samples have different programs."""
        groups: dict[tuple, list] = {}
        for sample in samples:
            groups.setdefault(plan.key(sample), []).append(sample)
        sums = [0.0] * (1 + len(self.parameters))
        for key, group in groups.items():
            self._program = plan.programs[key]
            mean, found = self._program.run(group)
            share = len(group) / len(samples)
            sums = [total + share * x for total, x in zip(sums, [mean, *found])]
        return sums[0], sums[1:]

    def _forward(self, sample: tuple):
        """The result, in a tuple; None if the program does not fit or has no answer."""
        try:
            plan = self._latest[False]
            self._program = plan.programs[plan.key(sample)]
            return self._program.run(sample),
        except FAILURES:
            return None

    def _eager_step(self, samples: list):
        """The same by the engine. It says what is wrong, or finds that nothing is: the program also
        goes back through the branch of a choice that was not taken, and may fail there."""
        loss = sum([self.function(*sample) for sample in samples]) / len(samples)
        found = gradients(loss)
        return loss.data, [found.get(p, 0) for p in self.parameters]

    def _prepared(self, samples: list, backward: bool) -> list:
        """The samples in Python's own numbers, once there is a program for them."""
        samples = [plain(sample) for sample in samples]
        first = structure(samples[0])
        for i, sample in enumerate(samples):
            if type(sample) not in (list, tuple):
                raise TypeError("a sample is a tuple of the function's arguments, "
                                f"not {repr(sample)[:60]}")
            if structure(sample) != first:
                raise ValueError(f"samples of one call have one structure: sample 0 is {first}, "
                                 f"sample {i} is {structure(sample)}")
        plan = self._plans.setdefault((backward, first), Plan(samples[0]))
        plan.prepare(samples, self.function, self.parameters, backward)
        self._latest[backward] = plan
        return samples


def _numbers(result):
    if type(result) in (list, tuple):
        return type(result)([_numbers(x) for x in result])
    return result.data if isinstance(result, Value) else result
