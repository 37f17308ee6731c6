"""Where everything goes: Graphviz places, and draws nothing.

The nodes have the room that `nodes.py` measured, so any Graphviz, whatever its fonts, finds the
same places: the program `dot` where the system has one, else the one that was installed with this
package. What comes first in the computation is to stand above what comes later, or to the left of
it: where Graphviz has turned more pairs of nodes round than not, the picture is mirrored.

>>> from micrograd.engine import Value
>>> from micrograd.draw.scene import Scene
>>> from micrograd.draw.nodes import nodes
>>> placed = Placing(Scene(Value(2.0) * 3), "LR").place()       # doctest: +SKIP
>>> placed.nodes["v0"].box, placed.arrows[0].path               # doctest: +SKIP
"""

import html
import json
import os
import shutil
import subprocess
from collections import defaultdict
from typing import Any

from .nodes import COLOURS, LINE, SIZE, Node, nodes
from .parts import Part
from .scene import Scene
from .text import printable, shortened, width

__all__ = ["Frame", "Placing", "fits", "program", "run"]

COLUMN = 818                                    # pixels: what a README's column has room for
PAGE = 1150, 1600                               # what a slide has room for, or a page to scroll
MANY = 400                                      # arrows, of which nobody would follow each
LIMIT = 20                                      # seconds that placing may take


class Frame:
    """An open box around nodes: its `part`, its `title`, and, once placed, its `box`."""

    def __init__(self, part: Part, name: str):
        self.part, self.name = part, name
        self.title = shortened(" ".join(printable(part.title).split("\n")), 48)
        self.box: list[float] = []


