"""Misuse of `Connection`: a clear exception each time, and the connection goes on."""

import gc
import math
import threading
import weakref

import pytest
from pairs import PLAIN, carry, open_pair
from websocket_proto import (
    Config,
    Connection,
    DeflateParameters,
    Prepared,
    Request,
    Text,
)
from websocket_proto.exceptions import AnswerError, ConcurrencyError, SendError

SENDS = {
    "send text": lambda it: it.send("x"),
    "send binary": lambda it: it.send(b"x"),
    "send prepared": lambda it: it.send(Prepared("x")),
    "start": lambda it: it.start(text=True),
    "fragment": lambda it: it.fragment(b""),
    "finish": lambda it: it.finish(),
    "ping": lambda it: it.ping(),
    "pong": lambda it: it.pong(),
    "close": lambda it: it.close(),
}


@pytest.mark.parametrize("call", SENDS.values(), ids=SENDS)
def test_nothing_is_sent_before_the_handshake_or_after_the_end(call):
    waiting = [Connection.server(), Connection.client("ws://h/")]
    closing, ended = open_pair()
    closing.close()
    ended.abort()
    expected = [(it, "not-open") for it in waiting] + [(closing, "closed"), (ended, "closed")]
    for connection, name in expected:
        with pytest.raises(SendError) as caught:
            call(connection)
        assert caught.value.name == name


def test_messages_in_fragments_have_their_order():
    client, server = open_pair()
    for call in (lambda: client.fragment(b""), client.finish):
        with pytest.raises(SendError, match=r"call start\(\) first") as caught:
            call()
        assert caught.value.name == "no-message-in-progress"
    client.start(text=True)
    for call in (lambda: client.start(text=True), lambda: client.send("x")):
        with pytest.raises(SendError) as caught:
            call()
        assert caught.value.name == "message-in-progress"
    client.fragment("ä".encode()[:1])
    for call in (lambda: client.fragment("b"), client.finish):
        with pytest.raises(SendError) as caught:
            call()
        assert caught.value.name == "not-utf8"
    client.finish("ä".encode()[1:])
    assert carry(client, server) == [Text("ä")]


def test_lengths_codes_and_text_are_checked():
    client, server = open_pair()
    for call, name in (
        (lambda: client.ping(b"x" * 126), "ping-too-long"),
        (lambda: client.pong(b"x" * 126), "ping-too-long"),
        (lambda: client.close(999), "bad-close-code"),
        (lambda: client.close(1005, "reason"), "bad-close-code"),
        (lambda: client.close(1006), "bad-close-code"),
        (lambda: client.close(-1), "bad-close-code"),
        (lambda: client.close(65_536 + 1000), "bad-close-code"),
        (lambda: client.close(1000, "x" * 124), "reason-too-long"),
        (lambda: client.close(1000, "\ud800"), "not-utf8"),
        (lambda: client.send("\ud800"), "not-utf8"),
        (lambda: client.fragment("\ud800"), "not-utf8"),
        (lambda: Prepared("\ud800"), "not-utf8"),
    ):
        with pytest.raises(SendError) as caught:
            call()
        assert caught.value.name == name
    assert client.data_to_send() == b""
    client.send("still open")
    assert carry(client, server) == [Text("still open")]


@pytest.mark.parametrize(
    "value", [None, 1, 1.5, ["x"], object(), {"a": "b"}], ids=lambda value: type(value).__name__
)
def test_messages_of_other_types_are_refused(value):
    client, server = open_pair()
    name = type(value).__name__
    for call in (client.send, client.fragment, client.finish, Prepared, server.receive_data):
        if value is None and call == client.finish:
            continue
        with pytest.raises(TypeError, match=f"not {name}$"):
            call(value)
    for call in (client.ping, client.pong):
        if value is not None:
            with pytest.raises(TypeError):
                call(value)


def test_buffers_have_to_be_bytes_in_one_piece():
    import array

    client, server = open_pair()
    for value in (array.array("i", [1]), memoryview(b"abcd")[::2], memoryview(array.array("d"))):
        for call in (client.send, server.receive_data):
            with pytest.raises(TypeError, match="buffer|bytes"):
                call(value)
    client.send(memoryview(b"abcd")[1:3])
    released = memoryview(b"x")
    released.release()
    with pytest.raises((TypeError, ValueError)):
        client.send(released)


@pytest.mark.parametrize("now", [-1, -1e-9, math.nan, math.inf, -math.inf, 1e300, "1", b"", 1j])
def test_times_are_numbers_that_can_be(now):
    client, server = open_pair()
    calls = [
        lambda: Connection.server(now=now),
        lambda: Connection.client("ws://h/", now=now),
        lambda: Connection.established(client=True, now=now),
        lambda: server.receive_data(b"", now=now),
        lambda: server.receive_eof(now=now),
        lambda: server.transport_failed(now=now),
        lambda: server.handle_timeout(now=now),
        lambda: server.accept(now=now),
        lambda: server.reject(404, now=now),
        lambda: server.abort(now=now),
        lambda: client.close(now=now),
    ]
    for call in calls:
        with pytest.raises((ValueError, TypeError)):
            call()
    assert server.state == client.state == "open"


