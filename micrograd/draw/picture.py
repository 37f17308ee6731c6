"""The graph as a picture.

You will learn here to see what `backward()` walks through. Every value is a box with its label, its
number and its gradient; every operation is a small dark circle between its inputs and its output.
Read forward, from left to right, it is the computation; read backward, along the arrows' tails, it
is the way that each gradient took. Around them stand the parts of the network, open or closed.

>>> from micrograd.engine import Value
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> y.backward()
>>> picture = draw_dot(y)                       # Jupyter shows it; elsewhere:
>>> picture.render("graph", "/tmp")             # doctest: +SKIP
'/tmp/graph.svg'

`scene.py` decides what is drawn; here it is described; Graphviz places it: the program `dot` where
the system has one, else the one that was installed with this package.
"""

import functools
import html
import importlib.metadata
import math
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from numbers import Rational, Real

from ..engine import Value, topological_order
from .parts import Part
from .scene import LEGIBLE, Arrow, Closed, Scene, as_float, plain

__all__ = ["draw_dot"]

# Fill and border of each kind of box.
COLOURS = {
    "input": ("#cfe5f8", "#2b6ca3"),
    "parameter": ("#ffe0a3", "#b06f00"),
    "constant": ("#e4e4e4", "#8c8c8c"),
    "intermediate": ("#fafafa", "#8c8c8c"),
    "output": ("#c8ebc5", "#2f7d32"),
    "closed box": ("#e6dff3", "#6b4fa0"),
}
FONT = "Helvetica"                              # whose widths Graphviz knows
POSITIVE, NEGATIVE = "#3d8fd1", "#e07b1f"     # blue and orange: safe for colour blindness
MIXED = "#6b4fa0"
LINE = "#8c8c8c"                                # a grey that shows on white and on black


def draw_dot(root: Value, model=None, depth: float | None = None, local_gradients: bool = False,
             format: str = "svg", rankdir: str = "LR", **attributes):
    """The graph that ends in `root`, as a `graphviz.Digraph`.

    Jupyter shows it, `.source` is its description in Graphviz' language, `.pipe()` renders it to
    bytes and `.render(filename)` to a file in `format` (svg, png …). `rankdir` is the direction of
    the computation: "LR" from left to right, "TB" from top to bottom. The same graph gives the same
    source.

    With `model`, its parts are boxes around their parameters and what they computed. (To find out,
    each part is called on stand-ins for its inputs.) `depth` levels of boxes are open: with 0 the
    model is one closed box, with 1 its layers are closed, with 2 their neurons. A closed box tells
    what went in and came out, how many parameters and operations it hides, and the norm of the
    parameters' gradient. What would still be too much for one page is closed as well, and the
    picture says so; `depth=math.inf` leaves everything open.

    After `backward()` every arrow is as thick as the gradient that went back along it is large,
    blue where it is positive, orange where it is negative, dotted where it is 0 and dashed where it
    is NaN. With `local_gradients` each arrow into an operation tells the local derivative: the
    gradient of a value is the sum, over its outgoing arrows, of local derivative · gradient at the
    output there.

    Further keywords are attributes of Graphviz for the graph (`bgcolor="white"`, `size="8"`), or
    `node_attr` and `edge_attr`, dicts of them for all nodes and all edges.

    Raises TypeError if `root` is no Value or `model` has no parameters, ValueError if the
    graph has none of its parameters, for a negative depth, an unknown format or direction, and,
    when it comes to rendering, RuntimeError if there is no Graphviz.
    """
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"rankdir must be LR, RL, TB or BT, not {rankdir!r}")
    scene = Scene(root, model, depth)
    flows = [scene.flows(arrow) for arrow in scene.arrows]
    sizes = list(map(_norm, flows))
    largest = max(filter(math.isfinite, sizes), default=0)
    dot = _digraph(scene, sizes if largest else [], format, rankdir, attributes)
    put(dot, scene, _nodes(scene), _frame, upward=rankdir in ("LR", "RL"))
    for arrow, flow in zip(scene.arrows, flows):
        label = _arrow_label(scene, arrow, local_gradients)
        dot.edge(arrow.tail, arrow.head, **label, **_arrow(arrow, flow, largest))
    return dot


