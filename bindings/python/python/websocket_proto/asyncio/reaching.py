"""A socket that is connected to a host, whichever of its addresses answers first (RFC 8305)."""

from __future__ import annotations

import asyncio
import itertools
import socket
from dataclasses import dataclass
from typing import Any

#: After how many seconds the next address is tried beside the one before.
DELAY = 0.25

# What `getaddrinfo` returns for an address.
Info = tuple[int, int, int, str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Reaching:
    """The options of `create_connection` that are about the addresses."""

    family: int = 0
    proto: int = 0
    flags: int = 0
    local_addr: tuple[str, int] | None = None
    delay: float | None = DELAY

    @classmethod
    def of(cls, options: dict[str, Any]) -> Reaching:
        """Takes them out of the others."""
        delay = options.pop("happy_eyeballs_delay", DELAY)
        names = ("family", "proto", "flags", "local_addr")
        return cls(delay=delay, **{name: options.pop(name) for name in names if name in options})

    async def connect(self, host: str, port: int) -> socket.socket:
        """The socket of the address that answers first: the two families are tried by turns, each
        address a moment after the one before, or at once after a failure."""
        infos = _by_turns(await self._look_up((host, port)))
        local = [] if self.local_addr is None else await self._look_up(self.local_addr)
        attempts: list[asyncio.Task[socket.socket]] = []
        try:
            for info in infos:
                attempts.append(asyncio.ensure_future(_connect(info, local)))
                if (winner := await _winner(attempts, self.delay, is_last=False)) is not None:
                    return winner
            if (winner := await _winner(attempts, None, is_last=True)) is not None:
                return winner
            raise _failure(host, port, attempts)
        finally:
            # Nothing is awaited here: whoever cancelled that would lose the socket.
            for attempt in attempts:
                attempt.cancel()
                attempt.add_done_callback(_close)

    async def _look_up(self, address: tuple[str, int]) -> list[Info]:
        infos = await asyncio.get_running_loop().getaddrinfo(
            *address,
            family=self.family,
            type=socket.SOCK_STREAM,
            proto=self.proto,
            flags=self.flags,
        )
        if not infos:
            raise OSError(f"the name {address[0]!r} has no address")
        return [(family, kind, proto, name, to) for family, kind, proto, name, to in infos]


def _by_turns(infos: list[Info]) -> list[Info]:
    """The addresses with their families by turns, the first family first."""
    first = [info for info in infos if info[0] == infos[0][0]]
    others = [info for info in infos if info[0] != infos[0][0]]
    pairs = itertools.zip_longest(first, others)
    return [info for pair in pairs for info in pair if info is not None]


async def _connect(info: Info, local: list[Info]) -> socket.socket:
    family, kind, proto, _, address = info
    sock = socket.socket(family, kind, proto)
    try:
        sock.setblocking(False)
        _bind(sock, family, local)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _bind(sock: socket.socket, family: int, local: list[Info]) -> None:
    """Binds the socket to the first local address of its family, if any were given."""
    if not local:
        return
    for other, _, _, _, address in local:
        if other == family:
            sock.bind(address)
            return
    raise OSError("local_addr is of another family")


async def _winner(
    attempts: list[asyncio.Task[socket.socket]], delay: float | None, *, is_last: bool
) -> socket.socket | None:
    """Takes the socket of the first attempt to succeed. `None` if it is time for the next one."""
    while running := [attempt for attempt in attempts if not attempt.done()]:
        done, _ = await asyncio.wait(running, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
        for attempt in done:
            if attempt.exception() is None:
                attempts.remove(attempt)
                return attempt.result()
        if not is_last:
            return None
    return None


def _close(attempt: asyncio.Task[socket.socket]) -> None:
    """Closes the socket that nobody took."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


def _failure(host: str, port: int, attempts: list[asyncio.Task[socket.socket]]) -> BaseException:
    """Why there is no connection: one error for all of them."""
    errors = [error for attempt in attempts if (error := attempt.exception()) is not None]
    if len(errors) == 1:
        return errors[0]
    number = next((error.errno for error in errors if isinstance(error, OSError)), None)
    reasons = "; ".join(dict.fromkeys(map(str, errors)))
    return OSError(number, f"cannot connect to {host} port {port}: {reasons}")
