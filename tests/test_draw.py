"""The picture shows the graph: all of it, once, every label as typed, wherever dot is found."""

import base64
import importlib.metadata
import inspect
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from fractions import Fraction

import pytest

from micrograd import Value, draw, draw_dot, op
from micrograd.draw.text import number
from micrograd.engine import topological_order
from micrograd.nn import MLP, Module, Neuron, Parameter

SVG = "{http://www.w3.org/2000/svg}"
pytestmark = pytest.mark.filterwarnings("error")
posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")


def example():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    d = c - a
    e = d * d
    loss = e.relu()
    c.label, d.label, e.label, loss.label = "c", "d", "e", "loss"
    loss.backward()
    return loss


class Drawn:
    """What a picture shows: `nodes` by name, each its kind and its lines of text, each with its
    class; `arrows` by their ends, each its sign and how thick it is; and what is written beside."""

    def __init__(self, picture):
        root = ET.fromstring(picture.pipe())
        self.nodes, self.arrows, self.titles, self.tips = {}, [], [], {}
        for group in root.iter(f"{SVG}g"):
            kind, *classes = group.get("class", "").split()  or [""]
            written = [(text.get("class"), text.text.replace("\xa0", " "))
                       for text in group.iter(f"{SVG}text")]
            if kind == "node":
                name = group.get("data-name")
                assert name not in self.nodes
                self.nodes[name] = classes[0], written
                self.tips[name] = getattr(group.find(f"{SVG}title"), "text", "")
            elif kind == "arrow" and group.get("data-ends"):
                path = group.find(f"{SVG}path")
                self.arrows.append((*group.get("data-ends").split(), *(classes or [""]),
                                    float(path.get("stroke-width"))))
            elif kind == "frame":
                self.titles += [text for _, text in written]
        self.written = [text.text for text in root.iter(f"{SVG}text")]

    def boxes(self):
        """The lines of each node but for the symbols."""
        return {name: [text for kind, text in lines if kind != "symbol"]
                for name, (_, lines) in self.nodes.items()}

    def symbols(self):
        return {name: text for name, (_, lines) in self.nodes.items()
                for kind, text in lines if kind == "symbol"}

    def sign_and_thickness(self):
        return {(tail, head): (sign, thick) for tail, head, sign, thick in self.arrows}


def texts(picture):
    return Drawn(picture).boxes()


def label_lines(label):
    (_, lines), = Drawn(draw_dot(Value(1.0, label=label))).nodes.values()
    assert lines[-1] == ("data", "1")
    assert all(kind == "label" for kind, _ in lines[:-1])
    return [text for _, text in lines[:-1]]


# ── The graph ─────────────────────────────────────────────────────────────────────────────────────

def test_it_is_a_digraph():
    import graphviz
    assert isinstance(draw_dot(Value(1.0)), graphviz.Digraph)


def test_every_value_and_operation_is_drawn_once():
    loss = example()
    drawn = Drawn(draw_dot(loss))
    assert len(drawn.nodes) == len(topological_order(loss)) == 6
    assert Counter(box[0] for box in drawn.boxes().values()) == Counter(
        ["a", "b", "c", "d", "e", "loss"])
    assert Counter(drawn.symbols().values()) == Counter(["×", "×", "−", "relu"])


def test_arrows_join_inputs_and_results():
    drawn = Drawn(draw_dot(example()))
    shown = {name: lines[0] for name, lines in drawn.boxes().items()}
    made = {shown[name]: (symbol, sorted(shown[tail] for tail, head, *_ in drawn.arrows
                                         if head == name))
            for name, symbol in drawn.symbols().items()}
    assert made == {"c": ("×", ["a", "b"]), "d": ("−", ["a", "c"]), "e": ("×", ["d", "d"]),
                    "loss": ("relu", ["e"])}
    assert len(drawn.arrows) == 7


def test_the_source_is_the_same_graph():
    loss = example()
    told = json.loads(draw_dot(loss).pipe("json0"))
    names = {node["_gvid"]: node["name"] for node in told["objects"]}
    drawn = Drawn(draw_dot(loss))
    assert sorted(names.values()) == sorted(drawn.nodes)
    assert sorted((names[edge["tail"]], names[edge["head"]]) for edge in told["edges"]) == sorted(
        (tail, head) for tail, head, *_ in drawn.arrows)


def test_a_leaf_alone_is_one_box():
    drawn = Drawn(draw_dot(Value(1.0)))
    assert list(drawn.nodes) == ["v0"] and drawn.arrows == []


def test_a_graph_pasted_together_by_hand_is_drawn():
    drawn = Drawn(draw_dot(Value(1.0, (Value(2.0),), "custom")))
    assert sorted(drawn.boxes().values()) == [["1"], ["2"]]
    assert list(drawn.symbols().values()) == ["custom"]


def test_a_box_shows_label_number_and_gradient():
    x, w = Value(1 / 3, label="x"), Parameter(-2.0, label="w")
    out = w * x * 5
    out.backward()
    shown = [lines for _, lines in Drawn(draw_dot(out)).nodes.values()]
    assert [("label", "x"), ("data", "0.3333"), ("grad negative", "grad −10")] in shown
    assert [("label", "w"), ("data", "−2"), ("grad positive", "grad 1.667")] in shown


def test_before_backward_nothing_is_said_of_gradients():
    out = Value(3.0, label="x") * Value(2.0)
    assert sorted(texts(draw_dot(out)).values()) == [["2"], ["6"], ["x", "3"]]
    out.backward()
    assert ["x", "3", "grad 2"] in texts(draw_dot(out)).values()


