"""Two asyncio connections that talk over a Unix socket, which needs no ports."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from websocket_proto.asyncio.connection import Connection


class Accepting:
    """A server's listener that accepts everything, and gives messages to `recv()`."""

    def __init__(self, accepted=None):
        self.accepted = accepted

    def on_request(self, link, _request):
        link.accept()
        if self.accepted is not None:
            self.accepted(link)


class Echo(Accepting):
    """Sends every message back."""

    def on_text(self, link, data):
        link.send_nowait(data)

    def on_binary(self, link, data):
        link.send_nowait(data)


class Served:
    """A server of connections, at a path."""

    def __init__(self, listener, **options):
        self.listener, self.options, self.links = listener, options, []

    def protocol(self):
        link = Connection(None, listener=self.listener, **self.options)
        self.links.append(link)
        return link

    async def client(self, **options):
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(
            lambda: Connection("ws://h/", **options), self.path
        )
        await link.wait_open()
        return link


@contextlib.asynccontextmanager
async def served(listener=None, **options):
    """A server at a socket of its own."""
    server = Served(listener or Echo(), **options)
    with tempfile.TemporaryDirectory() as directory:
        server.path = str(Path(directory) / "socket")
        loop = asyncio.get_running_loop()
        listening = await loop.create_unix_server(server.protocol, server.path)
        try:
            yield server
        finally:
            listening.close()
            for link in server.links:
                link.abort()
            await listening.wait_closed()
