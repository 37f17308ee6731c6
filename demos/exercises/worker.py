"""Runs one exercise in a process of its own and says what it found.

Whatever the learner's code does, it does here: it may loop, exit, print, ask for input or eat
memory, and the command that the learner called lives on. `checker.py` starts this file; the answer
goes into a file that the learner's code does not know of, so that nothing it prints can get in
between.

Three things explain a wrong answer, in this order: a mistake that people are known to make, if the
answers are those of our solution with that mistake in it, or with two; an edit of the learner's
code in a single place, if it makes the answers right; and the numbers, side by side.
"""

import ast
import difflib
import functools
import io
import itertools
import json
import linecache
import math
import os
import pathlib
import random
import re
import sys
import threading
import time
import traceback
import types

import checks_further                           # registers its checks, and those of checks.py
import yours
from edits import edits, wider_edits, with_parts_of
from errors import quoted, their_line, told
from files import hole_lines, look_at, needs, solution
from micrograd.checking import diagnose
from probes import EXERCISES, Told, Words

MEMORY = 2 ** 30                                # bytes
PRINTED = 2000                                  # how much of what the learner prints is kept
EDITS = 400                                     # so many are tried, to find what mends the code
STEPS = 20_000                                  # lines that edited code may run: it may be endless
TURNS = 4                                       # so often the seconds, on a busy machine
STILL_RUNNING = ("After {:g} seconds your code was still running, and was stopped there. A loop "
                 "without an end?")


def examine(exercise: str, folder: pathlib.Path, seed: int = 0, source: str | None = None,
            ours=(), tell=lambda report: None) -> dict:
    """Check the learner's file, or other source in its place: is it `right`, and the feedback.

    Our solutions stand in for the exercises in `ours`. If it is wrong only together with what the
    learner wrote in an earlier exercise, that one is to `blame`. `tell` hears of the verdict before
    what takes long: the search for an explanation.
    """
    path = folder / f"{exercise}.py"
    source = path.read_text("utf-8-sig") if source is None else source
    # Errors quote the lines that ran, whatever is saved meanwhile.
    linecache.cache[str(path)] = len(source), None, source.splitlines(keepends=True), str(path)
    yours.use(folder, ours)
    report = judged(exercise, path, source, seed, tell)
    if not report["right"] and (blamed := blame(exercise, folder, source, seed, ours)):
        return {"right": True, "lines": report["lines"], "blame": blamed}
    return report


def blame(exercise: str, folder, source: str, seed: int, ours) -> str | None:
    """The earlier exercise that makes this one fail, if with our solutions it is right."""
    earlier = [name for name in needs(exercise) if name not in ours]

    def right_with(*replaced):
        yours.use(folder, {*ours, *replaced})
        try:
            return all(o.right for o in answers(exercise, source, seed))
        except BaseException:                   # the learner's code may raise anything
            return False

    if not earlier or not right_with(*earlier):
        yours.use(folder, ours)
        return None
    return next((name for name in earlier if right_with(name)), earlier[0])


def judged(exercise: str, path: pathlib.Path, source: str, seed: int, tell) -> dict:
    try:
        outcomes = answers(exercise, source, seed)
    except BaseException as error:              # SystemExit and KeyboardInterrupt are the learner's
        return {"right": False, "lines": sum(told(error, path, source), [])}
    failed = next((o for o in outcomes if not o.right), None)
    if failed is None:
        return {"right": True, "lines": []}
    section = [o for o in outcomes if o.probe.what == failed.probe.what]
    wrong = sum(not o.right for o in section)
    trials = f"Wrong in {wrong} of {len(section)} trials. " if len(section) > 1 else ""
    lines, explanation = failed.lines(path, source)
    quotes = failed.error and any(line.startswith("Line ") for line in lines)
    place = [] if quotes else ["", *where(path, source, failed.probe.what, trials)]
    tell({"right": False, "lines": [*lines, *explanation, *place]})
    if not isinstance(failed.error, Told) and "still has a `...`" not in " ".join(place):
        known = (without_effect(source, failed.probe.what, path)
                 or unreached(exercise, source, failed.probe.what, seed, path)
                 or because(exercise, section, source, seed))
        if known and not failed.error:
            explanation = ["", *known]
        elif known:
            explanation = known
        elif not explanation:
            explanation, place = explained(exercise, failed, section, source, seed, path, place)
    if isinstance(failed.error, Told):          # the check itself knows what is wrong
        place = ["", *where(path, source, failed.probe.what, "")]
    return {"right": False, "lines": [*lines, *explanation, *place]}


