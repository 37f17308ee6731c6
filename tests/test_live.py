"""Pages that compute: knobs turned by key, by drag and by typing, beside the engine's numbers."""

import json
import math
import random
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

import micrograd
from micrograd import Value, functions, losses, op
from micrograd.draw.text import number as picture_number
from micrograd.engine import gradients
from micrograd.losses import softmax
from micrograd.nn import MLP, Module, Parameter
from micrograd.optim import SGD
from micrograd.player import live
from micrograd.player.page import _plain


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
    text = text.replace("×10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
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
        [...row.querySelectorAll("input[type=text]")].map(
            (field) => Number(field.title.replace("−", "-")))),
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
    browser.run("arguments[0].focus(); arguments[0].select()", field)
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


def knob_of(browser, label):
    return browser.run("return [...document.querySelectorAll('[role=slider]')].find((x) => "
                       "x.getAttribute('aria-label') === arguments[0]).id", label)


def test_keys_and_a_double_click_put_a_knob_back(browser, tmp_path):
    from selenium.webdriver import ActionChains
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples, model)
    w = knob_of(browser, "w")

    def now():
        return browser.run("return document.getElementById(arguments[0]).ariaValueNow", w)

    browser.run("document.getElementById(arguments[0]).focus()", w)
    assert now() == "0.8"
    for key, x in [("ARROW_UP", "0.81"), ("ARROW_RIGHT", "0.82"), ("PAGE_DOWN", "0.72"),
                   ("ARROW_DOWN", "0.71"), ("ARROW_LEFT", "0.7"), ("BACKSPACE", "0.8"),
                   ("END", "2.8"), ("HOME", "-1.2"), ("DELETE", "0.8")]:
        browser.press(key)
        assert now() == x
        assert browser.run("const { ariaValueMin, ariaValueMax } = document.getElementById("
                           "arguments[0]); return [ariaValueMin, ariaValueMax]", w) == [
                               "-1.2", "2.8"]   # where Home and End go
    browser.press("-", "2", ".", "5", "ENTER")  # who types a digit types a number
    assert now() == "-2.5"
    for nonsense in "", "abc", "1e999", "--3":
        write(browser, "#knob-number", nonsense or "BACKSPACE" and " ")
        assert now() == "-2.5"
    ActionChains(browser.driver, duration=0).double_click(
        browser.driver.find_element("id", w)).perform()
    assert now() == "0.8"
    assert browser.step == browser.run("return model.lastStep")     # no arrow has stepped


def test_the_gradient_makes_a_promise(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples[1:2], model)
    w, b = model.knobs
    x, target = samples[1]
    gradient = 2 * (w.data * x + b.data - target) * x

    def loss(by):
        return ((w.data + by) * x + b.data - target) ** 2

    browser.run("document.getElementById(arguments[0]).focus()", knob_of(browser, "w"))
    def told():
        return [number(text.replace("+", "")) for text in browser.texts("#promise dd")]

    assert told() == pytest.approx([gradient, 0, 0, 0], rel=1e-3)
    drag(browser, f"#{knob_of(browser, 'w')}", 10)
    assert told() == pytest.approx([gradient, 0.1, 0.1 * gradient, loss(0.1) - loss(0)], rel=2e-3)
    assert browser.texts("#promise dt")[1:] == [
        "turned by", "gradient promised", "loss changed by"]
    tangent = browser.run("return ['x1', 'y1', 'x2', 'y2'].map((name) => Number(document."
                          "querySelector('#promise-plot .tangent').getAttribute(name)))")
    assert (tangent[3] - tangent[1]) * -gradient > 0        # on a screen, y points down
    promised, now, corners = browser.run("""
        const plot = document.getElementById("promise-plot");
        return [".promised", ".now"].map((name) => ["cx", "cy"].map((side) =>
            Number(plot.querySelector(name).getAttribute(side)))).concat([
            plot.querySelector(".rise").getAttribute("points").split(" ").map((point) =>
                point.split(",").map(Number))]);""")
    slope = (tangent[3] - tangent[1]) / (tangent[2] - tangent[0])
    assert promised[1] == pytest.approx(tangent[1] + slope * (promised[0] - tangent[0]), abs=0.1)
    assert promised[0] == now[0] and now[1] < promised[1]   # a parabola is above its tangent
    (x0, y0), (x1, y1), point = corners         # turned by, and from there what was promised
    assert (y0, x1, point) == (y1, promised[0], promised) and x0 != x1


LENS = """
    const lens = document.getElementById("lens"), node = turning.knob.node.element;
    if (lens.hidden) return null;
    const [a, b, room] = [lens, node, document.getElementById("view")].map(
        (x) => x.getBoundingClientRect());
    const apart = Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
    return [[...lens.querySelectorAll("dd")].map((x) => x.textContent), apart,
            a.left >= room.left && a.right <= room.right && a.top >= room.top
            && a.bottom <= room.bottom, [a.left, a.top, a.width]];"""


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_beside_the_box_of_a_knob_that_turns_stands_the_promise(size, browser, tmp_path):
    function, model = two_two_one()
    browser.open(live(function, XOR, model).save(tmp_path / "knobs.html"), size=size)
    assert browser.run(LENS) is None            # nothing has been turned yet
    browser.run("document.getElementById(arguments[0]).focus()",
                browser.run("return knobs.find(({ leaf }) => leaf === 2).node.id"))
    assert browser.run(LENS) is None
    places = []
    for key in "ARROW_UP", "PAGE_UP", "ARROW_DOWN":
        browser.press(key)
        told, apart, is_inside, place = browser.run(LENS)
        assert told == browser.texts("#promise dd")[1:] and told[0][0] == "+"
        assert is_inside and 0 < apart < 20     # near its box, and not over it
        places.append(place)
    assert places == places[:1] * 3             # nor does it move
    browser.press("BACKSPACE")
    assert browser.run(LENS) is None            # it is where it was, to the last digit
    browser.press("ARROW_UP")
    for leave in ("document.getElementById('train-lr').focus()", "show(model.lastStep - 1)",
                  "document.getElementById('title').dispatchEvent(new PointerEvent('pointerdown', "
                  "{ bubbles: true }))", "document.getElementById('train-step').click()"):
        browser.run("turn(turning.knob, source.get(turning.knob) + 0.1)")
        assert browser.run(LENS)
        browser.run(leave)
        assert browser.run(LENS) is None, leave


