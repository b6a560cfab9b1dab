"""`Connection`, from the request to the ending."""

import pytest
from pairs import PLAIN, carry, open_pair, shake_hands
from websocket_proto import (
    Binary,
    Chunk,
    Close,
    Config,
    Connection,
    Deflate,
    DeflateParameters,
    End,
    Ended,
    Failed,
    Keepalive,
    Ping,
    Pong,
    Prepared,
    Refused,
    Request,
    Start,
    Text,
)
from websocket_proto.exceptions import AnswerError, InvalidURI, RequestError, SendError

REQUEST = (
    b"GET /chat?token=secret HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)


def test_a_conversation_from_the_request_to_the_ending():
    client = Connection.client(
        "ws://user:pass@example.com/chat?room=7",
        headers={"X-Id": "7"},
        subprotocols=["chat.v2", "chat.v1"],
        origin="https://example.com",
        now=0,
    )
    server = Connection.server(now=0)
    assert client.state == server.state == "connecting"
    request = shake_hands(client, server, subprotocol="chat.v1", headers=[("X-Server", "it")])
    assert (request.path, request.query, request.host) == ("/chat", "room=7", "example.com")
    assert request.subprotocols == ["chat.v2", "chat.v1"]
    assert request.basic_credentials == ("user", "pass")
    assert request.headers["x-id"] == "7"
    assert client.subprotocol == server.subprotocol == "chat.v1"
    assert client.response is not None and client.response.headers["x-server"] == "it"
    assert server.request is request
    assert client.is_open and server.is_open and client.is_client and not server.is_client

    client.send("Hällo")
    client.send(b"\x00\xff")
    server.send(Prepared("to all"))
    assert carry(client, server) == [Text("Hällo"), Binary(b"\x00\xff")]
    assert carry(server, client) == [Text("to all")]

    client.close(1001, "going", now=1)
    assert client.state == "closing"
    assert carry(client, server, 1) == [Close(1001, "going")]
    assert server.transport == "shutdown-write"
    assert carry(server, client, 1) == [Close(1001, "")]
    assert client.transport == "keep"
    (ended,) = client.receive_eof(now=1)
    assert isinstance(ended, Ended) and ended.ending.clean
    assert client.transport == "close" and client.state == "closed"
    (ended,) = server.receive_eof(now=1)
    assert server.ending is ended.ending
    assert (ended.ending.code, ended.ending.reason) == (1001, "going")
    assert ended.ending.initiator == "peer" and ended.ending.sent == Close(1001)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_received_and_sent(kind):
    client, server = open_pair()
    client.send(kind(b"data" * 50_000))
    data = client.data_to_send()
    assert server.receive_data(kind(data)) == [Binary(b"data" * 50_000)]


def test_events_do_not_depend_on_how_bytes_are_cut():
    client, _ = open_pair()
    for message in ("text", b"data" * 100_000, "", "ü" * 1000):
        client.send(message)
    client.ping(b"ping")
    data = client.data_to_send()
    for size in (1, 7, 4096, 1 << 16, len(data)):
        server = Connection.established(client=False, config=PLAIN, now=0)
        events = []
        for start in range(0, len(data), size):
            events += server.receive_data(data[start : start + size], now=0)
        assert events == [
            Text("text"),
            Binary(b"data" * 100_000),
            Text(""),
            Text("ü" * 1000),
            Ping(b"ping"),
        ], size


def test_messages_leave_and_arrive_in_parts():
    client, server = open_pair(Config(streaming=True, keepalive=None))
    client.start(text=True)
    client.fragment("ä".encode()[:1])
    client.ping()
    client.fragment("ä".encode()[1:])
    client.finish("end")
    assert carry(client, server) == [
        Start(True),
        Chunk(b"\xc3"),
        Ping(b""),
        Chunk(b"\xa4"),
        Chunk(b"end"),
        End(),
    ]
    client.start(text=False)
    client.finish()
    assert carry(client, server) == [Start(False), End()]


def test_pings_are_answered_unless_the_application_does_it():
    client, server = open_pair()
    client.ping(b"1")
    assert carry(client, server) == [Ping(b"1")]
    assert carry(server, client) == [Pong(b"1")]
    client, server = open_pair(Config(automatic_pong=False))
    client.ping(b"1")
    assert carry(client, server) == [Ping(b"1")]
    assert server.waiting == 0
    server.pong(b"1")
    assert carry(server, client) == [Pong(b"1")]


def test_the_keepalive_measures_the_round_trip():
    config = Config(keepalive=Keepalive(10, 5))
    client, server = open_pair(config)
    assert client.timeout() == 10
    assert client.handle_timeout(now=9.9) == [] and client.waiting == 0
    assert client.handle_timeout(now=10) == [] and client.waiting > 0
    carry(client, server, 10)
    (pong,) = carry(server, client, 10.25)
    assert isinstance(pong, Pong) and pong.round_trip == 0.25
    assert client.round_trip == 0.25


def test_a_silent_peer_is_given_up():
    client, _ = open_pair(Config(keepalive=Keepalive(10, 5, close_code=4000)))
    client.handle_timeout(now=10)
    client.data_to_send()
    ended = []
    while not ended and client.state != "closed":
        due = client.timeout()
        assert due is not None
        ended = client.handle_timeout(now=due)
    (event,) = ended
    assert (event.ending.cause, event.ending.deadline) == ("timed-out", "pong")
    assert event.ending.sent == Close(4000, "no answer to a ping")


def test_a_timer_that_is_set_to_the_deadline_is_never_early():
    for start in (0.0, 0.1, 1e-9, 12_345_678.901_234_567, 2e9 / 3):
        server = Connection.server(config=Config(handshake_timeout=1 / 3), now=start)
        due = server.timeout()
        assert due is not None
        assert server.handle_timeout(now=due) == []
        assert server.data_to_send().startswith(b"HTTP/1.1 408 "), start


def test_what_never_comes_is_no_deadline():
    server = Connection.server(config=Config(handshake_timeout=None), now=0)
    assert server.timeout() is None


def test_without_a_now_the_clock_is_that_of_the_standard_library():
    import time

    before = time.monotonic()
    server = Connection.server(config=Config(handshake_timeout=10))
    after = time.monotonic()
    due = server.timeout()
    assert due is not None
    # Both clocks count the same seconds; how they round may differ.
    assert before + 10 - 1e-3 <= due <= after + 10 + 1e-3


def test_compression_is_agreed_on_and_used():
    config = Config(deflate=Deflate(server_no_context_takeover=True, client_max_window_bits=10))
    client = Connection.client("ws://h/", config=config, now=0)
    server = Connection.server(config=config, now=0)
    shake_hands(client, server)
    agreed = DeflateParameters(server_no_context_takeover=True, client_max_window_bits=10)
    assert client.deflate == server.deflate == agreed
    assert str(agreed) == (
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=10"
    )
    for message in ("news " * 100_000, b"\x00" * 200_000):
        client.send(message)
        assert client.waiting < 3000
        (event,) = carry(client, server)
        assert event.data == message
    client.set_compression(False)
    client.send("news " * 100)
    assert client.waiting > 500


def test_a_server_can_do_without_extensions():
    config = Config(deflate=Deflate())
    client = Connection.client("ws://h/", config=config, now=0)
    server = Connection.server(config=config, now=0)
    shake_hands(client, server, extensions=False)
    assert client.deflate is server.deflate is None


def test_a_refusal_has_a_status_and_a_body():
    client = Connection.client("ws://h/", now=0)
    server = Connection.server(now=0)
    carry(client, server)
    assert server.reject(403, body="no", headers={"Retry-After": "3"}, now=0) == []
    refused, ended = carry(server, client)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.body) == (403, b"no")
    assert refused.response.retry_after == 3
    assert refused.headers["content-type"] == "text/plain; charset=utf-8"
    assert client.response is refused.response
    assert ended.ending.cause == "refused"
    (ended,) = server.receive_eof(now=0)
    assert ended.ending.cause == "rejected"


