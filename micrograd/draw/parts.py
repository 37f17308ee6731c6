"""Which part of a model made which value.

You will learn here to find a network again in its graph. A *part* is a module: the model itself, a
layer, a neuron. Its parameters are the leaves that it holds. Its operations are what lies between
what its calls returned, which is marked (`ground/marks.py`), and what they were given. Nothing is
called, so nothing of yours runs.

>>> from micrograd.engine import topological_order
>>> from micrograd.nn import Neuron
>>> neuron = Neuron(2)
>>> loss = (neuron([0.5, -1.0]) - 2.0) ** 2
>>> [part] = parts(neuron)
>>> owner = Owners(topological_order(loss), [part]).owner
>>> [value._op for value in owner if value._prev]       # and the loss is its own
['dot', '+', 'relu']

Of anything else that can be called and has `parameters()`, only the parameters are found: derive
your class from `nn.Module` and its operations are, too. `scene.py` makes boxes of the parts.
"""

from collections.abc import Iterator
from numbers import Real
from typing import Any

from ..engine import Constant, Value
from ..ground.marks import marks

__all__ = ["Owners", "Part", "parts"]


class Part:
    """A module in a model: its `name` in the `parent`, how many parts it is `deep` in the model,
    `leaves`, with their names, the parameters that are its own and not those of a part, and what
    it `holds`, the parts that it can reach at once."""

    def __init__(self, module: Any, name: str, parent: "Part | None"):
        self.module, self.name, self.parent = module, name, parent
        self.line: list[Part] = [*(parent.line if parent else []), self]    # from the model to it
        self.leaves: dict[Value, str] = {}
        self.inner: list[Part] = []
        self.holds: list[Part] = []

    @property
    def deep(self) -> int:
        return len(self.line) - 1

    @property
    def parameters(self) -> list[Value]:
        """Its parameters and those of all parts in it."""
        found: list[Value] = []
        todo = [self]
        while todo:
            part = todo.pop()
            found += part.leaves
            todo += reversed(part.inner)
        return found

    @property
    def path(self) -> str:
        """Its name in the model, as in `named_parameters()`: `layers.0.neurons.1`."""
        return ".".join([part.name for part in self.line if part.name])

    @property
    def title(self) -> str:
        kind = type(self.module).__name__
        return f"{self.name} · {kind}" if self.name else kind

    def __repr__(self) -> str:
        return f"Part({self.title!r})"


def parts(model: Any) -> list[Part]:
    """The model and every module in it, each once, before those that are inside of it.

    What a module's attributes hold, directly or in lists, tuples and dicts, is inside of it. What
    several hold is in the innermost part around them all. Raises TypeError if `model` is none.

    >>> from micrograd.nn import MLP
    >>> [part.title for part in parts(MLP(2, [1]))]
    ['MLP', 'layers.0 · Layer', 'neurons.0 · Neuron']
    """
    if not _is_module(model):
        raise TypeError("a model is something to call that has parameters(), such as nn.MLP, "
                        f"not {type(model).__name__} {repr(model)[:60]}")
    things, number = [model], {id(model): 0}
    holders: list[list[int]] = [[0]]            # of each thing, the first one first
    names = [""]                                # in the first holder
    for i, thing in enumerate(things):          # which grow meanwhile
        for name, held in [] if isinstance(thing, Value) else _contents(thing):
            if isinstance(held, Value) and not held._prev or _is_module(held):
                if id(held) not in number:
                    number[id(held)] = len(things)
                    things.append(held)
                    holders.append([])
                    names.append(name)
                holders[number[id(held)]].append(i)
    around = _around(holders)
    found: dict[int, Part] = {}
    for i, thing in enumerate(things):
        name, holder = names[i], holders[i][0]
        while holder != around[i]:
            name, holder = f"{names[holder]}.{name}", holders[holder][0]
        if isinstance(thing, Value):
            found[around[i]].leaves[thing] = name
            continue
        found[i] = Part(thing, name, found[around[i]] if i else None)
        if i:
            found[around[i]].inner.append(found[i])
    for i, part in found.items():
        for holder in holders[i]:
            found[holder].holds.append(part)
    return list(found.values())


def _around(holders: list[list[int]]) -> list[int]:
    """Of each thing, the innermost through which every way leads to it: its immediate dominator.

    Of two holders, those around both are where their ways, each from the inside out, first meet.
    The first guess, the first holder, is corrected until no holder disagrees.
    """
    around = [those[0] for those in holders]
    before: list[int] = []
    while around != before:
        before = around[:]
        for i, those in enumerate(holders):
            for other in those:
                mine = around[i]
                while mine != other:            # a thing comes after all that are around it
                    if mine > other:
                        mine = around[mine]
                    else:
                        other = around[other]
                around[i] = mine if i else 0
    return around