class Placing:
    """The nodes, arrows and frames of a scene, and their description in Graphviz' language.

    `nodes` are by name, `arrows` those of the scene, `frames` the open boxes, outer ones first.
    `graph_attr`, `node_attr` and `edge_attr` are attributes of Graphviz, and `body` lists the lines
    of the description that follow them. After `place()` every node has its `box`, every frame its
    `box`, every arrow a `path`, the points of Bézier curves, and a `tip`, all in pixels from the
    top left corner, and `size` is the width and height of all.
    """

    def __init__(self, scene: Scene, rankdir: str | None, any_number: bool = False):
        self.scene, self.arrows = scene, scene.arrows
        self.nodes = nodes(scene, any_number)
        (across, _), (down, _) = Ranks(scene, self.nodes).rooms
        self.rankdir = rankdir = rankdir or ("TB" if across > max(down, COLUMN) else "LR")
        self.frames = [Frame(part, f"cluster_p{i}") for i, part in enumerate(scene.parts)
                       if part.deep < scene.depth]
        self.rows = {arrow.head for arrow in self.arrows if arrow.row is not None}
        self.size = [0.0, 0.0]
        # The limits keep Graphviz from polishing for minutes what nobody could see.
        self.graph_attr = {"rankdir": rankdir, "nodesep": "0.12", "ranksep": "0.27",
                           "nslimit": "2", "nslimit1": "2", "mclimit": "1"}
        self.node_attr = {"shape": "box", "fixedsize": "true", "style": "filled,rounded",
                          "fontname": "Helvetica", "fontsize": "10"}
        self.edge_attr = {"arrowsize": "0.6"}

    @property
    def body(self) -> list[str]:
        inside: dict[Part | None, list[str]] = {None: []}   # the lines of each frame
        for frame in self.frames:
            inside[frame.part] = []

        def around(name: str) -> Part | None:
            part = self.nodes[name].part
            while part and part not in inside:
                part = part.parent
            return part

        where = {name: around(name) for name in self.nodes}
        for name, node in self.nodes.items():
            inside[where[name]].append(f"\t{name} [{_attributes(self._node(node))}]\n")
        edges = []
        for i, arrow in enumerate(self.arrows):
            head, attributes = arrow.head, {"id": str(i)}
            if arrow.row is not None and self.nodes[head].rows and self.rankdir in ("LR", "RL"):
                head = f"{head}:r{arrow.row}:{'w' if self.rankdir == 'LR' else 'e'}"
            if arrow.label:
                attributes["label"] = _room(f"{arrow.label} ")
            tail, to = where[arrow.tail], where[arrow.head]
            if tail and to and tail not in to.line and to not in tail.line:
                attributes["minlen"] = "2"      # so that the two frames stand after each other
            edges.append(f"\t{arrow.tail} -> {head} [{_attributes(attributes)}]\n")
        for frame in reversed(self.frames):     # inner ones come later than those around them
            lines, part = inside.pop(frame.part), frame.part.parent
            if lines:
                look = {"label": _room(frame.title), "labelloc": "t", "margin": "7",
                        "style": "rounded"}
                inside[part] = [f"\tsubgraph {frame.name} {{\n",
                                 f"\tgraph [{_attributes(look)}]\n", *lines, "\t}\n", *inside[part]]
        return inside[None] + edges

    def _node(self, node: Node) -> dict[str, str]:
        """The attributes of a node; another Graphviz may draw it by them."""
        size = {"width": f"{node.width / 72:.4f}", "height": f"{node.height / 72:.4f}",
                "fillcolor": COLOURS[node.kind][0]}
        if node.name in self.rows:
            size["ordering"] = "in"             # what leads to the first row stands first
        if node.kind == "operation":
            return size | {"shape": "circle", "fontcolor": "#ffffff",
                           "label": f"<{_html(node.symbol)}>"}
        if node.rows and not node.lines and self.rankdir in ("LR", "RL"):
            rows = "".join([f'<TR><TD PORT="r{i}" FIXEDSIZE="TRUE" WIDTH="{node.width:.0f}" '
                            f'HEIGHT="{LINE}">{_row(row)}</TD></TR>'
                            for i, row in enumerate(node.rows)])
            return size | {"label": '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" '
                                    f'CELLPADDING="0">{rows}</TABLE>>', "margin": "0"}
        lines = [f"<B>{_html(node.symbol)}</B>"] if node.symbol else []
        lines += [f"<B>{_html(text)}</B>" if kind == "label" else _html(text)
                  for kind, text in node.lines if text]
        lines += [_row(row) for row in node.rows]
        return size | {"label": f"<{'<BR/>'.join(filter(None, lines)) or ' '}>"}

    def source(self) -> str:
        """The whole description."""
        kinds = {"graph": self.graph_attr, "node": self.node_attr, "edge": self.edge_attr}
        heads = [f"\t{kind} [{_attributes(attributes)}]\n" for kind, attributes in kinds.items()]
        return "".join(["digraph micrograd {\n", *heads, *self.body, "}\n"])

    def place(self, source: str | None = None) -> "Placing":
        """Let Graphviz find the places. Raises RuntimeError if there is none, or if it takes too
        long."""
        source = source or self.source()
        # Graphviz' search for an order with fewer crossings may help or only shuffle.
        sources = [source.replace('mclimit="1"', f'mclimit="{limit}"').replace(
            "mclimit=1", f"mclimit={limit}") for limit in ("1", "0.01")]
        if len(self.arrows) > MANY:
            sources = sources[1:]
        source = min(sources, key=self._disorder) if len(sources) > 1 else sources[0]
        self._read(source)
        if self._inversions() > 0:
            if self.rankdir in ("LR", "RL") and any([frame.box for frame in self.frames]):
                # The titles of frames are to be at the top.
                self._read(source.replace('labelloc="t"', 'labelloc="b"'))
            self._mirror()
        return self

    def _disorder(self, source: str) -> int:
        """How many arrows cross and how many pairs of nodes stand in the wrong order, roughly."""
        self._read(source)
        lines = [(*arrow.path[0], *arrow.tip) for arrow in self.arrows if arrow.path]
        crossings = sum([_cross(one, other) for i, one in enumerate(lines)
                         for other in lines[i + 1:]])
        return crossings - 2 * abs(self._inversions())

    def _read(self, source: str) -> None:
        """Take the places from what Graphviz says of a description."""
        try:
            drawn = json.loads(run(source, "json0", timeout=LIMIT))
        except subprocess.TimeoutExpired:
            raise RuntimeError(
                f"Graphviz found no places for these {len(self.nodes):,} boxes within {LIMIT} s: "
                "close some, with a model and depth=1 or depth=0") from None
        _, _, right, top = map(float, drawn["bb"].split(","))
        frames = {frame.name: frame for frame in self.frames}
        for thing in drawn.get("objects", ()):
            if frame := frames.get(thing["name"]):
                x0, y0, x1, y1 = map(float, thing["bb"].split(","))
                frame.box = [x0, top - y1, x1 - x0, y1 - y0]
            else:
                x, y = map(float, thing["pos"].split(","))
                node = self.nodes[thing["name"]]
                node.x, node.y = x, top - y
        self.size = [right, top]
        for edge in drawn.get("edges", ()):
            # "e,x,y" is the tip of the arrow, the other points are those of Bézier curves.
            points = [part.split(",")[-2:] for part in edge["pos"].split()]
            arrow = self.arrows[int(edge["id"])]
            arrow.tip, *arrow.path = [[float(x), top - float(y)] for x, y in points]
            if "lp" in edge:
                x, y = map(float, edge["lp"].split(","))    # and a bit away from the arrow
                upright = self.rankdir in ("LR", "RL")
                arrow.at = [x, top - y + 2] if upright else [x + 3, top - y + 4]

    def _inversions(self) -> int:
        """Of pairs of nodes side by side, how many more stand against the order of the computation
        than in it."""
        upright = self.rankdir in ("LR", "RL")
        ranks: dict[int, list[float]] = {}
        for node in self.nodes.values():
            rank, place = (node.x, node.y) if upright else (node.y, node.x)
            ranks.setdefault(round(rank), []).append(place)
        return sum([1 if place > other else -1 for places in ranks.values()
                    for i, place in enumerate(places[:MANY]) for other in places[i + 1:MANY]])

    def _mirror(self) -> None:
        upright = self.rankdir in ("LR", "RL")
        axis, length = (1, self.size[1]) if upright else (0, self.size[0])
        for node in self.nodes.values():
            if upright:
                node.y = length - node.y
            else:
                node.x = length - node.x
        for frame in self.frames:
            if frame.box:
                frame.box[axis] = length - frame.box[axis] - frame.box[axis + 2]
        for arrow in self.arrows:
            for point in [arrow.tip, *arrow.path]:
                point[axis] = length - point[axis]
            if arrow.at:
                arrow.at[axis] = length - arrow.at[axis] + (8 if upright else 0)


