"""The graph as a picture.

You will learn here to see what `backward()` walks through. Every value is a box with its label, its
number and its gradient; every operation is a small dark circle between its inputs and its output.
Read forward, from left to right, it is the computation; read backward, along the arrows' tails, it
is the way that each gradient took.

>>> from micrograd.engine import Value
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> y.backward()
>>> picture = draw_dot(y)                       # Jupyter shows it; elsewhere:
>>> picture.render("graph", "/tmp")             # doctest: +SKIP
'/tmp/graph.svg'

We describe the graph and Graphviz places it: the program `dot` where the system has one, else the
one that was installed with this package.
"""

import functools
import html
import importlib.metadata
import itertools
import math
import os
import pathlib
import re
import shutil
import subprocess

from .engine import Value, topological_order

__all__ = ["draw_dot"]

# Fill and border of each kind of box.
COLOURS = {
    "input": ("#cfe5f8", "#2b6ca3"),
    "parameter": ("#ffe0a3", "#b06f00"),
    "constant": ("#e4e4e4", "#8c8c8c"),
    "intermediate": ("#fafafa", "#8c8c8c"),
    "output": ("#c8ebc5", "#2f7d32"),
}
FONT = "Helvetica"
POSITIVE, NEGATIVE = "#3d8fd1", "#e07b1f"     # blue and orange: safe for colour blindness
LINE = "#8c8c8c"                                # a grey that shows on white and on black


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR", *,
             local_gradients: bool = False, **attributes):
    """The graph that ends in `root`, as a `graphviz.Digraph`.

    Jupyter shows it, `.source` is its description in Graphviz' language, `.pipe()` renders it to
    bytes and `.render(filename)` to a file in `format` (svg, png …). `rankdir` is the direction of
    the computation: "LR" from left to right, "TB" from top to bottom. The same graph gives the same
    source.

    After `backward()` every arrow is as thick as the gradient that went back along it is large,
    blue where it is positive, orange where it is negative and dotted where it is 0. With
    `local_gradients` each arrow into an operation tells the local derivative: the gradient of a
    value is the sum, over its outgoing arrows, of local derivative · gradient at the output there.

    Further keywords are attributes of Graphviz for the graph (`bgcolor="white"`, `size="8"`), or
    `node_attr` and `edge_attr`, dicts of them for all nodes and all edges.

    Raises TypeError if `root` is no Value, ValueError for an unknown format or direction, and, when
    it comes to rendering, RuntimeError if there is no Graphviz.
    """
    if not isinstance(root, Value):
        raise TypeError(f"draw_dot draws the graph of a Value, not {type(root).__name__} "
                        f"{repr(root)[:60]}")
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"rankdir must be LR, RL, TB or BT, not {rankdir!r}")
    order = topological_order(root)
    locals_of = {value: _local_gradients(value) for value in order if value._prev}
    flows = {value: [_flow(local, value) for local in locals_of[value]] for value in locals_of}
    sizes = map(abs, itertools.chain.from_iterable(flows.values()))
    largest = max(filter(math.isfinite, sizes), default=0)
    node_attr, edge_attr = attributes.pop("node_attr", {}), attributes.pop("edge_attr", {})
    dot = _digraph_class()(
        "micrograd", format=format,
        graph_attr={"rankdir": rankdir, "bgcolor": "transparent", "nodesep": "0.15",
                    "ranksep": "0.3", "fontname": FONT, "fontsize": "9", "labelloc": "b",
                    "label": _legend(backward=largest > 0)} | attributes,
        node_attr={"fontname": FONT, "fontsize": "11"} | node_attr,
        edge_attr={"color": LINE, "arrowsize": "0.6", "fontname": FONT, "fontsize": "9",
                   "fontcolor": LINE} | edge_attr)
    names = {}
    for i, value in enumerate(order):
        names[value] = name = f"v{i}"
        role = "output" if value is root else "intermediate" if value._prev else value.role
        fill, border = COLOURS[role]
        dot.node(name, _box(value), shape="box", style="filled,rounded", margin="0.16,0.05",
                 width="0.3", height="0.3", fillcolor=fill, color=border,
                 tooltip=f"data = {value.data}, grad = {_plain(value.grad)}")
        if value._prev:
            dot.node(f"o{i}", f"<{_text(value._op)}>", shape="circle", style="filled",
                     fillcolor="#404040", color=LINE, fontcolor="white", width="0.3", height="0.3",
                     margin="0.02", tooltip=" ")
            dot.edge(f"o{i}", name, **_arrow(_plain(value.grad), largest))
            for x, local, flow in zip(value._prev, locals_of[value], flows[value]):
                label = {"label": f" {_number(local)} "} if local_gradients else {}
                arrow = {} if x.role == "constant" else _arrow(flow, largest)
                dot.edge(names[x], f"o{i}", **arrow, **label)
    return dot


