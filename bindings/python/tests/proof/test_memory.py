"""A short run in valgrind, which sees every read and write of the extension. Only with --long."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("conversation.py")
VALGRIND = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite", "--num-callers=30"]


def errors(report):
    """The errors in a report of valgrind, each with its stack."""
    lines = [line.partition("== ")[2] for line in report.splitlines() if line.startswith("==")]
    return "\n".join(lines).split("\n\n")


def test_a_run_ends_well():
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_valgrind_finds_nothing(request):
    if not request.config.getoption("--long"):
        pytest.skip("takes long: --long")
    if shutil.which("valgrind") is None:
        pytest.skip("no valgrind here")
    # The memory of CPython is not its own then, so that each object is seen.
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    done = subprocess.run(
        [*VALGRIND, sys.executable, PROGRAM],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout == "done\n"
    found = errors(done.stderr)
    assert len(found) > 1, "valgrind reports of CPython itself at least"
    # CPython uses values that are not initialised, and so has errors of its own.
    # PyO3 keeps a list of members for each class that it makes, once.
    ours = [
        error
        for error in found
        if error.startswith("Invalid") or "_core." in error and "create_type_object" not in error
    ]
    assert not ours, "\n\n".join(ours)
