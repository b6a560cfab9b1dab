"""The examples for trio, curio and threads, with each other and with another implementation."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def echo_port() -> Iterator[str]:
    """The port of the echo server on trio."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, EXAMPLES / "trio_echo_server.py", str(port)]
    with subprocess.Popen(command) as server:
        wait_for(port)
        yield str(port)
        assert server.poll() is None
        server.terminate()


def wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.05)
    raise TimeoutError("the server does not listen")


def run(example: str, *arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLES / example, *arguments]
    return subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=30, check=True
    )


def test_the_examples_are_short():
    for name in ("trio_echo_server.py", "curio_client.py", "threads_client.py"):
        assert len((EXAMPLES / name).read_text().splitlines()) <= 40, name


def test_a_client_on_curio_talks_to_a_server_on_trio(echo_port):
    result = run("curio_client.py", "127.0.0.1", echo_port, "one", "zwei", "")
    assert result.stdout == "one\nzwei\n\n"
    assert 'closed, the peer said 1000 ""' in result.stderr


def test_a_client_with_threads_talks_to_a_server_on_trio(echo_port):
    lines = "".join(f"line {number}\n" for number in range(1000))
    result = run("threads_client.py", "127.0.0.1", echo_port, lines=lines)
    assert (result.stdout, result.stderr) == (lines, "")


def test_a_client_of_another_implementation_talks_to_the_server_on_trio(echo_port):
    with connect(f"ws://127.0.0.1:{echo_port}/", compression=None) as ws:
        for message in ("text", b"data", "x" * 500_000):
            ws.send(message)
            assert ws.recv() == message
    assert ws.close_code == 1000
    with connect(f"ws://127.0.0.1:{echo_port}/") as ws:
        ws.socket.close()
