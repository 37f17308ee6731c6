"""Derivatives of any order, slopes, and whether a wrong rule is found and named."""

import math
import re
from fractions import Fraction as F

import pytest

from micrograd import functions as fn
from micrograd import op
from micrograd.calculus import grad, hessian, jacobian
from micrograd.checking import Check, GradientError, check_gradients, diagnose, slope
from micrograd.engine import Constant, Value, chain_rule, dot, gradients, topological_order
from micrograd.ground.numbers import power
from micrograd.losses import cross_entropy

POINTS = [F(3), F(-2, 3), F(1, 7), F(5, 2), F(-11, 4)]
points = pytest.mark.parametrize("x", POINTS, ids=str)
pairs = pytest.mark.parametrize("x, y", ids=str, argvalues=[
    (F(3), F(-2, 3)), (F(1, 7), F(5, 2)), (F(-11, 4), F(3, 5))])

# Rational functions that have values at all the points.
RATIONAL = {
    "x³ - 2x": lambda x: x ** 3 - 2 * x,
    "1/(1 + x²)": lambda x: 1 / (1 + x * x),
    "(x - 1)/(x² + 3)": lambda x: (x - 1) / (x ** 2 + 3),
    "x⁻²": lambda x: x ** -2,
    "-|x|x": lambda x: -abs(x) * x,
    "relu": lambda x: fn.relu(x) * x + x,
    "max": lambda x: fn.maximum(x * x, x + 1) * x,
    "dot": lambda x: dot([x, 1, x * x], [x, x, 2]),
}
rationals = pytest.mark.parametrize("f", RATIONAL.values(), ids=RATIONAL)
two_rationals = pytest.mark.parametrize("f, h", list(zip(RATIONAL.values(),
                                                         [*RATIONAL.values()][3:])))


def exactly(found, expected):
    """Equal, and of a kind that is exact."""
    assert found == expected
    assert isinstance(found, (int, F)), f"{found!r} is rounded"


# ── grad ──────────────────────────────────────────────────────────────────────────────────────────

def test_of_one_number_a_number_of_several_a_tuple():
    assert grad(lambda x: x * x)(3) == 6
    assert grad(lambda x, y: x * x * y)(3, 5) == (30, 9)
    assert grad(lambda *xs: dot(xs, xs))(1, 2, 3) == (2, 4, 6)


@pytest.mark.parametrize("x", [-1.7, -0.3, 0.0, 0.8, 2.5])
def test_tanh_up_to_the_fourth(x):
    t = math.tanh(x)
    s = 1 - t * t
    expected = [t, s, -2 * t * s, 2 * s * (3 * t * t - 1), 8 * t * s * (2 - 3 * t * t)]
    f = fn.tanh
    for order, value in enumerate(expected):
        assert f(x) == pytest.approx(value, rel=1e-10, abs=1e-12), f"order {order}"
        f = grad(f)


@pytest.mark.parametrize("f, cycle", [
    (fn.sin, [math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x)]),
    (fn.exp, [math.exp] * 4),
    (fn.log, [math.log, lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3]),
    (fn.sqrt, [math.sqrt, lambda x: .5 / math.sqrt(x), lambda x: -.25 * x ** -1.5,
               lambda x: .375 * x ** -2.5]),
    (lambda x: 2 ** x, [lambda x, n=n: math.log(2) ** n * 2 ** x for n in range(4)]),
], ids=["sin", "exp", "log", "sqrt", "2**"])
def test_higher_derivatives_of_functions(f, cycle):
    for derivative in cycle:
        assert f(0.7) == pytest.approx(derivative(0.7), rel=1e-12)
        f = grad(f)


def test_perturbation_confusion():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(2.0) == 1
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6
    assert grad(lambda x: grad(lambda y: x * y * y)(x) + 0 * x)(5) == 20


def test_an_inner_derivative_that_depends_on_the_outer_variable():
    # d/dx of [d/dy x²y³ at y = x] is d/dx of 3x⁴
    assert grad(lambda x: grad(lambda y: x ** 2 * y ** 3)(x))(F(2, 3)) == 12 * F(2, 3) ** 3
    # and where the point of the inner one is itself computed: d/dx 3x²(x²)² = 18x⁵
    assert grad(lambda x: grad(lambda y: x ** 2 * y ** 3)(x * x))(F(2)) == 18 * 2 ** 5
    # three deep: d/dx of xyz-ish products
    f = grad(lambda x: x * grad(lambda y: y * grad(lambda z: x * y * z * z)(y))(x))
    assert f(3) == 24 * 27                      # d/dx of x · d/dy(2xy³) at y = x: 6x⁴


def test_nested_in_itself():
    def f(x):
        return x ** 3

    assert grad(lambda x: f(x) * grad(f)(x))(2) == 15 * 2 ** 4           # of 3x⁵
    assert grad(lambda x: grad(f)(grad(f)(x)))(F(1, 2)) == 108 * F(1, 8)  # of 27x⁴


