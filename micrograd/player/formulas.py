"""Formulas: numbers that write down the arithmetic that is done with them.

You will learn here to make an operation tell what it does. Its mathematics and its rule never ask
what their numbers are made of, so we run them on numbers that keep a text beside their value: what
comes out is the result and how one writes it on a blackboard. No operation is described again, and
one that a reader adds explains itself.

>>> product = Value(3.0) * Value(-2.0)
>>> x, y = [Formula.of_value(i, value) for i, value in enumerate(product._prev)]
>>> tokens, conditions = forward(product.operation, [x, y])
>>> tokens                                      # 0 and 1 are the places of the inputs
(0, ' · ', 1)

`shape.py` asks for them, and the page shows them with names and with numbers.
"""

import operator
import re

from .. import functions
from ..engine import Constant, Value, pass_back
from ..functions import where
from ..ground.numbers import power

__all__ = ["Formula", "backward", "forward"]


# A formula is written in *tokens*: a text stands for itself, a whole number i for the data of value
# i, and ~i for its gradient. So the same tokens can be read with names and with numbers.

SUM, PRODUCT, POWER, ATOM = range(4)            # how strongly the tokens of a part hold together
WHOLE = re.compile("−?[0-9]+")
RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Part:
    """Tokens, how strongly they hold together, and whether a gradient is among them."""

    __slots__ = ("tokens", "level", "gradient")

    def __init__(self, tokens: tuple, level: int = ATOM, gradient: bool = False):
        self.tokens, self.level, self.gradient = tokens, level, gradient

    def within(self, level: int) -> tuple:
        """The tokens, in brackets where something of that level is around them."""
        return self.tokens if self.level >= level else ("(", *self.tokens, ")")


