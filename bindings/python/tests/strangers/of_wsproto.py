"""The sans-I/O layer of `wsproto` as the player drives it."""

from __future__ import annotations

from unittest import mock
from urllib.parse import urlsplit

import h11
from telling import Message, Stranger, options, unhexed
from wsproto import WSConnection
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

NAME = "wsproto"
SAMPLE_KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
REFUSALS = (LocalProtocolError, h11.LocalProtocolError, ValueError, TypeError)


class Driver(Stranger):
    def open(self, vector, agreed):
        self.message, self.started, self.sends_text = Message(), None, None
        self.answer, self.deflate, self.over = None, None, False
        kind = ConnectionType.CLIENT if self.role == "client" else ConnectionType.SERVER
        if vector.get("start") == "handshake":
            self.connection = WSConnection(kind)
            self.deflate = self.extension()
            return
        extensions = []
        if agreed is not None:
            self.deflate = PerMessageDeflate()
            self.deflate.finalize(response_for(agreed))
            extensions = [self.deflate]
        self.connection = Connection(kind, extensions)

    def extension(self):
        """Compression as it is offered or agreed to."""
        deflate = self.config.get("deflate")
        if deflate is None:
            return None
        given = deflate.get("offer" if self.role == "client" else "policy", {})
        names = ("server_no_context_takeover", "client_no_context_takeover")
        windows = ("server_max_window_bits", "client_max_window_bits")
        return PerMessageDeflate(
            **{name: given.get(name, False) for name in names},
            **{name: given.get(name) or None for name in windows},
        )

    def agreed(self):
        if self.deflate is None or not self.deflate.enabled():
            return False
        deflate = self.deflate
        return [
            int(deflate.server_no_context_takeover),
            int(deflate.client_no_context_takeover),
            deflate.server_max_window_bits,
            deflate.client_max_window_bits,
        ]

    # What arrives.

    def receive(self, data):
        """The documents have an application stop at the end, or at a failure."""
        if self.over or self.failed or self.connection.state is ConnectionState.CLOSED:
            return
        try:
            self.connection.receive_data(data)
        except RemoteProtocolError as error:
            self.tell_failure()
            if self.role == "server" and error.event_hint is not None:
                self.send(error.event_hint)
            return
        self.look()

    def do_eof(self):
        if self.over or self.connection.state is ConnectionState.CLOSED or self.failed:
            return
        self.over = True
        try:
            self.connection.receive_data(None)
        except RemoteProtocolError:
            return
        if isinstance(self.connection, WSConnection) and self.connection.connection is None:
            self.look()

    def look(self):
        for event in self.connection.events():
            if isinstance(event, CloseConnection):
                self.look_at_close(event)
            elif isinstance(event, (TextMessage, BytesMessage)):
                self.look_at_message(event)
            elif isinstance(event, Ping):
                self.tell("ping", data=bytes(event.payload))
                if self.config.get("automatic_pong", True):
                    self.reply(event.response())
            elif isinstance(event, Pong):
                self.tell("pong", data=bytes(event.payload))
            else:
                self.look_at_handshake(event)

    def look_at_close(self, event):
        """A violation is shown as a Close frame that came, but leaves the state as it was."""
        state = self.connection.state
        if state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            self.tell_failure()
        else:
            self.tell("close", code=int(event.code), data=(event.reason or "").encode())
        if state in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING):
            self.send(event.response())

    def look_at_message(self, event):
        whole = self.message.add(
            event.data, first=self.message.parts is None, last=event.message_finished
        )
        if whole is not None:
            self.tell_message(whole)
            if self.echoes and isinstance(whole, str):
                self.reply(TextMessage(whole))

    def look_at_handshake(self, event):
        if isinstance(event, Request):
            members = {"target": event.target.encode(), "subprotocols": event.subprotocols}
            self.tell(
                "request", event.extra_headers, path=b"", authority=b"", same_origin=0, **members
            )
        elif isinstance(event, AcceptConnection):
            chosen = event.subprotocol
            members = {} if chosen is None else {"subprotocol": chosen.encode()}
            self.tell("open", event.extra_headers, status=101, truncated=0, body=b"", **members)
        elif isinstance(event, RejectConnection):
            self.answer = (event, b"")
            if not event.has_body:
                self.tell_answer()
        elif isinstance(event, RejectData):
            rejection, body = self.answer
            self.answer = (rejection, body + event.data)
            if event.body_finished:
                self.tell_answer()

    def tell_answer(self):
        event, body = self.answer
        self.tell("refused", event.headers, status=event.status_code, truncated=0, body=body)

    # What the application does.

    def send(self, event):
        self.answers.sent += self.connection.send(event)

    def reply(self, event):
        """An answer, which is left out where the state does not allow it."""
        try:
            self.send(event)
        except LocalProtocolError:
            pass

    def call(self, *events):
        try:
            for event in events:
                self.send(event)
        except REFUSALS:
            self.refuse()
            return False
        return True

    def do_connect(self, url, *words):
        parts = urlsplit(unhexed(url).decode())
        subprotocols, headers, _ = options(words)
        request = Request(
            host=parts.netloc,
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            subprotocols=subprotocols,
            extra_headers=headers,
            extensions=[self.deflate] if self.deflate is not None else [],
        )
        with mock.patch("wsproto.handshake.generate_nonce", return_value=SAMPLE_KEY):
            self.call(request)

    def do_accept(self, *words):
        subprotocols, headers, _ = options(words)
        event = AcceptConnection(
            subprotocol=subprotocols[0] if subprotocols else None,
            extensions=[self.deflate] if self.deflate is not None else [],
            extra_headers=headers,
        )
        if self.call(event):
            self.look()

    def do_reject(self, status, *words):
        _, headers, body = options(words)
        if body is not None:
            headers = [*headers, (b"Content-Length", str(len(body)).encode())]
        rejection = RejectConnection(int(status), headers, has_body=body is not None)
        self.call(rejection, *([] if body is None else [RejectData(body)]))

    def do_send_text(self, data):
        self.call(TextMessage(unhexed(data).decode()))

    def do_send_binary(self, data):
        self.call(BytesMessage(unhexed(data)))

    def do_start(self, kind):
        if self.started is not None or self.connection.state is not ConnectionState.OPEN:
            self.refuse()
        self.started = kind

    def do_fragment(self, data):
        self.fragment(unhexed(data), finished=False)

    def do_finish(self, data):
        self.fragment(unhexed(data), finished=True)
        self.started = None

    def fragment(self, data, *, finished):
        if self.started == "text":
            self.call(TextMessage(data.decode(), message_finished=finished))
        else:
            self.call(BytesMessage(data, message_finished=finished))

    def do_ping(self, data):
        self.call(Ping(unhexed(data)))

    def do_pong(self, data):
        self.call(Pong(unhexed(data)))

    def do_close(self, code, reason):
        code = int(code)
        code = CloseReason(code) if code == 1005 else code
        self.call(CloseConnection(code, unhexed(reason).decode() or None))


def response_for(agreed):
    """What a server answers that agrees to these parameters."""
    shown = ["permessage-deflate"]
    for name, value in agreed.items():
        if value is True:
            shown.append(name)
        elif value is not False:
            shown.append(f"{name}={value}")
    return "; ".join(shown)
