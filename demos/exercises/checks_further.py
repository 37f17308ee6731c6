"""What is tried of the exercises from 13 on, as in `checks.py`."""

import math
import operator
import pathlib
import random

import micrograd
import yours
from checks import drawing, trees
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
    ("b is what is asked for, and not known yet: w · threshold + b should be 0. Solve that for b.",
     "-w * threshold", "w * threshold + b"),
    ("w is forgotten: with the weight 2, the line climbs twice as fast, and needs to begin twice "
     "as low.", "-w * threshold", "-threshold"),
    ("That is where the line should be 0, and not how low it has to begin for that: w · threshold "
     "+ b = 0.", "-w * threshold", "threshold"),
    ("You divide by w. It multiplies: w · threshold + b = 0.", "-w * threshold", "-threshold / w"),
    ("You divide by the threshold. It multiplies: w · threshold + b = 0.",
     "-w * threshold", "-w / threshold"),
    ("w and the threshold are multiplied, not subtracted: w · threshold + b = 0.",
     "-w * threshold", "w - threshold"),
    ("w and the threshold are multiplied: w · threshold + b = 0, solved for b.",
     "-w * threshold", "threshold - w"),
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
       "gets nonsense in production. And a network without biases says 0 to all zeros, whatever it "
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
    ("The largest exp is subtracted from the others. It is the largest logit that is subtracted, "
     "from the logits, before exp is taken.", "exp(x - largest)", "exp(x) - exp(largest)"),
    ("You subtract the mean of the logits. Where one is far above the mean, its exp is still too "
     "large: subtract the largest.", "    largest = max(logits)\n    exps",
     "    largest = sum(logits) / len(logits)\n    exps"),
    ("You subtract the sum of the logits. Subtract the largest: then every exp is at most 1.",
     "    largest = max(logits)\n    exps", "    largest = sum(logits)\n    exps"),
    ("You subtract the smallest logit. Where another is far above it, its exp is still too large: "
     "subtract the largest, max(logits).", "= max(logits)", "= min(logits)"),
    ("You subtract the first logit. Where another is far above it, its exp is still too large: "
     "subtract the largest, max(logits).", "= max(logits)", "= logits[0]"),
    ("The largest is added. Subtract it: x - largest is at most 0.", "x - largest", "x + largest"),
    ("The sign is turned round: x - largest, so that the largest logit has the largest "
     "probability.", "x - largest", "largest - x"),
    ("These are exps, not probabilities yet: divide by their sum.", "e / total for e", "e for e"),
    ("You divide by how many there are. Divide by the sum of the exps: then they add up to 1.",
     "total = sum(exps)", "total = len(exps)"),
    ("You divide by the largest exp. Divide by the sum of all: then they add up to 1.",
     "total = sum(exps)", "total = max(exps)"),
    ("You divide by the sum of the logits. Divide by the sum of the exps: then they add up to 1.",
     "total = sum(exps)", "total = sum(logits)"),
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
       "among some 50,000 tokens by it. And the trick against overflow is in every library.")
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
    ("The largest was subtracted from the target's own logit but not in the sum. It has to be in "
     "both.", "exp(x - largest)", "exp(x)"),
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
    ("The log is missing: this is minus the probability itself.",
     f"log(total) - {TAKEN}", f"-exp{TAKEN} / total"),
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
       "the mean cross-entropy of the next token. Its gradient is simple: the probabilities, minus "
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
    ("The old velocity is missing: v ← momentum · v + gradient.", V, "self.momentum * p.grad"),
    ("Plus and times are exchanged: v ← momentum · v + gradient.", V,
     "self.momentum + self.velocity[i] * p.grad"),
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
    ("append makes the list longer and leaves the velocity of this parameter as it was: store the "
     "new one in its place, self.velocity[i] = …", NEW,
     f"            self.velocity.append({V})\n"),
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
       "Adam, which trains nearly everything today, keeps one more such memory: of how large the "
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
    ("The weights are right, but it is the keys that are added up: take the values.",
     "zip(*values)", "zip(*keys)"),
    ("The query is compared with the values. It asks the keys.", "for key in keys",
     "for key in values"),
    ("Each key is compared with itself. It is the query that is compared with each key.",
     "dot(query, key)", "dot(key, key)"),
    ("Every value counts the same here, whatever its key: are the weights used, and do they come of "
     "the query and each key?",
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
       "between. And all of its knobs are found by the loop that you wrote in exercise 12.")
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



