"""Errors that name what was being computed, and leave everything as it was.

>>> named(ValueError("it takes numbers greater than 0"), "log", [-1.0])
ValueError('log of -1.0: it takes numbers greater than 0')
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from .numbers import data_of, is_number, number, shown

__all__ = ["MATHEMATICAL", "RuleError", "loses_the_gradient", "named", "naming",
           "require_gradients", "shown", "unchanged_on_error"]

# What mathematics raises, and we put names into. Errors of a kind of their own go through untouched.
MATHEMATICAL = {ArithmeticError, OverflowError, TypeError, ValueError, ZeroDivisionError}


@contextmanager
def naming(doing: str, inputs: Sequence) -> Iterator[None]:
    """Whatever mathematical error is raised inside says what was being computed, of which inputs.

    >>> with naming("log", [-1.0]):
    ...     raise ValueError("it takes numbers greater than 0")
    Traceback (most recent call last):
        ...
    ValueError: log of -1.0: it takes numbers greater than 0
    """
    try:
        yield
    except Exception as error:
        if type(error) not in MATHEMATICAL:
            raise
        raise named(error, doing, inputs) from None


def named(error: Exception, doing: str, inputs: Sequence) -> Exception:
    """The same kind of error, with the operation, its inputs and their labels."""
    for x in inputs:                            # what is no number is all there is to say
        if hasattr(type(x), "_prev"):
            data_of(x)
        else:
            number(x, doing)
    names = [f"{getattr(x, 'label', '')} = {shown(getattr(x, 'data', x))}".removeprefix(" = ")
             for x in inputs[:6]]
    of = ", ".join(names) + (f" and {len(inputs) - 6} more" if len(inputs) > 6 else "")
    return type(error)(f"{doing} of {of}: {error}")


class RuleError(TypeError):
    """A rule does not return what a rule should. The text is a whole sentence."""


def require_gradients(symbol: str, answer: Sequence, count: int) -> None:
    """Raise RuleError unless a rule returned what it should: a number for each input."""
    if len(answer) != count or not all([is_number(x) for x in answer]):
        should = "1 gradient, a number" if count == 1 else f"{count} gradients, one for each input"
        found = ", ".join(map(shown, answer))
        raise RuleError(f"the rule of {symbol} must return {should}, not "
                        f"{found if len(answer) == 1 else f'({found})'}")


def loses_the_gradient(value: Any, *_: Any) -> NoReturn:
    """What a Value says to float(), int(), round(), math.exp() and the like."""
    float(value.data)                           # a symbol says where, and what to do
    raise TypeError(f"{value!r} is not made into a plain number by itself, for that would lose the "
                    "gradient without a word: write .data for the number, or use micrograd's own "
                    "exp, log, tanh, … instead of those of math")


@contextmanager
def unchanged_on_error(things: Iterable, attribute: str) -> Iterator[None]:
    """Should anything be raised inside, Ctrl-C included, the attribute is put back everywhere.

    >>> class Thing:
    ...     data = 1
    >>> with unchanged_on_error([Thing], "data"):
    ...     Thing.data = 2
    ...     1 / 0
    Traceback (most recent call last):
        ...
    ZeroDivisionError: division by zero
    >>> Thing.data
    1
    """
    before = [(thing, getattr(thing, attribute)) for thing in things]
    try:
        yield
    except BaseException:
        for thing, held in before:
            setattr(thing, attribute, held)
        raise
