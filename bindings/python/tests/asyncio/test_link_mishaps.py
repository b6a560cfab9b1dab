"""What goes wrong around a link: interrupts, waits that are given up, loops and memory that are gone."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from link_pairs import Accept, Echo, Run, no_keepalive, pair, serving
from websocket_proto.asyncio.connection import Connection

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FRAME = b"\x81\x85\x00\x00\x00\x00hello"


class Memory(asyncio.Transport):
    """A transport that keeps what is written, or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.error: BaseException | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.error:
            error, self.error = self.error, None
            raise error
        self.written += data

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def opened(**options: Any) -> tuple[Connection, Memory]:
    """The server's end of an open connection without a socket."""
    link, transport = Connection(None, listener=Accept(), **options), Memory()
    link.connection_made(transport)
    link.data_received(REQUEST)
    transport.written = b""
    return link, transport


def run_program(program: str, *arguments: str) -> str:
    command = [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("action", ["always", "error"])
def test_a_send_that_is_dropped_while_an_exception_is_raised(action: str) -> None:
    program = """
        import sys, warnings
        from websocket_proto.asyncio.connection import Connection

        def fails():
            raise ValueError("mine")

        warnings.simplefilter(sys.argv[1])
        link = Connection("ws://localhost/")
        for _ in range(3):
            try:
                print(link.send("x"), fails())
            except ValueError as error:
                print(error, error.__context__)
    """
    assert run_program(program, action) == "mine None\n" * 3


@pytest.mark.parametrize(
    "use",
    [
        'link.send_nowait("secret")',
        'link.queue_nowait("secret"); link.flush()',
        'link.queue_nowait("secret"); link.resume_writing()',
        'link.queue_nowait("secret"); link.pause_reading()',
        "link.start_close()",
        'link.send_ping(b"secret")',
        'link.start(True); link.fragment("secret")',
        "task = None; gc.collect()",
    ],
)
def test_a_socket_that_another_has_once_the_loop_is_closed(use: str) -> None:
    program = """
        import asyncio, contextlib, gc, socket, sys
        import uvloop
        from websocket_proto.asyncio import connect, serve

        async def handler(connection):
            async for _ in connection:
                pass

        async def user(port, links):
            async with connect(f"ws://127.0.0.1:{port}/") as link:
                links.append(link)
                await asyncio.Future()

        async def main():
            server = await serve(handler, "127.0.0.1", 0)
            links = []
            task = asyncio.create_task(user(server.sockets[0].getsockname()[1], links))
            while not links:
                await asyncio.sleep(0.01)
            return task, links[0], links[0].transport.get_extra_info("socket").fileno()

        loop = uvloop.new_event_loop()
        task, link, number = loop.run_until_complete(main())
        loop.close()
        pairs = [socket.socketpair() for _ in range(50)]
        peers = {own.fileno(): peer for a, b in pairs for own, peer in [(a, b), (b, a)]}
        peers[number].setblocking(False)
        with contextlib.suppress(RuntimeError):
            exec(sys.argv[1])
        try:
            print("stolen", peers[number].recv(100))
        except BlockingIOError:
            print("nothing")
    """
    assert run_program(program, use) == "nothing\n"


@pytest.mark.parametrize("until", ["lost", "ended"])
def test_waits_that_are_given_up_leave_nothing(run: Run, until: Any) -> None:
    async def main() -> None:
        async with pair(Echo()) as both:
            kept = [both.client.wait_until(until) for _ in range(20)]
            before = futures()
            for _ in range(1000):
                both.client.wait_until(until).cancel()
            await asyncio.sleep(0)
            assert futures() - before < 100
            await both.client.close()
            await asyncio.gather(*kept)

    def futures() -> int:
        gc.collect()
        return sum(isinstance(it, asyncio.Future) for it in gc.get_objects())

    run(main)


def test_a_send_that_is_thrown_away_while_it_waits_lets_others_go_on() -> None:
    async def main() -> None:
        link, transport = opened(write_limit=10)
        link.pause_writing()
        await link.send("x" * 100)
        waits = link.send("thrown away")
        waits.send(None)
        task = asyncio.create_task(link.send("second"))
        await asyncio.sleep(0)
        del waits
        link.resume_writing()
        await asyncio.wait_for(task, 5)
        assert transport.written.endswith(b"\x81\x06second")
        assert b"thrown" not in transport.written

    asyncio.run(main())


def test_a_write_that_cannot_be_put_off_does_not_stop_the_next_ones() -> None:
    async def main() -> None:
        link, transport = opened()
        link.data_received(FRAME)
        loop = asyncio.get_running_loop()
        loop.call_soon, call_soon = fails, loop.call_soon  # type: ignore[method-assign]
        try:
            with pytest.raises(RuntimeError, match="not now"):
                link.send_nowait("first")
        finally:
            loop.call_soon = call_soon  # type: ignore[method-assign]
        link.send_nowait("second")
        await asyncio.sleep(0)
        assert transport.written == b"\x81\x05first\x81\x06second"

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("not now")

    asyncio.run(main())


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_write_ends_the_program(error: type[BaseException]) -> None:
    async def main() -> None:
        link, transport = opened()
        transport.error = error()
        with pytest.raises(error):
            link.send_nowait("x")

    asyncio.run(main())


def test_a_listener_that_is_set_in_a_callback_gets_what_follows(run: Run) -> None:
    class First(Accept):
        def on_text(self, link: Connection, data: str) -> None:
            seen.append("first")
            link.set_listener(Second())

    class Second:
        def on_text(self, link: Connection, data: str) -> None:
            seen.append("second")
            link.set_listener(None)

    async def send(port: int, data: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        await reader.readuntil(b"\r\n\r\n")
        writers.append(writer)

    async def main() -> None:
        # In the same packet as the request.
        async with serving(Accept()) as (port, connections):
            await send(port, REQUEST + FRAME)
            assert await connections[0].recv() == "hello"
            writers[0].close()
        link, _ = opened()
        link.set_listener(First())
        link.data_received(3 * FRAME)
        assert seen == ["first", "second"]
        assert await link.recv() == "hello"

    seen: list[str] = []
    writers: list[asyncio.StreamWriter] = []
    run(main)


def test_a_task_whose_context_the_read_runs_in(run: Run) -> None:
    async def main() -> None:
        link, _ = opened()
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        task = loop.create_task(link.recv(), context=context)
        await asyncio.sleep(0)
        loop.call_soon(link.data_received, FRAME, context=context)
        done, _ = await asyncio.wait([task], timeout=5)
        assert done == {task}
        assert task.result() == "hello"

    run(main)


@pytest.mark.parametrize("head", [b"\x81", b"\x82"])
def test_a_message_that_there_is_no_memory_for(head: bytes) -> None:
    nomemory: Callable[[int, int], None] = pytest.importorskip("_testcapi").set_nomemory
    forgotten: Callable[[], None] = pytest.importorskip("_testcapi").remove_mem_hooks
    failures: list[dict[str, Any]] = []

    async def main() -> None:
        link, transport = opened(config=no_keepalive())
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context))
        task = asyncio.create_task(link.recv())
        await asyncio.sleep(0)
        frame = head + b"\xfe\x10\x00\x00\x00\x00\x00" + bytes(4096)
        nomemory(0, 1)
        try:
            link.data_received(frame)
        finally:
            forgotten()
        assert transport.written[:4] == b"\x88\x02\x03\xf3"
        link.connection_lost(None)
        with pytest.raises(Exception, match="1011"):
            await asyncio.wait_for(task, 5)

    asyncio.run(main())
    [context] = failures
    assert isinstance(context["exception"], MemoryError)
