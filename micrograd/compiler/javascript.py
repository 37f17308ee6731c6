"""JavaScript, the dialect that makes pages live.

Every number here is a float, as all numbers in JavaScript are. And nothing raises: where Python
would raise an error, the result is NaN, and the first such error is returned as a sentence beside
the results, as their `fault` (null if there is none). So a page can show all numbers there are, and
say what is wrong with the others.

The functions of a program return objects:

- `step(samples, parameters)` returns `{mean, gradients, fault}`;
- `forward(sample, parameters)` returns `{result, fault}`;
- `trace(leaves)`, which `trace_source` writes, returns `{data, grad, fault}`.
"""

from collections.abc import Sequence
from typing import Any

from ..engine import Constant, Value, apply, gradients, topological_order
from .passes import floats, fold, inline, prune, share
from .symbols import COMPARE, Instruction, Program, Symbol, TraceError
from .writer import ATOM, Dialect, Piece, forward_source

__all__ = ["JAVASCRIPT", "PRELUDE", "JavaScript", "trace_source"]

PRELUDE = """\
// What Python would have raised first, as a sentence; null if nothing.
let fault = null;
const no = sentence => { fault ??= sentence; return NaN; };

// The functions of Python's module math, NaN where they raise an error.
const TOO_LARGE = "the result is too large for a float";
const math = name => {
    const domain = {log: "numbers greater than 0", sqrt: "numbers from 0 upwards"}[name];
    return x => {
        const y = Math[name](x);
        if (Number.isFinite(y) || Number.isNaN(x)) return y;
        if (Number.isNaN(y) || domain && x === 0)
            return no(`${name} of ${x}: it takes ${domain ?? "finite numbers"}`);
        return Number.isFinite(x) ? no(`${name} of ${x}: ${TOO_LARGE}`) : y;
    };
};
const exp = math("exp"), log = math("log"), sqrt = math("sqrt");
const sin = math("sin"), cos = math("cos"), tanh = math("tanh");
const nonzero = x => x === 0 ? no("float division by zero") : x;
const power = (x, y) => {
    if (x === 1 || y === 0 || x === -1 && Math.abs(y) === Infinity) return 1;
    if (x === 0 && y < 0 && y !== -Infinity) return no(`** of 0, ${y}: division by zero`);
    const z = x ** y;
    if (Number.isFinite(z) || !Number.isFinite(x) || !Number.isFinite(y)) return z;
    return no(`** of ${x}, ${y}: ` + (z === z ? TOO_LARGE
                                              : "a negative number has only whole powers"));
};
// As Python has them: the rest has the sign of y, and what is left is rounded down.
const modulo = (x, y) => {
    const rest = x % nonzero(y);
    return rest === 0 ? 0 * Math.sign(y) : rest < 0 !== y < 0 ? rest + y : rest;
};
const floorDivision = (x, y) => {
    const rest = x % nonzero(y);
    const quotient = (x - rest) / y - (rest && rest < 0 !== y < 0 ? 1 : 0);
    const whole = Math.floor(quotient);
    return quotient === 0 ? 0 * Math.sign(x / y) : quotient - whole > 0.5 ? whole + 1 : whole;
};
"""
WORDS = """arguments async await break case catch class const continue debugger default delete do
    else enum eval export extends false finally for function get if implements import in instanceof
    interface let new null of package private protected public return set static super switch this
    throw true try typeof undefined var void while with yield Infinity NaN Number Math Object
    samples sample parameters leaves n fault no math exp log sqrt sin cos tanh nonzero power modulo
    floorDivision TOO_LARGE step forward trace""".split()


