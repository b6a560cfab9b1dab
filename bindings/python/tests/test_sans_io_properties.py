"""Arbitrary calls and arbitrary bytes: no crash, and what one side sends the other receives."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import PLAIN, open_pair
from websocket_proto import (
    Binary,
    Close,
    Config,
    Connection,
    Deflate,
    DeflateParameters,
    Ended,
    Ping,
    Prepared,
    Text,
)
from websocket_proto.exceptions import Error

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LONG = st.builds(
    lambda byte, length: bytes([byte]) * length, st.integers(0, 255), st.integers(0, 200_000)
)
MESSAGES = st.lists(st.one_of(TEXT, st.binary(), LONG), max_size=20)


@settings(deadline=None)
@given(messages=MESSAGES, cuts=st.lists(st.integers(1, 70_000)), compressed=st.booleans())
def test_messages_arrive_as_they_were_sent(messages, cuts, compressed):
    deflate = DeflateParameters() if compressed else None
    config = Config(keepalive=None, deflate=Deflate(minimum=0), max_output=None)
    for sender, receiver in (open_pair(config, deflate=deflate),) * 2:
        for message in messages:
            sender.send(message)
        data, events = memoryview(sender.data_to_send()), []
        for cut in cuts:
            events += receiver.receive_data(data[:cut])
            data = data[cut:]
        events += receiver.receive_data(data)
        made = [Text(it) if isinstance(it, str) else Binary(it) for it in messages]
        assert events == made


CALLS = st.one_of(
    st.tuples(st.just("send"), st.one_of(st.text(), st.binary(), st.integers())),
    st.tuples(st.just("send"), st.builds(Prepared, st.one_of(TEXT, st.binary()))),
    st.tuples(st.sampled_from(["ping", "pong", "fragment", "finish"]), st.binary(max_size=130)),
    st.tuples(st.sampled_from(["fragment", "finish"]), st.text()),
    st.tuples(st.just("close"), st.integers(), st.text(max_size=130)),
    st.tuples(st.just("receive_data"), st.binary()),
    st.tuples(st.just("handle_timeout"), st.floats()),
    st.tuples(st.just("receive_data"), st.just(b"\x81\x01x"), st.floats()),
    st.tuples(st.just("reject"), st.integers()),
    st.tuples(st.sampled_from(["accept", "abort", "receive_eof", "transport_failed"])),
    st.tuples(st.sampled_from(["data_to_send", "timeout", "handle_timeout", "carry"])),
)

BEGINNINGS = [
    lambda: (Connection.client("ws://h/"), Connection.server()),
    lambda: open_pair(Config()),
    lambda: open_pair(Config(streaming=True, automatic_pong=False, deflate=Deflate())),
]


@settings(max_examples=300, deadline=None)
@given(
    begin=st.sampled_from(BEGINNINGS),
    calls=st.lists(st.tuples(st.booleans(), CALLS), max_size=40),
)
def test_any_order_of_calls_does_no_harm(begin, calls):
    pair = begin()
    endings = [0, 0]
    for is_server, (name, *arguments) in calls:
        connection, other = pair[is_server], pair[not is_server]
        try:
            if name == "carry":
                events = other.receive_data(connection.data_to_send())
                endings[not is_server] += sum(isinstance(it, Ended) for it in events)
                continue
            events = getattr(connection, name)(*arguments)
        except (Error, TypeError, ValueError, OverflowError):
            continue
        if isinstance(events, list):
            endings[is_server] += sum(isinstance(it, Ended) for it in events)
            for event in events:
                assert repr(event)
        assert repr(connection) and connection.transport and connection.state
    for index, connection in enumerate(pair):
        endings[index] += sum(isinstance(it, Ended) for it in connection.transport_failed())
        assert endings[index] == 1 and connection.state == "closed"


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300), client=st.booleans(), handshake=st.booleans())
def test_any_bytes_do_no_harm(data, client, handshake):
    if handshake:
        connection = Connection.client("ws://h/") if client else Connection.server()
    else:
        connection = Connection.established(client=client, config=PLAIN)
    whole = connection.receive_data(data) + connection.receive_eof()
    assert sum(isinstance(event, Ended) for event in whole) <= 1
    assert all(isinstance(event.code, int) for event in whole if isinstance(event, Close))
    assert all(len(event.payload) <= 125 for event in whole if isinstance(event, Ping))
