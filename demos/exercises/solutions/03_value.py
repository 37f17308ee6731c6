"""A Value that remembers where it came from

Nudging costs a measurement for each knob: too slow for a billion knobs. There is a way to get all
slopes at once, if the computation can be walked backwards. For that, a number must remember how it
was made:

- `_prev`: the values it was made from. Those themselves, not their numbers: they remember in turn.
- `_op`: the symbol of the operation that made it, such as "+".

A value made by hand, such as a knob, has `_prev = ()` and `_op = ""`: it is a *leaf*. Now ordinary
arithmetic records itself. After `y = a * b + c`, y remembers "+", which remembers "*" and c: that
is the *graph*, the picture that `draw_dot` draws.

    a ──┐
        * ──┐                   y._op is "+", and y._prev holds the result of * and c
    b ──┘   + ── y
    c ──────┘

A number with a memory is a class of its own (you need to know what `class`, `self` and a tuple are
in Python). Python calls `__add__` for `a + b` and `__mul__` for `a * b`, with a as `self` and b as
`other`. What comes out is a new Value.

Your code: four lines, in three places. In micrograd: `Value` in `engine.py`.
"""


class Value:

    def __init__(self, data, _prev=(), _op="", label=""):
        self.data = data
        self.grad = 0
        self.label = label
        # >>> your code
        #: ...
        # Only what is stored can be walked back later.
        self._prev = _prev
        self._op = _op
        # <<<

    def __add__(self, other):
        other = value(other)
        # >>> your code
        #: return ...
        # A new Value: the number, the tuple of both inputs, and the symbol.
        return Value(self.data + other.data, (self, other), "+")
        # <<<

    def __mul__(self, other):
        other = value(other)
        # >>> your code
        #: return ...
        # The same, for the product.
        return Value(self.data * other.data, (self, other), "*")
        # <<<

    # The rest is made of these two. __radd__ is for 2 + a, where the number comes first. Python's
    # `sum` begins with 0 + a: that is a itself, and no operation, hence `if other else self`.
    def __radd__(self, other):          return self + other if other else self
    def __rmul__(self, other):          return self * other
    def __sub__(self, other):           return self + other * -1
    def __rsub__(self, other):          return self * -1 + other
    def __repr__(self):                 return f"Value(data={self.data}, grad={self.grad})"


def value(x):
    """A plain number as a Value; a Value as it is."""
    return x if isinstance(x, Value) else Value(x)


if __name__ == "__main__":
    print("2 * 3 is", Value(2.0) * Value(3.0))
