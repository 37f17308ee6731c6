"""The moving picture of the README: a photograph of the player at each of its steps."""

import importlib.util
from pathlib import Path

import pytest

KEPT = Path(__file__).resolve().parents[1] / "demos" / "pictures" / "player.gif"


def test_it_is_small():
    assert KEPT.read_bytes()[:6] == b"GIF89a" and KEPT.stat().st_size < 2_000_000


@pytest.mark.skipif(not importlib.util.find_spec("PIL"), reason="GIFs are written by Pillow")
def test_it_shows_every_step(one_browser, demo, tmp_path):
    from PIL import Image
    path = tmp_path / "page.html"
    demo.module("moving_picture").page().save(path)
    one_browser.open(path)
    last = one_browser.run("return Number(document.getElementById('step-slider').max)")
    demo.told(tmp_path, "moving_picture.py", "--out", tmp_path)
    for gif in (tmp_path / "player.gif", KEPT):
        with Image.open(gif) as picture:
            assert picture.n_frames == last + 1 and picture.size[0] == 838
