"""Softmax and cross-entropy that do not overflow

From here on you use micrograd itself: you know how it works, for you have built one.

A network that is to choose one of several classes gives a number for each, its *logits*. *Softmax*
makes probabilities of them, in the proportions exp(logit):

    softmax(x)ᵢ = exp(xᵢ) / (exp(x₁) + exp(x₂) + …)

and the loss is the *cross-entropy*: -log of the probability that the right class was given.

Written down like that, both fail: exp(1000) is too large for a float, and exp(-1000) is rounded to
0, which has no log. The cure: what is taken off every logit cancels in the fraction. So take off
the largest: every exp is then at most 1, and one of them is 1. For the loss, take the log first:

    -log(exp(x_t) / sum)  =  log(sum) - x_t             (with the largest taken off everywhere)

`exp` and `log` are micrograd's, for numbers and for Values. Python's `max` and `sum` work, too.

Your code: about six lines, in two places. In micrograd: `losses.py`.
"""

from micrograd import exp, log


def softmax(logits):
    """Probabilities, one for each logit, in the proportions exp(logit)."""
    # >>> your code
    return ...
    # <<<


def cross_entropy(logits, target_index):
    """-log of the probability of the class at target_index."""
    # >>> your code
    return ...
    # <<<


if __name__ == "__main__":
    print("Of two equal logits, both have the probability 0.5. Yours:", softmax([1.0, 1.0]))
