"""What is drawn: all that is open once, all that is closed counted, nothing lost between."""

import json
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from fractions import Fraction

import pytest

from micrograd import Value, engine
from micrograd.engine import topological_order
from micrograd.nn import MLP, Module, Neuron, Parameter
from micrograd.draw.scene import LEGIBLE, Closed, Scene, as_float, plain


def trained(model, *samples):
    """The loss of a model over samples, after backward()."""
    losses = [(model(list(x)) - 1.0) ** 2 for x in samples]
    loss = sum(losses)
    for parameter in model.parameters():
        parameter.grad = 0
    loss.backward()
    return loss


@pytest.fixture
def network():
    model = MLP(2, [3, 2, 1], rng=random.Random(3))
    return model, trained(model, (0.5, -1.0), (1.0, 2.0))


@pytest.fixture(scope="module")
def batch():
    """2-16-16-1 with 100 samples, written by hand, a node for every multiply and every add."""
    rng = random.Random(0)

    class Unit(Module):
        def __init__(self, nin, bend):
            self.w = [Parameter(rng.uniform(-1, 1)) for _ in range(nin)]
            self.b, self.bend = Parameter(0.0), bend

        def __call__(self, x):
            z = sum([w * xi for w, xi in zip(self.w, x)], self.b)
            return z.relu() if self.bend else z

    class Row(Module):
        def __init__(self, nin, nout, bend):
            self.units = [Unit(nin, bend) for _ in range(nout)]

        def __call__(self, x):
            return [unit(x) for unit in self.units]

    class Net(Module):
        def __init__(self):
            self.rows = [Row(2, 16, True), Row(16, 16, True), Row(16, 1, False)]

        def __call__(self, x):
            for row in self.rows:
                x = row(x)
            return x[0]

    model = Net()
    return model, trained(model, *[(rng.random(), rng.random()) for _ in range(100)])


def edges(root):
    """Every edge of a graph, of a value used twice two."""
    return Counter((x, value, place) for value in topological_order(root)
                   for place, x in enumerate(value._prev))


def carried(scene):
    return Counter(triple for arrow in scene.arrows for triple in arrow.carried)


# ── Open ──────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("depth", [None, 3, 7.0, math.inf])
def test_open_every_value_and_every_edge_is_there_once(network, depth):
    model, loss = network
    scene = Scene(loss, model, depth)
    assert scene.values == scene.order == topological_order(loss)
    assert scene.closed == [] and scene.inside == {} and scene.complete
    results = Counter((value, None, 0) for value in scene.order if value._prev)
    assert carried(scene) == edges(loss) + results
    for arrow in scene.arrows:
        [(x, result, place)] = arrow.carried
        if result is None:
            assert (arrow.tail[0], arrow.head) == ("o", scene.names[x])
            assert arrow.tail[1:] == arrow.head[1:]
        else:
            assert (arrow.tail, arrow.head) == (scene.names[x], f"o{scene.names[result][1:]}")


def test_names_are_positions():
    loss = trained(Neuron(2), (1.0, 2.0))
    scene = Scene(loss)
    assert [scene.names[value] for value in topological_order(loss)] == [
        f"v{i}" for i in range(len(scene.order))]


def test_a_value_used_twice_has_two_arrows():
    x = Value(3.0)
    root = x * x
    root.backward()
    into = [arrow for arrow in Scene(root).arrows if arrow.head == "o1"]
    assert [arrow.carried for arrow in into] == [[(x, root, 0)], [(x, root, 1)]]
    assert [Scene(root).flows(arrow) for arrow in into] == [[3.0], [3.0]]


def test_boxes_are_nested_as_the_model_is(network):
    model, loss = network
    scene = Scene(loss, model)
    for i, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            for parameter in neuron.parameters():
                part = scene.owner[parameter]
                assert part.module is neuron and part.path == f"layers.{i}.neurons.{j}"
                assert part.parent.module is layer and part.parent.parent.module is model
    outside = [value._op for value in scene.order if value._prev and value not in scene.owner]
    assert outside == ["-", "**", "-", "**", "+"]


def test_a_leaf_alone():
    leaf = Value(1.0)
    scene = Scene(leaf)
    assert (scene.values, scene.arrows, scene.complete) == ([leaf], [], True)


