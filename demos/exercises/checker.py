"""Whether exercises are right, and if not, what is wrong: for the command and for pytest.

Each learner's file runs in a process of its own (`worker.py`), which is stopped after a few
seconds.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from files import needs, original, title
from yours import HERE

SECONDS = 5                                     # for one exercise
FINISH_SECONDS = 60                             # for what a right answer is rewarded with


@dataclass
class Result:
    exercise: str
    state: str                                  # right, wrong, untouched or waiting
    lines: list[str] = field(default_factory=list)
    note: str = ""                              # what else there is to tell of a right answer
    printed: str = ""                           # what the learner's code printed

    @property
    def right(self) -> bool:
        return self.state == "right"

    @property
    def number(self) -> int:
        return int(self.exercise[:2])


class Checker:
    """Checks the exercises in a folder; each but once, for others may build on it.

    `seed` chooses the points that are tried, by chance unless it is given. `out` is a folder for
    pictures, if any are wanted. As many are checked at the same time as there are processors.
    """

    def __init__(self, folder: pathlib.Path = HERE, seed: int | None = None, out=None,
                 seconds: float = SECONDS):
        self.folder = pathlib.Path(folder).resolve()
        self.seed = random.randrange(10 ** 6) if seed is None else seed
        self.out = out
        self.seconds = seconds
        self.pool = ThreadPoolExecutor(os.cpu_count())
        self.begun = {}

    def check(self, exercise: str) -> Result:
        return self.begin(exercise).result()

    def begin(self, exercise: str) -> Future:
        """Check it some time soon. Those it builds on go before, so that none waits for ever."""
        if exercise not in self.begun:
            for earlier in needs(exercise):
                self.begin(earlier)
            self.begun[exercise] = self.pool.submit(self._check, exercise)
        return self.begun[exercise]

    def _check(self, exercise: str) -> Result:
        path = self.folder / f"{exercise}.py"
        try:
            source = path.read_text("utf-8-sig")
        except FileNotFoundError:
            return Result(exercise, "wrong", [
                f"{path.name} is missing. `--reset {int(exercise[:2])}` puts it back."])
        except (OSError, UnicodeDecodeError) as error:
            return Result(exercise, "wrong", [f"{path.name} cannot be read: {error}."])
        for earlier in needs(exercise):
            if not self.begun[earlier].result().right:
                return Result(exercise, "waiting", [
                    f"It builds on {earlier}.py, which is not right yet. Solve that first."])
        if source == original(exercise):
            line = source[:source.index("...", source.index("# >>> your code"))].count("\n") + 1
            return Result(exercise, "untouched", [
                f"Nothing is written yet. Open {path.name}, read the lesson at the top, and",
                f"put your code in the place of the `...` in line {line}."])
        return self._run(exercise)

    def _run(self, exercise: str) -> Result:
        told = self._work(exercise, self.seconds)
        note = ""
        if told["right"] and told["finish"] and self.out:
            note = "\n".join(self._work(exercise, FINISH_SECONDS, finish=True)["lines"])
        return Result(exercise, "right" if told["right"] else "wrong", told["lines"], note,
                      told["printed"])

    def _work(self, exercise: str, seconds: float, finish: bool = False) -> dict:
        """What the worker reports, or what is to be said when it does not."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as private:
            report = pathlib.Path(private, "report")
            job = {"exercise": exercise, "folder": str(self.folder), "seed": self.seed,
                   "out": self.out and str(self.out), "seconds": seconds, "finish": finish,
                   "report": str(report)}
            command = [sys.executable, str(HERE / "worker.py"), json.dumps(job)]
            try:
                # The worker stops by itself. It cannot where Python is deep in one huge product.
                code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, timeout=seconds + 3).returncode
                died = [f"Your code ended the whole process (exit code {code}) before it was "
                        "checked.", "Is there an os._exit(), or a recursion without an end?"]
            except subprocess.TimeoutExpired:
                died = [f"After {seconds:g} seconds your code was still running, and was stopped. "
                        "Are the numbers huge?"]
            try:
                return json.loads(report.read_text("utf-8"))
            except (OSError, ValueError):
                return {"right": False, "lines": died, "printed": "", "finish": False}


def describe(result: Result) -> str:
    """The result in a few lines: the heading, and what is wrong."""
    heading = f"{result.number} · {title(result.exercise)}"
    lines = ["Right."] if result.right else ["", *result.lines]
    if result.note:
        lines += ["", *result.note.splitlines()]
    if result.printed.strip():
        lines += ["", "Your code printed:", *result.printed.rstrip().splitlines()[:20]]
    return "\n".join([heading, *[fitted(line) for line in lines]])


def fitted(line: str) -> str:
    """A line within 100 columns, indented; of code and numbers, what follows is deeper."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line.strip(), 100, initial_indent=indent, subsequent_indent=indent * 2
                         if len(indent) > 2 else indent, break_long_words=False,
                         break_on_hyphens=False, drop_whitespace=True)
