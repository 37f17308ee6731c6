"""`jit`: the training step as a plain program.

You will learn here how the parts of a compiler work together. `symbols.py` traces the function into
one simple list of instructions, the forward part and the backward part alike; `passes.py` improves
the list; `writer.py` says it as source; Python compiles that, and the program is kept, for all
samples of the same structure. What remains is the program that a person would have written by hand,
who knew backpropagation and had patience:

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
    n = len(samples)
    return total / n, [grad_w / n, grad_b / n]
"""

import functools
import math
import threading
from collections.abc import Callable, Iterable
from typing import Any

from ..engine import Value, gradients
from ..ground.numbers import number
from .c import C, whole_limit
from .javascript import JAVASCRIPT, PRELUDE
from .native import Native, NoCompiler, flat
from .nests import nests_source
from .passes import floats, fold, hoist, inline, prune, share, square
from .python import PYTHON
from .samples import FLOATS, NUMBERS, checker, places, plain, structure
from .symbols import Failed, Program, TraceError, trace
from .training import Training, Unsure
from .writer import Dialect, forward_source, nested, step_source

__all__ = ["jit"]

LONG = 5000                                     # instructions, of which C makes loops
SET_GRAD = getattr(Value, "grad").__set__


# ── 1. Programs ───────────────────────────────────────────────────────────────────────────────────

class Compiled:
    """A traced program, improved, written as source, and compiled."""

    def __init__(self, program: Program, sample: Any, backward: bool, language: str):
        leaves = [line.value for line in program.code if line.op == "leaf"]
        known = {leaf for leaf in leaves if type(leaf.data) is float}
        code = prune(share(fold(floats(program.code, known))))
        if backward:
            code = prune(hoist(square(code)))
        code = prune(floats(code, known))
        self.leaves = [line.value for line in code if line.op == "leaf"]
        self.floats = [leaf for leaf in self.leaves if leaf in known]
        self.code, self.sample, self.result = code, sample, program.result
        self.structure = structure(tuple(sample))
        self.backward = backward
        self.name = "step" if backward else "forward"
        self.native, self.fallback = None, None
        if language == "c":
            try:
                self.source = self.said(C, self.leaves)
                results = sum([line.op == "mean" for line in code]) or len(code[-1].args)
                self.native = Native(self.source, self.name, len(self.leaves), results)
                self.whole_limit = whole_limit(code)
                return
            except (NoCompiler, TraceError) as error:
                self.fallback = f"Python computed it instead of C: {error}"
        self.source = self.said(PYTHON, self.leaves)

    @functools.cached_property
    def function(self) -> Any:
        """The program in Python."""
        source = self.said(PYTHON, self.leaves) if self.native else self.source
        names: dict[str, Any] = {"__name__": __name__}      # it is code of ours
        try:
            exec(compile(source, "<compiled by micrograd>", "exec"), names)
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"the program is nested too deeply for Python: {error}") from None
        return names[self.name]

    def said(self, dialect: Dialect, leaves: Iterable[Value]) -> str:
        """The program in a language, as a function that is given the numbers of these leaves."""
        if dialect is C and len(self.code) > LONG:      # C takes longer lines: 256 brackets in each
            return nests_source(self.code, inline(self.code, 150), self.sample, leaves, self.name)
        inlined = inline(self.code)
        if self.backward:
            return step_source(self.code, inlined, self.sample, dialect, leaves)
        return forward_source(self.code, inlined, self.sample, {"result": self.result}, dialect,
                              leaves)

    def numbers(self) -> list[Any] | None:
        """What the leaves hold; None if one that was a float when this was compiled is none now."""
        numbers = [leaf.data for leaf in self.leaves]
        if FLOATS.issuperset(map(type, numbers)):
            return numbers
        return numbers if FLOATS.issuperset([type(leaf.data) for leaf in self.floats]) else None

    def run(self, samples: Any, numbers: list[Any]) -> Any:
        """What the program computes of the samples, or of one, and of what the leaves hold."""
        if self.native:
            self.fallback = None
            flattened = flat(samples if self.backward else [samples], self.structure)
            if self.fits_doubles(flattened) and self.fits_doubles(numbers):
                results = self.native(flattened, len(samples), numbers)
                if self.backward:
                    return results[0], results[1:]
                return nested(self.result, iter(results))
            self.fallback = ("Python computed it instead of C: Fractions and large whole numbers "
                             "stay exact there")
        return self.function(samples, numbers)

    def fits_doubles(self, numbers: list[Any]) -> bool:
        kinds = {*map(type, numbers)} - FLOATS
        return not kinds or kinds <= {int, bool} and self.whole_limit >= max(
            [abs(x) for x in numbers if type(x) is not float])


