"""Modules as people write them: cycles, shared parts, strange names, and code of their own."""

import copy
import json
import random
import subprocess
import sys

import numpy
import pytest

from micrograd import Value, draw_dot, play
from micrograd.nn import MLP, Layer, Module, Neuron, Parameter
from micrograd.optim import SGD, Adam
from micrograd.player import Film


def all_that_the_package_does(model, out):
    """Everything that looks at a model and a graph, but for calling the model."""
    model.zero_grad()
    parameters = model.parameters()
    assert [p for _, p in model.named_parameters()] == parameters
    state = model.state_dict()
    model.load_state_dict(json.loads(json.dumps(state)))
    assert model.state_dict() == state
    for depth in (None, 0, 1):
        assert draw_dot(out, model, depth).source.startswith("digraph")
    play(out, model)
    film = Film(model)
    film.add(out)
    out.backward()
    for optimizer in (SGD(parameters), Adam(parameters)):
        optimizer.step()


# ── Cycles and shared parts ───────────────────────────────────────────────────────────────────────

class Child(Module):
    def __init__(self, parent):
        self.parent = parent
        self.w = Parameter(2.0)

    def __call__(self, x):
        return self.w * x


class Parent(Module):
    def __init__(self):
        self.child = Child(self)
        self.family = {"me": self, "children": [self.child]}
        self.b = Parameter(1.0)

    def __call__(self, x):
        return self.child(x) + self.b


def test_a_child_that_holds_its_parent():
    model = Parent()
    assert model.state_dict() == {"child.w": 2.0, "b": 1.0}
    assert list(model.child.state_dict()) == ["parent.b", "w"]
    all_that_the_package_does(model, model(3.0))


def holding(thing):
    model = Module()
    model.held = thing
    return model


def test_a_list_that_holds_itself():
    ring = [Parameter(1.0)]
    ring.append(ring)
    model = holding(ring)
    assert len(model.parameters()) == 1
    assert model.state_dict() == {"held.0": 1.0}
    model.load_state_dict({"held.0": 5.0})
    assert ring[0].data == 5.0


class Shared(Module):
    def __init__(self, deep):
        self.one = self.two = Shared(deep - 1) if deep else Parameter(0.5)
        self.both = [self.one, (self.two, {"again": self.one})]

    def __call__(self, x):
        return self.one(x) if isinstance(self.one, Module) else self.one * x


def test_modules_shared_forty_levels_deep():
    """Whoever goes through a shared part each time goes through this one 10¹⁹ times."""
    model = Shared(40)
    assert len(model.parameters()) == 1
    all_that_the_package_does(model, model(3.0))


def test_lists_shared_a_hundred_levels_deep():
    held = [Parameter(0.5)]
    for _ in range(100):
        held = [held, held]
    model = holding(held)
    state = model.state_dict()
    held[0].append(Parameter(2.0))              # no longer rectangular, and still a list of leaves
    assert list(model.state_dict()) == list(state) == ["held"]
    with pytest.raises(ValueError, match="expected 3 entries, got 2"):
        model.load_state_dict(state)
    held[0].pop()
    model.load_state_dict(state)


def deep(depth, inside):
    for _ in range(depth):
        inside = [inside]
    return inside


@pytest.mark.parametrize("state", [
    {"weight": deep(10 ** 6, 1.0), "bias": [0]},
    {"weight": [[deep(10 ** 6, 1.0), 1.0]], "bias": [0]},
    {"weight": [[0.5, 1.0]], "bias": deep(10 ** 6, 1.0)}], ids=range(3))
def test_a_state_dict_with_a_list_a_million_deep(state):
    neuron = Neuron(2)
    before = neuron.state_dict()
    with pytest.raises(ValueError, match="cannot load this state dict") as error:
        neuron.load_state_dict(state)
    assert len(str(error.value)) < 500
    assert neuron.state_dict() == before


def test_a_model_with_a_list_twenty_thousand_deep():
    leaf = Parameter(1.0)
    model = holding(deep(20_000, leaf))
    state = model.state_dict()
    leaf.data = 2.0
    model.load_state_dict(state)
    assert leaf.data == 1.0
    with pytest.raises(ValueError) as error:
        model.load_state_dict({"held": deep(20_000, "a")})
    assert "'a'" in str(error.value) and len(str(error.value)) < 1000


def test_modules_three_thousand_deep():
    model = Child(None)
    for _ in range(3000):
        model = Child(model)
    assert len(model.parameters()) == 3001
    model.load_state_dict(model.state_dict())
    [part, *_] = model.named_parameters()
    assert part[0].count(".") == 3000


def test_a_module_with_another_base_that_looks_at_its_subclasses():
    class Registered:
        known = []

        def __init_subclass__(cls, name, **options):
            super().__init_subclass__(**options)
            cls.known.append(name)

    class Own(Module, Registered, name="own"):
        pass

    assert Registered.known == ["own"]


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("table", [
    {"x.y": Parameter(1.0), "x": {"y": Parameter(2.0)}},
    {1: Parameter(1.0), "1": Parameter(2.0)},
    {"x": [Child(None), Child(None)], "x.1": {"w": Parameter(1.0)}}], ids=range(3))
