"""What is tried of exercises 1 to 12, the hints, and the mistakes that people make there.

How a check is made is in `probes.py`. The other exercises are in `checks_further.py`.
"""

import math
import operator
import pathlib
import random

import micrograd
import yours
from files import DATA
from micrograd.checking import slope
from micrograd.optim import SGD
from probes import NUDGED, Probe, Told, Words, exercise, numbers, of_values, point, unchanged

PICTURE = "my_two_two_one.svg"

CURVES = {"x³": lambda x: x ** 3, "sin x": math.sin, "1 / (1 + x²)": lambda x: 1 / (1 + x * x),
          "exp x": math.exp}


# ── 1 to 4: slopes, knobs, values, the chain rule ─────────────────────────────────────────────────

ONE_WAY = ("You nudge one way only, on one side. The curve bends, and only looking at both sides "
           "cancels the bend.")
BOTH = "(f(x + nudge) - f(x - nudge)) / (2 * nudge)"


@exercise("01_slope", hints=[
    "`f` is a function: f(x + nudge) is its height a little to the right.",
    "The rise is the height on the right minus the height on the left.",
    "The run is 2 · nudge. Mind the parentheses: `a - b / c` divides b alone.",
], mistakes=[
    ("The two places are 2 · nudge apart, not nudge.", "(2 * nudge)", "nudge"),
    ("Python divides and multiplies from left to right: `/ 2 * nudge` halves and then multiplies. "
     "Write `/ (2 * nudge)`, with parentheses.", "/ (2 * nudge)", "/ 2 * nudge"),
    ("That is the rise. A slope is the rise divided by the run.", " / (2 * nudge)", ""),
    ("You multiply by the run. A slope is the rise divided by the run.",
     "/ (2 * nudge)", "* (2 * nudge)"),
    ("That is run / rise, the slope upside down. A slope is rise / run.",
     BOTH, "(2 * nudge) / (f(x + nudge) - f(x - nudge))"),
    ("Division goes before subtraction: put the whole rise into parentheses.",
     "(f(x + nudge) - f(x - nudge))", "f(x + nudge) - f(x - nudge)"),
    (ONE_WAY, BOTH, "(f(x + nudge) - f(x)) / nudge"),
    (ONE_WAY, BOTH, "(f(x) - f(x - nudge)) / nudge"),
    (f"{ONE_WAY} And the two places are nudge apart then, not 2 · nudge.",
     BOTH, "(f(x + nudge) - f(x)) / (2 * nudge)"),
    ("The sign is wrong: the rise is the height on the right minus the height on the left.",
     "f(x + nudge) - f(x - nudge)", "f(x - nudge) - f(x + nudge)"),
    ("The two heights are added. The rise is their difference: subtract.",
     "f(x + nudge) - f(x - nudge)", "f(x + nudge) + f(x - nudge)"),
    ("A slope has a sign: falling is negative. abs() takes it away.",
     "(f(x + nudge) - f(x - nudge))", "abs(f(x + nudge) - f(x - nudge))"),
    ("f is asked at the same place twice, and the nudge added to its answer: that is 1 whatever f "
     "is. Nudge x, inside the parentheses: f(x + nudge).",
     BOTH, "((f(x) + nudge) - (f(x) - nudge)) / (2 * nudge)"),
    ("f is not asked here: that is 1, whatever f is. Its heights are f(x + nudge) and "
     "f(x - nudge).", BOTH, "((x + nudge) - (x - nudge)) / (2 * nudge)"),
    ("f is asked at the same place twice, so that the rise is 0. One place is x + nudge, the other "
     "x - nudge.", BOTH, "(f(x + nudge) - f(x + nudge)) / (2 * nudge)"),
    ("That is the slope of x² alone, wherever f comes in. It should work for any function: ask f "
     "at x + nudge and at x - nudge.", BOTH, "2 * x"),
    ("The nudge is 1 here, whatever was asked for: use the argument `nudge`.",
     BOTH, "(f(x + 1) - f(x - 1)) / 2"),
    *[("The nudge is a number of your own here: use the argument `nudge`, which may be another.",
       BOTH, f"(f(x + {n}) - f(x - {n})) / (2 * {n})")
      for n in (0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6)],
], why="Whatever a program says about a slope, you can check: nudge and see. Measured so, every "
       "rule in this package is tested, and every rule that you are going to write.")
def check_slope(m, rng):
    for (name, f), x in zip(CURVES.items(), numbers(rng, 4)):
        for nudge in (1e-4, 0.1):
            def call():
                said = m.slope(f, x, nudge)
                half = (f(x + nudge / 2) - f(x - nudge / 2)) / nudge
                # Half a nudge on each side is as good an answer.
                same = isinstance(said, (int, float)) and math.isclose(said, half, rel_tol=1e-6)
                return both if same else said
            both = (f(x + nudge) - f(x - nudge)) / (2 * nudge)
            yield Probe("slope", f"f(x) = {name}, at {point(x=x, nudge=nudge)}", call, both,
                        "nudging both ways gives")
    x, = numbers(rng, 1)
    yield Probe("slope", f"f(x) = x³, at {point(x=x)}, without a nudge in the call",
                lambda: m.slope(CURVES["x³"], x), 3 * x * x, "the slope is", 1e-4)


LITERAL = ("That is where the knob should come for the loss in the last line of the file. It should "
           "work for any loss: go against its slope, slope(loss, knob).")
LOSSES = {"(knob - {:g})²": (lambda k, best: (k - best) ** 2, lambda k, best: 2 * (k - best)),
          "√(1 + (knob - {:g})²)": (lambda k, best: math.hypot(1, k - best),
                                    lambda k, best: (k - best) / math.hypot(1, k - best))}


@exercise("02_knob", hints=[
    "slope(loss, knob) is how fast the loss rises when the knob is turned up.",
    "If it rises, turn down: subtract.",
    "The new knob is the old one minus lr times the slope.",
], mistakes=[
    ("The sign is wrong: you climb. Go against the slope: subtract.", "knob - lr", "knob + lr"),
    ("lr, the learning rate, is forgotten: the knob is turned by the whole slope.",
     "lr * slope", "slope"),
    ("That is the step, not where the knob is afterwards: subtract it from the knob.",
     "knob - lr * slope", "-lr * slope"),
    ("That is the step, not where the knob is afterwards: subtract it from the knob.",
     "knob - lr * slope", "lr * slope"),
    ("That is the slope itself, not where the knob is afterwards: subtract lr times the slope from "
     "the knob.", "knob - lr * slope", "slope"),
    ("That is how large the loss is, where its slope was meant: slope(loss, knob).",
     "slope(loss, knob)", "loss(knob)"),
    ("That is how large the loss is, where its slope was meant: slope(loss, knob). And the step is "
     "subtracted from the knob.", "knob - lr * slope(loss, knob)", "lr * loss(knob)"),
    ("That is how large the loss is, where its slope was meant: slope(loss, knob). And the step is "
     "subtracted from the knob.", "knob - lr * slope(loss, knob)", "loss(knob)"),
    (LITERAL, "knob - lr * slope(loss, knob)", "7"),
    ("That is the slope of (knob - 7)² only, whatever the loss is. Ask for the slope of the loss "
     "that is given: slope(loss, knob).", "slope(loss, knob)", "2 * (knob - 7)"),
    ("lr goes to the other side of the parentheses: knob - lr * slope, where `*` goes before `-`.",
     "knob - lr * slope(loss, knob)", "(knob - lr) * slope(loss, knob)"),
    ("The step is subtracted from the knob first, then multiplied by lr: lr multiplies the slope "
     "alone, and the result is subtracted from the knob.",
     "knob - lr * slope(loss, knob)", "lr * (knob - slope(loss, knob))"),
    ("The slope is that of the first place all along. Measure anew where the knob is now.",
     "        knob = knob - lr * slope(loss, knob)",
     "        first = slope(loss, knob) if step == 0 else first\n        knob = knob - lr * first"),
    ("The slope is always measured at the same place, 0. Measure it anew in each step, where the "
     "knob is.", "slope(loss, knob)", "slope(loss, 0.0)"),
    ("Only one step is made: is the `return` inside the loop?",
     "        knob = knob - lr * slope(loss, knob)",
     "        return knob - lr * slope(loss, knob)"),
    ("Every step is made twice: one line is enough, the loop repeats it.",
     "        knob = knob - lr * slope(loss, knob)",
     "        knob = knob - lr * slope(loss, knob)\n" * 2),
    ("The steps are 2 times too far.", "lr * slope", "2 * lr * slope"),
    ("The step should be in proportion to the slope: steep, a long one; flat, a short one.",
     "lr * slope(loss, knob)", "(lr if slope(loss, knob) > 0 else -lr)"),
    ("You divide by lr. A small learning rate should make small steps: multiply.",
     "lr * slope(loss, knob)", "slope(loss, knob) / lr"),
    ("lr does not go into slope, whose third argument is the nudge: it multiplies the slope.",
     "lr * slope(loss, knob)", "slope(loss, knob, lr)"),
    ("The arguments of slope are in the wrong order: slope(loss, knob), the function first.",
     "slope(loss, knob)", "slope(knob, loss)"),
    ("slope takes the loss itself, the function, and not its number at the knob: "
     "slope(loss, knob).", "slope(loss, knob)", "slope(loss(knob), knob)"),
    ("You divide by the slope: steep, it moves little. Multiply lr by the slope.",
     "lr * slope(loss, knob)", "lr / slope(loss, knob)"),
    ("Every step is divided by how many there are. Each is lr times the slope, however many follow.",
     "slope(loss, knob)", "slope(loss, knob) / steps"),
    ("Every step is multiplied by its number, and the first does nothing. Each step is lr times the "
     "slope.", "slope(loss, knob)", "slope(loss, knob) * step"),
    ("That is the whole way. One step goes lr times the slope: 0.1 · 14.", "PREDICTION = 1.4",
     "PREDICTION = 7"),
    ("The sign is wrong: the slope at 0 is -14, and going against it is upwards.",
     "PREDICTION = 1.4", "PREDICTION = -1.4"),
    ("lr is forgotten: the step is lr times the slope, 0.1 · 14.", "PREDICTION = 1.4",
     "PREDICTION = 14"),
    ("That is the slope of (knob - 7)² without its 2: it is 2 · (0 - 7).", "PREDICTION = 1.4",
     "PREDICTION = 0.7"),
    ("That is the loss, or lr times it. The step is lr times the slope, 0.1 · 14.",
     "PREDICTION = 1.4", "PREDICTION = 4.9"),
    ("The knob does not move: what is computed has to be stored in `knob`, by `knob = …`.",
     "knob = knob - lr * slope(loss, knob)", "pass"),
], why="This line trains every network there is. What follows only makes the slope cheap: for a "
       "billion knobs, nudging each would need a billion measurements a step.")