FIELD = """const { value, validationMessage } = document.querySelector(arguments[0]);
    return [value, validationMessage]"""


def test_what_is_no_number_is_refused_with_a_sentence(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples, model, lr=0.1)
    cell = "#data-rows tr:nth-child(2) td:nth-child(2) input"
    for css, now in ("#knob-number", "0.8"), (cell, "-1"), ("#train-lr", "0.1"):
        for nonsense in ("nan", "Infinity", "1e309", "abc", "--3", "0x10", "0b1", "1,000,000", ".",
                         "1e", "1 000"):
            write(browser, css, nonsense)
            value, told = browser.run(FIELD, css)
            assert value == now and told.startswith(f"“{nonsense}” is not a ")
        write(browser, css, "1,000")            # to some it is 1, to others a thousand
        assert browser.run(FIELD, css) == [now, "“1,000” can mean 1000 or 1.000: type one of these."]
        for text, x in [("0,125", "0.125"), (".5", "0.5"), ("+1.", "1"), ("1E−3", "0.001"),
                        ("1000,5", "1000.5"), ("2,5", "2.5")]:
            write(browser, css, text)           # as some people write it
            assert browser.run(FIELD, css) == [x, ""]
    write(browser, "#train-lr", "-1")
    assert browser.run(FIELD, "#train-lr") == [
        "2.5", "“-1” is not a learning rate: a number, 0 or more."]
    agrees(browser, function, samples, model.parameters())


def test_the_largest_numbers(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples, model)
    knob = knob_of(browser, "w")
    for text in "1e308", "-1e308", "1.7e308":
        browser.run("document.getElementById(arguments[0]).focus()", knob)
        write(browser, "#knob-number", text)
        assert browser.run("return Number(document.getElementById(arguments[0]).ariaValueNow)", knob
                           ) == float(text)
        assert browser.run("return String(model.data(model.root))") == "Infinity"   # as in Python
        browser.run("take(turning.knob)")
        browser.click("#train-step")
        assert "training diverged" in browser.text("#diverged")
    assert not browser.run(r"return /NaN|Infinity|undefined/.test("
                           "document.getElementById('promise-plot').outerHTML)")
    browser.click("#train-reset")
    assert browser.text("#fault") == browser.text("#diverged") == ""
    write(browser, "#data-rows tr:nth-child(2) td:nth-child(2) input", "1e308")
    browser.click("#data-rows tr:nth-child(2) input[type=radio]")
    assert "too large" in browser.text("#fault")
    browser.click("#train-reset")
    agrees(browser, function, samples, model.parameters())


def test_what_has_no_logarithm_is_said_where_nothing_else_stands(browser, tmp_path):
    model = Knobs(lambda w, x: functions.log(w * x), w=1.5)
    page = live(squared(model), SAMPLES[::2], model).save(tmp_path / "knobs.html")
    for size in (1280, 800), (390, 844):
        browser.open(page, size=size)
        browser.run("document.getElementById(arguments[0]).focus()", knob_of(browser, "w"))
        write(browser, "#knob-number", "-1.5")
        assert re.fullmatch(r"No number: log of -\S+: it takes numbers greater than 0",
                            browser.text("#fault"))
        assert browser.run("""
            const box = document.getElementById("fault").getBoundingClientRect();
            const title = document.createRange();
            title.selectNodeContents(document.getElementById("title"));
            return title.getBoundingClientRect().right < box.left || getComputedStyle(
                document.getElementById("fault")).backgroundColor !== "rgba(0, 0, 0, 0)";""")
        assert browser.texts("#promise dd")[3] == "NaN"
        assert "NaN" in browser.texts("#legend li")
        browser.click("#knob-back")
        assert browser.text("#fault") == ""
        assert "NaN" not in browser.texts("#legend li")
        agrees(browser, squared(model), SAMPLES[::2], model.parameters())


# ── Training ──────────────────────────────────────────────────────────────────────────────────────

def leaves_of(browser):
    return browser.run("return source.leaves")


@pytest.mark.parametrize("name", ["linear", "tanh", "closed", "cross-entropy"])
def test_two_hundred_steps_are_those_of_SGD(name, browser, tmp_path):
    function, samples, model, depth = graphs()[name]
    opened(browser, tmp_path, function, samples, model, depth, lr=0.1)
    optimizer, curve = SGD(model.parameters(), lr=0.1), []

    def mean():
        return sum(function(*sample) for sample in samples) / len(samples)

    for _ in range(200):
        model.zero_grad()
        loss = mean()
        curve.append(loss.data)
        loss.backward()
        optimizer.step()
    for _ in range(200):
        browser.run("document.getElementById('train-step').click()")
    names = browser.run("return source.live.leaves.map(({ name }) => name)")
    assert sorted(names) == sorted(p.label for p in model.parameters())
    trained = dict(zip(names, leaves_of(browser)))
    for p in model.parameters():
        assert trained[p.label] == pytest.approx(p.data, rel=1e-9, abs=1e-9)
    assert browser.run("return source.curve") == pytest.approx([*curve, mean().data], rel=1e-9)
    assert browser.text("#train-now").startswith("200 steps · mean loss")
    agrees(browser, function, samples, model.parameters())


