"""The messages that wait for an ASGI application."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from . import _core
from ._asgi import Message

# How many bytes of messages wait for the application before no more are read. A message counts for its
# payload and for the objects that hold it.
MOST_BYTES = 1 << 19
OVERHEAD = 256


class MessageQueue(_core.Link, asyncio.BufferedProtocol):
    """A connection whose messages are received as ASGI has it, by any number of tasks.

    It begins with `websocket.connect`, and ends with a `websocket.disconnect` that is received again and
    again. Once `most` messages wait, or `MOST_BYTES` bytes of them, the transport reads no more; zero
    messages set no limit.
    """

    __slots__ = ("_farewell", "_is_full", "_loop", "_messages", "_most", "_receivers", "_size")

    def __init__(self, config: _core.Config, loop: asyncio.AbstractEventLoop, *, most: int) -> None:
        super().__init__(None, config=config, listener=self)
        self._loop = loop
        self._most = most
        self._messages: deque[Message] = deque([{"type": "websocket.connect"}])
        self._farewell: Message | None = None
        self._size = 0
        self._is_full = False
        self._receivers: deque[asyncio.Future[None]] = deque()

    async def receive(self) -> Message:
        """The application's `receive`."""
        while not self._messages:
            if self._farewell is not None:
                return self._farewell.copy()
            await self._wait()
        message = self._messages.popleft()
        if not self._messages:
            self._size = 0
            if self._is_full:
                self._is_full = False
                self.resume_reading()
        return message

    async def _wait(self) -> None:
        receiver = self._loop.create_future()
        self._receivers.append(receiver)
        try:
            await receiver
        except asyncio.CancelledError:
            if receiver.done() and not receiver.cancelled():
                # The message is somebody else's.
                self._wake_one()
            raise

    def on_text(self, _link: _core.Link, text: str) -> None:
        self._put({"type": "websocket.receive", "text": text}, len(text))

    def on_binary(self, _link: _core.Link, data: bytes) -> None:
        self._put({"type": "websocket.receive", "bytes": data}, len(data))

    def _put(self, message: Message, size: int) -> None:
        if self._farewell is not None:
            return
        self._messages.append(message)
        self._size += size + OVERHEAD
        if self._receivers:
            self._wake_one()
        if self._size > MOST_BYTES:
            self._stop_reading()
        elif len(self._messages) == self._most:
            # The application has its turn first, and most often takes all that came with one read.
            self._loop.call_soon(self._check_number)

    def _end_messages(self, **said: Any) -> bool:
        """Lets the application receive, after the messages that wait, that there are no more. Whether
        it had not been told before."""
        if self._farewell is not None:
            return False
        self._farewell = {"type": "websocket.disconnect", **said}
        while self._receivers:
            self._wake_one()
        return True

    def _wake_one(self) -> None:
        while self._receivers:
            receiver = self._receivers.popleft()
            if not receiver.done():
                receiver.set_result(None)
                return

    def _check_number(self) -> None:
        if len(self._messages) >= self._most:
            self._stop_reading()

    def _stop_reading(self) -> None:
        if not self._is_full:
            self._is_full = True
            self.pause_reading()
