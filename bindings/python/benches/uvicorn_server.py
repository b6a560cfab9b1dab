"""An echo under uvicorn: uvicorn_server.py PROTOCOL LOOP PORT."""

import sys
from typing import Any

import uvicorn
from peers.part import LONGEST_MESSAGE


async def echo(_scope: object, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": event["bytes"]})


def main() -> None:
    protocol, loop, port = sys.argv[1:]
    uvicorn.run(
        echo,
        host="127.0.0.1",
        port=int(port),
        ws=protocol,
        ws_max_size=LONGEST_MESSAGE,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        loop=loop,
        lifespan="off",
        log_level="error",
    )


main()
