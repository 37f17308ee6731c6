"""Momentum

In a long narrow valley, gradient descent goes zigzag: across the valley the slope is steep and
changes sign from step to step; along it, it is gentle and always the same. A heavy ball does
better. It has a *velocity*, which remembers earlier slopes: what changes sign cancels, what stays
the same builds up.

For every parameter, in every step:

    v ← momentum · v + gradient
    data ← data - lr · v

With momentum 0 this is plain gradient descent. With 0.9, a slope that never changes moves ten times
as far in the end. Each parameter has a velocity of its own, kept from one step to the next.

Your code: about three lines. In micrograd: `SGD` in `optim.py`; from there, read `Adam`.
"""


class SGD:

    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = parameters
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in parameters]       # one for each parameter

    def step(self):
        """Move every parameter once."""
        for i, p in enumerate(self.parameters):
            # >>> your code
            #: ...
            # First the new velocity, from the old one and the gradient; it is stored, so that the
            # next step finds it. Then the data moves by it.
            self.velocity[i] = self.momentum * self.velocity[i] + p.grad
            p.data = p.data - self.lr * self.velocity[i]
            # <<<


if __name__ == "__main__":
    class Knob:
        data, grad = 5.0, 2.0

    optimizer = SGD([Knob], lr=0.1, momentum=0.9)
    optimizer.step()
    optimizer.step()
    print("After two steps, from 5, it should be 4.42. Yours:", Knob.data)
