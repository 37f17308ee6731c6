"""Is a rule right? Slopes, measured, and what is wrong if not.

You will learn here how to find out whether a rule is right without trusting it: nudge the input,
see how much the output moves, and compare.

>>> slope_of_cube, error = slope(lambda x: x ** 3, 2.0)
>>> abs(slope_of_cube - 12) < 1e-9
True
"""

import functools
import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from .engine import Constant, Operation, Value, chain_rule, gradients, pass_back, topological_order
from .ground.errors import RuleError

__all__ = ["Check", "GradientError", "check_gradients", "diagnose", "slope"]

EPSILON = sys.float_info.epsilon


# ── 1. Slopes, measured ───────────────────────────────────────────────────────────────────────────

def slope(f: Callable[[float], float], x: float, side: int = 0,
          noise: float = 0) -> tuple[float, float]:
    """The slope of `f` at `x`, measured by nudging `x`, and an estimate of the error of that.

    Small nudges drown in rounding, large ones see the curve bend. So we halve the nudge step by
    step, extrapolate from all so far to a nudge of 0, and keep the extrapolation that changed least
    (Ridders' method, 1982). `side` is 0 to nudge both ways, 1 or -1 for one side alone. A nudge out
    of the function's domain is skipped. `noise` is how far rounding throws `f`, if that is known to
    be more than half a unit in its last digit. Raises ValueError if no nudge is left.

    >>> measured, error = slope(lambda x: x ** 3, 2.0)
    >>> abs(measured - 12) < 1e-9
    True
    """
    measured = _extrapolated(f, x, side, noise, 0.1 * (abs(x) or 0.01))
    if abs(x) > 10:
        # Of a wave that is short beside x, nudges of a tenth of x may show another, longer one.
        finer = _extrapolated(f, x, side, noise, 0.1)
        if finer[1] < abs(finer[0] - measured[0]) / 10:
            measured = finer
    if math.isnan(measured[0]):
        raise ValueError(f"no slope can be measured at {x!r}: the function has no values on both "
                         "sides of it")
    return measured


def _extrapolated(f: Callable[[float], float], x: float, side: int, noise: float,
                  nudge: float) -> tuple[float, float]:
    """The slope and its error, from this nudge and its halves; NaN if no nudge has an answer."""
    best, best_error, before = math.nan, math.inf, list[float]()
    for _ in range(40):
        nudge /= 2
        up, down = x + nudge * (side >= 0), x - nudge * (side <= 0)
        try:
            above, below = f(up), f(down)
            row = [(above - below) / (up - down)]
        except (ArithmeticError, ValueError):
            continue
        rounding = 2 * max(EPSILON * max(abs(above), abs(below)), noise) / (up - down)
        # Half the nudge divides the error's leading terms by 4, 16 … (by 2, 4 … on one side alone).
        for i, coarser in enumerate(before):
            power = (2 if side else 4) ** (i + 1)
            row.append(row[i] + (row[i] - coarser) / (power - 1))
            error = max(abs(row[-1] - row[i]), abs(row[-1] - coarser), rounding)
            if error < best_error:
                best, best_error = row[-1], error
        before = row[:6]
    return best, best_error


# ── 2. Rules, checked ─────────────────────────────────────────────────────────────────────────────

class GradientError(AssertionError):
    """A derivative is not the slope. The text says where, by how much, and the usual suspect."""


@dataclass(frozen=True)
class Check:
    """One derivative beside the slope measured there; `str()` of it is a sentence or two."""

    what: str                                   # such as "tanh by its input x"
    at: str                                     # the point, such as "x = 0.5"
    said: float                                 # what the rule says
    slope: float                                # what nudging says, NaN if it cannot be measured
    verdict: str                                # "agrees", "differs", "kink" or "edge"
    because: str = ""                           # a kink's two slopes, or the usual suspect
    g: float = 1                                # the gradient of the output with which it says so

    def __str__(self) -> str:
        if math.isnan(self.said) and math.isnan(self.slope):
            return f"{self.what}, at {self.at}: {self.because}"
        said = "" if math.isnan(self.said) else f"the rule says {self.said:.6g}; "
        slope = ("no slope can be measured there." if math.isnan(self.slope)
                 else f"the slope measured by nudging is {self.slope:.6g}.")
        if self.g != 1:
            said = f"with g = {self.g:.6g} {said}"
            slope = f"it should say {self.g * self.slope:.6g}."
        return f"{self.what}, at {self.at}: {said}{slope} {self.because}".rstrip()


