"""What is tried of each exercise, the hints, and the mistakes that people make there.

A check yields probes: a call of the learner's code at a point drawn by chance, and the true answer.
A mistake is what is said of it and an edit of our solution that makes it; whoever answers as the
edited solution does, at every point, is told.
"""

import math
import operator
import pathlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import micrograd
import yours
from micrograd import check_gradients
from micrograd.checking import slope
from micrograd.losses import cross_entropy
from micrograd.optim import SGD

EXERCISES = {}
PICTURE = "my_two_two_one.svg"
NUDGED = "the slope measured by nudging is"


class Words(str):
    """A description of an answer, not the answer itself: it is shown without quotes."""


@dataclass
class Probe:
    what: str                                   # the function or method that is tried
    at: str                                     # the point, for people
    call: Callable
    truth: object
    is_: str = "it should be"                   # or where the truth comes from
    rtol: float = 1e-6


@dataclass
class Exercise:
    check: Callable                             # from a learner's module and rng to probes
    hints: list[str]
    mistakes: list[tuple[str, str, str]]        # what is said, and in our solution: old, new
    finish: Callable | None = None              # what a right answer is rewarded with


def exercise(name: str, hints: list[str], mistakes: list[tuple[str, str, str]], finish=None):
    def register(check):
        EXERCISES[name] = Exercise(check, hints, mistakes, finish)
        return check
    return register


def numbers(rng: random.Random, n: int, low: float = 0.3, high: float = 2.5) -> list[float]:
    """Numbers of either sign, none of them near 0 and no two close to each other."""
    step = (high - low) / n
    sizes = [low + step * (i + rng.uniform(0.1, 0.9)) for i in range(n)]
    rng.shuffle(sizes)
    return [round(size * rng.choice((-1, 1)), 3) for size in sizes]


def point(**numbers) -> str:
    return ", ".join([f"{name} = {x:g}" for name, x in numbers.items()])


CURVES = {"x³": lambda x: x ** 3, "sin x": math.sin, "1 / (1 + x²)": lambda x: 1 / (1 + x * x),
          "exp x": math.exp}


# ── 1 to 4: slopes, knobs, values, the chain rule ─────────────────────────────────────────────────

@exercise("01_slope", hints=[
    "`f` is a function: f(x + nudge) is its height a little to the right.",
    "The rise is the height on the right minus the height on the left.",
    "The run is 2 · nudge. Mind the parentheses: `a - b / c` divides b alone.",
], mistakes=[
    ("The two places are 2 · nudge apart, not nudge.", "(2 * nudge)", "nudge"),
    ("Python divides and multiplies from left to right: `/ 2 * nudge` halves and then multiplies. "
     "Write `/ (2 * nudge)`.", "/ (2 * nudge)", "/ 2 * nudge"),
    ("That is the rise. A slope is the rise divided by the run.", " / (2 * nudge)", ""),
    ("Division goes before subtraction: put the whole rise into parentheses.",
     "(f(x + nudge) - f(x - nudge))", "f(x + nudge) - f(x - nudge)"),
    ("You nudge one way only. The curve bends, and only looking at both sides cancels the bend.",
     "(f(x + nudge) - f(x - nudge)) / (2 * nudge)", "(f(x + nudge) - f(x)) / nudge"),
    ("You nudge one way only. The curve bends, and only looking at both sides cancels the bend.",
     "(f(x + nudge) - f(x - nudge)) / (2 * nudge)", "(f(x) - f(x - nudge)) / nudge"),
    ("The sign is wrong.", "f(x + nudge) - f(x - nudge)", "f(x - nudge) - f(x + nudge)"),
])
def check_slope(m, rng):
    for (name, f), x in zip(CURVES.items(), numbers(rng, 4)):
        for nudge in (1e-4, 0.1):
            yield Probe("slope", f"f(x) = {name}, at {point(x=x, nudge=nudge)}",
                        lambda: m.slope(f, x, nudge),
                        (f(x + nudge) - f(x - nudge)) / (2 * nudge), "nudging both ways gives")


@exercise("02_knob", hints=[
    "slope(loss, knob) is how fast the loss rises when the knob is turned up.",
    "If it rises, turn down: subtract.",
    "The new knob is the old one minus lr times the slope.",
], mistakes=[
    ("The sign is wrong: you climb. Go against the slope: subtract.", "knob - lr", "knob + lr"),
    ("lr is forgotten: the knob is turned by the whole slope.", "lr * slope", "slope"),
    ("That is the step, not where the knob is afterwards: take it off the knob.",
     "knob - lr * slope", "-lr * slope"),
    ("The slope is that of the first place all along. Measure anew where the knob is now.",
     "        knob = knob - lr * slope(loss, knob)",
     "        first = slope(loss, knob) if step == 0 else first\n        knob = knob - lr * first"),
    ("Only one step is made: is the `return` inside the loop?",
     "        knob = knob - lr * slope(loss, knob)",
     "        return knob - lr * slope(loss, knob)"),
    ("The step should be in proportion to the slope: steep, a long one; flat, a short one.",
     "lr * slope(loss, knob)", "(lr if slope(loss, knob) > 0 else -lr)"),
    ("You divide by lr. A small learning rate is to make small steps: multiply.",
     "lr * slope(loss, knob)", "slope(loss, knob) / lr"),
])
def check_knob(m, rng):
    for steps, best, start in zip((1, 2, 3, 25), numbers(rng, 4), numbers(rng, 4, 3, 6)):
        lr = round(rng.uniform(0.05, 0.2), 3)
        truth = start
        for _ in range(steps):
            truth -= lr * 2 * (truth - best)
        yield Probe("turn", f"the loss (knob - {best:g})², at {point(knob=start, lr=lr)}, "
                    f"steps = {steps}",
                    lambda: m.turn(lambda knob: (knob - best) ** 2, start, lr, steps), truth,
                    "gradient descent gives", 1e-5)


