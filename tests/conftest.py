"""Options of the test runner, and what tests share: a browser, the programs in demos/ …"""

import importlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from micrograd import jit

DEMOS = Path(__file__).resolve().parents[1] / "demos"

# Tests start hundreds of processes. Where Python may not keep what it has compiled, each would compile
# the package anew, which takes five times as long as the rest of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The programs beside the tests are none, and not searched for doctests.
collect_ignore = [path.name for path in Path(__file__).parent.glob("*.py")
                  if not path.name.startswith(("test_", "conftest"))]


# ── Quick and slow tests ──────────────────────────────────────────────────────────────────────────

# A test is slow if it is marked so, or uses a fixture that uses the fixture `slow`. Of a test with
# many cases, `one_in(5)` makes all slow but the first of every five.
LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="run the slow tests too")
    parser.addoption("--graphs", type=int, metavar="N",
                     help="how many random graphs the tests draw that draw some (300, or 30 if the "
                          "slow tests are left out)")


def whole(config):
    """A bare `pytest` leaves out the slow tests; files and tests that are named run whole."""
    return config.getoption("--all") or config.args_source is not config.ArgsSource.TESTPATHS


@pytest.fixture(scope="session")
def slow():
    """For fixtures: whatever uses this one is slow."""


@pytest.fixture(scope="session")
def times(pytestconfig):
    """How often a test tries what is random: `times(40)` is 40, but 4 if slow tests are left out."""
    return lambda count: count if whole(pytestconfig) else -(-count // 10)


@pytest.fixture(scope="session")
def graphs(pytestconfig, times):
    """The seeds of random graphs."""
    return range(pytestconfig.getoption("--graphs") or times(300))


@pytest.hookimpl(wrapper=True, tryfirst=True)   # before others put them in random order
def pytest_collection_modifyitems(config, items):
    if not whole(config):
        leave_out_slow_ones(config, items)
    return (yield)


def leave_out_slow_ones(config, items):
    cases, slow, quick = Counter(), [], []
    for item in items:
        one_in = item.get_closest_marker("one_in")
        of_many = one_in and cases[item.function] % one_in.args[0]
        cases[getattr(item, "function", None)] += 1
        left_out = (of_many or item.get_closest_marker("slow")
                    or "slow" in getattr(item, "fixturenames", ()))
        (slow if left_out else quick).append(item)
    config.hook.pytest_deselected(items=slow)
    config.stash[LEFT_OUT] = len(slow)
    items[:] = quick


def pytest_terminal_summary(terminalreporter, config):
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{left_out} slow tests were left out: `pytest --all` runs "
                                    "them too, and `pytest FILE` those of one file.")


# ── Programs that ran ─────────────────────────────────────────────────────────────────────────────

@pytest.fixture(autouse=True)
def no_silent_fallback(request, monkeypatch):
    """A test fails if the engine computed a step of `jit` in place of its program, unless the test
    is marked `falls_back`."""
    run, why = jit._run, []

    def watched(self, *args):
        answer = run(self, *args)
        why.extend([self.fallback] if self.fallback else [])
        return answer

    monkeypatch.setattr(jit, "_run", watched)
    yield
    if not request.node.get_closest_marker("falls_back"):
        assert not why, "the engine computed what a program should have"


# ── A browser ─────────────────────────────────────────────────────────────────────────────────────

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])),
                None)
DRIVER = shutil.which("chromedriver")
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Browser:
    """A headless Chromium that notes what pages request and what they complain of."""

    def __init__(self, profile: Path):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for switch in [*SWITCHES, f"--user-data-dir={profile}"]:
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.get("about:blank")          # instead of the browser's own first page

    def open(self, path, address="", *, theme="light", motion="no-preference", media="",
             size=(1280, 800)):
        self.emulate("setDeviceMetricsOverride", width=size[0], height=size[1],
                     deviceScaleFactor=1, mobile=False)
        features = {"prefers-color-scheme": theme, "prefers-reduced-motion": motion}
        self.emulate("setEmulatedMedia", media=media,
                     features=[{"name": k, "value": v} for k, v in features.items()])
        self.driver.get("about:blank")          # only an address that changes would not load
        self.driver.get(Path(path).resolve().as_uri() + address)
        return self

    def emulate(self, command, **parameters):
        self.driver.execute_cdp_cmd(f"Emulation.{command}", parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        from selenium.webdriver import ActionChains, Keys
        actions = ActionChains(self.driver, duration=0)
        for key in keys:
            *held, key = key.split("+")
            for name in held:
                actions.key_down(getattr(Keys, name))
            actions.send_keys(getattr(Keys, key, key))
            for name in held:
                actions.key_up(getattr(Keys, name))
        actions.perform()

    def click(self, css):
        self.driver.find_element("css selector", css).click()

    def hover(self, css):
        from selenium.webdriver import ActionChains
        ActionChains(self.driver, duration=0).move_to_element(
            self.driver.find_element("css selector", css)).perform()

    def text(self, css):
        return self.run("return document.querySelector(arguments[0]).textContent", css)

    def texts(self, css):
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".map((element) => element.textContent)", css)

    def wait(self, script, *arguments):
        """Until the script returns something true."""
        from selenium.webdriver.support.ui import WebDriverWait
        return WebDriverWait(self.driver, 10, 0.02).until(lambda d: self.run(script, *arguments))

    @property
    def step(self):
        return int(self.run("return document.getElementById('step-slider').value"))

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """What was requested, but for what the policy kept in, of which there are complaints."""
        urls = {}
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            told = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                urls[told["requestId"]] = told["request"]["url"]
            elif message["method"] == "Network.loadingFailed":
                if told.get("blockedReason") == "csp":
                    del urls[told["requestId"]]
        return list(urls.values())


@pytest.fixture(scope="session")
def one_browser(slow, tmp_path_factory):
    needed = {"chromium": CHROMIUM, "chromedriver": DRIVER,
              "the package selenium": importlib.util.find_spec("selenium")}
    missing = [name for name, found in needed.items() if not found]
    if missing:
        told = f"tests of pages need {' and '.join(missing)}"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(one_browser):
    """The browser; after the test, no page may have complained, or requested but files."""
    one_browser.complaints(), one_browser.requests()
    yield one_browser
    assert one_browser.complaints() == []
    assert [url for url in one_browser.requests()
            if not url.startswith(("file:", "about:", "data:"))] == []


# ── Programs ──────────────────────────────────────────────────────────────────────────────────────

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
