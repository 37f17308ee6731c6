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

from .page import SCRIPTS, Player, join
from .shape import Levels
from ..compiler.javascript import JAVASCRIPT, PRELUDE
from ..compiler.just_in_time import Compiled
from ..compiler.samples import places, plain, structure
from ..compiler.symbols import Failed, argument_names, trace
from ..engine import Constant, Value, topological_order
from ..nn import marks

__all__ = ["Live", "live"]


def live(function: Callable, samples: Iterable, model=None, depth: int | None = None,
         lr: float = 0.05) -> "Live":
    """A page in which the numbers of a loss are computed, so that every knob can be turned.

    `function` takes one sample, as its arguments, and returns its loss, one Value: what `jit`
    takes. `samples` is a sequence of samples, each the tuple of the function's arguments; `model`
    has the parameters to train (without one, they are all parameters in the graph). `model` and
    `depth` draw boxes, and close them, as `draw_dot` does: what nobody could read is closed, and
    can still be trained. `lr` is the learning rate at first.

    Raises TypeError if `function` returns no Value or takes other samples, ValueError if there are
    no samples, if their graphs differ or are too large to play, and TraceError where `function`
    must know a number to go on, as `jit` does.
    """
    return Live(function, samples, model, depth, lr)


class Input(Value):
    """A number of a sample, as a leaf. It notes whether it served as an index."""

    __slots__ = ("indexed",)
    role = "input"

    def __index__(self):
        self.indexed = True
        return operator.index(self.data)


class Live(Player):
    """A page that computes: `live` makes it."""

    kind = "live"
    scripts = ("computation.js", *SCRIPTS[:-1], "knobs.js", "learning.js", "data.js", "predict.js",
               "begin.js")

    def __init__(self, function, samples, model=None, depth=None, lr=0.05):
        self._samples = [plain(tuple(sample)) for sample in samples]
        if not self._samples:
            raise ValueError("a live page takes at least one sample")
        self._function, self._lr = function, lr
        self._names_of_arguments = argument_names(function, self._samples[0])
        self._fixed = self._fixed_places()
        leaves, root = self._loss(self._samples[0])
        self._levels = Levels(root, model, depth)
        self._names = list(self._levels.numbers(root, suspects=True))
        order = self._shape.scene.order
        self._columns = {leaf: place for place, leaf in leaves.items()}
        self._others = [value for value in order if not value._prev
                        and not isinstance(value, (Constant, Input))]
        wanted = set(self._others if model is None else model.parameters())
        self._trained = [leaf for leaf in self._others if leaf in wanted and (
            model is not None or leaf.role == "parameter")]
        self._outputs = _outputs(order, model)
        upstream = {x for output in self._outputs for x in topological_order(output)}
        self._inputs = {place for leaf, place in self._columns.items() if leaf in upstream}
        self._check_samples()

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

    def _check_samples(self) -> None:
        first = structure(self._samples[0])
        for i, sample in enumerate(self._samples):
            if structure(sample) != first:
                raise ValueError(f"samples of one page have one structure: sample 0 is {first}, "
                                 f"sample {i} is {structure(sample)}")
            for place, x in places(sample):
                if place in self._fixed and self._fixed[place] != x:
                    raise ValueError(f"the graph depends on {self._name(place)}, which is "
                                     f"{self._fixed[place]!r} in sample 0 and {x!r} in sample {i}: "
                                     "a live page shows one graph (use one-hot targets, or only "
                                     "the samples that agree)")

    def _name(self, place: tuple) -> str:
        return self._names_of_arguments[place[0]] + "".join([f"[{i}]" for i in place[1:]])

    # ── The page ──────────────────────────────────────────────────────────────────────────────────

    def _page(self) -> str:
        order = self._shape.scene.order
        index = {value: i for i, value in enumerate(order)}
        outputs = [index[x] for x in self._outputs]

        def numbers(root):
            return [*self._levels.numbers(root, suspects=True).values()]

        def answers(root):
            values = topological_order(root)
            return [*[values[i].data for i in outputs], root.data]

        programs = [PRELUDE, "return {",
                    f"frame: {self._program(numbers)}, outputs: {self._program(answers)},",
                    f"step: {self._program()}}};"]
        columns = [{"path": place, "name": self._name(place), "fixed": place in self._fixed,
                    "kind": "input" if place in self._inputs else "target"}
                   for place, _ in places(self._samples[0])]
        knobs = [{"i": index[leaf], "path": place} for leaf, place in self._columns.items()
                 if leaf in index]
        knobs += [{"i": index[leaf], "leaf": k} for k, leaf in enumerate(self._others)]
        graphs = [graph | {"knobs": knobs} for graph in self._levels.graphs(self._names)]
        data = {"kind": self.kind, "graphs": graphs, "open": self._levels.asked, "live": {
            "samples": self._samples, "columns": columns, "lr": self._lr,
            "outputs": [self._leaf_name(x, "output") for x in self._outputs],
            "leaves": [{"name": self._leaf_name(leaf, "a parameter"), "data": float(leaf.data)}
                       for leaf in self._others],
            "trained": [self._others.index(leaf) for leaf in self._trained]}}
        return join(self.scripts, data, "const programs = (() => {\n%s\n})();" % "\n".join(programs),
                    "live.html")

    def _leaf_name(self, value: Value, otherwise: str) -> str:
        return str(value.label) or self._shape.scene.label(value) or otherwise

    def _program(self, result: Callable | None = None) -> str:
        """JavaScript for a result computed from the graph of a sample's loss, or else for the mean
        loss of samples and its gradients: an expression, which is a function."""
        def function(*sample):
            _, root = self._loss(sample)
            return result(root) if result else root

        sample, training = self._samples[0], result is None
        try:
            program = trace(function, sample, self._trained if training else self._others,
                            self._fixed, backward=training)
        except Failed as failed:
            raise failed.explained from failed.__cause__
        source = Compiled(program, sample, training, "python").said(JAVASCRIPT, self._others)
        return f"(() => {{\n{source}\nreturn {'step' if training else 'forward'};\n}})()"

    def __repr__(self):
        return (f"Live page of {len(self._samples)} samples, "
                f"{len(self._columns) + len(self._others)} knobs")


def _outputs(order: list[Value], model) -> list[Value]:
    """What the model returned, without one the outermost module that was called: what its latest
    call has marked."""
    calls = {value: given for value in order for module, given in [*marks(value)][::-1]
             if model is None or module is model}
    return [value for value, given in calls.items() if given is [*calls.values()][-1]]
