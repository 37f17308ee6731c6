"""Write data/pytorch.json: what PyTorch answers, for test_pytorch.py to compare micrograd with.

Run `pip install torch==2.13.0` in an environment of its own, then this script. All is computed in
float64. A gradient of null belongs to a plain number; "inf", "-inf" and "nan" are numbers too.
"""

import json
import math
import operator
from pathlib import Path

import torch
from torch.nn import functional

torch.set_default_dtype(torch.float64)

# The inputs of each operation. Where "plain" comes first, the last input is a number, not a tensor.
OPERATIONS = {
    "add":     [(2.0, -3.5), (0.1, 0.2), ("plain", 1.5, -0.7)],
    "sub":     [(2.0, -3.5), (0.3, 0.1), ("plain", 1.5, -0.7)],
    "mul":     [(2.0, -3.5), (0.0, 4.0), (1e308, 10.0), ("plain", 1.5, -0.7)],
    "truediv": [(2.0, -3.5), (0.0, 4.0), (1.0, 0.0), (0.0, 0.0), ("plain", 1.5, -0.7)],
    "pow":     [(2.0, 3.0), (2.5, -1.3), (0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 0.5),
                (0.0, -1.0), (-2.0, 3.0), (-8.0, 1 / 3), (10.0, 400.0), ("plain", 3.0, 2.0),
                ("plain", -3.0, 3.0), ("plain", -3.0, -2.0), ("plain", 0.7, 0.5),
                ("plain", 0.7, 0.0), ("plain", 0.0, 0.0), ("plain", 0.0, 1.0), ("plain", 0.0, 2.0),
                ("plain", 0.0, 0.5), ("plain", 0.0, -1.0), ("plain", -8.0, 1 / 3)],
    "neg":     [(1.7,), (0.0,)],
    "abs":     [(1.7,), (-1.7,), (0.0,)],
    "exp":     [(0.0,), (1.3,), (-2.7,), (709.0,), (-1000.0,), (1000.0,)],
    "log":     [(1.0,), (0.3,), (1e-300,), (0.0,), (-1.0,)],
    "sqrt":    [(2.0,), (1e-300,), (0.0,), (-1.0,)],
    "sin":     [(0.0,), (1.3,), (-20.0,), (math.inf,)],
    "cos":     [(0.0,), (1.3,), (-20.0,), (math.inf,)],
    "tanh":    [(0.0,), (0.5,), (-2.0,), (1000.0,), (-1000.0,)],
    "sigmoid": [(0.0,), (0.5,), (-2.0,), (-30.0,), (1000.0,), (-1000.0,)],
    "relu":    [(1.7,), (-1.7,), (0.0,)],
    "maximum": [(1.0, 2.0), (2.0, 1.0), (1.5, 1.5), (0.0, 0.0), (math.inf, math.inf)],
    "minimum": [(1.0, 2.0), (2.0, 1.0), (1.5, 1.5), (0.0, 0.0), (math.inf, math.inf)],
    "dot":     [(2.0, -3.0), (0.1, -0.2, 0.3, 4.0, 5.0, -6.0)],
    "reuse":   [(3.0, -0.7), (0.0, 0.0)],
}
# The ends of the number line, both zeros, the largest and the two smallest floats, and NaN.
LARGEST, NORMAL, SUBNORMAL = 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324
INF, NAN = math.inf, math.nan
ENDS = [sign * x for x in (INF, LARGEST, NORMAL, SUBNORMAL, 0.0) for sign in (1, -1)] + [NAN]
PAIRS = [(x, y) for x in (INF, -INF, LARGEST, SUBNORMAL, 0.0, -0.0, 1.0, NAN)
         for y in (INF, -INF, LARGEST, SUBNORMAL, 0.0, -0.0, 1.0, NAN)]
