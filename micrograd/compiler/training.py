"""Training: many steps in one call.

Once the gradients of a small network are a matter of microseconds, what costs time is all around
them: the optimiser, and reading and writing `data` and `grad` of thousands of objects. So here the
optimiser becomes a program too. You will learn how little that takes: its `updates` is a function
of numbers like any other, so it is run on symbols and written in C, as the loss was. All numbers
that change in training, those that the optimiser *remembers* among them, then lie side by side in
one piece of memory; C goes from batch to batch, and Python's objects are told at the end.

A loop of single steps says what the result should be. Whatever is not certain to be equal to that,
to the last bit, is left to it: `Unsure` says why.
"""

import ctypes
import itertools
import operator
import struct
import sys
import time
import types
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import inf
from typing import Any

from ..engine import Value
from ..ground.errors import assign
from ..optim import Optimizer
from .c import C, PRELUDE, TRAIN, whole_limit, wholes
from .loops import loop_source, rolled
from .native import NoCompiler, build, flat
from .passes import floats, fold, inline, prune, share
from .samples import FLOATS
from .symbols import COMPARE, Failed, Instruction, TraceError, trace
from .writer import forward_source, identifier

__all__ = ["Training"]

FIXED = (Fraction, str, bool, type(None), types.FunctionType, types.BuiltinFunctionType, type)
WHOLE = {"+", "-", "*", "//", "%", "neg", "abs"}        # they make whole numbers of whole numbers
FEW = 4                                         # parameters of which each has lines of its own
LEAST_TIME = 0.02                               # seconds in C between looks for Ctrl-C


class Unsure(Exception):
    """Single steps are to be made instead. The text says why."""


# ── 1. What an optimiser remembers ────────────────────────────────────────────────────────────────

def remembered(optimizer: Any) -> dict[str, Any]:
    """The attributes of an optimiser of which programs know what to do.

    Raises Unsure for an optimiser whose steps may do more than they say.
    """
    kind = type(optimizer)
    slots = [base for base in kind.__mro__ if vars(base).get("__slots__")]
    if not isinstance(optimizer, Optimizer) or slots:
        raise Unsure(f"{kind.__name__} is not an Optimizer that keeps all in its attributes")
    for name in ("step", "zero_grad", "__setattr__"):
        if getattr(kind, name) is not getattr(Optimizer, name) or name in vars(optimizer):
            raise Unsure(f"{kind.__name__} has a {name} of its own")
    return {name: x for name, x in vars(optimizer).items() if name != "parameters"}


def shape(x: Any, cells: bool, numbers: list[Any]) -> Any:
    """What can be compared: the structure, with all that is in it but, if they are `cells`, its
    numbers, of which there only is the type. They are added to `numbers`.

    >>> numbers = []
    >>> shape({"m": [0.5, 2.0], "name": "a"}, True, numbers), numbers
    ((<class 'dict'>, ('m', (<class 'list'>, 2)), ('name', (<class 'str'>, 'a'))), [0.5, 2.0])
    """
    kind = type(x)
    if kind is list or kind is tuple:
        if cells and x and FLOATS.issuperset(map(type, x)):
            numbers += x
            return kind, len(x)
        return kind, *[shape(part, cells, numbers) for part in x]
    if kind is dict:
        return dict, *[(key, shape(part, cells, numbers)) for key, part in x.items()]
    if kind is float or kind is int:
        if cells:
            numbers.append(x)
            return kind
        return kind, repr(x) if kind is float else x
    if isinstance(x, FIXED) or isinstance(x, Value):
        return kind, x
    raise Unsure(f"the optimiser remembers a {kind.__name__}, which may change in any way")


