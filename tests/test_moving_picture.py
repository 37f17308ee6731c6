"""The moving pictures of the README: a knob at each of its turns, the player at each of its steps."""

import importlib.util
from pathlib import Path

import pytest

PICTURES = Path(__file__).resolve().parents[1] / "demos" / "pictures"


@pytest.mark.parametrize("name", ["player", "knobs"])
def test_they_are_small(name):
    kept = PICTURES / f"{name}.gif"
    assert kept.read_bytes()[:6] == b"GIF89a" and kept.stat().st_size < 2_000_000


@pytest.mark.skipif(not importlib.util.find_spec("PIL"), reason="GIFs are written by Pillow")
def test_they_show_every_step_and_every_turn(one_browser, demo, tmp_path):
    from PIL import Image
    path = tmp_path / "page.html"
    demo.module("moving_picture").page().save(path)
    one_browser.open(path)
    last = one_browser.run("return Number(document.getElementById('step-slider').max)")
    demo.told(tmp_path, "moving_picture.py", "--out", tmp_path)
    for folder in (tmp_path, PICTURES):
        with Image.open(folder / "player.gif") as picture:
            assert picture.n_frames == last + 1 and picture.size[0] == 838
        with Image.open(folder / "knobs.gif") as picture:
            assert picture.n_frames == 40 and picture.size[0] == 838
