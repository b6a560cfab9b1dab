"""An echo server on trio, for this machine alone: `python trio_echo_server.py PORT`."""

import math
import sys
import time
from collections.abc import Iterable
from functools import partial

import trio
from websocket_proto import Binary, Connection, Event, Request, Text


def handle(ws: Connection, events: Iterable[Event]) -> None:
    for event in events:
        match event:
            case Request():
                handle(ws, ws.accept())
            case Text(message) | Binary(message):
                ws.send(message)


async def echo(stream: trio.SocketStream) -> None:
    ws = Connection.server()
    try:
        while ws.transport != "close":
            handle(ws, ws.handle_timeout())
            with trio.move_on_after((ws.timeout() or math.inf) - time.monotonic()):
                data = await stream.receive_some(65536)
                handle(ws, ws.events(data) if data else ws.receive_eof())
            if output := ws.data_to_send():
                with trio.fail_after(60):
                    await stream.send_all(output)
            if ws.transport == "shutdown-write":
                await stream.send_eof()
    except (trio.BrokenResourceError, trio.TooSlowError):
        ws.transport_failed()


trio.run(partial(trio.serve_tcp, echo, int(sys.argv[1]), host="127.0.0.1"))