@exercise("03_value", hints=[
    "In __init__, store both arguments: self._prev = …, self._op = …",
    "`Value(number, inputs, symbol)` makes the result. The number of a value is its `data`.",
    "The inputs of a + b are the tuple (self, other), and its symbol is \"+\".",
], mistakes=[
    ("The inputs are not remembered: nothing can go backwards from here. Hand them to Value().",
     'self.data + other.data, (self, other), "+"', 'self.data + other.data, (), "+"'),
    ("The inputs are not remembered: nothing can go backwards from here. Hand them to Value().",
     'self.data * other.data, (self, other), "*"', 'self.data * other.data, (), "*"'),
    ("You remember the numbers. Remember the Values: they know where they come from in turn.",
     '(self, other), "+"', '(self.data, other.data), "+"'),
    ("You remember the numbers. Remember the Values: they know where they come from in turn.",
     '(self, other), "*"', '(self.data, other.data), "*"'),
    ("Only one of the two inputs is remembered.", '(self, other), "+"', '(self,), "+"'),
    ("Only one of the two inputs is remembered.", '(self, other), "*"', '(self,), "*"'),
    ("The symbol of the operation is not handed on: it is the third argument of Value().",
     '(self, other), "+"', "(self, other)"),
    ("The symbol of the operation is not handed on: it is the third argument of Value().",
     '(self, other), "*"', "(self, other)"),
    ("This is the symbol of the other operation: copied from above?",
     '(self, other), "*"', '(self, other), "+"'),
    ("The result is a plain number, which remembers nothing: wrap it in Value().",
     'Value(self.data + other.data, (self, other), "+")', "self.data + other.data"),
    ("The result is a plain number, which remembers nothing: wrap it in Value().",
     'Value(self.data * other.data, (self, other), "*")', "self.data * other.data"),
    ("A set has no order and forgets that a value was used twice: keep the tuple itself.",
     "self._prev = _prev", "self._prev = set(_prev)"),
    ("A set has no order and forgets that a value was used twice: hand Value() a tuple.",
     '(self, other), "+"', '{self, other}, "+"'),
    ("A set has no order and forgets that a value was used twice: hand Value() a tuple.",
     '(self, other), "*"', '{self, other}, "*"'),
    ("There is no `_prev`: mind the underscore, self._prev = …",
     "self._prev = _prev", "self.prev = _prev"),
    ("There is no `_op`: mind the underscore, self._op = …", "self._op = _op", "self.op = _op"),
    ("There are no `_prev` and `_op`: mind the underscores, self._prev = …, self._op = …",
     "self._prev = _prev\n        self._op = _op", "self.prev = _prev\n        self.op = _op"),
    ("__init__ does not keep `_prev`: it is to be the argument of that name.",
     "self._prev = _prev", "self._prev = ()"),
    ("__init__ does not keep `_op`: it is to be the argument of that name.",
     "self._op = _op", 'self._op = ""'),
    ("You change a value that exists already. Make a new one.",
     'return Value(self.data + other.data, (self, other), "+")',
     'self.data, self._prev, self._op = self.data + other.data, (self, other), "+"; return self'),
])
def check_value(m, rng):
    x, y = numbers(rng, 2)
    a, b = m.Value(x, label="a"), m.Value(y, label="b")

    def made(v):
        names = {id(a): "a", id(b): "b"}
        inputs = getattr(v, "_prev", Words("no _prev"))
        if isinstance(inputs, (tuple, list, set, frozenset)):
            named = [names.get(id(i), f"{type(i).__name__} {i}") for i in inputs]
            inputs = (named if isinstance(inputs, (tuple, list)) else
                      Words(f"a set of {', '.join(sorted(named)) or 'nothing'}"))
        return [type(v).__name__, getattr(v, "data", v), inputs,
                getattr(v, "_op", Words("no _op"))]

    for _prev, _op in (((a, b), "+"), ((), "")):
        yield Probe("__init__", f"Value({x:g}, {'(a, b)' if _prev else '()'}, {_op!r}): its _prev "
                    "and its _op", lambda: made(m.Value(x, _prev, _op))[2:],
                    [["a", "b"] if _prev else [], _op])
    for name, symbol, f in (("__add__", "+", operator.add), ("__mul__", "*", operator.mul)):
        yield Probe(name, f"a {symbol} b where {point(a=x, b=y)}: its type, its data, its _prev "
                    "and its _op", lambda: made(f(a, b)), ["Value", f(x, y), ["a", "b"], symbol])
        yield Probe(name, f"a {symbol} a where {point(a=x)}: its data and its _prev",
                    lambda: made(f(a, a))[1:3], [f(x, x), ["a", "a"]])
        yield Probe(name, f"a after a {symbol} b where {point(a=x, b=y)}",
                    lambda: (f(a, b), made(a))[1], ["Value", x, [], ""])
        yield Probe(name, f"b {symbol} 2 where {point(b=y)}: the number",
                    lambda: made(f(b, 2))[:2], ["Value", f(y, 2)])


