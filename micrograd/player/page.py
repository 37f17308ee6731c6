"""The graph as a film: forward, backward, training.

You will learn here to watch backpropagation happen. A page plays the computation in the order in
which it was done: forward, operation by operation, then backward, rule by rule, with every product
that a rule adds to a gradient. `play` makes the page of one computation, `Film` that of a whole
training.

>>> from micrograd.engine import Value
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> player = play(y)                            # Jupyter shows it; elsewhere:
>>> player.save("/tmp/backprop.html")           # doctest: +SKIP
'/tmp/backprop.html'

The formulas on the page are the mathematics and rules of the one table of operations, run on
numbers that write down what is done with them: `formulas.py`. How the page looks, and what it does
when someone presses a key, is in `player.html`.
"""

import array
import base64
import hashlib
import html
import importlib.resources
import itertools
import json
import math
import os
import re
import struct
import unicodedata
from dataclasses import dataclass, field

from . import formulas
from ..draw.picture import digraph_class, layout, put, role
from ..engine import Constant, Value, gradients, topological_order
from .formulas import Formula
from ..draw.scene import Closed, Scene, as_float

__all__ = ["Film", "Player", "play"]

LARGEST = 2000                                  # boxes on a page that still plays smoothly


def play(root: Value, model=None, depth: int | None = None) -> "Player":
    """The computation of `root` as a page that plays it, forward and backward, step by step.

    Jupyter shows the player; `.save("backprop.html")` writes it as a page that any browser opens,
    with nothing else needed. `model` and `depth` draw boxes, and close them, as `draw_dot` does.
    `backward()` need not have run: the gradients on the page are those of `root` alone, from 0.

    Raises TypeError if `root` is no Value or an operation in its graph has no rule, and ValueError
    if the graph is too large to play, or if some number in it has been changed since it was
    computed.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> play(a * b)
    Player of 3 values, 4 steps
    """
    return Player(root, model, depth)


class Player:
    """The page of one computation: `play` makes it."""

    def __init__(self, root: Value, model=None, depth: int | None = None):
        self._shape = Shape(root, model, depth)
        self._frames = [self._shape.frame(root)]
        self._captions = []

    def save(self, path) -> str:
        """Write the page to a file, whole or not at all, and return its path.

        Raises OSError if the file cannot be written and RuntimeError if there is no Graphviz to
        place the boxes.
        """
        page, path = self._page().encode(), os.fspath(path)
        beside = f"{path}.{os.getpid()}.part"
        try:
            with open(beside, "xb") as file:
                file.write(page)
            os.replace(beside, path)
        except BaseException:
            if os.path.exists(beside):
                os.remove(beside)
            raise
        return path

    def _repr_html_(self) -> str:
        # A frame of its own: the page may run its script, and reaches nothing of the notebook.
        return (f'<iframe sandbox="allow-scripts" title="backpropagation, step by step" '
                f'style="width: 100%; height: 680px; border: 0" '
                f'srcdoc="{html.escape(self._page())}"></iframe>')

    def _page(self) -> str:
        template = importlib.resources.files(__package__).joinpath("player.html").read_text("utf-8")
        data = self._shape.page() | _columns(self._frames) | {
            "film": isinstance(self, Film), "captions": self._captions}
        # Within a script, JSON without "<" has nothing that could end it.
        text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")
        return template.replace("{{policy}}", _policy(template), 1).replace("{{data}}", text, 1)

    def __repr__(self):
        return (f"{type(self).__name__} of {len(self._shape.wiring)} values, "
                f"{2 * len(self._shape.turns) + 2} steps")


class Film(Player):
    """The page of a training: the same graph many times, with other numbers.

    Add the loss once per step of training, after `backward()` and before the optimiser moves the
    parameters. The page has a second slider, over the training, and the curve of the loss.
    `model` and `depth` are those of `draw_dot`. It tells numbers to 7 digits.

    >>> w, film = Value(0.0, label="w"), Film()
    >>> for step in range(3):
    ...     loss = (w - 2.0) ** 2
    ...     w.grad = 0
    ...     loss.backward()
    ...     film.add(loss, f"step {step}")
    ...     w.data -= 0.3 * w.grad
    >>> film
    Film of 3 times 5 values
    """

    def __init__(self, model=None, depth: int | None = None):
        self._model, self._depth = model, depth
        self._shape, self._frames, self._captions = None, [], []

    def add(self, loss: Value, caption: str = "") -> None:
        """Record the numbers of the graph of `loss` as they are now, and a caption for them.

        The first graph fixes the shape. Raises ValueError if a later one has another, and whatever
        `play` would raise; then nothing is recorded.
        """
        shape = self._shape or Shape(loss, self._model, self._depth)
        numbers = array.array("d", map(as_float, shape.frame(loss)))
        self._shape = shape
        self._frames.append(numbers)
        self._captions.append(str(caption))

    def _page(self) -> str:
        if not self._frames:
            raise ValueError("the film is empty: film.add(loss) records a step of training")
        return super()._page()

    def __repr__(self):
        values = len(self._shape.wiring) if self._shape else 0
        return f"Film of {len(self._frames)} times {values} values"


