"""Topological order: whose turn is it?

To go backwards through a graph, we begin at the result and pass gradients on to the inputs. But a
value may be used twice, and must wait until it has received from both sides:

    a ──┬────────── + ── y        in order:  a, p, y        (p is a · a, and y is p + a)
        └── × ── p ─┘             backwards: y, then p, then a, which has waited for both

So we need an order in which every value comes *after* all that it was made from; read from the end,
everybody has received all before it is their turn. Such an order is called *topological*.

Depth-first search finds one. To visit a value:

1. if it has been seen, do nothing: a value used twice must not be listed twice;
2. otherwise note that it has been seen, visit each value in its `_prev`,
3. and only then append it to the order: the Value itself.

Your code: about four lines. In micrograd: `topological_order` in `engine.py`, which uses a list in
place of the recursion, so that a chain of a million operations works too.
"""

from yours import Value


def topological_order(root):
    """Every value that root was made from, and root: inputs before what was made from them."""
    order, seen = [], set()

    def visit(value):
        # >>> your code
        #: ...
        # Appending after the visits puts the inputs first. Without `seen`, a chain of n values each
        # used twice would be walked 2ⁿ times.
        if value not in seen:
            seen.add(value)
            for x in value._prev:
                visit(x)
            order.append(value)
        # <<<

    visit(root)
    return order


if __name__ == "__main__":
    a = Value(2.0, label="a")
    p = a * a
    y = p + a
    p.label, y.label = "p", "y"
    print("a, p, y should come in this order:",
          *[getattr(v, "label", f"not a Value but {v}") for v in topological_order(y)])
