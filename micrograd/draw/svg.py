"""How everything looks: the placed nodes, arrows and frames, written as SVG.

Colours say one thing each. Blue and orange are the signs of a gradient, on arrows and in numbers;
what kind of value a box is, the other colours say. Every colour is here twice, for light and for
dark surroundings, and a viewer that knows which it is in chooses, also for a picture in a page.
"""

import math
import re
from html import escape

from .nodes import CELL, COLOURS, LINE, SIZE, SMALL, Node, sign
from .placing import Frame, Placing
from .scene import Arrow
from .text import number, width

__all__ = ["svg"]

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"

KINDS = ["input", "parameter", "constant", "intermediate", "output", "closed box"]
SIGNS = {"positive": "gradient above 0", "negative": "gradient below 0", "mixed": "of both signs",
         "zero": "gradient 0", "nan": "gradient NaN"}
WIDEST, NARROWEST = 5.0, 0.8                    # of the arrows
PAD = 8


def svg(placing: Placing, background: str | None = None) -> str:
    """The picture. On a `background` of somebody's choice the colours are the light ones."""
    scene = placing.scene
    note = "" if scene.complete else (
        f"Closed to stay legible; depth=math.inf shows all {len(scene.order):,} values.")
    flows = [scene.flows(arrow) for arrow in placing.arrows]
    looks, largest = _looks(placing.arrows, flows)
    across = max(placing.size[0], 240, width(note, SMALL))
    legend, below = _legend(placing, looks, largest, across, note)
    full = across + 2 * PAD, placing.size[1] + below + 2 * PAD
    left = PAD + (across - placing.size[0]) / 2
    body = [_frame(frame) for frame in placing.frames if frame.box]
    body += [_arrow(arrow, look) for arrow, look in zip(placing.arrows, looks)]
    body += [_title(frame) for frame in placing.frames if frame.box]
    body += [_node(node) for node in placing.nodes.values()]
    labels = [_label(arrow) for arrow in placing.arrows]
    about = f"A graph of {len(scene.order):,} values"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="micrograd" role="img" '
        f'aria-label="{about}" width="{full[0]:.0f}" height="{full[1]:.0f}" '
        f'viewBox="0 0 {full[0]:.0f} {full[1]:.0f}" font-family="{FONT}">',
        f"<style>{style(background)}</style>",
        '<rect class="page" width="100%" height="100%"/>',
        f'<g transform="translate({left:.1f} {PAD})">', *filter(None, body + labels), "</g>",
        f'<g transform="translate({PAD} {placing.size[1] + PAD:.1f})">', *legend, "</g>",
        "</svg>", ""])


# ── Colours ───────────────────────────────────────────────────────────────────────────────────────

def style(background: str | None) -> str:
    """The style sheet: sizes, and the colours of light and, unless on a `background`, of dark."""
    sheet = [
        ".micrograd text { text-anchor: middle; white-space: pre }",
        f".micrograd .label, .micrograd .symbol {{ font-size: {SIZE}px; font-weight: bold }}",
        f".micrograd .data {{ font-size: {SIZE}px }}",
        f".micrograd .grad, .micrograd .note {{ font-size: {SMALL}px }}",
        ".micrograd .start { text-anchor: start }", ".micrograd .end { text-anchor: end }",
        ".micrograd path { fill: none }", ".micrograd .frame .back { stroke: none }",
        ".micrograd .zero path { stroke-dasharray: 1.5 3.5; stroke-linecap: round }",
        ".micrograd .nan path { stroke-dasharray: 5 3 }",
        ".micrograd .output .shape { stroke-width: 2.2 }",
        *_colours(0)]
    if background is None:
        sheet += ["@media (prefers-color-scheme: dark) {", *_colours(1), "}"]
    else:
        sheet.append(f".micrograd .page {{ fill: {background} }}")
    return "\n" + "\n".join(sheet) + "\n"