def test_a_constant_result_and_an_unused_input():
    assert grad(lambda x: 7)(2.0) == 0
    assert grad(lambda x: Value(7.0))(2.0) == 0
    assert grad(lambda x, y: x * x)(2.0, 3.0) == (4.0, 0)
    assert grad(grad(lambda x: 3 * x))(2.0) == 0
    assert grad(grad(grad(lambda x: 3 * x)))(2.0) == 0


def test_the_identity():
    assert grad(lambda x: x)(2.0) == 1
    y = Value(2.0)
    assert grad(lambda x: x)(y) == 1


def test_leaves_no_gradient_behind():
    a, b = Value(2.0), Value(3.0)
    grad(lambda x: x * a * b)(4.0)
    grad(lambda x, y: x * a * y)(b, 4.0)
    hessian(lambda x: x * x * a, [4.0])
    jacobian(lambda x: [x * x * a, b], [b])
    assert a.grad == b.grad == 0
    a.grad = 5
    grad(lambda x: x * a)(1.0)
    assert a.grad == 5


def test_numbers_in_numbers_out():
    assert type(grad(lambda x: x * x)(2.0)) is float
    assert type(grad(lambda x: x * x)(2)) is int
    assert type(grad(lambda x: x * x)(F(2))) is F
    assert type(grad(lambda x: x * Constant(2.0))(2.0)) is float


def test_of_outside_values_a_value_that_can_be_differentiated():
    a = Value(3)
    found = grad(lambda x: a * a * x)(2)
    assert isinstance(found, Value) and found.data == 9
    found.backward()
    assert a.grad == 6


def test_a_value_as_the_point():
    x = Value(3)
    found = grad(lambda y: y ** 3)(x)
    assert isinstance(found, Value) and found.data == 27
    found.backward()
    assert x.grad == 18


def test_the_result_must_be_a_number():
    for wrong in ["text", None, [1.0, 2.0], (Value(1.0),)]:
        with pytest.raises(TypeError, match="number"):
            grad(lambda x: wrong)(2.0)


def test_keeps_its_name():
    def cube(x):
        """The third power."""
        return x ** 3

    assert grad(cube).__name__ == "cube"


def test_backward_with_create_graph():
    x, y = Value(3), Value(5)
    (x * x * y).backward(create_graph=True)
    assert isinstance(x.grad, Value) and (x.grad.data, y.grad.data) == (30, 9)
    of_second = gradients(x.grad)
    assert (of_second[x], of_second[y]) == (10, 6)


def test_create_graph_of_a_constant_gradient():
    x = Value(3.0)
    (2 * x).backward(create_graph=True)
    assert isinstance(x.grad, Value) and x.grad.data == 2
    assert gradients(x.grad).get(x, 0) == 0


# ── exact derivatives: the algebra of calculus ────────────────────────────────────────────────────

@points
@two_rationals
def test_sum_product_quotient_and_chain(f, h, x):
    df, dh = grad(f)(x), grad(h)(x)
    exactly(grad(lambda x: f(x) + h(x))(x), df + dh)
    exactly(grad(lambda x: f(x) - 5 * h(x))(x), df - 5 * dh)
    exactly(grad(lambda x: f(x) * h(x))(x), df * h(x) + f(x) * dh)
    exactly(grad(lambda x: f(x) / (h(x) ** 2 + 1))(x),
            (df * (h(x) ** 2 + 1) - f(x) * 2 * h(x) * dh) / (h(x) ** 2 + 1) ** 2)
    if h(x):
        exactly(grad(lambda x: f(h(x)))(x), grad(f)(h(x)) * dh)


@points
@two_rationals
def test_leibniz_for_the_second_derivative(f, h, x):
    exactly(grad(grad(lambda x: f(x) * h(x)))(x),
            grad(grad(f))(x) * h(x) + 2 * grad(f)(x) * grad(h)(x) + f(x) * grad(grad(h))(x))


@points
def test_derivatives_on_paper(x):
    table = {
        "x³ - 2x": (3 * x ** 2 - 2, 6 * x),
        "1/(1 + x²)": (-2 * x / (1 + x * x) ** 2, (6 * x * x - 2) / (1 + x * x) ** 3),
        "x⁻²": (-2 * x ** -3, 6 * x ** -4),
        "-|x|x": (-2 * abs(x), -2 if x > 0 else 2),
        "relu": ((2 * x if x > 0 else 0) + 1, 2 if x > 0 else 0),
        "max": (3 * x * x, 6 * x) if x * x > x + 1 else (2 * x + 1, 2),
        "dot": (2 * x + 1 + 4 * x, 6),
    }
    for name, (first, second) in table.items():
        exactly(grad(RATIONAL[name])(x), first)
        exactly(grad(grad(RATIONAL[name]))(x), second)


def test_division_by_a_whole_number_stays_exact():
    exactly(grad(lambda x: x / 3)(F(1, 7)), F(1, 3))
    exactly(grad(lambda x: (fn.relu(x) + x) / 7)(F(-1, 7)), F(1, 7))


@points
def test_ties_share_exactly(x):
    assert grad(fn.maximum)(x, x) == grad(fn.minimum)(x, x) == (F(1, 2), F(1, 2))
    exactly(grad(lambda x: fn.maximum(x, x) * x)(x), 2 * x)
    assert grad(lambda x, y: fn.maximum(x * x, y * y))(x, -x) == (x, -x)
    assert grad(lambda x, y: fn.minimum(3 * x, y + 2 * x))(x, x) == (F(5, 2), F(1, 2))