def copied(x: Any, numbers: Iterator[Any] | None, twins: dict[int, Any]) -> Any:
    """A copy of it with the next of `numbers` in the place of each number, if there are any.

    `twins` has by the id of each list and dict its copy, and by the id of the copy the original.
    """
    kind = type(x)
    if kind is list or kind is tuple or kind is dict:
        if id(x) in twins:                      # it stands in two places: its numbers too
            deque(itertools.islice(numbers or (), len(labels(x, ""))), maxlen=0)
            return twins[id(x)]
        parts = x.values() if kind is dict else x
        parts = [copied(part, numbers, twins) for part in parts]
        twin = dict(zip(x, parts)) if kind is dict else kind(parts)
        twins[id(x)], twins[id(twin)] = twin, x
        return twin
    return next(numbers) if numbers and (kind is float or kind is int) else x


def read(after: Any, x: Any, cells: bool, twins: dict[int, Any], numbers: list[Any]) -> Any:
    """What became of the copy of `x`: its numbers, as far as they are cells, are added to
    `numbers`; returns a *recipe* for `written`. Raises Unsure if its structure became another."""
    kind = type(x)
    if kind is list or kind is tuple or kind is dict:
        if type(after) is not kind or len(after) != len(x) or kind is dict and [*after] != [*x]:
            raise Unsure("what the optimiser remembers does not keep its structure")
        pairs = zip(after.values(), x.values()) if kind is dict else zip(after, x)
        kept = kind is not tuple and twins.get(id(after)) is x
        if cells and kind is list and FLOATS.issuperset(map(type, x)):
            numbers += after                    # all at once: there may be thousands
            return kept, None
        return kept, [read(a, b, cells, twins, numbers) for a, b in pairs]
    if cells and (kind is float or kind is int):
        numbers.append(after)
        return CELL
    if after is not x and (type(after) is not kind or after != x):
        raise Unsure("what the optimiser remembers changes in a way that is not arithmetic")
    return FIX


CELL, FIX = "cell", "fix"


def written(x: Any, recipe: Any, numbers: Iterator[Any], writes: list[tuple[Any, ...]]) -> Any:
    """What stands in the place of `x` afterwards, by the recipe. Of lists and dicts that stay the
    same objects, `writes` gets the arguments of `operator.setitem` that are to be called."""
    if recipe is CELL:
        return next(numbers)
    if recipe is FIX:
        return x
    kept, recipes = recipe
    if recipes is None:
        parts = [*itertools.islice(numbers, len(x))]
    elif type(x) is dict:
        new = {key: written(part, way, numbers, writes)
               for (key, part), way in zip(x.items(), recipes)}
        if kept:
            writes += [(x, key, part) for key, part in new.items()]
        return x if kept else new
    else:
        parts = [written(part, way, numbers, writes) for part, way in zip(x, recipes)]
    if kept:
        writes.append((x, slice(None), parts))
    return x if kept else type(x)(parts)


# ── 2. The optimiser as a program ─────────────────────────────────────────────────────────────────

