"""Thirty graphs, each drawn as it comes: nothing is cut, nothing overlaps, every number is true."""

import importlib.metadata
import itertools
import math
import random
import re
import shutil
import xml.etree.ElementTree as ET
from fractions import Fraction

import pytest

from gpt import GPT
from micrograd import Value, dot, draw_dot, relu, tanh
from micrograd.draw.text import number
from micrograd.engine import topological_order
from micrograd.losses import hinge_loss, mse_loss, softmax
from micrograd.nn import MLP, Layer, Module, Neuron, Parameter

pytestmark = pytest.mark.slow
SVG = "{http://www.w3.org/2000/svg}"
SMALLEST, COLUMN, SLIDE = 11, 838, 1280         # pixels of text, in a README's column, on a slide


# ── The zoo ───────────────────────────────────────────────────────────────────────────────────────

def named(number, label):
    return Value(number, label=label)


def inputs(*numbers):
    return [named(x, f"x{i}") for i, x in enumerate(numbers, 1)]


def network(*sizes, samples=1, **kwargs):
    model = MLP(2, list(sizes), rng=random.Random(1), **kwargs)
    losses = [(model(inputs(0.5 + i, -1.0)) - 2) ** 2 for i in range(samples)]
    return sum(losses), model


class Cells(Module):
    """A recurrent network, of whole layers."""

    def __init__(self, size):
        rng = random.Random(4)
        self.cell, self.exit = Layer(1 + size, size, activation=tanh, rng=rng), Neuron(size, rng=rng)

    def __call__(self, xs):
        h = [0.0] * len(self.cell.neurons)
        for x in xs:
            h = self.cell([x, *h])
        return self.exit(h)


class Heads(Module):
    """Attention with queries, keys and values."""

    def __init__(self, width):
        rng = random.Random(5)
        self.query, self.key, self.value = [Layer(width, width, nonlin=False, rng=rng)
                                            for _ in range(3)]

    def __call__(self, xs):
        queries, keys, values = ([layer(x) for x in xs]
                                 for layer in (self.query, self.key, self.value))
        out = []
        for query in queries:
            shares = softmax([dot(query, key) for key in keys])
            out.append([dot(shares, column) for column in zip(*values)])
        return out


class Twice(Module):
    """A layer that two parts share."""

    class Half(Module):
        def __init__(self, shared):
            self.shared, self.scale = shared, Parameter(0.5)

        def __call__(self, x):
            return self.shared(x) * self.scale

    def __init__(self):
        shared = Neuron(2, rng=random.Random(6))
        self.left, self.right = Twice.Half(shared), Twice.Half(shared)

    def __call__(self, x):
        return self.left(x) + self.right(x)


class Lecture:
    """No Module: its parameters alone are in a box."""

    def __init__(self):
        self.w, self.b = [Parameter(0.5), Parameter(-0.25)], Parameter(0.1)

    def __call__(self, x):
        return sum([w * xi for w, xi in zip(self.w, x)], self.b).tanh()

    def parameters(self):
        return [*self.w, self.b]


def two_two_one():
    x1, x2 = inputs(-1.6, -0.96)
    w = {(i, j): Parameter(0.3 * i - 0.5 * j + 0.1, label=f"w({i},{j})")
         for i in (1, 2, 3) for j in (1, 2)}
    b1, b2, b3 = (Parameter(0.0, label=f"b{i}") for i in (1, 2, 3))
    z1 = w[1, 1] * x1 + w[1, 2] * x2 + b1
    z2 = w[2, 1] * x1 + w[2, 2] * x2 + b2
    z1.label, z2.label = "z1", "z2"
    y = w[3, 1] * z1 + w[3, 2] * z2 + b3
    return mse_loss(y, named(1.2, "target")), None


def recurrence():
    x, y = named(0.5, "x"), named(0.1, "y")
    for _ in range(50):
        y = tanh(y * 1.1 + x)
    return y, None


def three_hundred():
    rng, xs = random.Random(2), inputs(*[0.1 * i for i in range(10)])
    for _ in range(290):
        a, b = rng.sample(xs, 2)
        xs.append(a + b if rng.random() < 0.5 else (a * b).tanh())
    return sum(xs[-5:]), None


SCRIPTS = ["αβγ", "Москва", "שלום", "مرحبا", "漢字かな", "한국어", "ไทย", "हिन्दी", "தமிழ்", "ქართული",
           "Ελλάδα", "naïve", "Größe", "🙂🚀", "𝒳", "x̂", "Σᵢxᵢ", "∂L/∂w", "w₁₁", "a→b", "<b>", "&amp;", '"q"',
           "\\N", "a\nb", "  pad  ", "W" * 40, "i" * 60, "—", "½"]


def labels():
    values = [named(float(i), f"{SCRIPTS[i % len(SCRIPTS)]}{i // len(SCRIPTS) or ''}")
              for i in range(50)]
    while len(values) > 1:
        values = [a * b for a, b in zip(values[::2], values[1::2])] + values[len(values) & ~1:]
    return values[0], None


