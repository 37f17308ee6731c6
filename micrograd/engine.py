"""Backpropagation, whole.

You will learn here how a computer differentiates a program. The idea has three parts, in the order
of this file:

1. An *operation* is a line of mathematics and, beside it, its *rule*: how the gradient `g` of the
   output becomes the gradients of the inputs. `x * y` has the rule `(g * y, g * x)`.
2. A *value* is a number that remembers the operation and the inputs it was made from. Ordinary
   arithmetic on values so records itself as a *graph*.
3. *Backward* walks that graph from the result to the leaves and runs each operation's rule once.
   What arrives at a leaf is its gradient: how much the result changes per unit that it does.

>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> loss = a * b + a ** 2
>>> loss.backward()
>>> a                                           # d loss / da = b + 2a
Value(data=2.0, grad=1.0)

Read `nn.py` next to make a network of values, then `losses.py` and `optim.py` to train it.
"""

import functools
import inspect
from numbers import Real
from operator import attrgetter, mul

from . import functions
from .functions import cos, log, power, sin, where

__all__ = ["Constant", "Op", "Value", "dot", "gradients", "op", "topological_order"]


# ── 1. Operations ─────────────────────────────────────────────────────────────────────────────────

class Op(str):
    """The symbol of an operation, as pictures show it, which carries its mathematics and rule."""


def op(symbol: str, rule):
    """Make an operation of a function: `@op(symbol, rule)` above its mathematics.

    The rule is called with `g`, the gradient of the output, then the output, then the inputs. It
    answers with the gradient of each input: one number where the function has one input, otherwise
    a sequence, one number an input. (The field calls it the vector-Jacobian product.)

    The operation takes Values and plain numbers; of plain numbers alone it is the function itself.
    Where the mathematics has no answer, it raises the function's own ValueError, ZeroDivisionError
    or OverflowError, with the operation and its inputs named.

    >>> @op("cube", lambda g, out, x: g * 3 * x ** 2)
    ... def cube(x):
    ...     return x ** 3
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad, cube(2.0)
    (12.0, 8.0)
    """
    def decorate(mathematics):
        arity = _arity(mathematics)
        operation = Op(symbol)
        operation.mathematics = mathematics
        operation.rule = rule if arity != 1 else lambda *args: (rule(*args),)

        def apply(*inputs):
            if not any([isinstance(x, Value) for x in inputs]):
                return mathematics(*inputs)
            inputs = tuple([_value(x, symbol) for x in inputs])
            try:
                return Value(mathematics(*[x.data for x in inputs]), inputs, operation)
            except (ArithmeticError, ValueError) as error:
                raise _explained(error, symbol, inputs) from None

        # Most operations have two inputs. For them the same without its loops, in half the time.
        def apply_to_two(x, y):
            if isinstance(x, Value):
                y = _value(y, symbol)
                try:
                    return Value(mathematics(x.data, y.data), (x, y), operation)
                except (ArithmeticError, ValueError):
                    pass                        # apply() explains it
            return apply(x, y)

        return functools.wraps(mathematics)(apply_to_two if arity == 2 else apply)
    return decorate


def _arity(function) -> float:
    """How many inputs a function takes; infinity where their number may vary (`*xs`, `y=0`)."""
    parameters = inspect.signature(function).parameters.values()
    fixed = all(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in parameters)
    return len(parameters) if fixed else float("inf")


def _explained(error: Exception, doing: str, inputs) -> Exception:
    """The same kind of error, saying what was being computed, of which inputs."""
    names = [f"{x.label} = {_shown(x.data)}".removeprefix(" = ") for x in inputs[:6]]
    of = ", ".join(names) + (f" and {len(inputs) - 6} more" if len(inputs) > 6 else "")
    return type(error)(f"{doing} of {of}: {error}")


def _shown(number) -> str:
    try:
        return repr(number)[:60]
    except ValueError:                          # Python refuses to write an int of 4,300 digits
        return "a huge integer"


# ── 2. Values ─────────────────────────────────────────────────────────────────────────────────────

