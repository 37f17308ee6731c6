"""Without its shortcuts the engine computes the same, to the last bit, and passes its own tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd

PACKAGE = Path(micrograd.__file__).parent
NOTHING = """
def for_few_inputs(Value, Constant):
    return lambda apply: apply

def for_dot(Value, Constant, operation):
    return lambda dot: dot

def install_operators(Value, Constant, **operators):
    pass

def in_place(backward):
    return backward
"""
TRAINING = """
import random
from micrograd import losses, nn, optim, tanh
model = nn.MLP(2, [5, 3, 1], activation=tanh, rng=random.Random(1))
optimizer = optim.Adam(model.parameters(), lr=0.1)
for step in range(20):
    outputs = [model([x, 0.5 - x]) ** 2 / 3 - 1 for x in (-1.0, 0.25, 2.0)]
    loss = losses.mse_loss(outputs, [0.5, 1, -1])
    if step % 3:
        model.zero_grad()                       # otherwise gradients accumulate
    loss.backward()
    optimizer.step()
print(*[x.hex() for p in model.parameters() for x in (float(p.data), float(p.grad))])
"""


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """The environment of a Python in which micrograd has no shortcuts."""
    folder = tmp_path_factory.mktemp("without")
    shutil.copytree(PACKAGE, folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "micrograd" / "ground" / "shortcuts.py").write_text(NOTHING)
    return {"env": os.environ | {"PYTHONPATH": str(folder)}, "cwd": folder}


def run(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)


def test_training_is_the_same_to_the_last_bit(without):
    where = run("-c", "import micrograd; print(micrograd.__file__)", **without).stdout
    assert where.startswith(str(without["cwd"]))
    fast, slow = run("-c", TRAINING), run("-c", TRAINING, **without)
    assert fast.returncode == slow.returncode == 0, fast.stderr + slow.stderr
    assert fast.stdout == slow.stdout and len(fast.stdout.split()) == 2 * 37


@pytest.mark.slow
def test_the_engine_passes_its_tests(without):
    tests = Path(__file__).parent
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-c", os.devnull,
               "--import-mode=importlib", tests / "test_engine.py", tests / "test_functions.py",
               **without)
    assert done.returncode == 0, done.stdout[-3000:]
