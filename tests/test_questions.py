"""Questions and answers: the programs run as doctests (see setup.cfg); here, whether the links hold.

A link to a line has the line's own words as its text, and a link to a step of a page what the page
says there. When lines have moved, `python tests/test_questions.py` writes the new numbers.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "demos" / "questions.md"
TEXT = PAGE.read_text("utf-8")
TO_A_LINE = re.compile(r"\[`([^`]+)`\]\((\.\./micrograd/[\w/]+\.py)#L(\d+)\)")

TO_A_STEP = re.compile(r"\[`([^`]+)`\]\(\.\./out/questions/(\w+\.html)(#step=\d+(?:&frame=\d+)?)\)")


def places(words, file):
    """The numbers of the lines of a file that have these words."""
    lines = (PAGE.parent / file).read_text("utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if words in line]


def slug(heading):
    """The address that hosting sites give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("words, file, number", TO_A_LINE.findall(TEXT))
def test_a_link_leads_to_the_line_that_it_quotes(words, file, number):
    assert int(number) in places(words, file), "run: python tests/test_questions.py"


def test_every_doubt_has_a_wrong_program_the_right_one_and_a_line():
    doubts = TEXT.split("\n## ")[1:]
    assert len(doubts) > 20
    for doubt in doubts:
        assert doubt.count(">>>") >= 2, doubt
        assert TO_A_LINE.search(doubt) and len(TO_A_STEP.findall(doubt)) == 1, doubt
    assert TEXT.count("../out/") == len(set(TO_A_STEP.findall(TEXT))) == len(doubts)


def test_the_contents_name_every_doubt_once():
    headings = re.findall(r"^## (.*)$", TEXT, re.M)
    assert re.findall(r"\]\(#(.*?)\)", TEXT) == [slug(heading) for heading in headings]


def test_a_link_leads_to_the_step_that_it_quotes(browser, demo, tmp_path):
    told = demo.told(tmp_path, "questions.py")
    assert told.startswith(f"{len(TO_A_STEP.findall(TEXT))} pages ")
    for words, page, address in TO_A_STEP.findall(TEXT):
        browser.open(tmp_path / "out" / "questions" / page, address)
        assert words in " ".join(browser.run("return document.getElementById('step').innerText")
                                 .split()), page


def test_a_program_that_does_something_else_is_told(demo, tmp_path):
    questions = demo.module("questions")
    wrong = "\n## Why?\n\n```python\n>>> 1 + 1\n3\n\n```\n"
    with pytest.raises(Exception, match="a program does not do what questions.md says"):
        questions.left_by(wrong)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    PAGE.write_text(TO_A_LINE.sub(lambda link: link[0].replace(
        f"#L{link[3]})", f"#L{(places(link[1], link[2]) or [0])[0]})"), TEXT), "utf-8")
