"""The graph as a page that plays it: forward, backward, training.

You will learn here how a computation is shown to somebody who has no Python. `play` makes the page
of one computation, `Film` that of a whole training, and `live` (in `live.py`) one that computes.
A page is one file: markup, style and script of ours, which `join` puts together, and the numbers.
It asks for nothing else, and its policy allows nothing else.

>>> from micrograd.engine import Value
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> player = play(y)                            # Jupyter shows it; elsewhere:
>>> player.save("/tmp/backprop.html")           # doctest: +SKIP
'/tmp/backprop.html'

The rooms of the page's script, in the order of `SCRIPTS`: how a number is written (`numbers.js`),
where numbers come from (`sources.js`), what is known at which step (`model.js`); then what
one sees: the graph (`drawing.js`), the explanation (`panel.js`), the controls (`controls.js`).
"""

import array
import base64
import hashlib
import html
import importlib.resources
import json
import math
import os
import re
import struct
from collections.abc import Sequence
from typing import Any

from ..draw import COLOURS, as_float
from ..engine import Value
from ..ground import files
from . import photographs
from .shape import Levels, Shape, check

__all__ = ["Film", "Player", "play"]

# What a notebook that nobody trusts yet leaves of the page.
SENTENCE = ("Here is a page that plays backpropagation, and it needs its script: trust this "
            "notebook and run it, or open the page that .save(&quot;backprop.html&quot;) writes.")
SCRIPTS = ("numbers.js", "sources.js", "model.js", "elements.js", "drawing.js", "panel.js",
           "controls.js", "training.js", "begin.js")


def play(root: Value, model: Any = None, depth: int | None = None) -> "Player":
    """The computation of `root` as a page that plays it, forward and backward, step by step.

    Jupyter shows the player; `.save("backprop.html")` writes it as a page that any browser opens,
    with nothing else needed. `model` and `depth` draw boxes, and close them, as `draw_dot` does.
    `backward()` need not have run: the gradients on the page are those of `root` alone, from 0.

    Raises TypeError if `root` is no Value or an operation in its graph has no rule, and ValueError
    if the graph is too large to play, or if some number in it has been changed since it was
    computed.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> play(a * b)
    Player of 3 values, 4 steps
    """
    return Player(root, model, depth)


class Player:
    """The page of one computation: `play` makes it."""

    kind = "recording"
    seconds = 1.5                               # that a moving picture shows each moment
    scripts: tuple[str, ...] = SCRIPTS

    def __init__(self, root: Value, model: Any = None, depth: int | None = None):
        self._levels: Any = Levels(root, model, _asked(depth))
        self._frames: list[tuple] = []          # the numbers of a graph, and a caption for them
        self._record(root, self._levels)

    def _record(self, root: Value, levels: Levels, caption: str = "", kind=list) -> None:
        """Keep the numbers of a graph as a frame."""
        check(root)
        numbers = levels.numbers(root)
        frame = kind(numbers.values()), caption
        self._levels, self._names = levels, list(numbers)
        self._frames.append(frame)              # last and whole: Ctrl-C before it records nothing

    def save(self, path: str | os.PathLike[str], size: tuple[int, int] = (1280, 800)) -> str:
        """Write the page to a file, whole or not at all, and return its path.

        `save("steps.gif")` photographs each step of it, or of a film each frame, in a window of
        this size, as a picture that moves; `save("steps.png")` as `steps-00.png`, `steps-01.png` …,
        and returns the first. That takes a browser and `pip install selenium pillow tqdm`.

        Raises OSError if the file cannot be written and RuntimeError if there is no Graphviz to
        place the boxes, or nothing to photograph with.
        """
        path = os.fspath(path)
        if path.lower().endswith(photographs.ENDINGS):
            return photographs.save(path, self._page(), self._moments(), self.seconds, size)
        files.write(path, self._page().encode())
        return path

    def _moments(self) -> list[tuple[int, int]]:
        """The step and the frame of each photograph."""
        return [(step, 0) for step in range(self._steps)]

    @property
    def _steps(self) -> int:
        return 2 * len(self._shape.turns) + 2   # the beginning, forward, the seed, backward

    def _repr_html_(self) -> str:
        # A frame of its own: the page may run its script, and reaches nothing of the notebook.
        return (f'<iframe sandbox="allow-scripts" title="backpropagation, step by step" '
                f'style="width: 100%; height: 680px; border: 0" '
                f'srcdoc="{html.escape(self._page())}">{SENTENCE}</iframe>')

    def _page(self) -> str:
        frames, captions = zip(*self._frames)
        return join(self.scripts, columns(frames) | {
            "kind": self.kind, "captions": captions, "open": self._levels.asked,
            "graphs": self._levels.graphs(self._names)})

    @property
    def _shape(self) -> Shape:
        return self._levels.shapes[self._levels.asked]

    def __repr__(self) -> str:
        return (f"{type(self).__name__} of {len(self._shape.wiring)} values, "
                f"{self._steps} steps")


