"""The notation of bytes in vectors, as the README of the vectors defines it."""

from itertools import cycle

OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
SAMPLE_KEY = "37fa213d"


class Notation:
    """Makes bytes for one side of one connection."""

    def __init__(self, role):
        self.role = role
        self.last_ping = b""

    def bytes(self, value):
        if isinstance(value, str):
            return bytes.fromhex(value)
        if isinstance(value, list):
            return b"".join(map(self.bytes, value))
        if "utf8" in value:
            return value["utf8"].encode()
        if "repeat" in value:
            return self.bytes(value["of"]) * value["repeat"]
        if "head" in value:
            return self.lines(value["head"]) + b"\r\n"
        if "last_ping" in value:
            return self.last_ping
        return self.frame(value)

    def text(self, value):
        """A text: a string is the text itself, anything else a notation of its bytes."""
        if isinstance(value, str):
            return value.encode()
        return b"" if value is None else self.bytes(value)

    def lines(self, lines):
        return b"".join(map(self.line, lines))

    def line(self, line):
        if isinstance(line, list):
            return self.lines(line)
        content = line.encode() if isinstance(line, str) else self.bytes(line["bytes"])
        return content + b"\r\n"

    def frame(self, frame):
        payload = self.payload(frame)
        masked = frame.get("masked", self.role == "server")
        opcode = OPCODES.get(frame["frame"], frame["frame"])
        first = frame.get("fin", True) << 7 | frame.get("rsv", 0) << 4 | opcode
        header = bytes([first]) + self.length(frame, masked << 7, len(payload))
        if not masked:
            return header + payload
        key = bytes.fromhex(frame.get("mask", SAMPLE_KEY))
        return header + key + bytes(byte ^ mask for byte, mask in zip(payload, cycle(key)))

    def payload(self, frame):
        payload = frame["code"].to_bytes(2, "big") if frame.get("code") is not None else b""
        payload += (frame.get("reason") or "").encode() + (frame.get("text") or "").encode()
        return payload + self.bytes(frame.get("payload", ""))

    def length(self, frame, mask, actual):
        length = frame.get("length", actual)
        bits = frame.get("length_bits", 0 if length < 126 else 16 if length < 1 << 16 else 64)
        if bits == 0:
            return bytes([mask | length])
        marker = 126 if bits == 16 else 127
        return bytes([mask | marker]) + length.to_bytes(bits // 8, "big")