def check_knob(m, rng):
    yield Probe("PREDICTION", "the knob after one step from 0, of the loss (knob - 7)², lr = 0.1",
                lambda: m.PREDICTION, 1.4)
    for steps, best, start in zip((1, 2, 3, 25), numbers(rng, 4), numbers(rng, 4, 3, 6)):
        lr = round(rng.uniform(0.05, 0.2), 3)
        for name, (loss, rise) in LOSSES.items():
            truth = start
            for _ in range(steps):
                truth -= lr * rise(truth, best)
            yield Probe("turn", f"the loss {name.format(best)}, at {point(knob=start, lr=lr)}, "
                        f"steps = {steps}".replace("- -", "+ "),
                        lambda: m.turn(lambda knob: loss(knob, best), start, lr, steps), truth,
                        "gradient descent gives", 1e-5)


BY_HAND = ("The inputs are not remembered, and nothing can go backwards from here. Hand them to "
           "Value(): the tuple (self, other) is its second argument.")
TEXTS = ("You remember their labels, which are text. Remember the Values themselves: the tuple "
         "(self, other).")
NUMBERS = ("You remember their numbers. Remember the Values themselves: they know where they come "
           "from in turn.")
A_SET = ("A set has no order and forgets that a value was used twice: hand Value() a tuple, "
         "(self, other).")
SYMBOL = ("The symbol of the operation is not handed on: it is the third argument of Value(). Its "
          "place is `_op`.")


def mistakes_of(symbol: str, word: str, sign: str) -> list[tuple[str, str, str]]:
    """Those that are made in __add__ and in __mul__ alike."""
    number = f"self.data {symbol} other.data"
    whole = f'Value({number}, (self, other), "{symbol}")'
    inputs = f'(self, other), "{symbol}"'
    return [
        (BY_HAND, inputs, f'(), "{symbol}"'),
        (f"{BY_HAND} Its third argument is the symbol, \"{symbol}\".", f"{number}, {inputs}",
         number),
        (NUMBERS, inputs, f'(self.data, other.data), "{symbol}"'),
        (TEXTS, inputs, f'(self.label, other.label), "{symbol}"'),
        ("Only one of the two inputs is remembered. (A tuple of both is (self, other); (self) "
         "without a comma is no tuple.)", inputs, f'(self,), "{symbol}"'),
        ("Parentheses around one thing, (self), make no tuple of it: a tuple needs commas. And "
         "both inputs belong into it: (self, other).", inputs, f'self, "{symbol}"'),
        ("The inputs are remembered in the other order. a - b and b - a differ, so the order "
         "counts: (self, other).", inputs, f'(other, self), "{symbol}"'),
        (SYMBOL, inputs, "(self, other)"),
        *[(f'The symbol is "{symbol}", the sign that you type in Python, in quotes.', inputs,
           f'(self, other), "{other}"') for other in (word, sign, word[:3], f"__{word[:3]}__",
                                                      f"{word[:3]}".upper(), f" {symbol} ")],
        ("The two inputs are one argument: give them parentheses of their own, (self, other).",
         inputs, f'self, other, "{symbol}"'),
        ("`other` is a Value here. Its number is other.data.", number,
         f"self.data {symbol} other"),
        (f"`self {symbol} other` calls this very method again, and again, without an end. Compute "
         "with their numbers: self.data and other.data.", number, f"self {symbol} other"),
        ("The inputs and the symbol have changed places: Value(number, inputs, symbol).", inputs,
         f'"{symbol}", (self, other)'),
        ("The result is a plain number, which remembers nothing: make a new Value of it, "
         "Value(…).", whole, number),
        (A_SET, inputs, f'{{self, other}}, "{symbol}"'),
        ("You change a value that exists already. Make a new Value.", f"return {whole}",
         f"self.data, self._prev, self._op = {number}, {inputs}; return self"),
        ("You change a value that exists already. Make a new Value: return Value(…).",
         f"return {whole}", f"self.data = {number}; return self"),
    ]


@exercise("03_value", hints=[
    "In __init__, store both arguments: self._prev = …, self._op = …",
    "`Value(number, inputs, symbol)` makes the result. The number of a value is its `data`.",
    "The inputs of a + b are the tuple (self, other), and its symbol is \"+\".",
], mistakes=[
    *mistakes_of("+", "plus", "add"), *mistakes_of("*", "times", "×"),
    ("The numbers are added here. __mul__ is for a * b: multiply them.",
     'self.data * other.data, (self, other), "*"', 'self.data + other.data, (self, other), "*"'),
    ("This is all of __add__, copied: it adds, and says so. __mul__ is for a * b.",
     'self.data * other.data, (self, other), "*"', 'self.data + other.data, (self, other), "+"'),
    ("This is the symbol of the other operation: copied from above? This one is \"*\".",
     '(self, other), "*"', '(self, other), "+"'),
    ("A set has no order and forgets that a value was used twice: keep the tuple itself, "
     "self._prev = _prev.", "self._prev = _prev", "self._prev = set(_prev)"),
    ("There is no `_prev`: store the argument in self._prev, with the underscore.",
     "self._prev = _prev", "self.prev = _prev"),
    ("There is no `_op`: store the argument in self._op, with the underscore.",
     "self._op = _op", "self.op = _op"),
    ("There are no `_prev` and `_op`. What is stored needs `self.`, and the underscore: "
     "self._prev = …, self._op = …",
     "self._prev = _prev\n        self._op = _op", "self.prev = _prev\n        self.op = _op"),
    ("`_prev` and `_op` are exchanged: each is set to the argument of the same name.",
     "self._prev = _prev\n        self._op = _op", "self._prev = _op\n        self._op = _prev"),
    ("__init__ does not keep the arguments it is given: set self._prev and self._op to those "
     "of the same names.", "self._prev = _prev\n        self._op = _op",
     'self._prev = ()\n        self._op = ""'),
    ("__init__ does not keep `_prev`: set it to the argument of that name.",
     "self._prev = _prev", "self._prev = ()"),
    ("__init__ does not keep `_op`: set it to the argument of that name.",
     "self._op = _op", 'self._op = ""'),
], why="What a computation did is kept in its result: so it can be walked back, drawn, or written "
       "as a program. PyTorch's tensors remember in the same way, under the name `grad_fn`.")
def check_value(m, rng):
    x, y = numbers(rng, 2)
    a, b = m.Value(x, label="a"), m.Value(y, label="b")
    names = {id(a): "a", id(b): "b"}

    def named(v) -> str:
        return names.get(id(v), "the text " + repr(v) if isinstance(v, str) else f"the number {v}"
                         if isinstance(v, (int, float)) else f"another {type(v).__name__}")

    def made(v) -> Words:
        """A Value as one would write it: Value(2.5, (a, b), '+')."""
        if not isinstance(v, m.Value):
            return Words(f"the plain number {v:g}" if isinstance(v, (int, float)) else repr(v))
        inputs = getattr(v, "_prev", "no _prev")
        if isinstance(inputs, (set, frozenset)):
            inputs = f"a set of {' and '.join(sorted(map(named, inputs))) or 'nothing'}"
        elif isinstance(inputs, (tuple, list)):
            inputs = f"({', '.join(map(named, inputs))}{',' * (len(inputs) == 1)})"
        elif inputs != "no _prev":
            inputs = named(inputs)
        number = f"{v.data:g}" if isinstance(v.data, (int, float)) else repr(v.data)
        symbol = repr(v._op) if isinstance(getattr(v, "_op", None), str) else \
            named(v._op) if hasattr(v, "_op") else "no _op"
        return Words(f"Value({number}, {inputs}, {symbol})")

    for _prev, _op in (((a, b), "+"), ((), "")):
        text = f"Value({x:g}, {'(a, b)' if _prev else '()'}, {_op!r})"
        yield Probe("__init__", f"{text}: what it is, with its _prev and its _op",
                    lambda: made(m.Value(x, _prev, _op)), Words(text))
    for name, symbol, f in (("__add__", "+", operator.add), ("__mul__", "*", operator.mul)):
        at = f"where {point(a=x, b=y)}"
        yield Probe(name, f"a {symbol} b {at}: its data, its _prev and its _op",
                    lambda: made(f(a, b)), Words(f"Value({f(x, y):g}, (a, b), '{symbol}')"))
        yield Probe(name, f"a {symbol} a {at}", lambda: made(f(a, a)),
                    Words(f"Value({f(x, x):g}, (a, a), '{symbol}')"))
        yield Probe(name, f"a after a {symbol} b {at}", lambda: (f(a, b), made(a))[1],
                    Words(f"Value({x:g}, (), '')"))
        yield Probe(name, f"b {symbol} 2 {at}: the number alone",
                    lambda: number_of(m, f(b, 2)), f(y, 2))