# ── 18 to 21: extending micrograd ─────────────────────────────────────────────────────────────────

def graph_of_softsign(m, folder: pathlib.Path) -> list[str]:
    a, b = micrograd.Value(2.0, label="a"), micrograd.Value(-1.5, label="b")
    out = m.softsign(a * b + a)
    out.label = "out"
    out.backward()
    return drawing(out, folder / "my_operation.svg", "Your operation, in a graph of micrograd's")


@exercise("18_softsign", hints=[
    "The mathematics is the formula: x / (1 + abs(x)).",
    "The slope is 1 / (1 + |x|)², which is (1 - abs(out)) ** 2.",
    "A rule multiplies by g, as always.",
], mistakes=[
    ("That is where softsign is at 0. How fast does it rise there? 1 / (1 + |0|)².",
     "PREDICTION = 1", "PREDICTION = 0"),
    ("That is the slope at 1, with the square forgotten, or softsign(1). At 0 it is 1 / (1 + |0|)².",
     "PREDICTION = 1", "PREDICTION = 0.5"),
    ("That is the slope at 1. At 0 it is 1 / (1 + |0|)².", "PREDICTION = 1", "PREDICTION = 0.25"),
    ("The rule forgets g, the gradient of the output.", "g * (1 - abs(out)) ** 2",
     "(1 - abs(out)) ** 2"),
    ("The square is forgotten: the slope is (1 - |out|)².", "(1 - abs(out)) ** 2",
     "(1 - abs(out))"),
    ("abs is forgotten: below 0, out is negative, and 1 - out is more than 1.",
     "(1 - abs(out)) ** 2", "(1 - out) ** 2"),
    ("The rule uses the input where it should use the output: 1 - |out|, or 1 / (1 + |x|).",
     "(1 - abs(out)) ** 2", "(1 - abs(x)) ** 2"),
    ("The sign is wrong: 1 - |out| is smaller than 1, as the slope is.", "(1 - abs(out)) ** 2",
     "(1 + abs(out)) ** 2"),
    ("The slope is the other way up: one *divided by* (1 + |x|)².", "(1 - abs(out)) ** 2",
     "(1 + abs(x)) ** 2"),
    ("That is 1 - out², as for tanh. Here the square belongs to the whole of 1 - |out|: mind the "
     "parentheses.", "(1 - abs(out)) ** 2", "(1 - out * out)"),
    ("That is softsign itself, out, where its slope was meant: (1 - |out|)².",
     "g * (1 - abs(out)) ** 2", "g * out"),
    ("abs is forgotten: below 0, x / (1 + x) is something else, and at -1 there is none.",
     "x / (1 + abs(x))", "x / (1 + x)"),
    ("Mind the parentheses: / goes before +. x is divided by all of 1 + |x|.",
     "x / (1 + abs(x))", "x / 1 + abs(x)"),
    ("The sign below the line is wrong: 1 + |x|.", "x / (1 + abs(x))", "x / (1 - abs(x))"),
    ("|x| is above the line: then the sign of x is lost. Above it stands x.",
     "x / (1 + abs(x))", "abs(x) / (1 + abs(x))"),
], why="Whoever invents a new layer does what you did: mathematics, rule, and a measurement that "
       "the rule is right. micrograd's own functions are held to the same check, in its tests.",
   finish=graph_of_softsign, makes="my_operation.svg")
