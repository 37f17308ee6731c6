"""Reading a program that micrograd wrote

Your network computes as the graph says, value by value, and Python is slow at that. `jit` runs it
once, writes down what happens, *forward and backward*, and makes a program of it: the same numbers,
many times as fast. The program is ordinary Python, and you can read it. Run this file.

The parameters have names by the numbers of the nodes: w(3,1) is the weight at which node 3 takes
in the output of node 1, and in the program it is called w31.

    1 ──●── 3 ──┐          forward    v… = … goes from the inputs to the loss
      ╳         ●── 5      backward   d_… = … goes back: each line is one link of the chain rule
    2 ──●── 4 ──┘          grad_… +=  is the sum over the rows of data

1. In which line is the gradient of w(3,1) added up? Its number is LINE.
2. What is it, written out? Follow the lines back from there to the loss, (output - target)², and
   multiply what each link does. `error` is output - target, `out3` is what node 3 says, `w53` the
   weight w(5,3). (The slope of softsign is (1 - |out|)².)

When this is right, your network becomes a page in which every number is alive: your operation, in
your Module, trained by your optimiser, with a knob at each parameter.

Your code: a number, and one line. In micrograd: `jit` in `compiler/just_in_time.py`.
"""

import random

from micrograd import jit
from yours import Network

network = Network(rng=random.Random(1))
for node, neuron in zip((3, 4, 5), (*network.hidden, network.output)):
    for p, source in zip(neuron.w, (1, 2) if node < 5 else (3, 4)):
        p.label = f"w({node},{source})"
    neuron.b.label = f"b({node})"


def loss(x1, x2, target):
    result = (network([x1, x2]) - target) ** 2
    result.label = "loss"
    return result


step = jit(loss, network.parameters())
step([(1.0, 2.0, 0.5), (0.5, -1.0, 1.0)])       # two rows of data: now the program is there

# >>> your code
#: LINE = ...
# The line with grad_w31 +=: not the one above that sets it to 0, nor the one that reads the weight.
# (You read its number off. Here it is looked for: it changes with what micrograd writes.)
lines = step.source.splitlines()
parameter = next(line for line in lines if line.endswith("= parameters")).split(",")[0].strip()
LINE = 1 + next(i for i, line in enumerate(lines) if f"{parameter} +=" in line)
# <<<


def gradient_of_w31(x1, error, out3, w53):
    """The gradient of (output - target)² by the weight w(3,1), for one row of data."""
    # >>> your code
    #: return ...
    # The slope of the square, w(5,3), the slope of node 3's bend, and x1: four links, multiplied.
    return 2 * error * w53 * (1 - abs(out3)) ** 2 * x1
    # <<<


if __name__ == "__main__":
    for number, line in enumerate(step.source.splitlines(), 1):
        print(f"{number:3} {line}")