def test_a_violation_is_an_event_and_its_answer_waits():
    _, server = open_pair()
    (message, failed) = server.receive_data(b"\x81\x81\x00\x00\x00\x00x\x81\x01x", now=0)
    assert message == Text("x")
    assert isinstance(failed, Failed)
    assert (failed.error.name, failed.error.close_code) == ("unmasked", 1002)
    assert server.data_to_send() == b"\x88\x02\x03\xea"
    assert server.transport == "shutdown-write"
    (ended,) = server.receive_eof(now=0)
    assert ended.ending.cause == "failed" and ended.ending.error.name == "unmasked"
    assert ended.ending.error.code == failed.error.code


def test_a_bad_request_is_answered():
    server = Connection.server(now=0)
    (failed,) = server.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\n\r\n", now=0)
    assert failed.error.status == 405
    assert server.data_to_send().startswith(b"HTTP/1.1 405 ")


def test_a_response_that_breaks_a_rule_can_be_looked_at():
    client = Connection.client("ws://h/", now=0)
    response = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: b\r\n\r\n"
    failed, ended = client.receive_data(response, now=0)
    assert failed.error.name == "wrong-accept"
    assert ended.ending.cause == "failed"
    assert client.response is not None and client.response.headers["X-A"] == "b"
    assert client.unfinished_head.startswith(b"HTTP/1.1 101 X\r\n")


