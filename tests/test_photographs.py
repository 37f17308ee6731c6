"""Pages as pictures: PNGs of every step, and moving pictures."""

import importlib.util
import io
import os
import random
import sys

import pytest

from micrograd import Value, live, play
from micrograd.nn import Neuron, Parameter
from micrograd.player import Film

needs_pillow = pytest.mark.skipif(not importlib.util.find_spec("PIL") or not
                                  importlib.util.find_spec("tqdm"), reason="needs Pillow and tqdm")


def loss(w):
    return (w * Value(2.0, label="x") - 1.0) ** 2


def film():
    w, film = Parameter(3.0, label="w"), Film()
    for step in range(12):
        film.add(loss(w), f"step {step}")
        w.data -= 0.1
    return film


@needs_pillow
def test_every_step_is_a_picture_of_the_page_there(one_browser, tmp_path):
    from PIL import Image, ImageChops, ImageStat
    player = play(loss(Parameter(3.0, label="w")))
    first = player.save(tmp_path / "step.png", size=(900, 700))
    one_browser.open(player.save(tmp_path / "page.html"), "#step=1000")
    last = one_browser.step
    names = [f"step-{i:0{len(str(last))}}.png" for i in range(last + 1)]
    assert sorted(name for name in os.listdir(tmp_path) if name.endswith(".png")) == names
    assert first == str(tmp_path / names[0])
    pictures = [Image.open(tmp_path / name).convert("RGB") for name in names]
    assert {picture.size for picture in pictures} == {(900, 700)}
    assert len({picture.tobytes() for picture in pictures}) == last + 1
    for step in (0, 3, last):
        one_browser.open(tmp_path / "page.html", f"#step={step}", size=(900, 700), motion="reduce")
        seen = Image.open(io.BytesIO(one_browser.driver.get_screenshot_as_png())).convert("RGB")
        away = [sum(ImageStat.Stat(ImageChops.difference(seen, picture)).sum2)
                for picture in pictures]
        assert away.index(min(away)) == step


@needs_pillow
def test_a_film_is_a_moving_picture_of_its_frames(one_browser, tmp_path):
    from PIL import Image
    path = film().save(tmp_path / "training.GIF")
    with Image.open(path) as picture:
        assert picture.format == "GIF" and picture.n_frames == 12
        assert picture.info["duration"] == 100
    assert os.listdir(tmp_path) == ["training.GIF"]


@needs_pillow
def test_a_page_that_computes_is_photographed_too(one_browser, tmp_path):
    from PIL import Image
    neuron = Neuron(1, rng=random.Random(1))
    page = live(lambda x: (neuron([x]) - 1.0) ** 2, [(2.0,)], neuron)
    page.save(tmp_path / "knobs.gif")
    one_browser.open(page.save(tmp_path / "knobs.html"), "#step=1000")
    with Image.open(tmp_path / "knobs.gif") as picture:
        assert picture.n_frames == one_browser.step + 1


@pytest.mark.parametrize("package", ["PIL", "selenium", "tqdm"])
def test_without_a_package_a_sentence_says_which(package, monkeypatch, tmp_path):
    for other in {"PIL", "selenium", "tqdm"} - {package}:
        pytest.importorskip(other)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RuntimeError, match="pip install selenium pillow tqdm .*" + package):
        film().save(tmp_path / "training.gif")
    assert os.listdir(tmp_path) == []


@needs_pillow
def test_without_a_browser_a_sentence_says_so(slow, monkeypatch, tmp_path):
    pytest.importorskip("selenium")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SE_OFFLINE", "true")
    with pytest.raises(RuntimeError, match="need the browser Chrome or Chromium"):
        film().save(tmp_path / "training.gif")
    assert os.listdir(tmp_path) == []


def test_nothing_begins_without_a_folder(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "selenium", None)
    with pytest.raises(FileNotFoundError):
        film().save(tmp_path / "nowhere" / "training.gif")
    with pytest.raises(ValueError, match="the film is empty"):
        Film().save(tmp_path / "training.gif")
