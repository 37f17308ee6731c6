"""Backpropagation, whole.

You will learn here how a computer differentiates a program. The idea has three parts, in the order
of this file:

1. A *value* is a number that remembers how it was made. So arithmetic on values records itself: as
   a *graph*.
2. An *operation* is a line of mathematics and, beside it, its *rule*: how the gradient `g` of the
   output becomes the gradients of the inputs. `x * y` has the rule `(g * y, g * x)`.
3. *Backward* walks the graph from the result to the leaves and runs each operation's rule once.
   What arrives at a leaf is its gradient: how fast the result changes as the leaf does.

>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> loss = a * b + a ** 2
>>> loss.backward()
>>> a                                           # d loss / da = b + 2a
Value(data=2.0, grad=1.0)

What comes from `ground/` is not about gradients: skip it. `Node` stores, shows and compares values;
`number(x)` and `data_of(value)` return a plain number or raise; `power(x, n)` is `x ** n`, and
`where(c, a, b)` is `a if c else b` for every kind of number; `errors` name what went wrong. The
`shortcuts` are faster twins of functions that you read here, and run in their place: without the
four lines that use them, everything is the same but for the time it takes.

Read `functions.py` next, for more operations, and then `nn.py`, which makes networks of values.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from .ground import errors, shortcuts
from .ground.node import Node
from .ground.numbers import Function, data_of, number, power, where

__all__ = ["Constant", "Operation", "Value", "apply", "chain_rule", "dot", "gradients", "op",
           "pass_back", "topological_order"]

Number: TypeAlias = "Value | float | Fraction"  # what one can compute with (or an int)


# ── 1. Values ─────────────────────────────────────────────────────────────────────────────────────

class Value(Node):
    """A number that knows how it was made, and can hold a gradient.

    `data` is the number: an int, a float or a Fraction. `grad`, once `backward()` has run on a
    result, is the derivative of that result with respect to this value. `label` is a name for
    people. `_prev` holds the values it was made from, and `operation` says how (`_op` is its
    symbol); a *leaf*, such as `Value(3.0)`, has neither. `<` and its like compare numbers, but `==`
    asks whether two are the same object, so that values can be keys of a dict. Raises TypeError if
    `data` is not a number.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1
    >>> y.data, y._op, [input.data for input in y._prev]
    (10.0, '+', [9.0, 1])
    """

    __slots__ = ()                              # none beyond Node's: a misspelt one fails

    def __init__(self, data: float | Fraction, _prev: Sequence[Value] = (), _op: str = "",
                 label: str = ""):
        self.data = number(data, f"Value {label}")
        self.grad = 0
        self.label = label
        self._prev = tuple(_prev)
        self.operation = Operation(_op) if _op or _prev else None

    # Arithmetic records itself: `x * y` applies the operation MULTIPLY, from the table in part 2.

    def __add__(self, other: Number) -> Value:          return apply(ADD, self, other)
    def __sub__(self, other: Number) -> Value:          return apply(SUBTRACT, self, other)
    def __mul__(self, other: Number) -> Value:          return apply(MULTIPLY, self, other)
    def __truediv__(self, other: Number) -> Value:      return apply(DIVIDE, self, other)
    def __neg__(self) -> Value:                         return apply(NEGATE, self)

    def __pow__(self, n: Number) -> Value:      # functions.py adds __rpow__: n may be a Value
        return n.__rpow__(self) if isinstance(n, Value) else apply(POWER, self, n)

    # A plain number on the left, as in `2 * x`, leaves the work to these.

    def __rsub__(self, other: Number) -> Value:         return apply(SUBTRACT, other, self)
    def __rmul__(self, other: Number) -> Value:         return apply(MULTIPLY, other, self)
    def __rtruediv__(self, other: Number) -> Value:     return apply(DIVIDE, other, self)

    def __radd__(self, other: Number) -> Value:         # sum() begins with 0, which no graph needs
        return self if type(other) is int and other == 0 else apply(ADD, other, self)

    @shortcuts.in_place                         # the same, faster
    def backward(self, create_graph: bool = False) -> None:
        """Compute the derivative of this value with respect to every value it was made from.

        Leaves accumulate: the gradient is added to their `grad`, as in PyTorch, until someone
        zeroes it. The `grad` of every other value is overwritten. With `create_graph` the gradients
        are Values themselves, and can be differentiated again. Where a rule has no answer (the
        square root at 0), raises as the operation itself would; then, as after Ctrl-C, every `grad`
        is as it was.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> (x * x).backward()
        >>> x.grad
        12.0
        """
        grads = gradients(self, create_graph)   # the algorithm, in part 3
        if create_graph:                        # some are plain numbers even so: self has the 1
            grads = {value: as_value(g) for value, g in grads.items()}
        new = [g if value._prev else value.grad + g for value, g in grads.items()]
        errors.assign(grads, "grad", new)       # value.grad = …, for all of them at once


class Constant(Value):
    """A plain number that took part in an operation, such as the 2 in `2 * x`."""

    __slots__ = ()
    role = "constant"                           # what a picture says of it


def as_value(x: Number) -> Value:
    """A Value as it is, a plain number as a Constant."""
    return x if isinstance(x, Value) else Constant(x)


# ── 2. Operations ─────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation is: a symbol, its mathematics, and its rule.

    The rule is called with `g`, the gradient of the output, then the output, then the inputs: with
    numbers, or Values where `create_graph` asks for them. It returns the gradient of each input; if
    there is only one, the gradient itself will do. (Elsewhere: the vector-Jacobian product.)
    """

    symbol: str
    mathematics: Any = None
    rule: Any = None


