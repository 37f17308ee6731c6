"""An article to open in a browser: what is a parameter?

From one knob to a language model, told for someone who has never seen a network, in figures that
compute: the page holds the programs that the compiler writes in JavaScript for three models, and
the numbers of their parameters. The text is in `article/text.html`, how it looks in `style.css`
beside it, and what turns and draws in `script.js`; here all that is computed is put in.

The language model is one of `gpt.py`'s, whose numbers are in `data/language_model.json`.
`--checkpoint out/gpt.json` takes those of a run of yours.
"""

import base64
import hashlib
import json
import math
import pathlib
import random
import re
import struct
import sys
import zlib
from html import escape

import command_line
import moons
from command_line import BadInput
from gpt import END, GPT, Training, add
from micrograd import dot, jit
from micrograd.losses import mse_loss, softmax
from micrograd.nn import MLP, Neuron, Parameter
from micrograd.optim import SGD, Adam
from parameters import FAMILIES
from story_pictures import shown, trained
from tables import TREES, Scale, least_squares, read
from two_two_one import LR, TwoTwoOne, gradients, mean_squared_error, train

HERE = pathlib.Path(__file__).parent
MODEL = HERE / "data" / "language_model.json"
RADIO = [(2.0, 33.0), (5.0, 52.0), (8.0, 69.0)]         # the volume, and how loud it is, in decibels
STEPS, MOMENTUM = 600, 0.9
ABSENT = -1000.0                                # exp of it is 0
TURN, KNOB = 0.2, "b3"                          # what the figure of the promise shows at first
BEGIN, TEMPERATURE = "is_", 0.7
PIXEL = 3                                       # of the screen, for a parameter


# ── The programs ──────────────────────────────────────────────────────────────────────────────────

def source(compiled: jit, names: str) -> str:
    """The program that ran last, in JavaScript, as an object with its functions."""
    return f"(() => {{\n{compiled.javascript}\nreturn {{{names}}};\n}})()"


def radio() -> tuple[str, list[float]]:
    """The model of one weight and one bias, as a program; its least error with a bias, and without."""
    neuron = Neuron(1, activation=None, rng=random.Random(1))
    w, b = neuron.parameters()
    compiled = jit(lambda x, target: (neuron([x]) - target) ** 2, [w, b])
    best = []
    for parameters in ([w, b], [w]):
        b.data, optimizer = 0.0, SGD(parameters, lr=0.01, momentum=MOMENTUM)
        for _ in range(1000):
            neuron.zero_grad()
            mean = compiled(RADIO)
            optimizer.step()
        best.append(math.sqrt(mean))
    return source(compiled, "step"), best


def trees(rows) -> tuple[str, TwoTwoOne]:
    """The network of nine parameters: a step of training, and z1, z2 and y of one tree."""
    network = TwoTwoOne(random.Random(1))

    step = jit(lambda x1, x2, target: mse_loss(network(x1, x2), target), network.parameters())
    step(rows)
    network.zero_grad()
    forward = jit(lambda x1, x2, target: [*hidden(network, x1, x2), network(x1, x2)],
                  network.parameters())
    forward.forward(*rows[0])
    return (f"{{step: {source(step, 'step')}.step,\nforward: {source(forward, 'forward')}.forward}}",
            network)


def hidden(network, x1, x2) -> tuple:
    """The two hidden neurons of the network: its first two formulas once more."""
    w11, w21, w12, w22, *_ = network.weights
    b1, b2, _ = network.biases
    return x1 * w11 + x2 * w21 + b1, x1 * w12 + x2 * w22 + b2


def one_step(model: GPT):
    """The model for one token at a time, as one program for every position.

    `keys` and `values` have a place for each earlier position; `absent` is 0 where there is one,
    and otherwise so far below 0 that its share of the attention is exactly 0. Returns the
    probabilities of what comes next, and this position's own key and value.
    """
    (attention,), (feed_forward,) = model.attention, model.feed_forward

    def step(token, position, keys, values, absent):
        here = [dot(position, column) for column in zip(*model.position_embedding)]
        x = model.norm(add(model.token_embedding(token), here))
        y = model.norm(x)
        query, key, value = attention.query(y), attention.key(y), attention.value(y)
        gathered = []
        for start in range(0, len(x), attention.size):
            head = slice(start, start + attention.size)
            fits = [dot(query[head], k[head]) / attention.size ** 0.5 for k in [*keys, key]]
            shares = softmax([fit + gone for fit, gone in zip(fits, [*absent, 0.0])])
            gathered += [dot(shares, column) for column in zip(*[v[head] for v in [*values, value]])]
        x = add(x, attention.output(gathered))
        x = add(x, feed_forward(model.norm(x)))
        return softmax(model.output(x)), key, value
    return step