def check_softsign(m, rng):
    yield Probe("PREDICTION", "the slope of softsign at 0", lambda: m.PREDICTION, 1)
    f = lambda x: x / (1 + abs(x))
    points = [sign * abs(x) for sign, x in zip((1, -1, 1, -1), numbers(rng, 4))]
    for x in points:
        yield Probe("softsign", point(x=x), lambda: m.softsign(x), f(x))
    for x, g in zip(points, numbers(rng, 4)):
        def gradient():
            v = micrograd.Value(x)
            out = m.softsign(v)
            if not isinstance(out, micrograd.Value) or out._prev != (v,):
                raise Told("softsign of a Value should be one operation, made from it: is the @ "
                           "there, in front of op?")
            if out._op != "softsign":
                raise Told(f"Its symbol is {out._op!r}, and should be \"softsign\".")
            (out * g).backward()
            return v.grad
        yield Probe("rule of softsign", point(g=g, out=f(x), x=x), gradient, g * slope(f, x)[0],
                    "g times the measured slope is")
    x, = numbers(rng, 1)

    def measured():
        try:
            micrograd.check_gradients(m.softsign, x)
        except micrograd.checking.GradientError as error:
            raise Told(str(error)) from None
        w = micrograd.Value(x, label="w")
        step = micrograd.jit(lambda one: m.softsign(w * one), [w])
        try:
            step([(1.0,)])
        except TypeError as error:
            raise Told("It is right for numbers and for Values, but no program can be made of it, "
                       f"as exercise 21 does: {error}. Use abs, and + - * / **.") from None
        return "agrees"

    yield Probe("softsign", f"check_gradients(softsign, {x:g})", measured, "agrees")


def graph_of_network(m, folder: pathlib.Path) -> list[str]:
    network = m.Network(rng=random.Random(1))
    x = [micrograd.Value(1.0, label="x1"), micrograd.Value(-2.0, label="x2")]
    out = network(x)
    out.label = "out"
    out.backward()
    return drawing(out, folder / "my_network.svg", "Your network, with your Module as a box",
                   network)


HIDDEN = "[Neuron(2, activation=softsign, rng=rng) for _ in range(2)]"
TWICE = ("That is one hidden neuron twice, not two: both share their weights. Make two: "
         "[Neuron(…), Neuron(…)], or [Neuron(…) for _ in range(2)].")
MADE = (f"        self.hidden = {HIDDEN}\n"
        "        self.output = Neuron(2, activation=None, rng=rng)")
SAYS = "self.output([neuron(x) for neuron in self.hidden])"


