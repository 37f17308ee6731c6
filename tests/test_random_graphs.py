"""Gradients of expressions that nobody chose: random graphs, checked in four independent ways.

A graph is drawn as a program, a list of steps, so that the same one can be run on floats, Values
and Fractions, and its steps taken in another order. A failure names the seed: `draw(seed)` brings
the graph back. `--graphs 5000` draws thousands instead of hundreds.
"""

import random
from fractions import Fraction

import pytest

import micrograd
from micrograd import functions as fn
from micrograd.calculus import grad, hessian
from micrograd.checking import slope
from micrograd.engine import Constant, Value, dot, gradients, topological_order

# ── drawing a graph, and running it ───────────────────────────────────────────────────────────────

# Each step takes numbers in [-2, 2] to a number in [-2, 2], or nearly, and stays inside its domain.
# Quarters and halves, not 0.3, so that Fractions stay short. `fn` has the functions: micrograd's, or
# those of another library.

def rational(fn):
    return {
        "+": lambda x, y: (x + y) / 2,          "-": lambda x, y: (x - y) / 2,
        "*": lambda x, y: x * y / 2,            "/": lambda x, y: x / (1 + y * y),
        "1+": lambda x: (1 + x) / 2,            "1-": lambda x: (1 - x) / 2,
        "1/": lambda x: 1 / (1 + x * x),        "neg": lambda x: -x,
        "pos": lambda x: +x,                    "**0": lambda x: x ** 0 + x / 4,
        "**1": lambda x: x ** 1,                "**2": lambda x: x ** 2 / 2,
        "**3": lambda x: x ** 3 / 4,            "**-1": lambda x: (1 + x ** 2) ** -1,
        "**-2": lambda x: (1 + x ** 2) ** -2,   "abs": lambda x: abs(x),
        "max": lambda x, y: fn.maximum(x, y),   "min": lambda x, y: fn.minimum(x, y),
        "relu": lambda x: fn.relu(x) + x / 4,
        "dot": lambda a, b, x, y: fn.dot([a, b], [x, y]) / 4,
        "dot3": lambda x, y: fn.dot([x, y, 1], [y, y, x]) / 4,
    }


def smooth(fn):
    return {
        "exp": lambda x: fn.exp(x) / 4,         "log": lambda x: fn.log(1 + x * x),
        "sqrt": lambda x: fn.sqrt(1 + x * x),   "sin": lambda x: 2 * fn.sin(x),
        "cos": lambda x: fn.cos(x),             "tanh": lambda x: fn.tanh(x),
        "sigmoid": lambda x: fn.sigmoid(x),     "**1.5": lambda x: (1 + x * x) ** 1.5 / 8,
        "**y": lambda x, y: (1 + x * x) ** fn.sin(y) / 3,
        "2**": lambda x: 2 ** x / 2,
    }


RATIONAL, SMOOTH = rational(micrograd), smooth(micrograd)
COMMUTE = {"+", "*", "max", "min"}
EVERY = {**RATIONAL, **SMOOTH}


def arity(step):
    return step.__code__.co_argcount


def draw(seed, steps=EVERY, leaves=(1, 4), size=(3, 15)):
    """A random program and the point to run it at: (steps of (name, inputs), numbers)."""
    r = random.Random(seed)
    point = [r.randrange(-60, 61) / 40 for _ in range(r.randint(*leaves))]
    program = []
    for _ in range(r.randint(*size)):
        name = r.choice(list(steps))
        made = len(point) + len(program)
        # The latest are taken more often, so that graphs are deep as well as shared.
        inputs = [max(r.randrange(made), r.randrange(made)) for _ in range(arity(steps[name]))]
        program.append((name, inputs))
    return program, point


def draw_chain(seed):
    """A chain of 200 steps, each of which remembers most of the one before."""
    r = random.Random(seed)
    point = [r.randrange(-60, 61) / 40 for _ in range(3)]
    program = []
    for i in range(200):
        name = r.choice(list(EVERY))
        last = i + 2
        others = [r.randrange(last + 1) for _ in range(arity(EVERY[name]) - 1)]
        program.append((name, [last, *others]))
    return program, point


def run(program, xs, order=None, swap=False, steps=EVERY):
    """The result, on any kind of number; its steps in another order, its operands swapped."""
    made = dict(enumerate(xs))
    for i in order or range(len(program)):
        name, inputs = program[i]
        inputs = inputs[::-1] if swap and name in COMMUTE else inputs
        made[len(xs) + i] = steps[name](*[made[j] for j in inputs])
    last = len(xs) + len(program) - 1
    return made[last] + made[max(last - 1, 0)] / 2


