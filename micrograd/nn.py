"""Networks: parameters, and the arithmetic that connects them.

You will learn here that a neural network is an expression. A *neuron* multiplies each input by a
weight, adds a bias and bends the result by an activation function; a *layer* is neurons side by
side; a *multi-layer perceptron* (`MLP`) is layers one after another. Its weights and biases are its
*parameters*: leaves of the graph, the knobs that training turns.

>>> model = MLP(2, [2, 1], rng=random.Random(0))
>>> len(model.parameters())                     # 2·2 weights + 2 biases, then 2 weights + 1 bias
9
>>> model([1.0, -2.0]).backward()               # every parameter now holds its gradient

Read `losses.py` next: it says how wrong a network's output is.
"""

import random
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from .engine import Constant, Number, Value, dot
from .functions import relu
from .ground.errors import assign, shown
from .ground.marks import marking, marks
from .ground.nested import mapped, side_by_side
from .ground.numbers import data_of, number

__all__ = ["Layer", "MLP", "Module", "Neuron", "Parameter", "marks"]


class Parameter(Value):
    """A leaf that training changes. In all else it is a Value.

    >>> Parameter(0.5, label="w")
    Parameter(data=0.5, grad=0)
    """

    __slots__ = ()
    role = "parameter"                          # what a picture says of it


