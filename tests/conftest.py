"""Options of the test runner."""


def pytest_addoption(parser):
    parser.addoption("--graphs", type=int, default=300, metavar="N",
                     help="how many random graphs tests/test_random_graphs.py draws (300)")