def test_frames_that_come_too_early_are_delivered_once_the_request_is_accepted():
    server = Connection.server(now=0)
    frame = b"\x81\x81\x00\x00\x00\x00x"
    (request,) = server.receive_data(REQUEST + frame, now=0)
    assert isinstance(request, Request)
    assert server.receive_data(frame, now=0) == []
    assert server.accept(now=0) == [Text("x"), Text("x")]


def test_more_than_a_window_of_frames_in_the_same_read_as_the_request_is_kept():
    server = Connection.server(now=0)
    frame = b"\x82\xfe\xff\xff\x00\x00\x00\x00" + b"x" * 0xFFFF
    assert len(server.receive_data(REQUEST + frame * 3, now=0)) == 1
    with pytest.raises(BufferError, match="stop reading until accept"):
        server.receive_data(b"\x81", now=0)
    assert server.accept(now=0) == [Binary(b"x" * 0xFFFF)] * 3


def test_a_lost_transport_ends_the_connection():
    client, _ = open_pair()
    client.send("lost")
    (ended,) = client.transport_failed(now=0)
    assert ended.ending.cause == "transport-failed"
    assert client.data_to_send() == b""
    assert (client.transport, client.state) == ("close", "closed")


def test_an_abort_ends_at_once():
    client, _ = open_pair()
    client.send("lost")
    (ended,) = client.abort(now=0)
    assert ended.ending.cause == "aborted" and not ended.ending.clean
    assert client.waiting == 0
    assert client.abort(now=0) == client.receive_data(b"more", now=0) == []


def test_a_peer_that_goes_away_inside_a_message_loses_it():
    _, server = open_pair()
    assert server.receive_data(b"\x01\x81\x00\x00\x00\x00x", now=0) == []
    (ended,) = server.receive_eof(now=0)
    assert ended.ending.cause == "eof-in-message" and ended.ending.message_lost
    assert ended.ending.code == 1006


def test_output_is_limited():
    client, _ = open_pair(Config(max_output=100, keepalive=None))
    client.send("x" * 200)
    with pytest.raises(SendError, match="max_output") as caught:
        client.send("more")
    assert caught.value.name == "full"
    client.data_to_send()
    client.send("more")


def test_limits_hold():
    client, _ = open_pair()
    server = Connection.established(client=False, config=Config(max_message=10), now=0)
    client.send("x" * 10)
    client.send("x" * 11)
    message, failed = carry(client, server)
    assert message == Text("x" * 10)
    assert failed.error.name == "message-too-long" and failed.error.is_limit
    assert "max_message of Config" in str(failed.error)


def test_a_prepared_message_is_for_both_roles():
    for message in ("text", b"data"):
        prepared = Prepared(message)
        for sender, receiver in (open_pair(), open_pair()[::-1]):
            sender.send(prepared)
            (event,) = carry(sender, receiver)
            assert event.data == message


def test_an_established_connection_knows_what_it_is_told():
    deflate = DeflateParameters(client_no_context_takeover=True)
    server = Connection.established(client=False, deflate=deflate, subprotocol="chat")
    assert (server.deflate, server.subprotocol, server.state) == (deflate, "chat", "open")
    assert server.request is None and server.response is None and server.ending is None
    assert server.unfinished_head == b""


def test_leniency_is_used_and_reported():
    server = Connection.established(client=False, config=Config(leniency=["unmasked-frames"]))
    assert server.leniency_used == frozenset()
    assert server.receive_data(b"\x81\x01x") == [Text("x")]
    assert server.leniency_used == {"unmasked-frames"}