def number_of(m, v):
    return v.data if isinstance(v, m.Value) else Words(f"the plain number {v}")


TIMES = ("Links of a chain multiply. You add them: multiply y_by_z by what z does per unit of {}.")
LOCAL = ("That is how z changes with {}. The chain rule multiplies it by y_by_z, what comes from "
         "above.")


@exercise("04_chain", hints=[
    "y = z · z is a square: its slope at z is 2z.",
    "z = x · w + b rises by x when w rises by 1, by w when x does, and by 1 when b does.",
    "Each of the last three is y_by_z times one of those.",
], mistakes=[
    ("The slope of a square is 2z, not z: z is in z · z twice, and both change.", "2 * z", "z"),
    ("That is y itself. How fast y changes with z is the slope of z · z, which is 2z.",
     "2 * z", "z * z"),
    ("One z too many: the slope of z · z is 2z.", "2 * z", "2 * z * z"),
    ("The slope of z · z is 2z, which depends on where z is: it is 2 only at z = 1.", "2 * z", "2"),
    ("y is z · z: its slope by z has a z in it, 2z, and no x.", "2 * z", "2 * x"),
    ("y is z · z: its slope by z has a z in it, 2z, and no w.", "2 * z", "2 * w"),
    ("z is all of x · w + b, and has its name: the slope of z · z is 2 * z.", "2 * z", "2 * x * w"),
    *[(LOCAL.format(v), f"y_by_{v} = y_by_z * {d}", f"y_by_{v} = {d}") for v, d in
      (("w", "x"), ("x", "w"), ("b", "1"))],
    ("w and x are swapped: in x · w, a unit of w counts x times, so it is y_by_z times x.",
     "y_by_w = y_by_z * x", "y_by_w = y_by_z * w"),
    ("x and w are swapped: in x · w, a unit of x counts w times, so it is y_by_z times w.",
     "y_by_x = y_by_z * w", "y_by_x = y_by_z * x"),
    *[(TIMES.format(v), f"y_by_{v} = y_by_z * {d}", f"y_by_{v} = y_by_z + {d}") for v, d in
      (("w", "x"), ("x", "w"), ("b", "1"))],
    *[(f"The 2 is in y_by_z already. y_by_{v} is y_by_z times how z changes with {v}: no other "
       "factor.", f"y_by_{v} = y_by_z * {d}", f"y_by_{v} = 2 * y_by_z * {d}") for v, d in
      (("w", "x"), ("x", "w"), ("b", "1"))],
    *[(f"How does z = x · w + b change for each unit of {v}? By {d}, and that multiplies y_by_z. "
       "z itself comes in through y_by_z alone.",
       f"y_by_{v} = y_by_z * {d}", f"y_by_{v} = y_by_z * z") for v, d in (("w", "x"), ("x", "w"))],
    ("The link before x is z, not w: y_by_x is y_by_z times w.",
     "y_by_x = y_by_z * w", "y_by_x = y_by_w * w"),
    ("b is added, so z changes by 1 for each unit of b, whatever b is.",
     "y_by_z * 1", "y_by_z * b"),
    ("b is added, so z changes by 1 for each unit of b, and y does change with z.",
     "y_by_z * 1", "0"),
], why="Four numbers from one walk backwards, and y_by_z was needed only once. A network with a "
       "billion weights is done in the same walk: that is why it can be trained at all.")
def check_chain(m, rng):
    points = [numbers(rng, 3) for _ in range(3)]
    for i, name in enumerate(("y_by_z", "y_by_w", "y_by_x", "y_by_b")):
        for x, w, b in points:
            nudged = [lambda z: z * z, lambda w: (x * w + b) ** 2, lambda x: (x * w + b) ** 2,
                      lambda b: (x * w + b) ** 2][i]

            def call():
                said = m.gradients_by_hand(x, w, b)
                if not isinstance(said, tuple):
                    raise Told("The line below your code returns all four, and is not reached: is "
                               "there a `return` of your own above it? Leave it away.")
                said = said[i]
                if callable(said):
                    raise Told(f"{name} is a function here. What is asked for is the number, at "
                               "the given x, w and b: no lambda.")
                return said
            yield Probe(name, point(x=x, w=w, b=b, z=x * w + b), call,
                        slope(nudged, [x * w + b, w, x, b][i])[0], NUDGED)


# ── 5 to 9: the engine ────────────────────────────────────────────────────────────────────────────

def of_rule(rules: dict, symbol: str, g: float, out: float, *inputs: float):
    """What a rule says, which has to be a number for each input."""
    if symbol not in rules:
        raise Told(f"There is no rule for \"{symbol}\". Is that the symbol, and is the @ there?"
                   if len(inputs) == 1 else f"There is no rule for \"{symbol}\" in RULES.")
    said = rules[symbol](g, out, *inputs)
    given = [x for x in said] if isinstance(said, (tuple, list)) else [said]
    if isinstance(said, (set, frozenset)):
        raise Told("The rule returns a set, which has no order: write parentheses, (…, …).")
    if len(inputs) == 1 and isinstance(given[0], (tuple, list)):
        raise Told("The rule of one input returns one number. This one returned a list or a "
                   "tuple: is there a comma, or are there brackets, too many?")
    if len(given) != len(inputs):
        raise Told("A rule returns one gradient for each input: for two, a pair in parentheses, "
                   f"(…, …). With g = {g:g} this one returned {show(said)}.")
    return said if len(inputs) > 1 else given[0]


def show(x) -> str:
    return f"{x:.6g}" if isinstance(x, (int, float)) else repr(x)[:60]


def rule_probes(rules, symbol: str, f, points, gs, names="xy", rtol=1e-6, what=None):
    """A rule beside g times the measured slope of what it belongs to."""
    for inputs, g in zip(points, gs):
        slopes = [slope(lambda n: f(*inputs[:i], n, *inputs[i + 1:]), x)[0]
                  for i, x in enumerate(inputs)]
        truth = [g * s for s in slopes]
        yield Probe(what or f"rule of {symbol}",
                    f"{point(g=g, out=f(*inputs), **dict(zip(names, inputs)))}",
                    lambda: of_rule(rules(), symbol, g, f(*inputs), *inputs),
                    truth if len(inputs) > 1 else truth[0], "g times the measured slope is", rtol)


FORGETS = "The rule forgets g, the gradient of the output."


@exercise("05_rules", hints=[
    "x + y rises by 1 when x rises by 1, and by 1 when y does.",
    "x · y rises by y when x rises by 1: x is counted y times.",
    "Both are multiplied by g, and the rule returns a pair: (…, …).",
], mistakes=[
    (FORGETS, "(g, g)", "(1, 1)"),
    (FORGETS, "(g * y, g * x)", "(y, x)"),
    ("The gradients of the two inputs are swapped: x · y changes by y for each unit of x.",
     "(g * y, g * x)", "(g * x, g * y)"),
    ("The rule forgets g, and the two are swapped.", "(g * y, g * x)", "(x, y)"),
    ("The sign is wrong: that is the rule of subtraction. x + y rises with y.", "(g, g)",
     "(g, -g)"),
    ("The sign is wrong: x + y rises with both.", "(g, g)", "(-g, -g)"),
    ("A sum hands g on as it is, however large x and y are: x + y rises by 1 for each unit of x.",
     "(g, g)", "(g * x, g * y)"),
    ("A sum hands g on as it is, however large x and y are: x + y rises by 1 for each unit of x.",
     "(g, g)", "(g * y, g * x)"),
    ("A sum hands g on as it is: x + y rises by 1 for each unit of x, however large out is.",
     "(g, g)", "(g * out, g * out)"),
    ("g is not shared between the two: each gets the whole of it. x + y rises by 1 for each unit "
     "of x, not by a half.", "(g, g)", "(g / 2, g / 2)"),
    ("That is the rule of ×, with + where × belongs: g is multiplied by the other input.",
     "(g * y, g * x)", "(g + y, g + x)"),
    ("This × hands g on as + does. x · y changes by y for each unit of x: a factor is missing.",
     "(g * y, g * x)", "(g, g)"),
    ("That is g times the whole product, x · y or out. But x · y changes by y alone for each unit "
     "of x.", "(g * y, g * x)", "(g * out, g * out)"),
    *[("The arguments of a rule are g, out, x and y, in this order: that is the order in which it "
       "is called.", f"lambda g, out, x, y: ({rule})", f"lambda {names}: ({rule})")
      for rule in ("g, g", "g * y, g * x") for names in ("x, y, g, out", "x, y, out, g",
                                                         "out, g, x, y")],
    ("These are the numbers of the last line of the file. They depend on g, x and y: compute them "
     "from those.", "(g * y, g * x)", "(3, 2)"),
], why="Two rules are nearly all: subtraction, division, the mean and the dot product are made of "
       "+ and ×. micrograd's own table in engine.py has the same two lines.")