@pytest.mark.parametrize("make, symbol", [
    (lambda x: x ** 2, "** 2"), (lambda x: x - 1, "− 1"), (lambda x: 1 - x, "1 −"),
    (lambda x: x / -4.5, "/ −4.5"), (lambda x: 2 ** x, "2 **"), (lambda x: x * Fraction(1, 3), "× 1/3"),
    (lambda x: -x, "neg"), (lambda x: x.maximum(0), "max 0")])
def test_a_plain_number_stands_beside_its_operation(make, symbol):
    drawn = Drawn(draw_dot(make(Value(3.0))))
    assert len(drawn.nodes) == 2 and list(drawn.symbols().values()) == [symbol]


def test_fractions_and_what_is_not_finite_are_shown():
    shown = texts(draw_dot(Value(Fraction(-1, 3)) * Value(float("inf")))).values()
    assert ["−1/3"] in shown and ["∞"] in shown
    assert ["NaN"] in texts(draw_dot(Value(float("nan")))).values()


def test_a_gradient_that_is_a_value_shows_its_number():
    x = Value(3.0, label="x")
    y = x * x
    y.backward(create_graph=True)
    assert ["x", "3", "grad 6"] in texts(draw_dot(y)).values()


def test_kinds_have_colours_of_their_own():
    fills = {kind: draw.nodes.COLOURS[kind] for kind in ("input", "parameter", "constant",
                                                       "intermediate", "closed box")}
    signs = {kind: draw.nodes.COLOURS[kind] for kind in ("positive", "negative")}
    for dark in (0, 1):
        used = [colours[dark] for colours in [*fills.values(), *signs.values()]]
        assert len(set(used)) == len(used)
    x, w = Value(1.0, label="input"), Parameter(2.0, label="parameter")
    product = w * x
    product.label = "intermediate"
    out = product.maximum(0)
    out.label = "output"
    shown = {lines[0][1] if lines[0][0] == "label" else lines[1][1]: kind
             for kind, lines in Drawn(draw_dot(out)).nodes.values()}
    assert shown == {kind: kind for kind in ("input", "parameter", "intermediate", "output")}


def test_the_same_graph_gives_the_same_source():
    first = example()
    elsewhere_in_memory = [Value(i) for i in range(1000)]
    assert draw_dot(example()).source == draw_dot(first).source
    assert len(elsewhere_in_memory) == 1000


def test_no_graph_is_too_deep():
    x = Value(0.0)
    for _ in range(20_000):
        x = x.relu()
    lines = draw_dot(x, depth=math.inf).source.splitlines()
    assert sum(line.startswith("\tv") and " -> " not in line for line in lines) == 20_001
    assert sum(" -> " in line for line in lines) == 20_000


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
def test_rankdir_is_the_direction(rankdir):
    assert json.loads(draw_dot(Value(1.0), rankdir=rankdir).pipe("json0"))["rankdir"] == rankdir


def test_it_makes_svg_unless_told_otherwise():
    picture = draw_dot(Value(1.0))
    assert picture.format == "svg"
    assert ET.fromstring(picture.pipe()).tag == f"{SVG}svg"


# ── Labels ────────────────────────────────────────────────────────────────────────────────────────

LABELS = ['"', "'", 'a "quoted" b', "{a|b}", "<", ">", "<b>", "<B>bold</B>", "<BR/>", "-->", "<!--",
          "&", "&amp;", "&#65;", "&nbsp;", "\\", "a\\", "\\\\", "\\N", "\\n", "\\l\\r\\G\\E\\T",
          '"]; evil [label="', "--", "->", "]]>", "%", "naïve ünïcode", "高さ", "𝒳 🙂", "α₁", " ",
          " a ", "a  b", "   a    b"]


@pytest.mark.parametrize("label", LABELS, ids=lambda label: ascii(label[:20]))
def test_a_label_comes_out_as_typed(label):
    assert label_lines(label) == [label]


def test_a_long_label_is_shortened_and_whole_in_its_tip():
    drawn = Drawn(draw_dot(Value(1.0, label="x" * 5000)))
    assert drawn.boxes()["v0"][0] == "x" * 31 + "…"
    assert "x" * 5000 in drawn.tips["v0"]


def test_a_tip_has_all_digits():
    x = Value(1 / 3, label="x")
    (x * x).backward()
    assert Drawn(draw_dot(x)).tips["v0"] == f"x: data = {1 / 3!r}, grad = {x.grad!r}"


def test_no_viewer_can_merge_spaces():
    root = ET.fromstring(draw_dot(Value(1.0, label="a     b")).pipe())
    assert "  " not in next(root.iter(f"{SVG}text")).text


@pytest.mark.parametrize("label, lines", [
    ("a\nb", ["a", "b"]),
    ("a\n b\\n\n<c>", ["a", " b\\n", "<c>"]),
    ("a\r\nb", ["a", "b"]),
    ("a\n\nb", ["a", "b"]),
])
def test_a_newline_begins_a_line(label, lines):
    assert label_lines(label) == lines


def test_a_label_may_be_a_number():
    assert label_lines(5) == ["5"]


def test_an_empty_label_takes_no_line():
    assert label_lines("") == []


@pytest.mark.parametrize("character", ["\0", "\a", "\b", "\r", "\x1b", "\x1f", "\ud800",
                                       "\ufffe"], ids=ascii)
