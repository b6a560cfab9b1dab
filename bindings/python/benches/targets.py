"""What was aimed at. A ratio is a peer's figure by ours, or ours by a peer's for memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import loops
from tables import Table

CALLBACKS = "websocket-proto, callbacks"
AWAITED = "websocket-proto, recv/send"
OURS = "websocket-proto"
SMALL = ["20 B", "256 B"]
SMALL_IN_MEMORY = ["16 B", "125 B"]

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
            return Found(self, {}, {}, {})
        columns = [one for one in table.columns() if self.columns is None or one in self.columns]
        names = self.peer, self.ours
        return Found(
            self,
            known({column: table.ratio(*names, column) for column in columns}),
            known({column: table.detail_ratio(*names, column, CLIENT) for column in columns}),
            known({column: table.detail_ratio(*names, column, CLOCK) for column in columns}),
        )


@dataclass
class Found:
    """The ratios that were measured, by column."""

    target: Target
    ratios: dict[str, float]
    client_ratios: dict[str, float]
    clock_ratios: dict[str, float]

    def is_reached(self) -> bool:
        return all(ratio >= self.target.least for ratio in self.ratios.values())

    def row(self) -> list[str]:
        target = self.target
        return [
            target.table,
            " · ".join(self.ratios),
            target.ours,
            target.peer,
            f"{target.least:g}×",
            figures(self.ratios),
            "reached" if self.is_reached() else "**missed**",
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

{reached} of {all} reached. How many times ours a peer's figure is, and for clients also the same for the
processor time of the client alone, and by the clock:

"""


def markdown(tables: list[Table]) -> str:
    by_name = {table.name: table for table in tables}
    found = [target.found(by_name) for target in all_targets()]
    found = [each for each in found if each.ratios]
    if not found:
        return ""
    reached = sum(each.is_reached() for each in found)
    head = [
        "table",
        "of",
        "ours",
        "peer",
        "at least",
        "measured",
        "",
        "client alone",
        "by the clock",
    ]
    lines = [head, ["---"] * len(head), *(each.row() for each in found)]
    body = "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)
    return BEGINNING.format(reached=reached, all=len(found)) + body
