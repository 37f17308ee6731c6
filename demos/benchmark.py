"""How fast, how small, how deep: this engine beside micrograd 0.1.0 from the package registry.

    python demos/benchmark.py                   # a minute or so; --quick takes seconds

You will learn here what a node of the graph costs, in time and in memory, and how to compare two
programs fairly on a noisy machine: the same work, from the same random numbers, with results that
must agree; in turns (A B A B), so that noise hits both alike; and quoted as medians. Only where a
promise is in microseconds does the fastest round count: what else the machine does only adds to it.
Which Python runs it matters, too: one that pyenv builds takes a fifth longer than the same version
built with `--enable-optimizations`, as those of python.org and of Linux distributions are.

Both packages are called `micrograd`, so each is imported by a process of its own, a *worker*. The
workers run `measures.py`; here is what their parent asks of them, and what it makes of the answers.
Beside both packages there are the engines of `peers.py`, and the ways of `training_steps.py`.
micrograd-rust from PyPI is not among them: `cargo metadata` failed when pip was to build it here.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NoReturn

from measures import (BARE, BAREST, CAREFUL, COMPILED, COMPILED_C, DOT, LARGE, NODES, OURS_DOT,
                      OURS_VALUE, OWN, SMALL, UNMARKED, USUAL, WORDS)
from training_steps import ENGINE, HAND, JIT, MODULES, TASKS, TRAIN

VERSION = "0.1.0"
OURS, PEER = "this engine", f"micrograd {VERSION}"
PROMISED = 199e-6                               # the small step of 0.1.0 where µs were promised
MEASURES = Path(__file__).with_name("measures.py")


# ── The workers ───────────────────────────────────────────────────────────────────────────────────

class Worker:
    """A process that has imported the micrograd of one folder; it ends with the `with` block."""

    def __init__(self, folder: Path):
        # In a session of its own, Ctrl-C reaches only the parent, which then ends the workers.
        self.process = subprocess.Popen([sys.executable, str(MEASURES), str(folder)],
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

def compare_steps(workers: dict, rounds: int, collector: bool) -> tuple[list, dict]:
    """Rows of time a step, and the seconds by task and engine, one for each round."""
    rows, found = [], {}
    for name in (SMALL, LARGE):
        seconds = take_turns(name, rounds, {
            **{who: (worker, "steps", name, collector) for who, worker in workers.items()},
            BARE: (workers[OURS], "steps", name, collector, BARE)})
        cells = [duration(median(seconds[who])) for who in workers]
        if PEER in workers:
            cells.append(f"{ratio(seconds[PEER], seconds[OURS]):.2f}")
        rows += [(name, *cells), (f"  {BARE}", duration(median(seconds[BARE])))]
        if PEER in workers and (name, collector) == (SMALL, True):
            rows.append(("  where µs were promised", "", duration(PROMISED)))
        found[name] = seconds
    return rows, found


def take_turns(what: str, rounds: int, questions: dict) -> dict:
    """Ask each question once a round, and return the seconds of all rounds: those who cannot answer
    have none. All must agree about the losses."""
    seconds = {who: [] for who in questions}
    for _ in range(rounds):
        answers = {who: worker.ask(*question) for who, (worker, *question) in questions.items()}
        answers = {who: answer for who, answer in answers.items() if answer}
        require_agreement(what, answers)
        for who, answer in answers.items():
            seconds[who].append(answer["seconds"])
    return seconds


def step_promises(seconds: dict, bare: dict) -> list:
    """What is promised beside micrograd 0.1.0, with the garbage collector and (`bare`) without."""
    small, large, without = [ratio(found[PEER], found[OURS])
                             for found in (seconds[SMALL], seconds[LARGE], bare[LARGE])]
    return [at_least(1.5, f"times faster on {SMALL}", small),
            at_least(20, f"times faster on {LARGE}", large),
            at_least(2.5, f"times faster on {LARGE}, without Python's garbage collector", without)]


def compare_marks(workers: dict, rounds: int) -> tuple[list, list]:
    """Rows and the promise of what it costs to mark which module returned a value."""
    marked, bare = zip(*workers[OURS].ask("marked_and_not", rounds))
    more = 100 * (ratio(marked, bare) - 1)
    rows = [(f"  {UNMARKED}", duration(median(bare)))]
    return rows, [(f"marks slow a training step of {LARGE} by at most 3 %", more <= 3,
                   f"{more:.1f} %")]


def at_least(least: float, what: str, number: float) -> tuple:
    return f"at least {least:g} {what}", number >= least, f"{number:.2f}"


def require_agreement(name: str, answers: dict) -> None:
    for losses in zip(*(answer["losses"] for answer in answers.values())):
        if not all(math.isclose(losses[0], loss, rel_tol=0, abs_tol=1e-9) for loss in losses):
            fail(f"the engines disagree about the loss of {name}: "
                 + ", ".join(f"{who} says {loss!r}" for who, loss in zip(answers, losses)), 1)


def compare_memory(workers: dict) -> tuple[list, float]:
    """Rows of memory, and the most bytes a node that ours takes."""
    rows, most = [], 0
    for name in (SMALL, LARGE):
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


def compare_growth(workers: dict, count: int) -> tuple[list, list]:
    """Rows and the promise of what a long training leaves behind."""
    left = workers[OURS].ask("growth", count)
    return ([(f"left by {count:,} steps", f"{left:,} bytes")],
            [(f"{count:,} steps leave nothing behind (less than a byte a step)", left < count,
              f"{left:,} bytes")])


def compare_chains(workers: dict, lengths: list[int]) -> tuple[list, list]:
    """Rows and the promise of chains: a node costs the same in all of them."""
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
    return rows, [(f"chains up to {lengths[-1]:,} cost the same a node, within a factor of 2",
                   spread <= 2, f"a factor of {spread:.2f}")]


def compare_ways(workers: dict, rounds: int) -> tuple[list, dict]:
    """Rows of time a step in each way, and the seconds by task and way, one for each round."""
    rows, found = [], {}
    for task, ways in TASKS.items():
        asked = {name: (workers[OURS], "way_steps", task, name, 0.1) for name in ways}
        if PEER in workers:
            asked[PEER] = workers[PEER], "way_steps", task, ENGINE, 0.1
        seconds = take_turns(task, rounds, asked)
        rows.append((f"time a training step of {task}",))
        for label, times in seconds.items():
            rows.append((label, duration(median(times)), f"{ratio(times, seconds[JIT]):.2f}")
                        if times else (label, "not installed"))
        found[task] = seconds
    return rows, found


def compare_well_known(workers: dict, rounds: int, count: int) -> tuple[list, list]:
    """Rows and promises of the well-known GPT of 200 lines, by its own class and by ours."""
    seconds = take_turns("the well-known GPT", rounds, {
        how: (workers[OURS], "well_known_steps", how, count)
        for how in (OWN, OURS_VALUE, OURS_DOT)})
    faster = {how: ratio(seconds[OWN], times) for how, times in seconds.items()}
    rows = [("time a training step of a GPT in the style of the well-known 200 lines",)]
    rows += [(how, duration(median(times)), f"{faster[how]:.2f}") for how, times in seconds.items()]
    return rows, [at_least(1.5, f"times faster {OURS_VALUE} than {OWN}", faster[OURS_VALUE]),
                  at_least(8, f"times faster {OURS_DOT}", faster[OURS_DOT])]


def compare_around(workers: dict, rounds: int) -> tuple[list, list]:
    """Rows and promises of what stands around a compiled step: the user's loop, the optimiser."""
    loops = [[workers[OURS].ask("user_loop", how, 0.05) for how in (USUAL, CAREFUL, BAREST)]
             for _ in range(rounds)]
    loop, careful, barest = map(min, zip(*loops))
    adam = take_turns("Adam", rounds, {former: (workers[OURS], "adam_steps", former)
                                       for former in (False, True)})
    faster = ratio(adam[True], adam[False])
    rows = [("around a compiled step",),
            ("zero_grad, step, update of nine", duration(loop)),
            (f"  {CAREFUL}", duration(careful)),
            (f"  {BAREST}", duration(barest)),
            ("Adam over 4,000 parameters", duration(median(adam[False])), f"{faster:.2f}"),
            ("  as it was before", duration(median(adam[True])))]
    return rows, [("zero_grad, a compiled step and the update of nine parameters in at most 10 µs",
                   loop <= 10e-6, f"{duration(loop)}; {duration(careful)} by {CAREFUL}, "
                                  f"{duration(barest)} by {BAREST}"),
                  at_least(2, "times faster with Adam than before", faster)]


