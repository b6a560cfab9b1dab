"""Both sides of connections with `websockets`, `aiohttp` and `picows`: as server and as client."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import uvloop
from peers import PEERS, Ours

SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20]
GREEK = "κόσμε 𝄞 "
KINDS = ["plain", "deflate", "tls"]


@pytest.fixture(params=PEERS)
def peer(request):
    return PEERS[request.param]


@pytest.fixture(params=["server", "client"])
def role(request):
    """Which side is ours."""
    return request.param


@pytest.fixture(params=KINDS)
def options(request, peer, contexts):
    """The options of the server and of the client."""
    if request.param == "deflate":
        if not peer.can_deflate:
            pytest.skip("no compression at this level")
        return {"deflate": True}, {"deflate": True}
    if request.param == "tls":
        return {"ssl": contexts[0]}, {"ssl": contexts[1]}
    return {}, {}


@contextlib.asynccontextmanager
async def pair(role, peer, options):
    """Our end of a connection, and theirs."""
    server, client = (Ours, peer) if role == "server" else (peer, Ours)
    accepted = asyncio.Queue()
    async with (
        server.serving(accepted, **options[0]) as url,
        client.opened(url, **options[1]) as dialed,
    ):
        taken = await accepted.get()
        ours, theirs = (taken, dialed) if role == "server" else (dialed, taken)
        yield ours, theirs
        # Some answer a Close frame only while they receive, so they close first.
        await theirs.close(1000, "")


@pytest.fixture(params=[None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def play(request, role, peer):
    """Plays a scene with both ends, within ten seconds."""

    async def run(scene, options):
        async with asyncio.timeout(10), pair(role, peer, options) as (ours, theirs):
            await scene(ours, theirs)

    def played(scene, options):
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(run(scene, options))

    return played


def shown(message):
    """A message as an assertion may show it."""
    return message if len(message) < 100 else (type(message), len(message), hash(message))


async def passes(sender, receiver, message):
    sent, received = await asyncio.gather(sender.send(message), receiver.recv())
    assert sent is None
    assert shown(received) == shown(message)


def test_messages_of_all_sizes(play, options):
    async def scene(ours, theirs):
        assert ours.deflates == bool(options[0].get("deflate"))
        for size in SIZES:
            for message in ("x" * size, bytes(i % 251 for i in range(size))):
                await passes(ours, theirs, message)
                await passes(theirs, ours, message)
        for text in (GREEK, GREEK * 20_000):
            await passes(ours, theirs, text)
            await passes(theirs, ours, text)

    play(scene, options)


@pytest.mark.parametrize(
    "parts",
    [["frag", "", "mented ", GREEK], [b"\0" * 70_000, b"\xff" * 3, b""]],
    ids=["text", "binary"],
)
def test_fragments(play, peer, options, parts):
    async def scene(ours, theirs):
        whole = type(parts[0])().join(parts)
        sending = asyncio.create_task(ours.send_fragments(parts))
        assert shown(await theirs.recv()) == shown(whole)
        await sending
        if peer.can_fragment:
            sending = asyncio.create_task(theirs.send_fragments(parts))
            assert shown(await ours.recv()) == shown(whole)
            await sending

    play(scene, options)


def test_pings(play, options):
    async def scene(ours, theirs):
        # Both read, as some answer pings only then.
        reading = [asyncio.create_task(ours.recv()), asyncio.create_task(theirs.recv())]
        await ours.ping()
        await theirs.ping()
        await ours.send("after the pongs")
        await theirs.send("after the pongs")
        assert await asyncio.gather(*reading) == ["after the pongs"] * 2

    play(scene, options)


def test_many_messages_in_one_go(play, options):
    async def scene(ours, theirs):
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            for number in range(300):
                await sender.send(f"message {number}")
            for number in range(300):
                assert await receiver.recv() == f"message {number}"

    play(scene, options)


@pytest.mark.parametrize(
    ("code", "reason"), [(1000, ""), (1001, "gone"), (3001, "genug für heute")]
)
def test_we_close(play, peer, options, code, reason):
    async def scene(ours, theirs):
        await ours.send("last")
        closing = asyncio.create_task(ours.close(code, reason))
        assert await theirs.recv() == "last"
        assert await theirs.recv() == (code, reason)
        await closing
        assert ours.connection.ending.clean
        assert ours.connection.close_code == (code if peer.echoes_code else 1000)

    play(scene, options)


@pytest.mark.parametrize(
    ("code", "reason"), [(1000, ""), (1001, "gone"), (3001, "genug für heute")]
)
def test_they_close(play, options, code, reason):
    async def scene(ours, theirs):
        await theirs.send("last")
        closing = asyncio.create_task(theirs.close(code, reason))
        assert await ours.recv() == "last"
        assert await ours.recv() == (code, reason)
        await closing
        assert ours.connection.ending.clean

    play(scene, options)


def test_a_subprotocol_is_chosen(play):
    async def scene(ours, theirs):
        assert ours.subprotocol == theirs.subprotocol == "superchat"
        await passes(ours, theirs, "hello")

    ours, theirs = ["superchat"], ["chat", "superchat"]
    play(scene, ({"subprotocols": ours}, {"subprotocols": theirs}))


def test_twenty_connections_at_once(role, peer):
    async def run():
        server, client = (Ours, peer) if role == "server" else (peer, Ours)
        accepted = asyncio.Queue()
        async with contextlib.AsyncExitStack() as stack:
            url = await stack.enter_async_context(server.serving(accepted))
            pairs = []
            for number in range(20):
                dialed = await stack.enter_async_context(client.opened(url))
                pairs.append((dialed, await accepted.get()))
            for number, (dialed, taken) in enumerate(pairs):
                await passes(dialed, taken, f"connection {number}")
            for dialed, taken in pairs:
                await (dialed if role == "server" else taken).close(1000, "")

    asyncio.run(run())
