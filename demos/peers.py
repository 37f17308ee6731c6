"""Engines to compare with: the one of the well-known 200-line GPT, and the barest one possible.

You will learn here what an engine costs at the least. Both classes do nothing but backpropagation:
no number is checked, no error explained, no rule can be differentiated again. The first is written
in the style of the engine that comes with the well-known GPT of 200 lines of plain Python: every
value keeps its inputs and, computed ahead, the local gradient for each. The second is as fast as we
know how to make a class of values in Python, and so the floor under all others. Below them is what
`optim.Adam` did before it was made faster. `benchmark.py` measures them beside micrograd.
"""

import math
from operator import mul


class WellKnown:
    """A value with its inputs and the local gradients, which backward multiplies and adds up."""

    __slots__ = ("data", "grad", "_children", "_local_grads")

    def __init__(self, data, children=(), local_grads=()):
        self.data = data
        self.grad = 0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other):
        other = other if isinstance(other, WellKnown) else WellKnown(other)
        return WellKnown(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, WellKnown) else WellKnown(other)
        return WellKnown(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return WellKnown(self.data ** n, (self,), (n * self.data ** (n - 1),))

    def log(self):
        return WellKnown(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        out = math.exp(self.data)
        return WellKnown(out, (self,), (out,))

    def relu(self):
        return WellKnown(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):                  return self * -1
    def __radd__(self, other):          return self + other
    def __sub__(self, other):           return self + -other
    def __rsub__(self, other):          return other + -self
    def __rmul__(self, other):          return self * other
    def __truediv__(self, other):       return self * other ** -1
    def __rtruediv__(self, other):      return other * self ** -1

    def backward(self):
        order, seen = [], set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                for child in value._children:
                    visit(child)
                order.append(value)
        visit(self)
        self.grad = 1
        for value in reversed(order):
            for child, local in zip(value._children, value._local_grads):
                child.grad += local * value.grad


class Bare:
    """A value with its inputs and one function, which passes its gradient back to them.

    An operation is written out for each kind of operand, a number's or a value's, so that nothing
    has to be wrapped; only what the tasks of the benchmark need is here.
    """

    __slots__ = ("data", "grad", "inputs", "back", "numbers")

    def __init__(self, data, inputs=(), back=None):
        self.data = data
        self.grad = 0
        self.inputs = inputs
        self.back = back

    def __add__(x, y):
        if type(y) is Bare:
            return Bare(x.data + y.data, (x, y), _back_add)
        return Bare(x.data + y, (x,), _back_shift)

    def __radd__(x, y):
        return x if y == 0 else Bare(x.data + y, (x,), _back_shift)

    def __mul__(x, y):
        if type(y) is Bare:
            return Bare(x.data * y.data, (x, y), _back_mul)
        out = Bare(x.data * y, (x,), _back_scale)
        out.numbers = y
        return out

    __rmul__ = __mul__

    def relu(x):
        return Bare(x.data if x.data > 0 else 0, (x,), _back_relu)

    def backward(self):
        order, seen, todo = [], set(), [self]
        while todo:
            value = todo.pop()
            if value is None:
                order.append(todo.pop())
            elif value not in seen:
                seen.add(value)
                if value.back:
                    todo += value, None
                    todo += value.inputs
        self.grad = 1
        for value in reversed(order):
            value.back(value)


def _back_add(out):
    x, y = out.inputs
    x.grad += out.grad
    y.grad += out.grad


def _back_shift(out):
    x, = out.inputs
    x.grad += out.grad


def _back_mul(out):
    x, y = out.inputs
    x.grad += out.grad * y.data
    y.grad += out.grad * x.data


def _back_scale(out):
    x, = out.inputs
    x.grad += out.grad * out.numbers


def _back_relu(out):
    x, = out.inputs
    if x.data > 0:
        x.grad += out.grad


def bare_dot(ws, xs):
    """The dot product as one value; the xs are all numbers, or all values."""
    if type(xs[0]) is not Bare:
        out = Bare(sum(map(mul, [w.data for w in ws], xs)), ws, _back_dot_numbers)
        out.numbers = xs
        return out
    return Bare(sum(map(mul, [w.data for w in ws], [x.data for x in xs])), (*ws, *xs), _back_dot)


def _back_dot(out):
    half, g = len(out.inputs) // 2, out.grad
    for w, x in zip(out.inputs[:half], out.inputs[half:]):
        w.grad += g * x.data
        x.grad += g * w.data


def _back_dot_numbers(out):
    g = out.grad
    for w, x in zip(out.inputs, out.numbers):
        w.grad += g * x


def bare_mlp(numbers, nin, nouts):
    """The parameters and the function of a multi-layer perceptron with these numbers in it."""
    numbers, layers = iter(numbers), []
    for nout in nouts:
        layers.append([([Bare(next(numbers)) for _ in range(nin)], Bare(next(numbers)))
                       for _ in range(nout)])
        nin = nout

    def model(x):
        for layer in layers[:-1]:
            x = [(bare_dot(w, x) + b).relu() for w, b in layer]
        (w, b), = layers[-1]
        return bare_dot(w, x) + b
    return [p for layer in layers for w, b in layer for p in (*w, b)], model


class FormerAdam:
    """Adam as a method a parameter, which reads every number of the optimiser from its attributes.

    It checks the gradients and moves all parameters or none, as `optim.Adam` does.
    """

    def __init__(self, parameters, lr: float = 0.001, betas=(0.9, 0.999), eps: float = 1e-8):
        self.parameters, self.lr, self.betas, self.eps, self.steps = parameters, lr, betas, eps, 0
        self.weight_decay = 0
        self.m = [0.0] * len(parameters)
        self.v = [0.0] * len(parameters)

    def step(self):
        for i, p in enumerate(self.parameters):
            if not math.isfinite(_number(p.grad)):
                raise ValueError(f"the gradient of parameter number {i} is {p.grad}")
        self.steps += 1
        moved = [self.update(i, p) for i, p in enumerate(self.parameters)]
        for p, data in zip(self.parameters, moved):
            p.data = data

    def gradient(self, p):
        g = _number(p.grad)
        return g + self.weight_decay * p.data if self.weight_decay else g

    def update(self, i, p):
        beta1, beta2 = self.betas
        g = self.gradient(p)
        self.m[i] += (1 - beta1) * (g - self.m[i])
        self.v[i] = beta2 * self.v[i] + (1 - beta2) * g * g
        size = self.lr / (1 - beta1 ** self.steps)
        scale = math.sqrt(self.v[i]) / math.sqrt(1 - beta2 ** self.steps) + self.eps
        return p.data - size * self.m[i] / scale


def _number(gradient):
    return gradient.data if hasattr(gradient, "_prev") else gradient


if __name__ == "__main__":
    print("By itself this file does nothing: benchmark.py measures what is in it.")
