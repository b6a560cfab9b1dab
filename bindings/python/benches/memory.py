"""Protocols without input and output, in memory."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass

import peers
from extent import Extent, size
from processes import Worker
from rounds import Figure, rotated, timed_count
from tables import Row, Table

# The length of the messages, and how many there are in a call.
BATCHES = [(16, 100), (125, 100), (1024, 100), (64 << 10, 1)]


@dataclass(frozen=True)
class Way:
    name: str
    title: str
    command: str


WAYS = [
    Way("sans-io-receive", "A server receives binary messages in memory", "receive"),
    Way("sans-io-send", "A client sends binary messages in memory", "client-send"),
    Way("sans-io-server-send", "A server sends binary messages in memory", "server-send"),
]
NAMES = [way.name for way in WAYS]


def measure(names: Iterable[str], extent: Extent, tell: Callable[[str], None]) -> list[Table]:
    with ExitStack() as stack:
        workers = {
            each.name: stack.enter_context(Worker("memory_worker.py", each.name))
            for each in peers.SANS_IO
        }
        return [measure_way(way, workers, extent, tell) for way in WAYS if way.name in names]


def measure_way(
    way: Way, workers: dict[str, Worker], extent: Extent, tell: Callable[[str], None]
) -> Table:
    ours = next((each.name for each in peers.SANS_IO if each.kind == "ours"), "")
    rows = {
        each.name: Row(each.name, {}, each.kind, ours, each.leaves_out) for each in peers.SANS_IO
    }
    for length, batch in BATCHES:
        tell(f"{way.name} {size(length)}")
        for name, figure in measure_batch(way, length, batch, workers, extent).items():
            rows[name].cells[size(length)] = figure
    unit = "ns of processor time a message, 100 in a call, and 1 of 64 KiB"
    return Table(way.name, way.title, unit, 1, rows=list(rows.values()))


def measure_batch(
    way: Way, length: int, batch: int, workers: dict[str, Worker], extent: Extent
) -> dict[str, Figure]:
    counts = {}
    for name, worker in workers.items():
        worker.ask(do="prepare", way=way.command, length=length, batch=batch)
        counts[name] = count_for(extent.seconds / 2, worker)
    figures = {name: Figure() for name in workers}
    for name in rotated(list(workers), extent.rounds):
        took = workers[name].ask(do="run", calls=counts[name])
        figures[name].note(took / counts[name] / batch)
    return figures


def count_for(seconds: float, worker: Worker) -> int:
    """How many calls fill a round of that length."""
    return timed_count(lambda calls: float(worker.ask(do="run", calls=calls)), seconds, 1)
