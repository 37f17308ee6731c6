"""Shortcuts: what `engine.py` does for every operation, done faster for the common ones.

Skip this file at first: nothing in it is new. Each function does what the one in `engine.py` does
that it decorates, or is asked before, but without loops over inputs, of which there are mostly one
or two. Whatever is unusual is left to the general form, and so is every error message. Without this
file everything would be the same but for the time it takes; a test runs the engine so.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .numbers import number

__all__ = ["backward", "for_dot", "for_few_inputs"]

PLAIN = {float, int}                            # numbers that need no second look
new = object.__new__


def for_few_inputs(Value: type, Constant: type) -> Callable[[Callable[..., Any]], Any]:
    """Decorate `apply`: for one or two inputs that are Values, floats or ints."""
    constant = _maker(Constant)

    def decorate(apply: Callable[..., Any]) -> Any:
        @functools.wraps(apply)
        def apply_to_few(operation: Any, *inputs: Any) -> Any:
            try:
                if len(inputs) == 2:
                    x, y = inputs
                    if type(y) in PLAIN:
                        if type(x) in PLAIN:
                            return operation.mathematics(x, y)
                        y = constant(y)
                        inputs = x, y
                    elif type(x) in PLAIN:
                        x = constant(x)
                        inputs = x, y
                    data = operation.mathematics(x.data, y.data)
                    if not isinstance(y, Value):
                        return apply(operation, *inputs)
                else:
                    x, = inputs
                    if type(x) in PLAIN:
                        return operation.mathematics(x)
                    data = operation.mathematics(x.data)
                if not isinstance(x, Value):
                    return apply(operation, *inputs)
                if type(data) not in PLAIN:
                    data = number(data, "Value")
            except Exception:                   # apply() meets it again, and explains it
                return apply(operation, *inputs)
            out = new(Value)
            out.data, out.grad, out.label, out._prev, out.operation = data, 0, "", inputs, operation
            out._mark = None
            return out
        return apply_to_few
    return decorate


def for_dot(Value: type, Constant: type, operation: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate `dot`: for weights that are Values, and inputs that are Values, floats or ints."""
    constant = _maker(Constant)

    def decorate(dot: Callable[..., Any]) -> Any:
        @functools.wraps(dot)
        def dot_of_values(ws: Sequence[Any], xs: Sequence[Any]) -> Any:
            try:
                inputs = xs
                if not PLAIN.isdisjoint(map(type, xs)):
                    inputs = [constant(x) if type(x) in PLAIN else x for x in xs]
                data = 0
                for w, x in zip(ws, inputs, strict=True):
                    data += w.data * x.data
                if type(data) is not float or not isinstance(ws[0], Value):
                    return dot(ws, xs)
            except Exception:                   # dot() meets it again, and explains it
                return dot(ws, xs)
            out = new(Value)
            out.data, out.grad, out.label, out.operation = data, 0, "", operation
            out._prev, out._mark = (*ws, *inputs), None
            return out
        return dot_of_values
    return decorate


def _maker(Constant: type) -> Callable[[Any], Any]:
    def constant(number: Any) -> Any:
        out: Any = new(Constant)
        out.data, out.grad, out.label, out._prev, out.operation = number, 0, "", (), None
        out._mark = None
        return out
    return constant


def backward(root: Any, order: list[Any], dot: Any) -> bool:
    """Add up the gradients in place, on `grad`, and return True.

    Only where every `grad` in the graph is 0; otherwise, and where a rule does anything unusual,
    changes nothing and returns False. While it runs, no other thread may use a value between the
    root and the leaves; leaves may be shared.
    """
    before = [value.grad for value in order]
    if any(before):
        return False
    try:
        root.grad = 1
        for value in reversed(order):
            inputs = value._prev
            if len(inputs) == 2:
                x, y = inputs
                to_x, to_y = value.operation.rule(value.grad, value.data, x.data, y.data)
                x.grad += to_x
                y.grad += to_y
            elif value.operation is dot:
                g, half = value.grad, len(inputs) // 2
                ws, xs = inputs[:half], inputs[half:]
                for w, x in zip(ws, xs):
                    w.grad += g * x.data
                for w, x in zip(ws, xs):
                    x.grad += g * w.data
            elif inputs:
                numbers = [x.data for x in inputs]
                to_inputs = value.operation.rule(value.grad, value.data, *numbers)
                if len(inputs) == 1 and not isinstance(to_inputs, (list, tuple)):
                    inputs[0].grad += to_inputs
                else:
                    for x, to_x in zip(inputs, to_inputs, strict=True):
                        x.grad += to_x
        return True
    except BaseException as error:
        for value, grad in zip(order, before):
            value.grad = grad
        if isinstance(error, Exception):        # gradients() meets it again, and explains it
            return False
        raise
