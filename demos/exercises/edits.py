"""Every program that differs from a given one in a single place.

Two things are made of it. An edit that mends a learner's code shows where the fault is, and of what
kind: the learner is told, and what is told is true, for it was tried. An edit of our solution is a
mistake that somebody might make: the tests require that the checker rejects each.
"""

import ast
import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from files import hole_lines

OTHER = {ast.Add: [ast.Sub, ast.Mult], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add],
         ast.Div: [ast.Mult, ast.Sub], ast.Pow: [ast.Mult], ast.BitXor: [ast.Pow],
         ast.FloorDiv: [ast.Div], ast.Mod: [ast.Div]}
OTHER_ORDER = {ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.LtE], ast.Lt: [ast.LtE, ast.Gt],
               ast.LtE: [ast.Lt, ast.GtE], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
               ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot],
               ast.IsNot: [ast.Is]}

COUNT = ("len", "sum", "max", "min")

# What is said of a line in which an edit of the kind mends the code. The commonest come first.
KINDS = {
    "power": "In Python, `^` is not a power: a power is `**`.",
    "sign": "The sign is wrong: plus and minus are exchanged here.",
    "parentheses": "Mind the parentheses: `*` and `/` go before `+` and `-`, and from left to "
                   "right. Put them where they say what is computed first.",
    "call": "A function or a method does its work only when it is called: with () after its name.",
    "operation": "One operation is the wrong one here: `{}`.",
    "assign": "What is stored here is right, but not how: `{}`. Think of the difference between "
              "=, += and -=. (`=-` and `=+` are a plain `=`, followed by a sign.)",
    "unwrapped": "`{}` is one too many here: what is in it is needed without it.",
    "dropped": "This line is one too many.",
    "dedent": "This line is inside the loop, or the `if`, but belongs after it: mind its "
              "indentation.",
    "indent": "This line is after the loop, or the `if`, but belongs inside: mind its "
              "indentation.",
    "moved": "This line and the one after it are in the wrong order.",
    "return": "The result is computed but not returned: it needs a `return`.",
    "data": "`.data` is the plain number of a Value. Here it is the wrong one of the two: the "
            "number where the Value itself is needed, or the other way round.",
    "order": "Two things have changed places here: `{}`.",
    "comparison": "The comparison is not the right one: `{}`.",
    "list": "A list is expected here, in square brackets: `{}`.",
    "index": "Which element? `{}` takes the wrong one, or takes one where all are meant.",
    "function": "One function too many, or the wrong one: `{}`.",
    "missing": "`{}` stands alone here, and one more thing belongs to it.",
    "part": "One part of `{}` is too much.",
    "number": "The number {} is not the right one here.",
    "name": "With another name in the place of `{}` it would be right.",
    "everywhere": "An operation is the wrong one here, in more than one place: `{}`.",
    "signs": "Plus and minus are exchanged here: `{}`.",
    "swapped": "Two names have changed places: {}.",
    "other": "Something else belongs in the place of `{}`.",
    "replaced": "This part is not what is needed: `{}`.",
    "both": "The operation is the wrong one here, and so is one of its two sides: `{}`.",
    "square": "A square is missing: `{}`.",
    "twice": "This line should be there twice.",
}


@dataclass
class Edit:
    kind: str
    line: int
    was: str                                    # the code that is replaced
    tree: ast.Module                            # the whole program, edited
    places: int = 1                             # in so many the same is edited

    def __str__(self):
        was = self.was.splitlines()[0]
        said = KINDS[self.kind].format(was if len(was) < 60 else f"{was[:56]} …")
        return f"{said} It stands in {self.places} places." if self.places > 1 else said


def edits(source: str) -> list[Edit]:
    """All of them, within the holes, the commonest kinds first."""
    tree = ast.parse(source)
    same = ast.dump(tree)
    lines = {line for hole in hole_lines(source) for line in hole}
    found = [*of_expressions(tree, lines), *of_statements(tree, lines)]
    order = list(KINDS)
    return sorted([edit for edit in found if ast.dump(edit.tree) != same],
                  key=lambda edit: order.index(edit.kind))


def wider_edits(source: str) -> list[Edit]:
    """Edits that a learner is told of only where none of those mends: two names exchanged, the same
    edit in all places, and a name or a number replaced by anything that is at hand."""
    tree = ast.parse(source)
    lines = {line for hole in hole_lines(source) for line in hole}
    return [*of_all_places(tree, lines), *of_the_same(tree, lines),
            *with_what_is_at_hand(tree, lines), *of_both(tree, lines)]


