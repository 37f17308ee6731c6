"""The JavaScript that `jit` writes computes what the engine computes, and tells what that raises."""

import json
import math
import random
import shutil
import subprocess

import pytest

from micrograd import functions as fn
from micrograd import jit, losses, where
from micrograd.compiler import TraceError, trace_source
from micrograd.compiler.javascript import PRELUDE
from micrograd.engine import Constant, Value, dot, gradients, topological_order
from micrograd.nn import MLP
from test_random_graphs import EVERY, draw, draw_chain, run, run_chain

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(not NODE, reason="there is no node here")

HARNESS = """
const told = x => Array.isArray(x) ? x.map(told)
    : x && typeof x === "object" ? Object.fromEntries(Object.entries(x).map(([k, v]) => [k, told(v)]))
    : Object.is(x, -0) ? "-0" : typeof x === "number" ? String(x)
    : typeof x === "boolean" ? String(Number(x)) : x;
console.log(JSON.stringify(CASES.map(told)));
"""


def node(*cases):
    """The results of calls in JavaScript; each case is a source, a function's name, arguments."""
    calls = [f"(() => {{ {source}\nreturn {name}(...{json.dumps(arguments)}); }})()"
             for source, name, arguments in cases]
    script = HARNESS.replace("CASES", f"[{', '.join(calls)}]").replace('"NaN"', "NaN")
    done = subprocess.run([NODE, "-"], input=script, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-2000:]
    return [numbers(case) for case in json.loads(done.stdout)]


def numbers(x):
    if isinstance(x, list):
        return [numbers(part) for part in x]
    if isinstance(x, dict):
        return {name: part if name == "fault" else numbers(part) for name, part in x.items()}
    return float(x)


