"""Exclusive or: why a network needs a bend, in nine parameters.

    x1 x2   x1 xor x2
     0  0       0           Two inputs, and the answer is whether exactly one of them is 1. No
     0  1       1           straight line separates the 1s from the 0s: in 1969 this was
     1  0       1           an argument against networks (Minsky and Papert, Perceptrons). It is
     1  1       0           an argument against linear networks.

You will see the 2-2-1 network of `two_two_one.py` fail at it while it is linear, and why it must;
the same nine parameters succeed with tanh in the hidden neurons; and how often, begun from other
random numbers, they get stuck all the same. It leaves a film of the training, and a picture.
"""

import random
import sys

import command_line
from command_line import COLOURS, leave, positive, progress
from micrograd import live
from micrograd.player import Film
from two_two_one import ACTIVATIONS, TwoTwoOne, gradients, mean_squared_error, rows_loss, train

ROWS = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
LR = 0.2
SOLVED = 0.1                                    # every answer is nearer to the truth than this


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    print("x1 xor x2 is 1 where exactly one of x1 and x2 is 1: four samples to learn from, by "
          f"{args.steps}\nsteps of gradient descent on the mean squared error.\n")
    linear, bent = (TwoTwoOne(random.Random(args.seed), ACTIVATIONS[kind])
                    for kind in ("linear", "tanh"))
    tell_training("Linear", linear, args.steps)
    tell_why()
    film, files = Film(), [leave(
        args.out / "xor_knobs.html", "its nine knobs: turn them by hand, or let them be trained",
        lambda page: live(lambda x1, x2, target: mean_squared_error(bent, [(x1, x2, target)]),
                          ROWS, bent, lr=LR).save(page))]
    tell_training("Tanh", bent, args.steps,
                  lambda step, loss: record(film, bent, step, args.steps))
    files.append(leave(args.out / "xor_training.html", "the film of the training with tanh",
                       film.save))
    curves = tell_seeds(args)
    print("\nOpen these in any browser:", *files, sep="\n")
    print(command_line.draw(args.out / "xor.svg", (13.5, 4.6), font=15,
                                   paint=lambda figure: paint(figure, linear, bent, curves)))


def tell_training(kind: str, network, steps: int, report=lambda step, loss: None) -> None:
    before = [p.data for p in network.parameters()]
    loss = train(network.parameters(), gradients(network, ROWS), steps, LR, report)
    print(f"{kind}: the loss ends at {loss:.4f}. "
          + ("Solved." if solved(network) else "Not solved."))
    answers = [f"{x1} xor {x2} → {network(x1, x2).data:.2f}" for x1, x2, _ in ROWS]
    print("  " + "     ".join(answers))
    print("  parameter" + "".join([f"{p.label:>8}" for p in network.parameters()]))
    for when, numbers in (("before", before), ("after", [p.data for p in network.parameters()])):
        print(f"  {when:9}" + "".join([f"{round(x, 2) + 0.0:8.2f}" for x in numbers]))


def tell_why() -> None:
    print("""\
  Why it stops at 0.25: without a bend, the output f is a plane over (x1, x2), and on any plane
      f(0,0) + f(1,1) = f(0,1) + f(1,0),
  where xor wants 0 + 0 on the left and 1 + 1 on the right. The four errors have to make up for
  the difference of 2, and their squares are smallest if each takes a quarter: 0.5, squared 0.25.
  So the best plane says 0.5 everywhere, whatever the seed and the number of steps.
""")


def solved(network) -> bool:
    return all(abs(network(x1, x2).data - target) < SOLVED for x1, x2, target in ROWS)


def tell_seeds(args) -> list[tuple[bool, list[float]]]:
    """Train from several seeds and say how many solve it; each one's losses, step by step."""
    last = args.seed + args.seeds - 1
    print("\nThe same with tanh from "
          + (f"{args.seeds} seeds, {args.seed} to {last}:" if args.seeds > 1 else f"seed {last}:"))
    curves, stuck = [], {}
    seeds = progress(range(args.seeds), unit="seed")
    for i in seeds:
        network, curve = TwoTwoOne(random.Random(args.seed + i), ACTIVATIONS["tanh"]), []
        train(network.parameters(), gradients(network, ROWS, "python"), args.steps, LR,
              lambda step, loss: curve.append(loss))
        curves.append((solved(network), curve))
        if not solved(network):
            stuck[args.seed + i] = network
        seeds.set_postfix_str(f"{len(stuck)} unsolved")
    print(f"{args.seeds - len(stuck)} of {args.seeds} solve it, {len(stuck)} do not "
          f"({100 * len(stuck) / args.seeds:.0f} %).")
    for seed, network in stuck.items():
        tell_stuck(seed, network)
    if stuck:
        print("""\
  Where hardly any gradient is left, more steps do not help: samples with different answers get the
  same number in between, because each tanh that could separate them is flat where they are, and no
  gradient returns through it.""")
    return curves


