"""Python's errors, told to a beginner: the line that the learner wrote, and what to do about it."""

import ast
import builtins
import difflib
import linecache
import pathlib
import re
import sys
import traceback

import micrograd
from files import exercises, hole_lines, home, original, this_command

# What is said of an error: of its name and text, and of the line in which it was raised.
EXPLANATIONS = [
    # ── the text cannot be read ──
    (r"SyntaxError", r"[²³⁴]", "In Python a power is `**`: x ** 2, or x * x."),
    (r"SyntaxError", r"[·×−–÷“”„’‘]", "There is a sign in this line that Python does not know. "
     "It writes * for times, - for minus, / for divided by, and \" or ' around text."),
    (r"SyntaxError", r"\|\s*\w+\s*\|", "|x| is written abs(x) in Python."),
    (r"SyntaxError.*forgot a comma", r"\(\s*-?\d+\.?\d*\s+\w", "Two things stand side by side: "
     "between two arguments goes a comma, between two factors a `*`."),
    (r"SyntaxError", r"(?<![\w.])\d+\.?\d*\s*[A-Za-z_(]", "A product needs its `*`: 2 * z, not 2z "
     "and not 2(z)."),
    (r"SyntaxError", r"lambda [^:]*:\s*return\b", "A lambda has no `return`: what stands after the "
     "colon is what it returns."),
    (r"SyntaxError", r"lambda [^:]*:\s*if\b", "Within an expression the condition goes in the middle: "
     "a if x > 0 else b, without a colon."),
    (r"SyntaxError", r"lambda [\w, ]*(\(|$)", "A lambda has a colon between its arguments and what "
     "it returns: lambda g, out, x: …"),
    (r"SyntaxError.*expected after dictionary key", r"lambda [^:]*:\s*[^(\[]*,", "The two gradients "
     "need parentheses around them, as a pair: (…, …). Without, the comma ends the rule."),
    (r"SyntaxError.*([Pp]erhaps you forgot a comma|invalid syntax)", r"\b(?!(?:lambda|for|in|if|else|not|"
     r"and|or|return|is|def|from|import)\b)[a-z]\w* [a-z]\b(?! =)",
     "A product needs its `*`: g * y, not g y."),
    (r"SyntaxError.*'(break|continue)' outside loop", "", "`break` and `continue` belong into a "
     "loop. To leave a function, write `return`."),
    (r"SyntaxError", r"^\s*(if|for|while|else|elif|def|class)\b[^:]*$",
     "A line with if, for, while, else or def ends with a colon `:`."),
    (r"SyntaxError.*was never closed", "", "Count the parentheses in this line: one that is opened "
     "is never closed."),
    (r"SyntaxError.*unmatched", "", "Count the parentheses in this line: one closes that was never "
     "opened."),
    (r"SyntaxError.*expected 'else'", "", "An `if` within an expression needs its `else`: "
     "a if x > 0 else b."),
    (r"SyntaxError.*(Maybe you meant '==')", "", "`=` stores, `==` compares."),
    (r"SyntaxError.*invalid syntax", r"[-+*/]\s*[,)\]]|[(\[,]\s*[*/]\s*[,)\]]",
     "A sign such as + or * stands here without what belongs on both of its sides. If the sign "
     "itself is meant, as a "
     "text, it needs quotes: \"+\"."),
    (r"SyntaxError.*(unterminated string|EOL while scanning)", "", "A text begins and ends with "
     "the same quotes, in one line: one of them is missing here."),
    (r"SyntaxError.*positional argument follows keyword", "", "Arguments with a name go last: "
     "f(x, name=y)."),
    (r"SyntaxError.*cannot assign to (expression|operator|literal|attribute|comparison)", "",
     "Left of `=` stands one name, or one place, in which the result is stored."),
    (r"IndentationError.*expected an indented block|SyntaxError.*expected an indented block", "",
     "The line before it ends with a colon, or should hold your code: what belongs to it is "
     "indented by four more spaces."),
    (r"SyntaxError.*invalid syntax$", "", "Python cannot read this line. Is there a sign, a comma, "
     "a colon or a parenthesis too few or too many, here or in the line before?"),
    (r"IndentationError|TabError", "", "Mind the indentation: lines that belong together begin in "
     "the same column, below each other."),

    # ── names ──
    (r"UnboundLocalError", r"[-+*/]=", "It has no value yet when something is added to it: begin "
     "with one, such as total = 0, before the loop."),
    (r"UnboundLocalError", r"", "A name that is assigned anywhere in a function is the function's "
     "own in all of it: choose another name for what you store, or change the object itself "
     "(order.append(…) rather than order = …)."),

    # ── calls ──
    (r"__init__\(\) should return None", "", "`__init__` returns nothing: what it makes is stored, "
     "self.… = …, and there is no `return`."),
    (r"unexpected keyword argument", "", "The arguments have the names that stand in its `def`: "
     "look there, underscores too."),
    (r"illegal expression for augmented assignment|cannot assign to function call", "",
     "A result of a call cannot be assigned to. If it is a list, go through it: for x in …:"),
    (r"indices must be integers", "", "An index is a whole number: the place of an element in its "
     "list."),
    (r"object is not callable", r"^\s*([\w.]+)\s*=\s*\1\(", "What is called here is no function "
     "any more: this line itself stores a result under its name. Choose another name for the "
     "result."),
    (r"'(int|float|Value|complex)' object is not callable", "", "Two things side by side, with "
     "parentheses, are a call. If a product is meant, write the `*`: 2 * (…)."),
    (r"'list' object is not callable", "", "A list cannot be called. Go through what is in it, "
     "[… for x in xs], or take one of it in square brackets, xs[i]."),
    (r"'(tuple|dict)' object is not callable", "", "An element is asked for in square brackets: "
     "xs[i]."),
    (r"'(function|method|builtin_function_or_method)' object is not (iterable|subscriptable)", "",
     "This is the function or method itself: call it, with () after its name."),
    (r"for [-+*/]\S*( or pow\(\))?: .*'(function|method|builtin_function_or_method|type)'", "",
     "One of the two is a function itself, not what it returns: call it, with () after its name, "
     "and its arguments in them."),
    (r"missing \d+ required positional argument", r"=\s*\w+\(\)", "A function that is handed over, "
     "to be called later, has no () after its name: activation=softsign."),
    (r"missing \d+ required positional argument", "", "A call has too few arguments: look at what "
     "the function takes, and in which order."),
    (r"__call__\(\) takes \d+ positional arguments? but \d+ were given", "",
     "It takes one list: put the numbers into square brackets, neuron([x1, x2])."),
    (r"__init__\(\) takes from \d+ to \d+ positional arguments but \d+ were given", "",
     "There are too many arguments: those that belong together go into parentheses of their own, "
     "as in Value(number, (self, other), \"+\")."),
    (r"<lambda>\(\) takes \d+ positional arguments? but \d+ were given", r"^(?!.*(return|=))", "A rule is handed g, "
     "out and then the inputs, whether it needs them or not: lambda g, out, x, and y if there are "
     "two."),
    (r"takes \d+ positional arguments? but \d+ were given", "", "A call has too many arguments: "
     "look at what the function takes."),

    # ── lists ──
    (r"'int' and 'tuple'", r"sum\(zip\(", "zip gives pairs. Multiply those first, and add up the "
     "products: sum([w * xi for w, xi in zip(…)])."),
    (r"can only concatenate (list|tuple)", "", "Only a list can be added to a list. Of one thing, "
     "make a list first: xs + [x]."),
    (r"bad operand type for unary -: 'list'", "", "A list has no minus. To go through it from its "
     "end, write reversed(order)."),
    (r"must be real number, not list", "", "A function that takes one number is handed a list "
     "here. Add up what is in the list first, or take its elements one at a time."),
    (r"can't multiply sequence|'list'", r"\[\[", "Two brackets in a row, [[…]], make a list within a "
     "list: is one pair too many?"),
    (r"can't multiply sequence|for [-+*/]\S*: .*'(list|tuple|zip|map|generator|range)'|"
     r"bad operand type for unary .*'list'|(log|exp|sqrt|tanh|softmax).*(not|of type) .?list",
     "", "A list is not computed with as a whole: take its elements one at a time, "
     "[… for x in xs], or pair those of two lists with zip."),
    (r"'(float|int|Value)' object is not iterable", r"\+=", "`+=` adds a list to a list. If one "
     "element of it is meant, write xs[i] += …"),
    (r"'(float|int|Value)' object is not iterable", r"\b(max|min)\(", "max and min choose among "
     "several: give them at least two numbers, max(0, x), or a list."),
    (r"for [-+*/]\S*: .*'(Neuron|TwoTwoOne|Layer|MLP|Module)'", "", "This is the neuron, or the "
     "network, itself, not its output: call it, with its inputs in parentheses."),
    (r"'Value' object is not iterable", r"\bfor \w+ in \w+\s*:", "This is one Value, and no list. "
     "The values that it was made from are its _prev."),
    (r"'(float|int|Value)' object is not iterable", "", "A list is needed here, and this is one "
     "number: take all together, in one list."),
    (r"'(float|int|Value)' object is not subscriptable", r"^\s*(self\.\w+)\s*=.*\1\[", "The whole list "
     "is replaced by one number here. Store the number in its own place: self.…[i] = …"),
    (r"object of type '(float|int|Value)' has no len|'(float|int|Value)' object is not iterable",
     r"^\s*(\w+)\s*=\s*[\w.]+\(\1\)", "The result is stored under the name of what was handed "
     "over, and handed over the next time: choose another name for it."),
    (r"'(float|int|Value)' object is not subscriptable|object of type '(float|int|Value)' has no "
     r"len", "", "A list is needed here, and this is one number."),
    (r"'\w*(Neuron|Layer|Network|TwoTwoOne|Module|MLP)' object is not iterable", "",
     "This is the network itself. Its parameters() are what one goes through."),
    (r"'set' object has no attribute 'append'", "", "A set has add; a list has append."),
    (r"'list' object has no attribute 'add'", "", "A list has append; a set has add."),
    (r"IndexError", r"_prev\[\d", "A value has two inputs, or one, or none if it is a leaf. A loop "
     "takes them as they come: for x in value._prev."),
    (r"IndexError", "", "A list of n elements has the indices 0 to n - 1: where does yours end?"),
    (r"KeyError", r"RULES\[", "The keys of RULES are symbols such as \"+\": that of a value is its "
     "_op."),
    (r"KeyError", r"grads\[", "The keys of grads are the Values themselves: grads[x], with neither "
     "their label nor their data."),
    (r"unhashable type", "", "A list cannot be in a set or be a key. Is one element of it meant?"),
    (r"'NoneType' object is not iterable|NoneType", r"\.(append|extend|insert|reverse|sort)\(",
     "append, extend, insert, reverse and sort change the list and return None: use the list "
     "itself afterwards (or `reversed(xs)`, `xs + [x]`, which return something)."),
    (r"'<' not supported between instances of 'Value'", r"sorted|sort\(", "Values cannot be "
     "sorted, and need not be: to go through a list from its end, write reversed(order)."),

    # ── Values and numbers ──
    (r"operand type\(s\) for @", "", "`@` is for the arrays of other libraries. Of two lists, the "
     "sum of products is dot(xs, ys), or sum([x * y for x, y in zip(xs, ys)])."),
    (r"(must be real number, not '?Value|float.*Value|Value.*cannot be.*float|.*\bmath\b.*Value|"
     r"takes? .*number.*Value|Value.*not made into a plain number)", r"math\.",
     "The functions of `math` take plain numbers. For "
     "Values use those that record themselves: those of micrograd, or your own."),
    (r"(exp|log|sqrt|tanh).*real number.*Value|must be real number, not Value", "",
     "The functions of `math` take plain numbers. For Values use those that record themselves: "
     "those of micrograd, or your own."),
    (r"operand type(\(s\))? for \^.*|.*operand type\(s\) for \^", "", "`^` is no power in Python: "
     "write ** for it, x ** 2."),
    (r"operand type(\(s\))? for (unary -|/|\*\*).*'Value'", r"tanh\(", "tanh here makes a Value "
     "with a graph. A rule is given plain numbers, and `out` is tanh(x) already: use out."),
    (r"operand type(\(s\))? for (unary -|/|\*\*).*'Value'", "", "The Value of 03_value.py has "
     "+ - * alone: write x / n as x * (1 / n), and x ** 2 as x * x."),
    (r"operand type\(s\) for \S+ '(float|int)' and 'Value'|operand type\(s\) for \S+ 'Value' and",
     "", "A number and a Value are mixed here: take the `.data` of the Value where the plain "
     "number is meant."),
    (r"'(float|int)' object has no attribute '(data|grad|_prev|_op)'", r"lambda [^:]*\bg\b",
     "A rule is given plain numbers, g, out and the inputs, and returns plain numbers: there is "
     "nothing after a point."),
    (r"'(float|int)' object has no attribute 'data'", "", "This is a plain number already: it has "
     "no `.data`."),
    (r"'(float|int)' object has no attribute '(_prev|_op|grad|backward|parameters)'", "",
     "A plain number has no graph. Was `.data` taken where the Value itself is needed, or another "
     "argument handed over than the loss?"),
    (r"'\w+' object has no attribute '(prev|op)'", "", "The attributes begin with an underscore: "
     "_prev and _op."),
    (r"'Value' object has no attribute '_(prev|op)'", r"=.*self\._(prev|op)", "The new one has no "
     "_prev and no _op before you store them: self._prev = …, with self. on the left."),
    (r"'(?!Value)\w+' object has no attribute '_?(prev|op)'", "", "Only a Value has _prev and _op. What was "
     "handed over here?"),
    (r"ellipsis", "", "A `...` that nobody has replaced?"),
    (r"NoneType", "", "Something here is None. A function without `return` returns None."),

    # ── endless, or too large ──
    (r"RecursionError", r"self \+ other|self \* other|other \+ self|other \* self",
     "`self + other` calls __add__ itself, again and again. Compute with the numbers: "
     "self.data and other.data."),
    (r"RecursionError", "", "A function calls itself again and again and finds no end. Does each "
     "call go on to another value than its own?"),
    (r"MemoryError", "", "It takes all the memory there is: something grows without an end."),
    (r"EOFError", "", "Nobody is there to answer input() while it is checked: take it out."),
    (r"SystemExit", "", "Your code ends the program before it has been checked: take out exit()."),
    (r"ValueError.*(sqrt of -|math domain error)", "", "A square root is taken of a number below 0, "
     "which has none: should it be taken of something else?"),
    (r"ZeroDivisionError", "", "Something is 0 here that is divided by. It may well be 0, so find "
     "a way without dividing by it."),
]


