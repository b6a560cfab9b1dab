"""The memory that idle connections take in a server on asyncio."""

import resource
import time
from collections.abc import Callable
from pathlib import Path

import peers
from extent import Extent
from peers.part import Chat
from processes import Load, PythonServer
from rounds import Figure
from tables import Row, Table

NAMES = ["idle-memory"]
# Before the first count, so that what all connections share is there.
FIRST_CONNECTIONS = 50
# So long that none is sent while it is measured.
PING_AFTER = 300.0
LIMIT = "frames as they are"
# Files that a process has open beside its connections.
OTHER_FILES = 100


def measure(directory: Path, extent: Extent, tell: Callable[[str], None]) -> Table:
    connections = min(extent.idle_connections, allow_files() - FIRST_CONNECTIONS - OTHER_FILES)
    columns = {"without pings": "none", "with pings": str(PING_AFTER)}
    ours = next((chat.name for chat in peers.CHATS if chat.kind == "ours"), "")
    rows = [row_of(chat, ours) for chat in peers.CHATS]
    for column, ping_after in columns.items():
        for row in rows:
            tell(f"idle-memory {column}: {row.name}")
            row.cells[column] = Figure()
            row.cells[column].note(
                memory_of(row.name, ping_after, directory, connections, extent.settling)
            )
        subtract_limit(rows, column)
    title = (
        f"Memory for each of {connections:,} idle connections, beyond that of *frames as they are*"
    )
    return Table("idle-memory", title, "KiB", 1024, rows=rows)


def allow_files() -> int:
    """Lets this process and those that it starts open as many files as they may. How many?"""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def row_of(chat: Chat, ours: str) -> Row:
    # What is left of the limit is not compared.
    against = ours if chat.name != LIMIT else ""
    return Row(chat.name, {}, chat.kind, against, chat.leaves_out)


def memory_of(
    name: str, ping_after: str, directory: Path, connections: int, settling: float
) -> float:
    """Bytes for a connection."""
    with (
        PythonServer("chat_server.py", name, "asyncio", ping_after) as server,
        Load(directory, server.port, FIRST_CONNECTIONS) as first,
    ):
        first.wait_until_connected()
        time.sleep(settling)
        before = server.memory()
        with Load(directory, server.port, connections) as load:
            load.wait_until_connected()
            time.sleep(settling)
            return (server.memory() - before) / connections


def subtract_limit(rows: list[Row], column: str) -> None:
    """Leaves what each takes beyond the connections of asyncio, which keep what they take."""
    (limit,) = (row.cells[column].median for row in rows if row.name == LIMIT)
    for row in rows:
        if row.name != LIMIT:
            row.cells[column].rounds = [value - limit for value in row.cells[column].rounds]