@exercise("04_chain", hints=[
    "y = z · z is a square: its slope at z is 2z.",
    "z = x · w + b rises by x when w rises by 1, by w when x does, and by 1 when b does.",
    "Each of the last three is y_by_z times one of those.",
], mistakes=[
    ("The slope of a square is 2z, not z.", "2 * z", "z"),
    ("That is how z changes with w. The chain rule multiplies it by y_by_z, what comes from above.",
     "y_by_w = y_by_z * x", "y_by_w = x"),
    ("That is how z changes with x. The chain rule multiplies it by y_by_z, what comes from above.",
     "y_by_x = y_by_z * w", "y_by_x = w"),
    ("That is how z changes with b. The chain rule multiplies it by y_by_z, what comes from above.",
     "y_by_b = y_by_z * 1", "y_by_b = 1"),
    ("w and x are swapped: in x · w, a unit of w counts as often as x is large.",
     "y_by_w = y_by_z * x", "y_by_w = y_by_z * w"),
    ("x and w are swapped: in x · w, a unit of x counts as often as w is large.",
     "y_by_x = y_by_z * w", "y_by_x = y_by_z * x"),
    ("Links of a chain multiply. You add them.", "y_by_z * x", "y_by_z + x"),
    ("Links of a chain multiply. You add them.", "y_by_z * w", "y_by_z + w"),
    ("Links of a chain multiply. You add them.", "y_by_z * 1", "y_by_z + 1"),
    ("b is added, so z changes by 1 for each unit of b, whatever b is.",
     "y_by_z * 1", "y_by_z * b"),
])
def check_chain(m, rng):
    points = [numbers(rng, 3) for _ in range(3)]
    for i, name in enumerate(("y_by_z", "y_by_w", "y_by_x", "y_by_b")):
        for x, w, b in points:
            nudged = [lambda z: z * z, lambda w: (x * w + b) ** 2, lambda x: (x * w + b) ** 2,
                      lambda b: (x * w + b) ** 2][i]
            yield Probe(name, point(x=x, w=w, b=b, z=x * w + b),
                        lambda: m.gradients_by_hand(x, w, b)[i],
                        slope(nudged, [x * w + b, w, x, b][i])[0], NUDGED)


# ── 5 to 9: the engine ────────────────────────────────────────────────────────────────────────────

def agrees(f, *at) -> str:
    """Raises GradientError, with the diagnosis, where a rule that f uses is not the slope."""
    check_gradients(f, at)
    return "agrees"


def rule_agrees(rule, symbol, mathematics, *at) -> str:
    """The same of a learner's own rule, which becomes an operation of micrograd's for the check."""
    return agrees(micrograd.op(symbol, rule)(mathematics), *at)


@exercise("05_rules", hints=[
    "x + y rises by 1 when x rises by 1, and by 1 when y does.",
    "x · y rises by y when x rises by 1: x is counted y times.",
    "Both are multiplied by g, and the answer is a pair: (…, …).",
], mistakes=[
    ("The rule forgets g, the gradient of the output.", "(g, g)", "(1, 1)"),
    ("The rule forgets g, the gradient of the output.", "(g * y, g * x)", "(y, x)"),
    ("The gradients of the two inputs are swapped.", "(g * y, g * x)", "(g * x, g * y)"),
    ("The sign is wrong.", "(g, g)", "(g, -g)"),
    ("must answer with 2 gradients, one for each input", "(g * y, g * x)", "(g * y,)"),
    ("A sum hands g on as it is, however large x and y are.", "(g, g)", "(g * x, g * y)"),
    ("The output stands where one of the inputs was meant.",
     "(g * y, g * x)", "(g * out, g * out)"),
])
def check_rules(m, rng):
    yield Probe("RULES", "the operations that have a rule", lambda: sorted(m.RULES), ["*", "+"])
    for symbol, mathematics in (("+", lambda x, y: x + y), ("*", lambda x, y: x * y)):
        for _ in range(4):
            x, y = numbers(rng, 2)
            yield Probe(f"rule of {symbol}", point(x=x, y=y),
                        lambda: rule_agrees(m.RULES[symbol], symbol, mathematics, x, y), "agrees")


@exercise("06_order", hints=[
    "`if value not in seen:` goes first, and then `seen.add(value)`.",
    "Visit each of `value._prev`: the function `visit` calls itself.",
    "The last line of the four is `order.append(value)`, after the loop.",
], mistakes=[
    ("The order is not topological: a value is appended before its inputs. Append it after the "
     "loop that visits them.",
     "            for x in value._prev:\n                visit(x)\n            order.append(value)",
     "            order.append(value)\n"
     "            for x in value._prev:\n                visit(x)"),
    ("A value that is used twice is listed twice: look first whether it is in `seen`, and note it "
     "there.", "if value not in seen:", "if True:"),
    ("A value that is used twice is listed twice: look first whether it is in `seen`, and note it "
     "there.", "            seen.add(value)\n", ""),
    ("The inputs are not visited: the order holds the root alone.",
     "            for x in value._prev:\n                visit(x)\n", ""),
    ("Only the first input is visited.", "value._prev:", "value._prev[:1]:"),
    ("The leaves are missing. They have gradients as well: it is them that training needs.",
     "            order.append(value)",
     "            if value._prev:\n                order.append(value)"),
    ("Nothing is appended: the order is empty.", "            order.append(value)\n", ""),
])
def check_order(m, rng):
    for size in (2, 4, 7, 12):
        values = [yours.Value(rng.uniform(1, 2), label=f"v{i}") for i in range(2)]
        while len(values) < size:
            # Every value is used by the next, so that the last one is made from all.
            pair = [values[-1], rng.choice(values)]
            rng.shuffle(pair)
            values.append(operator.add(*pair) if len(values) > 2 else values[0] * values[1])
            values[-1].label = f"v{len(values) - 1}"
        made = {v.label: [x.label for x in v._prev] for v in values if v._prev}
        listed = "; ".join([f"{v} from {' and '.join(inputs)}" for v, inputs in made.items()])
        names = lambda: [v.label for v in m.topological_order(values[-1])]
        yield Probe("topological_order", f"the values found from v{size - 1}, sorted ({listed})"
                    if made else "the values found from a leaf", lambda: sorted(names()),
                    sorted([v.label for v in values] if made else ["v1"]))
        yield Probe("topological_order", f"what comes before its inputs ({listed})" if made else
                    "what comes before its inputs", lambda: early(names(), made), [])


def early(names: list[str], made: dict[str, list[str]]) -> list[str]:
    return [f"{name} before {x}" for name in names for x in made.get(name, [])
            if x in names and names.index(x) > names.index(name)]


