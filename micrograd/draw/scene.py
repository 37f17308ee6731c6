"""What is drawn of a graph, before anyone draws it.

You will learn here how thousands of values become one page. Values and operations are nodes, and
arrows lead from inputs through operations to results. The parts of a model, which `parts.py` finds,
are boxes around their nodes. A box can be *closed*: its nodes are hidden, one node stands for all,
and arrows that would end inside end at the box, those of the same two ends as one.

>>> from micrograd.nn import MLP
>>> model = MLP(2, [16, 16, 1])
>>> scene = Scene(model([0.5, -1.0]) ** 2, model, depth=1)
>>> [box.title for box in scene.closed], len(scene.order), len(scene.values)
(['layers.0 · Layer', 'layers.1 · Layer', 'layers.2 · Layer'], 469, 2)

`draw.py` draws it with Graphviz, `player.py` plays it.
"""

import math
from dataclasses import dataclass, field
from numbers import Real

from ..engine import Value, chain_rule, topological_order
from .parts import Part, owners, parts

__all__ = ["Arrow", "Closed", "Scene"]

LEGIBLE = 400                                   # arrows that one can still follow on a page


@dataclass(eq=False)
class Closed:
    """A closed box: the values it hides, and those that enter or leave it, in order and once."""

    title: str
    part: Part | None = None                    # of the model, if it is one
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
class Arrow:
    """From the node `tail` to the node `head`. It carries inputs, each with the result that was
    made of it and its place among the inputs; or the result at its head, with None and 0."""

    tail: str
    head: str
    carried: list[tuple[Value, Value | None, int]] = field(default_factory=list)


