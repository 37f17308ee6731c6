import copy
import inspect
import math
import sys

import pytest

from micrograd.nn import MLP, Parameter
from micrograd.optim import SGD, Adam, Optimizer


@pytest.fixture
def parameters():
    parameters = [Parameter(1.0, label="w"), Parameter(-2.0, label="b")]
    parameters[0].grad, parameters[1].grad = 0.5, -1.0
    return parameters


def test_sgd_steps_against_the_gradient(parameters):
    SGD(parameters, lr=0.1).step()
    assert [p.data for p in parameters] == [1.0 - 0.1 * 0.5, -2.0 + 0.1]


def test_lr_can_be_set_between_steps(parameters):
    optimizer = SGD(parameters, lr=0.1)
    optimizer.lr = 1.0
    optimizer.step()
    assert parameters[0].data == 0.5


def test_zero_grad_and_generators(parameters):
    optimizer = SGD((p for p in parameters), lr=0.1)
    optimizer.zero_grad()
    assert [p.grad for p in parameters] == [0, 0]


@pytest.mark.parametrize("optimizer", [SGD, Adam])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_gradient_that_is_not_finite_moves_nothing(parameters, optimizer, bad):
    steps, fresh = optimizer(parameters, lr=0.1), optimizer(parameters, lr=0.1)
    parameters[1].grad = bad
    with pytest.raises(ValueError, match=f"parameter b is {bad}"):
        steps.step()
    assert [p.data for p in parameters] == [1.0, -2.0]
    parameters[1].grad = -1.0
    steps.step()
    moved = [p.data for p in parameters]
    parameters[0].data, parameters[1].data = 1.0, -2.0
    fresh.step()
    assert [p.data for p in parameters] == moved


@pytest.mark.parametrize("bad", [None, "0.5", [0.5], 10 ** 400], ids=["None", "str", "list", "int"])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_gradient_that_is_no_number(parameters, optimizer, bad):
    parameters[1].grad = bad
    with pytest.raises(ValueError, match="^the gradient of parameter b is .*: no parameter"):
        optimizer(parameters).step()
    assert [p.data for p in parameters] == [1.0, -2.0]


@pytest.mark.parametrize("make, message", [
    (lambda ps: SGD([], lr=0.1), "SGD has no parameters"),
    (lambda ps: SGD(ps, lr=-0.1), "lr must be 0 or more, not -0.1"),
    (lambda ps: SGD(ps, momentum=-1), "momentum must be"),
    (lambda ps: SGD(ps, weight_decay=-1), "weight_decay must be"),
    (lambda ps: SGD(ps, lr=math.nan), "lr must be"),
    (lambda ps: Adam(ps, lr=math.inf), "lr must be 0 or more, not inf"),
    (lambda ps: Adam(ps, betas=(1.0, 0.9)), r"betas\[0\] must be at least 0 and below 1, not 1.0"),
    (lambda ps: Adam(ps, betas=(0.9, -0.1)), r"betas\[1\] must be at least 0"),
    (lambda ps: Adam(ps, eps=-1), "eps must be")], ids=range(9))
def test_bad_arguments(parameters, make, message):
    with pytest.raises(ValueError, match=message):
        make(parameters)


@pytest.mark.parametrize("bad", [True, "0.1", None, Parameter(0.1), [0.1]], ids=range(5))
@pytest.mark.parametrize("optimizer, name", [
    (SGD, "lr"), (SGD, "momentum"), (SGD, "weight_decay"), (Adam, "lr"), (Adam, "eps")])
def test_what_is_no_number(parameters, optimizer, name, bad):
    with pytest.raises(TypeError, match=f"^{name} takes a number, not "):
        optimizer(parameters, **{name: bad})


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), "01", (True, 0.9)], ids=str)
def test_betas_are_two_numbers(parameters, betas):
    with pytest.raises(TypeError, match=r"^betas(\[0\])? takes (two|a) numbers?, not "):
        Adam(parameters, betas=betas)


def test_adam_first_step_is_the_learning_rate_whatever_the_gradient(parameters):
    Adam(parameters, lr=0.1).step()
    assert [p.data for p in parameters] == pytest.approx([0.9, -1.9])


@pytest.mark.parametrize("weight_decay", [0, 0.5])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_gradients_with_a_graph_of_their_own(optimizer, weight_decay):
    w = Parameter(3.0)
    (w * w).backward(create_graph=True)
    optimizer([w], lr=0.1, weight_decay=weight_decay).step()
    assert type(w.data) is float and w.data < 3