CORNERS = {
    **dict.fromkeys(["neg", "abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu"],
                    [(x,) for x in ENDS]),
    **dict.fromkeys(["add", "sub", "mul", "truediv", "maximum", "minimum"], PAIRS),
    "pow": PAIRS + [("plain", x, n) for x in (INF, -INF, LARGEST, SUBNORMAL, 0.0, -0.0, NAN)
                    for n in (2.0, 3.0, 1.0, 0.5, 0.0, -1.0)],
    "dot": [(INF, 1.0, 0.0, 1.0), (INF, -INF, 1.0, 1.0), (LARGEST, LARGEST, 1.0, 1.0),
            (1.0, NAN, 1.0, 0.0), (-0.0, 0.0, 1.0, -0.0)],
}
LOSSES = {
    "mse_loss": [([0.5, -1.2, 3.0], [1.0, -1.0, 3.0])],
    "hinge_loss": [([0.5, -3.0, 1.0, 2.0, 0.3], [1.0, -1.0, 1.0, 1.0, -1.0])],
    "binary_cross_entropy_with_logits": [
        ([0.0], [1.0]), ([0.5, -1.2, 3.0], [1.0, 0.0, 0.3]), ([1000.0, -1000.0], [1.0, 0.0]),
        ([1000.0, -1000.0], [0.0, 1.0])],
    "softmax": [
        ([0.5, -1.2, 3.0], 0), ([2.0, 2.0, 2.0], 1), ([1000.0, -1000.0], 0), ([1000.0, -1000.0], 1),
        ([1000.0, 1000.0, 999.0], 2)],
    "cross_entropy": [
        ([0.5, -1.2, 3.0], 0), ([0.5, -1.2, 3.0], 2), ([1000.0, -1000.0], 0),
        ([1000.0, -1000.0], 1), ([1000.0, 1000.0, 999.0], 2)],
}
OPTIMIZERS = [
    ("SGD", {"lr": 0.02}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": [0.8, 0.9], "eps": 1e-3}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}, 0.005),
    ("Adam", {"lr": 0.1}, 0.01),
]


def leaf(number):
    return torch.tensor(number, requires_grad=True)


def plain(tensor):
    """The same as numbers, lists and strings that strict JSON can hold."""
    if isinstance(tensor, list):
        return [plain(part) for part in tensor]
    if isinstance(tensor, torch.Tensor):
        return plain(tensor.tolist())
    return tensor if tensor is None or math.isfinite(tensor) else str(tensor)


def dot(*both):
    half = len(both) // 2
    return torch.dot(torch.stack(both[:half]), torch.stack(both[half:]))


def reuse(x, y):
    return sum([x, x * y, x, y, x])


def hinge_loss(input, target):
    return torch.relu(1 - target * input).mean()


def valley(x, y, z):
    """Something to minimise, curved both ways; test_pytorch.py has it too."""
    return (1 - x) ** 2 + 5 * (y - x * x) ** 2 + (3 * x * z).sin() + y * z.tanh() + 0.1 * z ** 4


def operation(op, inputs):
    own = {"dot": dot, "reuse": reuse}
    function = own.get(op) or getattr(operator, op, None) or getattr(torch, op)
    if inputs[0] == "plain":
        tensors = [*map(leaf, inputs[1:-1]), inputs[-1]]
    else:
        tensors = [*map(leaf, inputs)]
    value = function(*tensors)
    value.backward()
    return {"op": op, "inputs": plain(tensors), "value": plain(value),
            "gradients": plain([getattr(x, "grad", None) for x in tensors])}


def loss(name, numbers, target):
    input = leaf(numbers)
    if name == "softmax":
        value = torch.softmax(input, 0)[target]
    else:
        function = hinge_loss if name == "hinge_loss" else getattr(functional, name)
        value = function(input, torch.tensor(target))
    value.backward()
    return {"loss": name, "input": numbers, "target": target, "value": plain(value),
            "gradients": plain(input.grad)}


def optimizer(name, arguments, later_lr=None, start=(-1.0, 1.5, 0.5), steps=20):
    """The places that an optimiser visits. From the middle step on, `lr` is `later_lr` if given."""
    parameters = [*map(leaf, start)]
    optimizer = getattr(torch.optim, name)(parameters, **arguments)
    trajectory = []
    for i in range(steps):
        if later_lr and i == steps // 2:
            optimizer.param_groups[0]["lr"] = later_lr
        optimizer.zero_grad()
        valley(*parameters).backward()
        optimizer.step()
        trajectory.append([p.item() for p in parameters])
    return {"optimizer": name, "arguments": arguments, "later_lr": later_lr, "start": start,
            "trajectory": trajectory}


def linear():
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2)
    input = torch.tensor([0.5, -1.2, 3.0])
    return {"state_dict": {name: plain(tensor) for name, tensor in layer.state_dict().items()},
            "input": plain(input), "output": plain(layer(input))}


def reference():
    """All of the file: lists of records, one list for each kind."""
    return {
        "torch": torch.__version__.split("+")[0],
        "operations": [operation(op, xs) for op, cases in OPERATIONS.items() for xs in cases],
        "corners": [operation(op, xs) for op, cases in CORNERS.items() for xs in cases],
        "losses": [loss(name, *case) for name, cases in LOSSES.items() for case in cases],
        "optimizers": [optimizer(*case) for case in OPTIMIZERS],
        "linear": linear(),
    }


def lines(part):
    """JSON, with one record a line."""
    if isinstance(part, list):
        return "[\n" + ",\n".join(json.dumps(record, allow_nan=False) for record in part) + "\n]"
    return json.dumps(part, allow_nan=False)


if __name__ == "__main__":
    file = Path(__file__).parent / "data" / "pytorch.json"
    file.parent.mkdir(exist_ok=True)
    parts = [f'"{name}": {lines(part)}' for name, part in reference().items()]
    file.write_text("{\n" + ",\n".join(parts) + "\n}\n")