def _is_module(thing: Any) -> bool:
    return (callable(thing) and callable(getattr(thing, "parameters", None))
            and not isinstance(thing, type))


def _contents(module: Any) -> Iterator[tuple[str, Any]]:
    """Its attributes, and what is in those that are dicts, lists and tuples, by dotted names."""
    todo, seen = [("", getattr(module, "__dict__", {}))], set()
    while todo:
        name, thing = todo.pop()
        yield name, thing
        if isinstance(thing, (dict, list, tuple)) and id(thing) not in seen:
            seen.add(id(thing))
            items = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
            todo += [(f"{name}.{key}".lstrip("."), part) for key, part in reversed(items)]


class Owners:
    """The innermost part that each of the `values` of a graph belongs to, if it belongs to one.

    `values` are in topological order, `parts` those of a model. In `owner`, parameters belong to
    the part that holds them, results of operations to the part that computed them, and with them
    the plain numbers that took part. `given` are the plain numbers that a part was given in its
    calls, and `calls` how many those were, as far as this graph tells.
    """

    def __init__(self, values: list[Value], parts: list[Part]):
        self.calls = dict.fromkeys(parts, 0)
        self.given: dict[Part, list[Real]] = {part: [] for part in parts}
        self._part = {id(part.module): part for part in parts}
        self._outputs: dict[Part, list[Value]] = {part: [] for part in parts}
        self._inputs: dict[Part, set[Value]] = {part: set() for part in parts}
        self._maker: dict[Value, tuple[Part | None, dict[Value, None]]] = {}  # with its inputs
        self._read(values)
        owner: dict[Value, Part] = {}
        for part in parts:                      # what is inside comes later and so prevails
            owner.update(dict.fromkeys(self._made_by(part), part))
        for part in parts:
            owner.update(dict.fromkeys(part.leaves, part))
        self.owner = {value: owner[value] for value in values if value in owner}

    def _read(self, values: list[Value]) -> None:
        """Take down the marks of all values."""
        known = set()
        for value in values:
            for module, arguments in marks(value):
                inputs, numbers = _unpacked(arguments)
                if value in inputs:             # what it was given, it has not made
                    continue
                part = self._part.get(id(module))
                self._maker.setdefault(value, (part, inputs))
                if part:
                    self._outputs[part].append(value)
                    self._inputs[part].update(inputs)
                    call = part, *map(id, arguments)        # which the mark keeps alive
                    if call not in known:
                        known.add(call)
                        self.calls[part] += 1
                        self.given[part] += numbers

    def _made_by(self, part: Part) -> set[Value]:
        """From what the part's calls returned, back to what they were given. What another part has
        made is passed over, to what that was given, if this one holds it and so may call it."""
        made: set[Value] = set()
        reach: set[Part] | None = None
        todo = [(value, True) for value in self._outputs[part]]
        seen: set[Value] = set()
        while todo:
            value, returned = todo.pop()
            maker, inputs = self._maker.get(value, (part, {}))
            inside = maker is not None and part in maker.line
            if not returned and value in self._inputs[part] and not (
                    inside and value in self._maker):
                continue
            if isinstance(value, Constant):
                made.add(value)
            elif value._prev and value not in seen:
                seen.add(value)
                if inside:
                    made.add(value)
                    todo += [(x, False) for x in value._prev]
                else:
                    reach = _reach(part) if reach is None else reach
                    todo += [(x, False) for x in inputs if maker in reach]
        return made


def _reach(part: Part) -> set[Part]:
    """All that the part holds, and what those hold."""
    found, todo = {part}, [part]
    while todo:
        for held in todo.pop().holds:
            if held not in found:
                found.add(held)
                todo.append(held)
    return found


def _unpacked(arguments: Any) -> tuple[dict[Value, None], list[Real]]:
    """The Values and the plain numbers in lists, tuples, dicts and sets, nested at will."""
    values: dict[Value, None] = {}
    numbers, todo, seen = [], [arguments], set()
    while todo:
        thing = todo.pop()
        if isinstance(thing, Value):
            values[thing] = None
        elif isinstance(thing, Real) and not isinstance(thing, bool):
            numbers.append(thing)
        elif isinstance(thing, (dict, list, tuple, set, frozenset)) and id(thing) not in seen:
            seen.add(id(thing))
            todo += reversed(list(thing.values() if isinstance(thing, dict) else thing))
    return values, numbers
