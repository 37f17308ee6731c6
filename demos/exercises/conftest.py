"""`pytest demos/exercises` grades: one test an exercise, with the messages that the learner gets.

With `--folder class/anna` it grades the exercises in that folder. Whatever else is in it, a
conftest.py for example, is not run: what a learner handed in runs in the checker's own processes.
"""

import pathlib
import re
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def pytest_addoption(parser, pluginmanager):
    # Before pytest knows this option, it takes the folder for one with tests, and would run its
    # conftest.py next. What is registered under the name of that file is taken for it.
    arguments = list(pluginmanager.getplugin("pytestconfig").invocation_params.args)
    for option, folder in zip(arguments, arguments[1:]):
        if option == "--folder" and (theirs := pathlib.Path(folder).resolve()) != HERE:
            path = str(theirs / "conftest.py")
            if pluginmanager.get_plugin(path):
                raise pytest.UsageError(f"write --folder {folder} at the end: before it is known "
                                        f"as an option, pytest runs {path}")
            pluginmanager.register(object(), path)
    parser.addoption("--folder", type=pathlib.Path, default=HERE, metavar="DIR",
                     help="the folder whose exercises are graded (default: demos/exercises)")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """An exercise is one test. No other file here is a test, nor has doctests."""
    yield
    if file_path.parent == HERE and re.fullmatch(r"\d\d_\w+\.py", file_path.name):
        return [ExerciseFile.from_parent(parent, path=file_path)]
    return []


class ExerciseFile(pytest.File):

    def collect(self):
        yield ExerciseItem.from_parent(self, name=self.path.stem)


class Wrong(Exception):
    pass


class ExerciseItem(pytest.Item):

    def runtest(self):
        result = checker(self.config).check(self.name)
        if not result.right:
            from checker import describe
            raise Wrong(describe(result))

    def repr_failure(self, excinfo):
        wrong = isinstance(excinfo.value, Wrong)
        return str(excinfo.value) if wrong else super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, self.name


def checker(config):
    """One checker for the whole run, whose points are the same in every run: a grade is a grade."""
    if not hasattr(config, "exercise_checker"):
        if str(HERE) not in sys.path:
            sys.path.insert(0, str(HERE))
        from checker import Checker
        config.exercise_checker = Checker(config.getoption("--folder", HERE), seed=0)
    return config.exercise_checker
