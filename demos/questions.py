"""The pages of the questions and answers: `questions.md` links to a step of each.

Every answer there has a program that goes wrong and one that does not. This runs them, and makes of
the values that they leave the pages that the links name: `sum_y.html` plays the `y` of its answer.
"""

import doctest
import pathlib
import re
import sys

import command_line
from command_line import Failed
from micrograd import Value, play
from micrograd.engine import topological_order

TEXT = pathlib.Path(__file__).with_suffix(".md")
LINK = re.compile(r"\(\.\./out/questions/((\w+)_(\w+)\.html)#")


def answers(text: str) -> list[str]:
    """Each question with its answer, after the imports that all of them need."""
    beginning, *answers = text.split("\n## ")
    return [f"{beginning}\n## {answer}" for answer in answers]


def left_by(answer: str) -> dict:
    """The names that the programs of an answer leave, with what they stand for."""
    title = answer.rpartition("\n## ")[2].partition("\n")[0]
    programs = doctest.DocTestParser().get_doctest(answer, {}, title, str(TEXT), 0)
    if doctest.DocTestRunner().run(programs, clear_globs=False).failed:
        raise Failed(f"a program does not do what {TEXT.name} says")
    return programs.globs


def page(names: dict, name: str):
    """What plays a value, or a film, of this name. Values are labelled with the names they have."""
    if not isinstance(names[name], Value):
        return names[name]
    labels = {value: label for label, value in names.items() if isinstance(value, Value)}
    for value in topological_order(names[name]):
        value.label = value.label or labels.get(value, "")
    return play(names[name])


def tell(args) -> None:
    folder = args.out / "questions"
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for answer in answers(TEXT.read_text("utf-8")):
        for file, _, name in LINK.findall(answer):
            page(left_by(answer), name).save(folder / file)
            written += 1
    print(f"{written} pages are in {folder}; the links of {TEXT} lead to their steps.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
