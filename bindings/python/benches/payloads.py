"""Messages of a length, all different, and the frames that bring them."""

import json
import os
import random
import struct

# No more of them than this, together, so that long messages do not go beyond the caches.
MOST_BYTES = 1 << 20
MOST = 64


def binary(length: int) -> list[bytes]:
    generator = random.Random(length)
    return [generator.randbytes(length) for _ in range(_number(length))]


def json_texts(length: int) -> list[str]:
    """Lists of records, cut to the length."""
    generator = random.Random(length)
    return [_json_text(generator, length) for _ in range(_number(length))]


def _json_text(generator: random.Random, length: int) -> str:
    records = [_record(generator) for _ in range(length // 50 + 1)]
    return json.dumps(records)[:length]


def _record(generator: random.Random) -> dict[str, object]:
    return {
        "id": generator.randrange(1_000_000),
        "symbol": generator.choice(["BTCUSD", "ETHUSD", "SOLUSD", "EURUSD"]),
        "price": round(generator.uniform(1, 100_000), 2),
        "side": generator.choice(["buy", "sell"]),
        "time": generator.randrange(1_700_000_000_000, 1_800_000_000_000),
    }


def _number(length: int) -> int:
    return max(1, min(MOST, MOST_BYTES // length))


def masked_frames(messages: list[bytes]) -> bytes:
    """The frames with which a client sends binary messages."""
    return b"".join(frame(message, os.urandom(4)) for message in messages)


def frame(payload: bytes, key: bytes = b"") -> bytes:
    """The frame of a binary message. A server's has no key."""
    length = len(payload)
    mask_bit = 0x80 if key else 0
    if length < 126:
        head = struct.pack("!BB", 0x82, mask_bit | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x82, mask_bit | 126, length)
    else:
        head = struct.pack("!BBQ", 0x82, mask_bit | 127, length)
    return head + key + (_masked(payload, key) if key else payload)


def payloads_of(data: bytes, *, masked: bool) -> list[bytes]:
    """The payloads of the frames of binary messages."""
    found = []
    at = 0
    while at < len(data):
        payload, at = _payload_at(data, at, masked)
        found.append(payload)
    return found


def _payload_at(data: bytes, at: int, masked: bool) -> tuple[bytes, int]:
    """The payload of the frame that begins there, and where the next one begins.

    Raises a ValueError if it is the frame of something else, or not complete."""
    mask_bit = 0x80 if masked else 0
    if len(data) < at + 2 or data[at] != 0x82 or data[at + 1] & 0x80 != mask_bit:
        raise ValueError(f"not the frame of a binary message: {data[at : at + 2].hex()}")
    length = data[at + 1] & 0x7F
    at += 2
    if length > 125:
        extent = 2 if length == 126 else 8
        length = int.from_bytes(data[at : at + extent])
        at += extent
    if len(data) < at + length + (4 if masked else 0):
        raise ValueError("the frame is not complete")
    if not masked:
        return data[at : at + length], at + length
    key = data[at : at + 4]
    at += 4
    return _masked(data[at : at + length], key), at + length


def _masked(payload: bytes, key: bytes) -> bytes:
    length = len(payload)
    mask = int.from_bytes((key * (length // 4 + 1))[:length])
    return (int.from_bytes(payload) ^ mask).to_bytes(length)
