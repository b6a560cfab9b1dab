"""What every client program in Python does, whatever it speaks with."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from random import Random

from matrix_connection import FRAGMENTS, REFUSAL, Absent, Closed, Connection, Refused

Open = Callable[[str, list[str]], Awaitable[Connection]]
"""Opens a connection to a URL, offering these subprotocols."""

CHARACTERS = "κό σμε😀a漢字!"


class Failure(Exception):
    """Something else came than was expected."""


def run(open_connection: Open) -> None:
    """Tries the cells that the command line names."""
    asyncio.run(try_cells(open_connection))


def mirrored(cell: str) -> str:
    """The cell as the other side would name it: what one has sent, the other has received."""
    name, colon, what = cell.partition(":")
    if name.endswith("-sent"):
        name = name.removesuffix("-sent") + "-received"
    elif name.endswith("-received"):
        name = name.removesuffix("-received") + "-sent"
    return name + colon + what


async def try_cells(open_connection: Open, translate: Callable[[str], str] = str) -> None:
    """Tries the cells that the command line names, for programs with a loop of their own."""
    url, *cells = sys.argv[1:]
    for cell in cells:
        outcome, detail = await outcome_of(open_connection, url.rstrip("/"), translate(cell))
        print(json.dumps({"cell": cell, "outcome": outcome, "detail": detail}), flush=True)


async def outcome_of(open_connection: Open, url: str, cell: str) -> tuple[str, str]:
    """Tries one cell."""
    name, _, what = cell.partition(":")
    try:
        if name == "refusal":
            await refusal(open_connection, f"{url}/{cell}")
        else:
            offered = ["other", "chat"] if name == "subprotocol" else []
            connection = await open_connection(f"{url}/{cell}", offered)
            try:
                await CELLS[name](connection, what)
            finally:
                await connection.dispose()
    except Absent:
        return "absent", ""
    except Exception as error:
        return "failed", f"{type(error).__name__}: {str(error)[:300]}"
    return "passed", ""


async def refusal(open_connection: Open, url: str) -> None:
    """Demands a refusal with 401 and its body, as far as the API tells."""
    try:
        await open_connection(url, [])
    except Refused as refused:
        expect(refused.status in (None, 401), refused)
        expect(refused.body in (None, REFUSAL.encode()), refused)
    else:
        raise Failure("the connection was opened")


def expect(condition: bool, instead: object) -> None:
    """Fails with what came instead, unless the condition holds."""
    if not condition:
        raise Failure(f"there came {str(instead)[:80]!r}")


def text_of(size: int) -> str:
    """A text of this many bytes."""
    unit = CHARACTERS * (1 + size // len(CHARACTERS.encode()))
    text = unit.encode()[:size].decode(errors="ignore")
    return text + "." * (size - len(text.encode()))


async def echoes(connection: Connection, message: str | bytes) -> None:
    """Sends a message and demands that it comes back."""
    await connection.send(message)
    answer = await connection.receive()
    if answer != message:
        raise Failure(f"there came {answer[:40]!r}, {len(answer)} long, for {message[:40]!r}")


async def reply(connection: Connection) -> str | bytes:
    """What comes for a command, if it is not that a server program has no way to do it."""
    answer = await connection.receive()
    if answer == "absent":
        raise Absent
    return answer


async def text(connection: Connection, what: str) -> None:
    await echoes(connection, text_of(int(what)))
    await connection.close(1000, "")


async def binary(connection: Connection, what: str) -> None:
    await echoes(connection, Random(0).randbytes(int(what)))
    await connection.close(1000, "")


async def many(connection: Connection, what: str) -> None:
    for number in range(100):
        await echoes(connection, f"message {number} " * number)
    await connection.close(1000, "")


async def fragments_sent(connection: Connection, what: str) -> None:
    fragments = ["κό", "", "σμε", "x" * 70_000]
    await connection.send_fragments(fragments)
    answer = await connection.receive()
    expect(answer == "".join(fragments), answer)
    await connection.close(1000, "")


async def fragments_received(connection: Connection, what: str) -> None:
    await connection.send("!fragments")
    answer = await reply(connection)
    expect(answer == FRAGMENTS, answer)
    await connection.close(1000, "")


async def ping_sent(connection: Connection, what: str) -> None:
    await connection.ping()
    await connection.close(1000, "")


async def ping_received(connection: Connection, what: str) -> None:
    await connection.send("!ping")
    answer = await reply(connection)
    expect(answer == "ponged", answer)
    await connection.close(1000, "")


def closing(what: str) -> tuple[int | None, str]:
    """The code and the reason that a cell's name stands for."""
    special = {"none": (None, ""), "reason": (3001, "enough κόσμε"), "longest": (1000, "r" * 123)}
    return special[what] if what in special else (int(what), "")


async def close_sent(connection: Connection, what: str) -> None:
    await connection.close(*closing(what))


async def close_received(connection: Connection, what: str) -> None:
    code, reason = closing(what)
    await connection.send(f"!close {code} {reason}".rstrip() if code else "!close")
    try:
        answer = await reply(connection)
    except Closed as closed:
        expect(closed.code in (None, code or 1005), closed)
        expect(closed.reason in (None, reason), closed)
    else:
        raise Failure(f"there came {answer[:80]!r}")


async def subprotocol(connection: Connection, what: str) -> None:
    expect(connection.subprotocol == "chat", connection.subprotocol)
    await connection.close(1000, "")


async def drop_sent(connection: Connection, what: str) -> None:
    await echoes(connection, "bye")
    await connection.drop()


async def drop_received(connection: Connection, what: str) -> None:
    await connection.send("!drop")
    try:
        answer = await reply(connection)
    except Closed as closed:
        expect(closed.code in (None, 1006), closed)
    except OSError:
        pass
    else:
        raise Failure(f"there came {answer[:80]!r}")


async def idle(connection: Connection, what: str) -> None:
    answer = await connection.send_after_silence("awake", 3)
    expect(answer == "awake", answer)
    await connection.close(1000, "")


CELLS: dict[str, Callable[[Connection, str], Awaitable[None]]] = {
    "text": text,
    "binary": binary,
    "many": many,
    "fragments-sent": fragments_sent,
    "fragments-received": fragments_received,
    "ping-sent": ping_sent,
    "ping-received": ping_received,
    "close-sent": close_sent,
    "close-received": close_received,
    "subprotocol": subprotocol,
    "drop-sent": drop_sent,
    "drop-received": drop_received,
    "idle": idle,
}
