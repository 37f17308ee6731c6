"""Questions and answers: the programs run as doctests (see setup.cfg); here, whether the links hold.

A link to a line has the line's own words as its text. When lines have moved,
`python tests/test_questions.py` writes the new numbers.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "demos" / "questions.md"
TEXT = PAGE.read_text("utf-8")
TO_A_LINE = re.compile(r"\[`([^`]+)`\]\((\.\./micrograd/[\w/]+\.py)#L(\d+)\)")


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
        assert TO_A_LINE.search(doubt), doubt


def test_the_contents_name_every_doubt_once():
    headings = re.findall(r"^## (.*)$", TEXT, re.M)
    assert re.findall(r"\]\(#(.*?)\)", TEXT) == [slug(heading) for heading in headings]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    PAGE.write_text(TO_A_LINE.sub(lambda link: link[0].replace(
        f"#L{link[3]})", f"#L{(places(link[1], link[2]) or [0])[0]})"), TEXT), "utf-8")
