"""Every picture of the README, and a page of examples with the program that draws each.

You will see a neuron, the network of nine parameters, a ReLU that is dead, a value that is used
twice, the chain rule written on its arrows, and a network of 337 parameters with its boxes closed,
for one sample and for a hundred. Each example is a function of a few lines; the page shows it under
its picture.
"""

import html
import inspect
import pathlib
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable

import command_line
from micrograd import Value, draw_dot, live, relu, tanh
from micrograd.losses import hinge_loss, mse_loss
from micrograd.nn import MLP, Module, Neuron, Parameter
from tables import TREES, Scale, read
from two_two_one import TwoTwoOne


# ── The examples ──────────────────────────────────────────────────────────────────────────────────

def neuron():
    """Weights times inputs, plus a bias, bent by tanh. Its parameters are inside its box, what it
    is given stands outside."""
    neuron = Neuron(2, activation=tanh, rng=random.Random(3))
    out = neuron([Value(0.7, label="x1"), Value(-0.4, label="x2")])
    out.label = "out"
    out.backward()
    return draw_dot(out, model=neuron)


def two_two_one():
    """Nine parameters: two inputs, two hidden neurons, one output, and the squared error of one of
    the trees. Orange gradients say that the loss falls when the knob is turned up."""
    names, rows = read(TREES)
    x1, x2, target = map(Value, Scale(rows)(rows[0]))
    x1.label, x2.label, target.label = "x1", "x2", "target"
    network = TwoTwoOne(random.Random(1))
    loss = mse_loss(network(x1, x2), target)
    loss.label = "loss"
    loss.backward()
    return draw_dot(loss)


def dead_relu():
    """One ReLU is dead at this input: its sum is below 0, so nothing goes back through it, and
    training does not move its weight. Dotted arrows are gradients of 0."""
    x, w1, w2 = Value(1.0, label="x"), Parameter(-2.0, label="w1"), Parameter(1.5, label="w2")
    dead, alive = relu(x * w1), relu(x * w2)
    dead.label, alive.label = "dead", "alive"
    loss = (dead + alive - 1) ** 2
    loss.label = "loss"
    loss.backward()
    return draw_dot(loss)


def shared_value():
    """It is used twice, and its two gradients add up: a.grad = 1 · 2 + 3 · 1, along its arrows to +
    and to the product."""
    a = Value(2.0, label="a")
    b = a + 1
    c = a * b
    b.label, c.label = "b", "c"
    c.backward()
    return draw_dot(c, local_gradients=True)


def local_gradients():
    """You can read the chain rule off this picture: a gradient is the sum, over the outgoing
    arrows, of the number on the arrow times the gradient at its head."""
    x, y = Value(0.5, label="x"), Value(-1.5, label="y")
    product, sine = x * y, x.sin()
    product.label, sine.label = "x·y", "sin x"
    z = product + sine
    z.label = "z"
    z.backward()
    return draw_dot(z, local_gradients=True)


def recurrent():
    """One cell, called on three numbers in turn: one box, for its three parameters are the same
    each time, and each receives three gradients."""
    class Recurrent(Module):
        def __init__(self):
            self.cell = Neuron(2, activation=tanh, rng=random.Random(4))

        def __call__(self, xs):
            h = 0
            for x in xs:
                h = self.cell([x, h])
            return h

    model = Recurrent()
    out = model([Value(x, label=f"x{i}") for i, x in enumerate([0.2, -0.6, 0.9], 1)])
    out.backward()
    return draw_dot(out, model)


def layers_closed():
    """A network of 337 parameters and its loss on one page: `depth=1` closes its layers."""
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = hinge_loss(model([Value(0.5, label="x1"), Value(-2.0, label="x2")]), -1)
    loss.label = "loss"
    loss.backward()
    return draw_dot(loss, model, depth=1)


def neurons_closed():
    """The same with `depth=2`, which opens the layers: every neuron is a row, with its output and
    the gradient of that. A neuron whose output is 0 is silent at this input."""
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = hinge_loss(model([Value(0.5, label="x1"), Value(-2.0, label="x2")]), -1)
    loss.label = "loss"
    loss.backward()
    return draw_dot(loss, model, depth=2)


