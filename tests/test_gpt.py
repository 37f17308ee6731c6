"""The language model runs as a user would run it, beats the counts and resumes exactly."""

import ast
import builtins
import itertools
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "demos" / "gpt.py"
SMALL = ["--width", "8", "--heads", "2"]


@pytest.fixture(scope="module")
def demo():
    """The demo as a module, imported as Python does for a script: with its folder on the path."""
    sys.path.insert(0, str(SCRIPT.parent))
    import gpt
    yield gpt
    sys.path.remove(str(SCRIPT.parent))


@pytest.fixture
def corpus(tmp_path):
    """Names of which pairs of letters tell little: each is a syllable, said two or three times."""
    rng = random.Random(0)
    syllables = [a + b for a in "bdgklmnprst" for b in "aeiou"]
    names = [syllable * times for syllable in syllables for times in (2, 3)]
    rng.shuffle(names)
    file = tmp_path / "names.txt"
    file.write_text("\n".join(names) + "\n", encoding="utf-8")
    return file


def run(folder, *options, status=0):
    done = subprocess.run([sys.executable, str(SCRIPT), *map(str, options)], cwd=folder,
                          capture_output=True, encoding="utf-8", timeout=300,
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status == 0 else done.stderr


def losses(output):
    found = re.findall(r"^  (guessing|bigram counts|this network) +(\d\.\d{4})$", output, re.M)
    return {who: float(loss) for who, loss in found}


def made_up(output):
    return re.search(r"could be:\n((?:  .*\n)*)", output)[1].split("\n")[:-1]


def ending(output):
    """What is told after training: the comparison and the names."""
    return output[output.index("The loss on the names held out"):]


def checkpoint(folder):
    return folder / "out" / "gpt.json"


# ── The network ───────────────────────────────────────────────────────────────────────────────────

def test_the_gradients_are_those_that_nudging_measures(demo):
    rng = random.Random(3)
    model = demo.GPT(5, lambda: demo.Parameter(rng.gauss(0, 0.5)), layers=2, heads=2, width=4,
                     context=4)
    parameters = model.parameters()
    loss = sum(model.losses([0, 3, 1, 0]))
    loss.backward()
    for p in rng.sample(parameters, 40):
        slopes = []
        for nudge in (1e-5, -1e-5):
            p.data += nudge
            slopes.append(sum(model.losses([0, 3, 1, 0])).data)
            p.data -= nudge
        assert (slopes[0] - slopes[1]) / 2e-5 == pytest.approx(p.grad, rel=1e-4, abs=1e-7)


def test_no_letter_knows_those_after_it(demo):
    rng = random.Random(0)
    model = demo.GPT(6, lambda: rng.gauss(0, 0.5), layers=2)
    first, second = model.losses([0, 1, 2, 3, 0]), model.losses([0, 1, 2, 5, 4, 0])
    assert first[:2] == second[:2] and first[2] != second[2]
    assert model.losses([0, 2, 1, 3, 0])[2] != first[2], "the order of earlier letters must matter"


def test_plain_numbers_compute_what_values_do(demo):
    training = demo.Training(["ab", "ba", "abba"] * 10, default_options(demo))
    tokens = training.tokens("abba")
    graph = [loss.data for loss in training.model.losses(tokens)]
    assert training.plain().losses(tokens) == graph


def default_options(demo, **changed):
    return {name: default for name, (_, default, _) in demo.OPTIONS.items()} | changed


def test_the_default_network_has_about_4000_parameters(demo):
    model = demo.GPT(27, float)
    count = sum(1 for _ in itertools.chain(*model.token_embedding, *model.position_embedding))
    model = demo.GPT(27, lambda: demo.Parameter(0.0))
    assert count == (27 + 16) * 16
    assert len(model.parameters()) == (27 + 16 + 27) * 16 + 4 * 16 ** 2 + 2 * 4 * 16 ** 2 == 4192


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────

def test_the_names_are_public_ones_of_this_python(demo):
    names = demo.names_of_python(16)
    assert 2500 < len(names) < 10000 and names == sorted(set(names)) == demo.names_of_python(16)
    assert {"print", "argparse", "ordered_dict", "startswith", "read_text", "urlopen"} <= set(names)
    assert all(re.fullmatch("[a-z][a-z_]{2,14}", name) for name in names)


def test_to_read_the_names_imports_nothing():
    program = (f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import gpt\n"
               "before = set(sys.modules); gpt.names_of_python(16)\n"
               "print(*[m for m in set(sys.modules) - before if m[0] != '_'])")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_only_public_definitions_count(demo):
    tree = ast.parse("""
def function():
    def local(): ...
class Public:
    def method(self): ...
    def _private(self): ...
class _Private:
    def hidden(self): ...
try:
    async def either(): ...
except ImportError:
    def other(): ...
variable = 1
""")
    assert sorted(demo.defined(tree)) == ["Public", "either", "function", "method", "other"]


# ── A run ─────────────────────────────────────────────────────────────────────────────────────────

def test_it_beats_counts_of_pairs_and_makes_names_up(tmp_path, corpus):
    output = run(tmp_path, "--corpus", corpus, "--steps", 400, *SMALL, "--names", 5)
    assert "110 names" in output and "11 held out" in output
    loss = losses(output)
    assert loss["this network"] < loss["bigram counts"] - 0.2 < loss["guessing"]
    known = corpus.read_text(encoding="utf-8").split()
    names = [name.strip() for name in made_up(output)]
    assert len(names) == len(set(names)) == 5 and not set(names) & set(known)
    assert json.loads(checkpoint(tmp_path).read_text())["state"]["done"] == 400


def test_progress_parts_and_prompt_of_the_default_corpus(tmp_path):
    output = run(tmp_path, "--steps", 20, *SMALL, "--prompt", "get_", "--names", 3)
    assert re.search(r"^  step +20 of 20   loss \d\.\d{4}   average \d\.\d{4}$", output, re.M)
    counts = re.findall(r"^  (\w+ ?\w+) +([\d,]+)$", output, re.M)
    numbers = [int(count.replace(",", "")) for _, count in counts]
    assert [part for part, _ in counts] == ["token embedding", "position embedding", "attention",
                                            "feed forward", "output", "in all"]
    assert sum(numbers[:-1]) == numbers[-1] and numbers[2:4] == [256, 512]
    assert [name[:6] for name in made_up(output)] == ["  get_"] * 3
    assert losses(output)["guessing"] == round(math.log(28), 4)


def test_the_seed_decides(tmp_path, corpus):
    runs = [ending(run(tmp_path, "--corpus", corpus, "--steps", 8, *SMALL, "--out", f"out{i}",
                       *options)).rpartition("\n\n")[0]
            for i, options in enumerate([[], [], ["--seed", 2]])]
    assert runs[0] == runs[1] != runs[2]


# ── Checkpoints ───────────────────────────────────────────────────────────────────────────────────

def test_a_run_stopped_by_ctrl_c_resumes_to_exactly_the_same_end(tmp_path, corpus):
    options = ["--corpus", str(corpus), "--steps", "250", *SMALL]
    (whole := tmp_path / "whole").mkdir()
    expected = run(whole, *options)

    (stopped := tmp_path / "stopped").mkdir()
    process = subprocess.Popen([sys.executable, str(SCRIPT), *options], cwd=stopped, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not process.stdout.readline().startswith("  step"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in stderr
    done = json.loads(checkpoint(stopped).read_text())["state"]["done"]
    assert f"Stopped after step {done}" in stderr and "--resume" in stderr and 0 < done < 250
    assert os.listdir(stopped / "out") == ["gpt.json"]

    output = run(stopped, "--resume")
    assert f"after step {done} of 250" in output
    assert ending(output) == ending(expected)
    assert checkpoint(stopped).read_bytes() == checkpoint(whole).read_bytes()

    # A finished run resumes too, to make more names: the very same.
    assert ending(run(stopped, "--resume")) == ending(expected)
    # And it can go on beyond its end.
    assert "step 260 of 260" in run(stopped, "--resume", "--steps", 260)


def test_training_cut_anywhere_goes_on_the_same(demo):
    names = ["ab", "ba", "abba", "bab"] * 10
    whole = demo.Training(list(names), default_options(demo, steps=50, width=4, heads=1))
    state = json.dumps(whole.state_dict())
    for _ in range(50):                         # more than one turn through the 36 names
        whole.step()
        cut = demo.Training.of(json.loads(state))
        cut.step()
        state = json.dumps(cut.state_dict())
    assert state == json.dumps(whole.state_dict())


DAMAGE = {
    "cut short": lambda text: text[:len(text) // 2],
    "empty": lambda text: "",
    "a digit changed": lambda text: re.sub(r"(\.\d\d)(\d)", lambda m: m[1] + str(9 - int(m[2])),
                                           text, count=1),
    "no text": lambda text: "\0" * 100,
    "foreign": lambda text: '{"weights": [1, 2, 3]}',
    "a list": lambda text: "[1, 2]",
    "another format": lambda text: text.replace("version 1", "version 2"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_checkpoint_is_refused_and_stays(tmp_path, corpus, damage, finished):
    file = checkpoint(tmp_path)
    file.parent.mkdir()
    file.write_text(DAMAGE[damage](finished), encoding="utf-8")
    before = file.read_bytes()
    for options in (["--resume"], ["--corpus", corpus, "--steps", 3, *SMALL]):
        error = run(tmp_path, *options, status=2)
        assert str(Path("out/gpt.json")) in error
        assert re.search("damaged|not a checkpoint|not a JSON file", error)
        assert file.read_bytes() == before and os.listdir(file.parent) == ["gpt.json"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The text of a checkpoint."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "names.txt").write_text("\n".join(f"{a}{b}" for a in "abcde" for b in "xyzuv"))
    run(folder, "--corpus", "names.txt", "--steps", 3, *SMALL, "--names", 1)
    return checkpoint(folder).read_text()


def test_a_checkpoint_keeps_to_the_options_it_was_begun_with(tmp_path, corpus, finished):
    checkpoint(tmp_path).parent.mkdir()
    checkpoint(tmp_path).write_text(finished)
    assert "was begun with --width 8" in run(tmp_path, "--resume", "--width", 16, status=2)
    assert "beyond --steps 2" in run(tmp_path, "--resume", "--steps", 2, status=2)
    assert "other names" in run(tmp_path, "--resume", "--corpus", corpus, status=2)
    assert checkpoint(tmp_path).read_text() == finished


def test_a_new_run_keeps_the_checkpoint_of_the_one_before(tmp_path, corpus, finished):
    checkpoint(tmp_path).parent.mkdir()
    checkpoint(tmp_path).write_text(finished)
    output = run(tmp_path, "--corpus", corpus, "--steps", 2, *SMALL)
    assert "after step 3" in output
    assert (tmp_path / "out" / "gpt.earlier.json").read_text() == finished


def test_without_a_checkpoint_there_is_nothing_to_resume(tmp_path):
    assert "out/gpt.json: No such file" in run(tmp_path, "--resume", status=2).replace("\\", "/")


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────

GOOD = "".join(f"{a}{b}\n" for a in "abcde" for b in "xyzuv").encode()


@pytest.mark.parametrize("content, error", [
    (None, "No such file"),
    (b"", "at least 20 different names, one a line, to learn from and be examined with, got 0"),
    (b"anna\n" * 100, "got 1"),
    (GOOD + b"caf\xe9\n", "line 26: not text in UTF-8"),
    (GOOD + b"abcdefghijklmnop\n", "line 26: 'abcdefghijklmnop' has 16 characters"),
    (GOOD + b"a\tb\n", r"line 26: expected a name of printable characters, got '\t' in it"),
], ids=["missing", "empty", "too few", "not UTF-8", "too long", "unprintable"])
def test_a_bad_corpus_is_refused(tmp_path, content, error):
    file = tmp_path / "names.txt"
    if content is not None:
        file.write_bytes(content)
    assert error in run(tmp_path, "--corpus", file, status=2)
    assert not checkpoint(tmp_path).exists()


def test_names_may_be_in_any_script(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("\n".join(a + b for a in "αβγδε" for b in "яюэ 東"), encoding="utf-8-sig")
    output = run(tmp_path, "--corpus", file, "--steps", 2, *SMALL, "--prompt", "α", "--names", 2)
    assert "25 names" in output and [name[2] for name in made_up(output)] == ["α", "α"]


@pytest.mark.parametrize("options, error", [
    (["--width", 10, "--heads", 4], "--width must be a multiple of --heads"),
    (["--prompt", "É"], "--prompt has 'É', which is in none of the names"),
    (["--prompt", "x" * 15], "--prompt has 15 characters"),
    (["--steps", 0], "expected a number above 0, got 0"),
    (["--temperature", "0"], "expected a number above 0, got 0"),
    (["--heads", "two"], "invalid int value: 'two'"),
], ids=lambda x: x[0] if isinstance(x, list) else "")
def test_bad_options_are_refused_before_any_training(tmp_path, options, error):
    assert error in run(tmp_path, *options, status=2)
    assert not checkpoint(tmp_path).exists()


def test_help_names_every_option(tmp_path):
    text = run(tmp_path, "--help")
    for option in ("steps", "layers", "heads", "width", "temperature", "prompt", "corpus", "resume",
                   "seed", "out"):
        assert f"--{option} " in text or f"--{option}\n" in text
    assert os.listdir(tmp_path) == []


def test_builtins_are_among_the_names(demo):
    assert set(filter(str.islower, filter(str.isalpha, dir(builtins)))) - set(
        demo.names_of_python(16)) <= {"id"}
