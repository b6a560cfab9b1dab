"""The values that connections take and give: compared, shown, copied, pickled, immutable."""

import copy
import gc
import pickle
import sys

import pytest
import websocket_proto
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
    Ending,
    Event,
    Failed,
    Headers,
    Keepalive,
    Open,
    Ping,
    Pong,
    Prepared,
    Refused,
    Request,
    Response,
    Start,
    Text,
)
from websocket_proto.exceptions import ProtocolError

HEADERS = Headers([("Host", "example.com"), ("Cookie", "a=secret"), ("X", "1"), ("x", "2")])
FAILURE = Failed(
    Connection.established(client=False).receive_data(b"\x81\x01x")[0].error  # type: ignore[union-attr]
)
ENDING = Ending(
    "failed",
    error=FAILURE.error,
    initiator="local",
    sent=Close(1002),
    stalled=0.5,
    message_lost=True,
)

VALUES = [
    Text("text"),
    Binary(b"data"),
    Chunk(b"data"),
    Ping(b"ping"),
    Pong(b"pong"),
    Pong(b"pong", 0.25),
    Start(True),
    Start(False),
    End(),
    Close(1000, "bye"),
    HEADERS,
    Request("/path?query=secret", HEADERS),
    Response(404, "Not Found", HEADERS, b"body"),
    Open(Response(101)),
    Refused(Response(503)),
    FAILURE,
    ENDING,
    Ending("timed-out", deadline="pong"),
    Ended(ENDING),
    Config(),
    Config(max_message=None, keepalive=None, leniency=["bare-lf"], streaming=True),
    Keepalive(1, 2, close_code=4000, when_busy=True),
    Deflate(level=1, fallback=Deflate(client_max_window_bits=None)),
    DeflateParameters(server_max_window_bits=9),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_copies_are_equal_and_have_the_same_hash(value):
    for made in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(made) is type(value) and made == value and hash(made) == hash(value)
        assert repr(made) == repr(value)


def test_values_of_different_kinds_or_contents_differ():
    for index, value in enumerate(VALUES):
        for other in VALUES[index + 1 :]:
            assert value != other and (value == other) is False
        assert value != 1 and value is not None


@pytest.mark.parametrize("value", [*VALUES, Prepared("x"), Connection.server()], ids=repr)
def test_nothing_can_be_set(value):
    for name in ("data", "code", "anything"):
        with pytest.raises(AttributeError):
            setattr(value, name, 1)
    assert not hasattr(value, "__dict__")


def test_classes_are_final_and_show_their_module():
    for name in websocket_proto.__all__:
        found = getattr(websocket_proto, name)
        if isinstance(found, type):
            assert found.__module__ == "websocket_proto"
            with pytest.raises(TypeError, match="acceptable base type"):
                type("Sub", (found,), {})


def test_every_event_can_be_matched():
    for value in VALUES:
        match value:
            case Text(data) | Binary(data) | Chunk(data) | Ping(data) | Pong(data, _):
                assert data
            case Start(text):
                assert isinstance(text, bool)
            case Close(code, reason):
                assert (code, reason) == (1000, "bye")
            case Request(path, headers):
                assert (path, headers) == ("/path", HEADERS)
            case Refused(status, reason, headers, body):
                assert (status, reason, headers, body) == (503, "", Headers(), b"")
            case Open(Response(status)):
                assert status == 101
            case Failed(ProtocolError() as error):
                assert error.name == "unmasked"
            case Ended(Ending(cause, code, reason)):
                assert (cause, code, reason) == ("failed", 1006, "")
            case End():
                pass
            case _:
                assert not isinstance(value, Event)


def test_a_repr_shows_neither_secrets_nor_much_of_a_payload():
    for value in VALUES:
        assert "secret" not in repr(value)
    response = Response(
        302, headers={"Location": "https://h/?token=secret", "Set-Cookie": "secret"}
    )
    assert "secret" not in repr(response) and "secret" not in repr(response.headers)
    for made in (Text("x" * 100), Binary(b"x" * 100), Prepared("x" * 100), Ping(b"x" * 100)):
        assert repr(made).count("x") <= 61 and "100 bytes" in repr(made)
    assert repr(Text("ü" * 60)) == f"Text({'ü' * 60!r})"


def test_a_repr_of_what_is_short_can_be_evaluated():
    for value in VALUES:
        if not isinstance(
            value, Headers | Request | Response | Open | Refused | Ending | Ended | Failed
        ):
            assert eval(repr(value)) == value
    for data in ("'\\\n\x1f\u200b", '"', "ü"):
        assert eval(repr(Text(data))) == Text(data)


def test_a_prepared_message_is_pickled_as_what_it_holds():
    for message in ("text", b"data"):
        made = pickle.loads(pickle.dumps(Prepared(message)))
        assert made.data == message and made.is_text == isinstance(message, str)


def test_what_refers_to_other_objects_makes_no_cycle():
    class Subclass(str):
        pass

    text = Subclass("text")
    event = Text(text)
    text.event = event  # type: ignore[attr-defined]
    assert type(event.data) is str
    assert text not in gc.get_referents(event)


def test_an_idle_connection_holds_less_than_a_kibibyte():
    client, server = (
        Connection.established(client=client, config=Config()) for client in (True, False)
    )
    for message in ("text", b"x" * 1000, "x" * 100_000) * 10:
        client.send(message)
        server.send(message)
    server.receive_data(client.data_to_send())
    client.receive_data(server.data_to_send())
    assert sys.getsizeof(client) < 1024 and sys.getsizeof(server) < 1024
    assert server.receive_data(b"\x82\xfe\xff\xff\x00\x00\x00\x00" + b"x" * 30_000) == []
    assert 30_000 < sys.getsizeof(server) < 70_000


def test_headers_are_an_ordered_mapping_without_case():
    assert HEADERS["x"] == HEADERS.get("X") == "1"
    assert HEADERS.get_all("X") == ["1", "2"]
    assert "HOST" in HEADERS and "Y" not in HEADERS and 1 not in HEADERS
    assert HEADERS.get("Y") is None and HEADERS.get("Y", 3) == 3
    with pytest.raises(KeyError, match="Y"):
        HEADERS["Y"]
    assert (
        list(HEADERS) == HEADERS.items() == list(zip(HEADERS.keys(), HEADERS.values(), strict=True))
    )
    assert len(HEADERS) == 4 and dict(HEADERS)["Host"] == "example.com"
    assert Headers({"A": "b"}) == Headers([("a", "b")]) != Headers([("a", "B")])
    assert not Headers() and Headers(HEADERS) == HEADERS


def test_header_values_that_are_not_utf8_survive():
    server = Connection.server()
    (request,) = server.receive_data(
        b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: \xff\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert request.headers["X"] == "\udcff"  # type: ignore[union-attr]
    assert pickle.loads(pickle.dumps(request)) == request


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ("A: b", TypeError),
        (1, TypeError),
        ([("a",)], TypeError),
        ([("a", 1)], TypeError),
        ({"a": None}, TypeError),
        ([("a", "b\n")], ValueError),
        ([("a:", "b")], ValueError),
        ([("", "b")], ValueError),
    ],
)
def test_bad_headers_are_refused(headers, error):
    with pytest.raises(error):
        Headers(headers)