def test_corners():
    assert grad(fn.relu)(F(0)) == grad(abs)(F(0)) == grad(lambda x: x ** 0)(F(0)) == 0
    assert grad(grad(lambda x: x ** 2))(F(0)) == 2
    assert grad(grad(lambda x: x ** 1))(F(0)) == 0


HOMOGENEOUS = {
    2: lambda x, y: x * x - 3 * x * y,
    3: lambda x, y: x ** 3 + x * y * abs(y),
    1: lambda x, y: fn.maximum(x, y) + x * x / y,
    0: lambda x, y: (x - y) / (x + 2 * y),
    -2: lambda x, y: 1 / (x * x + y * y),
}


@pairs
@pytest.mark.parametrize("degree", HOMOGENEOUS)
def test_euler_on_homogeneous_functions(degree, x, y):
    f = HOMOGENEOUS[degree]
    by_x, by_y = grad(f)(x, y)
    exactly(x * by_x + y * by_y, degree * f(x, y))
    (xx, xy), (yx, yy) = hessian(f, [x, y])
    exactly(xx * x * x + 2 * xy * x * y + yy * y * y, degree * (degree - 1) * f(x, y))
    assert xy == yx


@pairs
def test_hessian_on_paper(x, y):
    assert hessian(lambda x, y: x ** 3 * y ** 2 + x / y, [x, y]) == [
        [6 * x * y ** 2, 6 * x ** 2 * y - 1 / y ** 2],
        [6 * x ** 2 * y - 1 / y ** 2, 2 * x ** 3 + 2 * x / y ** 3]]


def test_hessian_of_a_power_at_the_exponent_0():
    """By x and y, xʸ⁻¹ (1 + y log x)."""
    (_, by_both), (also, _) = hessian(lambda x, y: x ** y, [0.5, 0.0])
    assert by_both == also == 2


def test_hessian_where_there_is_nothing_to_find():
    assert hessian(lambda x, y: 3 * x + y, [1, 2]) == [[0, 0], [0, 0]]
    assert hessian(lambda x, y: 4, [1, 2]) == [[0, 0], [0, 0]]


@pairs
def test_jacobian(x, y):
    assert jacobian(lambda x, y: [x * y, x / y, y ** 2, 5, x], [x, y]) == [
        [y, x], [1 / y, -x / y ** 2], [0, 2 * y], [0, 0], [1, 0]]
    assert jacobian(lambda x: (), [x]) == []


@pairs
def test_jacobian_of_a_composition_is_the_product(x, y):
    inner = lambda x, y: (x * y, x - y)
    outer = lambda u, v: (u * u + v, u * v, u)
    a, b = jacobian(outer, inner(x, y)), jacobian(inner, [x, y])
    product = [[sum(a[i][k] * b[k][j] for k in range(2)) for j in range(2)] for i in range(3)]
    assert jacobian(lambda x, y: outer(*inner(x, y)), [x, y]) == product


# ── slope ─────────────────────────────────────────────────────────────────────────────────────────

SLOPES = {
    "cube": (lambda x: x ** 3, lambda x: 3 * x * x, [-1e8, -2, 1e-8, 0.0, 1, 1e8]),
    "sin": (math.sin, math.cos, [-3, 0.0, 1e-8, 1, 30]),
    "exp": (math.exp, math.exp, [-700, -1, 0.0, 1e-8, 1, 700, 709.7]),
    "log": (math.log, lambda x: 1 / x, [1e-8, 1e-3, 1, 1e8, 1e300]),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x), [1e-8, 1e-3, 1, 1e8]),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x ** 2, [-1e-3, 1e-8, 1, 1e8]),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2, [-3, 0.0, 1e-8, 2]),
    "offset": (lambda x: 1e6 + math.sin(x), math.cos, [0.1, 1, 5]),
    "near a kink": (lambda x: abs(x - 1), lambda x: math.copysign(1, x - 1),
                    [1.001, 0.999, 1.000001]),
    "constant": (lambda x: 3.0, lambda x: 0.0, [0.0, 1e8]),
}


@pytest.mark.parametrize("name, x", [(name, x) for name in SLOPES for x in SLOPES[name][2]])
def test_slope_is_accurate_and_its_error_honest(name, x):
    f, derivative, _ = SLOPES[name]
    measured, error = slope(f, x)
    true = derivative(x)
    assert abs(measured - true) <= 100 * error + 1e-9 * abs(true)
    assert abs(measured - true) <= 1e-5 * max(1e-3, abs(true))


def test_slope_of_one_side():
    assert slope(abs, 0.0, 1)[0] == pytest.approx(1)
    assert slope(abs, 0.0, -1)[0] == pytest.approx(-1)
    assert slope(lambda x: x * math.sqrt(x), 0.0, 1)[0] == pytest.approx(0, abs=1e-2)
    assert slope(math.exp, 1.0, 1)[0] == pytest.approx(math.e, rel=1e-8)
    assert slope(math.exp, 1.0, -1)[0] == pytest.approx(math.e, rel=1e-8)
    with pytest.raises(ValueError):
        slope(math.log, 0.0, -1)


