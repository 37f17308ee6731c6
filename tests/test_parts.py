"""Every operation stands in the box of the module that really computed it."""

import copy
import gc
import random
from collections import Counter

import pytest

from micrograd import Value, draw_dot, relu, tanh
from micrograd.draw.parts import Owners, parts
from micrograd.draw.scene import Scene
from micrograd.engine import Constant, dot, topological_order
from micrograd.nn import MLP, Layer, Module, Neuron, Parameter


def owners(values, parts):
    return Owners(values, parts).owner


# ── What a witness saw ────────────────────────────────────────────────────────────────────────────

@pytest.fixture
def witness(monkeypatch):
    """Runs a computation and tells which module's call each of its operations was made in."""
    def watch(model, compute):
        running, maker, known = [], {}, set()

        def look():
            """Whatever Value is new was made in the innermost call that is running."""
            new = {thing for thing in gc.get_objects() if type(thing) is Value} - known
            known.update(new)
            if running:
                maker.update({value: running[-1] for value in new if value._prev})

        def seen(call):
            def called(self, *arguments, **named):
                look()
                running.append(self)
                try:
                    return call(self, *arguments, **named)
                finally:
                    look()
                    running.pop()
            return called

        with monkeypatch.context() as patch:
            for kind in {type(part.module) for part in parts(model)}:
                patch.setattr(kind, "__call__", seen(kind.__call__))
            root = compute(model)
        return root, maker

    gc.freeze()         # `get_objects` passes over what was there before, hundreds of thousands
    yield watch
    gc.unfreeze()


class Lecture:
    """As one writes a neuron in a lecture: no base class, no check, an operation for each term."""

    class Neuron:
        def __init__(self, nin, nonlin):
            self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(0.0)
            self.nonlin = nonlin

        def __call__(self, x):
            z = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
            return z.tanh() if self.nonlin else z

        def parameters(self):
            return self.w + [self.b]

    class Layer:
        def __init__(self, nin, nout, nonlin):
            self.neurons = [Lecture.Neuron(nin, nonlin) for _ in range(nout)]

        def __call__(self, x):
            out = [neuron(x) for neuron in self.neurons]
            return out[0] if len(out) == 1 else out

        def parameters(self):
            return [p for neuron in self.neurons for p in neuron.parameters()]

    class MLP:
        def __init__(self, sizes):
            self.layers = [Lecture.Layer(nin, nout, nout > 1)
                           for nin, nout in zip(sizes, sizes[1:])]

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

        def parameters(self):                   # a generator, as PyTorch's
            for layer in self.layers:
                yield from layer.parameters()


class Cell(Module):
    """A recurrent cell, which begins with nothing."""

    def __init__(self, nin, size):
        self.rows = [Neuron(nin + size, activation=tanh) for _ in range(size)]

    def __call__(self, x, h):
        return [row([*x, *h]) for row in self.rows]


class Recurrent(Module):
    """Takes a sequence of any length."""

    def __init__(self):
        self.wx, self.wh, self.b = Parameter(0.5), Parameter(-0.3), Parameter(0.1)

    def __call__(self, xs):
        h = self.b
        for x in xs:
            h = (self.wx * x + self.wh * h).tanh()
        return h


class Optional(Module):
    """An argument that need not be given, and one that must have its name."""

    def __init__(self):
        self.wx, self.wh = Parameter(0.5), Parameter(-0.3)

    def __call__(self, x, h=None, *, scale):
        z = self.wx * x * scale
        return (z if h is None else z + self.wh * h).tanh()


class Concatenates(Module):
    """Wants lists, because it adds them."""

    def __init__(self):
        self.neuron = Neuron(4)

    def __call__(self, x, y):
        return self.neuron(x + y)


class Several(Module):
    """Several arguments, several results."""

    def __init__(self):
        self.a, self.b = Parameter(1.5), Parameter(-0.5)

    def __call__(self, x, y):
        return {"sum": self.a * x + self.b * y, "both": (self.a * y, [x * y * self.b])}