def _colours(dark: int) -> list[str]:
    of = {name: colours[dark] for name, colours in COLOURS.items()}
    rules = [("page", "fill", "page"), ("label", "fill", "text"), ("data", "fill", "text"),
             ("note", "fill", "quiet"), ("grad", "fill", "quiet"),
             ("symbol", "fill", "operation text"), ("operation .shape", "fill", "operation"),
             ("cap", "fill", "operation"), ("frame rect", "fill", "frame"),
             ("frame rect", "stroke", "frame rim"), ("arrow path", "stroke", "line"),
             ("arrow polygon", "fill", "line")]
    for kind in KINDS:
        rules += [(f"{_class(kind)} .shape", "fill", kind),
                  (f"{_class(kind)} .shape", "stroke", f"{kind} rim")]
    for kind in SIGNS:
        rules += [(f"{kind} path", "stroke", kind), (f"{kind} polygon", "fill", kind)]
    for kind in ("positive", "negative"):
        rules += [(f"grad.{kind}", "fill", f"{kind} text"), (f"cell.{kind}", "fill", kind)]
    return [f".micrograd .{where} {{ {what}: {of[name]} }}" for where, what, name in rules]


def _class(kind: str) -> str:
    return kind.partition(" ")[0]


# ── Arrows ────────────────────────────────────────────────────────────────────────────────────────

def _looks(arrows: list[Arrow], flows: list[list[float]]) -> tuple[list[tuple[str, float]], float]:
    """Of each arrow, its class and how thick it is; and the largest gradient among them, or 0.

    Each tenth of the largest is a step thinner: so gradients of 2.5, 0.25 and 0.02 look different.
    """
    sizes = [math.hypot(*flow) for flow in flows]
    largest = max(filter(math.isfinite, sizes), default=0)
    looks, plainly = [], not any(sizes)
    for arrow, flow, size in zip(arrows, flows, sizes):
        if plainly or all(x.role == "constant" for x, _, _ in arrow.carried):
            looks.append(("", 1.2))
        elif not size or math.isnan(size):
            looks.append(("nan" if size else "zero", 1.4))
        else:
            signs = {sign(f) for f in flow if f}
            looks.append((signs.pop() if len(signs) == 1 else "mixed", thickness(size, largest)))
    return looks, largest


def thickness(size: float, largest: float) -> float:
    """How thick the arrow of a gradient is beside the largest one."""
    if not (largest and math.isfinite(size)):
        return WIDEST
    steps = math.log10(size / largest) if size / largest > 1e-9 else -9
    return max(NARROWEST, WIDEST + 1.5 * steps)


def _arrow(arrow: Arrow, look: tuple[str, float]) -> str:
    kind, thick = look
    (x0, y0), *points = arrow.path
    (x1, y1), (x2, y2) = arrow.path[-1], arrow.tip
    length = math.hypot(x2 - x1, y2 - y1) or 1
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    half = 2.4 + thick * 0.7                    # of the head's width; it begins a bit before
    line = " ".join([f"{x:.1f},{y:.1f}" for x, y in points])
    head = " ".join([f"{x:.1f},{y:.1f}" for x, y in (
        (x2, y2), (x1 - half * dy, y1 + half * dx), (x1 + half * dy, y1 - half * dx))])
    return (f'<g class="{f"arrow {kind}".strip()}" data-ends="{arrow.tail} {arrow.head}">'
            f'<path d="M{x0:.1f},{y0:.1f} C{line}" stroke-width="{thick:.2g}"/>'
            f'<polygon points="{head}"/></g>')


def _label(arrow: Arrow) -> str:
    """What is written beside an arrow: how many values it carries, or the local derivative."""
    return _text("note", arrow.at[0], arrow.at[1], arrow.label) if arrow.label else ""


# ── Nodes and frames ──────────────────────────────────────────────────────────────────────────────

def _text(kind: str, x: float, y: float, text: str, ink: str = "") -> str:
    # A space that does not break, for viewers that would merge spaces.
    return (f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{ink}>'
            f'{escape(re.sub(" (?= )", chr(160), text), quote=False)}</text>')


