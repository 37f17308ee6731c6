"""The pages that play: every step in a real browser, against the engine's own numbers."""

import json
import math
import os
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest

import micrograd
from micrograd import Value, cos, functions, op, play
from micrograd.engine import chain_rule
from micrograd.nn import MLP, Module, Parameter
from micrograd.optim import SGD
from micrograd.player.page import Film, Shape

# ── Graphs ────────────────────────────────────────────────────────────────────────────────────────

def two_two_one():
    """The 2-2-1 network, every multiplication written out."""
    def parameter(label, data):
        return Parameter(data, label=label)

    x1, x2 = Value(0.68, label="x1"), Value(-1.2, label="x2")
    z1 = parameter("w(1,1)", 0.5) * x1 + parameter("w(1,2)", -0.8) * x2 + parameter("b1", 0.1)
    z2 = parameter("w(2,1)", 1.1) * x1 + parameter("w(2,2)", 0.3) * x2 + parameter("b2", -0.2)
    h1, h2 = z1.tanh(), z2.tanh()
    y = parameter("v1", 0.9) * h1 + parameter("v2", -0.7) * h2 + parameter("c", 0.05)
    loss = (y - 1.0) ** 2
    for value, label in zip([z1, z2, h1, h2, y, loss], ["z1", "z2", "h1", "h2", "y", "loss"]):
        value.label = label
    return loss


@op("cube", lambda g, out, x: g * 3 * x ** 2)
def cube(x):
    return x ** 3


@op("wave", lambda g, out, x: g * math.cos(x))
def wave(x):
    """Whose rule is made for plain numbers alone."""
    return math.sin(x)


def every_operation(x=2.0, y=-3.0):
    x, y = Value(x, label="x"), Value(y, label="y")
    terms = [x + y, x - y, x * y, x / y, -x, abs(y), x ** 3, x ** -1, x ** 0.5, x ** 0, x ** y,
             y ** 2, y.exp(), x.log(), x.sqrt(), y.sin(), cos(x), y.tanh(), y.sigmoid(), x.relu(),
             y.relu(), x.maximum(y), x.minimum(y), micrograd.dot([x, y], [y, 0.5]), 1 / y, 2 - x,
             cube(y), wave(x), x * x, (-2.5) * x, x.maximum(x * 1), y * -2]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def used_often():
    x = Value(3.0, label="x")
    y = x * x
    y.label = "y"
    return y * x + y.tanh() - x


def dead_relu():
    w, x = Value(-1.5, label="w"), Value(2.0, label="x")
    return (w * x).relu() * x


def one_leaf():
    return Value(True, label="x")


def corners():
    x = Value(float("inf"), label="x")
    return x * 0.0 + Value(-1e-12, label="small") * 123456 + Value(2 ** 60)


def exact():
    x = Value(Fraction(1, 3), label="x")
    return x * x + x / Fraction(2, 7) + 10 ** 20


def not_a_number():
    x = Value(float("nan"), label="x")
    return x * x * -2.5 + Value(-math.inf) * 123456789


GRAPHS = {graph.__name__: graph for graph in
          (two_two_one, every_operation, used_often, dead_relu, one_leaf, corners, exact,
           not_a_number)}


def history(root):
    """What the engine computes: after each step, the data and the gradient of every value.

    None stands for what is not known yet.
    """
    order = micrograd.engine.topological_order(root)
    made = [value for value in order if value._prev]
    data = {value: None if value._prev else value.data for value in order}
    grads = dict.fromkeys(order)
    yield dict(data), dict(grads)
    for value in made:
        data[value] = value.data
        yield dict(data), dict(grads)
    grads[root] = 1                             # the others are not 0: nobody has computed them yet
    yield dict(data), dict(grads)
    for value in reversed(made):
        answer = chain_rule(value, grads[value])
        for x, amount in zip(value._prev, answer):
            grads[x] = (grads[x] or 0) + amount
        yield dict(data), dict(grads)


