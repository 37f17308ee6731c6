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

from files import HANDED_OUT, HERE, PROGRAM, needs, original, this_command, title

SECONDS = 5                                     # for one exercise
FINISH_SECONDS = 60                             # for what a right answer is rewarded with


@dataclass
class Result:
    exercise: str
    # right, wrong, missing, untouched, or waiting: right by itself, but not what it builds on
    state: str
    lines: list[str] = field(default_factory=list)
    note: str = ""                              # what else there is to tell of a right answer
    printed: str = ""                           # what the learner's code printed
    why: str = ""                               # why it matters

    @property
    def right(self) -> bool:
        return self.state in ("right", "waiting")

    @property
    def number(self) -> int:
        return int(self.exercise[:2])


class Checker:
    """Checks the exercises in a folder; each but once, for others may build on it.

    `seed` chooses the points that are tried, by chance unless it is given. `out` is a folder for
    pictures, if any are wanted, and those only that are not there unless `again`. As many are checked at the same time as there are processors.
    """

    def __init__(self, folder: pathlib.Path = HERE, seed: int | None = None, out=None,
                 seconds: float = SECONDS, again: bool = True):
        self.folder = pathlib.Path(folder).resolve()
        self.seed = random.randrange(10 ** 6) if seed is None else seed
        self.out = out
        self.seconds = seconds
        self.again = again
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
        path, number = self.folder / f"{exercise}.py", int(exercise[:2])
        try:
            source = path.read_text("utf-8-sig")
        except FileNotFoundError:
            return Result(exercise, "missing", [
                f"{path.name} is missing. `{this_command(self.folder)} --reset {number}` puts it "
                "back."])
        except UnicodeDecodeError as error:
            line = error.object[:error.start].count(b"\n") + 1
            return Result(exercise, "wrong", [
                f"Line {line} of {path.name} has a sign in it that is not stored as UTF-8, as "
                "Python expects: save the file as UTF-8 in your editor, or take the sign out."])
        except OSError as error:
            return Result(exercise, "wrong", [f"{path.name} cannot be read: {error}."])
        unsolved = [name for name in needs(exercise) if not self.begin(name).result().right]
        if source == original(exercise):
            line = source[:source.index("...", source.index("# >>> your code"))].count("\n") + 1
            return Result(exercise, "untouched", [
                f"Nothing is written yet. Open {path.name}, read the lesson at the top, and",
                f"replace the `...` in line {line} with your code."])
        return self._run(exercise, unsolved)

    def _run(self, exercise: str, unsolved: list[str]) -> Result:
        """Our solutions stand in for what it builds on, where that is not right yet."""
        told = self._work(exercise, self.seconds, ours=unsolved)
        lines, state, note = told["lines"], "right" if told["right"] else "wrong", ""
        if told["right"] and told["blame"]:
            state = "waiting"
            lines = [f"What you wrote here is right. It fails together with your "
                     f"{told['blame']}.py, in which something is wrong that its own check does "
                     "not see:", "", *lines]
        elif told["right"] and unsolved:
            state = "waiting"
            lines = [f"It builds on {unsolved[0]}.py, which is not right yet: for this check, our "
                     "solution stood in for it. (Run by itself, this file uses yours, and may "
                     "print something else.)"]
        elif told["right"] and told["makes"] and self.rewarded(told["makes"]):
            note = "\n".join(self._work(exercise, FINISH_SECONDS, finish=True)["lines"])
        elif unsolved:
            lines = [*lines, "", f"(It builds on {unsolved[0]}.py, which is not right yet either. "
                     "For this check, our solution stood in for it.)"]
        return Result(exercise, state, lines, note, told["printed"],
                      told["why"])

    def rewarded(self, file: str) -> bool:
        """Whether a right answer is rewarded with this picture, or page."""
        return bool(self.out) and (self.again or not (self.out / file).exists())

    def _work(self, exercise: str, seconds: float, finish: bool = False, ours=()) -> dict:
        """What the worker reports, or what is to be said when it does not."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as private:
            report = pathlib.Path(private, "report")
            job = {"exercise": exercise, "folder": str(self.folder), "seed": self.seed,
                   "out": self.out and str(self.out), "seconds": seconds, "finish": finish,
                   "report": str(report), "ours": list(ours)}
            # The program may be in an archive, out of which Python imports but runs no file. What
            # is in the current folder, or in the learner's, is not imported.
            path = [str(PROGRAM), *[str(HERE)] * HANDED_OUT]
            start = f"import sys; sys.path[:1] = {path}; import worker; worker.main()"
            command = [sys.executable, "-c", start, json.dumps(job)]
            try:
                # The worker stops by itself. It cannot where Python is deep in one huge product.
                code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, timeout=5 * seconds + 5).returncode
                died = [f"Your code ended the whole process (exit code {code}) before it was "
                        "checked.", "Is there an os._exit(), or a recursion without an end?"]
            except subprocess.TimeoutExpired:
                died = [f"After {seconds:g} seconds your code was still running, and was stopped. "
                        "Are the numbers huge?"]
            try:
                return json.loads(report.read_text("utf-8"))
            except (OSError, ValueError):
                return {"right": False, "lines": died, "printed": "", "makes": "", "blame": None,
                        "why": ""}


def describe(result: Result) -> str:
    """The result in a few lines: the heading, and what is wrong."""
    heading = f"{result.number} · {title(result.exercise)}"
    right = ["Right.", "", result.why] if result.why else ["Right."]
    lines = {"right": right, "waiting": ["Right by itself.", "", *result.lines]}.get(
        result.state, ["", *result.lines])
    if result.note:
        lines += ["", *result.note.splitlines()]
    if result.printed.strip():
        lines += ["", "Your code printed:", *result.printed.rstrip().splitlines()[:16]]
    return "\n".join([heading, *[fitted(line) for line in lines]])


def fitted(line: str) -> str:
    """A line within 100 columns, indented; of code and numbers, what follows is deeper."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line.strip(), 100, initial_indent=indent, subsequent_indent=indent * 2
                         if len(indent) > 2 else indent, break_long_words=False,
                         break_on_hyphens=False, drop_whitespace=True)