class Softmax(Module):
    """With a plain number that depends on the inputs, and a logarithm that takes positive ones."""

    def __init__(self, n):
        self.scores = Layer(n, n, activation=None)

    def __call__(self, x):
        scores = self.scores([xi.log() for xi in x])
        top = max(score.data for score in scores)
        powers = [(score - top).exp() for score in scores]
        total = sum(powers)
        return [power / total for power in powers]


class Gated(Module):
    """Much that depends on the inputs alone, shared: 2³⁰ ways lead through it."""

    def __init__(self):
        self.w = Parameter(0.5)

    def __call__(self, x):
        for _ in range(30):
            x = x * x
        return self.w * x


class Shared(Module):
    """The same layer twice, under two names, between others."""

    def __init__(self):
        self.first = Layer(2, 3)
        self.middle = {"once": Layer(3, 3), "odd <name>": None}
        self.middle["again"] = self.middle["once"]
        self.last = (Layer(3, 1, nonlin=False),)

    def __call__(self, x):
        h = self.middle["again"](self.middle["once"](self.first(x)))
        return self.last[0](h)


class Star(Module):
    def __init__(self):
        self.w = [Parameter(1.0), Parameter(2.0), Parameter(3.0)]

    def __call__(self, *xs):
        return dot(self.w, xs) + 1


class Shares(Module):
    """Two parts that share a third, and compute before and after it."""

    class Part(Module):
        def __init__(self, shared):
            self.scale, self.shared = Parameter(0.5), shared

        def __call__(self, x):
            return self.shared([xi * self.scale for xi in x])[0] + self.scale

    def __init__(self):
        shared = Layer(2, 2)
        self.left, self.right = Shares.Part(shared), Shares.Part(shared)

    def __call__(self, x):
        y = self.left(x)
        return self.right([y, y * 2]) * y


class Embedding(Module):
    def __init__(self):
        self.table = [[Parameter(0.1 * i + j) for j in range(2)] for i in range(4)]

    def __call__(self, index):
        return self.table[index]


class Attention(Module):
    """Queries, keys and values in three lists."""

    def __init__(self):
        self.scale = Parameter(0.7)

    def __call__(self, queries, keys, values):
        out = []
        for query in queries:
            weights = [(dot(query, key) * self.scale).exp() for key in keys]
            total = sum(weights)
            out.append([dot([w / total for w in weights], column) for column in zip(*values)])
        return out


class Language(Module):
    """An embedding, queries, keys and values, attention, and an exit."""

    def __init__(self):
        self.embedding, self.attention = Embedding(), Attention()
        self.q, self.k, self.v = [Layer(2, 2, nonlin=False) for _ in range(3)]
        self.exit = Layer(2, 4, nonlin=False)

    def __call__(self, tokens):
        xs = [self.embedding(token) for token in tokens]
        heads = [[layer(x) for x in xs] for layer in (self.q, self.k, self.v)]
        return [self.exit(x) for x in self.attention(*heads)]


class Cached(Module):
    """Keys are kept in a list that is given and grows, as language models do it."""

    def __init__(self):
        self.key = Layer(2, 2, nonlin=False)

    def __call__(self, x, keys):
        keys.append(self.key(x))
        return sum([dot(x, key) for key in keys])


class Nested(Module):
    """Takes and returns dicts of lists of dicts."""

    def __init__(self):
        self.a, self.b = Parameter(1.5), Parameter(-0.5)

    def __call__(self, batch, *, options):
        return {"rows": [{"y": self.a * row["x"] + self.b * options["shift"][0]}
                         for row in batch["rows"]], "all": (self.a * self.b,)}


class Unchanged(Module):
    """Sometimes returns what it was given, as it is."""

    def __init__(self):
        self.w = Parameter(2.0)

    def __call__(self, xs, really=True):
        return [x * self.w for x in xs] if really else xs


