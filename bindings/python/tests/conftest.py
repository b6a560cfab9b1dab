"""Options of all tests."""


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="run what takes minutes, and more ways of the rest"
    )
