"""Which part of a model made which value.

You will learn here to find an expression in a graph. Training records operations and nothing else:
no value knows the neuron it came from, and so none pays for it. Who wants to know, to draw a
network as boxes within boxes, asks afterwards. Each *part* of a model (the model itself, a layer, a
neuron) is called once on stand-ins for its inputs. The graph of that call is a pattern: parameters
that must be the very same, operations that must be alike, stand-ins that match anything. Wherever
the pattern stands in the graph, once for every sample and every use of a shared part, the part has
made those values.

>>> from micrograd.nn import Neuron
>>> neuron = Neuron(2)
>>> loss = (neuron([0.5, -1.0]) - 2.0) ** 2
>>> [part] = parts(neuron)
>>> owner = owners(topological_order(loss), [part])
>>> [value._op for value in owner if value._prev]       # and the loss is its own
['dot', '+', 'relu']

`draw.py` draws the boxes.
"""

import contextlib
import heapq
import inspect
import itertools
import random
from collections import defaultdict
from collections.abc import Iterator

from ..engine import Constant, Value, topological_order

__all__ = ["Part", "owners", "parts"]

SEQUENCE = 100                  # steps to try, of a module that takes as many as there are
TRIES = 3000                    # lengths to try, where several arguments have one each


class Part:
    """A module in a model: its `name` in the `parent`, how many modules it is `deep` in the model,
    and `leaves`, with their names, the parameters that are its own and not those of a part."""

    def __init__(self, module, name: str, parent: "Part | None"):
        self.module, self.name, self.parent = module, name, parent
        self.deep = parent.deep + 1 if parent else 0
        self.leaves: dict[Value, str] = {}

    @property
    def parameters(self) -> list[Value]:
        """Its parameters and those of all parts of it, each once."""
        return list(dict.fromkeys(self.module.parameters()))

    @property
    def path(self) -> str:
        """Its name in the model, as in `named_parameters()`: `layers.0.neurons.1`."""
        return f"{self.parent.path}.{self.name}".strip(".") if self.parent else self.name

    @property
    def title(self) -> str:
        kind = type(self.module).__name__
        return f"{self.name} · {kind}" if self.name else kind

    def __repr__(self):
        return f"Part({self.title!r})"


def parts(model) -> list[Part]:
    """The model and every module in it, each once, before those that are inside of it.

    A module is any object that can be called and has `parameters()`. What its attributes hold,
    directly or in lists, tuples and dicts, belongs to it. Raises TypeError if `model` is none.

    >>> from micrograd.nn import MLP
    >>> [part.title for part in parts(MLP(2, [1]))]
    ['MLP', 'layers.0 · Layer', 'neurons.0 · Neuron']
    """
    if not _is_module(model):
        raise TypeError("a model is something to call that has parameters(), such as nn.MLP, "
                        f"not {type(model).__name__} {repr(model)[:60]}")
    found, seen = [Part(model, "", None)], {id(model)}
    for part in found:                          # which grows meanwhile
        for name, thing in _contents(part.module):
            if isinstance(thing, Value):
                part.leaves |= {} if thing._prev else {thing: name}
            elif _is_module(thing) and id(thing) not in seen:
                seen.add(id(thing))
                found.append(Part(thing, name, part))
    return found


def owners(values: list[Value], parts: list[Part]) -> dict[Value, Part]:
    """The innermost part that each of the `values` of a graph belongs to, if it belongs to one.

    `values` are in topological order. Parameters belong to the part that holds them, the results of
    operations to the part that computed them, and with them the plain numbers that they were
    computed from. A part that will not be called on stand-ins, or computes something else for other
    inputs, keeps its parameters alone. Whatever the calls change in a part is changed back.
    """
    users = defaultdict(list)                   # the positions of what was made from a value
    for position, value in enumerate(values):
        for x in value._prev:
            users[x].append(position)
    rows = [len(thing) for part in parts for _, thing in _contents(part.module)
            if isinstance(thing, (list, tuple)) and thing and isinstance(thing[0], Value)]
    owner = {}
    with _unchanged(parts):
        for part in parts:                      # what is inside comes later and so prevails
            for value in _made_by(part, max(rows, default=1), values, users):
                owner[value] = part
                owner.update((x, part) for x in value._prev if isinstance(x, Constant))
    present = set(values)
    for part in reversed(parts):
        owner.update((leaf, part) for leaf in part.leaves if leaf in present)
    return {value: owner[value] for value in values if value in owner}