class Plan:
    """What is known of samples of one structure, and the programs made for them.

    The `fixed` places in the sample are those that hold no number, and those whose number serves as
    an index; of those in `kinds`, the class matters. There is a program for each choice of what
    stands there, and more if leaves become other kinds of number than those it was made for.
    """

    def __init__(self, sample: Any):
        self.fits = checker(structure(tuple(sample)))
        self.fixed = {place: x for place, x in places(sample) if type(x) not in NUMBERS}
        self.kinds: set[tuple[Any, ...]] = set()
        self.programs: dict[tuple[Any, ...], list[Compiled]] = {}

    def groups(self, samples: list[Any]) -> Iterable[tuple[tuple[Any, ...], list[Any]]]:
        """The samples by what stands in the fixed places, with its type, for 1 == 1.0 == True."""
        if not self.fixed and not self.kinds:   # as it mostly is
            return [((), samples)]
        groups: dict[tuple[Any, ...], list[Any]] = {}
        for sample in samples:
            fixed = [_at(sample, place) for place in self.fixed]
            key = (*fixed, *map(type, fixed), *[type(_at(sample, place)) for place in self.kinds])
            groups.setdefault(key, []).append(sample)
        return groups.items()

    def program(self, key: tuple[Any, ...]) -> tuple[Compiled | None, list[Any]]:
        """The program for this key and for the kinds of number that the leaves hold; and these."""
        for program in self.programs.get(key, ()):
            if (numbers := program.numbers()) is not None:
                return program, numbers
        return None, []


def _at(x: Any, place: tuple[Any, ...]) -> Any:
    for i in place:
        x = x[i]
    return x


# ── 2. Just in time ───────────────────────────────────────────────────────────────────────────────