def _node(node: Node) -> str:
    x, y, w, h = node.box
    parts = [f'<g class="node {_class(node.kind)}" data-name="{node.name}">']
    if node.tip:
        parts.append(f"<title>{escape(node.tip, quote=False)}</title>")
    if node.kind == "operation":
        parts += [f'<circle class="shape" cx="{node.x:.1f}" cy="{node.y:.1f}" r="{w / 2:.1f}"/>',
                  _text("symbol", node.x, node.y + 4, node.symbol), "</g>"]
        return "".join(parts)
    parts.append(f'<rect class="shape" x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>')
    if node.kind == "closed box":
        parts.append(f'<rect class="shape" x="{x + 2.5}" y="{y + 2.5}" width="{w - 5}" '
                     f'height="{h - 5}" rx="4"/>')
    cap = node.cap
    if cap:
        parts.append(f'<path class="cap" d="M{x + cap:.1f},{y} h{6 - cap:.1f} q-6,0 -6,6 v{h - 12} '
                     f'q0,6 6,6 h{cap - 6:.1f} z"/>')
        parts.append(_text("symbol", x + cap / 2, node.y + 4, node.symbol))
    middle, line = x + cap + (w - cap) / 2, y + 4 + LINE - 3.5
    for kind, text in node.lines:
        parts.append(_text(kind, middle, line, text))
        line += LINE
    for row in node.rows:
        left = x + cap + 7
        for (kind, text), column in zip(row, node.columns):
            if column:
                start = kind == "label"
                left += 0 if start else column
                if text:
                    parts.append(_text(f"{kind} {'start' if start else 'end'}", left, line, text))
                left += 10 + (column if start else 0)
        line += LINE
    line -= LINE - 3.5 - 2
    for i, cell in enumerate(node.cells):
        left = middle - node.across * CELL / 2 + i % node.across * CELL
        top = line + i // node.across * CELL
        parts.append(f'<rect class="cell {sign(cell)}" x="{left:.1f}" y="{top:.1f}" '
                     f'width="{CELL - 1}" height="{CELL - 1}" '
                     f'fill-opacity="{0.15 + 0.85 * min(1, abs(cell)):.2f}"/>')
    return "".join(parts) + "</g>"


def _frame(frame: Frame) -> str:
    x, y, w, h = frame.box
    return (f'<g class="frame"><rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" '
            f'rx="8"/></g>')


def _title(frame: Frame) -> str:
    """The title of an open box, and behind it so much of its colour that no arrow crosses it."""
    x, y, _, _ = frame.box
    return (f'<g class="frame"><rect class="back" x="{x + 6:.1f}" y="{y + 4:.1f}" '
            f'width="{width(frame.title, SMALL) + 4:.1f}" height="14"/>'
            f'{_text("note start", x + 8, y + 15, frame.title)}</g>')


# ── Legend ────────────────────────────────────────────────────────────────────────────────────────

def _legend(placing: Placing, looks: list[tuple[str, float]], largest: float, across: float,
            note: str) -> tuple[list[str], float]:
    """The elements that explain what is there, in lines of the width `across`; and their height."""
    kinds = [kind for kind in KINDS if any(node.kind == kind for node in placing.nodes.values())]
    items = [(f'<g class="{_class(kind)}"><rect class="shape" y="-9" width="14" height="11" '
              f'rx="3"/></g>', 14, kind) for kind in kinds]
    present = {kind for kind, _ in looks}
    items += [(_stroke(kind, 2.5 if kind != "zero" else 1.4), 22, text)
              for kind, text in SIGNS.items() if kind in present]
    if largest:
        thinnest = min([thick for kind, thick in looks if kind not in ("", "zero", "nan")])
        for size in (largest, largest / 10, largest / 100):
            thick = thickness(size, largest)
            if thick > thinnest - 1:
                told = number(float(f"{size:.2g}"))
                items.append((_stroke("mixed", thick), 22, f"|gradient| {told}"))
    lines, x, y = [], 0.0, 24.0
    for swatch, room, text in items:
        full = room + 5 + width(text, SMALL) + 14
        if x and x + full > across + 14:
            x, y = 0.0, y + 18
        lines.append(f'<g transform="translate({x:.1f} {y:.1f})">{swatch}'
                     f'{_text("note start", room + 5, 0, text)}</g>')
        x += full
    for line in note.splitlines():
        y += 18
        lines.append(_text("note start", 0, y, line))
    return lines, y + 4


def _stroke(kind: str, thick: float) -> str:
    return (f'<g class="arrow {kind}"><path d="M0,-4 H22" stroke-width="{thick:.2g}"/></g>')
