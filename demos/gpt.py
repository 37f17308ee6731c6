"""A language model, whole: it reads names letter by letter, and makes up names of its own.

    x ← norm(token embedding + position embedding)    what the letter is, and where it stands
    x ← x + attention(norm(x))                        look back: what came before?
    x ← x + feed_forward(norm(x))                     think about what was seen
    logits = output(x)                                a score for each letter that may follow

This is the architecture of the GPTs, with about 4,000 parameters instead of billions. By default it
learns the public names of the running Python's own standard library, and after about a minute it
predicts names that it has never seen better than counts of pairs of letters do. You will see how
many parameters each part has, the loss falling, that comparison, and names that do not exist but
could.

Ctrl-C saves a checkpoint, and --resume goes on from it as if nothing had happened.
"""

import contextlib
import hashlib
import itertools
import json
import math
import os
import pathlib
import platform
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from operator import mul

import command_line
from command_line import BadInput, Failed, positive
from micrograd import Value, dot, jit, log, relu
from micrograd.losses import softmax
from micrograd.nn import Module, Parameter
from micrograd.optim import Adam
from python_names import names_of_file, names_of_python

OPTIONS = {                                     # of a new run: type, default, meaning
    "seed": (int, 1, "of the random numbers"),
    "steps": (positive(int), 4000, "steps of training, a name each"),
    "layers": (positive(int), 1, "how many times attention and feed-forward follow each other"),
    "heads": (positive(int), 4, "heads of attention; they share the width"),
    "width": (positive(int), 16, "numbers that stand for a letter on its way through the network"),
    "context": (positive(int), 16, "positions it can look at: a name's letters and its end"),
    "lr": (positive(float), 0.01, "the learning rate of the first step; it falls to 0"),
}
END = 0                                         # the token before and after every name
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


# ── Training ──────────────────────────────────────────────────────────────────────────────────────