def explained(exercise: str, failed, section, source: str, seed: int, path, place):
    """The explanation of what is no known mistake, and the place to look at."""
    what = failed.probe.what
    if not failed.error and (said := first_turn(source, what, path)):
        return ["", *said], []
    if not failed.error and (said := about_answers(section, source, what)):
        return ["", *said], place
    if edit := what_mends(exercise, source, what, seed, edits):
        return ["", *at_line(edit.line, source, path), str(edit)], []
    if two := because_of_two(exercise, section, source, seed):
        return ["", *two], place
    if edit := what_mends(exercise, source, what, seed, wider_edits):
        return ["", *at_line(edit.line, source, path), str(edit)], []
    pairs_of_numbers = [] if failed.error else numbers_of(section)
    suspect = pairs_of_numbers and diagnose(pairs_of_numbers, {}, "Yours", "what it should be")
    if not suspect and (edit := what_mends(exercise, source, what, seed,
                                           lambda text: with_parts_of(text, solution(exercise)))):
        return ["", *at_line(edit.line, source, path), str(edit)], []
    if failed.error and "micrograd" in pathlib.Path(
            traceback.extract_tb(failed.error.__traceback__)[-1].filename).parts[-3:-1]:
        return [], place                        # it says itself what would be accepted
    return ["", suspect or f"None of the usual mistakes. {which_are_right(failed, section)}"
            f"{reminder(exercise, what)}"], place


def at_line(number: int, source: str, path: pathlib.Path) -> list[str]:
    return [f"Line {number} of {path.name}:", f"    {source.splitlines()[number - 1].strip()}"]


def which_are_right(failed, section) -> str:
    """The trials that went right, or else of several numbers that are shown, those that are."""
    if right := [o for o in section if o.right and o.probe.at != failed.probe.at]:
        return f"It is right for {right[0].probe.at}: what is different here? "
    numbers = [] if failed.error else pairs(failed.said, failed.probe.truth)
    right = [i for i, (said, truth) in enumerate(numbers) if same(said, truth, failed.probe.rtol)]
    if any(said != said for said, _ in numbers) or not 0 < len(right) < len(numbers):
        return ""
    places = ", ".join([str(i + 1) for i in right])
    return (f"Of these {len(numbers)} numbers, {'those' if len(right) > 1 else 'the one'} in place "
            f"{places} {'are' if len(right) > 1 else 'is'} right. ")


def reminder(exercise: str, what: str) -> str:
    """What our solution says of itself in this hole, or else what the function is for."""
    source = solution(exercise)
    said = [line.strip()[2:] for line in the_hole(source, what).splitlines()
            if line.strip().startswith("# ")]
    return (f"Think of this: {' '.join(said)}" if said else
            f"Think of what is needed: “{purpose(exercise, what)}” The lesson and --hint say more.")


# ── What the learner's code answers ───────────────────────────────────────────────────────────────

