"""`jit`: a training step as a program.

Read the files in this order: `symbols.py`, numbers that write down what is done to them;
`source.py`, what they wrote, as Python; `just_in_time.py`, the passes, and `jit` itself.
"""

from .just_in_time import jit
from .symbols import TraceError

__all__ = ["TraceError", "jit"]
