"""How fast, how small, how deep: this engine beside micrograd 0.1.0 from the package registry.

    python demos/benchmark.py                   # a minute or so; --quick takes seconds

You will learn here what a node of the graph costs, in time and in memory, and how to compare two
programs fairly on a noisy machine: the same work, from the same random numbers, with results that
must agree; in turns (A B A B), so that noise hits both alike; and quoted as medians.

Both packages are called `micrograd`, so each is imported by a process of its own, a *worker*. The
workers run this file too: first comes what they do, then what their parent asks of them.
"""

import argparse
import functools
import gc
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import random
import string
import subprocess
import sys
import tempfile
import time
import tracemalloc
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NoReturn

from training_steps import ENGINE, HAND, JIT, MODULES, TASKS

VERSION = "0.1.0"
OURS, PEER = "this engine", f"micrograd {VERSION}"


# ── The work, in the words that both engines share ────────────────────────────────────────────────

def written_out():
    """Exclusive or, by two hidden neurons and an output. Answers with parameters and loss."""
    from micrograd.engine import Value
    rng = random.Random(2)
    parameters = [Value(rng.uniform(-1, 1)) for _ in range(9)]
    w11, w21, b1, w12, w22, b2, v1, v2, c = parameters

    def squared_error(x1, x2, target):
        z1 = x1 * w11 + x2 * w21 + b1
        z2 = x1 * w12 + x2 * w22 + b2
        error = z1.relu() * v1 + z2.relu() * v2 + c + -target
        return error * error

    samples = [(0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)]
    return parameters, lambda: sum([squared_error(*sample) for sample in samples]) * 0.25


def network():
    """Inside or outside a circle, by an MLP. Answers with parameters and loss."""
    from micrograd.nn import MLP
    random.seed(2)
    model = MLP(2, [16, 16, 1])
    points = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(100)]
    classes = [1 if math.hypot(*point) < 0.8 else -1 for point in points]

    def hinge_loss():
        losses = [(1 + -y * model(point)).relu() for point, y in zip(points, classes)]
        return sum(losses) * 0.01

    return model.parameters(), hinge_loss


def train(parameters, forward) -> float:
    """One step of training; answers with the loss."""
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


# ── What a worker measures ────────────────────────────────────────────────────────────────────────

STEPS = {"2-2-1, 4 samples": (written_out, 100), "2-16-16-1, 100 samples": (network, 2)}


def steps(name: str, collector: bool = True) -> dict:
    """Seconds a step, and the losses. Every round begins anew, so that all do the same work."""
    make, count = STEPS[name]
    parameters, forward = make()
    if not collector:
        gc.collect()
        gc.disable()
    start = time.perf_counter()
    losses = [train(parameters, forward) for _ in range(count)]
    seconds = (time.perf_counter() - start) / count
    gc.enable()
    return {"seconds": seconds, "losses": losses}


def memory(name: str) -> dict:
    """How many nodes a step's graph has beside the parameters, and the bytes they occupy."""
    parameters, forward = STEPS[name][0]()
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


NODES, DOT, COMPILED = "a node for every * and +", "a node for every dot", "compiled"


@functools.cache
def language_model(how: str, positions: int):
    """The GPT of demos/gpt.py at its default size, a vocabulary of 27, and 26 names that fill its
    positions. Answers with the seconds it took to compile, and the training."""
    import gpt
    letters, length = list(string.ascii_lowercase) * (positions - 1), positions - 1
    random.Random(0).shuffle(letters)
    names = ["".join(letters[i:i + length]) for i in range(0, len(letters), length)]
    options = {name: default for name, (_, default, _) in gpt.OPTIONS.items()}
    options |= {"context": positions, "eager": how != COMPILED}
    training = gpt.Training(names, options, held_out=[],
                            dot=multiply_and_add if how == NODES else gpt.dot)
    start = time.perf_counter()
    if how == COMPILED:
        training.loss(names[0])
    return time.perf_counter() - start, training


def multiply_and_add(ws, xs):
    return sum([w * x for w, x in zip(ws, xs)])


