"""What callbacks may do with the link that calls them, and what happens when they fail."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from link_pairs import Accept, Echo, Run, no_keepalive, pair
from websocket_proto.asyncio.connection import Connection

FRAME = b"\x82\x85\x00\x00\x00\x00again"


def test_a_callback_may_hand_in_more_bytes(run: Run) -> None:
    class Greedy(Echo):
        def on_text(self, link: Connection, data: str) -> None:
            got.append(data)
            link.data_received(FRAME)
            with memoryview(link.get_buffer(-1)) as view:
                view[: len(FRAME)] = FRAME
            link.buffer_updated(len(FRAME))
            got.append("back")

        def on_binary(self, link: Connection, data: bytes) -> None:
            got.append(data)
            if len(got) == 9:
                done.set()

    got: list[object] = []

    async def main() -> None:
        async with pair(Greedy()) as both:
            both.client.queue_nowait("first")
            both.client.queue_nowait(b"second")
            both.client.queue_nowait("third")
            both.client.flush()
            await done.wait()
            # What was handed in comes after what had arrived before.
            assert got[:2] == ["first", "back"]
            assert got.count(b"again") == 4
            assert got.index(b"second") < got.index("third")

    done = asyncio.Event()
    run(main)


@pytest.mark.parametrize("how", ["abort", "start_close", "pause_reading"])
def test_a_callback_may_end_or_pause_the_connection(run: Run, how: str) -> None:
    seen: list[str] = []

    class Ends(Echo):
        def on_text(self, link: Connection, data: str) -> None:
            seen.append(data)
            if link.is_open:
                link.send_nowait(data)
                getattr(link, how)()

        def on_ended(self, link: Connection, ending: Any) -> None:
            seen.append(ending.cause)

    async def main() -> None:
        async with pair(Ends()) as both:
            for text in ("one", "two", "three"):
                both.client.queue_nowait(text)
            both.client.flush()
            if how == "pause_reading":
                assert await both.client.recv() == "one"
                assert seen == ["one"]
                both.server.resume_reading()
                assert await both.client.recv() == "two"
                await asyncio.sleep(0.01)
                assert seen == ["one", "two"]
            else:
                await both.client.wait_closed()
                await both.server.wait_closed()
                whole = ["one", "two", "three", "clean"]
                assert seen == (["one", "aborted"] if how == "abort" else whole)

    run(main)


@pytest.mark.parametrize("error", [ValueError("broken"), asyncio.CancelledError()])
def test_an_exception_closes_with_1011(run: Run, error: BaseException) -> None:
    class Broken(Echo):
        calls = 0

        def on_text(self, link: Connection, data: str) -> None:
            self.calls += 1
            link.send_nowait("before")
            raise error

    broken = Broken()

    async def main() -> None:
        async with pair(broken) as both:
            both.client.queue_nowait("one")
            both.client.queue_nowait("two")
            both.client.flush()
            assert await both.client.recv() == "before"
            with pytest.raises(Exception) as caught:
                await both.client.recv()
            assert caught.value.code == 1011  # type: ignore[attr-defined]
            assert broken.calls == 1
            await both.server.wait_closed()
            assert both.server.ending.clean

    run(main)
    [context] = run.failures
    assert context["exception"] is error
    assert isinstance(context["protocol"], Connection)
    run.failures.clear()


def test_an_interrupt_in_a_callback_ends_the_program(run: Run) -> None:
    class Interrupted(Echo):
        def on_text(self, link: Connection, data: str) -> None:
            link.send_nowait("before")
            raise KeyboardInterrupt

    async def main() -> None:
        async with pair(Interrupted()) as both:
            await both.client.send("go")
            await both.client.wait_closed()

    if run.name == "uvloop":
        # This loop reports it, and closes the transport.
        run(main)
        [context] = run.failures
        assert isinstance(context["exception"], KeyboardInterrupt)
        run.failures.clear()
    else:
        with pytest.raises(KeyboardInterrupt):
            run(main)


def test_who_keeps_the_window_keeps_it_alone(run: Run) -> None:
    async def main() -> None:
        async with pair(Echo(), client={"config": no_keepalive()}) as both:
            kept = both.client.get_buffer(-1)
            kept[:4] = b"mine"
            await both.client.send(b"x" * 1000)
            assert await both.client.recv() == b"x" * 1000
            assert bytes(kept[:4]) == b"mine"
            other = both.client.get_buffer(-1)
            other.release()
            part = both.client.get_buffer(-1)[10:20]
            await both.client.send(b"y" * 300_000)
            assert await both.client.recv() == b"y" * 300_000
            part[:] = b"z" * 10
            with pytest.raises(BufferError):
                part.obj.clear()

    run(main)


def test_links_that_nobody_has_are_collected(run: Run) -> None:
    class Own(Connection):
        """Its own listener."""

        __slots__ = ("__dict__",)

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, listener=self)
            self.me = self

    async def main() -> None:
        references = []
        for _ in range(10):
            own = Own(None)
            own.wait_until("open")
            references.append(weakref.ref(own))
        async with pair(Accept()) as both:
            task = asyncio.create_task(both.client.recv())
            await asyncio.sleep(0)
            references.append(weakref.ref(both.client))
            task.cancel()
            await both.client.close()
        del own, both, task
        await asyncio.sleep(0.01)
        gc.collect()
        assert [reference() for reference in references] == [None] * 11

    run(main)


def test_a_link_that_was_not_initialized() -> None:
    class Forgets(Connection):
        def __init__(self) -> None:
            pass

    with pytest.raises(RuntimeError, match="__init__"):
        Forgets().send_nowait("x")
    with pytest.raises(RuntimeError, match="before"):
        Connection(None).__init__(None)  # type: ignore[misc]
    with pytest.raises(TypeError, match="begins with"):
        Connection(1)  # type: ignore[arg-type]