def test_a_control_character_is_replaced(character):
    assert label_lines(f"a{character}b") == ["a\ufffdb"]


def test_a_tab_keeps_words_apart():
    (line,) = label_lines("a\tb")
    assert line != "ab" and line.startswith("a") and line.endswith("b")


def test_a_symbol_comes_out_as_typed():
    @op('a<b>&"\\N\nc', lambda g, out, x: g)
    def same(x):
        return x

    assert 'a<b>&"\\N\nc' in Drawn(draw_dot(same(Value(1.0)))).symbols().values()


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────

def test_render_writes_source_and_picture_and_returns_the_path(tmp_path):
    picture = draw_dot(example())
    path = picture.render("graph", tmp_path)
    assert path == os.path.join(tmp_path, "graph.svg")
    assert ET.parse(path).getroot().tag == f"{SVG}svg"
    assert (tmp_path / "graph").read_text("utf-8") == picture.source
    assert len(list(tmp_path.iterdir())) == 2


def test_render_cleanup_leaves_the_picture_alone(tmp_path):
    draw_dot(Value(1.0)).render("graph", tmp_path, cleanup=True)
    assert [file.name for file in tmp_path.iterdir()] == ["graph.svg"]


def test_render_to_an_outfile_takes_the_format_from_its_name(tmp_path):
    path = tmp_path / "new folder" / "Größe.png"
    assert draw_dot(Value(1.0)).render(outfile=path) == str(path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert path.with_suffix(".gv").exists()


def test_format_png(tmp_path):
    picture = draw_dot(Value(1.0), format="png")
    assert picture.pipe().startswith(b"\x89PNG\r\n\x1a\n")
    path = picture.render("graph", tmp_path)
    assert path.endswith("graph.png")
    with open(path, "rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"


def test_pipe_gives_bytes_or_with_an_encoding_a_string():
    picture = draw_dot(Value(1.0, label="ü"))
    assert isinstance(picture.pipe(), bytes)
    assert picture.pipe(encoding="utf-8") == picture.pipe().decode("utf-8")
    assert ">ü<" in picture.pipe(encoding="utf-8")


def test_jupyter_gets_svg():
    shown = draw_dot(Value(1.0))._repr_mimebundle_()
    assert ET.fromstring(shown["image/svg+xml"]).tag == f"{SVG}svg"


def test_a_notebook_that_is_not_trusted_gets_a_picture_that_runs_nothing(monkeypatch):
    picture = draw_dot(Value(1.0))
    assert base64.b64decode(picture._repr_mimebundle_()["image/png"]) == picture.pipe("png")
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert list(picture._repr_mimebundle_()) == ["image/svg+xml"]


# ── What is refused ───────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("root", [1.0, None, "x", [Value(1.0)], Value], ids=repr)
def test_only_a_value_is_drawn(root):
    with pytest.raises(TypeError, match="draw_dot draws the graph of a Value, not "):
        draw_dot(root)


@pytest.mark.parametrize("rankdir", ["", "lr", "XX", 0, ["LR"]])
def test_an_unknown_direction_is_refused(rankdir):
    with pytest.raises(ValueError, match="rankdir must be LR, RL, TB or BT"):
        draw_dot(Value(1.0), rankdir=rankdir)


@pytest.mark.parametrize("format", ["", "nonsense", "svg -o/tmp/x"])
def test_an_unknown_format_is_refused(format):
    with pytest.raises(ValueError, match="unknown format"):
        draw_dot(Value(1.0), format=format)


# ── Which dot ─────────────────────────────────────────────────────────────────────────────────────

@pytest.fixture
def fake_dot(tmp_path, monkeypatch):
    def install(script):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "dot").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
    return install


@pytest.fixture
def bundled_dot(monkeypatch):
    try:
        importlib.metadata.distribution("graphviz-pure")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("graphviz-pure is not installed")
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def no_dot(monkeypatch):
    def files(name):
        raise importlib.metadata.PackageNotFoundError(name)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(importlib.metadata, "files", files)


@posix_only
def test_the_dot_on_the_path_goes_first(fake_dot, tmp_path):
    fake_dot('echo "the dot of the system, asked for $*"')
    picture = draw_dot(Value(1.0))
    assert picture.pipe("plain", encoding="utf-8") == (
        "the dot of the system, asked for -Tplain -Kdot\n")
    path = picture.render("graph", tmp_path, format="plain")
    with open(path, encoding="utf-8") as file:
        assert file.read() == "the dot of the system, asked for -Tplain -Kdot\n"


def test_the_bundled_dot_is_found_with_an_empty_path(bundled_dot):
    assert Drawn(draw_dot(Value(1.0))).boxes() == {"v0": ["1"]}


def test_without_any_dot_there_is_still_the_source(no_dot):
    assert draw_dot(Value(1.0, label="here")).source.startswith("digraph micrograd {")


@pytest.mark.parametrize("ask", [lambda picture, folder: picture.pipe(),
                                 lambda picture, folder: picture.render("graph", folder),
                                 lambda picture, folder: picture.render(outfile=folder / "x.png")],
                         ids=["pipe", "render", "outfile"])
def test_without_any_dot_rendering_says_what_to_install(no_dot, tmp_path, ask):
    with pytest.raises(RuntimeError, match="^rendering needs Graphviz: pip install") as error:
        ask(draw_dot(Value(1.0)), tmp_path)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_a_failing_dot_leaves_no_truncated_picture(fake_dot, tmp_path):
    fake_dot("printf '<svg'; echo 'out of ink' >&2; exit 1")
    out = tmp_path / "out"
    picture = draw_dot(Value(1.0))
    with pytest.raises(RuntimeError, match="could not render json0: out of ink"):
        picture.render("graph", out)
    with pytest.raises(RuntimeError, match="out of ink"):
        picture.pipe()
    assert not out.exists()


@posix_only
def test_what_takes_too_long_says_what_to_close(fake_dot, monkeypatch):
    fake_dot("exec /bin/sleep 30")
    monkeypatch.setattr(draw.placing, "LIMIT", 0.2)
    with pytest.raises(RuntimeError, match="no places for these 6 boxes within 0.2 s: close some"):
        draw_dot(example()).pipe()


@posix_only
def test_a_failing_dot_leaves_an_earlier_picture_whole(fake_dot, tmp_path):
    path = draw_dot(Value(1.0)).render("graph", tmp_path)
    with open(path, "rb") as file:
        earlier = file.read()
    fake_dot("printf '<svg'; exit 1")
    with pytest.raises(RuntimeError):
        draw_dot(Value(2.0)).render("graph", tmp_path)
    with open(path, "rb") as file:
        assert file.read() == earlier


# ── Without the package graphviz ──────────────────────────────────────────────────────────────────

@pytest.fixture
def no_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.delitem(sys.modules, "micrograd.draw.digraph", raising=False)


def test_without_graphviz_draw_dot_says_how_to_get_it(no_package):
    with pytest.raises(ImportError, match="pip install graphviz"):
        draw_dot(Value(1.0))


def test_importing_micrograd_imports_no_graphviz():
    code = "import micrograd, sys; print('graphviz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


# ── What went back along the arrows ───────────────────────────────────────────────────────────────

def arrows(root, *options):
    """Of each arrow its sign and how thick it is, by the label of the box that it leaves."""
    drawn = Drawn(draw_dot(root, *options))
    return {drawn.boxes()[tail][0]: (sign, thick) for tail, _, sign, thick in drawn.arrows}


def test_arrows_show_sign_and_size_of_the_gradient():
    x, y, dead = Value(2.0, label="x"), Value(-1.0, label="y"), Value(-3.0, label="dead")
    root = x * 4 + y * -1 + dead.relu()
    root.backward()
    shown = arrows(root)
    assert (shown["x"][0], shown["y"][0], shown["dead"][0]) == ("positive", "negative", "zero")
    assert shown["x"][1] > shown["y"][1]


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e9])
def test_gradients_ten_times_as_large_look_it(scale):
    xs = [Value(1.0, label=str(i)) for i in range(3)]
    root = sum([x * (scale * factor) for x, factor in zip(xs, (0.02, 0.25, 2.5))])
    root.backward()
    thick = [arrows(root)[x.label][1] for x in xs]
    assert thick[1] - thick[0] >= 1 and thick[2] - thick[1] >= 1


