"""Formulas say what the engine computes, as one would write it."""

import math
import re

import pytest

from micrograd import Value, dot, functions, op
from micrograd.engine import chain_rule
from micrograd.player.formulas import Formula, backward, forward


@op("cube", lambda g, out, x: g * 3 * x ** 2)
def cube(x):
    return x ** 3


@op("wave", lambda g, out, x: g * math.cos(x))
def wave(x):
    """Whose mathematics and rule are for plain numbers alone."""
    return math.sin(x)


OPERATIONS = [
    lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / y,
    lambda x, y: -x, lambda x, y: abs(y), lambda x, y: abs(x), lambda x, y: x ** 3,
    lambda x, y: x ** -1, lambda x, y: x ** 0.5, lambda x, y: x ** 0, lambda x, y: x ** y,
    lambda x, y: y ** 2, lambda x, y: y.exp(), lambda x, y: x.log(), lambda x, y: x.sqrt(),
    lambda x, y: y.sin(), lambda x, y: y.cos(), lambda x, y: y.tanh(), lambda x, y: y.sigmoid(),
    lambda x, y: x.relu(), lambda x, y: y.relu(), lambda x, y: x.maximum(y),
    lambda x, y: x.minimum(y), lambda x, y: dot([x, y], [y, -0.5]), lambda x, y: 1 / y,
    lambda x, y: 2 - x, lambda x, y: x * -2, lambda x, y: 2.5 * y, lambda x, y: cube(y)]


def calculated(tokens, numbers, gradient):
    """What Python makes of a formula with the numbers in it."""
    text = "".join([token if isinstance(token, str) else
                    f"({(gradient if token < 0 else numbers[token])!r})" for token in tokens])
    text = text.replace("·", "*").replace("−", "-")
    text = re.sub("([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"**({found[1]})".translate(
        str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")), text)
    text = re.sub(r"\|(.*?)\|", r"abs(\1)", text)
    return eval(text, {name: getattr(functions, name) for name in functions.__all__}
                | {"cube": cube})


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("x, y", [(2.0, -3.0), (0.7, 1.9), (3.0, 3.0), (0.25, -6.0)])
def test_what_formulas_say_is_what_the_engine_computes(operation, x, y):
    result, g = operation(Value(x), Value(y)), -1.25
    values = [*result._prev, result]
    numbers = [value.data for value in values]
    *inputs, out = [Formula.of_value(i, value) for i, value in enumerate(values)]
    tokens, _ = forward(result.operation, inputs)
    assert calculated(tokens, numbers, g) == pytest.approx(result.data)
    answer = chain_rule(result, g)
    told = backward(result.operation, Formula.of_gradient(len(inputs), g), out, inputs)
    assert len(told) == len(inputs)
    for amount, (tokens, _) in zip(answer, told):
        assert calculated(tokens, numbers, g) == pytest.approx(amount), tokens


def test_what_takes_plain_numbers_alone_is_told_by_name_or_number():
    result = wave(Value(2.0))
    x, out, g = (Formula.of_value(0, Value(2.0)), Formula.of_value(1, result),
                 Formula.of_gradient(1, 0.5))
    assert forward(result.operation, [x]) == (("wave(", 0, ")"), ())
    assert backward(result.operation, g, out, [x]) == [(("−0.4161 · ", -2), ())]


def test_a_rule_that_cannot_be_written_is_told_by_name():
    @op("odd", lambda g, out, x: g * [x][int(x)])
    def odd(x):
        return x

    x, g = Formula.of_value(0, Value(2.0)), Formula.of_gradient(1, 0.5)
    assert backward(odd(Value(0.0)).operation, g, x, [x]) == [(("rule of odd",), ())]


def written(formula):
    tokens, why = Formula.of(formula).written()
    names = {0: "x", 1: "y", ~2: "g"}
    text, reason = ("".join([names.get(token, token) for token in part]) for part in (tokens, why))
    return f"{text} if {reason}" if reason else text


@pytest.mark.parametrize("formula, text", [
    (lambda x, y, g: g * 2 * x ** 1, "2 · x · g"),
    (lambda x, y, g: -g * x / y, "−x · g / y"),
    (lambda x, y, g: g / (2 * x), "g / (2 · x)"),
    (lambda x, y, g: g * x ** 0 / y, "g / y"),
    (lambda x, y, g: (x + y) * (x - y), "(x + y) · (x − y)"),
    (lambda x, y, g: x - (y - 1), "x − (y − 1)"),
    (lambda x, y, g: x - -y, "x + y"),
    (lambda x, y, g: (x * y) ** 2, "(x · y)²"),
    (lambda x, y, g: (x ** 2) ** y, "(x²) ** y"),
    (lambda x, y, g: x ** -2, "x⁻²"),
    (lambda x, y, g: (-x) ** 2, "(−x)²"),
    (lambda x, y, g: x / (y / g), "x · g / y"),
    (lambda x, y, g: x / (x + y), "x / (x + y)"),
    (lambda x, y, g: 0 * x + g, "g"),
    (lambda x, y, g: 1 - x * x, "1 − x · x"),
    (lambda x, y, g: g * functions.cos(x + 1), "cos(x + 1) · g"),
    (lambda x, y, g: functions.where(x > y, g, 0), "g if x > y"),
    (lambda x, y, g: functions.where(x >= y, functions.where(x > y, g, 0), 1), "g if x > y"),
    (lambda x, y, g: functions.where(y - 2, g, 1), "1 if y − 2 = 0"),
    (lambda x, y, g: functions.where(x <= y, g, 0), "0 if x > y"),
    (lambda x, y, g: abs(x - y) * -0.5, "−0.5 · |x − y|")])
def test_writing_formulas(formula, text):
    x, y = Formula.of_value(0, Value(3.0)), Formula.of_value(1, Value(2.0))
    assert written(formula(x, y, Formula.of_gradient(2, 0.5))) == text