# ── What stays the same, and what is recorded each time ───────────────────────────────────────────

@dataclass(eq=False)
class Turn:
    """A step forward, and again a step backward: an operation, or all those in a row that are in
    one closed box. `made` are their results, `rows` what its step backward adds to gradients."""

    node: str
    box: Closed | None
    made: list[int] = field(default_factory=list)
    rows: list["Row"] = field(default_factory=list)


@dataclass(eq=False)
class Row:
    """What a turn adds to the gradient of value `x`, and along which arrow."""

    x: int
    arrow: int


class Shape:
    """A graph without its numbers: what is drawn of it, in which order it is computed.

    A *frame* is what is recorded of a graph of this shape at one time, a list of numbers. The page
    is told which of them is where.
    """

    def __init__(self, root: Value, model, depth: float | None):
        if not isinstance(root, Value):
            raise TypeError(f"only the computation of a Value can be played, not {root!r:.60}")
        # Who plays follows steps, not arrows: no box closes that nobody asked to close.
        self.scene = scene = Scene(root, model, math.inf if depth is None else depth)
        drawn = len(scene.values) + len(scene.closed)
        if drawn > LARGEST:
            raise ValueError(f"a graph of {drawn:,} boxes is too large to play, the limit is "
                             f"{LARGEST:,}: close boxes first, with model=model and depth=1")
        index = {value: i for i, value in enumerate(scene.order)}
        self.wiring = [(value._op, value.role, [index[x] for x in value._prev])
                       for value in scene.order]
        shown = set(scene.values).union(*[box.leaving for box in scene.closed])
        self.told = [i for i, value in enumerate(scene.order) if value in shown]
        self.formulas = {}                      # each with its number
        self.turns = self._turns(index)
        self.parameters = {box.name: [index[p] for p in box.parameters if p in index]
                           for box in scene.closed}

    def _turns(self, index) -> list[Turn]:
        scene, turns = self.scene, []
        arrows = {(index[result], place): k for k, arrow in enumerate(scene.arrows)
                  for _, result, place in arrow.carried if result is not None}
        for i, value in enumerate(scene.order):
            if value._prev:
                box = scene.inside.get(value)
                node = box.name if box else f"o{i}"
                if not turns or turns[-1].node != node:
                    turns.append(Turn(node, box))
                turns[-1].made.append(i)
        for turn in turns:
            rows = {}
            for i in reversed(turn.made):
                for place, x in enumerate(self.wiring[i][2]):
                    if (i, place) in arrows and self.wiring[x][1] != Constant.role:
                        # A closed box adds to each gradient once, an operation once per use.
                        key = x if turn.box else (x, place)
                        rows.setdefault(key, Row(x, arrows[i, place]))
            turn.rows = list(rows.values())
        return turns

    def frame(self, root: Value) -> list:
        """The numbers of a graph: data, then turn by turn which formula it is, then, turn by turn
        backward, what each row adds, what the gradient is then, and by which formula. A box with
        parameters tells the norm of their gradient so far. Raises ValueError if the graph has
        another shape or numbers that do not fit each other."""
        values = topological_order(root)
        self._check(values)
        gradients(root)                         # raises where a rule has no answer
        frame = [values[i].data for i in self.told]
        refs = [Formula.of_value(i, value) for i, value in enumerate(values)]
        for turn in self.turns:
            if not turn.box:
                i, = turn.made
                frame.append(self._number_of(
                    formulas.forward(values[i]._op, [refs[x] for x in self.wiring[i][2]])))
        grads = [0] * len(values)
        grads[-1] = 1
        for turn in reversed(self.turns):
            added = dict.fromkeys([row.x for row in turn.rows], 0)
            for i in reversed(turn.made):
                value, inputs = values[i], self.wiring[i][2]
                answer = value._op.rule(grads[i], value.data, *[values[x].data for x in inputs])
                if not turn.box:
                    g = Formula.of_gradient(i, grads[i])
                    written = formulas.backward(value._op, g, refs[i], [refs[x] for x in inputs])
                for place, (x, amount) in enumerate(zip(inputs, answer)):
                    grads[x] += amount
                    if turn.box:
                        added[x] = added.get(x, 0) + amount
                    elif self.wiring[x][1] != Constant.role:
                        frame += amount, grads[x], self._number_of(written[place])
            if turn.box:
                for row in turn.rows:
                    frame += added[row.x], grads[row.x]
                if parameters := self.parameters[turn.box.name]:
                    frame.append(math.hypot(*[as_float(grads[p]) for p in parameters]))
        return frame

    def _number_of(self, formula: tuple) -> int:
        return self.formulas.setdefault(formula, len(self.formulas))

    def _check(self, values: list[Value]) -> None:
        one = "every graph of a film has the same shape, that of the first"
        if len(values) != len(self.wiring):
            raise ValueError(f"{one}: it has {len(self.wiring)} values, this one {len(values)}")
        index = {value: i for i, value in enumerate(values)}
        for value, (op, role, inputs) in zip(values, self.wiring):
            if (value._op, value.role) != (op, role):
                raise ValueError(f"{one}: there v{index[value]} is {_kind(op, role)}, here "
                                 f"{_kind(value._op, value.role)}")
            if [index[x] for x in value._prev] != inputs:
                raise ValueError(f"{one}: there the inputs of v{index[value]}, {_kind(op, role)}, "
                                 "are others")
            if value._prev and not _holds(value):
                name = f"{value.label} = {value._op}" if value.label else str(value._op)
                inputs = ", ".join([str(x.data)[:30] for x in value._prev[:6]])
                raise ValueError(f"{name} of {inputs} was {str(value.data)[:30]}: its inputs have "
                                 "been changed since (play it before the optimiser's step)")

    def page(self) -> dict:
        """What the page is told of the shape. A number in it is a place in the frame."""
        scene, place = self.scene, itertools.count()
        nodes, arrows, groups, size = _placed(scene)
        values = [{"i": i, "id": f"v{i}", "data": next(place), "role": role(value, scene),
                   "name": str(value.label) or scene.label(value) or f"#{i}"}
                  | nodes.get(f"v{i}", {}) for i in self.told for value in [scene.order[i]]]
        told = set(self.told)
        turns = [{"node": turn.node, "made": [i for i in turn.made if i in told],
                  "inputs": list(dict.fromkeys(x for i in turn.made for x in self.wiring[i][2]
                                               if x in told and x not in turn.made)),
                  "formula": None if turn.box else next(place)} for turn in self.turns]
        for told_turn, turn in zip(reversed(turns), reversed(self.turns)):
            told_turn["rows"] = [
                {"x": row.x, "arrow": row.arrow, "amount": next(place), "sum": next(place),
                 "formula": None if turn.box else next(place)} for row in turn.rows]
            parameters = turn.box and self.parameters[turn.box.name]
            told_turn["norm"] = next(place) if parameters else None
        made_by = {scene.order[i]: k for k, turn in enumerate(self.turns) for i in turn.made}
        for arrow, drawn in zip(scene.arrows, arrows):
            drawn["turns"] = sorted({made_by[x if result is None else result]
                                     for x, result, _ in arrow.carried})
            drawn["to"] = drawn["head"] if arrow.carried[0][1] is None else None
        shown = {f"v{i}" for i in self.told}
        others = [{"id": id, **node} for id, node in nodes.items() if id not in shown]
        return {"size": size, "values": values, "others": others, "arrows": arrows,
                "groups": groups, "turns": turns, "formulas": list(self.formulas)}