class Value:
    """A number that knows how it was made, and can hold a gradient.

    `data` is the number: an int, a float, a Fraction or a numpy scalar. `grad`, once `backward()`
    has run on a result, is the derivative of that result by this value. `label` is a name for
    people. `_prev` holds the values it was made from and `_op` the operation that made it; a
    *leaf*, made by hand, has none of either. `<` and its like compare numbers, but `==` asks
    whether two are the same value, so that values can be keys. Raises TypeError if `data` is not a
    number.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1
    >>> y.data, y._op, [input.data for input in y._prev]
    (10.0, '+', [9.0, 1])
    """

    __slots__ = ("data", "grad", "label", "_prev", "_op")
    role = "input"                              # what a leaf of this class is called in a picture

    def __init__(self, data, _prev=(), _op: str = "", label: str = ""):
        self.data = data if type(data) is float else _number(data, f"Value {label}".strip())
        self.grad = 0
        self.label = label
        self._prev = tuple(_prev)
        self._op = _op

    def __repr__(self):
        return f"{type(self).__name__}(data={self.data}, grad={self.grad})"

    # The table of operations. In each pair, the rule above and the mathematics below.

    @op("+",      lambda g, out, x, y: (g, g))
    def __add__(x, y):                  return x + y

    @op("-",      lambda g, out, x, y: (g, -g))
    def __sub__(x, y):                  return x - y

    @op("*",      lambda g, out, x, y: (g * y, g * x))
    def __mul__(x, y):                  return x * y

    # x ** 0 is 1 in the kind of number that x is: of the integers 1 / 3, Python makes a float.
    @op("/",      lambda g, out, x, y: (g * x ** 0 / y, -g * out / y))
    def __truediv__(x, y):              return x / y

    @op("neg",    lambda g, out, x: -g)
    def __neg__(x):                     return -x

    @op("abs",    lambda g, out, x: where(x > 0, g, where(x < 0, -g, 0 * x)))
    def __abs__(x):                     return abs(x)

    # d xⁿ/dx = n xⁿ⁻¹, and 0 for n = 0 also where xⁿ⁻¹ has no answer; d xʸ/dy = xʸ log x.
    _power  = op("**",      lambda g, out, x, n: (g * n * x ** where(n, n - 1, 0), 0))(power)
    _raised = op("**",      lambda g, out, x, y: (g * y * x ** where(y, y - 1, 0),
                                                  g * out * log(where(x, x, 1))))(power)

    exp     = op("exp",     lambda g, out, x: g * out)(functions.exp)
    log     = op("log",     lambda g, out, x: g / x)(functions.log)
    sqrt    = op("sqrt",    lambda g, out, x: g / (2 * out))(functions.sqrt)
    sin     = op("sin",     lambda g, out, x: g * cos(x))(functions.sin)
    cos     = op("cos",     lambda g, out, x: -g * sin(x))(functions.cos)
    tanh    = op("tanh",    lambda g, out, x: g * (1 - out * out))(functions.tanh)
    sigmoid = op("sigmoid", lambda g, out, x: g * out * (1 - out))(functions.sigmoid)
    relu    = op("relu",    lambda g, out, x: where(x > 0, g, where(x <= 0, 0, x)))(functions.relu)

    maximum = op("max",     lambda g, out, x, y: _chosen(g, x, y, x > y, x < y))(functions.maximum)
    minimum = op("min",     lambda g, out, x, y: _chosen(g, x, y, x < y, x > y))(functions.minimum)

    # The rest is Python's: which operator calls what.

    def __pow__(self, other):
        return (Value._raised if isinstance(other, Value) else Value._power)(self, other)

    def __radd__(self, other):
        # `sum()` begins with the integer 0, which belongs in no graph.
        return self if type(other) is int and other == 0 else Value.__add__(other, self)

    def __pos__(self):                  return self
    def __rsub__(self, other):          return Value.__sub__(other, self)
    def __rmul__(self, other):          return Value.__mul__(other, self)
    def __rtruediv__(self, other):      return Value.__truediv__(other, self)
    def __rpow__(self, other):          return Value._raised(other, self)

    def __lt__(self, other):            return self.data < _data(other)
    def __le__(self, other):            return self.data <= _data(other)
    def __gt__(self, other):            return self.data > _data(other)
    def __ge__(self, other):            return self.data >= _data(other)
    def __bool__(self):                 return bool(self.data)

    def backward(self, create_graph: bool = False) -> None:
        """Compute the gradient of this value by every value it was made from.

        Leaves accumulate: the gradient is added to their `grad`, as in PyTorch, until someone
        zeroes it. Of all other values, `grad` is what this call found. With `create_graph` the
        gradients are Values themselves, and can be differentiated again. Where a rule has no answer
        (the square root at 0), raises as the operation itself would, and every `grad` stays as it
        was.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> (x * x).backward()
        >>> x.grad
        12.0
        """
        for value, gradient in gradients(self, create_graph).items():
            if create_graph and not isinstance(gradient, Value):
                gradient = Constant(gradient)
            value.grad = gradient if value._prev else value.grad + gradient


