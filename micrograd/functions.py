"""The functions that mathematics and rules are written in, for any kind of number.

You will learn here how one line of mathematics can serve several kinds of number. Python's
operators do it already: in `x * y` the operands say how to multiply. The functions of the module
`math` do not, they take floats and nothing else. So each function below asks its argument first, as
an operator would: a number whose class has a method of this name does the work itself, and only
Python's own numbers go on to `math`.

A formula made of operators and these functions therefore never asks what its numbers are made of.
Run on floats, it computes; run on Values, it also builds the graph that backpropagation walks. Read
`engine.py` next: it is about those.
"""

import functools
import math

__all__ = ["cos", "exp", "log", "maximum", "minimum", "relu", "sigmoid", "sin", "sqrt", "tanh",
           "where"]


def generic(domain: str = "any number"):
    """Decorate a function of Python's numbers so that other kinds of number can take it over.

    `domain` says which numbers are accepted; the error for any other quotes it.
    """
    def decorate(function):
        name = function.__name__

        @functools.wraps(function)
        def call(*numbers):
            for number in numbers:
                if type(number) is not float and (method := getattr(type(number), name, None)):
                    return method(*numbers)
            try:
                return function(*numbers)
            except (ValueError, OverflowError) as error:
                raise type(error)(f"{name} takes {domain}, not {numbers[0]!r}") from None
            except TypeError:
                kinds = " and ".join([f"{type(x).__name__} {repr(x)[:60]}" for x in numbers])
                raise TypeError(f"{name} takes {domain}, not {kinds}") from None
        return call
    return decorate


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────

def where(condition, a, b):
    """`a` where the condition holds and `b` where it does not.

    The condition is anything with a truth value. A kind of condition that has none, such as a
    symbol's, makes the choice with its own method `__where__(a, b)`.

    >>> where(2 > 1, "yes", "no")
    'yes'
    """
    if type(condition) is not bool and (choose := getattr(type(condition), "__where__", None)):
        return choose(condition, a, b)
    return a if condition else b


@generic()
def maximum(x, y):
    """The larger of two numbers, NaN if either is.

    >>> maximum(2, 3.5)
    3.5
    """
    return where(x > y, x, where(x <= y, y, x + y))


@generic()
def minimum(x, y):
    """The smaller of two numbers, NaN if either is.

    >>> minimum(2, 3.5)
    2
    """
    return where(x < y, x, where(x >= y, y, x + y))


@generic()
def relu(x):
    """The rectified linear unit: `x` where it is positive, otherwise 0.

    >>> relu(1.5), relu(-1.5)
    (1.5, 0)
    """
    return where(x < 0, 0, x)


# ── powers and exponentials ───────────────────────────────────────────────────────────────────────

def power(x, y):
    """`x ** y`, with an error where Python would answer with a complex number.

    >>> power(2, 10)
    1024
    """
    try:
        result = x ** y
    except OverflowError:
        raise OverflowError("the result is too large for a float") from None
    if isinstance(result, complex):
        raise ValueError("a negative number has only whole powers")
    return result


@generic("numbers up to about 709.78 (beyond, the result is too large for a float)")
def exp(x):
    """The exponential function. Raises OverflowError above 709.78.

    >>> exp(0)
    1.0
    """
    return math.exp(x)


@generic("numbers greater than 0")
def log(x):
    """The natural logarithm. Raises ValueError at 0 and below.

    >>> log(1)
    0.0
    """
    return math.log(x)


@generic("numbers from 0 upwards")
def sqrt(x):
    """The square root. Raises ValueError below 0.

    >>> sqrt(9)
    3.0
    """
    return math.sqrt(x)


@generic()
def tanh(x):
    """The hyperbolic tangent, which squashes any number into (-1, 1).

    >>> tanh(0)
    0.0
    """
    return math.tanh(x)


@generic()
def sigmoid(x):
    """The logistic function 1 / (1 + exp(-x)), which squashes any number into (0, 1).

    >>> sigmoid(0), sigmoid(1000), sigmoid(-1000)
    (0.5, 1.0, 0.0)
    """
    # exp(-|x|) is at most 1, so that neither end of the number line overflows.
    e = exp(-abs(x))
    return where(x < 0, e, 1) / (1 + e)


# ── circles ───────────────────────────────────────────────────────────────────────────────────────

@generic("finite numbers")
def sin(x):
    """The sine of an angle in radians.

    >>> sin(0)
    0.0
    """
    return math.sin(x)


@generic("finite numbers")
def cos(x):
    """The cosine of an angle in radians.

    >>> cos(0)
    1.0
    """
    return math.cos(x)
