"""The counting demo runs as a user would run it; its counts are those of built models."""

import random
import re
import xml.etree.ElementTree as ET

import pytest

PUBLISHED = {
    "GPT-2": 124_439_808, "GPT-2 medium": 354_823_168, "GPT-2 large": 774_030_080,
    "GPT-2 XL": 1_557_611_200, "BERT base": 109_482_240, "BERT large": 335_141_888,
    "Llama 2 7B": 6_738_415_616, "Llama 2 13B": 13_015_864_320, "Llama 2 70B": 68_976_648_192}


@pytest.fixture(scope="module")
def output(demo, tmp_path_factory):
    return demo.told(tmp_path_factory.mktemp("parameters"), "parameters.py",
                     without=["matplotlib"])


@pytest.fixture(scope="module")
def parameters(demo):
    return demo.module("parameters")


def columns(output):
    """By model: the number in each row of its family's table."""
    found = {}
    for block in output.split("\n\n")[:-3]:
        _, header, *rows = block.splitlines()
        for start in range(38, len(header), 15):
            cells = slice(start, start + 15)
            found[header[cells].strip()] = {row[:21].strip(): int(row[cells].replace(",", ""))
                                            for row in rows}
    return found


def test_the_published_counts_to_the_last_digit(output):
    found = {name: column["in all"] for name, column in columns(output).items()}
    assert {name: found[name] for name in PUBLISHED} == PUBLISHED
    assert (found["2-2-1"], found["moons.py"]) == (9, 337)


def test_the_parts_add_up(output):
    for name, column in columns(output).items():
        parts = [count for part, count in column.items() if len(part) > 1]
        *parts, together, expected = parts
        assert sum(parts) == together == expected, name


def test_the_formulas_are_shown(output):
    for formula in ("n·h + h", "L·(h² + h)", "L·8·d²", "L·(8·d² + 5·d)", "d² + d", "L·3·d·f"):
        assert f" {formula} " in output


@pytest.mark.parametrize("n, h, L", [(1, 1, 0), (3, 5, 0), (4, 7, 3)])
def test_the_formula_of_perceptrons(parameters, n, h, L):
    model = parameters.perceptron(n, h, L)
    assert len(model.parameters()) == sum(parameters.mlp(n, h, L).values())


@pytest.mark.parametrize("V, T, d, L", [(3, 2, 4, 1), (11, 5, 8, 2), (40, 20, 12, 3)])
def test_the_formulas_of_gpt_part_by_part(parameters, V, T, d, L):
    model = parameters.character_gpt(V, T, d, L)
    counts = {}
    for name, _ in model.named_parameters():
        part = name.split(".")[0].replace("_", " ").replace("feed forward", "feed-forward")
        counts[part] = counts.get(part, 0) + 1
    assert counts == parameters.gpt_py(V, T, d, L)


@pytest.mark.parametrize("family", ["mlp", "gpt_py", "gpt2", "bert", "llama"])
def test_a_formula_shown_is_the_formula_computed(parameters, family):
    parts = getattr(parameters, family)
    names = parts.__code__.co_varnames[:parts.__code__.co_argcount]
    sizes = {name: random.Random(name).randrange(2, 50) for name in names}
    for part, formula in parts(**{name: parameters.Letter(name) for name in names}).items():
        python = str(formula).replace("·", "*").replace("²", "**2")
        assert eval(python, sizes.copy()) == parts(**sizes)[part], str(formula)


def test_what_they_weigh(output):
    (each,) = re.findall(r"as Values of this engine, of (\d+) bytes each:$", output, re.M)
    assert 100 < int(each) < 200
    rows = dict(re.findall(r"^  (\S.*?)  +[\d,]+ {2,}(\S+ \w+) {2,}\S+ \w+$", output, re.M))
    assert rows["2-2-1"] == "18 bytes" and rows["Llama 2 70B"] == "138 GB"
    assert set(PUBLISHED) <= set(rows)


def test_a_wrong_count_is_told(parameters, demo):
    family = parameters.FAMILIES[2]
    wrong = family._replace(models=[family.models[0]._replace(published=124_439_807)])
    with pytest.raises(demo.module("command_line").Failed, match="124439808.*124439807"):
        parameters.tell_family(wrong)


@pytest.mark.slow
def test_the_picture(demo, tmp_path):
    pytest.importorskip("matplotlib")
    output = demo.told(tmp_path, "parameters.py", "--out", "a/b")
    picture = tmp_path / "a" / "b" / "ladder.svg"
    assert output.splitlines()[-1].endswith(str(picture.relative_to(tmp_path)))
    text = picture.read_text(encoding="utf-8")
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    for rung in ("68,976,648,192", "124,439,808", "4,224", "337", "9"):
        assert f"<!-- {rung} -->" in text


def test_without_matplotlib_it_says_what_is_left_out(output):
    assert output.splitlines()[-1] == \
        "The picture is left out, because it needs matplotlib: pip install matplotlib"
