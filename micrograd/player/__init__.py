"""`play` and `Film`: the graph as a page that plays it.

Read the files in this order: `formulas.py`, rules that write themselves down; `page.py`, what is
recorded and what the page is told; `player.html`, the page.
"""

from .page import Film, Player, play

__all__ = ["Film", "Player", "play"]
