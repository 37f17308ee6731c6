"""The GPT on one page: its size, its gradients, and that the three lines change nothing but time."""

import itertools
import random
import re

import pytest

import microgpt                                 # conftest.py makes demos/ importable
from micrograd import dot, jit
from micrograd.losses import softmax
from python_names import words_of_python


@pytest.fixture
def weights():
    return microgpt.random_weights(random.Random(3))


def parameters(weights):
    return [p for rows in weights.values() for row in rows for p in row]


def letters(text):
    return [microgpt.one_hot(letter) for letter in text]


def gradients(weights, loss):
    for p in parameters(weights):
        p.grad = 0
    loss.backward()
    return [p.grad for p in parameters(weights)]


def test_it_is_one_page_of_the_well_known_size(weights):
    with open(microgpt.__file__, encoding="utf-8") as file:
        assert len(file.readlines()) <= 150
    assert len(parameters(weights)) == 27 * 16 + 16 * 16 + 4 * 16 ** 2 + 2 * 4 * 16 ** 2 + 27 * 16


def test_the_loss_falls_as_the_gradient_says(weights):
    text = letters(".gradient.")
    loss = microgpt.loss(weights, text)
    found = gradients(weights, loss)
    rng = random.Random(1)
    direction = [rng.gauss(0, 1) for _ in found]
    slopes = []
    for nudge in (1e-6, -2e-6):
        for p, d in zip(parameters(weights), direction):
            p.data += nudge * d
        slopes.append(microgpt.loss(weights, text).data)
    promised = sum(g * d for g, d in zip(found, direction))
    assert (slopes[0] - slopes[1]) / 2e-6 == pytest.approx(promised, rel=1e-4)


def test_no_letter_sees_those_after_it(weights):
    def scores(text):
        keys, values = [], []
        return [[z.data for z in microgpt.gpt(weights, letter, keys, values)]
                for letter in letters(text)]
    one, other = scores(".aab"), scores(".aaz")
    assert one[:3] == other[:3] and one[3] != other[3]


def test_softmax_is_that_of_the_package():
    scores = [0.5, -2.0, 3.0]
    ours = microgpt.softmax([microgpt.Value(score) for score in scores])
    assert [p.data for p in ours] == pytest.approx(softmax(scores), rel=1e-12)


@pytest.mark.slow
def test_the_three_lines_change_nothing_but_time(weights, monkeypatch):
    text = letters(".go.")
    loss = microgpt.loss(weights, text)
    expected = gradients(weights, loss)
    monkeypatch.setattr(microgpt, "dot", dot)
    assert gradients(weights, microgpt.loss(weights, text)) == pytest.approx(expected, abs=1e-12)
    for p in parameters(weights):
        p.grad = 0
    compiled = jit(lambda *letters: microgpt.loss(weights, letters), parameters(weights))
    assert compiled([text]) == pytest.approx(loss.data, rel=1e-12)
    assert [p.grad for p in parameters(weights)] == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_it_learns_and_makes_up_words(monkeypatch, capsys):
    monkeypatch.setattr(microgpt, "STEPS", (1, 5, 300))
    monkeypatch.setattr(microgpt, "CONTEXT", 6)
    microgpt.tell(type("args", (), {"seed": 1}))
    told = capsys.readouterr().out
    assert re.search(r"^[\d,]+ words, such as [a-z]+, and 4,192 parameters\.$", told, re.M)
    losses = re.findall(r"^[A-Z].*: \d+ steps, \d+ ms each, loss (\d\.\d\d)$", told, re.M)
    assert len(losses) == 3 and float(losses[-1]) < 2.9 < float(losses[0]) < 3.5
    made_up = re.search(r"^Made up: (.+)$", told, re.M)[1].split()
    assert made_up == sorted(set(made_up)) and not set(made_up) & set(words_of_python(6))
    assert sum(map(len, made_up)) > 30 and all(re.fullmatch("[a-z]+", word) for word in made_up)


@pytest.mark.slow
def test_without_training_every_letter_is_as_likely(weights):
    for p in parameters(weights):
        p.data = 0.0
    counts = list(itertools.chain(*[microgpt.make_up(weights, random.Random(i))
                                    for i in range(10)]))
    assert len(set(counts)) > 20


def test_help_tells_what_it_is(demo, tmp_path):
    assert "A GPT on one page" in demo.told(tmp_path, "microgpt.py", "--help")
