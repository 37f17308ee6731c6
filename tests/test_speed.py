"""The picture of the speed: a bar for each way, the slowest first, and peers by name and version."""

import argparse
import re
from pathlib import Path

import pytest

KEPT = Path(__file__).resolve().parents[1] / "demos" / "pictures" / "speed.svg"


def test_a_bar_for_each_way_the_slowest_first(demo, tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    speed = demo.module("speed")
    monkeypatch.setattr(speed.benchmark, "install_peer", lambda folder: None)
    monkeypatch.setattr(speed, "Worker", Stub)
    monkeypatch.setattr(speed.benchmark, "compare_ways", lambda workers, rounds: (
        [], {"a task": {speed.ENGINE: [0.5, 0.25], speed.JIT: [2e-5] * 2, speed.JIT_C: [],
                        speed.PEER: [3.0, 4.0]}}))
    speed.tell(argparse.Namespace(out=tmp_path, rounds=2, peer=tmp_path))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:4]] == [
        "A training step of a task:".split(), "micrograd 0.1.0 3,000 ms".split(),
        "this engine, node by node 250 ms".split(), "jit, to Python 20 µs".split()]
    assert (tmp_path / "speed.svg").read_text("utf-8").count("<svg") == 1


class Stub:
    def __init__(self, folder):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def check(self):
        pass


def test_the_kept_picture_names_peers_and_their_versions():
    words = " ".join(re.findall(r"<!-- (.*?) -->", KEPT.read_text("utf-8")))
    for peer in (r"micrograd 0\.1\.0", r"PyTorch \d+\.\d+", r"JAX \d+\.\d+", "jit, to C", "10 ms"):
        assert re.search(peer, words), peer
