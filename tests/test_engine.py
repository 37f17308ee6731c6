"""What a Value does: its arithmetic, its graph, its gradients, and what it says of mistakes."""

import gc
import math
import operator
import random
import sys
from fractions import Fraction

import numpy as np
import pytest

import micrograd
from micrograd import maximum, minimum
from micrograd.engine import Operation, Value, dot, gradients, op, topological_order

NUMBERS = [3, 3.0, Fraction(3, 1), np.float64(3), np.float32(3), np.int64(3), np.array(3.0)]
NOT_NUMBERS = ["3", None, [1.0], np.array([1.0, 2.0]), Value]

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
UNARY = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu"]


def kind(x):
    return f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")


def name(function):
    return function.__name__


numbers = pytest.mark.parametrize("number", NUMBERS, ids=kind)
arithmetic = pytest.mark.parametrize("operation", ARITHMETIC, ids=name)
comparisons = pytest.mark.parametrize("compare", COMPARISONS, ids=name)
not_numbers = pytest.mark.parametrize("thing", NOT_NUMBERS, ids=kind)


@op("cube", lambda g, out, x: g * 3 * x ** 2)
def cube(x):
    """The third power."""
    return x ** 3


@op("hypot²", lambda g, out, x, y: (g * 2 * x, g * 2 * y))
def square_sum(x, y):
    return x * x + y * y


@op("total", lambda g, out, *xs: [g for _ in xs])
def total(*xs):
    return sum(xs)


# ── what a value is ───────────────────────────────────────────────────────────────────────────────

def test_a_leaf():
    x = Value(2.0)
    assert (x.data, x.grad, x.label, x._prev, x._op) == (2.0, 0, "", (), "")


def test_repr():
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0)"


def test_arguments_by_position():
    x = Value(1.0, (), "", "x")
    assert x.label == "x"
    assert Value(2.0, [x], "twice", "y")._prev == (x,)


def test_a_result_remembers_operation_and_inputs():
    x, y = Value(2.0), Value(3.0)
    out = x * y
    assert out._prev == (x, y)
    assert out._op == "*" and type(out._op) is str
    assert isinstance(out.operation, Operation) and out.operation.symbol == "*"
    assert out.operation.rule(1, 6.0, 2.0, 3.0) == (3.0, 2.0)


@pytest.mark.parametrize("out, symbol", [
    (Value(1) + 1, "+"), (Value(1) - 1, "-"), (Value(1) * 1, "*"), (Value(1) / 1, "/"),
    (Value(1) ** 1, "**"), (1 ** Value(1), "**"), (-Value(1), "neg"), (abs(Value(1)), "abs"),
    (Value(1).maximum(1), "max"), (Value(1).minimum(1), "min"), (dot([Value(1)], [1]), "dot"),
    *[(getattr(Value(1), name)(), name) for name in UNARY],
])
def test_symbol(out, symbol):
    assert out._op == symbol


def test_a_graph_walking_function_of_a_notebook():
    def trace(root):
        nodes, edges = set(), set()
        def build(v):
            if v not in nodes:
                nodes.add(v)
                for child in v._prev:
                    edges.add((child, v))
                    build(child)
        build(root)
        return nodes, edges

    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    e = a * b
    nodes, edges = trace(e + a)
    assert {n.label or str(n._op) for n in nodes} == {"a", "b", "*", "+"}
    assert {(child.label or str(child._op), str(n._op)) for child, n in edges} == {
        ("a", "*"), ("b", "*"), ("*", "+"), ("a", "+")}


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────

@numbers
@arithmetic
def test_an_operator_takes_a_plain_number_on_either_side(operation, number):
    for inputs in [(Value(2.0), number), (number, Value(2.0)), (Value(2.0), Value(number))]:
        out = operation(*inputs)
        assert type(out) is Value
        assert out.data == operation(*[x.data if type(x) is Value else float(x) for x in inputs])


