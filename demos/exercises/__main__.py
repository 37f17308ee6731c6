"""Exercises: build your own engine, extend ours, and be told at once whether it is right.

Open the first file in the folder, read the lesson at its top, replace the `...` with your code, and
run this again.
"""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import time

from checker import Checker, Result, describe
from files import (HANDED_OUT, HERE, exercises, from_here, reset, shown_solution, this_command,
                   title, write)

try:
    import checks_further  # noqa: F401         registers its checks, and those of checks.py
    from handout import hand_out
    from probes import EXERCISES
except ImportError as missing:                  # another package may have the name micrograd
    sys.exit(f"The exercises need the package micrograd of this repository ({missing}).\nIn its "
             f"folder, run: {sys.executable} -m pip install -e .")

MARKS = {"right": "✓", "wrong": "✗", "untouched": "·", "waiting": "~", "missing": "?"}
PLAIN_MARKS = MARKS | {"right": "+", "wrong": "x", "untouched": "."}
MEANING = {"right": "right", "wrong": "wrong", "untouched": "not begun", "missing": "file missing",
           "waiting": "right by itself, but not what it builds on"}
COLOURS = {"right": "32", "wrong": "31", "bold": "1", "faint": "2"}
POLL = 0.3                                      # seconds between two looks at the files


# ── The terminal ──────────────────────────────────────────────────────────────────────────────────

def coloured() -> bool:
    """Whether colours are wanted: on a terminal that has them, unless NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return False
    if os.name == "nt":
        os.system("")                           # wakes the colours of Windows' console
    return True


def paint(text: str, colour: str) -> str:
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if coloured() and colour in COLOURS else text


def can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def mark(state: str) -> str:
    marks = MARKS if can_show("✓✗·") else PLAIN_MARKS
    return paint(marks[state], state)


def bar(done: int, total: int, width: int = 32) -> str:
    full, empty = ("█", "░") if can_show("█░") else ("#", "-")
    filled = done * width // total
    return f"{full * filled}{empty * (width - filled)} {done}/{total}"


@contextlib.contextmanager
def progress(total: int):
    """A line that is written over while one waits, on terminals alone."""
    shown = sys.stderr.isatty()

    def tell(done):
        if shown:
            print(f"\rchecking {bar(done, total)}", end="", file=sys.stderr, flush=True)
    yield tell
    if shown:
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)


def path_of(folder: pathlib.Path, exercise: str) -> str:
    return from_here(folder / f"{exercise}.py")


# ── What the command does ─────────────────────────────────────────────────────────────────────────

def check_all(checker: Checker) -> list[Result]:
    names, results = exercises(), []
    for name in names:
        checker.begin(name)
    with progress(len(names)) as tell:
        for i, name in enumerate(names):
            tell(i)
            results.append(checker.check(name))
    return results


def overview(args) -> int:
    # What a right answer is rewarded with is shown until it is there.
    results = check_all(Checker(args.folder, args.seed, args.out, again=False))
    for result in results:
        name = f"{result.exercise:17} {title(result.exercise)}"
        print(f"  {mark(result.state)} {paint(name, 'faint') if result.right else name}")
    print(f"\n  {bar(sum(r.right for r in results), len(results))}\n")
    for result in results:
        if result.note:
            tell_result(args, result)
            print()
    first = next((r for r in results if not r.right), None)
    if first is None:
        print("All are right. You have built backpropagation, and used it. Now read "
              "micrograd/engine.py:\nyou will recognise it.")
        return 0
    tell_result(args, first)
    return 0


def tell_result(args, result: Result) -> None:
    heading, *lines = describe(result).splitlines()
    path = path_of(args.folder, result.exercise)
    print(f"{mark(result.state)} {paint(heading, 'bold')}   {path}")
    print("\n".join(lines))
    if result.state in ("wrong", "untouched"):
        print(f"\n  For a hint: {this_command(args.folder)} --hint {result.number}")
    sys.stdout.flush()


def check_one(args, exercise: str) -> int:
    result = Checker(args.folder, args.seed, args.out).check(exercise)
    tell_result(args, result)
    return 0 if result.right else 1


def first_unsolved(args) -> str | None:
    results = check_all(Checker(args.folder, args.seed))
    return next((result.exercise for result in results if not result.right), None)


def watch(args) -> int:
    """Check a file whenever it is saved, until Ctrl-C."""
    overview(args)
    print(f"\nWatching {args.folder}. Save a file and it is checked; Ctrl-C ends.", flush=True)
    before = stamps(args.folder)
    while True:
        time.sleep(POLL)
        now = stamps(args.folder)
        for exercise in [name for name in now if now[name] != before.get(name)]:
            print(f"\n{paint(time.strftime('%H:%M:%S'), 'faint')} {exercise}.py was saved.")
            if check_one(args, exercise) == 0 and (following := first_unsolved(args)):
                print(f"\nNext: {path_of(args.folder, following)}   {title(following)}", flush=True)
        before = now


def stamps(folder: pathlib.Path) -> dict[str, tuple]:
    """When each exercise was saved. One that is just being replaced by an editor is left out."""
    found = {}
    for name in exercises():
        with contextlib.suppress(OSError):
            stat = (folder / f"{name}.py").stat()
            found[name] = (stat.st_mtime_ns, stat.st_size)
    return found


def hint(args, exercise: str) -> int:
    """One more hint each time. How many have been given is kept in `.hints.json` in the folder."""
    state, hints = args.folder / ".hints.json", EXERCISES[exercise].hints
    try:
        given = {name: int(count) for name, count in json.loads(state.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        given = {}
    given[exercise] = count = min(given.get(exercise, 0) + 1, len(hints))
    for i, text in enumerate(hints[:count], 1):
        print(f"Hint {i} of {len(hints)}: {text}")
    if count == len(hints):
        print(f"That is all. Our solution: --solution {int(exercise[:2])}")
    with contextlib.suppress(OSError):          # a folder one may not write to gives hints, too
        write(state, json.dumps(given))
    return 0


def start_again(args, exercise: str) -> int:
    copy = reset(args.folder, exercise)
    print(f"{exercise}.py is as it was in the beginning."
          + (f" What was there is kept in {copy.name}." if copy else ""))
    return 0


def solution(args, exercise: str) -> int:
    if HANDED_OUT:
        print("There are no solutions here: ask whoever gave you this folder.")
        return 1
    if not args.yes:
        print(f"Show our solution of {exercise}? One more hint (--hint {int(exercise[:2])}) may "
              "teach more. [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            print("Not shown.")
            return 1
    print(shown_solution(exercise))
    return 0


def grade(folders: list[pathlib.Path], args) -> int:
    """A line for each folder: how many are right, and which."""
    print(f"{'':20} {'right':>8}   1 to {len(exercises())}")
    graded = 0
    for folder in folders:
        if problem := not_to_be_graded(folder):
            print(f"{folder.name[:20]:20}            skipped: {problem}", flush=True)
            continue
        graded += 1
        checker = Checker(folder, args.seed or 0)
        results = check_all(checker)
        marks = "".join([mark(r.state) for r in results])
        print(f"{folder.name[:20]:20} {sum(r.right for r in results):5}/{len(results)}   {marks}",
              flush=True)
    print("\n" + "\n".join([f"{mark(state)} {MEANING[state]}" for state in MARKS]))
    return 0 if graded else 2


def not_to_be_graded(folder: pathlib.Path) -> str:
    """Why a folder cannot be graded, or ""."""
    def has_exercises(folder):
        return any((folder / f"{name}.py").exists() for name in exercises())

    if not folder.is_dir():
        return "it is no folder"
    if has_exercises(folder):
        return ""
    if any(has_exercises(inner) for inner in folder.iterdir() if inner.is_dir()):
        return f"the exercises are in folders within it: --grade {from_here(folder)}/*"
    return "there are no exercises in it, such as 01_slope.py"


def start_class(folder: pathlib.Path) -> int:
    done = hand_out(folder)
    print(f"{from_here(folder)}: {done}\nTo begin: python {from_here(folder)}")
    return 0


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def named(text: str) -> str:
    """The exercise of a number, or of its name or a file's."""
    wanted = pathlib.Path(text).stem
    for name in exercises():
        if wanted in (name, name[3:], name[:2], name[:2].lstrip("0")):
            return name
    raise argparse.ArgumentTypeError(f"there are the exercises 1 to {len(exercises())}, not {text}")


