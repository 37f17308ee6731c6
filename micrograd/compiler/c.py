"""C, the dialect that is fast.

Every number here is a double, as a float in Python is, and one operation after the other is rounded
as Python does it: nothing is fused, nothing reordered. So where a program only adds, subtracts,
multiplies, divides and takes square roots, the answers are equal to Python's to the last bit.

Nothing raises in C. A division by zero makes an infinity and raises a *flag* of the processor,
which it keeps until someone looks. `PRELUDE` looks once, after the last sample: whatever would have
been an error in Python has left its flag, and the engine is asked instead.

Read `nests.py` next, which says long programs in C, and then `native.py`, which calls the compiler.
"""

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from .samples import places
from .symbols import COMPARE, Instruction, TraceError
from .writer import ATOM, Dialect, Piece

__all__ = ["C", "PRELUDE", "TRAIN", "whole_limit", "wholes"]

FUNCTIONS = """acos acosh asin asinh atan atanh cbrt cos cosh erf erfc exp exp2 expm1 lgamma log log10
    log1p log2 sin sinh sqrt tan tanh tgamma""".split()
TWO_INPUTS = ["atan2", "copysign", "fmod", "hypot", "pow"]
WORDS = """asm auto break case char const continue default do double else enum extern float for goto
    if inline int long main register restrict return short signed sizeof static struct switch
    typedef typeof union unsigned void volatile while abs fabs floor modulo floor_division
    feclearexcept fetestexcept checked samples sample parameters results count n i step forward
    update train finite bare""".split()

PRELUDE = f"""\
double {', '.join([f'{name}(double)' for name in ['fabs', 'floor', *FUNCTIONS]])};
double {', '.join([f'{name}(double, double)' for name in TWO_INPUTS])};

// As Python has them: the rest has the sign of y, and what is left is rounded down.
static double modulo(double x, double y) {{
    double rest = fmod(x, y);
    return rest == 0.0 ? copysign(0.0, y) : (rest < 0.0) != (y < 0.0) ? rest + y : rest;
}}
static double floor_division(double x, double y) {{
    double rest = fmod(x, y), quotient = (x - rest) / y;
    if (rest != 0.0 && (rest < 0.0) != (y < 0.0))
        quotient -= 1.0;
    double whole = floor(quotient);
    return quotient == 0.0 ? copysign(0.0, x / y) : quotient - whole > 0.5 ? whole + 1.0 : whole;
}}

int feclearexcept(int), fetestexcept(int);      // the flags of the processor
#if defined(__aarch64__) || defined(__arm__)
enum {{INVALID = 1, DIVISION_BY_ZERO = 2, OVERFLOW = 4}};
#else
enum {{INVALID = 1, DIVISION_BY_ZERO = 4, OVERFLOW = 8}};
#endif
enum {{ERRORS = INVALID | DIVISION_BY_ZERO | OVERFLOW}};
typedef void program(const double *, long, const double *, double *);

static int checked(program *volatile run, const double *samples, long count,
                   const double *parameters, double *results) {{
    feclearexcept(ERRORS);
    run(samples, count, parameters, results);
    return fetestexcept(ERRORS);
}}
"""

# Several steps. A state is what training changes: the parameters, and what the optimiser remembers.
# `leaves[moving[0]]` is `state[moving[1]]`, and so on in pairs; `kept` gradients accumulate. It ends
# before a step that has no finite result; `done` says how many there were.
TRAIN = """\
static int finite(const double *numbers, long count) {
    for (long i = 0; i < count; i++)
        if (!(fabs(numbers[i]) <= 1.7976931348623157e308))
            return 0;
    return 1;
}

void train(program *run, const double *samples, const long *starts, const long *counts,
           const double *rates, long steps, double *leaves, const long *moving, double *state,
           const char *kept, double *work, double *losses, long *done, long pairs) {
    program *volatile run_update = update;
    double *results = work, *next = results + 1 + GRADIENTS, *after = next + STATE + GRADIENTS;
    feclearexcept(ERRORS);
    for (long k = 0; k < steps; k++) {
        for (long i = 0; i < pairs; i++)
            leaves[moving[2 * i]] = state[moving[2 * i + 1]];
        run(samples + starts[k], counts[k], leaves, results);
        double sum = 0.0;
        for (long i = 0; i <= GRADIENTS; i++)
            sum += results[i];
        if (!finite(&sum, 1) || !finite(results, 1 + GRADIENTS))
            return;
        for (long i = 0; i < STATE; i++)
            next[i] = state[i];
        for (long i = 0; i < GRADIENTS; i++)
            next[STATE + i] = (kept[i] ? state[STATE + i] : 0.0) + results[1 + i];
        if (rates)
            next[RATE] = rates[k];
        run_update(0, 0, next, after);
        if (fetestexcept(ERRORS) || !finite(after + STATE, PASSED))
            return;
        for (long i = 0; i < STATE; i++)
            state[i] = after[i];
        for (long i = 0; i < GRADIENTS; i++)
            state[STATE + i] = next[STATE + i];
        losses[k] = results[0];
        *done = k + 1;
    }
}
"""


