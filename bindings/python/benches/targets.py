"""What was aimed at. A ratio is a peer's figure by ours, or ours by a peer's for memory."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import loops
from tables import Table

CALLBACKS = "websocket-proto, callbacks"
AWAITED = "websocket-proto, recv/send"
OURS = "websocket-proto"
SMALL = ["20 B", "256 B"]
SMALL_IN_MEMORY = ["16 B", "125 B"]

# What the event loop, the transport and the kernel take, where that was measured.
FLOOR = "frames as they are"

# Among the details of a client's figure.
CLIENT, CLOCK = 0, 2


@dataclass
class Target:
    table: str
    ours: str
    peer: str
    least: float
    # All of the table, if there are none.
    columns: list[str] | None = None

    def found(self, tables: dict[str, Table]) -> "Found":
        table = tables.get(self.table)
        if table is None:
            return Found(self, {}, {}, {}, {})
        columns = [one for one in table.columns() if self.columns is None or one in self.columns]
        names = self.peer, self.ours
        floor = f"{FLOOR}, {self.ours.rpartition(', ')[2]}"
        return Found(
            self,
            known({column: table.ratio(*names, column) for column in columns}),
            known({column: table.ratio(self.peer, floor, column) for column in columns}),
            known({column: table.detail_ratio(*names, column, CLIENT) for column in columns}),
            known({column: table.detail_ratio(*names, column, CLOCK) for column in columns}),
        )


@dataclass
class Found:
    """The ratios that were measured, by column."""

    target: Target
    ratios: dict[str, float]
    # How many times the floor the peer's figure is.
    floor_ratios: dict[str, float]
    client_ratios: dict[str, float]
    clock_ratios: dict[str, float]

    def missed(self) -> list[str]:
        return [column for column, ratio in self.ratios.items() if ratio < self.target.least]

    def is_reached(self) -> bool:
        return not self.missed()

    def is_below_floor(self) -> bool:
        """Whether each column that was missed asks for less than the floor takes."""
        most = [self.floor_ratios.get(column, math.inf) for column in self.missed()]
        return bool(most) and all(ratio < self.target.least for ratio in most)

    def verdict(self) -> str:
        if self.is_reached():
            return "reached"
        return "below the floor" if self.is_below_floor() else "**missed**"

    def row(self) -> list[str]:
        target = self.target
        return [
            target.table,
            " · ".join(self.ratios),
            target.ours,
            target.peer,
            f"{target.least:g}×",
            figures(self.ratios),
            figures(self.floor_ratios),
            self.verdict(),
            figures(self.client_ratios) if self.clock_ratios else "",
            figures(self.clock_ratios),
        ]


def known(ratios: dict[str, float | None]) -> dict[str, float]:
    return {column: ratio for column, ratio in ratios.items() if ratio is not None}


def figures(ratios: dict[str, float]) -> str:
    return " · ".join(f"{ratio:.2f}×" for ratio in ratios.values())


def all_targets() -> Iterator[Target]:
    for loop in loops.FACTORIES:
        for table in ("plain-closed", "two-cores-closed", "tls-closed"):
            yield from of_clients(table, loop, CALLBACKS, picows=1, aiohttp=1.4, websockets=2.7)
            yield from of_clients(
                table, loop, AWAITED, picows_websockets=1.1, aiohttp=1.25, websockets=2.3
            )
        for table in ("plain-pipelined", "two-cores-pipelined", "tls-pipelined"):
            for ours in (CALLBACKS, AWAITED):
                yield from of_clients(table, loop, ours, SMALL, picows=3, aiohttp=5, websockets=10)
        for table in ("deflate-closed", "deflate-pipelined"):
            yield from of_clients(
                table, loop, AWAITED, picows_websockets=1.5, aiohttp=1.5, websockets=1.5
            )
        for table, least in (("uvicorn-closed", 1.5), ("uvicorn-pipelined", 3)):
            yield Target(table, f"{OURS}, {loop}", f"uvicorn's default, {loop}", least)
        yield from of_clients("broadcast", loop, OURS, picows=3, websockets=3)
    for table in ("sans-io-receive", "sans-io-send", "sans-io-server-send"):
        for peer in ("wsproto", "websockets"):
            yield Target(table, OURS, peer, 20, SMALL_IN_MEMORY)
            yield Target(table, OURS, peer, 5, ["64 KiB"])
    for peer, least in (("websockets", 4), ("aiohttp", 4), ("picows", 1)):
        yield Target("idle-memory", OURS, peer, least)


def of_clients(
    table: str, loop: str, ours: str, columns: list[str] | None = None, **least: float
) -> Iterator[Target]:
    for peer, ratio in least.items():
        name = peer.replace("_", ".")
        yield Target(table, f"{ours}, {loop}", f"{name}, {loop}", ratio, columns)


BEGINNING = """## Targets

{reached} of {all} are reached. {below} others ask for less time than *frames as they are* take, which is what
the event loop, the transport and the kernel need. *Measured* is how many times ours a peer's figure is;
*floor* is how many times that of frames as they are it is, the most that could be measured. For clients,
the last columns have the first ratio for the processor time of the client alone, and by the clock:

"""


def markdown(tables: list[Table]) -> str:
    by_name = {table.name: table for table in tables}
    found = [target.found(by_name) for target in all_targets()]
    found = [each for each in found if each.ratios]
    if not found:
        return ""
    reached = sum(each.is_reached() for each in found)
    below = sum(each.is_below_floor() for each in found)
    head = [
        "table",
        "of",
        "ours",
        "peer",
        "at least",
        "measured",
        "floor",
        "",
        "client alone",
        "by the clock",
    ]
    lines = [head, ["---"] * len(head), *(each.row() for each in found)]
    body = "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)
    return BEGINNING.format(reached=reached, all=len(found), below=below) + body