def a_path(text: str) -> pathlib.Path:
    path = pathlib.Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no {text}")
    return path.resolve()


def a_folder(text: str) -> pathlib.Path:
    path = a_path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return path


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        prog=this_command(), description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Without arguments: where you are. The exit code is 0, but 1 if the exercise that "
               "was asked for is not right yet.")
    parser.add_argument("exercise", nargs="?", type=named, metavar="N", help="check exercise N")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--watch", action="store_true", help="check a file whenever it is saved")
    for name, help in (("hint", "one more hint each time"),
                       ("reset", "begin N anew; what is there is saved beside it"),
                       ("solution", "show our solution of N, after asking")):
        what.add_argument(f"--{name}", nargs="?", type=named, metavar="N", const=True, help=help)
    what.add_argument("--grade", nargs="+", type=a_path, metavar="FOLDER",
                      help="a line for each of these folders of exercises, for teachers")
    what.add_argument("--handout", type=pathlib.Path, metavar="FOLDER",
                      help="make a folder of exercises that stands alone, or renew its program")
    parser.add_argument("--yes", action="store_true", help="do not ask before a solution is shown")
    parser.add_argument("--folder", type=a_folder, default=HERE,
                        help="where the exercises are (default: beside this program)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"), metavar="FOLDER",
                        help="where pictures go (default: out)")
    parser.add_argument("--seed", type=int, metavar="N",
                        help="of the points that are tried (default: others each time)")
    args = parser.parse_args(arguments)
    args.out = args.out.absolute()
    if args.reset is True and not args.exercise:
        parser.error("--reset needs the number of an exercise")
    return args


def run(args) -> int:
    if args.watch:
        return watch(args)
    if args.grade:
        return grade(args.grade, args)
    if args.handout:
        return start_class(args.handout.resolve())
    for name, action in (("hint", hint), ("reset", start_again), ("solution", solution)):
        if (wanted := getattr(args, name)) is not None:
            if wanted is True:
                wanted = args.exercise or first_unsolved(args)
            if wanted is None:
                print("All are right.")
                return 0
            return action(args, wanted)
    return check_one(args, args.exercise) if args.exercise else overview(args)


def main() -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")    # for terminals that cannot show every sign
    try:
        return run(parse())
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:                     # whoever was reading has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError) as error:
        print(f"{this_command()}: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