def told(error: BaseException, path: pathlib.Path, source: str) -> tuple[list[str], list[str]]:
    """An error in the learner's code, their line first; and what can be said of it."""
    name, text = type(error).__name__, str(error)
    if isinstance(error, SyntaxError) and error.filename:
        line = source.splitlines()[error.lineno - 1:error.lineno] if error.lineno else []
        frame = (error.filename, error.lineno, (line or [error.text or ""])[0])
        text = error.msg
        if isinstance(error, IndentationError):
            return [*indented(frame, source), f"{name}: {text}"], [explained(name, text, "")]
    else:
        frame = their_line(traceback.extract_tb(error.__traceback__), path)
        frame = None if frame and was_given(*frame) else frame
    if isinstance(error, AttributeError) and isinstance(error.obj, type(sys)) and not frame:
        number = int(error.obj.__name__[:2])
        return [f"{error.obj.__name__}.py should define `{error.name}`, but does not any more."], [
                f"`{this_command(path.parent)} --reset {number}` brings the original back (and "
                "keeps a copy of yours)."]
    explanation = explained(name, text, frame[2] if frame else "")
    if isinstance(error, UnboundLocalError):
        explanation = of_unbound(text.split("'")[1], source, frame) or explanation
    elif isinstance(error, NameError):
        stack = traceback.extract_tb(error.__traceback__)
        theirs = their_line(stack, path)
        explanation = (f"`{error.name}` is used in line {theirs[1]}, and your code should give it "
                       f"a value: {error.name} = …" if theirs and not frame else
                       of_name(error, source, path.stem))
    elif isinstance(error, AttributeError) and not explanation:
        explanation = of_attribute(error)
    return [*quoted(frame), f"{name}: {text}".rstrip(": ")[:500]], [*filter(None, [explanation])]


