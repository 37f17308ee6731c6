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
    each from −1 to 1. `width` and `height` are its room; `placing.py` finds `x` and `y`, its
    middle.
    """

    name: str
    kind: str
    part: Part | None
    symbol: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[tuple[str, str]]] = field(default_factory=list)
    columns: list[float] = field(default_factory=list)
    cells: list[float] = field(default_factory=list)
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

    @property
    def row_tops(self) -> list[float]:
        """Where the rows begin, below the top of the node."""
        return [4 + LINE * (len(self.lines) + i) for i in range(len(self.rows))]

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
        across = min(len(self.cells), 16)
        self.width = self.cap + max(*texts, 0, sum(used) - 10, across * CELL, least, 16) + 14
        self.height = 8 + LINE * (len(self.lines) + len(self.rows))
        if self.cells:
            self.height += CELL * math.ceil(len(self.cells) / across) + 2


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
            found.append(_vector(scene, vector, told))
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
    constants = first.role == "constant"
    node = Node(vector.name, role(first, scene), vector.part, tip="\n".join(
        [_tip(scene, value) for value in values[:100]]))
    if len(values) <= ROWS[any([value._prev for value in values])]:
        node.rows = [[("label", shortened(_label(scene, value), 16)), ("data", number(value.data)),
                      (f"grad {sign(value.grad)}",
                       number(value.grad) if told and not constants else "")] for value in values]
        return node
    labels = [_label(scene, value) for value in (first, values[-1])]
    same = os.path.commonprefix(labels).rpartition(".")
    title = f"{labels[0]} … {labels[1].removeprefix(same[0] + same[1])}"
    node.lines = [("label", shortened(title) if all(labels) else f"{len(values)} values"),
                  ("data", _numbers([value.data for value in values]))]
    if told and not constants:
        gradients = [as_float(plain(value.grad)) for value in values]
        largest = max(filter(math.isfinite, map(abs, gradients)), default=0) or 1
        node.cells = [gradient / largest for gradient in gradients]
        node.lines.append(("note", f"‖grad‖ {number(math.hypot(*gradients))}"))
    return node


def _closed(scene: Scene, box: Closed, told: bool, brief: bool) -> Node:
    title = [("label", shortened(line)) for line in printable(box.title).splitlines()[:4] if line]
    calls = scene.calls[box.part] if box.part else 0
    called = [("note", f"called {calls:,} times")] if calls > 1 else []
    given = scene.given[box.part] if box.part else []
    inputs, outputs = [[("data", f"{direction} {len(numbers):,}: {_numbers(numbers)}")]
                       if numbers else [] for direction, numbers in (
                           ("in", [value.data for value in box.entering] + given),
                           ("out", [value.data for value in box.leaving]))]
    parameters = box.parameters
    counts = [("note", f"{n:,} {what}{'s' * (n != 1)}") for n, what in (
        (len(parameters), "parameter"), (box.operations, "operation")) if n]
    norm = []
    if told and parameters:
        size = math.hypot(*[as_float(plain(parameter.grad)) for parameter in parameters])
        norm = [("note", f"‖grad‖ {number(size)}")]
    lines = title + called + inputs + outputs + counts + norm
    return Node(box.name, "closed box", box.part or box.around,
                lines=title + called + outputs + norm if brief else lines,
                tip="\n".join([text for _, text in lines]))


def _numbers(numbers: list[Any]) -> str:
    if len(numbers) <= 3:
        return ", ".join(map(number, numbers))
    return f"{number(min(numbers))} … {number(max(numbers))}"
