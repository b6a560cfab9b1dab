"""`websocket_proto.Connection` as the player drives it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1

import websocket_proto as ws
from driver import Answers
from telling import Driving, options, unhexed
from websocket_proto.exceptions import Error

SECOND = 1_000_000_000
SAMPLE_KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
SAMPLE_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
TIMES = ("handshake_timeout", "close_timeout", "write_timeout", "message_timeout")
PARAMETERS = (
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
)


# Where an application acts, or output leaves, between two events of one read.
BETWEEN_EVENTS = ("F16b", "F19b", "F20b", "F29a", "T12")


def reason_to_skip(vector):
    """Why the interface cannot be asked this; None if it can."""
    if any(isinstance(step.get("write"), int) for step in vector["steps"]):
        return "data_to_send() hands out all that waits"
    return None


class Driver(Driving):
    def begin(self, vector, role, manner):
        self.role = role
        self.echoes, self.held = vector.get("echo", False), vector.get("held", False)
        # By either way that there is to receive, where both lead to the same.
        streaming = "option streaming 1" in manner
        self.one_at_a_time = streaming or vector["id"] in BETWEEN_EVENTS
        self.config = configuration(vector.get("config", {}), streaming)
        self.now, self.key, self.parts = 0.0, SAMPLE_KEY, None
        self.answers = Answers()
        self.connection = None
        if vector.get("start") != "handshake":
            agreed = vector.get("agreed")
            self.connection = ws.Connection.established(
                client=role == "client",
                deflate=None if agreed is None else ws.DeflateParameters(**agreed),
                config=self.config,
                now=0.0,
            )
        elif role == "server":
            self.connection = ws.Connection.server(config=self.config, now=0.0)

    def step(self, what, *words):
        self.answers = Answers()
        getattr(self, f"do_{what}")(*words)
        if self.connection is not None and what != "clock":
            self.look(self.connection.receive_data(b"", self.now))
            self.note_state()
        return self.answers

    def note_state(self):
        self.answers.transport = self.connection.transport
        deflate = self.connection.deflate
        if deflate is not None:
            self.answers.agreed = [int(getattr(deflate, name)) for name in PARAMETERS]
        self.answers.lenient = list(self.connection.leniency_used)

    # What arrives.

    def do_in(self, data, *lengths):
        data = unhexed(data).replace(SAMPLE_ACCEPT, accept_of(self.key))
        super().do_in("x" + data.hex(), *lengths)

    def receive(self, data):
        if self.one_at_a_time:
            for event in self.connection.events(data, self.now):
                self.look([event])
        else:
            self.look(self.connection.receive_data(data, self.now))

    def do_eof(self):
        self.look(self.connection.receive_eof(self.now))

    def do_at(self, time):
        end = int(time) / SECOND
        while (due := self.connection.timeout()) is not None and due <= end:
            self.now = max(self.now, due)
            self.look(self.connection.handle_timeout(self.now))
        self.now = end
        self.look(self.connection.handle_timeout(self.now))

    def do_clock(self, time):
        self.now = int(time) / SECOND

    def do_write(self, _number):
        self.write()

    def look(self, events):
        for event in events:
            self.echo(event)
            self.tell_event(event)
        if not self.held:
            self.write()

    def echo(self, event):
        if not self.echoes:
            return
        if isinstance(event, ws.Text):
            self.send_if_open(event.data)
        elif isinstance(event, ws.Start):
            self.parts = []
        elif isinstance(event, ws.Chunk):
            self.parts.append(event.data)
        elif isinstance(event, ws.End):
            self.send_if_open(b"".join(self.parts).decode())

    def send_if_open(self, text):
        """A later event of the same read may have ended the connection."""
        if self.connection.is_open:
            self.connection.send(text)

    def write(self):
        if self.connection is None:
            return
        sent = self.connection.data_to_send()
        self.answers.sent += sent.replace(self.key, SAMPLE_KEY)

    def tell_event(self, event):
        match event:
            case ws.Text(data):
                self.tell("text", data=data.encode())
            case ws.Binary(data):
                self.tell("binary", data=data)
            case ws.Start(text):
                self.tell("message-start", is_text=int(text))
            case ws.Chunk(data):
                self.tell("message-chunk", data=data)
            case ws.End():
                self.tell("message-end")
            case ws.Ping(payload):
                self.tell("ping", data=payload)
            case ws.Pong(payload, round_trip):
                self.tell("pong", data=payload, **nanoseconds("round_trip", round_trip))
            case ws.Close(code, reason):
                self.tell("close", code=code, data=reason.encode())
            case ws.Failed(error):
                self.tell("fails", why=error.name)
            case ws.Ended(ending):
                tell_ending(self, ending)
            case ws.Request():
                tell_request(self, event)
            case ws.Open(response):
                tell_response(self, "open", response)
            case ws.Refused():
                tell_response(self, "refused", event.response)
            case _:
                raise AssertionError(f"an event that is none: {event!r}")

    # What the application does.

    def call(self, function, *arguments, **named):
        try:
            result = function(*arguments, **named)
        except Error as error:
            self.answers.refused = error.name
            return
        self.look(result or [])

    def do_connect(self, url, *words):
        try:
            names, headers, _ = options(words)
            self.connection = ws.Connection.client(
                unhexed(url).decode(),
                subprotocols=names,
                headers=texts(headers),
                config=self.config,
                now=self.now,
            )
        except Error as error:
            self.answers.refused = error.name
            return
        sent = self.connection.data_to_send()
        self.key = sent.split(b"Sec-WebSocket-Key: ")[1][: len(SAMPLE_KEY)]
        self.answers.sent += sent.replace(self.key, SAMPLE_KEY)

    def do_accept(self, *words):
        names, headers, _ = options(words)
        self.call(
            self.connection.accept,
            subprotocol=names[0] if names else None,
            headers=texts(headers),
            now=self.now,
        )

    def do_reject(self, status, *words):
        _, headers, body = options(words)
        self.call(
            self.connection.reject,
            int(status),
            headers=texts(headers),
            body=b"" if body is None else body,
            now=self.now,
        )

    def do_send_text(self, data):
        self.call(self.connection.send, unhexed(data).decode())

    def do_send_binary(self, data):
        self.call(self.connection.send, unhexed(data))

    def do_start(self, kind):
        self.call(self.connection.start, text=kind == "text")

    def do_fragment(self, data):
        self.call(self.connection.fragment, unhexed(data))

    def do_finish(self, data):
        self.call(self.connection.finish, unhexed(data))

    def do_ping(self, data):
        self.call(self.connection.ping, unhexed(data))

    def do_pong(self, data):
        self.call(self.connection.pong, unhexed(data))

    def do_close(self, code, reason):
        self.call(self.connection.close, int(code), unhexed(reason).decode(), now=self.now)

    def do_abort(self):
        self.call(self.connection.abort, now=self.now)


def tell_request(driver, request):
    members = {} if request.query is None else {"query": request.query.encode()}
    driver.tell(
        "request",
        pairs(request.headers),
        target=request.target.encode(),
        path=request.path.encode(),
        authority=request.host.encode(),
        same_origin=int(request.is_origin_allowed()),
        subprotocols=list(request.subprotocols),
        **members,
    )


def tell_response(driver, name, response):
    chosen = response.subprotocol
    driver.tell(
        name,
        pairs(response.headers),
        status=response.status,
        truncated=int(response.is_body_truncated),
        body=response.body,
        **({} if chosen is None else {"subprotocol": chosen.encode()}),
    )


def tell_ending(driver, ending):
    """Members that are None are missing."""
    members = {
        "how": ending.cause,
        "deadline": ending.deadline,
        "fault": ending.fault.name if ending.fault is not None else None,
        "initiator": ending.initiator,
        "code": ending.code,
        "sent": ending.sent.code if ending.sent is not None else None,
        "received": ending.received.code if ending.received is not None else None,
        "message_lost": int(ending.message_lost),
        "stalled": round(ending.stalled * SECOND),
    }
    driver.tell("ended", **{name: value for name, value in members.items() if value is not None})


def nanoseconds(name, seconds):
    return {} if seconds is None else {name: round(seconds * SECOND)}


def pairs(headers):
    """Values that are not UTF-8 are read with surrogates."""
    return [
        (name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()
    ]


def texts(headers):
    return [(name.decode(), value.decode()) for name, value in headers]


def accept_of(key):
    guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return b64encode(sha1(key + guid).digest())


def configuration(config, streaming):
    """The configuration of a vector as a `Config`."""
    config = dict(config)
    options = {"streaming": streaming}
    if "lenient" in config:
        options["leniency"] = config.pop("lenient")
    if (keepalive := config.pop("keepalive", None)) is not None:
        options["keepalive"] = ws.Keepalive(**keepalive) if keepalive else None
    if (deflate := config.pop("deflate", None)) is not None:
        options["deflate"] = compression(deflate)
    for name in TIMES:
        if config.get(name) is False:
            config[name] = None
    return ws.Config(**options, **config)


def compression(deflate):
    """What a server asks for and what a client offers are one set of parameters in Python."""
    deflate = dict(deflate)
    parameters = deflate.pop("policy", None) or deflate.pop("offer", {})
    deflate.pop("offer", None)
    parameters = {name: window(name, value) for name, value in parameters.items()}
    fallback = deflate.pop("fallback", None)
    if fallback is not None:
        fallback = {name: window(name, value) for name, value in fallback.items()}
        deflate["fallback"] = ws.Deflate(**fallback)
    return ws.Deflate(**parameters, **deflate)


def window(name, value):
    return None if value is False and name.endswith("bits") else value
