"""`jit` computes what the engine computes, refuses what it cannot, and writes good programs."""

import builtins
import copy
import keyword
import math
import random
import re
import statistics
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from micrograd import functions as fn
from micrograd import grad, jit, losses, where
from micrograd.compiler.passes import floats, fold, hoist, inline, prune, share, square
from micrograd.compiler.samples import structure
from micrograd.engine import Value, dot, gradients, op
from micrograd.nn import MLP, Layer, Module, Neuron, Parameter
from micrograd.optim import SGD
from micrograd.compiler.python import PYTHON
from micrograd.compiler.writer import identifier
from micrograd.compiler.symbols import Instruction, TraceError, trace
from test_random_graphs import draw, draw_chain, run, run_chain


# ── the same as the engine ────────────────────────────────────────────────────────────────────────

def eagerly(loss, samples, parameters):
    """The mean loss and its gradients, by the engine."""
    mean = sum([loss(*sample) for sample in samples]) / len(samples)
    found = gradients(mean)
    return mean.data, [found.get(p, 0) for p in parameters]


def compiled(step, samples):
    """What a step returns, and what it adds to the gradients."""
    before = [p.grad for p in step.parameters]
    mean = step(samples)
    return mean, [p.grad - grad for p, grad in zip(step.parameters, before)]


