"""Kinds of number: what counts as one, and the functions of Python's `math` for all of them.

Python's operators ask their operands how to compute: in `x * y`, a Fraction multiplies as fractions
do. The functions of the module `math` take floats and nothing else. Those below ask too: a number
whose class has a method of this name does the work itself (`Value`, symbols, formulas, and whatever
else a reader invents); Python's own numbers go on to `math`.

>>> exp(0), where(2 > 1, "yes", "no")
(1.0, 'yes')
"""

import functools
import math
import reprlib
from collections.abc import Callable
from numbers import Rational, Real
from typing import Any, TypeVar

__all__ = ["Function", "cos", "data_of", "exp", "generic", "is_array", "is_number", "log", "number",
           "power", "shown", "sin", "sqrt", "tanh", "where"]

Function = TypeVar("Function", bound=Callable[..., Any])        # what a decorator leaves as it is
KINDS = "(int, float, Fraction or a numpy scalar)"


def number(x: Any, whose: str) -> Any:
    """`x` as a number of Python's own kinds; numpy's and PyTorch's scalars become such.

    Raises TypeError for anything else, naming `whose` number it should have been.

    >>> number("2", "sqrt")
    Traceback (most recent call last):
        ...
    TypeError: sqrt takes a number (int, float, Fraction or a numpy scalar), not str '2'
    """
    if type(x) in (int, float):
        return x
    found = x.item() if getattr(x, "ndim", None) == 0 else x
    if hasattr(type(found), "_prev"):
        raise TypeError(f"{whose.strip()} takes a plain number, not "
                        f"{shown(x)}: write .data for its number")
    if not isinstance(found, Real):
        raise TypeError(f"{whose.strip()} takes a number {KINDS}, not {type(x).__name__} {shown(x)}")
    return found


def data_of(value: Any) -> Any:
    """The number of a value. If somebody has set it to one of numpy's, it becomes Python's here."""
    if type(value.data) not in (int, float):
        value.data = number(value.data, f"data of {value.label or f'a {type(value).__name__}'}")
    return value.data


def is_number(x: Any) -> bool:
    """Whether one can compute with `x`, of whatever kind: a Value, a symbol, a float …"""
    return hasattr(type(x), "__truediv__") and not is_array(x)


def is_array(x: Any) -> bool:
    """Whether `x` is one of numpy's arrays, or alike: of one dimension or more."""
    return bool(getattr(x, "ndim", 0))


def shown(x: Any) -> str:
    """What an error quotes: a number whole, unless it is very long, and of all else a little."""
    writer = reprlib.Repr()
    writer.maxstring = writer.maxother = writer.maxlong = 60
    try:
        return writer.repr(x)[:60]
    except ValueError:                          # Python refuses to write an int of 4,300 digits
        return "a huge integer"


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds and `b` where it does not.

    The condition is anything with a truth value. A kind of condition that has none, such as a
    symbol's, makes the choice with its own method `__where__(a, b)`.

    >>> where(2 > 1, "yes", "no")
    'yes'
    """
    if type(condition) is not bool and (choose := getattr(type(condition), "__where__", None)):
        return choose(condition, a, b)
    return a if condition else b


# ── Powers ────────────────────────────────────────────────────────────────────────────────────────

FLOAT_BITS = 1024                               # of the largest whole number that fits a float


def power(x: Any, y: Any) -> Any:
    """`x ** y`, real and of a size that a float can have.

    Raises ValueError where Python would make a complex number of it, and OverflowError where the
    result is too large for a float: Python's whole numbers have no end, and would take hours.

    >>> power(2, 10), power(-2, 63)
    (1024, -9223372036854775808)
    """
    try:
        if isinstance(x, Rational) and isinstance(y, Rational):
            length = max(abs(int(x.numerator)), int(x.denominator)).bit_length()
            bits = abs(y) * (length - 1)        # type: ignore[operator]
            if bits > FLOAT_BITS and (x.denominator == 1 or bits > 64 * FLOAT_BITS):
                x = float(x)
        result = x ** y
        if isinstance(result, int):
            float(result)
    except OverflowError:
        raise OverflowError("the result is too large for a float") from None
    if isinstance(result, complex):
        raise ValueError("a negative number has only whole powers")
    return result


# ── Python's `math`, for any kind of number ───────────────────────────────────────────────────────

def generic(domain: str = "any number") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function of Python's numbers so that other kinds of number can take it over.

    `domain` says which numbers the function takes; the error for any other quotes it.

    >>> generic("numbers that are not 0")(lambda x: math.log(x * x))(0.0)
    Traceback (most recent call last):
        ...
    ValueError: it takes numbers that are not 0
    """
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__

        @functools.wraps(function)
        def call(*numbers: Any) -> Any:
            for x in numbers:
                if type(x) is not float and (own := getattr(type(x), name, None)):
                    return own(*numbers)
            try:
                return function(*numbers)
            except OverflowError:
                raise OverflowError("the result is too large for a float") from None
            except ValueError:
                raise ValueError(f"it takes {domain}") from None
        return call
    return decorate


exp = generic()(math.exp)
log = generic("numbers greater than 0")(math.log)
sqrt = generic("numbers from 0 upwards")(math.sqrt)
tanh = generic()(math.tanh)
sin = generic("finite numbers")(math.sin)
cos = generic("finite numbers")(math.cos)