class Formula:
    """A number that writes down the arithmetic that is done with it.

    It is `top · over / (bottom · under)`, of two plain numbers and two tuples of `Part`. `why` is
    by what conditions it was chosen. Factors of 0 and 1 are left out, and gradients come last
    in a product, as one tells the chain rule.

    >>> x, g = Formula.of_value(0, Value(3.0)), Formula.of_gradient(1, 0.5)
    >>> formula = g * 2 * x ** (2 - 1)
    >>> formula.number, formula.written()
    (3.0, (('2 · ', 0, ' · ', -2), ()))
    """

    __slots__ = ("number", "top", "over", "bottom", "under", "why", "whole")

    def __init__(self, number, top=1, over=(), bottom=1, under=(), why=()):
        self.number, self.top, self.over, self.bottom, self.under = number, top, over, bottom, under
        self.why = tuple(dict.fromkeys(why))
        self.whole = None                       # of a whole constant, the int

    @classmethod
    def of_value(cls, i: int, value: Value, opened=lambda number: number):
        constant = isinstance(value, Constant) and not is_open(value.data)
        whole = int(value.data) if constant and value.data % 1 == 0 and abs(value.data) < 1e6 \
            else None
        # The 2 in `x * 2` is a text. A number below 0 is not, it may need brackets.
        token = i if whole is None or whole < 0 else str(whole)
        formula = cls(opened(value.data), over=(Part((token,)),))
        formula.whole = whole
        return formula

    @classmethod
    def of_gradient(cls, i: int, number):
        return cls(number, over=(Part((~i,), gradient=True),))

    @classmethod
    def of(cls, x):
        return x if isinstance(x, Formula) else cls(x, top=x)

    @classmethod
    def joined(cls, number, level: int, tokens, *xs):
        """One part, which the formulas `xs` are in."""
        part = Part(tuple(tokens), level, any(p.gradient for x in xs for p in x.over + x.under))
        return cls(number, over=(part,), why=[reason for x in xs for reason in x.why])

    @property
    def part(self) -> Part:
        """The whole formula as one part."""
        if (self.top, self.bottom, len(self.over), self.under) == (1, 1, 1, ()):
            return self.over[0]
        over = sorted(self.over, key=lambda part: part.gradient)
        if abs(self.top) != 1 or not over:
            over.insert(0, Part((_number(abs(self.top)),)))
        under = self.under if self.bottom == 1 else (Part((_number(self.bottom),)), *self.under)
        tokens = _product(over)
        if under:
            tokens += " / ", *(under[0].within(POWER) if len(under) == 1 else
                               ("(", *_product(under), ")"))
        if self.top < 0:
            tokens = "−", *tokens
        return Part(tokens, ATOM if tokens == _product(over) and len(over) == 1 else PRODUCT,
                    any(part.gradient for part in self.over + self.under))

    def written(self) -> tuple[tuple, tuple]:
        """The tokens, and those of the conditions."""
        why = [token for reason in self.why for token in (" and ", *reason)][1:]
        return _together(self.part.tokens), _together(why)

    # The arithmetic. Each line does it with the numbers, and then in writing.

    def __mul__(self, other):
        x, y = self, Formula.of(other)
        return Formula(x.number * y.number, x.top * y.top, x.over + y.over, x.bottom * y.bottom,
                       x.under + y.under, x.why + y.why)._without_zero()

    def __truediv__(self, other):
        x, y = self, Formula.of(other)
        sign = -1 if y.top < 0 else 1
        return Formula(x.number / y.number, sign * x.top * y.bottom, x.over + y.under,
                       x.bottom * abs(y.top), x.under + y.over, x.why + y.why)._without_zero()

    def __neg__(self):
        return Formula(-self.number, -self.top, self.over, self.bottom, self.under, self.why)

    def __add__(self, other):
        x, y = self, Formula.of(other)
        if not x.top or not y.top:
            return x if x.top else y
        if y.top < 0:
            return x - -y
        return Formula.joined(x.number + y.number, SUM, (*x.part.tokens, " + ", *y.part.tokens),
                              x, y)

    def __sub__(self, other):
        x, y = self, Formula.of(other)
        if not x.top or not y.top:
            return x if x.top else -y
        if y.top < 0:
            return x + -y
        return Formula.joined(x.number - y.number, SUM,
                              (*x.part.tokens, " − ", *y.part.within(PRODUCT)), x, y)

    def __pow__(self, other):
        if not isinstance(other, Formula) and other in (0, 1):
            return self if other else Formula.of(1)
        x, n = self, Formula.of(other)
        exponent = "".join(map(str, n.part.tokens))
        if WHOLE.fullmatch(exponent) and all(isinstance(token, str) for token in n.part.tokens):
            raised = (exponent.translate(RAISED),)
        else:
            raised = " ** ", *n.part.within(ATOM)
        return Formula.joined(power(x.number, n.number), POWER,
                              (*x.part.within(ATOM), *raised), x, n)

    def __abs__(self):
        return Formula.joined(abs(self.number), ATOM, ("|", *self.part.tokens, "|"), self)

    def _without_zero(self):
        return self if self.top else Formula(self.number, top=self.number, why=self.why)

    def __pos__(self):                  return self
    def __radd__(self, other):          return Formula.of(other) + self
    def __rsub__(self, other):          return Formula.of(other) - self
    def __rmul__(self, other):          return Formula.of(other) * self
    def __rtruediv__(self, other):      return Formula.of(other) / self
    def __rpow__(self, other):          return Formula.of(other) ** self

    # A comparison remembers what was compared. Where its answer is no, it tells the opposite.

    __hash__ = None                             # type: ignore[assignment]
    def __lt__(self, other):            return Condition(self, "<≥", other, lambda x, y: x < y)
    def __le__(self, other):            return Condition(self, "≤>", other, lambda x, y: x <= y)
    def __gt__(self, other):            return Condition(self, ">≤", other, lambda x, y: x > y)
    def __ge__(self, other):            return Condition(self, "≥<", other, lambda x, y: x >= y)
    def __eq__(self, other):            return Condition(self, "=≠", other, lambda x, y: x == y)
    def __ne__(self, other):            return Condition(self, "≠=", other, lambda x, y: x != y)
    def __bool__(self):                 return bool(self.number)
    def __where__(self, a, b):          return (self != 0).__where__(a, b)

    # What takes plain numbers only, such as math.cos, goes on with the number.

    def __float__(self):                return float(self.number)


class Condition:
    """Whether a comparison of formulas holds, in writing."""

    def __init__(self, x, signs: str, y, holds):
        self.x, self.y = Formula.of(x), Formula.of(y)
        x, y = self.x.number, self.y.number
        self.holds = bool(holds(x, y))
        unordered = not (isinstance(x, Open) or isinstance(y, Open)) and (x != x or y != y)
        self.sign = signs[0] if self.holds else f"not {signs[0]}" if unordered else signs[1]

    def __bool__(self):
        return bool(self.holds)

    def __where__(self, a, b):
        x = Formula.of(a if self.holds else b)
        # x < 0 says all that x ≤ 0 does.
        stronger = {"≤": "<", "≥": ">"}.get(self.sign)
        why = x.why if self._tokens(stronger) in x.why else (self._tokens(self.sign), *x.why)
        return Formula(x.number, x.top, x.over, x.bottom, x.under, why)

    def _tokens(self, sign) -> tuple:
        return *self.x.part.tokens, f" {sign} ", *self.y.part.tokens


