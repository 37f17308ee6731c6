"""Samples: what a program is called with.

A program serves for all samples of one *structure*: the same lists and tuples with numbers in the
same places. All else that may stand there, strings, bools and None, counts as structure too. You
will learn here how that is checked at each call without paying much for it: not sample by sample,
but place by place for all samples at once, in loops that run at the speed of C.
"""

from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import chain

__all__ = ["NUMBERS", "fits", "places", "plain", "structure"]

NUMBERS = {float, int, Fraction}
OTHERS = {str, bool, type(None)}


def plain(x):
    """A sample in Python's own numbers, in lists and tuples; numpy's arrays have a `tolist()`.

    >>> plain((1, ["a", 2.0]))
    (1, ['a', 2.0])
    """
    if type(x) in NUMBERS or type(x) in OTHERS:
        return x
    if type(x) in (list, tuple):
        return type(x)([plain(part) for part in x])
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    raise TypeError("a sample is made of numbers, strings, lists and tuples, "
                    f"not of {type(x).__name__} {repr(x)[:60]}")


def places(x, place: tuple = ()) -> list[tuple]:
    """What stands in lists and tuples of lists and tuples, each with its place.

    >>> places([5.0, (6.0,)])
    [((0,), 5.0), ((1, 0), 6.0)]
    """
    if type(x) in (list, tuple):
        return [found for i, part in enumerate(x) for found in places(part, (*place, i))]
    return [(place, x)]


def structure(x):
    """The structure of a plain sample.

    >>> structure(([1.0, 2.0], 3, "a"))
    ([number, number], number, other)
    """
    if type(x) in (list, tuple):
        return type(x)([structure(part) for part in x])
    return NUMBER if type(x) in NUMBERS else OTHER


class Kind:
    """What stands in a place of a sample."""

    def __init__(self, name: str, types: set):
        self.name, self.types = name, types

    def __repr__(self):
        return self.name


NUMBER, OTHER = Kind("number", NUMBERS), Kind("other", OTHERS)


def fits(column: Sequence, kind) -> bool:
    """Whether everything in the column has this structure.

    >>> fits([[1.0, 2], [3, 4.0]], [NUMBER, NUMBER]), fits([[1.0, None]], [NUMBER, NUMBER])
    (True, False)
    """
    if type(kind) is Kind:
        return kind.types.issuperset(map(type, column))
    if {*map(type, column)} != {type(kind)} or {*map(len, column)} != {len(kind)}:
        return False
    if not kind:
        return True
    if kind.count(kind[0]) == len(kind):        # all parts are alike: look at them together
        return fits(list(chain.from_iterable(column)), kind[0])
    return all([fits(part, of) for part, of in zip(zip(*column), kind)])
