"""What is tried of the exercises from 13 on, as in `checks.py`."""

import math
import operator

import micrograd
from checks import drawing  # noqa: F401
from micrograd.checking import slope
from micrograd.losses import cross_entropy
from micrograd.optim import SGD
from probes import NUDGED, Probe, Told, exercise, numbers, of_values, point, unchanged


# ── 13 to 17: further ─────────────────────────────────────────────────────────────────────────────

@exercise("13_bias", hints=[
    "w · threshold + b should be 0: bring w · threshold to the other side.",
    "w · (x - centre) / width is (w / width) · x, minus something in which there is no x.",
    "weight = w / width; the bias is b minus w · centre / width.",
], mistakes=[
    ("The sign is wrong: w · threshold + b should be 0, so b is minus w · threshold.",
     "-w * threshold", "w * threshold"),
    ("w is forgotten: with the weight 2, the line climbs twice as fast, and needs to begin twice "
     "as low.", "-w * threshold", "-threshold"),
    ("That is where the line should be 0, and not how low it has to begin for that: w · threshold "
     "+ b = 0.", "-w * threshold", "threshold"),
    ("You divide by w. It multiplies: w · threshold + b = 0.", "-w * threshold", "-threshold / w"),
    ("You divide by the threshold. It multiplies: w · threshold + b = 0.",
     "-w * threshold", "-w / threshold"),
    ("w and the threshold are multiplied, not subtracted: w · threshold + b = 0.",
     "-w * threshold", "w - threshold"),
    ("w and the threshold are multiplied, not added: w · threshold + b = 0.",
     "-w * threshold", "-w - threshold"),
    ("That is right for the last line of the file alone. Compute it from w and threshold.",
     "-w * threshold", "-6"),
    ("The weight is per unit of u; a unit of u is `width` units of x. Divide by width.",
     "weight = w / width", "weight = w"),
    ("You multiply by the width. u is x divided by it.",
     "weight = w / width", "weight = w * width"),
    ("The fraction is upside down: w / width.", "weight = w / width", "weight = width / w"),
    ("w is forgotten: it multiplies the whole of u, so the weight is w / width.",
     "weight = w / width", "weight = 1 / width"),
    ("The centre is no part of the weight, for it does not multiply x: w / width.",
     "weight = w / width", "weight = (w - centre) / width"),
    ("b is forgotten: it is part of the line for u, and of the line for x.",
     "bias = b - w", "bias = -w"),
    ("The centre is forgotten: its part is what the bias is for.",
     "b - w * centre / width", "b"),
    ("The centre is multiplied by w / width, by how much the line climbs for a unit of x, before "
     "it is subtracted.", "b - w * centre / width", "b - centre"),
    ("w is missing: it multiplies the whole of u, the centre's part as well.",
     "b - w * centre / width", "b - centre / width"),
    ("w multiplies the centre, and width divides that alone; b is neither multiplied nor divided: "
     "it is added to w · u as it is.", "b - w * centre / width", "(b - centre) / width"),
    ("The width divides w · centre alone. b is added to w · u as it is: mind the parentheses.",
     "b - w * centre / width", "(b - w * centre) / width"),
    ("b is not divided by the width, and the centre is missing: w · (x - centre) / width + b.",
     "b - w * centre / width", "b / width"),
    ("The sign of the centre's part is wrong: u is x minus the centre.",
     "b - w * centre", "b + w * centre"),
    ("The signs are exchanged: b is added, and the centre's part subtracted.",
     "b - w * centre / width", "w * centre / width - b"),
    ("The centre's part is divided by the width as well.",
     "w * centre / width", "w * centre"),
    ("The centre's part is divided by the width, not multiplied.",
     "w * centre / width", "w * centre * width"),
    ("weight and bias have changed places: the weight is what multiplies x.",
     "    weight = w / width\n    bias = b - w * centre / width",
     "    bias = w / width\n    weight = b - w * centre / width"),
], why="A model is trained on centred data and used on data as they come: whoever forgets this step "
       "gets\nnonsense in production. And a network without biases says 0 to all zeros, whatever it "
       "learns.")