@pytest.mark.parametrize("side, clean, noisy", [(0, 1e-11, 1e-7), (1, 1e-10, 2.5e-7),
                                                (-1, 1e-10, 2.5e-7)])
def test_slope_extrapolates_with_the_right_factors(side, clean, noisy):
    """With any other they would be measured too, but to fewer digits."""
    for f, derivative, x in [(math.exp, math.exp, 1.0), (math.sin, math.cos, 0.7),
                             (lambda x: 1 / x, lambda x: -1 / x ** 2, 1.5),
                             (math.log, lambda x: 1 / x, 2.0)]:
        assert slope(f, x, side)[0] == pytest.approx(derivative(x), rel=clean)
    for f, derivative, x in [  # rounding forbids small nudges here
            (lambda x: 1e6 + math.exp(3 * x), lambda x: 3 * math.exp(3 * x), 1.0),
            (lambda x: 1e6 + math.sin(20 * x), lambda x: 20 * math.cos(20 * x), 1.0)]:
        assert slope(f, x, side)[0] == pytest.approx(derivative(x), rel=noisy)


def test_far_out_the_slope_is_as_exact_as_elsewhere():
    """Nudges that are short beside x see little of what is no wave, and are not preferred."""
    for f, true in [(math.log, 1e-8), (math.sqrt, 0.5e-4), (lambda x: 1 / x, -1e-16)]:
        assert slope(f, 1e8)[0] == pytest.approx(true, rel=1e-10)


def test_slope_looks_at_both_sides_unless_it_is_told_otherwise():
    assert slope(abs, 0.0)[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("f", [fn.relu, abs])
def test_at_a_corner_the_second_derivative_is_0_as_the_first(f):
    assert [grad(f)(0.0), grad(grad(f))(0.0), grad(grad(grad(f)))(0.0)] == [0, 0, 0]


def test_no_slope():
    def nowhere(x):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no slope can be measured at 2.0"):
        slope(nowhere, 2.0)
    with pytest.raises(ValueError, match="no slope"):
        slope(math.sqrt, -1.0)


def test_slope_passes_on_mistakes_of_the_function():
    with pytest.raises(TypeError):
        slope(lambda x: x + "1", 2.0)


# ── check_gradients: right rules pass ─────────────────────────────────────────────────────────────

ONE = {
    "neg": lambda x: -x, "abs": abs, "exp": fn.exp, "sin": fn.sin, "cos": fn.cos, "tanh": fn.tanh,
    "sigmoid": fn.sigmoid, "relu": fn.relu, "cube": lambda x: x ** 3, "x^-2": lambda x: x ** -2,
    "x^0": lambda x: x ** 0, "2^x": lambda x: 2 ** x, "reciprocal": lambda x: 1 / x,
    "rsub": lambda x: 1 - x, "radd": lambda x: 1 + x, "rmul": lambda x: 3 * x,
}
POSITIVE = {"log": fn.log, "sqrt": fn.sqrt, "x^1.5": lambda x: x ** 1.5, "x^x": lambda x: x ** x}
TWO = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
    "/": lambda x, y: x / y, "max": fn.maximum, "min": fn.minimum,
    "dot": lambda x, y: dot([x, y, 2.0], [y, 3.0, x]), "**": lambda x, y: (x * x + 1) ** y,
}


@pytest.mark.parametrize("name, x", [(n, x) for n in ONE for x in (-1.3, 0.4, 2.7)]
                         + [(n, x) for n in POSITIVE for x in (0.01, 0.4, 2.7)])
def test_the_table_at_ordinary_points(name, x):
    checks = check_gradients({**ONE, **POSITIVE}[name], x)
    assert {check.verdict for check in checks} == {"agrees"}
    assert checks[-1].what.startswith("the whole function")


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("point", [(0.5, 1.5), (-2.0, 3.1), [4.0, -0.3]], ids=str)
def test_the_table_of_two_inputs(name, point):
    checks = check_gradients(TWO[name], point)
    assert len(checks) >= 3 and {check.verdict for check in checks} == {"agrees"}


@pytest.mark.parametrize("f, x", [
    *[(f, x) for f in (fn.log, fn.sqrt, fn.exp, fn.sin, fn.tanh, fn.sigmoid) for x in (1e-8,)],
    *[(f, 1e8) for f in (fn.log, fn.sqrt, fn.tanh, fn.sigmoid, fn.relu)],
    *[(lambda x: x ** 3, x) for x in (1e-8, 1e8)], *[(lambda x: 1 / x, x) for x in (1e-8, 1e8)],
    (fn.exp, 700), (fn.exp, -700), (fn.sigmoid, 700), (fn.sigmoid, -30), (fn.tanh, 700),
])
def test_right_rules_pass_at_awkward_points(f, x):
    assert "differs" not in {check.verdict for check in check_gradients(f, x)}


@pytest.mark.parametrize("f", [
    lambda x: 1e6 + x, lambda x: (1e6 + x) * x, lambda x: (1e6 + x) - 1e6,
    lambda x: fn.sin(x) + 1e8, lambda x: (x + 1e8) - 1e8])
