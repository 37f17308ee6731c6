"""`jit.train` does what a loop of single steps does, to the last bit, in both languages."""

import copy
import functools
import gc
import itertools
import operator
import random
import signal
import sys
import threading
import time

import pytest

from micrograd import functions as fn
from micrograd import jit, where
from micrograd.compiler import native
from micrograd.engine import Value
from micrograd.nn import MLP, Parameter
from micrograd.optim import SGD, Adam, Optimizer
from test_interrupts import interrupted

LANGUAGES = ["python", pytest.param("c", marks=pytest.mark.skipif(
    not any(map(native.shutil.which, native.COMPILERS)), reason="there is no C compiler here"))]
in_both_languages = pytest.mark.parametrize("language", LANGUAGES)
in_c = pytest.mark.parametrize("language", LANGUAGES[1:])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    if native.shutil.which("tcc"):
        monkeypatch.setattr(native, "COMPILERS", ["tcc"])


# ── Optimisers that readers might write ───────────────────────────────────────────────────────────

class Nesterov(SGD):
    def update(self, i, p):
        g = self.gradient(p)
        self.velocity[i] = self.momentum * self.velocity[i] + g
        return p.data - self.lr * (g + self.momentum * self.velocity[i])


class RMSprop(Optimizer):
    """It makes what it remembers when it needs it, in a dict of dicts."""

    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.state = {}

    def update(self, i, p):
        state = self.state.setdefault(i, {"square": 0.0, "note": "kept"})
        state["square"] = 0.9 * state["square"] + 0.1 * self.gradient(p) ** 2
        return p.data - self.lr * p.grad / (state["square"] ** 0.5 + 1e-6)


class ByParameter(Optimizer):
    """Its dict has the parameters themselves as keys, and pairs as entries."""

    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.pairs = {p: (0.0, 1.0) for p in self.parameters}

    def update(self, i, p):
        a, b = self.pairs[p]
        self.pairs[p] = (0.5 * a + p.grad, 0.9 * b)
        return p.data - self.lr * self.pairs[p][0] * (1 + b)


class Clipped(Optimizer):
    """All gradients have one length together, at most 1."""

    def updates(self, gradients):
        length = fn.sqrt(functools.reduce(operator.add, [g * g for g in gradients]))
        scale = where(length > 1, 1 / where(length > 1, length, 1), 1)
        return [p.data - self.lr * scale * g for p, g in zip(self.parameters, gradients)]


class Lion(Optimizer):
    def __init__(self, parameters, lr=0.001, weight_decay=0):
        super().__init__(parameters, lr, weight_decay)
        self.m = [0.0 for _ in self.parameters]

    def update(self, i, p):
        g = p.grad
        mixed = 0.9 * self.m[i] + 0.1 * g
        self.m[i] = 0.99 * self.m[i] + 0.01 * g
        sign = where(mixed > 0, 1.0, where(mixed < 0, -1.0, 0.0))
        return p.data - self.lr * (sign + self.weight_decay * p.data)


class Decaying(Optimizer):
    """It changes its own learning rate, counts in whole numbers, and looks back 3 steps."""

    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.turn, self.past = 0, [[0.0] * len(self.parameters) for _ in range(3)]

    def updates(self, gradients):
        self.turn = (self.turn + 2) % 5
        self.lr = self.lr * 0.95
        self.past = [*self.past[1:], gradients]
        return [p.data - self.lr * (a + b + c + 0.001 * self.turn)
                for p, a, b, c in zip(self.parameters, *self.past)]


COMPILED = {
    "SGD": lambda ps: SGD(ps, lr=0.1),
    "SGD, lr=1": lambda ps: SGD(ps, lr=1),
    "momentum": lambda ps: SGD(ps, lr=0.05, momentum=0.9),
    "weight decay": lambda ps: SGD(ps, lr=0.05, weight_decay=0.01),
    "both": lambda ps: SGD(ps, lr=0.05, momentum=0.5, weight_decay=0.01),
    "Adam": lambda ps: Adam(ps, lr=0.01),
    "Adam, decay": lambda ps: Adam(ps, lr=0.01, betas=(0.8, 0.95), weight_decay=0.02),
    "Nesterov": lambda ps: Nesterov(ps, lr=0.05, momentum=0.9),
    "RMSprop": lambda ps: RMSprop(ps, lr=0.01),
    "by parameter": lambda ps: ByParameter(ps, lr=0.01),
    "clipped": lambda ps: Clipped(ps, lr=0.1),
    "Lion": lambda ps: Lion(ps, lr=0.01, weight_decay=0.1),
    "decaying": lambda ps: Decaying(ps, lr=0.1),
}