@exercise("07_add_up", hints=[
    "Walk from the root to the leaves: `for value in reversed(order):`.",
    "What arrives is added: grads[x] = grads[x] + gradient.",
], mistakes=[
    ("The gradient is overwritten instead of added to: where a value is used twice, one of its "
     "ways is lost.", "grads[x] = grads[x] + gradient", "grads[x] = gradient"),
    ("The order is walked forwards. Begin at the root: the last one first.",
     "in reversed(order)", "in order"),
    ("Nothing arrives: add it to grads[x], which `gradients` returns. (Multiplied, 0 stays 0.)",
     "grads[x] = grads[x] + gradient", "x.grad = x.grad + gradient"),
    ("Nothing arrives: add it to grads[x], which `gradients` returns. (Multiplied, 0 stays 0.)",
     "grads[x] + gradient", "grads[x] * gradient"),
    ("The rule forgets what came from above: hand it grads[value], not 1.",
     "rule(grads[value], ", "rule(1, "),
    ("Leaves were made by no operation and have no rule: ask `if value._prev:` first.",
     "if value._prev:", "if True:"),
    ("The sign is wrong.", "grads[x] + gradient", "grads[x] - gradient"),
    ("The gradient goes to the value itself. It belongs to the input x.",
     "grads[x] = grads[x] + gradient", "grads[value] = grads[value] + gradient"),
])
def check_add_up(m, rng):
    graphs = {"a * b": lambda a, b: a * b, "a + b": lambda a, b: a + b,
              "a * b * a + b": lambda a, b: a * b * a + b,
              "c * c + c * a, where c = a * b": lambda a, b: (a * b) * (a * b) + (a * b) * a,
              "a + a": lambda a, b: a + a + b * 0}
    for name, f in graphs.items():
        x, y = numbers(rng, 2)
        yield Probe("gradients", f"{name}, by itself", lambda: by_itself(
            m, f(yours.Value(x), yours.Value(y))), 1)
        for i, label in enumerate("ab"):
            def call():
                leaves = [yours.Value(x, label="a"), yours.Value(y, label="b")]
                if name.startswith("c"):        # one value, used twice, where the formula has two
                    c = leaves[0] * leaves[1]
                    return m.gradients(c * c + c * leaves[0])[leaves[i]]
                return m.gradients(f(*leaves))[leaves[i]]
            at = (x, y)
            nudged = lambda n: f(*at[:i], n, *at[i + 1:])
            yield Probe("gradients", f"{name}, by {label}, at {point(a=x, b=y)}", call,
                        slope(nudged, at[i])[0], NUDGED)


def by_itself(m, root):
    return m.gradients(root)[root]


@exercise("08_tanh", hints=[
    "The rule is handed g, out and x, and out is tanh(x) already.",
    "The slope is 1 - tanh(x)², and tanh(x)² is out * out.",
    "Times g.",
], mistakes=[
    ("The input stands in the rule where the output was meant.", "out * out", "x * x"),
    ("The rule forgets g, the gradient of the output.", "g * (1 - out * out)", "1 - out * out"),
    ("The sign is wrong.", "(1 - out * out)", "(out * out - 1)"),
    ("a factor is wrong", "g * (1", "2 * g * (1"),
    ("The square is missing: the slope is 1 - out².", "out * out", "out"),
    ("The square is taken off: the slope is 1 - out², not 1 + out².",
     "1 - out * out", "1 + out * out"),
    ("g multiplies the whole slope: put 1 - out * out into parentheses.",
     "g * (1 - out * out)", "g * 1 - out * out"),
    ("That is the slope of the logistic function. tanh has 1 - out².",
     "g * (1 - out * out)", "g * out * (1 - out)"),
])
def check_tanh(m, rng):
    rule = lambda g, out, x: m.RULES["tanh"](g, out, x)[0]
    for x in numbers(rng, 5, 0.2, 1.8):
        yield Probe("tanh", point(x=x), lambda: m.tanh(x), math.tanh(x))
        yield Probe("rule of tanh", point(x=x), lambda: rule_agrees(rule, "tanh", math.tanh, x),
                    "agrees")


@exercise("09_relu", hints=[
    "Python can choose within an expression: `a if x > 0 else b`.",
    "The rule: g where x is above 0, otherwise 0. The mathematics: x there, otherwise 0.",
], mistakes=[
    ("The gradient passes everywhere. Where x is below 0, the output is flat: nothing passes.",
     "g if x > 0 else 0", "g"),
    ("The switch asks for the sign of g. What decides is the input x.",
     "g if x > 0 else 0", "g if g > 0 else 0"),
    ("The rule forgets g, the gradient of the output.", "g if x > 0 else 0", "1 if x > 0 else 0"),
    ("In the corner, at x = 0, nothing is to pass: ask x > 0, not x >= 0.",
     "g if x > 0 else 0", "g if x >= 0 else 0"),
    ("The switch is the wrong way round.", "g if x > 0 else 0", "g if x < 0 else 0"),
    ("The sign is wrong.", "g if x > 0 else 0", "-g if x > 0 else 0"),
    ("This is the absolute value: below 0, relu is 0.", "x if x > 0 else 0\n",
     "x if x > 0 else -x\n"),
    ("Below 0, relu is 0. Yours lets everything through.", "x if x > 0 else 0\n", "x\n"),
])
def check_relu(m, rng):
    rule = lambda g, out, x: yours.RULES["relu"](g, out, x)[0]
    points = [sign * abs(x) for sign, x in zip((1, -1, 1, -1), numbers(rng, 4))]
    for x in points:
        yield Probe("relu", point(x=x), lambda: m.relu(x), max(x, 0))
    for x in points:
        yield Probe("rule of relu", point(x=x),
                    lambda: rule_agrees(rule, "relu", lambda x: max(x, 0.0), x), "agrees")
    for x, g in zip(points, numbers(rng, 4)):
        yield Probe("rule of relu", point(g=g, x=x), lambda: rule(g, max(x, 0), x), g * (x > 0))
    yield Probe("rule of relu", "g = 1.5, in the corner x = 0",
                lambda: rule(1.5, 0, 0), 0, "PyTorch and micrograd have")


