"""Two moons: 337 parameters learn the curve between two kinds of points.

No straight line separates the moons. A network of two hidden layers of 16 neurons, each of which
bends once, puts a curve together out of many bends. It learns from 100 points; what counts is how
it does on 1000 points that it has never seen.

You will see where the 337 parameters are, the loss falling as they move, and the curve they end up
drawing. The last lines name the files: a picture, and the parameters as JSON, from which `--load`
goes on and which `to_pytorch.py` explains.
"""

import copy
import json
import math
import pathlib
import random
import sys
import time
from collections.abc import Callable

import command_line
from command_line import COLOURS, BadInput, Failed, leave, non_negative, portions
from micrograd import dot, jit, live
from micrograd.losses import hinge_loss
from micrograd.nn import MLP
from micrograd.optim import Adam

NOISE = 0.1
L2 = 1e-4
LR = 0.05
CLASSES = {1: COLOURS[2], -1: COLOURS[1]}


# ── The data ──────────────────────────────────────────────────────────────────────────────────────

def two_moons(count: int, rng: random.Random) -> list[tuple[list[float], int]]:
    """Points on two half circles, one open below and one above, with noise; and 1 or -1, which."""
    samples = []
    for _ in range(count):
        angle, kind = rng.uniform(0, math.pi), rng.choice([1, -1])
        x, y = math.cos(angle), math.sin(angle)
        x, y = (x, y) if kind == 1 else (1 - x, 0.5 - y)
        samples.append(([x + rng.gauss(0, NOISE), y + rng.gauss(0, NOISE)], kind))
    return samples


# ── The network ───────────────────────────────────────────────────────────────────────────────────

def penalty(model):
    """L2 regularisation: large parameters cost something, so that the curve stays smooth."""
    return L2 * dot(model.parameters(), model.parameters())


def eager(model) -> Callable:
    """The mean loss of the samples, and its gradient in every parameter, by a graph each time."""
    def step(samples) -> float:
        points, kinds = zip(*samples)
        loss = hinge_loss([model(point) for point in points], kinds) + penalty(model)
        loss.backward()
        return loss.data
    return step


def compiled(model, language: str) -> Callable:
    """The same, by a program that is written once, from one sample, and then run."""
    return jit(lambda point, kind: hinge_loss(model(point), kind) + penalty(model),
               model.parameters(), language)


def train(model, step: Callable, samples, steps: int) -> list[float]:
    """Move the parameters `steps` times; the loss before each."""
    optimizer = Adam(model.parameters(), lr=LR)

    def learn(count: int) -> list[float]:
        if isinstance(step, jit):               # the same, with the optimiser compiled too
            return step.train([samples] * count, optimizer)
        losses = []
        for _ in range(count):
            optimizer.zero_grad()
            losses.append(step(samples))
            optimizer.step()
        return losses
    try:
        return [loss for losses in portions(learn, range(steps)) for loss in losses]
    except (ArithmeticError, ValueError) as error:
        raise Failed(f"training diverged: {error}") from None


def plain(model):
    """The same network with numbers in place of parameters: it computes, and builds no graph."""
    model = copy.deepcopy(model)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.w, neuron.b = [w.data for w in neuron.w], neuron.b.data

    def predict(x):                             # a layer would make Values of plain numbers
        for layer in model.layers:
            x = [neuron(x) for neuron in layer.neurons]
        return x[0]
    return predict


def mistakes(model, samples) -> list:
    """The samples whose score is on the wrong side of 0."""
    predict = plain(model)
    return [(point, kind) for point, kind in samples if not predict(point) * kind > 0]


def accuracy(model, samples) -> float:
    return 100 - 100 * len(mistakes(model, samples)) / len(samples)


