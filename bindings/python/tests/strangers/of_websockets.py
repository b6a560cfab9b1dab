"""The sans-I/O layer of `websockets` as the player drives it."""

from __future__ import annotations

import codecs

from telling import Message, Stranger, options, unhexed
from websockets.client import ClientProtocol
from websockets.exceptions import (
    InvalidHeaderValue,
    InvalidState,
    InvalidStatus,
    InvalidURI,
    ProtocolError,
)
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Opcode
from websockets.headers import parse_subprotocol
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

NAME = "websockets"
LIMIT = 67_108_864
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
REFUSALS = (InvalidState, InvalidHeaderValue, ProtocolError, ValueError, UnicodeError)


class Driver(Stranger):
    def open(self, vector, agreed):
        self.message, self.decoder, self.kind = Message(), None, None
        self.started = None
        self.tells_end = vector.get("start") != "handshake"
        size = (self.config.get("max_message", LIMIT), self.config.get("max_frame", LIMIT))
        self.limits = {"max_size": size}
        if vector.get("start") == "handshake":
            self.protocol = None if self.role == "client" else self.server()
        else:
            self.protocol = self.established()
        if agreed is not None:
            self.protocol.extensions = [compression(self.role, agreed)]

    def server(self):
        deflate = self.config.get("deflate")
        factories = None
        if deflate is not None:
            policy = deflate.get("policy", {})
            factories = [
                ServerPerMessageDeflateFactory(
                    server_no_context_takeover=policy.get("server_no_context_takeover", False),
                    client_no_context_takeover=policy.get("client_no_context_takeover", False),
                    server_max_window_bits=policy.get("server_max_window_bits"),
                    client_max_window_bits=policy.get("client_max_window_bits"),
                    require_client_max_window_bits=policy.get(
                        "requires_client_max_window_bits", False
                    ),
                )
            ]
        return ServerProtocol(extensions=factories, **self.limits)

    def established(self):
        if self.role == "client":
            return ClientProtocol(parse_uri("ws://h/"), state=State.OPEN, **self.limits)
        return ServerProtocol(state=State.OPEN, **self.limits)

    def agreed(self):
        if self.protocol is None or not self.protocol.extensions:
            return False
        extension = self.protocol.extensions[0]
        mine = (extension.local_no_context_takeover, extension.local_max_window_bits)
        theirs = (extension.remote_no_context_takeover, extension.remote_max_window_bits)
        server, client = (mine, theirs) if self.role == "server" else (theirs, mine)
        return [int(server[0]), int(client[0]), server[1], client[1]]

    # What arrives.

    def receive(self, data):
        if self.protocol.reader.eof:
            return
        self.protocol.receive_data(data)
        self.look()

    def do_eof(self):
        if self.protocol is None or self.protocol.reader.eof:
            return
        self.protocol.receive_eof()
        self.look()
        if self.tells_end and self.protocol.state is State.CLOSED:
            self.tell(
                "ended", how="ended", code=self.protocol.close_code, message_lost=0, stalled=0
            )

    def look(self):
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.look_at_request(event)
            elif isinstance(event, Response):
                self.look_at_response(event)
            elif not self.failed:
                self.look_at_frame(event)
        error = self.protocol.handshake_exc or self.protocol.parser_exc
        ended = self.protocol.reader.eof
        if error is not None and not ended and not isinstance(error, InvalidStatus):
            self.tell_failure()
        self.write()

    def write(self):
        self.answers.sent += b"".join(self.protocol.data_to_send())

    def look_at_request(self, request):
        """The request is checked by `accept`, which an application calls when it has decided."""
        self.request = request
        response = self.protocol.accept(request)
        if response.status_code != 101:
            self.tell_failure()
            self.protocol.send_response(response)
            return
        names = [
            name
            for value in request.headers.get_all("Sec-WebSocket-Protocol")
            for name in parse_subprotocol(value)
        ]
        self.tell(
            "request",
            raw(request.headers),
            target=request.path.encode(),
            path=b"",
            authority=b"",
            subprotocols=names,
            same_origin=0,
        )

    def look_at_response(self, response):
        if response.status_code == 101 and self.protocol.handshake_exc is not None:
            return
        if response.status_code == 101:
            subprotocol = self.protocol.subprotocol
            members = {} if subprotocol is None else {"subprotocol": subprotocol.encode()}
            name = "open"
        else:
            members, name = {}, "refused"
        self.tell(
            name,
            raw(response.headers),
            status=response.status_code,
            truncated=0,
            body=bytes(response.body),
            **members,
        )

    def look_at_frame(self, frame):
        if frame.opcode is Opcode.PING:
            self.tell("ping", data=bytes(frame.data))
        elif frame.opcode is Opcode.PONG:
            self.tell("pong", data=bytes(frame.data))
        elif frame.opcode is Opcode.CLOSE:
            close = self.protocol.close_rcvd
            self.tell("close", code=int(close.code), data=close.reason.encode())
        else:
            self.look_at_fragment(frame)

    def look_at_fragment(self, frame):
        """Texts are decoded by the application, and here as soon as can be."""
        first = frame.opcode is not Opcode.CONT
        data = bytes(frame.data)
        if first:
            is_text = frame.opcode is Opcode.TEXT
            self.decoder = codecs.getincrementaldecoder("utf-8")() if is_text else None
        if self.decoder is not None:
            try:
                data = self.decoder.decode(data, frame.fin)
            except UnicodeDecodeError:
                self.protocol.fail(1007)
                self.tell_failure()
                return
        whole = self.message.add(data, first=first, last=frame.fin)
        if whole is not None:
            self.tell_message(whole)
            if self.echoes and isinstance(whole, str):
                self.echo(whole)

    def echo(self, text):
        """An answer, which is left out where a later part of the same read ended the connection."""
        try:
            self.protocol.send_text(text.encode())
        except InvalidState:
            pass

    # What the application does.

    def call(self, function, *arguments):
        """Calls it, and tells whether it was refused."""
        try:
            function(*arguments)
        except REFUSALS:
            self.refuse()
            return
        self.write()

    def do_connect(self, url, *words):
        self.call(self.connect, unhexed(url).decode(), *options(words))

    def connect(self, url, subprotocols, headers, _body):
        try:
            uri = parse_uri(url)
        except InvalidURI as error:
            raise ValueError(url) from error
        deflate = self.config.get("deflate")
        factories = None if deflate is None else offers(deflate)
        protocol = ClientProtocol(
            uri, subprotocols=subprotocols or None, extensions=factories, **self.limits
        )
        protocol.key = SAMPLE_KEY
        request = protocol.connect()
        for name, value in headers:
            request.headers[name.decode()] = value.decode()
        protocol.send_request(request)
        self.protocol = protocol

    def do_accept(self, *words):
        self.call(self.accept, *options(words))

    def accept(self, subprotocols, headers, _body):
        if self.protocol.state is not State.CONNECTING:
            raise ValueError("there is nothing to accept")
        chosen = subprotocols[0] if subprotocols else None
        self.protocol.available_subprotocols = subprotocols or None
        response = self.protocol.accept(self.request)
        if response.status_code != 101:
            raise ValueError(chosen)
        for name, value in headers:
            response.headers[name.decode()] = value.decode()
        self.protocol.send_response(response)
        self.look()

    def do_reject(self, status, *words):
        self.call(self.reject, int(status), *options(words))

    def reject(self, status, _subprotocols, headers, body):
        if self.protocol.state is not State.CONNECTING:
            raise ValueError("there is nothing to reject")
        response = self.protocol.reject(status, (body or b"").decode(errors="replace"))
        if body is not None:
            response.body = body
            response.headers.pop("Content-Length", None)
            response.headers["Content-Length"] = str(len(body))
        for name, value in headers:
            response.headers[name.decode()] = value.decode()
        self.protocol.send_response(response)

    def do_send_text(self, data):
        self.call(self.protocol.send_text, unhexed(data))

    def do_send_binary(self, data):
        self.call(self.protocol.send_binary, unhexed(data))

    def do_start(self, kind):
        if self.started is not None or self.protocol.state is not State.OPEN:
            self.refuse()
        self.started = kind

    def do_fragment(self, data):
        self.call(self.fragment, unhexed(data), False)

    def do_finish(self, data):
        self.call(self.fragment, unhexed(data), True)

    def fragment(self, data, fin):
        begin = {"text": self.protocol.send_text, "binary": self.protocol.send_binary}
        begin.get(self.started, self.protocol.send_continuation)(data, fin)
        self.started = None

    def do_ping(self, data):
        self.call(self.protocol.send_ping, unhexed(data))

    def do_pong(self, data):
        self.call(self.protocol.send_pong, unhexed(data))

    def do_close(self, code, reason):
        code = None if int(code) == 1005 else int(code)
        self.call(self.protocol.send_close, code, unhexed(reason).decode())

    def do_abort(self):
        self.protocol.fail(1006)
        self.write()


def raw(headers):
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.raw_items()]


def compression(role, agreed):
    server = (
        agreed.get("server_no_context_takeover", False),
        agreed.get("server_max_window_bits", 15),
    )
    client = (
        agreed.get("client_no_context_takeover", False),
        agreed.get("client_max_window_bits", 15),
    )
    mine, theirs = (server, client) if role == "server" else (client, server)
    return PerMessageDeflate(theirs[0], mine[0], theirs[1], mine[1])


def offers(deflate):
    return [
        ClientPerMessageDeflateFactory(
            server_no_context_takeover=offer.get("server_no_context_takeover", False),
            client_no_context_takeover=offer.get("client_no_context_takeover", False),
            server_max_window_bits=offer.get("server_max_window_bits"),
            client_max_window_bits=offered_window(offer),
        )
        for offer in (deflate.get("offer", {}), deflate.get("fallback"))
        if offer is not None
    ]


def offered_window(offer):
    window = offer.get("client_max_window_bits", 15)
    return None if window is False else True if window == 15 else window
