"""The engine on one page, to print: what a class has built, and where each part is in micrograd.

The left side is the code of the exercises' solutions, without their lessons; the right side names
the place in `micrograd/` where the same thing is.
"""

import ast
import html
import pathlib
import re
import sys

import command_line

HERE = pathlib.Path(__file__).parent
PARTS = ["03_value", "05_rules", "06_order", "07_add_up", "10_neuron", "12_training"]
PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The engine on one page</title>
<style>
  @page {{ size: A4; margin: 10mm; }}
  body {{ max-width: 60rem; margin: 1rem auto; padding: 0 1rem; background: white; color: #1b1f24;
         font: 0.9rem/1.35 system-ui, sans-serif; }}
  h1 {{ font-size: 1.3rem; margin: 0 0 .3rem; }} h2 {{ font-size: .95rem; margin: 0 0 .2rem; }}
  section {{ display: grid; grid-template-columns: minmax(0, 1fr) 12rem; gap: 1rem; padding: .3rem 0;
            border-top: 1px solid #d9dce1; break-inside: avoid; }}
  pre {{ margin: 0; white-space: pre-wrap;
        font: .72rem/1.25 ui-monospace, Consolas, "DejaVu Sans Mono", monospace; }}
  p {{ margin: 0 0 .3rem; }}
  @media (max-width: 40rem) {{ section {{ grid-template-columns: minmax(0, 1fr); }} }}
  @media print {{ body {{ margin: 0; padding: 0; font-size: 8.5pt; }} pre {{ font-size: 6.6pt; line-height: 1.15; }}
    section {{ padding: .1rem 0; }} h1 {{ font-size: 12pt; }} }}
</style>
<h1>The engine on one page</h1>
<p>Backpropagation in {lines} lines of Python: what the exercises build, and where it is in micrograd.</p>
{sections}
</html>
"""


def code(source: str) -> str:
    """The code of a solution: without its docstring, imports, holes, markers and last block."""
    tree = ast.parse(source)
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            left_out |= {*range(node.body[0].lineno, node.body[0].end_lineno + 1)}
    for node in tree.body:
        prediction = (isinstance(node, ast.Assign)
                      and getattr(node.targets[0], "id", "") == "PREDICTION")
        if prediction or isinstance(node, (ast.Import, ast.ImportFrom, ast.If)):
            left_out |= {*range(node.lineno, node.end_lineno + 1)}
    lines = [line for number, line in enumerate(source.splitlines(), 1)
             if number not in left_out and not re.match(r"\s*#", line)]
    lines = [line.split("  # ")[0].rstrip() for line in lines]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip("\n")


def section(name: str) -> tuple[str, int]:
    source = (HERE / "exercises" / "solutions" / f"{name}.py").read_text("utf-8")
    lesson = ast.get_docstring(ast.parse(source))
    place = " ".join(lesson.split("In micrograd: ")[1].split()).rstrip(".")
    text = code(source)
    where = re.sub("`(.*?)`", r"<code>\1</code>", html.escape(place))
    return (f"<section><pre>{html.escape(text)}</pre><div><h2>{html.escape(lesson.splitlines()[0])}"
            f"</h2><p>In micrograd: {where}.</p></div></section>",
            len([line for line in text.splitlines() if line.strip()]))


def page() -> str:
    sections = [section(name) for name in PARTS]
    return PAGE.format(lines=sum([count for _, count in sections]),
                       sections="\n".join([text for text, _ in sections]))


def tell(args) -> None:
    command_line.write(args.out / "hand_out.html", page())
    print(f"The hand-out is in {args.out / 'hand_out.html'}: print it from any browser.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