@exercise("19_network", hints=[
    "Neuron(2, activation=softsign, rng=rng) is one hidden neuron; the list has two such.",
    "self.output = Neuron(2, activation=None, rng=rng)",
    "Called, it hands to self.output the list of what each neuron in self.hidden says about x.",
], mistakes=[
    (TWICE, HIDDEN, "[Neuron(2, activation=softsign, rng=rng)] * 2"),
    ("There is one hidden neuron, and there should be two.", HIDDEN,
     "[Neuron(2, activation=softsign, rng=rng)]"),
    ("There are three hidden neurons, and there should be two.", HIDDEN,
     "[Neuron(2, activation=softsign, rng=rng) for _ in range(3)]"),
    ("The hidden neurons bend with ReLU, which Neuron does unless told otherwise: "
     "activation=softsign.", "Neuron(2, activation=softsign, rng=rng)", "Neuron(2, rng=rng)"),
    ("The hidden neurons do not bend: activation=softsign.",
     "Neuron(2, activation=softsign, rng=rng)", "Neuron(2, activation=None, rng=rng)"),
    ("The output neuron bends, and should be linear: activation=None.",
     "self.output = Neuron(2, activation=None, rng=rng)",
     "self.output = Neuron(2, activation=softsign, rng=rng)"),
    ("The output neuron bends with ReLU, which Neuron does unless told otherwise: activation=None.",
     "self.output = Neuron(2, activation=None, rng=rng)", "self.output = Neuron(2, rng=rng)"),
    ("`rng` is not handed on, and so the weights are others each time: rng=rng in each Neuron.",
     "Neuron(2, activation=softsign, rng=rng)", "Neuron(2, activation=softsign)"),
    ("`rng` is not handed on to the output neuron, and so its weights are others each time.",
     "Neuron(2, activation=None, rng=rng)", "Neuron(2, activation=None)"),
    ("The output neuron is made first, and takes the numbers from rng that the hidden ones should "
     "have: make self.hidden first.", MADE, "\n".join(reversed(MADE.split("\n")))),
    ("The hidden neurons are skipped: the output neuron should see what they say, not the inputs.",
     SAYS, "self.output(x)"),
    ("That is what the hidden neurons say. Hand the list to self.output.",
     SAYS, "[neuron(x) for neuron in self.hidden]"),
    ("The output neuron is left out: what the hidden ones say is only added up.",
     SAYS, "sum([neuron(x) for neuron in self.hidden])"),
    ("That is one hidden neuron twice: both elements of self.hidden are meant.",
     SAYS, "self.output([self.hidden[0](x), self.hidden[0](x)])"),
    ("The hidden neurons are themselves handed on. Call each with x.",
     SAYS, "self.output(self.hidden)"),
    ("Each hidden neuron sees one input only. Both see both: neuron(x).",
     SAYS, "self.output([neuron([xi]) for neuron, xi in zip(self.hidden, x)])"),
    ("Each hidden neuron sees one input only. Both see both: neuron(x).",
     SAYS, "self.output([neuron(xi) for neuron, xi in zip(self.hidden, x)])"),
], why="Large models are written exactly so, a class of parts in a class of parts: `nn.Module` in "
       "PyTorch has the same name, the same two methods, and finds parameters in the same way.",
   finish=graph_of_network, makes="my_network.svg")
def check_network(m, rng):
    for seed in range(3):
        x, data = numbers(rng, 2), numbers(rng, 9, 0.1, 0.9)

        def network():
            made = m.Network(rng=random.Random(seed))
            neurons = hidden_and_output(made)
            for p, number in zip([p for n in neurons for p in (*n.w, n.b)], data):
                p.data = number
            return made

        bend = lambda z: z / (1 + abs(z))
        out = [bend(x[0] * u + x[1] * v + b) for u, v, b in (data[:3], data[3:6])]
        at = f"the parameters {data}, x = {x}"

        def parameters():
            made = m.Network(rng=random.Random(seed))
            neurons = hidden_and_output(made)
            if len({id(n) for n in neurons}) < len(neurons):
                raise Told(TWICE)
            return [len(neurons), len(made.parameters())]

        yield Probe("__init__", "how many neurons there are, and how many parameters", parameters,
                    [3, 9])

        def drawn():
            made = m.Network(rng=random.Random(seed))
            draw = random.Random(seed)
            return [[w.data for w in n.w] == [draw.uniform(-1, 1) for _ in n.w]
                    for n in hidden_and_output(made)]

        yield Probe("__init__", "whether each neuron, in their order, draws its weights from rng",
                    drawn, [True, True, True])
        z = abs(numbers(rng, 1)[0])
        yield Probe("__init__", f"the bends of the neurons, each at z = {z:g} and at {-z:g}",
                    lambda: [x if n.activation is None else n.activation(x)
                             for n in hidden_and_output(m.Network(rng=random.Random(seed)))
                             for x in (z, -z)],
                    [bend(z), bend(-z), bend(z), bend(-z), z, -z])
        yield Probe("__call__", at, lambda: network()(list(x)),
                    out[0] * data[6] + out[1] * data[7] + data[8])


