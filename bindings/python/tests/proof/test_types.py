"""The types of the package: what they say is so, they see mistakes, and all is strict."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1]
EXAMPLES = PACKAGE / "examples"

# Each line is a mistake that a program makes.
MISTAKES = """\
ws.Connection.server().send(7)
ws.Connection.server().receive_data("text")
ws.Connection.server().close("1000")
ws.Connection.client(b"ws://h/")
ws.Connection.client("ws://h/", ws.Config())
ws.Connection.server().is_open = True
ws.Connection.server().colour
ws.Config(max_size=1)
ws.Config(keepalive=30)
ws.Config().max_message = 5
ws.Keepalive(interval="10")
ws.Deflate(server_max_window_bits="10")
ws.Text(b"bytes")
ws.Text("a").data = "b"
ws.Ping("text")
ws.Close(1000, "bye").code.upper()
ws.Connection.server().data_to_send().encode()
ws.Connection.server().timeout() + 1
"""


def mypy(*arguments):
    command = [sys.executable, "-m", "mypy", "--strict", *map(str, arguments)]
    return subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, check=False)


def test_a_program_has_the_types_that_are_written():
    program = HERE / "typed.py"
    done = mypy(program)
    assert done.returncode == 0, done.stdout
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("done\n", "")


def test_mistakes_are_seen(tmp_path):
    program = tmp_path / "mistakes.py"
    program.write_text("import websocket_proto as ws\n" + MISTAKES)
    done = mypy(program)
    seen = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    lines = MISTAKES.splitlines()
    missed = [line for number, line in enumerate(lines, 2) if number not in seen]
    assert not missed, done.stdout


def test_examples_are_strict():
    examples = sorted(EXAMPLES.rglob("*.py"))
    if not examples:
        pytest.skip("no examples yet")
    done = mypy(*examples)
    assert done.returncode == 0, done.stdout


def test_the_stub_is_what_the_extension_has():
    allowed = PACKAGE / "tests" / "stubtest.txt"
    command = [sys.executable, "-m", "mypy.stubtest", "websocket_proto"]
    command += ["--allowlist", str(allowed)] if allowed.exists() else []
    done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
