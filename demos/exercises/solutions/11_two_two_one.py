"""The 2-2-1 network, and how many parameters it has

    x1 ──●── z1 ──┐
       ╳          ●── y
    x2 ──●── z2 ──┘

Two inputs, a layer of two hidden neurons, one output neuron: the smallest network worth drawing.
Both hidden neurons see both inputs. The output neuron sees what the hidden ones say, and it is
*linear*: its activation does nothing, for the output may be any number.

How many parameters? A neuron has one weight for each of its inputs, and one bias. So a layer that
takes `nin` numbers and gives `nout` has nout · (nin + 1). When you read that a model has 70 billion
parameters, it was counted like this.

For a network, go through its layers in pairs of neighbours. Of the sizes [2, 2, 1] these are (2, 2)
and (2, 1): `zip(sizes, sizes[1:])` gives them, for sizes[1:] is the same list without its first.

Before you write: count the lines in the drawing, and the circles. How many parameters are there?

Your code: about five lines, in three places. In micrograd: `Layer` and `MLP` in `nn.py`.
"""

import random

from yours import Neuron


def count_parameters(sizes):
    """How many parameters a network has whose layers have these sizes: [2, 2, 1] for this one."""
    # >>> your code
    #: return ...
    # For each pair of neighbouring layers: a weight for each on the left, and a bias.
    return sum([nout * (nin + 1) for nin, nout in zip(sizes, sizes[1:])])
    # <<<


class TwoTwoOne:

    def __init__(self, rng=random):
        self.z1 = Neuron(2, rng=rng)
        self.z2 = Neuron(2, rng=rng)
        self.y = Neuron(2, activation=lambda z: z, rng=rng)

    def __call__(self, x1, x2):
        """The output for two inputs."""
        # >>> your code
        #: return ...
        # Both hidden neurons see both inputs; the output neuron sees what they say, in one list.
        return self.y([self.z1([x1, x2]), self.z2([x1, x2])])
        # <<<

    def parameters(self):
        """All of them, in one list."""
        # >>> your code
        #: return ...
        # Those of the three neurons, in one flat list.
        return self.z1.parameters() + self.z2.parameters() + self.y.parameters()
        # <<<


if __name__ == "__main__":
    print("A 2-2-1 network has 9 parameters. Yours counts:", count_parameters([2, 2, 1]))