# ── What went back along an arrow ─────────────────────────────────────────────────────────────────

def _local_gradients(value: Value) -> list:
    """The derivative of a value by each of its inputs alone; NaN where its operation tells none."""
    try:
        answer = value._op.rule(1, value.data, *[x.data for x in value._prev])
        return [number + 0 for _, number in zip(value._prev, answer, strict=True)]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return [math.nan] * len(value._prev)


def _flow(local, value: Value) -> float:
    try:
        return float(local * _plain(value.grad))
    except OverflowError:
        return math.inf


def _arrow(flow, largest: float) -> dict:
    """How an arrow shows the gradient that went back along it, beside the largest in the graph."""
    if not largest:
        return {}
    if not flow:
        return {"style": "dotted"}
    share = min(1, abs(flow) / largest) if math.isfinite(flow) else 1
    return {"color": POSITIVE if flow > 0 else NEGATIVE, "penwidth": f"{0.8 + 3 * share:.2g}"}


def _legend(backward: bool) -> str:
    boxes = "".join([f'<TD BGCOLOR="{fill}" COLOR="{border}" BORDER="1">{role}</TD>'
                     for role, (fill, border) in COLOURS.items()])
    arrows = (f'<TD><FONT COLOR="{POSITIVE}">gradient above 0</FONT></TD>'
              f'<TD><FONT COLOR="{NEGATIVE}">below 0</FONT></TD>'
              f'<TD><FONT COLOR="{LINE}">dotted: 0</FONT></TD>') if backward else ""
    return f'<<TABLE BORDER="0" CELLSPACING="4" CELLPADDING="5"><TR>{boxes}{arrows}</TR></TABLE>>'


# ── What stands in a box ──────────────────────────────────────────────────────────────────────────

def _box(value: Value) -> str:
    lines = [f"<B>{_text(value.label)}</B>"] if value.label else []
    lines.append(_number(value.data))
    if value.role != "constant":
        lines.append(f'<FONT COLOR="#555555">grad {_number(value.grad)}</FONT>')
    return f"<{'<BR/>'.join(lines)}>"


def _text(text: str) -> str:
    """The text in Graphviz' HTML, to the letter: no character of it is markup or an escape. Those
    few that XML has no way to write are shown as the replacement character."""
    not_xml = "[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    shown = html.escape(re.sub(not_xml, "\ufffd", str(text).replace("\r\n", "\n")))
    return shown.expandtabs(4).replace("\\", r"\\").replace("\n", "<BR/>").replace("  ", "&#160; ")


def _plain(x):
    return x.data if isinstance(x, Value) else x    # a gradient may have a graph of its own


def _number(x) -> str:
    x = _plain(x)
    return (f"{x:.4g}" if isinstance(x, float) else str(x)).replace("-", "−")


# ── Graphviz ──────────────────────────────────────────────────────────────────────────────────────

@functools.cache
def _digraph_class():
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
