"""What programs do to connections in the middle of things."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from links import Accepting, Echo, served
from websocket_proto.exceptions import ConnectionClosed, ConnectionClosedError, Error


class Raising(Accepting):
    """Raises in the callback of this name."""

    def __init__(self, where, error=None):
        super().__init__()
        self.error = error or ZeroDivisionError("on purpose")
        setattr(self, where, self.fail)

    def fail(self, *_arguments):
        raise self.error


async def told(server, act):
    """What the exception handler of the loop is told while a client does something."""
    contexts = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: contexts.append(context))
    link = await server.client()
    await act(link)
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(link.recv(), 5)
    await link.wait_closed()
    return contexts, caught.value


ACTS = {
    "on_text": lambda link: link.send("a"),
    "on_binary": lambda link: link.send(b"a"),
    "on_ping": lambda link: link.ping(b"a"),
    "on_pong": lambda link: link.pong(b"a"),
}


@pytest.mark.parametrize("where", ACTS)
def test_an_exception_in_a_callback_reaches_the_loop_and_closes_with_1011(where):
    async def run():
        async with served(Raising(where)) as server:
            return await told(server, ACTS[where])

    contexts, closed = asyncio.run(run())
    assert len(contexts) == 1
    assert isinstance(contexts[0]["exception"], ZeroDivisionError)
    assert isinstance(closed, ConnectionClosedError)
    assert closed.rcvd.code == 1011


@pytest.mark.parametrize("where", ["on_close", "on_ended"])
def test_an_exception_in_a_last_callback_reaches_the_loop(where):
    async def close(link):
        await link.close()

    async def run():
        async with served(Raising(where)) as server:
            contexts, _ = await told(server, close)
            await asyncio.sleep(0.05)
            return contexts

    contexts = asyncio.run(run())
    assert [type(context["exception"]) for context in contexts] == [ZeroDivisionError]


def test_an_exception_in_on_request_refuses_the_client():
    async def run():
        contexts = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: contexts.append(context))
        async with served(Raising("on_request")) as server:
            with pytest.raises(Error):
                await asyncio.wait_for(server.client(), 5)
        return contexts

    contexts = asyncio.run(run())
    assert [type(context["exception"]) for context in contexts] == [ZeroDivisionError]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_callback_stops_the_loop(kind):
    async def run():
        async with served(Raising("on_text", kind())) as server:
            link = await server.client()
            await link.send("a")
            await link.recv()

    with pytest.raises(kind):
        asyncio.run(run())


def test_an_interrupt_by_a_signal_ends_a_program():
    program = """
        import asyncio, os, signal
        from links import Echo, served

        class Interrupting(Echo):
            def on_text(self, link, data):
                os.kill(os.getpid(), signal.SIGINT)

        async def main():
            async with served(Interrupting()) as server:
                link = await server.client()
                await link.send("a")
                await asyncio.sleep(10)

        asyncio.run(main())
    """
    done = run_program(program)
    assert done.returncode == -signal.SIGINT
    assert done.stderr.strip().splitlines()[-1] == "KeyboardInterrupt"


def run_program(program, *options):
    """Runs it in a fresh interpreter, which warns of everything."""
    return subprocess.run(
        [sys.executable, "-X", "dev", *options, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SETTING = """
    import asyncio, sys
    import websocket_proto as ws
    from links import Accepting, Echo, Served

    async def opened():
        import tempfile
        server = Served(Echo())
        server.path = tempfile.mkdtemp() + "/socket"
        loop = asyncio.get_running_loop()
        server.listening = await loop.create_unix_server(server.protocol, server.path)
        return server, await server.client()
"""

ENDS = {
    "exit with open connections": """
        loop = asyncio.new_event_loop()
        server, link = loop.run_until_complete(opened())
        link.send_nowait("a")
        sys.exit(0)
    """,
    "exit in a callback": """
        loop = asyncio.new_event_loop()
        server, link = loop.run_until_complete(opened())
        class Leaving:
            def on_text(self, link, data):
                sys.exit(0)
        link.set_listener(Leaving())
        link.send_nowait("a")
        loop.run_forever()
    """,
    "the loop is closed": """
        loop = asyncio.new_event_loop()
        server, link = loop.run_until_complete(opened())
        loop.close()
        try:
            link.send_nowait("a")
        except Exception as error:
            assert type(error).__name__ in ("ConnectionClosedError", "SendError"), error
        try:
            link.abort()
        except RuntimeError as error:
            assert "closed" in str(error)
        del link, server
    """,
    "a task waits in recv() as run() ends": """
        async def main():
            server, link = await opened()
            task = asyncio.create_task(link.recv())
            await asyncio.sleep(0)
        asyncio.run(main())
    """,
    "connections in module globals": """
        kept = ws.Connection.established(client=True)
        kept.send("a")
        sys.modules["kept"] = kept
        builtins = __import__("builtins")
        builtins.kept = kept
    """,
    "a thread is in a call as the interpreter ends": """
        import threading
        connection = ws.Connection.established(client=False, config=ws.Config(max_output=None))
        def work():
            while True:
                connection.send(b"x" * 1000)
                connection.data_to_send()
        threading.Thread(target=work, daemon=True).start()
        import time
        time.sleep(0.05)
    """,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_program_ends_as_it_should(end):
    done = run_program(textwrap.dedent(SETTING) + textwrap.dedent(ENDS[end]))
    assert done.returncode == 0, done.stderr
    left = [line for line in done.stderr.splitlines() if not is_of_asyncio(line)]
    assert left == [], done.stderr


def is_of_asyncio(line):
    """What asyncio itself says of a loop, transports and sockets that nobody closed."""
    return "ResourceWarning" in line or line.startswith(("  ", "Object allocated"))


def test_a_fork_has_masks_of_its_own():
    async def run():
        async with served(Echo()) as server:
            link = await server.client()
            link.set_listener(None)
            await link.send("before")
            assert await link.recv() == "before"
            theirs = in_child(lambda: keys_of_a_client())
            assert theirs != keys_of_a_client()
            await link.send("after")
            assert await link.recv() == "after"
            await link.close()

    asyncio.run(run())


def keys_of_a_client():
    """The masks of ten frames."""
    import websocket_proto as ws

    client = ws.Connection.established(client=True)
    keys = []
    for _ in range(10):
        client.send(b"")
        keys.append(client.data_to_send()[2:6].hex())
    return " ".join(keys)


def in_child(job):
    """What a forked process makes of it, which ends at once."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, job().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        answer = file.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return answer


def test_a_live_client_in_a_fork_does_not_repeat_the_masks_of_its_parent():
    import websocket_proto as ws

    client = ws.Connection.established(client=True)
    client.send(b"")
    client.data_to_send()

    def keys():
        for _ in range(10):
            client.send(b"")
        return client.data_to_send().hex()

    assert in_child(keys) != keys()
