"""How many of the attempts that a class makes at the exercises are told something that helps.

    python tests/exercise_attempts.py [NAME ...] [--missed]         NAME: an exercise, or a set

The attempts are in data/attempts*.txt, with what has to be said of each. With --missed, those that
were called wrongly, or told nothing that helps, are printed with what they were told.
"""

import builtins
import math
import pathlib
import re
import sys
import textwrap
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "demos" / "exercises"))
import files  # noqa: E402
import worker  # noqa: E402
sys.path.remove(str(ROOT / "demos" / "exercises"))

AIM = 0.95                                      # of the wrong attempts get a sentence that helps
SETS = ["attempts", "attempts_second", "attempts_third", "attempts_fourth", "attempts_fifth",
        "attempts_sixth"]


@dataclass
class Attempt:
    exercise: str
    # "right"; or what has to be said; or "missed", if we know no better and nothing helpful is said
    wanted: str
    holes: list[str]
    number: int                                 # the line of the file
    set: str                                    # which file
    sentence: str = ""                          # what a teacher would say, where it is written down

    @property
    def source(self) -> str:
        return with_holes(self.exercise, self.holes)

    def report(self, seed: int = 0) -> dict:
        return worker.examine(self.exercise, files.SOLUTIONS, seed, source=self.source)

    def judged(self, seed: int = 0) -> tuple[bool, bool, str]:
        """Whether the verdict is right, whether what was said helps, and what was said."""
        return self.weighed(self.report(seed))

    def weighed(self, report: dict) -> tuple[bool, bool, str]:
        said = "\n".join(report["lines"])
        if self.wanted == "right":
            return report["right"], report["right"], said
        if self.wanted == "missed":
            return not report["right"], False, said
        helps = re.search(self.wanted, sentences(report["lines"]), re.I | re.S) is not None
        return not report["right"], helps and not report["right"], said


def untrue(source: str, lines: list[str]) -> list[str]:
    """What is said and can be checked without knowing the exercise, and is not so."""
    code, said, found = source.splitlines(), "\n".join(lines), []
    own = {n for hole in files.hole_lines(source) for n in hole}
    for number, quote in re.findall(r"[Ll]ine (\d+) of \d\d_\w+\.py:\n    (.*)", said):
        if code[int(number) - 1].strip() != quote or int(number) not in own:
            found.append(f"line {number} is not the learner's {quote!r}")
    for first, last in re.findall(r"Look at lines? (\d+)(?: to (\d+))?", said):
        if not {int(first), int(last or first)} <= own:
            found.append(f"the learner wrote nothing in line {first}")
    for name in re.findall(r"^(?:NameError: name|AttributeError: .* attribute|KeyError:) '(\w+)'",
                           said, re.M):
        earlier = [files.solution(exercise) for exercise in files.exercises()]
        if not any(re.search(rf"\b{name}\b", text) for text in (source, *earlier)):
            found.append(f"the name {name} is not in the learner's code")
    for name in re.findall(r"Is \.?(\w+) meant\?|write self\.(\w+)", said):
        if not re.search(rf"\b{name[0] or name[1]}\b", source) and not hasattr(builtins, name[0]):
            found.append(f"{name} is nothing that the learner has")
    numbers = re.search(r"your code says +(-?[\d.e+-]+)\n.*? (-?[\d.e+-]+)$", said, re.M)
    for factor in re.findall(r"(-?[\d.]+) times (?:the slope|what it should be)", said):
        if numbers and not math.isclose(float(numbers[1]), float(factor) * float(numbers[2]),
                                        rel_tol=1e-2):
            found.append(f"it is not {factor} times as much")
    for text in ("“”", "Traceback", "checks.py", "checks_further.py", "1 times what"):
        if text in said:
            found.append(f"{text} is said")
    if "`return` inside the loop" in said and not re.search(r"\b(for|while)\b", source):
        found.append("there is no loop")
    return found


def sentences(lines: list[str]) -> str:
    """What is said, without the lines of code and numbers that are quoted."""
    return " ".join([line for line in lines
                     if not line.startswith("    ") and not line.startswith("Look at line")])


def with_holes(exercise: str, holes: list[str | None]) -> str:
    """The exercise with these lines in its holes; None keeps our solution.

    With fewer lines than holes they are for the last ones: a prediction comes first.
    """
    source = files.solution(exercise)
    found = list(files.HOLE.finditer(source))
    assert 0 <= len(found) - len(holes) <= 1, f"{exercise} has {len(found)} holes"
    found = found[-len(holes):]
    for hole, lines in reversed(list(zip(found, holes))):
        if lines is not None:
            indent = re.match(" *", hole[0])[0]
            text = textwrap.indent(lines.strip("\n"), indent)
            source = f"{source[:hole.start(1)]}{text}\n{source[hole.end(1):]}"
    return source


def attempts(*sets: str) -> list[Attempt]:
    return [attempt for name in sets or SETS for attempt in read(name)]


def read(name: str) -> list[Attempt]:
    """The attempts in one of the files."""
    found, exercise = [], ""
    names = {name[3:]: name for name in files.exercises()}
    text = (ROOT / "tests" / "data" / f"{name}.txt").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("=== "):
            exercise = names[line[4:]]
        elif line.startswith("--- "):
            found.append(Attempt(exercise, line[4:], [""], number, name))
        elif line.startswith(">>> "):
            found[-1].sentence = line[4:]
        elif line == "&":
            found[-1].holes.append("")
        elif found and exercise and line:
            found[-1].holes[-1] += f"{line}\n"
    for attempt in found:
        attempt.holes = [None if hole.strip() == "=" else hole for hole in attempt.holes]
    return found


def main(arguments: list[str]) -> None:
    wanted = [name for name in arguments if name != "--missed"]
    chosen = [a for a in attempts() if not wanted
              or {a.exercise, a.exercise[3:], a.set} & set(wanted)]
    table = {}
    for attempt in chosen:
        verdict, helps, said = attempt.judged()
        row = table.setdefault(attempt.exercise, [0, 0, 0, 0])
        row[0] += 1
        row[1] += verdict
        row[2] += attempt.wanted != "right"
        row[3] += attempt.wanted != "right" and helps
        if "--missed" in arguments and not (verdict and helps):
            print(f"{'─' * 80}\n{attempt.exercise}, line {attempt.number} of {attempt.set}.txt: "
                  f"wanted {attempt.wanted}")
            print("\n".join([hole or "=" for hole in attempt.holes]), said, sep="\n→ ")
    print(f"{'':20}{'attempts':>9}{'judged right':>14}{'wrong ones':>12}{'helped':>8}")
    for exercise, row in (table | {"all": [sum(column) for column in zip(*table.values())]}).items():
        print(f"{exercise:20}{row[0]:9}{row[1]:14}{row[2]:12}{row[3]:8}   {row[3] / row[2]:.0%}")


if __name__ == "__main__":
    main(sys.argv[1:])
