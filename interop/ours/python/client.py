"""Our package for Python as a client, for which the cells have the names of the peer's view."""

import asyncio

from connection import OnOurs, config
from matrix_client import mirrored, try_cells
from matrix_connection import Refused, client_tls
from websocket_proto.asyncio import InvalidStatus, connect


async def open_connection(url: str, subprotocols: list[str]) -> OnOurs:
    options = {"ssl": tls} if (tls := client_tls()) else {}
    try:
        socket = await connect(
            url, subprotocols=subprotocols, config=config(), proxy=None, **options
        )
        return OnOurs(socket)
    except InvalidStatus as refused:
        raise Refused(refused.response.status_code, refused.response.body) from refused


asyncio.run(try_cells(open_connection, mirrored))
