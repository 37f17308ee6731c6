"""`draw_dot`: the graph as a picture.

Read the files in this order: `parts.py`, which part of a model made which value; `scene.py`, what
of a large graph is drawn; `text.py` and `nodes.py`, what is written on each box; `placing.py`,
where it goes; `svg.py`, how it looks; `picture.py` and `digraph.py`, what you call and what you
get.
"""

from .picture import draw_dot

__all__ = ["draw_dot"]
