"""Talks to the examples as a peer would: examples.py DIRECTORY, where they are built."""

import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import zlib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent / "conformance" / "player"))

from notation import Notation  # noqa: E402
from sent import Sent  # noqa: E402

BUILT = Path(sys.argv[1])
# Only to end a test that hangs.
PATIENCE = 60
REQUEST = [
    "GET /chat HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
]


def check(condition, what):
    if not condition:
        raise SystemExit(f"failed: {what}")


class Server:
    """A server of the examples, on a port of its own."""

    def __init__(self, name):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([BUILT / name, str(self.port)])

    def connect(self):
        while True:
            check(self.process.poll() is None, "the server runs")
            try:
                return socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            except ConnectionRefusedError:
                continue

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Client:
    """A client that writes what it likes, and reads strictly."""

    def __init__(self, server, extensions=()):
        self.socket = server.connect()
        self.notation = Notation("server")
        self.sent = Sent("server", True)
        self.items = []
        self.write({"head": [*REQUEST, *extensions]})
        self.response = self.next()["response"]
        check(self.response["status"] == 101, "the handshake")

    def write(self, notation):
        self.socket.sendall(self.notation.bytes(notation))

    def next(self):
        """The next frame; None at the end of the stream."""
        while not self.items:
            read = self.socket.recv(1 << 16)
            if not read:
                return None
            self.items += self.sent.take(read)
        return self.items.pop(0)

    def echoes(self, notation, **expected):
        self.write(notation)
        got = self.next()
        check(got == {**got, **expected}, f"{notation} is answered by {expected}")


def closes(client, frame, code):
    """The Close frame that answers this, and the end of the stream."""
    client.write(frame)
    close = client.next()
    check(close and close.get("close") == code, f"{code} for {frame}")
    client.socket.shutdown(socket.SHUT_WR)
    check(client.next() is None, "the stream ends")
    client.socket.close()


def talk(server):
    client = Client(server)
    client.echoes({"frame": "text", "text": "héllo"}, text="héllo", fin=True)
    client.echoes({"frame": "binary", "payload": "000102"}, binary="000102")
    client.echoes({"frame": "ping", "payload": "61"}, pong="61")
    fragments = [
        {"frame": "text", "text": "a", "fin": False},
        {"frame": "continuation", "text": "b"},
    ]
    client.echoes(fragments, text="ab")
    closes(client, {"frame": "close", "code": 1000, "reason": "bye"}, 1000)
    closes(Client(server), {"frame": "text", "payload": "ff"}, 1007)
    closes(Client(server), {"frame": "text", "rsv": 1}, 1002)


def send_much(server):
    """A message that no buffer of a socket holds, written while its echo is read."""
    client = Client(server)
    data = random.Random(1).randbytes(8 << 20)
    writer = threading.Thread(target=client.write, args=({"frame": "binary", "payload": data.hex()},))
    writer.start()
    check(client.next()["binary"] == data.hex(), "much is echoed")
    writer.join()
    closes(client, {"frame": "close", "code": 1001}, 1001)


def many(server):
    clients = [Client(server) for _ in range(200)]
    for number, client in enumerate(clients):
        client.write({"frame": "text", "text": f"{number}"})
    for number, client in enumerate(clients):
        check(client.next()["text"] == str(number), "each has its own")
    for client in clients:
        closes(client, {"frame": "close", "code": 1000}, 1000)


def send_a_turn(server):
    """A message that takes all the reads of a turn is answered, though nothing follows it."""
    client = Client(server)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    client.socket.settimeout(20)  # After 30 s, the keepalive would have the server look.
    data = bytes(15 * 65536 + 32768).hex()
    for _ in range(3):
        server.process.send_signal(signal.SIGSTOP)
        writer = threading.Thread(target=client.write, args=({"frame": "binary", "payload": data},))
        writer.start()
        writer.join(0.2)
        server.process.send_signal(signal.SIGCONT)
        echo = client.next()
        check(echo.get("binary") == data, f"an echo of a turn's length, and not {str(echo)[:40]}")
        writer.join()
    closes(client, {"frame": "close", "code": 1000}, 1000)


def compress(server):
    client = Client(server, ["Sec-WebSocket-Extensions: permessage-deflate"])
    if "sec-websocket-extensions" not in client.response["headers"]:
        return
    deflater = zlib.compressobj(wbits=-15)
    for text in ["news " * 100, "news " * 100]:
        data = deflater.compress(text.encode()) + deflater.flush(zlib.Z_SYNC_FLUSH)
        frame = {"frame": "text", "rsv": 4, "payload": data[:-4].hex()}
        client.echoes(frame, text=text, compressed=True)
    closes(client, {"frame": "close"}, 1005)


def ping(server):
    """Pings that come in one read are answered one by one, while the socket takes it."""
    client = Client(server)
    payloads = [f"{number:02x}" for number in range(10)]
    client.write([{"frame": "ping", "payload": payload} for payload in payloads])
    for payload in payloads:
        pong = client.next()
        check(pong.get("pong") == payload, f"a pong for {payload}, and not {pong}")
    closes(client, {"frame": "close", "code": 1000}, 1000)


def certificate(directory, name):
    key, path = directory / f"{name}.key", directory / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", key, "-out", path]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return context, path


def pump(source, target):
    """Passes on what comes, and the end of it."""
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        if isinstance(target, ssl.SSLSocket):
            target.unwrap()
        else:
            target.shutdown(socket.SHUT_WR)
    except (OSError, ValueError):
        pass


def serve_tls(listener, context, server, times):
    """TLS in front of a server, for some connections."""
    for _ in range(times):
        plain, _ = listener.accept()
        try:
            outer = context.wrap_socket(plain, server_side=True)
        except ssl.SSLError:
            continue
        inner = server.connect()
        pumps = [(outer, inner), (inner, outer)]
        threads = [threading.Thread(target=pump, args=pair) for pair in pumps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def try_tls(server):
    with tempfile.TemporaryDirectory() as name, socket.socket() as listener:
        context, good = certificate(Path(name), "localhost")
        _, other = certificate(Path(name), "other")
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        arguments = (listener, context, server, 2)
        thread = threading.Thread(target=serve_tls, args=arguments, daemon=True)
        thread.start()
        url = f"wss://localhost:{listener.getsockname()[1]}/"
        check(tls(url, good) == (0, "héllo\n"), "an echo through TLS")
        check(tls(url, other)[0] == 1, "a certificate of somebody else is refused")
        check(tls("ws://localhost/", good)[0] == 2, "only wss")
        thread.join(PATIENCE)


def tls(url, ca):
    run = subprocess.run([BUILT / "tls", url, "héllo", ca], stdout=subprocess.PIPE, timeout=PATIENCE)
    return run.returncode, run.stdout.decode()


def main():
    with Server("echo") as server:
        talk(server)
        send_much(server)
        try_tls(server)
    for name in ("epoll", "libuv"):
        with Server(name) as server:
            talk(server)
            send_much(server)
            many(server)
            compress(server)
            if name == "epoll":
                ping(server)
                send_a_turn(server)
    print("the examples do what they say")


main()
