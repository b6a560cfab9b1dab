"""Programs written for `websockets`: they do the same after only their imports were changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


def moved(text: str) -> str:
    """A program with other imports."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line.replace("websockets", "websocket_proto")
        if line.startswith("from websockets")
        else line
        for line in lines
    )


def output_of(text: str) -> str:
    """What a program prints, on both streams: warnings and tracebacks too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["hello", "counter", "rooms", "jobs"])
def test_it_does_the_same(name: str) -> None:
    text = (PROGRAMS / f"{name}.py").read_text()
    expected = output_of(text)
    assert "Traceback" not in expected
    assert moved(text) != text
    assert output_of(moved(text)) == expected