# ── 10 to 12: the network, trained on your engine ─────────────────────────────────────────────────

def linear(z):
    return z


@exercise("10_neuron", hints=[
    "`zip(self.w, x)` pairs each weight with its input, and `sum([...])` adds up Values, too.",
    "Add self.b to the sum, and hand the result to self.activation.",
    "self.w is a list; self.w + [self.b] is the list with the bias at its end.",
], mistakes=[
    ("The bias is forgotten.", "sum([w * xi for w, xi in zip(self.w, x)]) + self.b",
     "sum([w * xi for w, xi in zip(self.w, x)])"),
    ("The bias is added once for each input. It belongs outside the sum.",
     "sum([w * xi for w, xi in zip(self.w, x)]) + self.b",
     "sum([w * xi + self.b for w, xi in zip(self.w, x)])"),
    ("The activation is forgotten: nothing bends.", "self.activation(z)", "z"),
    ("The bias is added after the bend. It belongs before, into z.",
     "+ self.b\n        return self.activation(z)", "\n        return self.activation(z) + self.b"),
    ("The bend is made for each input. It belongs around the whole sum.",
     "sum([w * xi for w, xi in zip(self.w, x)]) + self.b\n        return self.activation(z)",
     "sum([self.activation(w * xi) for w, xi in zip(self.w, x)]) + self.b\n        return z"),
    ("The bias multiplies. It is added.", "]) + self.b", "]) * self.b"),
    ("tanh bends here whatever was asked for: use self.activation.",
     "self.activation(z)", "tanh(z)"),
    ("`data` leaves the graph: the number is right, but no gradient finds its way back. Compute "
     "with the Values themselves.", "w * xi for", "w.data * xi for"),
    ("`data` leaves the graph: the number is right, but no gradient finds its way back. Compute "
     "with the Values themselves.", "w * xi for w, xi in zip(self.w, x)]) + self.b",
     "w.data * xi for w, xi in zip(self.w, x)]) + self.b.data"),
    ("The bias is missing among the parameters: training would never move it.",
     "self.w + [self.b]", "self.w"),
    ("These are the numbers. Training must change the Values themselves.",
     "self.w + [self.b]", "[p.data for p in self.w + [self.b]]"),
    ("The weights are a list within the list. Write self.w + [self.b], or [*self.w, self.b].",
     "self.w + [self.b]", "[self.w, self.b]"),
])
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

        at = f"weights {weights}, bias {b}, activation {bend.__name__}, x = {x}"
        yield Probe("__call__", f"{at}: the output", lambda: neuron()(x), bend(z))

        def gradients():
            made = neuron()
            found = yours.gradients(made(x))
            return [found.get(p, 0) for p in (*made.w, made.b)]

        by_z = 1 - bend(z) ** 2 if bend is math.tanh else 1
        yield Probe("__call__", f"{at}: its gradients by the weights and the bias", gradients,
                    [by_z * xi for xi in x] + [by_z])

        def parameters():
            made = neuron()
            names = {id(p): f"w{i + 1}" for i, p in enumerate(made.w)} | {id(made.b): "b"}
            return sorted([names.get(id(p), f"{type(p).__name__} {p}") for p in made.parameters()])

        yield Probe("parameters", f"the parameters of a neuron of {n} input{'s' * (n > 1)}",
                    parameters, ["b"] + [f"w{i + 1}" for i in range(n)])


@exercise("11_two_two_one", hints=[
    "`zip(sizes, sizes[1:])` gives the pairs (nin, nout) of neighbouring layers.",
    "self.z1([x1, x2]) is what the first hidden neuron says. The output neuron takes two such.",
    "Each of the three neurons has parameters(), a list. Add the lists.",
], mistakes=[
    ("The biases are forgotten: each neuron has one.", "nout * (nin + 1)", "nout * nin"),
    ("Each neuron has one bias, so there are nout of them in a layer, not 1.",
     "nout * (nin + 1)", "nout * nin + 1"),
    ("That is the number of neurons. Each has a weight for every input, and a bias.",
     "nout * (nin + 1)", "nout"),
    ("A bias belongs to a neuron of the right layer, not to an input: nout · (nin + 1).",
     "nout * (nin + 1)", "nin * (nout + 1)"),
    ("Inputs are no neurons: they have no bias.", "zip(sizes, sizes[1:])])",
     "zip(sizes, sizes[1:])]) + sizes[0]"),
    ("The same hidden neuron is asked twice.", "self.z2([x1, x2])])", "self.z1([x1, x2])])"),
    ("The output neuron sees the inputs. It should see what the hidden neurons say.",
     "self.y([self.z1([x1, x2]), self.z2([x1, x2])])", "self.y([x1, x2])"),
    ("The second hidden neuron gets its inputs in the other order.",
     "self.z2([x1, x2])])", "self.z2([x2, x1])])"),
    ("The output neuron is left out: what the hidden ones say is only added up.",
     "self.y([self.z1([x1, x2]), self.z2([x1, x2])])",
     "self.z1([x1, x2]) + self.z2([x1, x2])"),
    ("The parameters of the output neuron are missing.", " + self.y.parameters()", ""),
    ("The parameters of the second hidden neuron are missing.", " + self.z2.parameters()", ""),
    ("Those are lists within a list. Add the lists: a + b + c.",
     "self.z1.parameters() + self.z2.parameters() + self.y.parameters()",
     "[self.z1.parameters(), self.z2.parameters(), self.y.parameters()]"),
])
def check_two_two_one(m, rng):
    shapes = [[2, 2, 1], *[[rng.randint(2, 40) for _ in range(n)] for n in (2, 3, 5)]]
    for sizes in shapes:
        yield Probe("count_parameters", f"layers of the sizes {sizes}",
                    lambda: m.count_parameters(sizes),
                    sum([len(range(nout)) * nin + nout for nin, nout in zip(sizes, sizes[1:])]))
    for _ in range(3):
        data, (x1, x2) = numbers(rng, 9, 0.1, 0.9), numbers(rng, 2)

        def network():
            made = m.TwoTwoOne(random.Random(1))
            for p, number in zip(all_parameters(made), data):
                p.data = number
            return made

        z1, z2 = (math.tanh(x1 * u + x2 * v + b) for u, v, b in (data[:3], data[3:6]))
        yield Probe("__call__", f"the parameters {data}, {point(x1=x1, x2=x2)}",
                    lambda: network()(x1, x2), z1 * data[6] + z2 * data[7] + data[8])

    def parameters():
        made = m.TwoTwoOne(random.Random(1))
        names = dict(zip(map(id, all_parameters(made)), NINE))
        return sorted([names.get(id(p), type(p).__name__) for p in made.parameters()])

    yield Probe("parameters", "the parameters, sorted by name", parameters, sorted(NINE))


