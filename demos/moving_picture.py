"""The moving pictures of the README: a knob that is turned, and the player, forward and backward.

They need Chrome or Chromium, and `pip install selenium pillow tqdm`; the pages themselves need none
of them.
"""

import sys
import tempfile
from pathlib import Path

import command_line
from command_line import Failed
from micrograd import Value, live, play
from micrograd.nn import Parameter
from micrograd.player import photographs

SIZE = 838, 640                                 # the width is that of a README on a hosting site
SIZE_WITH_PLOT = 838, 960
TURNS = 40                                      # presses of an arrow key: each adds 0.01
RIGHT = "\ue014"                                # the arrow key, as browsers are told of it
SECONDS = 0.15                                  # that each of these is shown


def page():
    """The loss of a model of one weight and one bias, as a page that plays it."""
    x, target = Value(2.0, label="x"), Value(7.0, label="target")
    w, b = Parameter(1.5, label="w"), Parameter(0.5, label="b")
    y = w * x + b
    loss = (y - target) ** 2
    y.label, loss.label = "y", "loss"
    return play(loss)


def knobs():
    """The same, as a page that computes."""
    w, b = Parameter(1.5, label="w"), Parameter(0.5, label="b")
    return live(lambda x, target: (w * x + b - target) ** 2, [(2.0, 7.0)])


def turned(path: Path) -> None:
    """Photograph the knob `w` of a page while it is turned."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(knobs().save(Path(folder, "knobs.html"))).read_text("utf-8")
    with photographs.opened(page, SIZE_WITH_PLOT) as browser:
        shots = []
        for _ in range(TURNS):
            browser.find_element("css selector", "[role=slider][aria-label=w]").send_keys(RIGHT)
            shots.append(browser.get_screenshot_as_png())
    path.write_bytes(photographs.moving(shots, SECONDS))


def tell(args) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    player, knob = args.out / "player.gif", args.out / "knobs.gif"
    try:
        turned(knob)
        page().save(player, SIZE)
    except RuntimeError as missing:
        raise Failed(str(missing)) from None
    for path in (knob, player):
        print(f"A moving picture is in {path}: {path.stat().st_size / 1000:.0f} kB.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