def test_the_legend_says_how_thick_a_gradient_is():
    x = Value(1.0)
    root = x * 0.02 + x * 2.5
    assert not [text for text in Drawn(draw_dot(root)).written if "gradient" in text]
    root.backward()
    told = [text for text in Drawn(draw_dot(root)).written if "|gradient|" in text]
    assert told == ["|gradient| 2.5", "|gradient| 0.25", "|gradient| 0.025"]


def test_before_backward_all_arrows_are_alike():
    assert {look for look in arrows(Value(1.0, label="a") * Value(2.0, label="b")).values()} == {
        ("", 1.2)}


def test_local_gradients_are_written_and_the_chain_rule_can_be_read_off():
    x = Value(3.0)
    square = x * x
    root = square * 5
    root.backward()
    picture = Drawn(draw_dot(root, local_gradients=True))
    assert [text for text in picture.written if text in ("3", "5")].count("5") == 1
    assert picture.written.count("3") == 3      # the number, and twice the local gradient
    assert x.grad == 2 * 3 * square.grad and square.grad == 5 * root.grad


def test_a_local_gradient_that_has_no_answer_is_nan():
    assert "NaN" in Drawn(draw_dot(Value(0.0).sqrt(), local_gradients=True)).written


def test_attributes_of_graphviz_pass_through():
    picture = draw_dot(Value(1.0) + 1, ranksep=3, node_attr={"fontname": "Courier"},
                       edge_attr={"arrowhead": "vee"})
    assert "ranksep=3" in picture.source and "Courier" in picture.source
    assert "arrowhead=vee" in picture.source
    wide, narrow = [ET.fromstring(p.pipe()).get("width")
                    for p in (picture, draw_dot(Value(1.0) + 1))]
    assert float(wide) > float(narrow)


def test_a_background_is_the_pictures_own():
    x = Value(1.0) + 1
    assert "prefers-color-scheme: dark" in draw_dot(x).pipe(encoding="utf-8")
    on_white = draw_dot(x, bgcolor="#fffff0").pipe(encoding="utf-8")
    assert "#fffff0" in on_white and "prefers-color-scheme" not in on_white


@pytest.mark.parametrize("colour", ["white}</style><script>", "red; } * { display: none", 5.5])
def test_a_background_is_a_colour(colour):
    with pytest.raises(ValueError, match="bgcolor takes a colour such as white"):
        draw_dot(Value(1.0), bgcolor=colour)


