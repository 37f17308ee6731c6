"""The picture at the top of the README: nine parameters, before and after training.

It draws the network of `two_two_one.py` as circles and lines, with its three formulas, the numbers
of its nine parameters before and after training on 31 trees, and what both say of one tree. Nothing
in it was typed in: the network is trained each time.
"""

import random
import sys
from html import escape

import command_line
from tables import TREES, Scale, read
from two_two_one import LR, TwoTwoOne, gradients, train

STEPS = 600
STYLE = """
  text { font: 15px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1b1f24; }
  .formula { font: 15px ui-monospace, Consolas, "DejaVu Sans Mono", monospace; }
  .quiet { fill: #5c6570; } .middle { text-anchor: middle; } .name { font-weight: 600; }
  .number { font-size: 14px; font-variant-numeric: tabular-nums; }
  .line { stroke: #8c8c8c; stroke-width: 2; }
  .neuron { fill: #ffffff; stroke: #8c8c8c; stroke-width: 2; }
  .input { fill: #d3f0e8; stroke: #1d7a66; stroke-width: 2; }
  .output { fill: #c8ebc5; stroke: #2f7d32; stroke-width: 2; }
  .parameter { fill: #e9e1f8; stroke: #6b4fa0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8ebef; } .quiet { fill: #a2abb6; }
    .neuron { fill: #20252b; stroke: #7d848d; } .input { fill: #12372f; stroke: #4fb59c; }
    .output { fill: #1d4420; stroke: #6fbf73; } .parameter { fill: #31284f; stroke: #a58ddb; }
  }
"""
CIRCLES = {"x1": (50, 96, "input"), "x2": (50, 262, "input"), "z1": (300, 96, "neuron"),
           "z2": (300, 262, "neuron"), "y": (532, 179, "output")}
# Where each parameter stands; a weight also says which two circles its line connects.
PLACES = {"w(1,1)": (178, 96, "x1", "z1"), "w(2,1)": (130, 209, "x2", "z1"),
          "w(1,2)": (130, 149, "x1", "z2"), "w(2,2)": (178, 262, "x2", "z2"),
          "w(3,1)": (414, 137, "z1", "y"), "w(3,2)": (414, 221, "z2", "y"),
          "b1": (300, 38), "b2": (300, 320), "b3": (532, 100)}


def trained() -> tuple[dict, tuple, tuple]:
    """Each parameter before and after training, by name; the tree that the network then knows best;
    and what it says of it, before and after."""
    _, table = read(TREES)
    scale = Scale(table)
    network = TwoTwoOne(random.Random(1))
    parameters = network.parameters()

    def now():
        return [p.data for p in parameters], [scale.predict(network, row) for row in table]

    before, first = now()
    train(parameters, gradients(network, [scale(row) for row in table]), STEPS, LR)
    after, last = now()
    best = min(range(len(table)), key=lambda i: abs(last[i] - table[i][2]))
    return ({p.label: pair for p, *pair in zip(parameters, before, after)}, table[best],
            (first[best], last[best]))


def shown(number: float) -> str:
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")


def text(x, y, words, kind="") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(words)}</text>'


def circle(name: str, x, y, kind) -> str:
    return (f'<circle cx="{x}" cy="{y}" r="25" class="{kind}"/>'
            + text(x, y + 5, name, "middle name"))


def chip(name: str, x, y, before, after) -> str:
    """A parameter: its name, and its number before and after training."""
    return (f'<rect x="{x - 58}" y="{y - 20}" width="116" height="40" rx="6" class="parameter"/>'
            + text(x, y - 3, name, "middle name")
            + text(x, y + 14, f"{shown(before)} → {shown(after)}", "middle number"))


def network() -> str:
    parameters, (girth, height, volume), (first, last) = trained()
    lines = [f'<line x1="{CIRCLES[a][0]}" y1="{CIRCLES[a][1]}" x2="{CIRCLES[b][0]}" '
             f'y2="{CIRCLES[b][1]}" class="line"/>' for _, _, a, b in
             [place for place in PLACES.values() if len(place) == 4]]
    lines += [f'<line x1="{x}" y1="{y}" x2="{x}" y2="{CIRCLES[name][1]}" class="line"/>'
              for name, (x, y) in zip(("z1", "z2", "y"), [PLACES[f"b{i}"] for i in (1, 2, 3)])]
    parts = [
        *lines, *[circle(name, *place) for name, place in CIRCLES.items()],
        *[chip(name, *place[:2], *parameters[name]) for name, place in PLACES.items()],
        text(50, 62, "girth", "middle quiet"),
        text(50, 306, "height", "middle quiet"), text(532, 222, "timber", "middle quiet"),
        text(20, 376, "z1 = x1·w(1,1) + x2·w(2,1) + b1", "formula"),
        text(20, 400, "z2 = x1·w(1,2) + x2·w(2,2) + b2", "formula"),
        text(20, 424, "y  = z1·w(3,1) + z2·w(3,2) + b3", "formula"),
        text(346, 376, f"A tree of {girth:g} inches, {height:g} feet:", "quiet"),
        text(346, 400, f"before: {first:.1f} cubic feet".replace("-", "−")),
        text(346, 424, f"after: {last:.1f}; measured: {volume:.1f}")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 440" width="600" '
            f'height="440" role="img">\n<title>Two inputs, two hidden neurons, one output: nine '
            f"parameters, before → after training</title>\n<style>{STYLE}</style>\n"
            + "\n".join(parts) + "\n</svg>\n")


def tell(args) -> None:
    path = args.out / "nine_parameters.svg"
    command_line.write(path, network())
    print(f"The picture is in {path}.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
