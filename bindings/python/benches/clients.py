"""Clients against an echo server in Rust."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import loops
import peers
from extent import B256, KIB8, Extent, size
from peers.part import Client
from processes import OTHER_CORE, SAME_CORE, EchoServer, Stalled, Worker
from rounds import Figure, rotated, timed_count
from tables import Row, Table

PIPELINED = 64
# At most that many bytes are in flight, but two messages at least: who sends more than the sockets
# hold before receiving may wait for ever.
MOST_BYTES_IN_FLIGHT = 1 << 20
JSON_LENGTH = 1024
TWO_CORES_LENGTHS = [B256, KIB8]
DETAILS = "the processor time of the client, that of the server, and the time by the clock"


@dataclass(frozen=True)
class Way:
    """A table: what is sent, how it is carried, and how much is in flight."""

    name: str
    title: str
    transport: str
    in_flight: int
    kind: str = "binary"
    server_core: list[str] = field(default_factory=lambda: SAME_CORE)

    @property
    def unit(self) -> str:
        if self.server_core == OTHER_CORE:
            return "µs a message by the clock"
        return "µs of processor time a message, of client and server"

    def lengths(self, extent: Extent) -> Sequence[int]:
        if self.kind == "json":
            return [JSON_LENGTH]
        return TWO_CORES_LENGTHS if self.server_core == OTHER_CORE else extent.lengths

    def in_flight_of(self, length: int) -> int:
        return min(self.in_flight, max(2, MOST_BYTES_IN_FLIGHT // length))


WAYS = [
    Way("plain-closed", "One message in flight, TCP", "plain", 1),
    Way("plain-pipelined", "64 messages in flight, TCP", "plain", PIPELINED),
    Way(
        "two-cores-closed",
        "One message in flight, TCP, the server on another core",
        "plain",
        1,
        server_core=OTHER_CORE,
    ),
    Way(
        "two-cores-pipelined",
        "64 messages in flight, TCP, the server on another core",
        "plain",
        PIPELINED,
        server_core=OTHER_CORE,
    ),
    Way("tls-closed", "One message in flight, TLS", "tls", 1),
    Way("tls-pipelined", "64 messages in flight, TLS", "tls", PIPELINED),
    Way("deflate-closed", "JSON of 1 KiB, compressed, one in flight", "deflate", 1, "json"),
    Way(
        "deflate-pipelined", "JSON of 1 KiB, compressed, 64 in flight", "deflate", PIPELINED, "json"
    ),
]
NAMES = [way.name for way in WAYS]


@dataclass
class Contestant:
    client: Client
    loop: str
    worker: Worker
    opening: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.client.name}, {self.loop}"

    def open(self, **opening: Any) -> None:
        self.opening = opening
        self.worker.ask(do="open", **opening)

    def prepare(self, way: Way, length: int, seconds: float) -> int:
        """Returns how many messages fill a round of that length."""
        in_flight = way.in_flight_of(length)
        self.worker.ask(do="prepare", kind=way.kind, length=length)
        return timed_count(lambda count: self.run(count, in_flight)[0], seconds, in_flight)

    def run(self, count: int, in_flight: int) -> tuple[int, int]:
        """An exchange. Returns nanoseconds by the clock, and of the client's processor time."""
        took, client = self.worker.ask(do="run", count=count, in_flight=in_flight)
        return took, client

    @contextmanager
    def noting_stall(self, figure: Figure) -> Iterator[None]:
        """Goes on with a new connection if the client stalls."""
        try:
            yield
        except Stalled:
            figure.has_stalled = True
            self.open(**self.opening)


def measure(
    names: Iterable[str],
    directory: Path,
    certificate: Path,
    extent: Extent,
    tell: Callable[[str], None],
) -> list[Table]:
    key = certificate.with_name("key.pem")
    options: dict[str, list[str | Path]] = {
        "plain": [],
        "tls": ["--tls", certificate, key],
        "deflate": ["--deflate"],
    }
    with ExitStack() as stack:
        contestants = [
            Contestant(client, loop, stack.enter_context(worker))
            for loop in loops.FACTORIES
            for client in peers.CLIENTS
            for worker in [Worker("client_worker.py", client.name, loop)]
        ]
        tables = []
        for way in (way for way in WAYS if way.name in names):
            with EchoServer(directory, way.server_core, *options[way.transport]) as server:
                tables.append(measure_way(way, server, contestants, certificate, extent, tell))
        return tables


def measure_way(
    way: Way,
    server: EchoServer,
    contestants: list[Contestant],
    certificate: Path,
    extent: Extent,
    tell: Callable[[str], None],
) -> Table:
    taking_part = [one for one in contestants if way.kind == "binary" or one.client.has_deflate]
    rows = {one.name: row_of(one, contestants, way) for one in taking_part}
    for one in taking_part:
        one.open(
            url=server.url,
            certificate=str(certificate) if way.transport == "tls" else None,
            deflate=way.transport == "deflate",
        )
    for length in way.lengths(extent):
        tell(f"{way.name} {size(length)}")
        figures = measure_length(way, length, server, taking_part, extent)
        for name, figure in figures.items():
            rows[name].cells[size(length)] = figure
    for one in taking_part:
        one.worker.ask(do="close")
    return Table(way.name, way.title, way.unit, 1000, DETAILS, list(rows.values()))


def row_of(one: Contestant, contestants: list[Contestant], way: Way) -> Row:
    client = one.client
    ours = [
        other.name
        for other in contestants
        if other.client.kind == "ours"
        and other.loop == one.loop
        and other.client.callbacks == client.callbacks
    ]
    leaves_out = [client.leaves_out]
    if way.transport == "deflate":
        leaves_out.append(client.leaves_out_in_deflate)
    missing = "; ".join(filter(None, leaves_out))
    return Row(one.name, {}, client.kind, ours[0] if ours else "", missing)


def measure_length(
    way: Way, length: int, server: EchoServer, contestants: list[Contestant], extent: Extent
) -> dict[str, Figure]:
    figures = {one.name: Figure() for one in contestants}
    counts = {}
    for one in contestants:
        with one.noting_stall(figures[one.name]):
            counts[one.name] = one.prepare(way, length, extent.seconds)
    for one in rotated(contestants, extent.rounds):
        figure = figures[one.name]
        if figure.has_stalled:
            continue
        with one.noting_stall(figure):
            count = counts[one.name]
            before = server.processor_time()
            took, client = one.run(count, way.in_flight_of(length))
            server_time = server.processor_time() - before
            # On one core, the clock also counts what other programs do meanwhile.
            both = took if way.server_core == OTHER_CORE else client + server_time
            figure.note(both / count, client / count, server_time / count, took / count)
    return figures
