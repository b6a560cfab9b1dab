"""Our package for Python as a server."""

import asyncio

from connection import OnOurs, config
from matrix_connection import REFUSAL, server_tls
from matrix_server import announce, serve
from websocket_proto.asyncio import Request, Response, ServerConnection
from websocket_proto.asyncio import serve as listen


def refuse(socket: ServerConnection, request: Request) -> Response | None:
    return socket.respond(401, REFUSAL) if request.path == "/refusal" else None


async def converse(socket: ServerConnection) -> None:
    await serve(OnOurs(socket))


async def main() -> None:
    tls = server_tls()
    options = {"process_request": refuse, "subprotocols": ["chat"], "config": config(), "ssl": tls}
    async with listen(converse, "127.0.0.1", 0, **options) as server:
        announce(server.sockets[0].getsockname()[1], tls is not None)
        await server.serve_forever()


asyncio.run(main())