class Keeps(Module):
    """Keeps state from call to call."""

    def __init__(self):
        self.w, self.state = Parameter(0.5), Value(0.0)

    def __call__(self, x):
        self.state = self.state * self.w + x
        return self.state.tanh()


class Decides(Module):
    """What it computes depends on the numbers."""

    def __init__(self):
        self.w = Parameter(1.0)

    def __call__(self, x):
        return self.w * x if x < 0 else self.w + x


class Refuses(Module):
    """Checks what it is given."""

    def __init__(self):
        self.inner = Neuron(1)

    def __call__(self, x):
        if type(x) is not float:
            raise RuntimeError("floats only")
        return self.inner([x]) * 2


class Takes(Module):
    """A set of Values, in whatever order."""

    def __init__(self):
        self.w = Parameter(0.5)

    def __call__(self, xs):
        return sum([x * self.w for x in sorted(xs, key=lambda x: x.data)])


def changed(model):
    """Called, given another neuron and changed numbers, called again."""
    before = model([0.5, -1.0])
    model.neurons.append(Neuron(2))
    model.neurons[0].w[0].data = 7.0
    return sum(before + model([0.5, -1.0]))


def unchanged(model):
    xs = [Value(1.0) * 3, Value(2.0) * 4]
    return sum(model(model(model(xs, False)), False))


def recurrence(cell):
    h = [Value(0.0), Value(0.0), Value(0.0)]
    for x in [(0.1, 0.2), (0.3, -0.4), (-0.5, 0.6)]:
        h = cell(x, h)
    return sum(h) * 2


def optional(cell):
    h = cell(1.0, scale=2.0)
    for x in (0.5, -0.5):
        h = cell(x, h, scale=Value(3.0))
    return h


def several(model):
    out = model(Value(2.0), 3.0)
    x, [y] = model(out["sum"], -1.0)["both"]
    return (x - y) ** 2


COMPUTATIONS = {
    "network": (MLP(2, [3, 2, 1]), lambda model: (model([0.5, -1.0]) - 1) ** 2),
    "samples": (MLP(2, [4, 1]), lambda model: sum([(model([x, 1 - x]) - x) ** 2
                                                   for x in (0.1, 0.4, 0.9)])),
    "lecture": (Lecture.MLP([2, 3, 1]), lambda model: (model([0.5, -1.0]) - 1) ** 2),
    "lecture, one linear neuron": (Lecture.MLP([5, 1]), lambda model: model(range(5)) * 3),
    "weight decay": (Lecture.MLP([3, 2, 1]), lambda model: model([1.0, 2.0, 3.0]) + sum(
        [p * p for p in model.parameters()]) * 0.1),
    "wide": (MLP(150, [2]), lambda model: sum(model([0.01] * 150))),
    "cell": (Cell(2, 3), recurrence),
    "sequences of several lengths": (Recurrent(), lambda model: sum(
        [model([0.1 * i for i in range(length)]) for length in (12, 3, 7)])),
    "optional": (Optional(), optional),
    "lists": (Concatenates(), lambda model: model([1.0, 2.0], [3.0, Value(4.0)]) - 1),
    "several": (Several(), several),
    "softmax": (Softmax(3), lambda model: -model([Value(1.0), Value(2.0), Value(3.0)])[1].log()),
    "gated": (Gated(), lambda model: model(Value(0.9)) + 1),
    "shared": (Shared(), lambda model: model([1.0, 2.0]) + model([0.5, 0.1])),
    "star": (Star(), lambda model: model(1.0, Value(2.0), 3.0) * model(0.0, 0.0, 0.0)),
    "shared by two": (Shares(), lambda model: model([Value(1.0) * 2, 2.0]) - 1),
    "language": (Language(), lambda model: sum(sum(model([0, 3, 0]), []))),
    "cached": (Cached(), lambda model: sum([model([Value(x) * 2, x], keys) for keys in [[]]
                                            for x in (0.1, 0.2, 0.3)])),
    "nested": (Nested(), lambda model: (lambda out: out["rows"][1]["y"] * out["all"][0])(model(
        {"rows": [{"x": Value(2.0).exp()}, {"x": 3.0}]}, options={"shift": [Value(1.0).exp()]}))),
    "unchanged": (Unchanged(), unchanged),
    "keeps": (Keeps(), lambda model: sum([model(Value(x).exp()) for x in (1.0, -2.0, 0.5)])),
    "decides": (Decides(), lambda model: model(-2.0) * model(2.0)),
    "refuses": (Refuses(), lambda model: model(-2.0) + 1),
    "takes a set": (Takes(), lambda model: model({Value(x).exp() for x in (0.3, 0.1)}) * 2),
    "changed between calls": (Layer(2, 2), changed),
    "a copy": (copy.deepcopy(MLP(2, [2, 1])), lambda model: model([1.0, 2.0]) ** 2),
    "several of one model": (MLP(1, [2, 1]), lambda model: model([model([model([0.5])])]) + 1),
    "a part called alone": (MLP(2, [2, 2]), lambda model: sum(model.layers[0]([1.0, 2.0]))),
    "one of several outputs": (MLP(2, [3, 3]), lambda model: model([1.0, 2.0])[1] ** 2),
    "not a number": (MLP(2, [2, 1]), lambda model: model([float("nan"), float("inf")]) * 2),
}


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_operations_belong_to_the_module_that_made_them(witness, name):
    model, compute = copy.deepcopy(COMPUTATIONS[name])      # some models keep state
    root, maker = witness(model, compute)
    order = topological_order(root)
    owner = owners(order, parts(model))
    for value in order:
        if value._prev:
            found = owner[value].module if value in owner else None
            # Only what derives from Module is marked.
            made = maker.get(value) if isinstance(maker.get(value), Module) else None
            assert found is made, (value, value._op)
    assert any(value in maker for value in order)
    assert list(owner) == [value for value in order if value in owner]