@numbers
def test_numbers_of_numpy_become_numbers_of_python(number):
    kinds = int, float, Fraction
    assert type(Value(number).data) in kinds
    assert type((Value(2.0) * number)._prev[1].data) in kinds
    assert type((number * Value(2.0))._prev[0].data) in kinds


@arithmetic
def test_gradients_when_the_plain_number_is_on_the_left(operation):
    x, left, right = Value(2.0), Value(3.0), Value(2.0)
    operation(3.0, x).backward()
    operation(left, right).backward()
    assert x.grad == right.grad != 0


def test_negation_and_absolute_value():
    x = Value(-2.0)
    (-x + 3 * abs(x)).backward()
    assert (-x).data == 2.0 and abs(x).data == 2.0
    assert x.grad == -1 - 3


def test_a_value_as_exponent():
    x = Value(3.0)
    out = 2 ** x
    out.backward()
    assert out.data == 8.0 and x.grad == pytest.approx(8 * np.log(2), rel=1e-15)


def test_assignment_operators_make_new_values():
    x = Value(2.0)
    y = x
    y += 1
    y *= 3
    assert (x.data, y.data) == (2.0, 9.0)


@pytest.mark.parametrize("function", UNARY)
def test_a_function_is_also_a_method(function):
    outs = [getattr(Value(0.5), function)(), getattr(micrograd, function)(Value(0.5))]
    assert [out._op for out in outs] == [function] * 2
    assert [out.data for out in outs] == [getattr(micrograd, function)(0.5)] * 2


@pytest.mark.parametrize("function", ["maximum", "minimum"])
@pytest.mark.parametrize("x, y", [(Value(1), Value(2)), (Value(1), 2), (1, Value(2))],
                         ids=["values", "plain right", "plain left"])
def test_maximum_and_minimum_take_plain_numbers_on_either_side(function, x, y):
    out = getattr(micrograd, function)(x, y)
    assert type(out) is Value and out.data == getattr(micrograd, function)(1, 2)


def test_maximum_and_minimum_as_methods():
    assert Value(1).maximum(2).data == 2 and Value(1).minimum(2).data == 1


def test_sum_puts_no_zero_into_the_graph():
    xs = [Value(float(i)) for i in range(3)]
    out = sum(xs)
    assert sum(xs[:1]) is xs[0]
    assert {x for x in topological_order(out) if not x._prev} == set(xs)


def test_other_zeros_are_constants():
    out = 0.0 + Value(2.0)
    assert [x.data for x in out._prev] == [0.0, 2.0]


@pytest.mark.parametrize("n", [1, 2, 2000])
def test_dot_of_any_length(n):
    ws, xs = [Value(i) for i in range(n)], [Value(i + 1) for i in range(n)]
    out = dot(ws, xs)
    assert out.data == sum(i * (i + 1) for i in range(n))
    assert out._prev == (*ws, *xs)
    out.backward()
    assert [w.grad for w in ws] == [x.data for x in xs]
    assert [x.grad for x in xs] == [w.data for w in ws]


def test_dot_of_values_and_plain_numbers():
    w, x = Value(2.0), Value(3.0)
    out = dot([w, 10], [np.float64(5), x])
    out.backward()
    assert (out.data, w.grad, x.grad) == (40.0, 5.0, 10)


def test_dot_of_a_value_with_itself():
    x = Value(3)
    dot([x], [x]).backward()
    assert x.grad == 6


def test_dot_of_plain_numbers_is_a_plain_number():
    assert dot([1, 2], [3, 4]) == 11 and type(dot([1, 2], [3, 4])) is int
    assert dot([], []) == 0


@pytest.mark.parametrize("ws, xs", [([Value(1)], []), ([1, 2], [Value(1)]), ([1], [1, 2])])
def test_dot_of_unequal_lengths(ws, xs):
    with pytest.raises(ValueError, match=f"equal length.*{len(ws)} and {len(xs)}"):
        dot(ws, xs)


# ── comparisons ───────────────────────────────────────────────────────────────────────────────────

