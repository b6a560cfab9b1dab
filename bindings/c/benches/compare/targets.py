"""What was aimed at. A ratio is a time by another one."""

from collections.abc import Callable
from dataclasses import dataclass

import memory


@dataclass
class Target:
    """What was aimed at, and what was found."""

    what: str
    aim: str
    found: list[float]
    is_reached: Callable[[float], bool]
    unit: str = "×"

    def row(self):
        found = " · ".join(figure(value, self.unit) for value in self.found)
        reached = "reached" if all(map(self.is_reached, self.found)) else "**missed**"
        return [self.what, self.aim, found, reached]


def figure(value, unit):
    return f"{value:.2f}{unit}" if unit == "×" else f"{value:.1f} {unit}"


def at_most(what, most, found):
    return Target(what, f"at most {most}×", found, lambda ratio: ratio <= most)


def at_least(what, least, found):
    return Target(what, f"at least {least}×", found, lambda ratio: ratio >= least)


def in_memory(receive):
    c, rust, wslay = (receive[name] for name in ("C library", "Rust crate", "wslay"))
    short, long, longest = memory.LENGTHS[:2], memory.LENGTHS[2:], memory.LENGTHS[3:]
    over_rust = [c[16] - rust[16]]
    return [
        Target("C less Rust, 16 B", "at most 3 ns", over_rust, lambda ns: ns <= 3, "ns"),
        at_most("C by Rust, from 1 KiB", 1.02, [c[length] / rust[length] for length in long]),
        at_least("wslay by C, 16 B, 125 B", 5, [wslay[length] / c[length] for length in short]),
        at_least("wslay by C, from 16 KiB", 10, [wslay[length] / c[length] for length in longest]),
    ]


def on_sockets(pipelined, closed):
    c, in_turn = pipelined["C library"], closed["C library"]
    aims = [
        at_most("C by raw epoll, 64 in flight", 1.4, [c / pipelined["raw epoll"]]),
        at_least("libwebsockets by C, 64 in flight", 1.5, [pipelined["libwebsockets"] / c]),
        at_most("C by raw epoll, closed loop", 1.05, [in_turn / closed["raw epoll"]]),
    ]
    if "uWebSockets" in pipelined:
        by_uws = [c / pipelined["uWebSockets"], in_turn / closed["uWebSockets"]]
        aims.append(at_most("C by uWebSockets, 64 in flight and closed loop", 1.05, by_uws))
    return aims
