"""Two programs that speak with each other, and perhaps a proxy in between."""

import asyncio
import shlex
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from . import commands, ours
from .certificate import Certificate
from .ours import Adapter
from .peers import Part, Peer
from .program import Program

UNTIL_LISTENING = 60.0
"""Seconds that a server may take to listen. Some start a virtual machine."""


class NoServer(Exception):
    """A server or a proxy does not listen."""


@dataclass(frozen=True)
class Pair:
    """Who speaks with whom, and how."""

    peer: Peer
    role: str
    kind: str
    adapter: str
    cells: tuple[str, ...]
    parameters: str = ""
    """Those of compression; empty without it."""
    named: str = ""
    """The cell that this is in the results, if it is one with parameters."""

    @property
    def part(self) -> Part:
        """How the peer plays its role."""
        return self.peer.parts[self.role]

    @property
    def compressed(self) -> bool:
        """Whether compression has to be agreed on."""
        return bool(self.parameters)

    def __str__(self) -> str:
        return f"{self.peer.key} {self.role} {self.kind} ({self.adapter}{', ' * bool(self.named)}{self.named})"


@dataclass(frozen=True)
class Bench:
    """What pairs are run with."""

    adapters: Mapping[str, Adapter]
    certificate: Certificate


class Stage:
    """The programs of one pair."""

    def __init__(self, pair: Pair, bench: Bench, work: Path) -> None:
        self._pair = pair
        self._bench = bench
        self._work = work
        self.server: Program | None = None
        self.others: list[Program] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Starts what listens, and yields the URL of the last in the row."""
        async with AsyncExitStack() as stack:
            if self._pair.role == "server":
                yield await self._their_server(stack)
            elif self._pair.role == "client":
                yield await self._our_server(stack, "tls" in self._pair.kind)
            else:
                has_tls = self._pair.part.target_has_tls(self._pair.kind)
                yield await self._proxy(stack, await self._our_server(stack, has_tls))

    async def start_client(self, url: str, cells: Sequence[str]) -> Program:
        """Starts the client of the pair."""
        certificate = self._bench.certificate
        trust = {"INTEROP_CA": str(certificate.authority)} if "tls" in self._pair.kind else {}
        if self._pair.role == "client":
            command = commands.words(self._pair.part.command_for(self._pair.kind), self._names())
            environment = {**self._their_environment(), **trust}
        else:
            command = list(self._bench.adapters[self._pair.adapter].client)
            environment = {**ours.environment(self._pair.parameters), **trust}
        return await Program.start([*command, url, *cells], environment, self._work, "client")

    @property
    def runs(self) -> bool:
        """Whether all that listens still runs."""
        return all(program.runs for program in self.others)

    def last_words(self) -> str:
        """What the programs that listen said last."""
        return " / ".join(filter(None, (program.last_words() for program in self.others)))

    async def _our_server(self, stack: AsyncExitStack, has_tls: bool) -> str:
        # Through a proxy, it is our client that gets the adapters in turn.
        name = self._pair.adapter if self._pair.role == "client" else ours.FULL["proxy"]
        adapter = self._bench.adapters[name]
        environment = {**ours.environment(self._pair.parameters), **self._identity(has_tls)}
        program, url = await self._listening(stack, shlex.join(adapter.server), environment, {})
        self.server = program if adapter.keeps_records else None
        return url

    async def _their_server(self, stack: AsyncExitStack) -> str:
        line = self._pair.part.command_for(self._pair.kind)
        environment = {**self._their_environment(), **self._identity("tls" in self._pair.kind)}
        _, url = await self._listening(stack, line, environment, self._names())
        return url

    async def _listening(
        self,
        stack: AsyncExitStack,
        line: str,
        environment: dict[str, str],
        names: dict[str, str],
    ) -> tuple[Program, str]:
        port = _free_port()
        command = commands.words(line, {**names, "port": str(port)})
        program = await self._started(stack, command, environment, "server")
        if "{port}" not in line:
            return program, await self._announced(program)
        await self._reachable(program, port)
        return program, self._url(port)

    async def _proxy(self, stack: AsyncExitStack, target: str) -> str:
        port = _free_port()
        scheme, _, address = target.rstrip("/").partition("://")
        names = {
            **self._names(),
            **self._bench.certificate.names(),
            "port": str(port),
            "target": address,
            "target_port": address.rpartition(":")[2],
            "scheme": scheme,
            "http": "https" if scheme == "wss" else "http",
        }
        for template in self._pair.part.templates_for(self._pair.kind):
            text = (self._pair.peer.directory / template).read_text()
            (self._work / template).write_text(commands.filled_in(text, names))
        command = commands.words(self._pair.part.command_for(self._pair.kind), names)
        program = await self._started(stack, command, self._their_environment(), "proxy")
        await self._reachable(program, port)
        return self._url(port)

    async def _started(
        self, stack: AsyncExitStack, command: list[str], environment: dict[str, str], name: str
    ) -> Program:
        program = await Program.start(command, environment, self._work, name)
        stack.push_async_callback(program.stop)
        self.others.append(program)
        return program

    async def _announced(self, program: Program) -> str:
        deadline = time.monotonic() + UNTIL_LISTENING
        while True:
            try:
                line = await program.line(deadline - time.monotonic())
            except TimeoutError as error:
                raise NoServer("it does not say that it listens") from error
            if line is None:
                raise NoServer(f"it ended: {program.last_words()}")
            if line.startswith("listening on ws"):
                return line.removeprefix("listening on ").rstrip("/")

    async def _reachable(self, program: Program, port: int) -> None:
        deadline = time.monotonic() + UNTIL_LISTENING
        while time.monotonic() < deadline and program.runs:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        raise NoServer(f"nothing listens on its port: {program.last_words()}")

    def _url(self, port: int) -> str:
        return f"{'wss' if 'tls' in self._pair.kind else 'ws'}://127.0.0.1:{port}"

    def _names(self) -> dict[str, str]:
        return {**commands.names(self._pair.peer), "work": str(self._work)}

    def _identity(self, has_tls: bool) -> dict[str, str]:
        if not has_tls:
            return {}
        certificate = self._bench.certificate
        return {
            "INTEROP_CERTIFICATE": str(certificate.chain),
            "INTEROP_KEY": str(certificate.key),
        }

    def _their_environment(self) -> dict[str, str]:
        deflate = {"INTEROP_DEFLATE": self._pair.parameters} if self._pair.compressed else {}
        return {**commands.environment(self._pair.peer), **deflate}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
