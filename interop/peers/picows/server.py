"""picows as a server."""

import asyncio

from connection import OPTIONS, Listener, OnPicows
from matrix_connection import server_tls
from matrix_server import announce, serve
from picows import WSTransport, ws_create_server


class Serving(Listener):
    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self.serving = asyncio.create_task(serve(OnPicows(self)))


async def main() -> None:
    tls = server_tls()
    server = await ws_create_server(lambda request: Serving(), "127.0.0.1", 0, ssl=tls, **OPTIONS)
    announce(server.sockets[0].getsockname()[1], tls is not None)
    await server.serve_forever()


asyncio.run(main())