# ── Closed ────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("depth", [0, 1, 2])
def test_closed_nothing_is_lost(network, depth):
    model, loss = network
    scene = Scene(loss, model, depth)
    assert scene.complete and scene.depth == depth
    hidden = [value for box in scene.closed for value in box.hidden]
    assert len(hidden) == len(set(hidden)) > 0
    assert Counter(hidden + scene.values) == Counter(scene.order)
    between = Counter({(x, value, place): n for (x, value, place), n in edges(loss).items()
                       if x not in scene.inside or scene.inside[x] is not scene.inside.get(value)})
    results = Counter((value, None, 0) for value in scene.values if value._prev)
    assert carried(scene) == between + results
    ends = {scene.names[value] for value in scene.values} | {box.name for box in scene.closed}
    ends |= {f"o{scene.names[value][1:]}" for value in scene.values if value._prev}
    assert {end for arrow in scene.arrows for end in (arrow.tail, arrow.head)} <= ends


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_closed_box_counts_what_it_hides(network, depth):
    model, loss = network
    scene = Scene(loss, model, depth)
    modules = {0: [model], 1: model.layers,
               2: [neuron for layer in model.layers for neuron in layer.neurons]}[depth]
    assert [box.part.module for box in scene.closed] == modules
    assert [box.name for box in scene.closed] == [f"c{i}" for i in range(len(modules))]
    for box, module in zip(scene.closed, modules):
        neurons = {0: lambda: [n for layer in module.layers for n in layer.neurons],
                   1: lambda: module.neurons, 2: lambda: [module]}[depth]()
        # dot, + and, but for the last, relu: for each of two samples
        assert box.operations == 2 * sum(2 + (n.activation is not None) for n in neurons)
        assert box.parameters == [p for n in neurons for p in [*n.w, n.b]]


def test_what_goes_in_and_what_comes_out():
    model, x, y = MLP(2, [3, 1]), Value(0.5), Value(-1.0)
    out = model([x, y])
    loss = (out - 1) ** 2
    scene = Scene(loss, model, depth=1)
    first, second = scene.closed
    assert list(first.entering) == [x, y]
    assert first.leaving == second.entering and len(first.leaving) == 3
    assert {value._op for value in first.leaving} == {"relu"}
    assert list(second.leaving) == [out]
    [whole] = Scene(loss, model, depth=0).closed
    assert (list(whole.entering), list(whole.leaving)) == ([x, y], [out])


def test_arrows_of_the_same_two_ends_are_one_and_their_flows_are_told_apart(network):
    model, loss = network
    scene = Scene(loss, model, depth=1)
    ends = [(arrow.tail, arrow.head) for arrow in scene.arrows if "c" in arrow.tail + arrow.head]
    assert len(ends) == len(set(ends))
    [arrow] = [arrow for arrow in scene.arrows if (arrow.tail, arrow.head) == ("c0", "c1")]
    hidden = list(scene.closed[0].leaving)      # three outputs, for each of two samples
    assert len(hidden) == 6
    # Each goes to the two neurons of the second layer: all of its gradient comes back this way.
    assert len(arrow.carried) == 12
    assert sorted(scene.flows(arrow)) == pytest.approx(sorted(value.grad for value in hidden))


def test_flows_back_to_a_value_add_up_to_its_gradient(network):
    model, loss = network
    for depth in (1, 2, 3):
        scene = Scene(loss, model, depth)
        total = Counter()
        for arrow in scene.arrows:
            if arrow.carried[0][1] is not None:
                values = dict.fromkeys(x for x, _, _ in arrow.carried)
                for x, flow in zip(values, scene.flows(arrow), strict=True):
                    total[x] += flow
        for value in scene.values:
            if value is not loss and value.role != "constant":
                assert total[value] == pytest.approx(value.grad)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_root_inside_of_a_closed_box_is_shown_beside_it(depth):
    model = MLP(2, [2, 1])
    root = model([1.0, 2.0])
    scene = Scene(root, model, depth)
    assert [value for value in scene.values if value.role != "constant"] == [root]
    assert root in scene.inside
    box = scene.inside[root]
    assert root in box.hidden and list(box.leaving) == [root]
    assert [(arrow.tail, arrow.head, arrow.carried) for arrow in scene.arrows
            if arrow.head == scene.names[root]] == [(box.name, scene.names[root],
                                                     [(root, None, 0)])]