@comparisons
@pytest.mark.parametrize("x, y", [(1, 2), (2, 2), (3, 2)])
def test_a_comparison_is_by_data_and_a_bool(compare, x, y):
    assert compare(Value(x), Value(y)) is compare(x, y)


@numbers
@comparisons
def test_a_comparison_takes_a_plain_number_on_either_side(compare, number):
    for x in (2.0, 3.0, 4.0):
        for answer, right in [(compare(Value(x), number), compare(x, 3.0)),
                              (compare(number, Value(x)), compare(3.0, x))]:
            assert answer == right and isinstance(answer, (bool, np.bool_))


def test_equality_and_hash_are_identity():
    x, y = Value(1.0), Value(1.0)
    assert x == x and x != y and x != 1.0
    assert {x: "x", y: "y"}[y] == "y" and y not in [x]


def test_the_truth_of_a_value():
    assert bool(Value(0.0)) is False and bool(Value(-0.5)) is True


def test_values_sort():
    assert [x.data for x in sorted(map(Value, (3, 1, 2)))] == [1, 2, 3]


# ── gradients ─────────────────────────────────────────────────────────────────────────────────────

def test_backward_from_a_leaf():
    x = Value(5.0)
    x.backward()
    assert x.grad == 1


def test_leaves_accumulate_and_interior_values_do_not():
    x = Value(3.0)
    square = x * x
    out = square * 2
    out.backward()
    out.backward()
    assert (x.grad, square.grad, out.grad) == (24.0, 2, 1)


def test_a_subgraph_shared_by_two_results():
    x = Value(3.0)
    shared = x * x
    first, second = shared * 5, shared + x
    first.backward()
    assert (shared.grad, x.grad) == (5, 30)
    second.backward()
    assert (shared.grad, x.grad) == (1, 30 + 7)


def test_gradients_are_by_value_and_leave_no_trace():
    x, y = Value(3), Value(4)
    out = x * y
    assert gradients(out) == {x: 4, y: 3, out: 1}
    assert x.grad == y.grad == out.grad == 0


def test_a_value_outside_the_graph_keeps_its_gradient():
    x, bystander = Value(1.0), Value(1.0)
    bystander.grad = 7
    (x * 2).backward()
    assert bystander.grad == 7


@pytest.mark.parametrize("function, gradient", [
    (Value.relu, 0), (abs, 0), (lambda x: x ** 0, 0), (lambda x: x ** 0.0, 0),
    (lambda x: x ** 1, 1), (lambda x: x ** 2, 0),
], ids=["relu", "abs", "x**0", "x**0.0", "x**1", "x**2"])
@pytest.mark.parametrize("zero", [0, 0.0, Fraction(0)], ids=kind)
def test_gradient_at_zero(function, gradient, zero):
    x = Value(zero)
    function(x).backward()
    assert x.grad == gradient


@pytest.mark.parametrize("function", [maximum, minimum], ids=name)
@pytest.mark.parametrize("tie", [2.0, 0.0, Fraction(1, 3), Fraction(0)], ids=repr)
def test_a_tie_shares_the_gradient(function, tie):
    x, y = Value(tie), Value(tie)
    (function(x, y) * 3).backward()
    assert x.grad == y.grad == Fraction(3, 2)
    assert type(x.grad) is type(y.grad) is type(tie)


def test_a_tie_of_a_value_with_itself():
    x = Value(2.0)
    maximum(x, x).backward()
    assert x.grad == 1


def test_fractions_are_exact():
    x, y = Value(Fraction(1, 3)), Value(Fraction(2, 7))
    out = (x * y - x / y + abs(-x) + 2 * y ** 3 + maximum(x, y) + dot([x, 1], [y, x])).relu()
    out.backward()
    a, b = x.data, y.data
    assert out.data == a * b - a / b + a + 2 * b ** 3 + a + (a * b + a) > 0
    assert x.grad == b - 1 / b + 1 + 1 + (b + 1)
    assert y.grad == a + a / b ** 2 + 6 * b ** 2 + a
    assert type(out.data) is type(x.grad) is type(y.grad) is Fraction


