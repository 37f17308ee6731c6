"""The folder that a class is given: the exercises, and the program that checks them.

It stands alone: Python is all it needs. micrograd is in it, for reading, too. The program and our
solutions are in an archive, `checker.zip`, which Python reads as it is: nothing in the folder shows
a solution to whoever opens it in an editor.
"""

import pathlib
import shutil
import zipfile

import micrograd
from files import DATA, HANDED_OUT, PROGRAM, exercises, original, typed, write

ARCHIVE = "checker.zip"
PROGRAMS = ["__main__", "checker", "checks", "checks_further", "edits", "errors", "files",
            "handout", "probes", "worker", "yours"]

START = '''"""Build your own engine: checks the exercises in this folder. README.txt says how."""

import pathlib
import runpy

runpy.run_path(str(pathlib.Path(__file__).resolve().with_name("checker.zip")), run_name="__main__")
'''

README = """Build your own engine, in {count} small files

1. You need Python 3.10 or newer, and nothing else: no network, no other package.
2. Open 01_slope.py in this folder, read the half page at its top, and replace the `...` with your
   code. Each file also runs by itself: python {first}
3. Run, in the folder above this one:

       python {folder}             where you are, and what is wrong with the first that is not right
       python {folder} --watch     the same whenever you save a file
       python {folder} --hint      one more hint each time
       python {folder} --reset 2   begin exercise 2 anew; what was there is kept beside it

The package micrograd, which your engine is a small sister of, is in the folder micrograd: when you
are done, read engine.py there.
"""


def hand_out(folder: pathlib.Path) -> str:
    """Make the folder, or renew its program; exercises that are there are kept. What was done.

    Raises ValueError if the folder holds other things.
    """
    if HANDED_OUT:
        raise ValueError("this folder was handed out itself: hand out from the repository")
    if folder.exists() and any(folder.iterdir()) and not (folder / ARCHIVE).exists():
        raise ValueError(f"{folder} is not empty, and was not made by --handout: take a new one")
    folder.mkdir(parents=True, exist_ok=True)
    kept = [name for name in exercises() if (folder / f"{name}.py").exists()]
    for name in exercises():
        if name not in kept:
            write(folder / f"{name}.py", original(name))
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in PROGRAMS:
            archive.write(PROGRAM / f"{name}.py", f"{name}.py")
        for name in exercises():
            archive.write(PROGRAM / "solutions" / f"{name}.py", f"solutions/{name}.py")
        archive.write(DATA / "trees.csv", "data/trees.csv")
    shutil.copy(PROGRAM / "yours.py", folder)
    write(folder / "__main__.py", START)
    write(folder / "README.txt", README.format(
        count=len(exercises()), folder=typed(folder.name), first=typed(f"{folder.name}/01_slope.py")))
    write(folder / ".gitignore", "*\n")         # where it lies in a repository, it is no part of it
    package = pathlib.Path(micrograd.__file__).parent
    shutil.rmtree(folder / "micrograd", ignore_errors=True)
    shutil.copytree(package, folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    return (f"The {len(kept)} exercises that were there are kept; the program is renewed."
            if kept else f"{len(exercises())} exercises, and the program that checks them.")