def check_gradients(f: Callable[..., Any], at: float | Sequence[float], rtol: float = 1e-6,
                    order: int = 1) -> list[Check]:
    """Check every rule that `f` uses, and the gradient of `f` itself, against measured slopes.

    `at` is the point: a number, or a sequence of as many as `f` takes. Each operation is checked by
    itself at the numbers that meet it there, so that a wrong rule is named even when something
    downstream hides it; then, if none is wrong, the whole function. Returns what was checked. At a
    kink, where the slopes of the two sides differ, any derivative between them passes and the check
    says "kink"; at the edge of a domain it says "edge". With `order=2` the gradient is checked as a
    function of its own: a rule that leaves the graph, with `math.cos(x.data)` for `cos(x)`, is right
    at first, and cannot be differentiated again. And so on for higher orders.

    Raises GradientError, an AssertionError, if a derivative differs from the slope by more than
    `rtol` of it and the error of the measurement, or if a rule gives no gradients. Raises TypeError
    if the result is not one number, or if an operation has no rule.

    >>> from micrograd import op
    >>> @op("cube", lambda g, out, x: 2 * g * x ** 2)
    ... def cube(x):
    ...     return x ** 3
    >>> check_gradients(cube, 2.0)              # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    micrograd.checking.GradientError: wrong derivatives: 1 of 1
      cube by its input x, at x = 2.0: the rule says 8; the slope measured by nudging is 12. ...
    """
    if order not in range(1, 10):
        raise ValueError(f"the order of a check is a whole number from 1 to 9, not {order!r}")
    point = [float(x) for x in (at if isinstance(at, Sequence) else [at])]
    names = _names(f, len(point))
    inputs = [Value(x, label=name) for x, name in zip(point, names)]
    result = f(*inputs)
    if not isinstance(result, (Value, Real)):
        raise TypeError("check_gradients takes a function whose result is one number, "
                        f"not {type(result).__name__}")
    graph = topological_order(result) if isinstance(result, Value) else []
    checks = [check for value in graph if value._prev for check in _check_rule(value, rtol)]
    if not any(check.verdict == "differs" for check in checks):
        smooth = all(check.verdict == "agrees" for check in checks)
        checks += _check_whole(f, inputs, result, rtol, smooth)
    checks = list(dict.fromkeys(checks))        # the same operation at the same point, once
    if wrong := [check for check in checks if check.verdict == "differs"]:
        heading = f"wrong derivatives: {len(wrong)} of {len(checks)}"
        more = [f"… and {len(wrong) - 5} more"] if len(wrong) > 5 else []
        raise GradientError("\n  ".join([heading, *map(str, wrong[:5]), *more]))
    if order > 1:
        for i, name in enumerate(names):
            again = f"the gradient by {name}, differentiated again"
            try:
                checks += check_gradients(_derivative(f, i), point, rtol, order - 1)
            except GradientError as error:
                raise GradientError(f"{again}: {error}") from None
            except (ArithmeticError, ValueError) as error:      # an edge: there is no gradient
                checks.append(Check(again, _place(inputs), math.nan, math.nan, "edge",
                                    f"It raises {error}."))
    return checks


def _derivative(f: Callable[..., Any], i: int) -> Callable[..., Any]:
    """The derivative of `f` with respect to its input `i`, as a function."""
    @functools.wraps(f)
    def derivative(*inputs: Any) -> Any:
        xs = [x if isinstance(x, Value) else Value(x) for x in inputs]
        result = f(*xs)
        return gradients(result, create_graph=True).get(xs[i], 0) if isinstance(result, Value) else 0
    return derivative


def diagnose(pairs: Sequence[tuple[float, float]], suspects: Mapping[str, Sequence[float]],
             said: str = "The rule", truth: str = "the slope") -> str:
    """The usual suspect, or "". `pairs` are what a rule says and the slope, at several points.

    `suspects` maps an explanation to the slopes there would be if it were the mistake and were
    mended. What is not a rule, or not compared with a slope, is called `said` and `truth`.

    >>> diagnose([(-2.0, 2.0), (-3.0, 3.0)], {})
    'The sign is wrong.'
    >>> diagnose([(1.0, 2.0), (1.5, 3.0)], {}, "Your answer", "the right one")
    'Your answer is 0.5 times the right one at every point tried: a factor is wrong.'
    >>> diagnose([(3.0, 3.0), (1.0, 1.0), (0.5, 0.0)], {})
    'The rule is right except where the slope is 0: there it should be 0 as well.'
    """
    answers, slopes = zip(*pairs)
    for explanation, mended in suspects.items():
        if all(map(_close, mended, slopes)):
            return explanation
    if not any(answers):
        return f"{said} is 0 at every point tried: nothing gets through." if any(slopes) else ""
    if all(map(_close, [-x for x in answers], slopes)):
        return "The sign is wrong."
    ratios = [x / slope for x, slope in pairs if slope]
    if len(ratios) < 2 or not all(_close(ratio, ratios[0]) for ratio in ratios):
        return ""
    right = _close(ratios[0], 1)
    if any([x for x, slope in pairs if not slope]):
        return (f"{said} is right except where {truth} is 0: there it should be 0 as well."
                if right else "")
    return "" if right else (f"{said} is {ratios[0]:.6g} times {truth} at every point tried: "
                             "a factor is wrong.")


