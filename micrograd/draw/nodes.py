"""What is written on each node of a scene, and the room that this takes.

>>> from micrograd.engine import Value
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> y.backward()
>>> for node in nodes(Scene(y, compact=True)).values():
...     print(node.name, node.kind, node.symbol, node.lines)
v0 input  [('label', 'x'), ('data', '3'), ('grad positive', 'grad 6')]
v1 output × [('data', '9'), ('grad positive', 'grad 1')]

`placing.py` finds a place for each.
"""

import math
import os
from dataclasses import dataclass, field
from typing import Any

from ..engine import Value
from .parts import Part
from .scene import Closed, Scene, Vector
from .text import as_float, exact, number, plain, printable, shortened, width

__all__ = ["COLOURS", "LINE", "SIZE", "Node", "nodes", "role", "sign"]

SIZE, SMALL = 12, 11                            # of the type, in pixels
LINE = 15                                       # from one line to the next
CELL = 10                                       # of a vector too long for a row for each value
ANY_NUMBER = width("grad −8.888×10⁻³⁰⁰", SMALL)  # as wide as any
MANY = 8                                        # closed boxes, of which more tell less
ROWS = 4, 20                                    # that a vector of leaves has at most, of results

# Each in light, then in dark surroundings. Of a kind of box, the fill and the rim.
COLOURS = {
    "page": ("#ffffff", "#0d1117"), "text": ("#1b1f24", "#e8ebef"), "quiet": ("#57606a", "#a2abb6"),
    "line": ("#868d96", "#7d848d"), "frame": ("#f3f4f6", "#161b22"),
    "frame rim": ("#b9bec5", "#3d444d"),
    "positive": ("#1a66b0", "#6cb2f4"), "negative": ("#b35000", "#f2a054"),
    "positive text": ("#15589a", "#7dbdf7"), "negative text": ("#964200", "#f2a96a"),
    "mixed": ("#57606a", "#a2abb6"), "nan": ("#57606a", "#a2abb6"), "zero": ("#57606a", "#a2abb6"),
    "input": ("#d3f0e8", "#12372f"), "input rim": ("#1d7a66", "#4fb59c"),
    "parameter": ("#e9e1f8", "#31284f"), "parameter rim": ("#6b4fa0", "#a58ddb"),
    "constant": ("#ececec", "#2a2e34"), "constant rim": ("#868d96", "#7d848d"),
    "intermediate": ("#ffffff", "#1c2128"), "intermediate rim": ("#868d96", "#7d848d"),
    "output": ("#ffffff", "#1c2128"), "output rim": ("#1b1f24", "#e8ebef"),
    "closed box": ("#e4e8ee", "#2b323b"), "closed box rim": ("#57606a", "#a2abb6"),
    "operation": ("#3a4048", "#c9d1d9"), "operation text": ("#ffffff", "#0d1117"),
}


@dataclass(eq=False)
class Node:
    """A box or circle: its `name` in the scene; its `kind`, an entry of the legend, or `operation`
    for a circle; the `part` it is in; the `symbol` of the operation in the box of a result.

    `lines` are what is written, each with its class: `label`, `data`, `grad`, `note`. In a vector
    stand below them the `rows`, of a label, a number and a gradient, or the `cells`, a gradient
    each from −1 to 1, so many `across`. `width` and `height` are its room; `placing.py` finds `x`
    and `y`, its middle.
    """

    name: str
    kind: str
    part: Part | None
    symbol: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[tuple[str, str]]] = field(default_factory=list)
    columns: list[float] = field(default_factory=list)
    cells: list[float] = field(default_factory=list)
    across: int = 16
    tip: str = ""
    width: float = 0
    height: float = 0
    x: float = 0
    y: float = 0

    @property
    def cap(self) -> float:
        """How wide the dark field of the operation is at the left of its result."""
        return max(20, width(self.symbol, SIZE, bold=True) + 10) if self.symbol else 0

    @property
    def box(self) -> list[float]:
        """Its left, its top, its width and its height."""
        return [round(number, 1) for number in (self.x - self.width / 2, self.y - self.height / 2,
                                                self.width, self.height)]

    @staticmethod
    def _width(kind: str, text: str) -> float:
        return width(text, SIZE if kind in ("label", "data") else SMALL, kind == "label")

    def _measure(self, least: float) -> None:
        """The room for what is written."""
        if self.kind == "operation":
            self.width = self.height = max(22, width(self.symbol, SIZE, bold=True) + 10)
            return
        texts = [self._width(*line) for line in self.lines]
        self.columns = [max(column) for column in zip(*[
            [self._width(*cell) for cell in row] for row in self.rows])]
        used = [column + 10 for column in self.columns if column]
        self.across = min(len(self.cells), self.across)
        self.width = self.cap + max(*texts, 0, sum(used) - 10, self.across * CELL, least, 16) + 14
        self.height = 8 + LINE * (len(self.lines) + len(self.rows))
        if self.cells:
            self.height += CELL * math.ceil(len(self.cells) / self.across) + 2


