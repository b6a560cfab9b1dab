"""What the arguments of `connect` and `serve` mean for the core."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from .._core import Config, Deflate, Keepalive, __version__

#: Header fields, as a mapping or as pairs of names and values.
HeadersLike = Mapping[str, str] | Iterable[tuple[str, str]]

#: A path in the file system.
PathLike = str | os.PathLike[str]

#: How `User-Agent` and `Server` name this package.
PRODUCT: Final = f"websocket-proto/{__version__}"


class Default(enum.Enum):
    """Stands for an argument that was left out."""

    DEFAULT = 1

    def __repr__(self) -> str:
        return "DEFAULT"


DEFAULT: Final = Default.DEFAULT

#: What an argument is if neither it nor a `config` was given: as in the package `websockets`.
_DEFAULTS: Final[dict[str, Any]] = {
    "compression": "deflate",
    "ping_interval": 20.0,
    "ping_timeout": 20.0,
    "close_timeout": 10.0,
    "max_size": 2**20,
}

MaxSize = int | None | tuple[int | None, int | None]


def make_config(
    config: Config | None,
    *,
    compression: Literal["deflate"] | Deflate | None | Default,
    ping_interval: float | None | Default,
    ping_timeout: float | None | Default,
    close_timeout: float | None | Default,
    max_size: MaxSize | Default,
) -> Config:
    """The configuration of a connection: `config`, changed by the arguments that were given."""
    given: dict[str, Any] = {
        "compression": compression,
        "ping_interval": ping_interval,
        "ping_timeout": ping_timeout,
        "close_timeout": close_timeout,
        "max_size": max_size,
    }
    given = {name: value for name, value in given.items() if value is not DEFAULT}
    base = config
    if base is None:
        base, given = Config(), _DEFAULTS | given
    # Deadlines of the handshake, with the time for names, TCP and TLS, are the caller's.
    changes: dict[str, Any] = {"handshake_timeout": None}
    if "compression" in given:
        changes["deflate"] = _deflate(given["compression"])
    if "ping_interval" in given or "ping_timeout" in given:
        changes["keepalive"] = _keepalive(base.keepalive, given)
    if "close_timeout" in given:
        changes["close_timeout"] = given["close_timeout"]
    if "max_size" in given:
        changes["max_message"], changes["max_frame"] = _sizes(given["max_size"])
    return base.replace(**changes)


def _deflate(compression: object) -> Deflate | None:
    if compression == "deflate":
        return Deflate()
    if compression is None or isinstance(compression, Deflate):
        return compression
    raise ValueError(f"compression is 'deflate', None or a Deflate, not {compression!r}")


def _keepalive(base: Keepalive | None, given: Mapping[str, Any]) -> Keepalive | None:
    usual = Keepalive() if base is None else base
    interval = given.get("ping_interval", usual.interval)
    timeout = given.get("ping_timeout", usual.timeout)
    if interval is None or (base is None and "ping_interval" not in given):
        return None
    return Keepalive(interval=interval, timeout=NEVER if timeout is None else timeout)


#: A keepalive without a limit sends pings and takes no silence for death: a hundred years.
NEVER: Final = 100 * 365 * 86400.0


def _sizes(max_size: MaxSize) -> tuple[int | None, int | None]:
    """The longest message, and the longest frame."""
    if isinstance(max_size, tuple):
        return max_size
    return max_size, max_size


MaxQueue = int | None | tuple[int | None, int | None]


def make_limits(
    max_queue: MaxQueue | Default,
    read_limit: int | Default,
    write_limit: int | tuple[int, int] | Default,
) -> dict[str, Any]:
    """How much may wait in each direction, for a connection's constructor."""
    limits: dict[str, Any] = {}
    if max_queue is not DEFAULT:
        limits["message_limit"] = _queue_marks(max_queue)
    if read_limit is not DEFAULT:
        limits["read_limit"] = _whole_number("read_limit", read_limit)
    elif max_queue is None:
        limits["read_limit"] = sys.maxsize
    if write_limit is not DEFAULT:
        high = write_limit[0] if isinstance(write_limit, tuple) else write_limit
        limits["write_limit"] = _whole_number("write_limit", high)
    return limits


def _queue_marks(max_queue: MaxQueue) -> tuple[int, int]:
    """At how many messages reading pauses, and at how few it goes on."""
    high, low = max_queue if isinstance(max_queue, tuple) else (max_queue, None)
    most = sys.maxsize if high is None else _whole_number("max_queue", high)
    least = most // 4 if low is None else _whole_number("max_queue", low)
    if least > most:
        raise ValueError(
            f"max_queue is a pair of the number at which reading pauses and a smaller one at which "
            f"it goes on, not {max_queue!r}"
        )
    return most, least


def _whole_number(name: str, number: int) -> int:
    if isinstance(number, int) and number >= 0:
        return number
    raise ValueError(f"{name} is a whole number from 0 on, not {number!r}")


def check_subprotocols(names: Iterable[str] | None) -> list[str]:
    """The names of subprotocols; a single string is a mistake that would offer its letters."""
    if isinstance(names, str):
        raise TypeError(f"subprotocols is a list of names: write [{names!r}]")
    return list(names or ())


def header_pairs(headers: HeadersLike | None) -> list[tuple[str, str]]:
    """The header fields as pairs, all of those that occur several times."""
    if headers is None:
        return []
    raw_items = getattr(headers, "raw_items", None)
    if raw_items is not None:
        return list(raw_items())
    if isinstance(headers, Mapping):
        return list(headers.items())
    return list(headers)


def check_seconds(name: str, seconds: float | None) -> float | None:
    """A time limit."""
    if seconds is not None and not seconds > 0:
        raise ValueError(f"{name} is a number of seconds above zero, or None, not {seconds!r}")
    return seconds