def hidden_and_output(network) -> list:
    for name in ("hidden", "output"):
        if not hasattr(network, name):
            raise Told(f"There is no self.{name}: store the neurons under the names hidden and "
                       "output, with `self.` in front.")
    hidden = network.hidden
    if not isinstance(hidden, (list, tuple)):
        raise Told(f"self.hidden should be a list of two neurons, and is a {type(hidden).__name__}.")
    if isinstance(network.output, (list, tuple)):
        raise Told("self.output should be one neuron, not a list.")
    for n in (*hidden, network.output):
        if not isinstance(n, micrograd.nn.Neuron):
            raise Told(f"Each should be a Neuron, and one is a {type(n).__name__}.")
        if len(n.w) != 2:
            raise Told(f"Each neuron takes two inputs, and one of yours takes {len(n.w)}: "
                       "Neuron(2, …).")
    return [*hidden, network.output]


SQUARES = "        self.squares[i] = self.squares[i] + g * g\n"
NEXT = "        return p.data - self.lr * g / sqrt(self.squares[i] + 1e-8)\n"
LOST = ("The squares of the earlier steps are lost: add them up, and keep the sum in "
        "self.squares[i] from one step to the next.")


@exercise("20_optimizer", hints=[
    "First the memory: self.squares[i] becomes itself plus g * g.",
    "Then return the next data: p.data minus lr times g, divided by sqrt(self.squares[i] + 1e-8).",
], mistakes=[
    ("That is one step of plain descent. Here the step is lr · g / √(g²), which is lr.",
     "PREDICTION = 4.9", "PREDICTION = 1"),
    ("The sign is wrong: it goes against the gradient.", "PREDICTION = 4.9", "PREDICTION = 5.1"),
    ("That is the step. The data after it is 5 minus the step.", "PREDICTION = 4.9",
     "PREDICTION = 0.1"),
    ("lr is forgotten: the step is lr · g / √(g²).", "PREDICTION = 4.9", "PREDICTION = 4"),
    (LOST, SQUARES + NEXT,
     "        return p.data - self.lr * g / sqrt(g * g + 1e-8)\n"),
    (LOST, "self.squares[i] + g * g",
     "g * g"),
    ("What is added up should be the squares, g * g, not the gradients.",
     "self.squares[i] + g * g", "self.squares[i] + g"),
    ("The memory never grows: s ← s + g² is missing.", SQUARES, ""),
    ("The square root is forgotten.", "sqrt(self.squares[i] + 1e-8)", "(self.squares[i] + 1e-8)"),
    ("You multiply by √s. Divide: where gradients were large, the step is small.",
     "g / sqrt", "g * sqrt"),
    ("The sign is wrong: you climb. Subtract.", "p.data - self.lr", "p.data + self.lr"),
    ("lr is forgotten.", "self.lr * g", "g"),
    ("g is forgotten above the line: the step is lr · g / √(s + 1e-8).", "self.lr * g /",
     "self.lr /"),
    ("That is the step. Return the next data: p.data minus the step.", "p.data - self.lr",
     "self.lr"),
    ("The step is made with the old memory: first s ← s + g², then the step.", SQUARES + NEXT,
     "        step = self.lr * g / sqrt(self.squares[i] + 1e-8)\n" + SQUARES
     + "        return p.data - step\n"),
    ("All parameters share one memory. Each has its own: self.squares[i].", SQUARES + NEXT,
     (SQUARES + NEXT).replace("[i]", "[0]")),
    ("The next data is stored but not returned: `return` it, and let `step` store it.",
     "        return p.data - ", "        p.data = p.data - "),
    ("The next data is stored but not returned: `return` it, and let `step` store it.",
     "        return p.data - ", "        p.data -= "),
    ("self.squares is the list of all. That of this parameter is self.squares[i].",
     SQUARES + NEXT, (SQUARES + NEXT).replace("[i]", "")),
    ("1e-8 is added outside the root, or left out: √(s + 1e-8), so that nothing is divided by 0.",
     "sqrt(self.squares[i] + 1e-8)", "sqrt(self.squares[i])"),
], why="A step length for each parameter of its own, found by itself: that is why Adam works "
       "nearly everywhere without being tuned. You can invent your own now, and try it on any model.")
