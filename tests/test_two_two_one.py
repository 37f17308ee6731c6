"""The 2-2-1 demo runs as a user would run it, finds the published plane and survives bad input."""

import argparse
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import tables                                   # conftest.py makes demos/ importable
import two_two_one as demo

SCRIPT = Path(__file__).resolve().parents[1] / "demos" / "two_two_one.py"
PARAMETERS = ["w(1,1)", "w(2,1)", "w(1,2)", "w(2,2)", "w(3,1)", "w(3,2)", "b1", "b2", "b3"]
STEPS, LR = 600, 0.1

# What R's lm finds for `volume ~ girth + height` of its data set trees, and the mean volume.
PLANE, RESIDUAL, MEAN = (-57.9877, 4.7082, 0.3393), 13.6104, 30.1710



def command(*options):
    return [sys.executable, str(SCRIPT), *map(str, options)]


def run(folder, *options, **environment):
    return subprocess.run(command(*options), cwd=folder, capture_output=True, encoding="utf-8",
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment, timeout=120)


def planes(output, which):
    """Constant, slopes and mean squared error of each line that begins with `which`."""
    found = re.findall(rf"^  {which} .* = (-?[\d.]+) ([+-]) ([\d.]+)·.* ([+-]) ([\d.]+)·.* "
                       r"mean squared error ([\d.]+)$", output, re.M)
    return [(float(c), float(sign1 + slope1), float(sign2 + slope2), float(residual))
            for c, sign1, slope1, sign2, slope2, residual in found]


def parameters(output):
    """Before and after, by name, of the table of parameters."""
    return {name: (float(before), float(after)) for name, before, after in
            re.findall(r"^  (\S+) +(-?\d+\.\d{4}) +(-?\d+\.\d{4})$", output, re.M)}


def one_line(text):
    return " ".join(text.split())