def check_bias(m, rng):
    for _ in range(4):
        w, threshold = numbers(rng, 2)
        yield Probe("bias_for", point(w=w, threshold=threshold), lambda: m.bias_for(w, threshold),
                    -(w * threshold))
    for i, name in enumerate(("weight", "bias")):
        for _ in range(4):
            w, b, centre, width = numbers(rng, 4)
            width = abs(width)
            line = lambda x: w * (x - centre) / width + b
            yield Probe(f"{name} of in_own_units", point(w=w, b=b, centre=centre, width=width),
                        lambda: m.in_own_units(w, b, centre, width)[i],
                        [line(1) - line(0), line(0)][i])


def overflowing(rng) -> list[list[float]]:
    return [[round(base + x, 2) for x in numbers(rng, 3)] for base in (0, 1000, -1000)]


def exp_by_exp(logits) -> list[float]:
    """Softmax in plain numbers."""
    exps = [math.exp(x - max(logits)) for x in logits]
    return [e / sum(exps) for e in exps]


OVERFLOWS = ("This overflows: exp(1000) is too large for a float. Subtract the largest logit from "
             "each, before exp.")


@exercise("14_softmax", hints=[
    "exps = [exp(x) for x in logits], and each of them is divided by the sum of all.",
    "Subtract max(logits) from every x before exp: the fractions stay the same.",
], mistakes=[
    (OVERFLOWS, "exp(x - largest) for x in logits]\n    total = sum(exps)",
     "exp(x) for x in logits]\n    total = sum(exps)"),
    (OVERFLOWS, "exp(x - largest)", "exp(x) / exp(largest)"),
    ("You subtract the mean of the logits. Where one is far above the mean, its exp is still too "
     "large: subtract the largest.", "    largest = max(logits)\n    exps",
     "    largest = sum(logits) / len(logits)\n    exps"),
    ("You subtract the sum of the logits. Subtract the largest: then every exp is at most 1.",
     "    largest = max(logits)\n    exps", "    largest = sum(logits)\n    exps"),
    ("You subtract the smallest logit. Where another is far above it, its exp is still too large: "
     "subtract the largest, max(logits).", "= max(logits)", "= min(logits)"),
    ("The largest is added. Subtract it: x - largest is at most 0.", "x - largest", "x + largest"),
    ("The sign is turned round: x - largest, so that the largest logit has the largest "
     "probability.", "x - largest", "largest - x"),
    ("These are exps, not probabilities yet: divide by their sum.", "e / total for e", "e for e"),
    ("You divide by how many there are. Divide by the sum of the exps: then they add up to 1.",
     "total = sum(exps)", "total = len(exps)"),
    ("You divide by the largest exp. Divide by the sum of all: then they add up to 1.",
     "total = sum(exps)", "total = max(exps)"),
    ("Proportions of the logits themselves. Softmax takes exp first.",
     "[exp(x - largest) for x in logits]\n    total = sum(exps)",
     "[x - largest for x in logits]\n    total = sum(exps)"),
    ("Proportions of the logits themselves. Softmax takes exp first.",
     "[exp(x - largest) for x in logits]\n    total = sum(exps)",
     "list(logits)\n    total = sum(exps)"),
    ("These are powers of 2. Softmax takes exp, powers of e.", "exp(x - largest)",
     "2 ** (x - largest)"),
    ("The largest is subtracted above the line but not below it: both need the same exps.",
     "total = sum(exps)", "total = sum([exp(x) for x in logits])"),
    ("The largest is subtracted below the line but not above it: both need the same exps.",
     "[e / total for e in exps]", "[exp(x) / total for x in logits]"),
    ("That is the probability of the first class alone. A list of all is needed, one for each "
     "logit: [… for e in exps].", "[e / total for e in exps]", "exps[0] / total"),
    ("There are two, and they are alike: they share the 1 equally.", "PREDICTION = 0.5",
     "PREDICTION = 1"),
    ("A probability is never 0 in softmax. The two are alike, and share the 1 equally.",
     "PREDICTION = 0.5", "PREDICTION = 0"),
    ("That is the logit. The two are alike, and share the 1 equally.", "PREDICTION = 0.5",
     "PREDICTION = 1000"),
    ("`return` inside the loop returns with the first: make the whole list, then return it.",
     "[e / total for e in exps]", "[exps[0] / total]"),
], why="The last layer of every classifier and of every language model is a softmax: GPT chooses "
       "among some\n50,000 tokens by it. And the trick against overflow is in every library.")
