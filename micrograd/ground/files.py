"""Files that are whole: written beside their place first, and then moved there."""

import contextlib
import os
import uuid
from typing import Any

__all__ = ["write"]


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace a file in one piece: whoever opens it finds the old content or the new.

    That holds also if the machine stops, for the new content is on the disk before the old one
    goes; and if two write at once. A symbolic link stays, and what it points to is replaced; a
    device or a pipe is written to. Raises OSError, and then leaves everything as it was.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(content)
        return
    beside = f"{path}.{uuid.uuid4().hex}.part"
    opened: list[Any] = []
    try:
        # In one call: between a file that is open and a name for it, Ctrl-C would lose it.
        opened.extend(map(open, [beside], ["xb"]))
        for file in opened:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            file.close()
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):      # as of a disk that is full
            for file in opened:
                file.close()
        with contextlib.suppress(FileNotFoundError):
            os.remove(beside)
        raise
