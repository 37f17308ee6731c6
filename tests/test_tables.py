"""CSV files as they come: what can be read is read, and of the rest the message says what it is."""

import pytest

ROWS = "1,2,3\n4,5.5,6\n7,8,10\n"
EXPECTED = [(1.0, 2.0, 3.0), (4.0, 5.5, 6.0), (7.0, 8.0, 10.0)]


@pytest.fixture
def tables(demo):
    return demo.module("tables")


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
    return write


@pytest.mark.parametrize("content", [
    ROWS, "\n\na,b,c\n" + ROWS, "  \n\t\na,b,c\n" + ROWS, "\ufeff\na,b,c\n" + ROWS,
    "a,b,c\n\n" + ROWS.replace("\n", "\n\n"), ROWS.replace("\n", "\r\n"), ROWS.replace("\n", "\r"),
    '"a","b","c"\n' + ROWS], ids=range(8))
def test_what_can_be_read(tables, file, content):
    names, rows = tables.read(file(content))
    assert rows == EXPECTED
    assert names == (["a", "b", "c"] if "a" in content else ["x1", "x2", "y"])


@pytest.mark.parametrize("content, line, what", [
    ("a;b;c\n1;2;3\n", 1, "semicolons; write commas"),
    ("1,5;2,5;3,5\n", 1, "semicolons; write commas"),
    ("a\tb\tc\n1\t2\t3\n", 1, "tabs; write commas"),
    (("a,b,c\n" + ROWS).encode("utf-16"), None, "UTF-16"),
    (("a,b,c\n" + ROWS).encode("utf-16-le"), 2, "UTF-16|UTF-8"),
    (("a,b,c\n" + ROWS).encode("utf-16-be"), 2, "UTF-16|UTF-8"),
    ("a,b,c\n1,2," + "3" * 200_000 + "\n", 2, "field larger than field limit|finite numbers"),
    ('a,b,c\n1,2,"' + "3\n" * 200_000, None, "field larger than field limit"),
    ("a,b,c\nd,e,f\n" + ROWS, 2, "expected three finite numbers"),
    (ROWS + "a,b,c\n", 4, "expected three finite numbers"),
    (b"\xff\x00" + ROWS.encode(), None, "not a CSV file in UTF-8"),
    ], ids=range(11))
def test_what_cannot_be_read(tables, file, content, line, what):
    with pytest.raises(tables.BadInput, match=what) as error:
        tables.read(file(content))
    assert len(str(error.value)) < 500 and str(error.value).isprintable()
    assert line is None or f"table.csv, line {line}:" in str(error.value)


@pytest.mark.parametrize("content", [
    "\x1b[2J,b\x07,c\n" + ROWS, "\x1b]0;title\x07,b,c\n1,1,1\n1,2,1\n", "a\x9b2J,b,c\n1,\x1b[2J,3\n",
    "a\u202e,b,c\n" + ROWS.replace("5.5", "5.\x1b")], ids=range(4))
def test_nothing_in_a_file_reaches_the_terminal_but_text(demo, file, content, tmp_path):
    done = demo.run(tmp_path, "two_two_one.py", "--data", file(content), "--steps", 2)
    for told in (done.stdout, done.stderr):
        assert all(c.isprintable() or c == "\n" for c in told), ascii(told)
    assert "Traceback" not in done.stderr
