"""One head of attention

The part of a language model that everyone talks about is three lines. A word has words before it,
and some matter to it more than others. So it asks, with a list of numbers, its *query*; each of
them has a *key*, which says what it can tell, and a *value*, which is what it tells:

1. *scores*: the dot product of the query with each key, divided by √d, where d is how many numbers
   the query has. (A sum of d products grows like √d; without this, softmax would be all or
   nothing.)
2. *weights*: softmax of the scores. They add up to 1.
3. *output*: the values, added up in the proportions of the weights. It has as many numbers as one
   value has.

That is all that attention does. Everything in it is + · / and exp, so backward goes through it.

Your code: about three lines. `dot` and `sqrt` are micrograd's. For the third line, `zip(*values)`
gives the first numbers of all values, then the second ones, and so on.
"""

from micrograd import dot, sqrt
from yours import softmax


def attention(query, keys, values):
    """What a word learns: a list as long as one of the values."""
    # >>> your code
    return ...
    # <<<


if __name__ == "__main__":
    print("Between 1 and 3, closer to 1:",
          attention([1.0, 0.0], keys=[[2.0, 0.0], [0.0, 2.0]], values=[[1.0], [3.0]]))