def check_softmax(m, rng):
    yield Probe("PREDICTION", "the first probability of softmax([1000, 1000])",
                lambda: m.PREDICTION, 0.5)
    cases = overflowing(rng)
    cases += [[rng.random(), 2000.0 + rng.random(), 1000.0], [round(rng.random(), 2)], [3.0, 3.0]]
    for logits in cases:
        at = f"softmax({logits})"
        yield Probe("softmax", at, lambda: unchanged(m.softmax, list(logits)), exp_by_exp(logits))

        def of_graph():
            values = [micrograd.Value(x) for x in logits]
            said = unchanged(m.softmax, values)
            if not isinstance(said, (list, tuple)):
                return said
            of_values(said, "softmax of Values")
            said[0].backward()
            return [v.grad for v in values]

        p, *_ = exps = exp_by_exp(logits)
        yield Probe("softmax", f"the gradient of the first probability of {at} by the logits",
                    of_graph, [p * ((i == 0) - q) for i, q in enumerate(exps)])


TAKEN = "(logits[target_index] - largest)"


@exercise("15_cross_entropy", hints=[
    "largest = max(logits), and total is the sum of exp(x - largest), as in softmax.",
    "The loss is log(total) - (logits[target_index] - largest), with the same two.",
], mistakes=[
    ("This cross-entropy overflows: subtract the largest logit before exp, here too.",
     "    largest = max(logits)\n    total", "    largest = 0\n    total"),
    ("The probability was rounded to 0 before its log was taken, and there is no log of 0. Take "
     "the log first, on paper: log(total) - (logits[target_index] - largest).",
     f"log(total) - {TAKEN}", f"-log(exp{TAKEN} / total)"),
    ("Two things. The sign is wrong: the loss is minus the log. And the probability was rounded to "
     "0 before its log was taken: take the log first, on paper: log(total) - (…).",
     f"log(total) - {TAKEN}", f"log(exp{TAKEN} / total)"),
    ("The sign is wrong: a loss is large where the probability is small.",
     f"log(total) - {TAKEN}", f"{TAKEN} - log(total)"),
    ("The largest was subtracted in the sum but not from the target's own logit. It has to be in "
     "both.", TAKEN, "logits[target_index]"),
    ("Mind the parentheses: a - (b - c) is a - b + c. The largest is subtracted twice here.",
     TAKEN, "logits[target_index] - largest"),
    ("You subtract the number of the class. Its logit is meant: logits[target_index].",
     "logits[target_index]", "target_index"),
    ("That is the class of the first logit, whatever the target is: logits[target_index].",
     "logits[target_index]", "logits[0]"),
    ("The logit of the right class is missing: this depends on the sum alone.", f" - {TAKEN}", ""),
    ("log is missing: the log of the sum, minus the logit.", "log(total)", "total"),
    ("That is the probability itself. The loss is minus its log.",
     f"log(total) - {TAKEN}", f"exp{TAKEN} / total"),
    ("You sum up logs. What is needed is the log of the sum of exps: log(sum(…)).",
     "log(total)", "sum([log(exp(x - largest)) for x in logits])"),
    ("exp is missing in the sum: the log of the sum of exps.",
     "exp(x - largest) for x", "x - largest for x"),
    ("You subtract the smallest logit. Where another is far above it, its exp is too large: "
     "subtract the largest, max(logits).", "= max(logits)", "= min(logits)"),
    ("These are the losses of all classes, added up. Only that of the right class counts: the one "
     "at target_index.", f"log(total) - {TAKEN}",
     "sum([log(total) - (x - largest) for x in logits])"),
    ("It is divided by the number of classes. The loss is that of the right class alone.",
     f"log(total) - {TAKEN}", f"(log(total) - {TAKEN}) / len(logits)"),
], why="This one number is what language models are trained on, and what their makers publish: "
       "the mean\ncross-entropy of the next token. Its gradient is simple: the probabilities, minus "
       "1 at the target.")
