"""micrograd gives PyTorch's answers, which make_pytorch_reference.py has written down."""

import json
import operator
from pathlib import Path

import pytest

from micrograd import functions, losses, optim
from micrograd.engine import Value, dot
from micrograd.nn import Layer, Parameter

REFERENCE = json.loads((Path(__file__).parent / "data" / "pytorch.json").read_text())

# Where PyTorch answers inf or nan, for the value or a gradient, and micrograd says what is wrong:
# the record, the error, how its message begins, and why there is no answer.
DIFFERENCES = {
    "truediv(1.0, 0.0)": (ZeroDivisionError, "/ of", "a division by zero"),
    "truediv(0.0, 0.0)": (ZeroDivisionError, "/ of", "a division by zero"),
    "pow(0.0, 0.5)": (ZeroDivisionError, "gradient of **", "the root is vertical at 0"),
    "pow(0.0, plain 0.5)": (ZeroDivisionError, "gradient of **", "the root is vertical at 0"),
    "pow(0.0, -1.0)": (ZeroDivisionError, "** of", "a division by zero"),
    "pow(0.0, plain -1.0)": (ZeroDivisionError, "** of", "a division by zero"),
    "pow(-2.0, 3.0)": (ValueError, "gradient of **", "no derivative by an exponent of -2"),
    f"pow(-8.0, {1 / 3})": (ValueError, "** of", "a complex number"),
    f"pow(-8.0, plain {1 / 3})": (ValueError, "** of", "a complex number"),
    "pow(10.0, 400.0)": (OverflowError, "** of", "too large for a float"),
    "exp(1000.0)": (OverflowError, "exp of", "too large for a float"),
    "log(0.0)": (ValueError, "log of", "outside the domain"),
    "log(-1.0)": (ValueError, "log of", "outside the domain"),
    "sqrt(0.0)": (ZeroDivisionError, "gradient of sqrt", "the root is vertical at 0"),
    "sqrt(-1.0)": (ValueError, "sqrt of", "outside the domain"),
    "sin(inf)": (ValueError, "sin of", "outside the domain"),
    "cos(inf)": (ValueError, "cos of", "outside the domain"),
}


def record_id(record):
    """Such as `pow(3.0, plain 2.0)`, where only the first input is a Value."""
    return record["op"] + "(" + ", ".join(
        f"{x}" if gradient is not None else f"plain {x}"
        for x, gradient in zip(record["inputs"], record["gradients"])) + ")"


def close(number, rel=1e-12, abs=0):
    """Equal to a number of the file, up to rounding."""
    return pytest.approx(float(number), rel=rel, abs=abs, nan_ok=True)


def run_operation(op, inputs):
    if op == "dot":
        half = len(inputs) // 2
        return dot(inputs[:half], inputs[half:])
    if op == "reuse":
        x, y = inputs
        return sum([x, x * y, x, y, x])
    return (getattr(operator, op, None) or getattr(functions, op))(*inputs)


@pytest.mark.parametrize("record", REFERENCE["operations"], ids=record_id)
def test_operation(record):
    inputs = [float(x) if gradient is None else Value(float(x))
              for x, gradient in zip(record["inputs"], record["gradients"])]
    if difference := DIFFERENCES.get(record_id(record)):
        error, beginning, _ = difference
        with pytest.raises(error) as raised:
            run_operation(record["op"], inputs).backward()
        assert str(raised.value).startswith(beginning)
        return
    out = run_operation(record["op"], inputs)
    out.backward()
    assert out.data == close(record["value"])
    for x, gradient in zip(inputs, record["gradients"]):
        assert gradient is None or x.grad == close(gradient)


def test_each_difference_has_a_record():
    assert DIFFERENCES.keys() <= {record_id(record) for record in REFERENCE["operations"]}


@pytest.mark.parametrize("record", REFERENCE["losses"], ids=lambda record:
                         f"{record['loss']}({record['input']}, {record['target']})")
def test_loss(record):
    input, target = [Value(x) for x in record["input"]], record["target"]
    if record["loss"] == "softmax":
        out = losses.softmax(input)[target]
    else:
        out = getattr(losses, record["loss"])(input, target)
    out.backward()
    assert out.data == close(record["value"])
    assert [x.grad for x in input] == [close(gradient) for gradient in record["gradients"]]


def valley(x, y, z):
    return (1 - x) ** 2 + 5 * (y - x * x) ** 2 + (3 * x * z).sin() + y * z.tanh() + 0.1 * z ** 4


@pytest.mark.parametrize("record", REFERENCE["optimizers"], ids=lambda record: ", ".join(
    [record["optimizer"], *(f"{name}={value}" for name, value in record["arguments"].items())]
    + [f"later lr={record['later_lr']}"] * bool(record["later_lr"])))
def test_optimizer(record):
    parameters = [Parameter(x) for x in record["start"]]
    optimizer = getattr(optim, record["optimizer"])(parameters, **record["arguments"])
    for i, place in enumerate(record["trajectory"]):
        if record["later_lr"] and i == len(record["trajectory"]) // 2:
            optimizer.lr = record["later_lr"]
        optimizer.zero_grad()
        valley(*parameters).backward()
        optimizer.step()
        expected = [close(x, rel=1e-13, abs=1e-15) for x in place]      # a path may cross 0
        assert [p.data for p in parameters] == expected, f"step {i + 1}"


def test_linear_layer_loads_and_saves():
    record = REFERENCE["linear"]
    layer = Layer(3, 2, nonlin=False)
    layer.load_state_dict(record["state_dict"])
    assert [y.data for y in layer(record["input"])] == [close(y) for y in record["output"]]
    assert json.loads(json.dumps(layer.state_dict())) == record["state_dict"]
