"""What `two_two_one.py` tells while it runs, and the options it takes.

The lesson is in that file; here are only its sentences.
"""

import argparse
import math
import pathlib
import time
from collections.abc import Callable
from statistics import fmean

from command_line import Failed, add_jit, positive
from micrograd import jit
from tables import UNITS, least_squares

NUDGE = 0.01


def options(parser: argparse.ArgumentParser, data: pathlib.Path, lr: float, activations) -> None:
    parser.add_argument("--data", type=pathlib.Path, default=data, metavar="FILE",
                        help="a CSV file of two inputs and a target, with a header row or none "
                             "(default: the trees)")
    parser.add_argument("--steps", type=positive(int), default=600, metavar="N",
                        help="the number of training steps (default: %(default)s)")
    parser.add_argument("--lr", type=positive(float), default=lr,
                        help="the learning rate (default: %(default)s)")
    parser.add_argument("--activation", choices=activations, default="linear",
                        help="what bends the hidden neurons (default: %(default)s)")
    add_jit(parser)


def data(args, names, table, scale) -> None:
    x1, x2, y = [f"{name} ({UNITS[name]})" if name in UNITS else name for name in names]
    mean = fmean([target for *_, target in table])
    print(f"""\
{len(table)} rows of {args.data.name}: x1 is {x1}, x2 is {x2}; y, the target, is {y}.
Both inputs are standardised: 0 stands for the mean, 1 for a standard deviation more.
The target is only divided by its typical size, {scale.unit:.4g}: the network has to learn its mean of
{mean:.4g} too.
""")


def promise(network, gradients: Callable, scale) -> None:
    """What the gradient says of one knob, and what happens when the knob is turned."""
    knob, unit = network.weights[0], scale.unit ** 2    # from the scaled loss to the target's units
    network.zero_grad()
    loss = gradients()
    gradient = knob.grad * unit
    promised = gradient * NUDGE
    knob.data += NUDGE
    happened = (gradients() - loss) * unit
    knob.data -= NUDGE
    print(f"The mean squared error of the untrained network is {loss * unit:.4f}.\n"
          f"Its gradient by {knob.label} is {gradient:.4f}. That is a promise: turn "
          f"{knob.label} up by {NUDGE},\nand the error should change by {promised:+.4f}. "
          f"Turned up, it changes by {happened:+.4f}.\n")


def compiled(network, language: str) -> jit:
    return jit(lambda x1, x2, target: (network(x1, x2) - target) ** 2, network.parameters(),
               language)


def program(args, network, rows) -> None:
    """The program that trains it, for those who asked for one by `--jit`."""
    if args.jit and args.language:
        step = compiled(network, args.language)
        step(rows)                              # the first call compiles
        print(f"The program that trains it, in {args.language.capitalize()}:\n\n"
              f"{step.source}\n")


class Steps:
    """A line about every sixth part of the training, and where that takes long, every 10 s.

    Who is `quiet` tells only what takes long.
    """

    def __init__(self, args, scale, quiet: bool = False):
        self.last, self.unit, self.shown = args.steps, scale.unit ** 2, time.monotonic()
        self.every = math.inf if quiet else max(1, args.steps // 6)
        how = f"compiled to {args.language.capitalize()}" if args.language else "node by node"
        if not quiet:
            print(f"Training, {how}: {args.steps} steps against the gradient, "
                  f"learning rate {args.lr:g}.")

    def __call__(self, step: int, loss: float) -> None:
        now = time.monotonic()
        part = step % self.every == 0 or step == self.last
        if part and self.every < math.inf or now - self.shown > 10:
            print(f"  step {step:5}   mean squared error {loss * self.unit:12.4f}", flush=True)
            self.shown = now


def check(loss: float, first: float, step: int, lr: float, usual: float) -> None:
    if not loss < 1e6 * (1 + first):
        raise Failed(f"training diverged: the loss reached {loss:.3g} at step {step}: the learning "
                     f"rate {lr:g} is too large, every step overshoots "
                     f"(try --lr {min(lr / 10, usual):g})")


def parameters(network, before) -> None:
    print("\nThe nine parameters, which are all that the network knows:")
    print("            before     after")
    for p, old in zip(network.parameters(), before):
        print(f"  {p.label}".ljust(9) + f"{old:9.4f} {round(p.data, 4) + 0.0:9.4f}")


def result(args, names, table, scale, network, loss) -> None:
    """How good the network is, beside the best plane, and one row that it gets nearly right."""
    best, error = least_squares(table), loss * scale.unit ** 2
    print()
    if args.activation == "linear":
        print("Without an activation function, the nine knobs make a plane. Compare it with the exact\n"
              "answer of least squares, which is what R's lm computes:")
        plane("trained", names, scale.plane(network), error)
        if best:
            plane("exact", names, *best)
    else:
        print(f"With {args.activation}, the network can bend: its mean squared error is {error:.4f}"
              + (f", where the best plane has {best[1]:.4f}." if best else "."))
    if not best:
        print("The two inputs determine each other here, so many planes are equally good.")
    row = min(table, key=lambda row: abs(scale.predict(network, row) - row[2]))
    x1, x2, y = [" ".join([name, f"{x:g}", UNITS.get(name, "")]).strip()
                 for name, x in zip(names, row)]
    print(f"It is typically off by {math.sqrt(error):.3g}, the root of that. It does best at {x1}, {x2}:\n"
          f"there it says {scale.predict(network, row):.4g}, and the table says {y}.")


def plane(whose: str, names, plane, loss: float) -> None:
    terms = [f"{'-' if slope < 0 else '+'} {abs(slope):.3f}·{name}"
             for slope, name in zip(plane[1:], names)]
    print(f"  {whose:7}   {' '.join([f'{names[2]} = {plane[0]:.3f}', *terms])}"
          f"   mean squared error {loss:.4f}")


def without_biases(table, scale, network, bare, loss: float) -> None:
    """What biases are for: the same training with all three held at 0."""
    average = [fmean(column) for column in zip(*table)]
    print(f"""
What are biases for? Where both inputs are average, x1 and x2 are 0, and so is every product
with a weight. There the network says {scale.predict(network, average):.4g}, and only its biases can say so. Trained in the
same way without them, it must say {scale.predict(bare, average):.4g} there, and its mean squared error \
stays at {loss * scale.unit ** 2:.4f}.

A plane cannot bend. --activation tanh lets the network bend, with the same nine knobs.""")


def what_to_open(files: list[str]) -> None:
    print("\nOpen these, the pages in any browser:", *files, sep="\n")
