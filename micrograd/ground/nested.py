"""Nested lists of leaves, such as a layer's weights: gone through without recursion.

They come from users and files, and so may be of any depth, share parts, or contain themselves.

>>> row = [1, 2]
>>> mapped(str, [row, (row, 3)])
[['1', '2'], [['1', '2'], '3']]
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["mapped", "side_by_side"]


def mapped(leaf: Callable[[Any], Any], thing: Any, known: dict[int, Any] | None = None) -> Any:
    """What `leaf` says of each thing in nested lists and tuples, in lists of the same shape.

    `leaf` says None of what does not belong there. Then the whole is None, as is a list that
    contains itself or nothing. `known` keeps what was found, so that nobody looks for it twice.

    >>> mapped(lambda x: x if type(x) is int else None, [1, [2, "three"]])
    """
    known = {} if known is None else known      # by id; with the thing, so that no other gets its id
    todo = [(thing, False)]
    while todo:
        part, entered = todo.pop()
        if entered:
            parts = [known[id(x)][1] for x in part]
            known[id(part)] = part, None if any([x is None for x in parts]) else parts
        elif id(part) not in known:
            if isinstance(part, (list, tuple)) and len(part):
                known[id(part)] = part, None    # which holds if it is met again inside itself
                todo.append((part, True))
                todo += [(x, False) for x in part]
            else:
                known[id(part)] = part, leaf(part)
    return known[id(thing)][1]


def side_by_side(shape: Any, other: Any) -> Iterator[tuple[Callable[[], str], Any, Any]]:
    """Every thing in a nested list with what is in the same place of another, leaves and lists.

    Each time, a function that writes the place. Where the two are not lists of equal length, there
    is no way further in.

    >>> for place, one, two in side_by_side([["a"], ["b"]], [[1], 2]):
    ...     print(place() or "all", one, two)
    all [['a'], ['b']] [[1], 2]
    [0] ['a'] [1]
    [0][0] a 1
    [1] ['b'] 2
    """
    todo: list[tuple[tuple[Any, ...], Any, Any]] = [((), shape, other)]
    seen = set()
    while todo:
        place, shape, other = todo.pop()
        if (id(shape), id(other)) not in seen:
            seen.add((id(shape), id(other)))
            yield functools.partial(_written, place), shape, other
            if (isinstance(shape, (list, tuple)) and isinstance(other, (list, tuple))
                    and len(shape) == len(other)):
                todo += [((place, i), *both) for i, both in enumerate(zip(shape, other))][::-1]


def _written(place: tuple[Any, ...]) -> str:
    indices = []
    while place:
        place, i = place
        indices.append(f"[{i}]")
    if len(indices) > 20:
        indices[10:-10] = [f" {len(indices) - 20:,} more "]
    return "".join(reversed(indices))
