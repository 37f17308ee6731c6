"""The slope of a function, measured by nudging

Turn a knob up a little and listen how much louder it gets. Louder by how much, per unit of turning:
that is the *slope* at this place, and all of training begins with it. You need no formula, only two
measurements:

    slope = rise / run              f(x + nudge) ─ ─ ─ ─ ─ ─ ─╱
                                                            ╱ │ rise
                                    f(x - nudge) ─ ─ ─ ─ ─╱───┘
                                                           run

Nudge x down and up by the same small amount, see how much f rises between the two places, and
divide by how far apart they are. (Nudging one way only is less exact: the curve bends, and the bend
cancels only when you look at both sides.)

Later you will meet rules that know slopes without any nudging. This one is how you catch them
lying.

Your code: one line. Replace the `...` below. In micrograd: `slope` in `checking.py`.
"""


def slope(f, x, nudge=1e-4):
    """The slope of the function f at the number x."""
    # >>> your code
    #: return ...
    # The two places are x - nudge and x + nudge, which lie 2 · nudge apart.
    return (f(x + nudge) - f(x - nudge)) / (2 * nudge)
    # <<<


if __name__ == "__main__":
    print("The slope of x² at 3 should be 6. Yours says:", slope(lambda x: x * x, 3.0))
