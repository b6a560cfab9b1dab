"""The comparison on sockets: the processor time of a server for a message that it echoes."""

import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

from processes import first_core, last_core, rotated

CONNECTIONS = 100
LENGTH = 20
# The command of each server, to which its port is added.
COMMANDS = {
    "raw epoll": ["raw"],
    "C library": ["epoll"],
    "libwebsockets": ["lws"],
    "uWebSockets": ["uws"],
    "Rust on tokio": ["echo", "--io", "tokio", "--listen"],
}


class Server:
    """A server and its clients."""

    def __init__(self, directory, name, in_flight):
        port = free_port()
        program, *options = COMMANDS[name]
        kind = "raw" if name == "raw epoll" else "websocket"
        place = f"127.0.0.1:{port}" if options else str(port)
        # tokio has its threads beside the one that accepts.
        command = ["env", "TOKIO_WORKER_THREADS=1", *first_core(), directory / program]
        self.server = subprocess.Popen([*command, *options, place], stdout=subprocess.DEVNULL)
        load = [directory / "load", port, kind, CONNECTIONS, in_flight, LENGTH]
        pipe = subprocess.PIPE
        self.load = subprocess.Popen(
            [*last_core(), *map(str, load)], stdin=pipe, stdout=pipe, text=True
        )

    def nanoseconds(self, batches):
        """The server's time for a message."""
        before = self.time()
        print(batches, file=self.load.stdin, flush=True)
        messages = int(self.load.stdout.readline())
        return (self.time() - before) / messages

    def time(self):
        """Nanoseconds for which all threads of the server have run, by the kernel's scheduler."""
        threads = Path(f"/proc/{self.server.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.load.stdin.close()
        self.load.wait()
        self.server.terminate()
        self.server.wait()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def fastest(directory, in_flight, starts, rounds, batches):
    """The nanoseconds of each server for a message, of those that were built."""
    names = [name for name, command in COMMANDS.items() if (directory / command[0]).exists()]
    least = dict.fromkeys(names, float("inf"))
    for _ in range(starts):
        with ExitStack() as stack:
            servers = {
                name: stack.enter_context(Server(directory, name, in_flight)) for name in names
            }
            for server in servers.values():
                server.nanoseconds(1)
            for name in rotated(names, rounds):
                least[name] = min(least[name], servers[name].nanoseconds(batches))
    return least
