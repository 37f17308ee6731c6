"""`jit` between calls: random programs of calls, threads, and Ctrl-C at any line.

A program of calls steps with samples of other structures and kinds of number, changes parameters,
predicts in between, lets other threads call, and raises errors; the engine is the truth. It is run
with every pass of the compiler switched off in turn.
"""

import math
import random
import sys
import threading
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from micrograd import functions as fn
from micrograd import jit, where
from micrograd.compiler import TraceError, just_in_time
from micrograd.compiler.symbols import Instruction, Symbol
from micrograd.engine import Value, dot, gradients
from micrograd.nn import MLP
from test_interrupts import interrupted

# ── Functions, and samples for them ───────────────────────────────────────────────────────────────


def flat(x):
    return [y for part in x for y in flat(part)] if isinstance(x, (list, tuple)) else [x]


def by_structure(w, x, y):
    """What it computes depends on what stands where, and not on numbers."""
    out = sum([p * z for p, z in zip(3 * w, flat(x)) if not isinstance(z, (str, bool))], w[0])
    if isinstance(x, tuple):
        out = 2 * out + w[1]
    if y is None:
        return out
    if isinstance(y, str):
        return {"a": out * w[2], "b": out + w[2]}[y]        # KeyError for others
    if y is True or y is False:
        return -out if y else out ** 2
    return out * 3


def by_class(w, x, y):
    out = w[0] * (2 if isinstance(x, float) else 3)
    return out * (5 if isinstance(y, int) and not isinstance(y, bool) else 7) + w[1]


def exact(w, x, y):
    """Whole numbers and Fractions that floats would spoil."""
    x, y = ([*flat(z), 2][0] for z in (x, y))
    x, y = (7 if isinstance(z, (str, bool, type(None))) else z for z in (x, y))
    third = Fraction(1, 3)
    return w[0] * (abs(x) ** 30 % 10) + where(w[1] > third, w[1], w[2] * y) + w[2] * (y * third)


def by_index(w, x, y):
    return w[len(flat(x)) % 3] * (w[y] if type(y) is not bool and y is not None else 1)


def fails(w, x, y):
    return w[0] / (flat(x) or [1])[0] + fn.log(w[1] + 3)


FUNCTIONS = [by_structure, by_class, exact, by_index, fails]
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.0, 0.5, -1.25, 2.0, 1e6]),
                    st.fractions(-2, 2, max_denominator=3))
OTHERS = st.sampled_from([None, True, False, "a", "b", "boom"])
FIRST = st.recursive(NUMBERS | OTHERS, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple)), max_leaves=4)
SAMPLE = st.tuples(FIRST, NUMBERS | OTHERS)


def shape(x):
    if type(x) in (list, tuple):
        return type(x), *map(shape, x)
    return "other" if x is None or type(x) in (str, bool) else "number"


def similar(sample, draw):
    """Another sample of the same structure."""
    if type(sample) in (list, tuple):
        return type(sample)([similar(x, draw) for x in sample])
    return draw(NUMBERS if shape(sample) == "number" else OTHERS)


def outcome(call, *arguments):
    """What a call returns, or the error that it raises."""
    try:
        return call(*arguments)
    except Exception as error:
        return error


