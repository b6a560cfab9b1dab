"""How much waits for `recv`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websocket_proto.asyncio import ServerConnection, connect

from .conftest import Run
from .servers import serving

MESSAGES = 100


async def talk(websocket: ServerConnection) -> None:
    for number in range(MESSAGES):
        await websocket.send(str(number) * 10)


async def waiting_and_received(**options: Any) -> tuple[int, list[str | bytes]]:
    """How many bytes wait once no more is read, and all that is received then."""
    async with serving(talk) as uri, connect(uri, **options) as websocket:
        await asyncio.sleep(0.1)
        waiting = websocket.buffered
        return waiting, [message async for message in websocket]


ALL = [str(number) * 10 for number in range(MESSAGES)]


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"max_queue": 16}, 16),
        ({"max_queue": (32, 8)}, 32),
        ({"max_queue": 0}, 1),
        ({"max_queue": None}, MESSAGES),
        ({"max_queue": (None, None)}, MESSAGES),
        ({}, MESSAGES),
    ],
)
def test_max_queue_counts_messages(run: Run[None], options: dict[str, Any], messages: int) -> None:
    async def main() -> None:
        waiting, received = await waiting_and_received(**options)
        assert waiting == sum(map(len, ALL[:messages]))
        assert received == ALL

    run(main())


def test_read_limit_counts_bytes(run: Run[None]) -> None:
    async def main() -> None:
        waiting, received = await waiting_and_received(read_limit=300)
        assert 0 < waiting < 300
        assert received == ALL
        waiting, _ = await waiting_and_received(read_limit=300, max_queue=None)
        assert 0 < waiting < 300

    run(main())


@pytest.mark.parametrize("wrong", [-1, (4, 16), "16", (-1, None)])
def test_a_queue_that_cannot_be(wrong: Any) -> None:
    with pytest.raises(ValueError, match="max_queue"):
        connect("ws://localhost/", max_queue=wrong)
