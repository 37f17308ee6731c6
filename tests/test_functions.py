"""The functions that rules are written in, on plain numbers and on kinds of number of one's own."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from micrograd import functions
from micrograd.engine import Value
from micrograd.functions import (cos, exp, log, maximum, minimum, relu, sigmoid, sin, sqrt, tanh,
                                 where)
from micrograd.ground.numbers import power

NAN, INF = float("nan"), float("inf")

named = pytest.mark.parametrize("name", sorted(set(functions.__all__) - {"where"}))


def numbers_for(name):
    return (0.5, 0.25) if name in ("maximum", "minimum") else (0.5,)


class Kind:
    """A kind of number that only says which of its methods was asked."""

    def __getattr__(self, name):
        raise AssertionError("functions ask the class, as operators do, not the object")


MATH = ["cos", "exp", "log", "sin", "sqrt", "tanh"]
for _name in MATH:
    setattr(Kind, _name, lambda x, _name=_name: (_name, x))


@named
def test_plain_numbers_give_a_plain_number(name):
    assert type(getattr(functions, name)(*numbers_for(name))) is float


@pytest.mark.parametrize("function", [exp, log, sqrt, sin, cos, tanh], ids=lambda f: f.__name__)
def test_functions_of_the_module_math(function):
    for x in (0.1, 1, Fraction(7, 2), np.float64(0.3)):
        assert function(x) == getattr(math, function.__name__)(x)


@pytest.mark.parametrize("name", MATH)
def test_a_kind_of_number_does_the_work_itself(name):
    x = Kind()
    assert getattr(functions, name)(x) == (name, x)


def test_what_is_written_in_operators_takes_any_kind_of_number():
    x = Decimal("1.5")
    assert (relu(x), relu(-x), maximum(x, 2 * x), minimum(x, 2 * x)) == (x, 0, 2 * x, x)
    assert sigmoid(x) == 1 / (1 + (-x).exp())


@named
def test_name_and_documentation_are_kept(name):
    function = getattr(functions, name)
    assert function.__name__ == name and ">>>" in function.__doc__


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("condition, chosen", [
    (True, "a"), (False, "b"), (0.0, "b"), (np.True_, "a"), (np.False_, "b"),
    (Value(2.0), "a"), (Value(0.0), "b"),
], ids=repr)
def test_where_chooses_by_truth(condition, chosen):
    assert where(condition, "a", "b") == chosen


def test_where_leaves_the_choice_to_a_condition_that_can_choose():
    class Later:
        def __where__(self, a, b):
            return "chosen from", a, b

        def __bool__(self):
            raise AssertionError("it has no truth value yet")

    assert where(Later(), 1, 2) == ("chosen from", 1, 2)


@pytest.mark.parametrize("x, y, smaller, larger", [
    (1, 2.5, 1, 2.5), (2.5, 1, 1, 2.5), (-INF, INF, -INF, INF),
    (Fraction(1, 3), Fraction(1, 2), Fraction(1, 3), Fraction(1, 2)),
])
def test_maximum_and_minimum(x, y, smaller, larger):
    assert maximum(x, y) == larger and minimum(x, y) == smaller


@pytest.mark.parametrize("function", [maximum, minimum], ids=lambda f: f.__name__)
@pytest.mark.parametrize("x, y", [(NAN, 1.0), (1.0, NAN), (NAN, NAN), (NAN, INF), (-INF, NAN)])
def test_nan_passes_through_maximum_and_minimum(function, x, y):
    assert math.isnan(function(x, y))


@pytest.mark.parametrize("y", [Fraction(7, 2), np.float32(0.5), np.int64(4)], ids=repr)
@pytest.mark.parametrize("function", [maximum, minimum], ids=lambda f: f.__name__)
def test_of_two_kinds_of_plain_number_comes_a_plain_number(function, y):
    for pair in ((1.5, y), (y, 1.5), (2, y), (y, 2)):
        assert not isinstance(function(*pair), Value)


def test_relu():
    assert [relu(x) for x in (-2, 0, 3, Fraction(1, 2), -INF)] == [0, 0, 3, Fraction(1, 2), 0]
    assert math.isnan(relu(NAN))


# ── powers and exponentials ───────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("x, y, answer", [
    (2, 10, 1024), (-8, 3, -512), (-2.0, -1, -0.5), (0, 0, 1), (Fraction(2, 3), 2, Fraction(4, 9)),
])
def test_power(x, y, answer):
    assert power(x, y) == answer


def test_power_is_never_complex():
    with pytest.raises(ValueError, match="negative number has only whole powers"):
        power(-8, 1 / 3)


def test_sigmoid_far_out_does_not_overflow():
    assert sigmoid(1000) == 1 and sigmoid(-1000) == 0
    assert sigmoid(INF) == 1 and sigmoid(-INF) == 0


def test_sigmoid_keeps_its_small_tail():
    assert sigmoid(-700) == pytest.approx(math.exp(-700), rel=1e-15, abs=0)


@pytest.mark.parametrize("x", [0.1, 1, 5, 30])
def test_sigmoid_is_symmetric(x):
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("function, x, error, message", [
    (exp, 1000, OverflowError, "exp of 1000: the result is too large for a float"),
    (log, 0, ValueError, "log of 0: it takes numbers greater than 0"),
    (log, -1.5, ValueError, "log of -1.5: it takes numbers greater than 0"),
    (sqrt, -1, ValueError, "sqrt of -1: it takes numbers from 0 upwards"),
    (sin, INF, ValueError, "sin of inf: it takes finite numbers"),
    (cos, -INF, ValueError, "cos of -inf: it takes finite numbers"),
])
def test_outside_the_domain(function, x, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        function(x)


@pytest.mark.parametrize("x", ["3", None, [1.0]], ids=repr)
@pytest.mark.parametrize("function", [exp, log, sqrt, sin, cos, tanh, sigmoid, relu],
                         ids=lambda f: f.__name__)
def test_not_a_number(function, x):
    with pytest.raises(TypeError, match=f"{function.__name__} takes .*, not {type(x).__name__}"):
        function(x)