NINE = [f"{neuron}.{name}" for neuron in ("z1", "z2", "y") for name in ("w1", "w2", "b")]


def all_parameters(network) -> list:
    return [p for neuron in (network.z1, network.z2, network.y) for p in (*neuron.w, neuron.b)]


def trees() -> list[list[float]]:
    """Girth, height and volume of 31 trees, measured from their means in standard deviations."""
    file = pathlib.Path(__file__).resolve().parents[1] / "data" / "trees.csv"
    rows = [list(map(float, line.split(","))) for line in file.read_text("utf-8").split()[1:]]
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
    path = folder / PICTURE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        graph = in_micrograd(loss, network.parameters())
        micrograd.draw_dot(graph).render(outfile=path, cleanup=True)
        drawn = ["The graph of one tree's loss, after your backward, is drawn in", str(path)]
    except (ImportError, OSError, RuntimeError) as error:
        drawn = [f"Your graph could not be drawn: {error}"]
    losses = [loss * width ** 2 for loss in m.train(network, rows, 0.1, 150)]
    return ["Your engine has trained your network on 31 trees: the mean squared residual of their "
            f"timber fell from {losses[0]:.1f} to {losses[-1]:.1f}. (The best plane has 13.6.)",
            *drawn]


def in_micrograd(root, parameters) -> micrograd.Value:
    """The learner's graph as one of micrograd's Values, which `draw_dot` draws."""
    made = {}
    for v in yours.topological_order(root):
        kind = (micrograd.nn.Parameter if v in parameters else
                micrograd.Value if v.label or v._prev else micrograd.engine.Constant)
        made[v] = kind(v.data, [made[x] for x in v._prev], v._op, v.label)
        if rule := yours.RULES.get(v._op):      # from which the picture has the size of its arrows
            made[v].operation = micrograd.engine.Operation(v._op, None, rule)
        made[v].grad = v.grad
    return made[root]


STILL = ("Nothing moves. Is backward(loss) called, after the gradients are zeroed and before the "
         "step? And is it p.data that changes, not p?")


