"""Topological order: whose turn is it?

To go backwards through a graph, we need its values in an order in which every value comes *after*
all that it was made from. Read from the end, it then says: first the result, and no value before
everything that was made from it has had its turn. Such an order is called *topological*.

Depth-first search finds one. To visit a value:

1. if it has been seen, do nothing: a value used twice must not be listed twice;
2. otherwise note that it has been seen, visit each value in its `_prev`,
3. and only then append it to the order.

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
    a = Value(2.0)
    print("2, 4 and 6 should come in this order:", topological_order(a * a + a))
