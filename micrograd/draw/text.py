"""Numbers and words as pictures and pages write them, and the room that they take.

>>> [number(x) for x in (0.123456, -2.0, 12345.678, 2**64, 1e-300, Fraction(-1, 3))]
['0.1235', '−2', '12346', '1.845×10¹⁹', '1×10⁻³⁰⁰', '−1/3']
"""

import math
import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

from ..engine import Value

__all__ = ["as_float", "exact", "number", "plain", "printable", "shortened", "symbol", "width"]

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Thousandths of the size of the type that characters of Helvetica and Arial take; others take 556.
WIDTHS = {222: "'ijl", 278: " !,./:;I[\\]ft|·\xa0", 333: "()-`r{}⁰¹²³⁴⁵⁶⁷⁸⁹⁻", 389: "\"*", 500: "Jckvsxyz",
          584: "+<=>~−×", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm",
          889: "%", 944: "W", 1000: "…‖@"}
WIDTH_OF = {char: size / 1000 for size, chars in WIDTHS.items() for char in chars}


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────

def number(x: Any) -> str:
    """Four significant digits, with a real minus; where they would need many zeros, ×10ⁿ.

    A whole number below 10⁹ and a short fraction are written in full. Between 0.0001 and 100 000
    the digits stand as they are, above 1000 rounded to a whole number. 0 has no sign.
    """
    x = plain(x)
    exactly = isinstance(x, (int, Fraction))
    if not exactly:
        x = float(x) if isinstance(x, Real) else x
        if not isinstance(x, float) or not math.isfinite(x):
            return str(x).replace("-", "−").replace("nan", "NaN").replace("inf", "∞")
    if abs(x) < 10 ** 9 and x == int(x):
        return str(int(x)).replace("-", "−")
    if exactly:
        if max(abs(x.numerator), x.denominator) < 10 ** 6:
            return str(x).replace("-", "−")
        x = Decimal(x.numerator) / x.denominator
    x = Decimal(x)
    whole = x.adjusted() + 1 if x.adjusted() < 5 else 0     # digits before the point
    x = Context(prec=max(4, whole), rounding=ROUND_HALF_UP).plus(x)
    power = x.adjusted()
    plainly = -4 <= power < 5
    text = f"{x if plainly else x.scaleb(-power):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text += "" if plainly else f"×10{str(power).translate(SUPERSCRIPT)}"
    return text.replace("-", "−")


def exact(x: Any) -> str:
    """All digits, as Python writes them."""
    try:
        return str(plain(x))
    except ValueError:                          # Python refuses to write an int of 4,300 digits
        return number(x)


def plain(x: Any) -> Any:
    """The number, of a number or a Value: a gradient may have a graph of its own."""
    return x.data if isinstance(x, Value) else x


def as_float(number: Any, factor: Any = 1) -> float:
    """The product as a float, infinite where it is larger than any: Python's integers may be."""
    try:
        return float(factor * number)
    except OverflowError:
        return math.inf if (factor > 0) == (number > 0) else -math.inf


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────

def symbol(operation: Any) -> str:
    """The symbol of an operation as mathematics writes it."""
    return {"*": "×", "-": "−"}.get(str(operation), str(operation))


def printable(text: Any) -> str:
    """The text without what XML has no way to write: that is shown as the replacement character."""
    not_xml = "[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    return re.sub(not_xml, "\ufffd", str(text).replace("\r\n", "\n")).expandtabs(4)


def shortened(text: str, limit: int = 32) -> str:
    return text if len(text) <= limit else f"{text[:limit - 1]}…"


def width(text: str, size: float = 12, bold: bool = False) -> float:
    """About how many pixels a line of text takes."""
    ems = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in "FW":
            ems += 1.05
        elif not unicodedata.combining(char):
            ems += WIDTH_OF.get(char, 0.556 if char < "\x7f" else 0.72)
    return ems * size * (1.08 if bold else 1)
