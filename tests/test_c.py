"""The C that `jit` writes computes what the Python computes, and a machine without C is told of."""

import math
import random
import shutil
import subprocess
from fractions import Fraction

import pytest

from micrograd import functions as fn
from micrograd import jit, losses, where
from micrograd.compiler import just_in_time, native
from micrograd.compiler.c import PRELUDE
from micrograd.engine import Value, dot
from micrograd.nn import MLP, Parameter
from test_javascript import REMAINDERS, close, drawn
from test_random_graphs import EVERY

EXACT = {name: step for name, step in EVERY.items() if name in (
    "+", "-", "*", "/", "1+", "1-", "1/", "neg", "pos", "abs", "max", "min", "relu", "dot", "dot3", "sqrt")}
FOUND = [name for name in native.COMPILERS if shutil.which(name)]
pytestmark = pytest.mark.skipif(not FOUND, reason="there is no C compiler here")


def both(loss, parameters, samples):
    """What the step in each language returns and adds to the gradients, and the step in C."""
    answers = []
    for language in ("python", "c"):
        for p in parameters:
            p.grad = 0
        step = jit(loss, parameters, language=language)
        answers.append((step(samples), [p.grad for p in parameters]))
    return *answers, step


@pytest.mark.falls_back
@pytest.mark.parametrize("long", [5000, 0], ids=["", "in loops"])
@pytest.mark.parametrize("exact", [True, False], ids=["to the last bit", "to 1e-12"])
def test_random_graphs(graphs, monkeypatch, exact, long):
    monkeypatch.setattr(just_in_time, "LONG", long)
    if "tcc" in FOUND:
        monkeypatch.setattr(native, "COMPILERS", ["tcc"])      # which is quick
    for loss, parameters, samples in drawn(graphs, *[EXACT] * exact):
        try:
            python, c, step = both(loss, parameters, samples)
        except (ArithmeticError, ValueError):
            continue
        assert close([c[0], *c[1]], [python[0], *python[1]]), step.source
        if exact and not step.fallback:
            assert repr(c) == repr((float(python[0]), [float(x) for x in python[1]])), step.source


def test_a_network_on_a_hundred_samples():
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    rng = random.Random(2)
    samples = [([rng.uniform(-1, 1), rng.uniform(-1, 1)], rng.choice((-1, 1))) for _ in range(100)]
    python, c, step = both(lambda x, y: fn.relu(1 - y * model(x)), model.parameters(), samples)
    assert c == python and step.fallback is None
    assert step.source.startswith("static void step(") and "// backward" in step.source
    predict = jit(model, model.parameters(), language="c").forward
    assert [predict(x) for x, _ in samples] == pytest.approx([model(x).data for x, _ in samples],
                                                             rel=1e-15)


@pytest.mark.parametrize("compiler", FOUND)
def test_every_compiler(compiler, monkeypatch):
    monkeypatch.setattr(native, "COMPILERS", [compiler])
    w = Parameter(0.3, label="w")
    python, c, step = both(lambda x, y: fn.exp(fn.tanh(w * x)) + abs(w - y) ** 3, [w],
                           [(0.5, 2.0), (-1.5, 0.25)])
    assert close(c, python) and step.fallback is None


def test_a_long_program_is_written_in_loops(monkeypatch):
    monkeypatch.setattr(just_in_time, "LONG", 0)
    model = MLP(3, [8, 8, 2], rng=random.Random(1))
    x = [0.5, -0.25, 1.0]
    samples = [([a * b for a in x], b) for b in (1.0, 2.0, -0.5)]
    # The last parameter has the same gradient for all samples, and the one before has none.
    parameters = [*model.parameters(), Parameter(3.0), Parameter(2.0)]
    python, c, step = both(lambda x, y: sum(map(fn.relu, model(x))) * y + parameters[-1] ** 2,
                           parameters, samples)
    assert c == python and c[1][-2:] == [0.0, 4.0] and step.fallback is None
    assert "k < 8" in step.source and step.source.count("\n") < 150
    python, c = [jit(model, model.parameters(), language) for language in ("python", "c")]
    assert c.forward(x) == python.forward(x) and "j++" in c.source


def test_results_of_any_structure():
    w = Value(2.0, label="w")
    forward = jit(lambda x, y: [w * x, (x + y, [w])], [w], language="c").forward
    assert forward(3.0, 4.0) == [6.0, (7.0, [2.0])]


def test_strings_and_none_choose_the_program():
    w = Value(3.0, label="w")
    step = jit(lambda x, how: w * x if how is None else w * x * 2, [w], language="c")
    assert step([(1.0, None)]) == 3.0 and step([(1.0, "twice")]) == 6.0
    assert step([(1.0, None), (2.0, None)]) == 4.5


@pytest.mark.falls_back
@pytest.mark.parametrize("loss, sample, error", [
    (lambda w, x: fn.log(w * x), -1.0, ValueError),
    (lambda w, x: fn.tanh(w / x), 0.0, ZeroDivisionError),
    (lambda w, x: fn.tanh(fn.exp(w * x)), 1e4, OverflowError),
    (lambda w, x: fn.sqrt(w * x), -1.0, ValueError),
    (lambda w, x: fn.sin(x) * w, math.inf, ValueError),
], ids=["log", "division hidden by tanh", "exp hidden by tanh", "sqrt", "sin"])
def test_what_raises_in_python_raises(loss, sample, error):
    w = Value(0.5, label="w")
    step = jit(lambda x: loss(w, x), [w], language="c")
    step([(0.25,)])
    w.grad = 7
    with pytest.raises(error):
        step([(sample,)])
    assert w.grad == 7 and "no finite result" in step.fallback
    step([(0.25,)])
    assert step.fallback is None