def chained(function, x=0.5, times=12):
    x = named(x, "x")
    for _ in range(times):
        x = function(x)
    return x, None


def extremes():
    xs = [named(10.0 ** power, f"10^{power}") for power in (-300, -30, -5, 0, 5, 30, 300)]
    return sum([x * 1e-3 for x in xs]), None


def not_numbers():
    return (named(math.nan, "nan") * named(math.inf, "inf") + named(-math.inf, "−inf")), None


def exact():
    return (named(Fraction(1, 3), "a") * named(2 ** 64, "b") - named(-10 ** 40, "c")
            + named(Fraction(-22, 7), "d")), None


def language():
    rng = random.Random(7)
    model = Heads(4)
    xs = [[named(rng.uniform(-1, 1), f"x{i}.{j}") for j in range(4)] for i in range(3)]
    return sum(itertools.chain(*model(xs))), model


def gpt():
    """The language model of demos/gpt.py on three tokens."""
    rng, one_hot = random.Random(7), [[float(i == token) for i in range(27)] for token in range(27)]
    model = GPT(27, lambda: Parameter(rng.gauss(0, 0.1)))
    return model.loss(one_hot[:3], one_hot[1:4], [1 / 3] * 3), model


def of(model, *numbers):
    return model(inputs(*numbers)) * 2 - 1, model


ZOO = {
    "leaf": lambda: (named(1.5, "x"), None),
    "plain leaf": lambda: (Value(-0.0), None),
    "sum": lambda: (named(1.0, "a") + named(2.0, "b"), None),
    "square": lambda: (named(3.0, "x") ** 2, None),
    "used twice": lambda: ((lambda a: a * (a + 1))(named(2.0, "a")), None),
    "two_two_one": two_two_one,
    "neuron": lambda: of(Neuron(2, rng=random.Random(3)), 0.7, -0.4),
    "wide neuron": lambda: of(Neuron(30, rng=random.Random(3)), *[0.1 * i for i in range(30)]),
    "2-2-1": lambda: network(2, 1),
    "2-4-4-1": lambda: network(4, 4, 1),
    "2-16-16-1": lambda: network(16, 16, 1),
    "tanh": lambda: network(3, 1, activation=tanh),
    "no bias": lambda: network(3, 1, bias=False),
    "samples": lambda: network(3, 1, samples=4),
    "a hundred samples": lambda: network(16, 16, 1, samples=100),
    "recurrent cells": lambda: (lambda m: (m(inputs(0.2, -0.6, 0.9)), m))(Cells(3)),
    "one cell": lambda: (lambda m: (m([m([0.1, m([0.3, named(0.2, "h")])]), 1.0]), m))(
        Neuron(2, activation=tanh, rng=random.Random(0))),
    "attention": language,
    "gpt": gpt,
    "shared": lambda: of(Twice(), 0.3, 0.8),
    "lecture": lambda: of(Lecture(), 0.3, 0.8),
    "a recurrence of 50 steps": recurrence,
    "three hundred values": three_hundred,
    "fifty labels": labels,
    "a chain": lambda: chained(lambda x: x.sin()),
    "a long chain": lambda: chained(lambda x: (x * 1.01).tanh(), times=200),
    "extremes": extremes,
    "not numbers": not_numbers,
    "exact": exact,
    "dead": lambda: (relu(named(1.0, "x") * -2.0) + named(0.5, "y"), None),
    "hinge": lambda: (hinge_loss(MLP(2, [4, 1], rng=random.Random(8))(inputs(1.0, 2.0)), -1), None),
    "deep": lambda: (sum([named(1.0, f"a{i}") * named(2.0, f"b{i}") for i in range(12)]), None),
}


@pytest.fixture(scope="module", params=[name for name in ZOO])
def animal(request):
    """A graph after backward, its picture, and that as a tree of elements."""
    root, model = ZOO[request.param]()
    root.backward()
    picture = draw_dot(root, model)
    return root, picture, ET.fromstring(picture.pipe())


def nodes(tree):
    return {group.get("data-name"): group for group in tree.iter(f"{SVG}g")
            if group.get("data-name")}


def size(tree):
    return float(tree.get("width")), float(tree.get("height"))


