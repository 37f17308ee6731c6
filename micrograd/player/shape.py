"""What is told of a computation: its shape, which stays, and its numbers, which change.

You will learn here how a computation becomes a sequence of steps. A *shape* is a graph without its
numbers: what is drawn of it, and in which order it is computed. One walk over a graph of that
shape, `Shape.numbers`, goes through the steps forward and back and names every number that there is
to tell: the data of a value, what a rule adds to a gradient, the sum there is then. It
does not ask what the numbers are made of. Walked with floats, it is a recording; walked with the
compiler's symbols, it is the program that makes a page alive.

>>> x = Value(3.0, label="x")
>>> shape = Shape(y := x * x)
>>> numbers = shape.numbers(y)
>>> numbers["data", 1], numbers["amount", 0, 0], numbers["sum", 0, 0], numbers["sum", 0, 1]
(9.0, 3.0, 3.0, 6.0)

`page.py` writes them into a page.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from . import formulas
from ..draw import Closed, Scene, as_float, role
from ..engine import Constant, Value, chain_rule, gradients, pass_back, topological_order
from ..functions import sqrt
from .formulas import Formula, written_openly
from .placed import placed

__all__ = ["Levels", "Shape", "check"]

TOLD_OF_ROWS = ("amount", "sum", "backward", "input", "output", "swapped")
LARGEST = 2000                                  # boxes on a page that still plays smoothly


@dataclass(eq=False)
class Turn:
    """A step forward, and again a step backward: an operation, or all those in a row that are in
    one closed box. `made` are their results, `rows` what its step backward adds to gradients, and
    `uses` tells for a result and the place of an input in which row that is."""

    node: str
    box: Closed | None
    made: list[int] = field(default_factory=list)
    rows: list["Row"] = field(default_factory=list)
    uses: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(eq=False)
class Row:
    """What a turn adds to the gradient of value `x`, and along which arrow."""

    x: int
    arrow: int


class Shape:
    """A graph without its numbers: what is drawn of it, in which order it is computed.

    Raises TypeError if `root` is no Value, and ValueError if the graph is too large to play.
    """

    def __init__(self, root: Value, model=None, depth: float | None = None):
        if not isinstance(root, Value):
            raise TypeError(f"only the computation of a Value can be played, not {root!r:.60}")
        self.scene = scene = Scene(root, model, depth)
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
                        turn.uses[i, place] = rows.setdefault(key, len(rows))
                        if len(rows) > len(turn.rows):
                            turn.rows.append(Row(x, arrows[i, place]))
        return turns

    # ── The walk ──────────────────────────────────────────────────────────────────────────────────

    def numbers(self, root: Value, suspects: bool = False) -> dict[tuple, object]:
        """Every number that is told of a graph of this shape, by name.

        ("data", i) is that of value i; ("forward", k) which formula turn k has; ("amount", k, n)
        what its row n adds on the way back, ("sum", k, n) the gradient there is then, and
        ("backward", k, n) by which formula; ("norm", k) that of the gradients, so far, of a box's
        parameters. With `suspects` also what usual mistakes would add: ("input", k, n) the input
        where the rule uses the output, ("output", k, n) the other way round, and ("swapped", k, n)
        what belongs to the other input. Raises ValueError if the graph has another shape.
        """
        values = topological_order(root)
        self._compare(values)
        told: dict[tuple, Any] = {("data", i): values[i].data for i in self.told}
        found, kinds = gradients(root), {}
        for k, turn in enumerate(self.turns):
            if not turn.box:
                told["forward", k], *kinds[k] = self._written(turn.made[0], values, found)
        sums = [0] * (len(values) - 1) + [1]
        for k, turn in reversed([*enumerate(self.turns)]):
            for i in reversed(turn.made):
                passed = chain_rule(values[i], found[values[i]])
                for place, (x, amount) in enumerate(zip(self.wiring[i][2], passed)):
                    sums[x] += amount
                    if (n := turn.uses.get((i, place))) is not None:
                        told["amount", k, n] = told.get(("amount", k, n), 0) + amount
                        told["sum", k, n] = sums[x]
                        if not turn.box:
                            told["backward", k, n] = kinds[k][place]
                        if suspects and not turn.box:
                            told |= {(name, k, n): x for name, x in _suspects(
                                values[i], found[values[i]], place, passed)}
            if turn.box and (parameters := self.parameters[turn.box.name]):
                told["norm", k] = _norm([sums[p] for p in parameters])
        return told

    def _written(self, i: int, values: list[Value], found: dict) -> list:
        """The numbers of the formulas of value i: of its operation, and of what its rule passes
        back to each input."""
        op, g = values[i].operation, found[values[i]]

        def write(opened):
            out, *inputs = [Formula.of_value(x, values[x], opened) for x in (i, *self.wiring[i][2])]
            return [formulas.forward(op, inputs), *formulas.backward(
                op, Formula.of_gradient(i, opened(g)), out, inputs)]
        return written_openly(write, lambda formula: self.formulas.setdefault(
            formula, len(self.formulas)))

    def _compare(self, values: list[Value]) -> None:
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

    # ── What the page is told ─────────────────────────────────────────────────────────────────────

    def page(self, places: dict[tuple, Any]) -> dict:
        """What the page is told of the shape. `places` tells where each number is in a frame."""
        scene = self.scene
        nodes, arrows, groups, size = placed(scene)
        values = [{"i": i, "id": f"v{i}", "data": places["data", i], "role": role(value, scene),
                   "name": str(value.label) or scene.label(value) or f"#{i}"}
                  | nodes.get(f"v{i}", {}) for i in self.told for value in [scene.order[i]]]
        told = set(self.told)
        turns = [{"node": turn.node, "made": [i for i in turn.made if i in told],
                  "inputs": list(dict.fromkeys(x for i in turn.made for x in self.wiring[i][2]
                                               if x in told and x not in turn.made)),
                  "forward": places.get(("forward", k)), "norm": places.get(("norm", k)),
                  "rows": [{"x": row.x, "arrow": row.arrow} | {
                      name: places.get((name, k, n)) for name in TOLD_OF_ROWS
                          if name == "backward" or (name, k, n) in places}
                      for n, row in enumerate(turn.rows)]}
                 for k, turn in enumerate(self.turns)]
        made_by = {scene.order[i]: k for k, turn in enumerate(self.turns) for i in turn.made}
        for arrow, drawn in zip(scene.arrows, arrows):
            drawn["turns"] = sorted({made_by[x if result is None else result]
                                     for x, result, _ in arrow.carried})
            drawn["to"] = drawn["head"] if arrow.carried[0][1] is None else None
        shown = {f"v{i}" for i in self.told}
        others = [{"id": id, **node} for id, node in nodes.items() if id not in shown]
        return {"size": size, "values": values, "others": others, "arrows": arrows,
                "groups": groups, "turns": turns, "formulas": list(self.formulas)}


def _suspects(value: Value, g, place: int, passed) -> list[tuple]:
    """What usual mistakes in the rule of a value would pass back to one of its inputs."""
    if len(passed) == 2:
        return [("swapped", passed[1 - place])]
    if len(passed) > 2:
        return []
    [x], out = [x.data for x in value._prev], value.data
    [by_input], [by_output] = [pass_back(value.operation, g, y, [y]) for y in (x, out)]
    return [("input", by_input), ("output", by_output)]


def _norm(numbers: list):
    if all([isinstance(x, (int, float, Fraction)) for x in numbers]):
        return math.hypot(*map(as_float, numbers))
    return sqrt(sum([x * x for x in numbers]))


class Levels:
    """The shapes of one graph with its boxes open to several depths, from closed to open.

    `asked` is the place of the one that was asked for. A frame holds the numbers of all: what
    several shapes tell of a value is the same number, and is kept once.
    """

    def __init__(self, root: Value, model, depth: float | None):
        asked = Shape(root, model, depth)
        self.shapes = [asked]
        for level in range(max([part.deep + 1 for part in asked.scene.parts], default=0) + 1):
            if level != asked.scene.depth:
                try:
                    shape = Shape(root, model, level)
                except ValueError:              # too large to play
                    continue
                if shape.scene.complete and shape.scene.depth == level:
                    self.shapes.append(shape)
        self.shapes.sort(key=lambda shape: shape.scene.depth)
        self.asked = self.shapes.index(asked)

    def numbers(self, root: Value, suspects: bool = False) -> dict[tuple, object]:
        """All numbers that any shape tells, by name: after the shape's place, the name there."""
        return {(i, *name): number for i, shape in enumerate(self.shapes)
                for name, number in shape.numbers(root, suspects).items()}

    def graphs(self, names: list[tuple]) -> list[dict]:
        """What the page is told of each shape, when a frame has these names."""
        places = [{} for _ in self.shapes]
        for place, (i, *name) in enumerate(names):
            places[i][tuple(name)] = place
        return [shape.page(places[i]) | {"depth": shape.scene.depth}
                for i, shape in enumerate(self.shapes)]


def _kind(op: str, role: str) -> str:
    return f"a {str(op)!r}" if op else f"a leaf ({role})"


def check(root: Value) -> None:
    """Raise ValueError if a value is no longer what its operation makes of its inputs."""
    for value in topological_order(root):
        if value._prev and not _holds(value):
            name = f"{value.label} = {value._op}" if value.label else str(value._op)
            inputs = ", ".join([str(x.data)[:30] for x in value._prev[:6]])
            raise ValueError(f"{name} of {inputs} was {str(value.data)[:30]}: its inputs have been "
                             "changed since (play it before the optimiser's step)")


def _holds(value: Value) -> bool:
    if value.operation.mathematics is None:     # backward will say so
        return True
    try:
        now, again = [value.operation.mathematics(*[x.data for x in value._prev]) for _ in range(2)]
    except (ArithmeticError, ValueError):
        return False
    # What differs from itself is NaN, or drawn at random.
    return now == value.data or now != again