def test_integers_stay_integers():
    x = Value(3)
    (x * x * 2 - x).backward()
    assert x.grad == 11 and type(x.grad) is int


@pytest.mark.parametrize("function, derivatives", [
    (lambda x: x ** 3, [12.0, 12.0, 6.0, 0]),
    (lambda x: x * x * x, [12.0, 12.0, 6.0]),
    (lambda x: 1 / x, [-1 / 4, 1 / 4, -3 / 8, 3 / 4]),
    (Value.tanh, [1 - (t := np.tanh(2)) ** 2, -2 * t * (1 - t * t), (1 - t * t) * (6 * t * t - 2)]),
    (Value.exp, [np.exp(2)] * 3),
], ids=["x**3", "x*x*x", "1/x", "tanh", "exp"])
def test_higher_derivatives(function, derivatives):
    x = Value(2.0)
    out = function(x)
    for derivative in derivatives:
        x.grad = 0
        out.backward(create_graph=True)
        assert isinstance(x.grad, Value)
        assert x.grad.data == pytest.approx(derivative, rel=1e-13)
        out = x.grad


def test_the_gradient_of_a_gradient_by_another_value():
    x, y = Value(3), Value(5)
    (x * x * y).backward(create_graph=True)
    by_x, x.grad, y.grad = x.grad, 0, 0
    by_x.backward()
    assert (x.grad, y.grad) == (2 * 5, 2 * 3)


def test_create_graph_accumulates_in_leaves():
    x = Value(3)
    (x ** 2).backward(create_graph=True)
    (x ** 2).backward(create_graph=True)
    assert x.grad.data == 12


def test_without_create_graph_gradients_are_plain_numbers():
    x = Value(2.0)
    out = (x * x).tanh() + x
    out.backward()
    assert {type(value.grad) for value in topological_order(out)} <= {int, float}


# ── the graph: order, depth, size ─────────────────────────────────────────────────────────────────

def test_topological_order_is_that_of_evaluation():
    a, b, c = Value(1, label="a"), Value(2, label="b"), Value(3, label="c")
    out = (a * b) + (b - c) / a
    names = [value.label or str(value._op) for value in topological_order(out)]
    assert names == ["a", "b", "*", "c", "-", "/", "+"]


def random_graph(seed):
    choose = random.Random(seed)
    values = [Value(1.0) for _ in range(5)]
    for _ in range(200):
        values.append(choose.choice(ARITHMETIC[:3])(choose.choice(values), choose.choice(values)))
    return sum(values)


@pytest.mark.parametrize("seed", range(3))
def test_topological_order_has_inputs_first_and_each_value_once(seed):
    out = random_graph(seed)
    order = topological_order(out)
    place = {value: i for i, value in enumerate(order)}
    assert len(place) == len(order) and order[-1] is out
    assert all(place[x] < place[value] for value in order for x in value._prev)
    assert topological_order(out) == order


def test_a_rule_runs_once_however_many_ways_lead_to_it():
    calls = []

    @op("double", lambda g, out, x, y: calls.append(out) or (g, g))
    def double(x, y):
        return x + y

    x = out = Value(1)
    for _ in range(60):
        out = double(out, out)
    out.backward()
    assert x.grad == 2 ** 60 and len(calls) == 60


@pytest.fixture
def untouched_process():
    def state():
        return sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold()
    gc.enable()
    before = state()
    yield
    assert state() == before


def test_a_long_chain_with_create_graph(untouched_process):
    x = out = Value(1)
    for _ in range(20_000):
        out = -out
    (out * out).backward(create_graph=True)
    first, x.grad = x.grad, 0
    first.backward()
    assert first.data == 2 and x.grad == 2


def test_a_leaf_used_a_hundred_thousand_times(untouched_process):
    x = Value(2)
    sum(x * i for i in range(100_000)).backward()
    assert x.grad == sum(range(100_000))