class Outcome:
    """What came of one probe: an answer, or the error that was raised instead."""

    def __init__(self, probe):
        self.probe, self.said, self.error = probe, None, None
        self.again = False                      # whether it is the second call that is wrong
        try:
            self.said = plain(probe.call())
            if same(self.said, probe.truth, probe.rtol):
                second = plain(probe.call())
                self.again = not same(second, probe.truth, probe.rtol)
                self.said = second if self.again else self.said
        except MemoryError:
            raise                               # the next trial would take as much
        except BaseException as error:
            # How Python tells that there is no end depends on where it noticed.
            text = "" if isinstance(error, RecursionError) else error
            self.said, self.error = Words(f"{type(error).__name__}: {text}"), error
        self.right = self.error is None and same(self.said, probe.truth, probe.rtol)

    def lines(self, path: pathlib.Path, source: str) -> tuple[list[str], list[str]]:
        """What happened, and why, as far as that is plain."""
        heading = f"{self.probe.what}: {self.probe.at}"
        if isinstance(self.error, Told):
            return [heading], [str(self.error)]
        if self.error:
            lines, explanation = told(self.error, path, source)
            if not explanation and not lines[0].startswith("Line ") and isinstance(
                    self.error, (AttributeError, LookupError, TypeError, ValueError)):
                # It was raised where the answer was looked at: the names in it are not theirs.
                return [heading], ["What your code returns is of another kind than what is needed: "
                                   f"“{purpose(path.stem, self.probe.what)}”"]
            depends = isinstance(self.error, (ArithmeticError, LookupError, ValueError))
            return [*lines, *[f"That was for {self.probe.at}"] * depends], explanation
        says = ("called again, your code says" if self.again else "your code says",
                self.probe.is_)
        width = max(map(len, says))
        return [heading, *[f"    {who.ljust(width)}  {show(x)}"
                           for who, x in zip(says, (self.said, self.probe.truth))]], [
                "The first call was right: something is kept, or changed, from one call to the "
                "next."] * self.again


def purpose(exercise: str, what: str) -> str:
    """The first line of the docstring of what is tried."""
    functions = [node for node in ast.walk(ast.parse(solution(exercise)))
                 if isinstance(node, ast.FunctionDef) and node.name in what.split()]
    return ((ast.get_docstring(functions[0]) or "") if functions else "").split("\n")[0]


def answers(exercise: str, source: str, seed: int) -> list[Outcome]:
    yours.load.cache_clear()                    # nothing that an earlier run changed is seen here
    module = yours.run(exercise, source)
    return [Outcome(probe) for probe in EXERCISES[exercise].check(module, random.Random(seed))]


def plain(x):
    """The answer as plain data: the number of a Value, a list of a tuple."""
    x = x.data if hasattr(x, "_prev") and hasattr(x, "data") else x
    if isinstance(x, (list, tuple)):
        return [plain(part) for part in x]
    if x is ...:
        return Words("...")
    return (x if isinstance(x, (int, float, str, type(None)))
            else Words(f"{type(x).__name__} {repr(x)[:60]}"))


def same(a, b, rtol: float = 1e-6) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, rtol) for x, y in zip(a, b))
    numbers = all(isinstance(x, (int, float)) for x in (a, b))
    return math.isclose(a, b, rel_tol=rtol, abs_tol=rtol * 1e-3) if numbers else a == b


# ── Why: the mistakes that people are known to make ───────────────────────────────────────────────

def because(exercise: str, section: list[Outcome], source: str, seed: int) -> list[str]:
    """The known mistake that answers at every point as the learner's code does."""
    fitting, mistakes = {}, {}
    for mistake, like in relevant(exercise, section, source, seed):
        if fits(section, answers_with(exercise, (mistake,), section[0].probe.what, seed)):
            if like > fitting.get(mistake[0], -1):
                fitting[mistake[0]], mistakes[mistake[0]] = like, mistake
    # Where several would answer alike, it is the one that is written more like it.
    fitting = {said: like for said, like in fitting.items()
               if names_fit(mistakes[said], exercise, source)} or fitting
    best = max(fitting.values(), default=0)
    likely = [said for said, like in sorted(fitting.items(), key=lambda item: -item[1])
              if like == best or best < 1 and like > best - 0.04]
    written = [s for s in likely if is_written(mistakes[s], exercise, source)]
    first = next(o for o in section if not o.right)
    likely = written or ([] if isinstance(first.error, ValueError) else likely)
    return likely if len(likely) < 2 else ["It is one of these:", *[f"- {x}" for x in likely[:3]]]


def because_of_two(exercise: str, section: list[Outcome], source: str, seed: int) -> list[str]:
    found = sorted(relevant(exercise, section, source, seed), key=lambda f: -f[1])
    for (one, _), (other, _) in itertools.combinations(found[:12], 2):
        if one[0] != other[0] and fits(section, answers_with(
                exercise, (one, other), section[0].probe.what, seed)):
            return ["There are two mistakes here.", f"- {one[0]}", f"- {other[0]}"]
    return []