class JavaScript(Dialect):
    name = "JavaScript"
    operations = {
        "where": (0, "{0:1} ? {1:0} : {2:0}"),
        "where not 0": (0, "{0:2} != 0 ? {1:0} : {2:0}"),
        **{op: (1, f"{{0:2}} {op} {{1:2}}") for op in COMPARE},
        "+": (2, "{0:2} + {1:3}"),
        "-": (2, "{0:2} - {1:3}"),
        "*": (3, "{0:3} * {1:4}"),
        "/": (3, "{0:3} / nonzero({1})"),
        "/ number": (3, "{0:3} / {1:4}"),
        "//": (ATOM, "floorDivision({0}, {1})"),
        "%": (ATOM, "modulo({0}, {1})"),
        "neg": (4, "-{0:5}"),
        "**": (ATOM, "power({0}, {1})"),
        "abs": (ATOM, "Math.abs({0})"),
    }
    functions = {"exp", "log", "sqrt", "sin", "cos", "tanh"}
    reserved = {*WORDS}
    comment = "//"
    variable, end, close = "const ", ";", "}"

    def form(self, line: Instruction) -> str:
        if line.op == "where" and line.args[0].op not in COMPARE:
            return "where not 0"                # NaN counts as true in Python, but not here
        if line.op == "/" and line.args[1].op == "constant" and line.args[1].value:
            return "/ number"
        return line.op

    def number(self, number: Any) -> str:
        try:
            text = repr(float(number)).removesuffix(".0")
        except OverflowError:
            raise TraceError("JavaScript has no number that large") from None
        return text.replace("inf", "Infinity").replace("nan", "NaN")

    def begin(self, name: str, arguments: list[str]) -> list[Piece]:
        return [(f"function {name}({', '.join(arguments)}) {{", "", ""), ("fault = null;", "", "")]

    def take(self, pattern: Sequence[Any], source: str) -> Piece:
        return "const ", _text(pattern), f" = {source};"

    def zeros(self, names: list[str], exact: bool) -> Piece:
        return "let ", ", ".join([f"{name} = 0" for name in names]), ";"

    def loop(self, pattern: Sequence[Any]) -> list[Piece]:
        return [("for (const ", _text(pattern), " of samples) {")]

    def count(self) -> Piece:
        return "const n = samples.length;", "", ""

    def answer(self, results: dict[str, Any]) -> list[Piece]:
        texts = [f"{name}: {_text(x)}" for name, x in results.items()]
        return [("return {", ", ".join([*texts, "fault"]), "};")]


def _text(x: Any) -> str:
    """Lists and tuples of texts, as source; a place that is not needed stays empty."""
    if type(x) not in (list, tuple):
        return str(x)
    texts = [_text(part) for part in x]
    return f"[{', '.join(['' if text == '_' else text for text in texts])}]"


JAVASCRIPT = JavaScript()


def trace_source(root: Value, name: str = "trace") -> str:
    """A function in JavaScript that computes the whole graph of `root`, forward and backward.

    Its argument is a list of the numbers of all leaves that are no Constants. It returns `data` and
    `grad`, lists of the numbers and the gradients of all values, and `fault`. All three lists are
    in the order of `topological_order(root)`. The source stands below PRELUDE.

    >>> x, w = Value(2.0, label="x"), Value(3.0, label="w")
    >>> print(trace_source(x * w + 1))
    function trace(leaves) {
        fault = null;
        const [x, w] = leaves;
        const v1 = x * w;
        return {data: [x, w, v1, 1, v1 + 1], grad: [w, x, 1, 1, 1], fault};
    }
    """
    program, order = Program(()), topological_order(root)
    copies: dict[Value, Any] = {}
    for value in order:
        if isinstance(value, Constant):
            copies[value] = Constant(value.data)
        elif not value._prev:
            leaf: Any = program.add(Instruction("leaf", value=value, label=value.label or "p"))
            copies[value] = Value(leaf)
        else:
            copies[value] = apply(value.operation, *[copies[x] for x in value._prev])
            if value.label and type(copies[value].data) is Symbol:
                copies[value].data.line.label = value.label
    found = gradients(copies[root])
    program.record("return", *[copies[value].data for value in order],
                   *[found[copies[value]] for value in order])
    code = prune(share(fold(floats(program.code, order))))
    leaves = [value for value in order if not value._prev and not isinstance(value, Constant)]
    places = [0] * len(order)
    return forward_source(code, inline(code), (), {"data": places, "grad": places}, JAVASCRIPT,
                          leaves, name, ["leaves"])
