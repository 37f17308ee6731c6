"""The article: its numbers are the engine's, it works in a browser, and it can be read without."""

import json
import math
import random
import re
from pathlib import Path

import pytest

from micrograd.losses import mse_loss
from micrograd.optim import SGD

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "demos" / "what_is_a_parameter.html"


@pytest.fixture(scope="module")
def article(demo):
    return demo.module("what_is_a_parameter")


@pytest.fixture(scope="module")
def saved(article):
    return json.loads(article.MODEL.read_text("utf-8"))


@pytest.fixture(scope="module")
def html(article, saved):
    return article.page(saved)


@pytest.fixture
def page(browser, html, tmp_path):
    path = tmp_path / "article.html"
    path.write_text(html, "utf-8")
    return browser.open(path)


@pytest.fixture(scope="module")
def trees(demo):
    """The scaled rows of the trees, how large a unit is, and a new network."""
    tables, program = demo.module("tables"), demo.module("two_two_one")
    _, table = tables.read(tables.TREES)
    scale = tables.Scale(table)
    return [scale(row) for row in table], scale.unit, lambda: program.TwoTwoOne(random.Random(1))


def text(html):
    """What a reader sees who has no script."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def prose(html):
    """The page without its programs and what depends on them."""
    return re.sub(r"<script>.*?</script>|script-src '[^']*'", "", html, flags=re.S)


def number(text):
    return float(text.replace("−", "-").replace("+", ""))


def typical(network, rows, unit):
    loss = mse_loss([network(x1, x2) for x1, x2, _ in rows], [y for *_, y in rows])
    return math.sqrt(loss.data) * unit


# ── The file ──────────────────────────────────────────────────────────────────────────────────────

def test_the_page_in_the_repository_is_the_one_that_it_makes(html):
    assert prose(KEPT.read_text("utf-8")) == prose(html), "run demos/what_is_a_parameter.py"


def test_it_is_one_small_file_that_asks_for_nothing(html):
    assert len(html.encode()) < 1_000_000
    assert "default-src 'none'" in html and "http" not in html.replace("http-equiv", "")


def test_it_can_be_read_without_a_script(html):
    words = text(html)
    order = ["A parameter is a number that a model learns", "bias", "recipe", "hidden neurons",
             "begin at random", "The gradient", "So look at all",
             "68,976,648,192", "What error could"]
    assert [words.index(phrase) for phrase in order] == sorted(words.index(p) for p in order)
    assert 800 < len(words.split()) < 2200      # five to ten minutes
    assert "{{" not in html and html.count("<svg") > 6


def test_the_numbers_in_the_text_are_those_of_the_engine(html, trees):
    rows, unit, new = trees
    network, words = new(), text(html)
    assert f"typically off by {typical(network, rows, unit):.2f} cubic feet" in words
    optimizer = SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(600):
        network.zero_grad()
        mse_loss([network(x1, x2) for x1, x2, _ in rows], [y for *_, y in rows]).backward()
        optimizer.step()
    assert f"After 600 steps it is {typical(network, rows, unit):.2f}." in words
    assert f"No nine numbers do better than {typical(network, rows, unit):.2f}" in words


def test_one_step_of_the_language_model_is_what_gpt_py_computes(article, saved, demo):
    gpt = demo.module("gpt")
    compiled, model = article.language_model(saved)
    assert len(model.parameters()) == 4224
    for name in ["", "is_", "z", "ordered_dict_x"]:
        past = model.nothing()
        for token in [0, *[saved["letters"].index(letter) + 1 for letter in name]]:
            logits = model([float(token == i) for i in range(28)], past)
        expected = [p.data for p in gpt.softmax(logits)]
        assert article.probabilities(compiled.forward, saved, name) == pytest.approx(expected,
                                                                                     abs=1e-12)


def test_a_file_that_is_no_checkpoint_is_refused(demo, tmp_path):
    (tmp_path / "broken.json").write_text("{}")
    assert "broken.json" in demo.refused(tmp_path, "what_is_a_parameter.py", "--checkpoint",
                                         "broken.json")


@pytest.mark.slow
def test_a_checkpoint_of_gpt_py_takes_its_place(demo, tmp_path):
    demo.told(tmp_path, "gpt.py", "--steps", "2", "--names", "1")
    demo.told(tmp_path, "what_is_a_parameter.py", "--checkpoint", "out/gpt.json")
    made = json.loads((tmp_path / "out" / "language_model.json").read_text("utf-8"))
    assert made["options"]["width"] == 16 and len(made["letters"]) == 27
    assert "4,224" in (tmp_path / "out" / "what_is_a_parameter.html").read_text("utf-8")


def test_the_ladder_has_a_square_for_each_parameter_of_three_networks(demo):
    """Drawn to one scale: the picture of a network is as wide as the root of its parameters."""
    text = demo.module("what_is_a_parameter").HERE.joinpath("what_is_a_parameter.html").read_text("utf-8")
    found = re.findall(r'<img width="(\d+)" height="(\d+)" alt="A square for each of ([\d,]+) ', text)
    counts = [int(count.replace(",", "")) for _, _, count in found]
    assert counts == [9, 337, 4224]
    assert [(int(w), int(h)) for w, h, _ in found] == [
        (3 * math.ceil(math.sqrt(n)),) * 2 for n in counts]
    assert "68,976,648,192" in text and f"sides of {math.sqrt(68976648192) * 3 * 25.4 / 96000:.0f} metres" in \
        " ".join(text.split())


# ── In a browser ──────────────────────────────────────────────────────────────────────────────────

def set_range(page, name, value):
    page.run("""const range = document.getElementById(arguments[0]);
                range.value = arguments[1];
                range.dispatchEvent(new Event("input", {bubbles: true}));""", name, value)


def by_id(page, name):
    return page.run("return document.getElementById(arguments[0]).textContent", name)


def test_the_script_changes_nothing_before_something_is_turned(page, html):
    static = dict(re.findall(r'<(?:output|td|text)[^>]* id="([^"]+)"[^>]*>([^<]*)<', html))
    assert len(static) > 60
    changed = {name: (was, now) for name, was in static.items()
               if (now := by_id(page, name)) != was}
    assert changed == {}


def test_the_radio(page):
    set_range(page, "radio-w", 6)
    set_range(page, "radio-b", 21.5)
    error = math.sqrt(sum([(6 * x + 21.5 - y) ** 2 for x, y in [(2, 33), (5, 52), (8, 69)]]) / 3)
    assert number(by_id(page, "radio-error")) == round(error, 1) < 1
    page.click("#radio-bias")
    assert number(by_id(page, "radio-error")) > 9


def test_a_knob_turned_by_hand_gives_the_error_of_the_engine(page, trees):
    rows, unit, new = trees
    network = new()
    set_range(page, "hand-b3", 0.9)
    network.biases[2].data = 0.9
    assert number(by_id(page, "hand-error")) == round(typical(network, rows, unit), 2)
    assert by_id(page, "hand-best") == by_id(page, "train-error") == by_id(page, "hand-error")
    page.click("#hand-back")
    assert number(by_id(page, "hand-error")) == round(typical(new(), rows, unit), 2)


@pytest.mark.parametrize("knob", range(9))
def test_every_knob_promises_its_gradient(page, trees, knob):
    rows, unit, new = trees
    network = new()

    def loss():
        return mse_loss([network(x1, x2) for x1, x2, _ in rows], [y for *_, y in rows])

    (before := loss()).backward()
    parameter = network.parameters()[knob]
    page.run("""const select = document.getElementById("promise-knob");
                select.selectedIndex = arguments[0];
                select.dispatchEvent(new Event("input"));""", knob)
    set_range(page, "promise-turn", 0.05)
    parameter.data += 0.05
    scale = unit ** 2
    assert number(by_id(page, "promise-gradient")) == pytest.approx(parameter.grad * scale, abs=.006)
    assert number(by_id(page, "promise-promised")) == pytest.approx(parameter.grad * scale * .05,
                                                                     abs=.006)
    assert number(by_id(page, "promise-happened")) == pytest.approx(
        (loss().data - before.data) * scale, abs=.006)


def test_training_in_the_page_is_training_by_the_engine(page, trees):
    rows, unit, new = trees
    network = new()
    optimizer = SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(50):
        network.zero_grad()
        mse_loss([network(x1, x2) for x1, x2, _ in rows], [y for *_, y in rows]).backward()
        optimizer.step()
    page.run("for (let i = 0; i < 50; i++) document.getElementById('train-step').click()")
    assert by_id(page, "train-steps") == "50"
    assert page.run("return model.knobs") == pytest.approx([p.data for p in network.parameters()],
                                                           abs=1e-9)
    page.click("#train-play")
    page.wait("return model.steps > 55")
    page.click("#train-play")
    page.click("#train-new")
    assert page.run("return model.steps") == 0
    page.run("for (let i = 0; i < 2000; i++) learn(); show()")
    assert "No nine numbers do better" in by_id(page, "train-told")


@pytest.mark.parametrize("name", ["", "is_", "get_", "x", "ordered_dict_x"])
def test_the_language_model_in_the_page(page, article, saved, name):
    page.run("""const box = document.getElementById("begin");
                box.value = arguments[0];
                box.dispatchEvent(new Event("input"));""", name)
    compiled, _ = article.language_model(saved)
    expected = article.probabilities(compiled.forward, saved, name)
    assert page.run("return probabilities(arguments[0])", name) == pytest.approx(expected, abs=1e-12)
    first = max(range(28), key=lambda i: expected[i])
    assert page.texts(".bar span")[0] == ("the end" if first == 0
                                          else name + saved["letters"][first - 1])
    page.click("#make")
    made = by_id(page, "made").removeprefix("It makes up: ")
    assert made.startswith(name) and len(made) <= 15


def test_what_it_cannot_read_is_left_out(page):
    page.run("""const box = document.getElementById("begin");
                box.value = "<b>Is 3_\u00e9" + "a".repeat(40);
                box.dispatchEvent(new Event("input"));""")
    assert page.run("return document.getElementById('begin').value") == "bis_aaaaaaaaaa"


@pytest.mark.parametrize("width", [390, 838, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_any_width(browser, html, tmp_path, width, theme):
    path = tmp_path / "article.html"
    path.write_text(html, "utf-8")
    browser.open(path, theme=theme, size=(width, 800))
    assert browser.run("return document.documentElement.scrollWidth") <= width
    smallest = browser.run("""return Math.min(...[...document.querySelectorAll("svg text")]
        .filter(text => text.textContent).map(text => text.getBoundingClientRect().height))""")
    assert smallest > 10


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_drawn_over_the_words_of_a_plot(browser, html, tmp_path, width):
    path = tmp_path / "article.html"
    path.write_text(html, "utf-8")
    browser.open(path, size=(width, 800))
    touched = browser.run("""
        const touches = (a, b) => a.left < b.right && b.left < a.right
                                  && a.top < b.bottom && b.top < a.bottom;
        return [...document.querySelectorAll("[data-frame]")].flatMap(plot =>
            [...plot.querySelectorAll(".quiet")].filter(word => word.textContent
                && [...plot.querySelectorAll("circle")].some(circle => touches(
                    word.getBoundingClientRect(), circle.getBoundingClientRect())))
            .map(word => word.textContent))""")
    assert touched == []


def test_on_paper_the_curve_of_a_training_is_there(page):
    assert page.run("return document.getElementById('curve-line').points.numberOfItems") == 1
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("return document.getElementById('curve-line').points.numberOfItems") == 101
    assert "After 600 steps it is 3.69" in by_id(page, "train-told")
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run("return document.getElementById('curve-line').points.numberOfItems") == 1
    page.run("for (let i = 0; i < 5; i++) document.getElementById('train-step').click()")
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("return document.getElementById('curve-line').points.numberOfItems") == 6
    assert by_id(page, "train-told") == ""


def test_every_control_has_a_name(page):
    assert page.run("""return [...document.querySelectorAll("input, select, button")].filter(
        control => !(control.labels && control.labels.length
                     && control.labels[0].textContent.trim()) && !control.textContent.trim())
        .map(control => control.id)""") == []
