"""Checkpoints: the state of a program in a file that is whole, or refused.

You will learn here how a program can be stopped at any moment and lose nothing. Its state is plain
data, in JSON. A file is replaced in one piece; a digest tells if anything happened to it since; and
no file is ever overwritten that is not a checkpoint of the same program.
"""

import hashlib
import itertools
import json
import os
import pathlib
from collections.abc import Callable

import command_line
from command_line import BadInput

FORMAT = "micrograd demos/gpt.py checkpoint, version 1"


def save(path: pathlib.Path, state: dict) -> None:
    text = json.dumps(state)
    heading = json.dumps({"format": FORMAT, "sha256": digest(text)})
    command_line.write(path, f"{heading[:-1]}, \"state\": {text}}}\n")


def load(path: pathlib.Path, use: Callable):
    """What `use(state)` makes of the state in a file. Raises BadInput if the file has no such."""
    content = command_line.read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadInput(f"{path}: not a checkpoint of this program (it should say "
                       f'"format": "{FORMAT}")')
    # Whatever happened to the file since it was written, the digest tells.
    if content.get("sha256") != digest(json.dumps(content.get("state"))):
        raise BadInput(f"{path}: the checkpoint is damaged, for its contents do not have the "
                       "SHA-256 that it gives")
    try:
        return use(content["state"])
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: the checkpoint is of another network: "
                       f"{ascii(' '.join(str(error).split()))[1:-1][:200]}") from None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_way(path: pathlib.Path, steps_of: Callable) -> None:
    """Give the checkpoint of an earlier run a name of its own; whatever else is there stays."""
    if path.exists():
        try:
            done = load(path, steps_of)
        except BadInput as error:
            raise BadInput(f"{error}.\nIt stays as it is: give --out another folder") from None
        copies = (path.with_stem(f"{path.stem}.saved-{i}") for i in itertools.count(1))
        saved = next(copy for copy in copies if not copy.exists())
        os.rename(path, saved)
        print(f"The checkpoint of an earlier run, after step {done}, is now {saved}.\n")


if __name__ == "__main__":
    print("By itself this file does nothing: gpt.py saves and loads its training with it.")