@pytest.mark.falls_back
def test_a_branch_that_is_not_taken_may_have_no_answer():
    w = Value(2.0, label="w")
    step = jit(lambda x: where(x > 0, w / where(x > 0, x, 1), w), [w], language="c")
    assert step([(0.0,), (4.0,)]) == 1.25


@pytest.mark.falls_back
def test_whole_numbers_and_fractions_stay_exact():
    w = Value(3.0, label="w")
    step = jit(lambda n: w * (n ** 30 % 10), [w], language="c")
    assert step([(7,)]) == 27.0 and "stay exact" in step.fallback
    assert jit(lambda n: w * n, [w], language="c")([(Fraction(1, 3),)]) == 1.0
    counted = jit(lambda n, m: w * (n * m - 1), [w], language="c")
    assert counted([(3, 4)]) == 33.0 and counted.fallback is None
    assert counted([(2 ** 40, 2 ** 40)]) == 3.0 * (2 ** 80 - 1) and counted.fallback


def test_truths_divide_as_numbers():
    w = Value(1.0, label="w")
    step = jit(lambda x, y: w * ((x < y) / ((x < y) + (x < 9))), [w], language="c")
    assert step([(1.0, 2.0)]) == 0.5


@pytest.mark.parametrize("label", ["int", "π·2", "*/ system(0); //", "printf", "x\\\n#include", "y1",
                                   "count", "modulo", "", "1", "\u202e"])
def test_hostile_labels(label):
    w, v = Value(2.0, label=label), Value(5.0, label=label)
    python, c, step = both(lambda x: w * x - v, [w, v], [(3.0,)])
    assert c == python and step.fallback is None
    assert step.source.isascii() and "system" not in step.source.replace("system0", "")


@pytest.mark.falls_back
def test_without_a_compiler_python_computes_and_says_so(monkeypatch):
    monkeypatch.setattr(native, "COMPILERS", [])
    monkeypatch.setattr(native.importlib.util, "find_spec", lambda name: None)
    w = Value(2.0, label="w")
    step = jit(lambda x: w * x, [w], language="c")
    assert step([(3.0,)]) == 6.0
    assert "Python computed it instead of C" in step.fallback and "pip install" in step.fallback
    assert step.source.startswith("def step(")


@pytest.mark.falls_back
def test_a_compiler_that_fails_is_told_of(monkeypatch):
    monkeypatch.setattr(native, "FLAGS", ["--no-such-flag-at-all"])
    step = jit(lambda x: Value(2.0) * x, [], language="c")
    assert step([(3.0,)]) == 6.0 and "did not compile" in step.fallback


@pytest.mark.falls_back
def test_what_c_does_not_have_is_computed_by_python():
    w = Value(2.0, label="w")
    step = jit(lambda x: w * fn.generic()(math.gcd)(x, 4), [w], language="c")
    with pytest.raises(Exception):
        step([(6.0,)])
    with pytest.raises(ValueError, match="'python' or 'c', not 'rust'"):
        jit(lambda x: w * x, [w], language="rust")


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(native.tempfile, "tempdir", str(tmp_path))
    w = Value(2.0, label="w")
    step = jit(lambda x: w * x, [w], language="c")
    assert step([(3.0,)]) == 6.0 and step.fallback is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif("gcc" not in FOUND, reason="the address sanitizer is taken from gcc")
@pytest.mark.parametrize("long", [5000, 0], ids=["", "in loops"])
def test_the_address_sanitizer_finds_nothing(tmp_path, monkeypatch, long):
    monkeypatch.setattr(just_in_time, "LONG", long)
    model = MLP(3, [4, 2], rng=random.Random(1))
    step = jit(lambda x, t: losses.cross_entropy(model(x), t), model.parameters(), language="c")
    step([([0.1, 0.2, 0.3], 1), ([0.3, 0.2, 0.1], 0)])
    leaves, results = len(step.leaves), 1 + len(step.parameters)
    main = f"""
#include <stdlib.h>
int main(void) {{
    double *samples = calloc(2 * 4, 8), *p = calloc({leaves}, 8), *results = calloc({results}, 8);
    checked(step, samples, 2, p, results);
    free(samples); free(p); free(results);
    return 0;
}}"""
    (tmp_path / "main.c").write_text(f"{PRELUDE}\n{step.source}\n{main}")
    subprocess.run(["gcc", "-w", "-g", "-fsanitize=address,undefined", "-o", tmp_path / "main",
                    tmp_path / "main.c", "-lm"], check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_dot_is_added_in_the_order_of_python():
    w = [Value(x) for x in (1e16, 1.0, -1e16)]
    python, c, _ = both(lambda a, b, d: dot(w, [a, b, d]), w, [(1.0, 1.0, 1.0)])
    assert c == python


@pytest.mark.parametrize("x, y", REMAINDERS)
def test_remainders(x, y):
    w = Value(1.0)
    predict = jit(lambda x, y: [w * (x % y), w * (x // y)], [w], language="c")
    found = predict.forward(x, y)
    assert predict.fallback is None
    assert [z.hex() for z in found] == [(x % y).hex(), (x // y).hex()]
