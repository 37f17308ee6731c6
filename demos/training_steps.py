"""One training step in many ways: by micrograd, compiled, by hand, by PyTorch, by JAX.

You will learn here what the same mathematics looks like to those who write it down in other ways.
There are two tasks, and for each a number of ways. A way is a function that sets everything up and
returns a step: called without arguments, it goes forward, backward and against the gradient
once, and returns the loss. All ways begin with the same parameters, so that all losses agree.
`benchmark.py` imports this file and takes the time.
"""

import math
import random
from operator import mul

LR = 0.05
XOR = [(0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)]


# ── Exclusive or, by two neurons with tanh and a linear output ────────────────────────────────────

def nine_numbers() -> list[float]:
    rng = random.Random(2)
    return [rng.uniform(-1, 1) for _ in range(9)]


def xor_values():
    """The parameters, and the loss of a sample, as Values."""
    from micrograd.engine import Value
    parameters = [Value(number) for number in nine_numbers()]
    w11, w21, b1, w12, w22, b2, v1, v2, c = parameters

    def tanh(x):
        if hasattr(Value, "tanh"):
            return x.tanh()
        out = Value(math.tanh(x.data), (x,), "tanh")        # how one adds it to micrograd 0.1.0

        def _backward():
            x.grad += (1 - out.data * out.data) * out.grad
        out._backward = _backward
        return out

    def squared_error(x1, x2, target):
        h1 = tanh(x1 * w11 + x2 * w21 + b1)
        h2 = tanh(x1 * w12 + x2 * w22 + b2)
        return (h1 * v1 + h2 * v2 + c - target) ** 2
    return parameters, squared_error


def xor_by_hand():
    tanh = math.tanh
    numbers = nine_numbers()

    def step():
        w11, w21, b1, w12, w22, b2, v1, v2, c = numbers
        loss = dw11 = dw21 = db1 = dw12 = dw22 = db2 = dv1 = dv2 = dc = 0.0
        for x1, x2, target in XOR:
            h1 = tanh(x1 * w11 + x2 * w21 + b1)
            h2 = tanh(x1 * w12 + x2 * w22 + b2)
            error = h1 * v1 + h2 * v2 + c - target
            loss += error * error
            dy = 2.0 * error
            dv1 += dy * h1
            dv2 += dy * h2
            dc += dy
            dz1 = dy * v1 * (1.0 - h1 * h1)
            dz2 = dy * v2 * (1.0 - h2 * h2)
            dw11 += dz1 * x1
            dw21 += dz1 * x2
            db1 += dz1
            dw12 += dz2 * x1
            dw22 += dz2 * x2
            db2 += dz2
        gradients = dw11, dw21, db1, dw12, dw22, db2, dv1, dv2, dc
        rate = LR / len(XOR)
        numbers[:] = [x - rate * g for x, g in zip(numbers, gradients)]
        return loss / len(XOR)
    return step