def with_parts_of(source: str, solution: str) -> list[Edit]:
    """A part of the code replaced by a part of our solution: the smallest that mends is where the
    mistake is. No whole line is, for that would always mend."""
    tree, ours = ast.parse(source), ast.parse(solution)
    lines, there = ({line for hole in hole_lines(text) for line in hole}
                    for text in (source, solution))
    stored = {node.targets[0].id: node.value for node in in_lines(ours, there, ast.Assign)
              if isinstance(node.targets[0], ast.Name) and node.targets[0].id not in [
                  name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)]}

    class Written(ast.NodeTransformer):         # without the names that we chose
        def visit_Name(self, node):
            if isinstance(node.ctx, ast.Load) and node.id in stored:
                return self.visit(copy.deepcopy(stored[node.id]))
            return node

    parts = {}
    for node in in_lines(ours, there, (ast.BinOp, ast.UnaryOp, ast.Call, ast.ListComp, ast.Attribute,
                                       ast.Subscript, ast.IfExp, ast.Name)):
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            part = Written().visit(copy.deepcopy(node))
            parts[ast.dump(part)] = part
    found = []
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if isinstance(parent, (ast.stmt, ast.Lambda)) or field == "func":
                continue
            for i, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.expr) and node.lineno in lines and isinstance(
                        getattr(node, "ctx", ast.Load()), ast.Load):
                    found.append((len(ast.dump(node)), parent, field, i, node))
    return [Edit("replaced", node.lineno, ast.unparse(node),
                 replaced(tree, parent, field, i, at(node, copy.deepcopy(part))))
            for _, parent, field, i, node in sorted(found, key=lambda place: place[0])
            for part in parts.values()]


def in_lines(tree, lines: set[int], kind) -> list:
    return [node for node in ast.walk(tree) if isinstance(node, kind) and node.lineno in lines]


def of_all_places(tree: ast.Module, lines: set[int]) -> Iterator[Edit]:
    operations = in_lines(tree, lines, ast.BinOp)
    for was in {type(node.op): node for node in operations}.values():
        places = [node for node in operations if type(node.op) is type(was.op)]
        for other in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow):
            if len(places) > 1 and other is not type(was.op):
                yield Edit("everywhere", was.lineno, ast.unparse(was), with_fields(
                    tree, [(node, "op", other()) for node in places]))
    signs = [node for node in operations if isinstance(node.op, (ast.Add, ast.Sub))]
    for node in signs:                          # a + b - c in the place of a - b + c
        inside = [part for part in signs if part in list(ast.walk(node))]
        if len(inside) > 1:
            yield Edit("signs", node.lineno, ast.unparse(node), with_fields(tree, [
                (part, "op", ast.Sub() if isinstance(part.op, ast.Add) else ast.Add())
                for part in inside]))
    attributes = [node for node in in_lines(tree, lines, ast.Attribute)
                  if isinstance(node.value, ast.Name)]
    names = [(node, "id") for node in in_lines(tree, lines, ast.Name)
             if isinstance(node.ctx, ast.Load)] + [(node, "attr") for node in attributes]
    by_name = {}
    for node, field in names:
        by_name.setdefault((field, getattr(node, field)), []).append(node)
    for (field, a), (other, b) in itertools.combinations(by_name, 2):
        if field == other:
            swap = [(node, field, b) for node in by_name[field, a]]
            swap += [(node, field, a) for node in by_name[field, b]]
            yield Edit("swapped", swap[0][0].lineno, f"`{a}` and `{b}`", with_fields(tree, swap))


def with_fields(tree, changes: list[tuple]) -> ast.Module:
    """A copy of the tree in which fields of several nodes are other ones."""
    before = [(node, field, getattr(node, field)) for node, field, _ in changes]
    for node, field, new in changes:
        setattr(node, field, new)
    try:
        return ast.fix_missing_locations(copy.deepcopy(tree))
    finally:
        for node, field, old in before:
            setattr(node, field, old)


