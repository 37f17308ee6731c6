"""A page that computes: turn a knob, and everything follows.

You will learn here how a page can be alive without a server. The walk that records a computation,
`Shape.numbers`, never asks what its numbers are made of. Run on the compiler's symbols it writes
itself down: a program from the leaves to every number that the page tells. The compiler says it in
JavaScript, and does the same for the training step and for the outputs of the model. So the
page computes what the engine would have computed, by the same rules, and none was described again.

>>> from micrograd.nn import MLP
>>> model = MLP(1, [1])
>>> live(lambda x, target: (model([x]) - target) ** 2, [(1.0, 3.0), (2.0, 5.0)], model)
Live page of 2 samples, 4 knobs

Jupyter shows it; `.save("knobs.html")` writes it for any browser.
"""

import operator
from collections.abc import Callable, Iterable
from typing import Any

from .page import SCRIPTS, Player, join
from .shape import Levels
from ..compiler import PRELUDE, argument_names, javascript_source, places, plain, structure
from ..engine import Constant, Value, topological_order
from ..nn import marks

__all__ = ["Live", "live"]

KINDS = 20                                      # of samples, each with a graph and programs


def live(function: Callable[..., Any], samples: Iterable[Any], model: Any = None,
         depth: int | None = None, lr: float = 0.05) -> "Live":
    """A page in which the numbers of a loss are computed, so that every knob can be turned.

    `function` takes one sample, as its arguments, and returns its loss, one Value: what `jit`
    takes. `samples` is a sequence of samples, each the tuple of the function's arguments; `model`
    has the parameters to train (without one, they are all parameters in the graph). `model` and
    `depth` draw boxes, and close them, as `draw_dot` does: what nobody could read is closed, and
    can still be trained. `lr` is the learning rate at first.

    Raises TypeError if `function` returns no Value or takes other samples, ValueError if there are
    no samples, if they differ in structure or their graphs are too large to play, and TraceError
    where `function` must know a number to go on, as `jit` does.
    """
    return Live(function, samples, model, depth, lr)


class Input(Value):
    """A number of a sample, as a leaf. It notes whether it served as an index."""

    __slots__ = ("indexed",)
    role = "input"

    data: Any

    def __index__(self) -> int:
        self.indexed = True
        return operator.index(self.data)


