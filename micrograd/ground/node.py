"""What a `Value` has besides what `engine.py` teaches: how it is stored, shown and kept from misuse.

>>> from micrograd import Value
>>> f"{Value(2.0):.3f}"
'2.000'
"""

from collections.abc import Callable, Sequence
from typing import Any

from . import copies
from .errors import loses_the_gradient

__all__ = ["Node"]


class Node:
    """The base of `Value`: its slots.

    `_prev` is a tuple to everyone, but made when asked for: one or two inputs are kept as they are,
    which saves a tuple for each operation, a third of the memory, and half of the work of Python's
    garbage collector. Of a dot product, the weights and the inputs are kept as the two tuples that
    they are: neurons of one layer share the second.
    """

    __slots__ = ("data", "grad", "label", "operation", "_mark", "_x", "_y")

    data: Any
    grad: Any
    label: str
    operation: Any
    _mark: tuple[Any, ...] | None               # of what module returned it: see marks.py
    _x: Any
    _y: Any

    @property
    def _prev(self) -> tuple[Any, ...]:
        """The values it was made from."""
        if self._y is not None:
            return self._x + self._y if type(self._y) is tuple else (self._x, self._y)
        if self._x is None:
            return ()
        return self._x if type(self._x) is tuple else (self._x,)

    @_prev.setter
    def _prev(self, inputs: Sequence[Any]) -> None:
        if len(inputs) <= 2:
            self._x, self._y = (*inputs, None, None)[:2]
        else:
            self._x, self._y = tuple(inputs), None

    def __format__(self, how: str) -> str:
        return format(self.data, how) if how else repr(self)

    # What would lose the gradient without a word says what to write instead.
    __float__ = __int__ = __round__ = __trunc__ = __floor__ = __ceil__ = item = loses_the_gradient

    # A copy is of the whole graph, however deep.
    __copy__, __deepcopy__ = copies.shallow, copies.deepcopy
    __reduce_ex__: Any = copies.reduce

    @classmethod
    def add_methods(cls, *functions: Callable[..., Any], **named: Callable[..., Any]) -> None:
        """Make functions of a Value methods of it, as functions.py does with all of its own."""
        for name, function in [*[(f.__name__, f) for f in functions], *named.items()]:
            setattr(cls, name, function)