def of_the_same(tree: ast.Module, lines: set[int]) -> Iterator[Edit]:
    """An edit of an expression that stands in several places, in all of them; every `.data` left
    away."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names, groups = local_names(tree, lines), {}
    for node in in_lines(tree, lines, (ast.BinOp, ast.Call, ast.IfExp, ast.Attribute)):
        groups.setdefault(ast.dump(node), []).append(node)
    for was, (node, *more) in groups.items():
        for kind, new in replacements(node, id(node) in called, names.get(node.lineno, set())):
            if more and isinstance(new, ast.expr):
                yield Edit(kind, node.lineno, ast.unparse(node), Everywhere(
                    lambda x: ast.dump(x) == was, lambda x: new, lines).of(tree), 1 + len(more))
    datas = [node for node in in_lines(tree, lines, ast.Attribute)
             if node.attr == "data" and isinstance(node.ctx, ast.Load)]
    if len(datas) > 1:
        yield Edit("data", datas[0].lineno, ast.unparse(datas[0]), Everywhere(
            lambda x: isinstance(x, ast.Attribute) and x.attr == "data"
            and isinstance(x.ctx, ast.Load), lambda x: x.value, lines).of(tree), len(datas))


class Everywhere(ast.NodeTransformer):
    """Puts another expression in the place of all those that are meant, in these lines."""

    def __init__(self, meant, other, lines: set[int]):
        self.meant, self.other, self.lines = meant, other, lines

    def of(self, tree: ast.Module) -> ast.Module:
        return ast.fix_missing_locations(self.visit(copy.deepcopy(tree)))

    def visit(self, node):
        if isinstance(node, ast.expr) and node.lineno in self.lines and self.meant(node):
            return copy.deepcopy(self.other(node))
        return self.generic_visit(node)


def of_both(tree: ast.Module, lines: set[int]) -> Iterator[Edit]:
    """An operation and one of its sides replaced at once; a square where there is none."""
    names = local_names(tree, lines)
    for node in in_lines(tree, lines, ast.BinOp):
        for op, side in itertools.product((ast.Mult, ast.Add, ast.Sub, ast.Div), ("left", "right")):
            for name in sorted(names.get(node.lineno, ())):
                if type(node.op) is not op and isinstance(getattr(node, side), ast.Name):
                    yield Edit("both", node.lineno, ast.unparse(node), with_fields(
                        tree, [(node, "op", op()), (node, side, ast.Name(name, ast.Load()))]))
    for node in in_lines(tree, lines, (ast.BinOp, ast.Call)):
        was = ast.dump(node)
        yield Edit("square", node.lineno, ast.unparse(node), Everywhere(
            lambda x: ast.dump(x) == was,
            lambda x: at(x, ast.BinOp(x, ast.Pow(), ast.Constant(2))), lines).of(tree))


def with_what_is_at_hand(tree: ast.Module, lines: set[int]) -> Iterator[Edit]:
    """A number or a name replaced by a name, the data of a name, a common number, or by p.grad or
    self.velocity[i], where the learner has them; and those by each other."""
    names = local_names(tree, lines)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    longer = {}
    for node in in_lines(tree, lines, (ast.Attribute, ast.Subscript)):
        if id(node) not in called:              # those that are stored count, too
            node = copy.copy(node)
            node.ctx = ast.Load()
            longer[ast.dump(node)] = node
    for parent in ast.walk(tree):
        for field, node in ast.iter_fields(parent):
            places = enumerate(node) if isinstance(node, list) else [(None, node)]
            for i, part in places:
                number = isinstance(part, ast.Constant) and type(part.value) in (int, float)
                name = isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
                if isinstance(part, ast.expr) and ast.dump(part) in longer and (
                        part.lineno in lines and field not in ("func", "value")):
                    name = True
                if not (number or name) or part.lineno not in lines or field == "func":
                    continue
                load = [ast.Name(n, ast.Load()) for n in sorted(names.get(part.lineno, ()))]
                data = [ast.Attribute(n, "data", ast.Load()) for n in load]
                numbers = [ast.Constant(n) for n in (0.5, 1, 2, -1, 0)]
                for new in (*load, *data, *numbers, *longer.values()):
                    if ast.dump(new) != ast.dump(part):
                        yield Edit("other", part.lineno, ast.unparse(part),
                                   replaced(tree, parent, field, i, at(part, copy.deepcopy(new))))


# ── Expressions ───────────────────────────────────────────────────────────────────────────────────

def of_expressions(tree: ast.Module, lines: set[int]) -> Iterator[Edit]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = local_names(tree, lines)
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            places = [(value, None)] if isinstance(value, ast.expr) else \
                [(x, i) for i, x in enumerate(value) if isinstance(x, ast.expr)] \
                if isinstance(value, list) else []
            for node, i in places:
                if node.lineno not in lines:
                    continue
                others = names.get(node.lineno, set())
                counted = isinstance(parent, ast.Call) and ast.unparse(parent.func) in COUNT
                for kind, new in replacements(node, id(node) in called, others):
                    if kind == "list" and counted:
                        continue                # a list of one list is not what was meant
                    yield Edit(kind, node.lineno, ast.unparse(node),
                               replaced(tree, parent, field, i, new))


def replaced(tree, parent, field: str, i: int | None, new) -> ast.Module:
    """A copy of the tree in which the child of `parent` is another one."""
    old = getattr(parent, field)
    value = new if i is None else [*old[:i], *(new if isinstance(new, list) else [new]),
                                   *old[i + 1:]]
    setattr(parent, field, value)
    try:
        return ast.fix_missing_locations(copy.deepcopy(tree))
    finally:
        setattr(parent, field, old)


def local_names(tree, lines) -> dict[int, set[str]]:
    """For each line in a hole, the names of the function around it: arguments and variables."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            names = {x.arg for x in node.args.args if x.arg != "self"}
            names |= {x.id for x in ast.walk(node)
                      if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
            for line in range(node.lineno, node.end_lineno + 1):
                found.setdefault(line, set()).update(names)
    return found


def at(node, new):
    return ast.copy_location(new, node)


def replacements(node: ast.expr, is_called: bool, names: set[str]) -> Iterator[tuple]:
    """What might stand in place of an expression: the kind, and the other expression."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.BinOp):
        a, op, b = node.left, node.op, node.right
        for other in OTHER.get(type(op), ()):
            kind = ("power" if other is ast.Pow else
                    "sign" if {type(op), other} == {ast.Add, ast.Sub} else "operation")
            yield kind, at(node, ast.BinOp(a, other(), b))
        if isinstance(op, (ast.Sub, ast.Div, ast.Pow)):
            yield "order", at(node, ast.BinOp(b, op, a))
        if isinstance(a, ast.BinOp):
            yield "parentheses", at(node, ast.BinOp(a.left, a.op, at(a, ast.BinOp(a.right, op, b))))
        if isinstance(b, ast.BinOp):
            yield "parentheses", at(node, ast.BinOp(at(b, ast.BinOp(a, op, b.left)), b.op, b.right))
        if isinstance(a, ast.UnaryOp):
            yield "parentheses", at(node, ast.UnaryOp(a.op, at(a, ast.BinOp(a.operand, op, b))))
        yield "part", a
        yield "part", b
    elif isinstance(node, ast.UnaryOp):
        yield "sign" if isinstance(node.op, (ast.USub, ast.UAdd)) else "comparison", node.operand
    elif isinstance(node, ast.Compare):
        for other in OTHER_ORDER.get(type(node.ops[0]), ()):
            yield "comparison", at(node, ast.Compare(node.left, [other()], node.comparators))
        yield "order", at(node, ast.Compare(node.comparators[0], node.ops, [node.left]))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for n in dict.fromkeys((0, 1, 2, -1, node.value + 1, -node.value, 2 * node.value)):
            if n != node.value:
                yield "number", at(node, ast.Constant(n))
    elif isinstance(node, ast.Call):
        for i in range(len(node.args) - 1):
            swapped = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2:]]
            yield "order", at(node, ast.Call(node.func, swapped, node.keywords))
        if len(node.args) > 1:
            packed = at(node, ast.List(node.args, ast.Load()))
            yield "list", at(node, ast.Call(node.func, [packed], node.keywords))
        if node.args:
            yield "function", node.args[0]
        for i in range(len(node.args)):
            rest = [*node.args[:i], *node.args[i + 1:]]
            yield "part", at(node, ast.Call(node.func, rest, node.keywords))
        for i in range(len(node.keywords)):
            rest = [*node.keywords[:i], *node.keywords[i + 1:]]
            yield "part", at(node, ast.Call(node.func, node.args, rest))
    elif isinstance(node, ast.IfExp):
        yield "order", at(node, ast.IfExp(node.test, node.orelse, node.body))
        yield "part", node.body
        yield "part", node.orelse
    elif isinstance(node, (ast.Tuple, ast.List)):
        for i in range(len(node.elts) - 1):
            swapped = [*node.elts[:i], node.elts[i + 1], node.elts[i], *node.elts[i + 2:]]
            yield "order", at(node, type(node)(swapped, ast.Load()))
        for i in range(len(node.elts)):
            yield "part", at(node, type(node)([*node.elts[:i], *node.elts[i + 1:]], ast.Load()))
    elif isinstance(node, ast.GeneratorExp):
        yield "list", at(node, ast.ListComp(node.elt, node.generators))
    if isinstance(node, ast.ListComp):
        for i, loop in enumerate(node.generators):
            short = at(loop.iter, ast.Subscript(loop.iter, ast.Slice(ast.Constant(1)), ast.Load()))
            loops = [*node.generators[:i], ast.comprehension(loop.target, short, loop.ifs, 0),
                     *node.generators[i + 1:]]
            yield "index", at(node, ast.ListComp(node.elt, loops))
    if isinstance(node, ast.Subscript):
        yield "index", node.value
        yield "index", at(node, ast.Subscript(node.value, ast.Constant(0), ast.Load()))
    if isinstance(node, ast.Attribute) and node.attr == "data":
        yield "data", node.value
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and not is_called:
        if not (isinstance(node, ast.Name) and node.id == "self"):
            yield "call", at(node, ast.Call(node, [], []))
            if not (isinstance(node, ast.Attribute) and node.attr == "data"):
                yield "data", at(node, ast.Attribute(node, "data", ast.Load()))
            yield "list", at(node, ast.List([node], ast.Load()))
    if isinstance(node, ast.Name):
        for other in sorted(names - {node.id}):
            yield "name", at(node, ast.Name(other, ast.Load()))


# ── Statements ────────────────────────────────────────────────────────────────────────────────────

def of_statements(tree: ast.Module, lines: set[int]) -> Iterator[Edit]:
    for parent in ast.walk(tree):
        for field in ("body", "orelse"):
            block = getattr(parent, field, None)
            if not isinstance(block, list):
                continue
            for i, node in enumerate(block):
                if node.lineno in lines:
                    for kind, start, end, new in rearranged(block, i, lines):
                        edited = [*block[:start], *new, *block[end:]] or [at(node, ast.Pass())]
                        moved = (new[-1] if kind == "dedent" else
                                 block[end - 1] if kind == "indent" else node)
                        yield Edit(kind, moved.lineno, ast.unparse(node),
                                   replaced(tree, parent, field, None, edited))


def rearranged(block: list, i: int, lines: set[int]) -> Iterator[tuple]:
    """Another order of the lines around one: the kind, and what goes into block[start:end]."""
    node = block[i]
    following = block[i + 1] if i + 1 < len(block) and block[i + 1].lineno in lines else None
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        for other in assignments(node):
            yield "assign", i, i + 1, [at(node, other)]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant) and not (
            isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute)):
        yield "return", i, i + 1, [at(node, ast.Return(node.value))]
    if isinstance(node, ast.Assign) and following is None:
        yield "return", i, i + 1, [at(node, ast.Return(node.value))]
    if isinstance(node, (ast.For, ast.While, ast.If)):
        *inner, last = node.body
        shorter = copy.copy(node)
        shorter.body = inner or [at(last, ast.Pass())]
        yield "unwrapped", i, i + 1, node.body
        yield "dedent", i, i + 1, [shorter, last]
        if isinstance(last, (ast.For, ast.While, ast.If)):      # two levels out
            *deeper, end = last.body
            inside = copy.copy(last)
            inside.body = deeper or [at(end, ast.Pass())]
            shorter = copy.copy(node)
            shorter.body = [*inner, inside]
            yield "dedent", i, i + 1, [shorter, end]
        if isinstance(node, ast.If) and node.orelse:
            shorter = copy.copy(node)
            shorter.orelse = []
            yield "dedent", i, i + 1, [shorter, *node.orelse]
        if following is not None:
            longer = copy.copy(node)
            longer.body = [*node.body, following]
            yield "indent", i, i + 2, [longer]
    if following is not None:
        yield "moved", i, i + 2, [following, node]
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield "dropped", i, i + 1, []
        if not isinstance(node, ast.Return):
            yield "twice", i, i + 1, [node, copy.deepcopy(node)]


def assignments(node) -> Iterator[ast.stmt]:
    """x = v, x += v and x -= v in place of each other."""
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)
        for other in OTHER.get(type(node.op), ()):
            yield ast.AugAssign(node.target, other(), node.value)
    elif isinstance(node.targets[0], (ast.Name, ast.Attribute, ast.Subscript)):
        yield ast.AugAssign(node.targets[0], ast.Add(), node.value)
        yield ast.AugAssign(node.targets[0], ast.Sub(), node.value)
        if isinstance(node.value, ast.UnaryOp):
            yield ast.AugAssign(node.targets[0], ast.Sub(), node.value.operand)
            yield ast.AugAssign(node.targets[0], ast.Add(), node.value.operand)
