"""A client with two threads: `python threads_client.py HOST PORT` sends each line of its input, and
prints each text that arrives. The lock is for the connection and for the order of its bytes."""

import select
import socket
import sys
import threading

from websocket_proto import Connection, Event, Text

host, port = sys.argv[1:]
ws, lock, opened = Connection.client(f"ws://{host}:{port}/"), threading.Lock(), threading.Event()
stream = socket.create_connection((host, int(port)))


def step() -> list[Event]:
    """Waits for bytes, and writes what follows. Deadlines are met to the second."""
    data = stream.recv(65536) if select.select([stream], [], [], 1)[0] else None
    with lock:
        events = [] if data is None else ws.receive_data(data) if data else ws.receive_eof()
        events += ws.handle_timeout()
        stream.sendall(ws.data_to_send())
    return events


def receive() -> None:
    while ws.ending is None:
        for event in step():
            opened.set()
            if isinstance(event, Text):
                print(event.data, flush=True)


stream.sendall(ws.data_to_send())
threading.Thread(target=receive).start()
opened.wait()
for line in [*sys.stdin, None]:
    with lock:
        ws.close() if line is None else ws.send(line.rstrip("\n"))
        stream.sendall(ws.data_to_send())