def files(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def also(*more):
    """More of a parameter, which take seconds."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in more]


@pytest.fixture(scope="module", params=[1, *also(7, 20)], ids="seed {}".format)
def trained(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "here").mkdir()
    done = run(folder / "here", "--seed", request.param, "--out", folder / "pictures")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, folder


@pytest.fixture(scope="module")
def trees():
    return tables.read(tables.TREES)[1]


# ── What it finds ─────────────────────────────────────────────────────────────────────────────────

def test_training_reaches_the_published_plane(trained):
    output, _ = trained
    assert re.search(rf"^Training, compiled to (C|Python): {STEPS} steps against the gradient, "
                     rf"learning rate {LR}\.$", output, re.M)
    (*plane, residual), = planes(output, "trained")
    assert residual == pytest.approx(RESIDUAL, rel=1e-4, abs=5e-5)
    assert plane == [pytest.approx(x, rel=1e-3, abs=5e-4) for x in PLANE]
    assert planes(output, "exact")[0] == pytest.approx((*PLANE, RESIDUAL), abs=5e-4)


def test_the_formula_gives_the_published_figures(trees):
    plane, residual = tables.least_squares(trees)
    assert (*plane, residual) == pytest.approx((*PLANE, RESIDUAL), abs=5e-5)


def train(trees, seed, activation="linear", biases=True):
    scale, network = tables.Scale(trees), demo.TwoTwoOne(random.Random(seed),
                                                         demo.ACTIVATIONS[activation])
    rows = [scale(row) for row in trees]
    loss = demo.train(network.parameters() if biases else network.weights,
                      demo.gradients(network, rows, "python"), STEPS, LR)
    return network, scale, loss * scale.unit ** 2


@pytest.mark.parametrize("seed", range(20))
def test_training_reaches_the_formula_from_any_seed(trees, seed):
    network, scale, error = train(trees, seed)
    plane, residual = tables.least_squares(trees)
    assert error == pytest.approx(residual, rel=1e-5)
    assert scale.plane(network) == pytest.approx(plane, rel=1e-3)
    assert all(b.data for b in network.biases)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_biases_it_says_0_where_the_mean_would_be_right(trees, seed):
    network, scale, error = train(trees, seed, biases=False)
    assert network(0.0, 0.0).data == 0 and all(b.data == 0 for b in network.biases)
    assert error == pytest.approx(RESIDUAL + MEAN ** 2, rel=1e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bend_halves_the_error(trees, seed):
    assert train(trees, seed, "tanh")[2] == pytest.approx(5.7, abs=0.15)


def test_what_biases_are_for_is_told(trained):
    told = one_line(trained[0])
    with_biases, without, error = map(float, re.search(
        r"There the network says (\S+), and only its biases can say so\. Trained in the same way "
        r"without them, it must say (\S+) there, and its mean squared error stays at (\d+\.\d+)\.",
        told).groups())
    assert with_biases == pytest.approx(MEAN, abs=5e-3) and without == 0
    assert error == pytest.approx(RESIDUAL + MEAN ** 2, rel=1e-4)


def test_the_example_is_a_row_that_it_gets_nearly_right(trained, trees):
    girth, height, said, volume = map(float, re.search(
        r"It does best at girth (\S+) inches, height (\S+) feet: there it says (\S+), and the table "
        r"says volume (\S+) cubic feet\.", one_line(trained[0])).groups())
    assert (girth, height, volume) in trees
    assert said == pytest.approx(PLANE[0] + PLANE[1] * girth + PLANE[2] * height, abs=0.02)
    assert said == pytest.approx(volume, abs=0.2)


def test_the_nine_parameters_are_shown_before_and_after(trained, trees):
    shown = parameters(trained[0])
    assert list(shown) == PARAMETERS
    before, after = zip(*shown.values())
    assert all(-1 < w < 1 for w in before) and len(set(before[:6])) == 6
    assert before[6:] == (0, 0, 0)
    assert all(old != new for old, new in zip(before, after))

    network, scale = demo.TwoTwoOne(random.Random(0)), tables.Scale(trees)
    for p, number in zip(network.parameters(), after):
        p.data = number
    assert scale.plane(network) == pytest.approx(PLANE, rel=2e-3)


def test_where_a_step_takes_long_each_is_told(monkeypatch, capsys):
    told = demo.told
    args = argparse.Namespace(steps=60, lr=0.1, language=None)
    scale = types.SimpleNamespace(unit=1.0)
    clock = itertools.count(0, 4)
    monkeypatch.setattr(told.time, "monotonic", lambda: next(clock))
    for quiet, expected in [(False, [0, 3, 6, 9, 10, 13]), (True, [2, 5, 8, 11, 14])]:
        step = told.Steps(args, scale, quiet)
        for i in range(15):
            step(i, 0.5)
        shown = re.findall(r"^  step +(\d+)   mean", capsys.readouterr().out, re.M)
        assert list(map(int, shown)) == expected


def test_the_promise_is_kept(trained):
    promised, happened = map(float, re.search(
        r"That is a promise: turn w\(1,1\) up by 0\.01, and the error should change by "
        r"([+-]\d+\.\d+)\. "
        r"Turned up, it changes by ([+-]\d+\.\d+)\.", one_line(trained[0])).groups())
    assert promised and happened == pytest.approx(promised, rel=0.05)


def test_the_loss_only_falls_in_the_report(trained):
    steps = re.findall(r"^  step +(\d+) +mean squared error +([\d.]+)$", trained[0], re.M)
    assert (int(steps[0][0]), int(steps[-1][0])) == (0, STEPS)
    losses = [float(loss) for _, loss in steps]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] / 10


def test_the_picture_has_the_labels_and_nothing_else_is_written(trained):
    output, folder = trained
    svg, source = folder / "pictures" / "two_two_one.svg", folder / "pictures" / "two_two_one.gv"
    pages = [folder / "pictures" / f"two_two_one_{page}.html" for page in ("backprop", "knobs", "training")]
    assert files(folder) == sorted(str(file.relative_to(folder)) for file in (source, svg, *pages))
    assert all(f" {file} " in one_line(output) for file in (svg, *pages))
    texts = {text.text for text in ET.parse(svg).iter("{http://www.w3.org/2000/svg}text")}
    labels = {*PARAMETERS, "x1", "x2", "target", "z1", "z2", "y", "loss"}
    assert labels <= texts
    assert all(f"<B>{label}</B>" in source.read_text("utf-8") for label in labels)


def test_the_film_shows_that_it_learns(trained):
    output, folder = trained
    page = (folder / "pictures" / "two_two_one_training.html").read_text("utf-8")
    means = [float(loss) for loss in re.findall(r"step \d+ of 600: loss of all 31 rows (\d+\.\d+)",
                                                page)]
    assert len(means) == 301 and means[-1] < means[0] / 5
    assert '"loss of this row"' in page


@pytest.mark.parametrize("seed", [1, *also(7, 20)])
def test_the_loss_of_the_row_in_the_film_falls(trees, seed):
    scale, network = tables.Scale(trees), demo.TwoTwoOne(random.Random(seed))
    rows = [scale(row) for row in trees]
    largest, losses = max(rows, key=lambda row: row[2]), []
    demo.train(network.parameters(), demo.gradients(network, rows, "python"), STEPS, LR,
               lambda step, loss: losses.append(demo.rows_loss(network, [largest]).data))
    assert max(losses[100:]) < losses[0] / 4


def test_the_page_of_the_demos_shows_the_program(tmp_path):
    shown = run(tmp_path, "--steps", 1, "--jit", "--activation", "tanh").stdout
    program = shown[shown.index("from math import tanh"):shown.index("\n\nTraining, ")].strip()
    assert f"```text\n{program}\n```" in SCRIPT.with_name("README.md").read_text("utf-8")


# ── What it accepts ───────────────────────────────────────────────────────────────────────────────

@pytest.mark.slow
def test_the_default_folder_is_named_and_the_same_seed_gives_the_same_output(tmp_path):
    first = run(tmp_path, "--steps", 20)
    assert files(tmp_path) == [os.path.join("out", f"two_two_one{end}") for end in (
        ".gv", ".svg", "_backprop.html", "_knobs.html", "_training.html")]
    assert f" {os.path.join('out', 'two_two_one.svg')} " in one_line(first.stdout)
    svg = (tmp_path / "out" / "two_two_one.svg").read_bytes()
    again = run(tmp_path, "--steps", 20)
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")
    assert (tmp_path / "out" / "two_two_one.svg").read_bytes() == svg
    other = run(tmp_path, "--steps", 20, "--seed", 2)
    assert parameters(other.stdout) != parameters(first.stdout)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_activation_bends_the_network(tmp_path, activation):
    done = run(tmp_path, "--activation", activation, "--steps", 20)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"With {activation}, the network can bend: its mean squared error is [\d.]+, "
                     r"where the best plane has 13\.6104\.", done.stdout)
    assert f"<B>{activation}</B>" in (tmp_path / "out" / "two_two_one.gv").read_text("utf-8")


ROWS = "1,2,3\n2,5,6\n3,1,9.5\n4,4,10\n"


@pytest.mark.one_in(3)
@pytest.mark.parametrize("start, names", [
    ("", ("x1", "x2", "y")),
    ("wide,high,price\n", ("wide", "high", "price")),
    ("\ufeffwide,high,price\n", ("wide", "high", "price")),
    ("\ufeff", ("x1", "x2", "y")),
    ("größe,高さ, price \n", ("größe", "高さ", "price")),
], ids=["no header", "header", "BOM and header", "BOM", "Unicode"])
def test_a_file_of_your_own(tmp_path, start, names):
    data = tmp_path / "own.csv"
    data.write_text(start + ROWS, encoding="utf-8")
    done = run(tmp_path, "--data", data, "--steps", 20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 rows of own.csv: x1 is {}, x2 is {}; y, the target, is {}.".format(*names) in done.stdout
    rows = [(1, 2, 3), (2, 5, 6), (3, 1, 9.5), (4, 4, 10)]
    plane, residual = tables.least_squares(rows)
    assert planes(done.stdout, "exact")[0] == pytest.approx((*plane, residual), abs=5e-4)


@pytest.mark.parametrize("unit", ["e-40", "e40"])
def test_the_unit_does_not_matter_to_the_formula(unit):
    rows = [tuple(float(x + unit) for x in row.split(",")) for row in ROWS.split()]
    plain = [tuple(map(float, row.split(","))) for row in ROWS.split()]
    (_, *slopes), residual = tables.least_squares(rows)
    (_, *expected), expected_residual = tables.least_squares(plain)
    assert slopes == pytest.approx(expected)
    assert residual == pytest.approx(expected_residual * float("1" + unit) ** 2, rel=1e-9, abs=0)


@pytest.mark.slow
def test_inputs_that_determine_each_other(tmp_path):
    data = tmp_path / "own.csv"
    data.write_text("a,b,c\n1,2,3\n2,4,6.5\n3,6,9\n4,8,11\n")
    done = run(tmp_path, "--data", data)
    assert (done.returncode, done.stderr) == (0, "")
    assert "many planes are equally good" in done.stdout
    assert planes(done.stdout, "exact") == []
    # The best line of c against a, 2.65 a + 0.75, misses by -0.4, 0.45, 0.3, -0.35.
    assert planes(done.stdout, "trained")[0][3] == pytest.approx(0.14375, abs=1e-4)


def test_the_picture_shows_the_gradients_of_all_nine_parameters(tmp_path):
    run(tmp_path, "--steps", 1)
    source = (tmp_path / "out" / "two_two_one.gv").read_text(encoding="utf-8")
    shown = dict(re.findall(r"<B>([wb][^<]+)</B>.*?grad ([^<>]+)>", source))
    assert len(shown) == 9 and "0" not in shown.values()


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["tanh", "linear", "relu"])
def test_jit_trains_the_same_network_and_shows_the_program(tmp_path, activation):
    options = "--steps", 200, "--activation", activation
    plainly, compiled = (run(tmp_path, *options, *more) for more in (["--jit", "off"], ["--jit"]))
    assert (compiled.returncode, compiled.stderr) == (0, "")
    start = compiled.stdout.index("The program that trains it")
    end = compiled.stdout.index("\n\nTraining, ", start)
    assert "grad_w32 += " in compiled.stdout[start:end]
    assert compiled.stdout[:start] + compiled.stdout[end + 2:].replace(
        "Training, compiled to Python:", "Training, node by node:") == plainly.stdout


@pytest.mark.slow
def test_a_terminal_without_unicode(tmp_path):
    done = run(tmp_path, "--steps", 20, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert run(tmp_path, "--help", PYTHONIOENCODING="ascii").returncode == 0


def test_help_names_every_option(tmp_path):
    done = run(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--data FILE", "--steps", "--lr", "--seed", "--activation", "--jit",
                   "--out FOLDER"):
        assert re.search(rf"^  {option}", done.stdout, re.M), option


# ── What it refuses ───────────────────────────────────────────────────────────────────────────────

def refused(done, status=2):
    """The message, after checking that it is one line and no traceback."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("two_two_one.py: ")
    return line


@pytest.mark.one_in(2)
@pytest.mark.parametrize("content, complaint", [
    (b"", "own.csv, line "),
    (b"a,b,c\n", "own.csv, line 1: "),
    (b"1,2,3\n", "own.csv, line 1: "),
    (b"a,b,c\n1,2,3\n1,x,3\n", "own.csv, line 3: expected three finite numbers"),
    (b"1,2,3\n\n1,2\n", "own.csv, line 3: expected three finite numbers"),
    (b"1,2,3\n1,2,3,4\n", "own.csv, line 2: expected three finite numbers"),
    (b"a,b\n1,2\n2,3\n", "own.csv, line 1: expected three finite numbers"),
    (b"a,2,c\n1,2,3\n2,3,4\n", "own.csv, line 1: expected three finite numbers"),
    (b"1;2;3\n2;3;4\n", "own.csv, line 1: expected three finite numbers"),
    (b"1,2,3\n2,nan,4\n", "own.csv, line 2: expected three finite numbers"),
    (b"a,b,c\n1,2,inf\n", "own.csv, line 2: expected three finite numbers"),
    (b"1,2,3\n1,3,4\n1,4,6\n", "column 'x1' is constant at 1"),
    (b"a,b,c\n1,2,3\n2,3,3\n", "column 'c' is constant at 3"),
    (b"\x7fELF\x02\x01\xff\xfe\x00\x80", "own.csv: not a CSV file in UTF-8"),
    (b"1,2,3\n2,5,1e308\n3,1,-1e308\n", "own.csv"),
    (b"1,2,1e-200\n2,5,2e-200\n3,1,9e-200\n", "own.csv"),
], ids=["empty", "only a header", "one row", "a word", "two numbers", "four numbers", "two columns",
        "half a header", "semicolons", "nan", "inf", "constant input", "constant target", "binary",
        "too large", "too small"])
def test_a_bad_file_is_refused(tmp_path, content, complaint):
    (tmp_path / "own.csv").write_bytes(content)
    done = run(tmp_path, "--data", "own.csv", "--steps", 20)
    assert complaint in refused(done)
    assert files(tmp_path) == ["own.csv"]


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_is_no_file_is_refused(tmp_path, name):
    assert f": error: {name}: " in refused(run(tmp_path, "--data", name))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    assert "taken" in refused(run(tmp_path, "--out", "taken", "--steps", 20))


@pytest.mark.one_in(3)
@pytest.mark.parametrize("option", ["--lr 0", "--lr -1", "--lr nan", "--lr inf", "--lr fast",
                                    "--steps 0", "--steps -5", "--steps 1.5", "--steps many",
                                    "--seed x", "--activation sine", "--out"])
def test_a_bad_option_is_refused(tmp_path, option):
    name, *value = option.split()
    done = run(tmp_path, "=".join([name, *value]))
    assert done.returncode == 2 and done.stdout == ""
    assert f"error: argument {name}: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr and files(tmp_path) == []


@pytest.mark.one_in(2)
@pytest.mark.parametrize("lr", ["5", "1e200"])
def test_divergence_is_told(tmp_path, lr):
    line = refused(run(tmp_path, "--lr", lr), status=1)
    assert "diverged" in line and "learning rate" in line and "(try --lr 0.1)" in line


def test_without_graphviz_it_trains_all_the_same(tmp_path):
    (tmp_path / "graphviz.py").write_text("raise ImportError")
    done = run(tmp_path, "--steps", 20, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "trained" in done.stdout and "is left out" in done.stdout
    assert "pip install graphviz" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_control_c_ends_it_with_a_sentence(tmp_path):
    def attended():                             # a shell's background jobs ignore SIGINT
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command("--steps", 10 ** 8), cwd=tmp_path, encoding="utf-8",
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"}, preexec_fn=attended,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            while "step     0" not in (line := process.stdout.readline()):
                assert line or process.poll() is None
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert stderr.strip() == "Stopped before the end."
    pages = [f"two_two_one{end}" for end in (".svg", "_backprop.html", "_knobs.html", "_training.html")]
    assert all(os.path.join("out", page) in stdout for page in pages)
    assert files(tmp_path / "out") == sorted([*pages, "two_two_one.gv"])
