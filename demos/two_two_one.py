"""The smallest network worth drawing: two inputs, two hidden neurons, one output, nine parameters.

    z1 = x1·w(1,1) + x2·w(2,1) + b1
    z2 = x1·w(1,2) + x2·w(2,2) + b2
    y  = z1·w(3,1) + z2·w(3,2) + b3

It learns to tell the timber in a black cherry tree from its girth and its height, or whatever two
columns tell about a third in a CSV file of yours. You will see what a parameter is, what its
gradient promises and keeps, what training does with it, and what a bias is for. Afterwards, a
picture of the graph, a page that plays its backpropagation step by step and the film of the
training are in the folder that the last lines name.
"""

import csv
import math
import pathlib
import random
import sys
from statistics import fmean

import command_line
from command_line import BadInput, Failed, positive
from micrograd import Value, draw_dot, jit, play, relu, tanh
from micrograd.engine import topological_order
from micrograd.losses import mse_loss
from micrograd.nn import Module, Parameter
from micrograd.optim import SGD
from micrograd.player import Film, Player

TREES = pathlib.Path(__file__).parent / "data" / "trees.csv"
UNITS = {"girth": "inches", "height": "feet", "volume": "cubic feet"}
ACTIVATIONS = {"linear": lambda z: z, "tanh": tanh, "relu": relu}
NUDGE = 0.01
LR = 0.05


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


def compiled(network, rows) -> jit:
    """The training step as plain Python, and a look at it."""
    program = jit(lambda x1, x2, target: (network(x1, x2) - target) ** 2, network.parameters())
    program(rows)                               # the first call compiles
    network.zero_grad()
    print(f"\nThe program that does so, in plain Python:\n\n{program.source}\n")
    return program


def train(network, parameters, rows, steps, lr, report=lambda step, loss: None,
          program: jit | None = None) -> float:
    """Gradient descent with momentum on all rows at once; the loss in the end.

    With a compiled `program`, it computes the loss and its gradient instead of the engine.
    """
    optimizer = SGD(parameters, lr=lr, momentum=0.9)
    for step in range(steps + 1):
        try:
            loss = (Value(fmean([program.forward(*row) for row in rows])) if program else
                    mean_squared_error(network, rows))
        except OverflowError:
            loss = Value(math.inf)
        if step == 0:
            limit = 1e6 * (1 + loss.data)
        if not loss.data < limit:
            raise Failed(f"training diverged: the loss reached {loss.data:.3g} at step {step}: the "
                         f"learning rate {lr:g} is too large, every step overshoots "
                         f"(try --lr {min(lr / 10, LR):g})")
        report(step, loss.data)
        if step < steps:
            network.zero_grad()
            program(rows) if program else loss.backward()
            optimizer.step()
    return loss.data


# ── The data ──────────────────────────────────────────────────────────────────────────────────────

def read(path) -> tuple[list[str], list[tuple[float, float, float]]]:
    """The names of the three columns, from the header row if there is one, and the rows."""
    names, rows = ["x1", "x2", "y"], []
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            for fields in reader:
                if not fields:
                    continue
                try:
                    numbers = tuple(map(float, fields))
                except ValueError:
                    numbers = ()
                if len(numbers) == 3 and all(map(math.isfinite, numbers)):
                    rows.append(numbers)
                elif not rows and reader.line_num == 1 and len(fields) == 3 and not any(
                        map(_is_number, fields)):
                    names = [field.strip() for field in fields]
                else:
                    raise BadInput(f"{path}, line {reader.line_num}: expected three finite numbers "
                                  f"separated by commas, got {','.join(fields)!r:.60}")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise BadInput(f"{path}: not a CSV file in UTF-8") from None
    if len(rows) < 2:
        raise BadInput(f"{path}, line {max(1, reader.line_num)}: the file has {len(rows)} "
                      "rows of three numbers, expected two or more")
    for name, column in zip(names, zip(*rows)):
        if min(column) == max(column):
            raise BadInput(f"{path}, lines 1 to {reader.line_num}: column {name!r} is constant at "
                          f"{column[0]:g}, there is nothing to learn from it")
        if max(column) - min(column) < 1e-50 or max(map(abs, column)) > 1e50:
            raise BadInput(f"{path}, lines 1 to {reader.line_num}: column {name!r} runs from "
                          f"{min(column):g} to {max(column):g}, beyond what floats can square")
    return names, rows


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


