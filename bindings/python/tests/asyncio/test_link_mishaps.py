"""What goes wrong around a link: interrupts, waits that are given up, loops and memory that are gone."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from link_pairs import Accept, Echo, Run, no_keepalive, pair, serving
from websocket_proto.asyncio.connection import Connection

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FRAME = b"\x81\x85\x00\x00\x00\x00hello"


class Memory(asyncio.Transport):
    """A transport that keeps what is written, or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.error: BaseException | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.error:
            error, self.error = self.error, None
            raise error
        self.written += data

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def opened(**options: Any) -> tuple[Connection, Memory]:
    """The server's end of an open connection without a socket."""
    link, transport = Connection(None, listener=Accept(), **options), Memory()
    link.connection_made(transport)
    link.data_received(REQUEST)
    transport.written = b""
    return link, transport


def run_program(program: str, *arguments: str) -> str:
    command = [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("action", ["always", "error"])
def test_a_send_that_is_dropped_while_an_exception_is_raised(action: str) -> None:
    program = """
        import sys, warnings
        from websocket_proto.asyncio.connection import Connection

        def fails():
            raise ValueError("mine")

        warnings.simplefilter(sys.argv[1])
        link = Connection("ws://localhost/")
        for _ in range(3):
            try:
                print(link.send("x"), fails())
            except ValueError as error:
                print(error, error.__context__)
    """
    assert run_program(program, action) == "mine None\n" * 3


def test_a_send_that_is_thrown_away_while_it_waits_lets_others_go_on() -> None:
    async def main() -> None:
        link, transport = opened(write_limit=10)
        link.pause_writing()
        await link.send("x" * 100)
        waits = link.send("thrown away")
        waits.send(None)
        task = asyncio.create_task(link.send("second"))
        await asyncio.sleep(0)
        del waits
        link.resume_writing()
        await asyncio.wait_for(task, 5)
        assert transport.written.endswith(b"\x81\x06second")
        assert b"thrown" not in transport.written

    asyncio.run(main())