def same(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if float not in (type(a), type(b)):
        return a == b
    return a == b or abs(a - b) <= 1e-11 * max(abs(a), abs(b), 10)


class Calls(RuleBasedStateMachine):
    """A `jit` beside the engine."""

    @initialize(function=st.sampled_from(FUNCTIONS), data=st.lists(NUMBERS, min_size=3, max_size=3))
    def begin(self, function, data):
        self.w = [Value(x, label=name) for x, name in zip(data, "abc")]
        self.function = lambda x, y: function(self.w, x, y)
        self.step, self.grads = jit(self.function, self.w), [0, 0, 0]

    def eagerly(self, samples):
        if len({shape(sample) for sample in samples}) > 1:
            raise ValueError("samples of one call have one structure")
        loss = sum([self.function(*sample) for sample in samples]) / len(samples)
        found = gradients(loss)
        return loss.data, [found.get(p, 0) for p in self.w]

    def check_step(self, samples):
        before = [p.data for p in self.w]
        expected = outcome(self.eagerly, samples)
        found = outcome(self.step, samples)
        if isinstance(expected, Exception):
            if isinstance(expected, ValueError) and "one structure" in str(expected):
                possible = {ValueError}
            else:                               # programs may meet another sample's error first
                possible = {type(outcome(self.eagerly, [sample])) for sample in samples}
            assert isinstance(found, tuple(possible)), (found, expected)
            assert "symbol" not in str(found)
        else:
            mean, more = expected
            assert not isinstance(found, Exception), (found, expected)
            assert same(found, mean), (found, mean, self.step.source)
            self.grads = [a + b for a, b in zip(self.grads, more)]
            assert self.step.fallback is None
        assert same([p.grad for p in self.w], self.grads), (self.grads, self.step.source)
        assert all(p.data is x for p, x in zip(self.w, before))

    @rule(sample=SAMPLE, count=st.integers(1, 3), data=st.data())
    def steps(self, sample, count, data):
        self.check_step([sample, *[similar(sample, data.draw) for _ in range(count - 1)]])

    @rule(samples=st.lists(SAMPLE, min_size=1, max_size=2))
    def steps_with_whatever(self, samples):
        self.check_step(samples)

    @rule(sample=SAMPLE)
    def steps_in_another_thread(self, sample):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self.check_step, [sample]).result()

    @rule(sample=SAMPLE)
    def predicts(self, sample):
        expected = outcome(self.function, *sample)
        found = outcome(self.step.forward, *sample)
        if isinstance(expected, Exception):
            assert isinstance(found, type(expected)), (found, expected)
            assert str(found) == str(expected) or isinstance(found, TraceError)
        else:
            assert same(found, expected.data), (found, expected, self.step.source)
            assert self.step.fallback is None
        assert same([p.grad for p in self.w], self.grads)

    @rule(i=st.integers(0, 2), x=NUMBERS)
    def changes_a_parameter(self, i, x):
        self.w[i].data = x

    @rule()
    def zeroes_the_gradients(self):
        self.grads = [0, 0, 0]
        for p in self.w:
            p.grad = 0


def unhoisted(code):
    zero = Instruction("constant", value=0)
    for line in code:
        if line.op == "mean":
            line.args = *line.args, zero
    return [zero, *code]


PASSES = {"none": None, "fold": lambda code: code, "share": lambda code: code,
          "prune": lambda code: code, "square": lambda code: code, "hoist": unhoisted,
          "floats": lambda code, leaves: code, "inline": lambda code: set()}


@pytest.mark.falls_back                         # the machine looks itself
@pytest.mark.parametrize("without", [
    name if name == "none" else pytest.param(name, marks=pytest.mark.slow) for name in PASSES])
def test_programs_of_calls(without, monkeypatch, times):
    if PASSES[without]:
        monkeypatch.setattr(just_in_time, without, PASSES[without])
    run_state_machine_as_test(Calls, settings=settings(
        max_examples=max(20, times(60)), stateful_step_count=15, deadline=None, database=None,
        derandomize=True, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck)))


# ── The kinds of mistake that were found, each by itself ──────────────────────────────────────────

@pytest.fixture
def w():
    return Value(3.0, label="w")


@pytest.mark.parametrize("function, first, then", [
    (lambda w: lambda x, y: w * x if y is None else w * x * 2, (1.0, 5.0), (1.0, None)),
    (lambda w: lambda x, y: w * x if y is None else w * x * 2, (1.0, None), (1.0, 5.0)),
    (lambda w: lambda x, y: w * (5 if x is True else x) * y, (1.0, 2.0), (True, 2.0)),
    (lambda w: lambda x, y: w * (5 if isinstance(x, list) else 7) * y, ([1.0], 2.0), ((1.0,), 2.0)),
    (lambda w: lambda x, y: w * len(x), ([1.0, 2.0], 2.0), ("ab", 2.0)),
    (lambda w: lambda x, y: w * (5 if isinstance(x, float) else 7) * y, (1.0, 2.0), (1, 2.0)),
    (lambda w: lambda x, y: w * sum(x) * y, ([1.0] * 20, 2.0), ([1.0] * 21, 2.0)),
    (lambda w: lambda x, y: w * (5 if x[19] is True else x[19]) * y,
     ([3.0] * 20, 2.0), ([3.0] * 19 + [True], 2.0)),
])
def test_nothing_is_assumed_of_a_sample(w, function, first, then):
    step = jit(function(w), [w])
    for sample in first, then, first:
        assert step([sample]) == step.function(*sample).data
        assert step.forward(*sample) == step.function(*sample).data
    if shape(first) != shape(then):
        with pytest.raises(ValueError, match="samples of one call have one structure"):
            step([first, then])


