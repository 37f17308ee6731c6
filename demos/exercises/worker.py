"""Runs one exercise in a process of its own and says what it found.

Whatever the learner's code does, it does here: it may loop, exit, print, ask for input or eat
memory, and the command that the learner called lives on. `checker.py` starts this file; the answer
goes into a file that the learner's code does not know of, so that nothing it prints can get in
between.
"""

import io
import json
import linecache
import math
import os
import pathlib
import random
import re
import sys
import threading
import traceback

import yours
from checks import EXERCISES, Words
from files import HOLE, look_at, solution
from micrograd.checking import GradientError, diagnose

MEMORY = 2 ** 30                                # bytes
PRINTED = 2000                                  # how much of what the learner prints is kept
STILL_RUNNING = ("After {:g} seconds your code was still running, and was stopped there. A loop "
                 "without an end?")

EXPLANATIONS = {
    "RecursionError": "A function calls itself and finds no end.",
    "MemoryError": "It takes all the memory there is: something grows without an end.",
    "EOFError": "Nobody is there to answer input() while it is checked: take it out.",
    "SystemExit": "Your code ends the program before it has been checked: take out exit().",
}


def examine(exercise: str, folder: pathlib.Path, seed: int = 0, source: str | None = None) -> dict:
    """Check the learner's file, or other source in its place: is it `right`, and the feedback."""
    yours.folder = folder
    path = folder / f"{exercise}.py"
    source = path.read_text("utf-8-sig") if source is None else source
    # Errors quote the lines that ran, whatever is saved meanwhile.
    linecache.cache[str(path)] = len(source), None, source.splitlines(keepends=True), str(path)
    try:
        outcomes = answers(exercise, source, seed)
    except BaseException as error:              # SystemExit and KeyboardInterrupt are the learner's
        return {"right": False, "lines": told(error, path)}
    failed = next((o for o in outcomes if not o.right), None)
    if failed is None:
        return {"right": True, "lines": []}
    section = [o for o in outcomes if o.probe.what == failed.probe.what]
    lines = [*failed.lines(path), *because(exercise, section, seed)]
    if not failed.error:
        wrong = sum(not o.right for o in section)
        trials = f"Wrong in {wrong} of {len(section)} trials. " if len(section) > 1 else ""
        lines += ["", *where(path, source, failed.probe.what, trials)]
    return {"right": False, "lines": lines}


# ── What the learner's code answers ───────────────────────────────────────────────────────────────

class Outcome:
    """What came of one probe: an answer, or the error that was raised instead."""

    def __init__(self, probe):
        self.probe, self.said, self.error = probe, None, None
        try:
            self.said = plain(probe.call())
        except GradientError as error:
            self.said = str(error)              # its text is the feedback
        except MemoryError:
            raise                               # the next trial would take as much
        except BaseException as error:
            self.said, self.error = f"{type(error).__name__} is raised", error
        self.right = self.error is None and same(self.said, probe.truth, probe.rtol)

    def lines(self, path) -> list[str]:
        if self.error:
            depends = isinstance(self.error, (ArithmeticError, LookupError, ValueError))
            return told(self.error, path) + [f"That was for {self.probe.at}"] * depends
        if self.said != self.probe.truth and str(self.said).startswith("wrong derivatives"):
            return [line.strip().replace("the rule says", "your rule says")
                    for line in self.said.splitlines()[1:]]
        says = ("your code says", self.probe.is_)
        width = max(map(len, says))
        return [f"{self.probe.what}: {self.probe.at}",
                *[f"    {who.ljust(width)}  {show(x)}"
                  for who, x in zip(says, (self.said, self.probe.truth))]]


def answers(exercise: str, source: str, seed: int) -> list[Outcome]:
    yours.load.cache_clear()                    # nothing that an earlier run changed is seen here
    module = yours.run(exercise, source)
    return [Outcome(probe) for probe in EXERCISES[exercise].check(module, random.Random(seed))]


