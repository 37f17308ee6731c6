"""Options of the test runner, and what the tests of the demos share."""

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DEMOS = Path(__file__).resolve().parents[1] / "demos"
sys.path.append(str(DEMOS))                     # a demo imports command_line from beside itself


def pytest_addoption(parser):
    parser.addoption("--graphs", type=int, default=300, metavar="N",
                     help="how many random graphs tests/test_random_graphs.py draws (300)")


class Demo:
    """Runs the programs in demos/ as a user would, in a folder."""

    folder = DEMOS

    def module(self, name):
        """The demo as a module, for tests of what it computes."""
        return importlib.import_module(name)

    def command(self, name, *options):
        return [sys.executable, str(DEMOS / name), *map(str, options)]

    def environment(self, folder, without=(), **environment):
        """The variables of a run, in which the modules `without` cannot be imported."""
        fake = folder / "not installed"
        for module in without:
            fake.mkdir(exist_ok=True)
            (fake / f"{module}.py").write_text("raise ImportError('none here')")
        path = os.pathsep.join([str(fake), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        return os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": path} | environment

    def run(self, folder, name, *options, **environment):
        """The finished process of `python demos/NAME OPTIONS`."""
        return subprocess.run(self.command(name, *options), cwd=folder, capture_output=True,
                              encoding="utf-8", env=self.environment(folder, **environment),
                              timeout=120)

    def told(self, folder, name, *options, **environment):
        """What it prints, after checking that all went well."""
        done = self.run(folder, name, *options, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refused(self, folder, name, *options, status=2, **environment):
        """The one line of its error, after checking that it is no traceback."""
        done = self.run(folder, name, *options, **environment)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        line = done.stderr.strip().splitlines()[-1]
        assert line.startswith(f"{name}: ")
        return line

    def interrupted(self, folder, awaited, name, *options, **environment):
        """The exit status and the error output, of Ctrl-C after it has printed `awaited`."""
        if os.name == "nt":
            pytest.skip("Windows has no SIGINT for one process")

        def attended():                         # a shell's background jobs ignore SIGINT
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        with subprocess.Popen(self.command(name, *options), cwd=folder, encoding="utf-8",
                              env=self.environment(folder, **environment), preexec_fn=attended,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                while awaited not in (line := process.stdout.readline()):
                    assert line or process.poll() is None, process.stderr.read()
                process.send_signal(signal.SIGINT)
                _, stderr = process.communicate(timeout=60)
            finally:
                process.kill()
        return process.returncode, stderr.strip()


@pytest.fixture(scope="session")
def demo():
    """Runs the programs in demos/: `demo.run(folder, "xor.py", "--steps", 100)`."""
    return Demo()