def check_cross_entropy(m, rng):
    cases = overflowing(rng)
    for logits in [*cases, [0.0, 1000.0 + rng.random()], [rng.random() - 1000, 0.0, 1.0]]:
        target = rng.randrange(len(logits)) if len(logits) == 3 and logits[1] else 0
        at = f"cross_entropy({logits}, {target})"
        yield Probe("cross_entropy", at, lambda: unchanged(m.cross_entropy, list(logits), target),
                    cross_entropy(logits, target))

        def gradient():
            values = [micrograd.Value(x) for x in logits]
            loss = unchanged(m.cross_entropy, values, target)
            if loss is None:
                return None
            of_values(loss, "The cross-entropy of Values")
            loss.backward()
            return [v.grad for v in values]

        yield Probe("cross_entropy", f"the gradient of {at} by the logits", gradient,
                    [p - (i == target) for i, p in enumerate(exp_by_exp(logits))],
                    "it is softmax, minus 1 at the target:")


PLAIN = ("Earlier slopes are lost: this is plain gradient descent. Store the velocity in "
         "self.velocity[i], and move by it.")
NEW = "            self.velocity[i] = self.momentum * self.velocity[i] + p.grad\n"
MOVED = "            p.data = p.data - self.lr * self.velocity[i]\n"
V = "self.momentum * self.velocity[i] + p.grad"


@exercise("16_momentum", hints=[
    "The velocity of parameter i is self.velocity[i]. First compute the new one from the old one.",
    "self.velocity[i] = self.momentum * self.velocity[i] + p.grad",
    "Then p.data moves by -lr times the velocity.",
], mistakes=[
    ("The velocity is right, but not kept for the next step: store it in self.velocity[i].",
     NEW + MOVED, f"            v = {V}\n            p.data = p.data - self.lr * v\n"),
    (PLAIN, NEW + MOVED, "            p.data = p.data - self.lr * p.grad\n"),
    ("The velocity is right, but the parameter moves by the gradient: move it by the velocity.",
     "p.data - self.lr * self.velocity[i]", "p.data - self.lr * p.grad"),
    ("The velocity is right, and `p` is given a new value: the parameter stays as it was. Change "
     "p.data.", "p.data = p.data - self.lr", "p = p.data - self.lr"),
    ("The velocity is right, but nothing moves: p.data has to change by it.", MOVED, ""),
    ("The sign is wrong: you climb. Subtract from p.data.", "p.data - self.lr",
     "p.data + self.lr"),
    ("The gradient is subtracted from the velocity, and the velocity from p.data: so you climb. "
     "Add the gradient to the velocity, +.", "+ p.grad", "- p.grad"),
    ("lr, the learning rate, is forgotten: the parameter moves by the whole velocity.",
     "self.lr * self.velocity[i]", "self.velocity[i]"),
    ("lr, the learning rate, is in it twice: in the velocity and in the step. One is enough, in "
     "the step.", "+ p.grad", "+ self.lr * p.grad"),
    ("That is the step alone: subtract it from the old p.data.",
     "p.data - self.lr * self.velocity[i]", "self.lr * self.velocity[i]"),
    ("momentum is forgotten: the velocity builds up for ever, and nothing slows down.",
     V, "self.velocity[i] + p.grad"),
    ("`+=` adds to the velocity that is there already, so the old one is counted once more. Write "
     "`=`, for the right side has the old velocity in it.",
     NEW, NEW.replace("] = ", "] += ", 1)),
    ("momentum multiplies the old velocity, not the gradient.",
     V, "self.momentum * p.grad + self.velocity[i]"),
    ("Mind the parentheses: momentum multiplies the old velocity alone, and the whole gradient is "
     "added.", V, "self.momentum * (self.velocity[i] + p.grad)"),
    ("momentum stands where the velocity should: v ← momentum · v + gradient.", V,
     "self.momentum + p.grad"),
    ("The gradient is damped by 1 - momentum. Here, as in PyTorch, the whole gradient is added.",
     "* self.velocity[i] + p.grad", "* self.velocity[i] + (1 - self.momentum) * p.grad"),
    ("What is added to the velocity should be the gradient, p.grad, not the data.",
     "+ p.grad", "+ p.data"),
    ("momentum damps the parameter itself here. It belongs to a velocity: v ← momentum · v + "
     "gradient, kept in self.velocity[i].", NEW + MOVED,
     "            p.data = self.momentum * p.data - self.lr * p.grad\n"),
    ("The parameters share one velocity. Each needs its own: self.velocity[i].",
     NEW + MOVED, (NEW + MOVED).replace("[i]", "[0]")),
    ("The parameter moves by the old velocity: compute the new one first.",
     NEW + MOVED, MOVED + NEW),
    ("self.velocity is the list of all velocities. That of this parameter is self.velocity[i].",
     NEW + MOVED, (NEW + MOVED).replace("[i]", "")),
    ("What is added to the velocity should be the gradient, p.grad, not the parameter itself.",
     "+ p.grad", "+ p"),
    ("The velocity forgets the gradient: add p.grad.", "* self.velocity[i] + p.grad",
     "* self.velocity[i]"),
    ("`return` is inside the loop: only the first parameter moves, and the others never.",
     MOVED, f"{MOVED}            return\n"),
], why="Two lines more than plain descent, and long valleys are crossed in a tenth of the steps. "
       "Adam, which\ntrains nearly everything today, keeps one more such memory: of how large the "
       "gradients have been.")