def test_a_clock_that_runs_backwards_does_no_harm():
    client, server = open_pair(Config())
    for now in (100, 5, 1e9, 0):
        client.send("x")
        assert carry(client, server, now) == [Text("x")]
        assert server.handle_timeout(now=now) == []


def test_arguments_have_names_and_types():
    for call in (
        lambda: Connection(),
        lambda: Connection.client(),  # type: ignore[call-arg]
        lambda: Connection.client(b"ws://h/"),  # type: ignore[arg-type]
        lambda: Connection.client("ws://h/", subprotocols="chat"),
        lambda: Connection.client("ws://h/", headers="A: b"),  # type: ignore[arg-type]
        lambda: Connection.server(config={}),  # type: ignore[arg-type]
        lambda: Connection.established(),  # type: ignore[call-arg]
        lambda: Connection.established(client=1),  # type: ignore[arg-type]
        lambda: Connection.established(client=True, deflate="x"),  # type: ignore[arg-type]
        lambda: Connection.server().reject("404"),  # type: ignore[arg-type]
        lambda: Connection.server().reject(404, body=1),  # type: ignore[arg-type]
        lambda: open_pair()[0].start(True),  # type: ignore[call-arg, misc]
        lambda: open_pair()[0].close("1000"),  # type: ignore[arg-type]
        lambda: open_pair()[0].close(1000, b"x"),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            call()


def test_answers_are_for_servers_with_a_request():
    client, server = open_pair()
    for connection in (client, server, Connection.server(), Connection.client("ws://h/")):
        for call in (connection.accept, lambda it=connection: it.reject(404)):
            with pytest.raises(AnswerError) as caught:
                call()
            assert caught.value.name == "not-asked"


def test_input_after_the_end_makes_nothing():
    client, server = open_pair()
    client.send("x")
    server.abort()
    assert carry(client, server) == []
    for call in (server.receive_eof, server.transport_failed, server.handle_timeout, server.abort):
        assert call() == []
    assert server.timeout() is None and server.data_to_send() == b""


def test_two_threads_cannot_use_a_connection_at_once():
    """One compresses, during which others run; what they call is refused, and the message is whole."""
    deflate = DeflateParameters()
    client, server = open_pair(Config(max_output=None, max_message=None), deflate=deflate)
    message = b"\x00\x01" * (8 << 20)
    refused = []
    done = threading.Event()

    def disturb():
        while not done.is_set():
            try:
                _ = client.waiting
            except ConcurrencyError as error:
                refused.append(error)

    other = threading.Thread(target=disturb)
    other.start()
    try:
        for _ in range(50):
            client.send(message)
            if refused:
                break
    finally:
        done.set()
        other.join()
    assert refused[0].name == "busy" and "one thread at a time" in str(refused[0])
    assert {event.data for event in carry(client, server)} == {message}


def test_a_finalizer_cannot_use_the_connection_that_is_receiving():
    """The garbage collector runs while events are made, and calls what it likes."""
    _, server = open_pair()
    data = b"\x81\x81\x00\x00\x00\x00x" * 10_000
    outcomes = []

    class Cycle:
        def __init__(self):
            self.me = self

        def __del__(self):
            try:
                outcomes.append(server.state)
            except ConcurrencyError:
                outcomes.append("refused")

    thresholds = gc.get_threshold()
    gc.set_threshold(10, 1, 1)
    try:
        for _ in range(20):
            Cycle()
            assert server.receive_data(data) == [Text("x")] * 10_000
    finally:
        gc.set_threshold(*thresholds)
    gc.collect()
    assert len(outcomes) == 20 and set(outcomes) <= {"refused", "open"}


def test_connections_share_the_memory_of_a_thread_without_mixing_it():
    pairs = [open_pair() for _ in range(20)]
    parts = {}
    for index, (client, _) in enumerate(pairs):
        client.send(bytes([index]) * 70_000)
        parts[index] = client.data_to_send()
    for start in range(0, 80_000, 1000):
        for index, (_, server) in enumerate(pairs):
            for event in server.receive_data(parts[index][start : start + 1000]):
                assert event.data == bytes([index]) * 70_000
                parts.pop(index, None) if start + 1000 >= 80_000 else None
    assert all(server.receive_eof()[0].ending.cause == "eof" for _, server in pairs)


def test_a_connection_may_move_between_threads():
    client, server = open_pair()
    received = []

    def work(number):
        client.send(f"from {number}")
        received.extend(carry(client, server))

    for number in range(5):
        thread = threading.Thread(target=work, args=(number,))
        thread.start()
        thread.join()
    assert received == [Text(f"from {number}") for number in range(5)]


def test_connections_can_be_referred_to_weakly_and_are_freed():
    server = Connection.server()
    request = Connection.client("ws://h/").data_to_send()
    (event,) = server.receive_data(request)
    assert isinstance(event, Request)
    reference = weakref.ref(server)
    del server
    assert reference() is None
    assert event.path == "/"


def test_a_null_configuration_is_the_default():
    assert Connection.server(config=None).state == "connecting"
    assert Connection.established(client=True, config=PLAIN).timeout() is None