class Live(Player):
    """A page that computes: `live` makes it."""

    kind = "live"
    scripts = ("computation.js", *SCRIPTS[:-1], "knobs.js", "learning.js", "data.js", "predict.js",
               "begin.js")

    def __init__(self, function: Callable[..., Any], samples: Iterable[Any], model: Any = None,
                 depth: int | None = None, lr: float = 0.05):
        self._samples = [plain(tuple(sample)) for sample in samples]
        if not self._samples:
            raise ValueError("a live page takes at least one sample")
        self._function, self._lr = function, lr
        self._names_of_arguments = argument_names(function, self._samples[0])
        self._fixed = self._fixed_places()
        self._variants = [Variant(self, sample, model, depth) for sample in self._first_of_kind()]
        self._levels = self._variants[0].levels
        self._others = list(dict.fromkeys(x for v in self._variants for x in v.others))
        wanted = set(self._others if model is None else model.parameters())
        self._trained = [leaf for leaf in self._others if leaf in wanted and (
            model is not None or leaf.role == "parameter")]

    # ── The function, on numbers and on symbols ───────────────────────────────────────────────────

    def _loss(self, sample) -> tuple[dict, Value]:
        """The leaves of a sample, by their places, and the loss that is made of them."""
        leaves = {}

        def leaf(x, name, place):
            if type(x) in (list, tuple):
                return type(x)([leaf(y, f"{name}[{i}]", (*place, i)) for i, y in enumerate(x)])
            if place in self._fixed or isinstance(x, (str, bool, type(None))):
                return x
            leaves[place] = Input(x, label=name)
            return leaves[place]

        arguments = [leaf(x, name, (i,)) for i, (x, name) in
                     enumerate(zip(sample, self._names_of_arguments))]
        loss = self._function(*arguments)
        if not isinstance(loss, Value):
            raise TypeError(f"the function returns one Value, its loss, not {type(loss).__name__} "
                            f"{repr(loss)[:60]}")
        loss.label = loss.label or "loss"
        return leaves, loss

    def _fixed_places(self) -> dict:
        """The places in a sample whose number serves as an index, or that hold no number."""
        self._fixed = {}
        leaves, _ = self._loss(self._samples[0])
        fixed = {place for place, leaf in leaves.items() if hasattr(leaf, "indexed")}
        return {place: x for place, x in places(self._samples[0])
                if place in fixed or isinstance(x, (str, bool, type(None)))}

    def _first_of_kind(self) -> list:
        """The first sample for each choice of what stands in the fixed places: each has a graph."""
        first, found = structure(self._samples[0]), {}
        for i, sample in enumerate(self._samples):
            if structure(sample) != first:
                raise ValueError(f"samples of one page have one structure: sample 0 is {first}, "
                                 f"sample {i} is {structure(sample)}")
            found.setdefault(repr(self._kind(sample)), sample)
        if len(found) > KINDS:
            names = ", ".join(map(self._name, self._fixed))
            raise ValueError(f"the graph depends on {names}, of which the samples have "
                             f"{len(found):,} different ones: the limit is {KINDS}")
        return list(found.values())

    def _kind(self, sample) -> list:
        return [x for place, x in places(sample) if place in self._fixed]

    def _name(self, place: tuple) -> str:
        return self._names_of_arguments[place[0]] + "".join([f"[{i}]" for i in place[1:]])

    # ── The page ──────────────────────────────────────────────────────────────────────────────────

    def _page(self) -> str:
        columns = [{"path": place, "name": self._name(place), "fixed": place in self._fixed,
                    "kind": "input" if place in self._variants[0].inputs else "target"}
                   for place, _ in places(self._samples[0])]
        programs = {"frame": self._frame, "outputs": self._outputs, "step": self._step}
        # First, for in writing them the shapes meet formulas that no sample has needed.
        written = ",\n".join([f"{name}: [{', '.join(map(write, self._variants))}]"
                              for name, write in programs.items()])
        graphs = [graph | {"key": key, "knobs": variant.knobs(self._others)}
                  for key, variant in enumerate(self._variants)
                  for graph in variant.levels.graphs(variant.names)]
        data = {"kind": self.kind, "graphs": graphs, "open": self._levels.asked, "live": {
            "samples": self._samples, "columns": columns, "lr": self._lr,
            "keys": [self._kind(variant.sample) for variant in self._variants],
            "outputs": [self._leaf_name(x, "output") for x in self._variants[0].outputs],
            "leaves": [{"name": self._leaf_name(leaf, "a parameter"), "data": float(leaf.data)}
                       for leaf in self._others],
            "trained": [self._others.index(leaf) for leaf in self._trained]}}
        program = f"const programs = (() => {{\n{PRELUDE}\nreturn {{\n{written}\n}};\n}})();"
        return join(self.scripts, data, program, "live.html")

    # Three programs for each kind of sample, as JavaScript: each an expression that is a function.

    def _frame(self, variant: "Variant") -> str:
        """All numbers of the graph of a sample."""
        return self._program(variant, lambda root: [
            *variant.levels.numbers(root, suspects=True).values()])

    def _outputs(self, variant: "Variant") -> str:
        """What the model says of a sample, and then its loss."""
        order = variant.levels.shapes[0].scene.order
        at = [order.index(x) for x in variant.outputs]

        def outputs(root):
            values = topological_order(root)
            return [*[values[i].data for i in at], root.data]
        return self._program(variant, outputs)

    def _step(self, variant: "Variant") -> str:
        """The mean loss of samples and its gradients."""
        return self._program(variant, None)

    def _leaf_name(self, value: Value, otherwise: str) -> str:
        return str(value.label) or self._shape.scene.label(value) or otherwise

    def _program(self, variant: "Variant", result: Callable | None) -> str:
        def function(*sample):
            _, root = self._loss(sample)
            return result(root) if result else root

        return javascript_source(function, variant.sample, self._others, self._fixed,
                                 None if result else self._trained)

    def __repr__(self) -> str:
        knobs = len(self._variants[0].leaves) + len(self._others)
        return f"Live page of {len(self._samples)} samples, {knobs} knobs"


class Variant:
    """The graph of one kind of sample: those whose strings and indices are these."""

    def __init__(self, page: Live, sample, model, depth):
        self.sample = sample
        self.leaves, root = page._loss(sample)          # by their places in the sample
        self.levels = Levels(root, model, depth)
        self.names = list(self.levels.numbers(root, suspects=True))
        order = self.levels.shapes[0].scene.order
        self.index = {value: i for i, value in enumerate(order)}
        self.others = [value for value in order if not value._prev
                       and not isinstance(value, (Constant, Input))]
        self.outputs = _outputs(order, model)
        upstream = {x for output in self.outputs for x in topological_order(output)}
        self.inputs = {place for place, leaf in self.leaves.items() if leaf in upstream}

    def knobs(self, others: list[Value]) -> list[dict]:
        """The leaves of the graph: where in the sample each is, or which of the others."""
        return [{"i": self.index[leaf], "path": place} for place, leaf in self.leaves.items()
                if leaf in self.index] + [
            {"i": self.index[leaf], "leaf": k} for k, leaf in enumerate(others)
            if leaf in self.index]


def _outputs(order: list[Value], model) -> list[Value]:
    """What the model returned, without one the outermost module that was called: what its latest
    call has marked."""
    calls = {value: given for value in order for module, given in [*marks(value)][::-1]
             if model is None or module is model}
    return [value for value, given in calls.items() if given is [*calls.values()][-1]]