def plain(x):
    """The answer as plain data: the number of a Value, a list of a tuple."""
    x = x.data if hasattr(x, "_prev") else x
    if isinstance(x, (list, tuple)):
        return [plain(part) for part in x]
    if x is ...:
        return Words("...")
    return (x if isinstance(x, (int, float, str, type(None)))
            else Words(f"{type(x).__name__} {repr(x)[:60]}"))


def same(a, b, rtol: float = 1e-6) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, rtol) for x, y in zip(a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or abs(a - b) <= rtol * max(abs(a), abs(b), 1e-3)
    return a == b


# ── Why it is wrong ───────────────────────────────────────────────────────────────────────────────

def because(exercise: str, section: list[Outcome], seed: int) -> list[str]:
    """The mistake that gives the learner's answers, if it is one that people make.

    Each known mistake is an edit of our solution. We make it and look whether it answers as the
    learner's code does, at all points that were tried. If none does, there is the diagnosis that
    `check_gradients` uses: a sign, a factor, nothing at all.
    """
    what = section[0].probe.what
    said = [o.said for o in section]
    for message, *edit in EXERCISES[exercise].mistakes:
        try:
            mistaken = [o.said for o in answers(exercise, solution(exercise).replace(*edit), seed)
                        if o.probe.what == what]
        except Exception:
            continue                            # this mistake needs what the learner's file lacks
        if same(said, mistaken):
            return [] if any(message in str(answer) for answer in said) else ["", message]
    numbers = [pair for o in section for pair in pairs(o.said, o.probe.truth)]
    generic = numbers and diagnose(numbers, {}, "Yours", "what it should be")
    return ["", generic] if generic else []


def pairs(said, truth) -> list[tuple[float, float]]:
    """The numbers of an answer beside those there should be; NaN where there is no number."""
    if isinstance(truth, list) and isinstance(said, list) and len(said) == len(truth):
        return [pair for s, t in zip(said, truth) for pair in pairs(s, t)]
    numbers = all(isinstance(x, (int, float)) for x in (said, truth))
    return [(said, truth) if numbers else (math.nan, math.nan)]


# ── How it is told ────────────────────────────────────────────────────────────────────────────────

def show(x) -> str:
    if isinstance(x, list):
        parts = [f"{part:.4g}" if isinstance(part, float) else show(part) for part in x]
        return f"[{', '.join(parts)}]"
    if x is None:
        return "None (is a `return` missing?)"
    return f"{x:.6g}" if isinstance(x, float) else str(x) if isinstance(x, Words) else repr(x)


def where(path: pathlib.Path, source: str, what: str, trials: str) -> list[str]:
    """Where to look: the hole, or the `...` that still stands in it."""
    lines, number = source.splitlines(), look_at(source, what)
    hole = lines[number - 1:]
    end = next((i for i, line in enumerate(hole) if line.strip() == "# <<<"), 1)
    for i, line in enumerate(hole[:end]):
        if "..." in line.split("#")[0]:
            return [f"In line {number + i} of {path.name} there is still a `...` for your code."]
    code = [i for i, line in enumerate(hole[:end]) if line.split("#")[0].strip()] or [0]
    # `y_by_w = …` or `"*": …`, where what is tried has such a name.
    named = [i for i in code for name in what.split()
             if hole[i].strip().startswith((f"{name} =", f'"{name}":', f"self.{name} ="))]
    first, *_, last = (named or code) * 2
    if first != last:
        return [f"{trials}Look at lines {number + first} to {number + last} of {path.name}."]
    return [f"{trials}Look at line {number + first} of {path.name}:", f"    {hole[first].strip()}"]


def told(error: BaseException, path: pathlib.Path) -> list[str]:
    """An error in the learner's code: their line first."""
    name, text = type(error).__name__, str(error)
    if isinstance(error, SyntaxError) and error.filename:
        frame = (error.filename, error.lineno, error.text or "")
        text = error.msg
    else:
        frame = their_line(traceback.extract_tb(error.__traceback__), path)
    if isinstance(error, AttributeError) and isinstance(error.obj, type(sys)) and not frame:
        return [f"{error.obj.__name__}.py should define `{error.name}`, but does not any more.",
                f"`--reset {int(error.obj.__name__[:2])}` brings the original back (and keeps a "
                "copy of yours)."]
    explanation = EXPLANATIONS.get(name, "")
    if "NoneType" in text or "ellipsis" in text.lower():
        explanation = ("A `...` that nobody has replaced?" if "ellipsis" in text.lower() else
                       "None comes of a function without `return`.")
    if re.search(r"operand type(\(s\))? for (unary -|/|\*\*).*'Value'", text):
        explanation = ("The Value of 03_value.py has + - * alone: write x / n as x * (1 / n), and "
                       "x ** 2 as x * x.")
    return [*quoted(frame), f"{name}: {text}".rstrip(": ")[:500], *filter(None, [explanation])]


def their_line(stack: traceback.StackSummary, path: pathlib.Path) -> tuple | None:
    """The file, the number and the text of the line where the learner's code was."""
    theirs = [(f.filename, f.lineno, f.line) for f in stack
              if pathlib.Path(f.filename).parent == path.parent
              and re.match(r"\d\d_", pathlib.Path(f.filename).name)]
    # The last of those that are most likely at fault: what they have just written.
    theirs.sort(key=lambda f: (in_hole(f[0], f[1]), f[0] == str(path)))
    return theirs[-1] if theirs else None


def quoted(frame: tuple | None) -> list[str]:
    if not frame:
        return []
    file, number, line = frame
    return [f"Line {number} of {pathlib.Path(file).name}:", f"    {(line or '').strip()}"]


def in_hole(file: str, number: int) -> bool:
    """Whether a line is one of the learner's own, and not one that was there before."""
    source = "".join(linecache.getlines(file))
    return any(source.count("\n", 0, hole.start(1)) < number <= source.count("\n", 0, hole.end(1))
               for hole in HOLE.finditer(source))


# ── The process ───────────────────────────────────────────────────────────────────────────────────

class Printed(io.TextIOBase):
    """Keeps the beginning of what is printed."""

    def __init__(self):
        self.text = ""

    def writable(self):
        return True

    def write(self, text):
        self.text += text[:max(0, PRINTED - len(self.text))]
        return len(text)


def limit_memory() -> None:
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, OSError, ValueError):
        pass                                    # Windows has no such limit, others may refuse


