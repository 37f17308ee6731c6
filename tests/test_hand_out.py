"""The hand-out: the engine on one page, and it is an engine."""

import math
import random


def test_its_code_is_an_engine_that_learns(demo):
    hand_out = demo.module("hand_out")
    names = {"random": random, "tanh": None}
    for part in hand_out.PARTS:
        source = (hand_out.HERE / "exercises" / "solutions" / f"{part}.py").read_text("utf-8")
        exec(compile(hand_out.code(source), part, "exec"), names)
    a = names["Value"](3.0)
    (a * a + a).backward()
    assert a.grad == 7

    class Line:
        neuron = names["Neuron"](2, activation=lambda z: z, rng=random.Random(1))
        parameters = neuron.parameters

        def __call__(self, x1, x2):
            return self.neuron([x1, x2])

    losses = names["train"](Line(), [(1.0, 0.0, 2.0), (0.0, 1.0, -1.0)], 0.1, 100)
    assert losses[-1] < 0.01 * losses[0] and math.isfinite(losses[-1])


def test_it_is_short_and_says_where_each_part_is(demo, tmp_path):
    told = demo.told(tmp_path, "hand_out.py")
    page = (tmp_path / "out" / "hand_out.html").read_text("utf-8")
    assert "hand_out.html" in told
    assert page.count("In micrograd: ") == page.count("<pre>") == len(demo.module("hand_out").PARTS)
    assert page.count("\n") < 150 and "your code" not in page and "<script" not in page
