"""Every operation of the engine, checked by measured slopes, and so is the gradient of its gradient.

Each has a generator of samples, which knows where it is difficult: large and small numbers, the
ends of its domain and what is near them, corners, ties.
"""

import math
import random

import pytest

from micrograd import engine, functions
from micrograd.checking import check_gradients
from micrograd.engine import Operation, Value, dot


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────

def anything(r):
    """Of any size from 10⁻⁶ to 10⁶, of either sign, and now and then 0."""
    return r.choice([0.0, *[r.choice([-1, 1]) * 10 ** r.uniform(-6, 6)] * 9])


def ordinary(r):
    return r.uniform(-3, 3)


def positive(r):
    return abs(anything(r)) or 1e-9


def nonzero(r):
    return r.choice([-1, 1]) * positive(r)


def small_whole(r):
    return float(r.randrange(-3, 5))


def around(*places):
    """Near one of these, upon it, or anywhere ordinary."""
    return lambda r: r.choice([ordinary(r), p := r.choice(places), p + r.uniform(-0.01, 0.01)])


def tied(r):
    """Two numbers, equal as often as not."""
    x = anything(r)
    return x, r.choice([x, anything(r)])


def each(*numbers):
    return lambda r: tuple([number(r) for number in numbers])


def vectors(r):
    return tuple([ordinary(r) for _ in range(2 * r.randint(1, 4))])


# ── Operations ────────────────────────────────────────────────────────────────────────────────────

# By symbol: how to apply it, and a generator of its inputs for each way in which it is difficult.
OPERATIONS = {
    "+": (lambda x, y: x + y, [each(anything, anything)]),
    "-": (lambda x, y: x - y, [each(anything, anything)]),
    "*": (lambda x, y: x * y, [each(anything, anything)]),
    "/": (lambda x, y: x / y, [each(anything, nonzero)]),
    "neg": (lambda x: -x, [each(anything)]),
    "**": (lambda x, y: x ** y, [each(lambda r: r.uniform(0.1, 5), around(0.0, 1.0, 2.0))]),
    "dot": (lambda *xs: dot(xs[:len(xs) // 2], xs[len(xs) // 2:]), [vectors]),
    "abs": (abs, [each(anything), each(around(0.0))]),
    "exp": (functions.exp, [each(ordinary), each(lambda r: r.uniform(-700, 700))]),
    "log": (functions.log, [each(positive), each(lambda r: 10 ** r.uniform(-300, 300))]),
    "sqrt": (functions.sqrt, [each(positive), each(lambda r: 10 ** r.uniform(-300, 300)),
                              each(lambda r: 0.0)]),
    "tanh": (functions.tanh, [each(ordinary), each(lambda r: r.uniform(-30, 30)),
                              each(around(0.0))]),
    "sigmoid": (functions.sigmoid, [each(ordinary), each(lambda r: r.uniform(-800, 800)),
                                    each(around(0.0))]),
    "sin": (functions.sin, [each(ordinary), each(anything), each(around(0.0, math.pi / 2))]),
    "cos": (functions.cos, [each(ordinary), each(anything), each(around(0.0, math.pi))]),
    "relu": (functions.relu, [each(anything), each(around(0.0))]),
    "max": (functions.maximum, [each(anything, anything), tied]),
    "min": (functions.minimum, [each(anything, anything), tied]),
}

# A number for an exponent has a rule of its own.
POWERS = [(lambda x, n=n: x ** n, each(number)) for n, number in [
    (0, anything), (1, anything), (2, anything), (3, ordinary), (-1, nonzero), (-2, nonzero),
    (0.5, positive), (1.5, positive), (-0.3, positive)]]

CASES = ([(symbol, f, samples) for symbol, (f, generators) in OPERATIONS.items()
          for samples in generators]
         + [("**", f, samples) for f, samples in POWERS])


def test_every_operation_is_here():
    symbols = {thing.symbol for thing in vars(engine).values() if isinstance(thing, Operation)}
    x, y = Value(0.5), Value(0.7)
    for name in set(functions.__all__) - {"where"}:
        function = getattr(functions, name)
        try:
            symbols.add(function(x)._op)
        except TypeError:
            symbols.add(function(x, y)._op)
    assert symbols | {"abs"} == set(OPERATIONS)


@pytest.mark.parametrize("symbol, f, samples", CASES,
                         ids=[f"{symbol}-{i}" for i, (symbol, *_) in enumerate(CASES)])
def test_its_rule_and_the_gradient_of_its_gradient(symbol, f, samples, times):
    r, agreed, count = random.Random(symbol), 0, times(40)
    for _ in range(count):
        point = samples(r)
        checks = check_gradients(f, point, order=2)
        assert checks
        agreed += any(check.verdict == "agrees" for check in checks)
    assert agreed > count // 3 or symbol == "sqrt"
