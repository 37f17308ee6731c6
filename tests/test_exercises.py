"""The exercises tell right from wrong, say what is wrong, and survive what learners write."""

import ast
import configparser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "demos" / "exercises"
SOLUTIONS = FOLDER / "solutions"

sys.path.insert(0, str(FOLDER))
import checker  # noqa: E402
import checks  # noqa: E402
import files  # noqa: E402
import worker  # noqa: E402
import yours  # noqa: E402
sys.path.remove(str(FOLDER))

NAMES = yours.exercises()
every_exercise = pytest.mark.parametrize("name", NAMES)


def answer(name, *holes):
    """The exercise with these lines in its holes, one after another; None keeps our solution."""
    source = files.solution(name)
    found = list(files.HOLE.finditer(source))
    assert len(found) == len(holes), f"{name} has {len(found)} holes"
    for hole, lines in reversed(list(zip(found, holes))):
        if lines is not None:
            source = f"{source[:hole.start(1)]}{lines.rstrip()}\n{source[hole.end(1):]}"
    return source


def feedback(name, source, seed=0):
    """What is said of a wrong answer, in one line."""
    report = worker.examine(name, SOLUTIONS, seed, source=source)
    assert not report["right"], f"passes:\n{source}"
    return " ".join(" ".join(report["lines"]).split())


@pytest.fixture
def folder(tmp_path):
    """A learner's folder in which all is solved."""
    for name in NAMES:
        shutil.copy(SOLUTIONS / f"{name}.py", tmp_path)
    return tmp_path


def command(*arguments, folder=FOLDER, input=None, **environment):
    return subprocess.run([sys.executable, str(FOLDER), "--folder", str(folder), *map(str, arguments)],
                          capture_output=True, encoding="utf-8", input=input, timeout=120, cwd=ROOT,
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment)


# ── The files ─────────────────────────────────────────────────────────────────────────────────────

def test_about_sixteen():
    assert len(NAMES) == 16
    assert [int(name[:2]) for name in NAMES] == list(range(1, 17))
    assert set(checks.EXERCISES) == set(NAMES)


@every_exercise
def test_what_the_learner_gets_is_the_solution_with_empty_holes(name):
    given = (FOLDER / f"{name}.py").read_text("utf-8")
    assert given == files.original(name)
    assert "..." in given and "#: " not in given
    compile(given, name, "exec")


@every_exercise
def test_the_lesson_is_half_a_page(name):
    assert 8 <= len(files.lesson(name).splitlines()) <= 27
    assert not [line for line in files.solution(name).splitlines() if len(line) > 100]


@every_exercise
def test_it_has_hints_and_mistakes(name):
    exercise = checks.EXERCISES[name]
    assert len(exercise.hints) >= 2
    assert len({message for message, *_ in exercise.mistakes}) >= 4


def test_earlier_ones_come_first():
    for name in NAMES:
        assert all(earlier < name for earlier in files.needs(name))
    assert files.needs("12_training") == ["07_add_up", "11_two_two_one"]
    assert files.needs("14_cross_entropy") == []


@every_exercise
def test_it_runs_on_its_own(name, tmp_path):
    """Solved and, where those before it are solved, untouched."""
    here = shutil.copytree(FOLDER, tmp_path / "exercises", ignore=shutil.ignore_patterns("__pycache__"))
    for solved in NAMES[:NAMES.index(name)]:
        shutil.copy(SOLUTIONS / f"{solved}.py", here)
    for source in (files.original(name), files.solution(name)):
        (here / f"{name}.py").write_text(source, "utf-8")
        done = subprocess.run([sys.executable, here / f"{name}.py"], capture_output=True, timeout=60,
                              encoding="utf-8", env=os.environ | {"PYTHONIOENCODING": "utf-8"})
        if name == "12_training" and source == files.original(name):
            continue                            # its loss is no number yet, and Python says so
        assert (done.returncode, done.stderr) == (0, "") and done.stdout


