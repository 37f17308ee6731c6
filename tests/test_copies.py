"""Copies: whatever holds values can be copied at any depth; what is not pickled says so."""

import copy
import pickle
import random
from concurrent.futures import ProcessPoolExecutor

import pytest

from micrograd import Value, draw_dot, losses, play, relu, tanh
from micrograd.engine import topological_order
from micrograd.nn import MLP, Parameter
from micrograd.optim import SGD, Adam
from micrograd.player import Film

LENGTH = 30_000


def chain(length, x):
    y = x
    for _ in range(length):
        y = y + x
    return y


@pytest.fixture(params=[tanh, Value.tanh, relu, Value.__abs__, None],
                ids=["tanh", "Value.tanh", "relu", "abs", "linear"])
def model(request):
    return MLP(2, [3, 1], activation=request.param, rng=random.Random(1))


def numbers(root):
    return [(value.data, value.grad, value.label, value._op, type(value))
            for value in topological_order(root)]


# ── Graphs ────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("length", [0, 1, 10, LENGTH])
def test_a_graph_of_any_depth(length):
    x = Value(1.0, label="x")
    y = chain(length, x)
    twin = copy.deepcopy(y)
    assert numbers(twin) == numbers(y)
    assert {*topological_order(twin)}.isdisjoint(topological_order(y))
    twin.backward()
    assert x.grad == 0
    y.backward()
    assert numbers(twin) == numbers(y)


def test_what_is_shared_stays_shared():
    a, b = Value(2.0), Value(3.0)
    product = a * b
    things = {"both": [product + a, product + b], product: product, "a": a}
    copied = copy.deepcopy(things)
    left, right = copied["both"]
    [twin] = [key for key in copied if isinstance(key, Value)]
    assert twin is copied[twin] is left._prev[0] is right._prev[0] is not product
    assert twin._prev[0] is copied["a"] is left._prev[1]


@pytest.mark.slow
def test_a_list_of_every_value_of_a_deep_graph():
    """To walk each one's whole graph anew would be half of 10⁹ steps."""
    values = topological_order(chain(LENGTH, Value(1.0)))
    for order in (values, values[::-1]):
        twins = copy.deepcopy(order)
        assert [value.data for value in twins] == [value.data for value in order]
        root = max(twins, key=lambda value: value.data)
        assert {*topological_order(root)} == {*twins}


def test_gradients_with_graphs_of_their_own():
    x = Value(2.0)
    y = x ** 3
    y.backward(create_graph=True)
    assert x.grad.data == 12.0
    twin_x, twin_y = copy.deepcopy((x, y))
    twin_x.grad.backward()
    assert twin_x.grad.data == 12.0 + 6 * 2.0   # the second derivative, added to the first
    assert x.grad.data == 12.0 and twin_y._prev[0] is twin_x


def test_subclasses_and_their_attributes():
    class Own(Value):
        role = "own"

    own = Own(2.0, label="own")
    own.notes = ["a"]
    twin = copy.deepcopy(own * 3)._prev[0]
    assert (type(twin), twin.notes, twin.label) == (Own, ["a"], "own")
    assert twin.notes is not own.notes


def test_a_shallow_copy_has_the_same_inputs():
    x = Value(2.0)
    y = chain(LENGTH, x)
    twin = copy.copy(y)
    assert twin is not y and twin._prev == y._prev
    twin.backward()
    assert x.grad == LENGTH + 1 and y.grad == 0


# ── Models, optimisers, pages ─────────────────────────────────────────────────────────────────────

def test_a_copied_model_computes_the_same(model):
    twin = copy.deepcopy(model)
    assert twin([1.0, -2.0]).data == model([1.0, -2.0]).data
    assert {*twin.parameters()}.isdisjoint(model.parameters())


def test_a_copied_model_fits_its_copied_graph(model):
    loss = losses.mse_loss([model([1.0, -2.0]), model([0.5, 2.0])], [1.0, 0.0])
    loss.backward()
    twin, twin_loss = copy.deepcopy((model, loss))
    assert draw_dot(twin_loss, twin).source == draw_dot(loss, model).source
    for mine, other in ((model, twin_loss), (twin, loss)):
        with pytest.raises(ValueError, match="no parameter of this model"):
            draw_dot(other, mine)


@pytest.mark.parametrize("kind", [lambda ps: SGD(ps, momentum=0.9), Adam], ids=["SGD", "Adam"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda things: pickle.loads(pickle.dumps(
    things))], ids=["deepcopy", "pickle"])
def test_a_copied_optimiser_goes_on_alike(model, kind, copied):
    optimizer = kind(model.parameters())
    for i in range(4):
        if i == 2:
            twin, other = copied((model, optimizer))
        for m, o in [(model, optimizer)] + ([(twin, other)] if i > 1 else []):
            o.zero_grad()
            loss = m([1.0, -2.0])
            loss.backward()
            o.step()
            del loss
    assert twin.state_dict() == model.state_dict()
    assert other.parameters == twin.parameters()


def test_films_and_players():
    x = Value(1.0, label="x")
    film, y = Film(), chain(10, x)
    film.add(y)
    for page in (film, play(y)):
        assert copy.deepcopy(page)._page() == page._page()


def test_films_and_players_of_a_deep_graph():
    x = Value(1.0, label="x")
    film, y = Film(), chain(400, x)
    film.add(y)
    twin = copy.deepcopy(film)
    twin.add(chain(400, x))
    assert repr(twin).startswith("Film of 2") and repr(film).startswith("Film of 1")
    assert repr(copy.deepcopy(play(y))) == repr(play(y))


# ── What is pickled ───────────────────────────────────────────────────────────────────────────────

def test_a_model_goes_to_other_processes(model):
    twin = pickle.loads(pickle.dumps(model))
    assert twin([1.0, -2.0]).data == model([1.0, -2.0]).data
    assert [p.label for p in twin.parameters()] == [p.label for p in model.parameters()]
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(model.state_dict).result() == model.state_dict()


def with_a_graph():
    x = Parameter(2.0)
    (x ** 3).backward(create_graph=True)
    return x


def film():
    film = Film()
    film.add(chain(300, Value(1.0)))
    return film


@pytest.mark.parametrize("make", [
    lambda: Value(1.0) * 2, lambda: chain(LENGTH, Value(1.0)), with_a_graph,
    lambda: Adam([with_a_graph()]), lambda: play(chain(300, Value(1.0))), film], ids=range(6))
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_graph_is_not_pickled_and_says_so(make, protocol):
    with pytest.raises(TypeError, match="has a graph, and graphs are not pickled: .*state_dict()"):
        pickle.dumps(make(), protocol)