def test_a_dot_of_a_hundred_thousand_inputs(untouched_process):
    ws = [Value(i) for i in range(100_000)]
    out = dot(ws, range(100_000))
    out.backward()
    assert [w.grad for w in ws] == list(range(100_000))


# ── operations of one's own ───────────────────────────────────────────────────────────────────────

def test_an_operation_of_one_input():
    x = Value(2)
    out = cube(x)
    out.backward()
    assert (out.data, out._op, out._prev, x.grad) == (8, "cube", (x,), 12)


@pytest.mark.parametrize("inputs", [(Value(2), Value(5)), (Value(2), 5), (2, Value(5))],
                         ids=["values", "plain right", "plain left"])
def test_an_operation_of_two_inputs(inputs):
    out = square_sum(*inputs)
    answer = gradients(out)
    assert out.data == 29
    assert [answer[x] for x in out._prev] == [4, 10]


@pytest.mark.parametrize("n", [1, 2, 30])
def test_an_operation_of_any_number_of_inputs(n):
    xs = [Value(i) for i in range(n)]
    out = total(*xs, 100)
    out.backward()
    assert out.data == sum(range(n)) + 100 and [x.grad for x in xs] == [1] * n


def test_an_operation_of_plain_numbers_is_the_function():
    assert (cube(2), square_sum(1, 2), total(1, 2, 3)) == (8, 5, 6)


def test_an_operation_as_method_of_a_class():
    class Extended(Value):
        cube = cube

        @op("thrice", lambda g, out, x: 3 * g)
        def thrice(x):
            return 3 * x

    x = Extended(2)
    (x.cube() + x.thrice()).backward()
    assert x.grad == 12 + 3


def test_an_operation_keeps_name_and_documentation():
    assert cube.__name__ == "cube" and cube.__doc__ == "The third power."
    assert Value.exp.__name__ == "exp" and "exponential" in Value.exp.__doc__


def test_an_operation_can_be_differentiated_twice():
    x = Value(2)
    cube(x).backward(create_graph=True)
    first, x.grad = x.grad, 0
    first.backward()
    assert x.grad == 12


def test_an_error_in_an_operation_of_ones_own_names_it():
    @op("inverse", lambda g, out, x: -g * out * out)
    def inverse(x):
        return 1 / x

    with pytest.raises(ZeroDivisionError, match="^inverse of speed = 0:"):
        inverse(Value(0, label="speed"))


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("mathematics", [lambda x, y: x + y, lambda x, y, z: x + y + z],
                         ids=["of 2", "of 3"])
@pytest.mark.parametrize("excess", [-1, 1], ids=["too few", "too many"])
def test_a_rule_with_the_wrong_number_of_gradients(mathematics, excess, create_graph):
    n = mathematics.__code__.co_argcount
    x = Value(1, label="x")
    out = op("odd", lambda g, out, *xs: [g] * (n + excess))(mathematics)(*[x] * n)
    with pytest.raises(TypeError, match="^the rule of odd must "
                       f"return {n} gradients, one for each input, not"):
        out.backward(create_graph)
    assert x.grad == 0


@pytest.mark.parametrize("mathematics, rule", [
    (lambda x: x, lambda g, out, x: None),
    (lambda x: x, lambda g, out, x: (g, g)),
    (lambda x, y: x + y, lambda g, out, x, y: g),
    (lambda x, y: x + y, lambda g, out: (g, g)),
], ids=["None", "a sequence for one input", "a number for two inputs", "too few arguments"])
def test_a_rule_of_the_wrong_shape(mathematics, rule):
    xs = [Value(1, label="x") for _ in range(mathematics.__code__.co_argcount)]
    with pytest.raises(TypeError, match="the rule of odd must return|gradient of odd of x = 1"):
        op("odd", rule)(mathematics)(*xs).backward()
    assert [x.grad for x in xs] == [0] * len(xs)


@pytest.mark.parametrize("symbol", ["tanh", ""])
def test_an_operation_without_a_rule(symbol):
    x = Value(1.0)
    with pytest.raises(TypeError, match=f"operation '{symbol}' has no rule"):
        (Value(0.76, (x,), symbol) * 2).backward()
    assert x.grad == 0