def test_a_legend_says_what_is_what():
    root = Value(1.0).maximum(0)
    before = Drawn(draw_dot(root)).written
    assert "input" in before and "parameter" not in before and "gradient above 0" not in before
    root.backward()
    assert "gradient above 0" in Drawn(draw_dot(root)).written


@pytest.mark.parametrize("answer", [None, (1, 2), "a"])
def test_a_rule_with_a_wrong_answer_is_drawn_all_the_same(answer):
    broken = op("broken", lambda g, out, x: answer)(lambda x: x)
    assert "NaN" in Drawn(draw_dot(broken(Value(1.0)), local_gradients=True)).written


def test_a_gradient_that_is_not_a_number_is_dashed_and_the_legend_says_so():
    x = Value(math.nan, label="x")
    root = x + Value(3.0)
    root.backward()
    assert "nan" not in [sign for sign, _ in arrows(root).values()]
    y = Value(1.0, label="y")
    root = y * x
    root.backward()
    assert arrows(root)["y"][0] == "nan"
    assert "gradient NaN" in Drawn(draw_dot(root)).written


@pytest.mark.parametrize("number", [10 ** 5000, -10 ** 400, Fraction(10 ** 400, 3)],
                         ids=["integer", "negative", "fraction"])
def test_numbers_larger_than_any_float_are_drawn(number):
    root = Value(number) * -1
    root.backward()
    drawn = Drawn(draw_dot(root, local_gradients=True))
    shown = [line for box in drawn.boxes().values() for line in box]
    assert max(map(len, shown)) < 20 and any("×10" in line for line in shown)


def test_integers_and_fractions_are_exact():
    shown = texts(draw_dot(Value(123456789) * Value(Fraction(-22, 7)))).values()
    assert ["123456789"] in shown and ["−22/7"] in shown


def test_a_huge_gradient_keeps_its_sign():
    root = Value(10 ** 400, label="x") * Value(1) * -1 * 10 ** 400
    root.backward()
    assert arrows(root)["x"][0] == "negative"


# ── A network ─────────────────────────────────────────────────────────────────────────────────────

def network(*sizes, samples=1):
    model = MLP(2, list(sizes), rng=random.Random(1))
    loss = sum([(model([0.5 + i, -1.0]) - 2) ** 2 for i in range(samples)])
    loss.label = "loss"
    loss.backward()
    return model, loss


def nesting(picture):
    """Of every node in the rendered picture, the titles of the boxes around it, outermost first."""
    drawn = json.loads(picture.pipe("json0"))
    objects = {thing["_gvid"]: thing for thing in drawn["objects"]}
    titles = {thing["name"]: [] for thing in drawn["objects"] if "nodes" not in thing}
    inner = {child for thing in drawn["objects"] for child in thing.get("subgraphs", [])}
    todo = [(thing, []) for key, thing in objects.items()
            if thing["name"].startswith("cluster") and key not in inner]
    while todo:
        cluster, around = todo.pop()
        path = [*around, re.search(r">([^<]+)</TD>", cluster["label"])[1]]
        for node in cluster["nodes"]:
            if len(path) > len(titles[objects[node]["name"]]):
                titles[objects[node]["name"]] = path
        todo += [(objects[child], path) for child in cluster.get("subgraphs", [])]
    return titles


def test_its_arguments_stand_in_this_order():
    parameters = inspect.signature(draw_dot).parameters.values()
    assert [(p.name, p.default) for p in parameters][1:-1] == [
        ("model", None), ("depth", None), ("local_gradients", False), ("format", "svg"),
        ("rankdir", None)]
    model, loss = network(2, 1)
    by_position = draw_dot(loss, model, 1, True, "png", "TB", bgcolor="white")
    assert by_position.format == "png"
    assert by_position.source == draw_dot(bgcolor="white", rankdir="TB", format="png", depth=1,
                                          local_gradients=True, model=model, root=loss).source


def test_every_value_stands_in_the_box_of_the_module_that_made_it():
    model, loss = network(2, 1)
    titles, order = nesting(draw_dot(loss, model)), topological_order(loss)
    rows = [model.layers[i].neurons[j].w[0] for i, j in ((0, 0), (0, 1), (1, 0))]
    for i, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            around = ["MLP", f"layers.{i} · Layer", f"neurons.{j} · Neuron"]
            shown = [f"v{i}" for i, value in enumerate(order) if neuron.b in value._prev
                     or value is neuron.b]
            assert len(shown) == 2 and all(titles[name] == around for name in shown)
    weights = [name for name in titles if name[0] == "g" and len(titles[name]) == 3]
    assert len(weights) >= len(rows)
    assert titles[f"v{order.index(loss)}"] == []


def test_parameters_in_their_box_have_the_name_they_have_there():
    model, loss = network(2, 1)
    names = [text for _, lines in Drawn(draw_dot(loss, model)).nodes.values()
             for kind, text in lines if kind.startswith("label")]
    assert Counter(names) == Counter({"w.0": 3, "w.1": 3, "b": 3, "loss": 1})
    assert any("layers.0.neurons.1.b" in box for box in texts(draw_dot(loss)).values())


def test_a_label_in_a_box_may_be_a_number_or_begin_with_a_dot():
    model = Neuron(1)
    model.w[0].label, model.b.label = 5, ".b"
    shown = [box[0] for box in texts(draw_dot(model([1.0]), model)).values()]
    assert "5" in shown and ".b" in shown


