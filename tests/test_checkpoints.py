"""A checkpoint whose digest fits and whose content does not ends in a sentence."""

import contextlib
import copy
import json
import random

import pytest

HOSTILE = [None, True, -1, 0, 1.5, 10 ** 400, 10 ** 9, float("nan"), float("-inf"), "", "a",
           "\x1b[2J", [], ["a"], [[]], {}, {"a": 1}, [1e308], "\ud800", [None] * 5]


@pytest.fixture
def state(demo):
    gpt = demo.module("gpt")
    options = {name: default for name, (_, default, _) in gpt.OPTIONS.items()}
    options |= {"width": 4, "heads": 2, "context": 6, "steps": 8, "corpus": "a test"}
    names = [a + b + c for a in "abc" for b in "ab" for c in ("", "a", "bc")]
    training = gpt.Training(names, options)
    training.learn()
    return json.loads(json.dumps(training.state_dict()))


def places(thing):
    """Every place in nested lists and dicts: what holds it, and the index or key."""
    todo, found = [thing], []
    while todo:
        thing = todo.pop()
        items = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
        # Of a long list, its ends: they are all alike.
        found += [(thing, key) for key, _ in (items if len(items) < 30 else items[:3] + items[-3:])]
        todo += [part for _, part in items if isinstance(part, (dict, list))]
    return found


def edit(state, rng):
    state = copy.deepcopy(state)
    holder, key = rng.choice(places(state))
    kind = rng.randrange(4)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif kind == 1:
        holder["a key too many"] = 1
    else:
        holder[key] = rng.choice(HOSTILE)
    return state


@pytest.mark.parametrize("edits", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_edits_of_a_checkpoint(edits, state, demo, tmp_path, monkeypatch):
    gpt, checkpoints = demo.module("gpt"), demo.module("checkpoints")
    path, seed = tmp_path / "gpt.json", random.randrange(10 ** 9)
    rng, refused = random.Random(seed), 0
    checkpoints.save(path, state)
    assert checkpoints.load(path, gpt.Training.of).done == 1
    monkeypatch.setattr(demo.module("command_line").files, "write",     # to the disk, a thousand
                        lambda path, content: path.write_bytes(content))    # times, takes long
    for i in range(edits):
        checkpoints.save(path, edit(state, rng))
        try:
            training = checkpoints.load(path, gpt.Training.of)
        except gpt.BadInput as error:
            assert str(error).isprintable() and len(str(error)) < 500 + len(str(path)), (seed, i)
            refused += 1
        else:
            with contextlib.suppress(ArithmeticError, ValueError):      # each ends in a sentence
                training.learn()
                training.held_out_loss()
            json.dumps(training.state_dict())
    assert refused > edits // 4