def _repr_svg_(value: Value) -> str | None:
    if not value._prev or len(topological_order(value)) > LEGIBLE // 4:
        return None
    try:
        return draw_dot(value).pipe(encoding="utf-8")
    except (ImportError, OSError, RuntimeError):    # without Graphviz, the repr must do
        return None


Value._repr_svg_ = _repr_svg_       # what Jupyter asks for; it shows the repr where that is None


def layout(scene: Scene, rankdir: str) -> tuple[dict, dict]:
    """How Graphviz is to place a scene: attributes of the graph, and of all edges."""
    if not scene.dense:
        return {"rankdir": rankdir, "nodesep": "0.15", "ranksep": "0.3"}, {}
    out, into = {"LR": "ew", "RL": "we", "TB": "sn", "BT": "ns"}[rankdir]
    # The search for an order with fewer crossings could only shuffle the neurons.
    return ({"rankdir": rankdir, "nodesep": "0.15", "ranksep": "2", "splines": "line",
             "mclimit": "0.01"}, {"tailport": out, "headport": into})


def _digraph(scene: Scene, sizes: list[float], format: str, rankdir: str, attributes: dict):
    placing, ports = layout(scene, rankdir)
    node_attr, edge_attr = attributes.pop("node_attr", {}), attributes.pop("edge_attr", {})
    return digraph_class()(
        "micrograd", format=format,
        graph_attr={"bgcolor": "transparent", "fontname": FONT, "fontsize": "9", "labelloc": "b",
                    "label": _legend(scene, sizes)} | placing | _strings(attributes),
        node_attr={"fontname": FONT, "fontsize": "11", "width": "0.3", "height": "0.3"}
        | _strings(node_attr),
        edge_attr={"color": LINE, "arrowsize": "0.6", "fontname": FONT, "fontsize": "9",
                   "fontcolor": LINE} | ports | _strings(edge_attr))


def _strings(attributes: dict) -> dict:
    return {name: str(value) for name, value in attributes.items()}


# ── Nodes, in the boxes of their parts ────────────────────────────────────────────────────────────

def put(dot, scene: Scene, nodes: list[tuple], frame: Callable[[Part], dict], upward: bool) -> None:
    """Put nodes into the digraph, each given as its part, its name and its attributes, in the boxes
    of the parts that are open; `frame` tells the attributes of a box. All go in from the last to
    the first, where Graphviz is to stack them `upward`."""
    turned = reversed if upward else iter
    graphs = {None: dot}
    for i, part in enumerate(scene.parts):
        if part.deep < scene.depth:
            graphs[part] = dot.__class__(f"cluster_p{i}", graph_attr=frame(part))

    def around(part):
        while part not in graphs:
            part = part.parent
        return graphs[part]

    for part, name, attributes in turned(nodes):
        around(part).node(name, **attributes)
    inner_first = sorted(turned(scene.parts), key=lambda part: part.deep, reverse=True)
    for part in inner_first:                    # for they go into the outer, whole
        if part in graphs and graphs[part].body:
            around(part.parent).subgraph(graphs[part])


def _frame(part: Part) -> dict:
    return {"label": f"<{_text(part.title)}>", "labelloc": "t", "labeljust": "l", "margin": "7",
            "style": "rounded,filled", "color": LINE, "fillcolor": "#8c8c8c14",
            "fontcolor": "#6e6e6e", "fontsize": "10"}


def _nodes(scene: Scene) -> list[tuple]:
    nodes = []
    for box in scene.closed:
        fill, border = COLOURS["closed box"]
        nodes.append((box.part, box.name, {
            "label": _closed_box(box), "shape": "box", "style": "filled,rounded", "tooltip": " ",
            "margin": "0.25,0.08", "fillcolor": fill, "color": border}))
    for value in scene.values:
        part, name = scene.owner.get(value), scene.names[value]
        if value._prev and value not in scene.inside:
            nodes.append((part, f"o{name[1:]}", {
                "label": f"<{_text(value._op)}>", "shape": "circle", "style": "filled",
                "fillcolor": "#404040", "color": LINE, "fontcolor": "white", "margin": "0.02",
                "tooltip": " "}))
        fill, border = COLOURS[role(value, scene)]
        nodes.append((part, name, {
            "label": _box(value, scene), "shape": "box", "style": "filled,rounded",
            "margin": "0.2,0.05", "fillcolor": fill, "color": border,
            "tooltip": f"data = {_exact(value.data)}, grad = {_exact(value.grad)}"}))
    return nodes


