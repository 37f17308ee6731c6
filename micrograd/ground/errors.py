"""Errors that name what was being computed, and leave everything as it was.

>>> named(ValueError("it takes numbers greater than 0"), "log", [-1.0])
ValueError('log of -1.0: it takes numbers greater than 0')
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, NoReturn

from .numbers import data_of, is_number, number, shown

__all__ = ["MATHEMATICAL", "RuleError", "as_gradients", "assign", "loses_the_gradient", "named",
           "naming", "require_rule", "shown"]

# What mathematics raises, and we put names into. Errors of a kind of their own go through untouched.
MATHEMATICAL = {ArithmeticError, OverflowError, TypeError, ValueError, ZeroDivisionError}


@contextmanager
def naming(doing: str, inputs: Sequence[Any]) -> Iterator[None]:
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


def named(error: Exception, doing: str, inputs: Sequence[Any]) -> Exception:
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


def require_rule(operation: Any) -> None:
    """Raise TypeError if an operation has none, as one of a Value that somebody made by hand."""
    if operation.rule is None:
        raise TypeError(f"the operation {operation.symbol!r} has no rule: make it with @op")


def as_gradients(operation: Any, answer: Any, count: int) -> Sequence[Any]:
    """What a rule returned, one number for each input; for a single input that may be the number
    itself. Raises RuleError for anything else."""
    single = isinstance(answer, str) or not hasattr(answer, "__iter__")
    gradients = (answer,) if single else tuple(answer)
    if len(gradients) != count or not all([is_number(x) for x in gradients]):
        should = "1 gradient, a number" if count == 1 else f"{count} gradients, one for each input"
        found = ", ".join(map(shown, gradients))
        raise RuleError(f"the rule of {operation.symbol} must return {should}, not "
                        f"{found if len(gradients) == 1 else f'({found})'}")
    return gradients


def loses_the_gradient(value: Any, *_: Any) -> NoReturn:
    """What a Value says to float(), int(), round(), math.exp() and the like."""
    float(value.data)                           # a symbol says where, and what to do
    raise TypeError(f"{value!r} is not made into a plain number by itself, for that would lose the "
                    "gradient without a word: write .data for the number, or use micrograd's own "
                    "exp, log, tanh, … instead of those of math")


def assign(things: Iterable[Any], attribute: str, numbers: Iterable[Any]) -> None:
    """Set an attribute of many things at once, so that Ctrl-C finds all of them set, or none.

    It is one call of a function that is written in C; Python stops for Ctrl-C between its own
    instructions alone.

    >>> class Thing:
    ...     data = 1
    >>> assign([Thing], "data", [2])
    >>> Thing.data
    2
    """
    deque(map(setattr, things, repeat(attribute), numbers), maxlen=0)
