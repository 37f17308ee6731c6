"""Files: whole, on the disk, where a link points, and written by several at once."""

import errno
import os
import pathlib
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from micrograd import Value, play

posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes are for everyone elsewhere")


def save_a_page(path, content="a page"):
    player = play(Value(1.0) * 2)
    player._page = lambda: content
    player.save(path)


def write_as_a_demo(path, content="a page"):
    pytest.importorskip("command_line").write(pathlib.Path(path), content)


writers = pytest.mark.parametrize("write", [save_a_page, write_as_a_demo])


@writers
def test_eight_threads_write_one_file(write, tmp_path):
    path, barrier = tmp_path / "page.html", threading.Barrier(8, timeout=20)

    def writes(letter):
        barrier.wait()
        for _ in range(20):
            write(path, letter * 10_000)
            read = path.read_text()
            assert len(read) == 10_000 and len(set(read)) == 1

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(writes, "abcdefgh"))
    finally:
        sys.setswitchinterval(interval)
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


@posix
@writers
@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing"])
def test_a_symbolic_link_stays_and_what_it_points_to_is_written(write, there, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "target"
    if there:
        target.write_text("old")
    link = tmp_path / "link"
    link.symlink_to("elsewhere/target")
    write(link)
    assert link.is_symlink() and target.read_text() == "a page"
    assert len(list(tmp_path.rglob("*"))) == 3


@writers
def test_the_new_is_on_the_disk_before_the_old_goes(write, tmp_path, monkeypatch):
    path, did = tmp_path / "page.html", []
    path.write_text("old")
    fsync, replace = os.fsync, os.replace

    def record_fsync(descriptor):
        did.append(("fsync", os.fstat(descriptor).st_size, path.read_text()))
        fsync(descriptor)

    def record_replace(source, to):
        did.append(("replace", os.stat(source).st_size, path.read_text()))
        replace(source, to)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    write(path)
    assert did == [("fsync", 6, "old"), ("replace", 6, "old")]


@writers
def test_on_a_full_disk_the_old_stays_alone(write, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "page.html"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write(path)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


@posix
@writers
def test_a_pipe_is_written_to_and_stays(write, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_text)
        write(path)
        assert read.result(timeout=10) == "a page"
    assert stat.S_ISFIFO(path.stat().st_mode)


@writers
def test_a_folder_is_no_file(write, tmp_path):
    with pytest.raises(OSError):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.one_in(2)
@pytest.mark.parametrize("options", [["--resume"], []], ids=["--resume", "a new run"])
def test_a_pipe_instead_of_a_checkpoint_hangs_nobody(options, demo, tmp_path):
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "gpt.json")
    done = demo.run(tmp_path, "gpt.py", *options)
    assert done.returncode == 2 and "gpt.json: expected a file" in done.stderr
