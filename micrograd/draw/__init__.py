"""`draw_dot`: the graph as a picture.

Read the files in this order: `parts.py`, which part of a model made which value; `scene.py`, what
of a large graph is drawn; `picture.py`, how.
"""

from .picture import draw_dot

__all__ = ["draw_dot"]
