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

import heapq
import inspect
from collections import defaultdict
from collections.abc import Iterator

from .engine import Constant, Value, topological_order

__all__ = ["Part", "owners", "parts"]


class Part:
    """A module in a model: its `name` in the `parent`, how many modules it is `deep` in the model,
    and `leaves`, the parameters that are its own and not those of a part of it."""

    def __init__(self, module, name: str, parent: "Part | None"):
        self.module, self.name, self.parent = module, name, parent
        self.deep = parent.deep + 1 if parent else 0
        self.leaves: list[Value] = []

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
        for name, thing in _attributes(part.module):
            if isinstance(thing, Value):
                part.leaves.append(thing)
            elif id(thing) not in seen:
                seen.add(id(thing))
                found.append(Part(thing, name, part))
    return found


def owners(values: list[Value], parts: list[Part]) -> dict[Value, Part]:
    """The innermost part that each of the `values` of a graph belongs to, if it belongs to one.

    Parameters belong to the part that holds them, the results of operations to the part that
    computed them, and with them the plain numbers that they were computed from.
    """
    users = defaultdict(dict)
    for position, value in enumerate(values):
        for x in value._prev:
            users[x][position, value] = None    # a dict, for a set in the order of insertion
    owner = {}
    for part in parts:                          # what is inside comes later and so prevails
        for value in _made_by(part.module, users):
            owner[value] = part
            owner.update((x, part) for x in value._prev if isinstance(x, Constant))
    present = set(values)
    for part in reversed(parts):
        owner.update((leaf, part) for leaf in part.leaves if leaf in present)
    return {value: owner[value] for value in values if value in owner}


# ── Through a module's attributes ─────────────────────────────────────────────────────────────────

def _is_module(thing) -> bool:
    return callable(thing) and callable(getattr(thing, "parameters", None))


def _attributes(module) -> Iterator[tuple[str, object]]:
    """The leaves and modules that a module holds, each with its dotted name."""
    todo = [("", getattr(module, "__dict__", {}))]
    while todo:
        name, thing = todo.pop()
        if isinstance(thing, (dict, list, tuple)):
            items = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
            todo += [(f"{name}.{key}".lstrip("."), part) for key, part in reversed(items)]
        elif isinstance(thing, Value):
            if not thing._prev:
                yield name, thing
        elif _is_module(thing) and not isinstance(thing, type):
            yield name, thing


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


def _made_by(module, users: dict) -> list[Value]:
    """The values that calls of the module have made.

    How long a sequence it takes is found by trying: a module that is given another length says so,
    or its pattern stands nowhere.
    """
    leaves = [leaf for leaf in module.parameters() if leaf in users]
    for length in range(1, len(module.parameters()) + 1) if leaves else ():
        try:
            outputs, again = (_called(module, start, length) for start in (0.5, -0.25))
        except Exception:                       # whatever the module says to inputs it cannot take
            continue
        # Plain numbers that depend on the inputs, such as the largest of them, match any other.
        both = zip(_joint_order(outputs), _joint_order(again))
        anything = {p for p, q in both if isinstance(p, StandIn)
                    or isinstance(p, Constant) and p.data != q.data}
        if made := _occurrences(outputs, anything, leaves, users):
            return made
    return []


def _called(module, start: float, length: int) -> list[Value]:
    """What the module returns for stand-ins: the Values in it."""
    arguments = []
    for parameter in inspect.signature(module).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            arguments += StandIn(start, length)
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            arguments.append(StandIn(start, length))
    found, todo = [], [module(*arguments)]
    while todo:
        thing = todo.pop()
        if isinstance(thing, Value) and not isinstance(thing, StandIn):
            found.append(thing)
        elif isinstance(thing, (list, tuple)):
            todo += thing
    return found


def _occurrences(outputs, anything, leaves, users) -> list[Value]:
    """The values in the graph that match the results of operations in a pattern.

    From the parameters, which are the same in both, upward: where a use of a value is like the
    pattern's use of it, the two match. Only what leads to an output of the pattern counts.
    """
    order = _joint_order(outputs)
    uses = defaultdict(dict)
    matches = {leaf: {leaf} for leaf in leaves}     # of values in the graph, in the pattern
    rooted = set(leaves)                            # what of the pattern depends on a parameter
    for pattern in order:
        for x in pattern._prev:
            uses[x][pattern] = None
        if not rooted.isdisjoint(pattern._prev):
            rooted.add(pattern)
    ends, made = set(outputs), {}
    reached = [user for leaf in leaves for user in users[leaf]]
    heapq.heapify(reached)
    while reached:                                  # inputs before what was made from them
        position, value = heapq.heappop(reached)
        if value in matches:
            continue
        candidates = {use: None for x in value._prev for pattern in matches.get(x, ())
                      for use in uses[pattern]}
        matches[value] = {use for use in candidates
                          if _alike(value, use, matches, rooted, anything)}
        for end in matches[value] & ends:
            made.update(dict.fromkeys(_within(value, end, anything)))
        if matches[value]:
            for user in users.get(value, ()):
                heapq.heappush(reached, user)
    return list(made)


def _alike(value, pattern, matches, rooted, anything) -> bool:
    todo = [(value, pattern)]
    while todo:
        value, pattern = todo.pop()
        if value._op is not pattern._op or len(value._prev) != len(pattern._prev):
            return False
        if isinstance(pattern, Constant) and not (isinstance(value, Constant)
                                                  and value.data == pattern.data):
            return False
        for x, p in zip(value._prev, pattern._prev):
            if p in rooted and p not in matches.get(x, ()):
                return False
            if p not in rooted and p not in anything:
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
