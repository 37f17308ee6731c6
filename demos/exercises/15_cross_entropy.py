"""Cross-entropy: how wrong were the probabilities?

A network has given each class a probability (softmax), and now we learn which class was right. Its
loss should be small if the right class had a high probability p, and large if p was low:

    p      1      0.5     0.1    0.001      (almost) 0
    -log p 0     0.69     2.3      6.9      without end

That is the *cross-entropy*: -log of the probability of the right class. (`log` is the natural
logarithm, which undoes exp: log(exp(x)) is x, and log(a / b) is log(a) - log(b).)

Written down like that, it fails: exp(-1000) is rounded to 0, and 0 has no log. The cure: take the
log first, on paper. With x the logit of the right class, and sum the sum of all exps:

    -log(exp(x) / sum)  =  log(sum) - x

No probability is left in it that could be rounded to 0. And as in softmax, the largest logit is
subtracted from every logit first, from x too.

Before you write: two logits are equal. What is the loss?

Your code: about three lines. In micrograd: `cross_entropy` in `losses.py`.
"""

from micrograd import exp, log


def cross_entropy(logits, target_index):
    """-log of the probability of the class at target_index."""
    # >>> your code
    return ...
    # <<<


if __name__ == "__main__":
    print("Of two equal logits, the loss is log(2), or 0.6931. Yours:",
          cross_entropy([1.0, 1.0], 0))