def tell_stuck(seed: int, network) -> None:
    network.zero_grad()
    loss = mean_squared_error(network, ROWS)
    loss.backward()
    answers = "  ".join([f"{network(x1, x2).data:.2f}" for x1, x2, _ in ROWS])
    largest = max(abs(p.grad) for p in network.parameters())
    print(f"  seed {seed}: answers {answers}, loss {loss.data:.3f}, largest gradient {largest:.0e}")


# ── The film ──────────────────────────────────────────────────────────────────────────────────────

def record(film, network, step: int, steps: int) -> None:
    """Add the loss to the film, about a hundred times in a training."""
    if step % max(1, steps // 100) == 0:
        film.add(rows_loss(network, ROWS), f"step {step} of {steps}")


# ── The picture ───────────────────────────────────────────────────────────────────────────────────

def paint(figure, linear, bent, curves) -> None:
    """The output of both networks over the plane, and the losses of all seeds."""
    from matplotlib.colors import LinearSegmentedColormap
    blue, orange = COLOURS[1], COLOURS[2]
    colours = LinearSegmentedColormap.from_list("blue to orange", [blue, "white", orange])
    ticks = [i / 50 for i in range(-25, 76)]
    *surfaces, losses = figure.subplots(1, 3)
    for axes, (kind, network) in zip(surfaces, [("linear", linear), ("tanh", bent)]):
        heights = [[network(x1, x2).data for x1 in ticks] for x2 in ticks]
        axes.imshow(heights, cmap=colours, vmin=0, vmax=1, origin="lower", aspect="auto",
                    extent=(-0.51, 1.51, -0.51, 1.51), interpolation="bilinear")
        flat = sum(heights, [])
        if max(flat) - min(flat) < 0.005:
            axes.text(0.5, 0.5, f"{flat[0]:.2f}\neverywhere", fontsize=18, ha="center", va="center")
        elif min(flat) < 0.5 < max(flat):
            line = axes.contour(ticks, ticks, heights, levels=[0.5], colors="black")
            axes.clabel(line, fontsize=15)
        for x1, x2, target in ROWS:
            axes.text(x1, x2, target, ha="center", va="center", fontsize=20, color="white",
                      weight="bold", bbox={"boxstyle": "circle", "edgecolor": "white",
                                           "facecolor": orange if target else blue})
        loss = mean_squared_error(network, ROWS).data
        axes.set(xlabel="x1", ylabel="x2", xticks=[0, 1], yticks=[0, 1])
        axes.set_title(f"{kind}: loss {loss:.2f}")
    for solved, curve in sorted(curves, reverse=True):
        losses.plot(curve, color=blue if solved else orange, alpha=0.4 if solved else 1,
                    linewidth=1.5 if solved else 2.5)
    count = sum(solved for solved, _ in curves)
    for height, text, colour in ((0.03, f"{count} solved", blue),
                                 (0.155, f"{len(curves) - count} not", orange)):
        losses.text(0.97, height / 0.5, text, color=colour, ha="right", fontsize=18,
                    transform=losses.transAxes)
    losses.set(xlabel="step", ylim=(0, 0.5), xlim=(0, len(curve) - 1))
    losses.set_title(f"tanh: losses from {len(curves)} seeds")
    losses.grid(color="#E6E6E6")
    losses.spines[["top", "right"]].set_visible(False)


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    parser = command_line.parser(__doc__, seed=1)
    parser.add_argument("--seeds", type=positive(int), default=40, metavar="N",
                        help="how many to try, from --seed upwards (default: %(default)s)")
    parser.add_argument("--steps", type=positive(int), default=600, metavar="N",
                        help="of each training (default: %(default)s)")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
