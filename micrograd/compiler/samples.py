"""Samples: what a program is called with.

A program serves for all samples of one *structure*: the same lists and tuples with numbers in the
same places. All else that may stand there, strings, bools and None, counts as structure too. You
will learn here how that is checked at each call without paying much for it: by a function that is
written for this structure, as the program is, and says of each place what must stand there.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

__all__ = ["FLOATS", "NUMBERS", "checker", "places", "plain", "structure"]

NUMBERS = {float, int, Fraction}
FLOATS = {float}
OTHERS = {str, bool, type(None)}
MANY = 8                                        # numbers in a row, which a loop of C's checks faster


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

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> Any:
        return self.name


NUMBER, OTHER = Kind("number"), Kind("other")


def checker(kinds: tuple[Any, ...]) -> Callable[[Sequence[Any]], bool]:
    """A function that says whether all samples are of this structure. They are tuples or lists.

    >>> fits = checker(structure(([1.0, 2.0], "a")))
    >>> fits([([3, 4.0], "b"), [[0.5, 6], None]]), fits([((1.0, 2.0), "a")])
    (True, False)
    """
    names: dict[str, Any] = {"number": NUMBERS, "other": OTHERS, "sequence": {tuple, list}}
    exec(compile(checker_source(kinds), "<compiled by micrograd>", "exec"), names)
    fits: Callable[[Sequence[Any]], bool] = names["fits"]
    return fits


def checker_source(kinds: tuple[Any, ...]) -> str:
    """The source of that function.

    >>> print(checker_source(structure(([1.0, 2.0], "a"))))
    def fits(samples):
        try:
            for x in samples:
                if not (type(x) in sequence): return False
                [x_0, x_1] = x
                if not (type(x_0) is list and type(x_1) in other): return False
                [x_0_0, x_0_1] = x_0
                if not (type(x_0_0) in number and type(x_0_1) in number): return False
        except ValueError:
            return False
        return True
    """
    lines, todo = [_require(["type(x) in sequence"])], [("x", kinds)]
    for x, parts in todo:                       # the list grows meanwhile
        if parts.count(NUMBER) == len(parts) > MANY:
            lines.append(_require([f"len({x}) == {len(parts)}",
                                   f"number.issuperset(map(type, {x}))"]))
            continue
        named = {f"{x}_{i}": part for i, part in enumerate(parts)}
        lines.append(f"[{', '.join(named)}] = {x}")
        if named:
            lines.append(_require([f"type({name}) in {part}" if type(part) is Kind else
                                   f"type({name}) is {type(part).__name__}"
                                   for name, part in named.items()]))
        todo += [(name, part) for name, part in named.items() if type(part) is not Kind]
    return "\n".join(["def fits(samples):", "    try:", "        for x in samples:",
                      *[f"            {line}" for line in lines],
                      "    except ValueError:", "        return False", "    return True"])


def _require(tests: list[str]) -> str:
    return f"if not ({' and '.join(tests)}): return False"
