"""What a worker of `benchmark.py` measures: it imports micrograd from one folder, and is asked.

Each measure is a function of this file; it returns numbers, and `benchmark.py`, which asks, makes
them into a table and compares them with those of other engines. Time is that of the processor,
which other programs on the machine disturb least; only where others compute in threads of their own,
in `_repeated`, is it that of the clock on the wall, if that is less.
"""

import functools
import gc
import importlib.util
import json
import math
import os
import random
import string
import sys
import threading
import time
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import peers
from training_steps import MODULES, TASKS, XOR


# ── The work, in the words that all engines share ─────────────────────────────────────────────────

def written_out(Value):
    """Exclusive or, by two hidden neurons and an output. Returns parameters and loss."""
    rng = random.Random(2)
    parameters = [Value(rng.uniform(-1, 1)) for _ in range(9)]
    w11, w21, b1, w12, w22, b2, v1, v2, c = parameters

    def squared_error(x1, x2, target):
        z1 = x1 * w11 + x2 * w21 + b1
        z2 = x1 * w12 + x2 * w22 + b2
        error = z1.relu() * v1 + z2.relu() * v2 + c + -target
        return error * error

    return parameters, lambda: sum([squared_error(*sample) for sample in XOR]) * 0.25


def network(parameters, model):
    """Inside or outside a circle, by a multi-layer perceptron. Returns parameters and loss."""
    rng = random.Random(2)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    classes = [1 if math.hypot(*point) < 0.8 else -1 for point in points]

    def hinge_loss():
        losses = [(1 + -y * model(point)).relu() for point, y in zip(points, classes)]
        return sum(losses) * 0.01

    return parameters, hinge_loss


def train(parameters, forward) -> float:
    """One step of training; returns the loss."""
    loss = forward()
    for p in parameters:
        p.grad = 0
    loss.backward()
    for p in parameters:
        p.data += -0.05 * p.grad
    return loss.data


def chain(length: int) -> None:
    from micrograd.engine import Value
    x = y = Value(1.0)
    for _ in range(length):
        y = y + x
    y.backward()


# ── Steps of training, node by node ───────────────────────────────────────────────────────────────

SMALL, LARGE = "2-2-1, 4 samples", "2-16-16-1, 100 samples"
STEPS = {SMALL: 1000, LARGE: 2}                 # how many to a round


BARE, UNMARKED = "the barest engine possible", "without marks"


def task(name: str, engine: str = ""):
    """Parameters and loss of a task, by the micrograd that is imported or by the barest engine."""
    from micrograd.engine import Value
    if name == SMALL:
        return written_out(peers.Bare if engine == BARE else Value)
    from micrograd.nn import MLP
    random.seed(2)
    model = MLP(2, [16, 16, 1])
    if engine == BARE:
        numbers = [p.data for p in model.parameters()]
        return network(*peers.bare_mlp(numbers, 2, [16, 16, 1]))
    return network(model.parameters(), model)


def steps(name: str, collector: bool = True, engine: str = "") -> dict:
    """Seconds a step, and the losses. Every round begins anew, so that all do the same work."""
    parameters, forward = task(name, engine)
    if not collector:
        gc.collect()
        gc.disable()
    with unmarked(engine == UNMARKED):
        start = time.process_time()
        losses = [train(parameters, forward) for _ in range(STEPS[name])]
        seconds = (time.process_time() - start) / STEPS[name]
    gc.enable()
    return {"seconds": seconds, "losses": losses}


@contextmanager
def unmarked(wanted: bool):
    """Within it, if wanted, modules do not mark what they return."""
    from micrograd import nn
    classes = [nn.Neuron, nn.Layer, nn.MLP] if wanted else []
    marking = [cls.__call__ for cls in classes]
    for cls in classes:
        cls.__call__ = cls.__call__.__wrapped__
    yield
    for cls, call in zip(classes, marking):
        cls.__call__ = call


