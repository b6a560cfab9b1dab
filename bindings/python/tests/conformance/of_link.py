"""`websocket_proto.asyncio`'s connection as the player drives it, over a transport in memory."""

from __future__ import annotations

import asyncio
import copy

import of_connection
from driver import Answers
from of_connection import SAMPLE_KEY, accept_of, configuration, tell_ending, texts
from telling import Driving, options, unhexed
from websocket_proto._core import ClientRequest
from websocket_proto.asyncio.connection import Connection
from websocket_proto.exceptions import ConnectionClosed, Error

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: " + SAMPLE_KEY + b"\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n%s\r\n"
)
FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
WINDOWS = ("server_max_window_bits", "client_max_window_bits")
SETTLED = 4


def reason_to_skip(vector):
    """Why an asyncio connection cannot be asked this; None if it can."""
    if vector.get("held"):
        return "output goes to the transport as it is made"
    for step in vector["steps"]:
        if "at" in step and (step.get("events") or step.get("sends") or step.get("transport")):
            return "its clock is the loop's"
        if "clock" in step:
            return "its clock is the loop's"
    if 8 in vector.get("agreed", {}).values():
        return "a handshake does not lead to a window of 8 bits, with which nothing is compressed"
    return None


class Transport(asyncio.Transport):
    """Keeps what is written, and that it was closed."""

    def __init__(self, connection):
        super().__init__()
        self.connection, self.written = connection, bytearray()
        self.is_reading, self.closing = True, False

    def get_protocol(self):
        return self.connection

    def write(self, data):
        self.written += data

    def writelines(self, pieces):
        for piece in pieces:
            self.written += piece

    def can_write_eof(self):
        return True

    def write_eof(self):
        pass

    def get_write_buffer_size(self):
        return 0

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def is_closing(self):
        return self.closing

    def close(self):
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    abort = close

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True


class Listener:
    """Tells the driver what happens."""

    def __init__(self, driver):
        self.driver, self.parts = driver, None

    def on_request(self, _link, request):
        if self.driver.tells:
            of_connection.tell_request(self.driver, request)

    def on_open(self, _link, response):
        if self.driver.tells:
            of_connection.tell_response(self.driver, "open", response)

    def on_refused(self, _link, response):
        of_connection.tell_response(self.driver, "refused", response)

    def on_text(self, link, data):
        self.driver.tell("text", data=data.encode())
        self.echo(link, data)

    def on_binary(self, _link, data):
        self.driver.tell("binary", data=data)

    def on_start(self, _link, text):
        self.parts = []
        self.driver.tell("message-start", is_text=int(text))

    def on_chunk(self, _link, data):
        self.parts.append(data)
        self.driver.tell("message-chunk", data=data)

    def on_end(self, link):
        self.driver.tell("message-end")
        self.echo(link, b"".join(self.parts))

    def echo(self, link, text):
        if self.driver.echoes:
            link.send_nowait(text if isinstance(text, str) else text.decode())

    def on_ping(self, _link, payload):
        self.driver.tell("ping", data=payload)

    def on_pong(self, _link, payload, round_trip):
        members = of_connection.nanoseconds("round_trip", round_trip)
        self.driver.tell("pong", data=payload, **members)

    def on_close(self, _link, code, reason):
        self.driver.tell("close", code=code, data=reason.encode())

    def on_ended(self, _link, ending):
        """There is no event for a violation: the ending has it."""
        if ending.error is not None and ending.cause == "failed":
            self.driver.tell("fails", why=ending.error.name)
        tell_ending(self.driver, ending)


