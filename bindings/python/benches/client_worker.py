"""One client on one event loop: client_worker.py CLIENT LOOP. Commands come on the input."""

import asyncio
import itertools
import json
import ssl
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import loops
import payloads
import peers
from peers.part import Address, Connection, Message

# Seconds after which a client that still waits has stalled.
PATIENCE = 30


class Worker:
    connection: Connection
    texts: Sequence[Message]
    messages: Iterator[Message]

    def __init__(self, name: str) -> None:
        (self.client,) = (client for client in peers.CLIENTS if client.name == name)

    async def open(self, url: str, certificate: str | None, deflate: bool) -> None:
        tls = ssl.create_default_context(cafile=certificate) if certificate else None
        place = urlsplit(url)
        host, port = place.hostname or "", place.port or 0
        self.connection = await self.client.connect(Address(url, host, port, tls, deflate))

    async def prepare(self, kind: str, length: int) -> None:
        """Makes the messages, and compares what comes back for each of them."""
        self.texts = payloads.json_texts(length) if kind == "json" else payloads.binary(length)
        for message in self.texts:
            await self.connection.exchange(iter([message]), 1, 1)
            if self.connection.last != message:
                raise AssertionError(f"{self.client.name}: something else came back")
        self.messages = itertools.cycle(self.texts)

    async def run(self, count: int, in_flight: int) -> tuple[int, int]:
        """Returns how long the exchange took, and the processor time of this process for it."""
        processor, begin = time.process_time_ns(), time.perf_counter_ns()
        await self.connection.exchange(self.messages, count, in_flight)
        took = time.perf_counter_ns() - begin, time.process_time_ns() - processor
        if self.connection.total != count * len(self.texts[0]):
            raise AssertionError(f"{self.client.name}: messages of other lengths came back")
        return took

    async def close(self) -> None:
        await self.connection.close()


async def within_patience(job: Coroutine[Any, Any, Any]) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await job
    except TimeoutError:
        return "stalled"


def main() -> None:
    name, loop = sys.argv[1:]
    worker = Worker(name)
    with asyncio.Runner(loop_factory=loops.FACTORIES[loop]) as runner:
        for line in sys.stdin:
            command = json.loads(line)
            method = getattr(worker, command.pop("do"))
            print(json.dumps(runner.run(within_patience(method(**command)))), flush=True)


main()
