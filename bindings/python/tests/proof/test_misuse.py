"""Calls that are wrong: each has its documented answer, and the connection goes on."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref

import pytest
import websocket_proto as ws
from websocket_proto.exceptions import (
    AnswerError,
    ConcurrencyError,
    Error,
    InvalidURI,
    RequestError,
    SendError,
)

G = (
    b"GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: chat\r\n\r\n"
)


def server():
    return ws.Connection.established(client=False)


def asked():
    connection = ws.Connection.server()
    connection.receive_data(G)
    return connection


def closing():
    connection = server()
    connection.close()
    return connection


def ended():
    connection = server()
    connection.abort()
    return connection


def in_message():
    connection = server()
    connection.start(text=True)
    return connection


def full():
    config = ws.Config(max_output=10)
    connection = ws.Connection.established(client=False, config=config)
    connection.send(b"x" * 100)
    return connection


# What is wrong; the connection; the call; the exception; its name, or a part of what it says.
MISUSES = [
    (
        "send before the handshake",
        ws.Connection.server,
        lambda c: c.send("a"),
        SendError,
        "not-open",
    ),
    ("send before the answer", asked, lambda c: c.send("a"), SendError, "not-open"),
    ("send while closing", closing, lambda c: c.send("a"), SendError, "closed"),
    ("send after the end", ended, lambda c: c.send("a"), SendError, "closed"),
    ("close twice", closing, lambda c: c.close(), SendError, "closed"),
    ("ping after the end", ended, lambda c: c.ping(), SendError, "closed"),
    ("pong while closing", closing, lambda c: c.pong(), SendError, "closed"),
    ("send inside a message", in_message, lambda c: c.send("a"), SendError, "message-in-progress"),
    (
        "start inside a message",
        in_message,
        lambda c: c.start(text=True),
        SendError,
        "message-in-progress",
    ),
    ("a fragment of nothing", server, lambda c: c.fragment(b"a"), SendError, None),
    ("the end of nothing", server, lambda c: c.finish(), SendError, None),
    ("too much output", full, lambda c: c.send("a"), SendError, "full"),
    ("a long ping", server, lambda c: c.ping(b"x" * 126), SendError, None),
    ("a long pong", server, lambda c: c.pong(b"x" * 126), SendError, None),
    ("close with 1006", server, lambda c: c.close(1006), SendError, "bad-close-code"),
    ("close with 0", server, lambda c: c.close(0), SendError, "bad-close-code"),
    ("close with -1", server, lambda c: c.close(-1), SendError, "bad-close-code"),
    ("close with 2**40", server, lambda c: c.close(2**40), SendError, "bad-close-code"),
    ("a long reason", server, lambda c: c.close(1000, "é" * 62), SendError, "reason-too-long"),
    ("half a character", server, lambda c: c.send("\ud800"), SendError, "not-utf8"),
    ("text that is none", server, lambda c: send_bad_text(c), SendError, "not-utf8"),
    ("send a number", server, lambda c: c.send(7), TypeError, "int"),
    ("send nothing", server, lambda c: c.send(None), TypeError, "None"),
    ("send a list", server, lambda c: c.send(["a"]), TypeError, "list"),
    (
        "send without contiguity",
        server,
        lambda c: c.send(memoryview(b"abcd")[::2]),
        Exception,
        None,
    ),
    ("receive a str", server, lambda c: c.receive_data("a"), TypeError, "str"),
    ("receive None", server, lambda c: c.receive_data(None), TypeError, "None"),
    ("a ping of str", server, lambda c: c.ping("a"), TypeError, "str"),
    ("accept too early", ws.Connection.server, lambda c: c.accept(), AnswerError, "not-asked"),
    ("accept twice", asked, lambda c: (c.accept(), c.accept()), AnswerError, "not-asked"),
    ("reject after accept", asked, lambda c: (c.accept(), c.reject(404)), AnswerError, "not-asked"),
    ("accept as a client", lambda: client(), lambda c: c.accept(), AnswerError, "not-asked"),
    ("reject with 204", asked, lambda c: c.reject(204), AnswerError, "bad-status"),
    ("reject with -1", asked, lambda c: c.reject(-1), AnswerError, "bad-status"),
    (
        "a subprotocol that was not offered",
        asked,
        lambda c: c.accept(subprotocol="x"),
        AnswerError,
        "unoffered-subprotocol",
    ),
    (
        "a header of the handshake",
        asked,
        lambda c: c.accept(headers=[("Upgrade", "x")]),
        AnswerError,
        "reserved-header",
    ),
    (
        "a line break in a value",
        asked,
        lambda c: c.accept(headers={"X": "a\r\nY: b"}),
        AnswerError,
        "bad-header-value",
    ),
    (
        "a space in a name",
        asked,
        lambda c: c.accept(headers={"X Y": "a"}),
        AnswerError,
        "bad-header-name",
    ),
    ("headers of numbers", asked, lambda c: c.accept(headers={"X": 1}), TypeError, None),
    ("time that is none", server, lambda c: c.handle_timeout(float("nan")), ValueError, None),
    ("time before all", server, lambda c: c.handle_timeout(-1.0), ValueError, None),
    ("time as a str", server, lambda c: c.handle_timeout("now"), TypeError, None),
    ("set what is read", server, lambda c: setattr(c, "is_open", True), AttributeError, None),
    ("set what is not there", server, lambda c: setattr(c, "color", 1), AttributeError, None),
    ("copy a connection", server, copy.copy, TypeError, None),
    ("pickle a connection", server, pickle.dumps, TypeError, None),
]

WITHOUT_CONNECTION = [
    ("a scheme that is none", lambda: client("ftp://h"), InvalidURI, "bad-scheme"),
    ("a URI with a fragment", lambda: client("ws://h/#a"), InvalidURI, "fragment"),
    ("a port that is none", lambda: client("ws://h:99999"), InvalidURI, "bad-port"),
    ("a URI of bytes", lambda: client(b"ws://h"), TypeError, None),
    ("one name as a list", lambda: client(subprotocols="chat"), TypeError, "list of names"),
    (
        "a header of the request",
        lambda: client(headers={"Sec-WebSocket-Key": "a"}),
        RequestError,
        "reserved-header",
    ),
    ("an option that is none", lambda: ws.Config(max_size=1), TypeError, "max_size"),
    ("a negative limit", lambda: ws.Config(max_message=-1), ValueError, "max_message"),
    ("a limit of text", lambda: ws.Config(max_message="1"), TypeError, "max_message"),
    ("a time of nothing", lambda: ws.Config(close_timeout=-1.0), ValueError, "close_timeout"),
    ("a leniency that is none", lambda: ws.Config(leniency=["all"]), ValueError, "all"),
    ("one leniency as a list", lambda: ws.Config(leniency="bare-lf"), TypeError, "list"),
    ("keepalive as a number", lambda: ws.Config(keepalive=30), TypeError, "keepalive"),
    ("deflate as True", lambda: ws.Config(deflate=True), TypeError, "deflate"),
    ("a window of 7", lambda: ws.Deflate(server_max_window_bits=7), ValueError, "7"),
    ("a level of 10", lambda: ws.Deflate(level=10), ValueError, "10"),
    ("Connection()", lambda: ws.Connection(), TypeError, None),
    ("a text of bytes", lambda: ws.Text(b"a"), TypeError, None),
]


def client(url="ws://h/", **options):
    return ws.Connection.client(url, **options)


def send_bad_text(connection):
    connection.start(text=True)
    connection.finish(b"\xff")


@pytest.mark.parametrize(
    ("begin", "call", "kind", "said"),
    [misuse[1:] for misuse in MISUSES],
    ids=[misuse[0] for misuse in MISUSES],
)
def test_misuse_is_answered(begin, call, kind, said):
    connection = begin()
    state = connection.state
    with pytest.raises(kind) as caught:
        call(connection)
    check(caught.value, kind, said)
    assert connection.state in (state, "open")
    assert repr(connection)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [misuse[1:] for misuse in WITHOUT_CONNECTION],
    ids=[misuse[0] for misuse in WITHOUT_CONNECTION],
)
def test_misuse_before_a_connection_is_answered(call, kind, said):
    with pytest.raises(kind) as caught:
        call()
    check(caught.value, kind, said)


def check(error, kind, said):
    assert str(error), "an error says what to do"
    assert "\n" not in str(error)
    if isinstance(error, Error):
        assert error.name and error.code
        assert said in (None, error.name)
    elif said is not None:
        assert said in str(error)


def test_there_are_enough():
    assert len(MISUSES) + len(WITHOUT_CONNECTION) >= 60


def test_input_after_the_end_is_ignored():
    connection = ended()
    assert connection.receive_data(b"\x81\x80\0\0\0\0") == []
    assert connection.receive_eof() == []
    assert connection.abort() == []
    assert connection.timeout() is None
    assert connection.data_to_send() == b""


def test_time_that_goes_back_is_no_harm():
    connection = ws.Connection.established(client=False, now=100.0)
    assert connection.receive_data(b"", 5.0) == []
    assert connection.handle_timeout(1.0) == []
    connection.send("on")
    assert connection.data_to_send() == b"\x81\x02on"


def test_a_buffer_that_calls_back_is_no_harm():
    """A callback in the middle of a call finds the object busy, or free; never in between."""
    connection = server()

    class Calls(bytearray):
        def __buffer__(self, flags):  # From Python 3.12 on.
            connection.send("inside")
            return memoryview(b"outside")

    connection.send(Calls(b"outside"))
    assert b"outside" in connection.data_to_send()


def test_threads_that_share_a_connection_get_an_answer_or_an_error():
    connection = ws.Connection.established(client=False, config=ws.Config(max_output=None))
    counts, errors = [0, 0], []

    def work(number):
        for _ in range(2000):
            try:
                connection.send(b"x" * 100)
                counts[number] += 1
            except ConcurrencyError:
                pass
            except Exception as error:  # noqa: BLE001
                errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not errors
    assert len(connection.data_to_send()) == sum(counts) * 102


def test_a_connection_in_a_cycle_is_collected():
    class Holder:
        pass

    holder = Holder()
    holder.connection = server()
    holder.self = holder
    gone = weakref.ref(holder.connection)
    del holder
    gc.collect()
    assert gone() is None
