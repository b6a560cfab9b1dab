"""A connection as the programs of the matrix use it; a peer brings a class with its own calls."""

import asyncio
import os
import ssl

REFUSAL = "not without a ticket\n"
FRAGMENTS = "κόσμε" + "x" * 70_000


class Absent(Exception):
    """The API has no way to do this."""


class Closed(Exception):
    """The connection has ended: what `receive` raises.

    The code is 1005 for a Close frame without one, 1006 where no Close frame came, and `None` where
    the API does not tell; then the reason is `None`, too.
    """

    def __init__(self, code: int | None = None, reason: str | None = None) -> None:
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The server refused: what opening raises. What the API does not tell is `None`."""

    def __init__(self, status: int | None = None, body: bytes | None = None) -> None:
        super().__init__(f"refused with {status} {body!r}")
        self.status = status
        self.body = body


class Connection:
    """What a peer's class fills in. Calls that its API lacks stay as they are here.

    A library that blocks may do so in these methods, but for `receive`, which can run it in a thread by
    `asyncio.to_thread`.
    """

    subprotocol: str | None = None

    async def send(self, message: str | bytes) -> None:
        """Sends a text or a binary message."""
        raise NotImplementedError

    async def receive(self) -> str | bytes:
        """Returns the next message, or raises Closed."""
        raise NotImplementedError

    async def close(self, code: int | None, reason: str) -> None:
        """Closes, with an empty Close frame for `None`, and waits until that is done."""
        raise NotImplementedError

    async def send_fragments(self, fragments: list[str]) -> None:
        """Sends a text in these fragments, with a Ping in between if the API can do that."""
        raise Absent

    async def ping(self) -> None:
        """Sends a Ping with a payload and waits for its Pong."""
        raise Absent

    async def drop(self) -> None:
        """Ends the TCP connection without a Close frame."""
        raise Absent

    async def dispose(self) -> None:
        """Lets go of what a cell may have left; comes after each cell of a client."""

    async def send_after_silence(self, message: str, seconds: float) -> str | bytes:
        """Answers Pings for some time, sends a message, and returns the next that comes."""
        waiting = asyncio.ensure_future(self.receive())
        await asyncio.sleep(seconds)
        if not waiting.done():
            await self.send(message)
        return await waiting


def client_tls() -> ssl.SSLContext | None:
    """What a client trusts, if it is to use TLS."""
    authority = os.environ.get("INTEROP_CA")
    return ssl.create_default_context(cafile=authority) if authority else None


def server_tls() -> ssl.SSLContext | None:
    """A server's certificate, if it is to use TLS."""
    if "INTEROP_KEY" not in os.environ:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.environ["INTEROP_CERTIFICATE"], os.environ["INTEROP_KEY"])
    return context


def deflate_parameters() -> dict[str, int | bool] | None:
    """The parameters of compression that are wanted, or `None` without it."""
    wanted = os.environ.get("INTEROP_DEFLATE")
    if wanted is None:
        return None
    pairs = [part.partition("=") for part in wanted.split(",") if part != "default"]
    return {name: int(value) if value else True for name, _, value in pairs}