def load(model, path: pathlib.Path) -> None:
    """Set the parameters to those in a file that this program wrote, or change nothing."""
    state = command_line.read_json(path)
    if not isinstance(state, dict):
        raise BadInput(f"{path}: expected an object of parameters, got {json.dumps(state):.40}")
    try:
        model.load_state_dict(state)
    except ValueError as error:
        _, first, *more = str(error).splitlines()
        raise BadInput(f"{path}: not the parameters of this network: {first.strip()}"
                       + (f", and {len(more)} more such" if more else "")) from None


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    rng = random.Random(args.seed)
    samples, unseen = two_moons(100, rng), two_moons(1000, rng)
    model = MLP(2, [16, 16, 1], rng=rng)
    if args.load:
        load(model, args.load)
    tell_parameters(model)
    print(f"\nBefore training, {accuracy(model, unseen):.1f} % of {len(unseen)} unseen points are "
          f"right. {args.steps} steps on {len(samples)} others,\n"
          + (f"compiled to {args.language.capitalize()}:" if args.language else
             "each building a graph of the loss:"))

    saved = args.out / "moons.json"
    page = leave(args.out / "moons_knobs.html", "the network, to be trained in any browser",
                 lambda page: live(lambda point, kind: hinge_loss(model(point), kind), samples,
                                   model, depth=1, lr=LR).save(page))
    begun = time.perf_counter()
    stopped = "Stopped before the end of training. The parameters so far are in"
    step = compiled(model, args.language) if args.language else eager(model)
    try:
        losses = train(model, step, samples, args.steps)
        if told := getattr(step, "fallback", None):
            print(told)
        stopped = "Stopped after training. The parameters are in"
        save(model, saved)
        print(f"That took {time.perf_counter() - begun:.2f} s.", end=" ", flush=True)
        print(f"{accuracy(model, samples):.1f} % of the points trained on are right, and "
              f"{accuracy(model, unseen):.1f} % of the unseen.")
        print(f"\nOpen this:\n{page}\nThe parameters are in {saved}", flush=True)
        print(command_line.draw(args.out / "moons.svg", (13, 5), font=15,
                                paint=lambda figure: paint(figure, model, samples, unseen, losses)))
    except KeyboardInterrupt:
        save(model, saved)
        raise KeyboardInterrupt(f"{stopped} {saved}; --load goes on from there.") from None


def tell_parameters(model) -> None:
    print("The network's parameters, a row of weights and a bias for each neuron:")
    for name, tensor in model.state_dict().items():
        shape = [len(tensor), len(tensor[0])] if isinstance(tensor[0], list) else [len(tensor)]
        print(f"  {name:16}{' × '.join(map(str, shape)):8}{math.prod(shape):6}")
    print(f"  {'together':24}{len(model.parameters()):6}")


def save(model, path: pathlib.Path) -> None:
    command_line.write(path, json.dumps(model.state_dict()) + "\n")


# ── The picture ───────────────────────────────────────────────────────────────────────────────────

def paint(figure, model, samples, unseen, losses) -> None:
    """The score over the plane, with the points and the curve where it is 0; and the loss."""
    from matplotlib.colors import LinearSegmentedColormap
    colours = LinearSegmentedColormap.from_list("", [CLASSES[-1], "white", CLASSES[1]])
    predict = plain(model)
    xs, ys = [i / 25 - 1.5 for i in range(101)], [i / 25 - 1.0 for i in range(64)]
    scores = [[max(-3, min(3, predict([x, y]))) for x in xs] for y in ys]
    plane, curve = figure.subplots(1, 2, width_ratios=[1.5, 1])
    plane.imshow(scores, cmap=colours, origin="lower", interpolation="bilinear", alpha=0.6,
                 extent=(-1.52, 2.52, -1.02, 1.54))
    if min(map(min, scores)) < 0 < max(map(max, scores)):
        plane.contour(xs, ys, scores, levels=[0], colors="black", linewidths=2.5)
    for kind, marker in ((1, "o"), (-1, "s")):
        points = [point for point, k in samples if k == kind]
        plane.scatter(*zip(*points), color=CLASSES[kind], marker=marker, s=60, edgecolor="white")
    if missed := [point for point, _ in mistakes(model, unseen)]:
        plane.scatter(*zip(*missed), color="black", marker="x", s=70, linewidth=2.5,
                      label=f"{len(missed)} of {len(unseen)} unseen points on the wrong side")
        plane.legend(loc="lower left", fontsize=13)
    plane.set_title(f"{accuracy(model, unseen):.1f} % of unseen points right")
    plane.set(xlabel="x", ylabel="y", xlim=(-1.5, 2.5), ylim=(-1, 1.5), aspect="equal")
    curve.plot(losses, color=COLOURS[1], linewidth=3)
    curve.set_title("loss")
    curve.set(xlabel="step", yscale="log" if losses else "linear")
    curve.grid(color="#E6E6E6", which="both")
    curve.spines[["top", "right"]].set_visible(False)


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    parser = command_line.parser(__doc__, seed=1)
    parser.add_argument("--steps", type=non_negative(int), default=60, metavar="N",
                        help="the number of training steps; with 0 it only measures "
                             "(default: %(default)s)")
    parser.add_argument("--load", type=pathlib.Path, metavar="FILE",
                        help="begin with the parameters in this file, instead of random ones")
    command_line.add_jit(parser)
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