class Update:
    """The update of an optimiser in C, for a step with these parameters.

    `changing` are the names of the attributes whose numbers it changes. Its *state* is the data of
    the parameters that it moves, and after them the numbers in these attributes. Raises Unsure if
    the update is not arithmetic alone, or does not keep what it remembers as it is.
    """

    def __init__(self, optimizer: Any, parameters: list[Value], changing: set[str]):
        self.optimizer, self.parameters, self.changing = optimizer, parameters, changing
        self.listed = list(optimizer.parameters)
        for p in self.listed:
            if not isinstance(p, Value) or p._prev or hasattr(p, "__dict__"):
                raise Unsure(f"the optimiser moves a {type(p).__name__} that is not a plain leaf")
        self.moved = list(dict.fromkeys(self.listed))
        self.gradients = [Value(0.0, label=f"grad_{identifier(p.label or 'p')}")
                          for p in parameters]
        self.gradient_of = dict(zip(parameters, self.gradients))
        self.proved = False                     # whether it was compared with a single step
        before = optimizer.__dict__
        try:
            while not self._trace():
                pass
        except Failed as failed:
            if isinstance(failed.__cause__, Unsure):
                raise failed.__cause__ from None
            raise Unsure(str(failed.explained)) from None
        except TraceError as error:
            raise Unsure(str(error)) from None
        finally:                                # Ctrl-C may have kept _trace from doing so
            optimizer.__dict__ = before
        self._compile()

    def state(self) -> list[Any] | None:
        """The state now; None if this program does not fit it."""
        numbers = [p.data for p in self.moved]
        if self.optimizer.parameters != self.listed or not FLOATS.issuperset(map(type, numbers)):
            return None
        self.shapes, shapes = self._shapes(numbers), self.shapes
        fits, self.shapes = shapes == self.shapes, shapes
        return numbers if fits and self.steps(numbers) >= 1 else None

    def steps(self, numbers: Sequence[Any]) -> float:
        """How many steps there may be before a whole number in the state is too large for C."""
        room = self.limit - max([abs(numbers[i]) for i in self.whole], default=0)
        return room / self.growth if self.growth > 0 and room > 0 else 0 if room < 0 else inf

    def put(self, numbers: Sequence[float], grads: Sequence[float]) -> None:
        """Give the parameters and the optimiser these numbers, all at once."""
        numbers = list(numbers)
        for i in self.whole:
            numbers[i] = int(numbers[i])
        state = iter(numbers)
        data, items = [*itertools.islice(state, len(self.moved))], list[Any]()
        before = vars(self.optimizer)
        attributes = {name: written(before[name], recipe, state, items)
                      for name, recipe in self.recipes.items()}
        known = {p: 0 for p in self.moved} | dict(zip(self.parameters, grads))
        # One call of a function in C: Ctrl-C comes before or after it.
        deque(itertools.chain(
            map(setattr, self.moved, itertools.repeat("data"), data),
            map(setattr, known, itertools.repeat("grad"), known.values()),
            map(operator.setitem, *zip(*items)) if items else (),
            map(setattr, itertools.repeat(self.optimizer), attributes, attributes.values())),
            maxlen=0)

    def _shapes(self, numbers: list[Any]) -> dict[str, Any]:
        return {name: shape(x, name in self.changing, numbers)
                for name, x in remembered(self.optimizer).items()}

    def _trace(self) -> bool:
        """Trace it. False if other attributes change too: now they are among `changing`."""
        found, numbers = remembered(self.optimizer), list[Any]()
        self.shapes = self._shapes(numbers)
        self.cells = [Value(x, label=name) for x, name in zip(numbers, [
            label for name, x in found.items() if name in self.changing
            for label in labels(x, name)])]
        more: set[str] = set()

        def update() -> list[Any]:
            optimizer, before, twins = self.optimizer, vars(self.optimizer), dict[Any, Any]()
            symbols = iter([cell.data for cell in self.cells])
            copy = {name: copied(x, symbols if name in self.changing else None, twins)
                    for name, x in found.items()}
            grads = [p.grad for p in self.moved]
            known = [self.gradient_of[p].data if p in self.gradient_of else 0 for p in self.moved]
            try:
                optimizer.__dict__ = copy | {"parameters": self.listed[:]}
                assign(self.moved, "grad", known)
                gradients = optimizer.gradients()
                optimizer.steps += 1
                new, after = list(optimizer.updates(gradients)), vars(optimizer)
            finally:
                optimizer.__dict__ = before
                assign(self.moved, "grad", grads)
            if len(new) < len(self.listed) or after.pop("parameters") != self.listed or (
                    [*after] != [*found]):
                raise Unsure("the optimiser has other attributes or parameters after an update")
            data, results = dict(zip(self.listed, new)), list[Any]()
            self.recipes: dict[Any, Any] = {}
            for name, x in found.items():
                try:
                    recipe = read(after[name], x, name in self.changing, twins, results)
                except Unsure:
                    if name in self.changing:
                        raise
                    more.add(name)
                if name in self.changing:
                    self.recipes[name] = recipe
            passed = [gradient for gradient, p in zip(gradients, self.listed)
                      if p not in self.gradient_of or gradient is not self.gradient_of[p].data]
            return [x.data if isinstance(x, Value) else x
                    for x in [*[data[p] for p in self.moved], *results, *passed]]

        self.program = trace(update, (), [*self.moved, *self.cells, *self.gradients],
                             backward=False)
        if sys.version_info >= (3, 12) and self.program.sums:
            raise Unsure("sum() is used, which rounds floats otherwise since Python 3.12")
        self.changing = self.changing | more
        return not more

    def _compile(self) -> None:
        leaves, columns = [*self.moved, *self.cells, *self.gradients], len(self.moved)
        self.size = columns + len(self.cells)
        self.whole = {i for i, leaf in enumerate(leaves) if type(leaf.data) is int}
        code, returned = self.program.code, len(self.program.code[-1].args)
        spots = self._spots()
        passed = returned - self.size
        targets = spots[:self.size] + [(i, self.size, 1) if passed == columns else None
                                       for i in range(passed)]
        by_leaf = {leaf: spot for leaf, spot in zip(leaves, spots) if spot}
        loop = rolled(code, by_leaf, targets, columns) if columns >= FEW and by_leaf else None
        if loop:
            code, kept = loop
        else:
            kept = [*range(returned)]
            for line in code:
                line.part = "forward"
        code = prune(share(fold(code)))
        code = prune(floats(code, {leaf for leaf in leaves if type(leaf.data) is float}))
        results, whole = dict(zip(kept, code[-1].args)), whole_lines(code)
        for i, line in results.items():
            if i < self.size and not (line in whole if i in self.whole else line.is_float):
                raise Unsure("a number that the optimiser remembers becomes another kind of number")
        self.limit = whole_limit(code)
        if self.whole and not self.limit:
            raise Unsure("a whole number that the optimiser remembers may become too large for C")
        sizes = dict(zip(code, wholes(code, self.limit)))
        self.growth = max([sizes[line] - self.limit for i, line in results.items()
                           if i in self.whole], default=0)
        self.rate = next((len(self.moved) + i for i, cell in enumerate(self.cells)
                          if cell.label == "lr"), None)
        self.source = (
            loop_source(code, leaves, by_leaf, [(i, targets[i]) for i in kept], columns, "update")
            if loop else
            forward_source(code, inline(code), (), {"update": self.program.result}, C, leaves,
                           "update"))
        numbers = {"STATE": self.size, "GRADIENTS": len(self.gradients), "RATE": self.rate or 0,
                   "PASSED": returned - self.size}
        enum = ", ".join([f"{name} = {number}" for name, number in numbers.items()])
        try:
            self.train = build(f"{PRELUDE}\n{self.source}\n\nenum {{{enum}}};\n{TRAIN}").train
        except NoCompiler as error:
            raise Unsure(str(error)) from None
        self.train.restype = None
        self.train.argtypes = [ctypes.c_void_p] * 5 + [ctypes.c_long] + [ctypes.c_void_p] * 7 + [
            ctypes.c_long]
        self.work = ctypes.create_string_buffer(8 * (1 + 2 * len(leaves) + returned))

    def _spots(self) -> list[Any]:
        """Of each number in the state, and of each gradient, its place in a row; or None. The
        parameters are the columns."""
        columns = len(self.moved)
        offset = self.parameters.index(self.moved[0]) if self.moved[0] in self.gradient_of else 0
        if self.moved != self.listed or self.parameters[offset:offset + columns] != self.moved:
            return [None] * (self.size + len(self.gradients))
        spots = [(i, 0, 1) for i in range(columns)]
        for name, x in remembered(self.optimizer).items():
            if name in self.changing:
                spots += rows(x, len(spots), columns)
        inside = range(offset, offset + columns)
        return spots + [(i - offset, self.size + offset, 1) if i in inside else None
                        for i in range(len(self.gradients))]