def run_chain(program, xs):
    made = list(xs)
    for name, inputs in program:
        made.append(0.96 * made[-1] + 0.04 * EVERY[name](*[made[j] for j in inputs]))
    return made[-1]


def gradient(f, point):
    """The gradient by backward(), and the result."""
    leaves = [Value(x) for x in point]
    result = f(leaves)
    result.backward()
    return [leaf.grad for leaf in leaves], result.data


def at(f, point, i):
    """`f` of a list as a function of number `i` alone."""
    return lambda x: f([*point[:i], x, *point[i + 1:]])


class Comparisons:
    """Derivatives beside slopes: what differs, and how often a kink allowed no comparison."""

    def __init__(self):
        self.count, self.kinks, self.wrong = 0, [], []

    def add(self, f, x, said, which):
        self.count += 1
        measured, error = slope(f, x)
        if self.close(said, measured, error):
            return
        (right, right_error), (left, left_error) = slope(f, x, 1), slope(f, x, -1)
        if self.close(right, left, right_error + left_error):
            self.wrong.append(f"{which}: {said!r}, not {measured!r} ± {error:.1g}")
        else:
            self.kinks.append(which)

    @staticmethod
    def close(a, b, error):
        return abs(a - b) <= 1e-6 * max(1, abs(a), abs(b)) + 10 * error and error < 0.01

    def verify(self, least):
        assert not self.wrong, "\n".join(self.wrong[:10])
        assert self.count >= least
        assert len(self.kinks) <= 0.03 * self.count + 1, f"too many kinks: {self.kinks[:20]}"


# ── the drawing itself ────────────────────────────────────────────────────────────────────────────

def test_the_graphs_are_what_they_should_be():
    symbols, shared, largest = set(), 0, 0
    for seed in range(300):
        program, point = draw(seed)
        leaves = [Value(x) for x in point]
        order = topological_order(run(program, leaves))
        symbols |= {str(value._op) for value in order}
        uses = [x for value in order for x in value._prev]
        shared += any(uses.count(x) > 1 for x in order if x._prev)
        largest = max(largest, *[abs(value.data) for value in order])
    assert symbols >= {"+", "-", "*", "/", "**", "neg", "abs", "max", "min", "dot", "exp", "log",
                       "sqrt", "sin", "cos", "tanh", "sigmoid", "relu"}
    assert shared > 200 and largest < 100
    assert draw(7) == draw(7) != draw(8)


# ── gradients are slopes ──────────────────────────────────────────────────────────────────────────

def test_gradient_is_the_slope(graphs):
    compared = Comparisons()
    for seed in graphs:
        program, point = draw(seed)
        said, result = gradient(lambda xs: run(program, xs), point)
        assert result == run(program, point), f"seed {seed}: Values compute something else"
        for i, x in enumerate(point):
            compared.add(at(lambda xs: run(program, xs), point, i), x, said[i], f"seed {seed} x{i}")
    compared.verify(len(graphs))


def test_second_derivative_is_the_slope_of_the_first(graphs):
    compared = Comparisons()
    for seed in graphs:
        program, point = draw(seed)
        i = seed % len(point)
        first = grad(at(lambda xs: run(program, xs), point, i))
        said = grad(first)(point[i])
        compared.add(first, point[i], said, f"seed {seed} x{i}")
    compared.verify(len(graphs))


def test_mixed_second_derivatives_are_slopes_of_the_gradient(graphs):
    compared = Comparisons()
    for seed in graphs[:100]:
        program, point = draw(seed, leaves=(2, 3), size=(3, 10))
        f = lambda *xs: run(program, xs)
        rows = hessian(f, point)
        scale = max(1, *[abs(x) for row in rows for x in row])
        assert all(abs(rows[0][j] - rows[j][0]) <= 1e-11 * scale for j in range(len(point))), seed
        by_first = lambda xs: grad(f)(*xs)[0]
        compared.add(at(by_first, point, 1), point[1], rows[0][1], f"seed {seed}")
    compared.verify(min(100, len(graphs)))