def main() -> None:
    job = json.loads(sys.argv[1])
    path = pathlib.Path(job["folder"], f"{job['exercise']}.py")
    first = threading.Lock()

    def answer(right: bool, lines: list[str]) -> None:
        """Report, and end without what the learner's code may have left running."""
        first.acquire()                         # and never released: there is one answer
        try:
            report = {"right": right, "lines": lines, "printed": printed.text,
                      "finish": EXERCISES[job["exercise"]].finish is not None}
            pathlib.Path(job["report"]).write_text(json.dumps(report), "utf-8")
        finally:
            os._exit(0)

    def stop() -> None:
        frame = sys._current_frames()[threading.main_thread().ident]
        answer(False, [*quoted(their_line(traceback.extract_stack(frame), path)), STILL_RUNNING
                       .format(job["seconds"])])

    limit_memory()
    watchdog = threading.Timer(job["seconds"], stop)
    watchdog.daemon = True
    watchdog.start()
    sys.stdout = sys.stderr = printed = Printed()
    try:
        if job["finish"]:
            yours.folder = path.parent
            module = yours.load(job["exercise"])
            answer(True, EXERCISES[job["exercise"]].finish(module, pathlib.Path(job["out"])))
        report = examine(job["exercise"], path.parent, job["seed"])
        answer(report["right"], report["lines"])
    except Exception:
        answer(False, ["The checker itself has failed. It says:",
                       *traceback.format_exc().splitlines()])


if __name__ == "__main__":
    main()
