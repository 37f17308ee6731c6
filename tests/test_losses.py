import math
from fractions import Fraction

import pytest

from micrograd import Value
from micrograd.losses import (binary_cross_entropy_with_logits, cross_entropy, hinge_loss, mse_loss,
                              softmax)


@pytest.mark.parametrize("loss", [mse_loss, hinge_loss, binary_cross_entropy_with_logits])
def test_loss_of_several_is_the_mean_of_the_losses_of_each(loss):
    inputs, targets = [0.3, -2.0, 1.5], [1, -1, 1]
    each = [loss(Value(x), t).data for x, t in zip(inputs, targets)]
    assert loss(list(map(Value, inputs)), targets).data == pytest.approx(sum(each) / 3, rel=1e-15)


@pytest.mark.parametrize("loss", [mse_loss, hinge_loss, binary_cross_entropy_with_logits])
@pytest.mark.parametrize("inputs, targets", [([1.0], [1, 1]), ([], []), (1.0, [1, -1])], ids=str)
def test_unequal_or_empty(loss, inputs, targets):
    with pytest.raises(ValueError, match=f"{loss.__name__} takes as many targets as inputs"):
        loss(inputs, targets)


@pytest.mark.parametrize("loss", [mse_loss, hinge_loss, binary_cross_entropy_with_logits])
def test_the_mean_of_one_loss_is_that_loss_without_a_division(loss):
    assert loss(Value(0.5), 1)._op == loss([Value(0.5)], [1])._op != "/"


def test_mse_loss_is_exact_on_fractions():
    x = Value(Fraction(1, 3))
    loss = mse_loss([x], [1])
    loss.backward()
    assert loss.data == Fraction(4, 9) and x.grad == Fraction(-4, 3)


def test_hinge_loss_takes_the_classes_minus_one_and_one():
    with pytest.raises(ValueError, match="targets -1 and 1, not 0"):
        hinge_loss([Value(1.0)], [0])


@pytest.mark.parametrize("logit, target, expected", [(1000.0, 0, 1000.0), (-1000.0, 1, 1000.0),
                                                     (1000.0, 1, 0.0), (-1000.0, 0, 0.0)])
def test_binary_cross_entropy_does_not_overflow(logit, target, expected):
    x = Value(logit)
    loss = binary_cross_entropy_with_logits(x, target)
    loss.backward()
    assert loss.data == expected
    assert x.grad == (0 if expected == 0 else 1 - 2 * target)


def test_binary_cross_entropy_at_zero_has_its_slope():
    x = Value(0.0)
    binary_cross_entropy_with_logits(x, 1).backward()
    assert x.grad == -0.5


def test_softmax_adds_up_to_one_and_does_not_overflow():
    probabilities = [p.data for p in softmax([Value(1000.0), Value(-1000.0), Value(999.0)])]
    assert sum(probabilities) == pytest.approx(1, rel=1e-15)
    assert probabilities[0] / probabilities[2] == pytest.approx(math.e)


def test_cross_entropy_is_minus_log_softmax_and_its_gradient_softmax_minus_one_hot():
    logits = [Value(0.5), Value(-1.0), Value(2.0)]
    loss = cross_entropy(logits, 1)
    loss.backward()
    probabilities = [p.data for p in softmax(logits)]
    assert loss.data == pytest.approx(-math.log(probabilities[1]))
    assert [x.grad for x in logits] == pytest.approx(
        [p - (i == 1) for i, p in enumerate(probabilities)])


def test_cross_entropy_keeps_its_digits_far_from_zero():
    assert cross_entropy([Value(1e6), Value(1e6 - 15)], 0).data == \
        pytest.approx(math.log1p(math.exp(-15)), rel=1e-8)


@pytest.mark.parametrize("index", [-1, 2])
def test_cross_entropy_of_a_class_that_is_not_there(index):
    with pytest.raises(IndexError, match=f"classes 0 to 1, not for {index}"):
        cross_entropy([Value(0.0), Value(0.0)], index)


def test_softmax_of_nothing():
    with pytest.raises(ValueError, match="softmax takes at least one logit"):
        softmax([])


def test_numpy_arrays_are_sequences_too():
    numpy = pytest.importorskip("numpy")
    assert mse_loss(numpy.array([Value(1.0), Value(4.0)]), numpy.array([1.0, 2.0])).data == 2.0
    assert hinge_loss([Value(0.5)], numpy.array([1])).data == 0.5
    assert cross_entropy(numpy.array([Value(0.0), Value(0.0)]), numpy.int64(1)).data == math.log(2)


@pytest.mark.parametrize("index", [0.5, [0, 1]])
def test_cross_entropy_takes_one_sample(index):
    with pytest.raises(TypeError, match="logits of one sample and the index of its class"):
        cross_entropy([Value(0.0), Value(0.0)], index)