@pytest.mark.parametrize("x", [0.3, 1.7, -12.9])
def test_large_offsets_are_no_mistakes(f, x):
    assert {check.verdict for check in check_gradients(f, x)} == {"agrees"}


@pytest.mark.parametrize("f, at", [
    (fn.relu, 0.0), (abs, 0.0), (fn.maximum, (1.5, 1.5)), (fn.minimum, (-2.0, -2.0)),
    (lambda x: fn.maximum(x, 2 * x), 0.0), (lambda x: fn.relu(x) + abs(x) / 2, 0.0),
    # The rules are right here, and their sum, 0, lies outside the two slopes of the whole.
    (lambda x: fn.relu(x) - fn.relu(-x), 0.0), (lambda x: fn.relu(x) - fn.relu(-x) / 2, 0.0),
    (lambda x: abs(fn.maximum(x, 0 * x)) - abs(fn.minimum(x, 0 * x)), 0.0),
])
def test_kinks(f, at):
    verdicts = {check.verdict for check in check_gradients(f, at)}
    assert verdicts <= {"kink", "agrees"}
    assert "kink" in verdicts or f is not fn.relu


def test_a_kink_that_is_none():
    for f, x in [(lambda x: fn.relu(x) ** 2, 0.0), (lambda x: fn.maximum(x, x), 3.0)]:
        assert {check.verdict for check in check_gradients(f, x)} <= {"kink", "agrees"}


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("f", [fn.sqrt, lambda x: x ** 0.5, lambda x: fn.sqrt(x * x)])
def test_the_edge_of_a_domain(f, order):
    checks = check_gradients(f, 0.0, order=order)
    assert "edge" in {check.verdict for check in checks}
    assert order == 1 or "the gradient by x, differentiated again, at x = 0.0: It raises" in str(
        checks[-1])


@pytest.mark.parametrize("x", [1e-300, 1e-15, 1e-12])
def test_near_the_edge_nothing_but_gradient_errors(x):
    for f in (fn.log, fn.sqrt, lambda x: 1 / x):
        try:
            check_gradients(f, x)
        except GradientError:
            pass


def test_outside_the_domain_the_function_says_so_itself():
    with pytest.raises(ValueError, match="log"):
        check_gradients(fn.log, -1.0)


def test_no_gradient_is_left_behind():
    w, b = Value(2.0), Value(0.5)
    check_gradients(lambda x: fn.tanh(w * x + b), 0.3)
    assert w.grad == b.grad == 0


def test_a_function_without_a_graph():
    assert [check.verdict for check in check_gradients(lambda x: 7.0, 1.0)] == ["agrees"]


def test_a_rule_that_fails_is_said_to_fail_and_nothing_about_slopes():
    assert mistake(lambda g, out, x, y: (g * None, g), product, 1, 2).endswith(
        "wrong, at x = 1.0, y = 2.0: The rule fails: unsupported operand type(s) for *: 'float' "
        "and 'NoneType'.")
    # One that fails nearby, where the suspect is sought, is told of where it was asked.
    assert "the rule says 0.7" in mistake(lambda g, out, x: g * (x if x == 0.7 else None),
                                          square, 0.7)
    assert "g = " not in mistake(lambda g, out, x: g * math.nan, square, 0.7)


@pytest.mark.parametrize("answer, shown", [
    (lambda g: g, "1.75"), (lambda g: None, "None"), (lambda g: (g,), "1.75"),
    (lambda g: (g, g, g), "(1.75, 1.75, 1.75)"), (lambda g: [g / 3, None], "(0.5833333333333334, None)"),
    (lambda g: "12", "'12'"), (lambda g: (g, (g, g)), "(1.75, (1.75, 1.75))"),
])
def test_a_rule_that_answers_in_the_wrong_shape(answer, shown):
    assert mistake(lambda g, out, x, y: answer(g), product, 1, 2).endswith(
        "wrong, at x = 1.0, y = 2.0: The rule of wrong must return 2 gradients, one for each "
        f"input, not {shown} (with g = 1.75).")


@pytest.mark.parametrize("answer, shown", [(lambda g: None, "None"), (lambda g: [None], "None"),
                                           (lambda g: (g, 2 * g), "(1.75, 3.5)")])
def test_a_rule_of_one_input_that_answers_with_no_number(answer, shown):
    assert mistake(lambda g, out, x: answer(g), square, 1).endswith(
        "wrong, at x = 1.0: The rule of wrong must return 1 gradient, a number, not "
        f"{shown} (with g = 1.75).")


def test_a_rule_may_answer_with_any_sequence_of_numbers():
    for answer in (list, tuple, iter):
        right = op("right", lambda g, out, x, y: answer([g * y, g * x]))(product)
        check_gradients(right, (1, 2))


def test_an_operation_without_a_rule():
    with pytest.raises(TypeError, match="the operation 'mine' has no rule: make it with @op"):
        check_gradients(lambda x: Value(x.data ** 2, (x,), "mine"), 1.0)