def test_a_request_answers_questions():
    headers = {
        "Host": "example.com",
        "Origin": "https://example.com",
        "Authorization": "Bearer token",
        "Cookie": "a=b; c=d",
        "Sec-WebSocket-Protocol": "x, y",
    }
    request = Request("/chat?room=a%20b&empty", headers)
    assert request.query_parameter("room") == "a b" and request.query_parameter("no") is None
    assert request.query_parameter("empty") == ""
    assert request.cookie("c") == "d" and request.cookie("e") is None
    assert request.bearer_token == "token" and request.basic_credentials is None
    assert request.subprotocols == ["x", "y"]
    assert request.is_origin_allowed() and request.is_origin_allowed(["https://EXAMPLE.com/"])
    assert not request.is_origin_allowed(["https://example.org"])
    assert not Request("/", {**headers, "Origin": "https://evil.example"}).is_origin_allowed()
    assert Request("/").is_origin_allowed()
    assert not Request("/", {"Host": "h", "Origin": "null"}).is_origin_allowed(["https://h"])
    with pytest.raises(websocket_proto.exceptions.AnswerError, match="origin"):
        request.is_origin_allowed(["*"])


def test_a_response_tells_what_the_server_chose():
    for value, chosen in (("chat", "chat"), ("", None), (" , ", None), (",", None)):
        assert Response(101, headers={"Sec-WebSocket-Protocol": value}).subprotocol == chosen
    for value, seconds in (("3", 3), ("soon", None), ("+3", None), ("", None)):
        assert Response(503, headers={"Retry-After": value}).retry_after == seconds
    response = Response(302, headers={"Location": "/there"}, body=bytearray(b"body"))
    assert (response.location, response.body, response.is_body_truncated) == (
        "/there",
        b"body",
        False,
    )


@pytest.mark.parametrize("target", ["", "path", "/a b", "/#", "http://h/"])
def test_a_request_needs_a_path(target):
    with pytest.raises(ValueError, match="begins with /"):
        Request(target)


@pytest.mark.parametrize("status", [0, 99, 1000])
def test_a_response_needs_a_status(status):
    with pytest.raises(ValueError, match="from 100 to 999"):
        Response(status)


def test_an_ending_is_consistent():
    for make in (
        lambda: Ending("unheard-of"),  # type: ignore[arg-type]
        lambda: Ending("failed"),
        lambda: Ending("timed-out"),
        lambda: Ending("clean", deadline="pong"),
        lambda: Ending("timed-out", deadline="never"),  # type: ignore[arg-type]
        lambda: Ending("clean", initiator="me"),  # type: ignore[arg-type]
        lambda: Ending("clean", stalled=-1),
    ):
        with pytest.raises(ValueError):
            make()
    ending = Ending("clean", sent=Close(1000), received=Close(1001, "bye"))
    assert ending.clean and (ending.code, ending.reason) == (1001, "bye")
    assert str(ending).startswith("closed")