def fits(scene: Scene) -> bool:
    """Whether the picture of a scene has room in a column, or, if it was made smaller for that, on
    a page, from left to right or top to bottom."""
    across = PAGE[0] if scene.stacked else COLUMN
    return any([width <= across and height <= PAGE[1]
                for width, height in Ranks(scene, nodes(scene)).rooms])


class Ranks:
    """About how Graphviz will lay out a scene, and the room that this takes.

    Much as Graphviz does, each node is put in a rank after its inputs, and what hangs on one result
    alone just before that. Nodes in a rank stand apart, and so do the arrows that pass, and the
    frames.
    """

    def __init__(self, scene: Scene, nodes: dict[str, Node]):
        self.arrows, self.nodes = scene.arrows, nodes
        self.frames = {name: node.part.line[:scene.depth] if node.part else []
                       for name, node in nodes.items()}
        self.rank: dict[str, int] = dict.fromkeys(nodes, 0)
        self._rank()
        self.span: dict[Part, tuple[int, int]] = {}     # the first and last rank of each frame
        for name, r in self.rank.items():
            for frame in self.frames[name]:
                first, last = self.span.get(frame, (r, r))
                self.span[frame] = min(first, r), max(last, r)

    def _rank(self) -> None:
        rank, frames = self.rank, self.frames
        heads: dict[str, dict[str, int]] = {name: {} for name in rank}
        held = dict.fromkeys(rank, 0)           # how many inputs do not move with a node
        for arrow in self.arrows:               # in the order of the computation
            tail, head = arrow.tail, arrow.head
            heads[tail][head] = 1 + _apart(frames[tail], frames[head])
            rank[head] = max(rank[head], rank[tail] + heads[tail][head])
        for name in rank:
            for head in heads[name]:
                held[head] += bool(held[name] or len(heads[name]) > 1)
        for name in reversed(rank):
            if heads[name] and not held[name]:
                rank[name] = min([rank[head] - step for head, step in heads[name].items()])

    @property
    def rooms(self) -> list[tuple[float, float]]:
        """The width and the height, from left to right and from top to bottom."""
        return [(self._length("width"), self._breadth("height", 40)),
                (self._breadth("width", 16), self._length("height"))]

    def _length(self, side: str) -> float:
        """Of all ranks, each as long as its longest node, and of the gaps between them: there are
        labels, and rims of frames, the upper ones with titles."""
        longest, labels = defaultdict[int, float](float), defaultdict[int, float](float)
        for name, r in self.rank.items():
            longest[r] = max(longest[r], getattr(self.nodes[name], side))
        for arrow in self.arrows:
            if arrow.label:
                r, room = self.rank[arrow.tail], round(width(arrow.label, SIZE)) + 12
                labels[r] = max(labels[r], room if side == "width" else LINE)

        def rims(end: int, r: int) -> int:
            """The room of those, within each other, that begin or, with 1, end in a rank."""
            return (7 if end or side == "width" else 30) * max(
                [sum([self.span[outer][end] == r for outer in frame.line])
                 for frame in self.span if self.span[frame][end] == r], default=0)

        first, last = min(longest), max(longest)
        gaps = [max(19 + labels[r], rims(1, r) + 8 + rims(0, r + 1)) for r in range(first, last)]
        return rims(0, first) + sum(longest.values()) + sum(gaps) + rims(1, last)

    def _breadth(self, side: str, margin: int) -> float:
        """Of the fullest rank. A frame is as broad in all of its ranks as in its fullest."""
        broad: dict[Part | None, defaultdict[int, float]] = {
            frame: defaultdict(float) for frame in [None, *self.span]}
        for name, r in self.rank.items():
            frame = self.frames[name][-1] if self.frames[name] else None
            broad[frame][r] += getattr(self.nodes[name], side) + 9
        for arrow in self.arrows:
            for r in range(self.rank[arrow.tail] + 1, self.rank[arrow.head]):
                broad[None][r] += 9
        for frame in sorted(self.span, key=lambda frame: -frame.deep):
            outer = broad[frame.parent if frame.parent in self.span else None]
            for r in range(self.span[frame][0], self.span[frame][1] + 1):
                outer[r] += max(broad[frame].values()) + margin
        return max(broad[None].values())


