"""Python websockets as the client of our echo server: echo_client.py URL"""

import sys

from websockets.sync.client import connect

URL = sys.argv[1]
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
GREEK = "κόσμε 𝄞 "
TIMEOUT = 10


def main():
    for size in SIZES:
        check(f"text of {size} bytes", echoes, "x" * size)
    for size in SIZES:
        check(f"binary of {size} bytes", echoes, bytes(i % 251 for i in range(size)))
    check("multi-byte text", echoes, GREEK)
    check("long multi-byte text", echoes, GREEK * 20_000)
    check("fragmented text", fragments_echo, ["frag", "", "mented ", GREEK])
    check("fragmented binary", fragments_echo, [b"\0" * 70_000, b"\xff" * 3, b""])
    check("a hundred messages in one go", many_messages)
    check("ping answered by pong", ping)
    check("no subprotocol when none is offered", no_subprotocol)
    check("no subprotocol chosen from those offered", no_subprotocol, ["chat", "superchat"])
    check("close with 1000", closes, 1000, "")
    check("close with 3001 and a reason", closes, 3001, "enough")
    check("twenty connections at once", many_connections)


def check(name, function, *args):
    try:
        function(*args)
        print(f"ok {name}", flush=True)
    except Exception as error:
        print(f"FAILED {name}: {type(error).__name__}: {str(error)[:200]}", flush=True)


def opened(**options):
    return connect(URL, proxy=None, max_size=None, open_timeout=TIMEOUT, close_timeout=TIMEOUT, **options)


def same(got, wanted):
    # Not `assert got == wanted`: a mebibyte in an error message helps nobody.
    if got != wanted:
        raise AssertionError(f"got {str(got)[:60]!r} ({type(got).__name__}), not {str(wanted)[:60]!r}")


def echoes(message):
    with opened() as ws:
        ws.send(message)
        same(ws.recv(TIMEOUT), message)


def fragments_echo(fragments):
    with opened() as ws:
        ws.send(fragments)
        same(ws.recv(TIMEOUT), type(fragments[0])().join(fragments))


def many_messages():
    with opened() as ws:
        for i in range(100):
            ws.send(f"message {i}")
        for i in range(100):
            same(ws.recv(TIMEOUT), f"message {i}")


def ping():
    with opened() as ws:
        same(ws.ping(b"are you there?").wait(TIMEOUT), True)
        ws.send("after the pong")
        same(ws.recv(TIMEOUT), "after the pong")


def no_subprotocol(offered=None):
    with opened(subprotocols=offered) as ws:
        same(ws.response.headers.get("Sec-WebSocket-Protocol"), None)


def closes(code, reason):
    with opened() as ws:
        ws.send("last")
        same(ws.recv(TIMEOUT), "last")
        ws.close(code, reason)
        if ws.protocol.close_rcvd is None:
            raise AssertionError("no Close frame came back")
        same(ws.protocol.close_rcvd.code, code)


def many_connections():
    open_at_once = [opened() for _ in range(20)]
    for i, ws in enumerate(open_at_once):
        ws.send(f"connection {i}")
    for i, ws in enumerate(open_at_once):
        same(ws.recv(TIMEOUT), f"connection {i}")
        ws.close()
        same(ws.close_code, 1000)


main()