@pytest.mark.slow
def test_the_language_model_of_the_demos(witness, demo):
    rng, vocabulary = random.Random(1), 5
    model = demo.module("gpt").GPT(vocabulary, lambda: Parameter(rng.gauss(0, 0.1)))

    def loss(model):
        tokens = [[float(i == token) for i in range(vocabulary)] for token in (0, 3, 1, 2)]
        return model.loss(tokens[:3], tokens[1:], [1 / 3] * 3)

    root, maker = witness(model, loss)
    scene = Scene(root, model, 1)
    made = [value for value in scene.order if value._prev]
    assert all(getattr(scene.owner.get(value), "module", None) is maker.get(value)
               for value in made)
    assert len([value for value in made if value in maker]) > 1000
    assert len(scene.closed) < 12               # one legible page


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_parameters_belong_to_the_module_that_holds_them(name):
    model, compute = copy.deepcopy(COMPUTATIONS[name])      # some models keep state
    order = topological_order(compute(model))
    owner = owners(order, parts(model))
    for parameter in model.parameters():
        if parameter in order:
            assert any(parameter is held or parameter in held
                       for held in [*vars(owner[parameter].module).values(),
                                    *getattr(owner[parameter].module, "table", [])]
                       if held is parameter or isinstance(held, list))


@pytest.mark.parametrize("inputs, told", [
    ([0.5, 0.5], "in 2: 0.5, 0.5"), ([1, 0.5], "in 2: 1, 0.5"), ([Value(2.0), 0.5], "in 2: 2, 0.5")])
def test_equal_plain_numbers_go_in_each_for_itself(inputs, told):
    model = MLP(2, [2, 1])
    assert f">{told}<" in draw_dot(model(inputs), model, 0).pipe(encoding="utf-8")


def test_a_box_says_how_often_it_was_called():
    cell = Cell(2, 3)
    assert ">called 3 times<" in draw_dot(recurrence(cell), cell, 0).pipe(encoding="utf-8")
    assert "called" not in draw_dot(sum(cell([1.0, 2.0], [Value(0.0)] * 3)), cell, 0).pipe(
        encoding="utf-8")


