"""The language model runs as a user would run it, beats the counts and resumes exactly."""

import argparse
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

import gpt_told                                 # conftest.py makes demos/ importable
import python_names
from micrograd.losses import cross_entropy

SCRIPT = Path(__file__).resolve().parents[1] / "demos" / "gpt.py"
SMALL = ["--width", "8", "--heads", "2", "--jit", "off"]
SHORT = ["--width", "8", "--heads", "2", "--context", "8"]      # compiled, for names of 7 letters


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

def training(demo, names=("ab", "ba", "abba", "bab"), language=None, **options):
    defaults = {name: default for name, (_, default, _) in demo.OPTIONS.items()}
    return demo.Training(list(names) * 10, defaults | options, language=language)


def test_the_gradients_are_those_that_nudging_measures(demo):
    small = training(demo, layers=2, heads=2, width=4, context=6)
    parameters = small.model.parameters()
    small.loss("abba")
    gradients = [p.grad for p in parameters]
    for i in random.Random(3).sample(range(len(parameters)), 40):
        slopes = []
        for nudge in (1e-5, -1e-5):
            parameters[i].data += nudge
            slopes.append(small.loss("abba"))
            parameters[i].data -= nudge
        assert (slopes[0] - slopes[1]) / 2e-5 == pytest.approx(gradients[i], rel=1e-4, abs=1e-8)
    assert any(gradients)


def test_compiled_and_eager_agree(demo):
    eager, compiled = [training(demo, width=4, heads=2, context=6, language=language)
                       for language in (None, "python")]
    for name in ("ab", "abba", "bab"):          # one program for all lengths
        assert eager.loss(name) == pytest.approx(compiled.loss(name), rel=1e-12)
        for p, q in zip(eager.model.parameters(), compiled.model.parameters(), strict=True):
            assert p.grad == pytest.approx(q.grad, rel=1e-9, abs=1e-15)


def test_no_letter_knows_those_after_it(demo):
    model, sample = training(demo, layers=2).plain(), training(demo).sample
    outputs = {}
    for name in ("aab", "aaa", "baa"):
        past = model.nothing()
        outputs[name] = [model(token, past) for token in sample(name)[0]]
    assert outputs["aab"][:3] == outputs["aaa"][:3] and outputs["aab"][3] != outputs["aaa"][3]
    assert outputs["baa"][0] == outputs["aab"][0] and outputs["baa"][3] != outputs["aab"][3]


def test_the_loss_is_the_cross_entropy_of_each_letter(demo):
    plain, values = training(demo).plain(), training(demo)
    tokens, past = values.tokens("abba"), plain.nothing()
    expected = [cross_entropy(plain(values.one_hot[token], past), following)
                for token, following in zip(tokens, tokens[1:])]
    assert values.loss("abba") == pytest.approx(sum(expected) / 5, rel=1e-12)
    assert values.loss("abba") == pytest.approx(plain.loss(*values.sample("abba")), rel=1e-12)


def test_the_default_network_has_about_4000_parameters(demo):
    model = demo.GPT(27, lambda: demo.Parameter(0.0))
    assert len(model.parameters()) == (27 + 16 + 27) * 16 + 4 * 16 ** 2 + 2 * 4 * 16 ** 2 == 4192


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.fixture(scope="module")
def names(slow):
    return python_names.names_of_python(16)


def test_the_names_are_public_ones_of_this_python(names):
    assert 2500 < len(names) < 10000
    assert names == sorted(set(names)) == python_names.names_of_python(16)
    assert {"print", "argparse", "ordered_dict", "startswith", "read_text", "urlopen"} <= set(names)
    assert all(re.fullmatch("[a-z][a-z_]{2,14}", name) for name in names)
    short = {"id"}
    assert set(filter(str.islower, filter(str.isalpha, dir(builtins)))) - set(names) == short


@pytest.mark.slow
def test_to_read_the_names_imports_nothing():
    program = (f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import python_names\n"
               "before = set(sys.modules); python_names.names_of_python(16)\n"
               "print(*[m for m in set(sys.modules) - before if m[0] != '_'])")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_only_public_definitions_count():
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
    assert sorted(python_names.defined(tree)) == ["Public", "either", "function", "method", "other"]