class Scene:
    """The values, closed boxes and arrows to draw of the graph of `root`.

    `order` is the topological order of all its values. The i-th is the node `v{i}`, as `names`
    tells, and the operation that made it the node `o{i}`; closed boxes are the nodes `c0`, `c1` ….
    `values` are those that are shown, `closed` the closed boxes, `inside` tells which box hides a
    value or its operation, `owner` to which of the `parts` it belongs, and `arrows` join the nodes,
    in the order of the computation.

    `depth` levels of boxes are open: as many as were asked for, or fewer where that is not legible.
    With math.inf all are, however many. `complete` says whether nothing was closed unasked.

    Raises TypeError if `root` is no Value or `model` has no parameters, ValueError if the graph has
    none of them or `depth` is below 0 or no number.
    """

    def __init__(self, root: Value, model=None, depth: float | None = None):
        if not isinstance(root, Value):
            raise TypeError(f"draw_dot draws the graph of a Value, not {type(root).__name__} "
                            f"{repr(root)[:60]}")
        if depth is not None and not (isinstance(depth, Real) and depth >= 0):
            raise ValueError(f"depth is how many levels are open, 0 or more, not {depth!r}")
        self.root, self.order = root, topological_order(root)
        self.names = {value: f"v{i}" for i, value in enumerate(self.order)}
        self.parts = [] if model is None else parts(model)
        self.owner = owners(self.order, self.parts)
        if model is not None and not self.owner:
            raise ValueError(f"the graph has no parameter of this model, {repr(model)[:60]}")
        self._locals = {}
        self._open(depth)

    def _open(self, depth: float | None) -> None:
        """Open as many levels as were asked for and are legible."""
        levels = max([part.deep + 1 for part in self.parts], default=0)
        wanted = int(min(levels, levels if depth is None else depth))
        for self.depth in range(wanted, -1, -1):
            for outside in ({}, self._outside()):
                self._close(outside)
                self.complete = self.depth == wanted and not outside
                if depth != math.inf and len(self.values) > LEGIBLE:
                    continue                    # each of them is at an end of some arrow
                self._join()
                if depth == math.inf or len(self.arrows) <= LEGIBLE:
                    return

    def _outside(self) -> dict[Value, str]:
        """What belongs to no part, each with the title of a box for it: what goes into the model,
        and what is made of its results. Without a model, all but the values nearest to the root."""
        if not self.parts:
            near = _nearest(self.root, LEGIBLE // 8)
            return {value: "the rest" for value in self.order if value not in near}
        after, before = set(self.owner), set()
        for value in self.order:
            if not after.isdisjoint(value._prev):
                after.add(value)
        for value in reversed(self.order):
            if value in self.owner or value in before:
                before.update(x for x in value._prev if x not in after)
        return {value: "inputs" if value in before else "loss" for value in self.order
                if value not in self.owner}

    def _close(self, outside: dict[Value, str]) -> None:
        """Close the parts at the present depth, and boxes for what is `outside` of them."""
        boxes = {part: Closed(part.title, part) for part in self.parts if part.deep == self.depth}
        boxes |= {title: Closed(title) for title in outside.values()}
        self.inside = {}
        for value in self.order:
            part = self.owner.get(value)
            while part and part.deep > self.depth:
                part = part.parent
            if box := boxes.get(part) or boxes.get(outside.get(value)):
                box.hidden.append(value)
                self.inside[value] = box
        self.closed = [box for box in boxes.values() if box.hidden]
        for i, box in enumerate(self.closed):
            box.name = f"c{i}"
        self.values = [value for value in self.order
                       if value not in self.inside or value is self.root]

    def _join(self) -> None:
        arrows, shown = {}, set(self.values)
        for value in self.order:
            box, name = self.inside.get(value), self.names[value]
            head = box.name if box else f"o{name[1:]}"
            for place, x in enumerate(value._prev):
                origin = self.inside.get(x)
                if origin and origin is box:
                    continue
                tail = origin.name if origin else self.names[x]
                key = (tail, head) if box or origin else (tail, head, place)
                arrows.setdefault(key, Arrow(tail, head)).carried.append((x, value, place))
                if box:
                    box.entering[x] = None
                if origin:
                    origin.leaving[x] = None
            if value._prev and value in shown:  # which the root is even if its operation is hidden
                arrows[head, name] = Arrow(head, name, [(value, None, 0)])
                if box:
                    box.leaving[value] = None
        self.arrows = list(arrows.values())

    def label(self, value: Value) -> str:
        """The label to show: in its part, that of the parameter layers.0.weight is weight. One
        without a label gets the name by which its part holds it."""
        part = self.owner.get(value)
        if not part:
            return str(value.label)
        own = str(value.label).removeprefix(f"{part.path}." if part.path else "")
        return own or part.leaves.get(value, "")

    @property
    def dense(self) -> bool:
        """Whether it is arrows above all, as a network of closed neurons is: then they are drawn
        straight, from side to side, and without labels."""
        return len(self.arrows) > 100 and len(self.arrows) > 5 * len(self.values)

    def local_gradient(self, value: Value, place: int):
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
        flows = {}
        for x, result, place in arrow.carried:
            flow = as_float(plain(x.grad)) if result is None else \
                as_float(plain(result.grad), self.local_gradient(result, place))
            flows[x] = flows.get(x, 0.0) + flow
        return list(flows.values())


def plain(x):
    """The number, of a number or a Value: a gradient may have a graph of its own."""
    return x.data if isinstance(x, Value) else x


def as_float(number, factor=1) -> float:
    """The product as a float, infinite where it is larger than any: Python's integers may be."""
    try:
        return float(factor * number)
    except OverflowError:
        return math.inf if (factor > 0) == (number > 0) else -math.inf


def _nearest(root: Value, limit: int) -> set[Value]:
    """The values that the fewest operations part from the root: all at one distance, or none."""
    near, ring = set(), {root}
    while ring and len(near) + len(ring) <= limit:
        near |= ring
        ring = {x for value in ring for x in value._prev} - near
    return near


def _local_gradients(value: Value) -> list:
    try:
        answer = chain_rule(value, 1)
        return [number + 0 for _, number in zip(value._prev, answer, strict=True)]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return [math.nan] * len(value._prev)
