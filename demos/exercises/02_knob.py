"""One knob and gradient descent

A radio is too loud or too soft. How wrong it is, as one number, is the *loss*: say the square of
(volume - what you like). You cannot see the dial, but you can nudge the knob and measure the slope
of the loss:

- a slope above 0: turning up makes it worse, so turn down;
- a slope below 0: turning up makes it better, so turn up;
- a steep slope: you are far off, turn far; a flat one: you are nearly there.

So each step turns the knob *against* the slope, by the slope times a small number, the *learning
rate* `lr`. Then measure again, at the new place. That is gradient descent, whole. A language model
is trained by this very line, with billions of knobs at once.

Before you write code, predict a number. The loss is (knob - 7)², whose slope is 2 · (knob - 7). The
knob is at 0 and lr is 0.1. Where is the knob after one step?

Your code: the prediction, and one line. In micrograd: `SGD` in `optim.py`.
"""

from yours import slope                         # what you wrote in exercise 1

# >>> your code
PREDICTION = ...
# <<<


def turn(loss, knob, lr, steps):
    """Where the knob stands after that many steps against the slope of the loss."""
    for step in range(steps):
        # >>> your code
        knob = ...
        # <<<
    return knob


if __name__ == "__main__":
    print("From 0, the knob should come close to 7:",
          turn(lambda volume: (volume - 7) ** 2, 0.0, lr=0.1, steps=50))