def check_momentum(m, rng):
    for momentum in (0.0, 0.9, 0.5):
        start, lr = numbers(rng, 3), round(rng.uniform(0.01, 0.3), 3)
        grads = [numbers(rng, 3) for _ in range(4)]

        def moved(optimiser):
            parameters = [micrograd.Value(x) for x in start]
            optimizer = optimiser(parameters, lr=lr, momentum=momentum)
            for row in grads:
                for p, g in zip(parameters, row):
                    p.grad = g
                optimizer.step()
            if any(p.grad != g for p, g in zip(parameters, grads[-1])):
                raise Told("`step` changes p.grad. It is the trainer who zeroes the gradients, "
                           "before the next backward(): change p.data and the velocity alone.")
            v = 0.0
            for row in grads:
                v = momentum * v + row[0]
            kept = optimizer.velocity[0] if optimiser is m.SGD else v
            # With lr in the velocity, all is as it should be.
            kept = v if same_number(kept, lr * v) or same_number(-kept, lr * v) else kept
            return [[p.data for p in parameters], kept]

        yield Probe("step", f"three parameters {start}, {point(lr=lr, momentum=momentum)}, after 4 "
                    "steps: the parameters, and the velocity of the first", lambda: moved(m.SGD),
                    moved(SGD), "micrograd's SGD has")


def same_number(x, y) -> bool:
    return isinstance(x, (int, float)) and math.isclose(x, y, rel_tol=1e-9)


SCORES = "dot(query, key) / sqrt(len(query)) for key in keys]"
ADDED_UP = "[dot(weights, numbers) for numbers in zip(*values)]"


