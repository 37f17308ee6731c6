"""What is drawn of a graph, before anyone draws it.

You will learn here how thousands of values become one page. Values and operations are nodes, and
arrows lead from inputs through operations to results. The parts of a model, which `parts.py` finds,
are boxes around their nodes. A box can be *closed*: its nodes are hidden, one node stands for all,
and arrows that would end inside end at the box, those of the same two ends as one.

A *compact* scene has fewer boxes, where more would say nothing: a result is one node with its
operation, a plain number is told beside the operation that it took part in, as in `** 2`, and the
values that go into the same dot products are the rows of one node, a *vector*. Where the picture
would be too wide, the scene is *stacked*: what neurons compute side by side are vectors, too.

>>> from micrograd.nn import MLP
>>> model = MLP(2, [16, 16, 1])
>>> scene = Scene(model([0.5, -1.0]) ** 2, model, depth=1)
>>> [box.title for box in scene.closed]
['layers.0 · Layer', 'layers.1 · Layer', 'layers.2 · Layer']

`nodes.py` says what is written on each node, and `play` plays the scene.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from ..engine import Value, chain_rule, topological_order
from .parts import Owners, Part, parts
from .text import as_float, number, plain, symbol

__all__ = ["Arrow", "Closed", "Scene", "Vector"]

LEGIBLE = 400                                   # arrows that one can still follow on a page


@dataclass(eq=False)
class Closed:
    """A closed box: the values it hides, and those that enter or leave it, in order and once.
    It is a `part` of the model, or stands in the part `around` it, for some of its own values."""

    title: str
    part: Part | None = None
    around: Part | None = None
    name: str = ""
    hidden: list[Value] = field(default_factory=list)
    entering: dict[Value, None] = field(default_factory=dict)
    leaving: dict[Value, None] = field(default_factory=dict)

    @property
    def operations(self) -> int:
        return sum(bool(value._prev) for value in self.hidden)

    @property
    def parameters(self) -> list[Value]:
        """All parameters of the part; of a box that is no part, those that it hides."""
        if self.part:
            return self.part.parameters
        return [value for value in self.hidden if value.role == "parameter"]


@dataclass(eq=False)
class Vector:
    """Values that go into the same dot products, as one node with a row for each.

    In a stacked scene it may hold what several neurons, as many as it goes `across`, have each; and
    be the operation too that made all of its values, its `symbol`, or stand for the closed `boxes`
    that they leave.
    """

    name: str
    values: list[Value]
    part: Part | None
    across: int = 0
    symbol: str = ""
    boxes: list[Closed] = field(default_factory=list)


@dataclass(eq=False)
class Arrow:
    """From the node `tail` to the node `head`, and there to a `row` if it is a vector. It carries
    inputs, each with the result that was made of it and its place among the inputs; or the result
    at its head, with None and 0. `placing.py` finds its `path`, `tip` and, `at` which point, the
    place of its `label`."""

    tail: str
    head: str
    row: int | None = None
    carried: list[tuple[Value, Value | None, int]] = field(default_factory=list)
    label: str = ""
    path: list[list[float]] = field(default_factory=list)
    tip: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)


class Scene:
    """The values, closed boxes and arrows to draw of the graph of `root`.

    `order` is the topological order of all its values. The i-th is the node `v{i}`, as `names`
    tells, and the operation that made it the node `o{i}`; closed boxes are the nodes `c0`, `c1` ….
    `values` are those that are shown, `closed` the closed boxes, `inside` tells which box hides a
    value or its operation, `owner` to which of the `parts` it belongs, and `arrows` join the nodes,
    in the order of the computation. In a compact scene the node `v{i}` is its operation too, unless
    it is a row of one of the `vectors`, the nodes `g0`, `g1` …; `rows` tells of which, and `folded`
    are the plain numbers that `symbol(value)` tells beside the operation.

    `depth` levels of boxes are open: as many as were asked for, or fewer where that is not legible.
    What is legible has no more than 400 arrows, and `fits`: before anything is closed for that, a
    compact scene is `stacked`. With math.inf all are open, however many. `complete` says whether
    nothing was closed unasked.

    Raises TypeError if `root` is no Value or `model` has no parameters, ValueError if the graph has
    none of them or `depth` is below 0 or no number.
    """

    def __init__(self, root: Value, model: Any = None, depth: float | None = None,
                 compact: bool = False, fits: Callable[["Scene"], bool] | None = None):
        if not isinstance(root, Value):
            raise TypeError(f"draw_dot draws the graph of a Value, not {type(root).__name__} "
                            f"{repr(root)[:60]}")
        if depth is not None and not (isinstance(depth, Real) and depth >= 0):
            raise ValueError(f"depth is how many levels are open, 0 or more, not {depth!r}")
        self.root, self.order = root, topological_order(root)
        self.names = {value: f"v{i}" for i, value in enumerate(self.order)}
        self.parts = [] if model is None else parts(model)
        owners = Owners(self.order, self.parts)
        self.owner, self.calls, self.given = owners.owner, owners.calls, owners.given
        if model is not None and not self.owner:
            raise ValueError(f"the graph has no parameter of this model, {repr(model)[:60]}")
        # Of each value, the results that were made of it, each with its place among the inputs.
        self.uses: dict[Value, list[tuple[Value, int]]] = {value: [] for value in self.order}
        for value in self.order:
            for place, x in enumerate(value._prev):
                self.uses[x].append((value, place))
        self.compact = compact
        self._locals: dict[Value, list[Any]] = {}
        self._open(depth, fits or (lambda scene: True))

    def _open(self, depth: float | None, fits: Callable[["Scene"], bool]) -> None:
        """Open as many levels as were asked for and are legible."""
        levels = max([part.deep + 1 for part in self.parts], default=0)
        wanted = int(min(levels, levels if depth is None else depth))
        for self.depth in range(wanted, -1, -1):
            for self.stacked, closed in self._choices():
                self._close(closed)
                self._gather()
                self.complete = self.depth == wanted and not closed
                if depth != math.inf and len(self.values) > LEGIBLE:
                    continue                    # each of them is at an end of some arrow
                self._join()
                if depth == math.inf or len(self.arrows) <= LEGIBLE and fits(self):
                    return

    def _choices(self) -> Iterator[tuple[bool, dict[Value, Any]]]:
        """Whether to stack, and what to close beside the parts, ever more: each value with what its
        box is known by."""
        yield False, {}
        if self.compact:
            yield True, {}
        if self.parts:
            yield self.compact, (outside := self._outside())
            yield self.compact, outside | self._between()
        else:
            for limit in (LEGIBLE // 8, LEGIBLE // 16, LEGIBLE // 32):
                near = _nearest(self.order, limit)
                yield self.compact, {value: "the rest" for value in self.order
                                     if value not in near}

    def _outside(self) -> dict[Value, str]:
        """What belongs to no part, each with the title of a box for it: what goes into the model,
        and what is made of its results."""
        after = set(self.owner)
        before: set[Value] = set()
        for value in self.order:
            if not after.isdisjoint(value._prev):
                after.add(value)
        for value in reversed(self.order):
            if value in self.owner or value in before:
                before.update(x for x in value._prev if x not in after)
        return {value: "inputs" if value in before else "loss" for value in self.order
                if value not in self.owner}

    def _between(self) -> dict[Value, tuple[Part, int]]:
        """What the open parts computed between their inner parts: each with its part and how often
        the way to it has crossed from one part to another, so that no box leads back to itself."""
        crossed: dict[Value, int] = {}
        between: dict[Value, tuple[Part, int]] = {}
        for value in self.order:
            part = self._shown_in(value)
            if value._prev:
                crossed[value] = max([crossed[x] + (self._shown_in(x) is not part)
                                      for x in value._prev if x in crossed], default=0)
                if part and part.inner and part.deep < self.depth:
                    between[value] = part, crossed[value]
                    between.update({x: between[value] for x in value._prev
                                    if x.role == "constant" and self._shown_in(x) is part})
        return between

    def _shown_in(self, value: Value) -> Part | None:
        """The innermost part around it that is a box, open or closed."""
        part = self.owner.get(value)
        return part.line[min(part.deep, self.depth)] if part else None

    def _close(self, others: dict[Value, Any]) -> None:
        """Close the parts at the present depth, and boxes for `others`: values by the title of a
        box outside, or what is between the parts of a part."""
        boxes: dict[Any, Closed] = {part: Closed(part.title, part) for part in self.parts
                       if part.deep == self.depth}
        for key in others.values():
            boxes.setdefault(key, Closed(key) if isinstance(key, str) else
                             Closed(f"between the parts of {key[0].title}", around=key[0]))
        self.inside = {}
        for value in self.order:
            if box := boxes.get(self._shown_in(value)) or boxes.get(others.get(value)):
                box.hidden.append(value)
                self.inside[value] = box
        self.closed = [box for box in boxes.values() if box.hidden]
        for i, box in enumerate(self.closed):
            box.name = f"c{i}"

    def _gather(self) -> None:
        """In a compact scene, find the vectors and the plain numbers to tell beside operations."""
        self.vectors: list[Vector] = []
        self.rows: dict[Value, tuple[Vector, int]] = {}
        self.folded: set[Value] = set()
        groups: dict[Any, list[Value]] = {}
        for value in self.order if self.compact else ():
            uses, box = self.uses[value], self.inside.get(value)
            users = dict.fromkeys([self._user(*use) for use in uses])
            if value.role == "constant" and value not in self.inside and len(uses) == 1 \
                    and len(uses[0][0]._prev) == 2 and "dot" != uses[0][0]._op:
                self.folded.add(value)
            elif users and None not in users and (box is None or (box.name, 0) not in users):
                kind = "" if value._prev else (value.role, self.owner.get(value))
                key = *users, kind, box and box.part and box.part.parent
                groups.setdefault(key, []).append(value)
        for group in groups.values():
            boxes = {self.inside.get(value) for value in group}
            if len(group) > 1 and (len(boxes) > 1 or None in boxes):
                self._vector(group)
        if self.stacked:
            self._stack()
        self.values = [value for value in self.order
                       if value is self.root or value not in self.inside
                       and value not in self.rows and value not in self.folded]

    def _vector(self, values: list[Value], across: int = 0) -> None:
        vector = Vector(f"g{len(self.vectors)}", values, self._around(values), across)
        self.rows.update({value: (vector, row) for row, value in enumerate(values)})
        self.vectors.append(vector)

    def _stack(self) -> None:
        """Draw what is computed side by side as one: from each vector back, the last one first, the
        operations that made its values, if they are the same, and what they were given."""
        for value in reversed(self.order):
            vector = self.rows[value][0] if value in self.rows else None
            if not vector or vector.values[-1] is not value:
                continue
            values = vector.values
            boxes = dict.fromkeys([self.inside[x] for x in values if x in self.inside])
            if self._side_by_side(boxes, set(values)):
                vector.boxes = list(boxes)
                for box in boxes:
                    box.name = vector.name
            elif not boxes and values[0]._prev and len(set(map(_shape, values))) == 1 \
                    and len(set(map(self.symbol, values))) == 1:
                vector.symbol = self.symbol(values[0])
                for side in zip(*map(_sides, values)):
                    # First the first input of each, then the second of each.
                    inputs = [x for row in zip(*side) for x in row]
                    if self._alike(inputs):
                        self._vector(inputs, len(values))
        self.vectors = [vector for vector in self.vectors
                        if self.rows[vector.values[0]][0] is vector]
        self.closed = [box for box in self.closed if box.name[0] == "c"]

    def _alike(self, inputs: list[Value]) -> bool:
        """Whether the inputs of a vector may be one: different values of one kind, which the same
        vectors use."""
        users = {self._user(*use) for use in self.uses[inputs[0]]}
        return (None not in users and len(set(inputs)) == len(inputs)
                and len({(x.role, *_shape(x)) for x in inputs}) == 1
                and not any(x in self.inside or x in self.folded for x in inputs)
                and all({self._user(*use) for use in self.uses[x]} == users for x in inputs))

    def _side_by_side(self, boxes: dict[Closed, None], values: set[Value]) -> bool:
        """Whether the values are all that comes from several boxes of one kind in one part."""
        kinds = {box.part and (type(box.part.module), box.part.parent) for box in boxes}
        return len(boxes) > 1 and len(kinds) == 1 and kinds != {None} and all(
            [x in values or x is not self.root and all(
                [self.inside.get(result) is box for result, _ in self.uses[x]])
             for box in boxes for x in box.hidden])

    def _user(self, result: Value, place: int) -> tuple[str, int] | None:
        """Where a vector may lead: to one of the two sides of a dot product, or a closed box."""
        if box := self.inside.get(result):
            return box.name, 0
        side = int(place >= len(result._prev) // 2) if result._op == "dot" else place
        if result in self.rows and self.rows[result][0].symbol:
            return self.rows[result][0].name, side
        return (self.names[result], side) if result._op == "dot" else None

    def _around(self, values: list[Value]) -> Part | None:
        """The innermost open part that all the values are in."""
        lines = [part.line[:self.depth] if part else []
                 for part in map(self.owner.get, values)]
        same = [parts[0] for parts in zip(*lines) if len(set(parts)) == 1]
        return same[-1] if same else None

    def operation(self, value: Value) -> str:
        """The node of the operation that made the value."""
        name = self.names[value]
        if box := self.inside.get(value):
            return box.name
        if value in self.rows:
            name = self.rows[value][0].name if self.rows[value][0].symbol else f"o{name[1:]}"
        return name if self.compact else f"o{name[1:]}"

    def symbol(self, value: Value) -> str:
        """The operation that made the value, with the plain number that is told beside it.

        >>> y = (Value(3.0) - 1) ** 2
        >>> scene = Scene(y, compact=True)
        >>> [scene.symbol(value) for value in scene.values]
        ['', '− 1', '** 2']
        """
        words = [symbol(value._op)]
        for place, x in enumerate(value._prev):
            if x in self.folded:
                words.insert(place, number(x.data))
        return " ".join(filter(None, words))

    def _join(self) -> None:
        arrows: dict[Any, Arrow] = {}
        shown = set(self.values)
        for value in self.order:
            box, head = self.inside.get(value), self.operation(value) if value._prev else ""
            for place, x in enumerate(value._prev):
                origin = self.inside.get(x)
                if origin and origin is box or x in self.folded:
                    continue
                if box:
                    box.entering[x] = None
                if origin:
                    origin.leaving[x] = None
                vector = self.rows[x][0] if x in self.rows else None
                tail = vector.name if vector else origin.name if origin else self.names[x]
                key = (tail, head) if box or origin or vector or head[0] == "g" else (
                    tail, head, place)
                arrows.setdefault(key, Arrow(tail, head)).carried.append((x, value, place))
            name = self.names[value] if value in shown else head
            row: int | None = None
            if value in self.rows:
                rows, row = self.rows[value]
                name = rows.name
            if value._prev and name != head:    # for a result that has another node
                arrow = arrows.setdefault((head, name), Arrow(head, name, row))
                arrow.carried.append((value, None, 0))
                arrow.row = row if len(arrow.carried) == 1 else None
                if box:
                    box.leaving[value] = None
        self.arrows = list(arrows.values())

    def label(self, value: Value) -> str:
        """The label to show: in its part, that of the parameter layers.0.weight is weight. One
        without a label gets the name by which its part holds it."""
        part = self.owner.get(value)
        if not part:
            return str(value.label)
        label, names = str(value.label), [outer.name for outer in part.line if outer.name]
        for n in range(len(names)):             # also where it was named before it was put there
            label = label.removeprefix(".".join([*names[n:], ""]))
        return label or part.leaves.get(value, "")

    def place(self, part: Part | None, vector: Vector) -> str:
        """The part that computed a row of a vector, by its name in the part that the vector is in:
        neurons.3."""
        line = part.line[len(vector.part.line) if vector.part else 0:] if part else []
        return ".".join([part.name for part in line if part.name])

    def local_gradient(self, value: Value, place: int) -> Any:
        """The derivative of a value by one of its inputs alone; NaN where its operation tells none.

        >>> x = Value(3.0)
        >>> Scene(x * 2).local_gradient(x * 2, 0)
        2
        """
        if value not in self._locals:
            self._locals[value] = _local_gradients(value)
        return self._locals[value][place]

    def flows(self, arrow: Arrow) -> list[float]:
        """For each value that the arrow carries, the gradient that came back to it this way."""
        flows: dict[Value, float] = {}
        for x, result, place in arrow.carried:
            flow = as_float(plain(x.grad)) if result is None else \
                as_float(plain(result.grad), self.local_gradient(result, place))
            flows[x] = flows.get(x, 0.0) + flow
        return list(flows.values())


def _nearest(order: list[Value], limit: int) -> set[Value]:
    """The results whose every way to the last value is short, and the leaves that they use: all at
    one distance, or none, so that nothing that is left out uses one of the results."""
    distance = dict.fromkeys(order, 0)
    for value in reversed(order):
        for x in value._prev:
            distance[x] = max(distance[x], distance[value] + 1)
    rings: dict[int, set[Value]] = {}
    for value in order:
        rings.setdefault(distance[value], set()).update(
            [value, *[x for x in value._prev if not x._prev]])
    near = {order[-1]}
    for n in range(len(rings)):
        if len(near | rings[n]) > limit:
            break
        near |= rings[n]
    return near


def _sides(value: Value) -> list[Any]:
    """What an operation takes: of a dot product, two vectors; of any other, values."""
    inputs = value._prev
    if value._op == "dot":
        return [inputs[:len(inputs) // 2], inputs[len(inputs) // 2:]]
    return [[x] for x in inputs]


def _shape(value: Value) -> tuple[str, int]:
    """Which operation made it, of how many inputs."""
    return str(value._op), len(value._prev)


def _local_gradients(value: Value) -> list[Any]:
    try:
        answer = chain_rule(value, 1)
        return [number + 0 for _, number in zip(value._prev, answer, strict=True)]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return [math.nan] * len(value._prev)