def check_rules(m, rng):
    yield Probe("RULES", "the operations that have a rule", lambda: sorted(m.RULES), ["*", "+"])
    for symbol, f in (("+", operator.add), ("*", operator.mul)):
        points = [numbers(rng, 2) for _ in range(4)]
        yield from rule_probes(lambda: m.RULES, symbol, f, [*points, [0.0, points[0][0]]],
                               numbers(rng, 5))


@exercise("06_order", hints=[
    "`if value not in seen:` goes first, and then `seen.add(value)`.",
    "Visit each of `value._prev`: the function `visit` calls itself.",
    "The last line of the four is `order.append(value)`, after the loop.",
], mistakes=[
    ("A value is appended before its inputs. Visit them first, and then append: after the loop.",
     "            for x in value._prev:\n                visit(x)\n            order.append(value)",
     "            order.append(value)\n"
     "            for x in value._prev:\n                visit(x)"),
    ("This is the order turned round: insert(0, …) puts each at the front. Append each at the end.",
     "order.append(value)", "order.insert(0, value)"),
    ("order.append(value) is inside the loop, so a value is listed once for each input, and a leaf, "
     "which has none, never. It belongs after the loop: mind the indentation.",
     "                visit(x)\n            order.append(value)",
     "                visit(x)\n                order.append(value)"),
    ("Each input is appended, by the loop, and nobody appends the root. Let each value append "
     "itself, after the loop.",
     "                visit(x)\n            order.append(value)",
     "                visit(x)\n                order.append(x)"),
    ("Only the direct inputs are listed: call visit for each, so that theirs are reached as well.",
     "visit(x)\n", "order.append(x)\n"),
    ("Two values of the same number are taken for one: remember the Value itself in `seen`, not "
     "its data.",
     "if value not in seen:\n            seen.add(value)",
     "if value.data not in seen:\n            seen.add(value.data)"),
    ("A value that is used twice is listed twice: look first whether it is in `seen`, and note it "
     "there.", "if value not in seen:", "if True:"),
    ("A value that is used twice is listed twice: look first whether it is in `seen`, and note it "
     "there.", "            seen.add(value)\n", ""),
    ("Nothing is appended: `if value in seen` asks for those that were seen already. Ask for those "
     "that are not in it yet.", "not in seen", "in seen"),
    ("Nothing is appended: the value is noted in `seen` before it is looked whether it is there.",
     "        if value not in seen:\n            seen.add(value)",
     "        seen.add(value)\n        if value not in seen:"),
    ("The inputs are not visited: the order holds the root alone. Visit each of value._prev, by "
     "which they are reached.",
     "            for x in value._prev:\n                visit(x)\n", ""),
    ("Only the first input is visited. value._prev may hold two: visit both.",
     "value._prev:", "value._prev[:1]:"),
    ("Only the last input is visited. value._prev may hold two: visit both.",
     "value._prev:", "value._prev[-1:]:"),
    ("The leaves are missing. They have gradients as well: training needs exactly those.",
     "            order.append(value)",
     "            if value._prev:\n                order.append(value)"),
    ("Only the leaves are listed. The results of operations, and the root, belong into the order "
     "as well.", "            order.append(value)",
     "            if not value._prev:\n                order.append(value)"),
    ("Nothing is appended: the order is empty.", "            order.append(value)\n", ""),
    ("`return` inside the loop leaves it with the first input, and the line after the loop is "
     "never reached. Call visit without return.", "                visit(x)",
     "                return visit(x)"),
    ("topological_order is called again, which makes an order of its own and throws it away. Call "
     "`visit`.", "                visit(x)", "                topological_order(x)"),
    ("The same value is visited again, which has been seen: visit each of its inputs, visit(x).",
     "                visit(x)", "                visit(value)"),
], why="Every tool that works backwards needs this order. Compilers and build systems sort so, too; "
       "a spreadsheet uses it to know which cell to compute first.")
def check_order(m, rng):
    for size in (2, 4, 7, 12):
        # Two values of the same number are two values; below 0, for sums must not just grow.
        equal = round(rng.uniform(-2, -1), 2)
        values = [yours.Value(equal, label=f"v{i}") for i in range(2)]
        while len(values) < size:
            # Every value is used by the next, so that the last one is made from all.
            pair = [values[-1], rng.choice(values)]
            rng.shuffle(pair)
            values.append(operator.add(*pair) if len(values) > 2 else values[0] * values[1])
            values[-1].label = f"v{len(values) - 1}"
        made = {v.label: [x.label for x in v._prev] for v in values if v._prev}
        listed = "; ".join([f"{v} from {' and '.join(inputs)}" for v, inputs in made.items()])

        def names():
            order = m.topological_order(values[-1])
            if order is None:
                return None
            for x in order if isinstance(order, (list, tuple)) else ():
                if not isinstance(x, yours.Value):
                    what = ", not its label" if isinstance(x, str) else ", not its data" \
                        if isinstance(x, (int, float)) else ""
                    raise Told(f"The order should hold Values, and yours holds {show(x)}, a "
                               f"{type(x).__name__}. Append the Value itself{what}.")
            return [v.label for v in order]

        yield Probe("topological_order", f"the values found from v{size - 1}, sorted ({listed})"
                    if made else "the values found from a leaf", lambda: sorted(names()),
                    sorted([v.label for v in values] if made else ["v1"]))
        yield Probe("topological_order", f"what comes before its inputs ({listed})" if made else
                    "what comes before its inputs", lambda: early(names(), made), [])


def early(names: list[str], made: dict[str, list[str]]) -> list[str]:
    return [f"{name} before {x}" for name in names for x in made.get(name, [])
            if x in names and names.index(x) > names.index(name)]


ADDED = "grads[x] = grads[x] + gradient"


@exercise("07_add_up", hints=[
    "Walk from the root to the leaves: `for value in reversed(order):`.",
    "What arrives is added: grads[x] = grads[x] + gradient.",
], mistakes=[
    ("The gradient is overwritten instead of added to: where a value is used twice, one of the "
     "paths is lost.", ADDED, "grads[x] = gradient"),
    ("The order is walked forwards. Begin at the root: the last one first, reversed(order).",
     "in reversed(order)", "in order"),
    ("Two things: the order is walked forwards, and the gradient is overwritten. Begin at the root, "
     "reversed(order), and add to grads[x].", "            for x, gradient in zip(value._prev, "
     "answer):\n                grads[x] = grads[x] + gradient\n",
     "            for x, gradient in zip(value._prev, answer):\n                grads[x] = gradient "
     "if value is root else grads[x]\n"),
    *[(said, "PREDICTION = 7", f"PREDICTION = {n}") for n, said in (
        (12, "That is what a * a + a is at 3. How fast does it change with a?"),
        (6, "That is the gradient of a * a. The last + a is one path more, and adds 1."),
        (1, "That is what comes by the last + a alone. Two more come through the product."),
        (3, "That is what comes by one factor of the product. There are three paths."),
        (4, "By each of the two factors comes 3, and both count: 3 + 3 + 1."),
        (9, "What comes by the two factors is added, not multiplied: 3 + 3 + 1."),
        (10, "What comes by the two factors is added, not multiplied: 3 + 3 + 1."))],
    ("Only the first gradient that arrives is kept: add each to what is there, also where that is "
     "not 0.", ADDED, "grads[x] = grads[x] or gradient"),
    ("Nothing arrives: add it to grads[x], which `gradients` returns. `backward` puts it into .grad.",
     ADDED, "x.grad = x.grad + gradient"),
    ("It is added to x.grad as well, and then `backward` adds it again. Only grads[x] is to "
     "change here.", ADDED, f"{ADDED}\n                x.grad = x.grad + gradient"),
    ("Nothing arrives: 0 times anything stays 0. Add to grads[x].",
     "grads[x] + gradient", "grads[x] * gradient"),
    ("The rule was given grads[value] and has multiplied by it already: you multiply twice.",
     ADDED, "grads[x] = grads[x] + gradient * grads[value]"),
    ("What is added should be the gradient that the rule returns, not 1.",
     "grads[x] + gradient", "grads[x] + 1"),
    ("What is added is the number of x. Add the gradient that the rule returns.",
     "grads[x] + gradient", "grads[x] + x.data"),
    ("What is added is the gradient of the value itself. Add what its rule returned for x: "
     "`gradient`.", "grads[x] + gradient", "grads[x] + grads[value]"),
    ("The line is after the loop, and is run for the last input alone. It belongs inside: mind the "
     "indentation.", "                grads[x] = grads[x] + gradient",
     "                pass\n            grads[x] = grads[x] + gradient"),
    ("`return` is inside the loop: only one value has its turn. It is after the loop already.",
     ADDED, f"{ADDED}\n            return grads"),
    ("The root, which is last in the order, is left out: nothing begins to flow. Walk all of it.",
     "reversed(order)", "reversed(order[:-1])"),
    ("The rule forgets what came from above: hand it grads[value], not 1.",
     "rule(grads[value], ", "rule(1, "),
    ("Leaves were made by no operation and have no rule: ask `if value._prev:` first.",
     "if value._prev:", "if True:"),
    ("The sign is wrong: add, do not subtract.", "grads[x] + gradient", "grads[x] - gradient"),
    ("The gradient goes to the value itself. It belongs to the input x: grads[x].",
     ADDED, "grads[value] = grads[value] + gradient"),
], why="That is backpropagation, whole: an order, a rule for each operation, and a sum. What "
       "`loss.backward()` does in PyTorch is this loop, for arrays of numbers.")