def relevant(exercise: str, section: list[Outcome], source: str, seed: int) -> list[tuple]:
    """The mistakes that change this part of the answers, and how like the code with each of them
    is to the learner's."""
    truth, found, what = [o.probe.truth for o in section], [], section[0].probe.what
    text = solution(exercise)
    line = look_at(text, what)
    hole = next((hole for hole in hole_lines(text) if line in hole), range(0))
    code = "".join(text.splitlines(keepends=True)[hole.start - 1:hole.stop - 1])
    mistakes = EXERCISES[exercise].mistakes
    here = [mistake for mistake in mistakes if mistake[1] in code]      # made in this very hole
    for mistake in here or mistakes:
        said = answers_with(exercise, (mistake,), section[0].probe.what, seed)
        if said is not None and not same(said, truth):
            mistaken = solution(exercise).replace(*mistake[1:])
            found.append((mistake, likeness(source, mistaken)))
    return found


def fits(section: list[Outcome], mistaken: list | None) -> bool:
    """Whether the learner's code answers so. Where it fails besides, its answers count."""
    said = [o.said for o in section]
    if mistaken is None or len(said) != len(mistaken):
        return False
    if same(said, mistaken):
        return True
    first = next(o for o in section if not o.right)
    compared = [(o.said, m) for o, m in zip(section, mistaken) if not o.error]
    return not first.error and len(compared) > 1 and all(same(s, m) for s, m in compared)


def is_written(mistake: tuple, exercise: str, source: str) -> bool:
    """Whether what the mistake changes is in the learner's code, word for word, with the two words
    on either side."""
    ours = words(solution(exercise))
    mistaken = words(solution(exercise).replace(*mistake[1:]))
    changed = [(start, end) for kind, _, _, start, end in difflib.SequenceMatcher(
        None, ours, mistaken, autojunk=False).get_opcodes() if kind != "equal"]
    theirs = f" {' '.join(words(source))} "
    return all(f" {' '.join(mistaken[max(start - 2, 0):end + 2])} " in theirs
               for start, end in changed)


def names_fit(mistake: tuple, exercise: str, source: str) -> bool:
    """Whether the names that the mistake brings in are in the learner's code, and those that it
    leaves out are not."""
    ours = set(words(solution(exercise)))
    mistaken = set(words(solution(exercise).replace(*mistake[1:])))
    theirs = set(words(source))
    left_out = ours - mistaken
    return mistaken - ours <= theirs and not (left_out and left_out <= theirs)


@functools.cache
def likeness(source: str, other: str) -> float:
    """How like the code in the holes of two sources is, from 0 to 1."""
    return difflib.SequenceMatcher(None, words(source), words(other), autojunk=False).ratio()


@functools.cache
def words(source: str) -> list[str]:
    """The words and signs in the holes. x += y is read as x = x + y."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for field, block in ast.iter_fields(node):
            for i, part in enumerate(block if isinstance(block, list) else ()):
                if isinstance(part, ast.AugAssign):
                    before = ast.parse(ast.unparse(part.target), mode="eval").body
                    block[i] = ast.copy_location(ast.Assign(
                        [part.target], ast.BinOp(before, part.op, part.value)), part)
    holes = {line for hole in hole_lines(source) for line in hole}
    text = [ast.unparse(ast.fix_missing_locations(node)) for node in ast.walk(tree)
            if isinstance(node, (ast.Assign, ast.Return, ast.Expr, ast.For, ast.If))
            and node.lineno in holes]
    return re.findall(r"\w+|[^\w\s]", "\n".join(text))


@functools.lru_cache(1000)
def answers_with(exercise: str, mistakes, what: str, seed: int) -> list | None:
    """What our solution would answer with these mistakes in it."""
    source = solution(exercise)
    for _, old, new in mistakes:                # a tuple of them
        if old not in source:
            return None
        source = source.replace(old, new)
    return section_of(exercise, source, what, seed)


def section_of(exercise: str, source: str, what: str, seed: int) -> list | None:
    """The answers of other source where the probes are those of `what`."""
    yours.load.cache_clear()
    module = types.ModuleType(exercise)
    try:
        with quietly():
            exec(compiled(exercise, source), vars(module))
            check = EXERCISES[exercise].check(module, random.Random(seed))
            return [Outcome(probe).said for probe in check if probe.what == what]
    except BaseException:                       # two mistakes need not fit together
        return None


def compiled(exercise: str, source) -> types.CodeType:
    return yours.compiled(source, f"edited {exercise}")


# ── Why: a place whose edit makes it right ────────────────────────────────────────────────────────

def what_mends(exercise: str, source: str, what: str, seed: int, edits):
    """The first of these edits of the learner's code that makes this part of it right."""
    hole = the_lines(source, what)
    return next((edit for edit in sorted(edits(source), key=lambda edit: edit.line not in hole)[:EDITS]
                 if mends(exercise, edit, source, what, seed)), None)


