"""A loss and the training loop

How wrong is a network, as one number? Take the difference between each output and what it should
have been (the *target*), square it (so that too much and too little both count), and take the mean:
the *mean squared error*. It is an expression of Values like any other, so the loss has a gradient
by every parameter. Your Value has + - × and no more: write a square as d * d, and in place of / n
multiply by (1 / n).

Training repeats three things:

1. set the gradient of every parameter to 0: those of leaves accumulate, and the last step's would
   still be in there;
2. walk backward from the loss;
3. move every parameter's `data` a little against its `grad`: the knob of exercise 2, nine times.

When this is right, your engine trains your network on 31 trees, and the graph is drawn for you.

Your code: about six lines, in two places. In micrograd: `mse_loss` in `losses.py`, `SGD` in
`optim.py`.
"""

from yours import TwoTwoOne, backward


def mse_loss(input, target):
    """The mean of the squared differences of two lists of equal length."""
    # >>> your code
    return ...
    # <<<


def train(network, rows, lr, steps):
    """Train on rows of two inputs and a target. The loss of each step, as a list of numbers."""
    losses = []
    for step in range(steps):
        outputs = [network(x1, x2) for x1, x2, target in rows]
        loss = mse_loss(outputs, [target for x1, x2, target in rows])
        losses.append(loss.data)
        # >>> your code
        ...
        # <<<
    return losses


if __name__ == "__main__":
    print("The mean of 0² and 2² is 2. Yours:", mse_loss([1.0, 4.0], [1.0, 2.0]))
    print("These are to be trained:", *TwoTwoOne().parameters(), sep="\n  ")
