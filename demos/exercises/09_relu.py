"""An operation with a corner: ReLU

The *rectified linear unit* is as simple as a bend can be: x where x is above 0, otherwise 0. It is
what most networks use.

                        ╱
                      ╱                   slope 1 on the right, 0 on the left
    ────────────────┘

So the rule is a switch: the gradient passes, or it does not. What decides is the input `x`, not the
gradient `g`, which may have either sign.

In the corner, at 0, there are two slopes and so there is none. Any number from 0 to 1 would do; one
agrees on something. PyTorch and micrograd let nothing through there.

With this your engine is complete: +, ×, two activation functions, the order, and backward.

Your code: the rule and the mathematics. In micrograd: `relu` in `functions.py`.
"""

from yours import op


# >>> your code
@op("relu", lambda g, out, x: ...)
def relu(x):
    return ...
# <<<


if __name__ == "__main__":
    print("relu of -2 and of 3 should be 0 and 3. Yours:", relu(-2).data, relu(3).data)