def ratio(times: list[float], others: list[float]) -> float:
    return median(a / b for a, b in zip(times, others))


def duration(seconds: float) -> str:
    return f"{significant(1e6 * seconds)} µs" if seconds < 1e-3 else \
        f"{significant(1e3 * seconds)} ms"


NETWORKS = [(2, [3, 1]), (10, [8, 1]), (2, [16, 16, 1]), (40, [45, 1]), (100, [100, 60, 1])]


def compare_compiling(workers: dict, networks: list, language: str) -> tuple[list, dict, list]:
    """Rows of time to compile to a language, that by parameters, and that of an instruction."""
    rows, by_size, each = [(f"time to compile a network to {language.capitalize()}",)], {}, []
    for nin, nouts in networks:
        answers = [workers[OURS].ask("compile_seconds", nin, nouts, language) for _ in range(3)]
        best = min(answers, key=lambda answer: answer["seconds"])
        by_size[best["parameters"]] = best["seconds"]
        each.append(best["seconds"] / best["instructions"])
        rows.append((f"{best['instructions']:,} instructions", duration(best["seconds"]),
                     f"{1e6 * each[-1]:.1f} µs each"))
    return rows, by_size, each


def compare_compiled(workers: dict, rounds: int, networks: list) -> tuple[list, list]:
    """Rows and promises of compiled steps, and of compiling them."""
    rows, seconds = compare_ways(workers, rounds)
    careful = min([workers[OURS].ask("user_loop", CAREFUL, 0.05) for _ in range(rounds)])
    to_python, by_size, each = compare_compiling(workers, networks, "python")
    to_c, _, each_in_c = compare_compiling(workers, networks, "c")
    # Starting a C compiler takes its time, whatever it compiles; so only growth counts there.
    growth = max([later / earlier for i, earlier in enumerate(each_in_c)
                  for later in each_in_c[i:]])
    return rows + to_python + to_c, [
        *compiled_promises(seconds, careful, by_size, networks, max(each) / min(each)),
        ("to C, no instruction takes more than 3 times as long to compile as in a smaller network",
         growth <= 3, f"{growth:.2f} times")]