def test_a_plain_number_belongs_to_the_operation_it_took_part_in():
    model = Neuron(2)
    loss = (model([0.5, -1.0]) - 3) ** 2
    order = topological_order(loss)
    owner = owners(order, parts(model))
    assert {value.data: value in owner for value in order if isinstance(value, Constant)} == {
        0.5: True, -1.0: True, 3: False, 2: False}


def test_inputs_that_are_values_are_outside():
    model, x = Neuron(1), Value(0.5)
    order = topological_order(model([x]))
    assert x in order and x not in owners(order, parts(model))


# ── The parts of a model ──────────────────────────────────────────────────────────────────────────

def test_each_part_once_outer_ones_first():
    model = Shared()
    found = parts(model)
    assert found[0].module is model and found[0].parent is None and found[0].path == ""
    assert len({id(part.module) for part in found}) == len(found) == 1 + 3 + 7
    assert [part.title for part in found[:4]] == ["Shared", "first · Layer", "middle.once · Layer",
                                                  "last.0 · Layer"]
    for i, part in enumerate(found[1:], 1):
        assert found.index(part.parent) < i and part.deep == part.parent.deep + 1
    assert found[-1].path == "last.0.neurons.0"


def test_a_part_names_its_leaves_and_all_parameters():
    model = MLP(2, [2, 1])
    found = parts(model)
    assert [len(part.leaves) for part in found] == [0, 0, 0, 3, 3, 3]
    assert [len(part.parameters) for part in found] == [9, 6, 3, 3, 3, 3]
    assert found[0].parameters == model.parameters()


def test_tied_parameters_count_once():
    model = Lecture.MLP([2, 2, 1])
    model.layers[0].neurons[1].w = model.layers[0].neurons[0].w
    assert len(parts(model)[0].parameters) == 7


def test_a_model_that_contains_itself_has_an_end():
    model = Neuron(2)
    model.me, model.loop = model, []
    model.loop.append(model.loop)
    assert [part.module for part in parts(model)] == [model]


@pytest.mark.parametrize("model", [5, "MLP", relu, MLP, Value(1.0), [Neuron(1)]])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(TypeError, match="a model is something to call that has parameters()"):
        parts(model)


def test_what_two_share_is_in_the_innermost_box_around_both():
    class Two(Module):
        def __init__(self, shared):
            self.shared, self.own = shared, Neuron(1)

        def __call__(self, x):
            return self.own([self.shared(x)])

    class Pair(Module):
        def __init__(self):
            shared = Neuron(2)
            self.pair = {"left": Two(shared), "right": Two(shared)}

        def __call__(self, x):
            return self.pair["left"](x) + self.pair["right"](x)

    class Whole(Module):
        def __init__(self):
            self.first, self.pair = Layer(2, 2), Pair()

        def __call__(self, x):
            return self.pair(self.first(x))

    model = Whole()
    found = {part.module: part for part in parts(model)}
    shared = found[model.pair.pair["left"].shared]
    assert shared.parent is found[model.pair] and shared.path == "pair.pair.left.shared"
    order = topological_order(model([1.0, 2.0]))
    assert Counter(part.module for value, part in owners(order, parts(model)).items()
                   if value._prev)[shared.module] == 6


def test_a_tied_parameter_is_around_those_who_share_it():
    model = MLP(2, [2, 2])
    model.layers[1].neurons[0].w = model.layers[0].neurons[0].w
    tied = model.layers[0].neurons[0].w[0]
    [holder] = [part for part in parts(model) if tied in part.leaves]
    assert holder.module is model and holder.leaves[tied] == "layers.0.neurons.0.w.0"


def test_a_child_that_holds_its_parent_has_an_end():
    model = MLP(2, [2, 1])
    model.layers[0].neurons[1].parent = model
    model.layers[1].model = model
    plain = [part.path for part in parts(MLP(2, [2, 1]))]
    assert [part.path for part in parts(model)] == plain