def marked_and_not(count: int) -> list:
    """Seconds of so many steps of the large network, each with marks and without, by turns.

    The garbage collector begins each step with nothing to do, so that it comes as often in both.
    """
    parameters, forward = task(LARGE)
    pairs = []
    for i in range(count):
        seconds = {}
        for bare in (False, True) if i % 2 else (True, False):
            with unmarked(bare):
                gc.collect()
                start = time.process_time()
                train(parameters, forward)
                seconds[bare] = time.process_time() - start
        pairs.append((seconds[False], seconds[True]))
    return pairs


def memory(name: str) -> dict:
    """How many nodes a step's graph has beside the parameters, and the bytes they occupy."""
    parameters, forward = task(name)
    tracemalloc.start()
    train(parameters, forward)                  # the parameters' gradients exist from here on
    before = _bytes_in_use()
    loss = forward()
    after_forward = _bytes_in_use() - before
    loss.backward()
    after_backward = _bytes_in_use() - before
    tracemalloc.stop()
    return {"nodes": _count_nodes(loss, parameters), "forward": after_forward,
            "backward": after_backward}


def growth(count: int) -> int:
    """The bytes that so many steps of training a network leave behind."""
    from micrograd.nn import MLP
    model = MLP(2, [2, 1], rng=random.Random(1))
    parameters, errors = model.parameters(), [0.0] * 10
    squared_error = lambda: sum([(model(row[:2]) - row[2]) ** 2 for row in XOR])
    tracemalloc.start()
    for step in range(count + 10):
        if step == 10:
            before = _bytes_in_use()
        errors[step % 10] = train(parameters, squared_error)
    left = _bytes_in_use() - before
    tracemalloc.stop()
    return left


def _bytes_in_use() -> int:
    gc.collect()                                # count neither garbage nor what Python sets aside
    return tracemalloc.get_traced_memory()[0]


def _count_nodes(root, parameters) -> int:
    seen, todo = {root, *parameters}, [root]
    while todo:
        inputs = set(todo.pop()._prev) - seen
        seen |= inputs
        todo += inputs
    return len(seen) - len(parameters)


def chain_seconds(length: int) -> float:
    """Seconds a node, forward and backward."""
    start = time.process_time()
    chain(length)
    return (time.process_time() - start) / length


def longest_chain() -> int:
    """The longest chain whose backward() works, by doubling and then bisection."""
    works, fails = 0, 1
    while _chain_works(fails):
        works, fails = fails, 2 * fails
        if works >= 10**6:
            return works
    while fails - works > 1:
        middle = (works + fails) // 2
        works, fails = (middle, fails) if _chain_works(middle) else (works, middle)
    return works


def _chain_works(length: int) -> bool:
    try:
        chain(length)
    except RecursionError:
        return False
    return True


# ── The well-known GPT of 200 lines ───────────────────────────────────────────────────────────────

OWN, OURS_VALUE, OURS_DOT = "with its own class", "with our Value", "with our Value and dot"
WORDS = ["value", "gradient", "graph", "parameter", "rule", "forward", "backward", "learn"]


@functools.cache
def well_known(how: str):
    """The network of microgpt.py on an engine: its parameters, loss of a word and step of Adam."""
    spec = importlib.util.spec_from_file_location(how, Path(__file__).with_name("microgpt.py"))
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    page.pick = lambda one_hot, things: things[one_hot.index(1.0)]
    if how == OWN:
        page.Value = peers.WellKnown
    if how == OURS_DOT:
        from micrograd import dot
        page.dot = dot
    weights = page.random_weights(random.Random(1))
    adam = page.Adam([p for rows in weights.values() for row in rows for p in row])
    samples = [[page.one_hot(letter) for letter in f".{word}."] for word in WORDS]
    return lambda sample: page.loss(weights, sample), adam, samples


def well_known_steps(how: str, count: int) -> dict:
    """Seconds a step, forward, backward and Adam, and the losses. Every round goes on training."""
    loss_of, adam, samples = well_known(how)
    losses, start = [], time.process_time()
    for sample in samples[:count]:
        loss = loss_of(sample)
        loss.backward()
        adam.step(0.01)
        losses.append(loss.data)
    return {"seconds": (time.process_time() - start) / count, "losses": losses}