@pytest.mark.parametrize("depth, titles", [
    (0, ["MLP"]), (1, ["layers.0 · Layer", "layers.1 · Layer"]),
    (2, ["neurons.0 · Neuron", "neurons.1 · Neuron", "neurons.2 · Neuron", "neurons.0 · Neuron"])])
def test_a_closed_box_tells_what_it_hides(depth, titles):
    model, loss = network(3, 1, samples=2)
    drawn = Drawn(draw_dot(loss, model, depth))
    shown = [[text for _, text in lines] for kind, lines in drawn.nodes.values()
             if kind == "closed"]
    assert Counter(lines[0] for lines in shown) == Counter(titles)
    for part in {0: [model], 1: model.layers, 2: model.layers[0].neurons}[depth]:
        gradients = [p.grad for p in part.parameters()]
        neurons = len(gradients) // 3 if depth else 3
        n = {0: 13, 1: len(gradients), 2: 3}[depth]
        norm = math.sqrt(sum(g * g for g in gradients))
        operations = 2 * {0: 3 * 3 + 2, 1: 3 * neurons if neurons == 3 else 2, 2: 3}[depth]
        assert [f"{n} parameters", f"{operations} operations",
                f"‖grad‖ {norm:.4g}"] in [lines[4:] for lines in shown]


def test_a_closed_box_tells_what_goes_in_and_out():
    x, y = Value(2.0), Value(1.0)
    model = MLP(2, [1], activation=None, rng=random.Random(0))
    root = (model([x, y]) + 1) * 1
    [box] = [box for box in texts(draw_dot(root, model, 0)).values() if box[0] == "MLP"]
    assert box[1:3] == ["in 2: 2, 1", f"out 1: {model([x, y]).data:.4g}".replace("-", "−")]
    assert box[3:] == ["3 parameters", "2 operations"]


def test_many_values_in_and_out_are_told_as_their_range():
    model = MLP(5, [7], activation=None, rng=random.Random(0))
    out = model([Value(float(i)) for i in range(5)])
    [box] = [box for box in texts(draw_dot(sum(out), model, 0)).values() if box[0] == "MLP"]
    low, high = min(v.data for v in out), max(v.data for v in out)
    assert box[1:3] == ["in 5: 0 … 4", f"out 7: {low:.4g} … {high:.4g}".replace("-", "−")]


def test_arrows_that_are_one_tell_how_many_values_they_carry():
    model, loss = network(3, 1, samples=2)
    assert "6" in Drawn(draw_dot(loss, model, 1)).written


def size(picture):
    root = ET.fromstring(picture.pipe())
    return float(root.get("width")), float(root.get("height"))


@pytest.mark.slow
@pytest.mark.parametrize("depth", [None, 0, 1, 2])
def test_a_network_of_16_and_16_is_one_page_also_with_100_samples(depth):
    model, loss = network(16, 16, 1, samples=100)
    width, height = size(draw_dot(loss, model, depth))
    assert width <= 838 and height < 1400


@pytest.mark.parametrize("rankdir, axis", [("LR", "y"), ("RL", "y"), ("TB", "x"), ("BT", "x")])
@pytest.mark.parametrize("inputs", [[0.5, -1.0], [Value(0.5), Value(-1.0)]], ids=["in", "out"])
@pytest.mark.parametrize("dot", ["system", "bundled"])
def test_neurons_stand_in_their_order(dot, rankdir, axis, inputs, monkeypatch):
    if dot == "bundled":
        monkeypatch.setenv("PATH", "")
    model = MLP(2, [4, 4, 1], rng=random.Random(1))
    root = ET.fromstring(draw_dot((model(inputs) - 1) ** 2, model, 2, rankdir=rankdir).pipe())
    place = []
    for group in root.iter(f"{SVG}g"):
        if "closed" in group.get("class", "") and group.get("data-name"):
            text = next(group.iter(f"{SVG}text"))
            place.append((text.text, float(text.get("x")), float(text.get("y"))))
    assert len(place) == 9
    across = (lambda box: (box[1], box[2])) if axis == "y" else (lambda box: (box[2], box[1]))
    ranks = {}
    for box in place:
        ranks.setdefault(round(across(box)[0] / 60), []).append((across(box)[1], box[0]))
    names = [[name for _, name in sorted(rank)] for rank in ranks.values() if len(rank) > 1]
    assert names == [[f"neurons.{i} · Neuron" for i in range(4)]] * 2


# ── Stacked ───────────────────────────────────────────────────────────────────────────────────────

def rows(group):
    """What is written in a node, line by line."""
    lines = {}
    for text in group.iter(f"{SVG}text"):
        if text.get("class") != "symbol":
            lines.setdefault(float(text.get("y")), []).append("".join(text.itertext()))
    return list(lines.values())


def boxes_of(picture):
    root = ET.fromstring(picture.pipe())
    return {group.get("data-name"): group for group in root.iter(f"{SVG}g")
            if group.get("data-name")}


@pytest.mark.parametrize("rankdir", [None, "LR", "RL", "TB", "BT"])
def test_closed_neurons_side_by_side_are_rows_of_one_box(rankdir):
    model, loss = network(16, 16, 1)
    picture = draw_dot(loss, model, 2, rankdir=rankdir)
    told = [rows(group) for group in boxes_of(picture).values() if "closed" in group.get("class")]
    assert [len(lines) for lines in told] == [21, 21, 6]
    outputs = [value for value in topological_order(loss) if value._op == "relu"]
    for layer, lines, its in zip(model.layers, told, (outputs[:16], outputs[16:])):
        gradients = math.hypot(*[p.grad for p in layer.parameters()])
        assert lines[:5] == [["neurons.0 … 15 · Neuron"], [f"{len(layer.parameters())} parameters"],
                             ["48 operations"], [f"‖grad‖ {number(gradients)}"], ["out", "grad"]]
        assert lines[5:] == [[f"neurons.{i}", number(value.data), number(value.grad)]
                             for i, value in enumerate(its)]


