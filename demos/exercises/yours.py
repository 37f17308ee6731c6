"""What you wrote in earlier exercises: `from yours import Value` takes it out of your own file.

That is all it does. (Plain `import 03_value` cannot be written, for a name in Python may not begin
with a digit.)
"""

import functools
import pathlib
import sys
import types
import warnings

# In a folder that was handed out, the program is in an archive.
if (archive := pathlib.Path(__file__).resolve().with_name("checker.zip")).exists():
    sys.path.insert(0, str(archive))
import files  # noqa: E402

folder = files.HERE                             # whose exercises: the checker may say otherwise
ours = frozenset()                              # for which of them our solutions stand in


def run(exercise: str, source: str) -> types.ModuleType:
    """A module made of the source of an exercise."""
    # The lines of our solutions are not the learner's: they are not to be found in the folder.
    path = f"our {exercise}" if exercise in ours else str(folder / f"{exercise}.py")
    module = types.ModuleType(exercise)
    module.__file__ = path
    exec(compiled(source, path), vars(module))
    return module


def compiled(source, path: str) -> types.CodeType:
    """Source, or a syntax tree, ready to run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # what it warns of is told when it happens
        return compile(source, path, "exec", dont_inherit=True)


@functools.cache
def load(exercise: str) -> types.ModuleType:
    """Your file as a module, run once."""
    return run(exercise, files.solution(exercise) if exercise in ours else
               (folder / f"{exercise}.py").read_text("utf-8-sig"))


def use(exercises_in: pathlib.Path, solved_by_us=()) -> None:
    """Take the exercises from this folder, but those named from our solutions; forget the rest."""
    global folder, ours
    folder, ours = exercises_in, frozenset(solved_by_us)
    load.cache_clear()


def __getattr__(name: str):
    exercise = None if name.startswith("__") else files.home(name)
    if exercise is None:
        raise AttributeError(f"no exercise defines {name}")
    if exercise not in ours:
        source = (folder / f"{exercise}.py").read_text("utf-8-sig")
        if source == files.original(exercise):
            raise SystemExit(f"{name} comes from {exercise}.py, which is as it was in the "
                             "beginning. Solve that first.")
    try:
        return getattr(load(exercise), name)
    except AttributeError:
        raise AttributeError(f"{exercise}.py should define {name}, but does not any more") from None