def xor_by_torch():
    import torch
    w11, w21, b1, w12, w22, b2, v1, v2, c = nine_numbers()
    new = lambda data: torch.tensor(data, dtype=torch.float64, requires_grad=True)
    parameters = W, b, v, d = new([[w11, w12], [w21, w22]]), new([b1, b2]), new([v1, v2]), new(c)
    x = torch.tensor([row[:2] for row in XOR], dtype=torch.float64)
    target = torch.tensor([row[2] for row in XOR], dtype=torch.float64)
    optimizer = torch.optim.SGD(parameters, lr=LR)

    def step():
        loss = ((torch.tanh(x @ W + b) @ v + d - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def xor_by_jax():
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_enable_x64", True)
    w11, w21, b1, w12, w22, b2, v1, v2, c = nine_numbers()
    x, target = jnp.array([row[:2] for row in XOR]), jnp.array([row[2] for row in XOR])

    def mean_squared_error(parameters):
        W, b, v, d = parameters
        return jnp.mean((jnp.tanh(x @ W + b) @ v + d - target) ** 2)

    @jax.jit
    def update(parameters):
        loss, gradients = jax.value_and_grad(mean_squared_error)(parameters)
        return loss, [p - LR * g for p, g in zip(parameters, gradients)]

    state = [[jnp.array(p) for p in ([[w11, w12], [w21, w22]], [b1, b2], [v1, v2], c)]]

    def step():
        loss, state[0] = update(state[0])
        return loss.item()
    return step


# ── Inside or outside a circle, by an MLP with ReLU and the hinge loss ────────────────────────────

def circle_samples() -> list:
    rng = random.Random(3)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    return [(point, 1 if math.hypot(*point) < 0.8 else -1) for point in points]


CIRCLE = circle_samples()


def circle_values():
    from micrograd.nn import MLP
    random.seed(2)
    model = MLP(2, [16, 16, 1])
    return model.parameters(), lambda point, y: (1 + -y * model(point)).relu()


def circle_arrays():
    """The same numbers as matrices: of each layer the weights, a row for each neuron, and biases."""
    numbers = iter([float(p.data) for p in circle_values()[0]])
    neurons = [[([next(numbers) for _ in range(nin)], next(numbers)) for _ in range(nout)]
               for nin, nout in ((2, 16), (16, 16), (16, 1))]
    return [([w for w, _ in layer], [b for _, b in layer]) for layer in neurons]


def circle_by_hand():
    """Lists of floats. Of units and samples whose gradient is 0, the rest is left out."""
    layers = circle_arrays()

    def step():
        (W1, B1), (W2, B2), ((w3,), B3) = layers
        b3, = B3
        loss = db3 = 0.0
        dB1, dB2, dw3 = [0.0] * 16, [0.0] * 16, [0.0] * 16
        dW1, dW2 = [[0.0] * 2 for _ in W1], [[0.0] * 16 for _ in W2]
        for (x1, x2), y in CIRCLE:
            h1 = [z if (z := wa * x1 + wb * x2 + b) > 0.0 else 0.0 for (wa, wb), b in zip(W1, B1)]
            h2 = [z if (z := sum(map(mul, w, h1)) + b) > 0.0 else 0.0 for w, b in zip(W2, B2)]
            short = 1.0 - y * (sum(map(mul, w3, h2)) + b3)
            if short > 0.0:
                loss += short
                db3 -= y
                dh1 = [0.0] * 16
                for i, h in enumerate(h2):
                    if h:
                        dw3[i] -= y * h
                        dz = -y * w3[i]
                        dB2[i] += dz
                        dW2[i] = [total + dz * x for total, x in zip(dW2[i], h1)]
                        dh1 = [total + dz * w for total, w in zip(dh1, W2[i])]
                for i, h in enumerate(h1):
                    if h:
                        dz = dh1[i]
                        dB1[i] += dz
                        dW1[i][0] += dz * x1
                        dW1[i][1] += dz * x2
        rate = LR / len(CIRCLE)
        for rows, gradients in [(W1, dW1), (W2, dW2), ([w3, B1, B2, B3], [dw3, dB1, dB2, [db3]])]:
            for row, gradient in zip(rows, gradients):
                row[:] = [x - rate * g for x, g in zip(row, gradient)]
        return loss / len(CIRCLE)
    return step


def circle_by_torch():
    import torch
    torch.set_num_threads(1)
    new = lambda data: torch.tensor(data, dtype=torch.float64, requires_grad=True)
    parameters = [new(numbers) for layer in circle_arrays() for numbers in layer]
    x = torch.tensor([point for point, _ in CIRCLE], dtype=torch.float64)
    y = torch.tensor([kind for _, kind in CIRCLE], dtype=torch.float64)
    optimizer = torch.optim.SGD(parameters, lr=LR)

    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        h = torch.relu(torch.relu(x @ W1.T + b1) @ W2.T + b2)
        loss = torch.relu(1 - y * (h @ W3.T + b3)[:, 0]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def circle_by_jax():
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_enable_x64", True)
    state = [[jnp.array(numbers) for layer in circle_arrays() for numbers in layer]]
    x = jnp.array([point for point, _ in CIRCLE])
    y = jnp.array([float(kind) for _, kind in CIRCLE])

    def hinge(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        h = jax.nn.relu(jax.nn.relu(x @ W1.T + b1) @ W2.T + b2)
        return jnp.mean(jax.nn.relu(1 - y * (h @ W3.T + b3)[:, 0]))

    @jax.jit
    def update(parameters):
        loss, gradients = jax.value_and_grad(hinge)(parameters)
        return loss, [p - LR * g for p, g in zip(parameters, gradients)]

    def step():
        loss, state[0] = update(state[0])
        return loss.item()
    return step


# ── By micrograd, the one that is imported ────────────────────────────────────────────────────────

def by_engine(values, samples):
    parameters, loss_of = values()

    def step():
        loss = sum([loss_of(*sample) for sample in samples]) * (1 / len(samples))
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
            p.grad = 0
        return loss.data
    return step


def by_jit(values, samples, language="python"):
    from micrograd import jit
    parameters, loss_of = values()
    compiled = jit(loss_of, parameters, language)

    def step():
        loss = compiled(samples)
        for p in parameters:
            p.data -= LR * p.grad
            p.grad = 0
        return loss
    return step


def by_train(values, samples):
    """Many steps are one call: `step.many(1000)`."""
    from micrograd import jit
    from micrograd.optim import SGD
    parameters, loss_of = values()
    compiled, optimizer = jit(loss_of, parameters, "c"), SGD(parameters, lr=LR)

    def step():
        return step.many(1)[0]
    step.many = lambda count: compiled.train([samples] * count, optimizer)
    return step


ENGINE, JIT, HAND = "node by node", "compiled to Python by jit", "by hand, in plain Python"
JIT_C, TRAIN = "compiled to C by jit", "and many steps in one call"
TASKS = {
    "2-2-1 with tanh, 4 samples": {
        JIT: lambda: by_jit(xor_values, XOR), JIT_C: lambda: by_jit(xor_values, XOR, "c"),
        TRAIN: lambda: by_train(xor_values, XOR),
        HAND: xor_by_hand, ENGINE: lambda: by_engine(xor_values, XOR),
        "PyTorch": xor_by_torch, "JAX": xor_by_jax},
    "2-16-16-1 with hinge loss, 100 samples": {
        JIT: lambda: by_jit(circle_values, CIRCLE),
        JIT_C: lambda: by_jit(circle_values, CIRCLE, "c"),
        TRAIN: lambda: by_train(circle_values, CIRCLE),
        HAND: circle_by_hand, ENGINE: lambda: by_engine(circle_values, CIRCLE),
        "PyTorch": circle_by_torch, "JAX": circle_by_jax},
}
MODULES = {"PyTorch": "torch", "JAX": "jax"}    # what other ways have to be installed


if __name__ == "__main__":
    print("By itself this file does nothing: benchmark.py runs these steps and takes the time.")