def mends(exercise: str, edit, source: str, what: str, seed: int) -> bool:
    """Whether with this edit this part is right, and all that was right before still is."""
    if not parts_of(exercise, edit.tree, seed, what).get(what):
        return False
    after = parts_of(exercise, edit.tree, seed)
    return all(after.get(part) for part, right in before(exercise, source, seed).items() if right)


@functools.lru_cache(8)
def before(exercise: str, source: str, seed: int) -> dict[str, bool]:
    return parts_of(exercise, source, seed)


def parts_of(exercise: str, source, seed: int, what: str = "") -> dict[str, bool]:
    """What is tried of this source, and whether it is right; or `what` alone."""
    yours.load.cache_clear()
    module = types.ModuleType(exercise)
    parts = {}
    try:
        with quietly(), limited(f"edited {exercise}"):
            exec(compiled(exercise, source), vars(module))
            for probe in EXERCISES[exercise].check(module, random.Random(seed)):
                if what in ("", probe.what) and parts.get(probe.what, True):
                    parts[probe.what] = Outcome(probe).right
                    if what and not parts[what]:
                        break
    except BaseException:                       # edited code may raise anything
        return {}
    return parts


class TooLong(BaseException):
    pass


class limited:
    """Within, code of this file name may run so many lines and no more: it might never end."""

    def __init__(self, name: str):
        self.name, self.lines = name, 0

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)

    def __exit__(self, *error):
        sys.settrace(self.before)

    def trace(self, frame, event, argument):
        if frame.f_code.co_filename != self.name:
            return None
        self.lines += 1
        if self.lines > STEPS:
            raise TooLong
        return self.trace


class quietly:
    """Within, what is printed is not the learner's."""

    def __enter__(self):
        self.before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = Printed()

    def __exit__(self, *error):
        sys.stdout, sys.stderr = self.before


# ── Why: the answers themselves ───────────────────────────────────────────────────────────────────

def about_answers(section: list[Outcome], source: str, what: str) -> list[str]:
    """What can be said of the answers without knowing the exercise."""
    said, truth = [o.said for o in section], [o.probe.truth for o in section]
    if any(x is None for x in said):
        return [without_return(source, what)]
    for x, t in zip(said, truth):
        if isinstance(x, bool) and isinstance(t, (int, float)) and not isinstance(t, bool):
            return [f"A comparison gives True or False, and this is {x}. A number is needed here."]
        if isinstance(x, str) and not isinstance(x, Words) and isinstance(t, (int, float)):
            return ["This is text, and should be a number: leave the quotes away."]
        if isinstance(t, (int, float)) and isinstance(x, list) and re.search(
                r"=\s*-?\d+,\d+\s*(#|$)", the_hole(source, what), re.M):
            return ["A decimal number has a point in Python, 1.5: a comma makes two numbers of it."]
        if isinstance(t, list) and x == [] and re.search(r"=\s*\(.* for .* in ",
                                                         the_hole(source, what)):
            return ["Round parentheses around `… for …` make a generator, which one can go through "
                    "only once: the second time it is empty. Square brackets make a list."]
        if isinstance(x, Words) and isinstance(t, (list, float, int)):
            if kind := KIND_OF_ANSWER.get(x.split()[0]):
                return [kind]
        if isinstance(x, list) and x and isinstance(t, list) and t and isinstance(x[0], list) and \
                all(isinstance(y, (int, float)) for y in t):
            return [f"A list of {len(t)} numbers is expected, and this is a list of lists."]
        if isinstance(t, list) and isinstance(x, (int, float)):
            return [f"A list of {len(t)} is expected, and this is one number."]
        if isinstance(t, (int, float)) and isinstance(x, list) and x:
            return ["One number is expected, and this is a list." + (
                " (A comma at the end makes a tuple of it.)" if len(x) == 1 else "")]
        if all(isinstance(y, list) and all(isinstance(z, (int, float)) for z in y)
               for y in (x, t)) and len(x) != len(t):
            return [f"A list of {len(t)} numbers is expected; this has {len(x)}."]
    if all(isinstance(x, list) and len(x) > 1 and not same(x, t) and same(sort(x), sort(t))
           for x, t in zip(said, truth)):
        return ["These are the right ones, but in another order."]
    section = [o for o in section if isinstance(o.probe.truth, (int, float))]
    said, truth = [o.said for o in section], [o.probe.truth for o in section]
    if len(said) > 2 and all(isinstance(x, (int, float)) for x in said):
        if same(said, said[:1] * len(said)) and not same(truth, truth[:1] * len(truth)) and said[0]:
            right = [o for o in section if o.right]
            return [f"Yours is {show(said[0])} whatever numbers it is given"
                    + (": right for one, not for any other. " if right else ". ")
                    + "It should be right for any numbers: compute it from the arguments."]
    return []