def check_add_up(m, rng):
    yield Probe("PREDICTION", "the gradient of a * a + a by a, where a is 3",
                lambda: m.PREDICTION, 7)

    def with_exp(a, b):
        """An operation of one input, whose rule uses its output."""
        c = a * b
        if isinstance(c, float):
            return math.exp(c) + a
        return yours.Value(math.exp(c.data), (c,), "exp") + a

    def shared(a, b):
        c = a * b                               # one value, used twice, where the formula has two
        return c * c + c * a

    graphs = {"a alone": lambda a, b: a, "a * b": lambda a, b: a * b, "a + b": lambda a, b: a + b,
              "a * b * a + b": lambda a, b: a * b * a + b,
              "c * c + c * a, where c = a * b": shared, "exp(a * b) + a": with_exp,
              "a + a": lambda a, b: a + a + b * 0}
    for name, f in graphs.items():
        # With equal numbers, too: those are two values nevertheless.
        for x, y in (numbers(rng, 2), numbers(rng, 1) * 2):
            at = f"{name}, at {point(a=x, b=y)}"

            def call():
                a, b = yours.Value(x, label="a"), yours.Value(y, label="b")
                root = f(a, b)
                yours.RULES["exp"] = lambda g, out, x: (g * out,)
                try:
                    found = m.gradients(root)
                finally:
                    del yours.RULES["exp"]
                if not isinstance(found, dict):
                    return found
                strange = [key for key in found if not isinstance(key, yours.Value)]
                if strange:
                    raise Told("The keys of grads are the Values themselves, and yours has the "
                               f"key {show(strange[0])}: write grads[x], not grads[x.data].")
                if any(isinstance(g, yours.Value) for g in found.values()):
                    raise Told("The gradients are Values here, and should be plain numbers: a rule "
                               "is given the numbers, value.data and x.data.")
                kept = not (a.grad or b.grad or root.grad)
                return [found.get(root, 0), found.get(a, 0), found.get(b, 0),
                        Words(f"each .grad {'as it was' if kept else 'changed'}")]

            slopes = [slope(lambda n: f(n, y), x)[0], slope(lambda n: f(x, n), y)[0]]
            yield Probe("gradients", f"{at}: the gradients of the result, of a and of b", call,
                        [1, *slopes, Words("each .grad as it was")], "they should be")
    x, y = numbers(rng, 2)

    def twice():
        a, b = yours.Value(x), yours.Value(y)
        root = shared(a, b)
        m.backward(root)
        m.backward(root)
        return [a.grad, b.grad]

    slopes = [slope(lambda n: shared(n, y), x)[0], slope(lambda n: shared(x, n), y)[0]]
    yield Probe("backward", f"c * c + c * a, where c = a * b, at {point(a=x, b=y)}: the grad of a "
                "and b after two calls of backward", twice, [2 * s for s in slopes])


@exercise("08_tanh", hints=[
    "The rule is handed g, out and x, and out is tanh(x) already.",
    "The slope is 1 - tanh(x)², and tanh(x)² is out * out.",
    "Times g.",
], mistakes=[
    ("The rule uses the input where it should use the output: tanh(x)² is out².",
     "out * out", "x * x"),
    (FORGETS, "g * (1 - out * out)", "1 - out * out"),
    ("The sign is wrong: the slope is 1 - out², and tanh rises everywhere.",
     "(1 - out * out)", "(out * out - 1)"),
    ("The gradient is twice as large as it should be: a factor is wrong.", "g * (1", "2 * g * (1"),
    ("The square is missing: the slope is 1 - out², and out² is out ** 2.", "out * out", "out"),
    ("This is the cube of out. The slope is 1 - out², with the square.", "out * out",
     "out * out * out"),
    ("The square is subtracted: the slope is 1 - out², not 1 + out².",
     "1 - out * out", "1 + out * out"),
    ("g multiplies the whole slope: put 1 - out * out into parentheses.",
     "g * (1 - out * out)", "g * 1 - out * out"),
    ("The square belongs to out alone: 1 - out², not (1 - out)². Mind the parentheses.",
     "(1 - out * out)", "(1 - out) ** 2"),
    ("That is the value of tanh, out, where its slope was meant: 1 - out².",
     "g * (1 - out * out)", "g * out"),
    ("That is the slope of the logistic function. tanh has 1 - out².",
     "g * (1 - out * out)", "g * out * (1 - out)"),
    ("This is the rule of cube, copied from the lesson. The slope of tanh is 1 - tanh(x)².",
     "g * (1 - out * out)", "g * 3 * x ** 2"),
    ("tan is another function than tanh, whose slope is 1 - tanh(x)².",
     "g * (1 - out * out)", "g / math.cos(x) ** 2"),
    ("g is added. A rule multiplies by g.", "g * (1 - out * out)", "g + 1 - out * out"),
    ("g is in it twice: multiply by it once.", "g * (1 - out * out)", "g * g * (1 - out * out)"),
    ("g is made a power's base here. A rule multiplies by g.", "g * (1 - out * out)",
     "g ** (1 - out * out)"),
    ("tanh is taken twice: out is tanh(x) already.", "out * out", "math.tanh(out) ** 2"),
    ("The arguments of a rule are g, out and x, in this order.",
     "lambda g, out, x: g * (1 - out * out)", "lambda x, out, g: g * (1 - out * out)"),
], why="You have extended an engine by two lines. tanh keeps every number between -1 and 1, "
       "however many layers follow; and its rule needs no more than its own output.")
def check_tanh(m, rng):
    if not isinstance(getattr(m, "tanh", None), type(check_tanh)):
        raise Told("`tanh` should be a function, made by the def under your line.")

    def made(x):
        v = m.tanh(x)
        if not isinstance(v, yours.Value):
            raise Told("tanh returns a plain number here: the @ in front of op is missing. Without "
                       "it, op(…) is computed and thrown away.")
        if v._op != "tanh":
            raise Told(f"Its symbol is {v._op!r}, and should be \"tanh\": copied from the lesson?")
        return v

    for x in numbers(rng, 5, 0.2, 1.8):
        yield Probe("tanh", point(x=x), lambda: made(x), math.tanh(x))
        yield Probe("tanh", f"tanh of a Value, {point(x=x)}", lambda: made(yours.Value(x)),
                    math.tanh(x))
    points = [[x] for x in numbers(rng, 5, 0.2, 1.8)]
    yield from rule_probes(lambda: m.RULES, "tanh", math.tanh, points, numbers(rng, 5))


PASSES = "Where x is below 0, the output is flat at 0: nothing passes."
LEAKY = ("Below 0, the slope should be 0, and nothing passes. Yours lets a little through there: "
         "that is a leaky ReLU.")


@exercise("09_relu", hints=[
    "Python can choose within an expression: `a if x > 0 else b`.",
    "The rule: g where x is above 0, otherwise 0. The mathematics: x there, otherwise 0.",
], mistakes=[
    (f"The gradient passes everywhere. {PASSES}", "g if x > 0 else 0", "g"),
    ("The switch looks at the sign of g. What decides is the input x.",
     "g if x > 0 else 0", "g if g > 0 else 0"),
    ("The switch looks at the sign of g, by max(0, g). What decides is the input x.",
     "g if x > 0 else 0", "max(0, g * x)"),
    (FORGETS, "g if x > 0 else 0", "1 if x > 0 else 0"),
    (f"{FORGETS} And it hands back x itself: the slope above 0 is 1.",
     "g if x > 0 else 0", "x if x > 0 else 0"),
    ("In the corner, at x = 0, nothing should pass: ask x > 0, not x >= 0.",
     "g if x > 0 else 0", "g if x >= 0 else 0"),
    ("The corner is at 0: ask x > 0, not x > 1. Above 0 the slope is 1.",
     "g if x > 0 else 0", "g if x > 1 else 0"),
    ("The switch is the wrong way round: the gradient passes where x is above 0.",
     "g if x > 0 else 0", "g if x < 0 else 0"),
    ("The sign is wrong: the slope above 0 is 1.", "g if x > 0 else 0", "-g if x > 0 else 0"),
    (f"Below 0 the sign of g is turned, as for the absolute value. {PASSES}",
     "g if x > 0 else 0", "g if x > 0 else -g"),
    (f"Below 0 you hand back x. {PASSES}", "g if x > 0 else 0", "g if x > 0 else x"),
    (f"Below 0 you hand back 1. {PASSES}", "g if x > 0 else 0", "g if x > 0 else 1"),
    ("The gradient is multiplied by x. The slope of x, above 0, is 1, whatever x is.",
     "g if x > 0 else 0", "g * x"),
    ("The gradient is multiplied by x: above 0, out is x. The slope there is 1, whatever x is.",
     "g if x > 0 else 0", "g * out"),
    ("The rule lets nothing through, ever: it always returns 0. Above 0, g passes.",
     "g if x > 0 else 0", "0"),
    *[(LEAKY, "g if x > 0 else 0", f"g if x > 0 else {n} * g") for n in (0.01, 0.1, 0.2)],
    *[("Below 0, relu is 0. Yours lets a little through there: that is a leaky ReLU.",
       "x if x > 0 else 0\n", f"max({n} * x, x)\n") for n in (0.01, 0.1, 0.2)],
    ("This is the absolute value: below 0, relu is 0.", "x if x > 0 else 0\n",
     "x if x > 0 else -x\n"),
    ("Below 0, relu is 0. Yours lets everything through.", "x if x > 0 else 0\n", "x\n"),
    ("That is the smaller of the two: relu keeps what is above 0, max(0, x).",
     "x if x > 0 else 0\n", "min(0, x)\n"),
    ("relu is 1 above 0 here. It is x itself there; 1 is its slope.",
     "x if x > 0 else 0\n", "1 if x > 0 else 0\n"),
], why="Most networks of the last ten years bend with ReLU or one of its children. It costs one "
       "comparison, and where it is open, the gradient comes through undiminished.")