# ── A run ─────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.slow
def test_by_default_it_beats_counts_of_pairs(tmp_path):
    output = run(tmp_path, "--steps", 800, "--context", 12, "--names", 1)
    assert re.search(r"^[\d,]+ lines of (C|Python), in [\d.]+ s\.", output, re.M)
    loss = losses(output)
    assert loss["this network"] < loss["bigram counts"] < loss["guessing"] == round(math.log(28), 4)


@pytest.mark.slow
def test_it_makes_up_names_that_are_not_in_the_corpus(tmp_path, corpus):
    output = run(tmp_path, "--corpus", corpus, "--steps", 500, *SHORT, "--names", 5)
    assert "110 names" in output and "11 held out" in output
    assert losses(output)["this network"] < losses(output)["bigram counts"] - 0.2
    names = [name.strip() for name in made_up(output)]
    assert len(names) == len(set(names)) == 5
    assert not set(names) & set(corpus.read_text(encoding="utf-8").split())
    assert json.loads(checkpoint(tmp_path).read_text())["state"]["done"] == 500


@pytest.mark.slow
def test_progress_parts_and_prompt_of_the_default_corpus(tmp_path):
    output = run(tmp_path, "--steps", 20, *SMALL, "--prompt", "get_", "--names", 3)
    assert re.search(r"^  step +20 of 20   loss \d\.\d{4}   average \d\.\d{4}$", output, re.M)
    counts = re.findall(r"^  (\w+ ?\w+) +([\d,]+)$", output, re.M)
    numbers = [int(count.replace(",", "")) for _, count in counts]
    assert [part for part, _ in counts] == ["token embedding", "position embedding", "attention",
                                            "feed forward", "output", "in all"]
    assert sum(numbers[:-1]) == numbers[-1] and numbers[2:4] == [256, 512]
    assert [name[:6] for name in made_up(output)] == ["  get_"] * 3


@pytest.mark.slow
def test_the_seed_decides(tmp_path, corpus):
    runs = [ending(run(tmp_path, "--corpus", corpus, "--steps", 8, *SMALL, "--out", f"out{i}",
                       *options)).rpartition("\n\n")[0]
            for i, options in enumerate([[], [], ["--seed", 2]])]
    assert runs[0] == runs[1] != runs[2]


# ── Checkpoints ───────────────────────────────────────────────────────────────────────────────────

@pytest.mark.slow
@pytest.mark.parametrize("small", [SMALL, SHORT], ids=["eager", "compiled"])
def test_a_run_stopped_by_ctrl_c_resumes_to_exactly_the_same_end(tmp_path, corpus, small):
    options, jit = ["--corpus", str(corpus), "--steps", "120", *small], small[4:] * (small is SMALL)
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
    assert f"Stopped after step {done}" in stderr and "--resume" in stderr and 0 < done < 120
    assert os.listdir(stopped / "out") == ["gpt.json"]

    output = run(stopped, "--resume", *jit)
    assert f"after step {done} of 120" in output
    assert ending(output) == ending(expected)
    assert checkpoint(stopped).read_bytes() == checkpoint(whole).read_bytes()

    # A finished run resumes too, to make more names: the very same.
    assert ending(run(stopped, "--resume", *jit)) == ending(expected)
    # And it can go on beyond its end.
    assert "step 130 of 130" in run(stopped, "--resume", *jit, "--steps", 130)


@pytest.mark.slow
@pytest.mark.parametrize("language, each", [(None, 1), ("python", 1), ("c", 7)],
                         ids=["eager", "Python", "C"])
def test_training_cut_anywhere_goes_on_the_same(demo, language, each):
    whole = training(demo, steps=50, width=2, heads=1, context=6, language=language)
    state = json.dumps(whole.state_dict())
    while whole.done < 50:                      # more than one turn through the 36 names
        whole.learn(50)
    while (cut := demo.Training.of(json.loads(state), language)).done < 50:
        cut.learn(each)
        state = json.dumps(cut.state_dict())
    assert state == json.dumps(whole.state_dict())


