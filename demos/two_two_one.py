"""The smallest network worth drawing: two inputs, two hidden neurons, one output, nine parameters.

    z1 = x1·w(1,1) + x2·w(2,1) + b1
    z2 = x1·w(1,2) + x2·w(2,2) + b2
    y  = z1·w(3,1) + z2·w(3,2) + b3

A parameter is a number that the network learns: a knob. The six weights w say how much an input
counts; the three biases b shift the result. They learn to tell the timber in a black cherry tree
from its girth and height, or whatever two columns tell about a third in a CSV file of yours. You
will see what the gradient promises of a knob, how all nine are trained, and what biases are for.
"""

import random
import sys

import command_line
import two_two_one_told as told
from command_line import leave
from micrograd import Value, draw_dot, live, play, relu, tanh
from micrograd.losses import mse_loss
from micrograd.nn import Module, Parameter
from micrograd.optim import SGD
from micrograd.player import Film
from tables import TREES, Scale, read

ACTIVATIONS = {"linear": lambda z: z, "tanh": tanh, "relu": relu}
LR = 0.1

# ── The network ───────────────────────────────────────────────────────────────────────────────────

class TwoTwoOne(Module):

    def __init__(self, rng: random.Random, activation=ACTIVATIONS["linear"]):
        self.weights = [Parameter(rng.uniform(-1, 1), label=f"w({i})")
                        for i in ("1,1", "2,1", "1,2", "2,2", "3,1", "3,2")]
        self.biases = [Parameter(0.0, label=f"b{i}") for i in (1, 2, 3)]
        self.activation = activation

    def __call__(self, x1, x2):
        w11, w21, w12, w22, w31, w32 = self.weights
        b1, b2, b3 = self.biases
        z1 = self.activation(x1 * w11 + x2 * w21 + b1)
        z2 = self.activation(x1 * w12 + x2 * w22 + b2)
        y = z1 * w31 + z2 * w32 + b3
        z1.label, z2.label, y.label = "z1", "z2", "y"
        return y


def mean_squared_error(network, rows) -> Value:
    return mse_loss([network(x1, x2) for x1, x2, _ in rows], [target for *_, target in rows])


# ── Its training ──────────────────────────────────────────────────────────────────────────────────
def gradients(network, rows, language: str | None = None):
    """A function that leaves the gradients in the parameters, and returns the loss."""
    if language:
        step = told.compiled(network, language)
        return lambda: step(rows)

    def by_the_engine():
        loss = mean_squared_error(network, rows)
        loss.backward()
        return loss.data
    return by_the_engine


def train(parameters, gradients, steps: int, lr: float, report=lambda step, loss: None) -> float:
    """Gradient descent with momentum on all rows at once; returns the loss in the end."""
    optimizer = SGD(parameters, lr=lr, momentum=0.9)
    for step in range(steps + 1):
        optimizer.zero_grad()
        try:
            loss = gradients()
        except OverflowError:
            loss = float("inf")
        told.check(loss, first := loss if step == 0 else first, step, lr, LR)
        report(step, loss)
        if step < steps:
            optimizer.step()
    return loss


# ── Its pictures ──────────────────────────────────────────────────────────────────────────────────

def rows_loss(network, rows, label: str = "loss") -> Value:
    """The mean squared error of some rows, with a label at whatever has a name."""
    loss = mean_squared_error(network, [[Value(x, label=label) for x, label in zip(
        row, ("x1", "x2", "target"))] for row in rows])
    loss.label = label
    return loss


def pictures(network, rows, lr: float, name: str) -> list[str]:
    """Leave two pages and a picture of the network; returns where they are, or why they are not."""
    loss = rows_loss(network, rows[:1])
    loss.backward()
    return [leave(f"{name}_knobs.html", "its nine knobs: turn them by hand, or let them be trained",
                  lambda path: live(lambda x1, x2, target: mean_squared_error(
                      network, [(x1, x2, target)]), rows, network, lr=lr).save(path)),
            leave(f"{name}.svg", "the graph of one row, before training, with its gradients",
                  lambda path: draw_dot(loss).render(outfile=path)),
            leave(f"{name}_backprop.html", "its backpropagation, played step by step",
                  lambda path: play(loss).save(path))]


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    names, table = read(args.data)
    scale = Scale(table)
    rows = [scale(row) for row in table]
    told.data(args, names, table, scale)

    network = TwoTwoOne(random.Random(args.seed), ACTIVATIONS[args.activation])
    before = [p.data for p in network.parameters()]
    files = pictures(network, rows, args.lr, args.out / "two_two_one")
    told.promise(network, gradients(network, rows, args.language), scale)
    told.program(args, network, rows)

    film, largest = Film(), max(rows, key=lambda row: row[2])      # of which there is most to learn
    tell_step = told.Steps(args, scale)

    def report(step, loss):
        if step % max(1, args.steps // 300) == 0:
            film.add(rows_loss(network, [largest], "loss of this row"),
                     f"step {step} of {args.steps}: loss of all {len(rows)} rows {loss:.4f}")
        tell_step(step, loss)
    try:
        loss = train(network.parameters(), gradients(network, rows, args.language), args.steps,
                     args.lr, report)
        told.parameters(network, before)
        told.result(args, names, table, scale, network, loss)
        if args.activation == "linear":
            bare = TwoTwoOne(random.Random(args.seed))
            told.without_biases(table, scale, network, bare, train(
                bare.weights, gradients(bare, rows, args.language), args.steps, args.lr,
                told.Steps(args, scale, quiet=True)))
    finally:
        files.append(leave(args.out / "two_two_one_training.html", "the training, as a film",
                           film.save))
        told.what_to_open(files)


def main() -> int:
    parser = command_line.parser(__doc__, seed=1)
    told.options(parser, TREES, LR, ACTIVATIONS)
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
