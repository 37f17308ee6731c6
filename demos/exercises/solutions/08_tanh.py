"""Your own operation: tanh

An operation is its mathematics and its rule, side by side. micrograd writes that as

    @op("cube", lambda g, out, x: g * 3 * x ** 2)
    def cube(x):
        return x ** 3

The line with @ hands the function below it to `op`, and what `op` makes of it takes its name: a
function that computes the cube, and records that it did. The lambda is its rule. Below is a small
`op` for your engine. Use it for tanh, which squashes any number into (-1, 1):

     1 ┤               ▁▂▃▅▆▇▇▇▇          x      -2     -0.5     0     0.5     2
     0 ┤          ▁▃▆▇                    tanh  -0.96   -0.46    0    0.46   0.96
    -1 ┤ ▁▁▁▁▂▃▅▇

tanh(x) is (exp(x) - exp(-x)) / (exp(x) + exp(-x)), and its slope at x is 1 - tanh(x)²: take it from
the tables. The rule is handed tanh(x) already: look at its arguments.

A rule multiplies by g. It does so always, for it is the chain rule.

Your code: the rule. In micrograd: `op` and the table in `engine.py`.
"""

import math

from yours import RULES, Value, value


def op(symbol, rule):
    """Make an operation of a function of one number: `@op(symbol, rule)` above it."""
    def decorate(mathematics):                  # is given the function below the @ line
        def operation(x):                       # and makes this one, which takes its place
            x = value(x)
            return Value(mathematics(x.data), (x,), symbol)
        RULES[symbol] = lambda g, out, x: (rule(g, out, x),)
        return operation
    return decorate


# >>> your code
#: @op("tanh", lambda g, out, x: ...)
# g times the slope, which is 1 - tanh(x)²; and tanh(x) is out.
@op("tanh", lambda g, out, x: g * (1 - out * out))
# <<<
def tanh(x):
    return math.tanh(x)


if __name__ == "__main__":
    print("The gradient of tanh at 0.5 should be 0.786. Yours:",
          *RULES["tanh"](1, tanh(0.5).data, 0.5))
