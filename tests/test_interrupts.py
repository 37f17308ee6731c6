"""Ctrl-C at any moment: all is as before, or as after.

Each act below is interrupted at one line after another, in fresh circumstances each time; the slow
tests do it at every single instruction of Python's virtual machine.
"""

import contextlib
import copy
import functools
import gc
import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from micrograd import Value, jit, losses, play
from micrograd.engine import topological_order
from micrograd.nn import MLP, Parameter
from micrograd.optim import SGD, Adam, Optimizer
from micrograd.player import Film

HERE = str(Path(__file__).parent)


# Where a `with` ends, a tracing function is asked before the lock is let go, which Ctrl-C is not. In
# these files a lock would then be held for good, and other threads wait for it: the one of
# `cached_property`, for example, which up to Python 3.11 is one for all objects.
WITH_LOCKS = {functools.__file__, tempfile.__file__, threading.__file__}


def cannot_be_interrupted(frame):
    """Whether an exception raised here would be Python's to deal with, not the act's."""
    return frame.f_code.co_filename in WITH_LOCKS or within_what_cannot_raise(frame)


def within_what_cannot_raise(frame):
    """Whether Python itself is at work, or called this, in a way that loses exceptions.

    `subprocess` may forget a process that it has just begun. What the garbage collector calls
    (hypothesis measures it so), and `__del__`, cannot raise: Python prints the exception and goes on.
    """
    if frame is None:
        return False
    code = frame.f_code
    return (code.co_filename == subprocess.__file__ or code.co_name == "__del__"
            or any(code is getattr(callback, "__code__", None) for callback in gc.callbacks)
            or within_what_cannot_raise(frame.f_back))


def interrupted(act, moment, instructions=False, count=None):
    """Run `act`, and interrupt it at this line (or instruction), counted from its beginning.

    Returns the exception, or None if it had ended before.
    """
    count = count or itertools.count()

    def trace(frame, event, _):
        nonlocal moment
        if frame.f_code.co_filename.startswith(HERE):
            return trace                        # the lines of the test do not count
        frame.f_trace_opcodes = instructions
        if event in ("line", "opcode") and (event == "opcode") == instructions:
            if next(count) == moment:
                if not cannot_be_interrupted(frame):
                    raise KeyboardInterrupt
                moment += 1
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = instructions          # Python 3.12 wants to know it beforehand
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt as interrupt:
        return interrupt
    finally:
        sys.settrace(before)
    return None