# ── Through a module's attributes ─────────────────────────────────────────────────────────────────

def _is_module(thing) -> bool:
    return (callable(thing) and callable(getattr(thing, "parameters", None))
            and not isinstance(thing, type))


def _contents(module) -> Iterator[tuple[str, object]]:
    """Its attributes, and what is in those that are dicts, lists and tuples, by dotted names."""
    todo, seen = [("", getattr(module, "__dict__", {}))], set()
    while todo:
        name, thing = todo.pop()
        yield name, thing
        if isinstance(thing, (dict, list, tuple)) and id(thing) not in seen:
            seen.add(id(thing))
            items = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
            todo += [(f"{name}.{key}".lstrip("."), part) for key, part in reversed(items)]


@contextlib.contextmanager
def _unchanged(parts: list[Part]):
    """Change back what calls of the parts do to what they hold, and to random numbers."""
    held = [thing for part in parts for _, thing in _contents(part.module)]
    copies = [(thing, thing.copy()) for thing in held if isinstance(thing, (dict, list))]
    values = [(thing, thing.data, thing.grad) for thing in held if isinstance(thing, Value)]
    generators = [random, *[thing for thing in held if isinstance(thing, random.Random)]]
    states = [(generator, generator.getstate()) for generator in generators]
    try:
        yield
    finally:
        for thing, copy in copies:
            thing.clear()
            thing.extend(copy) if isinstance(thing, list) else thing.update(copy)
        for value, data, grad in values:
            value.data, value.grad = data, grad
        for generator, state in states:
            generator.setstate(state)


# ── A pattern, and where it stands in the graph ───────────────────────────────────────────────────

class StandIn(Value):
    """Whatever a module may be given: a number, or a sequence of `length` stand-ins."""

    __slots__ = ("length", "items")

    def __init__(self, data: float, length: int):
        super().__init__(data)
        self.length, self.items = length, None

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if self.items is None:
            self.items = [StandIn(self.data, self.length) for _ in range(self.length)]
        return self.items[index]

    def __iter__(self):
        return iter(self[:])


def _made_by(part: Part, longest: int, values: list[Value], users: dict) -> set[Value]:
    """The values that calls of the part have made.

    What it takes is found by trying, until all that was made from its parameters is explained: a
    module that is given too few or too many inputs says so, or its pattern stands nowhere. The
    model's `longest` list of Values goes first: whoever takes as much as it needs, takes it.
    """
    leaves = [leaf for leaf in part.parameters if leaf in users]
    used = {values[position] for leaf in leaves for position in users[leaf]}
    steps = max([len(users[leaf]) for leaf in leaves], default=0)
    made, known = set(), set()
    for arguments in _arguments(part.module, longest, min(steps, SEQUENCE)):
        if used <= made:
            break
        try:
            outputs, again = (_called(part.module, arguments, start) for start in (0.5, 0.25))
        except Exception:                       # whatever the module says to inputs it cannot take
            continue
        order = _joint_order(outputs)
        shape = tuple(value._op for value in order)
        if shape in known:
            continue
        known.add(shape)
        # Plain numbers that depend on the inputs, such as the largest of them, match any other.
        anything = {p for p, q in zip(order, _joint_order(again)) if isinstance(p, StandIn)
                    or isinstance(p, Constant) and p.data != q.data}
        made |= _occurrences(set(outputs), order, anything, leaves, values, users)
    return made


