"""picows as a client."""

from connection import OPTIONS, Listener, OnPicows
from matrix_client import run
from matrix_connection import Refused, client_tls
from picows import WSInvalidStatusError, ws_connect


async def open_connection(url: str, subprotocols: list[str]) -> OnPicows:
    tls = {"ssl_context": context} if (context := client_tls()) else {}
    try:
        _, listener = await ws_connect(Listener, url, **tls, **OPTIONS)
    except WSInvalidStatusError as refused:
        raise Refused(int(refused.response.status), refused.raw_body or None) from refused
    return OnPicows(listener)


run(open_connection)
