"""The gallery draws every example, shows it with its program, and all that the README shows."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "demos" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def gallery(slow, tmp_path_factory):
    pytest.importorskip("matplotlib", reason="the picture of derivatives needs matplotlib")
    folder = tmp_path_factory.mktemp("gallery")
    subprocess.run([sys.executable, ROOT / "demos" / "gallery.py", "--out", folder], check=True,
                   cwd=folder)
    return folder


def shown(picture):
    """What a picture says, wherever Graphviz has placed it."""
    return sorted("".join(text.itertext()) for text in ET.parse(picture).iter(f"{SVG}text"))


def readme_pictures():
    return re.findall(r"\]\(demos/pictures/(\w+\.svg)\)", (ROOT / "README.md").read_text())


def test_the_page_shows_every_picture_with_its_program(gallery):
    page = (gallery / "gallery.html").read_text(encoding="utf-8")
    pictures = re.findall(r'<img src="(.*?)"', page)
    assert len(pictures) == len(set(pictures)) >= 6
    for picture in pictures:
        assert len(shown(gallery / picture)) > 3
    programs = re.findall(r"<pre>(.*?)</pre>", page, re.S)
    assert len(programs) == len(pictures) + 1
    assert all("backward()" in program and "draw_dot" in program for program in programs[:-1])


def test_its_page_of_knobs_computes(gallery, browser):
    browser.open(gallery / "gallery.html")
    frame = browser.driver.find_element("css selector", "iframe")
    browser.run("arguments[0].scrollIntoView()", frame)
    browser.driver.switch_to.frame(frame)
    try:
        browser.wait("return document.querySelectorAll('[role=slider]').length")
        before = browser.text("#train-now")
        browser.click("#train-step")
        assert browser.text("#train-now") != before
    finally:
        browser.driver.switch_to.default_content()


def test_its_page_of_knobs_in_the_repository_is_that_of_today(gallery):
    """But for the places of the boxes, which are up to each Graphviz."""
    kept, made = [re.findall(r"<(style|script)>(.*?)</\1>", (folder / "knobs.html").read_text("utf-8"),
                             re.S) for folder in (PICTURES, gallery)]
    assert len(kept) == 2 and kept == made


@pytest.mark.parametrize("name", sorted({
    *readme_pictures(), *[path.name for path in PICTURES.glob("*.svg")]}
    - {"speed.svg"}))                           # what speed.py measures is new each time
def test_the_pictures_in_the_repository_are_those_that_it_makes(gallery, name):
    if name != "derivatives.svg":               # where letters are curves
        assert shown(gallery / name) == shown(PICTURES / name)
    assert (gallery / name).stat().st_size > 0


def test_the_page_in_the_repository_is_the_one_that_it_makes(gallery):
    assert (gallery / "gallery.html").read_bytes() == (PICTURES / "gallery.html").read_bytes()


def test_the_readme_has_pictures():
    assert len(readme_pictures()) >= 3
