"""The programs in `examples`, run as somebody runs them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from websocket_proto.asyncio import ServerConnection, connect, serve
from websockets.asyncio.client import connect as connect_of_another

from .servers import port_of, talk

EXAMPLES = Path(__file__).parents[2] / "examples"
LIMIT = 30


class Program:
    """A program that runs, and what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT):
            return (await self.process.stdout.readline()).decode().strip()

    async def line_with(self, text: str) -> str:
        """The next line that has this text."""
        while text not in (line := await self.line()):
            assert line or not self.process.stdout.at_eof()  # type: ignore[union-attr]
        return line

    async def uri(self) -> str:
        return (await self.line()).removeprefix("listening on ")


@contextlib.asynccontextmanager
async def running(name: str, *arguments: str) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLES / name), *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Program(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def test_hello() -> None:
    async def main() -> None:
        async with running("hello_server.py", "0") as server:
            async with running("hello_client.py", await server.uri()) as client:
                assert await client.line() == "Hello world!"
                assert await client.process.wait() == 0
            server.process.send_signal(signal.SIGINT)
            assert await server.process.wait() == -signal.SIGINT

    asyncio.run(main())


class Feed:
    """The server of a feed, which can be killed."""

    def __init__(self) -> None:
        self.sequence = 0
        self.subscribed = asyncio.Event()

    async def __call__(self, websocket: ServerConnection) -> None:
        request = json.loads(await websocket.recv())
        assert request == {"subscribe": ["BTC-USD"]}
        self.subscribed.set()
        while True:
            self.sequence += 1
            update = {"symbol": "BTC-USD", "price": str(self.sequence), "sequence": self.sequence}
            await websocket.send(json.dumps(update))
            await asyncio.sleep(0.01)


def test_market_data_survives_its_server() -> None:
    async def main() -> None:
        feed = Feed()
        first = await serve(feed, "127.0.0.1", 0)
        port = port_of(first)
        uri = f"ws://127.0.0.1:{port}/feed"
        async with running("market_data.py", uri, "BTC-USD", "--first-delay", "0.1") as client:
            await client.line_with("connected")
            await client.line_with("BTC-USD 5")
            # Killed: no Close frame.
            for connection in first.connections:
                connection.abort()
            first.close()
            await client.line_with("lost: ")
            await first.wait_closed()
            feed.sequence += 10
            async with serve(feed, "127.0.0.1", port) as second:
                await client.line_with("connected")
                missed = (await client.line_with("missed")).removeprefix("BTC-USD: missed ")
                assert int(missed) >= 10
                await client.line_with(f"BTC-USD {feed.sequence + 3}")
                # A restart that says so.
                second.close(code=1012)
                await client.line_with("lost: ")
            async with serve(lambda websocket: websocket.close(1000), "127.0.0.1", port):
                await client.line_with("connected")
                assert await client.process.wait() == 0

    asyncio.run(main())


def test_broadcast_to_clients_of_both_kinds() -> None:
    async def main() -> None:
        async with running("broadcast.py", "0") as server:
            uri = await server.uri()
            async with connect(uri) as one, connect_of_another(uri) as other:
                await one.send("hello")
                while await one.recv() != "hello":
                    pass
                while await other.recv() != "hello":
                    pass
                port = int(uri.rsplit(":", 1)[1])
                health = await talk(port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert health.endswith(b"\r\n\r\n2 connected\n")
                server.process.terminate()
                await other.wait_closed()
                assert other.close_code == 1001
            assert await server.process.wait() == 0

    asyncio.run(main())