ADD      = Operation("+",   operator.add,     lambda g, out, x, y: (g, g))
SUBTRACT = Operation("-",   operator.sub,     lambda g, out, x, y: (g, -g))
MULTIPLY = Operation("*",   operator.mul,     lambda g, out, x, y: (g * y, g * x))
NEGATE   = Operation("neg", operator.neg,     lambda g, out, x: -g)

# d(x/y)/dx = 1/y, and d(x/y)/dy = -x/y² = -out/y. `x ** 0` is the 1 among numbers of x's kind: for
# a Fraction x, g = 1 and y = 3, Python would make a float of 1 / 3.
DIVIDE   = Operation("/",   operator.truediv, lambda g, out, x, y: (g * x ** 0 / y, -g * out / y))

# d xⁿ/dx = n xⁿ⁻¹, and 0 for n = 0, also where xⁿ⁻¹ has no answer. The exponent is a plain number
# and gets 0 for a gradient; functions.py has the power whose exponent is a Value.
POWER    = Operation("**",  power, lambda g, out, x, n: (g * n * x ** where(n, n - 1, 0), 0))


@shortcuts.for_few_inputs(Value, Constant)
def apply(operation: Operation, *inputs: Any) -> Any:
    """Compute an operation, and remember how: plain numbers become Constants, the result a Value.

    Of plain numbers alone it is the mathematics itself. Where that has no answer, raises its
    ValueError, ZeroDivisionError or OverflowError with the operation and its inputs named.
    """
    with errors.naming(operation.symbol, inputs):
        if not any([isinstance(x, Value) for x in inputs]):
            return operation.mathematics(*inputs)
        values = [as_value(x) for x in inputs]
        out = Value(operation.mathematics(*[data_of(x) for x in values]), values)
        out.operation = operation
        return out


# ── 3. Backward ───────────────────────────────────────────────────────────────────────────────────

def topological_order(root: Value) -> list[Value]:
    """Every value that `root` was made from, and `root`: inputs before what was made from them.

    In five lines, this is

        def visit(value):
            if value not in seen:
                seen.add(value)
                for x in value._prev: visit(x)
                order.append(value)

    but graphs are deep, and Python's call stack is not: a chain of a thousand additions would
    overflow it. So what is still to be visited waits on a stack of our own, `todo`. A None on it
    says that all inputs of the value below it are listed, and so it is that value's turn.

    >>> x = Value(2, label="x")
    >>> [value.data for value in topological_order(x * 5 + x)]
    [2, 5, 10, 12]
    """
    order: list[Value] = []
    seen: set[Value] = set()
    todo: list[Any] = [root]
    while todo:
        value = todo.pop()
        if value is None:
            order.append(todo.pop())
        elif value not in seen:
            seen.add(value)
            todo += [value, None, *reversed(value._prev)]       # the first input lies on top
    return order


