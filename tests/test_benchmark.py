"""The benchmark runs as a user would run it; how fast it finds the engine is not tested here."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from training_steps import ENGINE, MODULES, TASKS       # conftest.py makes demos/ importable

BENCHMARK = Path(__file__).resolve().parents[1] / "demos" / "benchmark.py"


def run(*options):
    return subprocess.run([sys.executable, str(BENCHMARK), *options], capture_output=True,
                          encoding="utf-8", timeout=600)


@pytest.fixture(scope="module")
def quick(slow):
    return run("--quick")


def test_it_succeeds_and_the_engines_agree(quick):
    assert quick.returncode == 0, quick.stderr
    assert quick.stderr == ""
    assert "Both engines computed the same losses." in quick.stdout


@pytest.mark.parametrize("row", [
    r"2-2-1, 4 samples +\S+ µs +\S+ µs +\S+",
    r"    the barest engine possible +\S+ µs",
    r"    the barest engine possible +\S+ ms",
    r"    without marks +\S+ ms",
    r"(kept|NOT KEPT): marks slow a training step of 2-16-16-1, .* at most 3 % \(-?[\d.]+ %\)",
    r"2-16-16-1, 100 samples +\S+ ms +\S+ ms +\S+",
    r"the same, with Python's garbage collector off",
    r"time a training step of a GPT in the style of the well-known 200 lines",
    r"  with its own class +\S+ ms +1.00",
    r"  with our Value +\S+ ms +\S+",
    r"  with our Value and dot +\S+ ms +\S+",
    r"(kept|NOT KEPT): at least 1.5 times faster with our Value than with its own class \(\S+\)",
    r"(kept|NOT KEPT): at least 8 times faster with our Value and dot \(\S+\)",
    r"  zero_grad, step, update of nine +\S+ µs",
    r"  Adam over 4,000 parameters +\S+ ms +\S+",
    r"    as it was before +\S+ ms",
    r"(kept|NOT KEPT): zero_grad, a compiled step and the update .* at most 10 µs \(\S+ .s; \S+ .s by the barest that is careful, \S+ .s by the barest\)",
    r"    the barest that is careful +\S+ µs",
    r"    where µs were promised +199 µs",
    r"(kept|NOT KEPT): at least 2 times faster with Adam than before \(\S+\)",
    r"memory of 2-2-1, 4 samples",
    r"memory of 2-16-16-1, 100 samples",
    r"  nodes +[\d,]+ +[\d,]+ +\S+",
    r"  bytes a node after forward +\d+ +\d+ +\S+",
    r"  bytes a node after backward +\d+ +\d+ +\S+",
    r"  bytes in total after backward +[\d,]+ +[\d,]+ +\S+",
    r"  left by 1,000 steps +-?[\d,]+ bytes",
    r"(kept|NOT KEPT): 1,000 steps leave nothing behind .* \(-?[\d,]+ bytes\)",
    r"  10,000 operations +\S+ µs",
    r"  100,000 operations +\S+ µs",
    r"  slowest by fastest +\S+",
    r"time a training step of 2-2-1 with tanh, 4 samples",
    r"time a training step of 2-16-16-1 with hinge loss, 100 samples",
    r"  compiled to Python by jit +\S+ µs +1.00",
    r"  compiled to Python by jit +\S+ ms +1.00",
    r"  compiled to C by jit +\S+ µs +\S+",
    r"(kept|NOT KEPT): in C, at least 12,000 times faster on 2-16-16-1 .* \([\d,]+ times\)",
    r"(kept|NOT KEPT): a language model in C, Adam included, .* \(\S+ times, after \S+ s\)",
    r"  by hand, in plain Python +\S+ µs +\S+",
    r"  by hand, in plain Python +\S+ ms +\S+",
    r"  node by node +\S+ ms +\S+",
    r"  micrograd 0.1.0 +\S+ ms +\S+",
    r"  PyTorch +(not installed|\S+ µs +\S+)",
    r"  JAX +(not installed|\S+ µs +\S+)",
    r"time to compile a network to (C|Python)",
    r"  [23],\d\d\d instructions +\S+ ms +\S+ µs each",
    r"(kept|NOT KEPT): compiled to Python, at most 5 µs for 2-2-1 with tanh, 4 samples \(\S+ .s; \S+ .s by the barest that is careful, \S+ .s by hand\)",
    r"(kept|NOT KEPT): compiled, at least 500 times faster on 2-16-16-1 .* \(\d+ times\)",
    r"(kept|NOT KEPT): compiled, at most 1.1 times as long as by hand .* \(\S+ times\)",
    r"(kept|NOT KEPT): 337 parameters compiled in at most 50 ms \(\S+ ms\)",
    r"(kept|NOT KEPT): an instruction takes as long .* \(a factor of \S+\)",
    r"(kept|NOT KEPT): to C, no instruction takes more than 3 times as long .* \(\S+ times\)",
    r"time a training step of demos/gpt.py, on a name of 8 positions",
    r"  a node for every \* and \+ +\S+ ms",
    r"  a node for every dot +\S+ ms",
    r"  compiled to (C|Python) +\S+ ms",
    r"  compiled to (C|Python), 200 in one call +\S+ [mµ]s",
    r"  and many steps in one call +\S+ µs +\S+",
    r"(kept|NOT KEPT): a language model compiled, at least 10 times .* \(\S+ times, after .*\)",
    r"  longest chain that works +100,000 or more +\d+",
    r"(kept|NOT KEPT): at least 1.5 times faster on 2-2-1, 4 samples \(\S+\)",
    r"(kept|NOT KEPT): at least 20 times faster on 2-16-16-1, 100 samples \(\S+\)",
    r"(kept|NOT KEPT): at least 2.5 times faster on 2-16-16-1, .* garbage collector \(\S+\)",
    r"(kept|NOT KEPT): at most 184 bytes a node \(\d+ bytes\)",
    r"(kept|NOT KEPT): chains up to 100,000 cost the same .* \(a factor of \S+\)",
])
def test_the_table_has_the_row(quick, row):
    assert re.search(rf"^ *{row}$", quick.stdout, re.MULTILINE), quick.stdout


@pytest.mark.slow
def test_without_the_peer_it_measures_this_engine_alone():
    alone = run("--quick", "--no-peer", "--rounds", "1")
    assert alone.returncode == 0, alone.stderr
    assert "kept: at most 184 bytes a node" in alone.stdout.lower()
    assert "times faster on 2-2-1" not in alone.stdout


def test_help_names_the_options():
    answer = run("--help")
    assert answer.returncode == 0
    assert all(option in answer.stdout for option in ("--quick", "--rounds", "--peer", "--no-peer"))


@pytest.mark.parametrize("options", [("--unknown",), ("--rounds", "0"), ("--rounds", "many"),
                                     ("--no-peer", "--peer", "folder")])
def test_bad_arguments_end_with_status_2(options):
    answer = run(*options)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    if "--rounds" in options:
        assert f"expected a number above 0, got {options[1]}" in answer.stderr


def test_a_folder_with_another_micrograd_is_refused(tmp_path):
    (tmp_path / "micrograd").mkdir()
    answer = run("--peer", str(tmp_path))
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.one_in(2)
@pytest.mark.parametrize("task", TASKS)
def test_all_ways_of_a_training_step_agree(task):
    losses = {}
    for way, make in TASKS[task].items():
        if way not in MODULES or importlib.util.find_spec(MODULES[way]):
            step = make()
            losses[way] = [step() for _ in range(20)]
    assert len(losses) >= 3
    assert losses[ENGINE][-1] < losses[ENGINE][0]
    for found in losses.values():
        assert found == pytest.approx(losses[ENGINE], rel=1e-9)