class Module:
    """Whatever has parameters. Put leaf Values or Modules, or lists of them, in its attributes.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.shift = Parameter(2.0), Parameter(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.shift
    >>> Line().state_dict()
    {'slope': 2.0, 'shift': 1.0}

    When a module is called, the Values that it returns are marked, so that a picture of the graph
    can draw a box around all that the module computed: see `marks`.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__call__" in vars(cls):
            setattr(cls, "__call__", marking(vars(cls)["__call__"]))

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every parameter once, with the dotted name of the place where it lives.

        >>> [name for name, parameter in Neuron(2).named_parameters()]
        ['w.0', 'w.1', 'b']
        """
        seen = set()
        for name, parameter in _walk(self, vars, _is_leaf):
            if parameter not in seen:
                seen.add(parameter)
                yield name, parameter

    def parameters(self) -> list[Value]:
        """Every parameter once: what an optimiser is to change."""
        # As _walk() goes, but without names: training waits for it at every step.
        found: dict[Value, None] = {}
        seen: set[int] = set()
        todo: list[Iterator[Any]] = [iter([self])]
        while todo:
            for thing in todo[-1]:
                if isinstance(thing, Value):
                    if thing.operation is None:
                        found[thing] = None
                elif isinstance(thing, (Module, dict, list, tuple)) and id(thing) not in seen:
                    seen.add(id(thing))
                    parts = vars(thing) if isinstance(thing, Module) else thing
                    todo.append(iter(parts.values() if isinstance(parts, dict) else parts))
                    break                       # what is in it comes first; then the rest of this
            else:
                todo.pop()
        return list(found)

    def zero_grad(self) -> None:
        """Set every gradient to 0, as one does before each `backward()` of training."""
        # It meets what parameters() finds, in another order: without a care for it, twice as fast.
        own = type(self).parameters is not Module.parameters
        things: list[Any] = [*self.parameters()] if own else [self]
        seen: set[int] = set()
        for thing in things:                    # the list grows meanwhile
            if isinstance(thing, Value):
                if thing.operation is None:
                    thing.grad = 0
            elif isinstance(thing, Module):
                if (key := id(thing)) not in seen:
                    seen.add(key)
                    things += thing.__dict__.values()
            elif isinstance(thing, (list, tuple, dict)) and (key := id(thing)) not in seen:
                seen.add(key)
                things += thing.values() if isinstance(thing, dict) else thing

    def tensors(self) -> dict[str, Any]:
        """The entries of the state dict: parameters, nested lists of them, and modules, by name."""
        return vars(self)

    def state_dict(self) -> dict[str, Any]:
        """The parameters as plain data: numbers in nested lists under dotted names, fit for JSON.

        A layer's weights have the shape (outputs, inputs) and the names that PyTorch gives them, so
        that `torch.tensor` of an entry is what `torch.nn.Linear` loads. A module that is shared
        stands under the first of its names. Raises ValueError if two entries have the same name.

        >>> Layer(2, 3, rng=random.Random(0)).state_dict()["bias"]
        [0, 0, 0]
        """
        return {name: numbers for name, (_, numbers) in _tensors(self).items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set every parameter to its number in `state`, the state dict of a module like this one.

        Raises ValueError if entries are missing, unexpected or of another shape, or hold anything
        but finite numbers. The error lists all that is wrong, and then no parameter has changed.

        >>> Neuron(2).load_state_dict({"weight": [[0.1]], "bias": ["a"]})
        Traceback (most recent call last):
            ...
        ValueError: cannot load this state dict into a ReLUNeuron(2):
          weight[0]: expected 2 entries, got 1
          bias[0]: expected a finite number, got 'a'
        """
        tensors = _tensors(self)
        problems = [f"{name}: missing" for name in tensors if name not in state]
        problems += [f"{name}: unexpected" for name in state if name not in tensors]
        parameters, numbers = [], []
        for name in tensors:
            if name in state:
                for place, tensor, data in side_by_side(tensors[name][0], state[name]):
                    expected, found = _accepted(tensor, data)
                    if expected:
                        problems.append(f"{name}{place()}: expected {expected}")
                    elif found is not None:
                        parameters.append(tensor)
                        numbers.append(found)
        if problems:
            heading = f"cannot load this state dict into a {self!r}:"
            raise ValueError("\n  ".join([heading, *problems]))
        assign(parameters, "data", numbers)


class Neuron(Module):
    """`activation(w₁x₁ + w₂x₂ + … + b)`, of `nin` inputs.

    The weights begin as uniform random numbers in (-1, 1), drawn in order from `rng` (anything with
    a method `uniform`; Python's `random` module unless given), and the bias at 0. `activation` is
    any function of a Value; with None, or `nonlin=False`, the neuron is linear.
    """

    def __init__(self, nin: int, nonlin: bool = True, *,
                 activation: Callable[[Value], Any] | None = relu, bias: bool = True,
                 rng: Any = random):
        if activation is not None and not callable(activation):
            raise TypeError("activation takes a function such as tanh, or None, "
                            f"not {activation!r}")
        self.w = [Parameter(rng.uniform(-1, 1)) for _ in range(nin)]
        self.b = Parameter(0) if bias else None
        self.activation = activation if nonlin else None
        _label(self)

    def __call__(self, x: Collection[Number]) -> Any:
        """The output for a sequence of `nin` inputs. Raises ValueError for other lengths."""
        if len(x) != len(self.w):
            raise ValueError(f"{self!r} takes {len(self.w)} inputs, got {len(x)}")
        z = dot(self.w, x)
        z = z if self.b is None else z + self.b
        return z if self.activation is None else self.activation(z)

    def tensors(self) -> dict[str, Any]:
        return _weight_and_bias([self])

    def __repr__(self) -> str:
        if self.activation is None:
            kind = "Linear"
        else:
            name = getattr(self.activation, "__name__", type(self.activation).__name__)
            kind = "ReLU" if name == "relu" else name.capitalize()
        return f"{kind}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that see the same `nin` inputs. Further arguments are those of `Neuron`.

    Its output is a list of Values, or the bare Value where there is one neuron.
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any):
        if nout < 1:
            raise ValueError(f"a layer has at least one neuron, not {nout}")
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]
        _label(self)

    def __call__(self, x: Collection[Number]) -> Any:
        # A plain number becomes one node of the graph, not one for each neuron.
        if not all([isinstance(number, Value) for number in x]):
            x = [number if isinstance(number, Value) else Constant(number) for number in x]
        x = tuple(x)
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def tensors(self) -> dict[str, Any]:
        return _weight_and_bias(self.neurons)

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: `nin` inputs, then one layer for each size in `nouts`.

    Every layer but the last has the activation function. Further arguments are those of `Neuron`.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    def __init__(self, nin: int, nouts: Sequence[int], **kwargs: Any):
        if not isinstance(nouts, (list, tuple)):
            raise TypeError(f"MLP takes the sizes of its layers as a list, such as [16, 1], "
                            f"not {nouts!r}")
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], **({"nonlin": i < len(nouts) - 1} | kwargs))
                       for i in range(len(nouts))]
        _label(self)

    def __call__(self, x: "Collection[Number] | Number") -> Any:
        out: Any = x
        for layer in self.layers:
            # A layer of one neuron hands on a bare value.
            out = layer(tuple(out) if hasattr(out, "__len__") else (out,))
        return out

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


# ── Walking through a module ──────────────────────────────────────────────────────────────────────

def _walk(module: Module, contents: Callable[..., Any],
          wanted: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The wanted things in a module, with dotted names. `contents` of a module is a dict; lists,
    tuples and dicts are gone through, each once, as modules are."""
    found: dict[str, Any] = {}
    seen: dict[int, Any] = {}
    todo: list[tuple[str, Any]] = [("", module)]
    while todo:
        name, thing = todo.pop()
        if wanted(thing):
            if found.setdefault(name, thing) is not thing:
                raise ValueError(f"two parameters of {shown(module)} have the same name {name!r}: "
                                 "rename an attribute or a key")
            yield name, thing
        elif isinstance(thing, (Module, dict, list, tuple)) and id(thing) not in seen:
            seen[id(thing)] = thing             # kept, so that no other gets its id
            parts = contents(thing) if isinstance(thing, Module) else thing
            items = parts.items() if isinstance(parts, dict) else enumerate(parts)
            todo += [(f"{name}.{key}" if name else f"{key}", part) for key, part in items][::-1]


def _is_leaf(thing: Any) -> bool:
    return isinstance(thing, Value) and not thing._prev


def _number_of_leaf(thing: Any) -> Any:
    return data_of(thing) if _is_leaf(thing) else None


def _tensors(module: Module) -> dict[str, tuple[Any, Any]]:
    """The entries of the state dict: leaf Values and nested lists of them, and their numbers."""
    known: dict[int, Any] = {}
    walk = _walk(module, lambda module: module.tensors(),
                 lambda thing: mapped(_number_of_leaf, thing, known) is not None)
    return {name: (tensor, mapped(_number_of_leaf, tensor, known)) for name, tensor in walk}


def _weight_and_bias(neurons: list[Neuron]) -> dict[str, Any]:
    biases = [neuron.b for neuron in neurons if neuron.b is not None]
    return {"weight": [neuron.w for neuron in neurons]} | ({"bias": biases} if biases else {})


def _label(module: Module) -> None:
    for name, parameter in module.named_parameters():
        parameter.label = name


def _accepted(tensor: Any, data: Any) -> tuple[str, object]:
    """What `data` should have been, or "" if it fits, and then its number if it is one."""
    if not isinstance(tensor, Value):
        if not isinstance(data, (list, tuple)):
            return f"a list of {len(tensor)}, got {shown(data)}", None
        fits = len(data) == len(tensor)
        return "" if fits else f"{len(tensor)} entries, got {len(data)}", None
    try:
        found = number(data, "")
        if isinstance(data, bool) or not abs(found) <= sys.float_info.max:
            raise TypeError
        return "", found
    except TypeError:
        return f"a finite number, got {shown(data)}", None
