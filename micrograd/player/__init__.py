"""`play`, `Film` and `live`: the graph as a page that plays it, or that computes.

Read the files in this order: `formulas.py`, rules that write themselves down; `shape.py`, the walk
that names every number there is to tell; `placed.py`, where everything stands; `page.py`, how a
page is written from its parts; `photographs.py`, how it becomes pictures; `live.py`, how a page
comes to compute. After them the page itself: `page.html` and `live.html`, `style.css`, and the
rooms of its script, which `page.py` lists.
"""

from .live import Live, live
from .page import Film, Player, play

__all__ = ["Film", "Live", "Player", "live", "play"]