def explained(name: str, text: str, line: str) -> str:
    code = re.sub(r"#.*|\"[^\"]*\"|'[^']*'", "", line or "")
    return next((said for error, at, said in EXPLANATIONS
                 if re.search(error, f"{name}: {text}") and re.search(at, code)), "")


def of_unbound(name: str, source: str, frame) -> str:
    """A name that is used first and gets its value in a later line, or in the same."""
    later = [i for i, line in enumerate(source.splitlines()[:in_hole_until(frame, source)], 1)
             if frame and i > frame[1] and re.match(rf"\s*{name}\s*=[^=]", line)]
    return (f"{name} is used here before it has a value, which it gets in line {later[0]} only: "
            "that line goes first.") if later else ""


def in_hole_until(frame, source: str) -> int:
    """The last line of the hole in which the frame is."""
    return next((hole.stop - 1 for hole in hole_lines(source) if frame and frame[1] in hole), 0)


def of_name(error: NameError, source: str, exercise: str) -> str:
    """A name that there is not: what was meant?"""
    name = error.name
    if re.search(rf"\b_{name}\b", source):
        return f"Is _{name} meant, with the underscore?"
    if re.search(rf"\bself\.{name}\b", source):
        return f"It belongs to the object: write self.{name}."
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]
    if frames and hasattr(frames[-1].get("self"), name):
        return f"It belongs to the object: write self.{name}."
    if name in ("np", "numpy", "torch", "math", "random"):
        return (f"{name} is not imported in this file, and not needed: what the lesson names, and "
                "Python's own abs, max and sum, are enough.")
    if any(hasattr(part, name) for part in (micrograd, micrograd.nn)) and not home(name):
        return (f"{name} is micrograd's, and not imported in this file: what the lesson names is "
                "enough here.")
    if (where := home(name)) and where < exercise:
        return (f"{name} is what you wrote in exercise {int(where[:2])}. This file does not import "
                "it, for nothing here needs it: use what the lesson names.")
    known = names_in(source) - {name}
    functions = {node.name for node in ast.walk(ast.parse(source))
                 if isinstance(node, ast.FunctionDef)}
    if longer := [word for word in sorted(known - functions)
                  if len(name) > 2 and name in word.split("_")]:
        return f"Is {longer[0]} meant?"
    if close := difflib.get_close_matches(name, known, 1, 0.7):
        return f"Is {close[0]} meant?"
    parts = [f"{a} * {b}" for a, b in [(name[:i], name[i:]) for i in range(1, len(name))]
             if {a, b} <= known]
    if parts and not re.search(rf"\b{name}\(", source):
        return f"If the product is meant, it needs its `*`: {parts[0]}."
    return ("Nothing of this name is known there: use the arguments of the function, and what you "
            "have stored yourself.")


