"""Models trained in threads at once become exactly what they become one by one."""

import random
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from micrograd import losses, optim
from micrograd.engine import Value
from micrograd.nn import MLP

SEEDS = range(6)
STEPS = 40
POINTS = [(1.0, -2.0), (0.5, 0.3), (-1.5, 0.7)]
TARGETS = [1.0, -1.0, 0.5]


@pytest.fixture
def nervous_interpreter():
    """Threads take turns about every microsecond instead of every 5 milliseconds."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def train(seed, points, together=lambda: None):
    model = MLP(2, [4, 1], rng=random.Random(seed))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(STEPS):
        together()
        loss = losses.mse_loss([model(point) for point in points], TARGETS)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [p.data.hex() for p in model.parameters()]


def shared_values():
    return [[Value(x) for x in point] for point in POINTS]


@pytest.mark.parametrize("inputs", [lambda: POINTS, shared_values], ids=["numbers", "values"])
def test_training_in_threads(inputs, nervous_interpreter):
    one_by_one = [train(seed, inputs()) for seed in SEEDS]
    points, barrier = inputs(), Barrier(len(SEEDS), timeout=10)
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        at_once = list(pool.map(lambda seed: train(seed, points, barrier.wait), SEEDS))
    assert at_once == one_by_one
    assert len({tuple(parameters) for parameters in at_once}) == len(SEEDS)


@pytest.mark.parametrize("free", ["del x", "x.backward(); del x", "return x"])
def test_a_deep_graph_goes_in_a_thread_with_a_stack_of_a_megabyte(free):
    """In a process of its own: what fails here, as Python 3.13 does with half of that, crashes."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(f"""
        import threading
        from micrograd import Value

        def work():
            x = Value(1.0)
            for _ in range(150_000):
                x = 1 - x * x
            {free}

        threading.stack_size(2 ** 20)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        print("all went well")
        """)], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("all went well\n", "")