def test_a_model_that_is_not_in_the_graph_is_refused():
    with pytest.raises(ValueError, match="the graph has no parameter of this model, MLP of"):
        Scene(Value(1.0) * 2, MLP(2, [2, 1]), depth=0)


def test_a_parameter_without_a_label_has_the_name_of_its_place():
    class Scaled(Module):
        def __init__(self):
            self.scale, self.table = Parameter(0.7), {"k": Parameter(1.0, label="κ")}

        def __call__(self, x):
            return self.scale * x + self.table["k"]
    model, x = Scaled(), Value(2.0)
    scene = Scene(model(x), model)
    labels = [scene.label(value) for value in (model.scale, model.table["k"], x, scene.root)]
    assert labels == ["scale", "κ", "", ""]


def test_a_closed_box_of_a_model_that_is_a_single_parameter():
    model = Neuron(2)
    scene = Scene(model.w[0], model, depth=0)
    assert scene.values == [model.w[0]] and [box.part.module for box in scene.closed] == [model]


# ── Closed because it must be ─────────────────────────────────────────────────────────────────────

def test_a_network_of_16_and_16_opens_down_to_its_neurons():
    model = MLP(2, [16, 16, 1])
    scene = Scene(trained(model, (0.5, -1.0)), model)
    assert not scene.complete and scene.depth == 2
    assert len(scene.closed) == 33 and len(scene.arrows) <= LEGIBLE


def test_asked_for_that_depth_nothing_was_closed_unasked():
    model = MLP(2, [16, 16, 1])
    assert Scene(trained(model, (0.5, -1.0)), model, depth=2).complete


@pytest.mark.slow
def test_what_surrounds_the_model_closes_too(batch):
    model, loss = batch
    scene = Scene(loss, model, depth=1)
    assert [box.title for box in scene.closed] == ["rows.0 · Row", "rows.1 · Row", "rows.2 · Row",
                                                   "loss"]
    last = scene.closed[-1]
    assert last.part is None and last.parameters == []
    assert last.operations == 100 * 2 + 99      # minus and square, and the sum
    assert len(last.entering) == 100 and list(last.leaving) == [loss]
    assert not scene.complete


def test_what_goes_into_the_model_is_a_box_of_its_own():
    raw = [Value(0.1 * i) for i in range(300)]
    model = MLP(2, [1])
    root = model([sum([x.tanh() for x in raw]), sum(raw)])
    scene = Scene((root - 1) ** 2, model)
    assert [box.title for box in scene.closed if not box.part] == ["inputs", "loss"]


def test_without_a_model_the_values_nearest_to_the_root_stay():
    x = Value(0.5)
    for _ in range(1000):
        x = x.tanh()
    scene = Scene(x)
    assert [box.title for box in scene.closed] == ["the rest"]
    assert 10 < len(scene.values) <= LEGIBLE and scene.values == scene.order[-len(scene.values):]
    assert scene.closed[0].operations == 1000 - len(scene.values)


@pytest.mark.slow
def test_infinitely_deep_all_is_open(batch):
    model, loss = batch
    scene = Scene(loss, model, math.inf)
    assert scene.values == scene.order and scene.closed == [] and scene.complete
    assert len(scene.arrows) == sum(edges(loss).values()) + sum(bool(v._prev) for v in scene.order)


def test_a_sum_of_thousands_is_drawn_all_the_same():
    xs = [Value(1.0) for _ in range(5000)]
    root = engine.dot(xs, [1.0] * 5000)
    scene = Scene(root)
    assert not scene.complete and len(scene.arrows) <= 2
    assert len(scene.closed[0].hidden) == 10_000


@pytest.mark.slow
def test_70_000_values_take_seconds(batch):
    model, loss = batch
    assert len(topological_order(loss)) > 65_000
    start = time.perf_counter()
    scene = Scene(loss, model, depth=1)
    sum(len(scene.flows(arrow)) for arrow in scene.arrows)
    assert time.perf_counter() - start < 60     # 3 on a laptop