def box(group):
    """Left, top, right, bottom of a node."""
    shape = group.find(f"{SVG}rect")
    if shape is None:
        circle = group.find(f"{SVG}circle")
        x, y, r = (float(circle.get(name)) for name in ("cx", "cy", "r"))
        return x - r, y - r, x + r, y + r
    x, y, w, h = (float(shape.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + w, y + h


# ── What is on the page ───────────────────────────────────────────────────────────────────────────

def test_no_two_nodes_overlap(animal):
    boxes = {name: box(group) for name, group in nodes(animal[2]).items()}
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5
        assert apart, (one, a, other, b)


def test_every_number_is_the_engines(animal):
    root, _, tree = animal
    order = topological_order(root)
    told = nodes(tree)
    for i, value in enumerate(order):
        if (group := told.get(f"v{i}")) is not None:
            lines = ["".join(text.itertext()) for text in group.iter(f"{SVG}text")
                     if text.get("class") != "symbol"]
            grads = [line for line in lines if line.startswith("grad ")]
            assert number(value.data) in lines
            assert value.role == "constant" or grads == [f"grad {number(value.grad)}"]
    assert f"v{len(order) - 1}" in told


def test_no_arrowhead_stands_in_a_box(animal):
    """A head points at the rim of its node from outside: no symbol or number is below it."""
    boxes = {name: box(group) for name, group in nodes(animal[2]).items()}
    for group in animal[2].iter(f"{SVG}g"):
        if ends := group.get("data-ends"):
            left, top, right, bottom = boxes[ends.split()[1]]
            points = [tuple(map(float, point.split(",")))
                      for point in group.find(f"{SVG}polygon").get("points").split()]
            x, y = (sum(axis) / 3 for axis in zip(*points))
            assert not (left + 4 < x < right - 4 and top + 4 < y < bottom - 4)


def test_the_text_can_be_read_in_a_column(animal):
    """Shrunk to a README's column, or, where that is too narrow, on a slide."""
    width, height = size(animal[2])
    assert width <= SLIDE and height <= 1700
    if len(nodes(animal[2])) < 20:
        assert SMALLEST * min(1, COLUMN / width) >= 10.9


def test_nothing_lies_outside_of_the_picture(animal):
    width, height = size(animal[2])
    [shift] = [group.get("transform") for group in animal[2].findall(f"{SVG}g")][:1]
    dx, dy = map(float, re.findall(r"-?[\d.]+", shift))
    for group in nodes(animal[2]).values():
        left, top, right, bottom = box(group)
        assert left + dx >= 0 and top + dy >= 0 and right + dx <= width and bottom + dy <= height


def test_both_graphvizes_draw_alike(animal, monkeypatch):
    if not shutil.which("dot"):
        pytest.skip("the system has no Graphviz")
    try:
        importlib.metadata.distribution("graphviz-pure")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("graphviz-pure is not installed")
    _, picture, system = animal
    monkeypatch.setenv("PATH", "")
    bundled = ET.fromstring(picture.pipe())
    assert list(nodes(bundled)) == list(nodes(system))
    assert all(abs(a - b) <= 0.1 * a + 40 for a, b in zip(size(system), size(bundled)))
    for name, group in nodes(system).items():
        other = nodes(bundled)[name]
        assert ["".join(text.itertext()) for text in group.iter(f"{SVG}text")] == [
            "".join(text.itertext()) for text in other.iter(f"{SVG}text")]


# ── In a browser ──────────────────────────────────────────────────────────────────────────────────

SHOWN = """
    const svg = document.querySelector("svg"), cut = [], small = [], faint = [];
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => parts(colour).slice(0, 3).reduce((sum, x, i) => sum
        + [0.2126, 0.7152, 0.0722][i] * (x <= 10 ? x / 255 / 12.92
                                         : ((x / 255 + 0.055) / 1.055) ** 2.4), 0);
    const whole = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
        const node = text.closest(".node");
        const within = node ? node.querySelector(".shape").getBoundingClientRect() : whole;
        const box = text.getBoundingClientRect();
        if (box.left < within.left - 1 || box.right > within.right + 1
            || box.top < within.top - 2 || box.bottom > within.bottom + 2)
            cut.push(text.textContent);
        if (parseFloat(getComputedStyle(text).fontSize) < 11) small.push(text.textContent);
        const below = text.classList.contains("symbol") ? node.querySelector(".cap, circle")
            : node ? node.querySelector(".shape")
            : text.closest(".frame")?.querySelector("rect") || svg.querySelector(".page");
        const [a, b] = [text, below].map((e) => light(getComputedStyle(e).fill)).sort();
        if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5)
            faint.push(text.textContent, getComputedStyle(text).fill, getComputedStyle(below).fill);
    }
    return [cut, small, faint];
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_is_whole_large_and_clear(animal, theme, browser, tmp_path):
    path = tmp_path / "picture.svg"
    path.write_bytes(animal[1].pipe())
    width, height = map(math.ceil, size(animal[2]))
    assert browser.open(path, theme=theme, size=(width, height)).run(SHOWN) == [[], [], []]


# ── The right way up ──────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("rankdir, axis", [("LR", 1), ("RL", 1), ("TB", 0), ("BT", 0)])
@pytest.mark.parametrize("dot", ["system", "bundled"])
def test_what_comes_first_stands_first(rankdir, axis, dot, monkeypatch):
    if dot == "bundled":
        monkeypatch.setenv("PATH", "")
    root, _ = two_two_one()
    root.backward()
    tree = ET.fromstring(draw_dot(root, rankdir=rankdir).pipe())
    place = {}
    for group in nodes(tree).values():
        labels = [text.text for text in group.iter(f"{SVG}text") if text.get("class") == "label"]
        place.update({label: box(group)[axis] for label in labels})
    for first, later in [("x1", "x2"), ("z1", "z2"), ("w(1,1)", "w(2,2)"), ("w(3,1)", "w(3,2)")]:
        assert place[first] < place[later], (first, later)
