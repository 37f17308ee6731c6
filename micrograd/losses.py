"""Losses: one number that says how wrong a network is.

You will learn here what the gradient is the gradient *of*. Training needs a single number to push
down, a *loss*; which one depends on what the outputs mean: quantities, a yes or no, one of many.
Each is an expression of Values like any other, so `backward()` needs to know nothing about losses.

Names are those of `torch.nn.functional` where it has them. A loss of several samples is their mean;
`cross_entropy` takes one sample.
Read `optim.py` next: it turns the knobs against the gradient.
"""

from collections.abc import Collection
from functools import reduce
from numbers import Rational
from operator import index
from typing import Any, TypeAlias

from .engine import Number, Value
from .functions import exp, log, maximum, relu

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "hinge_loss", "mse_loss", "softmax"]

Numbers: TypeAlias = "Number | Collection[Number]"      # one, or as many as there are samples


def mse_loss(input: Numbers, target: Numbers) -> Any:
    """The mean of the squared differences. `input` and `target`: a number each, or lists as long.

    >>> mse_loss([Value(1.0), Value(4.0)], [1.0, 2.0]).data
    2.0
    """
    return _mean([(x - t) ** 2 for x, t in _pairs("mse_loss", input, target)])


def hinge_loss(input: Numbers, target: Numbers) -> Any:
    """The mean of max(0, 1 - target · input): 0 for scores on the right side by a margin of 1.

    `input` is a score or a list of them, `target` the classes, each -1 or 1 (the loss of
    support-vector machines: Cortes and Vapnik, 1995). Raises ValueError for any other class.

    >>> hinge_loss([Value(0.5), Value(-3.0)], [1, -1]).data
    0.25
    """
    pairs = _pairs("hinge_loss", input, target)
    for _, t in pairs:
        if isinstance(t, (Rational, float)) and t not in (-1, 1):
            raise ValueError(f"hinge_loss takes the targets -1 and 1, not {t!r}")
    return _mean([relu(1 - t * x) for x, t in pairs])


def binary_cross_entropy_with_logits(input: Numbers, target: Numbers) -> Any:
    """The mean of -log p of the true class, where p(1) = sigmoid(input): for answers of yes or no.

    `input` is a logit or a list of them, `target` the probabilities of a yes, usually 0 or 1.
    It is the cross-entropy of two classes with the logits (0, x), weighed 1 - t and t.

    >>> round(binary_cross_entropy_with_logits(Value(0.0), 1).data, 4)
    0.6931
    """
    pairs = _pairs("binary_cross_entropy_with_logits", input, target)
    return _mean([cross_entropy([x, 0], 1) - t * x for x, t in pairs])


def softmax(logits: Collection[Number]) -> list[Any]:
    """Probabilities in the proportions exp(logit), one for each logit, which add up to 1.

    >>> [p.data for p in softmax([Value(1000.0), Value(1000.0)])]
    [0.5, 0.5]
    """
    largest = _largest("softmax", logits)
    exps = [exp(x - largest) for x in logits]
    total = sum(exps)
    return [e / total for e in exps]


def cross_entropy(logits: Collection[Number], target_index: int) -> Any:
    """-log of the probability that `softmax(logits)` gives to the class at `target_index`.

    Raises IndexError if there is no such class, TypeError if it is no whole number.

    >>> round(cross_entropy([Value(2.0), Value(0.0)], 0).data, 4)
    0.1269
    """
    largest = _largest("cross_entropy", logits)
    if not hasattr(target_index, "__index__"):
        raise TypeError("cross_entropy takes the logits of one sample and the index of its class, "
                        f"not {target_index!r}")
    target_index = index(target_index)
    if not 0 <= target_index < len(logits):
        raise IndexError(f"cross_entropy has logits for the classes 0 to {len(logits) - 1}, "
                         f"not for {target_index}")
    total = sum([exp(x - largest) for x in logits])
    return log(total) - (list(logits)[target_index] - largest)


def _largest(name: str, logits: Collection[Number]) -> Any:
    """The largest logit as a plain number. Taking it off every logit changes no probability, and
    keeps exp() between 0 and 1."""
    if not len(logits):
        raise ValueError(f"{name} takes at least one logit")
    return reduce(maximum, [x.data if isinstance(x, Value) else x for x in logits])


def _pairs(name: str, input: Any, target: Any) -> list[tuple[Any, Any]]:
    inputs, targets = ([x] if getattr(x, "ndim", 1) == 0 or not hasattr(x, "__len__") else list(x)
                       for x in (input, target))
    if len(inputs) != len(targets) or not inputs:
        raise ValueError(f"{name} takes as many targets as inputs, and at least one: "
                         f"got {len(inputs)} inputs and {len(targets)} targets")
    return list(zip(inputs, targets))


def _mean(losses: list[Any]) -> Any:
    return sum(losses) / len(losses) if len(losses) > 1 else losses[0]