def test_subprotocols_that_are_no_tokens_have_to_be_allowed():
    with pytest.raises(RequestError, match="any-subprotocol"):
        Connection.client("ws://h/", subprotocols=["v1:compact"])
    config = Config(leniency=["any-subprotocol"])
    client = Connection.client("ws://h/", subprotocols=["v1:compact"], config=config)
    assert b"\r\nSec-WebSocket-Protocol: v1:compact\r\n" in client.data_to_send()


def test_health_checks_are_answered():
    server = Connection.server(config=Config(health_check="/healthz"), now=0)
    assert server.receive_data(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", now=0) == []
    assert server.data_to_send().startswith(b"HTTP/1.1 200 ")
    (ended,) = server.receive_eof(now=0)
    assert ended.ending.cause == "health-check"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("h", "bad-scheme"),
        ("ftp://h/", "bad-scheme"),
        ("ws://", "bad-host"),
        ("ws://h:0/", "bad-port"),
        ("ws://h/#f", "fragment"),
        ("ws://höst/", "host-not-ascii"),
    ],
)
def test_a_bad_url_is_refused_before_anything_is_sent(url, name):
    with pytest.raises(InvalidURI) as caught:
        Connection.client(url)
    assert caught.value.name == name


def test_answers_are_checked():
    client = Connection.client("ws://h/", subprotocols=["a"], now=0)
    server = Connection.server(now=0)
    carry(client, server)
    for answer, name in (
        ({"subprotocol": "b"}, "unoffered-subprotocol"),
        ({"subprotocol": ""}, "bad-subprotocol"),
        ({"headers": {"X": "a\r\nb"}}, "bad-header-value"),
        ({"headers": {"": "a"}}, "bad-header-name"),
        ({"headers": {"Upgrade": "a"}}, "reserved-header"),
    ):
        with pytest.raises(AnswerError) as caught:
            server.accept(**answer, now=0)
        assert caught.value.name == name
    for status in (-1, 0, 299, 600, 70_000):
        with pytest.raises(AnswerError) as caught:
            server.reject(status, now=0)
        assert caught.value.name == "bad-status"
    assert server.accept(subprotocol="a", now=0) == []
    for answer in (server.accept, lambda: server.reject(404)):
        with pytest.raises(AnswerError) as caught:
            answer()
        assert caught.value.name == "not-asked"


def test_what_is_sent_for_each_event_leaves_before_the_answer_to_a_close_frame():
    client, server = open_pair()
    for message in ("one", b"two" * 50_000):
        client.send(message)
    client.close(now=0)
    kinds = []
    for event in server.events(client.data_to_send(), now=0):
        kinds.append(type(event))
        if isinstance(event, Text | Binary):
            server.send(event.data)
    assert kinds == [Text, Binary, Close]
    assert carry(server, client) == [Text("one"), Binary(b"two" * 50_000), Close(1000)]


def test_events_that_were_not_asked_for_come_with_the_next():
    client, server = open_pair()
    for message in ("one", "two", "three"):
        client.send(message)
    events = server.events(memoryview(client.data_to_send()), now=0)
    assert next(events) == Text("one")
    client.send("four")
    assert carry(client, server) == [Text("two"), Text("three"), Text("four")]
    assert list(events) == [] and list(server.events(b"")) == []
    with pytest.raises(TypeError):
        server.events("text")  # type: ignore[arg-type]


def test_early_frames_are_kept_for_events_too():
    server = Connection.server(now=0)
    frame = b"\x82\xfe\xff\xff\x00\x00\x00\x00" + b"x" * 0xFFFF
    (request,) = server.events(REQUEST + frame * 3, now=0)
    assert isinstance(request, Request)
    with pytest.raises(BufferError, match="stop reading until accept"):
        server.events(b"\x81")
    assert server.accept(now=0) == [Binary(b"x" * 0xFFFF)] * 3


def test_what_went_both_ways_is_counted():
    client, server = open_pair()
    client.send("Hello")
    client.ping(b"1")
    carry(client, server)
    sent, received = client.totals.sent, server.totals.received
    assert (sent.messages, sent.frames, sent.payload_bytes, sent.wire_bytes) == (1, 2, 6, 18)
    assert sent == received != server.totals.sent
    assert "messages=1" in repr(client.totals)
