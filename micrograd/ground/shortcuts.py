"""Shortcuts: what `engine.py` does for every operation, done faster for the common ones.

Skip this file at first: nothing in it is new. Each function does what the one in `engine.py` does
that it decorates, or is asked before, but without loops over inputs, of which there are mostly one
or two. Whatever is unusual is left to the general form, and so is every error message. Without this
file everything would be the same but for the time it takes; a test runs the engine so.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .numbers import Function, number

__all__ = ["for_dot", "for_few_inputs", "in_place", "install_operators"]

PLAIN = {float, int}                            # numbers that need no second look
SEEN: Any = object()
new = object.__new__


def for_few_inputs(Value: type, Constant: type) -> Callable[[Function], Function]:
    """Decorate `apply`: for one or two inputs that are Values, floats or ints."""
    constant = _maker(Constant)

    def decorate(apply: Any) -> Any:
        @functools.wraps(apply)
        def apply_to_few(operation: Any, *inputs: Any) -> Any:
            try:
                if len(inputs) == 2:
                    x, y = inputs
                    if type(y) in PLAIN:
                        if type(x) in PLAIN:
                            return operation.mathematics(x, y)
                        y = constant(y)
                    elif type(x) in PLAIN:
                        x = constant(x)
                    data = operation.mathematics(x.data, y.data)
                    if not isinstance(y, Value):
                        return apply(operation, *inputs)
                else:
                    (x,), y = inputs, None
                    if type(x) in PLAIN:
                        return operation.mathematics(x)
                    data = operation.mathematics(x.data)
                if not isinstance(x, Value):
                    return apply(operation, *inputs)
                if type(data) not in PLAIN and number(data, "Value") is not data:
                    return apply(operation, *inputs)        # a number of numpy's
            except Exception:                   # apply() meets it again, and explains it
                return apply(operation, *inputs)
            out: Any = new(Value)
            out.data, out.grad, out.label, out.operation, out._mark = data, 0, "", operation, None
            out._x, out._y = x, y
            return out
        return apply_to_few
    return decorate


def for_dot(Value: type, Constant: type, operation: Any) -> Callable[[Function], Function]:
    """Decorate `dot`: for weights that are Values, and inputs that are Values, floats or ints."""
    constant = _maker(Constant)

    def decorate(dot: Any) -> Any:
        @functools.wraps(dot)
        def dot_of_values(ws: Sequence[Any], xs: Sequence[Any]) -> Any:
            try:
                if PLAIN.isdisjoint(map(type, xs)):
                    inputs = tuple(xs)
                else:
                    inputs = tuple([constant(x) if type(x) in PLAIN else x for x in xs])
                data = 0
                for w, x in zip(ws, inputs, strict=True):
                    data += w.data * x.data
                if type(data) is not float or not isinstance(ws[0], Value):
                    return dot(ws, xs)
            except Exception:                   # dot() meets it again, and explains it
                return dot(ws, xs)
            out: Any = new(Value)
            out.data, out.grad, out.label, out.operation, out._mark = data, 0, "", operation, None
            out._x, out._y = tuple(ws), inputs
            return out
        return dot_of_values
    return decorate


def install_operators(Value: type, Constant: type, **operators: Any) -> None:
    """Replace `__add__` and `__radd__` and so on: for Values, floats and ints on either side."""
    for name, operation in operators.items():
        forward, reflected = [vars(Value)[f"__{side}{name}__"] for side in ("", "r")]
        forward, reflected = _operators(Value, Constant, operation, forward, reflected)
        setattr(Value, f"__{name}__", forward)
        setattr(Value, f"__r{name}__", reflected)


def _operators(Value: type, Constant: type, operation: Any, general: Any,
               general_reflected: Any) -> tuple[Any, Any]:
    mathematics, constant = operation.mathematics, _maker(Constant)

    @functools.wraps(general)
    def forward(x: Any, y: Any) -> Any:
        kind = type(y)
        if kind is not Value:
            if kind in PLAIN:
                y = constant(y)
            elif not isinstance(y, Value):
                return general(x, y)
        try:
            data = mathematics(x.data, y.data)
            if type(data) not in PLAIN and number(data, "Value") is not data:
                return general(x, y)            # a number of numpy's
        except Exception:
            return general(x, y)
        out: Any = new(Value)
        out.data, out.grad, out.label, out.operation, out._mark = data, 0, "", operation, None
        out._x, out._y = x, y
        return out

    @functools.wraps(general_reflected)
    def reflected(y: Any, x: Any) -> Any:
        kind = type(x)
        if kind is float or kind is int and x:  # sum() begins with the integer 0
            return forward(constant(x), y)
        return general_reflected(y, x)
    return forward, reflected


def _maker(Constant: type) -> Callable[[Any], Any]:
    def constant(number: Any) -> Any:
        out: Any = new(Constant)
        out.data, out.grad, out.label, out.operation, out._mark = number, 0, "", None, None
        out._x = out._y = None
        return out
    return constant


def in_place(backward: Function) -> Function:
    """Decorate `backward`: add up the gradients on `grad` itself, where every `grad` is 0.

    Where one is not, and where a rule does anything unusual, that changes nothing, and the general
    form has its turn. While it runs, no other thread may use a value between the root and the
    leaves; leaves, such as the parameters of a model, may be shared.
    """
    @functools.wraps(backward)
    def backward_in_place(root: Any, create_graph: bool = False) -> None:
        if create_graph or not _added_up(root):
            backward(root, create_graph)
    return backward_in_place                    # type: ignore[return-value]


def _added_up(root: Any) -> bool:
    between: list[Any] = []                     # all values that are no leaves
    leaves: dict[Any, Any] = {}                 # the leaves, with the grad that they had
    done = False
    try:
        if order := _order(root, between, leaves):
            _pass_back(root, order, between)
            done = True
    except Exception:                           # gradients() meets it again, and explains it
        pass
    finally:
        if not done:
            for value in between:
                value.grad = 0
            for value, grad in leaves.items():
                value.grad = grad
    return done


def _pass_back(root: Any, order: list[Any], between: list[Any]) -> None:
    for value in between:
        value.grad = 0
    root.grad = 1
    for value in reversed(order):
        x, y = value._x, value._y
        if type(y) is tuple:                    # a dot product
            g = value.grad
            for w, v in zip(x, y):
                w.grad += g * v.data
            for w, v in zip(x, y):
                v.grad += g * w.data
        elif y is not None:
            to_x, to_y = value.operation.rule(value.grad, value.data, x.data, y.data)
            x.grad += to_x
            y.grad += to_y
        elif x is not None:
            inputs = value._prev
            numbers = [v.data for v in inputs]
            to_inputs = value.operation.rule(value.grad, value.data, *numbers)
            if len(inputs) == 1 and not isinstance(to_inputs, (list, tuple)):
                x.grad += to_inputs
            else:
                for v, to_v in zip(inputs, to_inputs, strict=True):
                    v.grad += to_v


def _order(root: Any, between: list[Any], leaves: dict[Any, Any]) -> list[Any] | None:
    """The topological order of `root`, or None if any grad is not 0.

    A value that has been seen bears a mark in `grad`, which is faster than a set of all that were
    seen; but leaves do not, for other threads may use them.
    """
    order: list[Any] = []
    todo: list[Any] = []
    value = root
    while True:
        x = value._x
        if x is None:
            if value not in leaves:
                if value.grad:
                    return None
                leaves[value] = value.grad
                order.append(value)
        elif value.grad is not SEEN:
            if value.grad:
                return None
            between.append(value)
            value.grad = SEEN
            todo += value, None
            y = value._y
            if type(x) is tuple:
                if y is not None:
                    todo += y[::-1]
                todo += x[:0:-1]
                x = x[0]
            elif y is not None:
                todo.append(y)
            value = x                           # the first input need not wait on the list
            continue
        while todo:
            value = todo.pop()
            if value is not None:
                break
            order.append(todo.pop())
        else:
            return order