def _asked(depth: float | None) -> float:
    """Who plays follows steps, not arrows: no box closes that nobody asked to close."""
    return math.inf if depth is None else depth


class Film(Player):
    """The page of a training: the same graph many times, with other numbers.

    Add the loss once per step of training, after `backward()` and before the optimiser moves the
    parameters. The page has a second slider, over the training, and the curve of the loss.
    `model` and `depth` are those of `draw_dot`. It tells numbers to 7 digits.

    >>> w, film = Value(0.0, label="w"), Film()
    >>> for step in range(3):
    ...     loss = (w - 2.0) ** 2
    ...     w.grad = 0
    ...     loss.backward()
    ...     film.add(loss, f"step {step}")
    ...     w.data -= 0.3 * w.grad
    >>> film
    Film of 3 times 5 values
    """

    kind, seconds = "film", 0.1

    def __init__(self, model: Any = None, depth: int | None = None):
        self._model, self._depth = model, depth
        self._levels, self._frames = None, []

    def add(self, loss: Value, caption: str = "") -> None:
        """Record the numbers of the graph of `loss` as they are now, and a caption for them.

        The first graph fixes the shape. Raises ValueError if a later one has another, and whatever
        `play` would raise; then nothing is recorded.
        """
        levels = (self._levels if self._frames else
                  Levels(loss, self._model, _asked(self._depth)))
        self._record(loss, levels, str(caption), kind=lambda numbers: array.array(
            "d", map(as_float, numbers)))

    def _moments(self) -> list[tuple[int, int]]:
        return [(self._steps - 1, frame) for frame in range(len(self._frames))]

    def _page(self) -> str:
        if not self._frames:
            raise ValueError("the film is empty: film.add(loss) records a step of training")
        return super()._page()

    def _repr_html_(self) -> str:
        return super()._repr_html_() if self._frames else html.escape(repr(self))

    def __repr__(self) -> str:
        if not self._frames:
            return "an empty Film: film.add(loss) records a step of training"
        return f"Film of {len(self._frames)} times {len(self._shape.wiring)} values"


# ── A page is one file ────────────────────────────────────────────────────────────────────────────

def join(scripts, data: dict, program: str = "", side: str = "") -> str:
    """The page: markup, style and script, the data, and a policy that allows nothing else.

    `program` is JavaScript of the compiler's, which the script begins with, and `side` the name of
    the markup beside the graph.
    """
    def read(name):
        return importlib.resources.files(__package__).joinpath(name).read_text("utf-8")

    style = _colours() + read("style.css")
    script = "\n".join(['"use strict";', program, *map(read, scripts)])
    # Within a script, JSON without "<" has nothing that could end it.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")
    policy = "; ".join(["default-src 'none'", f"script-src {_hash(script)}",
                        f"style-src {_hash(style)}"])
    page = read("page.html")
    # All in one go: nothing that is put in is searched for places to put something in.
    parts = {"policy": policy, "style": style, "script": script, "data": text,
             "side": read(side) if side else ""}
    return re.sub("{{(\\w+)}}", lambda found: parts[found[1]], page)


def _colours() -> str:
    """The colours of the pictures, as variables of the style sheet: light, and dark on a screen."""
    light, dark = ["".join([f" --{name.replace(' ', '-')}: {pair[i]};"
                            for name, pair in COLOURS.items()]) for i in (0, 1)]
    return (f"\n:root {{{light} }}\n@media screen and (prefers-color-scheme: dark) {{\n"
            f":root {{{dark} }}\n}}\n")


def _hash(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────

def columns(frames: Sequence) -> dict:
    """The numbers, place by place through all frames: `columns`, each once, and `at`, which of
    them is at each place. One that changes is base64 of floats of 4 bytes, or 8 if need be."""
    columns, at = {}, []
    for column in zip(*frames):
        if all(x == column[0] for x in column):
            written = json.dumps([_plain(column[0])], allow_nan=False)
        else:
            written = json.dumps(_packed(column))
        at.append(columns.setdefault(written, len(columns)))
    return {"columns": [json.loads(column) for column in columns], "at": at,
            "frames": len(frames)}


def _packed(column) -> str:
    small = all(not x or not math.isfinite(x) or 1e-37 < abs(x) < 1e38 for x in column)
    return base64.b64encode(struct.pack(f"<{len(column)}{'f' if small else 'd'}", *column)).decode()


def _plain(x):
    """The number as JSON has it, or its digits in a text where JSON's numbers are not enough."""
    if isinstance(x, float) and math.isfinite(x):
        return x
    if isinstance(x, int) and abs(x) < 2 ** 53:
        return int(x)                           # True is a 1
    try:
        return str(x)
    except ValueError:                          # Python refuses to write an int of 4,300 digits
        return "a huge integer"
