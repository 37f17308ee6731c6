"""The README: it says what is so, for every seed, and fits on a few screens.

Its examples run as doctests too (see setup.cfg); here they run for many seeds, and the rest of what
it shows is held against the programs that it comes from.
"""

import doctest
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "demos" / "README.md"]
README = PAGES[0].read_text("utf-8")
pages = pytest.mark.parametrize("page", PAGES, ids=["README", "demos"])


def test_it_has_at_most_200_lines_and_the_story_comes_first():
    assert len(README.splitlines()) <= 200
    story = README[:README.index("## Set up")]
    assert len(story.splitlines()) <= 40
    for word in ["parameter", "recipe", "weight", "bias", "random", "error", "gradient", "training",
                 "language model"]:
        assert word in story


@pages
def test_its_examples_hold_for_every_seed(page):
    examples = doctest.DocTestParser().get_doctest(page.read_text("utf-8"), {}, page.name, None, 0)
    told = []
    for seed in range(40):
        random.seed(seed)
        result = doctest.DocTestRunner().run(examples, out=told.append, clear_globs=False)
        assert not result.failed, (seed, "".join(told))


@pages
def test_what_it_links_to_is_there(page):
    links = re.findall(r"\]\(([^)#]+?)\)", page.read_text("utf-8").replace("\n", " "))
    assert len(links) >= 5
    for link in links:
        assert "://" in link or (page.parent / link).exists(), link


def test_every_program_of_the_demos_is_named():
    named = "".join([page.read_text("utf-8") for page in PAGES])
    assert [path.name for path in (ROOT / "demos").glob("*.py") if path.name not in named] == []


def test_its_programs_are_there_in_the_order_of_how_many_parameters_they_have(demo):
    rows = dict(re.findall(r"^\| `demos/(\w+)\.py` \| ([^|]+?) \|", README, re.M))
    counts = [int(count.removeprefix("to ").replace(",", "")) for count in rows.values()]
    assert counts == sorted(counts) and counts[0] == 9
    counted = {model.name: model.count(family.parts)
               for family in demo.module("parameters").FAMILIES for model in family.models}
    assert counts[-1] == counted["Llama 2 70B"]
    assert rows["gpt"] == f"{counted['gpt.py']:,}" and rows["moons"] == f"{counted['moons.py']}"
    for program in rows:
        assert (ROOT / "demos" / f"{program}.py").exists()


def test_the_promise_is_what_the_demo_prints(demo, tmp_path):
    told = demo.told(tmp_path, "two_two_one.py", "--steps", "1")
    shown = re.findall(r"```text\n(.*?)```", README, re.S)
    assert shown[0] in told


def test_the_picture_of_nine_parameters_is_the_one_that_its_script_draws(demo, tmp_path):
    demo.told(tmp_path, "story_pictures.py", "--out", tmp_path)
    drawn, kept = [ET.parse(folder / "nine_parameters.svg").getroot()
                   for folder in (tmp_path, ROOT / "demos" / "pictures")]
    assert ET.tostring(drawn) == ET.tostring(kept)
    words = ["".join(text.itertext()) for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    module = demo.module("story_pictures")
    parameters, tree, said = module.trained()
    assert len(parameters) == 9
    for name, (before, after) in parameters.items():
        assert name in words and f"{module.shown(before)} → {module.shown(after)}" in words
        assert before != after
    assert abs(said[1] - tree[2]) < 0.1 < abs(said[0] - tree[2])


def test_a_script_beside_the_clone_imports_the_package(tmp_path):
    """There, Python meets the folder of the clone first, which may have the package's name."""
    try:
        (tmp_path / "micrograd").symlink_to(ROOT, target_is_directory=True)
    except OSError:
        pytest.skip("Windows lets few people make links")
    (tmp_path / "script.py").write_text("import micrograd\nprint(micrograd.Value(2.0))\n"
                                        "print(micrograd.__file__)")
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    value, where = done.stdout.splitlines()
    assert value == "Value(data=2.0, grad=0)"
    assert Path(where).resolve() == ROOT / "micrograd" / "__init__.py"