def test_one_sample_at_a_time(browser, tmp_path):
    function, samples, model, _ = graphs()["tanh"]
    opened(browser, tmp_path, function, samples, model, lr=0.1)
    browser.run("source.show(1); retake()")
    browser.run("""const batch = document.getElementById("train-batch");
        batch.value = "one"; batch.dispatchEvent(new Event("change", { bubbles: true }));""")
    assert "one sample at a time; next is sample 2 of 3" in browser.text("#train-what")
    optimizer = SGD(model.parameters(), lr=0.1)
    for step in range(10):
        model.zero_grad()
        function(*samples[(1 + step) % 3]).backward()
        optimizer.step()
        browser.click("#train-step")
        assert browser.text("#data-name").startswith(f"Sample {(1 + step) % 3 + 1} of 3")
    names = browser.run("return source.live.leaves.map(({ name }) => name)")
    assert dict(zip(names, leaves_of(browser))) == pytest.approx(
        {p.label: p.data for p in model.parameters()}, rel=1e-9)


def test_it_plays_pauses_resets_and_starts_anew(browser, tmp_path):
    function, samples, model, _ = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, 1)
    start = leaves_of(browser)
    browser.click("#train-play")
    browser.wait("return source.steps > 5")
    assert browser.text("#train-play").endswith("Pause")
    browser.click("#train-play")
    steps = browser.run("return source.steps")
    assert browser.run("return new Promise((done) => setTimeout(() => done(source.steps), 200))"
                       ) == steps
    assert leaves_of(browser) != start
    browser.click("#train-reset")
    assert leaves_of(browser) == start and browser.run("return source.steps") == 0
    browser.click("#train-new")
    anew = leaves_of(browser)
    assert anew != start and all(-1 <= x <= 1 for x in anew)
    assert [x == 0 for x in anew] == [x == 0 for x in start]    # biases begin at 0
    browser.click("#train-play")
    browser.wait("return source.steps > 2")
    drag(browser, ".node.knob", 5)              # whoever turns a knob takes over
    assert browser.text("#train-play").endswith("Train")


def test_a_training_that_diverges_says_so_and_stops(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples, model, lr=1e6)
    browser.run("document.getElementById('train-speed').value = '1000'")
    browser.click("#train-play")
    browser.wait("return document.getElementById('diverged').textContent")
    assert re.fullmatch(r"The gradient of parameter [wb] is (NaN|−?∞|−?[\d.e]+): no parameter was "
                        r"changed \(training diverged\? try a smaller learning rate than 1000000\)\.",
                        browser.text("#diverged"))
    assert browser.text("#train-play").endswith("Train")
    assert all(map(math.isfinite, leaves_of(browser)))
    browser.click("#train-reset")
    assert browser.text("#diverged") == ""
    agrees(browser, function, samples, model.parameters())


# ── The data ──────────────────────────────────────────────────────────────────────────────────────

def test_the_table_tells_outputs_and_losses_and_takes_other_numbers(browser, tmp_path):
    function, samples, model, depth = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, depth)

    def rows():
        return [[number(text) for text in row] for row in browser.run(
            "return [...document.querySelectorAll('#data-rows tr')].map((row) => "
            "[...row.querySelectorAll('.computed')].map((cell) => cell.textContent))")]

    def right():
        table, shown = sample_of(browser)
        for sample, (output, loss) in zip(table, rows(), strict=True):
            assert output == pytest.approx(model(sample[:2]).data, abs=1e-4)
            assert loss == pytest.approx(function(*sample).data, abs=1e-4)
        agrees(browser, function, samples, model.parameters())
        return table, shown

    heads = [text for text in browser.texts("#data-head th") if text]
    assert heads == ["shown", "x1", "x2", "target", "output", "loss"]
    losses = [loss for _, loss in rows()]
    assert right() == ([list(map(float, sample)) for sample in XOR], losses.index(max(losses)))
    browser.click("#data-rows tr:nth-child(2) input[type=radio]")
    assert right()[1] == 1
    write(browser, "#data-rows tr:nth-child(2) td:nth-child(4) input", "-0.5")
    assert right()[0][1] == [0, 1, -0.5]
    write(browser, "#data-rows tr:nth-child(2) td:nth-child(2) input", "nonsense")
    assert right()[0][1] == [0, 1, -0.5]
    browser.click("#data-add")
    table, shown = right()
    assert len(table) == 5 and shown == 4 and table[4] == table[1]
    for rest in 4, 3, 2, 1, 1:                  # one sample is always left
        browser.click("#data-rows tr:last-child button")
        assert len(right()[0]) == rest
    browser.click("#train-step")                # with other data than the page began with
    assert browser.text("#train-now").startswith("1 step")


