"""micrograd: backpropagation in pure Python, written to be read.

Read the files in this order, each as a lesson:

1. `engine.py`      values, operations, backward: backpropagation, whole
2. `functions.py`   the other operations: exp, log, tanh, relu … each with its rule
3. `nn.py`          networks and their parameters
4. `losses.py`      how wrong a network is, as one number
5. `optim.py`       what to do with a gradient
6. `calculus.py`    derivatives as functions: of any order, exact
7. `checking.py`    is a rule right? measured slopes, and what is wrong if not

What they stand on, and nobody needs to read first, is in `ground/`. Tools are folders of their own:

- `compiler/`      the training step as a program: `jit`
- `draw/`          the graph as a picture: `draw_dot`
- `player/`        the graph as a page: `play`, `Film`, `live`
"""

from . import losses, nn, optim
from .calculus import grad
from .checking import check_gradients
from .compiler import jit
from .draw import draw_dot
from .engine import Value, dot, op
from .functions import cos, exp, log, maximum, minimum, relu, sigmoid, sin, sqrt, tanh, where
from .player import live, play

__all__ = ["Value", "check_gradients", "cos", "dot", "draw_dot", "exp", "grad", "jit", "live", "log",
           "losses", "maximum", "minimum", "nn", "op", "optim", "play", "relu", "sigmoid", "sin",
           "sqrt", "tanh", "where"]
