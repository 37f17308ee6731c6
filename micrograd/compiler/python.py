"""Python, the first dialect: for reading, and it runs everywhere.

Three things are special here. Python's `**` of a negative number and a fraction would be a complex
number, and that of large whole numbers endless; so powers are `power`, the engine's own, except
those of a float with a whole number. Whole numbers and Fractions stay what they are. And a function
that Python has in its module `math` is imported from there.
"""

import builtins
import keyword
import math
from collections.abc import Sequence
from typing import Any

from .symbols import Instruction
from .writer import ATOM, Dialect, Piece

__all__ = ["PYTHON", "Python"]

COMPARISONS = {op: (1, f"{{0:2}} {op} {{1:2}}") for op in ("<", "<=", ">", ">=", "==", "!=")}


class Python(Dialect):
    name = "Python"
    operations = {
        "where": (0, "{1:1} if {0:1} else {2:0}"),
        **COMPARISONS,
        "+": (2, "{0:2} + {1:3}"),
        "-": (2, "{0:2} - {1:3}"),
        "*": (3, "{0:3} * {1:4}"),
        "/": (3, "{0:3} / {1:4}"),
        "//": (3, "{0:3} // {1:4}"),
        "%": (3, "{0:3} % {1:4}"),
        "neg": (4, "-{0:4}"),
        "**": (5, "{0:6} ** {1:4}"),
        "abs": (ATOM, "abs({0})"),
    }
    functions = {"power", *[name for name in vars(math) if not name.startswith("_")]}
    reserved = {*keyword.kwlist, *dir(builtins), "Fraction", "inf", "nan", "power", "samples",
                "sample", "parameters", "n"}
    brackets = ("(", ")")

    def form(self, line: Instruction) -> str:
        if line.op == "**":
            base, exponent = line.args
            whole = exponent.op == "constant" and exponent.value % 1 == 0
            return "**" if whole and base.is_float else "power"
        return line.op

    def number(self, number: Any) -> str:
        if type(number) is int and abs(number) > 10 ** 15:
            return hex(number)                  # of any length, unlike a decimal number
        return repr(int(number) if type(number) is bool else number)

    def before(self, used: set[str]) -> list[str]:
        return [f"from {module} import {', '.join(sorted(names))}" for module, names in [
            ("fractions", used & {"Fraction"}), ("math", used & {*vars(math)}),
            ("micrograd.ground.numbers", used & {"power"})] if names]

    def begin(self, name: str, arguments: list[str]) -> list[Piece]:
        return [(f"def {name}({', '.join(arguments)}):", "", "")]

    def take(self, pattern: Sequence[Any], source: str) -> Piece:
        return "", _bare(pattern), f" = {source}"

    def zeros(self, names: list[str], exact: bool) -> Piece:
        return f"{' = '.join(names)} = ", "0" if exact else "0.0", ""

    def loop(self, pattern: Sequence[Any]) -> list[Piece]:
        return [("for ", _bare(pattern), " in samples:")]

    def count(self) -> Piece:
        return "n = len(samples)", "", ""

    def answer(self, results: dict[str, Any]) -> list[Piece]:
        return [("return ", _bare(tuple(results.values())) if len(results) > 1 else
                 _text(*results.values()), "")]


def _text(x: Any) -> str:
    """Lists and tuples of texts, as source."""
    if type(x) is list:
        return f"[{', '.join([_text(part) for part in x])}]"
    if type(x) is tuple:
        return f"({', '.join([_text(part) for part in x])}{',' * (len(x) == 1)})"
    return str(x)


def _bare(pattern: Sequence[Any]) -> str:
    """The same without the brackets that Python does not need."""
    text = _text(tuple(pattern))
    return text[1:-1] if pattern else text


PYTHON = Python()
