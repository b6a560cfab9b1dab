"""Any sequence of calls on two connections, with the bytes between them cut anywhere."""

from __future__ import annotations

import websocket_proto as ws
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websocket_proto.exceptions import Error, SendError

TEXTS = st.text(max_size=40) | st.builds(lambda text: text * 500, st.text(max_size=9))
BYTES = st.binary(max_size=60) | st.builds(lambda data: data * 9000, st.binary(max_size=9))
SIDES = st.sampled_from(["client", "server"])
CODES = st.sampled_from([1000, 1001, 1005, 1011, 3000, 4999])
WRONG_CODES = st.sampled_from([-1, 0, 999, 1004, 1006, 1015, 2999, 5000, 70_000])

CALLS = st.one_of(
    st.tuples(st.just("send"), TEXTS | BYTES),
    st.tuples(st.just("start"), st.booleans()),
    st.tuples(st.just("fragment"), st.binary(max_size=30)),
    st.tuples(st.just("finish"), st.binary(max_size=30)),
    st.tuples(st.just("ping"), st.binary(max_size=130)),
    st.tuples(st.just("pong"), st.binary(max_size=130)),
    st.tuples(st.just("close"), CODES),
    st.tuples(st.just("close"), WRONG_CODES),
    st.tuples(st.just("set_compression"), st.booleans()),
    st.tuples(st.just("move"), st.lists(st.integers(1, 3000), max_size=6)),
    st.tuples(st.just("wait"), st.floats(0, 0.1)),
)
STEPS = st.lists(st.tuples(SIDES, CALLS), max_size=40)
PARAMETERS = st.none() | st.builds(
    ws.DeflateParameters,
    server_no_context_takeover=st.booleans(),
    client_no_context_takeover=st.booleans(),
    server_max_window_bits=st.integers(9, 15),
    client_max_window_bits=st.integers(9, 15),
)


class Side:
    """One connection, with what it sent and what it was told."""

    def __init__(self, name, parameters, streaming):
        config = ws.Config(streaming=streaming, deflate=ws.Deflate(minimum=0))
        self.connection = ws.Connection.established(
            client=name == "client", deflate=parameters, config=config, now=0.0
        )
        self.sent, self.pings, self.parts, self.kind = [], [], None, None
        self.messages, self.pinged, self.endings = [], [], []
        self.coming = bytearray()
        self.told_part = None

    def take(self, events):
        for event in events:
            assert not self.endings, f"{event!r} after the end"
            self.note(event)

    def note(self, event):
        match event:
            case ws.Text(data) | ws.Binary(data):
                self.messages.append(data)
            case ws.Start(text):
                self.told_part = (text, [])
            case ws.Chunk(data):
                self.told_part[1].append(data)
            case ws.End():
                text, parts = self.told_part
                whole = b"".join(parts)
                self.messages.append(whole.decode() if text else whole)
            case ws.Ping(payload):
                self.pinged.append(payload)
            case ws.Ended(ending):
                self.endings.append(ending)
            case ws.Pong() | ws.Close():
                pass
            case _:
                raise AssertionError(f"nobody broke the protocol: {event!r}")


class Pair:
    def __init__(self, parameters, streaming):
        self.now = 0.0
        self.client = Side("client", parameters, streaming)
        self.server = Side("server", parameters, streaming)

    def step(self, name, call):
        side = getattr(self, name)
        what, value = call
        method = getattr(self, f"do_{what}", None)
        if method is not None:
            method(side, value)
            return
        try:
            self.call(side, what, value)
        except SendError as error:
            assert error.name and error.code and str(error)

    def call(self, side, what, value):
        if what == "close":
            side.connection.close(value, now=self.now)
        elif what == "start":
            side.connection.start(text=value)
            side.kind, side.parts = value, []
        else:
            getattr(side.connection, what)(value)
        self.remember(side, what, value)

    def remember(self, side, what, value):
        """What was sent without an error, and has to arrive."""
        if what == "send":
            side.sent.append(value)
        elif what == "ping":
            side.pings.append(value)
        elif what in ("fragment", "finish"):
            side.parts.append(value)
        if what == "finish":
            whole = b"".join(side.parts)
            side.sent.append(whole.decode() if side.kind else whole)

    def do_fragment(self, side, data):
        self.text_or_bytes(side, "fragment", data)

    def do_finish(self, side, data):
        self.text_or_bytes(side, "finish", data)

    def text_or_bytes(self, side, what, data):
        """Fragments of a text are ASCII here, as only the whole has to be text."""
        data = bytes(byte & 127 for byte in data) if side.kind else data
        try:
            self.call(side, what, data)
        except SendError as error:
            assert error.name and error.code and str(error)

    def do_set_compression(self, side, enabled):
        side.connection.set_compression(enabled)

    def do_move(self, side, cuts):
        """Output of this side reaches the other, in reads of these lengths."""
        other = self.server if side is self.client else self.client
        other.coming += side.connection.data_to_send()
        for cut in cuts:
            data = bytes(other.coming[:cut])
            del other.coming[:cut]
            other.take(other.connection.receive_data(data, self.now))

    def do_wait(self, _side, seconds):
        self.now += seconds
        for side in (self.client, self.server):
            due = side.connection.timeout()
            if due is not None and due <= self.now:
                side.take(side.connection.handle_timeout(self.now))

    def settle(self):
        """Both sides get everything, and then close."""
        for side in (self.client, self.server):
            if side.kind is not None and side.parts is not None:
                self.text_or_bytes(side, "finish", b"")
        self.exchange()
        for side in (self.client, self.server):
            if side.connection.is_open:
                side.connection.close(now=self.now)
        self.exchange()
        for side in (self.client, self.server):
            side.take(side.connection.receive_eof(self.now))

    def exchange(self):
        for _ in range(8):
            for side in (self.client, self.server):
                self.do_move(side, [1 << 24])


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, parameters=PARAMETERS, streaming=st.booleans())
def test_what_is_sent_arrives_and_nothing_else(steps, parameters, streaming):
    pair = Pair(parameters, streaming)
    for name, call in steps:
        pair.step(name, call)
    pair.settle()
    client, server = pair.client, pair.server
    assert server.messages == client.sent
    assert client.messages == server.sent
    assert server.pinged == client.pings[: len(server.pinged)]
    for side in (client, server):
        assert len(side.endings) == 1
        assert side.connection.state == "closed"
        assert side.connection.transport == "close"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pieces=st.lists(st.binary(max_size=300), max_size=12),
    role=SIDES,
    start=st.sampled_from(["established", "handshake"]),
    calls=st.lists(CALLS, max_size=8),
)
def test_no_bytes_and_no_call_raise_anything_unknown(pieces, role, start, calls):
    connection = beginning(role, start)
    endings = 0
    for number, piece in enumerate(pieces):
        events = connection.receive_data(piece, float(number))
        if number < len(calls) and calls[number][0] not in ("move", "wait"):
            try_call(connection, *calls[number])
        endings += sum(isinstance(event, ws.Ended) for event in events)
        connection.data_to_send()
    endings += sum(isinstance(event, ws.Ended) for event in connection.receive_eof(99.0))
    endings += sum(isinstance(event, ws.Ended) for event in connection.handle_timeout(1e6))
    assert endings == 1


def beginning(role, start):
    if start == "established":
        return ws.Connection.established(client=role == "client", now=0.0)
    if role == "server":
        return ws.Connection.server(now=0.0)
    return ws.Connection.client("ws://h/", now=0.0)


def try_call(connection, what, value):
    try:
        if what == "start":
            connection.start(text=value)
        else:
            getattr(connection, what)(value)
    except Error as error:
        assert error.name
