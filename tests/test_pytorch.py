"""micrograd gives PyTorch's answers, which make_pytorch_reference.py has written down."""

import json
import operator
import runpy
from fnmatch import fnmatchcase
from math import inf, isfinite, nan
from pathlib import Path

import pytest

from micrograd import functions, losses, optim
from micrograd.engine import Value, dot
from micrograd.nn import Layer, Parameter

HERE = Path(__file__).parent
REFERENCE = json.loads((HERE / "data" / "pytorch.json").read_text())
OPERATIONS = REFERENCE["operations"] + REFERENCE["corners"]

# Where PyTorch answers inf or nan, for the value or a gradient, and micrograd says what is wrong:
# the error, how its message begins, why there is no answer, and the records, `*` being anything.
ERRORS = [
    (ZeroDivisionError, "/ of", "a division by zero", ["truediv(*, 0.0)", "truediv(*, -0.0)"]),
    (ZeroDivisionError, "** of", "a division by zero",
     ["pow(0.0, -1.0)", "pow(0.0, plain -1.0)", "pow(-0.0, plain -1.0)"]),
    (ZeroDivisionError, "gradient of **", "the root is vertical at 0",
     ["pow(0.0, 0.5)", "pow(*0.0, plain 0.5)", "pow(0.0, 5e-324)", "pow(-0.0, 5e-324)"]),
    (ZeroDivisionError, "gradient of sqrt", "the root is vertical at 0",
     ["sqrt(0.0)", "sqrt(-0.0)"]),
    (ValueError, "** of", "a complex number", ["pow(-8.0, *)"]),
    (OverflowError, "** of", "too large for a float",
     ["pow(10.0, 400.0)", "pow(1.797*e+308, 1.797*e+308)", "pow(1.797*e+308, plain [23].0)",
      "pow(5e-324, plain -1.0)"]),
    (OverflowError, "gradient of **", "too large for a float", ["pow(5e-324, 5e-324)"]),
    (OverflowError, "exp of", "too large for a float", ["exp(1000.0)", "exp(1.797*e+308)"]),
    (ValueError, "log of", "outside the domain", ["log(0.0)", "log(-*)"]),
    (ValueError, "sqrt of", "outside the domain", ["sqrt(-[!0]*)"]),
    (ValueError, "sin of", "outside the domain", ["sin(*inf)"]),
    (ValueError, "cos of", "outside the domain", ["cos(*inf)"]),
]

# Where both answer and differ: micrograd's value, its gradients, why, and the records.
ANSWERS = [
    (nan, [nan], "PyTorch has a number for the slope at NaN", ["abs(nan)", "relu(nan)"]),
    (nan, [nan, nan], "PyTorch has a number for the slope at NaN",
     ["maximum(*nan*)", "minimum(*nan*)"]),
    (inf, [-inf, nan], "a power of 0 is inf for every exponent below 0, and inf - inf is NaN",
     ["pow(0.0, -inf)", "pow(-0.0, -inf)"]),
    (inf, [0, None], "Python's ** and C's pow, also PyTorch's own but for this exponent",
     ["pow(-inf, plain 0.5)"]),
]


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


def entry(table, record):
    """The first two columns of a table for a record, if it is there."""
    for first, second, _, patterns in table:
        if any(fnmatchcase(record_id(record), pattern) for pattern in patterns):
            return first, second


@pytest.mark.parametrize("record", OPERATIONS, ids=record_id)
def test_operation(record):
    inputs = [float(x) if gradient is None else Value(float(x))
              for x, gradient in zip(record["inputs"], record["gradients"])]
    if difference := entry(ERRORS, record):
        error, beginning = difference
        with pytest.raises(error) as raised:
            run_operation(record["op"], inputs).backward()
        assert str(raised.value).startswith(beginning)
        return
    value, gradients = entry(ANSWERS, record) or (record["value"], record["gradients"])
    out = run_operation(record["op"], inputs)
    out.backward()
    assert out.data == close(value)
    for x, gradient in zip(inputs, gradients, strict=True):
        assert gradient is None or x.grad == close(gradient)


PATTERNS = [pattern for *_, patterns in ERRORS + ANSWERS for pattern in patterns]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_difference_has_a_record(pattern):
    records = [r for r in OPERATIONS if fnmatchcase(record_id(r), pattern)]
    assert records
    for record in records:
        assert sum(fnmatchcase(record_id(record), other) for other in PATTERNS) == 1


def test_each_difference_is_one():
    for record in OPERATIONS:
        if answer := entry(ANSWERS, record):
            assert str(answer) != str((record["value"], record["gradients"]))
        if entry(ERRORS, record):
            numbers = [float(x) for x in [record["value"], *record["gradients"]] if x is not None]
            assert not all(map(isfinite, numbers)) or record["op"] == "log"


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


# ── The table itself, where PyTorch is installed ──────────────────────────────────────────────────

def flat(part, place=""):
    """The numbers and words of nested lists and dicts, each with its place: .linear.output.0."""
    if not isinstance(part, (dict, list)):
        yield place, part
        return
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
        yield from flat(inner, f"{place}.{key}")


def test_pytorch_still_says_what_the_table_says():
    pytest.importorskip("torch")
    reference = runpy.run_path(str(HERE / "make_pytorch_reference.py"))["reference"]
    today = json.loads(json.dumps(reference())) | {"torch": REFERENCE["torch"]}
    found, expected = dict(flat(today)), dict(flat(REFERENCE))
    assert found.keys() == expected.keys()
    assert [place for place, said in expected.items()
            if found[place] != (close(said) if isinstance(said, float) else said)] == []