# ── what it says of mistakes ──────────────────────────────────────────────────────────────────────

@not_numbers
def test_a_value_of_no_number(thing):
    with pytest.raises(TypeError, match=rf"^Value takes a number.*not {type(thing).__name__}\b"):
        Value(thing)


def test_a_labelled_value_of_no_number():
    with pytest.raises(TypeError, match="^Value rate takes a number.*not str 'fast'"):
        Value("fast", label="rate")


@not_numbers
@pytest.mark.parametrize("operation, symbol", list(zip(ARITHMETIC, ["+", "-", "*", "/", "**"])))
def test_an_operator_with_no_number(operation, symbol, thing):
    if isinstance(thing, np.ndarray):           # it asks again for each of its numbers
        return
    for inputs in (Value(1), thing), (thing, Value(1)):
        with pytest.raises(TypeError) as raised:
            operation(*inputs)
        assert str(raised.value).startswith(f"{symbol} takes a number")
        assert f"not {type(thing).__name__} " in str(raised.value)


@not_numbers
@comparisons
def test_a_comparison_with_no_number(compare, thing):
    with pytest.raises(TypeError, match=f"comparison takes a number.*not {type(thing).__name__} "):
        compare(Value(1), thing)


@not_numbers
def test_a_function_of_a_value_and_no_number(thing):
    for function, symbol in [(maximum, "max"), (minimum, "min"), (square_sum, "hypot²")]:
        for inputs in [(Value(1), thing), (thing, Value(1))]:
            with pytest.raises(TypeError, match=f"^{symbol} takes.*not {type(thing).__name__} "):
                function(*inputs)
    with pytest.raises(TypeError, match=f"^dot takes a number.*not {type(thing).__name__} "):
        dot([Value(1)], [thing])


def test_an_operation_that_answers_no_number():
    with pytest.raises(TypeError, match="not str 'no'"):
        op("text", None)(lambda x: "no")(Value(1))


@pytest.mark.parametrize("function, x, error, message", [
    (Value.log, -1.0, ValueError, r"^log of x = -1\.0: .*greater than 0"),
    (Value.sqrt, -1.0, ValueError, r"^sqrt of x = -1\.0: "),
    (lambda x: x ** (1 / 3), -8.0, ValueError, r"^\*\* of x = -8\.0, 0\.33\d+: .*whole powers"),
    (lambda x: x ** 400, 10.0, OverflowError, r"^\*\* of x = 10\.0, 400: .*too large"),
    (lambda x: 10.0 ** x, 400, OverflowError, r"^\*\* of 10\.0, x = 400: .*too large"),
    (lambda x: 1 / x, 0, ZeroDivisionError, r"^/ of 1, x = 0: "),
    (lambda x: x ** -1, 0.0, ZeroDivisionError, r"^\*\* of x = 0\.0, -1: "),
    (Value.exp, 1000, OverflowError, r"^exp of x = 1000: .*too large for a float"),
], ids=["log", "sqrt", "root", "power", "exponential", "inverse", "negative power", "exp"])
def test_outside_the_domain(function, x, error, message):
    with pytest.raises(error, match=message):
        function(Value(x, label="x"))


@pytest.mark.parametrize("x", [0.0, -2.0, math.inf])
def test_the_power_0_has_the_gradient_0_everywhere(x):
    x = Value(x)
    (x ** 0).backward()
    assert x.grad == 0


def test_a_plain_exponent_gets_no_gradient():
    out = Value(2.0) ** 3
    out.backward()
    assert [x.grad for x in out._prev] == [12, 0]


@pytest.mark.parametrize("make", [lambda: Value(1.0), lambda: (Value(1.0) * 2)._prev[1]],
                         ids=["Value", "Constant"])
def test_a_value_has_no_other_attributes(make):
    """A dict for them would cost more memory than all the rest."""
    with pytest.raises(AttributeError):
        make().weight = 1


