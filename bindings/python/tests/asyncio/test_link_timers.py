"""All links of a loop share the loop's timer."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest
import uvloop
from link_pairs import Accept, Run, pair
from websocket_proto import Config
from websocket_proto.asyncio.connection import Connection


class Endings:
    """A listener that notes which link ends."""

    def __init__(self) -> None:
        self.ended: list[Connection] = []

    def on_ended(self, link: Connection, ending: object) -> None:
        self.ended.append(link)


async def silent_link(seconds: float, listener: object) -> Connection:
    """A client whose handshake must be over by then, and is not answered."""

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    config = Config(handshake_timeout=seconds, close_timeout=1)
    _, link = await asyncio.get_running_loop().create_connection(
        lambda: Connection("ws://localhost/", config=config, listener=listener),
        *server.sockets[0].getsockname(),
    )
    server.close()
    return link


def test_each_link_ends_at_its_own_time(run: Run) -> None:
    async def main() -> None:
        endings = Endings()
        links = {
            seconds: await silent_link(seconds, endings) for seconds in (0.3, 0.1, 60, 0.2, 0.15)
        }
        for seconds in (0.3, 0.1, 0.2, 0.15):
            await links[seconds].wait_until("ended")
        assert endings.ended == [links[seconds] for seconds in (0.1, 0.15, 0.2, 0.3)]
        assert all(link.ending and link.ending.cause == "timed-out" for link in endings.ended)
        links[60].abort()

    run(main)


def test_a_link_that_has_ended_is_not_kept_by_the_timer_of_others(run: Run) -> None:
    async def main() -> None:
        async with pair(Accept()) as open_one:
            ended = []
            for _ in range(3):
                async with pair(Accept()) as both:
                    ended += [weakref.ref(both.client), weakref.ref(both.server)]
                    server = both.server
                await server.wait_closed()
                del both, server
            await asyncio.sleep(0)
            gc.collect()
            assert [link() for link in ended] == [None] * 6
            assert open_one.client.is_open

    run(main)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_loop_that_is_closed_with_an_open_link_is_not_kept(new_loop: Any) -> None:
    loop = new_loop()
    loop.run_until_complete(silent_link(60, None))
    loop.close()
    closed = weakref.ref(loop)
    del loop
    gc.collect()
    assert closed() is None


def test_loops_one_after_another_have_timers_of_their_own(run: Run) -> None:
    async def main() -> None:
        link = await silent_link(0.05, None)
        await link.wait_until("ended")

    run(main)
    run(main)


def test_the_timers_of_two_loops_may_fire_at_the_same_time() -> None:
    """While a callback of one loop goes on, in another thread the timer of another loop fires."""
    other_has_ended = threading.Event()

    async def end_by_deadline(listener: object) -> None:
        link = await silent_link(0.05, listener)
        await link.wait_until("ended")
        # The server, which has no other end, closes its side.
        await asyncio.sleep(0.1)

    class Waits:
        def on_ended(self, link: Connection, ending: object) -> None:
            ends = end_by_deadline(Tells())
            other = threading.Thread(target=asyncio.run, args=(ends,), daemon=True)
            other.start()
            assert other_has_ended.wait(timeout=20)
            other.join()

    class Tells:
        def on_ended(self, link: Connection, ending: object) -> None:
            other_has_ended.set()

    asyncio.run(end_by_deadline(Waits()))
    assert other_has_ended.is_set()