def rows(x: Any, start: int, columns: int) -> list[Any]:
    """The places in rows of the numbers in what an optimiser remembers, which begin at `start`.

    >>> rows([1.0, 2.0], 5, 2), rows({"a": (1.0, 2.0), "b": (3.0, 4.0)}, 5, 2)
    ([(0, 5, 1), (1, 5, 1)], [(0, 5, 2), (0, 6, 2), (1, 5, 2), (1, 6, 2)])
    """
    if type(x) not in (list, tuple, dict):
        return [None] if type(x) in (int, float) else []
    parts = x.values() if type(x) is dict else x
    counts = [len(labels(part, "")) for part in parts]
    if len(counts) == columns and counts[0] and counts.count(counts[0]) == columns:
        return [(i, start + j, counts[0]) for i in range(columns) for j in range(counts[0])]
    found: list[Any] = []
    for part in parts:
        found += rows(part, start + len(found), columns)
    return found


def labels(x: Any, name: str) -> list[str]:
    """For each number in what an optimiser remembers, a name.

    >>> labels({"a": [0.5, (1, 2)], 7: 2.0}, "state")
    ['state_a.0', 'state_a.1.0', 'state_a.1.1', 'state.7']
    """
    if type(x) in (list, tuple):
        return [label for i, part in enumerate(x) for label in labels(part, f"{name}.{i}")]
    if type(x) is dict:
        return [label for key, part in x.items() for label in labels(
            part, f"{name}_{key}" if type(key) is str else
            f"{name}.{key}" if type(key) is int else name)]
    return [name] if type(x) in (int, float) else []


