"""Our wscat against one of the servers: wscat_checks.py 'PEER COMMAND' WSCAT [ARGUMENT...]"""

import queue
import random
import shlex
import socket
import string
import subprocess
import sys
import threading

TIMEOUT = 15
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
WSCAT = sys.argv[2:]
BITS = range(8, 16)  # our side can be told 8, theirs cannot
NEITHER = ["server_no_context_takeover", "client_no_context_takeover"]
PARAMETERS = [  # that the server decides on
    [],
    *([f"server_max_window_bits={bits}"] for bits in BITS[1:]),
    *([f"client_max_window_bits={bits}"] for bits in BITS),
    *([parameter] for parameter in NEITHER),
    NEITHER,
    [*NEITHER, "server_max_window_bits=9", "client_max_window_bits=9"],
]


class Program:
    """A child whose output lines are read with a timeout."""

    def __init__(self, command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self.lines = queue.Queue()
        self.errors = []
        self.readers = [
            threading.Thread(target=self.read, args=(self.process.stdout, self.lines.put), daemon=True),
            threading.Thread(target=self.read, args=(self.process.stderr, self.errors.append), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, keep):
        for line in stream:
            keep(line.decode().rstrip("\n"))
        keep(None)

    def write(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def line(self):
        try:
            return self.lines.get(timeout=TIMEOUT)
        except queue.Empty:
            raise AssertionError(f"no line within {TIMEOUT} s; its errors: {self.complaint()}") from None

    def says(self, wanted):
        got = self.line()
        if got is None:
            self.exit_code()
            raise AssertionError(f"ended instead of saying {wanted[:80]!r}; its errors: {self.complaint()}")
        same(got, wanted, "line")

    def end_input(self):
        self.process.stdin.close()

    def exit_code(self):
        code = self.process.wait(TIMEOUT)
        for reader in self.readers:
            reader.join(TIMEOUT)
        return code

    def complaint(self):
        return " ".join(line for line in self.errors if line)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def main():
    with Program(shlex.split(sys.argv[1])) as peer:
        url = peer.line().removeprefix("listening on ")
        check("lines there and back, closed with 1000", peer, echo, url + "/", ["one", "", "κόσμε 𝄞", "x" * 100_000])
        check("lines of all sizes", peer, echo, url + "/", ["x" * size for size in SIZES])
        check("lines in fragments", peer, echo, url + "/", ["x" * 1000, "κόσμε 𝄞", "one"], "--fragment", "3")
        check("lines in fragments, binary", peer, echo, url + "/", ["x" * (1 << 20)], "--binary", "--fragment", "1000")
        check("text without --binary", peer, answers, url + "/kind", [], "four", "text 4")
        check("--binary", peer, answers, url + "/kind", ["--binary"], "four", "binary 4")
        check("--header twice", peer, greeted, url + "/headers", ["--header", "X-First: 1", "--header", "X-Second: b c"], "1 b c")
        check("--subprotocol twice", peer, subprotocol, url + "/subprotocol")
        check("a ping is answered", peer, greeted, url + "/ping", [], "ponged")
        check("fragments with pings between them", peer, greeted, url + "/fragments", [], "fragmented κόσμε", "ponged")
        check("the server closes first, with 1001", peer, server_leaves, url + "/leave")
        check("a dropped connection is not a clean close", peer, server_drops, url + "/drop")
        check("refused with 401: exit code, status and body", peer, refused, url + "/refuse", "401", "not without a ticket")
        check("redirected: exit code, status and place", peer, refused, url + "/redirect", "302", "/elsewhere")
        if "--deflate" in WSCAT:
            for parameters in PARAMETERS:
                check(f"compressed, {' '.join(parameters) or 'no parameters'}", peer, compresses, url + "/deflate", parameters)
            check("compressed, in fragments", peer, compresses, url + "/deflate", [], "--fragment", "1000")
    check("nobody listens: exit code and a message", None, nobody)


def check(name, peer, function, *args):
    try:
        function(*([peer] if peer else []), *args)
        print(f"ok {name}", flush=True)
    except Exception as error:
        print(f"FAILED {name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)


def wscat(url, *options):
    return Program([*WSCAT, url, *options])


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {str(got)[:80]!r}, not {str(wanted)[:80]!r}")


def ends_cleanly(peer, cat, url, code=1000):
    same(cat.exit_code(), 0, f"exit code (errors: {cat.complaint()})")
    same(cat.line(), None, "the rest of the output")
    same(peer.line(), f"closed /{url.rsplit('/', 1)[1]} {code}", "the server's view")


def echo(peer, url, lines, *options):
    # One at a time: a server may answer a Close frame before the messages that came with it.
    with wscat(url, *options) as cat:
        for line in lines:
            cat.write(line)
            cat.says(line)
        cat.end_input()
        ends_cleanly(peer, cat, url)


def answers(peer, url, options, line, answer):
    with wscat(url, *options) as cat:
        cat.write(line)
        cat.says(answer)
        cat.end_input()
        ends_cleanly(peer, cat, url)


def greeted(peer, url, options, *greetings):
    with wscat(url, *options) as cat:
        for greeting in greetings:
            cat.says(greeting)
        cat.end_input()
        ends_cleanly(peer, cat, url)


def subprotocol(peer, url):
    with wscat(url, "--subprotocol", "chat", "--subprotocol", "superchat") as cat:
        cat.says("superchat of chat, superchat")
        cat.end_input()
        ends_cleanly(peer, cat, url)


def compresses(peer, url, parameters, *options):
    with wscat(f"{url}?{'&'.join(parameters)}", *options) as cat:
        name, *agreed = cat.line().split("; ")
        same((name, set(agreed)), ("permessage-deflate", set(parameters)), "extension")
        for size in SIZES[:-1]:
            sent_for(cat, ("κόσμε 𝄞 " * size)[:size])
            sent_for(cat, noise(size))
        long = "All that is gold does not glitter. " * 2000
        same(sent_for(cat, long) < len(long) / 5, True, "a long line is short")
        sent_for(cat, line := noise(200))
        same(sent_for(cat, line) > 100, "client_no_context_takeover" in parameters, "a line is sent again")
        cat.end_input()
        ends_cleanly(peer, cat, url)


def noise(size):
    return "".join(random.choices(string.ascii_letters + string.digits, k=size))


def sent_for(cat, line):
    """About the bytes that the line took."""
    before = received(cat)
    cat.write(line)
    cat.says(line)
    return received(cat) - before


def received(cat):
    cat.write("how many bytes?")
    return int(cat.line())


def server_leaves(peer, url):
    with wscat(url) as cat:  # its input stays open
        cat.says("bye")
        ends_cleanly(peer, cat, url, 1001)


def server_drops(peer, url):
    with wscat(url) as cat:
        cat.says("bye")
        if cat.exit_code() == 0:
            raise AssertionError("exit code 0")
        peer.line()


def refused(_peer, url, *told):
    with wscat(url) as cat:
        if cat.exit_code() == 0:
            raise AssertionError("exit code 0")
        for what in told:
            if what not in cat.complaint():
                raise AssertionError(f"no {what} in its errors: {cat.complaint()}")
        same(cat.line(), None, "output")


def nobody():
    with socket.socket() as bound:  # bound and not listening, so nobody else takes the port
        bound.bind(("127.0.0.1", 0))
        with wscat(f"ws://127.0.0.1:{bound.getsockname()[1]}/") as cat:
            if cat.exit_code() == 0:
                raise AssertionError("exit code 0")
            if not cat.complaint():
                raise AssertionError("no message")


main()
