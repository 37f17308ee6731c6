"""The chain rule, by hand, on a small graph

    x ──┐
        × ──┐
    w ──┘   + ── z ── z · z ── y
    b ──────┘

How does y change when w does? Go back along the chain and multiply what each link does:

- y = z · z: for a tiny change of z, y changes 2z times as much.
- z = x · w + b: for any change of w, z changes x times as much.
- so for a tiny change of w, y changes (2z) · x times as much. That product is the *chain rule*.

("Tiny" because 2z is the slope at one place: from z = 3 to z = 4, y rises from 9 to 16, by 7 and
not by 6; from 3 to 3.001 it rises by 0.006.)

`y_by_w` is the *gradient* of y by w. Note the economy: `y_by_z` is worked out once, and every input
of z uses it. Backpropagation is this economy, for any graph.

Before you write, work it out on paper: x = 2, w = -1, b = 5. What are z, y_by_z and y_by_w? The
last line of the file has the answer.

Your code: four lines. In micrograd: `gradients` in `engine.py` does it for you.
"""


def gradients_by_hand(x, w, b):
    """The gradients of y by z, w, x and b, at these numbers."""
    z = x * w + b
    # >>> your code
    y_by_z = ...
    y_by_w = ...
    y_by_x = ...
    y_by_b = ...
    # <<<
    return y_by_z, y_by_w, y_by_x, y_by_b


if __name__ == "__main__":
    print("At x = 2, w = -1, b = 5 the gradients by z, w, x, b are 6, 12, -6, 6. Yours:",
          gradients_by_hand(2.0, -1.0, 5.0))
