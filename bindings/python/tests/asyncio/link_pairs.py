"""Loops to run tests of links on, and both ends of a connection on 127.0.0.1."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websocket_proto import Config
from websocket_proto.asyncio.connection import Connection


class Run:
    """Runs a coroutine function on a loop, and keeps what is reported to the loop's handler."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failures: list[dict[str, Any]] = []

    def __call__(self, main: Callable[[], Awaitable[Any]]) -> None:
        async def watched() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: self.failures.append(context))
            await asyncio.wait_for(main(), 20)

        factory = uvloop.new_event_loop if self.name == "uvloop" else asyncio.new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(watched())


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """A loop, which must report no failure that the test does not take."""
    run = Run(request.param)
    yield run
    assert not run.failures


class Echo:
    """A listener that accepts everything, and sends back what it gets."""

    def on_request(self, link: Connection, request: object) -> None:
        link.accept()

    def on_text(self, link: Connection, data: str) -> None:
        link.send_nowait(data)

    def on_binary(self, link: Connection, data: bytes) -> None:
        link.send_nowait(data)


class Accept:
    """A listener that accepts everything, and leaves what follows to `recv()`."""

    def on_request(self, link: Connection, request: object) -> None:
        link.accept()
        link.set_listener(None)


class Pair:
    """A client and the server's end of its connection, and of the connections that follow."""

    def __init__(self) -> None:
        self.servers: list[Connection] = []
        self.client: Connection

    @property
    def server(self) -> Connection:
        return self.servers[0]


@asynccontextmanager
async def serving(
    server_listener: object, tls: ssl.SSLContext | None = None, **options: Any
) -> Any:
    """A server on a port of its own; gives the port and the list of its connections."""
    connections: list[Connection] = []

    def make() -> Connection:
        connections.append(Connection(None, listener=server_listener, **options))
        return connections[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], connections
    finally:
        server.close()
        for connection in connections:
            connection.abort()


@asynccontextmanager
async def pair(
    server_listener: object,
    client_listener: object = None,
    contexts: tuple[ssl.SSLContext, ssl.SSLContext] | None = None,
    server: dict[str, Any] | None = None,
    client: dict[str, Any] | None = None,
) -> Any:
    """Both ends of an open connection, which is aborted at the end unless it is closed."""
    loop = asyncio.get_running_loop()
    server_tls, client_tls = contexts or (None, None)
    async with serving(server_listener, server_tls, **(server or {})) as (port, connections):
        scheme = "wss" if contexts else "ws"
        _, connection = await loop.create_connection(
            lambda: Connection(
                f"{scheme}://localhost:{port}/chat", listener=client_listener, **(client or {})
            ),
            "127.0.0.1",
            port,
            ssl=client_tls,
            server_hostname="localhost" if contexts else None,
        )
        try:
            await connection.wait_open()
            both = Pair()
            both.client, both.servers = connection, connections
            yield both
        finally:
            connection.abort()
            await connection.wait_closed()


def no_keepalive(**options: Any) -> Config:
    return Config(keepalive=None, **options)


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a server and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cafile=str(path))
    return server, client