def _kind(op: str, role: str) -> str:
    return f"a {str(op)!r}" if op else f"a leaf ({role})"


def _holds(value: Value) -> bool:
    """Whether a value is still what its operation makes of its inputs."""
    try:
        now, again = [value._op.mathematics(*[x.data for x in value._prev]) for _ in range(2)]
    except AttributeError:                      # no operation: backward will say so
        return True
    except (ArithmeticError, ValueError):
        return False
    # What differs from itself is NaN, or drawn at random.
    return now == value.data or now != again


# ── The page ──────────────────────────────────────────────────────────────────────────────────────

def _placed(scene: Scene) -> tuple[dict, list, list, list]:
    """Where Graphviz puts nodes, arrows and open boxes, in points from the top left corner, and the
    size of all. Each box has room for any number: none moves when a number changes."""
    placing, ports = layout(scene, "LR")
    dot = digraph_class()("micrograd", graph_attr=placing, edge_attr={"arrowsize": "0.6"} | ports,
                          node_attr={"fixedsize": "true", "label": ""})
    nodes = _nodes(scene)
    rooms = []
    for name, node in nodes.items():
        width, height = node.pop("room")
        rooms.append((node.pop("part"), name, {
            "shape": "circle" if "symbol" in node else "box",
            "width": f"{width / 72:.3f}", "height": f"{height / 72:.3f}"}))
    put(dot, scene, rooms, upward=True, frame=lambda part: {
        "label": "x" * len(part.title), "fontsize": "10", "margin": "8"})
    for i, arrow in enumerate(scene.arrows):
        dot.edge(arrow.tail, arrow.head, id=f"{i}")
    drawn = json.loads(dot.pipe("json0"))
    _, _, right, top = map(float, drawn["bb"].split(","))
    titles = {f"cluster_p{i}": part.title for i, part in enumerate(scene.parts)}
    groups = []
    for thing in drawn.get("objects", ()):
        if thing["name"] in titles:
            x0, y0, x1, y1 = map(float, thing["bb"].split(","))
            groups.append({"title": titles[thing["name"]],
                           "box": _rounded(x0, top - y1, x1 - x0, y1 - y0)})
        else:
            x, y = map(float, thing["pos"].split(","))
            width, height = 72 * float(thing["width"]), 72 * float(thing["height"])
            nodes[thing["name"]]["box"] = _rounded(x - width / 2, top - y - height / 2, width,
                                                   height)
    arrows = [{"tail": arrow.tail, "head": arrow.head} for arrow in scene.arrows]
    for edge in drawn.get("edges", ()):
        # "e,x,y" is the tip of the arrow, the other points are those of Bézier curves.
        points = [part.split(",")[-2:] for part in edge["pos"].split()]
        tip, *path = [_rounded(float(x), top - float(y)) for x, y in points]
        arrows[int(edge["id"])] |= {"tip": tip, "path": path}
    return nodes, arrows, groups, _rounded(right, top)


