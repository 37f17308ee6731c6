"""Copies of values: of the whole graph, however deep, without recursion.

`copy` and `pickle` follow what an object holds by recursion, which a chain of a thousand operations
ends. So a Value copies itself: first an empty twin of each value in its graph, then what is in it.

>>> import copy
>>> from micrograd.engine import Value
>>> x = Value(2.0)
>>> twin_x, twin = copy.deepcopy([x, x * x])
>>> twin._prev[0] is twin_x, twin_x is x
(True, False)
"""

import copy
from typing import Any

__all__ = ["deepcopy", "reduce", "shallow"]

LINKS = {"_prev", "_x", "_y", "operation"}      # the slots that are not copied one by one


def shallow(value: Any) -> Any:
    """For copy.copy(): another value that is made from the same inputs."""
    return _fill(_empty(value), *_state(value))


def deepcopy(value: Any, memo: dict[int, Any]) -> Any:
    """For copy.deepcopy(): a twin of the whole graph. Operations are shared, as functions are."""
    todo, found = [value], []
    while todo:
        x = todo.pop()
        if id(x) not in memo:
            memo[id(x)] = _empty(x)
            found.append(x)
            todo += x._prev
    for x in found:
        twin, (attributes, slots) = memo[id(x)], _state(x)
        others = {name: held for name, held in slots.items() if name not in LINKS}
        # What else it holds, the mark with a module in it, say, is copied as anything is.
        _fill(twin, *copy.deepcopy((attributes, others), memo))
        twin.operation, twin._prev = x.operation, tuple([memo[id(y)] for y in x._prev])
    return memo[id(value)]


def reduce(value: Any, protocol: int) -> Any:
    """For pickle: a leaf as any object; a graph, of which pickle sees one value at a time, never."""
    if value._prev:
        raise TypeError(f"{value!r} has a graph, and graphs are not pickled: pickle its .data, or "
                        "of a model the state_dict(), or make the graph again where it is needed")
    return object.__reduce_ex__(value, max(protocol, 2))


def _empty(value: Any) -> Any:
    return object.__new__(type(value))


def _state(value: Any) -> Any:
    """The attributes of a value: those of a subclass without slots, and those in slots."""
    return object.__reduce_ex__(value, 2)[2]


def _fill(value: Any, attributes: dict[str, Any] | None, slots: dict[str, Any]) -> Any:
    for name, held in ((attributes or {}) | slots).items():
        setattr(value, name, held)
    return value
