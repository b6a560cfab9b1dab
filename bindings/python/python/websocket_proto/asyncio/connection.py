"""The connection that `connect()` and `serve()` give: one object for both sides."""

from __future__ import annotations

import asyncio
import enum
import os
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable
from types import TracebackType
from typing import Any, Self

from .. import _core
from ..exceptions import (
    ConcurrencyError,
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    SendError,
)

__all__ = ["Connection", "State"]

Data = str | bytes
DataLike = str | bytes | bytearray | memoryview


class State(enum.IntEnum):
    """How far a connection is."""

    CONNECTING, OPEN, CLOSING, CLOSED = range(4)


class Connection(_core.Link, asyncio.BufferedProtocol):
    """A WebSocket connection, of a client or a server.

    Messages are received with `recv()` or `async for`, or by a listener. One task at a time receives;
    any number may send.

    ```python
    async for message in connection:
        await connection.send(message)
    ```
    """

    __slots__ = ("_addresses", "_id", "_latency", "_parts", "_pings")

    _addresses: tuple[Any, Any]
    _id: uuid.UUID
    _latency: float
    _parts: asyncio.Lock
    _pings: dict[bytes, tuple[asyncio.Future[float], float]]

    # What is known of it

    @property
    def id(self) -> uuid.UUID:
        """A name for this connection, for logs."""
        try:
            return self._id
        except AttributeError:
            self._id = uuid.uuid4()
            return self._id

    @property
    def state(self) -> State:
        """How far the connection is. Programs need not look: `recv()` and `send()` raise
        `ConnectionClosed` when it is over."""
        return State[self.state_name.upper()]

    @property
    def local_address(self) -> Any:
        """The address of this side, a host and a port for TCP over IPv4; it stays known after the end.
        `None` before there is a transport."""
        return self._known_addresses()[0]

    @property
    def remote_address(self) -> Any:
        """The address of the peer, a host and a port for TCP over IPv4; it stays known after the end.
        `None` before there is a transport."""
        return self._known_addresses()[1]

    @property
    def latency(self) -> float:
        """The last time from a ping to its pong, in seconds; 0.0 before the first. The keepalive
        measures it, and so does `ping()`."""
        own = getattr(self, "_latency", None)
        return own if own is not None else self.round_trip or 0.0

    @property
    def close_code(self) -> int | None:
        """The code of the peer's Close frame: 1005 if it had none, 1006 if there was no frame; `None`
        before the end."""
        return self.ending.code if self.ending else None

    @property
    def close_reason(self) -> str | None:
        """The reason in the peer's Close frame, which may be empty; `None` before the end."""
        return self.ending.reason if self.ending else None

    # Receiving

    async def recv_streaming(self, decode: bool | None = None) -> AsyncIterator[Data]:
        """Receives the next message in parts. It is one part, as messages are put together before
        they are delivered; this is for programs that expect an iterator."""
        yield await self.recv(decode)

    # Sending

    async def ping(self, data: DataLike | None = None) -> Awaitable[float]:
        """Sends a ping with `data`, at most 125 bytes; by default with random ones.

        Returns an awaitable for the time in seconds until the pong arrives. There is no need to wait
        for it. It raises `ConnectionClosed` if the connection ends before.

        Raises `ConcurrencyError` if a ping with the same data waits for its pong.
        """
        payload = os.urandom(4) if data is None else _payload(data)
        pings = self._waiting_pings()
        if payload in pings:
            raise ConcurrencyError("a ping with this data waits for its pong: use other data")
        self.send_ping(payload)
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        pings[payload] = (pong, time.perf_counter())
        return pong

    async def pong(self, data: DataLike = b"") -> None:
        """Sends a pong that nobody asked for, as a sign of life. Pings are answered without this."""
        self.send_pong(_payload(data))

    async def drain(self) -> None:
        """Waits until less than the write limit waits to be written."""
        if not self.has_room:
            await self.wait_until("drained")

    # Opening and closing

    async def wait_open(self) -> None:
        """Waits until messages can be sent. May be cancelled.

        Raises `InvalidStatus` if the server refused the request, `InvalidMessage` if its response is
        none, and `InvalidHandshake` if the handshake ended in another way.
        """
        if self.state is State.CONNECTING:
            await self.wait_until("open")
        if not self.was_open:
            raise self._handshake_failure()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection: sends what waits, then a Close frame, and waits for the peer's and for
        the end of the stream, at most `close_timeout` of its `Config`. Messages that are not received
        yet can still be. Does nothing if the connection is closed already.

        May be cancelled: the connection then closes all the same.
        """
        if self.is_open and self.transport and self.transport.is_closing():
            # The application has closed it, below: no Close frame belongs on the wire any more.
            self.abort()
        try:
            self.start_close(code, reason)
        except (SendError, ConnectionClosed) as error:
            if error.name in ("bad-close-code", "reason-too-long"):
                raise
            if error.name == "not-open":
                self.abort()
        await self.wait_closed()

    async def wait_closed(self) -> None:
        """Waits until the connection is closed, and its transport too."""
        if not self.is_closed:
            await self.wait_until("lost")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close(1000 if kind is None else 1011)

    def __repr__(self) -> str:
        side = "client" if self.is_client else "server"
        return f"<{type(self).__name__} {side} {self.state_name} {self.id}>"

    # What Link calls

    def connection_lost(self, exc: Exception | None) -> None:
        # Who tells of the end in a log wants to name the peer.
        self._addresses = self._known_addresses()
        super().connection_lost(exc)
        for pong, _ in self._take_pings():
            if not pong.done():
                pong.set_exception(self.closed_error())
                pong.exception()  # Who does not wait for it need not know.

    def _pong_received(self, payload: bytes) -> None:
        """Ends the wait for the pong and for those of the pings before, as a peer may answer the last
        alone."""
        pings = getattr(self, "_pings", None)
        if not pings or payload not in pings:
            return
        now = time.perf_counter()
        self._latency = now - pings[payload][1]
        for waiting in list(pings):
            pong, sent = pings.pop(waiting)
            if not pong.done():
                pong.set_result(now - sent)
            if waiting == payload:
                return

    async def _send_parts(
        self, parts: Iterable[DataLike] | AsyncIterable[DataLike], text: bool | None
    ) -> None:
        """Sends a message in fragments, while other calls of `send` wait. One that is not finished
        closes the connection with 1011, as the peer would wait for the rest."""
        async with self._turn_for_parts():
            begun = is_text = False
            try:
                async for part in _each(parts):
                    _check_part(part)
                    if not begun:
                        is_text = isinstance(part, str) if text is None else text
                        self.start(is_text)
                        begun = True
                        self._hold_senders(True)
                    elif text is None:
                        _check_kind(part, is_text)
                    await self.drain()
                    self.fragment(part)
                if begun:
                    self.finish()
            except BaseException:
                if begun and self.is_open:
                    self.start_close(1011, "a message was not finished")
                raise
            finally:
                if begun:
                    self._hold_senders(False)

    def _turn_for_parts(self) -> asyncio.Lock:
        try:
            return self._parts
        except AttributeError:
            self._parts = asyncio.Lock()
            return self._parts

    def _waiting_pings(self) -> dict[bytes, tuple[asyncio.Future[float], float]]:
        try:
            return self._pings
        except AttributeError:
            self._pings = {}
            return self._pings

    def _take_pings(self) -> list[tuple[asyncio.Future[float], float]]:
        pings = getattr(self, "_pings", {})
        waiting = list(pings.values())
        pings.clear()
        return waiting

    def _known_addresses(self) -> tuple[Any, Any]:
        """The addresses of this side and of the peer."""
        transport = self.transport
        if transport is None:
            return getattr(self, "_addresses", (None, None))
        return transport.get_extra_info("sockname"), transport.get_extra_info("peername")

    def _handshake_failure(self) -> Exception:
        ending = self.ending
        if ending is None:
            return InvalidHandshake("the connection was not opened")
        if ending.cause == "refused" and self.response:
            return InvalidStatus(self.response)
        failure = InvalidMessage if ending.cause == "failed" else InvalidHandshake
        error = failure(str(ending))
        error.__cause__ = ending.error
        return error


def _payload(data: DataLike) -> bytes:
    """The payload of a ping or pong."""
    return data.encode() if isinstance(data, str) else bytes(memoryview(data))


def _check_part(part: object) -> None:
    """Raises what `send` raises, before the message is begun."""
    if not isinstance(part, str):
        try:
            memoryview(part)  # type: ignore[arg-type]
        except TypeError:
            found = type(part).__name__
            raise TypeError(
                f"the parts of a message are str, or bytes in a buffer, not {found}"
            ) from None


def _check_kind(part: object, is_text: bool) -> None:
    """Raises if a part is not what the message began with."""
    if isinstance(part, str) != is_text:
        raise TypeError(
            "the parts of a message are all str or all bytes, unless `text` says what they make: "
            f"this one began with {'str' if is_text else 'bytes'}, and {type(part).__name__} follows"
        )


async def _each(parts: Iterable[DataLike] | AsyncIterable[DataLike]) -> AsyncIterator[DataLike]:
    if isinstance(parts, AsyncIterable):
        async for part in parts:
            yield part
    else:
        for part in parts:
            yield part