def test_an_operation_stays_as_it_was_made():
    with pytest.raises(AttributeError):
        Value(1.0).exp().operation.symbol = "log"


def test_a_negative_base_of_a_whole_exponent():
    """The base has a gradient though the exponent, a Value, has none: as in PyTorch."""
    base, exponent = Value(-2.0), Value(3.0)
    (base ** exponent).backward()
    assert base.grad == 12 and math.isnan(exponent.grad)


@pytest.mark.parametrize("number", [9, -9, Fraction(9, 7), 9.0], ids=repr)
@pytest.mark.parametrize("power", [lambda x: x ** 9, lambda x: x ** Value(9), lambda x: 9 ** x,
                                   lambda x: x ** -9, lambda x: x ** x], ids=range(5))
def test_a_chain_of_powers_ends_where_floats_end(number, power):
    """Whole numbers and fractions have no end: without one, this would run for hours."""
    x = Value(number)
    with pytest.raises((OverflowError, ZeroDivisionError, ValueError)) as error:
        for _ in range(30):
            x = power(x)
    if isinstance(error.value, ValueError):     # as of (-9) ** -9 to the power of itself
        assert number < 0 and "whole powers" in str(error.value)


def test_without_a_label_the_message_has_the_number_alone():
    with pytest.raises(ValueError, match=r"^log of -1\.0: "):
        Value(-1.0).log()


def test_a_message_abbreviates_many_inputs():
    xs = [Value(i, label=f"x{i}") for i in range(9)]
    broken = op("broken", None)(lambda *xs: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="^broken of x0 = 0, .*, x5 = 5 and 3 more: "):
        broken(*xs)
    with pytest.raises(ZeroDivisionError, match="^broken of x0 = 0, .*, x5 = 5: "):
        broken(*xs[:6])


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_error_of_a_rule_names_the_input_and_leaves_every_gradient(create_graph):
    x, other = Value(0.0, label="x"), Value(2.0)
    (x * 3 + other).backward()
    root = x.sqrt()
    out = other * 5 + root
    with pytest.raises(ZeroDivisionError, match=r"^gradient of sqrt of x = 0\.0: "):
        out.backward(create_graph)
    assert [v.grad for v in (x, other, root, out)] == [3, 1, 0, 0]


# ── what would lose the gradient ──────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("lose", [float, int, round, math.exp, math.floor, math.trunc,
                                  lambda v: v.item(), lambda v: math.tanh(v)])
def test_what_would_lose_the_gradient_says_what_to_write(lose):
    with pytest.raises(TypeError, match=r"Value\(data=2\.0, grad=0\).* lose the gradient.*\.data.*exp"):
        lose(Value(2.0))


def test_a_format_is_that_of_the_number():
    assert f"{Value(2.5):.3f}|{Value(3):>4}|{Value(0.25):.0%}" == "2.500|   3|25%"
    assert f"{Value(2.5)}" == "Value(data=2.5, grad=0)"


@pytest.mark.parametrize("use", [lambda p: p * 2, lambda p: 2 - p, lambda p: p ** 2,
                                 lambda p: dot([p], [1.0]), lambda p: p.tanh(), total])
def test_a_value_in_data_is_noticed_by_name(use):
    p = Value(1.0, label="w")
    p.data = p - 0.1 * p.grad
    with pytest.raises(TypeError, match=r"^data of w takes a plain number, not Value.*\.data"):
        use(p)


@pytest.mark.parametrize("create_graph", [False, True])
def test_ctrl_c_in_a_rule_leaves_every_gradient(create_graph):
    @op("stop", lambda g, out, x: (_ for _ in ()).throw(KeyboardInterrupt))
    def stop(x):
        return x

    x, y = Value(2.0), Value(3.0)
    inner = x * y
    root = stop(x) + inner * inner
    x.grad = 7
    with pytest.raises(KeyboardInterrupt):
        root.backward(create_graph)
    assert [v.grad for v in (x, y, inner, root)] == [7, 0, 0, 0]