def test_two_parameters_of_one_name(table):
    """Saved under one name, one of the two would be lost."""
    model = holding(table)
    for names in (model.state_dict, lambda: list(model.named_parameters()),
                  lambda: model.load_state_dict({})):
        with pytest.raises(ValueError, match="have the same name '.*': rename an attribute or a k"):
            names()


def test_the_same_parameter_twice_by_one_name_is_no_harm():
    leaf = Parameter(1.0)
    model = holding({"x.y": leaf, "x": {"y": leaf}})
    assert model.state_dict() == {"held.x.y": 1.0}


# ── numpy's numbers ───────────────────────────────────────────────────────────────────────────────

KINDS = [numpy.float64, numpy.float32, numpy.float16, numpy.int64, numpy.int8]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def kinds_of_data_and_grad(model):
    return {type(number) for p in model.parameters() for number in (p.data, p.grad)}


def test_load_state_dict_makes_numbers_pythons(kind):
    model = MLP(2, [2, 1])
    def read(text):
        return kind(float(text))

    model.load_state_dict(json.loads(json.dumps(model.state_dict()),
                                     parse_float=read, parse_int=read))
    assert kinds_of_data_and_grad(model) <= {float, int}


def test_training_makes_numbers_pythons(kind):
    model = MLP(2, [2, 1])
    for p in model.parameters():
        p.data = kind(1)
    model([1.0, 2.0]).backward()
    assert kinds_of_data_and_grad(model) <= {float, int}


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_an_optimiser_makes_numbers_pythons(kind, optimizer):
    model = MLP(2, [2, 1])
    for p in model.parameters():
        p.data, p.grad = kind(1), kind(1)
    optimizer(model.parameters(), lr=kind(1)).step()
    assert {type(p.data) for p in model.parameters()} <= {float, int}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")      # numpy's own, before the error
@pytest.mark.parametrize("data, compute, error, message", [
    (0, lambda v: 1 / v, ZeroDivisionError, "/ of 1, v = 0"),
    (0, lambda v: v ** -1, ZeroDivisionError, "of v = 0"),
    (0, lambda v: v.log(), ValueError, "log of v = 0(.0)?: it takes numbers greater than 0"),
    (100, lambda v: v ** 1000, OverflowError, "of v = 100(.0)?, 1000: .*too large for a float"),
    (100, lambda v: (v * 50).exp(), OverflowError, "exp of 5000(.0)?: .* too large"),
    ], ids=range(5))
def test_errors_do_not_depend_on_whose_number_it_is(kind, data, compute, error, message):
    value = Value(1.0, label="v")
    value.data = kind(data)
    with pytest.raises(error, match=message):
        compute(value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_whole_numbers_of_numpy_do_not_wrap_around():
    value = Value(0)
    value.data = numpy.int64(2 ** 62)
    assert (value * 4).data == 2 ** 64


@pytest.mark.parametrize("data", [numpy.array([1.0, 2.0]), "2", None, 1j, [1.0]], ids=repr)
@pytest.mark.parametrize("compute", [lambda v: v * 2, lambda v: v * 2.0, lambda v: v + v,
                                     lambda v: v.exp(), lambda v: -v], ids=range(5))
def test_data_that_is_no_number(data, compute):
    value = Value(1.0, label="v")
    value.data = data
    with pytest.raises(TypeError, match="data of v takes a number"):
        compute(value)


# ── numpy's arrays ────────────────────────────────────────────────────────────────────────────────

OPERATORS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
             "/": lambda a, b: a / b, "**": lambda a, b: a ** b}


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("numbers", [[1.0, 2.0], [[1, 2], [3, 4]], []], ids=str)
def test_an_array_on_either_side(operator, numbers):
    value, array = Value(3.0), numpy.array(numbers)
    for both in ((value, array), (array, value)):
        found = operator(*both)
        assert found.shape == array.shape and all(isinstance(v, Value) for v in found.flat)
        expected = operator(*[x.data if x is value else x for x in both])
        assert [v.data for v in found.flat] == list(expected.flat)
        assert all(type(v.data) in (int, float) for v in found.flat)
    for element in operator(value, array).flat:
        element.backward()


def test_an_array_without_dimensions_is_a_number():
    assert (Value(3.0) * numpy.array(2.0)).data == 6.0


@pytest.mark.parametrize("compute", [lambda a: Value(1.0).maximum(a), lambda a: Value(a),
                                     lambda a: Value(1.0).tanh() < a], ids=range(3))
def test_functions_take_no_arrays(compute):
    with pytest.raises(TypeError, match="takes a number"):
        compute(numpy.array([1.0, 2.0]))


# ── Modules that nobody asked to be called ────────────────────────────────────────────────────────

class Busy(Module):
    """Has a state that every call changes, and does what no stranger should do to it."""

    def __init__(self):
        self.layer = Layer(2, 2, rng=random.Random(0))
        self.calls, self.seen = 0, set()
        self.numbers = iter(range(10))
        self.file = sys.stdin
        self.allowed = True

    def __call__(self, x):
        if not self.allowed:
            raise SystemExit("called, and nobody asked")
        self.calls += 1
        self.seen.add(id(x))
        next(self.numbers)
        return sum(self.layer(x))


