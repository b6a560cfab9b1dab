"""Whether our server has seen what a client says that it did."""

from collections.abc import Callable
from typing import Any

from .cells import closing

Record = dict[str, Any]
Check = Callable[[Record, str], str]
"""Takes what our server saw and the part of the cell's name after the colon; says what is wrong."""

NO_STATUS = 1005


def complaint(cell: str, compressed: bool, record: Record | None) -> str:
    """What our server saw that is wrong for this cell; empty if nothing is."""
    if record is None:
        return "our server saw no connection for this cell"
    if cell == "refusal":
        return "" if record["refused"] else "our server did not refuse"
    if compressed and not record["deflate"]:
        return "no compression was agreed on"
    name, _, what = cell.partition(":")
    wrong = CHECKS[name](record, what)
    return f"our server saw {wrong}" if wrong else ""


def _closed_cleanly(record: Record, what: str) -> str:
    if record["clean"]:
        return ""
    return f"no clean closing: {record['cause'] or 'the connection failed'}"


def _closed_normally(record: Record, what: str) -> str:
    code = record["close"][0] if record["close"] else None
    if record["clean"] and code not in (1000, NO_STATUS):
        return f"a Close frame with {code}"
    return _closed_cleanly(record, what)


def _one_message(kind: str) -> Check:
    def check(record: Record, what: str) -> str:
        if record["messages"] != [[kind, int(what)]]:
            return f"these messages: {record['messages']}"
        return _closed_normally(record, what)

    return check


def _many(record: Record, what: str) -> str:
    wanted = [["text", number * len(f"message {number} ")] for number in range(100)]
    if record["messages"] != wanted:
        return f"{len(record['messages'])} messages, not the 100 with their lengths"
    return _closed_normally(record, what)


def _fragments(record: Record, what: str) -> str:
    messages = record["messages"]
    if len(messages) != 1 or messages[0][0] != "text" or messages[0][1] < 70_000:
        return f"these messages: {messages}"
    if record["data_frames"] < 3:
        return f"{record['data_frames']} frames, and not 3 or more"
    return _closed_normally(record, what)


def _pongs(*payloads: str) -> Check:
    def check(record: Record, what: str) -> str:
        if not all(payload in record["pongs"] for payload in payloads):
            return f"these Pongs: {record['pongs']}"
        return _closed_normally(record, what)

    return check


def _ping(record: Record, what: str) -> str:
    if not any(record["pings"]):
        return "no Ping with a payload"
    return _closed_normally(record, what)


def _close_sent(record: Record, what: str) -> str:
    if record["close"] != list(closing(what)):
        return f"a Close frame with {record['close']}"
    if not record["peer_closed_first"]:
        return "that it did not begin to close"
    return _closed_cleanly(record, what)


def _close_received(record: Record, what: str) -> str:
    if record["peer_closed_first"]:
        return "that it began to close"
    return _closed_cleanly(record, what)


def _subprotocol(record: Record, what: str) -> str:
    return _closed_normally(record, what) if record["subprotocol"] else "no offer of chat"


def _dropped(record: Record, what: str) -> str:
    if record["messages"] != [["text", 3]]:
        return f"these messages: {record['messages']}"
    return f"a Close frame with {record['close']}" if record["close"] else ""


def _nothing(record: Record, what: str) -> str:
    return ""


def _idle(record: Record, what: str) -> str:
    if record["signs_of_life"] < 2:
        return f"{record['signs_of_life']} answers to its Pings in 3 seconds, and not 2"
    return _closed_normally(record, what)


CHECKS: dict[str, Check] = {
    "text": _one_message("text"),
    "binary": _one_message("binary"),
    "many": _many,
    "fragments-sent": _fragments,
    "fragments-received": _pongs("one", "two"),
    "ping-sent": _ping,
    "ping-received": _pongs("are you there?"),
    "close-sent": _close_sent,
    "close-received": _close_received,
    "subprotocol": _subprotocol,
    "drop-sent": _dropped,
    "drop-received": _nothing,
    "idle": _idle,
}