def nodes(scene: Scene, any_number: bool = False) -> dict[str, Node]:
    """The nodes of a scene by name, in the order of the computation.

    With `any_number` each has room for whatever number and gradient it may come to show, and for a
    label. Where all
    gradients are 0, nothing is said of them: there was no `backward()`.
    """
    told = any_number or any([plain(value.grad) != 0 for value in scene.order])
    closed = {next((value for value in box.hidden if value._prev), box.hidden[0]): box
              for box in scene.closed}
    vectors = {vector.values[0]: vector for vector in scene.vectors}
    shown, found = set(scene.values), []
    for value in scene.order:
        if box := closed.get(value):
            found.append(_closed(scene, box, told, brief=len(closed) > MANY and not any_number))
        if vector := vectors.get(value):
            found.append((_stack if vector.boxes else _vector)(scene, vector, told))
        if value._prev and (name := scene.operation(value))[0] == "o":
            found.append(Node(name, "operation", scene.owner.get(value),
                              symbol=shortened(printable(scene.symbol(value)), 12)))
        if value in shown:
            found.append(_value(scene, value, told))
            if any_number and value.role != "constant" and found[-1].lines[0][0] != "label":
                found[-1].lines.insert(0, ("label", ""))
    for node in found:
        node._measure(ANY_NUMBER if any_number and node.kind != "constant" else 0)
    return {node.name: node for node in found}


def role(value: Value, scene: Scene) -> str:
    """What a value is called in the legend."""
    return "output" if value is scene.root else "intermediate" if value._prev else value.role


def sign(gradient: Any) -> str:
    """The class of a gradient in the picture, which has a colour: positive, negative, zero, nan."""
    size = as_float(plain(gradient))
    return "positive" if size > 0 else "negative" if size < 0 else "nan" if size else "zero"


def _value(scene: Scene, value: Value, told: bool) -> Node:
    name = scene.names[value]
    lines = [("label", shortened(line)) for line in _label(scene, value).splitlines()[:4] if line]
    lines.append(("data", number(value.data)))
    if told and value.role != "constant":
        lines.append((f"grad {sign(value.grad)}", f"grad {number(value.grad)}"))
    merged = value._prev and scene.operation(value) == name
    return Node(name, role(value, scene), scene.owner.get(value), lines=lines,
                symbol=shortened(printable(scene.symbol(value)), 12) if merged else "",
                tip=_tip(scene, value))


def _label(scene: Scene, value: Value) -> str:
    return printable(scene.label(value))


def _tip(scene: Scene, value: Value) -> str:
    """All that there is to say of a value, for whoever points at it."""
    label = f"{_label(scene, value)}: " if _label(scene, value) else ""
    grad = "" if value.role == "constant" else f", grad = {exact(value.grad)}"
    return f"{label}data = {exact(value.data)}{grad}"