def test_337_parameters_fit_a_page_with_their_neurons_open():
    model, loss = network(16, 16, 1)
    picture = draw_dot(loss, model)
    assert size(picture)[0] <= 838 and size(picture)[1] <= 1300
    assert "Closed" not in picture.pipe(encoding="utf-8")
    cells = [len([r for r in group.iter(f"{SVG}rect") if "cell" in r.get("class", "")])
             for group in boxes_of(picture).values()]
    # Weights and biases of the layers, and the results of dot, + and relu; then one neuron.
    assert sorted(filter(None, cells)) == sorted([32, 16, 256, 16] + 6 * [16] + [16])


def test_a_column_of_cells_is_a_neuron():
    """Where the third neuron alone has any gradients, they stand in the third column."""
    model = MLP(2, [6, 6, 1], rng=random.Random(1))
    out = model([Value(0.5, label="a"), Value(2.0, label="b")])
    for parameter in model.parameters():
        parameter.grad = 0
    for k, weight in enumerate(model.layers[1].neurons[2].w):
        weight.grad = k - 3
    picture = draw_dot(out, model)
    [cells] = [[r for r in group.iter(f"{SVG}rect") if "cell" in r.get("class", "")]
               for group in boxes_of(picture).values()
               if any("w.0 … 5" in line[0] and "neurons" in line[0] for line in rows(group))]
    assert len(cells) == 36
    told = {}
    for cell in cells:
        told.setdefault(cell.get("x"), []).append(cell.get("class").split()[1])
    columns = list(told.values())
    assert columns[2] == ["negative"] * 3 + ["zero"] + ["positive"] * 2
    assert all(column == ["zero"] * 6 for i, column in enumerate(columns) if i != 2)


def test_arrows_of_stacked_neurons_carry_what_each_would():
    model, loss = network(16, 16, 1)
    stacked = draw_dot(loss, model)._placing.scene
    single = draw_dot(loss, model, math.inf)._placing.scene
    assert stacked.stacked and not single.stacked

    def carried(scene):
        return {(x, result, place) for arrow in scene.arrows for x, result, place in arrow.carried
                if result is not None}
    assert carried(stacked) == carried(single)
    assert len(stacked.arrows) < 30 < len(single.arrows)


def test_a_small_network_is_not_stacked():
    model, loss = network(2, 2, 1)
    assert not draw_dot(loss, model)._placing.scene.stacked


@pytest.mark.slow
def test_the_picture_says_what_was_closed_unasked():
    model, loss = network(16, 16, 1, samples=30)
    def said(*arguments):
        return re.search(r"Closed to stay legible; depth=math.inf shows all ([\d,]+) values\.",
                         "\n".join(Drawn(draw_dot(*arguments)).written))

    assert said(loss, model)[1] == f"{len(topological_order(loss)):,}"
    assert not said(loss, model, math.inf)
    model, loss = network(16, 16, 1)
    for depth in (None, 0, 1, 2, math.inf):
        assert not said(loss, model, depth)


def test_infinitely_deep_everything_is_drawn():
    model, loss = network(16, 16, 1)
    drawn, order = Drawn(draw_dot(loss, model, math.inf)), topological_order(loss)
    tips = "\n".join(filter(None, drawn.tips.values()))
    folded = [value for value in order if value.role == "constant" and value.data in (2, 2.0)]
    assert tips.count("data = ") == len(order) - len(folded)
    assert not [kind for kind, _ in drawn.nodes.values() if kind == "closed"]


def test_the_legend_has_the_kinds_that_there_are():
    model, loss = network(2, 1)
    closed, open_ = (Drawn(draw_dot(loss, model, depth)).written for depth in (0, None))
    assert {"parameter", "constant", "intermediate", "output", "gradient above 0",
            "gradient below 0"} <= set(open_)
    assert {"closed box", "output"} <= set(closed) and "parameter" not in closed
    assert "closed box" not in open_ and "input" not in open_


def test_a_dead_neuron_sends_nothing_back():
    model = MLP(1, [1, 1], rng=random.Random(0))
    model.layers[0].neurons[0].b.data = -100.0
    root = model([1.0])
    root.backward()
    [w] = model.layers[0].neurons[0].w
    order, signs = topological_order(root), {}
    for tail, _, sign, _ in Drawn(draw_dot(root)).arrows:
        signs[tail] = sign
    assert signs[f"v{order.index(w)}"] == "zero"
    assert signs[f"v{order.index(model.layers[1].neurons[0].b)}"] == "positive"


@pytest.mark.one_in(7)
@pytest.mark.parametrize("depth", [None, 0])
@pytest.mark.parametrize("key", LABELS[:-1] + ["\0", "\ud800", "\n"], ids=ascii)
def test_titles_come_out_as_typed(key, depth):
    kind = type("<K>\\N", (Module,), {"__call__": lambda self, x: self.inner[key](x)})
    model = kind()
    model.inner = {key: Neuron(1)}
    root = ET.fromstring(draw_dot(model([1.0]) + 1, model, depth).pipe())
    written = "\n".join(text.text.replace("\xa0", " ") for text in root.iter(f"{SVG}text"))
    assert "<K>\\N" in written
    if depth is None and key.isprintable():
        assert f"inner.{key} · Neuron".replace("  ", " ") in written.replace("  ", " ")