def check_relu(m, rng):
    def made(x):
        v = m.relu(x)
        if not isinstance(v, yours.Value):
            raise Told("relu returns a plain number here: the @ in front of op is missing. Without "
                       "it, op(…) is computed and thrown away.")
        return v

    points = [sign * abs(x) for sign, x in zip((1, -1, 1, -1), numbers(rng, 4))]
    for x in (*points, round(rng.uniform(0.02, 0.2), 3), -round(rng.uniform(0.02, 0.2), 3)):
        yield Probe("relu", point(x=x), lambda: made(x), max(x, 0))
    yield Probe("relu", point(x=0), lambda: made(0.0), 0)
    gs = [g * s for g, s in zip(numbers(rng, 8), (1, 1, 1, 1, -1, -1, -1, -1))]
    yield from rule_probes(lambda: yours.RULES, "relu", lambda x: max(x, 0.0),
                           [[x] for x in (*points, *points)], gs)
    yield Probe("rule of relu", "g = 1.5, in the corner x = 0",
                lambda: of_rule(yours.RULES, "relu", 1.5, 0, 0), 0, "PyTorch and micrograd have")


# ── 10 to 12: the network, trained on your engine ─────────────────────────────────────────────────

def linear(z):
    return z


RULES = {"+": lambda g, out, x, y: (g, g), "*": lambda g, out, x, y: (g * y, g * x),
         "tanh": lambda g, out, x: (g * (1 - out * out),),
         "relu": lambda g, out, x: (g * (x > 0),)}


def gradients_of(root, of: list) -> list[float]:
    """The gradients of a graph of the learner's, by rules and a walk of our own: exercise 10 is not
    to fail for a fault in exercise 7."""
    of_values(root, "The output")
    order, seen, to_do = [], set(), [(root, False)]
    while to_do:
        value, done = to_do.pop()
        if done:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            to_do += [(value, True), *[(x, False) for x in value._prev]]
    found = {id(root): 1.0}
    for value in reversed(order):
        if value._prev:
            back = RULES[value._op](found.get(id(value), 0), value.data,
                                    *[x.data for x in value._prev])
            for x, g in zip(value._prev, back):
                found[id(x)] = found.get(id(x), 0) + g
    return [found.get(id(v), 0) for v in of]


LEAVES = ("`data` leaves the graph: the number is right, but no gradient finds its way back. Compute "
          "with the Values themselves.")
SUM = "sum([w * xi for w, xi in zip(self.w, x)]) + self.b"
RETURNED = "self.activation(z)"


@exercise("10_neuron", hints=[
    "`zip(self.w, x)` pairs each weight with its input, and `sum([...])` adds up Values, too.",
    "Add self.b to the sum, and hand the result to self.activation.",
    "self.w is a list; self.w + [self.b] is the list with the bias at its end.",
], mistakes=[
    ("The bias is forgotten.", SUM, SUM[:-9]),
    ("The bias is added once for each input. It belongs outside the sum.",
     SUM, "sum([w * xi + self.b for w, xi in zip(self.w, x)])"),
    ("The bias is in it twice.", SUM, f"{SUM} + self.b"),
    ("The bias is subtracted. It is added.", "]) + self.b", "]) - self.b"),
    ("The activation is forgotten: nothing bends. Hand z to self.activation.", RETURNED, "z"),
    ("The bias is added after the bend. It belongs before, into z.",
     "+ self.b\n        return self.activation(z)", "\n        return self.activation(z) + self.b"),
    ("The bend is made for each input. It belongs around the whole sum, once.",
     f"{SUM}\n        return self.activation(z)",
     "sum([self.activation(w * xi) for w, xi in zip(self.w, x)]) + self.b\n        return z"),
    ("The bias multiplies. It is added.", "]) + self.b", "]) * self.b"),
    ("tanh bends here whatever was asked for: use self.activation.", RETURNED, "tanh(z)"),
    ("The activation is used twice.", RETURNED, "self.activation(self.activation(z))"),
    ("The sum of the weights is multiplied by the sum of the inputs. Each weight belongs to an "
     "input of its own: multiply in pairs, and add up the products.",
     SUM, "sum(self.w) * sum(x) + self.b"),
    ("Every weight is multiplied by every input. Each belongs to one of its own: pair them with "
     "zip(self.w, x).", SUM, "sum([w * xi for w in self.w for xi in x]) + self.b"),
    ("Only the first input counts: is the `return` inside the loop?",
     SUM, "self.w[0] * x[0] + self.b"),
    ("The last weight and its input are left out: where does the loop end?",
     SUM, "sum([w * xi for w, xi in zip(self.w[:-1], x)]) + self.b"),
    ("Only the last product is left: each overwrites the one before. Add them up.",
     SUM, "self.w[-1] * x[-1] + self.b"),
    ("The products are multiplied with each other. They are added up.", SUM,
     "__import__('math').prod([w * xi for w, xi in zip(self.w, x)], start=self.b)"),
    ("The products are in a list, and still have to be added up: sum([…]) + self.b.", SUM,
     SUM[3:]),
    ("Weights and inputs are added in pairs. They are multiplied.", "w * xi", "w + xi"),
    (LEAVES, "w * xi for", "w.data * xi for"),
    (LEAVES, "w * xi for w, xi in zip(self.w, x)]) + self.b",
     "w.data * xi for w, xi in zip(self.w, x)]) + self.b.data"),
    (LEAVES, "]) + self.b", "]) + self.b.data"),
    ("A new Value is made of the bias, and the gradient ends in that one: use self.b itself, the "
     "parameter.", "]) + self.b", "]) + Value(self.b.data)"),
    ("The bias is missing among the parameters: training would never move it.",
     "self.w + [self.b]", "self.w"),
    ("Only the bias is there. The weights are parameters, too.", "self.w + [self.b]", "[self.b]"),
    ("These are the numbers. Training must change the Values themselves, without `.data`.",
     "self.w + [self.b]", "[p.data for p in self.w + [self.b]]"),
    ("These are new Values. Training must change those that the neuron computes with: the same "
     "ones, self.w and self.b.", "self.w + [self.b]",
     "[Value(p.data) for p in self.w + [self.b]]"),
    ("The weights are a list within the list. One flat list is needed: self.w + [self.b], or "
     "[*self.w, self.b].", "self.w + [self.b]", "[self.w, self.b]"),
    ("The weights are a list within the pair. One flat list is needed: self.w + [self.b], or "
     "[*self.w, self.b].", "self.w + [self.b]", "(self.w, self.b)"),
    ("Only a list can be added to a list. Make a list of the one bias first: [self.b].",
     "self.w + [self.b]", "self.w + self.b"),
    ("The bias itself is changed here, at each call: it is a parameter, which training alone "
     "should change. Add it to the sum under another name, z.",
     f"z = {SUM}\n        return self.activation(z)",
     "self.b += sum([w * xi for w, xi in zip(self.w, x)])\n"
     "        return self.activation(self.b)"),
], why="A large language model is some millions of these, and attention between them. Each is still "
       "a sum of products and a bend; its weights are where everything it has learnt is kept.")
def check_neuron(m, rng):
    for n, activation, bend in ((1, yours.tanh, math.tanh), (2, linear, linear),
                                (3, yours.tanh, math.tanh), (4, linear, linear)):
        weights, x, (b,) = numbers(rng, n, 0.2, 0.8), numbers(rng, n), numbers(rng, 1, 0.2, 0.6)
        z = sum(map(operator.mul, weights, x)) + b

        def neuron():
            made = m.Neuron(n, activation=activation, rng=random.Random(1))
            for w, number in zip(made.w, weights):
                w.data = number
            made.b.data = b
            return made

        one = neuron()                          # the same one, asked more than once
        at = f"weights {weights}, bias {b}, activation {bend.__name__}, x = {x}"
        yield Probe("__call__", f"{at}: the output", lambda: unchanged(one, list(x)), bend(z))
        yield Probe("__call__", f"{at}: the output for Values",
                    lambda: unchanged(one, [yours.Value(xi) for xi in x]), bend(z))
        slope_at = 1 - bend(z) ** 2 if bend is math.tanh else 1

        def gradients():
            made = neuron()
            return gradients_of(made(x), [*made.w, made.b])

        yield Probe("__call__", f"{at}: its gradients by the weights and the bias", gradients,
                    [slope_at * xi for xi in x] + [slope_at])
        asked = neuron()
        asked_w = list(asked.w)

        def parameters():
            made = asked
            names = {id(p): f"w{i + 1}" for i, p in enumerate(asked_w)} | {id(made.b): "b"}
            found = made.parameters()
            if found is None:
                return None
            if made.w != asked_w:
                raise Told("Asking for the parameters changes the neuron: `append` and `+=` make "
                           "self.w itself longer, at each call. Leave it as it is, and return a new "
                           "list: self.w + [self.b].")
            if not isinstance(found, (list, tuple)):
                raise Told("A list of the parameters is expected, and this is "
                           f"{'a number: ' if isinstance(found, (int, float)) else ''}{found!r}.")
            return sorted([names.get(id(p), Words(f"the number {p:.4g}" if isinstance(
                p, (int, float)) else "a list" if isinstance(p, list) else
                f"another {type(p).__name__}")) for p in found])

        yield Probe("parameters", f"the parameters of a neuron of {n} input{'s' * (n > 1)}",
                    parameters, ["b"] + [f"w{i + 1}" for i in range(n)])