class Constant(Value):
    """A plain number that took part in an operation, such as the 2 in `2 * x`."""

    __slots__ = ()
    role = "constant"


@op("dot", lambda g, out, *both: [g * x for x in both[len(both) // 2:] + both[:len(both) // 2]])
def _dot(*both):
    half = len(both) // 2
    return sum(map(mul, both[:half], both[half:]))


def dot(ws, xs):
    """The dot product w₁x₁ + w₂x₂ + … of two sequences of equal length, as one operation.

    Raises ValueError if the lengths differ.

    >>> dot([Value(1.0), Value(2.0)], [3.0, 4.0])
    Value(data=11.0, grad=0)
    """
    if len(ws) != len(xs):
        raise ValueError(f"dot takes two sequences of equal length, not of {len(ws)} and {len(xs)}")
    return _dot(*ws, *xs)


def _value(x, whose: str) -> Value:
    return x if isinstance(x, Value) else Constant(_number(x, whose))


def _number(data, whose: str):
    """The number as Python's own kind, which numpy's and PyTorch's scalars answer to `item()`."""
    if type(data) in (int, float):
        return data
    number = data.item() if getattr(data, "ndim", None) == 0 else data
    if not isinstance(number, Real):
        raise TypeError(f"{whose} takes a number (int, float, Fraction or a numpy scalar), "
                        f"not {type(data).__name__} {repr(data)[:60]}")
    return number


def _data(x):
    return x.data if isinstance(x, Value) else _number(x, "a comparison")


def _chosen(g, x, y, x_chosen, y_chosen):
    """The gradient goes to the input that was chosen; a tie shares it equally."""
    half = where(x <= y, g * x ** 0 / 2, x + y)     # NaN where one of them is
    return (where(x_chosen, g, where(y_chosen, 0, half)),
            where(y_chosen, g, where(x_chosen, 0, half)))


# ── 3. Backward ───────────────────────────────────────────────────────────────────────────────────

def topological_order(root: Value) -> list[Value]:
    """Every value that `root` was made from, and `root`: inputs before what was made from them.

    The order is the one in which Python would evaluate the expression from left to right. It is
    found by depth-first search, on a list instead of the call stack: graphs are deep, stacks are
    not.

    >>> x = Value(2, label="x")
    >>> [value.data for value in topological_order(x * 5 + x)]
    [2, 5, 10, 12]
    """
    order, seen, todo = [], set(), [root]
    while todo:
        value = todo.pop()
        if value is None:                       # all inputs of the next one are in order
            order.append(todo.pop())
        elif value not in seen:
            seen.add(value)
            if value._prev:
                todo += value, None
                todo += value._prev[::-1]
            else:
                order.append(value)
    return order


def gradients(root: Value, create_graph: bool = False) -> dict[Value, Real | Value]:
    """The gradient of `root` by every value in its graph: backpropagation, that is, the chain rule.

    From the root, whose gradient by itself is 1, back to the leaves: when a value's turn comes, all
    that was made from it has had its turn, so its gradient is complete and its operation's rule can
    pass it on. A value used twice receives twice, and the chain rule adds. With `create_graph` the
    rules run on the values instead of their numbers, so that the gradients have graphs of their
    own.

    >>> x = Value(3, label="x")
    >>> gradients(x * x)[x]
    6
    """
    operand = _operand if create_graph else attrgetter("data")
    order = topological_order(root)
    grads = dict.fromkeys(order, 0)
    grads[root] = 1
    for value in reversed(order):
        if inputs := value._prev:
            rule, g = _rule(value), grads[value]
            try:
                if len(inputs) == 2 and not create_graph:   # the same, twice as fast
                    x, y = inputs
                    to_x, to_y = rule(g, value.data, x.data, y.data)
                    grads[x] += to_x
                    grads[y] += to_y
                else:
                    answer = rule(g, operand(value), *[operand(x) for x in inputs])
                    for x, gradient in zip(inputs, answer, strict=True):
                        grads[x] += gradient
            except (ArithmeticError, TypeError, ValueError) as error:
                raise _explained(error, f"gradient of {value._op}", inputs) from None
    return grads


def _rule(value: Value):
    if not isinstance(value._op, Op):
        raise TypeError(f"the operation {value._op!r} has no rule: make it with @op")
    return value._op.rule


def _operand(value: Value):
    return value.data if isinstance(value, Constant) else value