@pytest.mark.slow
def test_a_language_may_change_at_any_step(demo):
    """What was begun in one goes on in another, and ends with nearly the same numbers."""
    options = {"steps": 6, "width": 2, "heads": 1, "context": 6}
    ends = {}
    for languages in (["c"] * 3, ["python"] * 3, [None] * 3, ["python", None, "c"]):
        state = training(demo, **options).state_dict()
        for language in languages:
            trained = demo.Training.of(json.loads(json.dumps(state)), language)
            losses = trained.learn(2)
            state = trained.state_dict()
        ends[tuple(languages)] = [*losses, *[p.data for p in trained.model.parameters()]]
    first, *others = ends.values()
    assert all(end == pytest.approx(first, rel=1e-9, abs=1e-12) for end in others)


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


@pytest.mark.one_in(2)
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
    assert (tmp_path / "out" / "gpt.saved-1.json").read_text() == finished
    second = checkpoint(tmp_path).read_text()
    assert "gpt.saved-2.json" in run(tmp_path, "--corpus", corpus, "--steps", 2, *SMALL)
    assert (tmp_path / "out" / "gpt.saved-1.json").read_text() == finished
    assert (tmp_path / "out" / "gpt.saved-2.json").read_text() == second


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


@pytest.mark.slow
@pytest.mark.parametrize("temperature", ["1e-310", "1e300"])
def test_any_temperature_will_do(tmp_path, corpus, temperature):
    output = run(tmp_path, "--corpus", corpus, "--steps", 2, *SMALL, "--temperature", temperature)
    assert ("of 400 that it made, " in output) == (temperature == "1e-310")


@pytest.mark.parametrize("names, told", [
    (["abba", "xyx", "xyx", "xyx"], "That is all: of 40 that it made, 10 were among them, "
                                    "29 came again"),
    ([""], "None: of 40 that it made, 40 had no letters"),
    (["abba"], "None: of 40 that it made, 40 were among them"),
], ids=["again", "empty", "exist"])
def test_what_is_left_out_is_told_as_it_is(demo, monkeypatch, capsys, names, told):
    trained = training(demo)
    monkeypatch.setattr(trained, "samples", lambda *options: itertools.cycle(names))
    gpt_told.samples(trained, argparse.Namespace(names=2, temperature=1.0, prompt=""))
    output = capsys.readouterr().out
    assert f"{told} (a higher --temperature or more --steps may help)." in output
    assert made_up(output) == ["  xyx"] * ("xyx" in names)


@pytest.mark.slow
def test_divergence_advises_a_lower_rate(tmp_path):
    error = run(tmp_path, "--steps", 5, *SMALL, "--lr", "1e5", status=1)
    assert "training diverged at step 2: " in error and "Try a new run with --lr 0.01." in error


@pytest.mark.parametrize("context", [1, 2, 3])
def test_a_context_too_short_for_the_names_of_python(tmp_path, context):
    error = run(tmp_path, "--context", context, status=2)
    assert f"expected a --context of at least 4, got {context}" in error


@pytest.mark.slow
def test_the_shortest_contexts_have_names_to_learn():
    three, seven = python_names.names_of_python(4), python_names.names_of_python(8)
    assert len(three) > 20 and {len(name) for name in three} == {3} and set(three) < set(seven)
    assert max(map(len, seven)) == 7


def test_names_may_be_in_any_script(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("\n".join(a + b for a in "αβγδε" for b in "яюэ 東"), encoding="utf-8-sig")
    output = run(tmp_path, "--corpus", file, "--steps", 2, *SMALL, "--prompt", "α", "--names", 2)
    assert "25 names" in output and [name[2] for name in made_up(output)] == ["α", "α"]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("options, error", [
    (["--width", 10, "--heads", 4], "--width must be a multiple of --heads"),
    (["--prompt", "É"], "--prompt has 'É', which is in none of the names"),
    (["--steps", 0], "expected a number above 0, got 0"),
    (["--prompt", "x" * 15], "--prompt has 15 characters"),
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