COUNTED = "nout * (nin + 1)"
OUTPUT = "self.y([self.z1([x1, x2]), self.z2([x1, x2])])"


@exercise("11_two_two_one", hints=[
    "Go through the sizes in pairs, [2, 2, 1] as (2, 2) and (2, 1): zip(sizes, sizes[1:]).",
    "self.z1([x1, x2]) is what the first hidden neuron says. The output neuron takes two such.",
    "Each of the three neurons has parameters(), a list. Add the lists.",
], mistakes=[
    ("The biases are forgotten: each neuron has one.", COUNTED, "nout * nin"),
    ("Each neuron has one bias, so there are nout of them in a layer, not 1.",
     COUNTED, "nout * nin + 1"),
    ("That is the number of neurons. Each has a weight for every input, and a bias.",
     COUNTED, "nout"),
    ("That is how many inputs and neurons there are, all in all. Each neuron has a weight for every "
     "input, and a bias.", "sum([nout * (nin + 1) for nin, nout in zip(sizes, sizes[1:])])",
     "sum(sizes)"),
    ("A bias belongs to a neuron of the right layer, not to an input: nout · (nin + 1).",
     COUNTED, "nin * (nout + 1)"),
    ("Only nin has a 1 added, for the bias: nout · (nin + 1). Outputs have none of their own.",
     COUNTED, "(nout + 1) * (nin + 1)"),
    ("Only the first pair of layers is counted. Go through all pairs, and add up.",
     "zip(sizes, sizes[1:])])", "zip(sizes[:1], sizes[1:])])"),
    ("The output neurons have a bias as well, as all neurons have.",
     "zip(sizes, sizes[1:])])", "zip(sizes, sizes[1:])]) - sizes[-1]"),
    ("Inputs are not neurons: they have no bias.", "zip(sizes, sizes[1:])])",
     "zip(sizes, sizes[1:])]) + sizes[0]"),
    ("That is right for three layers, however many `sizes` there are. Go through all of them.",
     "sum([nout * (nin + 1) for nin, nout in zip(sizes, sizes[1:])])",
     "sizes[1] * (sizes[0] + 1) + (sizes[2] * (sizes[1] + 1) if len(sizes) > 2 else 1 / 0)"),
    ("Each hidden neuron sees one input here, twice over. In the picture, both inputs lead to both "
     "hidden neurons: [x1, x2] for each.", OUTPUT,
     "self.y([self.z1([x1, x1]), self.z2([x2, x2])])"),
    ("Each hidden neuron sees one input only. In the picture, both inputs lead to both hidden "
     "neurons: [x1, x2] for each.", OUTPUT, "self.y([self.z1([x1]), self.z2([x2])])"),
    ("The same hidden neuron is asked twice: the second is self.z2.",
     "self.z2([x1, x2])])", "self.z1([x1, x2])])"),
    ("The same hidden neuron is asked twice: the first is self.z1.",
     "[self.z1([x1, x2])", "[self.z2([x1, x2])"),
    ("The output neuron sees the inputs. It should see what the hidden neurons say.",
     OUTPUT, "self.y([x1, x2])"),
    ("The inputs are in the wrong order: x1 comes first, in [x1, x2].",
     OUTPUT, "self.y([self.z1([x2, x1]), self.z2([x2, x1])])"),
    ("The second hidden neuron gets its inputs in the other order: x1 comes first.",
     "self.z2([x1, x2])])", "self.z2([x2, x1])])"),
    ("The hidden neurons are in the wrong order: what z1 says comes first.",
     OUTPUT, "self.y([self.z2([x1, x2]), self.z1([x1, x2])])"),
    ("The output neuron is left out: what the hidden ones say is only added up. Hand both to "
     "self.y, in a list.", OUTPUT, "self.z1([x1, x2]) + self.z2([x1, x2])"),
    ("That is what the two hidden neurons say. Hand this list to the output neuron, self.y.",
     OUTPUT, "[self.z1([x1, x2]), self.z2([x1, x2])]"),
    ("That is one hidden neuron alone. The output neuron self.y takes what both say, in a list.",
     OUTPUT, "self.z1([x1, x2])"),
    ("The parameters of the output neuron are missing: there are 9 in all.",
     " + self.y.parameters()", ""),
    ("The parameters of the second hidden neuron are missing.", " + self.z2.parameters()", ""),
    ("Those of the first hidden neuron are there twice, and those of the second not at all: z2.",
     "self.z2.parameters()", "self.z1.parameters()"),
    ("The biases are missing: a neuron's parameters() has them, its `w` has not.",
     "self.z1.parameters() + self.z2.parameters() + self.y.parameters()",
     "self.z1.w + self.z2.w + self.y.w"),
    ("Those are the neurons. Ask each for its parameters(), and add the lists.",
     "self.z1.parameters() + self.z2.parameters() + self.y.parameters()",
     "[self.z1, self.z2, self.y]"),
    ("Those are lists within a list. One flat list is needed: add them, a + b + c. (`append` adds "
     "one thing, `extend` adds what is in a list.)",
     "self.z1.parameters() + self.z2.parameters() + self.y.parameters()",
     "[self.z1.parameters(), self.z2.parameters(), self.y.parameters()]"),
], why="Now you can check the size of any model: GPT-2 has layers of 768 numbers, and its 124 "
       "million parameters are counted by your line. How many there are says how much it can hold.")
def check_two_two_one(m, rng):
    shapes = [[2, 2, 1], *[[rng.randint(2, 40) for _ in range(n)] for n in (2, 3, 5)]]
    for sizes in shapes:
        yield Probe("count_parameters", f"layers of the sizes {sizes}",
                    lambda: unchanged(m.count_parameters, list(sizes)),
                    sum([len(range(nout)) * nin + nout for nin, nout in zip(sizes, sizes[1:])]))
    for _ in range(3):
        data, (x1, x2) = numbers(rng, 9, 0.1, 0.9), numbers(rng, 2)

        def network():
            made = m.TwoTwoOne(random.Random(1))
            for p, number in zip(all_parameters(made), data):
                p.data = number
            return made

        one = network()
        z1, z2 = (math.tanh(x1 * u + x2 * v + b) for u, v, b in (data[:3], data[3:6]))
        at = f"the parameters {data}, {point(x1=x1, x2=x2)}"
        yield Probe("__call__", at, lambda: one(x1, x2), z1 * data[6] + z2 * data[7] + data[8])

        def gradients():
            made, u1, u2 = network(), yours.Value(x1), yours.Value(x2)
            return gradients_of(made(u1, u2), [*all_parameters(made), u1, u2])

        d1, d2 = data[6] * (1 - z1 * z1), data[7] * (1 - z2 * z2)
        yield Probe("__call__", f"{at}: the gradients by all nine parameters and the two inputs",
                    gradients, [d1 * x1, d1 * x2, d1, d2 * x1, d2 * x2, d2, z1, z2, 1,
                                d1 * data[0] + d2 * data[3], d1 * data[1] + d2 * data[4]])
    asked = m.TwoTwoOne(random.Random(1))

    def parameters():
        names = dict(zip(map(id, all_parameters(asked)), NINE))
        found = asked.parameters()
        if found is None:
            return None
        if not isinstance(found, (list, tuple)):
            return Words(f"{type(found).__name__} {found!r}"[:60])
        return sorted([names.get(id(p), Words("a list" if isinstance(p, list) else
                                              f"a {type(p).__name__}")) for p in found])

    yield Probe("parameters", "the parameters, sorted by name", parameters, sorted(NINE))


NINE = [f"{neuron}.{name}" for neuron in ("z1", "z2", "y") for name in ("w1", "w2", "b")]


def all_parameters(network) -> list:
    return [p for neuron in (network.z1, network.z2, network.y) for p in (*neuron.w, neuron.b)]


def trees() -> list[list[float]]:
    """Girth, height and volume of 31 trees, measured from their means in standard deviations."""
    text = (DATA / "trees.csv").read_text("utf-8")
    rows = [list(map(float, line.split(","))) for line in text.split()[1:]]
    scaled = []
    for column in zip(*rows):
        mean = sum(column) / len(column)
        width = math.sqrt(sum([(x - mean) ** 2 for x in column]) / len(column))
        scaled.append([(x - mean) / width for x in column] + [width])
    return [list(row) for row in zip(*scaled)]


def train_on_trees(m, folder: pathlib.Path) -> list[str]:
    """Train the learner's network with the learner's engine, and draw the learner's graph."""
    *rows, (_, _, width) = trees()
    network = m.TwoTwoOne(random.Random(1))
    for p, name in zip(all_parameters(network), NINE):
        p.label = name
    x1, x2, target = (yours.Value(x, label=name)
                      for x, name in zip(rows[0], ("girth", "height", "volume")))
    loss = m.mse_loss([network(x1, x2)], [target])
    loss.label = "loss"
    yours.backward(loss)
    graph = in_micrograd(loss, network.parameters())
    drawn = drawing(graph, folder / PICTURE, "The graph of one tree's loss, after your backward")
    losses = [loss * width ** 2 for loss in m.train(network, rows, 0.1, 150)]
    return ["Your engine has trained your network on 31 trees: the mean squared residual of their "
            f"timber fell from {losses[0]:.1f} to {losses[-1]:.1f}. (The best plane has 13.6.)",
            *drawn]