def language_model_steps(how: str, positions: int) -> dict:
    """Seconds a step, forward, backward and Adam, and the losses. Every round goes on training."""
    making, training = language_model(how, positions)
    start = time.perf_counter()
    losses = [training.step() for _ in range(3)]
    return {"seconds": (time.perf_counter() - start) / 3, "losses": losses, "making": making}


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
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        for _ in range(count + 1):              # twice as many each time: looking costs time too
            step()
        count += count + 1
    return {"seconds": passed / count, "losses": losses}


def compile_seconds(nin: int, nouts: list[int]) -> dict:
    """Instructions traced, parameters, and the seconds that a first call takes beyond a second."""
    from micrograd import jit
    from micrograd.nn import MLP
    from micrograd.compiler.symbols import trace
    model = MLP(nin, nouts, rng=random.Random(1))
    sample = [0.1] * nin, 1.0
    loss, parameters = lambda x, y: (1 - y * model(x)).relu(), model.parameters()
    times, step = [], jit(loss, parameters)
    for _ in range(2):
        start = time.perf_counter()
        step([sample])
        times.append(time.perf_counter() - start)
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
    start = time.perf_counter()
    picture = draw_dot(loss, model).pipe("svg")
    return {"seconds": time.perf_counter() - start, "bytes": len(picture),
            "values": len(topological_order(loss))}


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
    start = time.perf_counter()
    chain(length)
    return (time.perf_counter() - start) / length


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


def work(folder: str) -> None:
    """Be a worker: import micrograd from `folder`, then answer the questions on standard input."""
    sys.path.insert(0, folder)
    import micrograd.engine
    print(json.dumps(micrograd.engine.__file__), flush=True)
    for line in sys.stdin:
        question, *about = json.loads(line)
        measures = (steps, memory, chain_seconds, longest_chain, language_model_steps, way_steps,
                    compile_seconds, drawing)
        measure = {f.__name__: f for f in measures}[question]
        print(json.dumps(measure(*about)), flush=True)


class Worker:
    """A process that has imported the micrograd of one folder; it ends with the `with` block."""

    def __init__(self, folder: Path):
        # In a session of its own, Ctrl-C reaches only the parent, which then ends the workers.
        self.process = subprocess.Popen([sys.executable, __file__, "--worker", str(folder)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        start_new_session=True)
        self.folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def check(self) -> None:
        """Make sure that it has imported the micrograd it was meant to."""
        imported = Path(self._answer()).resolve()
        if not imported.is_relative_to(self.folder.resolve()):
            fail(f"expected to import micrograd from {self.folder}, got {imported}", 2)

    def ask(self, *question):
        progress(" ".join(map(str, question)))
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self):
        if not (line := self.process.stdout.readline()):
            fail(f"the worker that imports micrograd from {self.folder} has ended early", 1)
        return json.loads(line)


# ── Finding the two packages ──────────────────────────────────────────────────────────────────────

def our_folder() -> Path:
    root = Path(__file__).resolve().parents[1]
    if (root / "micrograd" / "engine.py").is_file():
        return root
    if spec := importlib.util.find_spec("micrograd"):
        return Path(spec.origin).parents[1]
    fail("found no micrograd to measure, neither beside demos/ nor installed", 2)


def install_peer(folder: Path) -> None:
    """Have micrograd 0.1.0 in the folder, unless it is there already."""
    there = importlib.metadata.distributions(name="micrograd", path=[str(folder)])
    found = [distribution.version for distribution in there]
    if found == [VERSION]:
        return
    if found or (folder / "micrograd").exists():
        fail(f"{folder} holds a micrograd other than {VERSION}: give --peer another folder", 2)
    progress(f"installing {PEER}")
    pip = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                          "--target", str(folder), f"micrograd=={VERSION}"],
                         capture_output=True, text=True)
    if pip.returncode:
        reason = (pip.stderr.strip() or "it did not say why").splitlines()[-1]
        fail(f"pip cannot install {PEER} (--no-peer does without): {reason}", 2)


# ── The table ─────────────────────────────────────────────────────────────────────────────────────