def check_optimizer(m, rng):
    yield Probe("PREDICTION", "the data after the first step, from 5, of g = 40 and lr = 0.1",
                lambda: m.PREDICTION, 4.9)
    for _ in range(3):
        start, lr = numbers(rng, 3), round(rng.uniform(0.01, 0.3), 3)
        # The third is 0 at first, and tiny later: there the 1e-8 counts.
        grads = [[*numbers(rng, 2), tiny] for tiny in (0.0, 1e-4, 0.0, -2e-4)]
        truth = []
        for i, x in enumerate(start):
            s = 0.0
            for row in grads:
                s += row[i] ** 2
                x -= lr * row[i] / math.sqrt(s + 1e-8)
            truth.append(x)

        def moved():
            parameters = [micrograd.Value(x) for x in start]
            optimizer = m.AdaGrad(parameters, lr=lr)
            for row in grads:
                for i, (p, g) in enumerate(zip(parameters, row)):
                    p.grad = g
                optimizer.step()
            return [p.data for p in parameters]

        yield Probe("update", f"three parameters {start}, {point(lr=lr)}, the gradients {grads}: "
                    "after these 4 steps", moved, truth)

        def alone():
            p = micrograd.Value(start[0])
            p.grad = grads[0][0]
            optimizer = m.AdaGrad([p], lr=lr)
            said = optimizer.update(0, p)
            if isinstance(said, micrograd.Value):
                raise Told("`update` returns the next data, a plain number. This is a Value: "
                           "compute with p.data, not with p.")
            if p.data != start[0]:
                raise Told("`update` changes p.data itself. It returns the next data, and leaves "
                           "storing it to `step`, which moves all parameters at once or none.")
            return said

        yield Probe("update", f"update(0, p) alone, where p.data = {start[0]:g}, p.grad = "
                    f"{grads[0][0]:g}, {point(lr=lr)}", alone,
                    start[0] - lr * grads[0][0] / math.sqrt(grads[0][0] ** 2 + 1e-8))


def live_page(m, folder: pathlib.Path) -> list[str]:
    """Train the learner's network by the learner's optimiser, and make a live page of it."""
    *rows, (_, _, width) = trees()
    rows = [tuple(row) for row in rows]
    optimizer = yours.AdaGrad(m.network.parameters(), lr=0.1)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        losses.append(m.step(rows) * width ** 2)
        optimizer.step()
    path = folder / "my_knobs.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    micrograd.live(m.loss, rows[:8], m.network).save(path)
    return ["Your network, with your operation, was trained by your optimiser on 31 trees, by the "
            f"program that you have read: the mean squared residual fell from {losses[0]:.1f} to "
            f"{losses[-1]:.1f}. The page in which it is alive, with a knob at every parameter, is",
            str(path), "Open it in a browser, turn w(3,1), and watch its gradient."]


def line_of_gradient(source: str, index: int, parameters: list[float]) -> int:
    """The line of a program in which the gradient of this parameter is added up: the one without
    which that gradient is 0, and all else is as it was."""
    lines = source.splitlines()

    def run(left_out=None):
        program = dict(vars(math))
        exec("\n".join([line for i, line in enumerate(lines) if i != left_out]), program)
        loss, gradients = program["step"]([(1.0, 2.0, 0.5), (0.5, -1.0, 1.0)], parameters)
        return [loss, *gradients]

    wanted = run()
    wanted[1 + index] = 0
    for i in range(len(lines)):
        try:
            if run(left_out=i) == wanted:
                return i + 1
        except (NameError, SyntaxError, UnboundLocalError, TypeError):
            pass                                # a line that others need
    raise LookupError("no line of the program adds up that gradient alone")


