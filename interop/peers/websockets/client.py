"""Python websockets as a client."""

from connection import OPTIONS, OnWebsockets
from matrix_client import run
from matrix_connection import Refused, client_tls, deflate_parameters
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


def extensions() -> list[ClientPerMessageDeflateFactory] | None:
    wanted = deflate_parameters()
    if wanted is None:
        return None
    return [ClientPerMessageDeflateFactory(**{"client_max_window_bits": True, **wanted})]


async def open_connection(url: str, subprotocols: list[str]) -> OnWebsockets:
    try:
        return OnWebsockets(
            await connect(
                url,
                ssl=client_tls(),
                subprotocols=subprotocols or None,
                extensions=extensions(),
                compression=None,
                proxy=None,
                **OPTIONS,
            )
        )
    except InvalidStatus as refused:
        raise Refused(refused.response.status_code, refused.response.body) from refused


run(open_connection)