def compare_steps(workers: dict, rounds: int, collector: bool) -> tuple[list, float | None]:
    """Rows of time a step, and how many times faster ours is on the last of them."""
    rows, faster = [], None
    for name in STEPS:
        seconds = {who: [] for who in workers}
        for _ in range(rounds):
            answers = {who: worker.ask("steps", name, collector) for who, worker in workers.items()}
            require_agreement(name, answers)
            for who, answer in answers.items():
                seconds[who].append(answer["seconds"])
        cells = [f"{significant(1000 * median(s))} ms" for s in seconds.values()]
        if PEER in workers:
            faster = median(b / a for a, b in zip(seconds[OURS], seconds[PEER]))
            cells.append(f"{faster:.1f}")
        rows.append((name, *cells))
    return rows, faster


def require_agreement(name: str, answers: dict) -> None:
    for losses in zip(*(answer["losses"] for answer in answers.values())):
        if not all(math.isclose(losses[0], loss, rel_tol=0, abs_tol=1e-9) for loss in losses):
            fail(f"the engines disagree about the loss of {name}: "
                 + ", ".join(f"{who} says {loss!r}" for who, loss in zip(answers, losses)), 1)


def compare_memory(workers: dict) -> tuple[list, float]:
    """Rows of memory, and the most bytes a node that ours takes."""
    rows, most = [], 0
    for name in STEPS:
        found = {who: worker.ask("memory", name) for who, worker in workers.items()}
        rows += [(f"memory of {name}",), row("nodes", [f["nodes"] for f in found.values()])]
        for when in ("forward", "backward"):
            a_node = {who: f[when] / f["nodes"] for who, f in found.items()}
            most = max(most, a_node[OURS])
            rows += [row(f"bytes a node after {when}", a_node.values()),
                     row(f"bytes in total after {when}", [f[when] for f in found.values()])]
    return rows, most


def row(label: str, numbers) -> tuple:
    """A row of the table: a number for each engine, and the ratio of the peer's to ours."""
    ours, *peers = numbers
    return (label, f"{ours:,.0f}", *(f"{peer:,.0f}" for peer in peers),
            *(f"{peer / ours:.1f}" for peer in peers))


def significant(number: float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:,.0f}"


def compare_chains(workers: dict, lengths: list[int]) -> tuple[list, float]:
    """Rows of chains, and the slowest time a node by the fastest."""
    best = dict.fromkeys(lengths, math.inf)
    for _ in range(3):
        for n in lengths:
            best[n] = min(best[n], workers[OURS].ask("chain_seconds", n))
    rows = [("time a node, in a chain y = y + x",)]
    rows += [(f"{n:,} operations", f"{significant(1e6 * best[n])} µs") for n in lengths]
    spread = max(best.values()) / min(best.values())
    rows.append(("slowest by fastest", f"{spread:.2f}"))
    if PEER in workers:
        rows.append(("longest chain that works", f"{lengths[-1]:,} or more",
                     f"{workers[PEER].ask('longest_chain'):,}"))
    return rows, spread


def compare_ways(workers: dict, rounds: int) -> tuple[list, dict]:
    """Rows of time a step in each way, and the seconds by task and way, one for each round."""
    rows, found = [], {}
    for task, ways in TASKS.items():
        asked = [(name, name, workers[OURS]) for name in ways]
        asked += [(PEER, ENGINE, workers[PEER])] if PEER in workers else []
        seconds = {label: [] for label, _, _ in asked}
        for _ in range(rounds):
            answers = {label: worker.ask("way_steps", task, name, 0.1)
                       for label, name, worker in asked}
            answers = {label: answer for label, answer in answers.items() if answer}
            require_agreement(task, answers)
            for label, answer in answers.items():
                seconds[label].append(answer["seconds"])
        rows.append((f"time a training step of {task}",))
        for label, times in seconds.items():
            rows.append((label, duration(median(times)), f"{ratio(times, seconds[JIT]):.2f}")
                        if times else (label, "not installed"))
        found[task] = seconds
    return rows, found


def ratio(times: list[float], others: list[float]) -> float:
    return median(a / b for a, b in zip(times, others))


