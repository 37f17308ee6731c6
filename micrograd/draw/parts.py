"""Which part of a model made which value.

You will learn here to find an expression in a graph. Training records operations, and which module
returned a value: its *mark*. Each *part* of a model (the model itself, a layer, a neuron) computed
what lies between the Values that it returned and those that it was given. So we walk back from the
ones to the others. No module is called for it.

>>> from micrograd.nn import Neuron
>>> neuron = Neuron(2)
>>> loss = (neuron([0.5, -1.0]) - 2.0) ** 2
>>> [part] = parts(neuron)
>>> owner = owners(topological_order(loss), [part])
>>> [value._op for value in owner if value._prev]       # and the loss is its own
['dot', '+', 'relu']
"""

from collections import defaultdict
from collections.abc import Iterator

from ..engine import Constant, Value, topological_order
from ..ground.marks import marks, values_in

__all__ = ["Part", "owners", "parts"]


class Part:
    """A module in a model: its `name` in the `parent`, how many modules it is `deep` in the model,
    and `leaves`, with their names, the parameters that are its own and not those of a part."""

    def __init__(self, module, name: str, parent: "Part | None"):
        self.module, self.name, self.parent = module, name, parent
        self.deep = parent.deep + 1 if parent else 0
        self.leaves: dict[Value, str] = {}

    @property
    def around(self) -> "Iterator[Part]":
        """The part itself, and all that it is in."""
        part: Part | None = self
        while part:
            yield part
            part = part.parent

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
    computed from. A part that is no nn.Module leaves no marks, and keeps its parameters alone.
    """
    part_of = {id(part.module): part for part in parts}
    returned: dict[Part, list[Value]] = defaultdict(list)
    given: dict[Part, set[Value]] = defaultdict(set)
    made_in: dict[Value, Part] = {}             # the innermost part that returned a value
    for value in values:
        for module, arguments in marks(value):
            if part := part_of.get(id(module)):
                taken = set(values_in(arguments))
                given[part] |= taken
                if value not in taken:
                    returned[part].append(value)
                    made_in.setdefault(value, part)
    owner: dict[Value, Part] = {}
    for part in parts:                          # what is inside comes later and so prevails
        todo, seen = returned[part][:], set()
        while todo:
            value = todo.pop()
            if value in seen or not value._prev:
                continue
            seen.add(value)
            owner[value] = part
            for x in value._prev:
                if isinstance(x, Constant):
                    owner[x] = part
                elif x not in given[part] and (x not in made_in or part in made_in[x].around):
                    todo.append(x)
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