def test_long_chains(graphs):
    compared = Comparisons()
    for seed in graphs[:len(graphs) // 15 + 1]:
        program, point = draw_chain(seed)
        said, _ = gradient(lambda xs: run_chain(program, xs), point)
        for i, x in enumerate(point):
            compared.add(at(lambda xs: run_chain(program, xs), point, i), x, said[i],
                         f"chain {seed} x{i}")
    compared.verify(3 * (len(graphs) // 15))


def test_wide_dots(graphs):
    compared = Comparisons()
    for seed in graphs[:len(graphs) // 15 + 1]:
        r = random.Random(seed)
        point = [r.uniform(-1.5, 1.5) for _ in range(30)]
        left, right = ([r.randrange(30) for _ in range(50)] for _ in range(2))

        def wide(xs):
            return dot([fn.tanh(xs[i]) for i in left], [xs[i] for i in right]) / 10

        said, _ = gradient(wide, point)
        for i in r.sample(range(30), 4):
            compared.add(at(wide, point, i), point[i], said[i], f"dot {seed} x{i}")
            second = grad(grad(at(wide, point, i)))(point[i])
            exact = sum(seconds(point, i, j, k) for j, k in zip(left, right)) / 10
            assert second == pytest.approx(exact, rel=1e-11, abs=1e-12), f"dot {seed} x{i}"
    compared.verify(4 * (len(graphs) // 15))


def seconds(point, i, j, k):
    """The second derivative of tanh(x_j) x_k by x_i, on paper."""
    t = fn.tanh(point[i])
    by_j, by_jj = 1 - t * t, -2 * t * (1 - t * t)
    return (2 * by_j + by_jj * point[i]) if i == j == k else by_jj * point[k] if i == j else 0


# ── gradients are exact ───────────────────────────────────────────────────────────────────────────

def test_fractions_and_floats_agree(graphs):
    for seed in graphs:
        program, point = draw(seed, RATIONAL, size=(3, 9))
        exactly = [Fraction(round(x * 40), 40) for x in point]
        exact, result = gradient(lambda xs: run(program, xs), exactly)
        rounded, nearly = gradient(lambda xs: run(program, xs), [float(x) for x in exactly])
        assert all(type(x) in (int, Fraction) for x in [*exact, result]), f"seed {seed}: {exact}"
        if has_tie(program, exactly):           # rounding may break a tie, either way
            continue
        assert float(result) == pytest.approx(nearly, rel=1e-12, abs=1e-12), f"seed {seed}"
        for e, x in zip(exact, rounded):
            assert float(e) == pytest.approx(x, rel=1e-10, abs=1e-10), f"seed {seed}"


def has_tie(program, point):
    return any(value._op in ("max", "min") and value._prev[0].data == value._prev[1].data
               or value._op in ("relu", "abs") and value._prev[0].data == 0
               for value in topological_order(run(program, [Value(x) for x in point])))


def test_hessians_of_fractions_are_symmetric_exactly(graphs):
    nonzero = 0
    for seed in graphs[:len(graphs) // 3 + 1]:
        program, point = draw(seed, RATIONAL, leaves=(2, 2), size=(5, 8))
        exactly = [Fraction(round(x * 40), 40) for x in point]
        rows = hessian(lambda *xs: run(program, xs), exactly)
        assert rows == [list(column) for column in zip(*rows)], f"seed {seed}"
        assert all(type(x) in (int, Fraction) for row in rows for x in row), f"seed {seed}"
        nonzero += rows[0][1] != 0
    assert nonzero >= len(graphs) // 60


# ── gradients do not depend on the order of evaluation ────────────────────────────────────────────

def shuffled(program, count, r):
    """Another order of the steps in which each still comes after its inputs."""
    order, done, todo = [], set(range(count)), list(range(len(program)))
    while todo:
        i = r.choice([i for i in todo if done.issuperset(program[i][1])])
        todo.remove(i)
        order.append(i)
        done.add(count + i)
    return order


def test_the_order_of_evaluation_does_not_matter(graphs):
    different = 0
    for seed in graphs:
        program, point = draw(seed)
        r = random.Random(seed)
        expected, _ = gradient(lambda xs: run(program, xs), point)
        order = shuffled(program, len(point), r)
        different += order != sorted(order)
        leaves = dict.fromkeys(r.sample(range(len(point)), len(point)))
        for i in leaves:
            leaves[i] = Value(point[i])
        leaves = [leaves[i] for i in range(len(point))]
        result = run(program, leaves, order, swap=True)
        found = gradients(result)
        for leaf, x in zip(leaves, expected):
            assert found.get(leaf, 0) == pytest.approx(x, rel=1e-12, abs=1e-12), f"seed {seed}"
    assert different > len(graphs) // 2


def test_the_order_of_the_leaves_does_not_matter(graphs):
    for seed in graphs:
        program, point = draw(seed, leaves=(2, 4))
        new = random.Random(seed).sample(range(len(point)), len(point))     # old leaf i is new[i]
        moved = [(name, [new[j] if j < len(point) else j for j in inputs])
                 for name, inputs in program]
        there = [point[new.index(i)] for i in range(len(point))]
        expected, result = gradient(lambda xs: run(program, xs), point)
        found, same = gradient(lambda xs: run(moved, xs), there)
        assert same == result, f"seed {seed}"
        assert [found[new[i]] for i in range(len(point))] == pytest.approx(
            expected, rel=1e-12, abs=1e-12), f"seed {seed}"


def test_gradients_of_a_sum_are_sums_of_gradients(graphs):
    for seed in graphs[:len(graphs) // 2 + 1]:
        (one, point), (two, _) = draw(seed, leaves=(2, 2)), draw(seed + 10**6, leaves=(2, 2))
        both, _ = gradient(lambda xs: 3 * run(one, xs) - run(two, xs), point)
        first, _ = gradient(lambda xs: run(one, xs), point)
        second, _ = gradient(lambda xs: run(two, xs), point)
        assert both == pytest.approx([3 * x - y for x, y in zip(first, second)],
                                     rel=1e-11, abs=1e-11), f"seed {seed}"


# ── gradients are those of PyTorch, where it is installed ─────────────────────────────────────────

def raised_to_zero(root):
    """Whether a Value is the exponent 0, of which PyTorch forgets that d²xʸ/dxdy is 1/x for y = 0."""
    return any(value._op == "**" and value._prev[1].data == 0
               and not isinstance(value._prev[1], Constant) for value in topological_order(root))


def test_an_exponent_of_zero_has_a_second_derivative():
    (_, xy), (yx, _) = hessian(lambda x, y: x ** y, [2.0, 0.0])
    assert xy == yx == 0.5


def test_pytorch_gives_the_same_derivatives_up_to_the_third(graphs):
    torch = pytest.importorskip("torch")

    class Torch:
        exp, log, sqrt, sin, cos = torch.exp, torch.log, torch.sqrt, torch.sin, torch.cos
        tanh, sigmoid, relu = torch.tanh, torch.sigmoid, torch.relu
        maximum, minimum = torch.maximum, torch.minimum

        def dot(ws, xs):
            return sum(w * x for w, x in zip(ws, xs))

    steps, compared = {**rational(Torch), **smooth(Torch)}, [0, 0, 0, 0]
    for seed in graphs:
        program, point = draw(seed)
        xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
        ys = [Value(x) for x in point]
        theirs, ours = run(program, xs, steps=steps), run(program, ys)
        if raised_to_zero(ours):
            continue
        for order in range(4):
            expected = 0 if theirs is None else theirs.item()
            assert getattr(ours, "data", ours) == pytest.approx(expected, rel=1e-9, abs=1e-9), \
                f"seed {seed}, derivative {order}"
            compared[order] += 1
            if theirs is None or not theirs.requires_grad or not isinstance(ours, Value):
                break
            i = (seed + order) % len(point)
            theirs, = torch.autograd.grad(theirs, xs[i], create_graph=True, allow_unused=True)
            ours = gradients(ours, create_graph=True).get(ys[i], 0)
    assert compared[3] > len(graphs) // 3


def test_jax_gives_the_same_derivatives_up_to_the_third(graphs):
    jax = pytest.importorskip("jax")
    np, nn = jax.numpy, jax.nn

    class Jax:
        exp, log, sqrt, sin, cos, tanh = np.exp, np.log, np.sqrt, np.sin, np.cos, np.tanh
        sigmoid, relu, maximum, minimum = nn.sigmoid, nn.relu, np.maximum, np.minimum

        def dot(ws, xs):
            return sum(w * x for w, x in zip(ws, xs))

    steps, compared = {**rational(Jax), **smooth(Jax)}, [0, 0, 0, 0]
    with jax.enable_x64(True):
        for seed in graphs[:len(graphs) // 10]:     # it takes a second for each
            program, point = draw(seed, size=(3, 8))
            ys = [Value(x) for x in point]
            ours, theirs = run(program, ys), lambda *xs: np.asarray(run(program, xs, steps=steps))
            if raised_to_zero(ours):
                continue
            for order in range(4):
                assert getattr(ours, "data", ours) == pytest.approx(
                    float(theirs(*point)), rel=1e-9, abs=1e-9), f"seed {seed}, derivative {order}"
                compared[order] += 1
                if not isinstance(ours, Value):
                    break
                i = (seed + order) % len(point)
                theirs = jax.grad(theirs, i)
                ours = gradients(ours, create_graph=True).get(ys[i], 0)
    assert compared[3] > len(graphs) // 30