def compiled_promises(seconds: dict, careful: float, by_size: dict, networks: list,
                      spread: float) -> list:
    small, large = seconds
    best = min(seconds[small][JIT])
    promises = [(f"compiled to Python, at most 5 µs for {small}", best <= 5e-6,
                 f"{duration(best)}; {duration(careful)} by {CAREFUL}, "
                 f"{duration(min(seconds[small][HAND]))} by hand")]
    if PEER in seconds[large]:
        faster = ratio(seconds[large][PEER], seconds[large][JIT])
        promises.append((f"compiled, at least 500 times faster on {large}", faster >= 500,
                         f"{faster:.0f} times"))
        faster = ratio(seconds[large][PEER], seconds[large][TRAIN])
        promises.append((f"in C, at least 12,000 times faster on {large}", faster >= 12_000,
                         f"{faster:,.0f} times"))
    promises += [(f"in C, at least {least} times as fast as {who} on {task}", faster >= least,
                  f"{faster:.2f} times")
                 for task, who, least in ((large, "JAX", 1), (large, "PyTorch", 4), (small, "JAX", 10))
                 if seconds[task][who]
                 for faster in [ratio(seconds[task][who], seconds[task][TRAIN])]]
    by_hand = ratio(seconds[large][JIT], seconds[large][HAND])
    return promises + [
        (f"compiled, at most 1.1 times as long as by hand on {large}", by_hand <= 1.1,
         f"{by_hand:.2f} times"),
        ("337 parameters compiled in at most 50 ms", by_size[337] <= 0.05,
         duration(by_size[337])),
        (f"an instruction takes as long to compile in {len(networks)} networks of all sizes, "
         "within a factor of 3", spread <= 3, f"a factor of {spread:.2f}")]


