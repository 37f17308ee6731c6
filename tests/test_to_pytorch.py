"""The PyTorch demo runs as a user would run it: one network here and there, and back."""

import importlib.util
import json
import random
import re

import pytest

needs_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")


@pytest.fixture(scope="module")
def output(demo, tmp_path_factory):
    return demo.told(tmp_path_factory.mktemp("to_pytorch"), "to_pytorch.py", "--steps", 25)


# ── Where PyTorch is ──────────────────────────────────────────────────────────────────────────────

@needs_torch
def test_outputs_and_losses_are_the_same(output):
    (outputs,) = re.findall(r"^Their outputs for the 1000 points differ by (\S+) at most\.$",
                            output, re.M)
    (losses,) = re.findall(r"^The losses differ by (\S+) of themselves at most\.$", output, re.M)
    assert float(outputs) <= 1e-12 and float(losses) <= 1e-12


@needs_torch
def test_both_courses_of_the_loss(output):
    rows = re.findall(r"^  +(\d+) +(\d\.\d{15}) +(\d\.\d{15})$", output, re.M)
    assert [int(step) for step, *_ in rows] == [0, 5, 10, 15, 20, 24]
    here, there = zip(*[map(float, losses) for _, *losses in rows])
    assert here == pytest.approx(there, rel=1e-12) and here[-1] < here[0]


@needs_torch
def test_from_parameters_that_moons_saved(demo, tmp_path):
    demo.told(tmp_path, "moons.py", "--steps", 2, without=["matplotlib"])
    state = json.loads((tmp_path / "out" / "moons.json").read_text())
    output = demo.told(tmp_path, "to_pytorch.py", "--load", "out/moons.json", "--steps", 1)
    shapes = dict(re.findall(r"^  (layers\S+) +([\d × ]+)$", output, re.M))
    assert list(shapes) == list(state) and shapes["layers.0.weight"] == "16 × 2"
    assert "Training the network of moons.py here" not in output


@needs_torch
def test_every_output_is_that_of_torch(demo):
    """Point by point, and with a network that relu has not made flat."""
    import torch
    to_pytorch, moons = demo.module("to_pytorch"), demo.module("moons")
    ours = to_pytorch.MLP(3, [5, 4, 1], rng=random.Random(3))
    for p in ours.parameters():
        p.data += 0.01
    theirs = to_pytorch.torch_mlp(3, [5, 4, 1])
    theirs.load_state_dict({name: torch.tensor(tensor, dtype=torch.float64)
                            for name, tensor in ours.state_dict().items()})
    rng = random.Random(4)
    points = [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(50)]
    outputs = theirs(torch.tensor(points, dtype=torch.float64)).tolist()
    assert [moons.plain(ours)(point) for point in points] == pytest.approx(outputs, abs=1e-12)
    assert [ours(point).data for point in points] == pytest.approx(outputs, abs=1e-12)


@needs_torch
def test_another_network_is_found_out(demo):
    to_pytorch = demo.module("to_pytorch")
    ours, theirs = to_pytorch.MLP(2, [3, 1]), to_pytorch.torch_mlp(2, [3, 1])
    with pytest.raises(demo.module("command_line").Failed, match="not the same network: outputs"):
        to_pytorch.tell_outputs(ours, theirs, [([0.5, -0.5], 1)])


# ── Where it is not, and everywhere ───────────────────────────────────────────────────────────────

def test_without_pytorch_it_says_how_to_get_it(demo, tmp_path):
    line = demo.refused(tmp_path, "to_pytorch.py", without=["torch"])
    assert line.startswith("to_pytorch.py: error: this demo needs PyTorch")
    assert "pip install torch" in line


def test_help_names_every_option(demo, tmp_path):
    output = demo.told(tmp_path, "to_pytorch.py", "--help")
    for option in ("--seed N", "--steps N", "--load FILE"):
        assert re.search(rf"^  {option}", output, re.M), option
    assert "--out" not in output