class Branching(Optimizer):
    def update(self, i, p):
        return p.data - self.lr * (1 if p.grad > 0 else -1)


class Langevin(Optimizer):
    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.rng = random.Random(5)

    def update(self, i, p):
        return p.data - self.lr * (p.grad + self.rng.gauss(0, 1))


DRAWS = random.Random(6)


class Draws(Optimizer):
    """What it depends on, nobody can see from outside."""

    def update(self, i, p):
        return p.data - self.lr * (p.grad + DRAWS.gauss(0, 1))


class Diary(Optimizer):
    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.diary = []

    def update(self, i, p):
        self.diary.append(p.grad)
        return p.data - self.lr * p.grad


class OwnStep(SGD):
    def step(self):
        super().step()
        for p in self.parameters:
            p.data = max(-1.0, min(1.0, p.data))


class TooLarge(Optimizer):
    """Whole numbers that no double holds."""

    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.seed = 1

    def update(self, i, p):
        self.seed = (self.seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return p.data - self.lr * p.grad * (self.seed / 2 ** 64)


class Doubling(Optimizer):
    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.count = 1

    def updates(self, gradients):
        self.count = self.count * 2
        return [p.data - self.lr * g / self.count for p, g in zip(self.parameters, gradients)]


class Alternating(Optimizer):
    """A truth that changes."""

    def __init__(self, parameters, lr=0.001):
        super().__init__(parameters, lr)
        self.odd = False

    def updates(self, gradients):
        self.odd = not self.odd
        return [p.data - self.lr * g * (2 if self.odd else 1)
                for p, g in zip(self.parameters, gradients)]


NOT_COMPILED = {kind.__name__: lambda ps, kind=kind: kind(ps, lr=0.01) for kind in (
    Branching, Langevin, Diary, OwnStep, TooLarge, Doubling, Alternating)}


# ── Worlds: a model, its step and its optimiser ───────────────────────────────────────────────────

class World:
    def __init__(self, language, optimizer, activation=Value.relu):
        self.model = MLP(2, [4, 1], activation=activation, rng=random.Random(1))
        self.parameters = self.model.parameters()
        self.step = jit(lambda x, y: fn.relu(1 - y * self.model(x)) + 0.01 * self.model(x) ** 2,
                        self.parameters, language)
        self.optimizer = optimizer(self.parameters)

    def singly(self, batches, lr=None):
        losses = []
        for i, batch in enumerate(batches):
            self.optimizer.zero_grad()
            losses.append(self.step(batch))
            if lr is not None:
                self.optimizer.lr = lr[i]
            self.optimizer.step()
        return losses

    def state(self):
        return repr([[(p.data, p.grad) for p in self.parameters],
                     {k: v.getstate() if isinstance(v, random.Random) else v
                      for k, v in vars(self.optimizer).items() if k != "parameters"}])


def batches_of(count, seed=3, sizes=(1, 2, 3, 7)):
    rng = random.Random(seed)
    return [[([rng.uniform(-2, 2), rng.uniform(-2, 2)], rng.choice((-1.0, 1.0)))
             for _ in range(rng.choice(sizes))] for _ in range(count)]


def check(language, optimizer, batches, lr=None, pieces=1, world=World):
    """One world steps singly and the other trains, in a number of pieces. Returns that."""
    one, other = world(language, optimizer), world(language, optimizer)
    expected = one.singly(batches, lr)
    length = -(-len(batches) // pieces)
    found: list = []
    for i in range(0, len(batches), length):
        rates = lr and lr[i:i + length]
        found += other.step.train(batches[i:i + length], other.optimizer, lr=rates)
    assert repr(found) == repr(expected)
    assert other.state() == one.state()
    other.fallback = other.step.fallback
    # And it goes on in the same way, singly.
    assert repr(one.singly(batches[:2])) == repr(other.singly(batches[:2]))
    assert other.state() == one.state()
    return other


@in_both_languages
@pytest.mark.parametrize("optimizer", COMPILED.values(), ids=COMPILED)
@pytest.mark.parametrize("pieces", [1, 3])
def test_optimisers(language, optimizer, pieces):
    world = check(language, optimizer, batches_of(24), pieces=pieces)
    assert world.fallback is None
    world.step.train(batches_of(3), world.optimizer)
    assert world.step.fallback is None
    if language == "c":
        assert "static void update(" in world.step.source


@in_both_languages
@pytest.mark.parametrize("optimizer", NOT_COMPILED.values(), ids=NOT_COMPILED)
def test_optimisers_that_step_singly(language, optimizer):
    world = check(language, optimizer, batches_of(70))
    world.step.train(batches_of(70), world.optimizer)
    if language == "c":
        assert "single steps" in world.step.fallback


@in_c
def test_an_optimiser_that_is_not_the_same_twice(language):
    world = World(language, Draws)
    world.step.train(batches_of(9), world.optimizer)
    assert "something else at each call" in world.step.fallback


@in_both_languages
@pytest.mark.parametrize("optimizer", [COMPILED["momentum"], COMPILED["Adam"], COMPILED["decaying"],
                                       COMPILED["SGD, lr=1"]])
def test_learning_rates(language, optimizer):
    lr = [0.1 * 0.9 ** i for i in range(20)]
    world = check(language, optimizer, batches_of(20), lr, pieces=2)
    if language == "c":
        assert world.fallback is None


class Summing(Optimizer):
    def updates(self, gradients):
        return [p.data - self.lr * sum([0.1 * g for g in gradients]) for p in self.parameters]


@in_both_languages
def test_what_sum_rounds_otherwise_is_left_to_it(language):
    fallback = check(language, Summing, batches_of(15)).fallback
    if language == "c" and sys.version_info >= (3, 12):
        assert "sum() is used" in fallback
    else:
        assert fallback is None


def test_one_learning_rate_and_what_is_none():
    world = World("python", COMPILED["SGD"])
    world.step.train(batches_of(2), world.optimizer, lr=0.5)
    assert world.optimizer.lr == 0.5
    before = world.state()
    for lr, error in [([0.1], "2 batches"), (-1, "0 or more"), ([0.1, float("nan")], "0 or more"),
                      ("fast", "lr"), ([0.1, "b"], "lr"), (True, "lr takes"), ("1", "lr takes"),
                      ([0.1, "0.1"], "lr takes"), (10 ** 400, "lr takes"),
                      (Value(0.1), "lr takes")]:
        with pytest.raises((ValueError, TypeError), match=error):
            world.step.train(batches_of(2), world.optimizer, lr=lr)
    for optimizer in (None, 0.1, [1]):
        with pytest.raises(TypeError, match="optimiser, such as SGD"):
            world.step.train(batches_of(2), optimizer)
    assert world.state() == before


def test_no_batches():
    world = World("c", COMPILED["SGD"])
    assert world.step.train([], world.optimizer) == []


@in_both_languages
def test_any_iterable_of_iterables(language):
    one, other = World(language, COMPILED["Adam"]), World(language, COMPILED["Adam"])
    batches = batches_of(12)
    expected = one.singly(batches)
    assert other.step.train(map(iter, batches), other.optimizer) == expected
    assert one.state() == other.state()


@in_both_languages
def test_the_same_batch_again_and_again(language):
    batch, = batches_of(1, sizes=(5,))
    check(language, COMPILED["momentum"], [batch] * 300)


class Frozen(World):
    """The optimiser has half of the parameters, in another order, one of them twice, and one that
    the loss does not know."""

    def __init__(self, language, optimizer):
        super().__init__(language, optimizer)
        mine = [*self.parameters[::-2], self.parameters[-1], Parameter(0.5, label="other")]
        self.optimizer = optimizer(mine)
        self.parameters = list(dict.fromkeys([*self.parameters, *mine]))


class Shared(World):
    """Weights of two neurons are the same; one parameter is whole, one is read but not the step's.
    """

    def __init__(self, language, optimizer):
        super().__init__(language, optimizer)
        first, second = self.model.layers[0].neurons[:2]
        second.w = first.w
        extra, whole = Value(0.25, label="extra"), Parameter(1, label="whole")
        self.parameters = [*self.model.parameters(), whole]
        self.step = jit(lambda x, y: (self.model(x) * extra * whole - y) ** 2, self.parameters,
                        language)
        self.parameters.append(extra)
        self.optimizer = optimizer(self.parameters)


@in_both_languages
@pytest.mark.parametrize("world", [Frozen, Shared])
@pytest.mark.parametrize("name", ["SGD", "both", "Adam", "RMSprop", "clipped", "decaying"])
def test_frozen_and_shared_parameters(language, world, name):
    fallback = check(language, COMPILED[name], batches_of(15), world=world).fallback
    if name == "decaying" and language == "c":  # it remembers the integer 0 as a gradient
        assert "becomes another kind of number" in fallback
    elif name == "both" and language == "c" and sys.version_info >= (3, 12):
        assert "sum() is used" in fallback      # so it looks: it adds weight decay to that integer
    else:
        assert fallback is None


@in_c
def test_samples_of_other_structure(language):
    """Each is another program; none of them is a reason to go singly."""
    class Words(World):
        def __init__(self, language, optimizer):
            super().__init__(language, optimizer)
            self.step = jit(lambda xs, how: sum([self.model([x, 1.0]) for x in xs]) ** 2
                            * (2 if how == "twice" else 1), self.parameters, language)
    rng = random.Random(4)
    batches = [[([rng.uniform(-1, 1) for _ in range(1 + i % 3)], rng.choice(["once", "twice"]))]
               for i in range(40)]
    world = check(language, COMPILED["Adam"], batches, world=Words)
    world.step.train(batches, world.optimizer)
    assert world.step.fallback is None
    mixed = [[([1.0], "once"), ([2.0], "twice")], *batches, [([1.0], "once"), ([2.0], "twice")]]
    world = check(language, COMPILED["Adam"], mixed, world=Words)
    world.step.train(mixed, world.optimizer)
    assert "single steps" in world.step.fallback


@in_c
@pytest.mark.falls_back
def test_whole_numbers_and_fractions_in_samples(language):
    from fractions import Fraction
    batches = batches_of(20)
    for i in (4, 9):
        batches[i] = [([1, 2], -1), ([0.5, 3], 1)]
    batches[12] = [([Fraction(1, 3), 1.0], 1)]
    batches[14] = [([2 ** 80, 1.0], 1)]
    check(language, COMPILED["Adam"], batches)


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────

@in_both_languages
@pytest.mark.falls_back
@pytest.mark.parametrize("offending, error", [
    ([([1e200, 1e200], 1.0)], (ValueError, OverflowError)),
    ([], ValueError),
    ([([1.0], 1.0)], Exception),
    ([([1.0, "a"], 1.0)], Exception),
    ([5], TypeError), (5, TypeError), ([([float("nan"), 1.0], 1.0)], ValueError),
], ids=["huge", "empty", "short", "text", "no sample", "no batch", "nan"])
@pytest.mark.parametrize("at", [0, 1, 2, 9])
def test_errors_are_those_of_single_steps(language, offending, error, at):
    batches = batches_of(12)
    batches[at] = offending
    one, other = World(language, COMPILED["Adam"]), World(language, COMPILED["Adam"])
    with pytest.raises(error) as expected:
        one.singly(batches)
    with pytest.raises(error) as found:
        other.step.train(batches, other.optimizer)
    assert str(found.value) == str(expected.value) and type(found.value) is type(expected.value)
    assert one.state() == other.state()
    assert one.optimizer.steps == at
    assert one.singly(batches_of(3)) == other.step.train(batches_of(3), other.optimizer)
    assert one.state() == other.state()


@in_both_languages
@pytest.mark.falls_back
@pytest.mark.parametrize("optimizer", [
    lambda ps: SGD(ps, lr=1e150), lambda ps: SGD(ps, lr=1e3, momentum=3.0),
    lambda ps: SGD(ps, lr=0.1, weight_decay=1e200),
    lambda ps: Adam(ps, lr=1e308), lambda ps: Nesterov(ps, lr=1e3, momentum=100.0)])
def test_divergence(language, optimizer):
    one, other = World(language, optimizer), World(language, optimizer)
    batches = batches_of(3) * 40
    with pytest.raises((ValueError, OverflowError)) as expected:
        one.singly(batches)
    with pytest.raises((ValueError, OverflowError)) as found:
        other.step.train(batches, other.optimizer)
    assert str(found.value) == str(expected.value) and type(found.value) is type(expected.value)
    assert one.state() == other.state()


# ── Ctrl-C ────────────────────────────────────────────────────────────────────────────────────────

def without_grads(world):
    return repr([[p.data for p in world.parameters], [
        v for k, v in vars(world.optimizer).items() if k != "parameters"]])


@pytest.mark.one_in(2)
@in_both_languages
@pytest.mark.parametrize("optimizer", [COMPILED["momentum"], COMPILED["decaying"]])
def test_interrupts_at_any_line(request, language, optimizer):
    batches = batches_of(8)
    world, possible = World(language, optimizer), []
    possible.append(without_grads(world))
    for batch in batches:
        world.singly([batch])
        possible.append(without_grads(world))
    warm, counter = World(language, optimizer), itertools.count()
    interrupted(lambda: warm.step.train(batches, warm.optimizer), -1, count=counter)
    length = next(counter)
    number = 150 if request.config.getoption("--all", False) else 12
    seen = set()
    for _ in range(number):
        # Most lines are those of tracing; the last ones are those that put things back.
        moment = random.choice([random.randrange(length), length - random.randrange(1, 120)])
        world = World(language, optimizer)
        interrupted(lambda: world.step.train(batches, world.optimizer), moment)
        found = without_grads(world)
        assert found in possible, moment
        done = possible.index(found)
        seen.add(done)
        world.step.train(batches[done:], world.optimizer)
        assert without_grads(world) == possible[-1], moment


@in_c
def test_a_signal_while_c_computes(language):
    batch, = batches_of(1, sizes=(7,))
    done, delay = 0, 0.05
    while done <= 5:                            # a loaded machine may take long to begin
        one, other = World(language, COMPILED["Adam"]), World(language, COMPILED["Adam"])
        other.step.train([batch] * 5, other.optimizer)
        timer = threading.Timer(delay, signal.raise_signal, [signal.SIGINT])
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        # Hypothesis listens to the garbage collector, and an exception would be lost there.
        callbacks, gc.callbacks[:] = gc.callbacks[:], []
        began = time.perf_counter()
        try:
            with pytest.raises(KeyboardInterrupt):
                timer.start()
                other.step.train([batch] * 5_000_000, other.optimizer)
        finally:
            timer.join()
            signal.signal(signal.SIGINT, before)
            gc.callbacks[:] = callbacks
        assert time.perf_counter() - began < 60
        done, delay = other.optimizer.steps, delay * 2
        assert done >= 5
        one.step.train([batch] * done, one.optimizer)
        assert one.state() == other.state()


# ── What others hold ──────────────────────────────────────────────────────────────────────────────

@in_both_languages
def test_lists_change_or_are_replaced_as_single_steps_do(language):
    for optimizer, name, same in [(COMPILED["momentum"], "velocity", True),
                                  (COMPILED["Adam"], "m", False),
                                  (COMPILED["RMSprop"], "state", True)]:
        world = World(language, optimizer)
        world.step.train(batches_of(4), world.optimizer)
        held = getattr(world.optimizer, name)
        as_it_was = copy.deepcopy(held)
        world.step.train(batches_of(4), world.optimizer)
        assert (getattr(world.optimizer, name) is held) == same
        assert (held == as_it_was) != same


@in_c
def test_what_changes_between_calls_is_seen(language):
    one, other = World(language, COMPILED["both"]), World(language, COMPILED["both"])
    batches = batches_of(10)

    def everywhere(change):
        for world in (one, other):
            change(world)
        assert one.singly(batches) == other.step.train(batches, other.optimizer)
        assert one.state() == other.state() and other.step.fallback is None

    everywhere(lambda world: None)
    everywhere(lambda world: setattr(world.optimizer, "momentum", 0.25))
    everywhere(lambda world: setattr(world.optimizer, "weight_decay", 0))
    everywhere(lambda world: world.optimizer.velocity.__setitem__(2, 0))
    everywhere(lambda world: world.optimizer.__setattr__("velocity", [1.0] * len(world.parameters)))
    everywhere(lambda world: setattr(world.parameters[3], "data", 2))
    everywhere(lambda world: setattr(world.parameters[3], "grad", 7.0))
    everywhere(lambda world: setattr(world, "optimizer", Adam(world.parameters[2:], lr=0.01)))
    everywhere(lambda world: world.step.forward([1.0, 2.0], 1.0))
    everywhere(lambda world: world.optimizer.parameters.pop() and world.optimizer.m.pop()
               and world.optimizer.v.pop())


@in_both_languages
def test_two_steps_share_an_optimiser(language):
    one, other = World(language, COMPILED["Adam"]), World(language, COMPILED["Adam"])
    batches = batches_of(6)
    more = [jit(lambda x, y, world=world: (world.model(x) - y) ** 2, world.parameters[1:], language)
            for world in (one, other)]
    for _ in range(2):
        assert one.singly(batches) == other.step.train(batches, other.optimizer)
        one.step, more[0] = more[0], one.step
        other.step, more[1] = more[1], other.step
        assert one.state() == other.state()


@pytest.mark.falls_back
def test_without_a_compiler(monkeypatch):
    monkeypatch.setattr(native, "COMPILERS", [])
    world = check("c", COMPILED["Adam"], batches_of(10))
    assert "no C compiler" in world.step.fallback


@in_c
def test_the_update_reads_well(language):
    world = check(language, COMPILED["momentum"], batches_of(10))
    world.step.train(batches_of(10), world.optimizer)
    source = world.step.source
    assert source.index("static void step(") < source.index("static void update(")
    assert "velocity" in source and "0.9 *" in source
