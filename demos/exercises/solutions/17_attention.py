"""One head of attention

The part of a language model that everyone talks about is three lines. A word has words before it,
and some matter to it more than others. So it asks, with a list of numbers, its *query*; each of
them has a *key*, which says what it can tell, and a *value*, which is what it tells. (A word's
value is a list of plain numbers. It has nothing to do with the class Value.)

1. *scores*: the dot product of the query with each key, divided by √d, where d is how many numbers
   the query has. The dot product is large where both point the same way.
2. *weights*: softmax of the scores. They add up to 1.
3. *output*: the values, added up in the proportions of the weights. It has as many numbers as one
   value has.

Why √d? A dot product is a sum of d products, some positive and some negative, which cancel in part:
of 4 times as many, the sum is about twice as large. Without √d the scores of long queries would be
so far apart that softmax gave nearly all to one.

Your code: about three lines. `dot(xs, ys)` and `sqrt` are micrograd's. For the third line,
`zip(*values)` gives the first numbers of all values, then the second ones, and so on.
"""

from micrograd import dot, sqrt
from yours import softmax


def attention(query, keys, values):
    """What a word learns: a list as long as one of the values."""
    # >>> your code
    #: return ...
    # A score for each key, divided by √d; softmax of all scores together.
    scores = [dot(query, key) / sqrt(len(query)) for key in keys]
    weights = softmax(scores)
    # Each number of the output is a dot product, too: of the weights with that of every value.
    return [dot(weights, numbers) for numbers in zip(*values)]
    # <<<


if __name__ == "__main__":
    print("Between 1 and 3, closer to 1:",
          attention([1.0, 0.0], keys=[[2.0, 0.0], [0.0, 2.0]], values=[[1.0], [3.0]]))
