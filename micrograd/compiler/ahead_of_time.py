"""JavaScript ahead of time, for a page, where no Python is at hand when it runs."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from ..engine import Value
from .javascript import JAVASCRIPT
from .just_in_time import Compiled
from .symbols import Failed, trace

__all__ = ["javascript_source"]


def javascript_source(function: Callable[..., Any], sample: Sequence[Any], leaves: Iterable[Value],
                      fixed: Collection[Any] = (),
                      parameters: Iterable[Value] | None = None) -> str:
    """An expression in JavaScript for a function, as `jit` would compile it. It stands below
    PRELUDE.

    What it computes is called as `forward(sample, numbers)`, with the numbers of `leaves`; with
    `parameters` to train, as `step(samples, numbers)`. `javascript.py` says what these return.
    `sample` is what it is traced on; its numbers at the `fixed` places are kept. Raises TraceError
    where the function must know a number to go on, and for what JavaScript does not have.

    >>> w = Value(2.0, label="w")
    >>> print(javascript_source(lambda x: w * x, [3.0], [w]))
    (() => {
    function forward(sample, parameters) {
        fault = null;
        const [w] = parameters;
        const [x] = sample;
        return {result: w * x, fault};
    }
    return forward;
    })()
    """
    leaves, backward = [*leaves], parameters is not None
    read = leaves if parameters is None else parameters
    try:
        program = trace(function, sample, read, fixed, backward)
    except Failed as failed:
        raise failed.explained from failed.__cause__
    compiled = Compiled(program, sample, backward, "python")
    return f"(() => {{\n{compiled.said(JAVASCRIPT, leaves)}\nreturn {compiled.name};\n}})()"
