"""A language model, whole: it reads names letter by letter, and makes up names of its own.

    x ← norm(token embedding + position embedding)    what the letter is, and where it stands
    x ← x + attention(norm(x))                        look back: what came before?
    x ← x + feed_forward(norm(x))                     think about what was seen
    logits = output(x)                                a score for each letter that may follow

This is the architecture of the GPTs, with about 4,000 parameters instead of billions. By default it
learns the public names of the running Python's own standard library. After less than 20 seconds, or
a minute where there is no C compiler, it predicts names that it has never seen better than counts of
pairs of letters do. You will see how many parameters each part has, the loss falling, that
comparison, and names that do not exist but could. The file is one story: the network, its training,
and what it makes up.

Ctrl-C saves a checkpoint, and --resume goes on from it as if nothing had happened.
"""

import math
import pathlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from operator import mul

import checkpoints
import command_line
import gpt_told as told
from command_line import BadInput, Failed, positive
from micrograd import Value, dot, jit, log, relu
from micrograd.losses import softmax
from micrograd.nn import Module, Parameter
from micrograd.optim import Adam

OPTIONS = {                                     # of a new run: type, default, meaning
    "seed": (int, 1, "the seed of the random numbers"),
    "steps": (positive(int), 5000, "steps of training, a name each"),
    "layers": (positive(int), 1, "how many times attention and feed-forward follow each other"),
    "heads": (positive(int), 4, "heads of attention; they share the width"),
    "width": (positive(int), 16, "numbers that stand for a letter on its way through the network"),
    "context": (positive(int), 16, "positions it can look at: a name's letters and its end"),
    "lr": (positive(float), 0.01, "the learning rate of the first step; it falls to 0"),
}
END = 0                                         # the token before and after every name
SAVED = 5                       # seconds between checkpoints
LARGEST = 200_000               # parameters times positions: more takes minutes to compile


# ── The network ───────────────────────────────────────────────────────────────────────────────────

class Linear(Module):
    """Each output is the dot product of the inputs with weights of its own."""

    def __init__(self, nin: int, nout: int, number: Callable, dot: Callable):
        self.weight = [[number() for _ in range(nin)] for _ in range(nout)]
        self.dot = dot

    def __call__(self, x):
        return [self.dot(row, x) for row in self.weight]


class Attention(Module):
    """How a position gathers what it needs from those before it.

    It asks with a query; each position offers a key, and a value for those whose query fits. A head
    is all this for one slice of the vector, so that several questions can be asked at once.
    """

    def __init__(self, width: int, heads: int, number: Callable, dot: Callable):
        self.query, self.key, self.value, self.output = (
            Linear(width, width, number, dot) for _ in range(4))
        self.size = width // heads
        self.dot = dot

    def __call__(self, x, keys: list, values: list):
        """`keys` and `values` are those of the positions so far; this one adds its own to them.
        No position sees a later one, for nothing of it is there yet: so attention is causal."""
        query = self.query(x)
        keys.append(self.key(x))
        values.append(self.value(x))
        gathered = []
        for start in range(0, len(x), self.size):
            head = slice(start, start + self.size)
            fits = [self.dot(query[head], key[head]) / self.size ** 0.5 for key in keys]
            shares = softmax(fits)
            gathered += [self.dot(shares, column) for column in zip(*[v[head] for v in values])]
        return self.output(gathered)


class FeedForward(Module):
    """A multi-layer perceptron, four times as wide inside, for each position by itself."""

    def __init__(self, width: int, number: Callable, dot: Callable):
        self.expand = Linear(width, 4 * width, number, dot)
        self.contract = Linear(4 * width, width, number, dot)

    def __call__(self, x):
        return self.contract([relu(z) for z in self.expand(x)])


