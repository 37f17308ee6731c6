"""A neuron

A neuron multiplies each input by a weight, adds all that up, adds one bias, and bends the result:

    z = w₁·x₁ + w₂·x₂ + … + b
    out = activation(z)

The weights `w` and the bias `b` are its *parameters*: the knobs that training turns. Everything
else is fixed. A neuron of n inputs has n + 1 parameters, and whoever trains it must be able to ask
for them: hence `parameters()`.

All of it is made of your own operations, so that every neuron records its graph, and the gradient
of each parameter comes by itself. For that, compute with the Values themselves, not with their
`.data`. (`zip(self.w, x)` pairs each weight with its input.)

Your code: three lines, in two places. In micrograd: `Neuron` in `nn.py`.
"""

import random

from yours import Value, tanh


class Neuron:

    def __init__(self, nin, activation=tanh, rng=random):
        self.w = [Value(rng.uniform(-1, 1), label=f"w{i + 1}") for i in range(nin)]
        self.b = Value(0.0, label="b")
        self.activation = activation

    def __call__(self, x):
        """The output for a list of inputs."""
        # >>> your code
        #: return ...
        # Each weight times its input, all added up; the bias once, to the sum; then the bend.
        z = sum([w * xi for w, xi in zip(self.w, x)]) + self.b
        return self.activation(z)
        # <<<

    def parameters(self):
        """The weights and the bias, in one list."""
        # >>> your code
        #: return ...
        # One flat list of the Values themselves: the weights, and the bias.
        return self.w + [self.b]
        # <<<


if __name__ == "__main__":
    print("A number between -1 and 1:", Neuron(3)([1.0, -2.0, 0.5]))