# ── The GPT of demos/gpt.py ───────────────────────────────────────────────────────────────────────

NODES, DOT = "a node for every * and +", "a node for every dot"
COMPILED, COMPILED_C = "compiled to Python", "compiled to C"


@functools.cache
def language_model(how: str, positions: int):
    """The GPT of demos/gpt.py at its default size, a vocabulary of 27, and 26 names that fill its
    positions, over and over. Returns the seconds it took to compile, and the training."""
    import gpt
    letters, length = list(string.ascii_lowercase) * (positions - 1), positions - 1
    random.Random(0).shuffle(letters)
    names = ["".join(letters[i:i + length]) for i in range(0, len(letters), length)]
    options = {name: default for name, (_, default, _) in gpt.OPTIONS.items()}
    options["context"] = positions
    training = gpt.Training(8 * names, options, held_out=[],
                            language={COMPILED: "python", COMPILED_C: "c"}.get(how),
                            dot=multiply_and_add if how == NODES else gpt.dot)
    start = time.process_time()
    if training.compiled:
        training.loss(names[0])
    return time.process_time() - start, training


def multiply_and_add(ws, xs):
    return sum([w * x for w, x in zip(ws, xs)])


def language_model_steps(how: str, positions: int, count: int = 3) -> dict:
    """Seconds a step, forward, backward and Adam, and the losses. Every round goes on training."""
    making, training = language_model(how, positions)
    losses, start = [], time.process_time()
    while len(losses) < count:
        losses += training.learn(count - len(losses))
    return {"seconds": (time.process_time() - start) / count, "losses": losses, "making": making}


# ── Around the graph: compiled steps, the update, pictures ────────────────────────────────────────

@functools.cache
def way(task: str, name: str):
    """A step of a task in one of the ways of training_steps.py, and its first losses; None if it
    takes a module that is not installed."""
    if name in MODULES and not importlib.util.find_spec(MODULES[name]):
        return None
    step = TASKS[task][name]()
    return step, [step() for _ in range(3)]


def way_steps(task: str, name: str, seconds: float) -> dict | None:
    """Seconds a step, of the steps that fit in so many seconds, and the first losses."""
    if not (found := way(task, name)):
        return None
    step, losses = found
    return {"seconds": _repeated(step, seconds), "losses": losses}


def _repeated(step, seconds: float) -> float:
    """The seconds that a step takes, on average over as many as fit in so many seconds: of the
    processor or, where several threads compute at once, of the clock, whichever are less."""
    count, start, busy = 0, time.perf_counter(), time.process_time()
    while (passed := time.perf_counter() - start) < seconds:
        if hasattr(step, "many"):               # twice as many each time: looking costs time too
            step.many(count + 1)
        else:
            for _ in range(count + 1):
                step()
        count += count + 1
    return min(passed, time.process_time() - busy) / count


USUAL, CAREFUL, BAREST = "as a user writes it", "the barest that is careful", "the barest"


def user_loop(how: str, seconds: float) -> float:
    """Seconds a step of what a user writes around `jit`, with a network of nine parameters.

    The barest loop that does the same calls the compiled program itself. It never asks the model for
    its parameters, nor looks whether samples and numbers are what the program was made for. The one
    that is careful looks at what `jit` has to look at in each call, and sets all gradients at once:
    no Ctrl-C, and no other thread, comes between. It shows what `jit` must take at the least.
    """
    from micrograd import Value, jit, tanh
    from micrograd.compiler.samples import checker, structure
    from micrograd.nn import MLP
    model = MLP(2, [2, 1], activation=tanh, rng=random.Random(1))
    parameters, samples = model.parameters(), [(row[:2], row[2]) for row in XOR]
    compiled = jit(lambda x, target: (model(x) - target) ** 2, parameters)

    def step():
        model.zero_grad()
        compiled(samples)
        for p in parameters:
            p.data -= 0.05 * p.grad

    def careful_step():
        for p in parameters:
            p.grad = 0
        with turn:
            numbers = [p.data for p in parameters]
            assert fits(samples) and floats.issuperset(map(type, numbers))
            mean, gradients = program(samples, numbers)
            assert math.isfinite(sum(gradients, mean))
            totals = [gradient + p.grad for p, gradient in zip(parameters, gradients)]
            any(map(set_grad, parameters, totals))
        for p in parameters:
            p.data -= 0.05 * p.grad

    def bare_step():
        for p in parameters:
            p.grad = 0
        mean, gradients = program(samples, [p.data for p in parameters])
        for p, gradient in zip(parameters, gradients):
            p.grad += gradient
        for p in parameters:
            p.data -= 0.05 * p.grad
    step()
    names = {}
    exec(compiled.source, names)
    assert compiled.leaves == parameters
    program, fits = names["step"], checker(structure(samples[0]))
    turn, floats, set_grad = threading.RLock(), {float}, Value.grad.__set__
    return _repeated({USUAL: step, CAREFUL: careful_step, BAREST: bare_step}[how], seconds)


