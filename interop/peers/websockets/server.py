"""Python websockets as a server."""

import asyncio
import http

from connection import OPTIONS, OnWebsockets
from matrix_connection import REFUSAL, deflate_parameters, server_tls
from matrix_server import announce, serve
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response


def refuse(socket: ServerConnection, request: Request) -> Response | None:
    if request.path != "/refusal":
        return None
    return socket.respond(http.HTTPStatus.UNAUTHORIZED, REFUSAL)


def choose(socket: ServerConnection, offered: list[str]) -> str | None:
    return "chat" if "chat" in offered else None


async def main() -> None:
    tls, wanted = server_tls(), deflate_parameters()
    async with listen(
        lambda socket: serve(OnWebsockets(socket)),
        "127.0.0.1",
        0,
        ssl=tls,
        process_request=refuse,
        subprotocols=["chat"],
        select_subprotocol=choose,
        compression=None,
        extensions=None if wanted is None else [ServerPerMessageDeflateFactory(**wanted)],
        **OPTIONS,
    ) as server:
        announce(server.sockets[0].getsockname()[1], tls is not None)
        await server.serve_forever()


asyncio.run(main())
