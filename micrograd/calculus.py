"""Derivatives of functions: of any order, and exact.

You will learn here that a derivative is a function too: the rules of `engine.py` are ordinary
arithmetic, so running them on Values records the gradient's own graph, which can be differentiated
again.

>>> def cube(x):
...     return x ** 3
>>> grad(cube)(2.0), grad(grad(cube))(2.0), grad(grad(grad(cube)))(2.0)
(12.0, 12.0, 6.0)

Read `checking.py` next: how to find out whether a rule is right.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .engine import Constant, Number, Value, gradients, op, topological_order

__all__ = ["grad", "hessian", "jacobian"]


def grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The derivative of `f` as a function; of several numbers, the gradient as a tuple.

    It can be differentiated again, and used inside a function that is. Numbers in, numbers out;
    only where `f` itself uses Values from outside is the derivative a Value, which depends on them.
    No `grad` of any Value is touched. Raises TypeError if the result of `f` is not one number.

    >>> grad(lambda x, y: x * x * y)(3, 5)
    (30, 9)
    >>> grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0)        # d/dx x·x
    6.0
    """
    @functools.wraps(f)
    def derivative(*xs: Any) -> Any:
        row, = _rows(lambda *inputs: [f(*inputs)], xs)
        return row[0] if len(row) == 1 else row
    return derivative


def jacobian(f: Callable[..., Any], xs: Sequence[Number]) -> list[list[Any]]:
    """The derivative of each output of `f(*xs)`, a sequence, by each input: a row for an output.

    >>> jacobian(lambda x, y: (x + y, x * y), [2, 3])
    [[1, 1], [3, 2]]
    """
    return [list(row) for row in _rows(f, xs)]


def hessian(f: Callable[..., Any], xs: Sequence[Number]) -> list[list[Any]]:
    """The second derivatives of `f(*xs)`: the Jacobian of its gradient.

    >>> hessian(lambda x, y: x * x * y, [3, 5])
    [[10, 6], [6, 0]]
    """
    return jacobian(lambda *inputs: next(iter(_rows(lambda *ys: [f(*ys)], inputs))), xs)


# A copy of an outer Value to differentiate by: what the copy receives, the original receives too.
@op("=", lambda g, out, x: g)
def _variable(x: Any) -> Any:
    return x


def _rows(f: Callable[..., Any], xs: Sequence[Any]) -> list[tuple[Any, ...]]:
    """For each output of `f(*xs)`, its derivative by each input."""
    inputs = [_variable(x) if isinstance(x, Value) else Value(x) for x in xs]
    mine = {x for x in inputs if not x._prev}
    rows = []
    for y in f(*inputs):
        order = topological_order(y) if isinstance(y, Value) else [Constant(y)]
        outside = any(not (v._prev or v in mine or isinstance(v, Constant)) for v in order)
        grads = gradients(order[-1], create_graph=outside)
        rows.append(tuple([grads.get(x, 0) for x in inputs]))
    return rows
