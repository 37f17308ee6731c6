"""An optimiser of your own: AdaGrad

One learning rate for all parameters is too large for some and too small for others. *AdaGrad* gives
each its own: it remembers how large a parameter's gradients have been, and steps carefully where
they were large. For every parameter, in every step, with g its gradient:

    s ← s + g²                              the squares of all its gradients so far
    data ← data - lr · g / √(s + 1e-8)      (1e-8 is there so that nothing is divided by 0)

In the very first step s is g², so g / √s is 1 or -1, whatever g is: everybody moves by lr.

In micrograd an optimiser is a class with one method, `update(i, p)`, which returns the next data of
parameter number i. What it must remember it keeps in a list; the rest (`zero_grad`, `step`, and
care with what is infinite) it has from `Optimizer`.

Before you write code, predict a number: the data is 5, g is 40 and lr is 0.1. What is the data
after the first step?

Your code: the prediction, and two lines. In micrograd: `Adam` in `optim.py`, which you can read
now: it is this, with a memory that fades, and momentum.
"""

from math import sqrt

from micrograd.optim import Optimizer

# >>> your code
#: PREDICTION = ...
# The first step is lr · 40 / √(40²), which is lr, and goes against the gradient: 5 - 0.1.
PREDICTION = 4.9
# <<<


class AdaGrad(Optimizer):

    def __init__(self, parameters, lr=0.1):
        super().__init__(parameters, lr)
        self.squares = [0.0 for p in self.parameters]       # s, one for each parameter

    def update(self, i, p):
        """The next data of parameter number i, which is p."""
        g = p.grad
        # >>> your code
        #: return ...
        # First s, to which g² is added; then p.data minus lr · g / √(s + 1e-8). It is returned, not
        # stored in p: `step` moves all at once, or none if one of them fails.
        self.squares[i] = self.squares[i] + g * g
        return p.data - self.lr * g / sqrt(self.squares[i] + 1e-8)
        # <<<


if __name__ == "__main__":
    class Knob:
        data, grad = 5.0, 40.0

    optimizer = AdaGrad([Knob], lr=0.1)
    try:
        optimizer.step()
        optimizer.step()
        print("After two steps, from 5, it should be 4.8293. Yours:", round(Knob.data, 4))
    except TypeError as error:
        print("Not yet:", error)
