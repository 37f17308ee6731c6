"""The moons demo runs as a user would run it: it learns, saves what it learnt and loads it."""

import argparse
import json
import math
import os
import re
import xml.etree.ElementTree as ET

import pytest

SHAPES = {"layers.0.weight": (16, 2), "layers.0.bias": (16,), "layers.1.weight": (16, 16),
          "layers.1.bias": (16,), "layers.2.weight": (1, 16), "layers.2.bias": (1,)}


def shape(tensor):
    return (len(tensor), *shape(tensor[0])) if isinstance(tensor, list) else ()


def flat(tensor):
    return [x for part in tensor for x in flat(part)] if isinstance(tensor, list) else [tensor]


def right(output):
    """Per cent right of the points trained on, and of the unseen."""
    return tuple(map(float, re.search(
        r"([\d.]+) % of the points trained on are right, and ([\d.]+) % of the unseen\.",
        output).groups()))


def one_line(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def trained(slow, demo, tmp_path_factory):
    """The folder of a full run, and what it printed."""
    folder = tmp_path_factory.mktemp("moons")
    return folder, demo.told(folder, "moons.py", "--jit", "off", without=["matplotlib"])


# ── What it learns ────────────────────────────────────────────────────────────────────────────────

def test_above_98_per_cent_of_unseen_points(trained):
    assert right(trained[1])[1] > 98


def test_337_parameters_by_name(trained):
    rows = re.findall(r"^  (\S+\.\S+) +([\d × ]*\d) {2,}(\d+)$", trained[1], re.M)
    assert {name: tuple(map(int, numbers.split(" × "))) for name, numbers, _ in rows} == SHAPES
    assert sum(int(count) for *_, count in rows) == 337
    assert re.search(r"^  together +337$", trained[1], re.M)


def test_the_loss_falls(trained):
    losses = [float(loss) for loss in re.findall(r"step +\d+ of 60   loss (\S+)", trained[1])]
    assert len(losses) == 10 and losses[-1] < losses[0] / 5


def test_compiled_it_learns_the_same(demo, trained, tmp_path):
    folder, output = trained
    compiled = demo.told(tmp_path, "moons.py", "--jit", without=["matplotlib"])
    losses = re.compile(r"step +(\d+) of 60   loss (\S+)")
    assert losses.findall(compiled) == losses.findall(output) and right(compiled) == right(output)
    state, other = (json.loads((path / "out" / "moons.json").read_text())
                    for path in (tmp_path, folder))
    for name in SHAPES:
        assert flat(state[name]) == pytest.approx(flat(other[name]), rel=1e-9, abs=1e-12)


# ── What it saves and loads ───────────────────────────────────────────────────────────────────────

def test_the_saved_parameters(trained):
    folder, _ = trained
    assert sorted(os.listdir(folder / "out")) == ["moons.json", "moons_knobs.html"]
    state = json.loads((folder / "out" / "moons.json").read_text())
    assert {name: shape(tensor) for name, tensor in state.items()} == SHAPES


def test_loaded_they_score_the_same(demo, trained, tmp_path):
    folder, output = trained
    saved = folder / "out" / "moons.json"
    again = demo.told(tmp_path, "moons.py", "--load", saved, "--steps", 0, without=["matplotlib"])
    assert right(again) == right(output)
    assert (tmp_path / "out" / "moons.json").read_text() == saved.read_text()


def test_training_goes_on_from_them(demo, trained, tmp_path):
    folder, output = trained
    again = demo.told(tmp_path, "moons.py", "--load", folder / "out" / "moons.json", "--steps", 1,
                      without=["matplotlib"])
    (first,) = re.findall(r"step 1 of 1   loss (\S+)", again)
    (last,) = re.findall(r"step 60 of 60   loss (\S+)", output)
    assert float(first) < 2 * float(last)


@pytest.mark.parametrize("damage, complaint", [
    (lambda state: "", "not a JSON file"),
    (lambda state: json.dumps(state)[:-100], "not a JSON file"),
    (lambda state: "[" * 10**5, "not a JSON file"),
    (lambda state: "[1, 2]", "expected an object of parameters, got [1, 2]"),
    (lambda state: "{}", "layers.0.weight: missing, and 5 more such"),
    (lambda state: json.dumps(state | {"layers.3.bias": [0]}), "layers.3.bias: unexpected"),
    (lambda state: json.dumps(state | {"layers.2.bias": [math.nan]}), "expected a finite number"),
    (lambda state: json.dumps(state | {"layers.0.bias": [0] * 15}), "expected 16 entries, got 15"),
], ids=["empty", "cut off", "deep", "a list", "nothing in it", "foreign", "nan", "too few"])
def test_a_damaged_file_is_refused_and_kept(demo, trained, tmp_path, damage, complaint):
    state = json.loads((trained[0] / "out" / "moons.json").read_text())
    (tmp_path / "out").mkdir()
    file = tmp_path / "out" / "moons.json"
    file.write_text(content := damage(state))
    line = demo.refused(tmp_path, "moons.py", "--load", "out/moons.json", "--steps", 1)
    assert "out/moons.json: " in line.replace("\\", "/") and complaint in line
    assert file.read_text() == content and os.listdir(tmp_path / "out") == ["moons.json"]


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_what_is_no_file_is_refused(demo, tmp_path, name):
    assert f"error: {name}: " in demo.refused(tmp_path, "moons.py", "--load", name)


def test_parameters_too_large_to_train(demo, trained, tmp_path):
    state = json.loads((trained[0] / "out" / "moons.json").read_text())
    state["layers.2.weight"] = [[1e308] * 16]
    (tmp_path / "huge.json").write_text(json.dumps(state))
    line = demo.refused(tmp_path, "moons.py", "--load", "huge.json", status=1)
    assert line.startswith("moons.py: training diverged: ")
    assert not list(tmp_path.rglob("moons.json"))


@pytest.mark.slow
def test_control_c_leaves_parameters_that_load(demo, tmp_path):
    status, stderr = demo.interrupted(tmp_path, "loss ", "moons.py", "--steps", 60)
    assert status == 130
    assert one_line(stderr).startswith("Stopped before the end of training. The parameters so far")
    assert "moons.json" in os.listdir(tmp_path / "out")
    demo.told(tmp_path, "moons.py", "--load", "out/moons.json", "--steps", 0)


@pytest.mark.slow
def test_control_c_after_training_leaves_them_too(demo, tmp_path):
    """The picture takes longer than the way from the printed line to the signal."""
    fake = tmp_path / "not installed"
    fake.mkdir()
    (fake / "matplotlib.py").write_text("import time; time.sleep(60)")
    status, stderr = demo.interrupted(tmp_path, "The parameters are in", "moons.py", "--steps", 2,
                                      "--jit", PYTHONPATH=str(fake))
    assert status == 130
    assert one_line(stderr).startswith("Stopped after training. The parameters are in out")
    assert "moons.json" in os.listdir(tmp_path / "out")


@pytest.mark.slow
def test_the_parameters_are_saved_before_anything_is_measured(demo, tmp_path, monkeypatch):
    moons = demo.module("moons")
    saved, measure = tmp_path / "moons.json", moons.accuracy
    there = []

    def accuracy(*given):
        there.append(saved.exists())
        return measure(*given)

    monkeypatch.setattr(moons, "accuracy", accuracy)
    moons.tell(argparse.Namespace(seed=1, steps=1, load=None, language="python", out=tmp_path))
    assert there[0] is False and set(there[1:]) == {True}


# ── The picture, and what is refused ──────────────────────────────────────────────────────────────

@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 3])
def test_the_picture(demo, tmp_path, steps):
    pytest.importorskip("matplotlib")
    demo.told(tmp_path, "moons.py", "--steps", steps, "--out", "a/b")
    assert sorted(os.listdir(tmp_path / "a" / "b")) == ["moons.json", "moons.svg", "moons_knobs.html"]
    text = (tmp_path / "a" / "b" / "moons.svg").read_text(encoding="utf-8")
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "% of unseen points right" in text and "unseen points on the wrong side" in text


def test_without_matplotlib_it_says_what_is_left_out(trained):
    assert trained[1].splitlines()[-1] == \
        "The picture is left out, because it needs matplotlib: pip install matplotlib"


@pytest.mark.one_in(3)
@pytest.mark.parametrize("option", ["--steps=-1", "--steps=1.5", "--seed=x", "--load", "--out"])
def test_a_bad_option_is_refused(demo, tmp_path, option):
    line = demo.refused(tmp_path, "moons.py", option)
    assert f"argument {option.split('=')[0]}: " in line
