"""Softmax: numbers into probabilities

From here on you use micrograd itself: you know how it works, for you have built one.

A network that chooses one of several classes (cat, dog, bird) has one output for each: its
*logits*, which may be any numbers. *Softmax* turns them into probabilities, numbers between 0 and 1
that add up to 1. First every logit becomes positive by exp; then each is divided by the sum:

    logits     1       2       3
    exp       2.72    7.39   20.09        sum: 30.19
    softmax   0.09    0.24    0.67        sum: 1

Written down like that, it fails: exp(1000) is too large for a float. The cure: exp(x - m) is exp(x)
divided by exp(m), so subtracting the same m from every logit divides above and below the line by
the same number, and changes nothing. So subtract the largest logit first. Then every exp is at most
1, and one of them is 1.

Before you write code, predict a number: what is the first of the two probabilities of [1000, 1000]?

Your code: the prediction, and about four lines. `exp` is micrograd's, for numbers and for Values;
Python's `max` and `sum` work for both, too. In micrograd: `softmax` in `losses.py`.
"""

from micrograd import exp

# >>> your code
#: PREDICTION = ...
# Equal logits have equal probabilities, however large they are.
PREDICTION = 0.5
# <<<


def softmax(logits):
    """Probabilities, one for each logit, in the proportions exp(logit)."""
    # >>> your code
    #: return ...
    # The largest is subtracted from each, and exp taken of that; each is divided by their sum.
    largest = max(logits)
    exps = [exp(x - largest) for x in logits]
    total = sum(exps)
    return [e / total for e in exps]
    # <<<


if __name__ == "__main__":
    print("Of two equal logits, both have the probability 0.5. Yours:", softmax([1.0, 1.0]))
