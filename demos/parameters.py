"""What "70 billion parameters" counts: from nine of them to Llama 2, by formulas on one page.

A parameter is one number that training turns: a weight or a bias. How many a model has follows from
a handful of sizes, its configuration; every count below is computed from those, part by part.
They equal the published counts exactly, and, for the models that can be built here,
`len(model.parameters())`.

You will see where the parameters of a language model are (the feed-forward layers have the most)
and what all those numbers weigh: in 16 bits each, as such models are published, and as Values of
this engine, each with its gradient and its place in a graph.
"""

import random
import sys
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

import command_line
from command_line import COLOURS, Failed
from gpt import GPT
from micrograd.nn import MLP, Parameter


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────────
#
# One function for each family, from the sizes to the parameters in each part. A linear map from n
# to m numbers has n·m weights and, if it has biases, m of them.

def mlp(n, h, L):
    return {"first layer": n*h + h, "further layers": L*(h**2 + h), "output": h + 1}


def gpt_py(V, T, d, L):
    return {"token embedding": V*d, "position embedding": T*d, "attention": L*4*d**2,
            "feed-forward": L*8*d**2, "output": V*d}


def gpt2(V, T, d, L):
    # The output layer is the token embedding once more, and adds nothing to the count.
    return {"token embedding": V*d, "position embedding": T*d, "attention": L*(4*d**2 + 4*d),
            "feed-forward": L*(8*d**2 + 5*d), "norms": L*4*d + 2*d}


def bert(V, T, S, d, L):
    return {"token embedding": V*d, "position embedding": T*d, "segment embedding": S*d,
            "attention": L*(4*d**2 + 4*d), "feed-forward": L*(8*d**2 + 5*d),
            "norms": L*4*d + 2*d, "pooler": d**2 + d}


def llama(V, d, k, f, L):
    return {"token embedding": V*d, "attention": L*(2*d**2 + 2*d*k), "feed-forward": L*3*d*f,
            "norms": L*2*d + d, "output": V*d}


class Letter:
    """A number without a value, which writes down what is done with it: how formulas are shown.

    >>> d, L = Letter("d"), Letter("L")
    >>> print(L*(4*d**2 + d))
    L·(4·d² + d)
    """

    def __init__(self, text: str):
        self.text = text

    def __str__(self):
        return self.text

    def factor(self) -> str:
        return f"({self})" if " " in self.text else self.text

    def __add__(self, other):
        return Letter(f"{self} + {other}")

    def __mul__(self, other):
        return Letter(f"{self.factor()}·{other.factor() if isinstance(other, Letter) else other}")

    def __rmul__(self, number):
        return Letter(f"{number}·{self.factor()}")

    def __pow__(self, number):
        return Letter(self.factor() + str(number).translate(str.maketrans("23", "²³")))


# ── Models ────────────────────────────────────────────────────────────────────────────────────────

class Model(NamedTuple):
    name: str
    sizes: dict                                 # the configuration
    published: int | None = None                # the count, by those who trained it
    build: Callable | None = None               # the model itself, if it can be built here

    def count(self, parts: Callable) -> int:
        return sum(parts(**self.sizes).values())


def perceptron(n, h, L):
    return MLP(n, [h] * (L + 1) + [1])


def character_gpt(V, T, d, L):
    return GPT(V, lambda: Parameter(random.gauss(0, 0.08)), layers=L, heads=4, width=d, context=T)


class Family(NamedTuple):
    title: str
    letters: str
    parts: Callable
    models: list[Model]


FAMILIES = [
    Family("Multi-layer perceptrons",
           "n inputs, h neurons in a hidden layer, L further such layers",
           mlp, [Model("2-2-1", dict(n=2, h=2, L=0), build=perceptron),
                 Model("moons.py", dict(n=2, h=16, L=1), build=perceptron)]),
    Family("The language model of gpt.py",
           "V tokens (26 letters, _ and an end), T positions, width d, L layers",
           gpt_py, [Model("gpt.py", dict(V=28, T=16, d=16, L=1), build=character_gpt),
                    Model("4-layer gpt.py", dict(V=28, T=16, d=16, L=4), build=character_gpt)]),
    Family("GPT-2 (Radford et al., 2019)", "V tokens, T positions, width d, L layers",
           gpt2, [Model("GPT-2", dict(V=50257, T=1024, d=768, L=12), 124_439_808),
                  Model("GPT-2 medium", dict(V=50257, T=1024, d=1024, L=24), 354_823_168),
                  Model("GPT-2 large", dict(V=50257, T=1024, d=1280, L=36), 774_030_080),
                  Model("GPT-2 XL", dict(V=50257, T=1024, d=1600, L=48), 1_557_611_200)]),
    Family("BERT, uncased (Devlin et al., 2018)",
           "V tokens, T positions, S kinds of segment, width d, L layers",
           bert, [Model("BERT base", dict(V=30522, T=512, S=2, d=768, L=12), 109_482_240),
                  Model("BERT large", dict(V=30522, T=512, S=2, d=1024, L=24), 335_141_888)]),
    Family("Llama 2 (Touvron et al., 2023)",
           "V tokens, width d, k of keys and values, f within, L layers",
           llama,
           [Model("Llama 2 7B", dict(V=32000, d=4096, k=4096, f=11008, L=32), 6_738_415_616),
            Model("Llama 2 13B", dict(V=32000, d=5120, k=5120, f=13824, L=40), 13_015_864_320),
            Model("Llama 2 70B", dict(V=32000, d=8192, k=1024, f=28672, L=80), 68_976_648_192)]),
]


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    for family in FAMILIES:
        tell_family(family)
    counted = sorted([(model.count(family.parts), model.name)
                      for family in FAMILIES for model in family.models])
    tell_weights(counted)
    print("\n" + command_line.draw(args.out / "ladder.svg", (10, 7.4), font=15,
                                   paint=lambda figure: paint(figure, counted)))


