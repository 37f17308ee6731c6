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

from .engine import Value, op
from .ground import numbers as math
from .ground.numbers import generic as generic
from .ground.numbers import where

__all__ = ["cos", "exp", "log", "maximum", "minimum", "relu", "sigmoid", "sin", "sqrt", "tanh",
           "where"]


# ── Exponentials and roots ────────────────────────────────────────────────────────────────────────

@op("exp", lambda g, out, x: g * out)
def exp(x):
    """The exponential function. Raises OverflowError above 709.78.

    >>> exp(0)
    1.0
    """
    return math.exp(x)


@op("log", lambda g, out, x: g / x)
def log(x):
    """The natural logarithm. Raises ValueError at 0 and below.

    >>> log(1)
    0.0
    """
    return math.log(x)


@op("sqrt", lambda g, out, x: g / (2 * out))
def sqrt(x):
    """The square root. Raises ValueError below 0.

    >>> sqrt(9)
    3.0
    """
    return math.sqrt(x)


@op("tanh", lambda g, out, x: g * (1 - out * out))
def tanh(x):
    """The hyperbolic tangent, which squashes any number into (-1, 1).

    >>> tanh(0)
    0.0
    """
    return math.tanh(x)


@op("sigmoid", lambda g, out, x: g * out * (1 - out))
def sigmoid(x):
    """The logistic function 1 / (1 + exp(-x)), which squashes any number into (0, 1).

    >>> sigmoid(0), sigmoid(1000), sigmoid(-1000)
    (0.5, 1.0, 0.0)
    """
    # exp(-|x|) is at most 1, so that neither end of the number line overflows.
    e = math.exp(-abs(x))
    return where(x < 0, e, 1) / (1 + e)


# ── Circles ───────────────────────────────────────────────────────────────────────────────────────

@op("sin", lambda g, out, x: g * math.cos(x))
def sin(x):
    """The sine of an angle in radians.

    >>> sin(0)
    0.0
    """
    return math.sin(x)


@op("cos", lambda g, out, x: -g * math.sin(x))
def cos(x):
    """The cosine of an angle in radians.

    >>> cos(0)
    1.0
    """
    return math.cos(x)


# ── Corners ───────────────────────────────────────────────────────────────────────────────────────

def _or_nan(holds, result, nan):
    """`result` where the comparison holds. Where it does not, it is that a number is NaN, and this
    NaN is handed on."""
    return where(holds, result, nan)


@op("relu", lambda g, out, x: where(x > 0, g, _or_nan(x <= 0, 0, x)))
def relu(x):
    """The rectified linear unit: `x` where it is positive, otherwise 0.

    >>> relu(1.5), relu(-1.5)
    (1.5, 0)
    """
    return where(x < 0, 0, x)


@op("abs", lambda g, out, x: where(x > 0, g, where(x < 0, -g, _or_nan(x <= 0, 0, x))))
def _abs(x):
    return abs(x)


def _to_the_chosen(g, x, y, x_is_chosen, y_is_chosen):
    """The gradient goes to the input that was chosen; a tie shares it equally."""
    half = _or_nan(x <= y, g * x ** 0 / 2, x + y)
    return (where(x_is_chosen, g, where(y_is_chosen, 0, half)),
            where(y_is_chosen, g, where(x_is_chosen, 0, half)))


@op("max", lambda g, out, x, y: _to_the_chosen(g, x, y, x > y, x < y))
def maximum(x, y):
    """The larger of two numbers, NaN if either is.

    >>> maximum(2, 3.5)
    3.5
    """
    return where(x > y, x, _or_nan(x <= y, y, x + y))


@op("min", lambda g, out, x, y: _to_the_chosen(g, x, y, x < y, x > y))
def minimum(x, y):
    """The smaller of two numbers, NaN if either is.

    >>> minimum(2, 3.5)
    2
    """
    return where(x < y, x, _or_nan(x >= y, y, x + y))


# ── Methods ───────────────────────────────────────────────────────────────────────────────────────

Value.add_methods(exp, log, sqrt, tanh, sigmoid, sin, cos, relu, maximum, minimum, __abs__=_abs)