@pytest.mark.parametrize("rule, said, should, because", [
    (lambda g, out, x: 2 * x, "3", "5.25", "The rule forgets g, the gradient of the output."),
    (lambda g, out, x: -5, "-5", "5.25", "The rule forgets g, the gradient of the output."),
    (lambda g, out, x: g * g * x, "4.59375", "5.25",
     "The answer is not in proportion to g, the gradient of the output."),
])
def test_where_g_matters_it_is_said_and_the_numbers_are_those_of_the_rule(rule, said, should,
                                                                          because):
    """Nobody recognises 1.71429, which is 3 / 1.75."""
    assert mistake(rule, square, 1.5).endswith(
        f"with g = 1.75 the rule says {said}; it should say {should}. {because}")


def test_checks_are_sentences():
    first, last = check_gradients(fn.tanh, 0.5)
    assert str(first).startswith("tanh by its input x, at x = 0.5: the rule says 0.786448; ")
    assert last.at == "x = 0.5"


# ── check_gradients: wrong rules are found and named ──────────────────────────────────────────────

def mistake(rule, mathematics, *at):
    """What is said of a wrong rule."""
    with pytest.raises(GradientError) as caught:
        check_gradients(op("wrong", rule)(mathematics), at)
    return str(caught.value)


square = lambda x: x * x
expo = lambda x: fn.exp(x)
sine = lambda x: fn.sin(x)
ratio = lambda x, y: x * x / y
product = lambda x, y: x * y

MISTAKES = [
    ("sign is wrong", lambda g, out, x: -g * out, expo, (0.7,)),
    ("sign is wrong", lambda g, out, x: -g * fn.cos(x), sine, (0.7,)),
    ("sign is wrong", lambda g, out, x, y: (g, g), lambda x, y: x - y, (0.7, 2.0)),
    # The other gradient of the two would be right here by chance; that is not what went wrong.
    ("sign is wrong", lambda g, out, x, y: (g, -g), lambda x, y: x + y, (0.7, 2.0)),
    ("0.5 times the slope .* a factor", lambda g, out, x: g * x, square, (0.7,)),
    ("3 times the slope .* a factor", lambda g, out, x: 3 * g * out, expo, (-0.7,)),
    ("swapped", lambda g, out, x, y: (g * x, g * y), lambda x, y: x * y, (0.7, 2.0)),
    ("swapped", lambda g, out, x, y: (-g * out / y, 2 * g * x / y), ratio, (0.7, 2.0)),
    ("forgets g", lambda g, out, x: 2 * x, square, (0.7,)),
    ("forgets g", lambda g, out, x: out, expo, (0.7,)),
    ("forgets g", lambda g, out, x, y: (y, x), lambda x, y: x * y, (0.7, 2.0)),
    ("uses the output where it should use the input", lambda g, out, x: g * fn.cos(out), sine, (0.7,)),
    ("uses the output where it should use the input", lambda g, out, x: 2 * g * out, square, (0.7,)),
    ("uses the input where it should use the output", lambda g, out, x: g * x, expo, (0.7,)),
    ("uses the input where it should use the output", lambda g, out, x: g * (1 - x * x),
     lambda x: fn.tanh(x), (0.7,)),
    ("nothing gets through", lambda g, out, x: 0, square, (0.7,)),
    ("return 2 gradients, one for each input", lambda g, out, x, y: g, product, (1, 2)),
]


@pytest.mark.parametrize("named, rule, mathematics, at", MISTAKES,
                         ids=[mistake[0] for mistake in MISTAKES])
def test_a_wrong_rule_is_named(named, rule, mathematics, at):
    text = mistake(rule, mathematics, *at)
    assert "wrong" in text.splitlines()[1]
    with pytest.raises(GradientError, match=f"(?s){named}"):
        check_gradients(op("wrong", rule)(mathematics), at)


@pytest.mark.parametrize("rule, mathematics, at", [m[1:] for m in MISTAKES])
def test_a_wrong_rule_hidden_downstream_is_named(rule, mathematics, at):
    operation = op("wrong", rule)(mathematics)
    with pytest.raises(GradientError, match="wrong"):
        check_gradients(lambda *xs: operation(*xs) * 0 + sum(xs), at)


def test_a_mistake_of_a_thousandth_is_caught_and_of_a_billionth_is_none():
    assert "1.001 times" in mistake(lambda g, out, x: 1.001 * g * 2 * x, square, 0.7)
    assert "differs" not in {c.verdict for c in check_gradients(
        op("right", lambda g, out, x: (1 + 1e-9) * g * 2 * x)(square), 0.7)}


def test_a_mistake_at_a_kink_is_caught():
    assert "kink" in mistake(lambda g, out, x: where_positive(g, x), lambda x: fn.relu(x), 0.0)


def where_positive(g, x):
    return 3 * g if x == 0 else g * (x > 0)


def test_other_mistakes_have_no_suspect_but_are_found():
    text = mistake(lambda g, out, x: g * (2 * x + 1), square, 0.7)
    assert "the rule says 2.4; the slope measured by nudging is 1.4" in text


@pytest.mark.parametrize("f", [
    lambda x: fn.tanh(x) * x.data, lambda x: x * x + Value(x.data) ** 2,
    lambda x: x + math.sin(float(x.data)),
])
def test_a_computation_that_leaves_the_graph(f):
    with pytest.raises(GradientError, match="leaves the graph"):
        check_gradients(f, 0.7)


