"""aiohttp as a server."""

import asyncio

from aiohttp import web
from connection import OnAiohttp
from matrix_connection import REFUSAL, deflate_parameters, server_tls
from matrix_server import announce, serve


async def refuse(request: web.Request) -> web.Response:
    return web.Response(status=401, text=REFUSAL)


async def accept(request: web.Request) -> web.WebSocketResponse:
    compress = deflate_parameters() is not None
    socket = web.WebSocketResponse(
        protocols=["chat"], compress=compress, max_msg_size=0, autoping=False, autoclose=False
    )
    await socket.prepare(request)
    await serve(OnAiohttp(socket, request.transport.abort))
    return socket


async def main() -> None:
    application = web.Application()
    application.router.add_get("/refusal", refuse)
    application.router.add_get("/{path:.*}", accept)
    runner = web.AppRunner(application)
    await runner.setup()
    tls = server_tls()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    announce(runner.addresses[0][1], tls is not None)
    await asyncio.Event().wait()


asyncio.run(main())