def test_points_in_the_plane_can_be_dragged_and_added(browser, tmp_path):
    from selenium.webdriver import ActionChains
    function, samples, model, depth = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, depth)
    before, _ = sample_of(browser)
    point = browser.driver.find_elements("css selector", "#plane-points .point")
    assert len(point) == 4
    ActionChains(browser.driver, duration=0).click_and_hold(point[3]).move_by_offset(
        -20, 30).release().perform()
    moved, shown = sample_of(browser)
    assert moved[:3] == before[:3] and shown == 3
    assert moved[3][0] < 1 and moved[3][1] < 1 and moved[3][2] == 0
    agrees(browser, function, samples, model.parameters())
    sheet = browser.driver.find_element("id", "plane-points")
    ActionChains(browser.driver, duration=0).move_to_element(sheet).click().perform()
    added, shown = sample_of(browser)
    assert len(added) == 5 and shown == 4 and added[4] == pytest.approx([0.5, 0.5, 0], abs=0.02)
    agrees(browser, function, samples, model.parameters())
    ActionChains(browser.driver, duration=0).click_and_hold(sheet).move_by_offset(
        150, -250).release().perform()          # no farther than the edge of the plane
    right, high = browser.run("return [range.across[1], range.up[1]]")
    assert sample_of(browser)[0][4] == pytest.approx([right, high, 0], abs=0.02)
    write(browser, "#data-rows tr:nth-child(2) td:nth-child(2) input", "5")
    assert browser.run("return [...document.querySelectorAll('.point')].every((dot) => "
                       "dot.cx.baseVal.value > 0 && dot.cx.baseVal.value < 300)")
    assert browser.text("#plane-right") != "1.3"        # it shows them all
    browser.click("#train-reset")
    assert browser.text("#plane-right") == "1.3" and sample_of(browser)[0] == before


def test_the_plane_is_what_the_model_says(browser, tmp_path):
    function, samples, model, depth = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, depth)
    grid = browser.run("""
        const grid = canvas.width, found = [];
        const { data } = canvas.getContext("2d").getImageData(0, 0, grid, grid);
        for (const [u, v] of [[0, 0], [5, 10], [12, 12], [19, 3]]) {
            const x = range.across[0] + (range.across[1] - range.across[0]) * (u + 0.5) / grid;
            const y = range.up[1] - (range.up[1] - range.up[0]) * (v + 0.5) / grid;
            const from = 4 * (v * grid + u);
            found.push([x, y, [...data.slice(from, from + 3)]]);
        }
        return found;""")
    for x, y, colour in grid:
        assert colour == browser.run("return colourOf(arguments[0])", model([x, y]).data)
    assert len({tuple(colour) for *_, colour in grid}) > 1


def test_one_input_has_a_curve(browser, tmp_path):
    function, samples, model, _ = graphs()["tanh"]
    opened(browser, tmp_path, function, samples, model)
    assert browser.run("return document.querySelector('#plane-said').getTotalLength()") > 100
    assert len(browser.texts("#plane-points .point")) == 3


def test_boxes_open_and_close_while_one_turns_and_trains(browser, tmp_path):
    function, samples, model, _ = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, 1)
    knobs = "return document.querySelectorAll('[role=slider]').length"
    assert browser.run(knobs) == 3              # the parameters are within
    agrees(browser, function, samples, model.parameters())
    browser.click("#train-step")
    browser.click(".box .note")
    browser.click(".box .note")
    assert browser.run(knobs) == 3 + 9
    one = agrees(browser, function, samples, model.parameters())
    drag(browser, f"#{knob_of(browser, model.parameters()[0].label)}", 20)
    assert one != agrees(browser, function, samples, model.parameters())
    browser.click(".group text")
    assert browser.run(knobs) == 3 and browser.run("return source.steps") == 1
    trained = dict(zip(browser.run("return source.live.leaves.map(({ name }) => name)"),
                       leaves_of(browser)))
    for p in model.parameters():
        p.data = trained[p.label]
    agrees(browser, function, samples, model.parameters())


def test_whatever_one_does_while_it_trains(browser, tmp_path):
    function, samples, model, _ = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, 1)
    browser.click("#train-play")

    def trains():
        before = browser.run("return source.steps")
        browser.wait("return source.steps > arguments[0]", before)
        assert browser.text("#train-play").endswith("Pause")

    for size in (390, 844), (838, 700), (1280, 800):
        browser.emulate("setDeviceMetricsOverride", width=size[0], height=size[1],
                        deviceScaleFactor=1, mobile=False)
        trains()
    for css in ".box .note", ".box .note", ".group text":       # open, open, close
        browser.run("document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('click', "
                    "{ bubbles: true }))", css)
        trains()
    browser.click("#data-rows tr:nth-child(1) button")
    browser.click("#data-rows tr:nth-child(2) input[type=radio]")
    browser.run("history.pushState(null, '', '#step=3'); history.back()")
    trains()
    browser.click("#predict")                   # who is asked for a number has time to answer
    assert browser.text("#train-play").endswith("Train")
    browser.click("#predict")
    names = browser.run("return source.live.leaves.map(({ name }) => name)")
    trained = dict(zip(names, leaves_of(browser)))
    for p in model.parameters():
        p.data = trained[p.label]
    browser.press("END")
    agrees(browser, function, samples, model.parameters())
    browser.click("#train-play")
    trains()
    browser.click("#train-new")
    assert browser.run("return source.steps") == 0


# ── Predict ───────────────────────────────────────────────────────────────────────────────────────

def test_a_gradient_that_nobody_has_computed_yet_is_not_0(browser, tmp_path):
    function, samples, model, _ = graphs()["closed"]
    opened(browser, tmp_path, function, samples, model, 0)
    told = "return document.querySelector('.box .grad').textContent"
    seed = browser.run("return model.seedStep")
    for step in range(seed + 1, browser.run("return model.lastStep") + 1):
        browser.run("show(arguments[0])", step)
        known = browser.run("return model.turn.node === document.querySelector('.box').id")
        assert bool(browser.run(told)) == known
    assert known                                # the closed model is the last to be reached