def tell_family(family: Family) -> None:
    """A column for each model: its sizes, what its parts count, and the count it should have."""
    print(f"{family.title}: {family.letters}")
    row("", "", [model.name for model in family.models])
    for letter in family.models[0].sizes:
        row(letter, "", [model.sizes[letter] for model in family.models])
    formulas = family.parts(**{letter: Letter(letter) for letter in family.models[0].sizes})
    columns = [family.parts(**model.sizes) for model in family.models]
    for part, formula in formulas.items():
        row(part, formula, [column[part] for column in columns])
    counts = [model.count(family.parts) for model in family.models]
    row("in all", "", counts)
    if family.models[0].build:
        expected = [len(model.build(**model.sizes).parameters()) for model in family.models]
        row("model.parameters()", "", expected)
    else:
        expected = [model.published for model in family.models]
        row("published", "", expected)
    if counts != expected:
        raise Failed(f"{family.title}: the formulas count {counts}, and there are {expected}")
    print()


def row(name, formula, cells) -> None:
    cells = [f"{cell:,}" if isinstance(cell, int) else cell for cell in cells]
    print(f"  {name:19}{formula!s:17}" + "".join([f"{cell:>15}" for cell in cells]))


def tell_weights(counted: list[tuple[int, str]]) -> None:
    each = bytes_per_value()
    print("What they weigh, in 16 bits each and as Values of this engine, of "
          f"{each:.0f} bytes each:")
    print(f"  {'':16}{'parameters':>16}{'in 16 bits':>14}{'as Values':>14}")
    for count, name in counted:
        print(f"  {name:16}{count:>16,}{size(2 * count):>14}{size(each * count):>14}")
    print("\nIn all of these they are the same kind of number, with a gradient that says which way "
          "to turn it.")


def bytes_per_value(count: int = 10_000) -> float:
    """The memory of a parameter with its number and, after backward(), its gradient."""
    tracemalloc.start()
    parameters = [Parameter(random.random()) for _ in range(count)]
    for p in parameters:
        p.grad = random.random()
    bytes_in_use, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return bytes_in_use / count


def size(count: float) -> str:
    """Bytes in a unit that leaves up to three digits before the point.

    >>> size(18), size(248_879_616)
    ('18 bytes', '249 MB')
    """
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} PB"


# ── The picture ───────────────────────────────────────────────────────────────────────────────────

RUNGS = {"2-2-1": "two_two_one.py and xor.py: a plane, a bend",
         "moons.py": "moons.py: a curve between two kinds of points",
         "gpt.py": "gpt.py: names that do not exist but could",
         "GPT-2": "GPT-2, 2019: paragraphs", "GPT-2 XL": "GPT-2 XL",
         "Llama 2 7B": "Llama 2 7B, 2023: conversation", "Llama 2 70B": "Llama 2 70B"}


def paint(figure, counted) -> None:
    """A ladder whose rungs stand as high as the logarithm of their count."""
    axes = figure.add_subplot(yscale="log", ylim=(2, 4e11), xlim=(0, 4))
    for x in (1, 1.5):
        axes.plot([x, x], [2, 4e11], color="#767676", linewidth=5, solid_capstyle="butt")
    for count, name in counted:
        if name in RUNGS:
            colour = COLOURS[1] if name in ("2-2-1", "moons.py", "gpt.py") else COLOURS[2]
            axes.plot([1, 1.5], [count, count], color=colour, linewidth=7)
            axes.text(0.93, count, f"{count:,}", ha="right", va="center", color=colour,
                      weight="bold")
            axes.text(1.57, count, f"{RUNGS[name]} ({size(2 * count)})", va="center")
    axes.text(1.57, 3e6, "↑ counted here", va="center", color=COLOURS[2], weight="bold")
    axes.text(1.57, 2e5, "↓ trained here", va="center", color=COLOURS[1], weight="bold")
    axes.set_title("The number of parameters (height: its logarithm), and their weight in 16 bits",
                   loc="left", pad=12)
    axes.set_axis_off()


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