def test_nothing_calls_a_module_but_its_user():
    model = Busy()
    out = model([1.0, 2.0])
    model.allowed = False
    all_that_the_package_does(model, out)
    assert (model.calls, len(model.seen), next(model.numbers)) == (1, 1, 1)


def test_a_module_that_loops_on_its_input_ends_nothing(tmp_path):
    """In a process of its own, so that the test ends although the model does not."""
    program = """
from micrograd import draw_dot, play
from micrograd.nn import Module, Parameter

class Loop(Module):
    def __init__(self):
        self.w = Parameter(2.0)
    def __call__(self, x):
        while x != 1.0:
            pass
        return self.w * x

model = Loop()
out = model(1.0)
print(len(draw_dot(out, model).source) > 0, play(out, model))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          timeout=60, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("True Player of 3 values, 4 steps\n", "")


class Hostile:
    """An attribute that fights back whatever is done to it, but for being held."""

    def __init__(self):
        object.__setattr__(self, "asked", [])

    def _fight(self, *_):
        self.asked.append(1)
        raise RuntimeError("leave me alone")

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __call__ = _fight
    __getitem__ = __contains__ = __float__ = __index__ = __lt__ = __add__ = __mul__ = _fight


class EveryAttribute:
    """Like a mock, it has every attribute that it is asked for."""

    def __getattr__(self, name):
        return EveryAttribute()

    def __call__(self, *args):
        raise RuntimeError("called, and nobody asked")


HOSTILE = {"hostile": Hostile, "every attribute": EveryAttribute, "a class": lambda: Hostile,
           "a module's class": lambda: MLP, "a generator": lambda: (1 / 0 for _ in "a"),
           "a property": lambda: property(lambda self: 1 / 0), "Module's method": lambda: Module(
           ).parameters, "texts": lambda: ["</script>", "\x1b[2J", "\"\\\n", "\ud800"],
           "numpy": lambda: numpy.array([Value(1.0), None])}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_attributes_and_arguments(make):
    class Holds(Module):
        def __init__(self):
            self.w = Parameter(2.0)
            self.thing = self.things = make()
            self.nested = {"a": [self.thing, (self.thing,)]}

        def __call__(self, x, *others, **named):
            return [self.w * x, *others]

    model = Holds()
    first, *others = model(3.0, model.thing, [model.thing], name={"a": model.thing})
    assert others[0] is model.thing
    all_that_the_package_does(model, first)
    if isinstance(model.thing, Hostile):
        assert model.thing.asked == []


NAMES = ["</script><script>alert(1)</script>", "\x1b[2J", 'a"b\\', "a\nb", "}; x = 1", "", ".", "é",
         "\u202e", "label=\"x\"", "<b>", "%s{0}", "a" * 10_000]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_of_attributes_and_classes(name):
    class Part(Child):
        pass

    Part.__name__ = Part.__qualname__ = name.replace("\0", "") or "_"
    part = Part(None)
    setattr(part, name, Parameter(1.0))
    model = holding({name: part})
    out = part(3.0) * vars(part)[name]
    all_that_the_package_does(part, out)
    model.load_state_dict(model.state_dict())


# ── What may be a `__call__` ──────────────────────────────────────────────────────────────────────

class Doubles:
    def __call__(self, x):
        return x * 2


@pytest.mark.parametrize("call, expected", [
    (lambda self, x: self.w * x, 6.0),
    (staticmethod(lambda x: x * 2), 6.0),
    (classmethod(lambda cls, x: x * 2), 6.0),
    (Doubles(), 6.0)], ids=["function", "staticmethod", "classmethod", "object"])
def test_whatever_python_takes_for_a_call(call, expected):
    class Own(Module):
        __call__ = call

    model = Own()
    model.w = Parameter(2.0)
    assert model(Value(3.0)).data == expected
    assert "cluster" in draw_dot(model(Value(3.0)) * model.w, model).source


def test_a_call_that_calls_its_parents_call():
    class Twice(Neuron):
        def __call__(self, x):
            return super().__call__(x)

    model = Twice(2)
    all_that_the_package_does(model, model([1.0, 2.0]))


def test_a_call_that_is_a_generator_is_left_alone():
    class Yields(Neuron):
        def __call__(self, xs):
            for x in xs:
                yield self.w[0] * x

    model = Yields(1)
    assert [v.data for v in model([1.0, 2.0])] == [model.w[0].data * x for x in (1.0, 2.0)]


def test_a_module_may_return_itself_none_or_a_ring():
    class Strange(Module):
        def __call__(self, x):
            ring = [x, self, None, {"a": self}]
            ring.append(ring)
            return ring

    ring = Strange()(Value(1.0) * 2)
    assert ring[4] is ring


def test_a_copy_of_a_subclass_keeps_its_marks():
    neuron = Neuron(2)
    model, out = copy.deepcopy((neuron, neuron([1.0, 2.0])))
    assert "cluster" in draw_dot(out, model).source