def test_attributes_need_not_be_strings():
    source = draw_dot(Value(1.0) + 1, ranksep=1.5, node_attr={"fontsize": 14},
                      edge_attr={"arrowsize": 2}).source
    assert "ranksep=1.5" in source and "fontsize=14" in source and "arrowsize=2" in source


def test_drawing_changes_no_number():
    model, loss = network(3, 1, samples=2)
    before = [(value.data, value.grad, value.label) for value in topological_order(loss)]
    for depth in (None, 0, 1, math.inf):
        draw_dot(loss, model, depth, local_gradients=True)
    assert before == [(value.data, value.grad, value.label) for value in topological_order(loss)]


def test_every_process_draws_the_same():
    code = ("import random; from micrograd import draw_dot; from micrograd.nn import MLP; "
            "m = MLP(2, [3, 1], rng=random.Random(0)); loss = (m([1.0, 2.0]) - 1) ** 2; "
            "loss.backward(); print([draw_dot(loss, m, d, True).source for d in (None, 0, 1, 2)])")
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                           env=os.environ | {"PYTHONHASHSEED": seed}).stdout
            for seed in ("0", "1", "2")}
    assert len(told) == 1


@pytest.mark.parametrize("model", [5, MLP, "MLP"], ids=repr)
def test_what_is_no_model_is_refused(model):
    with pytest.raises(TypeError, match="a model is something to call that has parameters"):
        draw_dot(Value(1.0), model)


@pytest.mark.parametrize("depth", [-1, math.nan, "1"])
def test_a_depth_below_0_is_refused(depth):
    with pytest.raises(ValueError, match="depth is how many levels are open, 0 or more, not"):
        draw_dot(Value(1.0), depth=depth)


# ── In Jupyter ────────────────────────────────────────────────────────────────────────────────────

def shown_in_jupyter(value):
    """What a cell that ends in the value shows: the kinds, and the picture if there is one."""
    formatters = pytest.importorskip("IPython.core.formatters")
    data, _ = formatters.DisplayFormatter().format(value)
    return data


def test_a_small_graph_shows_itself():
    root = example()
    picture = root._repr_svg_()
    assert picture == draw_dot(root).pipe(encoding="utf-8")
    assert ET.fromstring(picture).tag == f"{SVG}svg"
    assert repr(root) == str(root) == "Value(data=64.0, grad=1)"


def test_jupyter_shows_the_graph_of_a_value():
    root = example()
    shown = shown_in_jupyter(root)
    assert shown == {"text/plain": repr(root), "image/svg+xml": root._repr_svg_()}


def test_a_leaf_shows_itself_as_a_box():
    for leaf in (Value(1.5), Parameter(-2.0, label="w")):
        assert ET.fromstring(leaf._repr_svg_()).tag == f"{SVG}svg"
        assert shown_in_jupyter(leaf) == {"text/plain": repr(leaf),
                                          "image/svg+xml": leaf._repr_svg_()}


def test_a_large_graph_shows_its_repr():
    value = sum([Value(1.0) for _ in range(200)])
    assert value._repr_svg_() is None
    assert shown_in_jupyter(value) == {"text/plain": repr(value)}


def test_without_graphviz_a_value_shows_its_repr(no_dot):
    assert (Value(1.0) + 1)._repr_svg_() is None


def test_without_the_package_a_value_shows_its_repr(no_package):
    assert (Value(1.0) + 1)._repr_svg_() is None


def test_a_picture_says_what_it_is():
    assert repr(draw_dot(example())) == "Picture of 6 values"


# ── By the system's Graphviz ──────────────────────────────────────────────────────────────────────

def test_the_dot_of_the_system_draws_the_same(monkeypatch):
    """Every node, box and arrow, of a network open and closed."""
    system = shutil.which("dot")
    if not system:
        pytest.skip("the system has no Graphviz")
    model, loss = network(3, 1)

    def drawn(picture):
        shown = Drawn(picture)
        return shown.nodes, shown.sign_and_thickness(), sorted(shown.written)

    pictures = [draw_dot(loss, model, depth, True) for depth in (None, 0, 1, 2)]
    monkeypatch.setenv("PATH", "")
    bundled = list(map(drawn, pictures))
    monkeypatch.setenv("PATH", os.path.dirname(system))
    assert draw.placing.program() == system
    assert list(map(drawn, pictures)) == bundled


# ── PDF ───────────────────────────────────────────────────────────────────────────────────────────

def test_a_pdf(tmp_path):
    try:
        import cairosvg  # noqa: F401
    except (ImportError, OSError):
        pytest.skip("needs CairoSVG, and Cairo")
    x = Value(2.0, label="x")
    draw_dot(x * x, format="pdf").render(outfile=str(tmp_path / "graph.pdf"))
    content = (tmp_path / "graph.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and b"%%EOF" in content[-10:]


def test_a_pdf_without_cairosvg_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    x = Value(2.0, label="x")
    with pytest.raises(RuntimeError, match="pip install cairosvg"):
        draw_dot(x * x, format="pdf").render(outfile=str(tmp_path / "graph.pdf"))
    assert list(tmp_path.glob("*.pdf")) == []
