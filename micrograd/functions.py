"""The other operations: exp, log, tanh, relu … each function with its rule beside it.

You will learn here how little an operation is: one line of mathematics, and above it one line that
says how the gradient `g` of the output becomes that of the input. Each function takes Values and
plain numbers, and each is a method of `Value` too: `x.tanh()` is `tanh(x)`.

Neither line asks what its numbers are made of. Run on floats, it computes; run on Values, it also
builds the graph of the gradient, which can be differentiated again. That is why the mathematics is
written with operators, with `where` instead of `if`, and with `math` as `ground/numbers.py` has it:
the functions of Python's, for any kind of number.

>>> from .engine import Value
>>> x = Value(0.0)
>>> sigmoid(x).backward()
>>> x.grad
0.25

Read `nn.py` next: it makes networks of all this.
"""

from fractions import Fraction
from math import nan
from typing import Any, TypeVar

from .engine import Number, Value, op
from .ground import numbers as math
from .ground.numbers import generic as generic
from .ground.numbers import where

__all__ = ["cos", "exp", "log", "maximum", "minimum", "relu", "sigmoid", "sin", "sqrt", "tanh",
           "where"]

N = TypeVar("N", Value, float, Fraction)        # of a Value a function is a Value, else a number


# ── Exponentials and roots ────────────────────────────────────────────────────────────────────────

@op("exp", lambda g, out, x: g * out)
def exp(x: N) -> N:
    """The exponential function. Raises OverflowError above 709.78.

    >>> exp(0)
    1.0
    """
    return math.exp(x)


@op("log", lambda g, out, x: g / x)
def log(x: N) -> N:
    """The natural logarithm. Raises ValueError at 0 and below.

    >>> log(1)
    0.0
    """
    return math.log(x)


@op("sqrt", lambda g, out, x: g / (2 * out))
def sqrt(x: N) -> N:
    """The square root. Raises ValueError below 0.

    >>> sqrt(9)
    3.0
    """
    return math.sqrt(x)


@op("tanh", lambda g, out, x: g * (1 - out * out))
def tanh(x: N) -> N:
    """The hyperbolic tangent, which squashes any number into (-1, 1).

    >>> tanh(0)
    0.0
    """
    return math.tanh(x)


@op("sigmoid", lambda g, out, x: g * out * (1 - out))
def sigmoid(x: N) -> N:
    """The logistic function 1 / (1 + exp(-x)), which squashes any number into (0, 1).

    >>> sigmoid(0), sigmoid(1000), sigmoid(-1000)
    (0.5, 1.0, 0.0)
    """
    # exp(-|x|) is at most 1, so that neither end of the number line overflows.
    e = math.exp(-abs(x))
    return where(x < 0, e, 1) / (1 + e)


# ── Powers ────────────────────────────────────────────────────────────────────────────────────────

# In engine.py the exponent is a plain number; here it is a Value, as in 2 ** x.
# d xʸ/dy = xʸ log x: 0 for x = 0, and for x < 0 there is none, so it is NaN. And d xʸ/dx = y xʸ⁻¹ as
# there; but the gradient of this gradient by y has to see the -1 at y = 0 too, if xʸ⁻¹ has an answer.
def _rule_of_power(g: Any, out: Any, x: Any, y: Any) -> tuple[Any, Any]:
    base = where(x < 0, nan, where(x, x, 1))
    return g * y * x ** where(x * x > 0, y - 1, where(y, y - 1, 0)), g * out * math.log(base)


@op("**", _rule_of_power)
def _power(x: Any, y: Any) -> Any:
    return math.power(x, y)


# ── Circles ───────────────────────────────────────────────────────────────────────────────────────

@op("sin", lambda g, out, x: g * math.cos(x))
def sin(x: N) -> N:
    """The sine of an angle in radians.

    >>> sin(0)
    0.0
    """
    return math.sin(x)


@op("cos", lambda g, out, x: -g * math.sin(x))
def cos(x: N) -> N:
    """The cosine of an angle in radians.

    >>> cos(0)
    1.0
    """
    return math.cos(x)


# ── Corners ───────────────────────────────────────────────────────────────────────────────────────

def _or_nan(holds: Any, result: Any, nan: Any) -> Any:
    """`result` where the comparison holds. Where it does not, it is that a number is NaN, and this
    NaN is handed on."""
    return where(holds, result, nan)


@op("relu", lambda g, out, x: where(x > 0, g, _or_nan(x <= 0, 0, x)))
def relu(x: N) -> N:
    """The rectified linear unit: `x` where it is positive, otherwise 0.

    >>> relu(1.5), relu(-1.5)
    (1.5, 0)
    """
    return where(x < 0, 0, x)


@op("abs", lambda g, out, x: where(x > 0, g, where(x < 0, -g, _or_nan(x <= 0, 0, x))))
def _abs(x: N) -> N:
    return abs(x)


def _to_the_chosen(g: Any, x: Any, y: Any, x_is_chosen: Any, y_is_chosen: Any) -> tuple[Any, Any]:
    """The gradient goes to the input that was chosen; a tie shares it equally."""
    half = _or_nan(x <= y, g * x ** 0 / 2, x + y)
    return (where(x_is_chosen, g, where(y_is_chosen, 0, half)),
            where(y_is_chosen, g, where(x_is_chosen, 0, half)))


@op("max", lambda g, out, x, y: _to_the_chosen(g, x, y, x > y, x < y))
def maximum(x: Number, y: Number) -> Any:
    """The larger of two numbers, NaN if either is.

    >>> maximum(2, 3.5)
    3.5
    """
    return where(x > y, x, _or_nan(x <= y, y, x + y))


@op("min", lambda g, out, x, y: _to_the_chosen(g, x, y, x < y, x > y))
def minimum(x: Number, y: Number) -> Any:
    """The smaller of two numbers, NaN if either is.

    >>> minimum(2, 3.5)
    2
    """
    return where(x < y, x, _or_nan(x >= y, y, x + y))


# ── Methods ───────────────────────────────────────────────────────────────────────────────────────

Value.add_methods(exp, log, sqrt, tanh, sigmoid, sin, cos, relu, maximum, minimum, __abs__=_abs,
                  __rpow__=lambda y, x: _power(x, y))