def _apart(one: list[Part], other: list[Part]) -> bool:
    """Whether each is in a frame that the other is not in."""
    return bool(one and other and one[-1] not in other and other[-1] not in one)


def _cross(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two straight lines cross, each x, y, x, y."""
    def side(x: float, y: float, line: tuple[float, ...]) -> float:
        x0, y0, x1, y1 = line
        return (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
    return (side(one[0], one[1], other) * side(one[2], one[3], other) < 0
            and side(other[0], other[1], one) * side(other[2], other[3], one) < 0)


def _row(row: list[tuple[str, str]]) -> str:
    return _html("  ".join([text for _, text in row if text]))


def _html(text: str) -> str:
    """The text in Graphviz' HTML, to the letter: no character of it is markup or an escape."""
    text = html.escape(printable(text)).replace("\\", r"\\")
    return text.replace("\n", "<BR/>").replace("  ", "&#160; ")


def _room(title: str) -> str:
    """A title that takes the room that we measured."""
    return (f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
            f'<TD FIXEDSIZE="TRUE" WIDTH="{width(title, SIZE):.0f}" HEIGHT="{LINE}">'
            f'{_html(title)}</TD></TR></TABLE>>')


def _attributes(attributes: dict[str, str]) -> str:
    return " ".join([f"{name}={value if value[:1] == '<' else _quoted(value)}"
                     for name, value in attributes.items()])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ── The program ───────────────────────────────────────────────────────────────────────────────────

def run(source: str, *options: str, timeout: float | None = None) -> bytes:
    """What Graphviz makes of a description: `options` are a format, such as "png", and more."""
    output, *others = options
    done = subprocess.run([program(), f"-T{output}", *others], input=source.encode(),
                          capture_output=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"Graphviz could not render {output}: "
                           f"{done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def program() -> str:
    """The program `dot`: the system's, else the bundled one, wherever pip has put it."""
    if found := shutil.which("dot"):
        return found
    import importlib.metadata                   # takes as long as the rest of draw/
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    programs = ("graphviz-pure", "graphviz-pure.exe")
    bundled = [file.locate() for file in files if file.name in programs]
    if not bundled:
        raise RuntimeError("rendering needs Graphviz: pip install graphviz-pure, or install it "
                           "from https://graphviz.org/download so that dot is on the PATH")
    return os.fspath(bundled[0])