def test_only_the_wrong_one_is_blamed():
    wrong = op("wrong", lambda g, out, x: -2 * g * x)(square)
    with pytest.raises(GradientError) as caught:
        check_gradients(lambda x, y: fn.tanh(x) * y + wrong(x * y), (0.5, 1.5))
    heading, line = str(caught.value).splitlines()
    assert re.search(r"\b1 of 8\b", heading)
    assert line.startswith("  wrong by its input x, at x = 0.75: ")


def test_many_mistakes_are_counted():
    wrong = op("wrong", lambda g, out, x: -2 * g * x)(square)
    with pytest.raises(GradientError, match="(?s)8 of 30.*… and 3 more"):
        check_gradients(lambda x: sum([wrong(x + i) for i in range(8)]), 0.5)


def test_is_an_assertion_error():
    assert issubclass(GradientError, AssertionError)


def test_a_wrong_rule_of_mathematics_that_cannot_run_on_values_is_found():
    """How far rounding throws it is not known, then."""
    wrong = op("wrong", lambda g, out, x: g * 2 * out)(lambda x: math.exp(float.__float__(x)))
    with pytest.raises(GradientError, match="wrong by its input x, .* says 4.9.* is 2.4"):
        check_gradients(wrong, 0.9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_rule_at_the_edge_of_a_domain_is_checked_from_the_side_that_there_is(sign):
    checks = check_gradients(lambda x: (sign * (x - 1)) ** 1.5, 1.0)
    assert {check.verdict for check in checks} == {"agrees"}
    wrong = op("wrong", lambda g, out, x: g)(lambda x: power(sign * (x - 1), 1.5))
    with pytest.raises(GradientError, match="the rule says 1; the slope measured by nudging is"):
        check_gradients(wrong, 1.0)


def test_of_a_kink_the_slope_is_that_across():
    check, _ = check_gradients(abs, 0.0)
    assert (check.verdict, check.said, check.slope) == ("kink", 0, 0)


@pytest.mark.parametrize("said, verdict", [(0.0, "kink"), (0.3, "kink"), (1.0, "kink"),
                                           (-0.1, "differs"), (1.1, "differs")])
def test_at_a_kink_anything_from_the_one_slope_to_the_other_is_right(said, verdict):
    corner = op("corner", lambda g, out, x: said * g)(lambda x: max(x, 0.0))
    if verdict == "differs":
        with pytest.raises(GradientError, match="the slope is 0 to the left, 1 to the right"):
            check_gradients(corner, 0.0)
    else:
        assert check_gradients(corner, 0.0)[0].verdict == verdict


# ── what a check says ─────────────────────────────────────────────────────────────────────────────

def test_a_check_without_a_slope_says_what_the_rule_says():
    assert str(Check("f by its input x", "x = 0.5", 2.0, math.nan, "edge")) == (
        "f by its input x, at x = 0.5: the rule says 2; no slope can be measured there.")


@pytest.mark.parametrize("x, at", [(0.5, "x = 0.5"), (3e-7, "x = 3e-07"), (1234.56789, "x = 1234.57"),
                                   (1234567.25, "x = 1234567.25"), (1 / 3, "x = 0.333333")])
def test_a_point_is_told_in_digits_enough(x, at):
    assert check_gradients(fn.sin, x)[0].at == at


def test_of_many_inputs_the_first_six_are_told():
    first, *_, last = check_gradients(lambda *xs: dot(xs[:4], xs[4:]), [1.0] * 8)
    assert first.at.count(" = 1.0") == 6 and last.because == ""
    assert last.at == ", ".join([f"x{i} = 1.0" for i in range(1, 7)])


def test_a_function_that_does_not_tell_the_names_of_its_inputs():
    """As `max` does not."""
    assert [(check.what, check.said) for check in check_gradients(max, (1.0, 2.0))] == [
        ("the whole function by x1", 0), ("the whole function by x2", 1)]


def test_the_same_operation_at_the_same_point_is_checked_once():
    once, twice = [check_gradients(f, 0.5) for f in (fn.sin, lambda x: fn.sin(x) + fn.sin(x))]
    assert [check.what for check in twice].count(once[0].what) == 1


@pytest.mark.parametrize("count", [4, 5, 6, 7])
def test_five_wrong_derivatives_are_told_and_the_rest_counted(count):
    wrong = op("wrong", lambda g, out, x: 2 * g)(lambda x: x + 0)
    with pytest.raises(GradientError) as error:
        check_gradients(lambda x: sum([wrong(x + i) for i in range(count)]), 0.5)
    heading, *lines = str(error.value).split("\n")
    assert heading.startswith(f"wrong derivatives: {count} of ")
    assert len(lines) == min(count, 5) + (count > 5)
    assert lines[5:] == ([f"  … and {count - 5} more"] if count > 5 else [])


# ── diagnose ──────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("pairs, suspects, said", [
    ([(-2.0, 2.0), (3.0, -3.0)], {}, "The sign is wrong."),
    ([(0.0, 2.0), (0.0, 3.0)], {},
     "The rule is 0 at every point tried: nothing gets through."),
    ([(1.0, 2.0), (1.5, 3.0)], {},
     "The rule is 0.5 times the slope at every point tried: a factor is wrong."),
    ([(1.0, 2.0), (5.0, 3.0)], {}, ""),
    ([(1.0, 2.0)], {}, ""),
    ([(1.0, 2.0), (5.0, 3.0)], {"No.": [2.0, 4.0], "Yes.": [2.0, 3.0]}, "Yes."),
    ([(-2.0, 2.0), (-3.0, 3.0)], {"Swapped.": [2.0, 3.0]}, "Swapped."),
    ([(1.0, 2.0), (5.0, 3.0)], {"No.": [math.nan, math.nan]}, ""),
])
def test_diagnose(pairs, suspects, said):
    assert diagnose(pairs, suspects) == said


