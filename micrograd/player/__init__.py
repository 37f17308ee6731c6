"""`play` and `Film`: the graph as a page that plays it.

Read the files in this order: `formulas.py`, rules that write themselves down; `shape.py`, the walk
that names every number there is to tell; `placed.py`, where everything stands; `page.py`, how a
page is written, and after it the page itself: `page.html`, `style.css` and the rooms of its script.
"""

from .live import Live, live
from .page import Film, Player, play

__all__ = ["Film", "Live", "Player", "live", "play"]
