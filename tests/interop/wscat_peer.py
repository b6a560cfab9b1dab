"""A server on Python websockets for our wscat to talk with; wscat_peer.js is its twin on Node ws.

Prints 'listening on ws://…', then 'closed PATH CODE' for each connection that ended.

  /             echoes                       /subprotocol  says which one was chosen
  /kind         says what kind a message is  /leave        says bye and closes with 1001
  /headers      says what X-First, X-Second  /drop         says bye and drops the connection
                were                         /refuse       answers with 401 and a body
  /ping         pings and says when the pong came
"""

import os
import socket
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

LIFETIME = 60


def main():
    watchdog = threading.Timer(LIFETIME, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    options = {"subprotocols": ["superchat"], "select_subprotocol": choose, "process_request": refuse}
    with serve(handle, "127.0.0.1", 0, **options) as server:
        print(f"listening on ws://127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
        server.serve_forever()


def choose(_ws, offered):
    return "superchat" if "superchat" in offered else None


def refuse(ws, request):
    if request.path == "/refuse":
        return ws.respond(401, "not without a ticket\n")


def handle(ws):
    path = ws.request.path
    try:
        greet(ws, path)
        for message in ws:
            ws.send(f"{'text' if isinstance(message, str) else 'binary'} {len(message)}" if path == "/kind" else message)
    except ConnectionClosed:
        pass
    received = ws.protocol.close_rcvd
    print(f"closed {path} {received.code if received else 'without a Close frame'}", flush=True)


def greet(ws, path):
    if path == "/headers":
        ws.send(f"{ws.request.headers.get('X-First')} {ws.request.headers.get('X-Second')}")
    elif path == "/subprotocol":
        ws.send(f"{ws.subprotocol} of {', '.join(ws.request.headers.get_all('Sec-WebSocket-Protocol'))}")
    elif path == "/ping":
        ws.send("ponged" if ws.ping(b"are you there?").wait(10) else "no pong")
    elif path == "/leave":
        ws.send("bye")
        ws.close(1001, "restart")
    elif path == "/drop":
        ws.send("bye")
        ws.socket.shutdown(socket.SHUT_RDWR)


main()