@functools.cache
def optimiser(former: bool):
    from micrograd.nn import Parameter
    from micrograd.optim import Adam
    rng = random.Random(1)
    parameters = [Parameter(rng.uniform(-1, 1)) for _ in range(4000)]
    for p in parameters:
        p.grad = rng.gauss(0, 1)
    return (peers.FormerAdam if former else Adam)(parameters, lr=0.001)


def adam_steps(former: bool) -> dict:
    """Seconds a step of Adam over 4,000 parameters, and where the first of them are."""
    optimizer = optimiser(former)
    start = time.process_time()
    for _ in range(5):
        optimizer.step()
    return {"seconds": (time.process_time() - start) / 5,
            "losses": [p.data for p in optimizer.parameters[:10]]}


def compile_seconds(nin: int, nouts: list[int], language: str) -> dict:
    """Instructions traced, parameters, and the seconds that a first call takes beyond a second,
    those of a C compiler included."""
    from micrograd import jit
    from micrograd.nn import MLP
    from micrograd.compiler.symbols import trace
    model = MLP(nin, nouts, rng=random.Random(1))
    sample = [0.1] * nin, 1.0
    loss, parameters = lambda x, y: (1 - y * model(x)).relu(), model.parameters()
    times, step = [], jit(loss, parameters, language)
    for _ in range(2):
        start = time.process_time() + sum(os.times()[2:4])      # those are of processes it started
        step([sample])
        times.append(time.process_time() + sum(os.times()[2:4]) - start)
    return {"seconds": times[0] - times[1], "parameters": len(parameters),
            "instructions": len(trace(loss, sample, parameters).code)}


def drawing(nouts: list[int], samples: int) -> dict:
    """Values in the graph of a network's loss, and the seconds and bytes of its picture."""
    from micrograd import draw_dot
    from micrograd.engine import topological_order
    from micrograd.nn import MLP
    rng = random.Random(1)
    model = MLP(2, nouts, rng=rng)
    loss = sum([model([rng.uniform(-1, 1), rng.uniform(-1, 1)]) ** 2 for _ in range(samples)])
    loss.backward()
    start = time.process_time()
    picture = draw_dot(loss, model).pipe("svg")
    return {"seconds": time.process_time() - start, "bytes": len(picture),
            "values": len(topological_order(loss))}


# ── Answering ─────────────────────────────────────────────────────────────────────────────────────

MEASURES = {f.__name__: f for f in (
    steps, marked_and_not, memory, growth, chain_seconds, longest_chain, well_known_steps,
    language_model_steps, way_steps, user_loop, adam_steps, compile_seconds, drawing)}


def work(folder: str) -> None:
    """Import micrograd from the folder, then answer the questions on standard input."""
    sys.path.insert(0, folder)
    import micrograd.engine
    print(json.dumps(micrograd.engine.__file__), flush=True)
    for line in sys.stdin:
        question, *about = json.loads(line)
        print(json.dumps(MEASURES[question](*about)), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        work(sys.argv[1])
    else:
        print("By itself this file does nothing: benchmark.py asks it for what it measures.")
