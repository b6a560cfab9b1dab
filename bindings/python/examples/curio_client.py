"""A client on curio: `python curio_client.py HOST PORT MESSAGE…` prints what comes back for each."""

import sys
import time

import curio
from websocket_proto import Connection, Event, Failed, Open, Refused, Text


async def step(ws: Connection, socket: curio.io.Socket) -> list[Event]:
    """Writes what waits, then waits for bytes, but no longer than until the next deadline."""
    await socket.sendall(ws.data_to_send())
    if ws.transport == "shutdown-write":
        await socket.shutdown(curio.socket.SHUT_WR)
    due = ws.timeout()
    wait = None if due is None else max(0, due - time.monotonic())
    try:
        data = await curio.timeout_after(wait, socket.recv, 65536)
    except curio.TaskTimeout:
        return ws.handle_timeout()
    return ws.receive_data(data) if data else ws.receive_eof()


async def main(host: str, port: str, *messages: str) -> None:
    ws, left = Connection.client(f"ws://{host}:{port}/"), list(messages)
    async with await curio.open_connection(host, int(port)) as socket:
        while ws.transport != "close":
            for event in await step(ws, socket):
                match event:
                    case Text(message):
                        print(message)
                    case Refused() | Failed():
                        print(event, file=sys.stderr)
                if isinstance(event, (Open, Text)):
                    ws.send(left.pop(0)) if left else ws.close()
    print(ws.ending, file=sys.stderr)


curio.run(main, *sys.argv[1:])
