"""aiohttp as a client."""

import asyncio

from aiohttp import ClientSession, TCPConnector, WSServerHandshakeError
from connection import OnAiohttp
from matrix_client import try_cells
from matrix_connection import Refused, client_tls, deflate_parameters


def window() -> int:
    """The window to compress with; 0 is without compression."""
    wanted = deflate_parameters()
    return 0 if wanted is None else int(wanted.get("client_max_window_bits", 15))


async def main() -> None:
    async with ClientSession(connector=TCPConnector(ssl=client_tls() or True)) as session:

        async def open_connection(url: str, subprotocols: list[str]) -> OnAiohttp:
            try:
                socket = await session.ws_connect(
                    url,
                    protocols=subprotocols,
                    compress=window(),
                    max_msg_size=0,
                    autoping=False,
                    autoclose=False,
                )
            except WSServerHandshakeError as refused:
                raise Refused(refused.status) from refused
            return OnAiohttp(socket, lambda: socket._conn.transport.abort())

        await try_cells(open_connection)


asyncio.run(main())