def number(text):
    """The number that a page tells."""
    if text in ("", "not known yet"):
        return None
    names = {"NaN": "nan", "∞": "inf", "−∞": "-inf"}
    text = text.replace("×10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return Fraction(text.replace("−", "-")) if "/" in text else \
        float(names.get(text, text).replace("−", "-"))


def same(told, computed):
    return told == computed or told != told and computed != computed


SHOWN = """return [...document.querySelectorAll(".node.value")].map((node) => [
    node.id, node.getAttribute("aria-label"), node.querySelector(".data").textContent,
    node.querySelector(".grad")?.textContent ?? null, node.classList.contains("unknown")])"""


# ── What the steps show ───────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_each_step_shows_the_numbers_of_the_engine(graph, browser, tmp_path):
    root = graph()
    order = micrograd.engine.topological_order(root)
    browser.open(play(root).save(tmp_path / "page.html"))
    steps = list(history(root))
    assert browser.run("return document.getElementById('step-slider').max") == str(len(steps) - 1)
    for step, (data, grads) in enumerate(steps):
        assert browser.step == step
        shown = browser.run(SHOWN)
        assert [name for name, *_ in shown] == [f"v{i}" for i in range(len(order))]
        for value, (name, label, short_data, short_grad, unknown) in zip(order, shown):
            full_data = number(re.search(r", data ([^,]*)", label)[1])
            assert same(full_data, data[value]), (step, label)
            assert unknown == (data[value] is None) == (short_data == "")
            if value.role == "constant":
                assert short_grad is None
                continue
            full_grad = number(re.search(r", gradient ([^,]*)", label)[1])
            assert same(full_grad, grads[value]), (step, label)
            if grads[value] is None:
                assert short_grad == ""
            else:
                told = number(short_grad.removeprefix("grad "))
                assert told == pytest.approx(float(grads[value]), rel=1e-3, nan_ok=True)
        browser.press("ARROW_RIGHT")
    assert browser.step == len(steps) - 1       # and there it ends


def test_the_page_agrees_with_backward(browser, tmp_path):
    root = every_operation()
    root.backward()
    browser.open(play(root).save(tmp_path / "page.html"), "#step=1000")
    for value, (_, label, *_) in zip(micrograd.engine.topological_order(root), browser.run(SHOWN)):
        if value.role != "constant":
            assert number(re.search(r", gradient ([^,]*)", label)[1]) == value.grad


def rows(browser):
    return [" ".join(text.split()) for text in browser.texts("#rows .row")]


def test_the_panel_tells_the_rule_with_names_then_numbers_then_the_sum(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"))
    told = {}
    for step in range(34):
        told[browser.text("#phase")] = browser.text("#headline"), rows(browser)
        browser.press("ARROW_RIGHT")
    assert told["Start"][1] == []
    assert told["Seed"][1] == ["loss.grad = 1"]
    assert told["Forward 3 of 16"][1] == ["#7 = #3 + #6 = 0.34 + 0.96 = 1.3"]
    assert told["Forward 16 of 16"][1] == ["loss = #26² = (−0.2833)² = 0.08023"]
    assert told["Backward 1 of 16"][1] == [
        "#26.grad += 2 · #26 · loss.grad = 2 · (−0.2833) · 1 = −0.5665 "
        "0 → −0.5665 · complete: it is used once"]
    assert told["Backward 11 of 16"] == ("The rule of × passes on #11.grad = −0.5665.", [
        "v1.grad += h1 · #11.grad = 0.8854 · (−0.5665) = −0.5016 "
        "0 → −0.5016 · complete: it is used once",
        "h1.grad += v1 · #11.grad = 0.9 · (−0.5665) = −0.5099 "
        "0 → −0.5099 · complete: it is used once"])


def test_a_value_used_twice_receives_twice(browser, tmp_path):
    x = Value(3.0, label="x")
    square = x * x
    square.label = "y"
    browser.open(play(square + x).save(tmp_path / "page.html"), "#step=5")
    assert rows(browser) == ["x.grad += x · y.grad = 3 · 1 = 3 1 → 4 · 2 of 3 additions",
                             "x.grad += x · y.grad = 3 · 1 = 3 4 → 7 · complete: 3 of 3 additions"]
    browser.press("ARROW_LEFT")
    assert "grad 1" in browser.texts("#v0 text")
    assert "x.grad += #2.grad = 1 0 → 1 · 1 of 3 additions" in rows(browser)


def test_the_panel_tells_why_a_rule_chose(browser, tmp_path):
    browser.open(play(dead_relu()).save(tmp_path / "page.html"), "#step=6")
    assert rows(browser) == ["#2.grad += 0 as #2 ≤ 0 = 0 0 → 0 · complete: it is used once"]


def test_numbers_of_every_kind_are_told_shortly(browser, tmp_path):
    n, x = Value(-2 ** 5000, label="n"), Value(Fraction(123456789012, 98765432109877), label="x")
    browser.open(play(n * n).save(tmp_path / "page.html"), "#step=1")
    assert rows(browser) == ["#1 = n · n = −1.412×10¹⁵⁰⁵ · (−1.412×10¹⁵⁰⁵) = 1.995×10³⁰¹⁰"]
    browser.open(play(1 / (x / Fraction(-2, 7))).save(tmp_path / "page.html"), "#step=1")
    assert rows(browser) == ["#3 = x / (−2/7) = 0.00125 / (−2/7) = −0.004375"]
    browser.open(play((Value(Fraction(1, 3)) + 1).exp()).save(tmp_path / "page.html"), "#step=2")
    assert rows(browser) == ["#3 = exp(#2) = exp(4/3) = 3.794"]


def test_a_gradient_that_is_no_number_does_not_look_like_0(browser, tmp_path):
    browser.open(play(not_a_number()).save(tmp_path / "page.html"), "#step=100")
    looks = browser.run("return [...document.querySelectorAll('#graph .arrow')]"
                        ".map((g) => g.classList[1])")
    assert "nan" in looks and "zero" not in looks
    assert "NaN" in browser.texts("#legend li")
    browser.open(play(dead_relu()).save(tmp_path / "page.html"))
    assert "NaN" not in browser.texts("#legend li")


def test_operations_are_written_as_pictures_write_them(browser, tmp_path):
    x = Value(3.0, label="x")
    browser.open(play(-(x * 2 - x) ** 2).save(tmp_path / "page.html"))
    assert sorted(browser.texts(".op text")) == ["**", "neg", "×", "−"]


def test_the_operation_of_a_step_and_its_arrows_light_up(browser, tmp_path):
    browser.open(play(used_often()).save(tmp_path / "page.html"), "#step=1")

    def lit():
        return browser.run("return [...document.querySelectorAll('.active')].map((g) => g.id)")

    def colours():
        return browser.run("return [...document.querySelectorAll('#graph .arrow')]"
                           ".map((g) => g.getAttribute('class').split(' ')[1] || '')")

    assert lit() == ["e0", "e1", "e2", "v1", "o1"]
    assert set(colours()[3:]) == {"ahead"}
    browser.press("END")
    assert lit() == ["e0", "e1", "e2", "v0", "v1", "o1"]
    assert set(colours()) == {"positive", "negative"}


def test_closed_boxes_play(browser, tmp_path):
    model = MLP(2, [3, 1], activation=functions.tanh, rng=random.Random(0))
    a, b = Value(0.5, label="a"), Value(-1.0, label="b")
    loss = (model([a, b]) - 1) ** 2
    loss.backward()
    browser.open(play(loss, model, depth=1).save(tmp_path / "page.html"), "#step=1")
    assert browser.texts(".box .label") == ["layers.0 · Layer", "layers.1 · Layer"]
    assert browser.texts(".group text") == ["⊟ MLP"]
    assert browser.texts(".box .grad") == ["", ""]
    hidden = [f"#{i} = {x:.4g}".replace("-", "−") for i, x in _results(loss, model.layers[0])]
    assert rows(browser) == hidden
    browser.press("END")
    for layer, text in zip(model.layers, browser.texts(".box .grad")):
        norm = math.hypot(*[parameter.grad for parameter in layer.parameters()])
        assert number(text.removeprefix("‖grad‖ ")) == pytest.approx(norm, rel=1e-3)
    gradients = {label.split(",")[0]: number(re.search(r", gradient ([^,]*)", label)[1])
                 for _, label, _, grad, _ in browser.run(SHOWN) if grad is not None}
    # A closed box adds up what it hides before it passes it on.
    assert gradients["a"] == pytest.approx(a.grad) and gradients["b"] == pytest.approx(b.grad)


def network_of_boxes():
    model = MLP(2, [3, 1], activation=functions.tanh, rng=random.Random(0))
    return (model([Value(0.5, label="a"), Value(-1.0, label="b")]) - 1) ** 2, model


def test_boxes_open_and_close(browser, tmp_path):
    loss, model = network_of_boxes()
    film = Film(model, depth=1)
    loss.backward()
    film.add(loss)
    for player in play(loss, model, depth=1), film:
        browser.open(player.save(tmp_path / "page.html"), "#step=8")
        phase = browser.text("#phase").split()[0]

        def boxes():
            return len(browser.texts(".box")), len(browser.texts(".group"))

        assert boxes() == (2, 1)                # two closed layers in the open network
        browser.click(".box .note")
        assert boxes() == (4, 3)
        browser.click(".box .note")
        assert boxes() == (0, 7)                # of everything, down to the neurons
        assert browser.text("#phase").split()[0] == phase == "Backward"
        for value, (_, label, *_) in zip(micrograd.engine.topological_order(loss),
                                         browser.run(SHOWN)):
            assert number(re.search(r", data ([^,]*)", label)[1]) == pytest.approx(value.data)
        browser.click(".group text")            # the network
        assert boxes() == (1, 0)
        browser.press("HOME", "END")
        browser.run("document.querySelector('.box').focus()")
        browser.press("ENTER")
        assert boxes() == (2, 1)
        browser.press("ESCAPE")
        assert boxes() == (1, 0)


def _results(root, layer):
    biases = {neuron.b for neuron in layer.neurons}
    order = micrograd.engine.topological_order(root)
    return [(i, value.data) for i, value in enumerate(order) if value._op == "tanh"
            and biases.intersection(value._prev[0]._prev)]


# ── Going from step to step ───────────────────────────────────────────────────────────────────────

def test_keys(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"))
    steps = []
    for key in ["ARROW_RIGHT", "ARROW_RIGHT", "ARROW_LEFT", "END", "ARROW_RIGHT", "ARROW_LEFT",
                "HOME", "ARROW_LEFT"]:
        browser.press(key)
        steps.append(browser.step)
    assert steps == [1, 2, 1, 33, 33, 32, 0, 0]


def test_space_plays_and_pauses(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"))
    browser.run("const speed = document.querySelector('select'); speed.value = '20';")
    browser.press(" ")
    assert browser.run("return document.querySelector('.play').ariaLabel") == "Pause step"
    browser.wait("return document.getElementById('step-slider').value > 2")
    assert browser.text("#live") == ""          # a screen reader is left in peace
    browser.press(" ")
    stopped = browser.step
    assert browser.run("return document.querySelector('.play').ariaLabel") == "Play step"
    assert f"Forward {stopped} of 16" in browser.text("#live")
    browser.run("return new Promise((done) => setTimeout(done, 200))")
    assert browser.step == stopped < 33
    browser.press("END", " ")                   # from the end, it plays from the beginning
    browser.wait("const at = document.getElementById('step-slider').value; return at > 0 && at < 9")
    browser.press("ARROW_LEFT")                 # whoever steps takes over
    assert browser.run("return document.querySelector('.play').ariaLabel") == "Play step"


def test_it_stops_at_the_end(browser, tmp_path):
    browser.open(play(dead_relu()).save(tmp_path / "page.html"), "#step=6")
    browser.run("document.querySelector('select').value = '20'")
    browser.click("button.play")
    browser.wait("return document.getElementById('live').textContent.startsWith('Backward 3 of 3')")
    assert browser.run("return document.querySelector('.play').ariaLabel") == "Play step"


def test_buttons_and_slider(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"))
    enabled = "return ['first', 'previous', 'next', 'last'].map((name) => " \
              "document.querySelector('button.' + name).ariaDisabled === 'false')"
    assert browser.run(enabled) == [False, False, True, True]
    for name, step in [("next", 1), ("last", 33), ("previous", 32), ("first", 0)]:
        browser.click(f"button.{name}")
        assert browser.step == step
    # At an end a button does nothing, but keeps the focus.
    assert browser.run("return document.activeElement.className") == "first"
    browser.click("button.first")
    assert browser.step == 0
    browser.run("document.getElementById('step-slider').focus()")
    browser.press("ARROW_RIGHT", "ARROW_RIGHT", "ARROW_UP")
    assert browser.step == 3 and browser.text("#phase") == "Forward 3 of 16"
    slider = "return document.getElementById('step-slider').getAttribute('aria-valuetext')"
    assert browser.run(slider) == "Step 3 of 33 · forward"
    browser.press(" ")                          # plays, whatever has the focus
    assert browser.run("return document.querySelector('.play').ariaLabel") == "Pause step"


def test_a_step_has_an_address(browser, tmp_path):
    page = play(two_two_one()).save(tmp_path / "page.html")
    browser.open(page, "#step=12")
    assert browser.text("#phase") == "Forward 12 of 16"
    browser.press("ARROW_RIGHT")
    browser.wait("return location.hash === '#step=13'")
    browser.run("location.hash = '#step=30'")
    browser.wait("return document.getElementById('step-slider').value === '30'")
    for address, step in [("#step=999", 33), ("#step=-3", 0), ("#nonsense", 0), ("", 0)]:
        assert browser.open(page, address).step == step


# ── Everyone can read it ──────────────────────────────────────────────────────────────────────────

def test_each_box_can_be_reached_and_tells_all_its_digits(browser, tmp_path):
    third = Value(1 / 3, label="third")
    root = (third * 3.0).exp()
    browser.open(play(root).save(tmp_path / "page.html"), "#step=5")
    def focused():
        return browser.run("return document.activeElement.id")

    for _ in range(12):
        browser.press("TAB")
        if focused().startswith("v"):
            break
    assert focused() == "v3"                    # the graph is one stop of the tab key: the result
    reached = [focused()]
    for _ in range(10):
        browser.press("ARROW_LEFT")
        reached.append(focused())
    for key in "ARROW_DOWN", "ARROW_UP", "ARROW_UP":
        browser.press(key)
        reached.append(focused())
    assert {"v0", "v1", "v2", "o2", "v3", "o3"} == set(reached)
    assert browser.step == 5                    # within the graph, arrows do not step
    browser.run("document.getElementById('v0').focus()")
    told = browser.texts("#details dd")
    browser.press("TAB")
    assert browser.run("return document.activeElement.closest('svg')") is None
    assert told[:3] == ["third (v0)", "0.3333333333333333", "8.154845485377136"]
    browser.hover("#v3 .shape")
    assert browser.texts("#details dd")[1:4] == ["exp(#2)", "= exp(1)", "2.718281828459045"]
    assert browser.run("return document.getElementById('v3').getAttribute('aria-label')") == \
        "#3, output, data 2.718281828459045, gradient 1, #3 = exp(#2)"


def test_everything_has_a_name(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"))
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    spoken = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree
              if not node["ignored"]]
    for role in "button", "slider", "combobox", "image", "img", "group", "status":
        assert all(name for r, name in spoken if r == role and role != "status"), role
    assert ("slider", "Step") in spoken and ("button", "Next step") in spoken
    assert ("heading", "Backpropagation of loss") in spoken
    assert browser.driver.title == "Backpropagation of loss"


def test_light_dark_calm_and_print(browser, tmp_path):
    page = play(two_two_one()).save(tmp_path / "page.html")
    style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    moving = ".arrow.active path", "animationName"
    browser.open(page, "#step=1")
    assert browser.run(style, "body", "backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run(style, *moving) == "flow"
    browser.open(page, "#step=1", theme="dark", motion="reduce")
    assert browser.run(style, "body", "backgroundColor") == "rgb(13, 17, 23)"
    assert browser.run(style, *moving) == "none"
    browser.open(page, "#step=1", media="print", theme="dark")
    assert browser.run(style, "#controls", "display") == "none"
    assert browser.run(style, "#graph", "display") != "none"
    assert browser.run(style, "body", "backgroundColor") == "rgb(255, 255, 255)"


ACTIVE_IN_SIGHT = """
    const box = document.querySelector(".node.op.active .shape").getBoundingClientRect();
    const view = document.getElementById("view").getBoundingClientRect();
    return box.left >= view.left && box.right <= view.right && box.top >= view.top
        && box.bottom <= view.bottom"""


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (640, 400)],
                         ids=["slide", "telephone", "slide at 200 %"])
def test_the_page_fits_and_follows(size, browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"), size=size)
    for key in "HOME", "END", "HOME":
        browser.press(key, "ARROW_RIGHT")
        assert browser.run("return document.documentElement.scrollWidth") <= size[0]
        browser.wait(ACTIVE_IN_SIGHT)


def two_layers():
    model = MLP(2, [2, 1], rng=random.Random(0))
    return (model([0.5, -1.0]) - 2) ** 2, model


def shallow():
    return sum([Value(i, label=f"x{i}") * Value(i + 1, label=f"w{i}") for i in range(1, 4)])


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
@pytest.mark.parametrize("graph, arranged", [(lambda: (shallow(), None), ""),
                                             (lambda: (two_two_one(), None), "wide")])
def test_a_graph_that_nearly_fits_begins_whole(graph, arranged, size, browser, tmp_path):
    page = play(*graph()).save(tmp_path / "page.html")
    assert browser.open(page, size=size).run("""
        const view = document.getElementById("view");
        return view.scrollWidth <= view.clientWidth && view.scrollHeight <= view.clientHeight""")
    assert browser.run("return document.body.className") == arranged


def test_an_address_in_a_large_graph_is_in_sight_at_once(browser, tmp_path):
    browser.open(play(thousand()).save(tmp_path / "page.html"), "#step=600")
    assert browser.run(ACTIVE_IN_SIGHT)


@pytest.mark.parametrize("graph", [corners, exact, not_a_number, two_two_one])
def test_nothing_sticks_out_of_its_box(graph, browser, tmp_path):
    root = graph() * Value(1.0, label="W" * 32 + "\n" + "漢" * 20) * 1e-300
    browser.open(play(root).save(tmp_path / "page.html"), "#step=1000")
    assert browser.run("""
        return [...document.querySelectorAll(".node text")].filter((text) => {
            const [inner, outer] = [text, text.parentNode.querySelector(".shape")]
                .map((element) => element.getBoundingClientRect());
            return inner.left < outer.left || inner.right > outer.right
                || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
        }).map((text) => text.textContent)""") == []


CONTRASTS = """
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const over = (colour, below) => {
        const [r, g, b, alpha = 1] = parts(colour);
        return [r, g, b].map((x, i) => x * alpha + below[i] * (1 - alpha));
    };
    const light = (colour) => colour.reduce((sum, x, i) => sum + [0.2126, 0.7152, 0.0722][i]
        * (x <= 10 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4), 0);
    const style = (element) => getComputedStyle(element);
    function ground(element) {
        if (!element) return [255, 255, 255];
        const shape = element.matches("text")
            && element.parentElement.querySelector(".shape, rect:not(.halo)");
        const fill = shape && style(shape).fill;
        return over(fill && fill !== "none" ? fill : style(element).backgroundColor,
                    ground(element.parentElement));
    }
    const written = [...document.querySelectorAll("body *:not(script):not(option)")].filter((e) =>
        [...e.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())
        && e.getClientRects().length && !e.closest("[aria-disabled=true]"));
    return written.map((e) => {
        const below = ground(e), colour = e.namespaceURI.endsWith("svg") ? "fill" : "color";
        const [a, b] = [light(over(style(e)[colour], below)), light(below)];
        return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent];
    });"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_that_is_written_has_contrast(theme, browser, tmp_path):
    film, _ = training(2)
    network = MLP(2, [2, 1], rng=random.Random(0))
    closed = play(network([Value(1.0), Value(2.0)]), network, depth=1)
    falls = sum(Value(1.0) * -2.0 for _ in range(3))
    for player in film, closed, play(*two_layers()), play(two_two_one()), play(falls):
        page = player.save(tmp_path / "page.html")
        for step in 1, 12, 1000:
            browser.open(page, f"#step={step}", theme=theme)
            told = browser.run(CONTRASTS)
            assert len(told) > 20
            assert [pair for pair in told if pair[0] < 4.5] == []


def test_large_for_a_projector_follows_what_is_active(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"))
    size = "return [document.querySelector('.data').getBoundingClientRect().height, " \
           "parseFloat(getComputedStyle(document.getElementById('headline')).fontSize)]"
    before = browser.run(size)
    browser.press("l")
    assert all(now > 1.4 * then for now, then in zip(browser.run(size), before, strict=True))
    for key in "HOME", "END", "ARROW_LEFT":
        browser.press(key, "ARROW_RIGHT")
        browser.wait(ACTIVE_IN_SIGHT)
    browser.press("l")
    assert browser.run(size) == before
    browser.press("b")                          # and to where backward begins
    assert browser.text("#phase") == "Seed"


def test_it_prints_on_one_page(browser, tmp_path):
    import base64
    film, _ = training(3)
    for player in play(two_two_one()), play(*two_layers()), film:
        browser.open(player.save(tmp_path / "page.html"), "#step=20")
        pdf = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {
            "landscape": True, "printBackground": True})["data"])
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_on_a_telephone_the_explanation_is_seen_and_fingers_find_what_they_press(browser, tmp_path):
    browser.open(play(two_two_one()).save(tmp_path / "page.html"), "#step=20")
    browser.emulate("setTouchEmulationEnabled", enabled=True)
    browser.emulate("setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1,
                    mobile=True)
    try:
        browser.driver.refresh()
        assert browser.run("return matchMedia('(pointer: coarse)').matches")
        seen = browser.run("""
            const { top, bottom } = document.querySelector("#rows .row").getBoundingClientRect();
            const controls = document.getElementById("controls").getBoundingClientRect();
            return [top, bottom, controls.top];""")
        assert 0 < seen[0] < seen[1] < seen[2]
        small = browser.run("""return [...document.querySelectorAll("button, select, input")]
            .filter((x) => x.getClientRects().length).map((x) => x.getBoundingClientRect())
            .filter(({ width, height }) => width < 43.9 || height < 43.9).length""")
        assert small == 0
        browser.click("#fit")
        assert browser.run("""const view = document.getElementById("view");
            return view.scrollWidth <= view.clientWidth + 1""")
    finally:
        browser.emulate("setTouchEmulationEnabled", enabled=False)


# ── A page that keeps to itself ───────────────────────────────────────────────────────────────────

HOSTILE = ["<script>window.hacked = 1</script>", "</script><script>window.hacked = 2</script>",
           "</style><style>* { display: none }</style>", "--><img src=x onerror=hacked=3><!--",
           "\"'><b onclick='hacked=4'>", "{{data}}", "{{policy}}", "${hacked=5}", "&lt;&amp;&#60;",
           "\\u003cscript\\u003e", "a -- b", "\u202egrad eht\u202c", "שלום αβγ 漢字 🙂 é\u0301",
           "]]><![CDATA[", "back\\slash", "line\u2028separator", "two\nlines", "\x00\x07", "%s %d"]


def test_labels_and_captions_are_text(browser, tmp_path):
    leaves = [Value(float(i), label=label) for i, label in enumerate(HOSTILE)]

    @op("<i>&lt;", lambda g, out, x: g)
    def strange(x):
        return x

    root, film = sum(map(strange, leaves)), Film()
    root.label = HOSTILE[1]
    for caption in HOSTILE:
        film.add(root, caption)
    browser.open(film.save(tmp_path / "page.html"))
    assert browser.run("return window.hacked") is None
    markup = "return document.querySelectorAll('script, style, img, b, i:not([class])').length"
    assert browser.run(markup) == 3             # the page's own style, data and script
    names = [label.split(", input, data")[0]
             for _, label, *_ in browser.run(SHOWN) if ", input, data" in label]
    assert sorted(names) == sorted(HOSTILE)
    lines = browser.texts(".value.input .label")
    for label in HOSTILE:
        for line in label.replace("\x00\x07", "\ufffd\ufffd").splitlines():
            assert (line if len(line) <= 32 else line[:31] + "…") in lines
    assert browser.text("#title") == f"Training of {HOSTILE[1]}"
    assert "<i>&lt;" in browser.texts(".op text")
    for i, caption in enumerate(HOSTILE):
        browser.run(f"location.hash = '#frame={i}'")
        browser.wait("return document.getElementById('training-step-slider').value == arguments[0]",
                     str(i))
        assert browser.text("#caption") == caption
    for step in range(2 * len(leaves)):
        browser.press("ARROW_LEFT")
    assert browser.run("return window.hacked") is None


def test_the_policy_forbids_all_but_the_page_itself(one_browser, tmp_path):
    browser, page = one_browser, tmp_path / "page.html"
    browser.open(play(dead_relu()).save(page))
    policy = browser.run("return document.querySelector('meta[http-equiv]').content")
    assert re.fullmatch(r"default-src 'none'; script-src 'sha256-[\w+/=]{44}'; "
                        r"style-src 'sha256-[\w+/=]{44}'", policy)
    assert browser.complaints() == [] and page.as_uri() in browser.requests()
    browser.run("""
        const add = (tag, more) =>
            document.body.append(Object.assign(document.createElement(tag), more));
        add("script", { textContent: "window.hacked = 1" });
        add("style", { textContent: "body { opacity: 0 }" });
        add("img", { src: "https://example.com/x.png" });
        add("iframe", { src: "https://example.com/" });
        document.body.setAttribute("style", "opacity: 0");
        fetch("https://example.com/").catch(() => { window.refused = true; });""")
    browser.wait("return window.refused")
    assert browser.run("return window.hacked") is None
    assert browser.run("return getComputedStyle(document.body).opacity") == "1"
    refusals = [text for text in browser.complaints() if "Content Security Policy" in text]
    assert len(refusals) >= 6
    assert [url for url in browser.requests() if url.startswith("http")] == []


def test_it_runs_in_a_notebook(browser, tmp_path):
    player = play(two_two_one())
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><meta charset=utf-8>{player._repr_html_()}", "utf-8")
    browser.open(notebook)
    assert browser.run("return document.querySelector('iframe').getAttribute('sandbox')") == \
        "allow-scripts"
    browser.driver.switch_to.frame(0)
    try:
        browser.click("button.next")
        browser.press("ARROW_RIGHT")
        assert browser.text("#phase") == "Forward 2 of 16"
        browser.run("return new Promise((done) => setTimeout(done, 100))")  # it has no address
        assert browser.run("return document.body.className") == "wide"
    finally:
        browser.driver.switch_to.default_content()


# ── Training ──────────────────────────────────────────────────────────────────────────────────────

def training(steps):
    """A film of a 2-2-1 network on one row, and what was to be recorded."""
    network = MLP(2, [2, 1], activation=functions.tanh, rng=random.Random(1))
    optimizer = SGD(network.parameters(), lr=0.05)
    film, recorded = Film(), []
    for step in range(steps):
        x1, x2, target = (Value(x, label=label) for x, label in
                          [(0.5, "x1"), (-1.0, "x2"), (0.8, "target")])
        loss = (network([x1, x2]) - target) ** 2
        loss.label = "loss"
        network.zero_grad()
        loss.backward()
        film.add(loss, f"step {step}")
        recorded.append([(value.data, value.grad) for value in
                         micrograd.engine.topological_order(loss)])
        optimizer.step()
    return film, recorded


def test_the_film_follows_the_training(browser, tmp_path):
    film, recorded = training(300)
    page = Path(film.save(tmp_path / "training.html"))
    assert page.stat().st_size < 1_000_000
    browser.open(page)
    assert browser.text("#phase").startswith("Backward")       # it begins with all to be seen
    assert browser.run("return document.getElementById('training-step-slider').max") == "299"
    slopes = set()
    for frame in 0, 1, 2, 150, 299:
        browser.run(f"location.hash = '#frame={frame}'")
        browser.wait("return document.getElementById('training-step-slider').value == arguments[0]",
                     str(frame))
        assert browser.text("#caption") == f"step {frame}"
        for (data, grad), (name, label, _, short_grad, _) in zip(recorded[frame],
                                                                 browser.run(SHOWN)):
            assert number(re.search(r", data ([^,]*)", label)[1]) == pytest.approx(data, rel=1e-6)
            if short_grad is not None:
                told = number(re.search(r", gradient ([^,]*)", label)[1])
                assert told == pytest.approx(grad, rel=1e-6)
        slopes.add(tuple(browser.run(
            "return [...document.querySelectorAll('#graph .arrow')].map((arrow) => "
            "arrow.getAttribute('class') + arrow.firstChild.style.strokeWidth)")))
    assert len(slopes) > 1                      # the colours and widths of arrows follow, too
    assert browser.run("return document.querySelector('#curve path').getTotalLength()") > 300


def test_the_keys_of_a_film(browser, tmp_path):
    film, _ = training(20)
    browser.open(film.save(tmp_path / "training.html"), "#step=3&frame=7")
    at = "return [document.getElementById('training-step-slider').value, " \
         "document.getElementById('step-slider').value]"
    assert browser.run(at) == ["7", "3"]
    browser.press("SHIFT+ARROW_RIGHT", "SHIFT+ARROW_RIGHT", "ARROW_LEFT")
    assert browser.run(at) == ["9", "2"]
    browser.wait("return location.hash === '#step=2&frame=9'")
    browser.press("SHIFT+END")
    assert browser.run(at) == ["19", "2"] and browser.text("#caption") == "step 19"
    browser.run("document.querySelector('#training-step-controls select').value = '60'")
    browser.click("#training-step-controls .play")
    browser.wait("return document.getElementById('training-step-slider').value !== '19'")
    browser.click("#step-controls .next")       # whoever steps takes over
    assert browser.run("return document.querySelectorAll('[aria-label^=Pause]').length") == 0
    browser.run("""
        const curve = document.getElementById('curve'), box = curve.getBoundingClientRect();
        curve.dispatchEvent(new PointerEvent('pointerdown', { clientX: box.right - 2 }));""")
    assert browser.run(at)[0] == "19"


def test_a_film_of_numbers_beyond_small_floats(browser, tmp_path):
    film = Film()
    for data in 1e200, 1.5, float("inf"), float("nan"), Fraction(1, 3):
        film.add(Value(data, label="x") * 1)
    browser.open(film.save(tmp_path / "page.html"))
    shown = []
    for _ in range(5):
        shown.append(browser.text("#v0 .data"))
        browser.press("SHIFT+ARROW_RIGHT")
    assert shown == ["1×10²⁰⁰", "1.5", "∞", "NaN", "0.3333"]


# ── Size ──────────────────────────────────────────────────────────────────────────────────────────

def thousand():
    model = MLP(2, [4, 4, 1], rng=random.Random(0))
    return sum([(model([Value(0.1 * i), Value(1.0)]) - 1) ** 2 for i in range(30)])


def test_a_step_of_a_large_graph_changes_little(browser, tmp_path):
    player = play(thousand())
    assert "of 1026 values" in repr(player)
    browser.open(player.save(tmp_path / "page.html"), "#step=600")
    browser.wait("return document.querySelectorAll('.node.value').length === 1026")
    changed = browser.run("""
        const seen = new Set();
        const observer = new MutationObserver((all) => all.forEach((one) => seen.add(one.target)));
        observer.observe(document.getElementById("graph"), {
            subtree: true, childList: true, attributes: true, characterData: true });
        for (let i = 0; i < 100; i++) {
            document.body.dispatchEvent(
                new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
            document.getElementById("graph").getBoundingClientRect();
        }
        observer.takeRecords().forEach((one) => seen.add(one.target));
        return seen.size;""")
    assert browser.step == 700
    assert changed < 100 * 40                   # of about 10,000 elements, few a step


def test_a_graph_too_large_to_play_is_refused():
    x = Value(1.0)
    for _ in range(2100):
        x = x.tanh()
    with pytest.raises(ValueError, match="2,101 .* too large to play.* close boxes.*depth=1"):
        play(x)
    with pytest.raises(ValueError, match="close boxes first"):
        Film().add(x)


def test_closing_boxes_makes_it_playable():
    model = MLP(2, [16, 16, 1], rng=random.Random(0))
    loss = sum([(model([Value(0.1 * i), Value(1.0)]) - 1) ** 2 for i in range(40)])
    with pytest.raises(ValueError, match="close boxes first"):
        play(loss, model)
    assert len(Shape(loss, model, 0).scene.closed) >= 1
    play(loss, model, depth=0)


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────

def test_only_a_value_can_be_played():
    with pytest.raises(TypeError, match="only the computation of a Value can be played, not 3.5"):
        play(3.5)


def test_an_operation_without_a_rule_cannot_be_played():
    x = Value(1.0)
    with pytest.raises(TypeError, match="'mystery' has no rule"):
        play(Value(2.0, (x,), "mystery"))


def test_numbers_that_have_been_changed_are_refused():
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    film, loss = Film(), w * x
    loss.label = "loss"
    film.add(loss)
    w.data = 5.0
    with pytest.raises(ValueError, match=r"loss = \* of 5.0, 3.0 was 6.0.*before the optimiser"):
        film.add(loss)
    assert repr(film) == "Film of 1 times 3 values"


@pytest.mark.parametrize("other, told", [
    (lambda x, y: x * y + x, "it has 3 values, this one 4"),
    (lambda x, y: x + y, r"there v2 is a '\*', here a '\+'"),
    (lambda x, y: x * 2.0, r"there v1 is a leaf \(input\), here a leaf \(constant\)"),
    (lambda x, y: (x * y) * y, "it has 3 values, this one 4")])
def test_a_film_has_one_shape(other, told):
    film = Film()
    film.add(Value(2.0) * Value(3.0))
    with pytest.raises(ValueError, match="every graph of a film has the same shape.*" + told):
        film.add(other(Value(2.0), Value(3.0)))
    assert repr(film) == "Film of 1 times 3 values"


def test_a_film_of_other_inputs_is_refused():
    film, x, y = Film(), Value(2.0), Value(3.0)
    film.add(x * y + y)
    with pytest.raises(ValueError, match=r"there the inputs of v3, a '\+', are others"):
        film.add(x * y + x)


def test_a_notebook_that_is_not_trusted_shows_a_sentence():
    frame = play(two_two_one())._repr_html_()
    assert re.fullmatch(r"<iframe [^<>]*>[^<>]*trust this notebook[^<>]*</iframe>", frame)


def test_an_empty_film_is_refused(tmp_path):
    assert "film.add(loss) records" in Film()._repr_html_() and "empty" in repr(Film())
    with pytest.raises(ValueError, match="the film is empty"):
        Film().save(tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_saving_is_whole_or_not_at_all(tmp_path, monkeypatch):
    player, path = play(dead_relu()), tmp_path / "page.html"
    assert player.save(str(path)) == player.save(path) == str(path)
    page = path.read_bytes()
    with pytest.raises(OSError):
        player.save(tmp_path / "no such folder" / "page.html")
    monkeypatch.setattr(os, "replace", lambda *paths: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        player.save(path)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == page


def test_playing_leaves_the_graph_as_it_was():
    root = two_two_one()
    root.backward()
    order = micrograd.engine.topological_order(root)
    before = [(value.data, value.grad, value.label) for value in order]
    play(root)._page()
    assert [(value.data, value.grad, value.label) for value in order] == before


def test_the_same_computation_gives_the_same_page():
    assert play(two_two_one())._page() == play(two_two_one())._page()


def test_a_parameter_without_a_label_is_called_by_its_place():
    class Scaled(Module):
        def __init__(self):
            self.scale = Parameter(0.7)

        def __call__(self, x):
            return self.scale * x

    model = Scaled()
    page = play(model(Value(2.0)), model)._page()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])
    assert [value["name"] for value in data["graphs"][data["open"]]["values"]] == [
        "scale", "#1", "#2"]


# ── Forced colours ────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("theme", ["light", "dark"])
def test_with_forced_colours_every_text_differs_from_what_it_stands_on(theme, browser, tmp_path):
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    page = play((x * y).tanh() + x).save(tmp_path / "page.html")
    browser.open(page, "#step=3")
    browser.emulate("setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"},
                                                  {"name": "prefers-color-scheme", "value": theme}])
    assert browser.run("return matchMedia('(forced-colors: active)').matches")
    alike = browser.run("""
        const of = (element) => getComputedStyle(element).fill;
        return [...document.querySelectorAll("#graph .node text")].filter((text) =>
            of(text) === of(text.closest(".node").querySelector(".shape"))).map((t) => t.textContent)
    """)
    browser.emulate("setEmulatedMedia", features=[])
    assert alike == []
