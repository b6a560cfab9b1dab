"""Messages that are sent in fragments, while other calls send, and when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websocket_proto.asyncio import connect
from websocket_proto.exceptions import ConnectionClosedError

from .conftest import Run
from .servers import serving


def test_a_send_waits_for_the_end_of_a_message_in_fragments(run: Run[None]) -> None:
    async def main() -> None:
        may_finish = asyncio.Event()

        async def slow(number: int) -> AsyncIterator[str]:
            yield f"first {number}, "
            await may_finish.wait()
            yield "last"

        async with serving() as uri, connect(uri) as websocket:
            sends = [websocket.send(slow(1)), websocket.send("whole"), websocket.send(slow(2))]
            tasks = [asyncio.create_task(send) for send in sends]
            await asyncio.sleep(0.01)
            assert not any(task.done() for task in tasks)
            may_finish.set()
            await asyncio.gather(*tasks)
            received = {await websocket.recv() for _ in range(3)}
            assert received == {"first 1, last", "whole", "first 2, last"}

    run(main())


def test_fragments_that_fail_close_the_connection(run: Run[None]) -> None:
    def failing() -> Iterator[str]:
        yield "begun"
        raise LookupError

    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            with pytest.raises(LookupError):
                await websocket.send(failing())
            with pytest.raises(ConnectionClosedError) as caught:
                await websocket.send("more")
            assert caught.value.sent is not None
            assert caught.value.sent.code == 1011

    run(main())


@pytest.mark.parametrize("parts", [["a", b"b"], [b"a", "b"]], ids=["str", "bytes"])
def test_fragments_of_two_kinds_are_refused(run: Run[None], parts: list[str | bytes]) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            with pytest.raises(TypeError, match="all str or all bytes"):
                await websocket.send(parts)
            with pytest.raises(ConnectionClosedError):
                await websocket.send("more")

    run(main())


@pytest.mark.parametrize("parts", [["a", "\u20ac"], [b"a", "\u20ac"], [b"a\xe2", b"\x82\xac"]])
def test_the_kind_of_a_message_in_fragments_can_be_said(
    run: Run[None], parts: list[str | bytes]
) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            await websocket.send(parts, text=True)
            assert await websocket.recv() == "a\u20ac"
            await websocket.send(iter(parts), text=False)
            assert await websocket.recv() == b"a\xe2\x82\xac"

    run(main())


def test_fragments_that_are_cancelled_close_the_connection(run: Run[None]) -> None:
    async def endless() -> AsyncIterator[str]:
        yield "begun"
        await asyncio.Event().wait()

    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(websocket.send(endless()), 0.01)
            with pytest.raises(ConnectionClosedError):
                await websocket.send("more")

    run(main())


def test_what_is_no_fragment_is_refused_before_anything_is_sent(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            wrong: Any = [1]
            with pytest.raises(TypeError, match="parts of a message"):
                await websocket.send(wrong)
            await websocket.send("fine")
            assert await websocket.recv() == "fine"

    run(main())
