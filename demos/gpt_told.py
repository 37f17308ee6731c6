"""What `gpt.py` tells beside its story, and the options it takes.

You will find here what the network is compared with (guessing, and counts of pairs of letters), and
where its names come from.
"""

import argparse
import itertools
import math
import pathlib
import platform
import time
from collections import Counter

from command_line import BadInput, add_jit, positive
from python_names import names_of_file, names_of_python

SMOOTHING = (0.01, 0.1, 1)                      # the counts may choose what suits them best


def options(parser: argparse.ArgumentParser, of_a_new_run: dict) -> None:
    for name, (kind, default, meaning) in of_a_new_run.items():
        parser.add_argument(f"--{name}", type=kind, metavar="N",
                            help=f"{meaning} (default: {default})")
    parser.add_argument("--corpus", type=pathlib.Path, metavar="FILE",
                        help="the names to learn, in UTF-8, one a line (default: those of Python)")
    add_jit(parser)
    parser.add_argument("--resume", action="store_true",
                        help="go on from the checkpoint gpt.json in the folder of --out; with a "
                             "higher --steps, beyond what was its end")
    parser.add_argument("--temperature", type=positive(float), default=0.5, metavar="T",
                        help="below 1, the names made up keep to what is likely; above 1, they are "
                             "bolder (default: %(default)s)")
    parser.add_argument("--prompt", default="", metavar="TEXT",
                        help="what the names made up begin with")
    parser.add_argument("--names", type=positive(int), default=20, metavar="N",
                        help="how many to make up (default: %(default)s)")


def corpus(path: pathlib.Path | None, context: int) -> tuple[list[str], str]:
    """The names, and what they are the names of."""
    if path:
        return names_of_file(path, context), str(path)
    return names_of_python(context), f"the standard library of Python {platform.python_version()}"


def check_prompt(prompt: str, training) -> None:
    if strange := sorted(set(prompt) - set(training.letters)):
        raise BadInput(f"--prompt has {strange[0]!r}, which is in none of the names (they are made "
                       f"of {''.join(training.letters)})")
    if len(prompt) + 1 >= training.options["context"]:
        raise BadInput(f"--prompt has {len(prompt)} characters, and names have at most "
                       f"{training.options['context'] - 1}")


def parts(training) -> None:
    names, held_out, options = training.names, training.held_out, training.options
    print(f"{len(names) + len(held_out):,} names from {options['corpus']}: {len(names):,} to learn "
          f"from,\n{len(held_out):,} held out. Each is made of {len(training.letters)} characters "
          "and an end.\n\nThe parameters:")
    parts = Counter(name.split(".")[0] for name, _ in training.model.named_parameters())
    for part, count in [*parts.items(), ("in all", parts.total())]:
        print(f"  {part.replace('_', ' '):20}{count:9,}")
    print(flush=True)


def make_ready(training) -> None:
    """Compile the training step, if it is to be, and say how it is done."""
    if not training.compiled:
        print("Training, the graph built anew at each step:", flush=True)
        return
    print("Compiling the training step, which takes some seconds...", flush=True)
    begun = time.monotonic()
    training.loss(training.names[0])
    step = training.compiled
    if step.fallback:
        print(step.fallback)
    language = "C" if step.language == "c" and not step.fallback else "Python"
    print(f"{step.source.count(chr(10)):,} lines of {language}, in "
          f"{time.monotonic() - begun:.1f} s. Training:", flush=True)


def losses(training) -> None:
    print("\nThe loss on the names held out, per character (lower is better):")
    for who, loss in [("guessing", lambda: math.log(1 + len(training.letters))),
                      ("bigram counts", lambda: min(bigram_loss(training, k) for k in SMOOTHING)),
                      ("this network", training.held_out_loss)]:
        print(f"  {who:20}", end="", flush=True)
        print(f"{loss():9.4f}", flush=True)


def bigram_loss(training, k: float) -> float:
    """The loss on the names held out of the model that counts: after this letter, how often which?

    k is added to every count, so that a pair never seen before is not thought impossible.
    """
    def pairs(names):
        return [pair for name in names for tokens in [training.tokens(name)]
                for pair in zip(tokens, tokens[1:])]
    seen = Counter(pairs(training.names))
    first = Counter(pair[0] for pair in seen.elements())
    chances = [(seen[a, b] + k) / (first[a] + k * (1 + len(training.letters)))
               for a, b in pairs(training.held_out)]
    return -sum(map(math.log, chances)) / len(chances)


def samples(training, args) -> None:
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
