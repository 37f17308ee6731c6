import math

import pytest

from micrograd.nn import MLP, Parameter
from micrograd.optim import SGD, Adam


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


@pytest.mark.parametrize("make, message", [
    (lambda ps: SGD([], lr=0.1), "SGD has no parameters"),
    (lambda ps: SGD(ps, lr=-0.1), "lr must be 0 or more, not -0.1"),
    (lambda ps: SGD(ps, momentum=-1), "momentum must be"),
    (lambda ps: SGD(ps, weight_decay=-1), "weight_decay must be"),
    (lambda ps: SGD(ps, lr=math.nan), "lr must be"),
    (lambda ps: Adam(ps, betas=(1.0, 0.9)), r"betas\[0\] must be at least 0 and below 1, not 1.0"),
    (lambda ps: Adam(ps, eps=-1), "eps must be")], ids=range(7))
def test_bad_arguments(parameters, make, message):
    with pytest.raises(ValueError, match=message):
        make(parameters)


def test_adam_first_step_is_the_learning_rate_whatever_the_gradient(parameters):
    Adam(parameters, lr=0.1).step()
    assert [p.data for p in parameters] == pytest.approx([0.9, -1.9])


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_gradients_with_a_graph_of_their_own(optimizer):
    w = Parameter(3.0)
    (w * w).backward(create_graph=True)
    optimizer([w], lr=0.1, weight_decay=0.5).step()
    assert type(w.data) is float and w.data < 3


@pytest.mark.parametrize("parameters", [MLP(2, [1]), MLP(2, [1]).parameters])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_model_instead_of_its_parameters(optimizer, parameters):
    with pytest.raises(TypeError, match=r"takes parameters, such as model\.parameters\(\), not"):
        optimizer(parameters)