class Scale:
    """Each column measured from its centre, in units of its spread about it."""

    def __init__(self, rows, centred: bool = True):
        columns = list(zip(*rows))
        self.centres = [fmean(column) if centred else 0.0 for column in columns]
        self.widths = [math.sqrt(fmean((x - centre) ** 2 for x in column))
                       for column, centre in zip(columns, self.centres)]

    def __call__(self, row):
        return [(x - c) / w for x, c, w in zip(row, self.centres, self.widths)]

    def plane(self, network) -> tuple[float, float, float]:
        """The constant and the two slopes, in the data's own units, of a linear network."""
        (c1, c2, cy), (s1, s2, sy) = self.centres, self.widths
        at_0 = network(0.0, 0.0).data
        slope1 = (network(1.0, 0.0).data - at_0) * sy / s1
        slope2 = (network(0.0, 1.0).data - at_0) * sy / s2
        return cy + at_0 * sy - slope1 * c1 - slope2 * c2, slope1, slope2


def least_squares(rows, centred: bool = True):
    """The best plane by formula (normal equations, Legendre 1805) and its mean squared residual.

    None where the two inputs determine each other and many planes are equally good.
    """
    (c1, c2, cy) = [fmean(column) if centred else 0.0 for column in zip(*rows)]
    u, v, y = zip(*[(a - c1, b - c2, target - cy) for a, b, target in rows])
    uu, uv, vv, uy, vy = (sum(map(math.prod, zip(*pair)))
                          for pair in ((u, u), (u, v), (v, v), (u, y), (v, y)))
    determinant = uu * vv - uv * uv
    if determinant <= 1e-12 * uu * vv:
        return None
    slope1, slope2 = (uy * vv - vy * uv) / determinant, (vy * uu - uy * uv) / determinant
    residuals = [t - slope1 * a - slope2 * b for a, b, t in zip(u, v, y)]
    return (cy - slope1 * c1 - slope2 * c2, slope1, slope2), fmean(r * r for r in residuals)


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    names, rows = read(args.data)
    scale = Scale(rows)
    scaled = [scale(row) for row in rows]
    unit = scale.widths[2] ** 2                 # from the scaled loss to the target's own units
    units = [f" ({UNITS[name]})" if name in UNITS else "" for name in names]
    x1, x2, y = map("".join, zip(names, units))
    print(f"{len(rows)} rows of {args.data.name}: x1 is {x1}, x2 is {x2}; y is to be {y}.")
    print("For training, each is measured from its mean, in standard deviations.\n")

    network = TwoTwoOne(random.Random(args.seed), ACTIVATIONS[args.activation])
    before = [p.data for p in network.parameters()]
    drawn = draw(args.out, rows_loss(network, scaled[:1]))
    network.zero_grad()
    tell_promise(network, scaled, unit)

    print(f"\nTraining: {args.steps} steps against the gradient, learning rate {args.lr:g}.")
    every, film = max(1, args.steps // 6), Film()
    largest = max(scaled, key=lambda row: row[2])       # of which there is most to learn

    def report(step, loss):
        if step % max(1, args.steps // 300) == 0:
            film.add(rows_loss(network, [largest], "loss of this row"),
                     f"step {step} of {args.steps}: loss of all {len(rows)} rows {loss:.4f}")
        if step % every == 0 or step == args.steps:
            print(f"  step {step:5}   mean squared residual {loss * unit:12.4f}", flush=True)

    program = compiled(network, scaled) if args.jit else None
    try:
        loss = train(network, network.parameters(), scaled, args.steps, args.lr, report, program)
        tell_parameters(network, before)
        tell_result(args, names, rows, scale, network, loss * unit)
        if args.activation == "linear":
            tell_bias(args, names, rows)
        print("\n" + files(drawn, film, args.out))
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Stopped before the end.\n"
                                + files(drawn, film, args.out)) from None
    size = len(topological_order(mean_squared_error(network, scaled)))
    print(f"The graph of the whole loss has {size} values, too many to read as a picture.")


def tell_promise(network, scaled, unit) -> None:
    """What the gradient says of one knob, and what happens when the knob is turned."""
    knob = network.weights[0]
    loss = mean_squared_error(network, scaled)
    loss.backward()
    promised = knob.grad * NUDGE * unit
    knob.data += NUDGE
    happened = (mean_squared_error(network, scaled).data - loss.data) * unit
    knob.data -= NUDGE
    print(f"The mean squared residual of the untrained network is {loss.data * unit:.4f}.\n"
          f"Its gradient by {knob.label} is {knob.grad * unit:.4f}, which promises: turn "
          f"{knob.label} up by {NUDGE}\nand the loss should change by {promised:+.4f}. "
          f"Turned up, it changes by {happened:+.4f}.")


def tell_parameters(network, before) -> None:
    print("\nThe nine parameters, which are all that the network knows:")
    print("            before     after")
    for p, old in zip(network.parameters(), before):
        print(f"  {p.label}".ljust(9) + f"{old:9.4f} {round(p.data, 4) + 0.0:9.4f}")


def plane_text(names, plane) -> str:
    terms = [f"{'-' if slope < 0 else '+'} {abs(slope):.3f}·{name}"
             for slope, name in zip(plane[1:], names)]
    return " ".join([f"{names[2]} = {plane[0]:.3f}", *terms])


def tell_plane(whose, names, plane, loss) -> None:
    print(f"  {whose}   {plane_text(names, plane)}   mean squared residual {loss:.4f}")


def tell_result(args, names, rows, scale, network, loss) -> None:
    best = least_squares(rows)
    print()
    if args.activation == "linear":
        print("Without an activation function, nine knobs make a plane. Theirs, and the best\n"
              "there is, by the least-squares formula (what R's lm computes):")
        tell_plane("trained", names, scale.plane(network), loss)
        if best:
            tell_plane("formula", names, *best)
    else:
        print(f"With {args.activation}, the network can bend: mean squared residual {loss:.4f}"
              + (f", where the best plane has {best[1]:.4f}." if best else "."))
    if not best:
        print("The two inputs determine each other here, so many planes are equally good.")
    row = rows[len(rows) // 2]
    x1, x2, _ = scale(row)
    predicted = network(x1, x2).data * scale.widths[2] + scale.centres[2]
    told = [" ".join([name, f"{x:g}", UNITS.get(name, "")]).strip() for name, x in zip(names, row)]
    print(f"For example, at {told[0]} and {told[1]}: {told[2]} in the data, "
          f"{predicted:.4g} predicted.")


def tell_bias(args, names, rows) -> None:
    """The same training with every bias held at 0, in the original units."""
    scale = Scale(rows, centred=False)
    network = TwoTwoOne(random.Random(args.seed))
    loss = train(network, network.weights, [scale(row) for row in rows], args.steps, args.lr)
    best = least_squares(rows, centred=False)
    print("\nThe biases end at 0, for measuring from the means has done their work. What a bias is"
          "\nfor shows in the original units. The same training there, without the three biases:")
    tell_plane("trained", names, scale.plane(network), loss * scale.widths[2] ** 2)
    if best:
        tell_plane("formula", names, *best)
    print(f"Weights only tilt the plane. With no bias to lift it, {names[2]} must be 0 where "
          f"{names[0]} and\n{names[1]} are 0, whatever the data say: the plane goes through the "
          "origin and fits worse.")


def labelled(row) -> list[Value]:
    return [Value(x, label=label) for x, label in zip(row, ("x1", "x2", "target"))]


def rows_loss(network, rows, label: str = "loss") -> Value:
    """The mean squared error of some rows, with a label at whatever has a name."""
    loss = mean_squared_error(network, [labelled(row) for row in rows])
    loss.label = label
    return loss


def draw(folder: pathlib.Path, loss: Value) -> str:
    """Draw the graph of a loss, save its player, and say where, or why not."""
    loss.backward()
    picture, source = folder / "two_two_one.svg", folder / "two_two_one.gv"
    try:
        draw_dot(loss).render(outfile=picture)
    except (ImportError, RuntimeError) as error:
        return f"is not drawn:\n{error}"
    return (f"is drawn in\n{picture} (source: {source.name}).\n"
            + save(play(loss), folder / "two_two_one_backprop.html",
                   "A page that plays its backpropagation step by step is"))


def files(drawn: str, film: Film, folder: pathlib.Path) -> str:
    """Save the film, as far as it goes, and say where everything is."""
    return (f"The graph of one row, before the first step and after backward(), {drawn}\n"
            + save(film, folder / "two_two_one_training.html",
                   "The film of its training, on the row of the largest y, is"))


def save(player: Player, path: pathlib.Path, what: str) -> str:
    try:
        return f"{what} in\n{player.save(path)}"
    except (ImportError, RuntimeError) as error:
        return f"{what} not saved:\n{error}"


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    parser = command_line.parser(__doc__, seed=1)
    parser.add_argument("--data", type=pathlib.Path, default=TREES, metavar="FILE",
                        help="a CSV file of two inputs and a target, with a header row or none "
                             "(default: the trees)")
    parser.add_argument("--steps", type=positive(int), default=600, metavar="N",
                        help="how often to move the parameters (default: %(default)s)")
    parser.add_argument("--lr", type=positive(float), default=LR,
                        help="the learning rate (default: %(default)s)")
    parser.add_argument("--activation", choices=ACTIVATIONS, default="linear",
                        help="of the hidden neurons (default: %(default)s)")
    parser.add_argument("--jit", action="store_true",
                        help="train by a program in plain Python, and show it")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
