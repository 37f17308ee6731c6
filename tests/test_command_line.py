"""What the demos share: progress, files that are whole or not there, and how a command ends."""

import argparse
import os
import re
import struct
import subprocess
import sys
import textwrap

import pytest


@pytest.fixture(scope="module")
def command_line(demo):
    return demo.module("command_line")


@pytest.fixture
def program(demo, tmp_path):
    """Runs a demo made of the body of its `tell(args)`; answers with the finished process."""
    def run(body, *options, without=(), **streams):
        file = tmp_path / "program.py"
        file.write_text("import pathlib, sys, time\n"
                        f"sys.path.append({str(demo.folder)!r})\n"
                        "import command_line\n"
                        "from command_line import BadInput, Failed, positive, progress\n"
                        "def tell(args):\n" + textwrap.indent(textwrap.dedent(body), "    ") +
                        "\nsys.exit(command_line.run(tell, command_line.parser('A demo.', seed=3)))"
                        "\n", encoding="utf-8")
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        return subprocess.run([sys.executable, str(file), *options], encoding="utf-8", timeout=60,
                              env=demo.environment(tmp_path, without), cwd=tmp_path, **streams)
    return run


# ── Options ───────────────────────────────────────────────────────────────────────────────────────

def test_numbers_of_options(command_line):
    assert command_line.positive(int)("7") == 7
    assert command_line.positive(float)("1e-3") == 0.001
    assert command_line.non_negative(int)("0") == 0
    for kind, text in ((command_line.positive(int), "0"), (command_line.positive(float), "-0.0"),
                       (command_line.positive(float), "nan"), (command_line.positive(float), "inf"),
                       (command_line.non_negative(int), "-1"),
                       (command_line.non_negative(float), "nan")):
        with pytest.raises(argparse.ArgumentTypeError, match=f"expected a number .*, got {text}"):
            kind(text)


def test_the_options_that_all_demos_have(program):
    done = program("print(args.seed, args.out)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 out\n", "")
    assert "A demo." in program("pass", "--help").stdout


# ── How a command ends ────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("body, status, stderr", [
    ("pass", 0, ""),
    ("raise BadInput('no such thing')", 2, "program.py: error: no such thing\n"),
    ("open('missing')", 2, "program.py: error: [Errno 2] No such file or directory: 'missing'\n"),
    ("raise Failed('in vain')", 1, "program.py: in vain\n"),
    ("raise KeyboardInterrupt", 130, "\nStopped before the end.\n"),
    ("raise KeyboardInterrupt('Saved.')", 130, "\nSaved.\n"),
])
def test_status_and_sentence(program, body, status, stderr):
    done = program(body)
    assert (done.returncode, done.stderr) == (status, stderr)