@pytest.mark.parametrize("parameters", [MLP(2, [1]), MLP(2, [1]).parameters])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_model_instead_of_its_parameters(optimizer, parameters):
    with pytest.raises(TypeError, match=r"takes parameters, such as model\.parameters\(\), not"):
        optimizer(parameters)


# ── What is not said, and zeros ───────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("optimizer, defaults", [
    (Optimizer, {"lr": 0.001, "weight_decay": 0}),
    (SGD, {"lr": 0.001, "momentum": 0, "weight_decay": 0}),
    (Adam, {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0})])
def test_the_defaults_are_those_of_pytorch(optimizer, defaults):
    said = inspect.signature(optimizer).parameters.values()
    assert {p.name: p.default for p in said if p.default is not p.empty} == defaults
    made = optimizer([Parameter(1.0)])
    assert {name: getattr(made, name) for name in defaults} == defaults


@pytest.mark.parametrize("make", [
    lambda ps: SGD(ps, lr=0), lambda ps: SGD(ps, lr=0, momentum=0, weight_decay=0),
    lambda ps: Adam(ps, lr=0), lambda ps: Adam(ps, lr=0, betas=(0, 0), eps=0, weight_decay=0)],
    ids=range(4))
def test_a_learning_rate_of_zero_moves_nothing(parameters, make):
    make(parameters).step()
    assert [p.data for p in parameters] == [1.0, -2.0]


def test_adam_that_remembers_nothing_moves_by_the_learning_rate(parameters):
    optimizer = Adam(parameters, lr=0.25, betas=(0, 0), eps=0)
    optimizer.step()
    optimizer.step()
    assert [p.data for p in parameters] == [0.5, -1.5]


def test_an_optimizer_defines_update(parameters):
    with pytest.raises(NotImplementedError, match=r"Optimizer must define update\(i, p\)"):
        Optimizer(parameters).step()


# ── A step happens whole or not at all ────────────────────────────────────────────────────────────

OPTIMIZERS = [lambda ps: SGD(ps, lr=0.1, momentum=0.9), lambda ps: Adam(ps, lr=0.1, weight_decay=1)]


def state(optimizer):
    """All that a step changes."""
    return copy.deepcopy({name: thing for name, thing in vars(optimizer).items()
                          if name != "parameters"} | {"data": [p.data for p in
                                                               optimizer.parameters]})


def test_no_next_data(parameters):
    """0 / 0 for the second parameter: Adam divides by the size of its gradients."""
    optimizer = Adam(parameters, lr=0.1, eps=0)
    optimizer.step()
    fresh = Adam(parameters, lr=0.1, eps=0)
    before, parameters[1].grad = state(fresh), 0.0
    with pytest.raises(ZeroDivisionError, match="^Adam has no next data for a parameter: .*; "
                                                "no parameter was changed$"):
        fresh.step()
    assert state(fresh) == before
    optimizer.step()                            # this one remembers a gradient that was not 0


def test_an_error_of_the_readers_own(parameters):
    class Picky(Optimizer):
        def update(self, i, p):
            self.last = i
            if p.data < 0:
                raise KeyError("no negative numbers")
            return p.data - 1

    optimizer = Picky(parameters)
    optimizer.last = None
    before = state(optimizer)
    with pytest.raises(KeyError, match="no negative numbers"):
        optimizer.step()
    assert state(optimizer) == before


@pytest.mark.parametrize("make", OPTIMIZERS, ids=["SGD", "Adam"])
def test_ctrl_c_at_any_line_of_a_step(make):
    """Before each line of optim.py that a step runs, in turn."""
    lines, done = 0, False
    while not done:
        lines += 1
        parameters = [Parameter(1.0), Parameter(-2.0), Parameter(3.0)]
        for p in parameters:
            p.grad = p.data / 2
        optimizer, after = make(parameters), make(copy.deepcopy(parameters))
        optimizer.step(), after.step()
        before, left = state(optimizer), lines
        after.step()

        def trace(frame, event, argument):
            nonlocal left
            if frame.f_code.co_filename != inspect.getfile(Optimizer):
                return None
            left -= event == "line"
            if left == 0:
                left = -1
                raise KeyboardInterrupt
            return trace

        tracing = sys.gettrace()
        sys.settrace(trace)
        try:
            optimizer.step()
            done = True
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(tracing)
        assert state(optimizer) in (before, state(after)), f"interrupted at line event {lines}"
    assert lines > 10 and state(optimizer) == state(after)
