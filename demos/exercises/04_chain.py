"""The chain rule, by hand, on a small graph

    x ──┐
        × ──┐
    w ──┘   + ── z ── z · z ── y
    b ──────┘

How does y change when w does? Go back along the chain and multiply what each link does:

- y = z · z changes by 2z for each unit of z.
- z = x · w + b changes by x for each unit of w.
- so y changes by (2z) · x for each unit of w. That product is the *chain rule*.

`y_by_w` is the *gradient* of y by w. Note the economy: `y_by_z` is worked out once, and every input
of z uses it. Backpropagation is this economy, for any graph.

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