class CLanguage(Dialect):
    name = "C"
    operations = {
        "where": (0, "{0:1} ? {1:1} : {2:0}"),
        "where not 0": (0, "{0:2} != 0.0 ? {1:1} : {2:0}"),
        **{op: (1, f"{{0:2}} {op} {{1:2}}") for op in COMPARE},
        "+": (2, "{0:2} + {1:3}"),
        "-": (2, "{0:2} - {1:3}"),
        "*": (3, "{0:3} * {1:4}"),
        "/": (3, "{0:3} / {1:4}"),
        "/ of truths": (3, "(double){0:4} / {1:4}"),
        "//": (ATOM, "floor_division({0}, {1})"),
        "%": (ATOM, "modulo({0}, {1})"),
        "neg": (4, "-{0:5}"),
        "**": (ATOM, "pow({0}, {1})"),
        "abs": (ATOM, "fabs({0})"),
    }
    functions = {*FUNCTIONS, *TWO_INPUTS}
    reserved = {*WORDS, *FUNCTIONS, *TWO_INPUTS, "INFINITY", "NAN"}
    letters = re.ASCII
    comment = "//"
    variable, end, close = "const double ", ";", "}"

    def form(self, line: Instruction) -> str:
        op, args = line.op, line.args
        if op in self.functions:
            if len(args) != 1 + (op in TWO_INPUTS):
                raise TraceError(f"C has no function {op} of {len(args)} numbers")
        if op == "where" and args[0].op not in COMPARE:
            return "where not 0"
        if op == "/" and all([x.op in OF_TRUTHS and not x.is_float for x in args]):
            return "/ of truths"                # comparisons are whole numbers in C
        return op

    def number(self, number: Any) -> str:
        try:
            text = repr(float(number))
        except OverflowError:
            raise TraceError("C has no number that large") from None
        return text.replace("inf", "(1.0 / 0.0)").replace("nan", "(0.0 / 0.0)")

    def begin(self, name: str, arguments: list[str]) -> list[Piece]:
        return [(f"static void {name}(const double *{arguments[0]}, long count, "
                 "const double *parameters, double *results) {", "", "")]

    def take(self, pattern: Sequence[Any], source: str) -> Piece:
        return "const double ", _entries(pattern, source), ";"

    def zeros(self, names: list[str], exact: bool) -> Piece:
        return "double ", ", ".join([f"{name} = 0.0" for name in names]), ";"

    def loop(self, pattern: Sequence[Any]) -> list[Piece]:
        step = len(places(pattern))
        head = f"for (long i = 0; i < count; i++, samples += {step}) {{", "", ""
        texts = _entries(pattern, "samples")
        return [head, ("const double ", texts, ";")] if texts else [head]

    def count(self) -> Piece:
        return "const double n = count;", "", ""

    def answer(self, results: dict[str, Any]) -> list[Piece]:
        texts = [text for _, text in places([*results.values()])]
        return [(f"results[{i}] = ", text, ";") for i, text in enumerate(texts)]


OF_TRUTHS = {*COMPARE, "+", "-", "*", "neg", "where"}          # what may be one of whole numbers


def _entries(pattern: Sequence[Any], source: str) -> str:
    """A definition for each name in the pattern, by its place in one long list of numbers."""
    return ", ".join([f"{name} = {source}[{i}]" for i, (_, name) in enumerate(places(pattern))
                      if name != "_"])


C = CLanguage()


def whole_limit(code: list[Instruction]) -> int:
    """How large whole numbers in samples may be, so that all that is made of them fits a double.

    Up to 2 ** 53, doubles count as whole numbers do. 0 means that samples may hold none at all.
    """
    for limit in (2 ** 30, 2 ** 20, 2 ** 10, 2 ** 5, 1):
        if max(wholes(code, limit)) <= 2 ** 53:
            return limit
    return 0


def wholes(code: list[Instruction], limit: int) -> Iterator[float]:
    """The largest whole number that each instruction can make; 0 if it makes floats alone."""
    sizes: dict[Instruction, float] = {}
    for line in code:
        inputs = [sizes[x] for x in line.args]
        if line.is_float or line.op in ("/", *FUNCTIONS, *TWO_INPUTS):
            size = 0.0
        elif line.op == "constant":
            small = type(line.value) in (int, bool) and abs(line.value) <= 2 ** 53
            size = float(abs(line.value)) if small else 0.0 if type(line.value) is float else inf
        elif line.op in ("sample", "leaf"):
            size = float(limit)
        elif line.op in COMPARE:
            size = 1
        elif line.op == "where":
            size = max(inputs[1:])
        elif line.op == "*":
            size = inputs[0] * inputs[1]
        elif line.op == "**":
            size = inf if inputs[0] > 1 else inputs[0]
        else:
            size = sum(inputs) * (2 ** 20 if line.op == "mean" else 1)
        sizes[line] = size
        yield size
