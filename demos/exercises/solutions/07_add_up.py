"""Gradients add up

Now all is there: the order in which values have their turn, and the rule of each operation. Walk
the order backwards. When a value's turn comes, its own gradient is complete; its rule turns that
into gradients for its inputs.

One thing is new. In `y = a * a + a`, a change of a reaches y by three paths, and y feels them all:
the gradient of a is the *sum* of what comes back by each path. So a gradient that arrives is added
to what is there already. (To overwrite it is the most common mistake in a first engine. It shows
only where a value is used twice.)

The walk begins with the root: y changes by 1 for each unit of y.

Before you write code, predict a number: what is the gradient of a * a + a by a, where a is 3?
(Nudge in your mind, or add up what comes by the three paths.)

Your code: the prediction, and two lines to be changed or added. In micrograd: `gradients` in
`engine.py`.
"""

from yours import RULES, Value, topological_order

# >>> your code
#: PREDICTION = ...
# By the first factor comes 3, by the second 3, and by the sum 1.
PREDICTION = 7
# <<<


def gradients(root):
    """The gradient of root by every value in its graph: backpropagation."""
    order = topological_order(root)
    grads = {value: 0 for value in order}
    grads[root] = 1
    # >>> your code
    #: for value in order:                         # in which direction?
    #:     if value._prev:
    #:         rule = RULES[value._op]
    #:         answer = rule(grads[value], value.data, *[x.data for x in value._prev])
    #:         for x, gradient in zip(value._prev, answer):
    #:             ...                             # what becomes of grads[x]?
    # Backwards, so that grads[value] is complete when its rule uses it; and added, not overwritten.
    for value in reversed(order):
        if value._prev:
            rule = RULES[value._op]
            answer = rule(grads[value], value.data, *[x.data for x in value._prev])
            for x, gradient in zip(value._prev, answer):
                grads[x] = grads[x] + gradient
    # <<<
    return grads


def backward(root):
    """Put the gradients where they belong. Those of leaves accumulate until someone zeroes them."""
    for value, gradient in gradients(root).items():
        value.grad = gradient if value._prev else value.grad + gradient


Value.backward = backward                       # so that y.backward() works, as in micrograd

if __name__ == "__main__":
    a = Value(3.0)
    (a * a + a).backward()
    print("The gradient of a² + a at 3 should be 7. Yours:", a.grad)
