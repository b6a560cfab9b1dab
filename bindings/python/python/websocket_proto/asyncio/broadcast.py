"""One message to many connections."""

from __future__ import annotations

from collections.abc import Iterable

from .._core import Prepared
from ..exceptions import ConnectionClosed, SendError
from .connection import Connection

Message = str | bytes | bytearray | memoryview


def broadcast(
    connections: Iterable[Connection],
    message: Message | Prepared,
    raise_exceptions: bool = False,
) -> dict[Connection, SendError | ConnectionClosed]:
    """Sends a message to many connections, without waiting for any of them.

    It is encoded once, and compressed once for all that agreed on the same compression. Returns the
    connections that were skipped, each with the reason: one that is not open (any more), that is
    in the middle of a message, or that is so slow that its output is full (`max_output` of
    `Config`). What becomes of them is up to you; to drop those that cannot keep up:

    ```python
    for connection, error in broadcast(connections, message).items():
        if error.name == "full":
            connection.abort()
    ```

    With `raise_exceptions`, the reasons are raised together as an `ExceptionGroup` once all others
    have got the message; connections that are not open are skipped without a word then.
    """
    prepared = message if isinstance(message, Prepared) else Prepared(message)
    skipped: dict[Connection, SendError | ConnectionClosed] = {}
    for connection in connections:
        try:
            connection.send_nowait(prepared)
        except (SendError, ConnectionClosed) as error:
            skipped[connection] = error
    if raise_exceptions:
        _raise_group(list(skipped.values()))
    return skipped


def _raise_group(errors: list[SendError | ConnectionClosed]) -> None:
    failures = [error for error in errors if not _is_over(error)]
    if failures:
        raise ExceptionGroup("some connections did not get the message", failures)


def _is_over(error: SendError | ConnectionClosed) -> bool:
    return isinstance(error, ConnectionClosed) or error.name in ("closed", "not-open")
