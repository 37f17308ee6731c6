"""A Module of your own

In micrograd a part of a model is a *Module*: a class whose attributes hold parameters, or other
modules, or lists of them. Whatever is there is found: `parameters()`, `zero_grad()` and the boxes
in the picture come by themselves.

    class Line(Module):
        def __init__(self):
            self.neuron = Neuron(1, activation=None)
        def __call__(self, x):
            return self.neuron([x])

Write the 2-2-1 network so, with your own operation as the bend:

    1 ──●── 3 ──┐                         self.hidden: a list of two neurons of two inputs each,
      ╳         ●── 5                     with activation=softsign
    2 ──●── 4 ──┘                         self.output: one neuron of two inputs, activation=None

(`activation=None` makes a neuron linear. Hand on `rng=rng`, from which it draws its weights: with
the same seed, everybody has the same network.)

When this is right, the graph of your network is drawn, and your Module is a box in it.

Your code: about three lines, in two places. In micrograd: `Module` in `nn.py`.
"""

import random

from micrograd.nn import Module, Neuron
from yours import softsign


class Network(Module):

    def __init__(self, rng=random):
        # >>> your code
        #: self.hidden = ...
        #: self.output = ...
        # Two neurons, each with weights of its own: made twice, not one of them taken twice.
        self.hidden = [Neuron(2, activation=softsign, rng=rng) for _ in range(2)]
        self.output = Neuron(2, activation=None, rng=rng)
        # <<<

    def __call__(self, x):
        """The output for a list of two inputs."""
        # >>> your code
        #: return ...
        # Every hidden neuron sees x; the output neuron sees the list of what they say.
        return self.output([neuron(x) for neuron in self.hidden])
        # <<<


if __name__ == "__main__":
    try:
        print("It should have 9 parameters. Yours has", len(Network().parameters()))
    except TypeError as error:
        print("Not yet:", error)