def compare_language_models(workers: dict, rounds: int, positions: int) -> tuple[list, list]:
    """Rows and the promise of time a step of the language model, by nodes and compiled."""
    making = {how: workers[OURS].ask("language_model_steps", how, positions)["making"]
              for how in (NODES, DOT, COMPILED, COMPILED_C)}     # now all have made as many steps
    seconds = take_turns("the language model", rounds, {
        how: (workers[OURS], "language_model_steps", how, positions) for how in making})
    rows = [(f"time a training step of demos/gpt.py, on a name of {positions} positions",)]
    rows += [(how, duration(median(times))) for how, times in seconds.items()]
    faster = ratio(seconds[NODES], seconds[COMPILED])
    # As demos/gpt.py trains: many steps in one call.
    many = take_turns("many steps of the language model", rounds, {
        how: (workers[OURS], "language_model_steps", how, positions, 200)
        for how in (COMPILED, COMPILED_C)})
    rows += [(f"{how}, 200 in one call", duration(median(times))) for how, times in many.items()]
    in_c = ratio(many[COMPILED], many[COMPILED_C])
    return rows, [(f"a language model compiled, at least 10 times faster than with {NODES}",
                   faster >= 10, f"{faster:.1f} times, after {making[COMPILED]:.1f} s of compiling; "
                                 f"{ratio(seconds[NODES], seconds[DOT]):.1f} times with {DOT}"),
                  ("a language model in C, Adam included, at least 30 times faster than compiled to "
                   "Python", in_c >= 30, f"{in_c:.1f} times, after {making[COMPILED_C]:.1f} s")]


GRAPHS = [([2, 1], 1), ([16, 16, 1], 5), ([16, 16, 1], 500)]


def time_drawing(workers: dict, graphs: list) -> list:
    rows = [("draw a loss with its network",)]
    for nouts, samples in graphs:
        answers = [workers[OURS].ask("drawing", nouts, samples) for _ in range(3)]
        best = min(answers, key=lambda answer: answer["seconds"])
        rows.append((f"{best['values']:,} values", duration(best["seconds"]),
                     f"{best['bytes'] / 1000:,.0f} kB"))
    return rows


def measure(workers: dict, rounds: int, quick: bool) -> tuple[list, list]:
    """The rows of the table, and the promises: what, whether it is kept, and the figure."""
    memory_rows, most = compare_memory(workers)         # first, and so the engines are warm
    step_rows, seconds = compare_steps(workers, rounds, collector=True)
    # A graph of cycles, as closures make it, keeps the collector busy: show what that alone costs.
    bare_rows, bare = compare_steps(workers, rounds, collector=False)
    mark_rows, promises = compare_marks(workers, 4 * rounds)
    if PEER in workers:
        promises = step_promises(seconds, bare) + promises
    rows = [("time a training step",), *step_rows, *mark_rows,
            ("the same, with Python's garbage collector off",), *bare_rows]
    for more, promised in (
            compare_well_known(workers, min(rounds, 5), 2 if quick else len(WORDS)),
            compare_around(workers, rounds),
            (memory_rows, [("at most 184 bytes a node", most <= 184, f"{most:.0f} bytes")]),
            compare_growth(workers, 1000 if quick else 10_000),
            compare_chains(workers, [10**4, 10**5] if quick else [10**4, 10**5, 10**6]),
            compare_compiled(workers, rounds, NETWORKS[:-1] if quick else NETWORKS),
            compare_language_models(workers, min(rounds, 5), 8 if quick else 16),
            (time_drawing(workers, GRAPHS[:-1] if quick else GRAPHS), [])):
        rows += more
        promises += promised
    return rows, promises


WHY = """
Around a compiled step, the barest loop looks at nothing, and Ctrl-C may come between its gradients.
The barest that is careful looks at samples, parameters and gradients as jit must in each call, and
sets all gradients at once. A user's loop takes longer than that because zero_grad() goes through the
whole model for its parameters, and jit looks for the program that fits the samples."""


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
    for who, module in MODULES.items():
        if not importlib.util.find_spec(module):
            print(f"{who} is not installed here: what is promised beside it is not measured.\n")
    for promise, kept, figure in promises:
        print(f"{'kept' if kept else 'NOT KEPT'}: {promise} ({figure})")
    print(WHY)


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
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with ExitStack() as stack:
        folders = {OURS: our_folder()}
        if not options.no_peer:
            folders[PEER] = options.peer or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            install_peer(folders[PEER])
        workers = {who: stack.enter_context(Worker(folder)) for who, folder in folders.items()}
        for worker in workers.values():
            worker.check()
        rounds = options.rounds or (3 if options.quick else 15)
        rows, promises = measure(workers, rounds, options.quick)
        progress()
        show(list(workers), rounds, rows, promises)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; the workers have been ended", 130)
