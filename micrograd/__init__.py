"""micrograd: backpropagation in pure Python, written to be read.

Read the files in this order, each as a lesson:

1. `functions.py`  mathematics for any kind of number
2. `engine.py`     operations, values, backward: backpropagation itself
3. `nn.py`         networks and their parameters
4. `losses.py`     how wrong a network is, as one number
5. `optim.py`      what to do with a gradient
6. `calculus.py`   derivatives of any order, and how to check a rule
7. `symbols.py`    numbers that write down what is done to them
8. `source.py`     what they wrote, as Python
9. `compiler.py`   the training step as a program: `jit`
10. `parts.py`     which part of a model made which value
11. `scene.py`     what of a large graph is drawn
12. `draw.py`      the graph as a picture
13. `formulas.py`  what an operation does, in writing
14. `player.py`    the graph as a film
"""

from . import losses, nn, optim
from .calculus import check_gradients, grad
from .compiler import jit
from .draw import draw_dot
from .engine import Value, dot, op
from .functions import cos, exp, log, maximum, minimum, relu, sigmoid, sin, sqrt, tanh, where
from .player import play

__all__ = ["Value", "check_gradients", "cos", "dot", "draw_dot", "exp", "grad", "jit", "log",
           "losses", "maximum", "minimum", "nn", "op", "optim", "play", "relu", "sigmoid", "sin",
           "sqrt", "tanh", "where"]
