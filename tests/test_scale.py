"""Large graphs and long trainings: they work, cost no recursion, and give all their memory back."""

import gc
import random
import sys
import tracemalloc
from contextlib import contextmanager

import pytest

from micrograd.engine import Value, dot, op
from micrograd.nn import MLP
from micrograd.optim import SGD

MANY = 20_000
SLACK = 200_000         # bytes, as Python keeps 2,000 tuples of each short length for reuse


@op("total", lambda g, out, *xs: [g] * len(xs))
def total(*xs):
    return sum(xs)


def chain():
    x = out = Value(0)
    for _ in range(1_000_000):
        out = out + 1
    out.backward()
    assert out.data == 1_000_000 and x.grad == 1


def wide_dot():
    ws, xs = [Value(i) for i in range(MANY)], [Value(-i) for i in range(MANY)]
    dot(ws, xs).backward()
    assert [w.grad for w in ws] == [x.data for x in xs]
    assert [x.grad for x in xs] == [w.data for w in ws]


def wide_operation():
    xs = [Value(i) for i in range(MANY)]
    out = total(*xs)
    (out * 3).backward()
    assert out.data == sum(range(MANY)) and {x.grad for x in xs} == {3}


def busy_leaf():
    x = Value(2)
    sum(x * i for i in range(MANY)).backward()
    assert x.grad == sum(range(MANY))


def tree():
    """Differences of differences: leaf i has a minus for each right turn on the way down to it."""
    leaves = level = [Value(i) for i in range(2 ** 18)]
    while len(level) > 1:
        level = [x - y for x, y in zip(level[::2], level[1::2])]
    level[0].backward()
    assert all(x.grad == (-1) ** i.bit_count() for i, x in enumerate(leaves))


@contextmanager
def only_reference_counts():
    """Without the garbage collector; afterwards, it must find nothing of ours."""
    gc.collect()
    gc.disable()
    try:
        yield
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        ours = [x for x in gc.garbage if type(x).__module__.startswith("micrograd")]
        assert not ours, f"{len(ours)} objects are held by cycles, such as {ours[0]!r}"
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@contextmanager
def traced():
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.one_in(5)
@pytest.mark.parametrize("build", [wide_dot, wide_operation, busy_leaf, chain, tree])
def test_a_large_graph_works_and_returns_its_memory(build):
    limit = sys.getrecursionlimit()
    with only_reference_counts(), traced() as memory:
        before = memory()
        build()
        assert memory() - before < SLACK
    assert sys.getrecursionlimit() == limit


@pytest.mark.slow
def test_ten_thousand_steps_of_training_take_no_more_memory_than_one_thousand():
    with only_reference_counts(), traced() as memory:
        model = MLP(2, [2, 1], rng=random.Random(2))
        optimizer = SGD(model.parameters(), lr=0.001)
        start = model.state_dict()
        for step in range(10_000):
            loss = (model([1.0, -2.0]) - 3.0) ** 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step == 999:
                early = memory()
        assert memory() - early < 2_000
        assert model.state_dict() != start and loss.data < 1e-6
