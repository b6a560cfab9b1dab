"""One protocol without input and output: memory_worker.py PROTOCOL. Commands come on the input."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import payloads
import peers


class Worker:
    call: Callable[[Any], Any]
    argument: bytes | list[bytes]

    def __init__(self, name: str) -> None:
        (self.protocol,) = (each for each in peers.SANS_IO if each.name == name)

    def prepare(self, way: str, length: int, batch: int) -> None:
        messages = payloads.binary(length)
        self.batch = (messages * (batch // len(messages) + 1))[:batch]
        if way == "receive":
            receive = self.protocol.receiver()
            self.call, self.argument = receive, payloads.masked_frames(self.batch)
            self.check_what_is_received()
        else:
            is_client = way == "client-send"
            make = self.protocol.client_sender if is_client else self.protocol.server_sender
            self.call, self.argument = make(), self.batch
            self.check_what_is_sent(is_client)

    def check_what_is_received(self) -> None:
        # Twice, as a second call has to go on where the first one ended.
        for _ in range(2):
            received = [bytes(payload) for payload in self.call(self.argument)]
            if received != self.batch:
                raise AssertionError(f"{self.protocol.name}: other messages were received")

    def check_what_is_sent(self, is_client: bool) -> None:
        sent = self.call(self.argument)
        data = sent if isinstance(sent, bytes) else b"".join(sent)
        if payloads.payloads_of(data, masked=is_client) != self.batch:
            raise AssertionError(f"{self.protocol.name}: other messages were sent")

    def run(self, calls: int) -> int:
        """The processor time of the calls."""
        call, argument = self.call, self.argument
        begin = time.thread_time_ns()
        for _ in range(calls):
            call(argument)
        return time.thread_time_ns() - begin


def main() -> None:
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        command = json.loads(line)
        method = getattr(worker, command.pop("do"))
        print(json.dumps(method(**command)), flush=True)


main()
