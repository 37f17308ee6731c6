"""What a `Value` has besides what `engine.py` teaches: how it is stored, shown, compared and copied,
and kept from misuse.

>>> from micrograd import Value
>>> f"{Value(2.0):.3f}", Value(2.0) < 3
('2.000', True)
"""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import copies
from .errors import loses_the_gradient
from .numbers import Function, is_array, number

if TYPE_CHECKING:                               # names that only type checkers and editors look up
    from ..engine import Number, Value

__all__ = ["Node"]

OPERATORS = [f"__{side}{name}__" for name in ("add", "sub", "mul", "truediv", "pow")
             for side in ("", "r")]


class Node:
    """The base of `Value`: its slots, and how it behaves among Python's other objects.

    `_prev` is a tuple to everyone, but made when asked for: one or two inputs are kept as they are,
    which saves a tuple for each operation, a third of the memory, and half of the work of Python's
    garbage collector. Of a dot product, the weights and the inputs are kept as the two tuples that
    they are: neurons of one layer share the second.

    Python frees a deep graph without recursion; but 3.13 crashes if it does so in a thread that was
    given a stack of less than a megabyte.
    """

    __slots__ = ("data", "grad", "label", "operation", "_mark", "_x", "_y")

    data: float                                 # or a Fraction, of which type checkers are not told
    grad: Any                                   # a number; of a graph of gradients, a Value
    label: str
    operation: Any
    _mark: tuple[Any, ...] | None               # which module returned it: see marks.py
    _x: Any
    _y: Any

    role = "input"                              # what a leaf of its class is called in a picture
    _repr_svg_: Any = None                      # draw/ sets it: the picture, for notebooks to show

    def __new__(cls, *_: Any, **__: Any) -> Any:
        value = object.__new__(cls)
        value._mark = None
        return value

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in OPERATORS:
            if method := vars(cls).get(name):
                setattr(cls, name, _not_of_arrays(method))

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

    @property
    def _op(self) -> str:
        """The symbol of the operation that made it, or "" for a leaf."""
        return self.operation.symbol if self.operation else ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data}, grad={self.grad})"

    def __format__(self, how: str) -> str:
        return format(self.data, how) if how else repr(self)

    def __lt__(self, other: "Number") -> bool:  return self.data < _data(other)
    def __le__(self, other: "Number") -> bool:  return self.data <= _data(other)
    def __gt__(self, other: "Number") -> bool:  return self.data > _data(other)
    def __ge__(self, other: "Number") -> bool:  return self.data >= _data(other)
    def __bool__(self) -> bool:                 return bool(self.data)
    def __pos__(self) -> Any:                   return self

    # What would lose the gradient without a word says what to write instead.
    if not TYPE_CHECKING:                       # a type checker says so too, if it finds none of them
        __float__ = __int__ = __round__ = __trunc__ = __floor__ = __ceil__ = item = loses_the_gradient

    # A copy is of the whole graph, however deep.
    __copy__, __deepcopy__ = copies.shallow, copies.deepcopy
    __reduce_ex__: Any = copies.reduce

    @classmethod
    def add_methods(cls, *functions: Callable[..., Any], **named: Callable[..., Any]) -> None:
        """Make functions of a Value methods of it, as functions.py does with all of its own."""
        for name, function in [*[(f.__name__, f) for f in functions], *named.items()]:
            setattr(cls, name, _not_of_arrays(function) if name in OPERATORS else function)

    if TYPE_CHECKING:                           # those of functions.py
        def exp(self) -> Value: ...
        def log(self) -> Value: ...
        def sqrt(self) -> Value: ...
        def sin(self) -> Value: ...
        def cos(self) -> Value: ...
        def tanh(self) -> Value: ...
        def sigmoid(self) -> Value: ...
        def relu(self) -> Value: ...
        def maximum(self, other: Number) -> Value: ...
        def minimum(self, other: Number) -> Value: ...
        def __abs__(self) -> Value: ...
        def __rpow__(self, other: Number) -> Value: ...


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Node) else number(x, "a comparison")


def _not_of_arrays(method: Function) -> Function:
    """An operator that leaves numpy's arrays to numpy, which asks again for each number in it."""
    @functools.wraps(method)
    def operator(x: Any, y: Any) -> Any:
        return NotImplemented if is_array(y) else method(x, y)
    return operator                             # type: ignore[return-value]
