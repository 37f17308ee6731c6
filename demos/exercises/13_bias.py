"""What a bias is for

A neuron without a bias says w · x, which is 0 where x is 0, whatever w. Weights only tilt the line;
a bias lifts it. In data: the volume of 31 trees from their girth and height. A plane that has to be
0 where girth and height are 0 misses them by 35.5 (the mean of the squared differences). With a
bias it is 13.6.

1. Say a neuron should say yes where x is above some `threshold`, and no below: w · x + b is above 0
   on one side and below 0 on the other. So it has to be 0 at the threshold. Which bias does that?

2. Networks learn best from numbers around 0 that are neither huge nor tiny. So one trains on
   u = (x - centre) / width, where `centre` is the mean of the data and `width` tells how far they
   spread. There the line is w · u + b. Afterwards one wants the same line for x itself:

       w · (x - centre) / width + b    =    weight · x + bias

   Multiply out the left side. What multiplies x is the weight, and all the rest is the bias.

Your code: three lines, in two places. In micrograd: `b` in `nn.py`'s Neuron, and `Scale` in
`demos/tables.py`.
"""


def bias_for(w, threshold):
    """The bias b with which w · x + b is 0 at x = threshold."""
    # >>> your code
    return ...
    # <<<


def in_own_units(w, b, centre, width):
    """The weight and the bias for x, of a line w · u + b where u = (x - centre) / width."""
    # >>> your code
    weight = ...
    bias = ...
    # <<<
    return weight, bias


if __name__ == "__main__":
    print("2 · x + b is 0 at x = 3 if b is -6. Yours:", bias_for(2.0, 3.0))
