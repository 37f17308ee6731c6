"""Tables of two inputs and a target: read, brought to scale, and fitted by formula.

You will learn here what is done to data before a network sees them, and what a network must be
compared with. `two_two_one.py` is the lesson that uses this file.
"""

import codecs
import csv
import math
import pathlib
from statistics import fmean

from command_line import BadInput, reading

TREES = pathlib.Path(__file__).parent / "data" / "trees.csv"
IN_UTF_16 = " (it seems to be in UTF-16: save it in UTF-8)"
UNITS = {"girth": "inches", "height": "feet", "volume": "cubic feet"}


def read(path) -> tuple[list[str], list[tuple[float, float, float]]]:
    """The names of the three columns, from the header row if there is one, and the rows."""
    names, rows, header = ["x1", "x2", "y"], [], False
    try:
        with open(path, newline="", encoding="utf-8-sig") as file, reading(file) as lines:
            reader = csv.reader(lines)
            for fields in reader:
                if not fields or (len(fields) == 1 and not fields[0].strip()):
                    continue                    # a blank line
                try:
                    numbers = tuple(map(float, fields))
                except ValueError:
                    numbers = ()
                if len(numbers) == 3 and all(map(math.isfinite, numbers)):
                    rows.append(numbers)
                elif not rows and not header and len(fields) == 3 and not any(
                        map(_is_number, fields)):
                    names, header = [_printable(field.strip()) for field in fields], True
                else:
                    raise BadInput(f"{path}, line {reader.line_num}: expected three finite numbers "
                                   f"separated by commas, got {','.join(fields)!r:.60}"
                                   + _what_it_is(fields))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        utf_16 = error.object[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        raise BadInput(f"{path}: not a CSV file in UTF-8" + IN_UTF_16 * utf_16) from None
    except csv.Error as error:                  # as of a quotation mark that nothing closes
        nul = "NUL" in str(error)               # by Python 3.10, before it has counted the line
        raise BadInput(f"{path}, line {reader.line_num + nul}: not a CSV file in UTF-8 ({error})"
                       + IN_UTF_16 * nul) from None
    if len(rows) < 2:
        raise BadInput(f"{path}, line {max(1, reader.line_num)}: the file has {len(rows)} "
                       "rows of three numbers, expected two or more")
    for name, column in zip(names, zip(*rows)):
        if min(column) == max(column):
            raise BadInput(f"{path}, lines 1 to {reader.line_num}: column {name!r} is constant at "
                           f"{column[0]:g}, there is nothing to learn from it")
        if max(column) - min(column) < 1e-50 or max(map(abs, column)) > 1e50:
            raise BadInput(f"{path}, lines 1 to {reader.line_num}: column {name!r} runs from "
                           f"{min(column):g} to {max(column):g}, beyond what floats can square")
    return names, rows


def _what_it_is(fields: list[str]) -> str:
    if any("\0" in field for field in fields):
        return IN_UTF_16
    if any(";" in field for field in fields):
        return " (it has semicolons; write commas between numbers, and points in them: 1.5,2,3)"
    if any("\t" in field for field in fields):
        return " (it has tabs; write commas between the numbers)"
    return ""


def _printable(text: str) -> str:
    """The text without what a terminal would obey, such as escape sequences."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


class Scale:
    """Rows as a network likes them: numbers of about 1.

    The two inputs are standardised: the mean is subtracted, and the rest divided by the standard
    deviation. The target is only divided by its typical size (the root of its mean square), so that
    its mean stays where it is: the network has to learn that too.
    """

    def __init__(self, rows):
        *inputs, target = zip(*rows)
        self.means = [fmean(column) for column in inputs]
        self.deviations = [math.sqrt(fmean((x - mean) ** 2 for x in column))
                           for column, mean in zip(inputs, self.means)]
        self.unit = math.sqrt(fmean(y * y for y in target))

    def __call__(self, row) -> tuple[float, float, float]:
        x1, x2 = ((x - mean) / deviation
                  for x, mean, deviation in zip(row, self.means, self.deviations))
        return x1, x2, row[2] / self.unit

    def predict(self, network, row) -> float:
        """What the network says of a row's inputs, in the target's own units."""
        return network(*self(row)[:2]).data * self.unit

    def plane(self, network) -> tuple[float, float, float]:
        """The constant and the two slopes, in the data's own units, of a linear network."""
        average = network(0.0, 0.0).data
        slope1 = (network(1.0, 0.0).data - average) * self.unit / self.deviations[0]
        slope2 = (network(0.0, 1.0).data - average) * self.unit / self.deviations[1]
        mean1, mean2 = self.means
        return average * self.unit - slope1 * mean1 - slope2 * mean2, slope1, slope2


def least_squares(rows) -> tuple | None:
    """The best plane by formula (normal equations, Legendre 1805) and its mean squared residual.

    None where the two inputs determine each other and many planes are equally good.
    """
    c1, c2, cy = [fmean(column) for column in zip(*rows)]
    u, v, y = zip(*[(a - c1, b - c2, target - cy) for a, b, target in rows])
    uu, uv, vv, uy, vy = (sum(map(math.prod, zip(*pair)))
                          for pair in ((u, u), (u, v), (v, v), (u, y), (v, y)))
    determinant = uu * vv - uv * uv
    if determinant <= 1e-12 * uu * vv:
        return None
    slope1, slope2 = (uy * vv - vy * uv) / determinant, (vy * uu - uy * uv) / determinant
    residuals = [t - slope1 * a - slope2 * b for a, b, t in zip(u, v, y)]
    return (cy - slope1 * c1 - slope2 * c2, slope1, slope2), fmean(r * r for r in residuals)


if __name__ == "__main__":
    print("By itself this file does nothing: two_two_one.py uses it.")