def whole_lines(code: list[Instruction]) -> set[Instruction]:
    """Those whose numbers are whole numbers for certain, in Python."""
    whole: set[Instruction] = set()
    for line in code:
        if (line.op == "constant" and type(line.value) is int
                or line.op == "leaf" and type(line.value.data) is int
                or line.op in WHOLE and whole.issuperset(line.args)
                or line.op == "where" and whole.issuperset(line.args[1:])):
            whole.add(line)
    return whole


# ── 3. Steps ──────────────────────────────────────────────────────────────────────────────────────

class Memory:
    """The state of an optimiser and the gradients, side by side, for C to work on."""

    def __init__(self, update: Update, state: list[Any]):
        self.update, self.done = update, 0
        moved = set(update.moved)
        kept = [p not in moved for p in update.parameters]
        grads = [p.grad if keep else 0.0 for p, keep in zip(update.parameters, kept)]
        if not FLOATS.issuperset(map(type, grads)):
            raise Unsure("a gradient that is kept is not a float")
        self.kept = bytes(kept)
        self.place = {p: i for i, p in enumerate(update.moved)}
        self.numbers = struct.Struct(f"{len(state) + len(grads)}d")
        self.buffer = ctypes.create_string_buffer(self.numbers.size + 1)
        self.numbers.pack_into(self.buffer, 0, *state, *grads)
        self.state = state
        self.moving: dict[Any, tuple[bytes, int]] = {}

    def pairs(self, program: Any) -> tuple[bytes, int]:
        """Which leaves of the program move, each with its place in the state; and how many."""
        if program not in self.moving:
            pairs = [(i, self.place[leaf]) for i, leaf in enumerate(program.leaves)
                     if leaf in self.place]
            numbers = itertools.chain.from_iterable(pairs)
            self.moving[program] = struct.pack(f"{2 * len(pairs)}l", *numbers), len(pairs)
        return self.moving[program]

    def read(self) -> tuple[Sequence[float], Sequence[float]]:
        found = self.numbers.unpack_from(self.buffer)
        return found[:self.update.size], found[self.update.size:]

    def put(self) -> None:
        """Put back what C has made of it."""
        if self.done:
            self.update.put(*self.read())

    def run(self, chunk: Sequence["Batch"], rates: Sequence[float] | None) -> list[float]:
        """Make a step for each batch; returns the losses. They are fewer than the batches if a step
        is to be made singly, because in C it has no finite result."""
        update, program, count = self.update, chunk[0].program, len(chunk)
        starts, sizes, samples, total = {}, {}, [], 0
        for batch in dict.fromkeys(chunk):
            starts[batch], sizes[batch] = total, batch.count
            samples.append(batch.packed)
            total += len(batch.packed) // 8
        longs = struct.Struct(f"{count}l")
        pairs, moving = self.pairs(program)
        leaves = chunk[0].leaves
        losses, done = ctypes.create_string_buffer(8 * count), ctypes.c_long(0)
        try:
            update.train(program.native.bare, b"".join(samples),
                         longs.pack(*map(starts.__getitem__, chunk)),
                         longs.pack(*map(sizes.__getitem__, chunk)),
                         rates and struct.pack(f"{count}d", *rates), count,
                         ctypes.create_string_buffer(leaves, len(leaves) + 1), pairs, self.buffer,
                         self.kept, update.work, losses, ctypes.byref(done), moving)
        finally:
            self.done += done.value
        return list(struct.unpack_from(f"{done.value}d", losses))


