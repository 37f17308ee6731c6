"""What a bias is for

A neuron without a bias says w · x, which is 0 where x is 0, whatever w. Weights only tilt the line;
a bias lifts it. A plane through the 31 trees that must be 0 where girth and height are 0 fits them
badly: its mean squared residual is 35.5. With a bias it is 13.6.

1. A neuron changes its mind where w · x + b is 0. Where shall that be? At `threshold`: find the
   bias.
2. We train on numbers measured from their mean, in standard deviations: u = (x - centre) / width.
   There a line is w · u + b. The same line in the data's own units is weight · x + bias. Put u into
   the first, sort by x, and read off both. What the centre did, the bias now does.

Your code: three lines, in two places. In micrograd: `b` in `nn.py`'s Neuron, and `Scale` in
`demos/tables.py`.
"""


def bias_for(w, threshold):
    """The bias b with which w · x + b is 0 at x = threshold."""
    # >>> your code
    #: return ...
    # w · threshold + b = 0, solved for b.
    return -w * threshold
    # <<<


def in_own_units(w, b, centre, width):
    """The weight and the bias for x, of a line w · u + b where u = (x - centre) / width."""
    # >>> your code
    #: weight = ...
    #: bias = ...
    # w · (x - centre) / width + b  =  (w / width) · x  +  (b - w · centre / width)
    weight = w / width
    bias = b - w * centre / width
    # <<<
    return weight, bias


if __name__ == "__main__":
    print("2 · x + b is 0 at x = 3 if b is -6. Yours:", bias_for(2.0, 3.0))
