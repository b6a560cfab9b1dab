"""What Autobahn|Testsuite tests: a server that echoes, or a client that plays all of its cases.

autobahn.py server PORT
autobahn.py client ws://HOST:PORT AGENT

Messages are answered in callbacks, so before what follows them in the same read is looked at. With
`recv()` a program answers later, and the suite calls it "non-strict" where a violation follows.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from websocket_proto.asyncio import Connection, connect, serve

OPTIONS = {"max_size": 64 << 20, "ping_interval": None, "close_timeout": 2}


class Echo:
    def on_text(self, link: Connection, data: str) -> None:
        link.send_nowait(data)

    def on_binary(self, link: Connection, data: bytes) -> None:
        link.send_nowait(data)


async def be_server(port: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with serve(None, "127.0.0.1", int(port), listener=lambda _: Echo(), **OPTIONS):
        print(f"listening on ws://127.0.0.1:{port}", flush=True)
        await stopped.wait()


async def be_client(url: str, agent: str) -> None:
    async with connect(f"{url}/getCaseCount", proxy=None, **OPTIONS) as connection:
        count = int(await connection.recv())
    for case in range(1, count + 1):
        await play(f"{url}/runCase?case={case}&agent={agent}")
    await play(f"{url}/updateReports?agent={agent}")


async def play(url: str) -> None:
    connection = await connect(url, proxy=None, listener=Echo(), **OPTIONS)
    await connection.wait_closed()


if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    asyncio.run({"server": be_server, "client": be_client}[role](*arguments))
