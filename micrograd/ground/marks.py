"""Marks: which module returned a value, noted when it was called.

Training records operations and nothing else: no value knows the neuron it came from. So that a
picture can draw a box around all that a module computed, the Values that a call returns are marked
with the module and what it was given; what the module computed lies between the two. To mark costs
next to nothing: the tuple of arguments, which the call makes anyway, is kept.

>>> from micrograd.nn import MLP
>>> model = MLP(2, [1])
>>> [type(module).__name__ for module, given in marks(model([0.5, -1.0]))]
['Neuron', 'Layer', 'MLP']
"""

import functools
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from .node import Node

__all__ = ["marking", "marks", "values_in"]


def marks(value: Any) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The modules that returned a value, each with all that it was given, innermost first.

    Leaves are not marked, for nothing has computed them, nor is what a module was given and
    returned as it is.
    """
    calls, mark = [], value._mark or ()
    while mark:
        # A mark is the arguments of a call, in one tuple after those of the calls around it.
        outer = type(mark[0]) is tuple
        call, mark = (mark[0], mark[1:]) if outer else (mark, ())
        calls.append((call[0], call[1:]))
    return iter(calls[::-1])


def marking(call: Callable[..., Any]) -> Callable[..., Any]:
    """A module's `__call__` that marks what it returns with its arguments, the module first."""
    if not isinstance(call, FunctionType):      # a static method, or any object that can be called
        call = _as_a_method(call)

    @functools.wraps(call)
    def call_and_mark(*args: Any, **named: Any) -> Any:
        out = call(*args, **named)
        if named:
            args += tuple(named.values())
        if isinstance(out, Node) and len(args) == 2:        # as a neuron is called
            if out.operation is not None and out is not args[1]:
                mark = out._mark
                out._mark = args if mark is None else (args, *mark)
        elif type(out) is list:                 # as a layer returns it
            outer = (args,)                     # for `outer + mark` takes half as long as
            for value in out:                   # `(args, *mark)`
                if isinstance(value, Node) and value.operation is not None:
                    mark = value._mark
                    value._mark = args if mark is None else outer + mark
                else:
                    _mark_all(value, args)
        else:
            _mark_all(out, args)
        return out
    return call_and_mark


def _mark_all(out: Any, args: tuple[Any, ...]) -> None:
    for value in values_in(out):
        _mark(value, args)


def _as_a_method(call: Any) -> Callable[..., Any]:
    @functools.wraps(call)
    def method(module: Any, *args: Any, **named: Any) -> Any:
        bind = getattr(type(call), "__get__", None)
        return (bind(call, module, type(module)) if bind else call)(*args, **named)
    return method


def _mark(value: Any, args: tuple[Any, ...]) -> None:
    if value.operation is not None and not any([x is value for x in args]):
        value._mark = args if value._mark is None else (args, *value._mark)


def values_in(thing: Any) -> Iterator[Any]:
    """The Values in lists, tuples and dicts of them, nested at will."""
    todo, seen = [thing], set()
    while todo:
        thing = todo.pop()
        if hasattr(type(thing), "_prev"):
            yield thing
        elif isinstance(thing, (dict, list, tuple)) and id(thing) not in seen:
            seen.add(id(thing))
            todo += thing.values() if isinstance(thing, dict) else thing