def _vector(scene: Scene, vector: Vector, told: bool) -> Node:
    values, first = vector.values, vector.values[0]
    told = told and first.role != "constant"
    stacked = vector.across or vector.symbol
    node = Node(vector.name, role(first, scene), vector.part,
                shortened(printable(vector.symbol), 12), across=min(vector.across or 16, 32),
                tip="\n".join([_tip(scene, value) for value in values[:100]]))
    labels = [_label(scene, value) for value in values]
    parts = [scene.place(scene.owner.get(value), vector) if stacked else "" for value in values]
    if len(values) <= ROWS[any([value._prev for value in values]) and not stacked]:
        node.rows = [_row(".".join(filter(None, [part, label])), [value], told)
                     for label, part, value in zip(labels, parts, values)]
        return node
    titles = dict.fromkeys([_span(names) for names in (parts, labels) if all(names)])
    node.lines = [("label", shortened(" · ".join(titles) or f"{len(values)} values")),
                  ("data", _numbers([value.data for value in values]))]
    if told:
        gradients = [as_float(plain(value.grad)) for value in values]
        largest = max(filter(math.isfinite, map(abs, gradients)), default=0) or 1
        node.cells = [gradient / largest for gradient in gradients]
        node.lines.append(("note", f"‖grad‖ {_norm(values)}"))
    if stacked:                                 # a line less, for such pictures become long
        node.lines, node.rows = [], [node.lines]
    return node


def _stack(scene: Scene, vector: Vector, told: bool) -> Node:
    """Closed boxes side by side, each as a row."""
    leaving: dict[Closed, list[Value]] = {box: [] for box in vector.boxes}
    for value in vector.values:
        leaving[scene.inside[value]].append(value)
    parts = [scene.place(box.part, vector) for box in leaving]
    kind = vector.boxes[0].title.rpartition(" · ")[2]
    most = max(map(len, leaving.values()))
    node = Node(vector.name, "closed box", vector.part)
    node.lines = [("label", shortened(f"{_span(parts)} · {kind}")), *_hidden(vector.boxes, told)]
    node.rows = [[("label", ""), ("note", "out" if most == 1 else f"out {most:,}"),
                  ("note", ("grad" if most == 1 else "‖grad‖") if told else "")],
                 *[_row(part, values, told) for part, values in zip(parts, leaving.values())]]
    node.tip = "\n".join([" ".join([text for _, text in row]) for row in node.rows])
    return node


def _row(label: str, values: list[Value], told: bool) -> list[tuple[str, str]]:
    one = len(values) == 1
    return [("label", shortened(label, 16)), ("data", _numbers([value.data for value in values], 1)),
            (f"grad {sign(values[0].grad) if one else ''}".strip(),
             (number(values[0].grad) if one else _norm(values)) if told else "")]


def _norm(values: list[Value]) -> str:
    """The length of the values' gradient."""
    return number(math.hypot(*[as_float(plain(value.grad)) for value in values]))


def _span(names: list[str]) -> str:
    """From the first to the last: w.0 … 15."""
    first, last = names[0], names[-1]
    same = os.path.commonprefix([first, last]).rpartition(".")
    return first if first == last else f"{first} … {last.removeprefix(same[0] + same[1])}"


def _closed(scene: Scene, box: Closed, told: bool, brief: bool) -> Node:
    title = [("label", shortened(line)) for line in printable(box.title).splitlines()[:4] if line]
    calls = scene.calls[box.part] if box.part else 0
    called = [("note", f"called {calls:,} times")] if calls > 1 else []
    given = scene.given[box.part] if box.part else []
    inputs, outputs = [[("data", f"{direction} {len(numbers):,}: {_numbers(numbers)}")]
                       if numbers else [] for direction, numbers in (
                           ("in", [value.data for value in box.entering] + given),
                           ("out", [value.data for value in box.leaving]))]
    hidden = _hidden([box], told)
    lines = title + called + inputs + outputs + hidden
    return Node(box.name, "closed box", box.part or box.around,
                lines=title + called + outputs + hidden[-1:] if brief else lines,
                tip="\n".join([text for _, text in lines]))


def _hidden(boxes: list[Closed], told: bool) -> list[tuple[str, str]]:
    """How much there is in closed boxes, and last the norm of the parameters' gradient."""
    parameters = [parameter for box in boxes for parameter in box.parameters]
    lines = [f"{n:,} {what}{'s' * (n != 1)}" for n, what in (
        (len(parameters), "parameter"), (sum([box.operations for box in boxes]), "operation")) if n]
    if told and parameters:
        lines.append(f"‖grad‖ {_norm(parameters)}")
    return [("note", line) for line in lines]


def _numbers(numbers: list[Any], most: int = 3) -> str:
    if len(numbers) <= most:
        return ", ".join(map(number, numbers))
    low, high = number(min(numbers)), number(max(numbers))
    return low if low == high else f"{low} … {high}"