def nothing(options: dict) -> tuple[list, list, list]:
    """The keys and values of no earlier position, and that all of them are absent."""
    places = options["context"] - 1
    return ([[0.0] * options["width"] for _ in range(places)],
            [[0.0] * options["width"] for _ in range(places)], [ABSENT] * places)


def one_hot(i: int, size: int) -> list[float]:
    return [float(i == j) for j in range(size)]


def probabilities(forward, saved: dict, name: str) -> list[float]:
    """What may come after the beginning of a name, by the program of `one_step`."""
    letters, options = saved["letters"], saved["options"]
    keys, values, absent = nothing(options)
    for t, token in enumerate([END, *[letters.index(letter) + 1 for letter in name]]):
        chances, key, value = forward(one_hot(token, len(letters) + 1),
                                      one_hot(t, options["context"]), keys, values, absent)
        if t < len(absent):
            keys[t], values[t], absent[t] = key, value, 0.0
    return chances


def language_model(saved: dict) -> tuple[jit, GPT]:
    model = GPT(len(saved["letters"]) + 1, lambda: Parameter(0.0), **saved["options"])
    model.load_state_dict(saved["model"])
    compiled = jit(one_step(model), model.parameters())
    probabilities(compiled.forward, saved, "")
    return compiled, model


def shortened(path: pathlib.Path) -> dict:
    """What the page needs of a checkpoint of gpt.py, with parameters of four digits."""
    def short(x):
        return [short(y) for y in x] if isinstance(x, list) else round(x, 4)
    try:
        state = json.loads(path.read_text("utf-8"))["state"]
        training = Training.of(state)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is no checkpoint of gpt.py ({error})") from None
    if state["options"]["layers"] != 1:
        raise BadInput(f"{path} has {state['options']['layers']} layers; the page has room for one")
    longest = sorted([name for name in training.names if 9 <= len(name) <= 12])
    return {"letters": training.letters, "names": len(training.names),
            "examples": longest[::len(longest) // 2][:2],
            "options": {name: state["options"][name]
                        for name in ("layers", "heads", "width", "context")},
            "model": {name: short(x) for name, x in state["model"].items()}}


# ── The pictures ──────────────────────────────────────────────────────────────────────────────────

class Plot:
    """An empty picture with a frame, and where numbers are in it: `script.js` does the same."""

    def __init__(self, name: str, size: tuple, span: tuple, alt: str, x: str, y: str):
        self.size, self.span, self.parts = size, span, []
        width, height = size
        self.frame = frame = (48, 28, width - 62, height - 72)
        left, top, bottom = frame[0], frame[1], frame[1] + frame[3]
        self.parts = [
            f'<svg id="{name}" viewBox="0 0 {width} {height}" role="img" aria-label="{alt}" '
            f'data-range="{" ".join(map(str, span))}" data-frame="{" ".join(map(str, frame))}">'
            f'<path class="axis" d="M{left} {top}V{bottom}H{left + frame[2]}"/>'
            + text(left + frame[2], bottom + 36, x, "right quiet")
            + text(left, top - 10, y, "quiet")
            + text(left - 6, bottom + 4, f"{span[2]:g}", "right quiet")
            + text(left - 6, top + 10, f"{span[3]:.0f}", "right quiet", f"{name.split('-')[0]}-top")
            + text(left, bottom + 18, f"{span[0]:g}".replace("-", "−"), "quiet")
            + text(left + frame[2], bottom + 18, f"{span[1]:g}", "right quiet",
                   f"{name.split('-')[0]}-right")
            + f'<svg x="{left}" y="{top}" width="{frame[2]}" height="{frame[3]}" '
              f'viewBox="{left} {top} {frame[2]} {frame[3]}">']           # nothing shows outside

    def place(self, x, y) -> str:
        left, right, bottom, top = self.span
        x0, y0, width, height = self.frame
        return (f"{x0 + width * (x - left) / (right - left):.1f},"
                f"{y0 + height * (1 - (y - bottom) / (top - bottom)):.1f}")

    def line(self, kind: str, points, name: str = "") -> None:
        named = f'id="{name}" ' if name else ""
        points = " ".join([self.place(x, y) for x, y in points])
        self.parts.append(f'<polyline {named}class="{kind}" points="{points}"/>')

    def point(self, kind: str, x, y, name: str = "", r: int = 6) -> None:
        cx, cy = self.place(x, y).split(",")
        named = f'id="{name}" ' if name else ""
        self.parts.append(f'<circle {named}class="{kind}" cx="{cx}" cy="{cy}" r="{r}"/>')

    def __str__(self):
        return "\n".join([*self.parts, "</svg></svg>"])


def text(x, y, words: str, kind: str = "", name: str = "") -> str:
    named = f' id="{name}"' if name else ""
    return f'<text x="{x}" y="{y}" class="{kind}"{named}>{escape(words)}</text>'


def radio_plot(w: float, b: float) -> Plot:
    plot = Plot("radio-plot", (600, 300), (0, 10, 0, 100),
                "Loudness over volume: three points and a line", "volume", "loudness in decibels")
    for i, (x, target) in enumerate(RADIO):
        plot.line("miss", [(x, w * x + b), (x, target)], f"radio-miss-{i}")
    plot.line("line", [(0, b), (10, 10 * w + b)], "radio-line")
    for x, target in RADIO:
        plot.point("point", x, target)
    return plot


CIRCLES = {"x1": (42, 84, "input", "girth"), "x2": (42, 246, "input", "height"),
           "z1": (262, 84, "neuron", ""), "z2": (262, 246, "neuron", ""),
           "y": (462, 165, "output", "timber")}
CHIPS = {"w(1,1)": (156, 84), "w(2,1)": (112, 194), "w(1,2)": (112, 136), "w(2,2)": (156, 246),
         "w(3,1)": (362, 124), "w(3,2)": (362, 206), "b1": (262, 24), "b2": (262, 306),
         "b3": (462, 88)}
LINES = ["x1 z1", "x1 z2", "x2 z1", "x2 z2", "z1 y", "z2 y"]


def network_picture(parameters: dict, numbers: dict) -> str:
    """Circles for what is computed, lines between them, and a box for each parameter."""
    parts = ['<svg viewBox="0 0 504 332" role="img" aria-label="Two inputs, two hidden neurons and '
             'one output, with nine parameters">']
    ends = [[CIRCLES[name][:2] for name in line.split()] for line in LINES]
    ends += [[CHIPS[bias], CIRCLES[name][:2]] for bias, name in zip(("b1", "b2", "b3"),
                                                                    ("z1", "z2", "y"))]
    parts += [f'<path class="link" d="M{a} {b}L{c} {d}"/>' for (a, b), (c, d) in ends]
    for name, (x, y, kind, meaning) in CIRCLES.items():
        parts.append(f'<circle cx="{x}" cy="{y}" r="29" class="{kind}"/>'
                     + text(x, y - 2, name, "middle name")
                     + text(x, y + 15, shown(numbers[name]), "middle", f"net-{name}")
                     + text(x, y + 48, meaning, "middle quiet"))
    for name, (x, y) in CHIPS.items():
        parts.append(f'<rect x="{x - 36}" y="{y - 21}" width="72" height="42" rx="6" '
                     'class="parameter"/>' + text(x, y - 4, name, "middle name")
                     + text(x, y + 14, shown(parameters[name]), "middle", f"net-{name}"))
    return "\n".join(parts) + "</svg>"


def trees_plot(said, measured) -> Plot:
    plot = Plot("trees-plot", (320, 320), (-10, 80, 0, 80),
                "What was measured over what the model says, for 31 trees", "the model says",
                "measured")
    plot.line("curve", [(0, 0), (80, 80)])
    for i, (x, y) in enumerate(zip(said, measured)):
        plot.point("point", x, y, f"tree-{i}", 4)
    return plot


def promise_plot(curve, error, gradient) -> Plot:
    plot = Plot("promise-plot", (600, 300), (-1, 1, 0, round(1.05 * max(y for _, y in curve), 6)),
                "The error over one knob, and its tangent", "the knob is turned by", "error")
    plot.line("tangent", [(-1, error - gradient), (1, error + gradient)], "promise-line")
    plot.line("curve", curve, "promise-curve")
    plot.point("point", 0, error, "promise-here")
    plot.point("here", TURN, dict(curve)[TURN], "promise-there")
    return plot


def curve_plot(curve) -> Plot:
    plot = Plot("curve", (600, 260), (0, len(curve) - 1, 0, 40),
                "The typical error over the steps of training", "steps", "typical error")
    plot.line("line", enumerate(curve), "curve-line")
    return plot


def squares(numbers: list[float], said: str) -> str:
    """A picture with a square for each number: blue above 0 and orange below, strong if large."""
    side = math.ceil(math.sqrt(len(numbers)))
    typical = math.sqrt(sum([x * x for x in numbers]) / len(numbers))
    pixels = []
    for x in numbers:
        strength = min(1.0, abs(x) / typical / 2)
        colour = (0x2f, 0x7f, 0xc1) if x > 0 else (0xe0, 0x7b, 0x1f)
        pixels.append(bytes([round(c * strength + 0xdd * (1 - strength)) for c in colour]) + b"\xff")
    pixels += [b"\0\0\0\0"] * (side * side - len(pixels))
    rows = b"".join([b"\0" + b"".join(pixels[i * side:(i + 1) * side]) for i in range(side)])

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
           + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
    return (f'<div><img width="{PIXEL * side}" height="{PIXEL * side}" alt="A square for each of '
            f'{len(numbers):,} numbers" src="data:image/png;base64,'
            f'{base64.b64encode(png).decode()}">{said}</div>')


def bars(chances: list[float], letters: list[str], name: str) -> str:
    """The eight most probable letters, or the end."""
    order = sorted(range(len(chances)), key=lambda i: -chances[i])[:8]
    return "\n".join([
        f'<div class="bar"><span>{"the end" if i == END else name + letters[i - 1]}</span>'
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect '
        f'width="{100 * chances[i]:.2f}" height="10"/></svg>'
        f"<span>{percent(100 * chances[i])}</span></div>" for i in order])


def percent(x: float) -> str:
    return f"{x:.{1 if x < 10 else 0}f} %"


# ── The page ──────────────────────────────────────────────────────────────────────────────────────

def page(saved: dict) -> str:
    _, table = read(TREES)
    scale = Scale(table)
    rows = [scale(row) for row in table]
    radio_program, radio_best = radio()
    trees_program, network = trees(rows)
    gpt_program, gpt = language_model(saved)
    names = [p.label for p in network.parameters()]
    start = [p.data for p in network.parameters()]
    _, tree, _ = trained()
    row = rows[table.index(tree)]

    # What the untrained network says, and what its knobs promise.
    unit = scale.unit ** 2
    y = network(*row[:2])
    z1, z2 = hidden(network, *row[:2])
    numbers = {"x1": row[0], "x2": row[1], "z1": z1.data, "z2": z2.data, "y": y.data}
    said = [scale.predict(network, row) for row in table]
    loss = mean_squared_error(network, rows)
    loss.backward()
    slopes = [p.grad * unit for p in network.parameters()]
    knob = network.parameters()[names.index(KNOB)]
    curve, before = [], knob.data
    for i in range(-40, 41):
        knob.data = before + i / 40
        curve.append((i / 40, mean_squared_error(network, rows).data * unit))
    knob.data = before
    error, gradient = loss.data * unit, slopes[names.index(KNOB)]
    learning = []
    train(network.parameters(), gradients(network, rows), STEPS, LR,
          lambda step, loss: learning.append(math.sqrt(loss * unit)))

    counts = {model.name: model.count(family.parts) for family in FAMILIES for model in family.models}
    llama = counts["Llama 2 70B"]
    gpt_numbers, two_moons = [p.data for p in gpt.parameters()], moons_numbers()
    chances = probabilities(gpt_program.forward, saved, BEGIN)
    parameters = dict(zip(names, start))
    text_parts = {
        "gpt_count": f"{len(gpt_numbers):,}", "gpt_names": f"{saved['names']:,}",
        "gpt_examples": " and ".join([f"<i>{name}</i>" for name in saved["examples"]]),
        "radio": radio_plot(2.0, 10.0), "radio_w": "2.0", "radio_b": "10.0",
        "radio_error": f"{math.sqrt(sum([(2 * x + 10 - t) ** 2 for x, t in RADIO]) / 3):.1f}",
        "radio_told": f"With a bias, {radio_best[0]:.1f} can be reached; without, "
                      f"{radio_best[1]:.1f}.",
        "network": network_picture(parameters, numbers), "tree_girth": f"{tree[0]:g}",
        "tree_height": f"{tree[1]:g}", "tree_measured": f"{tree[2]:.1f}",
        "tree_said": minus(f"{y.data * scale.unit:.1f}"),
        "trees": trees_plot(said, [row[2] for row in table]),
        "sliders": "\n".join([
            f'<label><span>{name}</span> <input type="range" id="hand-{name}" min="-2" max="2" '
            f'step="0.01" value="{parameters[name]:.2f}"> <output id="hand-number-{name}">'
            f"{shown(parameters[name])}</output></label>" for name in names]),
        "hand_error": f"{learning[0]:.2f}", "best_error": f"{math.sqrt(least_squares(table)[1]):.2f}",
        "promise": promise_plot(curve, error, gradient),
        "options": "".join([f"<option{' selected' * (name == KNOB)}>{name}</option>"
                            for name in names]),
        "turn": signed(TURN), "turn_number": f"{TURN:.2f}", "gradient": shown(gradient),
        "promised": signed(gradient * TURN), "happened": signed(dict(curve)[TURN] - error),
        "curve": curve_plot(learning[:101]),
        "trained_told": f"After {STEPS} steps it is {learning[-1]:.2f}.",
        "knobs": "\n".join([
            f'<tr><th>{name}</th><td id="first-{name}">{shown(x)}</td><td id="now-{name}">{shown(x)}'
            f'</td><td id="gradient-{name}">{minus(f"{gradient:.1f}")}</td></tr>'
            for name, x, gradient in zip(names, start, slopes)]),
        "squares": squares([p.data for p in network.parameters()], "9: the trees")
                   + squares(two_moons, f"{len(two_moons)}: a curve between two kinds of points")
                   + squares(gpt_numbers, f"{len(gpt_numbers):,}: the language model below"),
        "moons_count": str(len(two_moons)),
        "llama_count": f"{llama:,}",
        "llama_metres": f"{math.sqrt(llama) * PIXEL / 96 * 0.0254:.0f}",
        "begin": BEGIN, "longest": str(saved["options"]["context"] - 2),
        "bars": bars(chances, saved["letters"], BEGIN), "made": "",
    }
    data = {"radio": RADIO, "radio_best": radio_best, "start": start, "rows": rows,
            "names": names, "unit": scale.unit, "tree": table.index(tree), "steps": STEPS,
            "lr": LR, "momentum": MOMENTUM, "best": math.sqrt(least_squares(table)[1]),
            "letters": saved["letters"], "context": saved["options"]["context"],
            "width": saved["options"]["width"], "absent": ABSENT, "temperature": TEMPERATURE,
            "gpt": gpt_numbers}
    programs = (f"const programs = {{\nradio: {radio_program},\ntrees: {trees_program},\n"
                f"gpt: {source(gpt_program, 'forward')}}};")
    return written(text_parts, data, programs)


def moons_numbers() -> list[float]:
    """The parameters of the network of moons.py, after its training."""
    rng = random.Random(1)
    samples = moons.two_moons(100, rng)
    moons.two_moons(1000, rng)                  # those it is examined with, there
    model = MLP(2, [16, 16, 1], rng=rng)
    step, optimizer = moons.compiled(model, "python"), Adam(model.parameters(), lr=moons.LR)
    step.train([samples] * 60, optimizer)
    return [p.data for p in model.parameters()]


def minus(number: str) -> str:
    return number.replace("-", "−")


def signed(x: float) -> str:
    return ("+" if x > 0 else "") + shown(x)


def written(parts: dict, data: dict, programs: str) -> str:
    """The page, with a policy that allows its own script and style and nothing else."""
    read_text = {name: (HERE / "article" / name).read_text("utf-8")
                 for name in ("text.html", "style.css", "script.js")}
    script = "\n".join(['"use strict";', programs, read_text["script.js"]])
    parts = {name: str(part) for name, part in parts.items()} | {
        "style": read_text["style.css"], "script": script,
        "data": json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")}
    parts["policy"] = (f"default-src 'none'; img-src data:; script-src {digest(parts['script'])}; "
                       f"style-src {digest(parts['style'])}")
    return re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], read_text["text.html"])


def digest(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    if args.checkpoint:
        saved = shortened(args.checkpoint)
        command_line.write(args.out / MODEL.name, json.dumps(saved, separators=(",", ":")) + "\n")
    else:
        saved = json.loads(MODEL.read_text("utf-8"))
    path = args.out / "what_is_a_parameter.html"
    command_line.write(path, page(saved))
    print(f"The article is in {path}: open it in any browser.")


def main() -> int:
    parser = command_line.parser(__doc__)
    parser.add_argument("--checkpoint", type=pathlib.Path, metavar="FILE",
                        help="take the language model from this checkpoint of gpt.py")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