def test_submodules_shared_at_twenty_levels():
    class Level(Module):
        def __init__(self, inner):
            self.left, self.right = inner, inner

        def __call__(self, x):
            return self.left(x)

    model = Neuron(1)
    for _ in range(20):
        model = Level(model)
    found = parts(model)                        # 2²⁰ ways lead to the neuron
    assert [part.deep for part in found] == list(range(21))
    assert len(Scene(model([1.0]), model).owner) == 2 + 1 + 3


def test_a_model_that_has_nothing_to_do_with_the_graph_owns_nothing():
    assert owners(topological_order(MLP(2, [2, 1])([1.0, 2.0])), parts(MLP(2, [2, 1]))) == {}


# ── Asking changes nothing ────────────────────────────────────────────────────────────────────────

class Restless(Module):
    """Every call changes all it can reach."""

    def __init__(self):
        self.w, self.rng = Parameter(0.5), random.Random(0)
        self.last, self.history, self.seen = None, [], {"calls": 0}

    def __call__(self, x):
        self.last = self.w * (x + self.rng.random() + random.random())
        self.history.append(self.last)
        self.seen["calls"] += 1
        self.w.data, self.w.grad = self.w.data * 2, 7
        return self.last


class Once(Module):
    """Ends the program, loops for ever or uses up its inputs if it is called again."""

    def __init__(self, again):
        self.w, self.again, self.calls = Parameter(0.5), again, 0

    def __call__(self, xs):
        self.calls += 1
        if self.calls > 1:
            while self.again == "loop":
                pass
            raise SystemExit(self.again)
        return sum([x * self.w for x in xs])


@pytest.mark.parametrize("again", ["loop", "exit"])
def test_nothing_is_called_again(again):
    model = Once(again)
    out = model(Value(float(i)) for i in range(3)) + 1
    for depth in (None, 0, 1):
        draw_dot(out, model, depth).source
    assert model.calls == 1


def test_parameters_is_not_called_either():
    class Counts(Module):
        counted = 0

        def __init__(self):
            self.w = Parameter(1.0)

        def __call__(self, x):
            return self.w * x

        def parameters(self):
            Counts.counted += 1
            return super().parameters()

    model = Counts()
    draw_dot(model(2.0) + 1, model, 0).source
    assert Counts.counted == 0


def test_asking_changes_nothing():
    model = Restless()
    out = model(1.0)
    out = out + 1
    history, seen = model.history, model.seen
    before = {**vars(model), "history": [*history], "seen": {**seen}}
    states = model.rng.getstate(), random.getstate()
    numbers = [(value.data, value.grad) for value in topological_order(out)]
    owners(topological_order(out), parts(model))
    assert vars(model) == before
    assert model.history is history and model.seen is seen
    assert states == (model.rng.getstate(), random.getstate())
    assert numbers == [(value.data, value.grad) for value in topological_order(out)]


def test_asking_leaves_no_trace_in_the_graph():
    model = MLP(2, [3, 1])
    out = model([1.0, 2.0])
    graph = [(value, value._prev) for value in topological_order(out)]
    owners(topological_order(out), parts(model))
    assert graph == [(value, value._prev) for value in topological_order(out)]


def test_deep_and_large_graphs():
    model = Neuron(1)
    out = model([0.5])
    for step in range(50_000):
        out = model([out.tanh()]) if step % 10 == 0 else out.tanh()
    order = topological_order(out)
    owner = owners(order, parts(model))
    assert sum(bool(value._prev) for value in owner) == 3 * 5001


def test_one_cell_over_many_steps():
    cell, h = Neuron(2, activation=tanh), 0.0
    for step in range(3000):
        h = cell([0.1, h])
    owner = owners(topological_order(h), parts(cell))
    assert sum(bool(value._prev) for value in owner) == 3 * 3000