def role(value: Value, scene: Scene) -> str:
    """What a value is called in the legend."""
    return "output" if value is scene.root else "intermediate" if value._prev else value.role


# ── Arrows ────────────────────────────────────────────────────────────────────────────────────────

def _norm(flows: list[float]) -> float:
    return math.hypot(*flows)


def _arrow(arrow: Arrow, flows: list[float], largest: float) -> dict:
    """How an arrow shows the gradient that came back along it, beside the largest there is."""
    if not largest or all(x.role == "constant" for x, _, _ in arrow.carried):
        return {}
    size = _norm(flows)
    if not size or math.isnan(size):
        return {"style": "dashed" if size else "dotted"}
    share = min(1, size / largest) if math.isfinite(size) else 1
    signs = {flow > 0 for flow in flows if flow}
    colour = MIXED if len(signs) > 1 else POSITIVE if signs.pop() else NEGATIVE
    return {"color": colour, "penwidth": f"{0.8 + 3 * share:.2g}"}


def _arrow_label(scene: Scene, arrow: Arrow, local_gradients: bool) -> dict:
    number = len({x for x, _, _ in arrow.carried})
    x, result, place = arrow.carried[0]
    if number > 1:
        return {} if scene.dense else {"label": f" {number:,} values \\n "}
    if local_gradients and result is not None and len(arrow.carried) == 1:
        return {"label": f" {_number(scene.local_gradient(result, place))} "}
    return {}


def _legend(scene: Scene, sizes: list[float]) -> str:
    present = [role(value, scene) for value in scene.values] + ["closed box"] * bool(scene.closed)
    kinds = [kind for kind in COLOURS if kind in present]
    boxes = "".join([f'<TD BGCOLOR="{COLOURS[kind][0]}" COLOR="{COLOURS[kind][1]}" BORDER="1">'
                     f'{kind}</TD>' for kind in kinds])
    signs = [(POSITIVE, "gradient above 0"), (NEGATIVE, "below 0"),
             *([(MIXED, "of both signs")] if scene.closed else []), (LINE, "dotted: 0"),
             *([(LINE, "dashed: NaN")] if any(map(math.isnan, sizes)) else [])] if sizes else []
    arrows = "".join([f'<TD><FONT COLOR="{colour}">{text}</FONT></TD>' for colour, text in signs])
    closed = (f"Closed to stay legible: {len(scene.values):,} of {len(scene.order):,} values are "
              "shown; depth=math.inf shows all.")
    note = "" if scene.complete else (f'<TR><TD COLSPAN="{len(kinds) + len(signs)}" ALIGN="LEFT">'
                                      f'<FONT COLOR="{MIXED}">{closed}</FONT></TD></TR>')
    return (f'<<TABLE BORDER="0" CELLSPACING="4" CELLPADDING="5"><TR>{boxes}{arrows}</TR>{note}'
            '</TABLE>>')


# ── What stands in a box ──────────────────────────────────────────────────────────────────────────

def _box(value: Value, scene: Scene) -> str:
    label = scene.label(value)
    lines = [f"<B>{_text(label)}</B>"] if label else []
    lines.append(_number(value.data))
    if value.role != "constant":
        lines.append(_grey(f"grad {_number(value.grad)}"))
    return f"<{'<BR/>'.join(lines)}>"


def _closed_box(box: Closed) -> str:
    constants = {value.data: value for value in box.hidden if value.role == "constant"}
    lines = [f"<B>{_text(box.title)}</B>"]
    for direction, values in (("in", list(box.entering or constants.values())),
                              ("out", list(box.leaving))):
        if values:
            lines.append(f"{direction} {len(values):,}: {_numbers([v.data for v in values])}")
    parameters = box.parameters
    counts = [(len(parameters), "parameter"), (box.operations, "operation")]
    lines.append(" · ".join([f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts if n]))
    if parameters:
        norm = _norm([as_float(plain(p.grad)) for p in parameters])
        lines.append(_grey(f"‖grad‖ {_number(norm)}"))
    return f"<{'<BR/>'.join(filter(None, lines))}>"


