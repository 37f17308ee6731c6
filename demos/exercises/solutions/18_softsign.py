"""An operation of your own, in micrograd

micrograd can be extended as your engine could: mathematics and rule, side by side, in a file of
your own. What you make is an operation like all others: it is differentiated, drawn, and compiled.

Make *softsign*. Like tanh it squashes any number into (-1, 1), but without exp:

    softsign(x) = x / (1 + |x|)           x          -3      -1     0     1      3
                                          softsign   -0.75   -0.5   0     0.5    0.75

Its slope is 1 / (1 + |x|)². With out = softsign(x), 1 - |out| is 1 / (1 + |x|), so the slope can
also be had from the output alone.

Before you write code, predict a number: what is the slope at 0?

Is your rule right? Do not believe it, measure: `check_gradients` nudges, as you did in exercise 1,
and compares. The last lines of this file call it. (Use abs(x), which works for whatever comes: for
numbers, for Values, and when a program is made of it. math.fabs is for plain numbers alone.)

Your code: the prediction, the rule and the mathematics. In micrograd: the functions in
`functions.py`.
"""

from micrograd import check_gradients, op

# >>> your code
#: PREDICTION = ...
# 1 / (1 + 0)² is 1: near 0, softsign does nearly nothing.
PREDICTION = 1
# <<<


# >>> your code
#: @op("softsign", lambda g, out, x: ...)
#: def softsign(x):
#:     return ...
# g times the slope, which is (1 - |out|)²; and the mathematics, x divided by all of 1 + |x|.
@op("softsign", lambda g, out, x: g * (1 - abs(out)) ** 2)
def softsign(x):
    return x / (1 + abs(x))
# <<<


if __name__ == "__main__":
    print("softsign(3) should be 0.75. Yours:", softsign(3.0))
    try:
        print(*check_gradients(softsign, 3.0), sep="\n")
    except (AssertionError, TypeError) as error:
        print(error)