@exercise("12_training", hints=[
    "mse_loss: [x - t for x, t in zip(input, target)] are the differences. d * d is a square.",
    "A mean is the sum divided by the length; your engine multiplies: * (1 / len(input)).",
    "The loop: for p in network.parameters(): p.grad = 0. Then backward(loss).",
    "Then, for each p again: p.data = p.data - lr * p.grad.",
], mistakes=[
    ("The mean is forgotten: this is the sum.", " * (1 / len(differences))", ""),
    ("The squares are forgotten: too much and too little cancel.", "d * d for", "d for"),
    ("The sign of the loss is wrong: a loss of squares is never negative.",
     "sum([d * d", "-1 * sum([d * d"),
    ("Half of it is missing: the mean of the squares, not half of that.",
     "(1 / len(differences))", "(0.5 / len(differences))"),
    ("The gradients are not zeroed: those of earlier steps are still in there.",
     "        for p in network.parameters():\n            p.grad = 0\n", ""),
    ("The sign is wrong: you climb. Go against the gradient.",
     "p.data - lr * p.grad", "p.data + lr * p.grad"),
    ("lr is forgotten: the parameters move by the whole gradient.", "lr * p.grad", "p.grad"),
    (STILL, "p.data = p.data - lr", "p = p.data - lr"),
    (STILL, "        backward(loss)\n", ""),
    (STILL, "        backward(loss)\n",
     "        backward(loss)\n        for p in network.parameters():\n            p.grad = 0\n"),
    ("You move before backward(loss): with the gradients of the step before.",
     "        for p in network.parameters():\n            p.grad = 0\n        backward(loss)\n"
     "        for p in network.parameters():\n            p.data = p.data - lr * p.grad\n",
     "        for p in network.parameters():\n            p.data = p.data - lr * p.grad\n"
     "            p.grad = 0\n        backward(loss)\n"),
], finish=train_on_trees)
def check_training(m, rng):
    for n in (1, 2, 3, 5):
        input, target = numbers(rng, n), numbers(rng, n)
        yield Probe("mse_loss", f"input = {input}, target = {target}",
                    lambda: m.mse_loss([yours.Value(x) for x in input], target),
                    sum([(x - t) ** 2 for x, t in zip(input, target)]) / n)
    rows = [numbers(rng, 3, 0.2, 1.2) for _ in range(4)]
    for steps, lr in ((1, 0.1), (2, 0.15), (3, 0.05), (6, 0.1)):
        data = numbers(rng, 9, 0.1, 0.9)

        def trained():
            network = m.TwoTwoOne(random.Random(1))
            for p, number in zip(all_parameters(network), data):
                p.data = number
            losses = m.train(network, rows, lr, steps)
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
        loss = micrograd.losses.mse_loss(output, [target for *_, target in rows])
        losses.append(loss.data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [losses, [p.data for p in parameters]]


# ── 13 to 16: further ─────────────────────────────────────────────────────────────────────────────

@exercise("13_bias", hints=[
    "w · threshold + b is to be 0: bring w · threshold to the other side.",
    "w · (x - centre) / width is (w / width) · x, minus something in which there is no x.",
    "weight = w / width; the bias is b minus w · centre / width.",
], mistakes=[
    ("The sign is wrong.", "-w * threshold", "w * threshold"),
    ("w is forgotten: with the weight 2, the line climbs twice as fast, and needs to begin twice "
     "as low.", "-w * threshold", "-threshold"),
    ("You divide by w. It multiplies: w · threshold + b = 0.", "-w * threshold", "-threshold / w"),
    ("The weight is per unit of u; a unit of u is `width` units of x.",
     "weight = w / width", "weight = w"),
    ("You multiply by the width. u is x divided by it.",
     "weight = w / width", "weight = w * width"),
    ("b is forgotten.", "bias = b - w", "bias = -w"),
    ("The centre is forgotten: its part is what the bias is for.",
     "b - w * centre / width", "b"),
    ("The sign of the centre's part is wrong: u is x minus the centre.",
     "b - w * centre", "b + w * centre"),
    ("The centre's part is to be divided by the width as well.",
     "w * centre / width", "w * centre"),
])
def check_bias(m, rng):
    for _ in range(4):
        w, threshold = numbers(rng, 2)
        yield Probe("bias_for", point(w=w, threshold=threshold), lambda: m.bias_for(w, threshold),
                    -(w * threshold))
    for i, name in enumerate(("weight", "bias")):
        for _ in range(4):
            w, b, centre, width = numbers(rng, 4)
            width = abs(width)
            line = lambda x: w * (x - centre) / width + b
            yield Probe(f"{name} of in_own_units", point(w=w, b=b, centre=centre, width=width),
                        lambda: m.in_own_units(w, b, centre, width)[i],
                        [line(1) - line(0), line(0)][i])


def overflowing(rng) -> list[list[float]]:
    return [[round(base + x, 2) for x in numbers(rng, 3)] for base in (0, 1000, -1000)]


@exercise("14_cross_entropy", hints=[
    "softmax: exps = [exp(x) for x in logits], and each divided by the sum of all.",
    "Take max(logits) off every x before exp: the fractions stay the same.",
    "cross_entropy: log(total) - (logits[target_index] - largest), with the same two.",
], mistakes=[
    ("This softmax overflows: exp(1000) is too large for a float. Take off the largest logit "
     "first.", "exp(x - largest) for x in logits]\n    total = sum(exps)",
     "exp(x) for x in logits]\n    total = sum(exps)"),
    ("You take off the sum, or the mean, of the logits: the largest is what must not be left.",
     "    largest = max(logits)\n    exps", "    largest = sum(logits) / len(logits)\n    exps"),
    ("These are exps, not probabilities yet: divide by their sum.", "e / total for e", "e for e"),
    ("Proportions of the logits themselves. Softmax takes exp first.",
     "[exp(x - largest) for x in logits]\n    total = sum(exps)",
     "[x - largest for x in logits]\n    total = sum(exps)"),
    ("The largest is taken off above the line but not below it.",
     "total = sum(exps)", "total = sum([exp(x) for x in logits])"),
    ("This cross-entropy overflows: take the largest logit off before exp, here too.",
     "    largest = max(logits)\n    total", "    largest = 0\n    total"),
    ("The probability was rounded to 0 before its log was taken. Take the log first: log(total) - "
     "(logits[target_index] - largest).",
     "return log(total) - (logits[target_index] - largest)",
     "return -log(softmax(logits)[target_index])"),
    ("The sign is wrong.", "log(total) - (logits[target_index] - largest)",
     "(logits[target_index] - largest) - log(total)"),
    ("The largest was taken off in the sum but not off the target's own logit.",
     "(logits[target_index] - largest)", "logits[target_index]"),
    ("The target's own logit is missing: this depends on the sum alone.",
     " - (logits[target_index] - largest)", ""),
    ("That is the probability itself. The loss is minus its log.",
     "log(total) - (logits[target_index] - largest)",
     "exp(logits[target_index] - largest) / total"),
])
def check_cross_entropy(m, rng):
    cases = overflowing(rng)
    for logits in [*cases, [rng.random(), 2000.0 + rng.random(), 1000.0]]:
        yield Probe("softmax", f"softmax({logits})", lambda: m.softmax(logits),
                    micrograd.losses.softmax(logits))
    for logits in [*cases, [0.0, 1000.0 + rng.random()], [rng.random() - 1000, 0.0, 1.0]]:
        target = rng.randrange(len(logits)) if len(logits) == 3 and logits[1] else 0
        at = f"cross_entropy({logits}, {target})"
        yield Probe("cross_entropy", at, lambda: m.cross_entropy(logits, target),
                    cross_entropy(logits, target))

        def gradient():
            values = [micrograd.Value(x) for x in logits]
            m.cross_entropy(values, target).backward()
            return [v.grad for v in values]

        yield Probe("cross_entropy", f"the gradient of {at} by the logits", gradient,
                    [p.data - (i == target) for i, p in
                     enumerate(micrograd.losses.softmax([micrograd.Value(x) for x in logits]))],
                    "it is softmax, minus 1 at the target:")


PLAIN = ("Earlier slopes are lost: this is plain gradient descent. Store the velocity in "
         "self.velocity[i], and move by it.")


@exercise("15_momentum", hints=[
    "The velocity of parameter i is self.velocity[i]. First make the new one of the old one.",
    "self.velocity[i] = self.momentum * self.velocity[i] + p.grad",
    "Then p.data moves by -lr times the velocity.",
], mistakes=[
    (PLAIN,
     "            self.velocity[i] = self.momentum * self.velocity[i] + p.grad\n"
     "            p.data = p.data - self.lr * self.velocity[i]",
     "            v = self.momentum * self.velocity[i] + p.grad\n"
     "            p.data = p.data - self.lr * v"),
    ("The sign is wrong: you climb.", "p.data - self.lr", "p.data + self.lr"),
    ("lr is forgotten: the parameter moves by the whole velocity.",
     "self.lr * self.velocity[i]", "self.velocity[i]"),
    ("momentum is forgotten: nothing ever slows down.",
     "self.momentum * self.velocity[i] + p.grad", "self.velocity[i] + p.grad"),
    ("The gradient is damped by 1 - momentum. Here, as in PyTorch, the whole of it is added.",
     "* self.velocity[i] + p.grad", "* self.velocity[i] + (1 - self.momentum) * p.grad"),
    ("The parameters share one velocity. Each needs its own: self.velocity[i].",
     "            self.velocity[i] = self.momentum * self.velocity[i] + p.grad\n"
     "            p.data = p.data - self.lr * self.velocity[i]",
     "            self.velocity[0] = self.momentum * self.velocity[0] + p.grad\n"
     "            p.data = p.data - self.lr * self.velocity[0]"),
    (PLAIN, "p.data - self.lr * self.velocity[i]", "p.data - self.lr * p.grad"),
    ("The parameter moves by the old velocity: make the new one first.",
     "            self.velocity[i] = self.momentum * self.velocity[i] + p.grad\n"
     "            p.data = p.data - self.lr * self.velocity[i]",
     "            p.data = p.data - self.lr * self.velocity[i]\n"
     "            self.velocity[i] = self.momentum * self.velocity[i] + p.grad"),
    ("The velocity forgets the gradient.", "* self.velocity[i] + p.grad", "* self.velocity[i]"),
])
def check_momentum(m, rng):
    for momentum in (0.0, 0.9, 0.5):
        start, lr = numbers(rng, 3), round(rng.uniform(0.01, 0.3), 3)
        grads = [numbers(rng, 3) for _ in range(4)]

        def moved(optimiser):
            parameters = [micrograd.Value(x) for x in start]
            optimizer = optimiser(parameters, lr=lr, momentum=momentum)
            for row in grads:
                for p, g in zip(parameters, row):
                    p.grad = g
                optimizer.step()
            return [p.data for p in parameters]

        yield Probe("step", f"three parameters {start}, {point(lr=lr, momentum=momentum)}, after 4 "
                    "steps", lambda: moved(m.SGD), moved(SGD), "micrograd's SGD has")


@exercise("16_attention", hints=[
    "scores = [dot(query, key) / … for key in keys]: one number for each key.",
    "Divide by sqrt(len(query)). Then weights = softmax(scores).",
    "For each `numbers` in zip(*values), the output has dot(weights, numbers).",
], mistakes=[
    ("The scores are not divided by √d.", " / sqrt(len(query))", ""),
    ("The scores are divided by d. Take its square root.", "sqrt(len(query))", "len(query)"),
    ("The scores are multiplied by √d. Divide: it is to make them smaller.", "/ sqrt", "* sqrt"),
    ("d is how many numbers the query has, not how many keys there are.",
     "len(query)", "len(keys)"),
    ("The softmax is forgotten: the weights must add up to 1.", "softmax(scores)", "scores"),
    ("The weights are those of the keys, but what is added up are keys, too: take the values.",
     "zip(*values)", "zip(*keys)"),
    ("The query is compared with the values. It asks the keys.",
     "for key in keys", "for key in values"),
    ("Every value counts the same here: the weights are not used.",
     "[dot(weights, numbers) for", "[sum(numbers) / len(numbers) for"),
    ("The scores are divided after the softmax. It belongs before.",
     "dot(query, key) / sqrt(len(query)) for key in keys]\n    weights = softmax(scores)",
     "dot(query, key) for key in keys]\n"
     "    weights = [w / sqrt(len(query)) for w in softmax(scores)]"),
    ("These are the weights. The output is the values, added up in these proportions.",
     "[dot(weights, numbers) for numbers in zip(*values)]", "weights"),
])
def check_attention(m, rng):
    for words, d, size in ((3, 2, 2), (2, 4, 4), (5, 3, 3)):
        query = numbers(rng, d)
        keys, values = ([numbers(rng, n) for _ in range(words)] for n in (d, size))
        scores = [sum(map(operator.mul, query, key)) / math.sqrt(d) for key in keys]
        exps = [math.exp(s) for s in scores]
        truth = [sum([e * v[i] for e, v in zip(exps, values)]) / sum(exps) for i in range(size)]
        yield Probe("attention", f"query = {query}, keys = {keys}, values = {values}",
                    lambda: m.attention(query, keys, values), truth)

        def by_query():
            q = [micrograd.Value(x) for x in query]
            sum(m.attention(q, keys, values)).backward()
            return [x.grad for x in q]

        def total(i, x):
            asked = [*query[:i], x, *query[i + 1:]]
            e = [math.exp(sum(map(operator.mul, asked, k)) / math.sqrt(d)) for k in keys]
            return sum([w * sum(v) for w, v in zip(e, values)]) / sum(e)

        yield Probe("attention", "the gradient of the output's sum by that query", by_query,
                    [slope(lambda x: total(i, x), q)[0] for i, q in enumerate(query)],
                    NUDGED, 1e-5)
