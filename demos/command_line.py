"""What the demos share: how a command takes options, shows its progress, writes files and ends.

No lesson about networks is in here, but one about programs that people run. Such a program explains
itself on `--help`; it shows how far it is; it writes a file whole or not at all; it says in one
sentence what went wrong; and its exit status tells other programs how it ended: 0 well, 1 the work
failed, 2 it was asked for something impossible, 130 stopped by Ctrl-C.

A demo is a function `tell(args)` and, at its end:

    def main() -> int:
        parser = command_line.parser(__doc__, seed=1)
        parser.add_argument("--steps", type=positive(int), default=100)
        return command_line.run(tell, parser)
"""

import argparse
import contextlib
import importlib
import io
import json
import math
import os
import pathlib
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import TextIO

try:
    importlib.import_module("micrograd.player")
except ImportError as missing:                  # another package may have the name micrograd
    sys.exit(f"The demos need the package micrograd of this repository ({missing}).\n"
             "In its folder, run: python3 -m venv .venv && .venv/bin/pip install -q -e .\n"
             f"and then: .venv/bin/python {' '.join(sys.argv)}")

native = importlib.import_module("micrograd.compiler.native")
files = importlib.import_module("micrograd.ground.files")

# Okabe and Ito's colours, which do not depend on telling red from green.
COLOURS = ["#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
PORTION = 0.05                                  # seconds, about, of training in one go


# ── Options ───────────────────────────────────────────────────────────────────────────────────────

def parser(doc: str, seed: int | None = None, out: bool = True) -> argparse.ArgumentParser:
    """A parser that shows the demo's docstring, with `--seed`, given its default, and `--out`."""
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    if seed is not None:
        parser.add_argument("--seed", type=int, default=seed, metavar="N",
                            help="the seed of the random numbers (default: %(default)s)")
    if out:
        parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"),
                            metavar="FOLDER", help="where files go (default: %(default)s)")
    return parser


def positive(kind: Callable) -> Callable:
    """An option's type: a finite number above 0, an int or a float as `kind` says."""
    return _number(kind, "above 0", lambda number: number > 0)


def non_negative(kind: Callable) -> Callable:
    """An option's type: a finite number of 0 or more."""
    return _number(kind, "of 0 or more", lambda number: number >= 0)


def add_jit(parser: argparse.ArgumentParser) -> None:
    """`--jit`: then `args.language` is what to compile the training step to, or None for off, and
    `args.jit` is what was asked for."""
    parser.add_argument("--jit", choices=["c", "python", "off"], nargs="?", const="python",
                        help="compile the training step to this language, or, with off, build its "
                             "graph anew at each step (default: c where there is a C compiler, "
                             "otherwise python)")


def _fastest() -> str:
    """The fastest language that this machine can compile to."""
    try:
        native.compiler()
    except native.NoCompiler:
        return "python"
    return "c"


def _number(kind, accepted, holds):
    def parse(text):
        number = kind(text)
        if not (holds(number) and number < math.inf):
            raise argparse.ArgumentTypeError(f"expected a number {accepted}, got {text}")
        return number
    parse.__name__ = kind.__name__              # argparse writes "invalid int value"
    return parse


# ── How a command ends ────────────────────────────────────────────────────────────────────────────

class BadInput(Exception):
    """What was asked for cannot be done: a bad file, options that exclude each other."""


class Failed(Exception):
    """The work was begun and could not be finished."""


