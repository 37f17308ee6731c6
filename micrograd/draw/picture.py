"""The graph as a picture.

You will learn here to see what `backward()` walks through. Every value is a box with its label, its
number and its gradient, and beside them, dark, the operation that made it. Read forward, from left
to right or from top to bottom, it is the computation; read backward, along the arrows' tails, it is
the way that each gradient took. Around them stand the parts of the network, open or closed.

>>> from micrograd.engine import Value
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> y.backward()
>>> picture = draw_dot(y)                       # Jupyter shows it; elsewhere:
>>> picture.render("graph", "/tmp")             # doctest: +SKIP
'/tmp/graph.svg'

`scene.py` decides what is drawn, `nodes.py` what is written on it, `placing.py` where, `svg.py`
how.
"""

from typing import TYPE_CHECKING, Any

from ..engine import Value, topological_order
from .placing import Placing, fits
from .scene import Scene
from .text import number

if TYPE_CHECKING:
    from .digraph import Picture

__all__ = ["draw_dot"]

SMALL = 100                                     # values, of a graph that shows itself

def draw_dot(root: Value, model: Any = None, depth: float | None = None,
             local_gradients: bool = False, format: str = "svg", rankdir: str | None = None,
             **attributes: Any) -> "Picture":
    """The graph that ends in `root`, as a `graphviz.Digraph`.

    Jupyter shows it, `.pipe()` renders it to bytes and `.render(filename)` to a file in `format`
    (svg, png, pdf …). `.source` is its description in Graphviz' language; the picture is ours, and
    Graphviz only places its boxes. `rankdir` is the direction of the computation: "LR" from left to
    right, "TB" from top to bottom; if none is asked for, that which fits a page. The same graph
    gives the same source.

    With `model`, its parts are boxes around their parameters and what they computed. `depth` levels
    of boxes are open: with 0 the model is one closed box, with 1 its layers are closed, with 2
    their neurons. A closed box tells what went in and came out, how many parameters and operations
    it hides, and the norm of the parameters' gradient. Where that would be wider than a README's
    column, what the neurons of a layer do side by side is one box, with a row or, in colour, a
    column of cells for each. What would still be too much for one page is closed as well, and the
    picture says so; `depth=math.inf` leaves everything open, however large.

    After `backward()` every arrow is as thick as the gradient that went back along it is large,
    blue where it is positive, orange where it is negative, dotted where it is 0 and dashed where it
    is NaN. With `local_gradients` each arrow into an operation tells the local derivative: the
    gradient of a value is the sum, over its outgoing arrows, of local derivative · gradient at the
    output there.

    Further keywords are attributes of Graphviz that say how to place (`ranksep="1"`), or
    `node_attr` and `edge_attr`, dicts of them for all nodes and all edges. With `bgcolor` the
    picture has that background, and is drawn for light surroundings.

    Raises TypeError if `root` is no Value or `model` has no parameters, ValueError if the
    graph has none of its parameters, for a negative depth, an unknown format or direction, and,
    when it comes to rendering, RuntimeError if there is no Graphviz.
    """
    if rankdir not in (None, "LR", "RL", "TB", "BT"):
        raise ValueError(f"rankdir must be LR, RL, TB or BT, not {rankdir!r}")
    from .digraph import Picture                # imports graphviz, which who draws nothing may lack
    scene = Scene(root, model, depth, compact=True, fits=fits)
    for arrow in scene.arrows:
        values = {x for x, _, _ in arrow.carried}
        x, result, place = arrow.carried[0]
        if len(values) > 1 and arrow.tail[0] != "g":
            arrow.label = f"{len(values):,}"
        elif local_gradients and result is not None and len(arrow.carried) == 1:
            arrow.label = number(scene.local_gradient(result, place))
    return Picture(Placing(scene, rankdir), format, attributes)


def _repr_svg_(value: Value) -> str | None:
    if len(topological_order(value)) > SMALL:
        return None
    try:
        return str(draw_dot(value).pipe(encoding="utf-8"))
    except (ImportError, OSError, RuntimeError):    # without Graphviz, the repr must do
        return None


Value._repr_svg_ = _repr_svg_                   # a notebook shows the repr where that gives None