def neurons_open():
    """And with everything open. What the neurons of a layer do side by side is one box, and each
    column of its coloured cells is a neuron: blue where the gradient is above 0, orange below, pale
    where it is small."""
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = hinge_loss(model([Value(0.5, label="x1"), Value(-2.0, label="x2")]), -1)
    loss.label = "loss"
    loss.backward()
    return draw_dot(loss, model)


def batch():
    """A hundred samples through it at once. Anything too large to read is closed
    automatically, and the picture says so."""
    rng = random.Random(1)
    model = MLP(2, [16, 16, 1], rng=rng)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    loss = hinge_loss([model(point) for point in points], [1 if x > y else -1 for x, y in points])
    loss.label = "loss"
    loss.backward()
    return draw_dot(loss, model, depth=1)


def knobs():
    """And a page that computes: drag any number sideways and everything follows, or press Train and
    see the network find out that exactly one of its two inputs is 1."""
    model = TwoTwoOne(random.Random(1), tanh)

    def loss(x1, x2, target):
        return (model(x1, x2) - target) ** 2

    return live(loss, [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)], model, lr=0.2)


EXAMPLES = {
    "A neuron": neuron,
    "Two inputs, two hidden neurons, one output": two_two_one,
    "A dead ReLU": dead_relu,
    "A value used twice": shared_value,
    "Local gradients": local_gradients,
    "A cell used again and again": recurrent,
    "337 parameters, with closed layers": layers_closed,
    "337 parameters, with closed neurons": neurons_closed,
    "337 parameters, with open neurons": neurons_open,
    "A batch": batch,
}
PAGES = {"Every number is a knob": knobs}
HERE = pathlib.Path(__file__).parent
OTHERS = ["derivatives.py", "parameters.py", "story_pictures.py"]   # whose picture is in a README


# ── The page ──────────────────────────────────────────────────────────────────────────────────────

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>micrograd: a gallery</title>
<style>
  :root { color-scheme: light dark; }
  body { max-width: 76rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
  h2 { margin-top: 3rem; }
  figure { margin: 1rem 0; overflow-x: auto; }
  img { display: block; max-width: 100%; max-height: 60rem; margin: auto; }
  @media (max-width: 860px) { img { max-width: none; max-height: none; } }    /* but scroll */
  iframe { width: 100%; height: 800px; border: 1px solid #8886; border-radius: 0.5rem; }
  pre { background: #8882; padding: 0.75rem 1rem; overflow-x: auto; font-size: 0.85rem; }
</style>
<h1>A gallery</h1>
<p>Each picture is what its program draws. An arrow is as thick as the gradient that went back along
it is large: blue above 0, orange below, dotted where it is 0.</p>
"""


def picture(example: Callable) -> str:
    return (f'<figure><img src="{example.__name__}.svg" alt="The graph of this example.">'
            "</figure>")


def frame(example: Callable) -> str:
    name = f"{example.__name__}.html"
    return f'<iframe src="{name}" title="{name}" loading="lazy"></iframe>'


def section(title: str, example: Callable, shown: str) -> str:
    caption = html.escape(" ".join(example.__doc__.split()))
    caption = re.sub("`(.*?)`", r"<code>\1</code>", caption)
    source = inspect.getsource(example).split('"""\n', 1)[1]
    program = html.escape(textwrap.dedent(source))
    return (f"<h2>{title}</h2>\n"
            f"{shown}\n"
            f"<p>{caption}</p>\n"
            f"<details><summary>The program</summary><pre>{program}</pre></details>\n")


def tell(args) -> None:
    for example in EXAMPLES.values():
        command_line.write(args.out / f"{example.__name__}.svg", example().pipe(encoding="utf-8"))
    for demo in OTHERS:
        subprocess.run([sys.executable, HERE / demo, "--out", args.out], check=True,
                       stdout=subprocess.DEVNULL)
    for example in PAGES.values():
        example().save(args.out / f"{example.__name__}.html")
    sections = [*[section(title, example, picture(example)) for title, example in EXAMPLES.items()],
                *[section(title, example, frame(example)) for title, example in PAGES.items()]]
    command_line.write(args.out / "gallery.html", PAGE + "".join(sections))
    print(f"{len(EXAMPLES)} pictures and the page that shows them are in {args.out}: "
          "open gallery.html.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__),
                            stopped="Stopped; the pictures drawn so far are whole.")


if __name__ == "__main__":
    sys.exit(main())
