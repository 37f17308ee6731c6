"""A GPT on one page, from the number up: with nothing but the engine.

It reads words, one letter after another, and learns to guess the next letter. That is what every
language model does. This one has 4,192 parameters, and each of them is a `Value`.

You will see all of it, down to the words that it makes up. It begins slowly, with a value for every
`*` and `+`; then three lines, marked 1, 2 and 3, make it fast. `gpt.py` is the full program.
"""

import random
import sys
import time

import command_line
import micrograd
from micrograd import Value
from python_names import words_of_python

LETTERS = ".abcdefghijklmnopqrstuvwxyz"          # a dot begins and ends every word
WIDTH, HEADS, CONTEXT = 16, 4, 16               # numbers for a letter, heads, letters it looks at
STEPS = 10, 100, 1900                           # slow, faster, fast


# ── Numbers: of a letter, and the parameters, which are random at first ───────────────────────────
def one_hot(letter: str) -> list[float]:
    """1 in the letter's own place, 0 in the places of all others."""
    return [float(letter == other) for other in LETTERS]

SHAPES = {"letter": (len(LETTERS), WIDTH), "position": (CONTEXT, WIDTH), "query": (WIDTH, WIDTH),
          "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH), "mix": (WIDTH, WIDTH), "expand":
          (4 * WIDTH, WIDTH), "contract": (WIDTH, 4 * WIDTH), "score": (len(LETTERS), WIDTH)}

def random_weights(rng: random.Random) -> dict[str, list[list[Value]]]:
    return {name: [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]
            for name, (rows, columns) in SHAPES.items()}


# ── The network: which letter comes next? ─────────────────────────────────────────────────────────
def dot(xs, ys):
    return sum([x * y for x, y in zip(xs, ys)])

def pick(one_hot, things):              # the one that a one-hot letter points to
    return dot(one_hot, things)

def linear(rows, x):
    return [dot(row, x) for row in rows]

def add(x, y):
    return [xi + yi for xi, yi in zip(x, y)]

def norm(x):                            # the same direction, with a mean square of 1
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]

def softmax(scores):                    # any numbers as probabilities: positive, and 1 together
    exps = [score.exp() for score in scores]
    total = sum(exps)
    return [e / total for e in exps]

def gpt(w, letter, keys, values):
    """A score for each letter to come next. `keys` and `values` remember the letters before."""
    # What the letter is, and where it stands.
    x = norm(add([pick(letter, column) for column in zip(*w["letter"])], w["position"][len(keys)]))

    # Attention: each head compares its query with every key, and gathers the values that fit.
    y = norm(x)
    query = linear(w["query"], y)
    keys.append(linear(w["key"], y))
    values.append(linear(w["value"], y))
    gathered, size = [], WIDTH // HEADS
    for head in [slice(start, start + size) for start in range(0, WIDTH, size)]:
        shares = softmax([dot(query[head], key[head]) / size ** 0.5 for key in keys])
        gathered += [dot(shares, column) for column in zip(*[value[head] for value in values])]
    x = add(x, linear(w["mix"], gathered))

    # Feed forward: think about what was gathered.
    y = [z.relu() for z in linear(w["expand"], norm(x))]
    x = add(x, linear(w["contract"], y))
    return linear(w["score"], x)

def loss(w, text):
    """How surprised it is by each letter after the first: -log of the probability it gave it."""
    keys, values = [], []
    losses = [-pick(following, softmax(gpt(w, letter, keys, values))).log()
              for letter, following in zip(text, text[1:])]
    return sum(losses) / len(losses)


# ── Learning: every parameter a little against its gradient, again and again ──────────────────────
class Adam:
    """A step is about `lr`, whatever the size of the gradients: their mean by their typical size."""
    def __init__(self, parameters):
        self.parameters, self.steps = parameters, 0
        self.mean, self.square = [0] * len(parameters), [0] * len(parameters)

    def step(self, lr: float) -> None:
        self.steps = t = self.steps + 1
        for i, p in enumerate(self.parameters):
            m = self.mean[i] = 0.85 * self.mean[i] + 0.15 * p.grad
            v = self.square[i] = 0.99 * self.square[i] + 0.01 * p.grad ** 2
            p.data -= lr * m / (1 - 0.85 ** t) / ((v / (1 - 0.99 ** t)) ** 0.5 + 1e-8)
            p.grad = 0

def learn(steps: int, samples, gradients, adam: Adam, how: str) -> None:
    begun, average = time.perf_counter(), 0.0
    for step in (bar := command_line.progress(range(steps))):
        average += (gradients(next(samples)) - average) / min(step + 1, 100)
        adam.step(lr=0.01 * (1 - adam.steps / sum(STEPS)))
        bar.set_postfix_str(f"loss {average:.2f}", refresh=False)
    each = 1000 * (time.perf_counter() - begun) / steps
    print(f"{how}: {steps} steps, {each:.0f} ms each, loss {average:.2f}", flush=True)

def make_up(w, rng: random.Random) -> str:
    """A word: each letter is drawn with the probability that the network gives it."""
    word, keys, values = ".", [], []
    while len(word) <= CONTEXT and word.count(".") < 2:
        scores = gpt(w, one_hot(word[-1]), keys, values)
        chances = [p.data for p in softmax([score / 0.6 for score in scores])]
        word += rng.choices(LETTERS, chances)[0]
    return word.strip(".")


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────
def tell(args) -> None:
    global dot
    rng, words = random.Random(args.seed), words_of_python(CONTEXT)
    text = [one_hot(letter) for letter in "." + ".".join(rng.sample(words, len(words))) + "."]
    starts = [i for i in range(len(text) - CONTEXT) if text[i] == one_hot(".")]
    samples = iter(lambda: text[(i := rng.choice(starts)):i + CONTEXT + 1], None)
    w = random_weights(rng)
    parameters = [p for rows in w.values() for row in rows for p in row]
    print(f"{len(words):,} words, such as {words[7]}, and {len(parameters):,} parameters.")
    def gradients(text):
        error = loss(w, text)
        error.backward()
        return error.data
    learn(STEPS[0], samples, gradients, adam := Adam(parameters), "A value for every * and +")

    dot = micrograd.dot                                                         # 1
    learn(STEPS[1], samples, gradients, adam, "A value for every dot product")

    compiled = micrograd.jit(lambda *text: loss(w, text), parameters)           # 2
    gradients = lambda text: compiled([text])                                   # 3
    learn(STEPS[2], samples, gradients, adam, "Compiled")

    print("\nMade up:", *sorted({make_up(w, rng) for _ in range(40)} - set(words)))


if __name__ == "__main__":
    sys.exit(command_line.run(tell, command_line.parser(__doc__, seed=1, out=False)))