def duration(seconds: float) -> str:
    return f"{significant(1e6 * seconds)} µs" if seconds < 1e-3 else \
        f"{significant(1e3 * seconds)} ms"


NETWORKS = [(2, [3, 1]), (10, [8, 1]), (2, [16, 16, 1]), (40, [45, 1]), (100, [100, 60, 1])]


def compare_compiling(workers: dict, networks: list) -> tuple[list, dict, float]:
    """Rows of time to compile, that by parameters, and the spread of the time an instruction."""
    rows, by_size, each = [("time to compile a network",)], {}, []
    for nin, nouts in networks:
        answers = [workers[OURS].ask("compile_seconds", nin, nouts) for _ in range(3)]
        best = min(answers, key=lambda answer: answer["seconds"])
        by_size[best["parameters"]] = best["seconds"]
        each.append(best["seconds"] / best["instructions"])
        rows.append((f"{best['instructions']:,} instructions", duration(best["seconds"]),
                     f"{1e6 * each[-1]:.1f} µs each"))
    return rows, by_size, max(each) / min(each)


def compiled_promises(seconds: dict, by_size: dict, networks: list, spread: float) -> list:
    small, large = seconds
    promises = [(f"compiled, at most 5 µs for {small}", median(seconds[small][JIT]) <= 5e-6,
                 duration(median(seconds[small][JIT])))]
    if PEER in seconds[large]:
        faster = ratio(seconds[large][PEER], seconds[large][JIT])
        promises.append((f"compiled, at least 500 times faster on {large}", faster >= 500,
                         f"{faster:.0f} times"))
    by_hand = ratio(seconds[large][JIT], seconds[large][HAND])
    return promises + [
        (f"compiled, at most 1.1 times as long as by hand on {large}", by_hand <= 1.1,
         f"{by_hand:.2f} times"),
        ("337 parameters compiled in at most 50 ms", by_size[337] <= 0.05,
         duration(by_size[337])),
        (f"an instruction takes as long to compile in {len(networks)} networks of all sizes, "
         "within a factor of 3", spread <= 3, f"a factor of {spread:.2f}")]


def compare_language_models(workers: dict, rounds: int, positions: int) -> tuple[list, str, bool]:
    """Rows of time a step, how much faster the compiled one is, and whether that is enough."""
    seconds = {how: [] for how in (NODES, DOT, COMPILED)}
    for _ in range(rounds):
        answers = {how: workers[OURS].ask("language_model_steps", how, positions)
                   for how in seconds}
        require_agreement("the language model", answers)
        for how, answer in answers.items():
            seconds[how].append(answer["seconds"])
    rows = [(f"time a training step of demos/gpt.py, on a name of {positions} positions",)]
    rows += [(how, f"{significant(1000 * median(s))} ms") for how, s in seconds.items()]
    times = {how: median(a / b for a, b in zip(seconds[NODES], seconds[how])) for how in seconds}
    figure = (f"{times[COMPILED]:.1f} times, after {answers[COMPILED]['making']:.1f} s of "
              f"compiling; {times[DOT]:.1f} times without")
    return rows, figure, times[COMPILED] >= 10


GRAPHS = [([2, 1], 1), ([16, 16, 1], 5), ([16, 16, 1], 500)]


def time_drawing(workers: dict, graphs: list) -> list:
    rows = [("draw a loss with its network",)]
    for nouts, samples in graphs:
        answers = [workers[OURS].ask("drawing", nouts, samples) for _ in range(3)]
        best = min(answers, key=lambda answer: answer["seconds"])
        rows.append((f"{best['values']:,} values", duration(best["seconds"]),
                     f"{best['bytes'] / 1000:,.0f} kB"))
    return rows


