"""What a client's program does with `connect`."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from pathlib import Path
from typing import Any

import pytest
from websocket_proto import Backoff, Config, Deflate
from websocket_proto.asyncio import ServerConnection, connect, serve, unix_connect, unix_serve
from websocket_proto.asyncio.reaching import Reaching
from websocket_proto.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    RequestError,
    SecurityError,
)

from .conftest import Run
from .servers import black_hole, echo, port_of, raw_server, serving, silence


def test_a_context_manager_closes(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            async with connect(uri) as websocket:
                for message in ("text", b"bytes", "", "ü" * 100_000):
                    await websocket.send(message)
                    assert await websocket.recv() == message
            assert websocket.close_code == 1000
            with pytest.raises(ConnectionClosedOK):
                await websocket.recv()

    run(main())


def test_awaited_it_is_closed_by_hand(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            websocket = await connect(uri)
            await websocket.close(4000, "done")
            assert websocket.close_code == 4000

    run(main())


def test_an_exception_in_the_body_closes_too(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            with pytest.raises(KeyError):
                async with connect(uri) as websocket:
                    raise KeyError
            assert not websocket.is_open

    run(main())


def test_the_request_says_what_the_program_wants(run: Run[None]) -> None:
    seen: list[Any] = []

    async def handler(websocket: ServerConnection) -> None:
        seen.append(websocket.request)

    async def main() -> None:
        async with serving(handler, subprotocols=["b", "a"]) as uri:
            options: dict[str, Any] = {
                "origin": "https://example.com",
                "subprotocols": ["a", "b"],
                "additional_headers": {"X-Id": "7"},
                "user_agent_header": "test/1",
            }
            async with connect(uri + "path?query=1", **options) as websocket:
                assert websocket.subprotocol == "b"
                assert websocket.response.headers["Server"].startswith("websocket-proto/")
        (request,) = seen
        assert request.path == "/path?query=1"
        assert request.query_parameter("query") == "1"
        assert request.origin == "https://example.com"
        assert request.headers["X-Id"] == "7"
        assert request.headers["User-Agent"] == "test/1"

    run(main())


def test_no_user_agent(run: Run[None]) -> None:
    seen: list[Any] = []

    async def handler(websocket: ServerConnection) -> None:
        seen.append(websocket.request.headers.get("User-Agent"))

    async def main() -> None:
        async with serving(handler) as uri, connect(uri, user_agent_header=None) as websocket:
            await websocket.wait_closed()
        assert seen == [None]

    run(main())


@pytest.mark.parametrize("compression", ["deflate", None, Deflate(minimum=0)])
def test_compression(run: Run[None], compression: Any) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri, compression=compression) as websocket:
            assert (websocket.deflate is None) == (compression is None)
            await websocket.send("a" * 1000)
            assert await websocket.recv() == "a" * 1000

    run(main())


def test_tls(run: Run[None], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async def main() -> None:
        async with serving(ssl=server_tls) as uri:
            async with connect(uri, ssl=client_tls) as websocket:
                await websocket.send("x" * 200_000)
                assert await websocket.recv() == "x" * 200_000
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(uri)
            other = uri.replace("localhost", "127.0.0.2")
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(other, ssl=client_tls, host="127.0.0.1")
            with pytest.raises(ValueError, match="wss://"):
                await connect(uri.replace("wss", "ws"), ssl=client_tls)

    run(main())


def test_a_unix_socket(run: Run[None]) -> None:
    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "socket"
            async with unix_serve(echo, path), unix_connect(path) as websocket:
                await websocket.send("hello")
                assert await websocket.recv() == "hello"

    run(main())


def test_a_socket_of_ones_own(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            port = int(uri.rsplit(":", 1)[1].strip("/"))
            loop = asyncio.get_running_loop()
            sock = socket.socket()
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", port))
            async with connect("ws://somewhere.example/", sock=sock) as websocket:
                await websocket.send("hello")
                assert await websocket.recv() == "hello"

    run(main())


def test_another_host_and_port(run: Run[None]) -> None:
    hosts = []

    async def handler(websocket: ServerConnection) -> None:
        hosts.append(websocket.request.host)

    async def main() -> None:
        async with serving(handler) as uri:
            port = int(uri.rsplit(":", 1)[1].strip("/"))
            async with connect("ws://somewhere.example/", host="127.0.0.1", port=port) as websocket:
                await websocket.wait_closed()
        assert hosts == ["somewhere.example"]

    run(main())


def test_what_is_wrong_with_the_arguments_is_said_at_once() -> None:
    with pytest.raises(InvalidURI, match="ws://"):
        connect("localhost:8000")
    with pytest.raises(InvalidURI):
        connect("ws://localhost/#fragment")
    with pytest.raises(RequestError, match="header"):
        connect("ws://localhost/", additional_headers={"a b": "c"})
    with pytest.raises(TypeError, match=r"\['chat'\]"):
        connect("ws://localhost/", subprotocols="chat")
    with pytest.raises(ValueError, match="compression"):
        connect("ws://localhost/", compression="brotli")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="open_timeout"):
        connect("ws://localhost/", open_timeout=0)


def test_a_refusal_has_the_response(run: Run[None]) -> None:
    async def main() -> None:
        def refuse(websocket: ServerConnection, request: Any) -> Any:
            response = websocket.respond(403, "not you\n")
            response.headers["X-Why"] = "because"
            return response

        async with serving(process_request=refuse) as uri:
            with pytest.raises(InvalidStatus, match="403") as caught:
                await connect(uri)
            response = caught.value.response
            assert (response.status_code, response.body) == (403, b"not you\n")
            assert response.headers["X-Why"] == "because"
            assert response.headers["Content-Type"] == "text/plain; charset=utf-8"

    run(main())


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 101 x\r\n\r\n", b""])
def test_what_is_no_server_of_websockets(run: Run[None], answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async def main() -> None:
        async with raw_server(talk) as port:
            with pytest.raises(InvalidHandshake) as caught:
                await connect(f"ws://127.0.0.1:{port}/")
            assert str(caught.value)

    run(main())


def test_nobody_listens(run: Run[None]) -> None:
    async def main() -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            with pytest.raises(OSError):
                await connect(f"ws://127.0.0.1:{sock.getsockname()[1]}/")

    run(main())


def test_the_time_limit_covers_a_deaf_server(run: Run[None]) -> None:
    async def main() -> None:
        async with raw_server(silence) as port:
            with pytest.raises(TimeoutError, match="open_timeout"):
                await connect(f"ws://127.0.0.1:{port}/", open_timeout=0.1)

    run(main())


def test_a_message_that_is_too_long(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri, max_size=100) as websocket:
            await websocket.send("x" * 101)
            with pytest.raises(ConnectionClosedError) as caught:
                await websocket.recv()
            assert caught.value.sent is not None
            assert caught.value.sent.code == 1009

    run(main())


def test_a_config_and_what_changes_it(run: Run[None]) -> None:
    async def main() -> None:
        config = Config(max_message=10, max_frame=10)
        async with serving() as uri:
            async with connect(uri, config=config) as websocket:
                assert websocket.deflate is None
                await websocket.send("x" * 11)
                with pytest.raises(ConnectionClosedError):
                    await websocket.recv()
            async with connect(uri, config=config, max_size=11) as websocket:
                await websocket.send("x" * 11)
                assert await websocket.recv() == "x" * 11

    run(main())


class Collector:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.ended = asyncio.Event()

    def on_text(self, link: Any, data: str) -> None:
        self.told.append(data)
        link.start_close()

    def on_ended(self, link: Any, ending: Any) -> None:
        self.told.append(ending.cause)
        self.ended.set()


def test_a_listener_in_place_of_recv(run: Run[None]) -> None:
    async def main() -> None:
        listener = Collector()
        async with serving() as uri:
            websocket = await connect(uri, listener=listener)
            websocket.send_nowait("hello")
            await listener.ended.wait()
            await websocket.wait_closed()
        assert listener.told == ["hello", "clean"]

    run(main())


def redirecting(answer: str) -> Any:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())

    return raw_server(talk)


def redirect(location: str, status: int = 302) -> str:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"


def test_redirects_are_followed_without_secrets(run: Run[None]) -> None:
    seen: list[Any] = []

    async def handler(websocket: ServerConnection) -> None:
        seen.append(websocket.request)

    async def main() -> None:
        headers = {"Authorization": "Bearer x", "X-Key": "y", "Accept-Language": "de"}
        async with serving(handler) as uri, redirecting(redirect(uri + "new")) as port:
            old = f"ws://127.0.0.1:{port}/old"
            async with connect(old, additional_headers=headers) as websocket:
                await websocket.wait_closed()
        (request,) = seen
        assert request.path == "/new"
        assert request.headers["Accept-Language"] == "de"
        assert "Authorization" not in request.headers
        assert "X-Key" not in request.headers

    run(main())


def test_redirects_that_are_not_followed(run: Run[None]) -> None:
    async def main() -> None:
        async with redirecting(redirect("/again")) as port:
            with pytest.raises(SecurityError, match="5 redirects"):
                await connect(f"ws://127.0.0.1:{port}/")
        async with redirecting(redirect("ftp://localhost/")) as port:
            with pytest.raises(SecurityError, match="ftp"):
                await connect(f"ws://127.0.0.1:{port}/")
        async with redirecting(redirect("/again", 300)) as port:
            with pytest.raises(InvalidStatus):
                await connect(f"ws://127.0.0.1:{port}/")

    run(main())


def test_no_redirect_from_tls_to_plain(
    run: Run[None], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    def leave(websocket: ServerConnection, request: Any) -> Any:
        response = websocket.respond(301, "")
        response.headers["Location"] = "ws://localhost/"
        return response

    async def main() -> None:
        async with serving(ssl=server_tls, process_request=leave) as uri:
            with pytest.raises(SecurityError, match="wss to ws"):
                await connect(uri, ssl=client_tls)

    run(main())


def test_the_loop_connects_again(run: Run[None]) -> None:
    count = 0

    async def handler(websocket: ServerConnection) -> None:
        nonlocal count
        count += 1
        await websocket.send(str(count))
        match count:
            case 1:
                websocket.abort()
            case 2:
                await websocket.close(1012)
            case _:
                await websocket.close(1000)

    async def main() -> None:
        messages = []
        async with serving(handler) as uri:
            async for websocket in connect(uri, reconnect=Backoff(first=0.01)):
                try:
                    async for message in websocket:
                        messages.append(message)
                except ConnectionClosedError:
                    continue
        assert messages[-1] == "3"
        assert count == 3

    run(main())


def test_the_loop_ends_with_what_waiting_does_not_mend(run: Run[None]) -> None:
    async def handler(websocket: ServerConnection) -> None:
        await websocket.close(1008, "no such account")

    def refuse(websocket: ServerConnection, request: Any) -> Any:
        return websocket.respond(401, "who are you?\n")

    async def main() -> None:
        async with serving(handler) as uri:
            with pytest.raises(ConnectionClosedError, match="no such account"):
                async for websocket in connect(uri):
                    await websocket.wait_closed()
        async with serving(process_request=refuse) as uri:
            with pytest.raises(InvalidStatus, match="401"):
                async for websocket in connect(uri):
                    pass

    run(main())


def test_the_loop_of_a_program_without_a_policy_goes_on(run: Run[None]) -> None:
    count = 0

    async def handler(websocket: ServerConnection) -> None:
        nonlocal count
        count += 1

    async def main() -> None:
        async with serving(handler) as uri:
            delays: Any = lambda: iter([0.01] * 3)
            async for websocket in connect(uri, reconnect_delays=delays):
                await websocket.wait_closed()
                if count == 3:
                    break
            assert count == 3

    run(main())


def test_the_program_may_overrule_the_advice(run: Run[None]) -> None:
    attempts = 0

    def refuse(websocket: ServerConnection, request: Any) -> Any:
        nonlocal attempts
        attempts += 1
        return websocket.respond(401, "") if attempts < 3 else None

    def decide(error: Exception) -> Exception | None:
        assert isinstance(error, InvalidStatus)
        return None

    async def main() -> None:
        async with serving(process_request=refuse) as uri:
            backoff = Backoff(first=0.01)
            async for websocket in connect(uri, process_exception=decide, reconnect=backoff):
                break
            assert attempts == 3
            await websocket.close()

        async with serving(process_request=lambda ws, _: ws.respond(503, "")) as uri:
            with pytest.raises(KeyError):
                async for _ in connect(uri, process_exception=lambda _: KeyError()):
                    pass

    run(main())


def test_attempts_are_counted(run: Run[None]) -> None:
    async def main() -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            uri = f"ws://127.0.0.1:{sock.getsockname()[1]}/"
            with pytest.raises(OSError):
                async for _ in connect(uri, reconnect=Backoff(first=0.01, attempts=3)):
                    pass

    run(main())


@pytest.fixture
def two_addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A name with two addresses: those of the list, which a test can change."""
    addresses = ["127.0.0.1", "127.0.0.1"]

    async def look_up(self: Reaching, address: tuple[str, int]) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*kind, (found, address[1])) for found in addresses]

    monkeypatch.setattr(Reaching, "_look_up", look_up)
    return addresses


def test_the_next_address_after_one_that_refuses(run: Run[None], two_addresses: list[str]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.2", 0) as server:
            uri = f"ws://two.example:{port_of(server)}/"
            two_addresses[:] = ["127.0.0.1", "127.0.0.2"]
            async with connect(uri) as websocket:
                assert websocket.remote_address[0] == "127.0.0.2"
            two_addresses[:] = ["127.0.0.1", "127.0.0.3"]
            with pytest.raises(ConnectionRefusedError, match=r"two\.example"):
                await connect(uri)

    run(main())


def test_the_next_address_beside_one_that_does_not_answer(
    run: Run[None], two_addresses: list[str]
) -> None:
    async def main() -> None:
        async with black_hole() as port, serve(echo, "127.0.0.2", port):
            two_addresses[:] = ["127.0.0.1", "127.0.0.2"]
            async with connect(f"ws://two.example:{port}/") as websocket:
                assert websocket.remote_address[0] == "127.0.0.2"

    run(main())


def test_the_own_address(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            async with connect(uri, local_addr=("127.0.0.5", 0)) as websocket:
                assert websocket.local_address[0] == "127.0.0.5"
            with pytest.raises(OSError):
                await connect(uri, family=socket.AF_INET6)

    run(main())