def close(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    return a == b or math.isnan(a) and math.isnan(b) or \
        abs(a - b) <= 1e-12 * max(abs(a), abs(b)) + 1e-15


def agree(loss, samples, parameters, step=None):
    """Assert that a step and the engine agree, and answer with the step."""
    step = step or jit(loss, parameters)
    expected = eagerly(loss, samples, step.parameters)
    for p in step.parameters:
        p.grad = 0
    found = compiled(step, samples)
    assert close(found[0], expected[0]), (found[0], expected[0])
    assert close(found[1], expected[1]), (found[1], expected[1], step.source)
    return step


@pytest.fixture
def leaves():
    rng = random.Random(7)
    return [Value(rng.uniform(-1, 1), label=name) for name in "abc"]


def test_random_graphs(graphs):
    """As parameters and as numbers of the sample, at three points each and then three more."""
    for seed in graphs:
        program, point = draw(seed)
        rng = random.Random(seed)
        count = rng.randrange(len(point))       # so many inputs come from the sample
        parameters = [Value(x) for x in point[count:]]

        def loss(*xs):
            return run(program, [*xs, *parameters]) + 0 * parameters[0]

        samples = [tuple(rng.randrange(-60, 61) / 40 for _ in range(count)) for _ in range(3)]
        step = agree(loss, samples, parameters)
        for p in parameters:
            p.data = rng.randrange(-60, 61) / 40
        agree(loss, samples, parameters, step)


def test_long_chains(graphs):
    for seed in graphs[:len(graphs) // 30 + 1]:
        program, point = draw_chain(seed)
        parameters = [Value(x) for x in point[1:]]
        agree(lambda x: run_chain(program, [x, *parameters]), [(point[0],), (0.5,)], parameters)


@pytest.mark.parametrize("function", [
    lambda x, w: w + x - 2, lambda x, w: w * x / 3, lambda x, w: x / w, lambda x, w: w ** 3 - x,
    lambda x, w: x ** w, lambda x, w: w ** x, lambda x, w: 2 ** w + w ** 0.5, lambda x, w: -w + +x,
    lambda x, w: abs(w - x), lambda x, w: fn.exp(w) * fn.exp(x), lambda x, w: fn.log(w / x),
    lambda x, w: fn.sqrt(w) + fn.sqrt(x), lambda x, w: fn.sin(w) * fn.cos(x) - fn.cos(w),
    lambda x, w: fn.tanh(w * x), lambda x, w: fn.sigmoid(w - x), lambda x, w: fn.relu(w - x),
    lambda x, w: fn.maximum(w, x), lambda x, w: fn.minimum(w * w, x),
    lambda x, w: dot([w, x, w], [x, w, 2]), lambda x, w: where(w > x, w * x, w + x),
    lambda x, w: where(x > 1, w, x), lambda x, w: w + where(w < x, 0, w), lambda x, w: w * (x > 1),
    lambda x, w: w * (x % 0.75) + w * (x // 0.5), lambda x, w: w * (1 < x) + (x == 0.5) * w,
    lambda x, w: w, lambda x, w: w * 0 + x, lambda x, w: w ** 0, lambda x, w: (w ** -2) ** -1.5,
    lambda x, w: w - (x - (w - x)), lambda x, w: w / (x / (w / x)), lambda x, w: (w ** x) ** w,
    lambda x, w: (-w) ** 2 - (-2) ** 2 * w, lambda x, w: (x < 1) * (w > 0.5) * w ** 2,
    lambda x, w: -(-w) - -w, lambda x, w: Value(2.0) * w,
    lambda x, w: w * Fraction(1, 3), lambda x, w: w * 10 ** 30 + w * -1e-30,
])
def test_every_operation(function):
    w = Value(0.7, label="w")
    agree(lambda x: function(x, w), [(0.5,), (1.5,), (2.5,)], [w])


CORNERS = [fn.relu, abs, lambda x: fn.maximum(x, 0), lambda x: fn.minimum(0, x), lambda x: x ** 0,
           lambda x: fn.maximum(x, -x), lambda x: x ** 1, lambda x: x ** 2, fn.sigmoid,
           lambda x: where(x > 0, x, 2 * x), lambda x: fn.relu(fn.relu(x)), lambda x: 0 ** (x + 1)]


@pytest.mark.falls_back
@pytest.mark.parametrize("function", CORNERS)
@pytest.mark.parametrize("number", [0, 0.0, -0.0, 1, -1.0, 1e-320, 1e200, math.inf, -math.inf,
                                    math.nan])
def test_corners(function, number):
    w = Value(number, label="w")
    loss = lambda x: function(w) * x
    try:
        expected = eagerly(loss, [(1.0,)], [w])
    except (ArithmeticError, ValueError) as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            jit(loss, [w])([(1.0,)])
        assert w.grad == 0
    else:
        assert close(compiled(jit(loss, [w]), [(1.0,)]), expected)


@pytest.mark.falls_back
def test_the_reasons_why_the_engine_computes():
    w = Value(0.0, label="w")
    step = agree(lambda x: w * x, [(2.0,)], [w])
    assert step.fallback is None
    w.data = 1e308
    assert step([(1e10,)]) == math.inf and step.fallback == "the mean loss or a gradient is not finite"
    assert step.forward(1e10) == math.inf and step.fallback == "a result is not finite"
    w.data = 2.0
    assert step.forward(1.0) == 2.0 and step.fallback is None
    step = jit(lambda x: where(w > x, fn.sqrt(x) * w, w), [w])
    assert step([(0.0,)]) == 0 and step.fallback is None
    step = jit(lambda x: where(w > x, w, fn.sqrt(w * x)), [w])
    assert step([(0.0,)]) == 2 and step.fallback == "float division by zero"


def test_an_operation_of_the_readers_own():
    cube = op("cube", lambda g, out, x: g * 3 * x ** 2)(lambda x: x ** 3)
    blend = op("blend", lambda g, out, x, y: (g * fn.exp(x), where(y > 0, g, 0)))(
        lambda x, y: fn.exp(x) + fn.relu(y))
    w = Value(0.5)
    agree(lambda x: blend(cube(w), w * x), [(2.0,), (-1.0,)], [w])


def test_derivatives_inside_the_loss():
    w, b = Value(0.7, label="w"), Value(0.2, label="b")
    slope = grad(lambda t: fn.tanh(w * t) * b)
    agree(lambda x: (slope(x) - 1) ** 2 + grad(slope)(x), [(0.5,), (1.5,)], [w, b])


def test_a_function_of_the_readers_own():
    """`generic` hands it to symbols by its name, which is that of a function of `math`."""
    @fn.generic()
    def atan2(y, x):
        return math.atan2(y, x)

    angle = op("angle", lambda g, out, y, x: (g * x / (x * x + y * y), -g * y / (x * x + y * y)))(
        lambda y, x: atan2(y, x))
    w = Value(0.7, label="w")
    agree(lambda x: angle(w, x) + angle(x, w) + atan2(x, 2.0) + atan2(2.0, x), [(0.5,)], [w])


LOSSES = {
    "mse": lambda out, t: losses.mse_loss(out, [t, 1 - t]),
    "hinge": lambda out, t: losses.hinge_loss(out, [t, -t]),
    "bce": lambda out, t: losses.binary_cross_entropy_with_logits(out, [(t + 1) / 2, 0.25]),
    "cross entropy": lambda out, t: losses.cross_entropy(out, 1),
    "softmax": lambda out, t: dot(losses.softmax(out), [t, 2.0]),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("activation", [None, fn.relu, fn.tanh, fn.sigmoid])
def test_losses_and_networks(loss, activation):
    model = MLP(3, [4, 4, 2], activation=activation, rng=random.Random(3))
    rng = random.Random(4)
    samples = [([rng.uniform(-2, 2) for _ in range(3)], rng.choice([-1.0, 1.0])) for _ in range(20)]
    step = agree(lambda x, t: loss(model(x), t), samples, model.parameters())
    optimizer = SGD(model.parameters(), lr=0.1)
    optimizer.step()                            # and again with other parameters
    agree(lambda x, t: loss(model(x), t), samples[:7], model.parameters(), step)


@pytest.mark.parametrize("module", [Neuron(3), Neuron(3, bias=False), Layer(3, 1), Layer(3, 2),
                                    MLP(3, [1]), MLP(3, [1, 1])], ids=repr)
def test_layers(module):
    flat = lambda out: sum(out) if isinstance(out, list) else out
    agree(lambda x: flat(module(x)) ** 2, [([1.0, -2.0, 0.5],), ([0.0, 1.0, 2.0],)],
          module.parameters())


def test_training_is_the_same():
    def train(make):
        model = MLP(2, [4, 1], activation=fn.tanh, rng=random.Random(1))
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        loss = lambda x, y: (model(x) - y) ** 2
        step, history = make(loss, model.parameters()), []
        for _ in range(30):
            optimizer.zero_grad()
            history.append(step(XOR))
            optimizer.step()
        return history

    def engine(loss, parameters):
        def step(samples):
            mean = sum([loss(*sample) for sample in samples]) / len(samples)
            mean.backward()
            return mean.data
        return step

    assert close(train(jit), train(engine))


XOR = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]


# ── samples ───────────────────────────────────────────────────────────────────────────────────────

def test_nested_samples(leaves):
    a, b, c = leaves
    step = jit(lambda x, y: a * x[0][1] + b * x[1] * y[0] + c * len(x) + x[0][0][0], leaves)
    samples = [([[[1.0], 2.0], 3.0], (4.0,)), ([[[0.5], 2.5], 1.0], (7,))]
    agree(step.function, samples, leaves, step)
    assert "for [[[x0_0_0], x0_1], x1], (y0,) in samples:" in step.source


def test_a_new_structure_is_traced_once(leaves):
    traced = []

    def loss(x):
        traced.append(len(x))
        return dot(leaves[:len(x)], x)

    step = jit(loss, leaves)
    for size in (1, 2, 1, 3, 2, 1):
        agree(lambda x: dot(leaves[:len(x)], x), [([1.5] * size,), ([-2.0] * size,)], leaves, step)
    assert traced == [1, 2, 3]


def test_lists_and_tuples_stay_what_they_are(leaves):
    seen = []
    step = jit(lambda x, y: seen.append((type(x), type(y))) or leaves[0] * x[0] * y[0], leaves)
    step([((1.0,), [2.0])])
    assert seen == [(tuple, list)]


def test_samples_may_be_any_iterable(leaves):
    loss = lambda x, y: (leaves[0] * x - y) ** 2
    xs, ys = [1.0, 2.0], [3.0, 4.0]
    expected = jit(loss, leaves)([(1.0, 3.0), (2.0, 4.0)])
    for samples in (zip(xs, ys), tuple(zip(xs, ys)), [[1.0, 3.0], [2.0, 4.0]], {(1, 3), (2, 4)}):
        assert jit(loss, leaves)(samples) == expected


def test_numpy(leaves):
    np = pytest.importorskip("numpy")
    x, y = np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3), np.arange(5)
    loss = lambda x, y: (dot(leaves, x) - y) ** 2
    rows = [(list(map(float, row)), int(n)) for row, n in zip(x, y)]
    expected = compiled(jit(loss, leaves), rows)
    step = jit(loss, leaves)
    assert close(compiled(step, rows), expected)
    assert close(compiled(step, zip(x, y)), expected)           # after and before plain numbers
    assert close(compiled(jit(loss, leaves), zip(x, y)), expected)
    assert type(step(zip(x, y))) is float and type(leaves[0].grad) is float
    assert type(jit(loss, leaves).forward(x[0], y[0])) is float


def test_ints_and_fractions(leaves):
    loss = lambda x: (leaves[0] * x / 3 + leaves[1] * x ** 0) ** 2
    for number in (1, 3, Fraction(1, 3), 10 ** 20):
        agree(loss, [(number,)], leaves)
    leaves[0].data, leaves[1].data = 2, Fraction(1, 7)
    agree(loss, [(1,), (2,)], leaves)


def test_whole_numbers_as_indices(leaves):
    """They are traced anew for each number, and one call may have them all."""
    table = {0: leaves[0], 7: leaves[1]}
    loss = lambda i, x, k: leaves[i] * x + table[k] ** 2
    rng = random.Random(5)
    samples = [(rng.randrange(3), rng.uniform(-1, 1), rng.choice([0, 7])) for _ in range(20)]
    step = agree(loss, samples, leaves)
    agree(loss, samples[::-1], leaves, step)
    agree(loss, [(0, 1.0, 7)], leaves, step)
    with pytest.raises(IndexError, match="out of range"):
        step([(3, 1.0, 0)])
    with pytest.raises(TypeError, match="indices must be integers or slices, not float"):
        step([(1.0, 1.0, 0)])


def test_a_long_list_of_indices(leaves):
    """They are found together, not each in a trace of its own."""
    traced = []

    def loss(tokens):
        traced.append(len(tokens))
        return sum([leaves[token] * (i + 1) for i, token in enumerate(tokens)])

    step = jit(loss, leaves)
    step([([i % 3 for i in range(1200)],)])
    assert len(traced) == 2


def test_cross_entropy_of_targets_in_the_samples():
    model = MLP(2, [3, 4], rng=random.Random(2))
    samples = [([1.0, 0.5], 0), ([0.5, 0.1], 3), ([0.5, -0.1], 1), ([0.0, 1.0], 3)]
    agree(lambda x, t: losses.cross_entropy(model(x), t), samples, model.parameters())


def test_what_is_no_number_is_structure(leaves):
    a, b, c = leaves

    def loss(x, kind, flag, missing):
        assert missing is None
        return (a if kind == "a" else b) * x + (c if flag else 1)

    samples = [(1.0, "a", True, None), (2.0, "b", False, None), (3.0, "b", True, None)]
    step = agree(loss, samples, leaves)
    agree(loss, samples[:1], leaves, step)


@pytest.mark.parametrize("samples, error, message", [
    ([], ValueError, "a step takes at least one sample"),
    (5, TypeError, "'int' object is not iterable"),
    ([5.0], TypeError, "a sample is a tuple of the function's arguments, not 5.0"),
    (["ab"], TypeError, "a sample is a tuple of the function's arguments, not 'ab'"),
    ([(1.0, 2.0), 3.0], TypeError, "a sample is a tuple of the function's arguments, not 3.0"),
    ([(1.0, 2.0), (1.0,)], ValueError, "sample 0 is (number, number), sample 1 is (number,)"),
    ([(1.0, 2.0), (1.0, [2.0])], ValueError, "sample 1 is (number, [number])"),
    ([(1.0, 2.0), (1.0, "2")], ValueError, "sample 1 is (number, other)"),
    ([(1.0, 2.0), (None, 2.0)], ValueError, "sample 1 is (other, number)"),
    ([(1.0,)], TypeError, "missing a required argument: 'y'"),
    ([(1.0, 2.0, 3.0)], TypeError, "too many positional arguments"),
    ([(1.0, {})], TypeError, "a sample is made of numbers, strings, lists and tuples, not of dict"),
    ([(1.0, Value(2.0))], TypeError, "not of Value Value(data=2.0, grad=0)"),
    ([(1.0, 1j)], TypeError, "not of complex 1j"),
    ([(1.0, "2")], TypeError, "- takes a number"),
    ([(1.0, None)], TypeError, "- takes a number"),
    ([([1.0], 2.0)], TypeError, "* takes a number"),
])
def test_bad_samples(leaves, samples, error, message):
    loss = lambda x, y: (leaves[0] * x - y) ** 2
    fresh, used = jit(loss, leaves), jit(loss, leaves)
    used([(1.0, 2.0), (2.0, 3.0)])
    grads = [p.grad for p in leaves]
    for step in (fresh, used):
        with pytest.raises(error, match=re.escape(message)):
            step(samples)
        assert [p.grad for p in leaves] == grads
    assert used([(1.0, 2.0)]) == loss(1.0, 2.0).data


@pytest.mark.parametrize("function, x, error", [
    (lambda x, a: fn.log(a * x), -1.0, "log of -0.5: it takes numbers greater than 0"),
    (lambda x, a: a / x, 0.0, "/ of a = 0.5, 0.0: float division by zero"),
    (lambda x, a: fn.exp(a * x), 1e4, "exp of 5000.0: the result is too large for a float"),
    (lambda x, a: (a * x) ** 2, 1e200, "** of 5e+199, 2: the result is too large for a float"),
    (lambda x, a: (a * x) ** 0.5, -1.0, "** of -0.5, 0.5: a negative number has only whole powers"),
    (lambda x, a: fn.sqrt(a * x), 0.0, "gradient of sqrt of 0.0: float division by zero"),
    (lambda x, a: a * fn.sin(a * x), math.inf, "sin of inf: it takes finite numbers"),
])
def test_no_answer_is_the_error_of_the_engine(function, x, error):
    a = Value(0.5, label="a")
    step = jit(lambda x: function(x, a), [a])
    step([(1.0,), (2.0,)])
    a.grad = 7.0
    with pytest.raises((ArithmeticError, ValueError), match=re.escape(error)):
        step([(1.0,), (x,)])
    assert a.grad == 7.0
    assert step([(1.0,)]) == function(1.0, a).data


@pytest.mark.falls_back
def test_a_branch_that_is_not_taken_does_no_harm():
    """The program goes back through it, the engine does not."""
    w = Value(0.0, label="w")
    agree(lambda x: where(w + x > 0, fn.sqrt(w + x), w * 2), [(0.0,), (1.0,)], [w])
    agree(lambda x: where(x > 1, w * 2, (w + 1e308) * (w + 1e308) / x), [(2.0,)], [w])


# ── parameters and other Values ───────────────────────────────────────────────────────────────────

def test_gradients_accumulate_and_data_is_read_at_each_call(leaves):
    loss = lambda x: leaves[0] * leaves[1] ** 2 * x
    step = jit(loss, leaves)
    step([(1.0,)])
    once = [p.grad for p in leaves]
    step([(1.0,)])
    assert [p.grad for p in leaves] == [2 * g for g in once]
    leaves[1].data = 5.0
    agree(loss, [(2.0,)], leaves, step)


def test_other_values_are_read_but_get_no_gradient(leaves):
    a, b, c = leaves
    loss = lambda x: a * b * x + Value(2.0) * c
    step = jit(loss, [a])
    assert close(step([(3.0,)]), loss(3.0).data)
    b.data, c.data = 4.0, 5.0
    assert close(step([(3.0,)]), loss(3.0).data)
    assert b.grad == c.grad == 0


def test_other_values_that_a_choice_hid_from_the_first_trace(leaves):
    a, b, c = leaves
    b.data = 2.0
    loss = lambda x: a * x * where(b > 1, b, c) + Value(1.0)
    step = jit(loss, [a])
    assert close(step([(3.0,)]), loss(3.0).data)
    b.data, c.data = 0.5, 7.0
    assert close(step([(3.0,)]), loss(3.0).data)


def test_parameters_without_use_or_name_or_named_twice(leaves):
    extra = Value(1.0)
    step = agree(lambda x: leaves[0] * x, [(1.0,)], [leaves[0], extra, leaves[0]])
    assert step.parameters == [leaves[0], extra]
    agree(lambda x: extra * x * Value(3.0), [(1.0,)], [extra])


def test_the_values_are_left_as_they_were(leaves):
    before = [p.data for p in leaves]

    def fails(x):
        raise KeyError(x)

    with pytest.raises(KeyError):
        jit(fails, leaves)([(1.0,)])
    jit(lambda x: dot(leaves, [x, 1, 2]), leaves)([(1.0,)])
    assert [p.data for p in leaves] == before and all(type(p.data) is float for p in leaves)


def changes_data(x):
    w.data = 3.0
    return w * x


def goes_backward(x):
    (w * x).backward()
    return w * x


def takes_a_step(x):
    return jit(lambda x: w * x, [w])([(1.0,)]) * w


@pytest.mark.parametrize("function, error, message", [
    (changes_data, TraceError, "changes data or grad of 'w'"),
    (goes_backward, TraceError, "changes data or grad of 'w'"),
    (takes_a_step, RuntimeError, "traced already"),
])
def test_a_function_that_changes_parameters(function, error, message):
    with pytest.raises(error, match=message):
        jit(function, [w])([(1.5,)])
    assert w.data == 0.5 and w.grad == 0


@pytest.mark.parametrize("function, parameters, message", [
    (5, [], "jit takes a function, not int"),
    (abs, [1.0], "jit takes parameters that are leaf Values, not 1.0"),
    (abs, [Value(1.0) + 1], "jit takes parameters that are leaf Values, not Value"),
])
def test_bad_arguments(function, parameters, message):
    with pytest.raises(TypeError, match=message):
        jit(function, parameters)


# ── forward ───────────────────────────────────────────────────────────────────────────────────────

def test_forward_predicts():
    model = MLP(2, [3, 2], rng=random.Random(1))
    predict = jit(model, model.parameters()).forward
    assert predict([0.5, -1.0]) == [v.data for v in model([0.5, -1.0])]
    model.parameters()[0].data = 3.0
    assert predict([0.5, -1.0]) == [v.data for v in model([0.5, -1.0])]
    assert all(p.grad == 0 for p in model.parameters())


def test_forward_has_the_structure_of_the_result(leaves):
    predict = jit(lambda x, i: [leaves[i] * x, (x, 2.0, [-leaves[0]])], leaves).forward
    for i in (0, 1, 0):
        assert predict(3.0, i) == [leaves[i].data * 3, (3.0, 2.0, [-leaves[0].data])]
    assert jit(lambda: leaves[0], leaves).forward() == leaves[0].data


def test_forward_fails_as_the_engine_does(leaves):
    predict = jit(lambda x: fn.log(x * leaves[0]), leaves).forward
    predict(leaves[0].data)
    with pytest.raises(ValueError, match="log of "):
        predict(-leaves[0].data)
    with pytest.raises(TypeError, match="missing a required argument"):
        predict()
    with pytest.raises(TraceError, match="needs a number|NoneType"):
        jit(lambda x: None, leaves).forward(1.0)


# ── what cannot be compiled ───────────────────────────────────────────────────────────────────────

w, model = Value(0.5, label="w"), MLP(2, [1])


@pytest.fixture(autouse=True)
def w_as_it_was():
    """Each test meets `w` as it was made, in whatever order they run."""
    w.data, w.grad = 0.5, 0


CHOOSE = "needs a decision"
PLAIN = "needs a plain number"
INDEX = "needs an index or a key"


def caught(x):
    try:
        return w * x if w > 0 else w
    except Exception:
        return w * 2


def loop(x):
    while (w * x).data < 3:
        x = x + 1
    return w * x


@op("odd", lambda g, out, x: g if x > 0 else -g)
def odd(x):
    return x * 2


@pytest.mark.parametrize("function, line, needs", [
    (lambda x: w * x if w > 0 else w, "if w > 0", CHOOSE),
    (lambda x: w * x if x > 0 else w, "if x > 0", CHOOSE),
    (lambda x: w * x if x else w, "if x else", CHOOSE),
    (lambda x: w * x if w else w, "if w else", CHOOSE),
    (lambda x: w * x if x == 1 else w, "if x == 1", CHOOSE),
    (lambda x: w * x if w.data != 1 else w, "if w.data != 1", CHOOSE),
    (lambda x: w * (x in (1, 2)), "x in (1, 2)", CHOOSE),
    (lambda x: w * (x and 2), "x and 2", CHOOSE),
    (lambda x: w * (not x), "not x", CHOOSE),
    (lambda x: w * (0 < x < 1), "0 < x < 1", CHOOSE),
    (lambda x: max(w * x, w), "max(", CHOOSE),
    (lambda x: w * min(x, 2), "min(", CHOOSE),
    (lambda x: w * sorted([x, 2.0])[0], "sorted(", CHOOSE),
    (loop, "while (w * x).data < 3:", CHOOSE),
    (caught, "if w > 0 else w", CHOOSE),
    (lambda x: odd(w * x), "g if x > 0 else -g", CHOOSE),
    (lambda x: w * float(x), "float(x)", PLAIN),
    (lambda x: w * int(x), "int(x)", PLAIN),
    (lambda x: w * complex(x).real, "complex(x)", PLAIN),
    (lambda x: w * round(x, 2), "round(x, 2)", PLAIN),
    (lambda x: w * math.floor(x), "math.floor(x)", PLAIN),
    (lambda x: w * math.ceil(x), "math.ceil(x)", PLAIN),
    (lambda x: w * math.trunc(x), "math.trunc(x)", PLAIN),
    (lambda x: w * math.exp(x), "math.exp(x)", PLAIN),
    (lambda x: w * statistics.fmean([x, 1]), "statistics.fmean", PLAIN),
    (lambda x: w * float((w * x).data), "float((w * x).data)", PLAIN),
    (lambda x: float(w * x), "float(w * x)", PLAIN),
    (lambda x: w * math.exp(w), "math.exp(w)", PLAIN),
    (lambda x: w * len(f"{x:.2f}"), "{x:.2f}", "needs a number to write down"),
    (lambda x: w * len(f"{x}"), "{x}", "needs a number to write down"),
    (lambda x: w * len(str(x)), "str(x)", "needs a number to write down"),
    (lambda x: w * len("%s" % x), "% x", "needs a number to write down"),
    (lambda x: w * divmod(x, 2)[0], "divmod", "divmod"),
    (lambda x: [w, w][x] * x, "[w, w][x]", INDEX),
    (lambda x: w * len(range(x)), "range(x)", INDEX),
    (lambda x: w * {1.0: 2.0}[x], "{1.0: 2.0}[x]", INDEX),
    (lambda x: [w, w][w.data] * x, "[w.data]", INDEX),
    (lambda x: where(x > 0, [w], [w])[0], "where(x > 0", "needs a number"),
    (lambda x: w * x.is_integer(), "x.is_integer()", "no attribute .* arithmetic, comparisons and"),
    (lambda x: where((x > 0) & (x < 1), w, 0), "(x > 0) & (x < 1)", "arithmetic, comparisons and"),
])
def test_it_refuses_what_asks_for_a_number(function, line, needs):
    step = jit(function, [w])
    for _ in range(2):
        with pytest.raises(TraceError, match=needs) as raised:
            step([(1.5,)])
        place = re.search(r'File "(.*)", line (\d+), in \S+: (.*)', str(raised.value))
        assert place[1] == __file__
        assert line in Path(__file__).read_text().splitlines()[int(place[2]) - 1]
        assert line in place[3]
    assert w.data == 0.5 and w.grad == 0


@pytest.mark.parametrize("function", [lambda x: w * {1: 2}[5], lambda x: w * "a",
                                      lambda x: x / (w - 0.5), lambda x: 1 / (w * 0) + x])
def test_what_fails_in_the_engine_fails_as_it_does_there(function):
    with pytest.raises(Exception) as expected:
        function(1.5)
    with pytest.raises(expected.type, match=re.escape(str(expected.value))):
        jit(function, [w])([(1.5,)])
    assert w.data == 0.5 and w.grad == 0


def test_lines_in_numpy_are_not_the_users():
    np = pytest.importorskip("numpy")
    for function in (lambda x: w * np.max([x, 2.0]), lambda x: w * np.exp(x)):
        with pytest.raises(TraceError, match=re.escape(__file__)):
            jit(function, [w])([(1.0,)])


def test_advice():
    with pytest.raises(TraceError) as raised:
        jit(lambda x: max(w, x), [w])([(1.0,)])
    assert all(name in str(raised.value) for name in ("where", "maximum", "relu"))
    with pytest.raises(TraceError, match=re.escape("write (a < x) * (x < b)")):
        jit(lambda x: where(0 < x < 1, w, x), [w])([(1.0,)])
    agree(lambda x: where((0 < x) * (x < 1), w, x), [(0.5,), (1.5,)], [w])
    w.grad = 0
    with pytest.raises(TraceError, match="micrograd's own exp, log, tanh"):
        jit(lambda x: math.exp(x) * w, [w])([(1.0,)])


def test_values_of_an_earlier_trace():
    kept = []

    def loss(x):
        kept.append(w * x)
        return kept[0]

    step = jit(loss, [w])
    step([(1.0,)])
    with pytest.raises(TraceError, match="earlier|this call alone"):
        jit(lambda x: kept[0] * x, [w])([(1.0,)])


@pytest.mark.parametrize("result", [None, 3.0, [w], "a"], ids=repr)
def test_a_loss_is_one_value(result):
    with pytest.raises(TypeError, match="a loss is one Value, not"):
        jit(lambda x: result, [w])([(1.0,)])


def test_source_before_the_first_call():
    with pytest.raises(RuntimeError, match="before the first call"):
        jit(lambda x: w, [w]).source


# ── the passes, each alone ────────────────────────────────────────────────────────────────────────

def program(*lines):
    """Instructions of (operation, value) or (operation, positions of inputs)."""
    code = []
    for op, *rest in lines:
        inputs = op not in ("constant", "leaf", "sample")
        code.append(Instruction(op, *[code[i] for i in rest]) if inputs else
                    Instruction(op, value=rest[0], label="" if op == "constant" else rest[0]))
    return code


def listing(code):
    """The same, the other way round."""
    return [(line.op, *([code.index(x) for x in line.args] if line.args else [line.value]))
            for line in code]


@pytest.mark.parametrize("lines, result", [
    ([("+", 1, 1)], 6), ([("-", 1, 2)], 1), ([("*", 1, 2)], 6), ([("/", 1, 2)], 1.5),
    ([("**", 2, 1)], 8), ([("neg", 1)], -3), ([("<", 1, 2)], False), ([("where", 1, 2, 0)], 2),
    ([("exp", 2), ("+", 3, 1)], math.exp(2) + 3),
])
def test_fold_computes_constants(lines, result):
    code = program(("leaf", "w"), ("constant", 3), ("constant", 2), *lines)
    last = fold(code)[-1]
    assert (last.op, last.value, last.args) == ("constant", result, ())


@pytest.mark.parametrize("line, what", [
    (("-", 0, 1), 0), (("*", 2, 0), 0), (("*", 0, 2), 0), (("**", 0, 2), 0),
    (("where", 2, 0, 1), 0), (("where", 0, 2, 2), 2), (("where", 1, 2, 0), 0),
])
def test_fold_leaves_out_what_changes_nothing(line, what):
    code = program(("leaf", "w"), ("constant", 0), ("constant", 1), line, ("return", 3))
    assert fold(code)[-1].args == (code[what],)


@pytest.mark.parametrize("line, what", [
    (("-", 0, 1), 0), (("*", 2, 0), 0), (("*", 0, 2), 0), (("**", 0, 2), 0)])
@pytest.mark.parametrize("is_float", [True, False])
def test_fold_leaves_out_a_float_among_floats(line, what, is_float):
    code = program(("leaf", "w"), ("constant", 0.0), ("constant", 1.0), line, ("return", 3))
    code[0].is_float = is_float
    assert fold(code)[-1].args == (code[what if is_float else 3],)


@pytest.mark.parametrize("part", ["forward", "backward"])
@pytest.mark.parametrize("inputs", [(0, 1), (1, 0)])
def test_fold_leaves_out_a_zero_on_the_way_backward(inputs, part):
    code = program(("leaf", "w"), ("constant", 0), ("+", *inputs), ("return", 2))
    code[2].part = part
    assert fold(code)[-1].args == (code[0 if part == "backward" else 2],)


@pytest.mark.parametrize("line", [
    ("*", 0, 1), ("-", 1, 0), ("/", 0, 0), ("-", 0, 0), ("/", 2, 1), ("log", 1), ("==", 0, 0),
    ("**", 0, 1), ("+", 0, 1), ("-", 0, 3), ("**", 2, 0)])
def test_fold_keeps_what_may_matter(line):
    """NaN times 0 is NaN; an error is to happen when the program runs; -0.0 + 0 is 0.0."""
    lines = [("leaf", "w"), ("constant", 0), ("constant", 1), ("constant", -0.0), line]
    assert listing(fold(program(*lines))) == lines


@pytest.mark.parametrize("function, x, data", [
    (lambda x, w: w * x + 0, -1.0, 0.0), (lambda x, w: w * x + 0.0, -1.0, 0.0),
    (lambda x, w: w * x - 0.0, -1.0, 0.0), (lambda x, w: w * x - -0.0, -1.0, 0.0),
    (lambda x, w: x * 1.0 % 10 * w, 2 ** 60 + 1, 3),
    (lambda x, w: (x - 0.0) % 10 * w, 2 ** 60 + 1, 3),
    (lambda x, w: x ** 1.0 % 10 * w, 2 ** 60 + 1, 3), (lambda x, w: w * 1.0, 1, 3),
    (lambda x, w: w * 1, 1, 3), (lambda x, w: w / 3, 1, Fraction(1, 7)),
    (lambda x, w: x ** 0 / 3 * w, Fraction(1, 3), 2), (lambda x, w: w ** 0, 1, Fraction(1, 7)),
    (lambda x, w: (w > 2) * 1, 1, 3), (lambda x, w: w + x ** 0, 2, 3)], ids=range(14))
def test_a_number_that_is_left_out_changes_neither_kind_nor_sign(function, x, data):
    """2⁶⁰ + 1 is no float; -0.0 + 0 is 0.0; a third of a Fraction is a Fraction."""
    w = Parameter(data, label="w")
    step, expected = jit(lambda x: function(x, w), [w]), function(x, w)
    if isinstance(expected, Value):
        expected.backward()
        grad, w.grad, expected = w.grad, 0, expected.data
        step([(x,)])
        assert repr(w.grad) == repr(grad)
    assert repr(step.forward(x)) == repr(expected)


@pytest.mark.parametrize("is_float", [True, False])
def test_fold_knows_the_power_0_of_a_float_alone(is_float):
    code = program(("leaf", "w"), ("constant", 0), ("**", 0, 1))
    code[0].is_float = is_float
    last = fold(code)[-1]
    assert (last.op, last.value) == (("constant", 1.0) if is_float else ("**", None))


def test_fold_turns_signs_around():
    code = program(("leaf", "a"), ("leaf", "b"), ("neg", 1), ("+", 0, 2), ("-", 0, 2), ("neg", 2))
    assert listing(fold(code))[3:] == [("-", 0, 1), ("+", 0, 1)]


def test_share():
    code = program(("leaf", "a"), ("leaf", "b"), ("*", 0, 1), ("*", 1, 0), ("-", 0, 1), ("-", 1, 0),
                   ("exp", 2), ("exp", 3), ("constant", 1), ("constant", 1.0), ("constant", 1),
                   ("+", 6, 7), ("+", 8, 10), ("constant", 0.0), ("constant", -0.0))
    assert listing(share(code)) == [
        ("leaf", "a"), ("leaf", "b"), ("*", 0, 1), ("-", 0, 1), ("-", 1, 0), ("exp", 2),
        ("constant", 1), ("constant", 1.0), ("+", 5, 5), ("+", 6, 6),
        ("constant", 0.0), ("constant", -0.0)]
    assert math.copysign(1, share(code)[-1].value) == -1


def test_what_is_shared_keeps_its_name_and_what_it_is_the_gradient_of():
    code = program(("leaf", "a"), ("exp", 0), ("exp", 0), ("log", 1), ("log", 2), ("return", 3, 4))
    code[2].label, code[2].gradient_of = "e", (code[0],)        # but it is a forward number too
    code[3].gradient_of, code[4].gradient_of = (code[1],), (code[2],)
    code[3].part = code[4].part = "backward"
    _, e, log, _ = share(code)
    assert e.label == "e" and e.gradient_of == () and log.gradient_of == (e, e)


def test_prune():
    code = program(("leaf", "a"), ("leaf", "b"), ("exp", 0), ("log", 1), ("+", 2, 2), ("return", 4))
    assert listing(prune(code)) == [("leaf", "a"), ("exp", 0), ("+", 1, 1), ("return", 2)]


def test_square():
    """Of the squares in a² - b² + tanh(c²), those that only sums use."""
    code = program(("sample", "a"), ("sample", "b"), ("sample", "c"), ("constant", 2),
                   ("**", 0, 3), ("**", 1, 3), ("**", 2, 3), ("tanh", 6), ("-", 4, 5), ("+", 8, 7),
                   ("mean", 9))
    assert [line.op for line in square(code)[4:7]] == ["*", "*", "**"]
    assert code[4].args == (code[0], code[0]) and code[6].args == (code[2], code[3])


def test_a_square_that_is_too_large_is_the_error_that_it_is_in_the_engine():
    w = Value(1e200, label="w")
    step = jit(lambda x: (w * x) ** 2, [w])
    assert step([(1e-200,)]) == 1
    w.grad = 5
    with pytest.raises(OverflowError, match=r"\*\*"):
        step([(1.0,)])
    assert w.grad == 5 and "* v1" in step.source


def test_hoist():
    """exp(a) is the same for every sample, and so is the penalty b² that is added to the loss."""
    code = program(("leaf", "a"), ("leaf", "b"), ("sample", "x"), ("exp", 0), ("*", 3, 2),
                   ("*", 1, 1), ("+", 4, 5), ("mean", 6), ("mean", 5))
    moved = hoist(code)
    assert [line.op for line in moved if line.part == "before" and line.args] == ["exp", "*"]
    first, second = [line.args for line in moved if line.op == "mean"]
    assert first == (code[4], code[5]) and second[0].is_number(0) and second[1] is code[5]
    assert all(moved.index(x) < moved.index(line) for line in moved for x in line.args)


def test_inline():
    code = program(("leaf", "a"), ("exp", 0), ("*", 1, 0), ("log", 2), ("+", 3, 3), ("return", 4))
    assert inline(code) == {code[1], code[2], code[4]}          # the logarithm is used twice
    code[2].label = "z"
    assert inline(code) == {code[1], code[4]}                   # and this has a name


def test_inline_keeps_lines_short():
    code = program(("leaf", "a"), *[("+", i, 0) for i in range(100)], ("return", 100))
    assert len(inline(code, longest=10)) == 90
    assert len(inline(code, longest=1000)) == 100


@pytest.mark.parametrize("op, number, beside_a_float", [
    ("*", 3, 3.0), ("*", Fraction(1, 3), 1 / 3), ("<", 3, 3.0), ("<", Fraction(1, 3), None),
    ("**", 3, None), ("where", 0, 0.0), ("where", 1, None), ("where", Fraction(1, 3), None),
    ("+", 2 ** 53 - 1, 2.0 ** 53 - 1), ("+", 2 ** 53, None), ("+", -2 ** 53, None)], ids=str)
def test_floats_makes_floats_of_numbers_where_that_changes_no_result(op, number, beside_a_float):
    """None: it stays as it is. Beside what may be no float, all numbers do."""
    first = [2] if op == "where" else []
    code = program(("leaf", "w"), ("leaf", "n"), ("sample", "c"), ("constant", number),
                   (op, *first, 0, 3), (op, *first, 1, 3))
    found = [repr(line.args[-1].value) for line in floats(code, {"w"})[-2:]]
    assert found == [repr(number if beside_a_float is None else beside_a_float), repr(number)]


@pytest.mark.parametrize("line, certain", [
    (("+", 0, 1), True), (("+", 1, 3), False), (("*", 1, 2), True), (("*", 0, 3), True),
    (("exp", 1), True), (("neg", 0), True), (("abs", 0), True), (("neg", 1), False),
    (("<", 0, 1), False), (("where", 1, 0, 2), True), (("where", 0, 1, 2), False),
    (("where", 1, 0, 1), False), (("where", 1, 0, 4), True), (("where", 1, 0, 3), False)], ids=str)
def test_floats_knows_what_is_certain_to_be_one(line, certain):
    code = program(("leaf", "w"), ("leaf", "n"), ("constant", 2.5), ("constant", 3),
                   ("constant", 0), line)
    found = floats(code, {"w"})
    assert found[-1].is_float is certain
    assert [x.is_float for x in code[:5]] == [True, False, True, False, False]
    assert all([x.is_float is (type(x.value) is float) for x in found if x.op == "constant"])


@pytest.mark.parametrize("function", [
    lambda w: fn.minimum(Fraction(1, 3), w), lambda w: w * (w < Fraction(1, 3)),
    lambda w: fn.maximum(w, 7) * (2 ** 60 + 1) - 7 * 2 ** 60])
def test_exact_numbers_beside_floats_stay_exact_where_eager_ones_do(function):
    w = Parameter(1 / 3, label="w")
    found = jit(lambda: function(w), [w]).forward()
    assert found == function(w).data and type(found) is type(function(w).data)


def test_inline_computes_first_what_holds_what_may_fail():
    code = program(("leaf", "a"), ("log", 0), ("+", 1, 0), ("<", 0, 0), ("where", 3, 2, 0),
                   ("return", 4))
    assert inline(code) == {code[1], code[3], code[4]}


def test_inline_computes_first_what_may_fail():
    """Python computes one branch of a choice, the engine both."""
    code = program(("leaf", "a"), ("log", 0), ("*", 0, 0), ("<", 0, 0), ("where", 3, 1, 2),
                   ("return", 4))
    assert inline(code) == {code[2], code[3], code[4]}


# ── the source ────────────────────────────────────────────────────────────────────────────────────

def two_two_one():
    names = ["w11", "w21", "b1", "w12", "w22", "b2", "w31", "w32", "b3"]
    rng = random.Random(1)
    parameters = [Parameter(rng.uniform(-1, 1), label=name) for name in names]
    w11, w21, b1, w12, w22, b2, w31, w32, b3 = parameters

    def loss(x1, x2, target):
        z1 = fn.tanh(x1 * w11 + x2 * w21 + b1)
        z2 = fn.tanh(x1 * w12 + x2 * w22 + b2)
        y = z1 * w31 + z2 * w32 + b3
        z1.label, z2.label, y.label = "z1", "z2", "y"
        return (y - target) ** 2
    return loss, parameters


SOURCE = """\
from math import tanh

def step(samples, parameters):
    w11, w21, b1, w12, w22, b2, w31, w32, b3 = parameters
    total = grad_w11 = grad_w21 = grad_b1 = grad_w12 = 0.0
    grad_w22 = grad_b2 = grad_w31 = grad_w32 = grad_b3 = 0.0
    for x1, x2, target in samples:
        # forward
        z1 = tanh(x1 * w11 + x2 * w21 + b1)
        z2 = tanh(x1 * w12 + x2 * w22 + b2)
        y = z1 * w31 + z2 * w32 + b3
        v1 = y - target
        total += v1 * v1
        # backward
        d_y = 2.0 * v1                                  # gradient of y, b3, v1
"""


def test_the_source_of_the_smallest_network():
    loss, parameters = two_two_one()
    samples = [(0.5, -1.0, 0.25), (1.0, 2.0, -0.5)]
    step = agree(loss, samples, parameters)
    assert step.source.startswith(SOURCE)
    backward = step.source.split("# backward\n")[1].split("    n = len(samples)")[0]
    assert all(re.search(r"# gradient of \w+", line) for line in backward.splitlines())
    for p in parameters:
        assert f"grad_{p.label} += " in backward
    # It is plain Python, and runs by itself.
    names = {}
    exec(step.source, names)
    mean, gradient = names["step"](samples, [p.data for p in parameters])
    assert close((mean, gradient), eagerly(loss, samples, parameters))


def test_what_does_not_depend_on_the_sample_stands_before_the_loop(leaves):
    a, b, c = leaves
    loss = lambda x: (a * x) ** 2 + 0.1 * (a * a + b * b + fn.exp(c))
    step = agree(loss, [(1.0,), (2.0,)], leaves)
    before, loop = step.source.split("n = len")[0].split("for ")
    assert "exp(c)" in before and "exp" not in loop
    assert "b * b" not in loop and "grad_b" not in loop
    step = agree(lambda x: fn.tanh(a * x) + b, [(1.0,), (2.0,)], leaves)
    assert "total += v1\n" in step.source and "v2" not in step.source
    step = agree(lambda x: a * b, [(1.0,), (2.0,)], leaves)
    assert "for" not in step.source


def test_no_gradient_of_a_constant_is_computed(leaves):
    step = agree(lambda x: fn.exp(x) * leaves[0] ** 3, [(1.0,)], leaves[:1])
    assert step.source.count("exp(x)") == 1 and "log" not in step.source


HOSTILE = ["", " ", "lambda", "None", "print", "len", "samples", "parameters", "n", "total", "loss",
           "step", "tanh", "power", "inf", "1", "1x", "x", "grad_w", "d_w", "v1", "__import__", "_",
           "a-b", "a b", "w\nimport os", "x = 1; y", "')", '"' * 3, "#", "\\", "{w}", "%s", "\0",
           "ﬁ", "fi", "é", "e\u0301", "σ²", "変数", "①", "\u202e", "🎲", "a.b.c", "..", "w.1.2",
           "x" * 10000, "__builtins__", "exec('1/0')", "wHILE", "while", "print_", "match", "K",
           "K"]


def test_hostile_labels():
    """Whatever the labels are, the program computes what the engine computes."""
    rng = random.Random(0)
    parameters = [Value(rng.uniform(0.5, 1), label=label) for label in HOSTILE]

    def loss(x, y):
        total = 0
        for p, label in zip(parameters, HOSTILE[::-1]):
            z = fn.tanh(p * x) + y ** p
            z.label = label
            total = total + z * z
        total.label = "total"
        return total

    step = agree(loss, [(0.5, 1.5), (1.0, 2.0)], parameters)
    words = set(re.findall(r"\w+", re.sub(r"#.*", "", step.source)))
    assert not words & {"os", "exec", "__import__", "__builtins__", "print"}
    for line in re.findall("#.*", step.source):
        assert re.fullmatch(r"# (forward|backward|gradient of [\w, ]+)", line)


@pytest.mark.parametrize("label", HOSTILE)
def test_identifier(label):
    name = identifier(label, PYTHON.reserved)
    assert name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name)
    assert len(name) < 100


def test_labels_that_are_no_text(leaves):
    leaves[0].label, leaves[1].label = 5, None
    agree(lambda x: leaves[0] * leaves[1] * x, [(1.0,)], leaves)


def test_lines_are_short():
    model = MLP(20, [20, 1], activation=fn.tanh)
    step = jit(lambda x, y: losses.hinge_loss(model(x), y), model.parameters())
    step([([0.5] * 20, 1)])
    assert max(map(len, step.source.splitlines())) <= 100


# ── any size ──────────────────────────────────────────────────────────────────────────────────────

def test_a_neuron_of_2000_inputs():
    neuron = Neuron(2000, rng=random.Random(1))
    agree(lambda x, y: (neuron(x) - y) ** 2, [([0.01] * 2000, 1.0)], neuron.parameters())


@pytest.mark.slow
def test_sums_products_and_chains_of_thousands():
    w = Value(1.001, label="w")
    agree(lambda x: sum([w * (x + i) for i in range(2000)]), [(1.0,)], [w])
    product = lambda x: math.prod([w + x] * 2000)
    agree(product, [(1e-4,)], [w])

    def chain(x):
        for _ in range(3000):
            x = fn.tanh(w * x) + (x - (x + x * (w - x)))
        return x
    agree(chain, [(0.1,)], [w])


@pytest.mark.slow
def test_a_network_of_20000_parameters():
    model = MLP(99, [100, 100, 1], rng=random.Random(1))
    parameters = model.parameters()
    assert len(parameters) > 20000
    agree(lambda x, y: (model(x) - y) ** 2, [([0.1] * 99, 1.0)], parameters)


def test_small_networks_compile_under_the_recursion_limit_of_others():
    program = """if True:
        import sys
        from micrograd import jit, Value
        w = Value(1.0)
        sys.setrecursionlimit(120)
        print(jit(lambda x: sum([w * x * i for i in range(3000)]), [w])([(1.0,)]))
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("4498500.0\n", "")


@pytest.mark.falls_back
def test_samples_nested_deeper_than_python_can_read():
    w, x = Value(2.0, label="w"), 3.0
    for _ in range(250):
        x = [x]

    def loss(x):
        while isinstance(x, list):
            x = x[0]
        return w * x

    step = jit(loss, [w])
    assert step([(x,)]) == 6.0 and w.grad == 3.0
    assert "nested too deeply" in step.fallback


def test_a_compiled_function_is_not_copied():
    w = Value(2.0)
    step = jit(lambda x: w * x, [w])
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="Call jit again, with the copy of the model"):
            copied(step)