def measure(workers: dict, rounds: int, lengths: list[int]) -> tuple[list, list]:
    """The rows of the table, and the promises: what, whether it is kept, and the figure."""
    memory_rows, most = compare_memory(workers)         # first, and so the engines are warm
    step_rows, faster = compare_steps(workers, rounds, collector=True)
    # A graph of cycles, as closures make it, keeps the collector busy: show what that alone costs.
    bare_rows, bare = compare_steps(workers, rounds, collector=False)
    chain_rows, spread = compare_chains(workers, lengths)
    way_rows, seconds = compare_ways(workers, rounds)
    networks = NETWORKS if 10**6 in lengths else NETWORKS[:-1]
    compile_rows, by_size, compile_spread = compare_compiling(workers, networks)
    gpt_rows, gpt_figure, gpt_faster = compare_language_models(workers, min(rounds, 5),
                                                               16 if 10**6 in lengths else 8)
    draw_rows = time_drawing(workers, GRAPHS if 10**6 in lengths else GRAPHS[:-1])
    promises = []
    if PEER in workers:
        promises.append((f"at least 10 times faster on {list(STEPS)[-1]}", faster >= 10,
                         f"{faster:.1f} times; {bare:.1f} without Python's garbage collector"))
    promises += [("at most 200 bytes a node", most <= 200, f"{most:.0f} bytes"),
                 (f"chains up to {lengths[-1]:,} cost the same a node, within a factor of 2",
                  spread <= 2, f"a factor of {spread:.2f}"),
                 *compiled_promises(seconds, by_size, networks, compile_spread),
                 (f"a language model at least 10 times faster than with {NODES}", gpt_faster,
                  gpt_figure)]
    rows = [("time a training step",), *step_rows,
            ("the same, with Python's garbage collector off",), *bare_rows,
            *memory_rows, *chain_rows, *way_rows, *compile_rows, *gpt_rows, *draw_rows]
    return rows, promises


def show(names: list[str], rounds: int, rows: list, promises: list) -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} CPUs; "
          f"times of steps are medians of {rounds} rounds\n")
    show_row("", *names, *["ratio"] * (len(names) - 1))
    for label, *cells in rows:
        show_row(f"  {label}" if cells else f"\n{label}", *cells)
    if PEER in names:
        print("\nBoth engines computed the same losses.\n")
    else:
        print(f"\nWithout {PEER}, the promise to be faster than it is not measured.\n")
    for promise, kept, figure in promises:
        print(f"{'kept' if kept else 'NOT KEPT'}: {promise} ({figure})")


def show_row(label: str, *cells: str) -> None:
    widths = (20, 18, 9)
    print((f"{label:<32}" + "".join(f"{c:>{w}}" for c, w in zip(cells, widths))).rstrip())


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def progress(text: str = "") -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<60.60}\r", end="", file=sys.stderr, flush=True)


def fail(sentence: str, status: int) -> NoReturn:
    progress()
    print(f"benchmark.py: {sentence}", file=sys.stderr)
    sys.exit(status)


def count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return int(text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"Measure this engine and {PEER} side by side: time, memory and depth; and "
                    "steps compiled by jit beside steps by hand, by PyTorch and by JAX, where "
                    "these are installed.",
        epilog="Exit status: 0 whatever the figures, 1 if the engines disagree, "
               "2 for bad arguments or where the other package cannot be installed.")
    parser.add_argument("--quick", action="store_true", help="3 rounds, chains up to 100,000")
    parser.add_argument("--rounds", type=count, metavar="N",
                        help="rounds of each training step (15)")
    peer = parser.add_mutually_exclusive_group()
    peer.add_argument("--peer", type=Path, metavar="FOLDER",
                      help=f"where {PEER} is, or is to be installed (a temporary folder)")
    peer.add_argument("--no-peer", action="store_true", help="measure this engine alone")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.worker:
        return work(options.worker)
    with ExitStack() as stack:
        folders = {OURS: our_folder()}
        if not options.no_peer:
            folders[PEER] = options.peer or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            install_peer(folders[PEER])
        workers = {who: stack.enter_context(Worker(folder)) for who, folder in folders.items()}
        for worker in workers.values():
            worker.check()
        rounds = options.rounds or (3 if options.quick else 15)
        rows, promises = measure(workers, rounds, [10**4, 10**5] + [10**6] * (not options.quick))
        progress()
        show(list(workers), rounds, rows, promises)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; the workers have been ended", 130)
