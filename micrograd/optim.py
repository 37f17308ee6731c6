"""Optimisers: what to do with a gradient.

You will learn here how little training is. The gradient of a parameter says how fast the loss rises
as the parameter does; so each step moves every parameter a little the other way, and how far is the
*learning rate*, `lr`. All else here is memory: of the direction of earlier steps (*momentum*), and
of how large gradients have been (*Adam*).

>>> class Knob:                                 # whatever has data and grad can be optimised
...     data, grad = 5.0, 2.0
>>> SGD([Knob], lr=0.1).step()
>>> Knob.data
4.8

Formulas and defaults are those of `torch.optim`. From here, go on to `calculus.py` for derivatives
of any order and how to check a rule, or to `draw/` to see a graph.
"""

import copy
from collections.abc import Iterable
from math import inf, isfinite
from numbers import Real
from typing import Any

__all__ = ["Adam", "Optimizer", "SGD"]


class Optimizer:
    """What all optimisers share. A new one defines `update(i, p)`: the parameter's next data.

    What it must remember from step to step it keeps in attributes, such as a list with an entry for
    each parameter. Raises ValueError if there are no parameters, or `lr` is negative or infinite.

    >>> class SignDescent(Optimizer):
    ...     def update(self, i: int, p: Any) -> Any:
    ...         return p.data - self.lr * (1 if self.gradient(p) > 0 else -1)
    >>> class Knob:
    ...     data, grad = 5.0, 2.0
    >>> SignDescent([Knob], lr=0.5).step()
    >>> Knob.data
    4.5
    """

    def __init__(self, parameters: Iterable[Any], lr: float = 0.001, weight_decay: float = 0):
        try:
            self.parameters = list(parameters)
        except TypeError:
            raise TypeError(f"{type(self).__name__} takes parameters, such as model.parameters(), "
                            f"not {repr(parameters)[:60]}") from None
        if not self.parameters:
            raise ValueError(f"{type(self).__name__} has no parameters to optimise")
        _require("lr", lr)
        _require("weight_decay", weight_decay)
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0

    def zero_grad(self) -> None:
        """Set every gradient to 0."""
        for p in self.parameters:
            p.grad = 0

    def step(self) -> None:
        """Move every parameter once, against its gradient.

        A step happens whole or not at all. Raises ValueError if a gradient is infinite or NaN, and
        whatever `update` raises; then, as after Ctrl-C, neither parameters nor what the optimiser
        remembers have changed.
        """
        gradients = self.gradients()
        try:
            finite = all(map(isfinite, gradients))
        except (OverflowError, TypeError):      # an int that no float can hold; None, say
            finite = False
        if not finite:
            i, g = next((i, g) for i, g in enumerate(gradients) if not _is_finite(g))
            name = getattr(self.parameters[i], "label", "") or f"number {i}"
            raise ValueError(f"the gradient of parameter {name} is {g!r:.60}: no parameter "
                             f"was changed (training diverged? try a smaller lr than {self.lr})")
        before = [p.data for p in self.parameters]
        remembered = {name: copy.copy(thing) if type(thing) in (dict, list, set) else thing
                      for name, thing in vars(self).items()}
        try:
            self.steps += 1
            for p, data in zip(self.parameters, _numbers(self.updates(gradients))):
                p.data = data
        except BaseException as error:
            self.__dict__ = remembered
            for p, data in zip(self.parameters, before):
                p.data = data
            if type(error) in (OverflowError, ZeroDivisionError):
                raise type(error)(f"{type(self).__name__} has no next data for a parameter: {error}; "
                                  "no parameter was changed") from None
            raise

    def updates(self, gradients: list[Any]) -> list[Any]:
        """The next data of all parameters, given what `gradients()` says. To override this instead
        of `update` is faster where there are many."""
        return [self.update(i, p) for i, p in enumerate(self.parameters)]

    def update(self, i: int, p: Any) -> Any:
        """The next data of parameter `p`, the `i`-th."""
        raise NotImplementedError(f"{type(self).__name__} must define update(i, p)")

    def gradient(self, p: Any) -> Any:
        """The gradient, and the pull of weight decay: of a penalty weight_decay/2 · data²."""
        g = _number(p.grad)
        return g + self.weight_decay * p.data if self.weight_decay else g

    def gradients(self) -> list[Any]:
        """The same of all parameters, in order."""
        if self.weight_decay:
            return [self.gradient(p) for p in self.parameters]
        return _numbers([p.grad for p in self.parameters])


class SGD(Optimizer):
    """Gradient descent: v ← momentum · v + gradient; data ← data - lr · v.

    Called stochastic where the gradient comes from a sample of the data. Momentum is Polyak's
    (1964), in the form that PyTorch uses.
    """

    def __init__(self, parameters: Iterable[Any], lr: float = 0.001, momentum: float = 0,
                 weight_decay: float = 0):
        super().__init__(parameters, lr, weight_decay)
        _require("momentum", momentum)
        self.momentum = momentum
        self.velocity: list[Any] = [0] * len(self.parameters)

    def update(self, i: int, p: Any) -> Any:
        self.velocity[i] = self.momentum * self.velocity[i] + self.gradient(p)
        return p.data - self.lr * self.velocity[i]


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015): steps of about `lr`, whatever the size of the gradients.

    m and v are running means of the gradient and of its square, divided by what they lack for
    having begun at 0; data ← data - lr · m / (√v + eps).
    """

    def __init__(self, parameters: Iterable[Any], lr: float = 0.001,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0):
        super().__init__(parameters, lr, weight_decay)
        if not isinstance(betas, (list, tuple)) or len(betas) != 2:
            raise TypeError(f"betas takes two numbers, not {betas!r:.60}")
        for i in (0, 1):
            _require(f"betas[{i}]", betas[i], 1, "at least 0 and below 1")
        _require("eps", eps)
        self.betas = betas
        self.eps = eps
        self.m = [0.0] * len(self.parameters)
        self.v = [0.0] * len(self.parameters)

    def updates(self, gradients: list[Any]) -> list[Any]:
        beta1, beta2 = self.betas
        lack = (1 - beta2 ** self.steps) ** 0.5         # of √v; multiplied out of the fraction
        size, eps = self.lr * lack / (1 - beta1 ** self.steps), self.eps * lack
        rest1, rest2 = 1 - beta1, 1 - beta2
        self.m = [beta1 * m + rest1 * g for m, g in zip(self.m, gradients)]
        self.v = [beta2 * v + rest2 * g * g for v, g in zip(self.v, gradients)]
        return [p.data - size * m / (v ** 0.5 + eps)
                for p, m, v in zip(self.parameters, self.m, self.v)]


def _number(x: Any) -> Any:
    """A plain number: also of a gradient with a graph of its own, and Python's for numpy's."""
    x = x.data if hasattr(x, "_prev") else x
    return x.item() if hasattr(x, "item") else x


def _numbers(xs: Iterable[Any]) -> list[Any]:
    xs = list(xs)
    return xs if {float}.issuperset(map(type, xs)) else [*map(_number, xs)]


def _is_finite(x: Any) -> bool:
    try:
        return isfinite(x)
    except (OverflowError, TypeError):
        return False


def _require(name: str, number: Any, below: float = inf, accepted: str = "0 or more") -> None:
    is_number = isinstance(number, Real) and not isinstance(number, bool)
    if not is_number:
        raise TypeError(f"{name} takes a number, not {number!r:.60}")
    if not 0 <= number < below:
        raise ValueError(f"{name} must be {accepted}, not {number!r}")