def test_predict_asks_and_explains(browser, tmp_path):
    function, samples, model, _ = graphs()["tanh"]
    opened(browser, tmp_path, function, [samples[0]], model)
    w, v = [p.data for p in model.parameters()]
    x, target = samples[0]
    z = w * x
    out = math.tanh(z)
    g = 2 * (v * out - target) * v              # at tanh's output
    right = g * (1 - out * out)
    browser.click("#predict")
    assert browser.text("#phase").startswith("Backward 1 of")
    assert browser.texts("#promise dd")[::2] == ["?", "?"]
    assert not browser.run("""return [...document.querySelectorAll("#promise-plot .tangent, "
        + "#promise-plot .rise")].filter((x) => getComputedStyle(x).visibility === "visible")
        .length""")
    browser.run("document.activeElement.blur()")
    for _ in range(4):
        if not browser.text("#headline").startswith("The rule of tanh"):
            browser.press("ARROW_RIGHT")
    assert browser.text("#headline").startswith("The rule of tanh")
    node = browser.run("return document.querySelector('.question [data-node]').dataset.node")
    shown = "return document.querySelector(`#${arguments[0]} .grad`).textContent"
    assert browser.run(shown, node) == ""       # it is hidden in the graph, too

    for answer, verdict in [
            (-right, "The sign is wrong."), (2 * right, "2 times the right one: a factor is wrong"),
            (g * (1 - z * z), "The rule uses the input where it should use the output."),
            (1 - out * out, "The rule forgets g, the gradient of the output."),
            ("what", "“what” is not a number."), ("1,234", "can mean 1234 or 1.234"),
            (" ", "Type a number."), (123, "local derivative times the gradient")]:
        write(browser, ".question input", answer if isinstance(answer, str) else f"{answer:.5g}")
        assert verdict in browser.text(".verdict"), answer
    write(browser, ".question input", f"{right:.4g}")
    assert browser.run("return document.querySelector('.question')") is None
    assert number(browser.run(shown, node).removeprefix("grad ")) == pytest.approx(right, abs=1e-4)
    browser.press("TAB")
    browser.run("document.activeElement.blur()")
    browser.press("ARROW_RIGHT")
    for _ in range(2):                          # of two inputs, one question after the other
        browser.click(".question button:last-of-type")
    assert browser.run("return document.querySelector('.question')") is None
    browser.click("#predict")
    browser.press("END")
    agrees(browser, function, samples, model.parameters())


# ── Everyone, everywhere ──────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("size", [(1440, 900), (1280, 800), (1024, 768), (838, 800), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits(theme, size, browser, tmp_path):
    function, model = two_two_one()
    page = live(function, XOR, model).save(tmp_path / "knobs.html")
    browser.open(page, size=size, theme=theme)
    assert browser.run("return document.documentElement.scrollWidth") <= size[0]
    assert browser.run("""return [...document.querySelectorAll("#promise, .row-of, #panel, #side")]
        .filter((x) => x.scrollWidth > x.clientWidth).map((x) => x.id || x.className)""") == []
    browser.run("source.change(0, [0], -0.0123)")
    browser.run("changed()")
    assert browser.run("return document.querySelector('#data-rows input[type=text]').value"
                       ) == "−0.0123"
    assert browser.run("""return [...document.querySelectorAll("#data-rows input[type=text]")]
        .filter((x) => x.scrollWidth > x.clientWidth).map((x) => x.value)""") == []  # none is cut
    assert browser.run("""
        const boxes = [...document.querySelectorAll("#side section, #panel, .stage")].filter(
            (x) => x.getClientRects().length).map((x) => x.getBoundingClientRect());
        return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => a.left < b.right - 1
            && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)).length"""
                       ) == 0                   # nothing lies over anything else
    assert browser.run("""const table = document.querySelector("#samples .table");
        return table.scrollWidth <= table.clientWidth""")       # all columns are seen
    before = browser.run(PLACES)
    browser.run("document.getElementById(arguments[0]).focus({ preventScroll: true })",
                browser.run("return document.querySelector('.node.knob').id"))
    after = browser.run(PLACES)
    browser.press("ARROW_UP", "ARROW_UP", "PAGE_UP")
    assert after == browser.run(PLACES)         # nothing moves while a knob is turned
    assert before["train-step"] == after["train-step"]


PLACES = """return Object.fromEntries([...document.querySelectorAll(
    "#promise, #promise-plot, #train-step, #plane-points, #samples, #rows, .node")].map((x) => {
        const { left, top, width } = x.getBoundingClientRect();
        return [x.id, [left, top, width]];
    }))"""


@pytest.mark.parametrize("many", [1, 10])
def test_it_prints_on_one_page(many, browser, tmp_path):
    import base64
    function, model = two_two_one()
    opened(browser, tmp_path, function, XOR * many, model)
    for landscape in True, False:
        pdf = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {
            "landscape": landscape, "printBackground": True})["data"])
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    browser.emulate("setEmulatedMedia", media="print")
    shown = browser.run("return [...document.querySelectorAll('#data-rows tr, #promise-plot, "
                        "#plane-canvas, #train-now')].filter((x) => x.getClientRects().length)"
                        ".map((x) => x.id || x.className)")
    rows = ["shown", "", "", ""] if many == 1 else ["shown"]    # of many, the one in the graph
    assert sorted(shown) == sorted(["promise-plot", "plane-canvas", "train-now", *rows])