def test_diagnose_of_what_is_no_rule():
    pairs = [(1.0, 2.0), (1.5, 3.0), (0.0, 0.0)]
    assert diagnose(pairs, {}, "Yours", "ours") == \
        "Yours is 0.5 times ours at every point tried: a factor is wrong."
    assert diagnose([(0.0, 2.0)], {}, "Yours") == \
        "Yours is 0 at every point tried: nothing gets through."


def test_an_engine_that_overwrites_gradients_is_found_out(monkeypatch):
    def overwriting(root, create_graph=False):
        grads = dict.fromkeys(topological_order(root), 0)
        grads[root] = 1
        for value in reversed(list(grads)):
            numbers = [x.data for x in value._prev]
            answer = chain_rule(value, grads[value])
            for x, gradient in zip(value._prev, answer):
                grads[x] = gradient
        return grads

    monkeypatch.setattr("micrograd.checking.gradients", overwriting)
    assert check_gradients(lambda x: fn.tanh(x), 0.5)
    with pytest.raises(GradientError, match="x is used 2 times, and its gradient is overwritten"):
        check_gradients(lambda x: fn.sin(x) + x * 3, 0.5)


def test_rounding_of_what_goes_on_inside_is_no_mistake():
    check_gradients(lambda x: cross_entropy([x, Value(0.0)], 0), 20.0)


@pytest.mark.parametrize("f, x", [(fn.log, 1e-12), (fn.sqrt, 1e-12), (lambda x: 1 / x, 1e-10),
                                  (fn.sin, 1e9)])
def test_points_far_smaller_or_larger_than_one(f, x):
    assert {check.verdict for check in check_gradients(f, x)} == {"agrees"}


def test_a_kink_elsewhere_does_not_hide_that_the_whole_function_differs():
    checks = check_gradients(lambda x: fn.relu(Value(0.0)) + x.data * x, 2.0)
    assert "need not agree" in str(checks[-1])


def test_a_function_whose_result_is_no_number():
    with pytest.raises(TypeError, match="result is one number, not list"):
        check_gradients(lambda x: [x], 1.0)


# ── the gradient's gradient, and what rounding hides ──────────────────────────────────────────────

def leaves_the_graph(x):
    return op("sine", lambda g, out, x: g * math.cos(getattr(x, "data", x)))(
        lambda x: fn.sin(x))(x)


def test_a_rule_that_leaves_the_graph_is_found_at_order_2():
    check_gradients(leaves_the_graph, 0.7)
    with pytest.raises(GradientError, match="gradient by x, differentiated again.*\\n.*leaves the graph"):
        check_gradients(leaves_the_graph, 0.7, order=2)


@pytest.mark.parametrize("f, at", [
    (lambda x, y: fn.sin(x * y) + x ** 3, (0.4, -1.2)), (lambda x: fn.tanh(x) / x, (1.3,)),
    (lambda x, y: fn.maximum(x, y) * fn.relu(x), (2.0, 0.5)), (lambda x, y: x ** y, (1.5, 2.5)),
    (lambda x, y: dot([x, y], [y, x]), (1.0, 2.0)), (lambda x: cross_entropy([x, 2.0], 0), (0.3,)),
])
def test_the_engines_own_gradients_can_be_differentiated_again(f, at):
    assert len(check_gradients(f, at, order=2)) > len(check_gradients(f, at))
    check_gradients(f, at, order=3)


@pytest.mark.parametrize("order", [0, -1, 1.5, "2", 10])
def test_an_order_that_is_none(order):
    with pytest.raises(ValueError, match="whole number from 1 to 9"):
        check_gradients(lambda x: x * x, 1.0, order=order)


@pytest.mark.parametrize("f, at", [
    (lambda a, b: cross_entropy([a, b], 0), (30.0, -1.5)),
    (lambda a, b: cross_entropy([a, b], 0), (103.2, -183.8)),
    (lambda x: fn.sin(50 * x), (161.43953887033265,)), (lambda x: fn.sin(50 * x), (-20.05451826,)),
    (lambda x: 1 - fn.sigmoid(x), (33.0,)), (lambda x: fn.log(1 + fn.exp(x)), (-35.0,)),
    (lambda x: (x + 1e8) - 1e8, (0.3,)),
])
def test_what_rounding_hides_is_not_held_against_a_function(f, at):
    check_gradients(f, at)