@exercise("21_program", hints=[
    "Run the file: it prints the program with numbered lines. Look for grad_w31.",
    "grad_w31 is set to 0 above the loop, added to in the loop, and divided by n at the end.",
    "The links: 2 · error, then · w53, then · (1 - abs(out3)) ** 2, then · x1.",
], mistakes=[
    ("The factor 2 is missing: it comes of the square.", "2 * error", "error"),
    ("error is missing: the slope of error² is 2 · error.", "2 * error *", "2 *"),
    ("w(5,3) is missing: through it node 3 reaches the output.", " * w53", ""),
    ("The bend of node 3 is missing: its slope is (1 - |out3|)².", " * (1 - abs(out3)) ** 2", ""),
    ("The square is missing in the slope of softsign: (1 - |out3|)².", "(1 - abs(out3)) ** 2",
     "(1 - abs(out3))"),
    ("That is the slope of tanh. softsign has (1 - |out|)².", "(1 - abs(out3)) ** 2",
     "(1 - out3 * out3)"),
    ("abs is missing: out3 may be negative.", "(1 - abs(out3)) ** 2", "(1 - out3) ** 2"),
    ("x1 is missing: it is what w(3,1) multiplies. So far it is the gradient of b(3).",
     " ** 2 * x1", " ** 2"),
    ("out3 itself is no link here: w(3,1) reaches the output through the slope of the bend.",
     "(1 - abs(out3)) ** 2", "out3"),
    ("error is squared: that is the loss. Its slope is 2 · error.", "2 * error", "error ** 2"),
    ("The links are added. Along one path they are multiplied.",
     "2 * error * w53 * (1 - abs(out3)) ** 2 * x1", "2 * error + w53 + (1 - abs(out3)) ** 2 + x1"),
], why="You have read what a compiler makes of your network, forward and backward. The same "
       "program exists in C, and in the JavaScript of the page that you may now open.",
   finish=live_page, makes="my_knobs.html")
def check_program(m, rng):
    lines = m.step.source.splitlines()
    here = line_of_gradient(m.step.source, 0, [p.data for p in m.network.parameters()])
    sum_of_w31 = lines[here - 1].split("+=")[0].strip()

    def line():
        said = m.LINE
        if isinstance(said, str):
            raise Told("LINE is the number of the line, as it stands before it: no text.")
        if isinstance(said, int) and 1 <= said <= len(lines) and said != here:
            text = lines[said - 1].strip()
            if "return" in text or "/ n" in text:
                why = "There the sums are divided by n and returned. Where are they added up?"
            elif "= 0.0" in text:
                why = "There the sums begin, with 0. Where is something added to the one of w31?"
            elif text.endswith("= parameters"):
                why = "There the weight itself is read. Where is its gradient added up?"
            elif "+=" in text:
                why = f"There something else is added up: look for {sum_of_w31}."
            else:
                why = f"Look for the line with {sum_of_w31} +=."
            raise Told(f"Line {said} of the program is: {text}\n{why}")
        return said

    yield Probe("LINE", "the line in which the gradient of w(3,1) is added up", line, here)
    for _ in range(4):
        data, (x1, x2), (target,) = numbers(rng, 9, 0.1, 0.9), numbers(rng, 2), numbers(rng, 1)
        bend = lambda z: z / (1 + abs(z))

        def loss(w31, parts=False):
            out3 = bend(w31 * x1 + data[1] * x2 + data[2])
            out4 = bend(data[3] * x1 + data[4] * x2 + data[5])
            error = out3 * data[6] + out4 * data[7] + data[8] - target
            return (error, out3) if parts else error ** 2

        error, out3 = loss(data[0], parts=True)
        at = point(x1=x1, error=error, out3=out3, w53=data[6])
        yield Probe("gradient_of_w31", at,
                    lambda: m.gradient_of_w31(x1, error, out3, data[6]), slope(loss, data[0])[0],
                    NUDGED)