@exercise("17_attention", hints=[
    "scores = [dot(query, key) / … for key in keys]: one number for each key.",
    "Divide by sqrt(len(query)). Then weights = softmax(scores).",
    "For each `numbers` in zip(*values), the output has dot(weights, numbers).",
], mistakes=[
    ("The scores are not divided by √d: sqrt(len(query)).", " / sqrt(len(query))", ""),
    ("The scores are divided by d. Take its square root: sqrt(len(query)).",
     "sqrt(len(query))", "len(query)"),
    ("The scores are multiplied by √d. Divide: they should become smaller.", "/ sqrt", "* sqrt"),
    ("d is how many numbers the query has, len(query), not how many keys there are.",
     "len(query)", "len(keys)"),
    ("d is how many numbers the query has, len(query): not how long it is as an arrow.",
     "sqrt(len(query))", "sqrt(dot(query, query))"),
    ("The softmax is forgotten: the weights must add up to 1.", "softmax(scores)", "scores"),
    ("Softmax is taken of one score at a time, which is always 1. It takes all scores together, in "
     "one list.", "softmax(scores)", "[1.0 for s in scores]"),
    ("The weights are those of the keys, but what is added up are keys, too: take the values.",
     "zip(*values)", "zip(*keys)"),
    ("The query is compared with the values. It asks the keys.", "for key in keys",
     "for key in values"),
    ("Each key is compared with itself. It is the query that is compared with each key.",
     "dot(query, key)", "dot(key, key)"),
    ("Every value counts the same here: the weights are not used.",
     ADDED_UP, "[sum(numbers) / len(numbers) for numbers in zip(*values)]"),
    ("The values are added up as they are: the weights, their proportions, are not used.",
     ADDED_UP, "[sum(numbers) for numbers in zip(*values)]"),
    ("That is the value of the best key alone. All of them count, in the proportions of the "
     "weights.", ADDED_UP, "list(values[scores.index(max(scores))])"),
    ("The scores are divided after the softmax. It belongs before.",
     f"{SCORES}\n    weights = softmax(scores)", "dot(query, key) for key in keys]\n"
     "    weights = [w / sqrt(len(query)) for w in softmax(scores)]"),
    ("These are the weights. The output is the values, added up in these proportions.",
     ADDED_UP, "weights"),
    ("These are the scores. Softmax makes weights of them, and the output is the values, added up "
     "in these proportions.", ADDED_UP, "scores"),
    ("Each value is combined with the weights by itself. A number of the output is made of the "
     "numbers that all values have in the same place: zip(*values) gives those, place by place.",
     ADDED_UP, "[dot(weights, value) for value in values]"),
    ("The star is missing: zip(*values) gives the first numbers of all values, then the second.",
     ADDED_UP, "[dot(weights, numbers) for numbers in zip(values)]"),
    ("`values` is a list of lists. dot takes two lists of numbers: go through zip(*values), place "
     "by place.", ADDED_UP, "dot(weights, values)"),
    ("These are the values, each multiplied by its weight, but not added up: for each place, sum "
     "over all values.", ADDED_UP, "[w * v for w, v in zip(weights, values)]"),
    ("The query is compared with one key at a time: dot(query, key), for each key in keys.",
     f"[{SCORES}", "dot(query, keys) / sqrt(len(query))"),
    ("d is how many numbers the query has: len(query).", "sqrt(len(query))", "sqrt(query)"),
    ("That is one number, all numbers of all values added up. The output is a list, with one "
     "number for each place in a value: [… for numbers in zip(*values)].",
     ADDED_UP, "sum([dot(weights, numbers) for numbers in zip(*values)])"),
], why="A transformer is this, many times beside each other and in layers, with a network of neurons "
       "between.\nAnd all of its knobs are found by the loop that you wrote in exercise 12.")
def check_attention(m, rng):
    for words, d, size in ((3, 2, 2), (2, 4, 4), (5, 3, 3), (3, 4, 2)):
        query = numbers(rng, d)
        keys, values = ([numbers(rng, n) for _ in range(words)] for n in (d, size))

        def total(query, keys, values, each=False):
            scores = [sum(map(operator.mul, query, key)) / math.sqrt(d) for key in keys]
            weights = exp_by_exp(scores)
            out = [sum(map(operator.mul, weights, column)) for column in zip(*values)]
            return out if each else sum(out)

        def call():
            return unchanged(m.attention, list(query), list(keys), list(values))

        at = f"query = {query}, keys = {keys}, values = {values}"
        yield Probe("attention", at, call, total(query, keys, values, each=True))

        def by_all():
            q, *rest = [[micrograd.Value(x) for x in row] for row in (query, *keys, *values)]
            said = m.attention(q, rest[:words], rest[words:])
            of_values(said, "The output for Values")
            sum(said).backward()
            return [x.grad for x in (*q, *rest[0], *rest[words])]

        def nudged(i, x):
            rows = [list(row) for row in (query, *keys, *values)]
            row, j = ((0, i) if i < d else (1, i - d) if i < 2 * d else (words + 1, i - 2 * d))
            rows[row][j] = x
            return total(rows[0], rows[1:words + 1], rows[words + 1:])

        start = [*query, *keys[0], *values[0]]
        yield Probe("attention", "the gradient of the output's sum by the query, the first key and "
                    f"the first value; {at}", by_all,
                    [slope(lambda x: nudged(i, x), q)[0] for i, q in enumerate(start)],
                    NUDGED, 1e-5)