def names_in(source: str) -> set[str]:
    """All names in the code: those that are stored, imported or defined, and of attributes."""
    found = set(dir(builtins))
    for node in ast.walk(ast.parse(source)):
        found |= {getattr(node, field) for field in ("id", "attr", "arg", "name")
                  if isinstance(getattr(node, field, None), str)}
    return found


def of_attribute(error: AttributeError) -> str:
    known = [name for name in dir(error.obj) if not name.startswith("__")]
    close = difflib.get_close_matches(error.name or "", known, 1, 0.6)
    if close:
        return f"Is .{close[0]} meant?"
    public = [name for name in known if not name.startswith("_") or name in ("_prev", "_op")]
    return f"There is no such thing in it. It has: {', '.join(public[:12])}." if public else ""


def their_line(stack: traceback.StackSummary, path: pathlib.Path) -> tuple | None:
    """The file, the number and the text of the line where the learner's code was."""
    theirs = [(f.filename, f.lineno, f.line) for f in stack
              if pathlib.Path(f.filename).parent == path.parent
              and re.match(r"\d\d_", pathlib.Path(f.filename).name)]
    # The last of those that are most likely at fault: what they have just written.
    theirs.sort(key=lambda f: (in_hole(f[0], f[1]), f[0] == str(path)))
    return theirs[-1] if theirs else None


def in_hole(file: str, number: int) -> bool:
    """Whether a line is one of the learner's own, and not one that was there before."""
    return any(number in hole for hole in hole_lines("".join(linecache.getlines(file))))


def was_given(file: str, number: int, line: str) -> bool:
    """Whether a line is one that the learner found there: nothing in it is theirs to mend."""
    name = pathlib.Path(file).stem
    return not in_hole(file, number) and name in exercises() and (line or "").strip() in [
        given.strip() for given in original(name).splitlines()]


def quoted(frame: tuple | None) -> list[str]:
    if not frame:
        return []
    file, number, line = frame
    return [f"Line {number} of {pathlib.Path(file).name}:", f"    {(line or '').strip()}"]


def indented(frame: tuple, source: str) -> list[str]:
    """The line and the one before it as they are, for what is wrong is how far they are indented."""
    file, number, line = frame
    lines = source.splitlines()
    before = next((i for i in range(number - 2, -1, -1) if lines[i].strip()), None)
    shown = [i for i in (before, number - 1) if i is not None and i < len(lines)]
    return [f"Line {number} of {pathlib.Path(file).name}, below the one before it:",
            *[f"    {i + 1:3} | {lines[i].replace(chr(9), '→   ')}" for i in shown]]