def _close(x: float, y: float, rtol: float = 1e-5) -> bool:
    return abs(x - y) <= rtol * max(abs(x), abs(y))


def _noise(f: Callable[..., Any], point: Sequence[float]) -> float:
    """How far rounding throws `f` at a point, about.

    Each value on the way is rounded in its last digit, and its gradient says what becomes of that.
    Of what cannot be run on Values, nothing is known: 0.
    """
    try:
        result = f(*map(Value, point))
        found = gradients(result) if isinstance(result, Value) else {}
        return EPSILON * float(sum([abs(value.data * g) for value, g in found.items()]))
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return 0


def _compare(f: Callable[..., Any], x: float, said: float, rtol: float,
             noise: float) -> tuple[str, float, str]:
    """The verdict on a derivative at `x`, the slope, and the two slopes of a kink."""
    measured = {}
    for side in (0, 1, -1):
        try:
            measured[side] = slope(f, x, side, noise)
        except ValueError:
            continue
    if not measured:
        return "edge", math.nan, ""
    best, error = measured.get(0) or measured.get(1) or measured[-1]
    if 1 in measured and -1 in measured:
        (right, right_error), (left, left_error) = measured[1], measured[-1]
        uncertain = 10 * (right_error + left_error) + 1e-4 * (abs(right) + abs(left))
        if abs(right - left) > uncertain:
            kink = ("It has a kink there: the slope is "
                    f"{left:.6g} to the left, {right:.6g} to the right.")
            between = min(left, right) - uncertain <= said <= max(left, right) + uncertain
            return "kink" if between else "differs", best, kink
    agrees = abs(said - best) <= rtol * max(abs(said), abs(best)) + 10 * error + 1e-300
    return "agrees" if agrees else "differs", best, ""


G = 1.75        # the gradient of the output in a check: no rule that forgets it is right by luck


def _check_rule(value: Value, rtol: float) -> list[Check]:
    """The rule of the operation that made a value, by each of its inputs, at their numbers."""
    operation, inputs = value.operation, value._prev
    if operation.rule is None:
        chain_rule(value, G)                    # says so
    point = [float(x.data) for x in inputs]
    names = _names(operation.mathematics, len(inputs))
    at = ", ".join([f"{name} = {x:.6g}" if x != round(x, 4) else f"{name} = {x}"
                    for name, x in zip(names[:6], point)])
    try:
        said, of_one = _answers(operation, point), _answers(operation, point, g=1)
    except _Fault as fault:
        return [Check(operation.symbol, at, math.nan, math.nan, "differs", str(fault))]
    except (ArithmeticError, ValueError) as error:
        return [Check(operation.symbol, at, math.nan, math.nan, "edge", f"The rule raises {error}.")]
    checks, noise = [], _noise(operation.mathematics, point)
    for i, x in enumerate(point):
        if isinstance(inputs[i], Constant):
            continue
        partial = _partial(operation.mathematics, point, i)
        verdict, measured, because = _compare(partial, x, said[i], rtol, noise)
        g = 1.0
        if verdict == "differs" and not because:
            if _close(said[i], of_one[i]) or not math.isfinite(said[i]):
                because = _suspect(operation, point, i)
            else:                               # divided by g, nobody would recognise the number
                g, said[i] = G, said[i] * G
                because = ("The rule forgets g, the gradient of the output."
                           if _close(said[i], of_one[i]) else
                           "The answer is not in proportion to g, the gradient of the output.")
        checks.append(Check(f"{operation.symbol} by its input {names[i]}", at, said[i], measured, verdict,
                            because, g))
    return checks


class _Fault(ValueError):
    """A rule gives no gradients at all. The text is a sentence."""