class Training:
    """All there is to training at one moment; its `state_dict` is what a checkpoint saves."""

    def __init__(self, names: list[str], options: dict, held_out: list[str] | None = None,
                 dot: Callable = dot):
        self.rng = random.Random(options["seed"])
        if held_out is None:                    # a tenth of the names, to be examined with
            names = self.rng.sample(names, len(names))
            held_out, names = names[:len(names) // 10], names[len(names) // 10:]
        self.names, self.held_out, self.options = names, held_out, options
        self.letters = sorted(set("".join(names + held_out)))
        self.model = self.network(lambda: Parameter(self.rng.gauss(0, 0.08)), dot=dot)
        self.compiled = jit(self.model.loss, self.model.parameters())
        self.optimizer = Adam(self.model.parameters(), betas=(0.9, 0.95))
        self.done, self.average = 0, 0.0

    def network(self, number: Callable, **kwargs) -> GPT:
        shape = {name: self.options[name] for name in ("layers", "heads", "width", "context")}
        return GPT(1 + len(self.letters), number, **shape, **kwargs)

    def tokens(self, name: str) -> list[int]:
        return [END, *[self.letters.index(letter) + 1 for letter in name], END]

    def one_hot(self, token: int) -> list[float]:
        return [float(token == i) for i in range(1 + len(self.letters))]

    def sample(self, name: str, positions: int = 0) -> tuple[list, list, list]:
        """The arguments of `GPT.loss`: every position of the name has an equal share. To fill up a
        number of positions, others follow that have none: so all names look the same to `jit`."""
        tokens = self.tokens(name)
        used, more = len(tokens) - 1, max(0, positions - len(tokens) + 1)
        one_hot = [self.one_hot(token) for token in tokens + [END] * more]
        return one_hot[:-1], one_hot[1:], [1 / used] * used + [0.0] * more

    def loss(self, name: str) -> float:
        """The mean loss over a name's letters and its end. Its gradient is left in the parameters.

        Compiled, the step runs the same formulas as a plain program, about ten times as fast.
        """
        self.optimizer.zero_grad()
        if not self.options["eager"]:
            return self.compiled([self.sample(name, self.options["context"])])
        tokens, targets, shares = self.sample(name)
        tokens = [[Value(x) for x in token] for token in tokens]    # nodes that all rows can share
        loss = self.model.loss(tokens, targets, shares)
        loss.backward()
        return loss.data

    def step(self) -> float:
        """Learn from one name; answers with its loss."""
        turn = self.done % len(self.names)
        if turn == 0:
            self.rng.shuffle(self.names)
        loss = self.loss(self.names[turn])
        self.optimizer.lr = self.options["lr"] * (1 - self.done / self.options["steps"])
        self.optimizer.step()
        self.done += 1
        self.average += (loss - self.average) / min(self.done, 100)
        return loss

    def state_dict(self) -> dict:
        version, internal, gauss_next = self.rng.getstate()
        return {"options": self.options, "done": self.done, "average": self.average,
                "names": self.names, "held_out": self.held_out, "model": self.model.state_dict(),
                "adam": {"m": self.optimizer.m, "v": self.optimizer.v},
                "rng": [version, list(internal), gauss_next]}

    @classmethod
    def of(cls, state: dict) -> "Training":
        """The training whose state this is."""
        training = cls(state["names"], state["options"], state["held_out"])
        training.model.load_state_dict(state["model"])
        training.optimizer.m, training.optimizer.v = state["adam"]["m"], state["adam"]["v"]
        training.optimizer.steps = training.done = state["done"]
        training.average = state["average"]
        version, internal, gauss_next = state["rng"]
        training.rng.setstate((version, tuple(internal), gauss_next))
        return training

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
                model(self.one_hot(earlier), past)
            while len(name) + 1 < self.options["context"]:
                logits = model(self.one_hot(token), past)
                chances = softmax([(z - max(logits)) / temperature for z in logits])
                token, = self.rng.choices(range(len(chances)), chances)
                if token == END:
                    break
                name += self.letters[token - 1]
            yield name


SMOOTHING = (0.01, 0.1, 1)                      # the counts may choose what suits them best


def bigram_loss(training: Training, k: float) -> float:
    """The loss on the names held out of the model that counts: after this letter, how often which?

    To every count, k is added, lest a pair never seen before be thought impossible.
    """
    def pairs(names):
        return [pair for name in names for tokens in [training.tokens(name)]
                for pair in zip(tokens, tokens[1:])]
    seen = Counter(pairs(training.names))
    first = Counter(pair[0] for pair in seen.elements())
    chances = [(seen[a, b] + k) / (first[a] + k * (1 + len(training.letters)))
               for a, b in pairs(training.held_out)]
    return -sum(map(math.log, chances)) / len(chances)


# ── Checkpoints ───────────────────────────────────────────────────────────────────────────────────

FORMAT = "micrograd demos/gpt.py checkpoint, version 1"


def save(path: pathlib.Path, training: Training) -> None:
    state = json.dumps(training.state_dict())
    heading = json.dumps({"format": FORMAT, "sha256": digest(state)})
    command_line.write(path, f"{heading[:-1]}, \"state\": {state}}}\n")


def load(path: pathlib.Path) -> Training:
    """The training of a checkpoint. Raises BadInput if the file is anything else."""
    content = command_line.read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadInput(f"{path}: not a checkpoint of this program (it should say "
                       f'"format": "{FORMAT}")')
    # Whatever happened to the file since it was written, the digest tells.
    if content.get("sha256") != digest(json.dumps(content.get("state"))):
        raise BadInput(f"{path}: the checkpoint is damaged, for its contents do not have the "
                       "SHA-256 that it gives")
    try:
        return Training.of(content["state"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: the checkpoint is of another network: {error}") from None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    path = args.out / "gpt.json"
    training = resumed(path, args) if args.resume else begun(args)
    if strange := sorted(set(args.prompt) - set(training.letters)):
        raise BadInput(f"--prompt has {strange[0]!r}, which is in none of the names (they are made "
                       f"of {''.join(training.letters)})")
    if len(args.prompt) + 1 >= training.options["context"]:
        raise BadInput(f"--prompt has {len(args.prompt)} characters, and names have at most "
                       f"{training.options['context'] - 1}")
    tell_parts(training)
    if not args.resume:
        make_way(path)
        save(path, training)
    train(training, path)
    try:
        tell_loss(training)
        tell_samples(training, args)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Stopped; the trained network is in {path}, and --resume shows "
                                "what it does.") from None
    print(f"\nThe network is saved in {path}; --resume makes more of it.")


def begun(args) -> Training:
    options = {name: default if getattr(args, name) is None else getattr(args, name)
               for name, (_, default, _) in OPTIONS.items()}
    if options["width"] % options["heads"]:
        raise BadInput("--width must be a multiple of --heads, for the heads share it: got "
                       f"{options['width']} and {options['heads']}")
    names, options["corpus"] = corpus(args.corpus, options["context"])
    training = Training(names, options | {"eager": True})
    work = len(training.model.parameters()) * options["context"]
    training.options["eager"] = args.eager or work > LARGEST
    return training


def make_way(path: pathlib.Path) -> None:
    """Give the checkpoint of an earlier run a name of its own; whatever else is there stays."""
    if path.exists():
        try:
            done = load(path).done
        except BadInput as error:
            raise BadInput(f"{error}.\nIt stays as it is: give --out another folder") from None
        copies = (path.with_stem(f"gpt.saved-{i}") for i in itertools.count(1))
        saved = next(copy for copy in copies if not copy.exists())
        os.rename(path, saved)
        print(f"The checkpoint of an earlier run, after step {done}, is now {saved}.\n")


def resumed(path: pathlib.Path, args) -> Training:
    """The training of the checkpoint. Its options are those it was begun with, but for --steps."""
    training = load(path)
    if args.eager and not training.options["eager"]:
        raise BadInput(f"{path} was begun compiled, and would not end the same with --eager")
    for name in OPTIONS:
        given, had = getattr(args, name), training.options[name]
        if given not in (None, had) and name != "steps":
            raise BadInput(f"{path} was begun with --{name} {had}, and cannot go on with {given}")
    if args.corpus:
        names, _ = corpus(args.corpus, training.options["context"])
        if set(names) != {*training.names, *training.held_out}:
            raise BadInput(f"{path} was begun with other names than those of {args.corpus}")
    steps = training.options["steps"] if args.steps is None else args.steps
    if steps < training.done:
        raise BadInput(f"{path} is of step {training.done}, beyond --steps {steps}")
    training.options["steps"] = steps
    print(f"Resuming from {path}, after step {training.done} of {steps}.")
    return training


def corpus(path: pathlib.Path | None, context: int) -> tuple[list[str], str]:
    """The names, and what they are the names of."""
    if path:
        return names_of_file(path, context), str(path)
    return names_of_python(context), f"the standard library of Python {platform.python_version()}"


def tell_parts(training: Training) -> None:
    names, held_out, options = training.names, training.held_out, training.options
    print(f"{len(names) + len(held_out):,} names from {options['corpus']}: {len(names):,} to learn "
          f"from,\n{len(held_out):,} held out. Each is made of {len(training.letters)} characters "
          "and an end.\n\nThe parameters:")
    parts = Counter(name.split(".")[0] for name, _ in training.model.named_parameters())
    for part, count in [*parts.items(), ("in all", parts.total())]:
        print(f"  {part.replace('_', ' '):20}{count:9,}")
    print(flush=True)


def train(training: Training, path: pathlib.Path) -> None:
    """Train until the last step, saving the checkpoint now and then, and on Ctrl-C."""
    if training.done == training.options["steps"]:
        return
    try:
        make_ready(training)
    except KeyboardInterrupt:
        raise stopped(training, path) from None
    steps = command_line.progress(range(training.done, training.options["steps"]))
    with signalled() as interrupts:
        for _ in steps:
            try:
                loss = training.step()
            except (ValueError, OverflowError) as error:
                lower = min(training.options["lr"], OPTIONS["lr"][1] * 10) / 10
                raise Failed(f"training diverged at step {training.done + 1}: {error}\n{path} has "
                             f"an earlier step. Try a new run with --lr {lower:g}.") from None
            steps.set_postfix_str(f"loss {loss:.4f}   average {training.average:.4f}",
                                  refresh=False)
            if interrupts or training.done % 100 == 0:
                save(path, training)
            if interrupts:
                raise stopped(training, path)
        save(path, training)


def make_ready(training: Training) -> None:
    if training.options["eager"]:
        print("Training, the graph built anew at each step:", flush=True)
    else:
        print("Compiling the training step, which takes some seconds...", flush=True)
        begun = time.monotonic()
        training.loss(training.names[0])
        print(f"{training.compiled.source.count(chr(10)):,} lines of Python, in "
              f"{time.monotonic() - begun:.1f} s. Training:", flush=True)


def stopped(training: Training, path: pathlib.Path) -> KeyboardInterrupt:
    return KeyboardInterrupt(f"Stopped after step {training.done}, which is saved in {path}. "
                             "Go on from there with --resume.")


@contextlib.contextmanager
def signalled():
    """Note Ctrl-C in a list instead of stopping amid a step; the second time, stop at once."""
    interrupts = []

    def note(*signal_and_frame):
        interrupts.append(signal_and_frame)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def tell_loss(training: Training) -> None:
    print("\nThe loss on the names held out, a character (in nats; the less, the better):")
    for who, loss in [("guessing", lambda: math.log(1 + len(training.letters))),
                      ("bigram counts", lambda: min(bigram_loss(training, k) for k in SMOOTHING)),
                      ("this network", training.held_out_loss)]:
        print(f"  {who:20}", end="", flush=True)
        print(f"{loss():9.4f}", flush=True)


def tell_samples(training: Training, args) -> None:
    print("\nNames that are not among them, but could be:")
    known, found, left_out = {*training.names, *training.held_out}, set(), Counter()
    tries = 20 * args.names
    for name in itertools.islice(training.samples(args.temperature, args.prompt), tries):
        if not name:
            left_out["had no letters"] += 1
        elif name in known:
            left_out["were among them"] += 1
        elif name in found:
            left_out["came again"] += 1
        else:
            found.add(name)
            print(f"  {name}", flush=True)
        if len(found) == args.names:
            break
    else:
        others = ", ".join([f"{count} {what}" for what, count in left_out.items()])
        print(f"{'That is all' if found else 'None'}: of {tries} that it made, {others} (a higher "
              "--temperature or more --steps may help).")


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    parser = command_line.parser(__doc__)
    for name, (kind, default, meaning) in OPTIONS.items():
        parser.add_argument(f"--{name}", type=kind, metavar="N",
                            help=f"{meaning} (default: {default})")
    parser.add_argument("--corpus", type=pathlib.Path, metavar="FILE",
                        help="the names to learn, in UTF-8, one a line (default: those of Python)")
    parser.add_argument("--eager", action="store_true",
                        help="build the graph anew at each step, instead of compiling the step "
                             "once; networks that would take minutes to compile do so anyway")
    parser.add_argument("--resume", action="store_true",
                        help="go on from the checkpoint gpt.json in the folder of --out; with a "
                             "higher --steps, beyond what was its end")
    parser.add_argument("--temperature", type=positive(float), default=0.7, metavar="T",
                        help="below 1, the names made up keep to what is likely; above 1, they are "
                             "bolder (default: %(default)s)")
    parser.add_argument("--prompt", default="", metavar="TEXT",
                        help="what the names made up begin with")
    parser.add_argument("--names", type=positive(int), default=20, metavar="N",
                        help="how many to make up (default: %(default)s)")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
