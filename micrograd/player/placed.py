"""Where everything stands on the page: Graphviz places it."""

import json
import unicodedata

from ..draw.picture import digraph_class, layout, put
from ..draw.scene import Scene, as_float
from ..engine import Constant

__all__ = ["placed"]


def placed(scene: Scene) -> tuple[dict, list, list, list]:
    """Where Graphviz puts nodes, arrows and open boxes, in points from the top left corner, and the
    size of all. Each box has room for any number: none moves when a number changes."""
    placing, ports = layout(scene, "LR")
    dot = digraph_class()("micrograd", graph_attr=placing, edge_attr={"arrowsize": "0.6"} | ports,
                          node_attr={"fixedsize": "true", "label": ""})
    nodes = _nodes(scene)
    rooms = []
    for name, node in nodes.items():
        width, height = node.pop("room")
        rooms.append((node.pop("part"), name, {
            "shape": "circle" if "symbol" in node else "box",
            "width": f"{width / 72:.3f}", "height": f"{height / 72:.3f}"}))
    put(dot, scene, rooms, upward=True, frame=lambda part: {
        "label": "x" * len(part.title), "fontsize": "10", "margin": "8"})
    for i, arrow in enumerate(scene.arrows):
        dot.edge(arrow.tail, arrow.head, id=f"{i}")
    drawn = json.loads(dot.pipe("json0"))
    _, _, right, top = map(float, drawn["bb"].split(","))
    titles = {f"cluster_p{i}": part.title for i, part in enumerate(scene.parts)}
    groups = []
    for thing in drawn.get("objects", ()):
        if thing["name"] in titles:
            x0, y0, x1, y1 = map(float, thing["bb"].split(","))
            groups.append({"title": titles[thing["name"]],
                           "box": _rounded(x0, top - y1, x1 - x0, y1 - y0)})
        else:
            x, y = map(float, thing["pos"].split(","))
            width, height = 72 * float(thing["width"]), 72 * float(thing["height"])
            nodes[thing["name"]]["box"] = _rounded(x - width / 2, top - y - height / 2, width,
                                                   height)
    arrows = [{"tail": arrow.tail, "head": arrow.head} for arrow in scene.arrows]
    for edge in drawn.get("edges", ()):
        # "e,x,y" is the tip of the arrow, the other points are those of Bézier curves.
        points = [part.split(",")[-2:] for part in edge["pos"].split()]
        tip, *path = [_rounded(float(x), top - float(y)) for x, y in points]
        arrows[int(edge["id"])] |= {"tip": tip, "path": path}
    return nodes, arrows, groups, _rounded(right, top)


def _nodes(scene: Scene) -> dict[str, dict]:
    """The nodes by name: what is written on each, its room, and the part that it is in."""
    nodes = {}
    for value in scene.values:
        name, part = scene.names[value], scene.owner.get(value)
        constant = isinstance(value, Constant)
        lines = [_shortened(line) for line in scene.label(value).splitlines()[:4]]
        rows = max(1, len(lines)) + 2 - 2 * constant
        # A constant has room for itself, all others for any number.
        own = max(30, _width(f"{as_float(value.data):.4g}")) if constant else 84
        width = max([_width(line) for line in lines] + [own])
        nodes[name] = {"lines": lines, "room": (width + 10, 14 * rows + 10), "part": part}
        if value._prev and value not in scene.inside:
            symbol = _shortened(str(value._op))
            nodes[f"o{name[1:]}"] = {"symbol": symbol, "part": part,
                                     "room": (max(24, _width(symbol) + 10),) * 2}
    for box in scene.closed:
        counts = [(len(box.parameters), "parameter"), (box.operations, "operation")]
        note = " · ".join([f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts if n])
        title = _shortened(box.title)
        nodes[box.name] = {"title": title, "note": note, "room": (
            max(_width(title), _width(note)) + 20, 62), "part": box.part}
    return nodes


def _shortened(text: str) -> str:
    return text if len(text) <= 32 else f"{text[:31]}…"


def _width(text: str) -> float:
    """About how many points a line takes, in bold type of 11 points."""
    return sum(12.0 if unicodedata.east_asian_width(char) in "FW" else 6.6 for char in text)


def _rounded(*numbers) -> list[float]:
    return [round(number, 1) for number in numbers]