def _answers(operation: Operation, point: Sequence[float], out: Any = None,
             g: float = G) -> list[float]:
    """What the rule says the slopes are: its answers for the gradient g, divided by it."""
    out = operation.mathematics(*point) if out is None else out
    try:
        answer = pass_back(operation, g, out, point)
    except RuleError as error:
        raise _Fault(f"T{str(error)[1:]} (with g = {g:.6g}).") from None
    except TypeError as error:
        raise _Fault(f"The rule fails: {error}.") from None
    return [(x.data if isinstance(x, Value) else x) / g for x in answer]


def _suspect(operation: Operation, point: Sequence[float], i: int) -> str:
    """The usual suspect, from what the rule says here and at points nearby."""
    points = []
    for scale in (1, 1.25, 0.8, 1.5):
        near = [x * scale + (scale - 1) * j / 100 for j, x in enumerate(point)]
        try:
            measured, _ = slope(_partial(operation.mathematics, near, i), near[i])
            points.append((near, (_answers(operation, near)[i], measured)))
        except (ArithmeticError, ValueError):
            continue

    def mended(answers: Callable[..., list[float]]) -> list[float]:
        try:
            return [answers(near)[i] for near, _ in points]
        except (ArithmeticError, ValueError):
            return [math.nan]

    suspects = {}
    if len(point) == 2:
        suspects["The gradients of the two inputs are swapped."] = \
            mended(lambda near: _swapped(operation, near, i))
    if len(point) == 1:
        suspects["The rule uses the output where it should use the input."] = \
            mended(lambda near: _answers(operation, near, out=near[0]))
        suspects["The rule uses the input where it should use the output."] = \
            mended(lambda near: _answers(operation, [operation.mathematics(*near)],
                                         out=operation.mathematics(*near)))
    return diagnose([pair for _, pair in points], suspects) if points else ""


def _swapped(operation: Operation, near: Sequence[float], i: int) -> list[float]:
    """The two answers exchanged, if that mends the one for the other input too; else NaN."""
    other, _ = slope(_partial(operation.mathematics, near, 1 - i), near[1 - i])
    answers = _answers(operation, near)
    return answers[::-1] if _close(answers[i], other) else [math.nan, math.nan]


def _check_whole(f: Callable[..., Any], inputs: list[Value], result: Any, rtol: float,
                 smooth: bool) -> list[Check]:
    """The gradient of the whole function, where no rule was found wrong."""
    try:
        found = gradients(result) if isinstance(result, Value) else {}
    except (ArithmeticError, ValueError):
        return []                               # the check of the rule has told of this edge
    point = [x.data for x in inputs]

    def number(*xs: Any) -> Any:
        y = f(*[Value(x) for x in xs])
        return y.data if isinstance(y, Value) else y

    checks, noise = [], _noise(f, point)
    for i, x in enumerate(inputs):
        said = found.get(x, 0)
        # Every rule agrees to rtol; the rounding of all of them together is larger.
        verdict, measured, because = _compare(_partial(number, point, i), x.data, said,
                                              max(rtol, 1e-4), noise)
        if verdict == "differs" and not smooth:
            verdict = "kink"
            because = "A kink or an edge was met on the way, so the two need not agree."
        elif verdict == "differs" and not because:
            parts = _parts(found, x)
            overwritten = _close(sum(parts), measured) and not _close(sum(parts), said)
            because = (f"{x.label} is used {len(parts)} times, and its gradient is overwritten "
                       "instead of added to." if overwritten else
                       "Every rule is right, so part of the computation leaves the graph: look for "
                       ".data, float() or a plain number made from a Value.")
        what = f"the whole function by {x.label}"
        checks.append(Check(what, _place(inputs), said, measured, verdict, because))
    return checks


def _place(inputs: list[Value]) -> str:
    return ", ".join([f"{x.label} = {x.data}" for x in inputs[:6]])


def _parts(found: dict[Value, Any], x: Value) -> list[float]:
    """What each use of `x` passes back to it, given the gradients found."""
    return [part for value, g in found.items() if value._prev
            for y, part in zip(value._prev, chain_rule(value, g)) if y is x]


def _partial(f: Callable[..., Any], point: Sequence[float], i: int) -> Callable[[float], float]:
    """`f` as a function of its input `i` alone."""
    return lambda x: f(*point[:i], x, *point[i + 1:])


def _names(f: Callable[..., Any], count: int) -> list[str]:
    """The names of a function's inputs, or x1, x2 … where it does not tell."""
    try:
        names = [p.name for p in inspect.signature(f).parameters.values()
                 if p.kind is not p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        names = []
    return names[:count] if len(names) >= count else [f"x{i + 1}" for i in range(count)]
