"""What a type checker says of programs that use micrograd: nothing of right ones, and of each mistake
the line."""

import re
import subprocess
import sys

import pytest

pytest.importorskip("mypy")

RIGHT = '''
import random
from fractions import Fraction

from micrograd import (Value, check_gradients, cos, dot, draw_dot, exp, grad, jit, live, log, losses,
                       maximum, minimum, nn, op, optim, play, relu, sigmoid, sin, sqrt, tanh, where)
from micrograd.calculus import hessian, jacobian
from micrograd.engine import gradients, topological_order
from micrograd.nn import MLP, Layer, Module, Neuron, Parameter
from micrograd.player import Film

a, b = Value(2.0, label="a"), Value(Fraction(1, 3))
c: Value = a * b + a ** 2 - 1 / b + 2 * a - Fraction(1, 2) + (-a) ** b + 2 ** a
d: Value = abs(c).exp() + c.log().sqrt() + c.sin() + c.cos() + c.relu() + c.tanh().sigmoid()
e: Value = d.maximum(0).minimum(a) + sum([a, b])
f: Value = exp(a) + log(a) + sqrt(a) + tanh(a) + sigmoid(a) + relu(a) + sin(a) + cos(a)
g: float = exp(1.0) + relu(-1) + maximum(1, 2) + where(a > 0, 1, 2)
h: Value = dot([a, b], [1, 2.0])
loss: Value = losses.mse_loss([e, f], [0.0, 1]) + losses.softmax([a, b, 1])[0]
loss.backward()
number: float = loss.data
history: list[float] = [p.data for p in topological_order(loss)]
slopes = gradients(loss)[a] * 2
below: bool = a < 3 and b >= a
print(f"{loss:.3f}", loss.grad, a.label, len(a._prev), a._op)


@op("cube", lambda g, out, x: g * 3 * x ** 2)
def cube(x: Value) -> Value:
    return x ** 3


class Line(Module):
    def __init__(self) -> None:
        self.slope = Parameter(2.0)

    def __call__(self, x: Value | float) -> Value:
        return self.slope * x


model = MLP(2, [4, 1], activation=tanh, rng=random.Random(1))
parts: list[Module] = [Neuron(2), Layer(2, 3, bias=False), nn.MLP(2, (1,)), Line()]
optimizer: optim.Optimizer = optim.Adam(model.parameters(), lr=0.1)
optimizer = optim.SGD([*model.parameters(), a], momentum=0.9)
for _ in range(3):
    model.zero_grad()
    losses.hinge_loss(model([1.0, -2.0]), 1).backward()
    optimizer.step()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
model.load_state_dict(model.state_dict())


def squared_error(x: list[float], y: float) -> Value:
    out: Value = (model(x) - y) ** 2
    return out


step = jit(squared_error, model.parameters(), "c")
mean: float = step([([1.0, 2.0], 0.5)])
print(step.source, grad(cube)(2.0), jacobian(cube, [2.0]), hessian(cube, [2.0]))
checks = [check.verdict for check in check_gradients(cube, 2.0)]
picture: bytes = draw_dot(loss, model, depth=1).pipe(format="svg")
film = Film(model)
film.add(loss, "first")
film.save("film.html")
play(loss, model).save("page.html")
live(squared_error, [([1.0, 2.0], 0.5)], model, lr=0.1).save("live.html")
'''

WRONG = '''
import math

from micrograd import Value, check_gradients, draw_dot, exp, jit, losses, nn, op, optim, play
from micrograd.nn import MLP

a, model = Value(2.0), MLP(2, [1])
Value("2")
a + "2"
[1.0] * a
a.exp(2)
a.softplus()
float(a)
round(a)
math.exp(a)
a.item()
exp("2")
a.backward(1, 2)
a.data = a - 0.1
a < "3"
a.labels = "a"
MLP(2, 1)
nn.Neuron("2")
nn.Neuron(2, activation="relu")
nn.Neuron(2, relu=True)
model(None)
model.load_state_dict([1.0])
losses.mse_loss("1", None)
losses.cross_entropy([a], "cat")
optim.SGD(model)
optim.Adam(model.parameters(), lr="0.1")
optim.Adam(model.parameters(), beta=0.9)
jit(2, model.parameters())
jit(model, [1.0])
draw_dot(model)
draw_dot(a, depth="all")
play([a])
op(2, lambda g, out, x: g)
check_gradients(exp, "2", order="2")
'''


def lines_with_errors(program, folder):
    file = folder / "program.py"
    file.write_text(program)
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", file.name], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^program\.py:(\d+): error: (.*)$", done.stdout, re.M)
    assert bool(found) == done.returncode, done.stdout
    return {program.splitlines()[int(line) - 1]: error for line, error in found}


@pytest.mark.slow
def test_a_right_program(tmp_path):
    assert lines_with_errors(RIGHT, tmp_path) == {}


@pytest.mark.slow
def test_a_wrong_program(tmp_path):
    _, _, mistakes = WRONG.partition("MLP(2, [1])\n")
    assert list(lines_with_errors(WRONG, tmp_path)) == mistakes.splitlines()
