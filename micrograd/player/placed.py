"""Where everything stands on the page: as in a picture, with room for any number in each box."""

from typing import Any

from ..draw import Placing, Scene

__all__ = ["placed"]


def placed(scene: Scene) -> tuple[dict, list, list, list]:
    """What is written on the nodes and where Graphviz puts them, the arrows and the open boxes, in
    pixels from the top left corner, and the size of all. None moves when a number changes."""
    placing = Placing(scene, "LR", any_number=True).place()
    nodes = {}
    for name, node in placing.nodes.items():
        written: dict[str, Any] = {"lines": [text for kind, text in node.lines
                                             if kind == "label" and text]}
        if node.kind == "operation":
            written = {"symbol": scene.symbol(scene.order[int(name[1:])])}
        elif node.kind == "closed box":
            notes = [text for kind, text in node.lines if kind == "note"]
            written = {"title": node.lines[0][1],
                       "notes": [note for note in notes if not note.startswith("‖")]}
        nodes[name] = written | {"box": node.box}
    arrows = [{"tail": arrow.tail, "head": arrow.head, "tip": _rounded(arrow.tip),
               "path": [_rounded(point) for point in arrow.path]} for arrow in placing.arrows]
    groups = [{"title": frame.title, "deep": frame.part.deep, "box": _rounded(frame.box)}
              for frame in placing.frames if frame.box]
    return nodes, arrows, groups, _rounded(placing.size)


def _rounded(numbers: list[float]) -> list[float]:
    return [round(number, 1) for number in numbers]
