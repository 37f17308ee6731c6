"""The xor demo runs as a user would run it: a line cannot, a bend can, and some get stuck."""

import re
import xml.etree.ElementTree as ET

import pytest


def answers(output, kind):
    """The loss and the four answers of one of the two networks."""
    (loss, line), = re.findall(rf"^{kind}: the loss ends at ([\d.]+)\..*\n(.*)", output, re.M)
    return float(loss), {key: float(number) for key, number in
                         re.findall(r"(\d xor \d) → (-?[\d.]+)", line)}


@pytest.fixture(scope="module")
def output(demo, tmp_path_factory):
    return demo.told(tmp_path_factory.mktemp("xor"), "xor.py", "--seeds", 12,
                     without=["matplotlib"])


def test_the_linear_network_stops_at_a_quarter(output):
    loss, given = answers(output, "Linear")
    assert loss == 0.25 and set(given.values()) == {0.5} and len(given) == 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 17])
def test_it_does_so_from_any_seed(demo, tmp_path, seed):
    output = demo.told(tmp_path, "xor.py", "--seed", seed, "--seeds", 1, without=["matplotlib"])
    assert answers(output, "Linear")[0] == 0.25


def test_tanh_solves_it(output):
    loss, given = answers(output, "Tanh")
    assert loss < 0.001
    assert given == pytest.approx({"0 xor 0": 0, "0 xor 1": 1, "1 xor 0": 1, "1 xor 1": 0}, abs=0.1)


def test_both_have_the_same_nine_parameters(output):
    for heading in ("parameter", "before", "after"):
        rows = re.findall(rf"^  {heading} +(.*)$", output, re.M)
        assert [len(row.split()) for row in rows] == [9, 9]
        assert (rows[0] == rows[1]) is (heading != "after")


def test_the_share_that_gets_stuck_is_that_of_the_list(output):
    solve, of, stuck, percent = map(int, re.search(
        r"^(\d+) of (\d+) solve it, (\d+) do not \((\d+) %\)\.$", output, re.M).groups())
    listed = re.findall(r"^  seed (\d+): answers (.*), loss (\S+), largest gradient (\S+)$",
                        output, re.M)
    assert of == 12 and solve + stuck == of and len(listed) == stuck > 0
    assert percent == round(100 * stuck / of)
    for seed, given, loss, gradient in listed:
        errors = [float(answer) - x for answer, x in zip(given.split(), (0, 1, 1, 0))]
        assert sum(e * e for e in errors) / 4 == pytest.approx(float(loss), abs=0.01)
        assert max(map(abs, errors)) > 0.1 and float(gradient) < 0.01
        assert 1 <= int(seed) <= 12


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(demo, tmp_path):
    options = ("--seeds", 2, "--steps", 30, "--seed", 5)
    once, again = (demo.told(tmp_path, "xor.py", *options) for _ in range(2))
    assert once == again
    assert once != demo.told(tmp_path, "xor.py", *options[:-1], 6)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 40])
def test_the_picture(demo, tmp_path, steps):
    pytest.importorskip("matplotlib")
    output = demo.told(tmp_path, "xor.py", "--seeds", 3, "--steps", steps, "--out", "a/b")
    picture = tmp_path / "a" / "b" / "xor.svg"
    assert output.splitlines()[-1].endswith(str(picture.relative_to(tmp_path)))
    text = picture.read_text(encoding="utf-8")
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert text.count("<image") == 2 and "linear: loss" in text and "tanh: losses from 3" in text


@pytest.mark.slow
def test_the_film(demo, tmp_path):
    output = demo.told(tmp_path, "xor.py", "--seeds", 1, "--steps", 250, "--out", "a/b",
                       without=["matplotlib"])
    film, knobs = sorted((tmp_path / "a" / "b").iterdir(), reverse=True)
    assert (film.name, knobs.name) == ("xor_training.html", "xor_knobs.html")
    assert str(film.relative_to(tmp_path)) in output
    page = film.read_text(encoding="utf-8")
    steps = [int(step) for step in re.findall(r"step (\d+) of 250", page)]
    assert steps == list(range(0, 251, 2))
    for label in ("w(1,1)", "w(3,2)", "b3", "x1", "x2", "target", "loss"):
        assert f'"{label}"' in page
    assert "from seed 1:" in output


@pytest.mark.slow
def test_the_pages_do_without_the_package_graphviz(demo, tmp_path):
    demo.told(tmp_path, "xor.py", "--seeds", 1, "--steps", 20, without=["matplotlib", "graphviz"])
    pages = {page.name for page in (tmp_path / "out").iterdir()}
    assert pages == {"xor_knobs.html", "xor_training.html"}


def test_without_matplotlib_it_says_what_is_left_out(output):
    assert output.splitlines()[-1] == \
        "The picture is left out, because it needs matplotlib: pip install matplotlib"


@pytest.mark.one_in(5)
@pytest.mark.parametrize("option", ["--seeds=0", "--steps=-1", "--steps=1.5", "--seed=x", "--out"])
def test_a_bad_option_is_refused(demo, tmp_path, option):
    line = demo.refused(tmp_path, "xor.py", option)
    assert f"argument {option.split('=')[0]}: " in line


@pytest.mark.slow
def test_control_c_ends_it_with_a_sentence(demo, tmp_path):
    status, stderr = demo.interrupted(tmp_path, "from 100000 seeds", "xor.py", "--seeds", 10**5)
    assert (status, stderr) == (130, "Stopped before the end.")
