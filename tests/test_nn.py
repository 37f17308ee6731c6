import json
import random
import sys

import pytest

from micrograd import Value, tanh
from micrograd.engine import Constant, topological_order
from micrograd.nn import MLP, Layer, Module, Neuron, Parameter


@pytest.fixture
def model():
    return MLP(3, [4, 2], rng=random.Random(0))


def test_weights_are_drawn_in_order_and_biases_are_zero():
    random.seed(3)
    drawn = [random.uniform(-1, 1) for _ in range(3)]
    random.seed(3)
    neuron = Neuron(3)
    assert [w.data for w in neuron.w] == drawn
    assert neuron.b.data == 0


def test_own_generator_leaves_the_global_one_alone():
    state = random.getstate()
    first, second = (MLP(2, [2, 1], rng=random.Random(7)) for _ in range(2))
    assert random.getstate() == state
    assert first.state_dict() == second.state_dict()


def test_neuron_is_weights_times_inputs_plus_bias():
    neuron = Neuron(2, nonlin=False)
    neuron.load_state_dict({"weight": [[2.0, -3.0]], "bias": [0.5]})
    assert neuron([1.0, 2.0]).data == 2.0 - 6.0 + 0.5


@pytest.mark.parametrize("arguments, expected", [
    ({}, 0), ({"nonlin": False}, -4.0), ({"activation": None}, -4.0),
    ({"activation": tanh}, tanh(-4.0)), ({"activation": Value.sigmoid}, Value(-4.0).sigmoid().data),
    ({"activation": lambda v: v * 2}, -8.0)])
def test_activation(arguments, expected):
    neuron = Neuron(1, **arguments)
    neuron.w[0].data = 4.0
    assert neuron([-1.0]).data == expected


def test_last_layer_of_an_mlp_is_linear_and_the_others_are_not():
    assert repr(MLP(1, [2, 1])) == \
        "MLP of [Layer of [ReLUNeuron(1), ReLUNeuron(1)], Layer of [LinearNeuron(2)]]"
    assert "TanhNeuron(1)" in repr(MLP(1, [2, 1], activation=tanh))


def test_layer_of_one_returns_a_bare_value_and_of_several_a_list():
    assert isinstance(Layer(2, 1)([1, 2]), Value)
    assert [type(out) for out in Layer(2, 2)([1, 2])] == [Value, Value]


def test_hidden_layer_of_one_neuron():
    assert isinstance(MLP(2, [1, 1])([1.0, 2.0]), Value)


def test_wrong_number_of_inputs():
    with pytest.raises(ValueError, match=r"ReLUNeuron\(2\) takes 2 inputs, got 3"):
        Neuron(2)([1, 2, 3])


def test_bias_false(model):
    without = MLP(3, [4, 2], bias=False)
    assert len(model.parameters()) - len(without.parameters()) == 6
    assert "layers.0.bias" not in without.state_dict()
    assert without([0, 0, 0])[0].data == 0


@pytest.mark.parametrize("sizes, count", [((2, [2, 1]), 9), ((2, [16, 16, 1]), 337)], ids=str)
def test_number_of_parameters(sizes, count):
    assert len(MLP(*sizes).parameters()) == count


def test_named_parameters_say_where_they_live_and_so_do_labels(model):
    for name, parameter in model.named_parameters():
        place = model
        for step in name.split("."):
            place = place[int(step)] if step.isdigit() else getattr(place, step)
        assert place is parameter
        assert parameter.label == name
    assert [p for _, p in model.named_parameters()] == model.parameters()


@pytest.mark.parametrize("part, names", [
    (Neuron(2), ["w.0", "w.1", "b"]), (Layer(1, 2), [f"neurons.{i}.{name}" for i in (0, 1)
                                                     for name in ("w.0", "b")])], ids=str)
def test_a_part_alone_has_labels_too(part, names):
    assert [p.label for p in part.parameters()] == names


def test_a_layer_makes_one_constant_of_a_plain_number():
    outputs = Layer(2, 3)([0.5, Value(2.0)])
    graph = {x for out in outputs for x in topological_order(out)}
    assert [x.data for x in graph if isinstance(x, Constant)] == [0.5]


