"""The moving picture of the README: the player plays one knob, forward and backward, as a GIF.

It needs Chrome or Chromium, and `pip install selenium pillow tqdm`; the page itself needs none of them.
"""

import sys

import command_line
from command_line import Failed
from micrograd import Value, play
from micrograd.nn import Parameter

SIZE = 838, 640                                 # of a README on a hosting site


def page():
    """The loss of a model of one weight and one bias, as a page that plays it."""
    x, target = Value(2.0, label="x"), Value(7.0, label="target")
    w, b = Parameter(1.5, label="w"), Parameter(0.5, label="b")
    y = w * x + b
    loss = (y - target) ** 2
    y.label, loss.label = "y", "loss"
    return play(loss)


def tell(args) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "player.gif"
    try:
        page().save(path, SIZE)
    except RuntimeError as missing:
        raise Failed(str(missing)) from None
    print(f"The moving picture is in {path}: {path.stat().st_size / 1000:.0f} kB.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