def _arguments(module, longest: int, steps: int) -> Iterator[list[tuple]]:
    """Arguments to try: of each its parameter, how long it is, and whether it must be a list."""
    try:
        takes = [p for p in inspect.signature(module).parameters.values()
                 if p.kind is not p.VAR_KEYWORD]
    except (TypeError, ValueError):             # of what is written in C, Python need not know it
        return
    required = [p for p in takes if p.default is p.empty]
    for given in [required] + [takes] * (takes != required):
        most = longest if len(given) > 1 else max(longest, steps)
        lengths = itertools.product(range(most, 0, -1), repeat=len(given))
        for lengths in itertools.islice(lengths, TRIES if len(given) > 1 else None):
            for as_list in (False, True):
                yield [(p, length, as_list) for p, length in zip(given, lengths)]


def _called(module, arguments: list[tuple], start: float) -> list[Value]:
    """What the module returns for stand-ins: the Values in it."""
    positional, named = [], {}
    for parameter, length, as_list in arguments:
        thing = StandIn(start, length)
        thing = thing[:] if as_list else thing
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += thing
        elif parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = thing
        else:
            positional.append(thing)
    found, todo = [], [module(*positional, **named)]
    while todo:
        thing = todo.pop()
        if isinstance(thing, Value) and not isinstance(thing, StandIn):
            found.append(thing)
        elif isinstance(thing, (dict, list, tuple)):
            todo += thing.values() if isinstance(thing, dict) else thing
    return found


def _occurrences(ends, order, anything, leaves, values, users) -> set[Value]:
    """The values in the graph that match the results of operations in a pattern.

    From the parameters, which are the same in both, upward: where a use of a value is like the
    pattern's use of it, the two match. Only what leads to one of the `ends` of the pattern counts.
    """
    matches = {leaf: {leaf} for leaf in leaves}     # of values in the graph, in the pattern
    rooted = set(leaves)                            # what of the pattern depends on a parameter,
    uses = defaultdict(list)                        # listed by its first input that does
    for pattern in order:
        for x in pattern._prev:
            if x in rooted:
                rooted.add(pattern)
                uses[x].append(pattern)
                break
    made = set()
    queued = {position for leaf in leaves for position in users[leaf]}
    reached = list(queued)
    heapq.heapify(reached)
    while reached:                                  # inputs before what was made from them
        value = values[heapq.heappop(reached)]
        candidates = [use for x in dict.fromkeys(value._prev) for pattern in matches.get(x, ())
                      for use in uses.get(pattern, ())]
        matches[value] = {use for use in candidates
                          if _alike(value, use, matches, rooted, anything)}
        for end in matches[value] & ends:
            made.update(_within(value, end, anything))
        if matches[value]:
            for position in users.get(value, ()):
                if position not in queued:
                    queued.add(position)
                    heapq.heappush(reached, position)
    return made


def _alike(value, pattern, matches, rooted, anything) -> bool:
    seen, todo = set(), [(value, pattern)]
    while todo:
        value, pattern = pair = todo.pop()
        if pair in seen:
            continue
        seen.add(pair)
        if value._op is not pattern._op or len(value._prev) != len(pattern._prev):
            return False
        if isinstance(pattern, Constant) and not (isinstance(value, Constant)
                                                  and value.data == pattern.data):
            return False
        for x, p in zip(value._prev, pattern._prev):
            if p in rooted:
                if p not in matches.get(x, ()):
                    return False
            elif p not in anything:
                todo.append((x, p))
    return True


def _within(value, pattern, anything) -> Iterator[Value]:
    seen, todo = set(), [(value, pattern)]
    while todo:
        value, pattern = pair = todo.pop()
        if value._prev and pattern not in anything and pair not in seen:
            seen.add(pair)
            yield value
            todo += zip(value._prev, pattern._prev)


def _joint_order(outputs: list[Value]) -> list[Value]:
    return topological_order(Value(0, outputs))[:-1]
