"""The rules of + and ×

By hand, you multiplied what came from above by what the operation does. The second factor depends
on the operation alone, so it can be written down once for each. That is its *rule*, a function that
is given

- `g`, the gradient of its output (what came from above),
- `out`, the output, and `x`, `y`, the inputs, all plain numbers,

and returns the gradients of the inputs, one for each, in their order.

Subtraction would have the rule `(g, -g)`: x - y rises by 1 for each unit of x and falls by 1 for
each unit of y, and both are multiplied by g. Find those of x + y and x · y. (For ×, nudge y in your
mind: by how much does x · y change?)

`lambda g, out, x, y: …` is a function without a name: what stands after the colon is what it
returns. A pair needs its parentheses.

Your code: two rules. In micrograd: the table of operations in `engine.py`.
"""

RULES = {
    # >>> your code
    #: "+": lambda g, out, x, y: ...,
    #: "*": lambda g, out, x, y: ...,
    # A sum hands g on to both. In a product, each input counts as often as the other is large.
    "+": lambda g, out, x, y: (g, g),
    "*": lambda g, out, x, y: (g * y, g * x),
    # <<<
}


if __name__ == "__main__":
    print("Gradients of 2 · 3, where g is 1, should be (3, 2). Yours:", RULES["*"](1, 6, 2, 3))