def pass_back(operation: Operation, g: Any, out: Any, inputs: Sequence[Any]) -> Sequence[Any]:
    """Run the rule of an operation, on numbers of any kind: one gradient for each input.

    Raises TypeError if the operation has no rule, or if the rule returns anything else.
    """
    errors.require_rule(operation)
    return errors.as_gradients(operation, operation.rule(g, out, *inputs), len(inputs))


def chain_rule(value: Value, g: Any, create_graph: bool = False) -> Sequence[Any]:
    """One link of the chain: what passes from a value, whose gradient is `g`, back to each input.

    >>> chain_rule(Value(2.0) * Value(5.0), 10.0)       # the rule of × says (g · y, g · x)
    (50.0, 20.0)
    """
    if not value._prev:                         # a leaf
        return ()

    def given(x: Value) -> Any:                 # the value itself for create_graph, or its number
        return x if create_graph and not isinstance(x, Constant) else data_of(x)

    with errors.naming(f"gradient of {value.operation.symbol}", value._prev):
        return pass_back(value.operation, g, given(value), [given(x) for x in value._prev])


def gradients(root: Value, create_graph: bool = False) -> dict[Value, Any]:
    """The derivative of `root` with respect to every value in its graph: backpropagation.

    From the root, whose derivative with respect to itself is 1, back to the leaves. When a value's
    turn comes, all that was made from it has had its turn, so its gradient is complete and can be
    passed back. A value used twice receives twice: its effects on the result add up.

    With `create_graph` the rules run on the values instead of their numbers, so that gradients that
    vary have graphs of their own, and can be differentiated again.

    >>> x = Value(3, label="x")
    >>> gradients(x * x)[x]
    6
    """
    order = topological_order(root)
    grads: dict[Value, Any] = dict.fromkeys(order, 0)
    grads[root] = 1
    for value in reversed(order):
        for x, gradient in zip(value._prev, chain_rule(value, grads[value], create_graph)):
            grads[x] += gradient
    return grads


# ── 4. More operations ────────────────────────────────────────────────────────────────────────────

def op(symbol: str, rule: Callable[..., Any]) -> Callable[[Function], Function]:
    """Make an operation of a function: `@op(symbol, rule)` above its mathematics.

    The rule is that of an `Operation`, called as `rule(g, out, *inputs)`. Write it with operators
    and the functions of functions.py, not of `math`: then it can be differentiated too.

    >>> @op("cube", lambda g, out, x: g * 3 * x ** 2)
    ... def cube(x):
    ...     return x ** 3
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad, cube(2.0)
    (12.0, 8.0)
    """
    def decorate(mathematics: Any) -> Any:
        operation = Operation(symbol, mathematics, rule)

        @functools.wraps(mathematics)           # under the same name, with the same docstring
        def function(*inputs: Any) -> Any:
            return apply(operation, *inputs)
        return function
    return decorate


# An operation may have any number of inputs. The dot product has the ws, and after them the xs.

def _sum_of_products(*both: Any) -> Any:
    total = 0                                   # sum() rounds otherwise from Python 3.12 on
    for w, x in zip(both, both[len(both) // 2:]):
        total += w * x
    return total


def _rule_of_dot(g: Any, out: Any, *both: Any) -> list[Any]:
    half = len(both) // 2                       # each w receives g times its x, and each x its w
    return [g * other for other in both[half:] + both[:half]]


DOT = Operation("dot", _sum_of_products, _rule_of_dot)


@shortcuts.for_dot(Value, Constant, DOT)
def dot(ws: Collection[Number], xs: Collection[Number]) -> Any:
    """The dot product w₁x₁ + w₂x₂ + … of two sequences of equal length, as one operation.

    Raises ValueError if the lengths differ.

    >>> dot([Value(1.0), Value(2.0)], [3.0, 4.0])
    Value(data=11.0, grad=0)
    """
    if len(ws) != len(xs):
        raise ValueError(f"dot takes two sequences of equal length, not of {len(ws)} and {len(xs)}")
    return apply(DOT, *ws, *xs)


# The operators again, without a loop over inputs: without this line all is the same but for time.
shortcuts.install_operators(Value, Constant, add=ADD, sub=SUBTRACT, mul=MULTIPLY, truediv=DIVIDE)