def run(tell: Callable, parser: argparse.ArgumentParser,
        stopped: str = "Stopped before the end.") -> int:
    """Parse the options, `tell(args)`, and return the exit status.

    The folder of `--out` is tried first: who cannot write there should not work for minutes.
    `stopped` is the sentence for Ctrl-C; a KeyboardInterrupt raised with a sentence of its own,
    by a demo that has saved something, comes before it.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")    # for terminals that cannot show a dot in the middle
    args = parser.parse_args()
    if "jit" in args:
        args.language = None if args.jit == "off" else args.jit or _fastest()
    try:
        if "out" in args:
            require_folder(args.out)
        tell(args)
        sys.stdout.flush()
    except BrokenPipeError:                     # whoever was reading has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (BadInput, OSError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print("\n" + (str(interrupt) or stopped), file=sys.stderr)
        return 130
    return 0


@contextlib.contextmanager
def interrupts():
    """Note Ctrl-C in a list instead of stopping amid a step; the second time, stop at once."""
    noted = []

    def note(*signal_and_frame):
        noted.append(signal_and_frame)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


# ── Progress ──────────────────────────────────────────────────────────────────────────────────────

def progress(steps: range, unit: str = "step"):
    """Go through a range of steps and show how far it is: `for step in progress(range(100)):`.

    In a terminal that is tqdm's bar, elsewhere ten plain lines. Both take `set_postfix_str`, which
    says what stands beside the count:

        steps = progress(range(100))
        for step in steps:
            steps.set_postfix_str("loss 0.25", refresh=False)
    """
    if sys.stderr.isatty():
        try:
            from tqdm import tqdm
        except ImportError:
            print("Plain lines instead of a progress bar, which needs tqdm: pip install tqdm")
        else:
            sys.stdout.flush()
            return tqdm(steps, initial=steps.start, total=steps.stop, leave=False,
                        dynamic_ncols=True, unit=unit)
    return Lines(steps, unit)


@contextlib.contextmanager
def reading(file: TextIO):
    """The lines of an open file: `with reading(file) as lines:`.

    Of a file of more than a megabyte, a bar in a terminal shows how much is read.
    """
    size = os.fstat(file.fileno()).st_size
    try:
        from tqdm import tqdm
    except ImportError:
        size = 0
    if size < 2 ** 20 or not sys.stderr.isatty():
        yield file
        return
    with tqdm(total=size, leave=False, dynamic_ncols=True, unit="B", unit_scale=True) as bar:
        def lines():
            for line in file:
                yield line
                bar.update(len(line))
        yield lines()


class Lines:
    """The plain lines: after every tenth of the steps, and where that takes long, every 10 s."""

    def __init__(self, steps: range, unit: str):
        self.steps = steps
        self.unit = unit
        self.postfix = ""

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        self.postfix = text

    def __iter__(self) -> Iterator[int]:
        last, every = self.steps.stop, max(1, len(self.steps) // 10)
        begun = shown = time.monotonic()
        for count, step in enumerate(self.steps, 1):
            yield step
            now = time.monotonic()
            if count % every == 0 or now - shown > 10 or step + 1 == last:
                left = (now - begun) / count * (last - step - 1)
                words = [f"  {self.unit} {step + 1:{len(str(last))}} of {last}", self.postfix,
                         f"{left:.0f} s left" if left > 2 else ""]
                print("   ".join(filter(None, words)), flush=True)
                shown = now


def portions(learn: Callable[[int], list[float]], steps: range,
             say: Callable[[float], str] = "loss {:.4f}".format) -> Iterator[list[float]]:
    """Let `learn(count)` make steps of training and return their losses; yields those.

    What `jit.train` makes in one go is fastest, and what is shown, saved and stopped between is
    not: so a portion is as many steps as take about `PORTION` seconds.
    """
    losses, count, made = [], 1, 0
    for _ in (bar := progress(steps)):
        if not losses:
            begun = time.monotonic()
            portion = learn(min(count, len(steps) - made))
            count *= 1 + (time.monotonic() - begun < PORTION)
            made += len(portion)
            losses = portion[::-1]
        bar.set_postfix_str(say(losses.pop()), refresh=False)
        if not losses:
            yield portion


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────

def require_folder(folder: pathlib.Path) -> None:
    """Make the folder, unless it is there. Raises BadInput if no file can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BadInput(f"--out {folder}: expected a folder that files can be written to "
                       f"({error.strerror})") from None


def write(path: pathlib.Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, text.encode())


def leave(path, what: str, make: Callable) -> str:
    """Make a file by `make(path)`; returns a line or two that say where it is, or why it is not."""
    path = pathlib.Path(path)
    try:
        make(path)
    except (ImportError, RuntimeError, ValueError) as error:
        return f"  {path.name}, {what}, is left out:\n{error}"
    return f"  {path}\n      {what}"


def read_json(path: pathlib.Path):
    """What a JSON file holds. Raises BadInput, with the file's name, if it cannot be read."""
    try:
        if path.exists() and not path.is_file():    # a pipe would be waited for
            raise BadInput(f"{path}: expected a file")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not a JSON file, or a damaged one ({error})") from None


DARK = b"@media (prefers-color-scheme: dark) {svg {filter: invert(.94) hue-rotate(180deg)}}"


def draw(path: pathlib.Path, size: tuple[float, float], paint: Callable, font: int = 11) -> str:
    """Draw a picture by `paint(figure)`, a matplotlib Figure of this size in inches.

    Returns a sentence that says where the picture is, or why there is none. The same curves
    give the same file, byte by byte.
    """
    try:
        import matplotlib.style
        from matplotlib.figure import Figure
    except ImportError:
        return "The picture is left out, because it needs matplotlib: pip install matplotlib"
    style = {"svg.hashsalt": "micrograd", "font.size": font}
    with matplotlib.style.context(["default", style]):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=path.suffix[1:], metadata={"Date": None, "Creator": None})
        path.parent.mkdir(parents=True, exist_ok=True)
        # In dark surroundings dark and light change places, and colours stay.
        files.write(path, drawn.getvalue().replace(b"</style>", DARK + b"</style>", 1))
    return f"The picture is drawn in {path}"


if __name__ == "__main__":
    print("By itself this file does nothing: the other demos use it. Run one, such as xor.py.")