class GPT(Module):
    """The logits of the next token, for one token after another. A token is given as a list that
    is 1 in its place and 0 elsewhere (*one-hot*); times a matrix, that picks out its embedding.

    `number()` makes each parameter. If it makes plain numbers, the same formulas compute without a
    graph, which is enough for a network that does not learn. `dot` is the dot product to use.
    """

    def __init__(self, vocabulary: int, number: Callable, *, layers: int = 1, heads: int = 4,
                 width: int = 16, context: int = 16, dot: Callable = dot):
        self.token_embedding = Linear(vocabulary, width, number, dot)
        self.position_embedding = [[number() for _ in range(width)] for _ in range(context)]
        self.attention = [Attention(width, heads, number, dot) for _ in range(layers)]
        self.feed_forward = [FeedForward(width, number, dot) for _ in range(layers)]
        self.output = Linear(width, vocabulary, number, dot)
        self.dot = dot

    def norm(self, x):
        """The vector brought to a root mean square of 1 (RMSNorm: Zhang and Sennrich, 2019)."""
        scale = (self.dot(x, x) / len(x) + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    def __call__(self, token: list, past: list[tuple[list, list]]):
        """`past` holds each layer's keys and values, so far: it begins as `nothing()`."""
        position = self.position_embedding[len(past[0][0])]
        x = self.norm(add(self.token_embedding(token), position))
        for attention, feed_forward, (keys, values) in zip(self.attention, self.feed_forward, past):
            x = add(x, attention(self.norm(x), keys, values))
            x = add(x, feed_forward(self.norm(x)))
        return self.output(x)

    def nothing(self) -> list[tuple[list, list]]:
        return [([], []) for _ in self.attention]

    def loss(self, tokens: list, targets: list, shares: list):
        """The cross-entropy, -log of the probability given to the target that follows each token:
        the sum over the positions, each multiplied by its share."""
        past = self.nothing()
        losses = [-log(self.dot(target, softmax(self(token, past))))
                  for token, target in zip(tokens, targets)]
        return self.dot(shares, losses)


def add(x, y):
    return [xi + yi for xi, yi in zip(x, y)]


# ── Its training ──────────────────────────────────────────────────────────────────────────────────

class Training:
    """All there is to training at one moment; its `state_dict` is what a checkpoint saves.

    With `language`, the step is compiled to that, unless the network is too large; otherwise each
    step builds its graph anew.
    """

    def __init__(self, names: list[str], options: dict, held_out: list[str] | None = None,
                 language: str | None = None, dot: Callable = dot):
        self.rng = random.Random(options["seed"])
        if held_out is None:                    # a tenth of the names, to be examined with
            names = self.rng.sample(names, len(names))
            held_out, names = names[:len(names) // 10], names[len(names) // 10:]
        self.names, self.held_out, self.options = names, held_out, options
        self.letters = sorted(set("".join(names + held_out)))
        tokens = range(1 + len(self.letters))
        self.one_hot = [[float(token == i) for i in tokens] for token in tokens]
        self.model = self.network(lambda: Parameter(self.rng.gauss(0, 0.08)), dot=dot)
        parameters = self.model.parameters()
        small = len(parameters) * options["context"] <= LARGEST
        self.compiled = (jit(self.model.loss, parameters, language)
                         if language not in (None, "off") and small else None)
        self.optimizer = Adam(parameters, betas=(0.9, 0.95))
        self.done, self.average = 0, 0.0

    def network(self, number: Callable, **kwargs) -> GPT:
        shape = {name: self.options[name] for name in ("layers", "heads", "width", "context")}
        return GPT(1 + len(self.letters), number, **shape, **kwargs)

    def tokens(self, name: str) -> list[int]:
        return [END, *[self.letters.index(letter) + 1 for letter in name], END]

    def sample(self, name: str, positions: int = 0) -> tuple[list, list, list]:
        """The arguments of `GPT.loss`: every position of the name has an equal share. To fill up a
        number of positions, others follow that have none: so all names look the same to `jit`."""
        tokens = self.tokens(name)
        used, more = len(tokens) - 1, max(0, positions - len(tokens) + 1)
        one_hot = [self.one_hot[token] for token in tokens + [END] * more]
        return one_hot[:-1], one_hot[1:], [1 / used] * used + [0.0] * more

    def loss(self, name: str) -> float:
        """The mean loss over a name's letters and its end. Its gradient is left in the parameters.

        Compiled, the step runs the same formulas as a plain program, ten times as fast and more.
        """
        self.optimizer.zero_grad()
        if self.compiled:
            return self.compiled([self.sample(name, self.options["context"])])
        tokens, targets, shares = self.sample(name)
        tokens = [[Value(x) for x in token] for token in tokens]    # nodes that all rows can share
        loss = self.model.loss(tokens, targets, shares)
        loss.backward()
        return loss.data

    def learn(self, count: int = 1) -> list[float]:
        """Learn from the next `count` names, one a step, but stop after the last one: then all are
        shuffled again. Returns the loss of each. Compiled to C, all of it is one call."""
        turn = self.done % len(self.names)
        if turn == 0:
            self.rng.shuffle(self.names)
        names = self.names[turn:turn + min(count, self.options["steps"] - self.done)]
        rates = [self.options["lr"] * (1 - step / self.options["steps"])
                 for step in range(self.done, self.done + len(names))]
        if self.compiled:
            samples = [[self.sample(name, self.options["context"])] for name in names]
            losses = self.compiled.train(samples, self.optimizer, rates)
        else:
            losses = []
            for name, self.optimizer.lr in zip(names, rates):
                losses.append(self.loss(name))
                self.optimizer.step()
        for loss in losses:
            self.done += 1
            self.average += (loss - self.average) / min(self.done, 100)
        return losses

    # What the trained network is good for. It no longer learns, so plain numbers will do.

    def plain(self) -> GPT:
        numbers = iter([p.data for p in self.model.parameters()])
        return self.network(lambda: next(numbers), dot=lambda ws, xs: sum(map(mul, ws, xs)))

    def held_out_loss(self) -> float:
        """The mean loss of a letter, or end, of the names held out."""
        model = self.plain()
        samples = [self.sample(name) for name in self.held_out]
        positions = [len(shares) for _, _, shares in samples]
        return sum([model.loss(*sample) * count for sample, count in zip(samples, positions)]
                   ) / sum(positions)

    def samples(self, temperature: float, prompt: str) -> Iterator[str]:
        """Names that the network makes up, without end. They begin with the prompt."""
        model = self.plain()
        while True:
            name, past = prompt, model.nothing()
            *before, token = self.tokens(prompt)[:-1]
            for earlier in before:
                model(self.one_hot[earlier], past)
            while len(name) + 1 < self.options["context"]:
                logits = model(self.one_hot[token], past)
                chances = softmax([(z - max(logits)) / temperature for z in logits])
                token, = self.rng.choices(range(len(chances)), chances)
                if token == END:
                    break
                name += self.letters[token - 1]
            yield name

    # A checkpoint: all that the next step depends on, as plain data, and back.

    def state_dict(self) -> dict:
        version, internal, gauss_next = self.rng.getstate()
        return {"options": self.options, "done": self.done, "average": self.average,
                "names": self.names, "held_out": self.held_out, "model": self.model.state_dict(),
                "adam": {"m": self.optimizer.m, "v": self.optimizer.v},
                "rng": [version, list(internal), gauss_next]}

    @classmethod
    def of(cls, state: dict, language: str | None = None) -> "Training":
        """The training whose state this is. Raises ValueError, or whatever meets it first, if it
        is the state of none."""
        _require_a_training(state)
        training = cls(state["names"], state["options"], state["held_out"], language)
        training.model.load_state_dict(state["model"])
        training.optimizer.m, training.optimizer.v = state["adam"]["m"], state["adam"]["v"]
        training.optimizer.steps = training.done = state["done"]
        training.average = state["average"]
        version, internal, gauss_next = state["rng"]
        training.rng.setstate((version, tuple(internal), gauss_next))
        return training


def _require_a_training(state: dict) -> None:
    """Raise an error unless all is there, and of the kind and size that it should be."""
    options, names, adam = state["options"], state["names"] + state["held_out"], state["adam"]
    for name, (_, default, _) in OPTIONS.items():
        x = options[name]
        if type(x) not in (int, type(default)) or not (name == "seed" or 0 < x < math.inf):
            raise ValueError(f"--{name} is {x!r}")
    if not (state["names"] and state["held_out"] and options.get("corpus", "").isprintable()):
        raise ValueError("it has no names to learn, or to be examined with")
    for name in names:
        if not (name.isprintable() and 0 < len(name) < options["context"]):
            raise ValueError(f"a name to learn is {name!r}")
    width, letters = options["width"], 1 + len(set("".join(names)))
    count = width * (2 * letters + options["context"] + 12 * width * options["layers"])
    if width % options["heads"] or not len(adam["m"]) == len(adam["v"]) == count:
        raise ValueError("its sizes do not fit each other")
    numbers = [*adam["m"], *adam["v"], state["average"], state["done"]]
    if not all([type(x) in (int, float) and math.isfinite(x) for x in numbers]):
        raise ValueError("a number that it remembers is none, or is not finite")
    if min(adam["v"]) < 0 or type(state["done"]) is not int or not (
            0 <= state["done"] <= options["steps"]):
        raise ValueError("it is of no step of its training")


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    path = args.out / "gpt.json"
    training = resumed(path, args) if args.resume else begun(args)
    told.check_prompt(args.prompt, training)
    told.parts(training)
    if not args.resume:
        checkpoints.make_way(path, lambda state: Training.of(state).done)
        checkpoints.save(path, training.state_dict())
    if training.done < training.options["steps"]:
        train(training, path)
    try:
        told.losses(training)
        told.samples(training, args)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Stopped; the trained network is in {path}, and --resume shows "
                                "what it does.") from None
    except (ArithmeticError, ValueError) as error:
        raise Failed(f"the network in {path} cannot be used: {error}") from None
    print(f"\nThe network is saved in {path}; --resume makes up more names.")


def begun(args) -> Training:
    options = {name: default if getattr(args, name) is None else getattr(args, name)
               for name, (_, default, _) in OPTIONS.items()}
    if options["width"] % options["heads"]:
        raise BadInput("--width must be a multiple of --heads, for the heads share it: got "
                       f"{options['width']} and {options['heads']}")
    names, options["corpus"] = told.corpus(args.corpus, options["context"])
    return Training(names, options, language=args.language)


def resumed(path: pathlib.Path, args) -> Training:
    """The training of the checkpoint. Its options are those it was begun with, but for --steps."""
    training = checkpoints.load(path, lambda state: Training.of(state, args.language))
    for name in OPTIONS:
        given, had = getattr(args, name), training.options[name]
        if given not in (None, had) and name != "steps":
            raise BadInput(f"{path} was begun with --{name} {had}, and cannot go on with {given}")
    if args.corpus:
        names, _ = told.corpus(args.corpus, training.options["context"])
        if set(names) != {*training.names, *training.held_out}:
            raise BadInput(f"{path} was begun with other names than those of {args.corpus}")
    steps = training.options["steps"] if args.steps is None else args.steps
    if steps < training.done:
        raise BadInput(f"{path} is of step {training.done}, beyond --steps {steps}")
    training.options["steps"] = steps
    print(f"Resuming from {path}, after step {training.done} of {steps}.")
    return training


def train(training: Training, path: pathlib.Path) -> None:
    """Train until the last step, saving the checkpoint now and then, and on Ctrl-C."""
    stopped = "Stopped after step {}, which is saved in {}. Go on from there with --resume."
    try:
        told.make_ready(training)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(stopped.format(training.done, path)) from None
    portions = command_line.portions(
        training.learn, range(training.done, training.options["steps"]),
        lambda loss: f"loss {loss:.4f}   average {training.average:.4f}")
    saved = time.monotonic()
    with command_line.interrupts() as interrupts:
        try:
            for _ in portions:
                if interrupts or time.monotonic() - saved > SAVED:
                    checkpoints.save(path, training.state_dict())
                    saved = time.monotonic()
                if interrupts:
                    raise KeyboardInterrupt(stopped.format(training.done, path))
        except (ValueError, OverflowError) as error:
            lower = min(training.options["lr"], OPTIONS["lr"][1] * 10) / 10
            raise Failed(f"training diverged at step {training.optimizer.steps + 1}: {error}\n"
                         f"{path} has an earlier step. Try a new run with --lr {lower:g}."
                         ) from None
        checkpoints.save(path, training.state_dict())
    if training.compiled and training.compiled.fallback:
        print(training.compiled.fallback)


def main() -> int:
    parser = command_line.parser(__doc__)
    told.options(parser, OPTIONS)
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