def try_moments(act_of, state_of, make, number, instructions=False):
    """Interrupt the act at about this number of moments, other ones each time, and check them."""
    things = make()
    before, counter = state_of(things), itertools.count()
    interrupted(lambda: act_of(things), -1, instructions, counter)
    after, length = state_of(things), next(counter)
    assert before != after and length > 20
    step = max(1, length // number)
    for moment in range(random.randrange(step), length, step):
        things = make()
        interrupt = interrupted(lambda: act_of(things), moment, instructions)
        found = state_of(things)
        assert found in (before, after), f"at moment {moment}"
        # Whoever keeps the exception keeps its frames; when they go, nothing may change any more.
        assert interrupt or found == after
        interrupt = None
        gc.collect(0)
        assert state_of(things) == found, f"at moment {moment}, when the exception had gone"


def test_what_cannot_raise_is_not_interrupted():
    calls = []
    callback = eval("lambda *_: calls.append(1)", {"calls": calls})     # as of another file
    gc.callbacks.append(callback)
    try:
        assert all(interrupted(lambda: gc.collect(0), moment) is None for moment in range(4))
    finally:
        gc.callbacks.remove(callback)
    assert len(calls) == 8                      # one at the beginning and one at the end of each


def test_no_lock_of_pythons_is_held_afterwards():
    class Thing:
        @functools.cached_property
        def x(self):
            return 1

    assert all(interrupted(lambda: Thing().x, moment) is None for moment in range(30))
    other = threading.Thread(target=lambda: Thing().x, daemon=True)
    other.start()
    other.join(60)
    assert not other.is_alive()


# ── Acts ──────────────────────────────────────────────────────────────────────────────────────────

def numbers_of(root):
    return [(value.data, plain(value.grad)) for value in topological_order(root)]


def plain(grad):
    return ("with a graph", grad.data) if isinstance(grad, Value) else grad


def network():
    model = MLP(2, [3, 1], activation=Value.tanh, rng=random.Random(1))
    return model, losses.mse_loss([model([1.0, -2.0]), model([0.5, 0.3])], [1.0, -1.0])


def graph():
    return network()[1]


def graph_with_gradients():
    """Where the leaves have something to add to, and the other values the results of earlier."""
    loss = graph()
    loss.backward()
    return loss


def training(kind):
    def make():
        model, loss = network()
        optimizer = kind(model.parameters())
        for _ in range(2):
            loss.backward()
            optimizer.step()
        return optimizer
    return make


def state_of_optimizer(optimizer):
    held = {name: copy.copy(x) if isinstance(x, (list, dict)) else x
            for name, x in vars(optimizer).items() if name != "parameters"}
    return held | {"data": [p.data for p in optimizer.parameters]}


class Own(Optimizer):
    """An optimiser as users write them: it remembers in lists and dicts, and changes them."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=0.1)
        self.seen = []

    def update(self, i, p):
        self.seen.append(i)
        self.latest = p.data
        return p.data - self.lr * self.gradient(p)


def loading():
    model, other = network()[0], MLP(2, [3, 1], rng=random.Random(2))
    return model, other.state_dict()


def filming():
    film, (_, loss) = Film(), network()
    film.add(loss, "first")
    return film, loss


def compiling():
    model, _ = network()
    step = jit(lambda x, y: losses.mse_loss([model(x)], [y]), model.parameters())
    return model, step


ACTS = {
    "backward": (lambda loss: loss.backward(), numbers_of, graph),
    "backward again": (lambda loss: loss.backward(), numbers_of, graph_with_gradients),
    "backward with a graph": (lambda loss: loss.backward(create_graph=True), numbers_of, graph),
    "backward with a graph again": (lambda loss: loss.backward(create_graph=True), numbers_of,
                                    graph_with_gradients),
    "SGD": (lambda optimizer: optimizer.step(), state_of_optimizer,
            training(lambda ps: SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.1))),
    "Adam": (lambda optimizer: optimizer.step(), state_of_optimizer,
             training(lambda ps: Adam(ps, lr=0.1, weight_decay=0.1))),
    "an optimiser of the user's": (lambda optimizer: optimizer.step(), state_of_optimizer,
                                   training(Own)),
    "load_state_dict": (lambda both: both[0].load_state_dict(both[1]),
                        lambda both: both[0].state_dict(), loading),
    "a film's step": (lambda both: both[0].add(both[1], "second"),
                      lambda both: (repr(both[0]), list(both[0]._frames)), filming),
    "a film's first step": (lambda both: both[0].add(both[1], "first"),
                            lambda both: (repr(both[0]), list(both[0]._frames)),
                            lambda: (Film(), network()[1])),
    "jit": (lambda both: both[1]([([1.0, -2.0], 0.5)]),
            lambda both: [(p.data, p.grad) for p in both[0].parameters()], compiling),
}
acts = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


@acts
def test_interrupts(act):
    try_moments(*act, 30)


@pytest.mark.slow
@acts
def test_interrupts_at_many_lines(act):
    try_moments(*act, 400)


@pytest.mark.slow
@acts
def test_interrupts_at_many_instructions(act):
    """Finer than Python itself looks for signals."""
    try_moments(*act, 200, instructions=True)


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("instructions", [False, pytest.param(True, marks=pytest.mark.slow)],
                         ids=["lines", "instructions"])
def test_interrupts_of_a_save(instructions, tmp_path):
    """A page is written whole or not at all, and nothing is left beside it, nor open."""
    path = tmp_path / "page.html"
    old, new = play(Value(1.0) * 2), play(Value(3.0) * 2)
    pages = []
    for player in (new, old):
        player.save(path)
        pages.append(path.read_bytes())
    after, before = pages
    written = []
    old._page = before.decode                   # it is the writing that counts
    new._page = lambda: written.append(1) or after.decode()
    step = 5 if instructions else 1
    for moment in itertools.count(random.randrange(step), step):
        interrupt = interrupted(lambda: new.save(path), moment, instructions)
        assert path.read_bytes() in (before, after), f"at moment {moment}"
        assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
        if interrupt is None:
            break
        path.write_bytes(before)
    assert moment > 5 and written


# ── A second one, and errors ──────────────────────────────────────────────────────────────────────

class Failing(Optimizer):
    """Its update fails at the last parameter, when much has been remembered already."""

    def __init__(self, parameters, error):
        super().__init__(parameters, lr=0.1)
        self.seen, self.error = {}, error

    def update(self, i, p):
        self.seen[i] = p.data
        self.new = True
        if i == len(self.parameters) - 1:
            raise self.error
        return p.data + 1


@pytest.mark.parametrize("error", [OverflowError("too far"), RuntimeError("oh"),
                                   KeyboardInterrupt()], ids=lambda error: type(error).__name__)
def test_an_update_that_fails_changes_nothing(error):
    optimizer = Failing(network()[0].parameters(), error)
    before = state_of_optimizer(optimizer)
    with pytest.raises(type(error)):
        optimizer.step()
    assert state_of_optimizer(optimizer) == before and optimizer.seen == {}


def test_an_optimiser_may_hold_what_cannot_be_copied(tmp_path):
    class Logs(Optimizer):
        def __init__(self, parameters, file):
            super().__init__(parameters, lr=0.1)
            self.file, self.rates = file, (rate for rate in (0.1, 0.01))

        def update(self, i, p):
            print(i, file=self.file)
            return p.data - next(self.rates) * p.grad

    p = Parameter(1.0)
    p.grad = 1.0
    with (tmp_path / "log").open("w") as file:
        Logs([p], file).step()
    assert p.data == 0.9


def test_adam_stands_still_or_raises_but_does_not_move_half():
    """Without eps, a gradient of 0 leaves 0 / 0."""
    ps = [Parameter(1.0), Parameter(2.0)]
    ps[0].grad = 1.0
    optimizer = Adam(ps, lr=0.1, eps=0)
    before = state_of_optimizer(optimizer)
    with contextlib.suppress(ZeroDivisionError):
        optimizer.step()
    assert state_of_optimizer(optimizer) == before


@pytest.mark.parametrize("beta", [0.0, 1e-17, 1e-9, 0.5, 0.9])
@pytest.mark.parametrize("gradient", [1e-3, 1.0, 1e3])
def test_the_first_mean_is_the_gradient_to_the_last_bits(beta, gradient):
    """With beta1 near 0 the mean is the gradient; `m += (1 - b)(g - m)` would cancel."""
    p = Parameter(0.0)
    optimizer = Adam([p], lr=0.001, betas=(beta, 0.999), eps=0)
    for g in (1e13 * gradient, gradient):
        p.grad = g
        optimizer.step()
    expected = beta * (1 - beta) * 1e13 * gradient + (1 - beta) * gradient
    assert optimizer.m[0] == pytest.approx(expected, rel=1e-15)


def test_what_is_saved_can_be_loaded_after_an_interrupt():
    model, state = loading()
    text = json.dumps(state)
    interrupted(lambda: model.load_state_dict(state), 20)
    model.load_state_dict(json.loads(text))
    assert model.state_dict() == state
