"""`jit`: a training step as a program.

Read the files in this order:

1. `samples.py`       what a program is called with
2. `symbols.py`       numbers that write down what is done to them: a function becomes a program
3. `passes.py`        the program becomes a better one
4. `writer.py`        the program is said in a language
5. `python.py`        the first language: a *dialect* for the writer
6. `c.py`             the second, to be fast; `nests.py` has long programs in loops, and
                      `native.py` has C compiled and calls it
7. `javascript.py`    the third, for pages that compute
8. `training.py`      the optimiser too, and many steps in one call; `loops.py` finds its loop
9. `just_in_time.py`  `jit`, which puts it all together
10. `ahead_of_time.py` the same for a page, as JavaScript

Three languages, one program. A fourth would be another dialect: a class with `Dialect`'s table
filled in, in a file of its own. The passes, the names, the brackets, the comments and the breaking
of lines are the same for all.
`program.said(DIALECT)` writes a `Compiled` program in it.
"""

from .ahead_of_time import javascript_source
from .javascript import PRELUDE, trace_source
from .just_in_time import jit
from .samples import places, plain, structure
from .symbols import TraceError, argument_names

__all__ = ["PRELUDE", "TraceError", "argument_names", "javascript_source", "jit", "places", "plain",
           "structure", "trace_source"]