def _numbers(numbers: list) -> str:
    if len(numbers) <= 3:
        return ", ".join(map(_number, numbers))
    return f"{_number(min(numbers))} … {_number(max(numbers))}"


def _grey(text: str) -> str:
    return f'<FONT COLOR="#555555">{text}</FONT>'


def _text(text: str) -> str:
    """The text in Graphviz' HTML, to the letter: no character of it is markup or an escape. Those
    few that XML has no way to write are shown as the replacement character."""
    not_xml = "[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    shown = html.escape(re.sub(not_xml, "\ufffd", str(text).replace("\r\n", "\n")))
    return shown.expandtabs(4).replace("\\", r"\\").replace("\n", "<BR/>").replace("  ", "&#160; ")


def _number(x) -> str:
    """Four digits of a float; a fraction or an integer as it is, unless it is far too long."""
    x = plain(x)
    if isinstance(x, Rational) and max(abs(x.numerator), x.denominator) >= 10 ** 12:
        x = Decimal(x.numerator) / x.denominator
    exact = isinstance(x, Rational) or not isinstance(x, (Real, Decimal))
    text = str(x) if exact else f"{x:.4g}"
    return text.replace("-", "−").replace("nan", "NaN").replace("inf", "∞")


def _exact(x) -> str:
    try:
        return str(plain(x))
    except ValueError:                          # Python refuses to write an int of 4,300 digits
        return _number(x)


# ── Graphviz ──────────────────────────────────────────────────────────────────────────────────────

@functools.cache
def digraph_class():
    """`graphviz.Digraph`, rendering with whichever `dot` there is. Made when first asked for, so
    that whoever draws nothing needs no graphviz."""
    try:
        import graphviz
    except ImportError:
        raise ImportError("draw_dot needs the package graphviz: pip install graphviz") from None

    class Digraph(graphviz.Digraph):

        def pipe(self, format=None, renderer=None, formatter=None, neato_no_op=None, quiet=False, *,
                 engine=None, encoding=None):
            """The rendered picture: bytes, or with an `encoding` a string."""
            output = ":".join(filter(None, [format or self.format, renderer, formatter]))
            command = [_dot(), f"-K{engine or self.engine}", f"-T{output}"]
            if neato_no_op:
                command.append(f"-n{neato_no_op:d}")
            done = subprocess.run(command, input=self.source.encode(), capture_output=True)
            if done.returncode:
                raise RuntimeError(f"Graphviz could not render {output}: "
                                   f"{done.stderr.decode(errors='replace').strip()}")
            return done.stdout.decode(encoding) if encoding else done.stdout

        def render(self, filename=None, directory=None, view=False, cleanup=False, format=None,
                   renderer=None, formatter=None, neato_no_op=None, quiet=False, quiet_view=False,
                   *, outfile=None, engine=None, raise_if_result_exists=False,
                   overwrite_source=False):
            """Save the source, render it beside, and return the path of the picture."""
            if outfile is not None:
                format = format or pathlib.Path(outfile).suffix[1:]
                filename = filename or pathlib.Path(outfile).with_suffix(".gv")
            picture = self.pipe(format, renderer, formatter, neato_no_op, engine=engine)
            source = os.path.join(directory or self.directory, filename or self.filename)
            path = os.fspath(outfile or f"{source}.{format or self.format}")
            if path == source and not overwrite_source:
                raise ValueError(f"the picture would overwrite its source {source!r}")
            if raise_if_result_exists and os.path.exists(path):
                raise graphviz.FileExistsError(f"output file exists: {path!r}")
            self.save(filename, directory=directory)
            pathlib.Path(path).write_bytes(picture)
            if cleanup:
                os.remove(source)
            if view or quiet_view:
                graphviz.view(path, quiet=quiet_view)
            return path

    return Digraph


def _dot() -> str:
    """The program `dot`: the system's, else the bundled one, wherever pip has put it."""
    if found := shutil.which("dot"):
        return found
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