def touch(browser, css, *moves):
    """A finger comes down on an element, moves there by so much, and is lifted."""
    # What of a page scrolls by touch, and what does not, is known once it has been drawn.
    browser.run("""
        document.querySelector(arguments[0]).scrollIntoView({ block: "center" });
        return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));""",
                css)
    x, y = browser.run("""
        const box = document.querySelector(arguments[0]).getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2];""", css)
    points = [[{"x": x + dx, "y": y + dy}] for dx, dy in [(0, 0), *moves]]
    kinds = ["touchStart", *["touchMove" for _ in moves], "touchEnd"]
    for kind, point in zip(kinds, [*points, []]):
        browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent",
                                       {"type": kind, "touchPoints": point})


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_touch(size, browser, tmp_path):
    function, samples, model, depth = graphs()["closed"]
    page = live(function, samples, model, depth).save(tmp_path / "knobs.html")
    browser.open(page, size=size)
    browser.emulate("setTouchEmulationEnabled", enabled=True)
    try:
        knob = knob_of(browser, "x1")
        before, shown = sample_of(browser)
        touch(browser, f"#{knob}", (5, 0), (20, 0))
        browser.wait("return document.getElementById(arguments[0]).ariaValueNow === arguments[1]",
                     knob, f"{before[shown][0] + 0.2:g}")
        agrees(browser, function, samples, model.parameters())
        other = (shown + 1) % 4
        touch(browser, f"#plane-points .point:nth-of-type({other + 1})", (5, 5), (30, 20))
        browser.wait("return source.shown === arguments[0]", other)
        browser.wait("return String(source.sample.slice(0, 2)) !== String(arguments[0])",
                     before[other][:2])
        agrees(browser, function, samples, model.parameters())
        small = browser.run("""
            return [...document.querySelectorAll("button, select, input")].map(
                (x) => x.matches("[type=radio], [type=checkbox]") ? x.closest("label, td") : x)
                .filter((x) => x.getClientRects().length && x.getBoundingClientRect().height < 44)
                .map((x) => x.id || x.className)""")
        assert small == []                      # a finger finds them all
        browser.run("turn(turning.knob, source.get(turning.knob) + 0.1)")
        assert browser.run("""const [lens, node] = [document.getElementById("lens"),
            turning.knob.node.element].map((x) => x.getBoundingClientRect());
            return lens.top < node.bottom""")   # nor does it cover what is told
    finally:
        browser.emulate("setTouchEmulationEnabled", enabled=False)


def test_what_is_scrolled_into_view_is_not_behind_the_controls(browser, tmp_path):
    function, model = two_two_one()
    browser.open(live(function, XOR, model).save(tmp_path / "knobs.html"), size=(390, 844))
    hidden = browser.run("""
        const controls = document.getElementById("controls").getBoundingClientRect();
        return [...document.querySelectorAll("#side button, #side input, #predict")].filter((x) => {
            scrollTo(0, 0);
            x.scrollIntoView({ block: "nearest" });
            return x.getBoundingClientRect().bottom > controls.top;
        }).map((x) => x.id || x.ariaLabel);""")
    assert hidden == []


def test_with_forced_colours_dashes_tell_the_sign_of_a_gradient(browser, tmp_path):
    function, model = two_two_one()
    browser.open(live(function, XOR, model, 1).save(tmp_path / "knobs.html"))
    dashes = """return Object.fromEntries([...document.querySelectorAll(arguments[0])].map((arrow) => [
        [...arrow.classList].find((name) => /^(positive|negative|mixed|zero|nan)$/.test(name)),
        getComputedStyle(arrow.querySelector("path")).strokeDasharray]))"""
    browser.emulate("setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    graph, legend = [browser.run(dashes, f"{css} .arrow") for css in ("#graph", "#legend")]
    browser.emulate("setEmulatedMedia", features=[])
    assert {"positive", "negative"} <= {*graph} and graph["positive"] == "none"
    assert len({*legend.values()}) == len(legend) == 4
    assert graph.items() <= legend.items() | {("undefined", "none")}


def test_knobs_have_roles_names_and_digits(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples, model)
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    spoken = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree
              if not node["ignored"]}
    for name in "w", "b", "x", "target":
        assert ("slider", name) in spoken
    for role in "button", "slider", "combobox", "textbox", "image", "radio", "checkbox":
        assert all(name for r, name in spoken if r == role), role
    loss = browser.run("return document.getElementById(model.root.id).getAttribute('aria-label')")
    assert re.search(r"output, data \S+, gradient 1, loss = ", loss)


