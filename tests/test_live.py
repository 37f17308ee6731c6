"""Pages that compute: knobs turned by key, by drag and by typing, beside the engine's numbers."""

import json
import math
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import micrograd
from micrograd import Value, functions, op
from micrograd.engine import gradients
from micrograd.losses import softmax
from micrograd.nn import MLP, Module, Parameter
from micrograd.optim import SGD
from micrograd.player import live


# ── Graphs ────────────────────────────────────────────────────────────────────────────────────────

class Knobs(Module):
    """Parameters by name, and what is computed from them and an input."""

    def __init__(self, answer, **numbers):
        self.knobs = [Parameter(x, label=name) for name, x in numbers.items()]
        self.answer = answer

    def __call__(self, *xs):
        return self.answer(*self.knobs, *xs)


def squared(model):
    def loss(x, target):
        return (model(x) - target) ** 2
    return loss


def two_two_one(seed=1):
    model = MLP(2, [2, 1], activation=functions.tanh, rng=random.Random(seed))
    return lambda x1, x2, target: (model([x1, x2]) - target) ** 2, model


def cross_entropy(model):
    def loss(x, ts):
        return -sum(t * functions.log(p) for t, p in zip(ts, softmax(model(x))))
    return loss


SAMPLES = [(0.5, 1.0), (-1.0, 0.25), (2.0, -0.5)]
XOR = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]


def graphs():
    line = Knobs(lambda w, b, x: w * x + b, w=0.8, b=-0.3)
    bend = Knobs(lambda w, v, x: v * functions.tanh(w * x), w=0.8, v=-1.3)
    corner = Knobs(lambda w, b, x: (w * x + b).relu() * 1.5, w=0.5, b=-0.25)
    shared = Knobs(lambda w, x: w * x + w * w / 3.0 - abs(w) * x ** 3, w=0.7)
    classes = MLP(2, [3], activation=None, rng=random.Random(3))
    closed, network = two_two_one()
    return {
        "linear": (squared(line), SAMPLES, line, None),
        "tanh": (squared(bend), SAMPLES, bend, None),
        "relu at its corner": (squared(corner), SAMPLES, corner, None),
        "shared": (squared(shared), SAMPLES, shared, None),
        "cross-entropy": (cross_entropy(classes), [([0.5, -1.0], [0, 1, 0]),
                                                   ([1.5, 0.3], [1, 0, 0])], classes, None),
        "closed": (closed, XOR, network, 1),
        "every operation": (lambda x, y: every_operation(x, y), [(2.0, -3.0), (0.5, 0.25)], None,
                            None)}


@op("cube", lambda g, out, x: g * 3 * x ** 2)
def cube(x):
    return x ** 3


def every_operation(x, y):
    terms = [x + y, x - y, x * y, x / y, -x, abs(y), x ** 3, x ** -1, x ** 0.5, x ** 0, x ** y,
             y ** 2, y.exp(), x.log(), x.sqrt(), y.sin(), functions.cos(x), y.tanh(), y.sigmoid(),
             x.relu(), y.relu(), x.maximum(y), x.minimum(y), micrograd.dot([x, y], [y, 0.5]), 1 / y,
             2 - x, cube(y), x * x, (-2.5) * x, x.maximum(x * 1), y * -2]
    return sum(terms[1:], terms[0])


GRAPHS = sorted(graphs())


# ── What a page tells ─────────────────────────────────────────────────────────────────────────────

TOLD = """return [...document.querySelectorAll(".node.value")].map((node) => [node.id,
    node.getAttribute("aria-valuenow"), node.getAttribute("aria-valuetext"),
    node.getAttribute("aria-label"), node.querySelector(".data").textContent,
    node.querySelector(".grad")?.textContent ?? null])"""


def number(text):
    names = {"NaN": "nan", "∞": "inf", "−∞": "-inf"}
    return float(names.get(text, text).replace("−", "-"))


def told(browser):
    """The data and the gradient of each value, in full digits, and as its box shows them."""
    found = {}
    for name, now, text, label, data, grad in browser.run(TOLD):
        if now is not None:
            assert number(text.split(",")[0]) == float(now)
        told_of = label if now is None else f"{label}, data {now}, {text}"
        full = number(re.search(r", data ([^,]*)", told_of)[1])
        gradient = re.search(r", gradient ([^,]*)", told_of)
        found[int(name[1:])] = full, gradient and number(gradient[1]), data, grad
    return found


def sample_of(browser):
    """The samples in the page's table, as flat lists of numbers, and which of them is shown."""
    return browser.run("""return [[...document.querySelectorAll("#data-rows tr")].map((row) =>
        [...row.querySelectorAll("input[type=text]")].map((field) => Number(field.value))),
        [...document.querySelectorAll("#data-rows input[type=radio]")].findIndex((x) => x.checked)
        ]""")


