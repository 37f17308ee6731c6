"""What a check is made of: probes, mistakes, and the numbers at which one tries.

A check yields probes: a call of the learner's code at a point drawn by chance, and the true answer.
A mistake is what is said of it and an edit of our solution that makes it; whoever answers as the
edited solution does, at every point, is told.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

EXERCISES = {}
NUDGED = "the slope measured by nudging is"


class Words(str):
    """A description of an answer, not the answer itself: it is shown without quotes."""


class Told(Exception):
    """Raised by a check that knows what is wrong: its text is the feedback."""


@dataclass
class Probe:
    what: str                                   # the function or method that is tried
    at: str                                     # the point, for people
    call: Callable                              # is called twice: the answers should be the same
    truth: object
    is_: str = "it should be"                   # or where the truth comes from
    rtol: float = 1e-6


@dataclass
class Exercise:
    check: Callable                             # from a learner's module and rng to probes
    hints: list[str]
    mistakes: list[tuple[str, str, str]]        # what is said, and in our solution: old, new
    why: str = ""                               # two lines after "Right.": why it matters
    finish: Callable | None = None              # what a right answer is rewarded with
    makes: str = ""                             # the file that this makes


def exercise(name: str, hints: list[str], mistakes: list[tuple[str, str, str]], why: str = "",
             finish=None, makes: str = ""):
    """Above a check: registers it, under the name of its exercise."""
    def register(check):
        EXERCISES[name] = Exercise(check, hints, mistakes, why, finish, makes)
        return check
    return register


def numbers(rng: random.Random, n: int, low: float = 0.3, high: float = 2.5) -> list[float]:
    """Numbers of either sign, none of them near 0 and no two close to each other."""
    step = (high - low) / n
    sizes = [low + step * (i + rng.uniform(0.1, 0.9)) for i in range(n)]
    rng.shuffle(sizes)
    return [round(size * rng.choice((-1, 1)), 3) for size in sizes]


def point(**numbers) -> str:
    """A point as one writes it: x = 0.5, y = -2."""
    return ", ".join([f"{name} = {x:g}" for name, x in numbers.items()])


def unchanged(f: Callable, *arguments):
    """What f returns for these arguments, among them lists, which it must leave as they are."""
    before = [list(x) if isinstance(x, list) else x for x in arguments]
    said = f(*arguments)
    if [list(x) if isinstance(x, list) else x for x in arguments] != before:
        raise Told("Your code changes the list that it is given, and whoever gave it may still "
                   "need it as it was. Make a list of your own: [… for x in xs].")
    return said


def of_values(x, what: str):
    """The answer, which has to be a Value or a list of them, for backward goes through it."""
    for part in x if isinstance(x, (list, tuple)) else [x]:
        if isinstance(part, (int, float)):
            raise Told(f"{what} is a plain number here, {part:.6g}, and should be a Value: "
                       "backward finds no way through a plain number. Is `.data` taken too early, "
                       "or a function of `math` used?")
    return x
