"""A derivative is a function too: `f = grad(f)`, applied again and again, and drawn.

You will see a function and its first few derivatives as one picture, and those of tanh beside the
formulas that calculus gives. You will see that the derivatives of Fractions are Fractions, exact,
and how a wrong rule is found out. The last line names the picture.
"""

import math
import pathlib
import sys
import textwrap
from fractions import Fraction

import command_line
from command_line import COLOURS, positive
from micrograd import check_gradients, exp, grad, op, sigmoid, sin, tanh
from micrograd.checking import GradientError

FUNCTIONS = {"tanh": tanh, "sigmoid": sigmoid, "sin": sin, "exp": exp}
POINTS = [i / 40 for i in range(-120, 121)]
SHOWN = [-2.0, -0.5, 0.0, 0.5, 2.0]             # the points of the table
FORMULAS = [                                    # of tanh: each is the one before, differentiated
    ("t", lambda t: t),
    ("1-t²", lambda t: 1 - t * t),
    ("-2t(1-t²)", lambda t: -2 * t * (1 - t * t)),
    ("-2(1-3t²)(1-t²)", lambda t: -2 * (1 - 3 * t * t) * (1 - t * t)),
    ("8t(2-3t²)(1-t²)", lambda t: 8 * t * (2 - 3 * t * t) * (1 - t * t)),
]


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def name(function: str, order: int) -> str:
    superscript = str.maketrans("(0123456789)", "⁽⁰¹²³⁴⁵⁶⁷⁸⁹⁾")
    return function + ("′" * order if order <= 4 else f"({order})".translate(superscript))


def tell(args) -> None:
    print(f"Derivatives of {args.function}, each the grad of the one before"
          + (", and below it the formula in t = tanh x:" if args.function == "tanh" else ":"))
    row("x", SHOWN)
    f, curves, differences = FUNCTIONS[args.function], [], []
    for order in range(args.orders + 1):
        curves.append([f(x) for x in POINTS])
        row(name(args.function, order), map(f, SHOWN))
        if args.function == "tanh" and 0 < order < len(FORMULAS):
            text, formula = FORMULAS[order]
            row(f"  {text}", [formula(math.tanh(x)) for x in SHOWN])
            differences += [abs(y - formula(math.tanh(x))) for x, y in zip(POINTS, curves[-1])]
        f = grad(f)
    if differences:
        print(f"The largest difference from a formula, over all {len(POINTS)} points from -3 to 3, "
              f"is {max(differences):.1e}.")
    tell_exact()
    tell_mistake()
    print("\n" + draw(args.out, args.function, curves), flush=True)


def row(heading, numbers) -> None:
    print(f"  {heading:17}" + "".join([f"{round(y, 6) + 0.0:13.6f}" for y in numbers]), flush=True)


def tell_exact() -> None:
    """Fractions go in and, since the rules are plain arithmetic, Fractions come out."""
    def f(x):
        return (x ** 2 + 1) / (x - 3)

    first, second = grad(f)(Fraction(1, 2)), grad(grad(f))(Fraction(1, 2))
    print(f"\nExactly, for f(x) = (x² + 1)/(x - 3): f′(1/2) = {first}, f′′(1/2) = {second}.")


def tell_mistake() -> None:
    @op("tanh", lambda g, out, x: g * (1 - x * x))
    def mistaken(x):
        return tanh(x)

    try:
        check_gradients(mistaken, 0.5)
    except GradientError as error:
        print("\nGive tanh the rule g·(1 - x·x) instead of g·(1 - out·out), and check_gradients "
              "says:\n" + textwrap.indent(textwrap.fill(str(error).splitlines()[-1].strip()), "  "))


# ── The picture ───────────────────────────────────────────────────────────────────────────────────

def draw(folder: pathlib.Path, function: str, curves) -> str:
    """Draw the curves and say where, or why not."""
    several = f"first {len(curves) - 1} derivatives" if len(curves) > 2 else "derivative"

    def paint(figure):
        axes = figure.add_subplot(xlim=(-3, 3), xlabel="x")
        axes.set_title(f"{function} and its {several}", loc="left", pad=12)
        axes.grid(color="#E6E6E6", linewidth=0.8)
        axes.axhline(0, color="#767676", linewidth=1)
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, labelcolor="#444444")
        for order, ys in enumerate(curves):     # ever thinner, so that equal curves all show
            axes.plot(POINTS, ys, color=COLOURS[order % len(COLOURS)], label=name(function, order),
                      linewidth=1.4 + 2.6 * 0.7 ** order, linestyle=["-", "--"][order // 7 % 2])
        figure.legend(loc="outside right center", labelcolor="linecolor", fontsize=14,
                      frameon=False)

    return command_line.draw(folder / "derivatives.svg", (8, 4.8), paint)


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    parser = command_line.parser(__doc__)
    parser.add_argument("--function", choices=FUNCTIONS, default="tanh",
                        help="what to differentiate (default: %(default)s)")
    parser.add_argument("--orders", type=positive(int), default=4, metavar="N",
                        help="how many times; each takes about twice as long as the one before "
                             "(default: %(default)s)")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