KIND_OF_ANSWER = {
    "generator": "Round parentheses around `… for …` make a generator, which has computed nothing "
                 "yet. Square brackets make a list.",
    "function": "This is a function itself, not what it returns: call it, with its arguments in "
                "parentheses.",
    "method": "This is a method itself, not what it returns: call it, with () after its name.",
    "builtin_function_or_method": "This is a function itself, not what it returns: call it.",
    "zip": "zip(…) alone has computed nothing yet: make a list of it, [… for … in zip(…)].",
    "map": "map(…) alone has computed nothing yet: make a list of it, [… for … in …].",
    "set": "A set has no order, and keeps equal things once. Write square brackets, or parentheses.",
}


def without_effect(source: str, what: str, path: pathlib.Path) -> list[str]:
    """A line that computes something and does nothing with it: p.grad == 0, or visit without ()."""
    hole = the_lines(source, what)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Expr) or node.lineno not in hole:
            continue
        kind = next((said for kind, said in NO_EFFECT.items() if isinstance(node.value, kind)), "")
        if kind:
            return [*at_line(node.lineno, source, path), f"This line alone changes nothing. {kind}"]
    return []


def unreached(exercise: str, source: str, what: str, seed: int, path: pathlib.Path) -> list[str]:
    """A `return` without which it would be right: what stands below it is never reached."""
    hole = the_lines(source, what)
    for node in ast.walk(ast.parse(source)):
        block = getattr(node, "body", None)
        for here, below in itertools.pairwise(block if isinstance(block, list) else ()):
            if isinstance(here, ast.Return) and {here.lineno, below.lineno} <= set(hole):
                if any(edit.kind == "dropped" and edit.line == here.lineno
                       and mends(exercise, edit, source, what, seed) for edit in edits(source)):
                    return [*at_line(here.lineno, source, path),
                            "`return` ends the function: what stands below it is never reached."]
    return []