def test_on_its_own_it_says_what_it_builds_on():
    done = subprocess.run([sys.executable, FOLDER / "09_relu.py"], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "RULES comes from 05_rules.py, which is as it was in the beginning." in done.stderr


# ── Right and untouched ───────────────────────────────────────────────────────────────────────────

@every_exercise
def test_every_solution_passes_at_any_points(name):
    for seed in range(8):
        assert worker.examine(name, SOLUTIONS, seed) == {"right": True, "lines": [], "note": ""}


@every_exercise
def test_an_untouched_exercise_fails_in_a_friendly_way(name, folder):
    shutil.copy(FOLDER / f"{name}.py", folder)
    result = checker.Checker(folder, seed=0).check(name)
    assert result.state == "untouched"
    text = checker.describe(result)
    assert "Nothing is written yet" in text and "Traceback" not in text
    line = int(re.search(r"in line (\d+)\.", text)[1])
    assert "..." in (folder / f"{name}.py").read_text("utf-8").splitlines()[line - 1]


@every_exercise
def test_one_that_is_nearly_untouched_fails_in_a_friendly_way(name, folder):
    """The `...` is still there, but the file is not the original: somebody added a comment."""
    path = folder / f"{name}.py"
    path.write_text(files.original(name) + "\n# a note of mine\n", "utf-8")
    result = checker.Checker(folder, seed=0).check(name)
    assert result.state == "wrong"
    text = checker.describe(result)
    assert "Traceback" not in text and "worker.py" not in text and "checks.py" not in text
    assert len(text.splitlines()) < 15


# ── Wrong answers ─────────────────────────────────────────────────────────────────────────────────

LISTED = [(name, *mistake) for name in NAMES for mistake in checks.EXERCISES[name].mistakes]


@pytest.mark.parametrize("name, message, old, new", LISTED,
                         ids=[f"{name}-{message[:40]}" for name, message, *_ in LISTED])
def test_every_listed_mistake_is_named(name, message, old, new):
    """At all kinds of points; and it is named alone: no other mistake is mentioned."""
    source = files.solution(name)
    assert old in source and old != new
    others = {other for other, *_ in checks.EXERCISES[name].mistakes} - {message}
    for seed in range(2):
        text = feedback(name, source.replace(old, new), seed)
        assert message in text
        assert not [other for other in others if other in text and other not in message]


# The same mistakes as a learner might write them: other words than those that the checker knows.
WRONG = [
    ("01_slope", "not nudge", ["    a, b = f(x + nudge), f(x - nudge)\n    return (a - b) / nudge"]),
    ("01_slope", "one way only", ["    rise = f(x + nudge) - f(x)\n    return rise / nudge"]),
    ("01_slope", "That is the rise", ["    return f(x + nudge) - f(x - nudge)"]),
    ("01_slope", "parentheses", ["    return f(x + nudge) - f(x - nudge) / (2 * nudge)"]),
    ("01_slope", "The sign is wrong",
     ["    return (f(x - nudge) - f(x + nudge)) / nudge / 2"]),
    ("01_slope", "Yours is 0.25 times what it should be at every point tried: a factor is wrong",
     ["    return (f(x + nudge) - f(x - nudge)) / (8 * nudge)"]),
    ("01_slope", "is a `return` missing", ["    (f(x + nudge) - f(x - nudge)) / (2 * nudge)"]),
    ("02_knob", "you climb", ["        knob += lr * slope(loss, knob)"]),
    ("02_knob", "lr is forgotten", ["        knob -= slope(loss, knob)"]),
    ("02_knob", "Only one step", ["        knob -= lr * slope(loss, knob)\n        return knob"]),
    ("02_knob", "in proportion to the slope", [
        "        if slope(loss, knob) > 0:\n            knob -= lr\n        else:\n"
        "            knob += lr"]),
    ("03_value", "inputs are not remembered",
     [None, "        return Value(self.data + other.data, _op='+')", None]),
    ("03_value", "inputs are not remembered",
     [None, None, "        return Value(self.data * other.data, _op='*')"]),
    ("03_value", "remember the numbers",
     [None, "        out = Value(self.data + other.data)\n"
      "        out._prev, out._op = (self.data, other.data), '+'\n        return out", None]),
    ("03_value", "symbol of the operation is not handed on",
     [None, None, "        return Value(other.data * self.data, (self, other))"]),
    ("03_value", "plain number", [None, "        return other.data + self.data", None]),
    ("03_value", "does not keep `_prev`",
     ["        self._prev = tuple()\n        self._op = _op", None, None]),
    ("03_value", "You change a value that exists already",
     [None, "        self.data += other.data\n        self._prev = (self, other)\n"
      "        self._op = '+'\n        return self", None]),
    ("04_chain", "not z", ["    y_by_z = z\n    y_by_w = 2 * z * x\n    y_by_x = 2 * z * w\n"
                           "    y_by_b = 2 * z"]),
    ("04_chain", "how z changes with w", ["    y_by_z = z + z\n    y_by_w = x\n"
                                          "    y_by_x = y_by_z * w\n    y_by_b = y_by_z"]),
    ("04_chain", "w and x are swapped", ["    y_by_z = z + z\n    y_by_w = w * y_by_z\n"
                                         "    y_by_x = x * y_by_z\n    y_by_b = y_by_z"]),
    ("04_chain", "Links of a chain multiply", ["    y_by_z = z + z\n    y_by_w = x + y_by_z\n"
                                               "    y_by_x = w + y_by_z\n    y_by_b = y_by_z"]),
    ("05_rules", "forgets g", ['    "+": lambda g, out, x, y: (1.0, 1.0),\n'
                               '    "*": lambda g, out, x, y: (g * y, g * x),']),
    ("05_rules", "swapped", ['    "+": lambda g, out, x, y: (g, g),\n'
                             '    "*": lambda g, out, x, y: [x * g, y * g],']),
    ("05_rules", "sign is wrong", ['    "+": lambda g, out, x, y: (-g, -g),\n'
                                   '    "*": lambda g, out, x, y: (g * y, g * x),']),
    ("05_rules", "a factor is wrong", ['    "+": lambda g, out, x, y: (g / 2, g / 2),\n'
                                       '    "*": lambda g, out, x, y: (g * y, g * x),']),
    ("06_order", "not topological", [
        "        if value in seen:\n            return\n        order.append(value)\n"
        "        seen.add(value)\n        for x in value._prev:\n            visit(x)"]),
    ("06_order", "listed twice", [
        "        for x in value._prev:\n            visit(x)\n        order.append(value)"]),
    ("06_order", "leaves are missing", [
        "        if value in seen or value._prev == ():\n            return\n"
        "        seen.add(value)\n        for x in value._prev:\n            visit(x)\n"
        "        order.append(value)"]),
    ("07_add_up", "overwritten instead of added", [
        "    for v in reversed(order):\n        if v._prev:\n            answer = RULES[v._op]("
        "grads[v], v.data, *[x.data for x in v._prev])\n"
        "            for i in range(len(v._prev)):\n                grads[v._prev[i]] = answer[i]"]),
    ("07_add_up", "walked forwards", [
        "    for v in order:\n        if v._prev:\n            answer = RULES[v._op]("
        "grads[v], v.data, *[x.data for x in v._prev])\n"
        "            for x, g in zip(v._prev, answer):\n                grads[x] += g"]),
    ("08_tanh", "input stands in the rule where the output was meant",
     ['@op("tanh", lambda g, out, x: g * (1 - x ** 2))']),
    ("08_tanh", "forgets g", ['@op("tanh", lambda g, out, x: 1 - math.tanh(x) ** 2)']),
    ("08_tanh", "a factor is wrong", ['@op("tanh", lambda g, out, x: 2 * g * (1 - out ** 2))']),
    ("09_relu", "sign of g", ['@op("relu", lambda g, out, x: max(g, 0))\n'
                              "def relu(x):\n    return max(x, 0)"]),
    ("09_relu", "passes everywhere", ['@op("relu", lambda g, out, x: g)\n'
                                      "def relu(x):\n    return max(x, 0)"]),
    ("09_relu", "In the corner", ['@op("relu", lambda g, out, x: 0 if x < 0 else g)\n'
                                  "def relu(x):\n    return max(0, x)"]),
    ("10_neuron", "The bias is forgotten", [
        "        z = 0\n        for w, xi in zip(self.w, x):\n            z = z + w * xi\n"
        "        return self.activation(z)", None]),
    ("10_neuron", "once for each input", [
        "        z = 0\n        for w, xi in zip(self.w, x):\n            z = z + w * xi + self.b\n"
        "        return self.activation(z)", None]),
    ("10_neuron", "The activation is forgotten", [
        "        z = self.b\n        for i in range(len(x)):\n            z = z + self.w[i] * x[i]\n"
        "        return z", None]),
    ("10_neuron", "leaves the graph", [
        "        z = self.b\n        for w, xi in zip(self.w, x):\n            z = z + w.data * xi\n"
        "        return self.activation(z)", None]),
    ("10_neuron", "bias is missing among the parameters",
     [None, "        return list(self.w)"]),
    ("11_two_two_one", "The biases are forgotten", [
        "    n = 0\n    for i in range(len(sizes) - 1):\n        n += sizes[i] * sizes[i + 1]\n"
        "    return n", None, None]),
    ("11_two_two_one", "number of neurons", ["    return sum(sizes[1:])", None, None]),
    ("11_two_two_one", "asked twice", [
        None, "        hidden = [self.z1([x1, x2])] * 2\n        return self.y(hidden)", None]),
    ("11_two_two_one", "output neuron are missing", [
        None, None, "        return [*self.z1.parameters(), *self.z2.parameters()]"]),
    ("12_training", "not zeroed", [None, "        backward(loss)\n"
     "        for p in network.parameters():\n            p.data -= lr * p.grad"]),
    ("12_training", "you climb", [None, "        for p in network.parameters():\n"
     "            p.grad = 0\n        backward(loss)\n        for p in network.parameters():\n"
     "            p.data += p.grad * lr"]),
    ("12_training", "Nothing moves", [None, "        for p in network.parameters():\n"
     "            p.grad = 0.0\n            p.data -= lr * p.grad"]),
    ("12_training", "this is the sum", [
        "    total = 0\n    for x, t in zip(input, target):\n        total += (x - t) * (x - t)\n"
        "    return total", None]),
    ("13_bias", "sign is wrong", ["    return threshold * w", None]),
    ("13_bias", "The centre is forgotten",
     [None, "    weight = w * (1 / width)\n    bias = b * 1.0"]),
    ("14_cross_entropy", "softmax overflows", [
        "    total = 0\n    for x in logits:\n        total = total + exp(x)\n"
        "    return [exp(x) / total for x in logits]", None]),
    ("14_cross_entropy", "rounded to 0 before its log", [
        None, "    p = softmax(logits)\n    return log(p[target_index]) * -1"]),
    ("14_cross_entropy", "cross-entropy overflows", [
        None, "    return log(sum([exp(x) for x in logits])) - logits[target_index]"]),
    ("15_momentum", "plain gradient descent", ["            p.data -= self.lr * p.grad"]),
    ("15_momentum", "damped", [
        "            m = self.momentum\n"
        "            self.velocity[i] = m * self.velocity[i] + p.grad - m * p.grad\n"
        "            p.data -= self.lr * self.velocity[i]"]),
    ("16_attention", "not divided by √d", [
        "    weights = softmax([dot(k, query) for k in keys])\n"
        "    return [sum([w * v[i] for w, v in zip(weights, values)])\n"
        "            for i in range(len(values[0]))]"]),
    ("16_attention", "softmax is forgotten", [
        "    weights = [dot(k, query) / len(query) ** 0.5 for k in keys]\n"
        "    return [sum([w * v[i] for w, v in zip(weights, values)])\n"
        "            for i in range(len(values[0]))]"]),
]


@pytest.mark.parametrize("name, said, holes", WRONG, ids=[f"{n}-{s[:30]}" for n, s, _ in WRONG])
def test_a_mistake_is_named_in_whatever_words_it_is_written(name, said, holes):
    for seed in range(2):
        assert said in feedback(name, answer(name, *holes), seed)


# Right at one convenient point (0, 1, equal inputs, a single step), wrong elsewhere.
CONVENIENT = [
    ("01_slope", ["    return 2 * x"]),
    ("01_slope", ["    return (f(x + 1) - f(x - 1)) / 2"]),
    ("02_knob", ["        return 7.0"]),
    ("02_knob", ["        knob = knob - 0.1 * slope(loss, knob)"]),
    ("04_chain", ["    y_by_z = z * z\n    y_by_w = y_by_z * x\n    y_by_x = y_by_z * w\n"
                  "    y_by_b = y_by_z"]),
    ("05_rules", ['    "+": lambda g, out, x, y: (g * out / (x + y), g),\n'
                  '    "*": lambda g, out, x, y: (g * x, g * x),']),
    ("06_order", ["        for x in value._prev:\n            if x not in order:\n"
                  "                order.append(x)\n        order.append(value)"]),
    ("07_add_up", [
        "    for v in reversed(order):\n        if v._prev:\n            answer = RULES[v._op]("
        "grads[v], v.data, *[x.data for x in v._prev])\n"
        "            for x, g in zip(v._prev, answer):\n"
        "                grads[x] = 2 * g if v._prev[0] is v._prev[1] else g"]),
    ("08_tanh", ['@op("tanh", lambda g, out, x: g)']),
    ("08_tanh", ['@op("tanh", lambda g, out, x: g * (1 - x * x + 2 * x ** 4 / 3))']),
    ("09_relu", ['@op("relu", lambda g, out, x: min(g, max(x, 0)))\n'
                 "def relu(x):\n    return max(x, 0)"]),
    ("10_neuron", ["        return self.activation(self.w[0] * x[0] + self.b)", None]),
    ("11_two_two_one", ["    return 9", None, None]),
    ("11_two_two_one", ["    return 2 * sum(sizes) - 1", None, None]),
    ("12_training", ["    return (input[0] - target[0]) * (input[0] - target[0])", None]),
    ("13_bias", ["    return -6.0", None]),
    ("13_bias", ["    return -w - threshold", None]),
    ("14_cross_entropy", ["    return [1 / len(logits) for x in logits]", None]),
    ("14_cross_entropy", [None, "    return log(sum([exp(x) for x in logits])) - logits[0]"]),
    ("15_momentum", ["            p.data = p.data - self.lr * p.grad * (1 + self.momentum)"]),
    ("16_attention", ["    return values[0]"]),
    ("16_attention", ["    return [sum(v) / len(v) for v in zip(*values)]"]),
]


@pytest.mark.parametrize("name, holes", CONVENIENT, ids=[name for name, _ in CONVENIENT])
def test_right_at_one_point_is_not_right(name, holes):
    for seed in range(5):
        feedback(name, answer(name, *holes), seed)


RIGHT = [
    ("02_knob", ["        knob -= slope(loss, knob) * lr"]),
    ("05_rules", ['    "+": lambda g, out, x, y: [g * 1, 1 * g],\n'
                  '    "*": lambda g, out, x, y: [y * g, x * g],']),
    ("06_order", ["        if value in seen:\n            return\n        seen.add(value)\n"
                  "        for x in reversed(value._prev):\n            visit(x)\n"
                  "        order.append(value)"]),
    ("08_tanh", ['@op("tanh", lambda g, out, x: g / math.cosh(x) ** 2)']),
    ("10_neuron", ["        z = self.b\n        for w, xi in zip(self.w, x):\n"
                   "            z = z + xi * w\n        return self.activation(z)",
                   "        return [self.b, *self.w]"]),
    ("12_training", [None, "        loss.backward()\n        for p in network.parameters():\n"
                     "            p.data -= lr * p.grad\n            p.grad = 0"]),
    ("14_cross_entropy", [
        None, "    top = max(logits)\n"
        "    return log(sum([exp(x - top) for x in logits])) + top - logits[target_index]"]),
]


@pytest.mark.parametrize("name, holes", RIGHT, ids=[name for name, _ in RIGHT])
def test_other_right_answers_than_ours_pass(name, holes):
    for seed in range(5):
        report = worker.examine(name, SOLUTIONS, seed, source=answer(name, *holes))
        assert report["right"], report["lines"]


def test_the_feedback_says_where_what_is_and_what_should_be():
    wrong = '@op("tanh", lambda g, out, x: g * (1 - x * x))'
    source = answer("08_tanh", wrong)
    text = feedback("08_tanh", source)
    assert re.search(r"tanh by its input x, at x = -?\d\.\d+: your rule says -?[\d.]+; the slope "
                     r"measured by nudging is [\d.]+\. The input stands in the rule where the output "
                     r"was meant\.", text)
    assert f"Look at line {source.splitlines().index(wrong) + 1} of 08_tanh.py: {wrong}" in text


def test_the_diagnosis_is_that_of_check_gradients():
    from micrograd import calculus
    assert worker.diagnose is calculus.diagnose
    text = feedback("13_bias", answer("13_bias", "    return -3 * w * threshold", None))
    assert "Yours is 3 times what it should be at every point tried: a factor is wrong." in text
    text = feedback("13_bias", answer("13_bias", "    return 0", None))
    assert "Yours is 0 at every point tried" in text