def _nodes(scene: Scene) -> dict[str, dict]:
    """The nodes by name: what is written on each, its room, and the part that it is in."""
    nodes = {}
    for value in scene.values:
        name, part = scene.names[value], scene.owner.get(value)
        constant = isinstance(value, Constant)
        lines = [_shortened(line) for line in scene.label(value).splitlines()[:4]]
        rows = max(1, len(lines)) + 2 - 2 * constant
        # A constant has room for itself, all others for any number.
        own = max(30, _width(f"{as_float(value.data):.4g}")) if constant else 84
        width = max([_width(line) for line in lines] + [own])
        nodes[name] = {"lines": lines, "room": (width + 10, 14 * rows + 10), "part": part}
        if value._prev and value not in scene.inside:
            symbol = _shortened(str(value._op))
            nodes[f"o{name[1:]}"] = {"symbol": symbol, "part": part,
                                     "room": (max(24, _width(symbol) + 10),) * 2}
    for box in scene.closed:
        counts = [(len(box.parameters), "parameter"), (box.operations, "operation")]
        note = " · ".join([f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts if n])
        title = _shortened(box.title)
        nodes[box.name] = {"title": title, "note": note, "room": (
            max(_width(title), _width(note)) + 20, 62), "part": box.part}
    return nodes


def _shortened(text: str) -> str:
    return text if len(text) <= 32 else f"{text[:31]}…"


def _width(text: str) -> float:
    """About how many points a line takes, in bold type of 11 points."""
    return sum(12.0 if unicodedata.east_asian_width(char) in "FW" else 6.6 for char in text)


def _rounded(*numbers) -> list[float]:
    return [round(number, 1) for number in numbers]


def _columns(frames: list) -> dict:
    """The numbers, place by place through all frames: `columns`, each once, and `at`, which of
    them is at each place. One that changes is base64 of floats of 4 bytes, or 8 if need be."""
    columns, at = {}, []
    for column in zip(*frames):
        if all(x == column[0] for x in column):
            written = json.dumps([_plain(column[0])], allow_nan=False)
        else:
            written = json.dumps(_packed(column))
        at.append(columns.setdefault(written, len(columns)))
    return {"columns": [json.loads(column) for column in columns], "at": at,
            "frames": len(frames)}


def _packed(column) -> str:
    small = all(not x or not math.isfinite(x) or 1e-37 < abs(x) < 1e38 for x in column)
    return base64.b64encode(struct.pack(f"<{len(column)}{'f' if small else 'd'}", *column)).decode()


def _plain(x):
    """The number as JSON has it, or its digits in a text where JSON's numbers are not enough."""
    if isinstance(x, float) and math.isfinite(x):
        return x
    if isinstance(x, int) and abs(x) < 2 ** 53:
        return int(x)                           # True is a 1
    try:
        return str(x)
    except ValueError:                          # Python refuses to write an int of 4,300 digits
        return "a huge integer"


def _policy(template: str) -> str:
    """The content security policy: nothing but the page's own script and style."""
    policy = ["default-src 'none'"]
    for tag in "script", "style":
        code = re.search(rf"<{tag}>(.*?)</{tag}>", template, re.S)[1]
        hashed = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        policy.append(f"{tag}-src 'sha256-{hashed}'")
    return "; ".join(policy)
