"""`draw_dot`: the graph as a picture.

Read the files in this order: `parts.py`, which part of a model made which value; `scene.py`, what
of a large graph is drawn; `text.py` and `nodes.py`, what is written on each box; `placing.py`,
where it goes; `svg.py`, how it looks; `picture.py` and `digraph.py`, what you call and what you
get. The player's pages show the same: what they take from here stands below, too.
"""

from .nodes import COLOURS, role
from .picture import draw_dot
from .placing import Placing
from .scene import Closed, Scene
from .text import as_float

__all__ = ["COLOURS", "Closed", "Placing", "Scene", "as_float", "draw_dot", "role"]
