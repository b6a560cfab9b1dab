"""A server that sends each message to all: chat_server.py PEER LOOP PING_AFTER|none PORT."""

import asyncio
import sys

import loops
import peers


async def serve(name: str, port: int, ping_after: float | None) -> None:
    (chat,) = (chat for chat in peers.CHATS if chat.name == name)
    # What listens has to be kept.
    server = await chat.listen(port, ping_after)
    await asyncio.Event().wait()
    del server


def main() -> None:
    name, loop, ping_after, port = sys.argv[1:]
    with asyncio.Runner(loop_factory=loops.FACTORIES[loop]) as runner:
        pings = None if ping_after == "none" else float(ping_after)
        runner.run(serve(name, int(port), pings))


main()