def drawing(graph, path: pathlib.Path, what: str, model=None) -> list[str]:
    """Draw a graph, and say where it is, or why it could not be drawn."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        dot = micrograd.draw_dot(graph) if model is None else micrograd.draw_dot(graph, model)
        dot.render(outfile=path, cleanup=True)
    except (ImportError, OSError, RuntimeError) as error:
        return [f"{what}, is not drawn: {error}"]
    return [f"{what}, is drawn in", str(path)]


def in_micrograd(root, parameters) -> micrograd.Value:
    """The learner's graph as one of micrograd's Values, which `draw_dot` draws."""
    made = {}
    for v in yours.topological_order(root):
        if v._prev:
            made[v] = remade(v, [made[x] for x in v._prev])
        else:
            kind = (micrograd.nn.Parameter if v in parameters else
                    micrograd.Value if v.label else micrograd.engine.Constant)
            made[v] = kind(v.data)
        made[v].label, made[v].grad = v.label, v.grad
    return made[root]


def remade(v, inputs: list) -> micrograd.Value:
    """The operation that made a learner's value, with the learner's rule, as one of micrograd's."""
    rule = yours.RULES[v._op]
    of_one = (lambda g, out, x: rule(g, out, x)[0]) if len(inputs) == 1 else rule
    if len(inputs) == 1:
        return micrograd.op(v._op, of_one)(lambda x: v.data)(*inputs)
    return micrograd.op(v._op, of_one)(lambda x, y: v.data)(*inputs)


ZERO = ("        for p in network.parameters():\n            p.grad = 0\n")
BACK = "        backward(loss)\n"
MOVE = ("        for p in network.parameters():\n"
        "            p.data = p.data - lr * p.grad\n")
MEAN = " * (1 / len(differences))"


@exercise("12_training", hints=[
    "mse_loss: [x - t for x, t in zip(input, target)] are the differences. d * d is a square.",
    "A mean is the sum divided by the length; your engine multiplies: * (1 / len(input)).",
    "The loop: for p in network.parameters(): p.grad = 0. Then backward(loss).",
    "Then, for each p again: p.data = p.data - lr * p.grad.",
], mistakes=[
    ("The mean is forgotten: this is the sum. Divide by how many there are.", MEAN, ""),
    ("It is divided by 2, however many there are. The mean divides by len(input).", MEAN, " * 0.5"),
    ("The squares are forgotten: too much and too little cancel.", "d * d for", "d for"),
    ("These are absolute values. The differences are to be squared: d * d.",
     "d * d for", "abs(d) for"),
    ("The differences are added up first, and the sum is squared: too much and too little cancel. "
     "Square each before you add.", "sum([d * d for d in differences])",
     "sum(differences) * sum(differences)"),
    ("Only the first pair is there: is the `return` inside the loop?",
     "sum([d * d for d in differences]) * (1 / len(differences))",
     "differences[0] * differences[0]"),
    ("Only the last pair is there: each overwrites the one before. Add them up.",
     "sum([d * d for d in differences]) * (1 / len(differences))",
     "differences[-1] * differences[-1] * (1 / len(differences))"),
    ("The sign of the loss is wrong: a loss of squares is never negative.",
     "sum([d * d", "-1 * sum([d * d"),
    ("Half of it is missing: the mean of the squares, not half of that.",
     "(1 / len(differences))", "(0.5 / len(differences))"),
    ("It is divided by the length twice.", MEAN, MEAN * 2),
    ("The gradients are not zeroed: those of earlier steps are still in there. Set p.grad = 0 for "
     "every parameter first.", ZERO, ""),
    ("The gradients are set to 0 only before the first step. Those of earlier steps are still in "
     "there: zero them in each.", ZERO, ZERO.replace(
         "        for", "        for").replace("p.grad = 0", "p.grad = p.grad if step else 0")),
    ("The sign is wrong: you climb. Go against the gradient: subtract.",
     "p.data - lr * p.grad", "p.data + lr * p.grad"),
    ("lr, the learning rate, is forgotten: the parameters move by the whole gradient.",
     "lr * p.grad", "p.grad"),
    ("lr is in it twice.", "lr * p.grad", "lr * lr * p.grad"),
    ("You move by the loss. Each parameter moves by its own gradient, p.grad.",
     "lr * p.grad", "lr * loss.data"),
    ("That is the step alone: subtract it from the old p.data.",
     "p.data - lr * p.grad", "lr * p.grad"),
    ("That is the step alone: subtract it from the old p.data.",
     "p.data - lr * p.grad", "-lr * p.grad"),
    ("Nothing moves: `p` is given a new value, and the parameter stays as it was. Change p.data.",
     "p.data = p.data - lr", "p = p.data - lr"),
    ("Nothing moves: it is p.data that should change, and you change p.grad.",
     "p.data = p.data - lr * p.grad", "p.grad = p.grad - lr * p.grad"),
    ("Nothing moves: backward(loss) is not called. `loss.backward` without () does not call it "
     "either.", BACK, ""),
    ("Nothing moves: the gradients are set to 0 after backward(loss), and thrown away before the "
     "step. Zero them before backward.", BACK, BACK + ZERO),
    ("Nothing moves: the gradients are set to 0 after backward(loss), and thrown away before the "
     "step. Zero them before backward.", ZERO + BACK, BACK + ZERO),
    ("The gradients are found but nothing moves: the last part is missing, the update of p.data.",
     MOVE, ""),
    *[("What backward walks back from is the loss, the Value: backward(loss).", "backward(loss)",
       f"backward({wrong})") for wrong in ("network", "losses", "loss.data")],
    ("The gradients are not zeroed: `p = 0` or `grad = 0` stores 0 under a name of your own. Write "
     "p.grad = 0.",
     "p.grad = 0", "p = 0"),
    ("backward has to be told from where it walks back: backward(loss).",
     "backward(loss)", "backward()"),
    ("The parameters are set to 0, all that was learnt with them. It is p.grad that is set to 0.",
     "p.grad = 0", "p.data = 0"),
    ("backward(loss) is called twice in each step: the gradients are added up, and twice as large.",
     BACK, BACK * 2),
    ("Only one step is made: is there a `return` inside the loop?", MOVE,
     f"{MOVE}        return losses\n"),
    ("Only the last parameter moves: the line is after the loop over the parameters, and belongs "
     "inside. Mind the indentation.", MOVE,
     "        for p in network.parameters():\n            pass\n"
     "        p.data = p.data - lr * p.grad\n"),
    ("Only the last parameter's gradient is set to 0: the line belongs inside the loop.", ZERO,
     "        for p in network.parameters():\n            pass\n        p.grad = 0\n"),
    ("The loss is a mean already: do not divide by len(rows) again.",
     "lr * p.grad", "lr * p.grad / len(rows)"),
    ("You move before backward(loss): with the gradients of the step before.",
     ZERO + BACK + MOVE,
     "        for p in network.parameters():\n            p.data = p.data - lr * p.grad\n"
     "            p.grad = 0\n        backward(loss)\n"),
], why="Zero, backward, step: this loop trained your nine parameters, and with more machines it "
       "trains a hundred billion. You have now written every line that is needed for it.",
   finish=train_on_trees, makes=PICTURE)
def check_training(m, rng):
    for n in (1, 2, 3, 5):
        input, target = numbers(rng, n), numbers(rng, n)
        truth = sum([(x - t) ** 2 for x, t in zip(input, target)]) / n
        at = f"input = {input}, target = {target}"
        yield Probe("mse_loss", at, lambda: unchanged(m.mse_loss, list(input), list(target)), truth)

        def of_graph():
            values = [yours.Value(x) for x in input]
            loss = m.mse_loss(values, target)
            return None if loss is None else gradients_of(loss, values)

        yield Probe("mse_loss", f"{at}: the gradient by the input", of_graph,
                    [2 * (x - t) / n for x, t in zip(input, target)])
    rows = [numbers(rng, 3, 0.2, 1.2) for _ in range(4)]
    for steps, lr in ((1, 0.1), (2, 0.15), (3, 0.05), (6, 0.1)):
        data = numbers(rng, 9, 0.1, 0.9)

        def trained():
            network = m.TwoTwoOne(random.Random(1))
            for p, number in zip(all_parameters(network), data):
                p.data = number
            losses = m.train(network, [list(row) for row in rows], lr, steps)
            for p, name in zip(all_parameters(network), NINE):
                if isinstance(p.data, yours.Value):
                    raise Told(f"The data of {name} is a Value now, and should stay a number: "
                               "compute with p.data and p.grad, the plain numbers.")
            return [losses, [p.data for p in all_parameters(network)]]

        yield Probe("train", f"{len(rows)} rows, lr = {lr}, steps = {steps}: the losses, and the "
                    "nine parameters afterwards", trained, reference(rows, data, lr, steps),
                    "micrograd itself finds")


def reference(rows, data, lr: float, steps: int) -> list:
    """The same training by micrograd itself."""
    parameters, losses = [micrograd.Value(x) for x in data], []
    optimizer = SGD(parameters, lr=lr)
    for _ in range(steps):
        (u1, v1, b1), (u2, v2, b2), (p, q, b3) = parameters[:3], parameters[3:6], parameters[6:]
        output = [micrograd.tanh(x1 * u1 + x2 * v1 + b1) * p
                  + micrograd.tanh(x1 * u2 + x2 * v2 + b2) * q + b3 for x1, x2, _ in rows]
        loss = micrograd.losses.mse_loss(output, [row[2] for row in rows])
        losses.append(loss.data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [losses, [p.data for p in parameters]]