@pytest.mark.parametrize("out", ["file", "file/deeper"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_any_work(program, tmp_path, out):
    (tmp_path / "file").write_text("kept")
    done = program("print('hours of work')", "--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert f"--out {out}: expected a folder that files can" in line.replace("\\", "/")
    assert "Errno" not in line and (tmp_path / "file").read_text() == "kept"


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused_before_any_work(program, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    done = program("print('hours of work')", "--out", "locked")
    assert (done.returncode, done.stdout) == (2, "") and "(Permission denied)" in done.stderr


def test_the_folder_is_made_and_left_empty(program, tmp_path):
    assert program("print(args.out.is_dir())", "--out", "a/b").stdout == "True\n"
    assert os.listdir(tmp_path / "a" / "b") == []


@pytest.mark.parametrize("name", ["derivatives.py", "gallery.py", "gpt.py", "moons.py",
                                  "parameters.py", "to_pytorch.py", "two_two_one.py", "xor.py"])
def test_without_micrograd_each_demo_says_how_to_install_it(demo, tmp_path, name):
    done = demo.run(tmp_path, name, without=["micrograd"])
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "need the package micrograd of this repository" in done.stderr
    assert ".venv/bin/pip install -q -e ." in done.stderr and name in done.stderr


@pytest.mark.parametrize("name", ["command_line.py", "training_steps.py"])
def test_a_helper_says_that_it_is_one(demo, tmp_path, name):
    (line,) = demo.told(tmp_path, name).splitlines()
    assert line.startswith("By itself this file does nothing: ")


def test_a_mistake_in_the_program_is_not_hidden(program):
    done = program("1 / 0")
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="closed pipes are POSIX's")
def test_a_reader_that_has_read_enough(program):
    reader, writer = os.pipe()
    os.close(reader)
    done = program("for i in range(10**5):\n    print(i)", stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


# ── Progress ──────────────────────────────────────────────────────────────────────────────────────

LOOP = """
    steps = progress(range(4, 24))
    for step in steps:
        steps.set_postfix_str(f"loss {step / 10}", refresh=False)
    print("done", step)
"""


def test_plain_lines_after_every_tenth(program):
    lines = program(LOOP).stdout.splitlines()
    assert lines[:2] == ["  step  6 of 24   loss 0.5", "  step  8 of 24   loss 0.7"]
    assert lines[-2:] == ["  step 24 of 24   loss 2.3", "done 23"] and len(lines) == 11


def test_a_plain_line_ends_with_the_time_left(program):
    done = program("for _ in progress(range(100), 'seed'):\n    time.sleep(0.05)\n"
                   "    if _ == 10: break")
    assert done.stdout.splitlines()[0].startswith("  seed  10 of 100   ")
    left = float(done.stdout.split()[-3])
    assert done.stdout.endswith(" s left\n") and 3 < left < 20


def test_few_steps_and_none(program):
    assert program("for _ in progress(range(2)): pass").stdout == "  step 1 of 2\n  step 2 of 2\n"
    assert program("for _ in progress(range(0)): pass").stdout == ""
    assert program("for _ in progress(range(5, 5)): pass").stdout == ""


def in_terminal(program, body, status=0, **kwargs):
    """What a program prints, and what it writes to a terminal as its error output."""
    pty, fcntl, termios = map(pytest.importorskip, ("pty", "fcntl", "termios"))
    terminal, stderr = pty.openpty()
    fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = program(body, stderr=stderr, **kwargs)
    os.close(stderr)
    written = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:                         # Linux's way to say that this was all
            piece = b""
        if not piece:
            break
        written += piece
    os.close(terminal)
    assert done.returncode == status, written
    return done.stdout, written.decode("utf-8")


def test_a_bar_in_a_terminal(program):
    pytest.importorskip("tqdm")
    stdout, bar = in_terminal(program, LOOP.replace("steps.set", "time.sleep(0.03); steps.set"))
    assert stdout == "done 23\n"
    shown = [int(step) for step in re.findall(r" (\d+)/24 ", bar)]     # how many, the clock says
    assert shown[0] == 4 < shown[-1] and shown == sorted(shown) and ", loss " in bar


def test_without_tqdm_it_says_what_is_left_out(program):
    stdout, bar = in_terminal(program, LOOP, without=["tqdm"])
    assert "pip install tqdm" in stdout.splitlines()[0] and bar == ""
    assert stdout.splitlines()[1] == "  step  6 of 24   loss 0.5"


READ = """
    import tables
    names, rows = tables.read("rows.csv")
    print(names, len(rows))
"""


@pytest.fixture
def rows(tmp_path):
    def write(count):
        (tmp_path / "rows.csv").write_text(
            "a,b,c\n" + "".join([f"{i}.25,{i * i}.5,{i % 7}\n" for i in range(count)]))
    return write


def test_a_large_table_shows_how_much_is_read(program, rows):
    pytest.importorskip("tqdm")
    rows(100_000)                               # 2.34 MB
    stdout, bar = in_terminal(program, READ)
    assert stdout == "['a', 'b', 'c'] 100000\n"
    assert " 0%" in bar and "/2.34M [" in bar


@pytest.mark.parametrize("count, without", [(1000, []), (100_000, ["tqdm"])])
def test_a_small_one_shows_nothing_nor_does_a_large_one_without_tqdm(count, without, program, rows):
    rows(count)
    stdout, bar = in_terminal(program, READ, without=without)
    assert stdout == f"['a', 'b', 'c'] {count}\n" and bar == ""


def test_outside_of_a_terminal_no_bar(program, rows):
    rows(100_000)
    done = program(READ)
    assert (done.stdout, done.stderr) == ("['a', 'b', 'c'] 100000\n", "")


def test_a_fault_late_in_a_large_table_leaves_no_bar_on_its_line(program, rows, tmp_path):
    pytest.importorskip("tqdm")
    rows(100_000)
    with (tmp_path / "rows.csv").open("a") as file:
        file.write("a;b;c\n")
    stdout, bar = in_terminal(program, READ, status=2)
    last = bar.replace("\r\n", "\n").removesuffix("\n").split("\r")[-1]
    assert last.startswith("program.py: error: rows.csv, line 100002: expected three finite numbers")


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────

def test_a_file_is_written_whole(command_line, tmp_path):
    file = tmp_path / "deep" / "er" / "file.txt"
    command_line.write(file, "first·\n")
    command_line.write(file, "second·\n")
    assert file.read_bytes() == "second·\n".encode() and os.listdir(file.parent) == ["file.txt"]


def test_or_not_at_all(command_line, tmp_path, monkeypatch):
    file = tmp_path / "file.txt"
    command_line.write(file, "first")
    with pytest.raises(UnicodeEncodeError):
        command_line.write(file, "second \udfff")
    monkeypatch.setattr(os, "replace", lambda *paths: os.stat(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError):
        command_line.write(file, "third")
    assert file.read_text() == "first" and os.listdir(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}", b"[" * 10**6, b"nonsense"],
                         ids=["empty", "cut off", "not UTF-8", "deep", "words"])
def test_a_damaged_json_file(command_line, tmp_path, content):
    file = tmp_path / "file.json"
    file.write_bytes(content)
    with pytest.raises(command_line.BadInput, match="file.json: not a JSON file, or a damaged one"):
        command_line.read_json(file)


def test_a_picture_is_drawn_whole_or_not_at_all(command_line, tmp_path):
    pytest.importorskip("matplotlib")
    file = tmp_path / "out" / "picture.svg"

    def fail(figure):
        raise ValueError("no picture")

    sentences = []
    for _ in range(2):
        sentences.append(command_line.draw(file, (3, 2), lambda figure: figure.text(0, 0, "words")))
        content = file.read_bytes()
        with pytest.raises(ValueError):
            command_line.draw(file, (3, 2), fail)
        assert file.read_bytes() == content and b"words" in content
    assert sentences == [f"The picture is drawn in {file}"] * 2
    assert os.listdir(file.parent) == ["picture.svg"]


def test_the_fastest_language_is_the_one_that_the_machine_has(demo, monkeypatch):
    command_line = demo.module("command_line")
    parser = command_line.parser("", out=False)
    command_line.add_jit(parser)

    def asked(*options):
        monkeypatch.setattr("sys.argv", ["demo.py", *options])
        found = []
        assert command_line.run(lambda args: found.append(args.language), parser) == 0
        return found[0]

    def none():
        raise command_line.native.NoCompiler("none here")

    monkeypatch.setattr(command_line.native, "compiler", lambda: "cc")
    assert asked() == "c" and asked("--jit") == "python" and asked("--jit", "off") is None
    monkeypatch.setattr(command_line.native, "compiler", none)
    assert asked() == "python" and asked("--jit", "c") == "c"
