"""How fast is a training step? A picture of what `benchmark.py` measures of two small networks.

You will see the same step in many ways, with the same losses: by micrograd 0.1.0, by this engine, by
the programs that `jit` writes in Python and in C, by hand, and, where they are installed, by PyTorch
and JAX, made for networks that are a million times larger. It takes about a minute.
"""

import argparse
import importlib.metadata
import pathlib
import sys
import tempfile
from contextlib import ExitStack

import benchmark
import command_line
from benchmark import OURS, PEER, VERSION, Worker, duration
from command_line import COLOURS, positive
from training_steps import ENGINE, HAND, JIT, JIT_C, MODULES, TRAIN

OWN = {ENGINE: "this engine, node by node", JIT: "jit, to Python", JIT_C: "jit, to C",
       TRAIN: "jit, to C, many steps a call", HAND: "Python by hand", PEER: f"micrograd {VERSION}"}


def called(way: str) -> str:
    """What a way is called, with the version of what is not ours."""
    return OWN.get(way) or f"{way} {importlib.metadata.version(MODULES[way])}"


def measured(peer: pathlib.Path | None, rounds: int) -> dict[str, dict[str, float]]:
    """The seconds of a step at best, by task and way, the slowest first: a busy machine only adds."""
    with ExitStack() as stack:
        peer = peer or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        benchmark.install_peer(peer)
        workers = {who: stack.enter_context(Worker(folder))
                   for who, folder in ((OURS, benchmark.our_folder()), (PEER, peer))}
        for worker in workers.values():
            worker.check()
        _, found = benchmark.compare_ways(workers, rounds)
    benchmark.progress()
    return {task: dict(sorted([(called(way), min(times)) for way, times in ways.items() if times],
                              key=lambda one: -one[1])) for task, ways in found.items()}


def paint(figure, found: dict) -> None:
    """A bar for each way, as long as the logarithm of its time."""
    plots = figure.subplots(len(found), 1, squeeze=False)[:, 0]
    for axes, (task, ways) in zip(plots, found.items()):
        left = 10 ** -6.5
        for i, (name, seconds) in enumerate(ways.items()):
            colour = COLOURS[1] if "jit" in name or "this engine" in name else "#8A8A8A"
            axes.barh(i, seconds - left, left=left, color=colour, height=0.7)
            axes.text(seconds * 1.15, i, duration(seconds), va="center")
        axes.set(xscale="log", xlim=(left, 60), yticks=range(len(ways)), yticklabels=ways)
        axes.set_xticks([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1],
                        ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"])
        axes.invert_yaxis()
        axes.grid(axis="x", color="#E6E6E6")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_title(f"A training step of {task}", loc="left")
    axes.set_xlabel("each line is ten times the one before it")


def tell(args: argparse.Namespace) -> None:
    found = measured(args.peer, args.rounds)
    for task, ways in found.items():
        print(f"A training step of {task}:")
        for name, seconds in ways.items():
            print(f"  {name:30}{duration(seconds):>10}")
    print(command_line.draw(args.out / "speed.svg", (9, 6.4), font=12,
                            paint=lambda figure: paint(figure, found)))


def main() -> int:
    parser = command_line.parser(__doc__)
    parser.add_argument("--rounds", type=positive(int), default=15, metavar="N",
                        help="of which the fastest counts (default: %(default)s)")
    parser.add_argument("--peer", type=pathlib.Path, metavar="FOLDER",
                        help=f"where {PEER} is, or is to be installed (a temporary folder)")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