def _function(name: str):
    function = getattr(functions, name)

    def call(*numbers):
        xs = [Formula.of(x) for x in numbers]
        return Formula.joined(function(*[x.number for x in xs]), ATOM,
                              (f"{name}(", *_listed(xs), ")"), *xs)
    return call


for _name in functions.__all__:
    if _name != "where":                        # which asks the condition
        setattr(Formula, _name, _function(_name))


def _product(parts) -> tuple:
    return tuple([token for part in parts for token in (" · ", *part.within(PRODUCT))][1:])


def _listed(formulas) -> tuple:
    return tuple([token for x in formulas for token in (", ", *x.part.tokens)][1:])


def _number(x) -> str:
    return (f"{x:.4g}" if isinstance(x, float) else str(x)).replace("-", "−")


def _together(tokens) -> tuple:
    """The same tokens, neighbouring texts as one."""
    joined = []
    for token in tokens:
        if isinstance(token, str) and joined and isinstance(joined[-1], str):
            joined[-1] += token
        else:
            joined.append(token)
    return tuple(joined)


# ── Operations, in writing ────────────────────────────────────────────────────────────────────────

def forward(op, inputs: list[Formula]) -> tuple[tuple, tuple]:
    """The mathematics of an operation, written with its inputs: tokens, and those of conditions."""
    name, ours = op.symbol, op.mathematics.__module__ == functions.__name__
    if ours and (known := op.mathematics.__name__) in functions.__all__:
        name = known                            # everyone knows what tanh(x) is
    else:
        try:
            if isinstance(result := op.mathematics(*inputs), Formula):
                return result.written()
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            pass                                # mathematics for plain numbers alone
    return Formula.joined(0, ATOM, (f"{name}(", *_listed(inputs), ")"), *inputs).written()


def backward(op, g: Formula, out: Formula, inputs: list[Formula]) -> list[tuple]:
    """The rule of an operation, in writing: what it adds to the gradient of each input.

    Whole constants are plain numbers here: the 2 - 1 in the rule of `x ** 2` is to become 1.
    """
    try:
        answer = pass_back(op, g, out, [x if x.whole is None else x.whole for x in inputs])
        return [Formula.of(x).written() for x in answer]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return [Formula.joined(0, ATOM, (f"rule of {op.symbol}",)).written()] * len(inputs)



# ── Where the numbers are not known yet ───────────────────────────────────────────────────────────
# A rule chooses by its numbers, and a symbol's number is not known yet. Then the rule is written
# once for each outcome of its comparisons, and the program chooses among the formulas.

def is_open(number) -> bool:
    """Whether it is a symbol: a number that chooses by itself, for it cannot be decided by."""
    return hasattr(type(number), "__where__") and not isinstance(number, Formula)


class Open:
    """A symbol in a formula. A comparison with it turns out as the next of the `outcomes` says, or
    else to be true, and is noted among those `met`."""

    __slots__ = ("number", "outcomes", "met")
    __hash__ = None                             # type: ignore[assignment]

    def __init__(self, number, outcomes: list[bool], met: list):
        self.number, self.outcomes, self.met = number, outcomes, met

    def __bool__(self):
        self.met.append(self.number)
        return self.outcomes[len(self.met) - 1] if len(self.met) <= len(self.outcomes) else True


def _openly(function):
    def method(*numbers):
        first = next(x for x in numbers if isinstance(x, Open))
        return Open(function(*[x.number if isinstance(x, Open) else x for x in numbers]),
                    first.outcomes, first.met)
    return method


for _name in ("add", "sub", "mul", "truediv", "lt", "le", "gt", "ge", "eq", "ne", "neg", "abs"):
    setattr(Open, f"__{_name}__", _openly(getattr(operator, _name)))
for _name in ("add", "sub", "mul", "truediv"):
    setattr(Open, f"__r{_name}__",
            lambda self, other, f=_openly(getattr(operator, _name)): f(other, self))
setattr(Open, "__pow__", _openly(power))
setattr(Open, "__rpow__", lambda self, other: _openly(power)(other, self))
for _name in set(functions.__all__) - {"where"}:
    setattr(Open, _name, _openly(getattr(functions, _name)))


def written_openly(write, number_of):
    """The numbers of the formulas that `write(opened)` returns; where they depend on symbols, a
    symbol's choice among numbers. `opened` prepares a number for being written with."""
    def explore(outcomes):
        met = []
        numbers = [number_of(formula) for formula in write(
            lambda x: Open(x, outcomes, met) if is_open(x) else x)]
        if len(met) <= len(outcomes):
            return numbers
        yes, no = (explore([*outcomes, outcome]) for outcome in (True, False))
        condition = met[len(outcomes)]
        return [a if a is b else where(condition, a, b) for a, b in zip(yes, no)]
    return explore([])