class jit:
    """Compile a loss, or a model, to a plain program.

    `function` takes one sample, as its arguments, and returns its loss, one Value.
    `jit(function, parameters)` then is a training step: called with a sequence of samples, each the
    tuple of the function's arguments, it returns the mean loss as a number and adds the gradient of
    the mean to `grad` of each parameter, as building the mean and calling `backward()` would.
    Arguments are numbers, or lists and tuples of them, nested at will. `forward`, called as the
    function is, computes its result alone. `train` makes many steps in one call, with an optimiser.

    The function is run on symbols at the first call, and again for samples of another structure.
    Strings, bools, None and whole numbers that serve as an index count as structure, and so does
    the class of a number if the function asks for it (`isinstance(x, float)`). The data of the
    Values that the result is computed from are read at each call; all else that the function refers
    to or decides by stays as it was when traced, such as the global variables and files it reads,
    random numbers it draws, and texts made of Values, such as `str(w)`. Threads that call it take
    turns; while it traces, symbols stand in the parameters, and no other thread may use them.

    `language` is "python" or "c", which is compiled by whatever C compiler the machine has.
    `source` is the program that ran last. `fallback` is None if it gave the last answer; otherwise
    it says why not:

    - there is no C compiler, or C has no such function, or a number would not be exact in C: then
      the same program in Python gave the answer. In all other cases the engine did:
    - the program found no answer, such as a division by zero in a branch that is not taken: the
      engine says what is wrong, or finds that nothing is;
    - the mean loss, a gradient or a result is not finite: the engine knows the error, if it is one;
    - one of them is another kind of number than int, float or Fraction, because a leaf is.

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

    def __init__(self, function: Callable[..., Any], parameters: Iterable[Value],
                 language: str = "python"):
        if language not in ("c", "python"):
            raise ValueError(f"jit writes 'python' or 'c', not {language!r:.60}")
        if not callable(function):
            raise TypeError(f"jit takes a function, not {type(function).__name__}")
        self.function = function
        self.language = language
        self.parameters = list(dict.fromkeys(parameters))
        for p in self.parameters:
            if not isinstance(p, Value) or p._prev:
                raise TypeError(f"jit takes parameters that are leaf Values, not {repr(p)[:60]}")
        self.fallback: str | None = None
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self._latest: dict[bool, Plan] = {}     # by whether it goes backward
        self._program: Compiled | None = None   # the one that ran last,
        self._update: Any = None                # and with it, if it was to train
        self._training: Training | None = None
        self._turn = threading.RLock()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a compiled function is not copied: its program has the parameters it was "
                        "made for. Call jit again, with the copy of the model")

    @property
    def source(self) -> str:
        """The program that ran last. Raises RuntimeError before the first call."""
        source = self._last().source
        return f"{source}\n\n{self._update.source}" if self._update else source

    @property
    def leaves(self) -> list[Value]:
        """The parameters, and after them the other Values that the program reads which ran last."""
        return list(dict.fromkeys([*self.parameters, *self._last().leaves]))

    @property
    def javascript(self) -> str:
        """The program that ran last as JavaScript, which reads the numbers of `leaves`.

        After a step these are the functions `step` and `forward`, after `forward` that alone;
        `javascript.py` says what they return. Raises RuntimeError before the first call, and
        TraceError for what JavaScript does not have.
        """
        last, functions = self._last(), []
        with self._turn:
            for backward in [True, False][not last.backward:]:
                samples, plan = self._planned([last.sample], backward)
                (program, _, _), = self._programs(plan, samples, backward)
                functions.append(program.said(JAVASCRIPT, self.leaves))
        return "\n\n".join([PRELUDE.rstrip(), *functions])

    def _last(self) -> Compiled:
        if self._program is None:
            raise RuntimeError("there is no source before the first call")
        return self._program

    def train(self, batches: Iterable[Any], optimizer: Any, lr: Any = None) -> list[Any]:
        """Make a training step for each batch of samples; returns the mean loss of each batch.

        `lr`, if given, is the learning rate: one for all batches, or a list with one for each. All
        is as after these lines, to the last bit:

            for i, batch in enumerate(batches):
                optimizer.zero_grad()
                losses.append(step(batch))
                optimizer.lr = lr[i]
                optimizer.step()

        With the language "c" the optimiser's update is compiled too, whatever it remembers, as long
        as it is arithmetic, and C goes from batch to batch. The first steps are made singly, and
        so is each that C cannot make; `fallback` then says why. `batches` is read to its end first.

        Raises what a single step raises; then, and after Ctrl-C, all is as the steps before have
        left it, and `optimizer.steps` has counted them. Raises ValueError if a learning rate is
        negative or not finite, or if there are more or fewer of them than batches.

        >>> from micrograd.optim import SGD
        >>> w = Value(1.0, label="w")
        >>> step = jit(lambda x, y: (w * x - y) ** 2, [w])
        >>> step.train([[(1.0, 3.0)], [(1.0, 3.0), (2.0, 6.0)]], SGD([w]), lr=[0.25, 0.1])
        [4.0, 2.5]
        >>> w.data, w.grad
        (2.5, -5.0)
        """
        batches, rates = list(batches), None
        if lr is not None:
            rates = _rates(lr, len(batches))
        if not all([callable(getattr(optimizer, name, None)) for name in ("step", "zero_grad")]):
            raise TypeError("train takes batches and an optimiser, such as SGD(parameters), not "
                            f"{repr(optimizer)[:60]}")
        with self._turn:
            if self._training is None or self._training.optimizer is not optimizer:
                self._training = Training(self, optimizer)
            return self._training(batches, rates)

    def only_program(self, samples: list[Any], known: dict[Any, Any]) -> tuple[Any, list[Any]]:
        """For `training.py`: the program that serves for all these samples, with its leaves'
        numbers, and the samples. `known` has those found before. Raises Unsure if they are to be
        tried singly first."""
        try:
            samples, plan = self._planned(samples, True)
        except (IndexError, TypeError, ValueError) as error:
            raise Unsure(str(error)) from None
        (key, samples), *more = plan.groups(samples)
        if more:
            raise Unsure("the samples of a batch need several programs")
        found = known.get((plan, key))
        if not found:
            found = known[plan, key] = plan.program(key)
        return found, samples

    def trained(self, program: Compiled, update: Any) -> None:
        """For `training.py`: these ran."""
        self._program, self._update = program, update

    def __call__(self, samples: Iterable[Any]) -> Any:
        samples = samples if type(samples) is list else list(samples)
        if not samples:
            raise ValueError("a step takes at least one sample")
        with self._turn:
            mean, found = self._run(samples, True)
            grads = [gradient + p.grad for p, gradient in zip(self.parameters, found)]
            any(map(SET_GRAD, self.parameters, grads))      # at once: Ctrl-C waits for C's loops
        return mean

    def forward(self, *arguments: Any) -> Any:
        """The function's result, as plain numbers: no gradients, no graph."""
        with self._turn:
            return self._run([arguments], False)

    def _run(self, samples: list[Any], backward: bool) -> Any:
        """What the programs for these samples compute; what the engine does, if they cannot."""
        self._update = None
        samples, plan = self._planned(samples, backward)
        programs = self._programs(plan, samples, backward)
        try:
            answer = self._mean(programs) if backward else self._result(programs)
            self.fallback = None
            for program, _, _ in programs:
                self.fallback = self.fallback or program.fallback
            return answer
        except (ArithmeticError, ValueError) as error:
            self.fallback = str(error)
        return self._by_engine(samples, backward)

    def _mean(self, programs: list[tuple[Any, ...]]) -> Any:
        """The mean and its gradients. Of groups with programs of their own, the mean of means."""
        answers = []
        for self._program, numbers, group in programs:
            mean, found = self._program.run(group, numbers)
            answers.append((len(group), mean, found))
        if len(answers) > 1:                    # of samples with programs of their own
            n = sum([count for count, _, _ in answers])
            mean = sum([count * mean for count, mean, _ in answers]) / n
            found = [sum([count * found[i] for count, _, found in answers]) / n
                     for i in range(len(found))]
        _require_finite(sum(found, mean), "the mean loss or a gradient")
        return mean, found

    def _result(self, programs: list[tuple[Any, ...]]) -> Any:
        (self._program, numbers, (sample,)), = programs
        result = self._program.run(sample, numbers)
        for _, x in places(result):
            _require_finite(x, "a result")
        return result

    def _by_engine(self, samples: list[Any], backward: bool) -> Any:
        """What a program for these samples should have computed."""
        if not backward:
            return _numbers(self.function(*samples[0]))
        loss = sum([self.function(*sample) for sample in samples]) / len(samples)
        found = gradients(loss) if isinstance(loss, Value) else {}
        if not found:                           # such as `where(x > 0, w, 0)` at a negative x
            return loss, [0] * len(self.parameters)
        return loss.data, [found.get(p, 0) for p in self.parameters]

    def _planned(self, samples: list[Any], backward: bool) -> tuple[list[Any], Plan]:
        """The samples in Python's own numbers, and what is known of their structure."""
        plan = self._latest.get(backward)
        if plan and samples and plan.fits(samples):     # mostly it is the same as at the last call
            return samples, plan
        samples = [plain(sample) for sample in samples]
        first = None
        for i, sample in enumerate(samples):
            if type(sample) not in (list, tuple):
                raise TypeError("a sample is a tuple of the function's arguments, "
                                f"not {repr(sample)[:60]}")
            found = repr(structure(tuple(sample)))
            first = first or found
            if found != first:
                raise ValueError(f"samples of one call have one structure: sample 0 is {first}, "
                                 f"sample {i} is {found}")
        plan = self._plans.setdefault((backward, first), Plan(samples[0]))
        self._latest[backward] = plan
        return samples, plan

    def _programs(self, plan: Plan, samples: list[Any], backward: bool) -> list[tuple[Any, ...]]:
        """The programs for these samples, each with its leaves' numbers and the samples it is for.
        Those that are missing are made."""
        programs = []
        for key, group in plan.groups(samples):
            program, numbers = plan.program(key)
            if program is None:
                if not self._make(plan, key, group[0], backward):
                    return self._programs(plan, samples, backward)
                program, numbers = plan.program(key)
            programs.append((program, numbers, group))
        return programs

    def _make(self, plan: Plan, key: tuple[Any, ...], sample: Any, backward: bool) -> bool:
        """Make the program for samples like this one. False if there is more to their structure
        than was known, so that they are to be grouped anew."""
        program = self._trace(sample, plan, backward)
        if program.indices or not program.kinds <= plan.kinds:
            plan.fixed |= program.indices       # so far programs were for any number there
            plan.kinds |= program.kinds
            plan.programs.clear()
            return False
        plan.programs.setdefault(key, []).append(Compiled(
            program, sample, backward, self.language))
        return True

    def _trace(self, sample: Any, plan: Plan, backward: bool) -> Program:
        try:
            return trace(self.function, sample, self.parameters, plan.fixed, backward)
        except Failed as failed:                # the engine names numbers instead of symbols
            self._by_engine([sample], backward)
            raise failed.explained from failed.__cause__


def _require_finite(number: Any, what: str) -> None:
    if type(number) not in NUMBERS and type(number) is not bool:
        raise ValueError(f"{what} is a {type(number).__name__}")
    if not math.isfinite(number):
        raise ValueError(f"{what} is not finite")


def _rates(lr: Any, count: int) -> list[float]:
    """A learning rate for each batch."""
    try:
        rates = [*map(_rate, lr)] if hasattr(lr, "__iter__") else [_rate(lr)] * count
    except (OverflowError, TypeError):
        raise TypeError("lr takes a number, or one for each batch, "
                        f"not {repr(lr)[:60]}") from None
    if len(rates) != count:
        raise ValueError(f"lr takes a number, or one for each batch: {count} batches have "
                         f"{len(rates)}")
    for rate in rates:
        if not (math.isfinite(rate) and rate >= 0):
            raise ValueError(f"lr must be 0 or more, not {rate!r}")
    return rates


def _rate(lr: Any) -> float:
    found = number(lr, "lr")
    if type(found) is bool:
        raise TypeError("a bool is no learning rate")
    return float(found)


def _numbers(result: Any) -> Any:
    if type(result) in (list, tuple):
        return type(result)([_numbers(x) for x in result])
    return result.data if isinstance(result, Value) else result