class Batch:
    """The numbers of a batch, for the program that they need."""

    def __init__(self, program: Any, leaves: bytes, samples: list[Any]):
        numbers = flat(samples, program.structure)
        if not program.fits_doubles(numbers):
            raise Unsure("Fractions and large whole numbers stay exact in Python")
        self.program, self.leaves, self.count = program, leaves, len(samples)
        self.packed = struct.pack(f"{len(numbers)}d", *numbers)


class Training:
    """What a `jit` keeps for the steps that it makes with an optimiser."""

    def __init__(self, step: Any, optimizer: Any):
        self.step, self.optimizer = step, optimizer
        self.update: Update | None = None       # the program, once single steps have shown
        self.changing: set[str] | None = None   # what an update changes
        self.attempts = 0                       # to make the program
        self.refusal: str | None = None         # why there is none

    def __call__(self, batches: list[Any], rates: list[float] | None) -> list[Any]:
        """Make a step for each batch; returns the losses."""
        losses: list[Any] = []
        self.batches, self.rates = batches, rates
        self.why: str | None = None             # a step was made singly
        self.memory: Memory | None = None       # while C computes
        self.found: dict[int, Batch] = {}       # by the id of the batch
        self.programs: dict[Any, Any] = {}
        self.leaves: dict[Any, bytes] = {}      # what those of a program hold
        self.most = 1                           # how many steps C makes in about LEAST_TIME
        try:
            while len(losses) < len(batches):
                losses += self._in_c(len(losses)) or [self._singly(len(losses))]
        finally:
            try:
                self._put()
            finally:                            # Ctrl-C may have interrupted that
                self._put()
            self.batches, self.found, self.programs, self.leaves = [], {}, {}, {}
        if self.step.language == "c":
            self.step.fallback = self.why and f"single steps instead of training in C: {self.why}"
        return losses

    def _put(self) -> None:
        if self.memory:
            self.memory.put()
        self.memory = None

    def _singly(self, k: int) -> Any:
        """The step of one batch; it says what a step is."""
        self._put()
        unknown = self.step.language == "c" and not self.refusal and self.changing is None
        before = self._shapes() if unknown else {}
        self.optimizer.zero_grad()
        loss = self.step(self.batches[k])
        if self.rates:
            self.optimizer.lr = self.rates[k]
        self.optimizer.step()
        if before:
            after = self._shapes()
            self.changing = {name for name in after if name in ("steps", "lr")
                             or after[name] != before.get(name)}
        return loss

    def _shapes(self) -> dict[str, Any]:
        try:
            return {name: shape(x, False, []) for name, x in remembered(self.optimizer).items()}
        except Unsure as unsure:
            self.refusal = str(unsure)
        return {}

    def _in_c(self, k: int) -> list[float]:
        """The losses of batch `k` and those after it, as many as C made; none if it made none."""
        if self.step.language != "c":
            return []
        try:
            if self.refusal:
                raise Unsure(self.refusal)
            memory = self.memory or self._begin()
            if not memory:
                return []
            made = self._run(k, memory)
            if not made:
                raise Unsure("an operation or a gradient has no finite result")
            return made
        except Unsure as unsure:
            self.why = str(unsure)
        return []

    def _begin(self) -> Memory | None:
        """Fill the memory. None if single steps are to tell more about the optimiser first."""
        if self.changing is None or self.rates and type(self.optimizer.lr) is not float:
            return None
        state = self.update.state() if self.update else None
        if not self.update or state is None:
            try:
                self.update = Update(self.optimizer, self.step.parameters, self.changing)
                self.changing = self.update.changing
                if (state := self.update.state()) is None:
                    raise Unsure("its parameters are not floats, or its whole numbers too large")
            except Unsure as unsure:
                self.update, self.attempts = None, self.attempts + 1
                if self.attempts > 1:           # not only before it has begun
                    self.refusal = str(unsure)
                    raise
                return None
        self.attempts = 0
        if self.rates and self.update.rate is None:
            raise Unsure("the optimiser has no lr")
        self.memory = Memory(self.update, state)
        self.found.clear()                      # single steps may have changed a leaf
        self.programs.clear()
        self.leaves.clear()
        return self.memory

    def _run(self, k: int, memory: Memory) -> list[float]:
        update = memory.update
        if update.proved:
            room = update.steps(memory.state) - memory.done
            if room < 1:
                self._put()
                return []
            chunk = self._chunk(k, k + int(min(self.most, room)))
            began = time.perf_counter()
            made = memory.run(chunk, self.rates and self.rates[k:k + len(chunk)])
            if time.perf_counter() - began < LEAST_TIME:
                self.most *= 2
            self.step.trained(chunk[0].program, update)
            return made
        # The first step is made in both ways, and nothing but equality will do.
        losses = memory.run([self._batch(k)], self.rates and [self.rates[k]])
        found, self.memory = memory.numbers.unpack_from(memory.buffer), None
        loss = self._singly(k)
        if losses:
            state = update.state()
            grads = [p.grad for p in update.parameters]
            if state is None or struct.pack("d", loss) + memory.numbers.pack(*state, *grads) != (
                    struct.pack("d", *losses) + memory.numbers.pack(*found)):
                self.refusal = "its update does something else at each call"
            update.proved = True
        return [loss]

    def _chunk(self, k: int, end: int) -> list[Batch]:
        """Batch `k` and those after it that need the same program."""
        program = self._batch(k).program
        # All at once where they are known, which is as good as free.
        known: list[Any] = [*map(self.found.get, map(id, self.batches[k:end]))]
        if {batch and batch.program for batch in {*known}} == {program}:
            return known
        chunk = []
        for j in range(k, min(len(self.batches), end)):
            try:
                batch = self._batch(j)
            except Unsure:                      # it will be the first of its own chunk
                break
            if batch.program is not program:
                break
            chunk.append(batch)
        return chunk

    def _batch(self, k: int) -> Batch:
        if found := self.found.get(id(self.batches[k])):
            return found
        if type(self.batches[k]) is not list:
            try:
                self.batches[k] = list(self.batches[k])
            except TypeError as error:
                raise Unsure(str(error)) from None
        (program, numbers), samples = self.step.only_program(self.batches[k], self.programs)
        if program is None:
            raise Unsure("there was no program yet for the samples of a batch")
        if (leaves := self.leaves.get(program)) is None:
            if not program.native or not program.fits_doubles(numbers):
                raise Unsure(program.fallback or "a leaf holds a number that C would round")
            leaves = self.leaves[program] = struct.pack(f"{len(numbers)}d", *numbers)
        found = self.found[id(self.batches[k])] = Batch(program, leaves, samples)
        return found