def test_the_address_names_the_step(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    page = live(function, samples, model).save(tmp_path / "knobs.html")
    browser.open(page)
    assert browser.step == browser.run("return model.lastStep")
    browser.open(page, "#step=4")
    assert browser.step == 4
    browser.press("ARROW_RIGHT")
    browser.wait("return location.hash === '#step=5'")
    browser.run("location.hash = '#step=7'; history.replaceState(null, '', '#step=2')")
    browser.wait("return model.step === 7")     # wherever the page was about to say that it is
    browser.wait("return location.hash === '#step=7'")
    browser.driver.back()
    browser.wait("return model.step === 5")
    for nonsense in "#step=", "#step=x", "#other=3", "#%":
        browser.run("location.hash = arguments[0]", nonsense)
        browser.wait("return location.hash === '#step=5'")
    browser.run("location.hash = '#step=999'")
    browser.wait("return location.hash === `#step=${model.lastStep}`")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_reduced_motion(motion, browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    page = live(function, samples, model).save(tmp_path / "knobs.html")
    browser.open(page, "#step=3", motion=motion)
    moving = browser.run("return [...document.querySelectorAll('*')].map((x) => getComputedStyle(x)"
                         ".animationName).filter((name) => name !== 'none').length")
    assert (moving > 0) == (motion == "no-preference")


def test_all_can_be_done_by_keys(browser, tmp_path):
    function, samples, model, _ = graphs()["linear"]
    opened(browser, tmp_path, function, samples, model)

    def tab_to(css):
        for _ in range(60):
            browser.press("TAB")
            if browser.run("return document.activeElement.matches(arguments[0])", css):
                seen = browser.run("""
                    const style = getComputedStyle(document.activeElement);
                    return style.outlineStyle !== "none" || getComputedStyle(
                        document.activeElement.querySelector(".shape")).strokeWidth === "2.4px";""")
                assert seen, css                # one sees where one is
                return
        raise AssertionError(f"no way to {css}")

    tab_to(".skip")
    tab_to(f"#{knob_of(browser, 'w')}")
    browser.press("ARROW_UP", "PAGE_UP")
    tab_to("#predict")
    browser.press("SPACE")
    assert browser.text("#phase").startswith("Backward 1 of")
    tab_to(".question input")
    right = browser.run("return model.number(model.turn.rows[0].amount)")
    browser.press(*f"{right:.4f}", "ENTER")
    assert browser.run("return document.querySelector('.question')") is None
    browser.run("document.getElementById('panel').focus()")
    tab_to("#predict")
    browser.press("SPACE", "END")
    tab_to("#knob-number")                      # of the last knob that the tab key has passed
    browser.press(*"0.25", "ENTER")
    name = browser.run("return document.activeElement.getAttribute('aria-label')")
    assert browser.run("return document.getElementById(arguments[0]).ariaValueNow",
                       knob_of(browser, name)) == "0.25"
    tab_to("#knob-slider")
    browser.press("ARROW_RIGHT")
    tab_to("#knob-back")
    browser.press("SPACE")
    for button, steps in ("#train-step", 1), ("#train-reset", 0):
        tab_to(button)
        browser.press("ENTER")
        assert browser.run("return source.steps") == steps
    tab_to("#data-rows input[type=text]")
    browser.press(*"0.75", "ENTER")
    tab_to("#data-add")
    browser.press("SPACE")
    table, shown = sample_of(browser)
    assert len(table) == 4 and shown == 3 and table[0][0] == 0.75
    agrees(browser, function, samples, model.parameters())


HOSTILE = ["<script>window.hacked = 1</script>", "</script><script>window.hacked = 2</script>",
           "`;hacked=3;`", "*/ hacked = 4; /*", "\u2028hacked=5", "x\"]; hacked = 6; //",
           "{{data}}", "{{script}}", "__proto__", "constructor"]


def test_hostile_labels_are_inert(browser, tmp_path):
    model = Knobs(lambda *numbers: sum(p * x for p, x in zip(numbers, numbers[len(HOSTILE):])))
    model.knobs = [Parameter(0.5 + i, label=label) for i, label in enumerate(HOSTILE)]

    def loss(*xs):
        out = model(*xs)
        out.label = HOSTILE[1]
        return out * out

    opened(browser, tmp_path, loss, [tuple(0.1 * i for i in range(len(HOSTILE)))], model)
    assert browser.run("return window.hacked") is None
    names = browser.run("return [...document.querySelectorAll('[role=slider]')].map((x) => "
                        "x.getAttribute('aria-label'))")
    assert set(HOSTILE) <= set(names)
    browser.click("#train-step")
    assert browser.run("return window.hacked") is None


def test_the_page_of_a_large_model_trains(browser, tmp_path):
    model = MLP(2, [16, 16, 1], rng=random.Random(0))
    rng = random.Random(1)
    samples = [(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.choice([-1, 1])) for _ in range(100)]

    def loss(x1, x2, y):
        return (1 - y * model([x1, x2])).relu()

    opened(browser, tmp_path, loss, samples, model, 1, lr=0.05)
    browser.click("#train-step")
    model.zero_grad()
    mean = sum(loss(*sample) for sample in samples) / 100
    mean.backward()
    SGD(model.parameters(), lr=0.05).step()
    assert len(leaves_of(browser)) == 337
    names = browser.run("return source.live.leaves.map(({ name }) => name)")
    assert dict(zip(names, leaves_of(browser))) == pytest.approx(
        {p.label: p.data for p in model.parameters()}, rel=1e-9)
    agrees(browser, loss, samples, model.parameters())
    browser.click("#train-play")                # while it trains, only rows in view are written
    browser.wait("return source.steps > 20")
    browser.click("#train-play")
    told, right, means = browser.run("""return [
        [...document.querySelectorAll("#data-rows .computed:nth-last-child(2)")].map(
            (cell) => cell.textContent),
        source.samples.map((sample) => rounded(source.loss(sample))),
        [source.curve.at(-1), source.mean(), source.curve.length - source.steps]]""")
    assert told == right and len(told) == 100
    assert means == [pytest.approx(means[1]), means[1], 1]      # a point for each step, and one


# ── Alone ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.skipif(not shutil.which("node"), reason="no node to run the model in")
def test_the_model_runs_without_a_page(tmp_path):
    function, samples, model, _ = graphs()["tanh"]
    page = Path(live(function, samples, model).save(tmp_path / "knobs.html")).read_text("utf-8")
    script = re.search(r'<script>(.*?)</script>\n</body>', page, re.S)[1]
    data = re.search(r'id="data">(.*?)</script>', page, re.S)[1]
    alone = script[:script.index("// ── The one state of the page")]
    program = alone + f"""
        const page = {data}, source = new Computation(page, programs);
        const model = new Model(page.graphs[page.open], source);
        model.go(Infinity);
        source.show(0);
        console.log(JSON.stringify([...model.values.values()].map((value) =>
            [value.i, model.data(value), model.gradient(value) ?? null])));"""
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    x, target = Value(samples[0][0]), Value(samples[0][1])
    computed = gradients(function(x, target))
    for (i, data, gradient), (value, g) in zip(json.loads(done.stdout), computed.items()):
        assert data == pytest.approx(value.data, rel=1e-12)
        assert gradient is None or gradient == pytest.approx(g, rel=1e-12)


@pytest.mark.skipif(not shutil.which("node"), reason="no node to run the page's script in")
def test_pages_write_numbers_as_pictures_do():
    rng = random.Random(0)
    numbers = [0.0, -0.0, 0.1, 9.9996e-5, 99999.5, 123456.7, 999.96, 9999.6, 0.00012345, 31415.926,
               5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf, True, 10 ** 400]
    numbers += [sign * mantissa * 10.0 ** power for power in range(-300, 301) for sign in (1, -1)
                for mantissa in (1.0, rng.uniform(1, 10), 9.9995, 9.99949)]
    numbers += [rng.gauss(0, 1) * 10 ** rng.uniform(-12, 12) for _ in range(2000)]
    numbers += [float(rng.randrange(10 ** k)) for k in range(1, 20) for _ in range(20)]
    numbers += [k / 2 ** j for k in range(-99, 100, 7) for j in range(16)]      # many ties
    numbers += [rng.randrange(-10 ** k, 10 ** k) for k in range(1, 60) for _ in range(20)]
    numbers += [Fraction(rng.randrange(-10 ** k, 10 ** k), rng.randrange(1, 10 ** j))
                for k in range(1, 12) for j in range(1, 12) for _ in range(8)]
    script = (Path(micrograd.__file__).parent / "player" / "numbers.js").read_text("utf-8")
    given = json.dumps([_plain(x) for x in numbers])
    done = subprocess.run(["node"], input=f"{script}\nconsole.log(JSON.stringify({given}.map(short)))",
                          capture_output=True, text=True, check=True, encoding="utf-8")
    found = json.loads(done.stdout)
    assert len(found) == len(numbers) > 9000
    assert [(x, text) for x, text in zip(numbers, found) if text != picture_number(x)] == []


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("function, samples, error, told", [
    (lambda x: x * x, [], ValueError, "at least one sample"),
    (lambda x: 3.5, [(1.0,)], TypeError, "returns one Value, its loss, not float 3.5"),
    (lambda x: x * x, [(1.0,), (1.0, 2.0)], ValueError, "samples of one page have one structure"),
    (lambda x, y: x * x, [(1.0,)], TypeError, "argument"),
    (lambda x: x * x, [(object(),)], TypeError, "a sample is made of numbers"),
    (lambda x: x * x if x > 0 else -x, [(1.0,)], TypeError, "needs a decision"),
    (lambda x, k: x * {k: 2}[k], [(1.0, str(k)) for k in range(30)], ValueError,
     "the graph depends on k, of which the samples have 30")],
    ids=["no samples", "no Value", "structures", "arguments", "object", "decision", "kinds"])
def test_what_cannot_live_is_refused(function, samples, error, told, tmp_path):
    with pytest.raises(error, match=told):
        live(function, samples).save(tmp_path / "knobs.html")
    assert list(tmp_path.iterdir()) == []


# ── Samples of several kinds ──────────────────────────────────────────────────────────────────────

def test_samples_that_choose_by_an_index_have_graphs_of_their_own(browser, tmp_path):
    model = MLP(2, [3], activation=None, rng=random.Random(3))
    samples = [([0.5, -1.0], 1), ([1.5, 0.3], 0), ([-1.0, 0.2], 1), ([0.1, 0.4], 2)]

    def loss(x, k):
        return losses.cross_entropy(model(x), k)

    def right():
        leaves = dict(zip(browser.run("return source.live.leaves.map(({ name }) => name)"),
                          leaves_of(browser)))
        for p in model.parameters():
            p.data = leaves[p.label]
        x, k = browser.run("return source.sample")
        computed = [*gradients(loss([Value(y) for y in x], k)).items()]
        for i, (data, gradient, _, _) in told(browser).items():
            assert data == pytest.approx(computed[i][0].data, rel=1e-12)
            if gradient is not None:
                assert gradient == pytest.approx(computed[i][1], rel=1e-10, abs=1e-14)
        return k

    page = live(loss, samples, model, lr=0.1).save(tmp_path / "knobs.html")
    start = [p.data for p in model.parameters()]
    browser.open(page)
    seen = []
    for row in 2, 1, 4, 3:
        browser.run("document.querySelector(`#data-rows tr:nth-child(${arguments[0]}) input`)"
                    ".click()", row)
        seen.append(right())
    assert seen == [0, 1, 2, 1]
    browser.run("""const select = document.querySelector("#data-rows tr:nth-child(3) select");
        select.value = 2; select.dispatchEvent(new Event("change", { bubbles: true }));""")
    assert right() == 2
    browser.click("#train-reset")
    for _ in range(50):
        browser.run("document.getElementById('train-step').click()")
    right()
    trained = [p.data for p in model.parameters()]
    for p, x in zip(model.parameters(), start):
        p.data = x
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(50):
        model.zero_grad()
        (sum(loss(*sample) for sample in samples) / len(samples)).backward()
        optimizer.step()
    assert trained == pytest.approx([p.data for p in model.parameters()], rel=1e-9)