def test_whole_numbers_and_fractions_stay_exact():
    w = Value(3, label="w")
    step = jit(lambda n: w * (n ** 30 % 10), [w])
    assert step([(7,)]) == 27 and w.grad == 9 and step.fallback is None
    w.data = Fraction(1, 3)
    step = jit(lambda x: where(w >= Fraction(1, 3), w * x, -w), [w])
    assert step.forward(Fraction(3, 7)) == Fraction(1, 7)
    w.data = Fraction(1, 3) - Fraction(1, 10 ** 30)
    assert step.forward(Fraction(3, 7)) == -w.data


def test_dot_has_the_same_bits_as_in_the_engine():
    rng = random.Random(1)
    for size in (1, 2, 3, 5, 30):
        ws = [Value(rng.uniform(-1, 1) * 10 ** rng.randrange(-9, 9)) for _ in range(size)]
        step = jit(lambda xs: dot(ws, xs), ws)
        for _ in range(30):
            xs = [rng.uniform(-1, 1) * 10 ** rng.randrange(-9, 9) for _ in range(size)]
            assert step.forward(xs) == dot(ws, xs).data
    ws = [Value(x) for x in (1e16, 1.0, -1e16)]
    assert jit(lambda: dot(ws, [1, 1, 1]), ws).forward() == dot(ws, [1, 1, 1]).data == 0.0


def test_errors_name_numbers(w):
    def picky(x):
        if isinstance(x, str):
            raise ValueError(f"no text: {x!r}")
        return fn.log(w - w) * x

    for sample, error in [((2.0,), "log of 0.0: it takes numbers greater than 0"),
                          (("a",), "no text: 'a'")]:
        with pytest.raises(ValueError, match=error):
            jit(picky, [w])([sample])

    def own(x):
        raise ValueError(f"not {x!r}")

    with pytest.raises(ValueError, match="^not 1.5$"):
        jit(own, [w])([(1.5,)])


def test_named_tuples_are_refused(w):
    Point = namedtuple("Point", "x y")
    with pytest.raises(TypeError, match="a sample is made of .* lists and tuples, not of Point"):
        jit(lambda point: w * point.x, [w])([(Point(1.0, 2.0),)])


def test_the_class_of_a_number_that_was_computed(w):
    with pytest.raises(TraceError, match="needs the class of a number"):
        jit(lambda x: w * (2 if isinstance(w.data, float) else 3), [w])([(1.0,)])


def test_a_mistake_of_the_compiler_is_raised(w, monkeypatch):
    step = jit(lambda x: w * x, [w])
    step([(1.0,)])
    for error in (LookupError, TypeError, AttributeError, RecursionError):
        def broken(*_):
            raise error("of the compiler")
        monkeypatch.setattr(step._program, "function", broken)
        with pytest.raises(error, match="of the compiler"):
            step([(1.0,)])


# ── Threads, and Ctrl-C ───────────────────────────────────────────────────────────────────────────

def test_first_calls_in_threads():
    """All threads find one program, and all of their gradients are added up."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for seed in range(20):
            model = MLP(2, [3, 1], activation=fn.tanh, rng=random.Random(seed))
            step = jit(lambda x, y: (model(x) - y) ** 2, model.parameters())
            once = jit(step.function, step.parameters)
            sample, barrier = ([0.5, -1.0], 1.0), threading.Barrier(8, timeout=10)
            mean = once([sample])
            grads = [p.grad for p in step.parameters]
            model.zero_grad()

            def call(i):
                barrier.wait()
                return step([sample] if i % 2 else [sample, sample])

            with ThreadPoolExecutor(8) as pool:
                assert [*pool.map(call, range(8))] == [pytest.approx(mean)] * 8
            assert [p.grad for p in step.parameters] == pytest.approx([8 * g for g in grads])
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("calls, stride", [
    pytest.param(0, 7, marks=pytest.mark.slow, id="first call"), pytest.param(1, 1, id="later call")])
def test_ctrl_c_at_any_line_leaves_all_as_before_or_as_after(calls, stride):
    samples, n, finished, outcomes = [(1.0, 2), (0.5, 1)], -1, False, {(0, 0)}
    while not finished:
        n += stride
        a, b = Value(2.0, label="a"), Value(Fraction(1, 2), label="b")
        step = jit(lambda x, y: (a * x + b - y) ** 2 + [0, b, a][y], [a, b])
        for _ in range(calls):
            step(samples)
        a.grad = b.grad = 0
        finished = not interrupted(lambda: step(samples), n)
        assert (a.data, b.data) == (2.0, Fraction(1, 2)) and type(a.data) is float
        outcomes.add((a.grad, b.grad))
        a.grad = b.grad = 0                     # and it works from then on
        step(samples)
        outcomes.add((a.grad, b.grad))
    assert len(outcomes) == 2 and n > 40
