"""Servers in Python, loaded by clients in Rust."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import loops
import peers
from extent import B20, B256, KIB8, Extent, size
from peers.part import Chat, Uvicorn
from processes import Load, PythonServer
from rounds import Figure, rotated, timed_count
from tables import Row, Table

CLIENTS = 16
# How many messages are in flight on each connection.
ECHOES = {"uvicorn-closed": 1, "uvicorn-pipelined": 64}
ECHO_LENGTHS = [B20, 1024, KIB8]
BROADCAST_LENGTHS = [B256, KIB8]
NAMES = [*ECHOES, "broadcast"]
DETAILS = "the time by the clock"


@dataclass
class Server:
    part: Uvicorn | Chat
    loop: str
    process: PythonServer
    load: Load

    @property
    def name(self) -> str:
        return f"{self.part.name}, {self.loop}"

    def count_for(self, seconds: float, traffic: str) -> int:
        """How many turns fill a round of that length."""
        return timed_count(lambda turns: self.load.turns(traffic, turns)[1], seconds, 1)


def measure(
    names: Iterable[str], directory: Path, extent: Extent, tell: Callable[[str], None]
) -> list[Table]:
    found = []
    echoes = [name for name in ECHOES if name in names]
    if echoes:
        with ExitStack() as stack:
            servers = start_uvicorns(stack, directory)
            found += [measure_echo(name, servers, extent, tell) for name in echoes]
    if "broadcast" in names:
        with ExitStack() as stack:
            servers = start_chats(stack, directory, extent.members)
            found.append(measure_broadcast(servers, extent, tell))
    return found


def start_uvicorns(stack: ExitStack, directory: Path) -> list[Server]:
    return [
        start(part, loop, stack, directory, CLIENTS, "uvicorn_server.py", part.ws, loop)
        for loop in loops.FACTORIES
        for part in peers.UVICORN
    ]


def start_chats(stack: ExitStack, directory: Path, members: int) -> list[Server]:
    return [
        start(part, loop, stack, directory, members, "chat_server.py", part.name, loop, "none")
        for loop in loops.FACTORIES
        for part in peers.CHATS
    ]


def start(
    part: Uvicorn | Chat,
    loop: str,
    stack: ExitStack,
    directory: Path,
    connections: int,
    *command: str,
) -> Server:
    process = stack.enter_context(PythonServer(*command))
    load = stack.enter_context(Load(directory, process.port, connections))
    load.wait_until_connected()
    return Server(part, loop, process, load)


def measure_echo(
    name: str, servers: Sequence[Server], extent: Extent, tell: Callable[[str], None]
) -> Table:
    in_flight = ECHOES[name]
    rows = rows_of(servers)
    for length in ECHO_LENGTHS:
        tell(f"{name} {size(length)}")
        found = measure_traffic(servers, f"echo {in_flight} {length}", extent)
        for server, figure in found.items():
            rows[server].cells[size(length)] = figure
    how_many = "one message" if in_flight == 1 else f"{in_flight} messages"
    title = f"Echo under uvicorn, {CLIENTS} clients with {how_many} in flight"
    unit = "µs of the server's processor time a message"
    return Table(name, title, unit, 1000, DETAILS, list(rows.values()))


def measure_broadcast(
    servers: Sequence[Server], extent: Extent, tell: Callable[[str], None]
) -> Table:
    rows = rows_of(servers)
    for length in BROADCAST_LENGTHS:
        tell(f"broadcast {size(length)}")
        for server, figure in measure_traffic(servers, f"broadcast {length}", extent).items():
            rows[server].cells[size(length)] = figure
    title = f"A message to {extent.members:,} connections"
    unit = "µs of the server's processor time for each that gets it"
    return Table("broadcast", title, unit, 1000, DETAILS, list(rows.values()))


def rows_of(servers: Sequence[Server]) -> dict[str, Row]:
    ours = {server.loop: server.name for server in reversed(servers) if server.part.kind == "ours"}
    return {
        server.name: Row(
            server.name,
            {},
            server.part.kind,
            ours.get(server.loop, ""),
            server.part.leaves_out,
        )
        for server in servers
    }


def measure_traffic(servers: Sequence[Server], traffic: str, extent: Extent) -> dict[str, Figure]:
    counts = {server.name: server.count_for(extent.seconds, traffic) for server in servers}
    figures = {server.name: Figure() for server in servers}
    for server in rotated(servers, extent.rounds):
        before = server.process.processor_time()
        messages, took = server.load.turns(traffic, counts[server.name])
        processor = server.process.processor_time() - before
        figures[server.name].note(processor / messages, took / messages)
    return figures