@pytest.mark.slow
@pytest.mark.parametrize("model", [None, Neuron(1)], ids=["no model", "model"])
def test_a_chain_of_100_000_operations(model):
    x = Value(0.5) if model is None else model([0.5])
    for _ in range(100_000):
        x = x + 1
    scene = Scene(x, model)
    assert not scene.complete and len(scene.arrows) <= LEGIBLE
    assert sum(len(box.hidden) for box in scene.closed) + len(
        [value for value in scene.values if value not in scene.inside]) == len(scene.order)


# ── Local derivatives and flows ───────────────────────────────────────────────────────────────────

def test_local_gradients():
    x, y = Value(3.0), Value(-2.0)
    scene = Scene(x * y)
    assert [scene.local_gradient(scene.root, place) for place in (0, 1)] == [-2.0, 3.0]
    assert scene.local_gradient(Value(4.0).sqrt(), 0) == 0.25
    assert scene.local_gradient(Value(Fraction(1, 2)) ** 2, 0) == 1


@pytest.mark.parametrize("value", [Value(0.0).sqrt(), Value(1.0, (Value(2.0),), "unknown")],
                         ids=["pole", "no rule"])
def test_a_derivative_that_nobody_knows_is_nan(value):
    assert math.isnan(Scene(value).local_gradient(value, 0))


def test_flows_of_any_kind_of_number():
    x = Value(Fraction(1, 3))
    (x * 10 ** 400).backward()
    assert as_float(x.grad) == math.inf and as_float(-x.grad) == -math.inf
    assert as_float(10 ** 400, -1) == -math.inf and as_float(Fraction(1, 2), 3) == 1.5
    assert math.isnan(as_float(math.inf, 0))
    y = Value(2.0)
    root = y * y
    root.backward(create_graph=True)
    assert isinstance(y.grad, Value) and plain(y.grad) == 4.0
    assert Scene(root).flows(Scene(root).arrows[0]) == [2.0]


# ── What is the same, and what is refused ─────────────────────────────────────────────────────────

def test_looking_changes_nothing(network):
    model, loss = network
    before = [(v, v.data, v.grad, v._prev, v.label) for v in topological_order(loss)]
    state = random.getstate()
    for depth in (None, 0, 1, 2, math.inf):
        scene = Scene(loss, model, depth)
        list(map(scene.flows, scene.arrows))
    assert before == [(v, v.data, v.grad, v._prev, v.label) for v in topological_order(loss)]
    assert state == random.getstate()


ACROSS = """
import json, random
from micrograd.nn import MLP
from micrograd.draw.scene import Scene
model = MLP(2, [4, 3, 1], rng=random.Random(0))
loss = sum([(model([x, -x]) - x) ** 2 for x in (0.5, 1.0)])
loss.backward()
told = []
for depth in (None, 0, 1, 2):
    scene = Scene(loss, model, depth)
    told.append([[arrow.tail, arrow.head, scene.flows(arrow)] for arrow in scene.arrows])
    told.append([[box.name, box.title, [scene.names[v] for v in [*box.entering, *box.leaving]]]
                 for box in scene.closed])
    told.append([[scene.names[value], part.path] for value, part in scene.owner.items()])
print(json.dumps(told))
"""


def test_every_process_sees_the_same():
    told = [subprocess.run([sys.executable, "-c", ACROSS], capture_output=True, text=True,
                           check=True, env=os.environ | {"PYTHONHASHSEED": seed}).stdout
            for seed in ("0", "1", "12345")]
    assert len(json.loads(told[0])) == 12 and told[0] == told[1] == told[2]


@pytest.mark.parametrize("depth", [-1, -0.5, math.nan, "1", [1], 1j], ids=repr)
def test_a_depth_that_is_none_is_refused(depth):
    with pytest.raises(ValueError, match="depth is how many levels are open, 0 or more, not "):
        Scene(Value(1.0), None, depth)


def test_a_depth_may_come_from_numpy(network):
    numpy = pytest.importorskip("numpy")
    model, loss = network
    assert Scene(loss, model, numpy.int64(1)).depth == 1


def test_a_closed_box_that_is_no_part_tells_its_parameters():
    w = Parameter(1.0)
    assert Closed("the rest", hidden=[w, Value(2.0)]).parameters == [w]