def test_a_slip_in_the_name_of_an_attribute():
    with pytest.raises(AttributeError):
        Parameter(0.5).gard = 0


def test_own_module_with_values_lists_dicts_and_shared_parts():
    class Own(Module):
        def __init__(self):
            self.shared = Neuron(1)
            self.again = [self.shared]
            self.table = {"a": Value(1.0), "b": [[Parameter(2.0)], [Parameter(3.0)]]}
            self.result = Value(1.0) + 1        # not a leaf, so not a parameter
            self.name = "own"

    own = Own()
    assert [name for name, _ in own.named_parameters()] == \
        ["shared.w.0", "shared.b", "table.a", "table.b.0.0", "table.b.1.0"]
    assert own.state_dict()["table.b"] == [[2.0], [3.0]]
    assert "result" not in own.state_dict()
    assert not any(name.startswith("again") for name in own.state_dict())


def test_module_in_the_manner_of_0_1_0():
    class Old(Module):
        def __init__(self):
            self.w = [Value(1.0), Value(2.0)]

        def parameters(self):
            return self.w[:1]

    old = Old()
    sum(old.w).backward()
    old.zero_grad()
    assert [w.grad for w in old.w] == [0, 1]
    assert Module().parameters() == []


def test_state_dict_has_pytorch_names_and_shapes_and_goes_through_json(model):
    state = model.state_dict()
    assert list(state) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    assert (len(state["layers.0.weight"]), len(state["layers.0.weight"][0])) == (4, 3)
    other = MLP(3, [4, 2])
    other.load_state_dict(json.loads(json.dumps(state)))
    assert other.state_dict() == state


def test_state_dict_is_a_copy(model):
    state = model.state_dict()
    state["layers.0.weight"][0][0] = 99
    assert model.layers[0].neurons[0].w[0].data != 99


def test_load_state_dict_lists_all_that_is_wrong_and_changes_nothing(model):
    before = model.state_dict()
    state = model.state_dict()
    del state["layers.1.bias"]
    state["extra"] = 1
    state["layers.0.bias"] = [0.5, "a", None, float("nan")]
    state["layers.0.weight"][0] = [1.0]
    state["layers.1.weight"] = 3.0
    with pytest.raises(ValueError) as error:
        model.load_state_dict(state)
    for part in ("layers.1.bias: missing", "extra: unexpected", "bias[1]: expected a finite number",
                 "'a'", "None", "nan", "layers.0.weight[0]: expected 3 entries, got 1",
                 "layers.1.weight: expected a list of 2, got 3.0"):
        assert part in str(error.value)
    assert model.state_dict() == before


def test_zero_grad(model):
    sum(model([1.0, 2.0, 3.0])).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())


def test_zero_grad_reaches_what_parameters_finds_and_no_more():
    model, (a, b, c, d) = Module(), map(Value, range(4))
    model.a, model.ring, model.named = a, [b, (c,)], {"d": d, "model": model, "name": "d"}
    model.ring.append(model.ring)
    model.computed, model.layer = a * b, Layer(2, 2)
    model.again = model.layer
    everything = [*model.parameters(), model.computed]
    for value in everything:
        value.grad = 1
    model.zero_grad()
    assert [value.grad for value in everything] == 10 * [0] + [1]


def test_activation_that_is_no_function():
    with pytest.raises(TypeError, match="function such as tanh, or None, not 'tanh'"):
        MLP(2, [3, 1], activation="tanh")


def test_load_state_dict_refuses_numbers_beyond_floats():
    neuron = Neuron(1)
    neuron.load_state_dict({"weight": [[sys.float_info.max]], "bias": [-sys.float_info.max]})
    assert neuron.w[0].data == -neuron.b.data == sys.float_info.max
    with pytest.raises(ValueError, match=r"weight\[0\]\[0\]: expected a finite number"):
        Neuron(1).load_state_dict({"weight": [[10 ** 400]], "bias": [0]})


@pytest.mark.parametrize("make, error, message", [
    (lambda: MLP(2, 1), TypeError, r"as a list, such as \[16, 1\], not 1"),
    (lambda: MLP(2, [3, 0]), ValueError, "at least one neuron, not 0"),
])
def test_sizes_that_make_no_network(make, error, message):
    with pytest.raises(error, match=message):
        make()
