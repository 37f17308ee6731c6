"""The derivatives demo runs as a user would run it; its figures are those of calculus."""

import math
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "demos" / "derivatives.py"
POINTS = [-2.0, -0.5, 0.0, 0.5, 2.0]

# Written out as polynomials in t = tanh x, unlike the products that the demo itself compares with.
DERIVATIVES = {
    "tanh": [lambda t: t, lambda t: 1 - t**2, lambda t: -2*t + 2*t**3,
             lambda t: -2 + 8*t**2 - 6*t**4, lambda t: 16*t - 40*t**3 + 24*t**5],
}


def command(*options):
    return [sys.executable, str(SCRIPT), *map(str, options)]


def run(folder, *options, **environment):
    return subprocess.run(command(*options), cwd=folder, capture_output=True, encoding="utf-8",
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment, timeout=120)


def without_matplotlib(folder):
    fake = folder / "fake"
    fake.mkdir(exist_ok=True)
    (fake / "matplotlib.py").write_text("raise ImportError('none here')")
    return {"PYTHONPATH": str(fake)}


def told(folder, *options):
    """What it prints, without waiting for a picture."""
    done = run(folder, *options, **without_matplotlib(folder))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def table(output):
    """The rows of numbers, by heading."""
    rows = re.findall(r"^  +(\S+)((?: +-?\d+\.\d{6}){5})$", output, re.M)
    return {heading: list(map(float, numbers.split())) for heading, numbers in rows}


def one_line(text):
    return " ".join(text.split())


# ── What it finds ─────────────────────────────────────────────────────────────────────────────────

def test_the_derivatives_of_tanh_are_those_of_calculus(tmp_path):
    output = told(tmp_path)
    rows = table(output)
    formulas = ["1-t²", "-2t(1-t²)", "-2(1-3t²)(1-t²)", "8t(2-3t²)(1-t²)"]
    names = ["tanh" + "′" * order for order in range(5)]
    assert set(rows) == {"x", *names, *formulas} and rows["x"] == POINTS
    for order, name in enumerate(names):
        right = [DERIVATIVES["tanh"][order](math.tanh(x)) for x in POINTS]
        assert rows[name] == pytest.approx(right, abs=6e-7), name
        assert order == 0 or rows[formulas[order - 1]] == pytest.approx(right, abs=6e-7), name
    (difference,) = re.findall(r"largest difference .*from -3 to 3, is (\S+)\.\n", output)
    assert float(difference) < 1e-12


@pytest.mark.parametrize("function, derivatives", [
    ("sin", [math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin,
             math.cos]),
    ("exp", [math.exp] * 6),
    ("sigmoid", [lambda x: (1 + math.tanh(x / 2)) / 2, lambda x: (1 - math.tanh(x / 2)**2) / 4]),
])
def test_other_functions_and_orders(tmp_path, function, derivatives):
    output = told(tmp_path, "--function", function, "--orders", len(derivatives) - 1)
    x, *rows = table(output).values()
    assert x == POINTS and len(rows) == len(derivatives)
    for numbers, right in zip(rows, derivatives):
        assert numbers == pytest.approx(list(map(right, POINTS)), abs=6e-7)
    assert "formula" not in output


@pytest.mark.one_in(3)
@pytest.mark.parametrize("orders", [1, 2, 6])
def test_the_formulas_end_at_four(tmp_path, orders):
    assert len(table(told(tmp_path, "--orders", orders))) == 2 + orders + min(orders, 4)


def test_fractions_stay_exact(tmp_path):
    # f = x + 3 + 10/(x - 3), so f′ = 1 - 10/(x - 3)² and f″ = 20/(x - 3)³.
    assert "f′(1/2) = -3/5, f′′(1/2) = -32/25." in told(tmp_path)


def test_the_mistake_is_named(tmp_path):
    assert re.search(r"tanh by its input x, at x = 0\.5: the rule says 0\.75; .* is 0\.786448\. "
                     r"The rule uses the input where it should use the output\.",
                     one_line(told(tmp_path)))


# ── The picture ───────────────────────────────────────────────────────────────────────────────────

def test_without_matplotlib_it_says_what_is_left_out(tmp_path):
    output = told(tmp_path)
    assert output.splitlines()[-1] == \
        "The picture is left out, because it needs matplotlib: pip install matplotlib"
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.slow
def test_the_picture_is_the_same_each_time(tmp_path):
    pytest.importorskip("matplotlib")
    pictures = []
    for folder in ("out", "deep/er"):
        done = run(tmp_path, *(["--out", folder] if folder != "out" else []))
        assert done.returncode == 0, done.stderr
        svg = tmp_path / folder / "derivatives.svg"
        assert str(svg.relative_to(tmp_path)) in done.stdout.splitlines()[-1]
        assert os.listdir(svg.parent) == [svg.name]
        pictures.append(svg.read_bytes())
    assert pictures[0] == pictures[1]
    assert ET.fromstring(pictures[0]).tag == "{http://www.w3.org/2000/svg}svg"
    for order in range(5):
        assert f"<!-- tanh{'′' * order} -->" in pictures[0].decode("utf-8")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("options", ["--function exp --orders 1", "--function sin --orders 8"])
def test_other_pictures(tmp_path, options):
    pytest.importorskip("matplotlib")
    done = run(tmp_path, *options.split())
    assert done.returncode == 0, done.stderr
    ET.parse(tmp_path / "out" / "derivatives.svg")


# ── What it accepts and refuses ───────────────────────────────────────────────────────────────────

@pytest.mark.slow
def test_a_terminal_without_unicode(tmp_path):
    for option in ("--orders=5", "--help"):
        done = run(tmp_path, option, PYTHONIOENCODING="ascii",
                   **without_matplotlib(tmp_path))
        assert (done.returncode, done.stderr) == (0, "")


def test_help_names_every_option(tmp_path):
    done = run(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--function {tanh,sigmoid,sin,exp}", "--orders N", "--out FOLDER"):
        assert re.search(rf"^  {option}", done.stdout, re.M), option


@pytest.mark.one_in(3)
@pytest.mark.parametrize("option", ["--function cosh", "--orders 0", "--orders -1", "--orders 1.5",
                                    "--orders many", "--out"])
def test_a_bad_option_is_refused(tmp_path, option):
    name, *value = option.split()
    done = run(tmp_path, "=".join([name, *value]))
    assert done.returncode == 2 and done.stdout == ""
    assert f"error: argument {name}: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr and os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "taken").write_text("")
    done = run(tmp_path, "--out", "taken", "--orders", 1)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("derivatives.py: error: ") and "taken" in line


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_control_c_ends_it_with_a_sentence(tmp_path):
    def attended():                             # a shell's background jobs ignore SIGINT
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command("--orders", 99), cwd=tmp_path, encoding="utf-8",
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"}, preexec_fn=attended,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            while "tanh′′ " not in (line := process.stdout.readline()):
                assert line or process.poll() is None
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert stderr.strip() == "Stopped before the end."