def close(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    return a == b or math.isnan(a) and math.isnan(b) or \
        abs(a - b) <= 1e-12 * max(abs(a), abs(b)) + 1e-15


def drawn(graphs, steps=EVERY):
    """Programs as losses of samples and parameters, and numbers for both."""
    for seed in graphs:
        program, point = draw(seed, steps)
        rng = random.Random(seed)
        count = rng.randrange(len(point))
        parameters = [Value(x, label=f"p{i}") for i, x in enumerate(point[count:])]

        def loss(*xs, program=program, parameters=parameters):
            return run(program, [*xs, *parameters]) + 0 * parameters[0]

        yield loss, parameters, [tuple(rng.randrange(-60, 61) / 40 for _ in range(count))
                                 for _ in range(3)]


EXACT = {name: step for name, step in EVERY.items() if name in (
    "+", "-", "*", "/", "1+", "1-", "1/", "neg", "pos", "abs", "max", "min", "relu", "dot", "dot3",
    "sqrt")} | {"where": lambda x, y: where(x < y, x * y, x + y) / 4,
                ">=": lambda x, y: where((x >= 0) * (y < 1), x, y - 1) / 2}


@pytest.mark.parametrize("steps, same", [(EXACT, lambda a, b: a == b), (EVERY, close)],
                         ids=["to the last bit", "every operation"])
def test_steps_and_results_of_random_graphs(graphs, monkeypatch, steps, same):
    for name, function in steps.items():
        monkeypatch.setitem(EVERY, name, function)
    cases, expected = [], []
    for loss, parameters, samples in drawn(graphs, steps):
        step = jit(loss, parameters)
        mean = step(samples)
        data = [p.data for p in parameters]
        cases += [(step.javascript, "step", (samples, data)),
                  (step.javascript, "forward", (samples[0], data))]
        expected += [[mean, *[p.grad for p in parameters]], [step.forward(*samples[0])]]
    for case, found, answer in zip(cases, node(*cases), expected):
        result = [found["result"]] if "result" in found else [found["mean"], *found["gradients"]]
        assert same(result, answer) and found["fault"] is None, (case[0], result, answer)


def leaves_of(root):
    return [value.data for value in topological_order(root)
            if not value._prev and not isinstance(value, Constant)]


def traced(*roots):
    """All numbers and gradients of graphs, in JavaScript."""
    return node(*[(f"{PRELUDE}\n{trace_source(root)}", "trace", [leaves_of(root)])
                  for root in roots])


def test_traces_of_random_graphs(graphs):
    """Of every value; the graph is one at some numbers, and computes at others."""
    roots, others = [], []
    for seed in graphs:
        program, point = draw(seed)
        rng = random.Random(seed)
        roots.append(run(program, [Value(x) for x in point]))
        others.append(run(program, [Value(rng.randrange(-60, 61) / 40) for _ in point]))
    cases = [(f"{PRELUDE}\n{trace_source(root)}", "trace", [leaves_of(other)])
             for root, other in zip(roots, others)]
    for other, found in zip(others, node(*cases)):
        grads = gradients(other)
        assert close(found["data"], [value.data for value in topological_order(other)])
        assert close(found["grad"], [grads[value] for value in topological_order(other)])
        assert found["fault"] is None


def test_traces_of_long_chains(times):
    roots = []
    for seed in range(times(10)):
        program, point = draw_chain(seed)
        roots.append(run_chain(program, [Value(x) for x in point]))
    for root, found in zip(roots, traced(*roots)):
        grads = gradients(root)
        assert close(found["grad"], [grads[value] for value in topological_order(root)])


@pytest.mark.parametrize("loss", [
    lambda out, t: losses.mse_loss(out, [t, 1 - t]), lambda out, t: losses.hinge_loss(out, [t, -t]),
    lambda out, t: losses.cross_entropy(out, 1), lambda out, t: dot(losses.softmax(out), [t, 2.0])])
@pytest.mark.parametrize("activation", [fn.relu, fn.tanh, fn.sigmoid])
def test_networks(loss, activation):
    model = MLP(3, [4, 2], activation=activation, rng=random.Random(3))
    rng = random.Random(4)
    samples = [([rng.uniform(-2, 2) for _ in range(3)], rng.choice([-1.0, 1])) for _ in range(9)]
    step = jit(lambda x, t: loss(model(x), t), model.parameters())
    mean, data = step(samples), [p.data for p in model.parameters()]
    found, = node((step.javascript, "step", (samples, data)))
    assert close([found["mean"], *found["gradients"]],
                 [mean, *[p.grad for p in model.parameters()]])


def test_other_leaves_come_after_the_parameters():
    a, b, c = Value(2.0, label="a"), Value(3.0, label="b"), Value(5.0, label="c")
    step = jit(lambda x: a * b * x, [c, a])
    step([(1.0,)])
    assert step.leaves == [c, a, b]
    found, = node((step.javascript, "step", ([[7.0]], [leaf.data for leaf in step.leaves])))
    assert found == {"mean": 42, "gradients": [0, 21], "fault": None}


def test_after_forward_there_is_forward_alone():
    w = Value(2.0, label="w")
    predict = jit(lambda x: [w * x[0], (x[1], w)], [w])
    predict.forward([1.0, 2.0])
    assert "function step" not in predict.javascript
    found, = node((predict.javascript, "forward", ([[4, 5]], [3])))
    assert found == {"result": [12, [5, 3]], "fault": None}


@pytest.mark.parametrize("function, x", [
    (fn.log, -1.0), (fn.log, 0.0), (fn.log, -math.inf), (fn.sqrt, -2.0), (fn.exp, 1000.0),
    (fn.sin, math.inf), (fn.cos, -math.inf), (lambda x: 1 / x, 0.0),
    (lambda x: x ** 0.5, -8.0), (lambda x: x ** -1, 0.0), (lambda x: x ** 2, 1e200),
    (lambda x: 2 ** x, 1e4), (lambda x: x ** (x - 1.5), 0.0), (fn.sqrt, 0.0),
    (lambda x: 1 / (1 + fn.exp(-x)), -1000.0)])
def test_what_raises_in_python_is_the_fault(function, x):
    root = function(Value(2.0))
    with pytest.raises((ValueError, ArithmeticError)) as raised:
        function(Value(x)).backward()
    source = f"{PRELUDE}\n{trace_source(root)}".replace("[leaves", "[leaves.map(Number)")
    found, = node((source, "trace", [[str(x).replace("inf", "Infinity")]
                                     if math.isinf(x) else [x]]))
    word = next(word for word in ("greater than 0", "from 0", "finite", "too large", "whole powers",
                                  "division by zero", "negative power", "")
                if word in str(raised.value))
    assert word.replace("negative power", "division by zero") in found["fault"]
    assert any(math.isnan(number) for number in [*found["data"], *found["grad"]])


def test_what_raises_nothing_in_python_is_no_fault():
    """Numbers that are not finite, and the edges of powers and comparisons."""
    points = [0.0, -0.0, 1.0, -1.0, 2.5, -3.0, math.inf, -math.inf, math.nan]
    functions = [fn.exp, fn.tanh, fn.relu, fn.sigmoid, abs, lambda x: x * x, lambda x: x + x * 0,
                 lambda x: fn.maximum(x, 1), lambda x: where(x > 1, x, 2 * x),
                 lambda x: x ** 3, lambda x: 1 ** x, lambda x: (-1) ** (x * 0 + 2),
                 lambda x: x % 3 if not isinstance(x, Value) else x,
                 lambda x: where(x, x, 5), lambda x: -(-x) - -x]
    w, cases, expected = Value(1.0, label="w"), [], []
    for function in functions:
        predict = jit(lambda x: function(x) + 0 * w, [w])
        predict.forward(2.0)
        source = predict.javascript.replace("= sample;", "= sample.map(Number);")
        for x in points:
            try:
                expected.append((function(x) + 0 * w).data)
            except (ValueError, ArithmeticError):
                continue
            cases.append((source, "forward", ([str(x).replace("inf", "Infinity")], [1.0])))
    for case, found, answer in zip(cases, node(*cases), expected):
        assert close(found["result"], answer) and found["fault"] is None, (case, answer)


REMAINDERS = [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (-8.0, 2.0), (0.1, 3.0), (1.0, 0.1), (-1.0, 0.1),
              (6.0, 0.1), (6.0, -3.0), (-0.0, 3.0), (0.0, -3.0), (-1e-9, 1e9), (1e17, 3.0)]


@pytest.mark.parametrize("x, y", REMAINDERS)
def test_remainders(x, y):
    w = Value(1.0)
    predict = jit(lambda x, y: [w * (x % y), w * (x // y)], [w])
    predict.forward(1.0, 1.0)
    found, = node((predict.javascript, "forward", ([x, y], [1.0])))
    assert found["result"] == [x % y, x // y]


def test_what_javascript_does_not_have():
    w = Value(2.0)

    @fn.generic()
    def erf(x):
        return math.erf(x)

    predict = jit(lambda x: w * erf(x), [w])
    predict.forward(1.0)
    with pytest.raises(TraceError, match="JavaScript has no function erf"):
        predict.javascript


HOSTILE = ["</script>", "`${alert(1)}`", "const", "eval", "fault", "no", "await", "Math", "a\u2028b",
           "*/", "//", "let", "x;alert(1)", "step", "σ", "__proto__", "constructor", "toString", "n"]


def test_hostile_labels():
    parameters = [Value(1.5 + i / 8, label=label) for i, label in enumerate(HOSTILE)]

    def loss(x):
        values = [fn.tanh(p * x) for p in parameters]
        for value, label in zip(values, HOSTILE[::-1]):
            value.label = label
        return dot(values, values) + fn.log(x)

    step = jit(loss, parameters)
    mean = step([(0.5,), (0.25,)])
    source = step.javascript[len(PRELUDE):]
    assert not {"<", "`", "$"} & {*source} - {"<"} and "</script" not in source
    found, = node((step.javascript, "step", ([[0.5], [0.25]], [p.data for p in parameters])))
    assert close(found["gradients"], [p.grad for p in parameters]) and close(found["mean"], mean)
    root = loss(Value(0.5, label="eval"))
    grads = gradients(root)
    found, = traced(root)
    assert close(found["grad"], [grads[value] for value in topological_order(root)])


def test_lines_are_short():
    model = MLP(8, [8, 1], activation=fn.tanh)
    step = jit(lambda x, y: losses.hinge_loss(model(x), y), model.parameters())
    step([([0.5] * 8, 1)])
    assert max(map(len, step.javascript.splitlines())) <= 100