class Driver(Driving):
    def __init__(self, loop):
        self.loop, self.link = loop, None

    def begin(self, vector, role, manner):
        self.end_last()
        self.role, self.echoes = role, vector.get("echo", False)
        self.streaming = "option streaming 1" in manner
        config = dict(vector.get("config", {}))
        agreed = vector.get("agreed")
        if agreed is not None:
            config["deflate"] = {**config.get("deflate", {}), **as_asked_for(role, agreed)}
        self.config = configuration(config, self.streaming)
        self.answers, self.key, self.link = Answers(), SAMPLE_KEY, None
        opened = vector.get("start") != "handshake"
        self.tells = not opened
        if role == "server" or opened:
            self.run(self.start, "ws://h/" if role == "client" else None)
        if opened:
            self.run(self.open, extension(agreed))
        self.tells = True

    def end_last(self):
        """Lets the connection of the last vector end, and tell nothing more."""
        if self.link is not None:
            self.link.set_listener(None)
            self.run(self.transport.abort)

    def run(self, function, *arguments):
        """Calls it in the loop, and lets the loop do what follows."""
        self.loop.run_until_complete(self.settled(function, *arguments))

    async def settled(self, function, *arguments):
        function(*arguments)
        for _ in range(SETTLED):
            await asyncio.sleep(0)

    def start(self, beginning, **named):
        listener = Listener(self)
        self.link = Connection(beginning, config=self.config, listener=listener, **named)
        self.transport = Transport(self.link)
        self.link.connection_made(self.transport)

    def open(self, extension):
        if self.role == "server":
            self.give(REQUEST % extension)
            self.link.accept()
        else:
            head = bytes(self.transport.written)
            key = head.split(b"Sec-WebSocket-Key: ")[1][: len(SAMPLE_KEY)]
            self.give(RESPONSE % (accept_of(key), extension))
        self.loop.call_soon(self.transport.written.clear)

    def step(self, what, *words):
        self.answers = Answers()
        self.run(getattr(self, f"do_{what}"), *words)
        if self.link is not None:
            self.take_written()
            deflate = self.link.deflate
            if deflate is not None:
                names = of_connection.PARAMETERS
                self.answers.agreed = [int(getattr(deflate, name)) for name in names]
        self.answers.transport = "not compared"
        return self.answers

    def take_written(self):
        sent = bytes(self.transport.written)
        self.transport.written.clear()
        self.answers.sent += sent.replace(self.key, SAMPLE_KEY)

    # What arrives.

    def do_in(self, data, *lengths):
        data = unhexed(data).replace(of_connection.SAMPLE_ACCEPT, accept_of(self.key))
        super().do_in("x" + data.hex(), *lengths)

    def receive(self, data):
        """By either way that transports know."""
        if self.transport.closing:
            return
        if self.streaming:
            self.link.data_received(data)
        else:
            self.give(data)

    def give(self, data):
        while data:
            window = self.link.get_buffer(-1)
            count = min(len(window), len(data))
            window[:count] = data[:count]
            self.link.buffer_updated(count)
            data = data[count:]

    def do_eof(self):
        if self.link is None or self.transport.closing:
            return
        if not self.link.eof_received():
            self.transport.close()

    def do_at(self, _time):
        pass

    # What the application does.

    def call(self, function, *arguments, **named):
        try:
            function(*arguments, **named)
        except ConnectionClosed:
            self.answers.refused = "closed"
        except Error as error:
            self.answers.refused = error.name

    def do_connect(self, url, *words):
        names, headers, _ = options(words)
        self.call(self.connect, unhexed(url).decode(), names, texts(headers))

    def connect(self, url, names, headers):
        self.start(ClientRequest(url, subprotocols=names, headers=headers))
        self.loop.call_soon(self.note_key)

    def note_key(self):
        head = bytes(self.transport.written)
        self.key = head.split(b"Sec-WebSocket-Key: ")[1][: len(SAMPLE_KEY)]

    def do_accept(self, *words):
        names, headers, _ = options(words)
        chosen = names[0] if names else None
        self.call(self.link.accept, subprotocol=chosen, headers=texts(headers))

    def do_reject(self, status, *words):
        _, headers, body = options(words)
        self.call(self.link.reject, int(status), headers=texts(headers), body=body)

    def do_send_text(self, data):
        self.call(self.link.send_nowait, unhexed(data).decode())

    def do_send_binary(self, data):
        self.call(self.link.send_nowait, unhexed(data))

    def do_start(self, kind):
        self.call(self.link.start, kind == "text")

    def do_fragment(self, data):
        self.call(self.link.fragment, unhexed(data))

    def do_finish(self, data):
        self.call(self.link.finish, unhexed(data))

    def do_ping(self, data):
        self.call(self.link.send_ping, unhexed(data))

    def do_pong(self, data):
        self.call(self.link.send_pong, unhexed(data))

    def do_close(self, code, reason):
        self.call(self.link.start_close, int(code), unhexed(reason).decode())

    def do_abort(self):
        self.call(self.link.abort)


def adapted(vector):
    """The vector without what is not shown, and violations where they are: with the ending."""
    vector = copy.deepcopy(vector)
    failure = []
    for step in vector["steps"]:
        step.pop("transport", None)
        step.pop("lenient", None)
        events = []
        for event in step.get("events", []):
            if "fails" in event:
                failure = [event]
                continue
            if "ended" in event:
                events += failure
                failure = []
            events.append(event)
        if "events" in step:
            step["events"] = events
    return vector


def as_asked_for(role, agreed):
    """What to ask for so that these parameters are agreed on."""
    return {"offer" if role == "client" else "policy": agreed}


def extension(agreed):
    if agreed is None:
        return b""
    shown = ["permessage-deflate"]
    shown += [name for name in FLAGS if agreed.get(name)]
    shown += [f"{name}={agreed[name]}" for name in WINDOWS if name in agreed]
    return b"Sec-WebSocket-Extensions: " + "; ".join(shown).encode() + b"\r\n"
