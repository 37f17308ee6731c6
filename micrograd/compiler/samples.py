"""Samples: what a program is called with.

A program serves for all samples of one *structure*: the same lists and tuples with numbers in the
same places. All else that may stand there, strings, bools and None, counts as structure too. You
will learn here how that is checked at each call without paying much for it: not sample by sample,
but place by place for all samples at once, in loops that run at the speed of C.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any

__all__ = ["FLOATS", "NUMBERS", "checker", "places", "plain", "structure"]

NUMBERS = {float, int, Fraction}
FLOATS = {float}
OTHERS = {str, bool, type(None)}


def plain(x: Any) -> Any:
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


def places(x: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """What stands in lists and tuples of lists and tuples, each with its place.

    >>> places([5.0, (6.0,)])
    [((0,), 5.0), ((1, 0), 6.0)]
    """
    if type(x) in (list, tuple):
        return [found for i, part in enumerate(x) for found in places(part, (*place, i))]
    return [(place, x)]


def structure(x: Any) -> Any:
    """The structure of a plain sample.

    >>> structure(([1.0, 2.0], 3, "a"))
    ([number, number], number, other)
    """
    if type(x) in (list, tuple):
        return type(x)([structure(part) for part in x])
    return NUMBER if type(x) in NUMBERS else OTHER


class Kind:
    """What stands in a place of a sample."""

    def __init__(self, name: str, types: set[Any]):
        self.name, self.types = name, types

    def fits(self, column: Sequence[Any]) -> bool:
        return self.types.issuperset(map(type, column))

    def __repr__(self) -> Any:
        return self.name


NUMBER, OTHER = Kind("number", NUMBERS), Kind("other", OTHERS)


def checker(kinds: tuple[Any, ...]) -> Callable[[Sequence[Any]], bool]:
    """A function that says whether all samples are of this structure. They are tuples or lists.

    >>> fits = checker(structure(([1.0, 2.0], "a")))
    >>> fits([([3, 4.0], "b"), [[0.5, 6], None]]), fits([((1.0, 2.0), "a")])
    (True, False)
    """
    return _parts(kinds, {tuple, list})


def _parts(kinds: Any, types: set[Any]) -> Callable[[Sequence[Any]], bool]:
    """The same for a column of lists or tuples."""
    lengths = {len(kinds)}
    checks = [_parts(kind, {type(kind)}) if type(kind) in (list, tuple) else kind.fits
              for kind in kinds]

    def fits(column: Sequence[Any]) -> bool:
        return (types.issuperset(map(type, column)) and lengths.issuperset(map(len, column))
                and all([check(part) for check, part in zip(checks, zip(*column))]))

    def fits_alike(column: Sequence[Any]) -> bool:   # all parts can be looked at together
        return (types.issuperset(map(type, column)) and lengths.issuperset(map(len, column))
                and first([*chain.from_iterable(column)]))

    if kinds and all([kind == kinds[0] for kind in kinds]):
        first = checks[0]
        return fits_alike
    return fits