def first_turn(source: str, what: str, path: pathlib.Path) -> list[str]:
    """A loop that ends in its first turn, whatever comes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.For, ast.While)):
            for line in node.body:
                if isinstance(line, ast.Return) and line.lineno in the_lines(source, what):
                    return [*at_line(line.lineno, source, path),
                            "This `return` is inside the loop, and ends it in its first turn."]
    return []


NO_EFFECT = {
    ast.Compare: "`==` compares; `=` stores.",
    (ast.Name, ast.Attribute): "A function, or a method, is called with () after its name.",
    (ast.BinOp, ast.UnaryOp, ast.Subscript): "What is computed has to be stored, by `=`, or "
                                             "returned.",
}


def without_return(source: str, what: str) -> str:
    """Why a function returns None."""
    text = "\n".join(line.split("#")[0] for line in the_hole(source, what).splitlines())
    if "None" in text:
        return "There is None in your code where a number belongs, such as 0."
    for method in ("append", "extend", "insert", "reverse", "sort"):
        if re.search(rf"(return|=).*\.{method}\(", text):
            return (f"`{method}` changes the list and returns None. Change it in one line, and "
                    "return the list in the next; or add lists with +.")
    if "print(" in text and "return" not in text:
        return "Printed is not returned: a function without `return` returns None."
    if re.search(r"^\s*return\b.*\S", text.rstrip().splitlines()[-1]) and not re.search(
            r"^\s*(if|for|while)\b", text, re.M):
        return "What comes after `return` is None here: it is of a function that returns nothing."
    if "return" in text:
        return ("It can end without coming to a `return`, and then returns None: is the `return` "
                "inside an `if` or a loop?")
    return "A function without `return` returns None."


def the_hole(source: str, what: str) -> str:
    """What is written in the hole that belongs to `what`."""
    lines = source.splitlines()[look_at(source, what) - 1:]
    return "\n".join(itertools.takewhile(lambda line: line.strip() != "# <<<", lines))


def the_lines(source: str, what: str) -> range:
    """Their numbers."""
    first = look_at(source, what)
    return range(first, first + len(the_hole(source, what).splitlines()))


def sort(x: list) -> list:
    return sorted(x, key=lambda part: (str(type(part)), part if isinstance(part, (int, float, str))
                                       else str(part)))


def numbers_of(section: list[Outcome]) -> list[tuple[float, float]]:
    return [pair for o in section for pair in pairs(o.said, o.probe.truth)]


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
            return [f"Line {number + i} of {path.name} still has a `...` to replace."]
    code = [i for i, line in enumerate(hole[:end]) if line.split("#")[0].strip()] or [0]
    # `y_by_w = …` or `"*": …`, where what is tried has such a name.
    named = [i for i in code for name in what.split()
             if hole[i].strip().startswith((f"{name} =", f'"{name}":', f"self.{name} ="))]
    first, *_, last = (named or code) * 2
    if first != last:
        return [f"{trials}Look at lines {number + first} to {number + last} of {path.name}."]
    return [f"{trials}Look at line {number + first} of {path.name}:", f"    {hole[first].strip()}"]


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
    known = []                                  # the verdict, while its explanation is looked for

    def answer(report: dict) -> None:
        """Report, and end without what the learner's code may have left running."""
        first.acquire()                         # and never released: there is one answer
        try:
            this = EXERCISES[job["exercise"]]
            report = {"printed": printed.text, "blame": None, "why": this.why,
                      "makes": this.makes} | report
            pathlib.Path(job["report"]).write_text(json.dumps(report), "utf-8")
        finally:
            os._exit(0)

    def stop(turn: int, again: bool = False) -> None:
        # A busy machine has hardly let it run yet. What sleeps is waited for no longer than that.
        if turn < TURNS and time.process_time() < turn * job["seconds"] / 2:
            return watch(turn + 1, again)
        if known and again:
            answer(known[-1])
        if known:                               # the learner's code has ended; ours goes on
            return watch(TURNS, True)
        frame = sys._current_frames()[threading.main_thread().ident]
        stopped = their_line(traceback.extract_stack(frame), path)
        answer({"right": False, "lines": [*quoted(stopped),
                                          STILL_RUNNING.format(job["seconds"])]})

    def watch(*arguments) -> None:
        watchdog = threading.Timer(job["seconds"], stop, arguments)
        watchdog.daemon = True
        watchdog.start()

    limit_memory()
    watch(1)
    sys.stdout = sys.stderr = printed = Printed()
    try:
        if job["finish"]:
            yours.use(path.parent)
            module = yours.load(job["exercise"])
            lines = EXERCISES[job["exercise"]].finish(module, pathlib.Path(job["out"]))
            answer({"right": True, "lines": lines})
        answer(examine(job["exercise"], path.parent, job["seed"], ours=job["ours"],
                       tell=known.append))
    except Exception:
        answer({"right": False, "lines": ["The checker itself has failed. It says:",
                                          *traceback.format_exc().splitlines()]})


if __name__ == "__main__":
    main()