def refilled(sample, numbers):
    """A sample of this structure with these numbers."""
    if isinstance(sample, (list, tuple)):
        return type(sample)([refilled(x, numbers) for x in sample])
    return Value(next(numbers))


def engine_says(browser, function, samples, leaves):
    """The numbers of the engine for the knobs as they stand in the page."""
    table, shown = sample_of(browser)
    sample = refilled(tuple(samples[0]), iter(table[shown]))
    knobs = browser.run("return Object.fromEntries([...document.querySelectorAll('[role=slider]')]"
                        ".map((knob) => [knob.getAttribute('aria-label'), "
                        "Number(knob.getAttribute('aria-valuenow'))]))")
    before = [leaf.data for leaf in leaves]
    for leaf in leaves:
        leaf.data = knobs.get(leaf.label, leaf.data)
    root = function(*sample)
    found = [(value.role, value.data, gradient) for value, gradient in gradients(root).items()]
    for leaf, x in zip(leaves, before):
        leaf.data = x
    return found


def agrees(browser, function, samples, leaves):
    computed = engine_says(browser, function, samples, leaves)
    found = told(browser)
    assert found
    for i, (data, gradient, short, short_grad) in found.items():
        role, engines, engines_gradient = computed[i]
        assert data == pytest.approx(engines, rel=1e-12, abs=1e-15)
        assert number(short) == pytest.approx(engines, rel=1e-3, abs=6e-5)
        if role == "constant":
            assert short_grad is None
        else:
            assert gradient == pytest.approx(engines_gradient, rel=1e-11, abs=1e-14)
            assert number(short_grad.removeprefix("grad ")) == pytest.approx(
                engines_gradient, rel=1e-3, abs=6e-5)
    return found


def opened(browser, tmp_path, function, samples, model=None, depth=None, **more):
    page = live(function, samples, model, depth, **more).save(tmp_path / "knobs.html")
    return browser.open(page)


def drag(browser, css, dx):
    from selenium.webdriver import ActionChains
    element = browser.driver.find_element("css selector", css)
    ActionChains(browser.driver, duration=0).click_and_hold(element).move_by_offset(
        dx // 2, 3).move_by_offset(dx - dx // 2, -3).release().perform()


def write(browser, css, text):
    field = browser.driver.find_element("css selector", css)
    browser.run("arguments[0].select()", field)
    field.send_keys(text)
    browser.press("ENTER")


# ── Knobs ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", GRAPHS)
def test_every_number_is_the_engines_whatever_the_knobs_say(name, browser, tmp_path):
    function, samples, model, depth = graphs()[name]
    opened(browser, tmp_path, function, samples, model, depth)
    leaves = model.parameters() if model else []
    seen = [agrees(browser, function, samples, leaves)]
    knobs = browser.run("return [...document.querySelectorAll('[role=slider]')].map((x) => x.id)")
    assert knobs
    for knob in knobs[:5]:
        browser.run("document.getElementById(arguments[0]).focus()", knob)
        browser.press("ARROW_UP", "PAGE_UP", "ARROW_LEFT", "ARROW_RIGHT", "ARROW_RIGHT")
        seen.append(agrees(browser, function, samples, leaves))
        drag(browser, f"#{knob}", -7)
        seen.append(agrees(browser, function, samples, leaves))
        write(browser, "#knob-number", "0.7125")
        assert seen[-1] != (now := agrees(browser, function, samples, leaves))
        assert now[int(knob[1:])][0] == 0.7125
        seen.append(now)
    assert all(a != b for a, b in zip(seen, seen[1:]))


def test_a_relu_tells_which_way_it_chose_whatever_the_knobs_say(browser, tmp_path):
    function, samples, model, _ = graphs()["relu at its corner"]
    opened(browser, tmp_path, function, samples[:1], model)
    b = model.knobs[1].label
    for text, reason in ("−0.25", "≤ 0"), ("0.5", "> 0"), ("-3", "≤ 0"):
        browser.run("[...document.querySelectorAll('[role=slider]')].find((x) => "
                    "x.getAttribute('aria-label') === arguments[0]).focus()", b)
        write(browser, "#knob-number", text)
        agrees(browser, function, samples, model.parameters())
        step = browser.run("""
            for (let step = model.lastStep; step > 0; step--) {
                show(step);
                if (document.getElementById("headline").textContent.startsWith("The rule of relu"))
                    return step;
            }""")
        assert step and f"#4 {reason}" in browser.text("#rows .row"), browser.text("#rows .row")
        browser.run("show(model.lastStep)")
